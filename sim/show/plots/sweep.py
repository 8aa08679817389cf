"""The plots of a sweep, by the names that users type."""

from sim.show.plots.heat_maps import no_heat_maps_reason, plot_heat_maps
from sim.show.plots.plot import Plot, plots_by_name
from sim.show.plots.responses import no_responses_reason, plot_responses
from sim.show.plots.trade_offs import no_trade_offs_reason, plot_trade_offs
from sim.study.sweep_result import SweepResult

SWEEP_PLOTS: dict[str, Plot[SweepResult]] = plots_by_name(
    Plot("heat_maps", (), plot_heat_maps, no_heat_maps_reason),
    Plot("responses", (), plot_responses, no_responses_reason),
    Plot("trade_offs", (), plot_trade_offs, no_trade_offs_reason),
)
"""All plots of a sweep, in the order in which they are drawn."""
