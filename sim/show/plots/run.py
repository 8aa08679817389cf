"""The plots of a run, by the names that users type."""

from sim.results.run import RunResult
from sim.show.plots.backlog import no_backlog_reason, plot_backlog
from sim.show.plots.building_schedule import no_building_schedule_reason, plot_building_schedule
from sim.show.plots.declined_requests import no_declined_requests_reason, plot_declined_requests
from sim.show.plots.money import no_money_reason, plot_money
from sim.show.plots.online_by_site import no_buildings_reason, plot_online_by_site
from sim.show.plots.overflow import no_overflow_reason, plot_overflow
from sim.show.plots.plot import Plot, plots_by_name
from sim.show.plots.supply_and_demand import no_supply_and_demand_reason, plot_supply_and_demand
from sim.show.plots.utilization import no_utilization_reason, plot_utilization
from sim.show.plots.waiting_times import no_waiting_times_reason, plot_waiting_times

RUN_PLOTS: dict[str, Plot[RunResult]] = plots_by_name(
    Plot("supply_and_demand", ("bands",), plot_supply_and_demand, no_supply_and_demand_reason),
    Plot("backlog", ("bands",), plot_backlog, no_backlog_reason),
    Plot("waiting_times", ("requests", "deliveries"), plot_waiting_times, no_waiting_times_reason),
    Plot("overflow", ("requests", "commitments", "releases"), plot_overflow, no_overflow_reason),
    Plot("declined", ("requests",), plot_declined_requests, no_declined_requests_reason),
    Plot("online_by_site", ("bands",), plot_online_by_site, no_buildings_reason),
    Plot("building_schedule", ("buildings",), plot_building_schedule, no_building_schedule_reason),
    Plot("utilization", ("bands", "metrics"), plot_utilization, no_utilization_reason),
    Plot("money", ("metrics",), plot_money, no_money_reason),
)
"""All plots by name, in the order in which a report would show them."""


def missing_tables_note(run: RunResult) -> str | None:
    """Name in a line the plots that are left out only because their tables were not kept; None if there are none."""
    missing = [name for name, plot in RUN_PLOTS.items() if plot.missing_tables(run)]
    if not missing:
        return None
    return f"Left out, since their tables were not kept (run with --tables all): {', '.join(missing)}"
