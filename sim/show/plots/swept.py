"""The plots of a sweep, by name."""

from collections.abc import Callable

from matplotlib.figure import Figure

from sim.show.plots.heat_maps import heat_maps
from sim.show.plots.responses import responses
from sim.show.plots.trade_offs import trade_offs
from sim.show.report import NothingToShow
from sim.study.swept import Swept

SWEPT: dict[str, Callable[[Swept], Figure | None]] = {
    "heat_maps": heat_maps,
    "responses": responses,
    "trade_offs": trade_offs,
}
"""All plots of a sweep by name."""


def drawn(done: Swept, name: str) -> Figure:
    """A plot by its name. Raises NothingToShow where it has nothing to show of this sweep."""
    if name not in SWEPT:
        raise NothingToShow(f"there is no plot {name}; there are {', '.join(SWEPT)}")
    found = SWEPT[name](done)
    if found is None:
        raise NothingToShow(f"the plot {name} is left out: this sweep has nothing to show in it")
    return found
