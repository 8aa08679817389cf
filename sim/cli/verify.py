"""The command `sim verify`: compare the simulator with theory on the user's own machine."""

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import EXIT_FAILED, EXIT_INTERRUPTED, JsonFlag, WorkersFlag, progress_bar


class EnginesKeyword(StrEnum):
    """The clocks that are verified: one of the engines, or both."""

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
    from sim.show.pages import verify as page
    from sim.verify import verification
    from sim.verify.catalogue import all_cases, select_cases

    cases = all_cases(seed)
    selected = select_cases(cases, names or [])
    engines = [e for e in verification.REPLICATION_MULTIPLIERS if engine in (e, EnginesKeyword.both)]
    confidence = verification.bonferroni_confidence_level(cases)  # of all cases, whichever are selected
    with progress_bar("verify") as on_progress:
        results = verification.verify_cases(
            selected, engines, confidence, workers=workers, progress=on_progress
        )
    unlike = verification.differing_metrics(results)
    n_requested = len(selected) * len(engines)
    interrupted = len(results) < n_requested
    right = not (unlike or interrupted) and all(
        check.verdict == "exact" for each in results for check in each.check_results
    )
    if as_json:
        answer = {"right": right, "checks": list(page.verify_to_dicts(results)), "unlike": unlike}
        answer |= {"seed": seed, "confidence": confidence, "interrupted": interrupted}
        typer.echo(json.dumps(answer))
    else:
        from sim.show.console import page_console
        from sim.show.pages.tables import print_table

        if sys.stdout.isatty():
            page_console().print(page.verify_table(results))
        else:
            print_table(page.VERIFY_COLUMNS, page.verify_rows(results), page_console())
        for line in page.verify_footer(results, n_requested, unlike, confidence, seed):
            typer.echo(line)
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not right:
        raise typer.Exit(EXIT_FAILED)
