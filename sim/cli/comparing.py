"""The command about what differs between scenarios: compare."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.command import (
    FAILED,
    INTERRUPTED,
    AsJson,
    Drawn,
    Engine,
    OnClock,
    Precise,
    Workers,
    app,
    parsed,
    progress,
    safe,
)
from sim.show import completion


@app.command()
def compare(
    scenario: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B ...",
            help="Scenario files, or folders that sim run has written; each other is compared with the first.",
            show_default=False,
            autocompletion=completion.scenario_files,
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="With one scenario: compare it with itself, this key set anew. With several: set it in all.",
            autocompletion=completion.paths,
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Only metrics so called, as 'provider.*.share'; may be given again (default: those of a report"
            " on the terminal, and all in the JSON).",
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many futures (default: as the first says);"
            " with --precision, how many at the most (default: 10,000).",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of all draws, of all scenarios (default: that of the first)."),
    ] = None,
    engine: OnClock = Engine.auto,
    workers: Workers = None,
    precision: Precise = None,
    plots: Drawn = True,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results (default: runs/compare-A-B).")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if a precision is missed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Is each scenario really another than the first? Paired differences in the same futures, with a verdict each."""
    from sim.scenario.reading import load
    from sim.study.comparison import compare as compared
    from sim.study.outcome import Outcome, opened
    from sim.study.retold import with_traces
    from sim.study.store import OutError

    anew = parsed(overrides)
    sides = [opened(path) if path.is_dir() else load(path) for path in scenario]
    names = [path.name if path.is_dir() else path.stem for path in scenario]
    if anew and len(sides) == 1:
        first = with_traces(sides[0]) if isinstance(sides[0], Outcome) else sides[0]
        sides.append(first.replace(anew))
        names += [path.rpartition(".")[2] for path in anew]
    elif anew:
        if any(isinstance(side, Outcome) for side in sides):
            raise OutError("--set changes nothing in a run that has been played; name its scenario file")
        sides = [side if isinstance(side, Outcome) else side.replace(anew) for side in sides]
        typer.echo(f"Set in all {len(sides)} scenarios: {', '.join(anew)}", err=True)
    folder = Path("runs") / safe("-".join(["compare", *names])) if out is None else out
    with progress("comparing") as told:
        done = compared(
            sides,
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            tables="summary" if plots else "none",
            precision=precision or (),
            metrics=metrics or (),
            out=folder,
            progress=told,
        )
    from sim.show.compared import page, pictures_to

    if as_json:
        typer.echo(json.dumps({**done.told(), "out": str(folder)}))
    else:
        from rich.console import Console

        page(done, Console(highlight=False))
    if plots and not done.interrupted:
        pictures_to(done, folder / "plots")
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if check and not done.precise:
        raise typer.Exit(FAILED)
