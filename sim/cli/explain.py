"""The command that tells the story of one request: explain."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import JsonFlag, SetFlag, parse_overrides


def explain_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A folder that sim run has written.",
            show_default=False,
            autocompletion=completion.complete_run_folders,
        ),
    ],
    request: Annotated[
        str | None,
        typer.Argument(
            metavar="REQUEST", help="Its number, STREAM:NUMBER, or a deal's name.", show_default=False
        ),
    ] = None,
    replication: Annotated[int, typer.Option(min=0, help="In which replication.")] = 0,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell the story of one request: who was asked, what they said and why, and how it was served.

    With --set the same future is played again with the key changed, and the same request told beside it.
    """
    from sim.explain.explanation import explain_request
    from sim.results.run import read_run
    from sim.show.pages import explain as shown

    found = explain_request(read_run(folder), request, replication, parse_overrides(overrides))
    for note in found.notes:
        typer.echo(note, err=True)
    if as_json:
        typer.echo(json.dumps(shown.explain_to_dict(found)))
    elif sys.stdout.isatty():
        from rich.console import Console

        shown.render_explain(found, Console(highlight=False))
    else:
        for line in shown.explain_lines(found):
            typer.echo(line)
