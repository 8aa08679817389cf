"""The command `sim compare`: paired differences between scenarios in the same futures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    answer_folder,
    out_option,
    parse_overrides,
    print_answer,
    progress_bar,
)
from sim.scenario.text import safe_file_name

if TYPE_CHECKING:
    from sim.results.run import RunResult
    from sim.scenario.schema import ScenarioFile
    from sim.study.compare import ComparisonResult


SidesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="A B ...",
        help="Scenario files, or folders that sim run has written; each other is compared with the first.",
        show_default=False,
        autocompletion=completion.complete_scenario_files,
    ),
]
SidesSetFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="With one scenario: compare it with itself, this key set anew. With several: set it in all.",
        autocompletion=completion.complete_override_paths,
    ),
]
MetricsFlag = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Only metrics so called, as 'provider.*.share'; may be given again (default: those of a report"
        " on the terminal, and all in the JSON).",
    ),
]
SidesReplicationsFlag = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many futures (default: as the first says);"
        " with --precision, how many at the most (default: 10,000).",
    ),
]


def compare_command(
    scenario: SidesArgument,
    overrides: SidesSetFlag = None,
    metrics: MetricsFlag = None,
    replications: SidesReplicationsFlag = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of all draws, of all scenarios (default: that of the first)."),
    ] = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    precision: PrecisionFlag = None,
    plots: PlotsFlag = True,
    out: Annotated[Path | None, out_option("runs/compare-A-B")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if a precision is missed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Is each scenario really another than the first? Paired differences in the same futures, with a verdict each."""
    from sim.show.pages.compare import render_compare
    from sim.study.compare import compare_scenarios

    sides, names = _read_sides(scenario, overrides)
    folder = answer_folder(out, as_json, safe_file_name("-".join(["compare", *names])))
    with progress_bar("comparing") as on_progress:
        comparison = compare_scenarios(
            sides,
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            tables="none" if folder is None else "summary",
            precision=precision or (),
            metrics=metrics or (),
            out=folder,
            add_files=_write_plots if plots else None,
            progress=on_progress,
        )
    print_answer(
        as_json,
        lambda: {**comparison.to_dict(), "out": None if folder is None else str(comparison.folder)},
        lambda console: render_compare(comparison, console),
    )
    if comparison.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if check and not comparison.precision_reached:
        raise typer.Exit(EXIT_FAILED)


def _write_plots(comparison: "ComparisonResult", folder: Path) -> None:
    """Draw the pictures of a comparison into its folder."""
    from sim.show.plots.compare import COMPARE_PLOTS
    from sim.show.plots.figure_files import write_plots

    write_plots(COMPARE_PLOTS, comparison, folder / "plots")


def _read_sides(
    paths: list[Path], overrides: list[str] | None
) -> "tuple[list[ScenarioFile | RunResult], list[str]]":
    """Read the scenarios and saved runs that are compared; returns them, and the names of the default folder.

    A single one is compared with itself, with the overrides; of several, all scenarios get them. Raises OutputError
    for overrides of a saved run.
    """
    from sim.results.files import OutputError
    from sim.results.run import RunResult, read_run, scenario_with_traces
    from sim.scenario.reading import read_scenario

    values = parse_overrides(overrides)
    sides = [read_run(path) if path.is_dir() else read_scenario(path) for path in paths]
    names = [path.name if path.is_dir() else path.stem for path in paths]
    if values and len(sides) == 1:
        first = scenario_with_traces(sides[0]) if isinstance(sides[0], RunResult) else sides[0]
        sides.append(first.replace(values))
        names += [path.rpartition(".")[2] for path in values]
    elif values:
        if any(isinstance(side, RunResult) for side in sides):
            raise OutputError("--set changes nothing in a run that has been played; name its scenario file")
        sides = [side if isinstance(side, RunResult) else side.replace(values) for side in sides]
        typer.echo(f"Set in all {len(sides)} scenarios: {', '.join(values)}", err=True)
    return sides, names
