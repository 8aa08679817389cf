"""The command that tells the story of one request: explain."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.command import AsJson, Set, app, parsed
from sim.show import completion


@app.command()
def explain(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A folder that sim run has written.",
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    request: Annotated[
        str | None,
        typer.Argument(
            metavar="REQUEST", help="Its number, STREAM:NUMBER, or a deal's name.", show_default=False
        ),
    ] = None,
    replication: Annotated[int, typer.Option(min=0, help="In which replication.")] = 0,
    overrides: Set = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of one request: who was asked, what they said and why, and how it was served.

    With --set the same future is played again with the key changed, and the same request told beside it.
    """
    from sim.show import explained as shown
    from sim.study.explained import explained
    from sim.study.outcome import opened

    found = explained(opened(folder), request, replication, parsed(overrides))
    for note in found.notes:
        typer.echo(note, err=True)
    if as_json:
        typer.echo(json.dumps(shown.as_data(found)))
    elif sys.stdout.isatty():
        from rich.console import Console

        shown.page(found, Console(highlight=False))
    else:
        for line in shown.plain(found):
            typer.echo(line)
