"""Commands that play scenarios and draw what came of it: run, plot."""

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
    PrecisionFlag,
    ScenarioArgument,
    SeedFlag,
    SetFlag,
    TablesKeyword,
    WorkersFlag,
    parse_overrides,
    parse_plot_names,
    progress_bar,
    safe_file_name,
)


def run_command(
    scenario: ScenarioArgument,
    replications: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many sampled futures (default: as the scenario says);"
            " with --precision, how many at the most (default: 10,000).",
        ),
    ] = None,
    seed: SeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    overrides: SetFlag = None,
    workers: WorkersFlag = None,
    precision: PrecisionFlag = None,
    tables: Annotated[TablesKeyword, typer.Option(help="Which tables are kept.")] = TablesKeyword.all,
    plots: Annotated[
        str,
        typer.Option(
            help="all, none, or names with commas between.", autocompletion=completion.complete_plot_names
        ),
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
    as_json: JsonFlag = False,
) -> None:
    """Play a scenario many times: tables, a summary, page one and plots."""
    from sim.results import run as study
    from sim.scenario.reading import read_scenario
    from sim.study.run import check_expected_metrics, run_scenario

    chosen = parse_plot_names(plots, tables)
    read = read_scenario(scenario, parse_overrides(overrides))
    check_expected_metrics(read)
    folder = Path("runs") / safe_file_name(read.name) if out is None else out
    if before := study.read_provenance(folder):
        replaced = (
            f"{before['scenario']}, {before['finished']} replications, scenario {before['sha256'][:12]}"
        )
        typer.echo(f"Replaces the run in {folder} ({replaced})", err=True)
    with progress_bar(read.name) as told:
        done = run_scenario(
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

        from sim.show.pages.run import render_run

        render_run(done, Console(highlight=False))
    if done.interrupted:
        typer.echo(f"Plots are left out; draw them with: sim plot {folder}", err=True)
    elif chosen is None or chosen:
        from sim.show.plots.run import missing_tables_note, write_run_plots

        write_run_plots(done, folder / "plots", chosen)
        if chosen is None and (line := missing_tables_note(done)):
            typer.echo(line, err=True)
    if done.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if check or junit is not None:
        from sim.show.pages.junit import report_run_check

        report_run_check(done, junit)
    if check and not (all(verdict.holds for verdict in verdicts) and done.precision_reached):
        raise typer.Exit(EXIT_FAILED)
