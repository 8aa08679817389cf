"""The command `sim sources`: the quantities of a scenario with their sources."""

import json
from typing import Annotated

import typer

from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides


def sources_command(
    scenario: ScenarioArgument,
    missing: Annotated[bool, typer.Option("--missing", help="Only what has no source.")] = False,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List every quantity with its value, source and confidence; mark what has none."""
    from dataclasses import asdict

    from sim.scenario.reading import read_scenario
    from sim.scenario.sources import list_assumptions, list_quantities
    from sim.show.pages.sources import count_by_confidence, render_sources, sources_footer

    read = read_scenario(scenario, parse_overrides(overrides))
    quantities, assumptions = list_quantities(read), list_assumptions(read)
    listed = assumptions if missing else quantities
    if as_json:
        counts = count_by_confidence(quantities)
        typer.echo(json.dumps({"quantities": [asdict(each) for each in listed], "by_confidence": counts}))
        return
    from sim.show.console import page_console

    render_sources(listed, page_console())
    typer.echo(sources_footer(quantities, assumptions))
