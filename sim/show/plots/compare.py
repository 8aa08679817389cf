"""What differs between scenarios in the same futures: metric by metric, and over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.results.formatting import scale_to_unit
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.figure_files import NothingToShow, write_figures
from sim.show.plots.labels import shorten, shorten_names
from sim.show.plots.run_bands import RunBands
from sim.study.compare import ComparisonResult, differences_in_report
from sim.study.paired_difference import PairedDifference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_HEIGHT_INCHES = 0.27
"""How high a row is, in inches, beside what stands around a panel."""
DIFFERENCE_UNIT_WORDS = {"%": "points", "days": "days", "": "in number"}


def no_differences_reason(comparison: ComparisonResult) -> str | None:
    """Is there nothing that differs?"""
    for pair in comparison.pairs:
        if any(d.diff is not None and not d.equal for d in differences_in_report(comparison, pair)):
            return None
    return "all is exactly equal"


def plot_differences(comparison: ComparisonResult) -> Figure:
    """The paired difference of each metric with its interval, in panels by unit; filled where it is beyond doubt."""
    panels = _panels_by_unit(comparison)
    several = len(comparison.pairs) > 1
    names = shorten_names([pair.b for pair in comparison.pairs], 60)
    heights = [_panel_height(rows, len(comparison.pairs)) + 0.6 for rows in panels.values()]
    with style.house_style():
        fig = style.new_figure(9.6, ROW_HEIGHT_INCHES * sum(heights) + 0.5 * len(panels) + 1.2)
        grid = np.ravel(fig.subplots(len(panels), 1, squeeze=False, height_ratios=heights))
        for axes, ((unit, size), rows) in zip(grid, panels.items(), strict=True):
            _draw_panel(axes, unit, size, rows, comparison)
        which = "What differs" if several else shorten(comparison.pairs[0].b, 60)
        fig.suptitle(f"{which}\nagainst {shorten(comparison.names[0], 60)}", x=0.01, ha="left")
        if several:
            marks = [
                grid[0].plot([], [], "o", color=_colour(k), label=names[pair.b])[0]
                for k, pair in enumerate(comparison.pairs, start=1)
            ]
            fig.legend(handles=marks, loc="outside upper right", ncols=1)
        style.add_caption(
            fig,
            _caption(comparison),
            "Mean difference within a future, and its 95 % interval. Filled: beyond doubt, corrected for all metrics"
            " shown (Holm). Metrics that are exactly equal are left out.",
        )
    return fig


DifferenceRows = dict[str, list[PairedDifference | None]]
"""By metric, the difference of each pair; None where it is equal or has no value."""


def _panels_by_unit(comparison: ComparisonResult) -> dict[tuple[str, float], DifferenceRows]:
    """What is shown in each unit: the unit, how much of the metric's own it is, and the rows."""
    by_unit: dict[str, DifferenceRows] = {}
    for k, pair in enumerate(comparison.pairs):
        for d in differences_in_report(comparison, pair):
            if d.diff is not None and not d.equal:
                row = by_unit.setdefault(d.unit, {}).setdefault(d.metric, [None] * len(comparison.pairs))
                row[k] = d
    found = {}
    for unit, rows in by_unit.items():
        ends = [abs(x) for row in rows.values() for d in row if d for x in (d.diff or 0.0, *(d.ci95 or ()))]
        number, name = scale_to_unit(1.0, unit, max(ends))
        found[name, number] = rows
    return found


def _panel_height(rows: DifferenceRows, pairs: int) -> float:
    """How high a panel is, in rows."""
    return len(rows) * max(1.0, 0.55 * pairs)


def _draw_panel(
    axes: Axes, unit: str, size: float, rows: DifferenceRows, comparison: ComparisonResult
) -> None:
    """The differences in one unit: a point and a line for each, and the verdict beside it."""
    several = len(comparison.pairs) > 1
    apart = 0.8 / len(comparison.pairs)
    for place, row in enumerate(rows.values()):
        for k, d in enumerate(row):
            if d is None or d.diff is None:
                continue
            y = place + (k - (len(row) - 1) / 2) * apart
            tint = _colour(k + 1)
            low, high = d.ci95 or (d.diff, d.diff)
            axes.plot([low * size, high * size], [y, y], color=tint, linewidth=1.8, solid_capstyle="butt")
            axes.plot(
                d.diff * size,
                y,
                "o",
                markersize=5.5,
                color=tint,
                markerfacecolor=tint if d.significant else "white",
            )
            if not several:
                axes.annotate(
                    _short_verdict(d), (1.02, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8,
                    color=style.INK if d.significant else style.FAINT_INK, annotation_clip=False,
                )  # fmt: skip
    axes.axvline(0, color=style.INK, linewidth=0.9)
    labels = shorten_names(rows, 34)
    style.set_row_axis(axes, [labels[name] for name in rows])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _format_signed(x)))
    axes.margins(x=0.08)
    axes.set_xlabel(f"difference ({DIFFERENCE_UNIT_WORDS.get(unit, unit)})")


