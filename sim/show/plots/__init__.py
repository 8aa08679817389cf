"""Plots of a run: each takes an outcome and gives a figure. Only this room imports matplotlib."""

from sim.show.plots.backlog import backlog, never_short
from sim.show.plots.buildings import nothing_built, online_by_site
from sim.show.plots.money import money, no_money
from sim.show.plots.overflow import nothing_asked, overflow
from sim.show.plots.plot import Plot
from sim.show.plots.power import nothing_powered, supply_and_demand
from sim.show.plots.refusals import nothing_put, took_and_declined
from sim.show.plots.schedule import building_schedule, nothing_announced
from sim.show.plots.utilization import nothing_online, utilization
from sim.show.plots.waits import nothing_wanted, waiting_times

__all__ = ["PLOTS", "Plot"]

PLOTS: dict[str, Plot] = {
    plot.name: plot
    for plot in (
        Plot("supply_and_demand", ("bands",), supply_and_demand, nothing_powered),
        Plot("backlog", ("bands",), backlog, never_short),
        Plot("waiting_times", ("requests", "deliveries"), waiting_times, nothing_wanted),
        Plot("overflow", ("requests", "commitments", "releases"), overflow, nothing_asked),
        Plot("declined", ("requests",), took_and_declined, nothing_put),
        Plot("online_by_site", ("bands",), online_by_site, nothing_built),
        Plot("building_schedule", ("buildings",), building_schedule, nothing_announced),
        Plot("utilization", ("bands", "metrics"), utilization, nothing_online),
        Plot("money", ("metrics",), money, no_money),
    )
}
"""All plots by name, in the order in which a report would show them."""
