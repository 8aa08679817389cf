"""Plots of a table, and figures of any kind, written to a folder. Importing it loads no matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sim.results.files import replace_file, report_os_errors
from sim.show.plots.plot import NothingToShow, Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Subject = TypeVar("_Subject")

FIGURE_FORMATS = ("png", "svg")
WRITE_REMEDY = "make room, or let the folder be written"


def write_plots(
    plots: Mapping[str, Plot[_Subject]], subject: _Subject, folder: Path, names: Sequence[str] | None = None
) -> list[Path]:
    """Draw the plots of a table, each as PNG and SVG; every file whole or not at all.

    Without names all that have something to show are drawn, and what an earlier answer left of the others is
    removed. With names those are drawn that can be; then NothingToShow is raised, with the reasons, if any could
    not. Raises OutputError where a file cannot be written.
    """
    chosen = list(plots.values()) if names is None else [_find_plot(plots, name) for name in names]
    reasons = {plot.name: plot.unavailable_reason(subject) for plot in chosen}
    written = write_figures(
        # a generator, so that only one figure is held at a time
        (
            (plot.name, None if reasons[plot.name] is not None else plot.draw(subject))
            for plot in chosen
            if names is None or reasons[plot.name] is None
        ),
        folder,
    )
    omissions = [plot.omission(reason) for plot in chosen if (reason := reasons[plot.name]) is not None]
    if names is not None and omissions:
        raise NothingToShow("; ".join(omissions))
    return written


def unavailable_plots(plots: Mapping[str, Plot[_Subject]], subject: _Subject) -> dict[str, str]:
    """The plots of a table that cannot be drawn of this subject, each with the reason."""
    reasons = {name: plot.unavailable_reason(subject) for name, plot in plots.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _find_plot(plots: Mapping[str, Plot[_Subject]], name: str) -> Plot[_Subject]:
    if name not in plots:
        raise NothingToShow(f"there is no plot {name}; there are {', '.join(plots)}")
    return plots[name]


def write_figures(figures: Iterable[tuple[str, Figure | None]], folder: Path) -> list[Path]:
    """Write figures by their names; of a name without a figure, remove the files that are left from before.

    Raises OutputError where that cannot be written.
    """
    with report_os_errors(folder, WRITE_REMEDY):
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in figures:
        if figure is not None:
            written += write_figure(figure, folder, name)
        else:
            for extension in FIGURE_FORMATS:
                (folder / f"{name}.{extension}").unlink(missing_ok=True)
    return written


def write_figure(fig: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG; each file whole or not at all."""
    from sim.show.plots.style import house_style

    written = []
    for extension in FIGURE_FORMATS:
        path = folder / f"{name}.{extension}"
        with report_os_errors(path, WRITE_REMEDY), replace_file(path) as beside, house_style():
            # an SVG with its date would differ each time that it is drawn
            fig.savefig(beside, format=extension, metadata={"Date": None} if extension == "svg" else None)
        fig.set_layout_engine("none")  # it is laid out now, and to do so once more takes as long again
        written.append(path)
    return written
