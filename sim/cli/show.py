"""TODO."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides, print_table


def show_command(
    scenario: ScenarioArgument,
    diff: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Show what differs from this file.",
            autocompletion=completion.complete_scenario_files,
        ),
    ] = None,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the resolved scenario, with every default; or what differs from another, key by key."""
    from sim.scenario.differences import assumption_differences
    from sim.scenario.reading import read_scenario

    read = read_scenario(scenario, parse_overrides(overrides))
    if diff is not None:
        found = assumption_differences(read, read_scenario(diff))
        if as_json:
            typer.echo(json.dumps({key: [mine, theirs] for key, mine, theirs in found}))
            return
        print_table(("key", str(scenario), str(diff)), found)
        typer.echo("nothing differs" if not found else f"{len(found)} keys differ")
    elif as_json:
        typer.echo(json.dumps(read.resolved_tree()))
    else:
        typer.echo(read.resolved_yaml(), nl=False)
