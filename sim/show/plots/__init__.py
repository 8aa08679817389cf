"""Plots of a run: each takes an outcome and gives a figure. Only this room imports matplotlib."""

from collections.abc import Callable

from matplotlib.figure import Figure

from sim.show.plots.buildings import online_by_site
from sim.show.plots.power import supply_and_demand
from sim.study.outcome import Outcome

PLOTS: dict[str, Callable[[Outcome], Figure]] = {
    "supply_and_demand": supply_and_demand,
    "online_by_site": online_by_site,
}
"""All plots by name, in the order in which a report would show them."""
