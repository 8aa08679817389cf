"""Plot of supply and demand: power wanted, online and in service, and who serves it."""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.run_bands import RunBands, run_caption
from sim.show.plots.stacked_areas import draw_stack, label_layers, stack_layers

MAX_STACKED_PROVIDERS = 8


def no_supply_and_demand_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: there is neither demand nor supply."""
    bands = RunBands(run)
    empty = bands.maximum("wanted_mw") == 0 and bands.maximum("online_mw") == 0
    return "nothing is ever wanted or online" if empty else None


def plot_supply_and_demand(run: RunResult) -> Figure:
    """Draw power wanted, in service and online over time, side by side with who serves it."""
    bands = RunBands(run)
    max_mw = max(bands.maximum(name) for name in ("wanted_mw", "in_service_mw", "online_mw"))
    served = {name: bands(f"provider.{name}.in_service_mw") for name in run.scenario.providers}
    stack = stack_layers(served, MAX_STACKED_PROVIDERS)
    with style.house_style():
        fig = style.new_figure(11, 4.8)
        left, right = fig.subplots(1, 2, sharey=True)
        _draw_totals(left, bands)
        set_date_axis(left, bands.begin_datenum, bands.end_datenum)
        style.set_power_axis(left, max_mw)
        right.set_title("Who serves it, mean" if bands.has_spread else "Who serves it")
        draw_stack(right, bands.times, stack)
        shortfall = _draw_shortfall(right, bands)
        set_date_axis(right, bands.begin_datenum, bands.end_datenum)
        right.tick_params(labelleft=False)
        label_layers(right, stack, style.choose_power_unit(max_mw), axes_height_inches=3.7)
        handles = left.get_legend_handles_labels()[0] + shortfall
        fig.legend(handles=handles, loc="outside upper center", ncols=3)
        style.add_caption(
            fig, run_caption(run), "Wanted, not served: waiting, or given up within the term asked for."
        )
    return fig


def _draw_totals(axes: Axes, bands: RunBands) -> None:
    """Draw power wanted, in service and online; the first two with their spread."""
    axes.set_title("Wanted, in service and online")
    bands.shade_spread(axes, "wanted_mw", style.INK, "wanted", alpha=0.13)
    bands.shade_spread(axes, "in_service_mw", style.PALETTE[0], "in service", alpha=0.3)
    for series, label, colour, line in (
        ("wanted_mw", "wanted", style.INK, "-"),
        ("online_mw", "online", style.PALETTE[5], ":"),
        ("in_service_mw", "in service", style.PALETTE[0], "--"),
    ):
        axes.plot(
            bands.times, bands(series), color=colour, linestyle=line, linewidth=1.7,
            label=bands.mean_label(label),
        )  # fmt: skip


def _draw_shortfall(axes: Axes, bands: RunBands) -> list[Artist]:
    """Draw what is wanted beyond what is served; returns its area for the legend, if there is any."""
    total, wanted = bands("in_service_mw"), bands("wanted_mw")
    # both are means of floats, so that what is all served may differ in the last digits
    short = wanted - total > 1e-6 * max(float(wanted.max()), 1.0)
    axes.plot(bands.times, wanted, color=style.INK, linewidth=1.7)
    if not short.any():
        return []
    area = axes.fill_between(
        bands.times, total, wanted, where=short.tolist(), facecolor="none", edgecolor=style.SHORTFALL_COLOUR,
        hatch="////", linewidth=0, label="wanted, not served",
    )  # fmt: skip
    return [area]
