"""The command `sim sensitivity`: which of the factors of a sweep matter, and what is noise."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import (
    EXIT_INTERRUPTED,
    ClusterFlag,
    EngineFlag,
    EngineKeyword,
    FreshFlag,
    JsonFlag,
    PlotsFlag,
    SweepReplicationsFlag,
    SweepSeedFlag,
    WorkersFlag,
    analysis_folder,
    answer_folder,
    out_option,
    progress_bar,
    report_analysis,
)
from sim.scenario.text import safe_file_name

DESIGN_FOLDERS = ("morris", "sobol")
"""The folders of the sweeps that are played for it, which stand from the first run on."""


GOES_ON = "the same command goes on from there"


class MethodKeyword(StrEnum):
    """The designs that are played: one of them, or the first as a screening for the second."""

    both = "both"
    morris = "morris"
    sobol = "sobol"


FactorsArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SWEEP",
        help="A sweep file (YAML), whose levers and uncertainties are asked about.",
        show_default=False,
        autocompletion=completion.complete_scenario_files,
    ),
]


def sensitivity_command(
    sweep: FactorsArgument,
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
    replications: SweepReplicationsFlag = None,
    seed: SweepSeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    cluster: ClusterFlag = None,
    fresh: FreshFlag = False,
    plots: PlotsFlag = True,
    out: Annotated[Path | None, out_option("runs/sensitivity-NAME", "answer")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what matters of all that a sweep varies, and what is noise; go on where an earlier try was stopped."""
    from sim.scenario.designs import power_of_two_remedy
    from sim.scenario.sweep import read_sweep
    from sim.study.sensitivity import analyse_sensitivity

    if points is not None and (remedy := power_of_two_remedy(points)):
        raise typer.BadParameter(f"--points {points}: is not a power of 2; {remedy}")
    experiment = read_sweep(sweep, replications, seed)
    folder = answer_folder(out, as_json, f"sensitivity-{safe_file_name(experiment.name)}")
    with analysis_folder(folder, "sensitivity", DESIGN_FOLDERS) as staged:
        try:
            with progress_bar(experiment.name) as on_progress:
                sensitivity = analyse_sensitivity(
                    experiment,
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
                    progress=on_progress,
                )
        except KeyboardInterrupt:
            if folder is not None:
                typer.echo(f"What was played is kept in {folder}; {GOES_ON}", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        report_analysis(sensitivity, staged, "sensitivity", plots, as_json)
