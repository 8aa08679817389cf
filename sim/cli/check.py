"""The command `sim check`: read and validate a scenario."""

import json

import typer

from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides


def check_command(
    scenario: ScenarioArgument,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Read and validate a scenario; say in words what was understood, and what has no effect."""
    from sim.scenario.reading import read_scenario
    from sim.scenario.warnings import scenario_warnings
    from sim.show.describe import describe_scenario
    from sim.study.run import check_expected_metrics

    read = read_scenario(scenario, parse_overrides(overrides))
    check_expected_metrics(read)
    if as_json:
        warnings = [str(warning) for warning in scenario_warnings(read)]
        understood = dict(describe_scenario(read))
        typer.echo(json.dumps({"scenario": read.name, "understood": understood, "warnings": warnings}))
        return
    from sim.show.console import page_console
    from sim.show.pages.check import render_check

    render_check(read, page_console())
