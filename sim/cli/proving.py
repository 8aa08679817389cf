"""The command that proves the simulator on the user's own machine: verify."""

import json
import sys
from enum import StrEnum
from typing import Annotated

import typer

from sim.cli.command import FAILED, INTERRUPTED, AsJson, Workers, app, printed, progress
from sim.show import completion


class Clocks(StrEnum):
    """Which clocks are verified."""

    simpy = "simpy"
    compiled = "compiled"
    both = "both"


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CASE",
            help="Only these cases; the beginning of a name takes all that begin so (default: all).",
            show_default=False,
            autocompletion=completion.cases,
        ),
    ] = None,
    engine: Annotated[Clocks, typer.Option(help="The clocks of the market.")] = Clocks.both,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of all draws; the same seed gives the same numbers.")
    ] = 0,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Play markets about which theory knows something exactly, and compare; exit 1 if anything is wrong.

    The intervals are so wide that a right simulator fails on less than one seed
    in 1,000, and so tight that the wrong rules that were thought of fail. Where
    both clocks play the same futures, they must agree to the last bit.
    """
    from sim.show import verified as shown
    from sim.study import verification as study
    from sim.study.cases import cases, picked

    everything = cases(seed)
    chosen = picked(everything, names or [])
    clocks = [clock for clock in study.CLOCKS if engine in (clock, Clocks.both)]
    confidence = study.confidence(everything)
    with progress("verify") as told:
        found = study.verified(chosen, clocks, confidence, workers=workers, progress=told)
    unlike = study.unlike(found)
    asked = len(chosen) * len(clocks)
    interrupted = len(found) < asked
    right = not (unlike or interrupted) and all(f.verdict == "exact" for each in found for f in each.findings)
    if as_json:
        ends = {"seed": seed, "confidence": confidence, "interrupted": interrupted}
        typer.echo(json.dumps({"right": right, "checks": list(shown.told(found)), "unlike": unlike} | ends))
    else:
        if sys.stdout.isatty():
            from rich.console import Console

            Console().print(shown.table(found))
        else:
            printed(shown.HEADER, list(shown.rows(found)))
        for line in shown.footing(found, asked, unlike, confidence, seed):
            typer.echo(line)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if not right:
        raise typer.Exit(FAILED)
