"""The command `sim schema`: the JSON Schema of scenario files and of sweep files."""

import json
from typing import Annotated

import typer


def schema_command(
    sweep: Annotated[bool, typer.Option("--sweep", help="That of sweep files.")] = False,
) -> None:
    """Print the JSON Schema of scenario files, for completion in editors."""
    from sim.scenario.json_schema import editor_schema
    from sim.scenario.sweep_schema import SweepFile

    typer.echo(json.dumps(editor_schema(SweepFile if sweep else None), indent=1))
