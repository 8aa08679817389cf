"""What differs between scenarios in the same futures: metric by metric, and over time."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.show.compared import told_of
from sim.show.plots import style
from sim.show.plots.bands import Bands
from sim.show.plots.dates import in_dates
from sim.show.plots.labels import short, shorts
from sim.study.amounts import scaled
from sim.study.comparison import Comparison
from sim.study.difference import Difference

ROW = 0.27
"""How high a row is, in inches, beside what stands around a panel."""
WORDS = {"%": "points", "days": "days", "": "in number"}


def all_equal(comparison: Comparison) -> str | None:
    """Is there nothing that differs?"""
    for pair in comparison.pairs:
        if any(d.diff is not None and not d.equal for d in told_of(comparison, pair)):
            return None
    return "all is exactly equal"


def differences(comparison: Comparison) -> Figure:
    """The paired difference of each metric with its interval, in panels by unit; filled where it is beyond doubt."""
    panels = _panels(comparison)
    several = len(comparison.pairs) > 1
    names = shorts([pair.b for pair in comparison.pairs], 60)
    heights = [_rows(rows, len(comparison.pairs)) + 0.6 for rows in panels.values()]
    with style.house():
        fig = style.figure(9.6, ROW * sum(heights) + 0.5 * len(panels) + 1.2)
        grid = np.ravel(fig.subplots(len(panels), 1, squeeze=False, height_ratios=heights))
        for axes, ((unit, size), rows) in zip(grid, panels.items(), strict=True):
            _panel(axes, unit, size, rows, comparison)
        which = "What differs" if several else short(comparison.pairs[0].b, 60)
        fig.suptitle(f"{which}\nagainst {short(comparison.names[0], 60)}", x=0.01, ha="left")
        if several:
            marks = [
                grid[0].plot([], [], "o", color=_tint(k), label=names[pair.b])[0]
                for k, pair in enumerate(comparison.pairs, start=1)
            ]
            fig.legend(handles=marks, loc="outside upper right", ncols=1)
        style.source(
            fig,
            _footing(comparison),
            "Mean difference within a future, and its 95 % interval. Filled: beyond doubt, corrected for all metrics"
            " shown (Holm). Metrics that are exactly equal are left out.",
        )
    return fig


Rows = dict[str, list[Difference | None]]
"""By metric, the difference of each pair; None where it is equal or has no value."""


def _panels(comparison: Comparison) -> dict[tuple[str, float], Rows]:
    """What is shown in each unit: the unit, how much of the metric's own it is, and the rows."""
    by_unit: dict[str, Rows] = {}
    for k, pair in enumerate(comparison.pairs):
        for d in told_of(comparison, pair):
            if d.diff is not None and not d.equal:
                row = by_unit.setdefault(d.unit, {}).setdefault(d.metric, [None] * len(comparison.pairs))
                row[k] = d
    found = {}
    for unit, rows in by_unit.items():
        ends = [abs(x) for row in rows.values() for d in row if d for x in (d.diff or 0.0, *(d.ci95 or ()))]
        number, name = scaled(1.0, unit, max(ends))
        found[name, number] = rows
    return found


def _rows(rows: Rows, pairs: int) -> float:
    """How high a panel is, in rows."""
    return len(rows) * max(1.0, 0.55 * pairs)


def _panel(axes: Axes, unit: str, size: float, rows: Rows, comparison: Comparison) -> None:
    """The differences in one unit: a point and a line for each, and the verdict beside it."""
    several = len(comparison.pairs) > 1
    apart = 0.8 / len(comparison.pairs)
    for place, row in enumerate(rows.values()):
        for k, d in enumerate(row):
            if d is None or d.diff is None:
                continue
            y = place + (k - (len(row) - 1) / 2) * apart
            tint = _tint(k + 1)
            low, high = d.ci95 or (d.diff, d.diff)
            axes.plot([low * size, high * size], [y, y], color=tint, linewidth=1.8, solid_capstyle="butt")
            axes.plot(
                d.diff * size, y, "o", markersize=5.5, color=tint, markerfacecolor=tint if d.sure else "white"
            )
            if not several:
                axes.annotate(
                    _verdict(d), (1.02, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8,
                    color=style.INK if d.sure else style.FAINT, annotation_clip=False,
                )  # fmt: skip
    axes.axvline(0, color=style.INK, linewidth=0.9)
    labels = shorts(rows, 34)
    style.in_rows(axes, [labels[name] for name in rows])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _signed(x)))
    axes.margins(x=0.08)
    axes.set_xlabel(f"difference ({WORDS.get(unit, unit)})")


