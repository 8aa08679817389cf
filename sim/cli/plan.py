"""The command `sim plan`: find the least of a lever with which a target holds."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.completion import complete_lever_paths
from sim.cli.options import (
    EngineFlag,
    EngineKeyword,
    JsonFlag,
    PlotsFlag,
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

StepFlag = Annotated[
    str | None,
    typer.Option(help="From one value to the next (default: 1; 1 d; 1 %; a hundredth of the range)."),
]
GoalFlag = Annotated[
    bool | None,
    typer.Option(
        "--most/--least", help="Look for the most, or the least, that will do (default: as it turns out)."
    ),
]


def plan_command(
    scenario: ScenarioArgument,
    lever: Annotated[
        str,
        typer.Option(
            metavar="PATH", help="The key to be moved, as in --set.", autocompletion=complete_lever_paths
        ),
    ],
    low: Annotated[str, typer.Option("--from", metavar="VALUE", help="The lowest value, e.g. '0 d'.")],
    high: Annotated[str, typer.Option("--to", metavar="VALUE", help="The highest value, e.g. '90 d'.")],
    target: Annotated[
        str, typer.Option(help="What must hold of a metric in a future, e.g. 'unserved_mw.mean < 500'.")
    ],
    probability: Annotated[str, typer.Option(help="In which share of futures it must hold.")] = "90 %",
    step: StepFlag = None,
    most: GoalFlag = None,
    replications: Annotated[
        int | None,
        typer.Option(min=1, help="How many sampled futures of a value at the most (default: 200 or more)."),
    ] = None,
    seed: SeedFlag = None,
    overrides: SetFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    plots: PlotsFlag = True,
    out: Annotated[Path | None, out_option("runs/plan-NAME", "answer")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Find the least of a lever with which a target holds with some probability; with its interval."""
    from sim.scenario.reading import read_scenario
    from sim.study.plan import plan_lever

    scenario_file = read_scenario(scenario, parse_overrides(overrides))
    folder = answer_folder(out, as_json, f"plan-{safe_file_name(scenario_file.name)}")
    with analysis_folder(folder, "plan") as staged:
        with progress_bar("values tried") as on_progress:
            plan = plan_lever(
                scenario_file,
                lever,
                low,
                high,
                target,
                probability,
                step=step,
                sought=None if most is None else "most" if most else "least",
                replications=replications,
                seed=seed,
                workers=workers,
                engine=engine.value,
                progress=on_progress,
            )
        report_analysis(plan, staged, "plan", plots, as_json)
