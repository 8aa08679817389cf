"""The command `sim show`: a scenario with all its defaults, or its differences from another."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides


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

    scenario_file = read_scenario(scenario, parse_overrides(overrides))
    if diff is not None:
        differences = assumption_differences(scenario_file, read_scenario(diff))
        if as_json:
            typer.echo(json.dumps({key: [ours, theirs] for key, ours, theirs in differences}))
            return
        from sim.show.console import page_console
        from sim.show.pages.tables import print_table

        print_table(("key", str(scenario), str(diff)), differences, page_console())
        typer.echo(f"{len(differences)} keys differ" if differences else "nothing differs")
    elif as_json:
        typer.echo(json.dumps(scenario_file.resolved_tree()))
    else:
        typer.echo(scenario_file.resolved_yaml(), nl=False)
