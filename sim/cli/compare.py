"""The command about what differs between scenarios: compare."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EngineFlag,
    EngineKeyword,
    JsonFlag,
    PlotsFlag,
    PrecisionFlag,
    WorkersFlag,
    parse_overrides,
    progress_bar,
    safe_file_name,
)


def compare_command(
    scenario: Annotated[
        list[Path],
        typer.Argument(
            metavar="A B ...",
            help="Scenario files, or folders that sim run has written; each other is compared with the first.",
            show_default=False,
            autocompletion=completion.complete_scenario_files,
        ),
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="With one scenario: compare it with itself, this key set anew. With several: set it in all.",
            autocompletion=completion.complete_override_paths,
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
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    precision: PrecisionFlag = None,
    plots: PlotsFlag = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the results (default: runs/compare-A-B)."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if a precision is missed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Is each scenario really another than the first? Paired differences in the same futures, with a verdict each."""
    from sim.results.files import OutputError
    from sim.results.run import RunResult, read_run, scenario_with_traces
    from sim.scenario.reading import read_scenario
    from sim.study.compare import compare_scenarios as compared

    anew = parse_overrides(overrides)
    sides = [read_run(path) if path.is_dir() else read_scenario(path) for path in scenario]
    names = [path.name if path.is_dir() else path.stem for path in scenario]
    if anew and len(sides) == 1:
        first = scenario_with_traces(sides[0]) if isinstance(sides[0], RunResult) else sides[0]
        sides.append(first.replace(anew))
        names += [path.rpartition(".")[2] for path in anew]
    elif anew:
        if any(isinstance(side, RunResult) for side in sides):
            raise OutputError("--set changes nothing in a run that has been played; name its scenario file")
        sides = [side if isinstance(side, RunResult) else side.replace(anew) for side in sides]
        typer.echo(f"Set in all {len(sides)} scenarios: {', '.join(anew)}", err=True)
    folder = Path("runs") / safe_file_name("-".join(["compare", *names])) if out is None else out
    with progress_bar("comparing") as told:
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
    from sim.show.pages.compare import render_compare
    from sim.show.plots.compare import write_compare_plots

    if as_json:
        typer.echo(json.dumps({**done.to_dict(), "out": str(folder)}))
    else:
        from rich.console import Console

        render_compare(done, Console(highlight=False))
    if plots and not done.interrupted:
        write_compare_plots(done, folder / "plots")
    if done.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if check and not done.precision_reached:
        raise typer.Exit(EXIT_FAILED)
