"""Commands that advise: what a right is worth, what it would take, what matters."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.command import ScenarioPath, Set, app, parsed, progress, safe
from sim.show import completion

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Replications = Annotated[
    int | None, typer.Option(min=1, help="How many sampled futures (default: as the scenario says).")
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of all draws (default: as the scenario says).")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes (default: one a core).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
Drawn = Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the pictures.")]


def lever_paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """The paths of the scenario that is named before."""
    return [path.removesuffix("=") for path in completion.paths(ctx, incomplete)]


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
    workers: Workers = None,
    plots: Drawn = True,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the answer (default: runs/plan-NAME).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the least of a lever with which a target holds with some probability; with its interval."""
    from sim.scenario.reading import load
    from sim.show.planned import planned_page
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
            progress=told,
        )
    if not as_json:
        from rich.console import Console

        planned_page(found, Console(highlight=False))

    def drawn() -> dict[str, "Figure"]:
        from sim.show.plots.planned import response

        return {"response": response(found)}

    keep(folder, "plan", found.told(), drawn if plots else dict, as_json)


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
    from sim.show.worth import worth_page
    from sim.study.filing import usable
    from sim.study.worth import value as worth_of

    read = load(scenario, parsed(overrides))
    folder = usable(Path("runs") / f"value-{safe(read.name)}-{safe(right)}" if out is None else out, "value")
    with progress(f"{read.name}") as told:
        found = worth_of(
            read,
            right,
            windows=None if windows is None else [] if windows == "none" else windows.split(","),
            replications=replications,
            seed=seed,
            workers=workers,
            progress=told,
        )
    if not as_json:
        from rich.console import Console

        worth_page(found, Console(highlight=False))

    def drawn() -> dict[str, "Figure"]:
        from sim.show.plots import worth as plots_of

        of_windows = {"windows": plots_of.windows(found)} if found.windows else {}
        return {"stakes": plots_of.stakes(found), **of_windows}

    keep(folder, "value", found.told(), drawn if plots else dict, as_json)


def keep(
    folder: Path,
    name: str,
    answer: Mapping[str, Any],
    drawn: Callable[[], Mapping[str, "Figure"]],
    as_json: bool,
) -> None:
    """Put an answer and its pictures into its folder; say where, or print the answer alone."""
    from sim.show.report import figure_to
    from sim.study.filing import filed

    if as_json:
        typer.echo(json.dumps(answer, allow_nan=False))
    filed(folder, name, answer)
    for picture, figure in drawn().items():
        figure_to(figure, folder, picture)
    if not as_json:
        typer.echo(f"The answer and its pictures are in {folder}")
