"""The command that proves the simulator on the user's own machine: verify."""

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import EXIT_FAILED, EXIT_INTERRUPTED, JsonFlag, WorkersFlag, print_table, progress_bar


class EnginesKeyword(StrEnum):
    """Which clocks are verified."""

    simpy = "simpy"
    compiled = "compiled"
    both = "both"


def verify_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CASE",
            help="Only these cases; the beginning of a name takes all that begin so (default: all).",
            show_default=False,
            autocompletion=completion.complete_case_names,
        ),
    ] = None,
    engine: Annotated[EnginesKeyword, typer.Option(help="The clocks of the market.")] = EnginesKeyword.both,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of all draws; the same seed gives the same numbers.")
    ] = 0,
    workers: WorkersFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Play markets about which theory knows something exactly, and compare; exit 1 if anything is wrong.

    The intervals are so wide that a right simulator fails on less than one seed
    in 1,000, and so tight that the wrong rules that were thought of fail. Where
    both clocks play the same futures, they must agree to the last bit.
    """
    from sim.show.pages import verify as shown
    from sim.verify import verification as study
    from sim.verify.catalogue import all_cases, select_cases

    everything = all_cases(seed)
    chosen = select_cases(everything, names or [])
    clocks = [clock for clock in study.REPLICATION_MULTIPLIERS if engine in (clock, EnginesKeyword.both)]
    confidence = study.bonferroni_confidence_level(everything)
    with progress_bar("verify") as told:
        found = study.verify_cases(chosen, clocks, confidence, workers=workers, progress=told)
    unlike = study.differing_metrics(found)
    asked = len(chosen) * len(clocks)
    interrupted = len(found) < asked
    right = not (unlike or interrupted) and all(
        f.verdict == "exact" for each in found for f in each.check_results
    )
    if as_json:
        ends = {"seed": seed, "confidence": confidence, "interrupted": interrupted}
        typer.echo(
            json.dumps(
                {"right": right, "checks": list(shown.verify_to_dicts(found)), "unlike": unlike} | ends
            )
        )
    else:
        if sys.stdout.isatty():
            from rich.console import Console

            Console().print(shown.verify_table(found))
        else:
            print_table(shown.VERIFY_COLUMNS, list(shown.verify_rows(found)))
        for line in shown.verify_footer(found, asked, unlike, confidence, seed):
            typer.echo(line)
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not right:
        raise typer.Exit(EXIT_FAILED)
