"""Commands that advise: what a right is worth, what it would take, what matters."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import (
    EngineFlag,
    EngineKeyword,
    JsonFlag,
    PlotsFlag,
    ReplicationsFlag,
    ScenarioArgument,
    SeedFlag,
    SetFlag,
    WorkersFlag,
    parse_overrides,
    progress_bar,
    report_analysis,
    safe_file_name,
)

if TYPE_CHECKING:
    pass


def value_command(
    right: Annotated[
        str,
        typer.Argument(metavar="RIGHT", help="The name of a right of the scenario.", show_default=False),
    ],
    scenario: ScenarioArgument,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Other windows, e.g. '0 d,30 d,90 d', or none (default: some around its own).",
        ),
    ] = None,
    replications: ReplicationsFlag = None,
    seed: SeedFlag = None,
    overrides: SetFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    plots: PlotsFlag = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the answer (default: runs/value-NAME-RIGHT)."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a right is worth to each party: the same futures with and without it."""
    from sim.results.files import check_analysis_folder
    from sim.scenario.reading import read_scenario
    from sim.study.value import value_right as worth_of

    read = read_scenario(scenario, parse_overrides(overrides))
    folder = check_analysis_folder(
        Path("runs") / f"value-{safe_file_name(read.name)}-{safe_file_name(right)}" if out is None else out,
        "value",
    )
    with progress_bar(read.name) as told:
        found = worth_of(
            read,
            right,
            windows=None if windows is None else [] if windows == "none" else windows.split(","),
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            progress=told,
        )
    report_analysis(found, folder, "value", plots, as_json)
