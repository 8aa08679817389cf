"""Plot of utilization: the share of online power that is in service, and the power that stands idle, by site."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.model.arrays import FloatArray
from sim.results.formatting import format_percent
from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import omission_notes, shorten_names
from sim.show.plots.run_bands import RunBands, run_caption

MAX_UTILIZATION_SITES = 40
ALL_SITES_ROW = "all sites."


def no_utilization_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing is ever online."""
    return None if RunBands(run).maximum("online_mw") > 0 else "nothing is ever online"


def plot_utilization(run: RunResult) -> Figure:
    """Draw by site the share of online power that is in service, over time; and time means of used and idle power."""
    bands, summary = RunBands(run), run.summary()
    sites = [name for name in run.scenario.sites if bands.maximum(f"site.{name}.online_mw") > 0]
    weights = {name: summary[f"site.{name}.online_mw.mean"]["mean"] or 0.0 for name in sites}
    shown = sorted(style.largest_names(weights, MAX_UTILIZATION_SITES), key=lambda name: -weights[name])
    rows = [ALL_SITES_ROW, *shown] if len(sites) > 1 else shown
    prefix = {name: "" if name == ALL_SITES_ROW else f"site.{name}." for name in rows}
    online = np.array([bands(f"{prefix[name]}online_mw") for name in rows])
    served = np.array([bands(f"{prefix[name]}in_service_mw") for name in rows])
    share = np.where(online > 0, served / np.where(online > 0, online, 1), np.nan)
    mean_in_service = [summary[f"{prefix[name]}in_service_mw.mean"]["mean"] or 0.0 for name in rows]
    mean_online = [summary[f"{prefix[name]}online_mw.mean"]["mean"] or 0.0 for name in rows]
    since = run.scenario.measure_from
    with style.house_style():
        fig = style.new_figure(11, 0.3 * len(rows) + 2.1)
        left, right = fig.subplots(1, 2, sharey=True, width_ratios=[1.7, 1])
        _draw_utilization_map(fig, left, bands, share)
        left.set_yticks(range(len(rows)), list(shorten_names(rows, 28).values()))
        left.tick_params(axis="y", length=0)
        _draw_bars(right, mean_in_service, mean_online, has_total_row=len(sites) > 1)
        right.set_title("In service and idle, mean over time")
        notes = []
        if since > run.scenario.start:
            notes.append(f"Means over time are from {since:%Y-%m-%d} on.")
        notes += omission_notes(len(sites) - len(shown), "sites", " on their own")
        if float(np.nanmax(share)) > 1.0005:
            notes.append(
                "More than 100 % is in service where an outage, or a retired building, interrupts it."
            )
        style.add_caption(fig, run_caption(run), *notes)
    return fig


def _draw_utilization_map(fig: Figure, axes: Axes, bands: RunBands, share: FloatArray) -> None:
    """Draw a line for each site, darker where more of it is used; white where nothing is online.

    `share` is `(n_rows, n_times)`, NaN where nothing is online.
    """
    times = date2num(bands.times)  # type: ignore[no-untyped-call]
    step = times[1] - times[0]
    picture = axes.imshow(
        share, aspect="auto", interpolation="nearest", cmap=f"{style.COLOUR_MAP}_r", vmin=0, vmax=1,
        extent=(times[0] - step / 2, times[-1] + step / 2, share.shape[0] - 0.5, -0.5),
    )  # fmt: skip
    axes.set_title("In service, as a share of what is online" + (", mean" if bands.has_spread else ""))
    axes.grid(visible=False)
    axes.hlines(np.arange(1, len(share)) - 0.5, times[0], times[-1], color="white", linewidth=1.6)
    set_date_axis(axes, bands.begin_datenum, bands.end_datenum)
    bar = fig.colorbar(picture, ax=axes, location="bottom", shrink=0.6, aspect=40, pad=0.02)
    bar.set_label("utilization; white: nothing is online", fontsize=8.5)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: format_percent(x)))


def _draw_bars(
    axes: Axes, in_service_mw: list[float], online_mw: list[float], *, has_total_row: bool
) -> None:
    """Draw used and idle power of each site, one after the other; that of all sites in numbers alone."""
    sites = range(1 if has_total_row else 0, len(in_service_mw))
    max_mw = max(online_mw[k] for k in sites)
    unit = style.choose_power_unit(max_mw / 10)
    idle = [max(b - a, 0.0) for a, b in zip(in_service_mw, online_mw, strict=True)]
    axes.barh(
        sites, [in_service_mw[k] for k in sites], height=0.62, color=style.PALETTE[0], label="in service"
    )
    axes.barh(
        sites, [idle[k] for k in sites], left=[in_service_mw[k] for k in sites], height=0.62, facecolor="white",
        edgecolor=style.FAINT_INK, hatch="////", linewidth=0.6, label="idle",
    )  # fmt: skip
    for k, (a, b) in enumerate(zip(in_service_mw, online_mw, strict=True)):
        if b > 0:
            text = f"{format_percent(a / b)}, {unit.to_text(idle[k])} idle"
            total = "" if k in sites else f" of {unit.to_text(b)}"
            reach = max(a, b) if k in sites else 0.0
            axes.annotate(
                text + total, (reach, k), (4, 0), textcoords="offset points", va="center", fontsize=8
            )
    axes.set_xlim(0, max_mw * 1.55)
    style.set_round_ticks(axes.xaxis, 4)
    unit.format_axis(axes.xaxis)
    axes.set_xlabel(f"IT power ({unit.name}); hatched: idle")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelleft=False)
