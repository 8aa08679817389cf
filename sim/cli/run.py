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
    answer_folder,
    out_option,
    parse_overrides,
    parse_plot_names,
    print_answer,
    progress_bar,
)
from sim.scenario.faults import UserError
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
    folder = answer_folder(out, as_json, safe_file_name(scenario_file.name))
    if folder is None and plot_names:
        raise typer.BadParameter("with --json pictures are drawn into a folder alone; name one with --out")
    _announce_replacement(folder)
    pictures = _Pictures(plot_names)
    with progress_bar(scenario_file.name) as on_progress:
        run = run_scenario(
            scenario_file,
            replications=replications,
            seed=seed,
            workers=workers,
            tables="summary" if folder is None else tables.value,
            out=folder,
            add_files=pictures.add,
            progress=on_progress,
            engine=engine.value,
            precision=precision or (),
        )
    print_answer(as_json, run.to_dict, lambda console: render_run(run, console))
    pictures.report(run)
    if run.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if check or junit is not None:
        from sim.show.pages.junit import report_run_check

        report_run_check(run, junit)
    if check and not (all(verdict.holds for verdict in run.verdicts()) and run.precision_reached):
        raise typer.Exit(EXIT_FAILED)


def _announce_replacement(folder: Path | None) -> None:
    """Name the run that is in the folder, and is to be replaced."""
    from sim.results.run import read_provenance

    if folder is not None and (previous := read_provenance(folder)):
        replaced = (
            f"{previous['scenario']}, {previous['finished']} replications, scenario {previous['sha256'][:12]}"
        )
        typer.echo(f"Replaces the run in {folder} ({replaced})", err=True)


class _Pictures:
    """The pictures of a run that are asked for, None for all; what is to be said of them comes after page one."""

    def __init__(self, names: list[str] | None) -> None:
        self.names = names
        self.note: str | None = None
        self.error: UserError | None = None

    def add(self, run: "RunResult") -> None:
        """Draw them into the folder of a run, before it takes its place."""
        if run.folder is None or (self.names is not None and not self.names):
            return
        from sim.show.plots.figure_files import write_plots
        from sim.show.plots.run import RUN_PLOTS, missing_tables_note

        try:
            write_plots(RUN_PLOTS, run, run.folder / "plots", self.names)
        except UserError as error:  # the run is kept all the same
            self.error = error
        if self.names is None:
            self.note = missing_tables_note(run)

    def report(self, run: "RunResult") -> None:
        """Say what was left out. Raises what went wrong with them."""
        if run.interrupted and run.folder is not None:
            typer.echo(f"Plots are left out; draw them with: sim plot {run.folder}", err=True)
        if self.error is not None:
            raise self.error
        if self.note is not None:
            typer.echo(self.note, err=True)
