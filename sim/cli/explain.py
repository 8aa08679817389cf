"""The command `sim explain`: the story of one request of a saved run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import JsonFlag, SetFlag, parse_overrides, print_answer


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
    from sim.show.pages.explain import explain_lines, explain_to_dict, render_explain

    explanation = explain_request(read_run(folder), request, replication, parse_overrides(overrides))
    for note in explanation.notes:
        typer.echo(note, err=True)
    if as_json or sys.stdout.isatty():
        print_answer(
            as_json,
            lambda: explain_to_dict(explanation),
            lambda console: render_explain(explanation, console),
        )
    else:  # into a pipe without frames and colours
        for line in explain_lines(explanation):
            typer.echo(line)
