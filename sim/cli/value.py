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
    analysis_folder,
    answer_folder,
    out_option,
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
    from sim.scenario.reading import read_scenario
    from sim.study.value import value_right

    scenario_file = read_scenario(scenario, parse_overrides(overrides))
    folder = answer_folder(
        out, as_json, f"value-{safe_file_name(scenario_file.name)}-{safe_file_name(right)}"
    )
    with analysis_folder(folder, "value") as staged:
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
        report_analysis(contract_value, staged, "value", plots, as_json)
