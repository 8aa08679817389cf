"""The command `sim plot`: draw the plots of a saved run."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.options import TablesKeyword, parse_plot_names


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

    run, names = read_run(folder), parse_plot_names(plots, TablesKeyword.all)

    # only now, since matplotlib takes long to load, and a folder may hold no run
    from sim.show.plots.figure_files import write_plots
    from sim.show.plots.run import RUN_PLOTS, missing_tables_note

    for path in write_plots(RUN_PLOTS, run, folder / "plots", names):
        typer.echo(path)
    if names is None and (note := missing_tables_note(run)):
        typer.echo(note, err=True)
