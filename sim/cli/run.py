"""The command `sim run`: play a scenario many times."""

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
    JUnitFlag,
    PrecisionFlag,
    ScenarioArgument,
    SeedFlag,
    SetFlag,
    TablesKeyword,
    WorkersFlag,
    out_option,
    output_folder,
    parse_overrides,
    parse_plot_names,
    print_answer,
    progress_bar,
)
from sim.scenario.text import safe_file_name

if TYPE_CHECKING:
    from sim.results.run import RunResult


RunReplicationsFlag = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many sampled futures (default: as the scenario says);"
        " with --precision, how many at the most (default: 10,000).",
    ),
]
RunPlotsFlag = Annotated[
    str,
    typer.Option(
        help="all, none, or names with commas between.", autocompletion=completion.complete_plot_names
    ),
]


def run_command(
    scenario: ScenarioArgument,
    replications: RunReplicationsFlag = None,
    seed: SeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    overrides: SetFlag = None,
    workers: WorkersFlag = None,
    precision: PrecisionFlag = None,
    tables: Annotated[TablesKeyword, typer.Option(help="Which tables are kept.")] = TablesKeyword.all,
    plots: RunPlotsFlag = "all",
    out: Annotated[Path | None, out_option("runs/NAME")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if an expectation fails or a precision is missed.")
    ] = False,
    junit: JUnitFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a scenario many times: tables, a summary, page one and plots."""
    from sim.scenario.reading import read_scenario
    from sim.show.pages.run import render_run
    from sim.study.run import check_expected_metrics, run_scenario

    plot_names = parse_plot_names(plots, tables)
    scenario_file = read_scenario(scenario, parse_overrides(overrides))
    check_expected_metrics(scenario_file)
    folder = output_folder(out, safe_file_name(scenario_file.name))
    _announce_replacement(folder)
    with progress_bar(scenario_file.name) as on_progress:
        run = run_scenario(
            scenario_file,
            replications=replications,
            seed=seed,
            workers=workers,
            tables=tables.value,
            out=folder,
            progress=on_progress,
            engine=engine.value,
            precision=precision or (),
        )
    print_answer(as_json, run.to_dict, lambda console: render_run(run, console))
    _write_run_plots(run, folder, plot_names)
    if run.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if check or junit is not None:
        from sim.show.pages.junit import report_run_check

        report_run_check(run, junit)
    if check and not (all(verdict.holds for verdict in run.verdicts()) and run.precision_reached):
        raise typer.Exit(EXIT_FAILED)


def _announce_replacement(folder: Path) -> None:
    """Name the run that is in the folder, and is about to be replaced."""
    from sim.results.run import read_provenance

    if previous := read_provenance(folder):
        replaced = (
            f"{previous['scenario']}, {previous['finished']} replications, scenario {previous['sha256'][:12]}"
        )
        typer.echo(f"Replaces the run in {folder} ({replaced})", err=True)


def _write_run_plots(run: "RunResult", folder: Path, names: list[str] | None) -> None:
    """Draw the plots that are asked for, None for all; of an interrupted run say how to draw them later."""
    if run.interrupted:
        typer.echo(f"Plots are left out; draw them with: sim plot {folder}", err=True)
    elif names is None or names:
        from sim.show.plots.figure_files import write_plots
        from sim.show.plots.run import RUN_PLOTS, missing_tables_note

        write_plots(RUN_PLOTS, run, folder / "plots", names)
        if names is None and (note := missing_tables_note(run)):
            typer.echo(note, err=True)