def _verdict(d: Difference) -> str:
    """The verdict, short enough to stand beside a plot."""
    for long in ("; to be sure would take about ", ": would take about "):
        first, _, rest = d.verdict.partition(long)
        if rest:
            return f"{first} (~{rest})"
    return d.verdict


def never_short(comparison: Comparison) -> str | None:
    """Is nothing unserved in any of them, or was that not kept?"""
    if lacking := [
        name for name, o in zip(comparison.names, comparison.outcomes, strict=True) if not o.has("bands")
    ]:
        return f"it needs the table bands, which was not kept of {lacking[0]}; run with --tables summary"
    if any(Bands(outcome).most("unserved_mw") > 0 for outcome in comparison.outcomes):
        return None
    return "nothing is ever unserved: all that is wanted is served at once"


def over_time(comparison: Comparison) -> Figure:
    """Unserved power over time in each scenario, with its spread; below, how far each lies from the first."""
    every = [Bands(outcome) for outcome in comparison.outcomes]
    names = shorts(comparison.names, 60)
    begin, end = min(bands.begin for bands in every), max(bands.end for bands in every)
    apart = any(pair.unserved is not None for pair in comparison.pairs)
    with style.house():
        fig = style.figure(9.0, 6.6 if apart else 4.8)
        grid = np.ravel(
            fig.subplots(1 + apart, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + apart])
        )
        grid[0].set_title("Waiting to be served")
        for k, (bands, name) in enumerate(zip(every, comparison.names, strict=True)):
            bands.spread(grid[0], "unserved_mw", _tint(k), "_", alpha=0.15)  # "_": not in the legend
            grid[0].plot(
                bands.times, bands("unserved_mw"), color=_tint(k), linewidth=1.8,
                linestyle=("-", "--", "-.", ":")[k % 4], label=names[name],
            )  # fmt: skip
        style.in_power(grid[0], max(bands.most("unserved_mw") for bands in every), "Unserved IT power")
        if apart:
            _gaps(grid[1], comparison, every)
        in_dates(grid[-1], begin, end)
        fig.legend(loc="outside upper center", ncols=1)
        notes = ["Above: means; shaded: 10 to 90 % of replications. " * any(bands.several for bands in every)]
        notes[0] += "Unserved: wanted, not given up, and not yet delivered."
        if apart:
            notes.append(
                "Below: the mean difference within a future, and its 95 % interval at each time by itself."
            )
        style.source(fig, _footing(comparison), *notes)
    return fig


def _tint(k: int) -> str:
    return style.COLOURS[k % len(style.COLOURS)]


def _gaps(axes: Axes, comparison: Comparison, every: Sequence[Bands]) -> None:
    """How far each scenario lies from the first over time, with the interval of the mean difference."""
    most = 0.0
    for k, pair in enumerate(comparison.pairs, start=1):
        if pair.unserved is None:
            continue
        low, high = pair.unserved.low, pair.unserved.high
        axes.fill_between(every[k].times, low, high, color=_tint(k), alpha=0.25, linewidth=0)
        axes.plot(every[k].times, pair.unserved.diff, color=_tint(k), linewidth=1.5)
        most = max(most, float(np.abs([low, high]).max()))
    axes.axhline(0, color=style.INK, linewidth=0.9)
    unit = style.power_unit(most)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: _signed(mw / unit.size)))
    axes.set_ylabel(f"Difference ({unit.name})")


def _signed(value: float) -> str:
    return f"{value:+,.6g}".replace("-", "−") if value else "0"


def _footing(comparison: Comparison) -> str:
    """What a picture is of."""
    told = comparison.provenance
    n = told["finished"]
    return f"{n:,} replication{'s' if n != 1 else ''} each in the same futures, seed {told['seed']}"


PICTURES: dict[str, tuple[Callable[[Comparison], Figure], Callable[[Comparison], str | None]]] = {
    "differences": (differences, all_equal),
    "over_time": (over_time, never_short),
}
"""The pictures of a comparison: how each is drawn, and why there is nothing to show."""
