"""TODO."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import completion
from sim.cli.options import (
    EXIT_INTERRUPTED,
    EngineFlag,
    EngineKeyword,
    JsonFlag,
    PlotsFlag,
    SweepSeedFlag,
    WorkersFlag,
    progress_bar,
    report_analysis,
    safe_file_name,
)

if TYPE_CHECKING:
    pass


class MethodKeyword(StrEnum):
    """Which designs say what matters."""

    both = "both"
    morris = "morris"
    sobol = "sobol"


def sensitivity_command(
    sweep: Annotated[
        Path,
        typer.Argument(
            metavar="SWEEP",
            help="A sweep file (YAML), whose levers and uncertainties are asked about.",
            show_default=False,
            autocompletion=completion.complete_scenario_files,
        ),
    ],
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC", help="What is to be explained (default: as the sweep says)."),
    ] = None,
    method: Annotated[
        MethodKeyword, typer.Option(help="Both: Morris screens where there are many factors, and then Sobol.")
    ] = MethodKeyword.both,
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
    seed: SweepSeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, or local:8 for one here.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw away the runs that are in the folder.")
    ] = False,
    plots: PlotsFlag = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the answer (default: runs/sensitivity-NAME)."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what matters of all that a sweep varies, and what is noise; go on where an earlier try was stopped."""
    from sim.results.files import check_analysis_folder
    from sim.scenario.designs import power_of_two_remedy
    from sim.scenario.sweep import read_sweep
    from sim.study.sensitivity import analyse_sensitivity as study

    if points is not None and (remedy := power_of_two_remedy(points)):
        raise typer.BadParameter(f"--points {points}: is no power of 2; {remedy}")
    read = read_sweep(sweep, replications, seed)
    folder = Path("runs") / f"sensitivity-{safe_file_name(read.name)}" if out is None else out
    check_analysis_folder(folder, "sensitivity", allowed_entries=("morris", "sobol"))
    try:
        with progress_bar(read.name) as told:
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
        raise typer.Exit(EXIT_INTERRUPTED) from None
    report_analysis(found, folder, "sensitivity", plots, as_json)
