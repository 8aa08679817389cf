"""TODO."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.run import RunResult
from sim.show.plots.backlog import no_backlog_reason, plot_backlog
from sim.show.plots.building_schedule import no_building_schedule_reason, plot_building_schedule
from sim.show.plots.declined_requests import no_declined_requests_reason, plot_declined_requests
from sim.show.plots.figure_files import NothingToShow, write_figures
from sim.show.plots.money import no_money_reason, plot_money
from sim.show.plots.online_by_site import no_buildings_reason, plot_online_by_site
from sim.show.plots.overflow import no_overflow_reason, plot_overflow
from sim.show.plots.plot import Plot
from sim.show.plots.supply_and_demand import no_supply_and_demand_reason, plot_supply_and_demand
from sim.show.plots.utilization import no_utilization_reason, plot_utilization
from sim.show.plots.waiting_times import no_waiting_times_reason, plot_waiting_times

if TYPE_CHECKING:
    pass


RUN_PLOTS: dict[str, Plot] = {
    plot.name: plot
    for plot in (
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
}
"""All plots by name, in the order in which a report would show them."""


def unavailable_plots(run: RunResult) -> dict[str, str]:
    """Which plots cannot be drawn of this run, and why?"""
    pass

    reasons = {name: plot.unavailable_reason(run) for name, plot in RUN_PLOTS.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def missing_tables_note(run: RunResult) -> str | None:
    """Which plots are left out only because their tables were not kept, in a line? None if there are none."""
    pass

    missing = [name for name, plot in RUN_PLOTS.items() if plot.missing_tables(run)]
    if not missing:
        return None
    return f"Left out, since their tables were not kept (run with --tables all): {', '.join(missing)}"


def write_run_plots(run: RunResult, folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Draw plots, each as PNG and SVG; every file whole or not at all.

    Without names all that have something to show are drawn, and what an earlier run left of the others is removed.
    With names those are drawn that can be; then NothingToShow is raised, with the reasons, if any could not.
    """
    pass

    reasons = unavailable_plots(run)
    missing = {name: reasons[name] for name in (RUN_PLOTS if names is None else names) if name in reasons}
    wanted = RUN_PLOTS if names is None else [name for name in names if name not in missing]
    made = write_figures(
        ((name, None if name in missing else RUN_PLOTS[name].draw(run)) for name in wanted), folder
    )
    if names is not None and missing:
        raise NothingToShow("; ".join(f"the plot {name} is left out: {why}" for name, why in missing.items()))
    return made
