"""Commands that play scenarios and draw what came of it: run, plot."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.command import (
    FAILED,
    INTERRUPTED,
    AsJson,
    Engine,
    Kept,
    OnClock,
    Precise,
    ScenarioPath,
    Seed,
    Set,
    Workers,
    app,
    parsed,
    progress,
    safe,
)
from sim.show import completion


@app.command()
def run(
    scenario: ScenarioPath,
    replications: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many sampled futures (default: as the scenario says);"
            " with --precision, how many at the most (default: 10,000).",
        ),
    ] = None,
    seed: Seed = None,
    engine: OnClock = Engine.auto,
    overrides: Set = None,
    workers: Workers = None,
    precision: Precise = None,
    tables: Annotated[Kept, typer.Option(help="Which tables are kept.")] = Kept.all,
    plots: Annotated[
        str,
        typer.Option(help="all, none, or names with commas between.", autocompletion=completion.plots),
    ] = "all",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results (default: runs/NAME).")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if an expectation fails or a precision is missed.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what --check found as JUnit XML.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play a scenario many times: tables, a summary, page one and plots."""
    from sim.scenario.reading import load
    from sim.study import outcome as study
    from sim.study.expect import expected

    chosen = plot_names(plots, tables)
    read = load(scenario, parsed(overrides))
    expected(read)
    folder = Path("runs") / safe(read.name) if out is None else out
    if before := study.told_of(folder):
        replaced = (
            f"{before['scenario']}, {before['finished']} replications, scenario {before['sha256'][:12]}"
        )
        typer.echo(f"Replaces the run in {folder} ({replaced})", err=True)
    with progress(read.name) as told:
        done = study.run(
            read,
            replications=replications,
            seed=seed,
            workers=workers,
            tables=tables.value,
            out=folder,
            progress=told,
            engine=engine.value,
            precision=precision or (),
        )
    verdicts = done.verdicts()
    if as_json:
        shown = {
            "scenario": read.name,
            "out": str(folder),
            **{
                key: done.provenance[key]
                for key in ("seed", "replications", "finished", "interrupted", "sha256")
            },
            "metrics": done.summary(),
            **({"precision": done.provenance["precision"]} if precision else {}),
            "expect": [{"statement": v.statement, "found": v.found, "holds": v.holds} for v in verdicts],
        }
        typer.echo(json.dumps(shown))
    else:
        from rich.console import Console

        from sim.show.page import page

        page(done, Console(highlight=False))
    if done.interrupted:
        typer.echo(f"Plots are left out; draw them with: sim plot {folder}", err=True)
    elif chosen is None or chosen:
        from sim.show.report import note, plots_to

        plots_to(done, folder / "plots", chosen)
        if chosen is None and (line := note(done)):
            typer.echo(line, err=True)
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if check or junit is not None:
        from sim.show.checked import run_checked

        run_checked(done, junit)
    if check and not (all(verdict.holds for verdict in verdicts) and done.precise):
        raise typer.Exit(FAILED)


@app.command()
def plot(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that sim run has written.")],
    plots: Annotated[
        str, typer.Option(help="all, or names with commas between.", autocompletion=completion.plots)
    ] = "all",
) -> None:
    """Draw the plots of a saved run."""
    from sim.show.report import note, plots_to
    from sim.study.outcome import opened

    done, chosen = opened(folder), plot_names(plots, Kept.all)
    for path in plots_to(done, folder / "plots", chosen):
        typer.echo(path)
    if chosen is None and (line := note(done)):
        typer.echo(line, err=True)


def plot_names(plots: str, tables: Kept) -> list[str] | None:
    """Which plots are asked for? None for all."""
    if plots == "none" or (plots == "all" and tables is Kept.none):
        return []
    if tables is Kept.none:
        raise typer.BadParameter("with --tables none there is nothing to plot; use --tables summary")
    if plots == "all":
        return None
    names = [name.strip() for name in plots.split(",")]
    for name in names:
        if name not in completion.PLOT_NAMES:
            known = ", ".join(completion.PLOT_NAMES)
            raise typer.BadParameter(f"there is no plot {name}; there are {known}, all and none")
    return names
