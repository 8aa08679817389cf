"""Pictures, written to a folder: those of a run, and of whatever else is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import UserError
from sim.study.outcome import Outcome
from sim.study.store import telling

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
REMEDY = "make room, or let the folder be written"


class NothingToShow(UserError, ValueError):
    """A plot was asked for that has nothing to show of this run; the message says why."""


def left_out(outcome: Outcome) -> dict[str, str]:
    """Which plots cannot be drawn of this run, and why?"""
    from sim.show.plots import PLOTS

    reasons = {name: plot.applies(outcome) for name, plot in PLOTS.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def note(outcome: Outcome) -> str | None:
    """Which plots are left out only because their tables were not kept, in a line? None if there are none."""
    from sim.show.plots import PLOTS

    missing = [name for name, plot in PLOTS.items() if plot.lacking(outcome)]
    if not missing:
        return None
    return f"Left out, since their tables were not kept (run with --tables all): {', '.join(missing)}"


def plots_to(outcome: Outcome, folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Draw plots, each as PNG and SVG; every file whole or not at all.

    Without names all that have something to show are drawn, and what an earlier run left of the others is removed.
    With names those are drawn that can be; then NothingToShow is raised, with the reasons, if any could not.
    """
    from sim.show.plots import PLOTS

    reasons = left_out(outcome)
    missing = {name: reasons[name] for name in (PLOTS if names is None else names) if name in reasons}
    wanted = PLOTS if names is None else [name for name in names if name not in missing]
    made = figures_to(
        ((name, None if name in missing else PLOTS[name].draw(outcome)) for name in wanted), folder
    )
    if names is not None and missing:
        raise NothingToShow("; ".join(f"the plot {name} is left out: {why}" for name, why in missing.items()))
    return made


def figures_to(figures: Iterable[tuple[str, Figure | None]], folder: Path) -> list[Path]:
    """Write figures by their names, and remove what is left from before of those that have nothing to show.

    Raises OutError where that cannot be written.
    """
    with telling(folder, REMEDY):
        folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, figure in figures:
        if figure is not None:
            made += figure_to(figure, folder, name)
        else:
            for form in FORMATS:
                (folder / f"{name}.{form}").unlink(missing_ok=True)
    return made


def figure_to(fig: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG; each file whole or not at all."""
    from sim.show.plots.style import house

    made = []
    for form in FORMATS:
        path = folder / f"{name}.{form}"
        beside = path.with_name(f".{path.name}.new")
        try:
            with telling(path, REMEDY), house():
                fig.savefig(beside, format=form, metadata={"Date": None} if form == "svg" else None)
                beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink()
        fig.set_layout_engine("none")  # it is laid out now, and to do so once more takes as long again
        made.append(path)
    return made
