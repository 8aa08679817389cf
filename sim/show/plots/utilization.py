"""How much of what is online is used, and how much stands idle."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.model.arrays import Floats
from sim.show.plots import style
from sim.show.plots.bands import Bands, footing
from sim.show.plots.dates import in_dates
from sim.show.plots.labels import shorts
from sim.study.outcome import Outcome

MOST_SITES = 40
ALL = "all sites."


def nothing_online(outcome: Outcome) -> str | None:
    """Is nothing ever online?"""
    return None if Bands(outcome).most("online_mw") > 0 else "nothing is ever online"


def utilization(outcome: Outcome) -> Figure:
    """By site: the share of what is online that is in service, over time; and used and idle power, time means."""
    bands, found = Bands(outcome), outcome.summary()
    sites = [name for name in outcome.scenario.sites if bands.most(f"site.{name}.online_mw") > 0]
    weights = {name: found[f"site.{name}.online_mw.mean"]["mean"] or 0.0 for name in sites}
    shown = sorted(style.leading(weights, MOST_SITES), key=lambda name: -weights[name])
    rows = [ALL, *shown] if len(sites) > 1 else shown
    prefix = {name: "" if name == ALL else f"site.{name}." for name in rows}
    online = np.array([bands(f"{prefix[name]}online_mw") for name in rows])
    served = np.array([bands(f"{prefix[name]}in_service_mw") for name in rows])
    share = np.where(online > 0, served / np.where(online > 0, online, 1), np.nan)
    used = [found[f"{prefix[name]}in_service_mw.mean"]["mean"] or 0.0 for name in rows]
    there = [found[f"{prefix[name]}online_mw.mean"]["mean"] or 0.0 for name in rows]
    since = outcome.scenario.measure_from
    with style.house():
        fig = style.figure(11, 0.3 * len(rows) + 2.1)
        left, right = fig.subplots(1, 2, sharey=True, width_ratios=[1.7, 1])
        _heat(fig, left, bands, share)
        left.set_yticks(range(len(rows)), list(shorts(rows, 28).values()))
        left.tick_params(axis="y", length=0)
        _bars(right, used, there, all_first=len(sites) > 1)
        right.set_title("In service and idle, mean over time")
        notes = []
        if since > outcome.scenario.start:
            notes.append(f"Means over time are from {since:%Y-%m-%d} on.")
        if len(shown) < len(sites):
            notes.append(f"{len(sites) - len(shown)} smaller sites are not shown on their own.")
        if float(np.nanmax(share)) > 1.0005:
            notes.append(
                "More than 100 % is in service where an outage, or a retired building, interrupts it."
            )
        style.source(fig, footing(outcome), *notes)
    return fig


def _heat(fig: Figure, axes: Axes, bands: Bands, share: Floats) -> None:
    """A line for each site, darker where more of it is used; white where nothing is online."""
    times = date2num(bands.times)  # type: ignore[no-untyped-call]
    step = times[1] - times[0]
    picture = axes.imshow(
        share, aspect="auto", interpolation="nearest", cmap="cividis_r", vmin=0, vmax=1,
        extent=(times[0] - step / 2, times[-1] + step / 2, share.shape[0] - 0.5, -0.5),
    )  # fmt: skip
    axes.set_title("In service, as a share of what is online" + (", mean" if bands.several else ""))
    axes.grid(visible=False)
    axes.hlines(np.arange(1, len(share)) - 0.5, times[0], times[-1], color="white", linewidth=1.6)
    in_dates(axes, bands.begin, bands.end)
    bar = fig.colorbar(picture, ax=axes, location="bottom", shrink=0.6, aspect=40, pad=0.02)
    bar.set_label("utilization; white: nothing is online", fontsize=8.5)
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: style.percent(x)))


def _bars(axes: Axes, used: list[float], there: list[float], *, all_first: bool) -> None:
    """Used and idle power of each site, one after the other; and in numbers, that of all sites too."""
    sites = range(1 if all_first else 0, len(used))
    most = max(there[k] for k in sites)
    unit = style.power_unit(most / 10)
    idle = [max(b - a, 0.0) for a, b in zip(used, there, strict=True)]
    axes.barh(sites, [used[k] for k in sites], height=0.62, color=style.COLOURS[0], label="in service")
    axes.barh(
        sites, [idle[k] for k in sites], left=[used[k] for k in sites], height=0.62, facecolor="white",
        edgecolor=style.FAINT, hatch="////", linewidth=0.6, label="idle",
    )  # fmt: skip
    for k, (a, b) in enumerate(zip(used, there, strict=True)):
        if b > 0:
            text = f"{style.percent(a / b)}, {unit.say(idle[k])} idle"
            whole = "" if k in sites else f" of {unit.say(b)}"
            reach = max(a, b) if k in sites else 0.0
            axes.annotate(
                text + whole, (reach, k), (4, 0), textcoords="offset points", va="center", fontsize=8
            )
    axes.set_xlim(0, most * 1.55)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    unit.along(axes.xaxis)
    axes.set_xlabel(f"IT power ({unit.name}); hatched: idle")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelleft=False)