def _short_verdict(d: PairedDifference) -> str:
    """The verdict, short enough to stand beside a plot."""
    for long in ("; to be sure would take about ", ": would take about "):
        first, _, rest = d.verdict.partition(long)
        if rest:
            return f"{first} (~{rest})"
    return d.verdict


def no_over_time_reason(comparison: ComparisonResult) -> str | None:
    """Is nothing unserved in any of them, or was that not kept?"""
    if lacking := [
        name for name, o in zip(comparison.names, comparison.results, strict=True) if not o.has_table("bands")
    ]:
        return f"it needs the table bands, which was not kept of {lacking[0]}; run with --tables summary"
    if any(RunBands(outcome).maximum("unserved_mw") > 0 for outcome in comparison.results):
        return None
    return "nothing is ever unserved: all that is wanted is served at once"


def plot_over_time(comparison: ComparisonResult) -> Figure:
    """Unserved power over time in each scenario, with its spread; below, how far each lies from the first."""
    every = [RunBands(outcome) for outcome in comparison.results]
    names = shorten_names(comparison.names, 60)
    begin, end = min(bands.begin_datenum for bands in every), max(bands.end_datenum for bands in every)
    apart = any(pair.unserved_difference is not None for pair in comparison.pairs)
    with style.house_style():
        fig = style.new_figure(9.0, 6.6 if apart else 4.8)
        grid = np.ravel(
            fig.subplots(1 + apart, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + apart])
        )
        grid[0].set_title("Waiting to be served")
        for k, (bands, name) in enumerate(zip(every, comparison.names, strict=True)):
            bands.shade_spread(grid[0], "unserved_mw", _colour(k), "_", alpha=0.15)  # "_": not in the legend
            grid[0].plot(
                bands.times, bands("unserved_mw"), color=_colour(k), linewidth=1.8,
                linestyle=("-", "--", "-.", ":")[k % 4], label=names[name],
            )  # fmt: skip
        style.set_power_axis(
            grid[0], max(bands.maximum("unserved_mw") for bands in every), "Unserved IT power"
        )
        if apart:
            _draw_differences(grid[1], comparison, every)
        set_date_axis(grid[-1], begin, end)
        fig.legend(loc="outside upper center", ncols=1)
        notes = [
            "Above: means; shaded: 10 to 90 % of replications. " * any(bands.has_spread for bands in every)
        ]
        notes[0] += "Unserved: wanted, not given up, and not yet delivered."
        if apart:
            notes.append(
                "Below: the mean difference within a future, and its 95 % interval at each time by itself."
            )
        style.add_caption(fig, _caption(comparison), *notes)
    return fig


def _colour(k: int) -> str:
    return style.PALETTE[k % len(style.PALETTE)]


def _draw_differences(axes: Axes, comparison: ComparisonResult, every: Sequence[RunBands]) -> None:
    """How far each scenario lies from the first over time, with the interval of the mean difference."""
    most = 0.0
    for k, pair in enumerate(comparison.pairs, start=1):
        if pair.unserved_difference is None:
            continue
        low, high = pair.unserved_difference.low, pair.unserved_difference.high
        axes.fill_between(every[k].times, low, high, color=_colour(k), alpha=0.25, linewidth=0)
        axes.plot(every[k].times, pair.unserved_difference.diff, color=_colour(k), linewidth=1.5)
        most = max(most, float(np.abs([low, high]).max()))
    axes.axhline(0, color=style.INK, linewidth=0.9)
    unit = style.choose_power_unit(most)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: _format_signed(mw / unit.size)))
    axes.set_ylabel(f"Difference ({unit.name})")


def _format_signed(value: float) -> str:
    return f"{value:+,.6g}".replace("-", "−") if value else "0"


def _caption(comparison: ComparisonResult) -> str:
    """What a picture is of."""
    told = comparison.provenance
    n = told["finished"]
    return f"{n:,} replication{'s' if n != 1 else ''} each in the same futures, seed {told['seed']}"


COMPARE_PLOTS: dict[
    str, tuple[Callable[[ComparisonResult], Figure], Callable[[ComparisonResult], str | None]]
] = {
    "differences": (plot_differences, no_differences_reason),
    "over_time": (plot_over_time, no_over_time_reason),
}
"""The pictures of a comparison: how each is drawn, and why there is nothing to show."""


def plot_comparison(comparison: ComparisonResult, name: str) -> Figure:
    """Draw a picture. Raises NothingToShow, with the reason, where there is nothing to show."""
    pass

    draw, idle = COMPARE_PLOTS[name]
    if reason := idle(comparison):
        raise NothingToShow(f"the plot {name} is left out: {reason}")
    return draw(comparison)


def write_compare_plots(comparison: ComparisonResult, folder: Path) -> list[Path]:
    """Draw the pictures that have something to show, and remove what an earlier comparison left of the others."""
    pass

    figures = (
        (name, None if idle(comparison) else draw(comparison)) for name, (draw, idle) in COMPARE_PLOTS.items()
    )
    return write_figures(figures, folder)
