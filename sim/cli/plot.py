"""TODO."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import (
    TablesKeyword,
    parse_plot_names,
)


def plot_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that sim run has written.")],
    plots: Annotated[
        str,
        typer.Option(
            help="all, or names with commas between.", autocompletion=completion.complete_plot_names
        ),
    ] = "all",
) -> None:
    """Draw the plots of a saved run."""
    from sim.results.run import read_run
    from sim.show.plots.run import missing_tables_note, write_run_plots

    done, chosen = read_run(folder), parse_plot_names(plots, TablesKeyword.all)
    for path in write_run_plots(done, folder / "plots", chosen):
        typer.echo(path)
    if chosen is None and (line := missing_tables_note(done)):
        typer.echo(line, err=True)
