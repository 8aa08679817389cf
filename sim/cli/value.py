"""The command `sim value`: what a right is worth to each party."""

from pathlib import Path
from typing import Annotated

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
    out_option,
    output_folder,
    parse_overrides,
    progress_bar,
    report_analysis,
)
from sim.scenario.text import safe_file_name


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
    out: Annotated[Path | None, out_option("runs/value-NAME-RIGHT", "answer")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a right is worth to each party: the same futures with and without it."""
    from sim.results.files import check_analysis_folder
    from sim.scenario.reading import read_scenario
    from sim.study.value import value_right

    scenario_file = read_scenario(scenario, parse_overrides(overrides))
    folder = output_folder(out, f"value-{safe_file_name(scenario_file.name)}-{safe_file_name(right)}")
    check_analysis_folder(folder, "value")
    with progress_bar(scenario_file.name) as on_progress:
        contract_value = value_right(
            scenario_file,
            right,
            windows=None if windows is None else [] if windows == "none" else windows.split(","),
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine.value,
            progress=on_progress,
        )
    report_analysis(contract_value, folder, "value", plots, as_json)
