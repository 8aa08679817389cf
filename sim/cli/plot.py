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
    from sim.results.folders import amend_folder
    from sim.results.run import read_run
    from sim.results.store import PROVENANCE_FILE

    run, names = read_run(folder), parse_plot_names(plots, TablesKeyword.all)

    # only now, since matplotlib takes long to load, and a folder may hold no run
    from sim.show.plots.figure_files import write_plots
    from sim.show.plots.run import RUN_PLOTS, missing_tables_note

    with amend_folder(folder, "run", PROVENANCE_FILE) as staged:
        written = write_plots(RUN_PLOTS, run, staged.path / "plots", names)
        staged.commit(run.interrupted)
    for path in written:
        typer.echo(folder / "plots" / path.name)
    if names is None and (note := missing_tables_note(run)):
        typer.echo(note, err=True)
