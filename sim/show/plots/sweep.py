"""The plots of a sweep, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.show.plots.figure_files import NothingToShow
from sim.show.plots.heat_maps import plot_heat_maps
from sim.show.plots.responses import plot_responses
from sim.show.plots.trade_offs import plot_trade_offs
from sim.study.sweep_result import SweepResult

if TYPE_CHECKING:
    pass

SWEEP_PLOTS: dict[str, Callable[[SweepResult], Figure | None]] = {
    "heat_maps": plot_heat_maps,
    "responses": plot_responses,
    "trade_offs": plot_trade_offs,
}
"""All plots of a sweep by name."""


def plot_sweep(sweep: SweepResult, name: str) -> Figure:
    """A plot by its name. Raises NothingToShow where it has nothing to show of this sweep."""
    if name not in SWEEP_PLOTS:
        raise NothingToShow(f"there is no plot {name}; there are {', '.join(SWEEP_PLOTS)}")
    found = SWEEP_PLOTS[name](sweep)
    if found is None:
        raise NothingToShow(f"the plot {name} is left out: this sweep has nothing to show in it")
    return found


def write_sweep_plots(sweep: SweepResult, folder: Path) -> list[Path]:
    """Draw all that a sweep has to show, each as PNG and SVG; what it has not is removed."""
    pass
    from sim.show.plots.figure_files import write_figures

    return write_figures(((name, draw(sweep)) for name, draw in SWEEP_PLOTS.items()), folder)
