"""Pictures, written to a folder: those of a run, and of whatever else is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.files import report_os_errors
from sim.scenario.faults import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_FORMATS = ("png", "svg")
WRITE_REMEDY = "make room, or let the folder be written"


class NothingToShow(UserError, ValueError):
    """A plot was asked for that has nothing to show of this run; the message says why."""


def write_figures(figures: Iterable[tuple[str, Figure | None]], folder: Path) -> list[Path]:
    """Write figures by their names, and remove what is left from before of those that have nothing to show.

    Raises OutError where that cannot be written.
    """
    with report_os_errors(folder, WRITE_REMEDY):
        folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, figure in figures:
        if figure is not None:
            made += write_figure(figure, folder, name)
        else:
            for form in FIGURE_FORMATS:
                (folder / f"{name}.{form}").unlink(missing_ok=True)
    return made


def write_figure(fig: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG; each file whole or not at all."""
    from sim.show.plots.style import house_style

    made = []
    for form in FIGURE_FORMATS:
        path = folder / f"{name}.{form}"
        beside = path.with_name(f".{path.name}.new")
        try:
            with report_os_errors(path, WRITE_REMEDY), house_style():
                fig.savefig(beside, format=form, metadata={"Date": None} if form == "svg" else None)
                beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink()
        fig.set_layout_engine("none")  # it is laid out now, and to do so once more takes as long again
        made.append(path)
    return made
