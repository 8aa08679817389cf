"""Commands that advise: what a right is worth, what it would take, what matters."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.command import (
    INTERRUPTED,
    AsJson,
    Drawn,
    Engine,
    OnClock,
    ScenarioPath,
    Seed,
    Set,
    SweepSeed,
    Workers,
    app,
    parsed,
    progress,
    safe,
)
from sim.show import completion

if TYPE_CHECKING:
    from sim.show.advice import Advice

Replications = Annotated[
    int | None, typer.Option(min=1, help="How many sampled futures (default: as the scenario says).")
]


class Screening(StrEnum):
    """Which designs say what matters."""

    both = "both"
    morris = "morris"
    sobol = "sobol"


def lever_paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """The paths of the scenario that is named before."""
    return [path.removesuffix("=") for path in completion.paths(ctx, incomplete)]


@app.command()
def value(
    right: Annotated[
        str,
        typer.Argument(metavar="RIGHT", help="The name of a right of the scenario.", show_default=False),
    ],
    scenario: ScenarioPath,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Other windows, e.g. '0 d,30 d,90 d', or none (default: some around its own).",
        ),
    ] = None,
    replications: Replications = None,
    seed: Seed = None,
    overrides: Set = None,
    engine: OnClock = Engine.auto,
    workers: Workers = None,
    plots: Drawn = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the answer (default: runs/value-NAME-RIGHT)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a right is worth to each party: the same futures with and without it."""
    from sim.scenario.reading import load
    from sim.study.filing import usable
    from sim.study.worth import value as worth_of

    read = load(scenario, parsed(overrides))
    folder = usable(Path("runs") / f"value-{safe(read.name)}-{safe(right)}" if out is None else out, "value")
    with progress(read.name) as told:
        found = worth_of(
            read,
            right,
            windows=None if windows is None else [] if windows == "none" else windows.split(","),
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            progress=told,
        )
    answered(found, folder, "value", plots, as_json)


@app.command()
def plan(
    scenario: ScenarioPath,
    lever: Annotated[
        str,
        typer.Option(metavar="PATH", help="The key to be moved, as in --set.", autocompletion=lever_paths),
    ],
    low: Annotated[str, typer.Option("--from", metavar="VALUE", help="The lowest value, e.g. '0 d'.")],
    high: Annotated[str, typer.Option("--to", metavar="VALUE", help="The highest value, e.g. '90 d'.")],
    target: Annotated[
        str, typer.Option(help="What must hold of a metric in a future, e.g. 'unserved_mw.mean < 500'.")
    ],
    probability: Annotated[str, typer.Option(help="In which share of futures it must hold.")] = "90 %",
    step: Annotated[
        str | None,
        typer.Option(help="From one value to the next (default: 1; 1 d; 1 %; a hundredth of the range)."),
    ] = None,
    most: Annotated[
        bool | None,
        typer.Option(
            "--most/--least", help="Look for the most, or the least, that will do (default: as it turns out)."
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(min=1, help="How many sampled futures of a value at the most (default: 200 or more)."),
    ] = None,
    seed: Seed = None,
    overrides: Set = None,
    engine: OnClock = Engine.auto,
    workers: Workers = None,
    plots: Drawn = True,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the answer (default: runs/plan-NAME).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the least of a lever with which a target holds with some probability; with its interval."""
    from sim.scenario.reading import load
    from sim.study import planning
    from sim.study.filing import usable

    read = load(scenario, parsed(overrides))
    folder = usable(Path("runs") / f"plan-{safe(read.name)}" if out is None else out, "plan")
    with progress("values tried") as told:
        found = planning.plan(
            read,
            lever,
            low,
            high,
            target,
            probability,
            step=step,
            sought=None if most is None else "most" if most else "least",
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            progress=told,
        )
    answered(found, folder, "plan", plots, as_json)


@app.command()
def sensitivity(
    sweep: Annotated[
        Path,
        typer.Argument(
            metavar="SWEEP",
            help="A sweep file (YAML), whose levers and uncertainties are asked about.",
            show_default=False,
            autocompletion=completion.scenario_files,
        ),
    ],
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC", help="What is to be explained (default: as the sweep says)."),
    ] = None,
    method: Annotated[
        Screening, typer.Option(help="Both: Morris screens where there are many factors, and then Sobol.")
    ] = Screening.both,
    keep_: Annotated[
        int, typer.Option("--keep", min=1, help="How many factors the screening leaves at the most.")
    ] = 8,
    trajectories: Annotated[
        int | None, typer.Option(min=4, help="Morris's (default: as the sweep says, or 10).")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=4, help="Sobol's, a power of 2 (default: as the sweep says, or 64).")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, help="How many futures at each point (default: as the sweep says).")
    ] = None,
    seed: SweepSeed = None,
    engine: OnClock = Engine.auto,
    workers: Workers = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, or local:8 for one here.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw away the runs that are in the folder.")
    ] = False,
    plots: Drawn = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the answer (default: runs/sensitivity-NAME)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what matters of all that a sweep varies, and what is noise; go on where an earlier try was stopped."""
    from sim.scenario.designs import no_power
    from sim.scenario.sweep import read_sweep
    from sim.study.filing import usable
    from sim.study.sensitivity import sensitivity as study

    if points is not None and (remedy := no_power(points)):
        raise typer.BadParameter(f"--points {points}: is no power of 2; {remedy}")
    read = read_sweep(sweep, replications, seed)
    folder = Path("runs") / f"sensitivity-{safe(read.name)}" if out is None else out
    usable(folder, "sensitivity", own=("morris", "sobol"))
    try:
        with progress(read.name) as told:
            found = study(
                read,
                method=method.value,
                outcomes=outcome,
                keep=keep_,
                trajectories=trajectories,
                points=points,
                out=folder,
                workers=workers,
                engine=engine.value,
                cluster=cluster,
                fresh=fresh,
                progress=told,
            )
    except KeyboardInterrupt:
        typer.echo(f"What was played is kept in {folder}; the same command goes on from there", err=True)
        raise typer.Exit(INTERRUPTED) from None
    answered(found, folder, "sensitivity", plots, as_json)


def answered(found: "Advice", folder: Path, name: str, plots: bool, as_json: bool) -> None:
    """Print an answer, and put it and its pictures into its folder."""
    from rich.console import Console

    from sim.show import advice
    from sim.study.filing import filed

    told = found.told()
    if as_json:
        typer.echo(json.dumps(told, allow_nan=False))
    else:
        advice.page(found, Console(highlight=False))
    filed(folder, name, told)
    if plots:
        advice.pictures_to(found, folder)
    if not as_json:
        typer.echo(f"The answer{' and its pictures are' if plots else ' is'} in {folder}")
