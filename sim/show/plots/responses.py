"""Responses: how does each outcome of a sweep answer to each factor?"""

from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.show.plots.dates import in_dates
from sim.show.plots.factors import MOST_CELLS, MOST_OUTCOMES, axis_of, distinct, foot, label_of, with_factors
from sim.show.plots.labels import short
from sim.show.plots.style import COLOURS, FAINT, figure, house
from sim.show.swept import value
from sim.study.swept import Swept

MOST_FACTORS = 4
ALONE = "Means, each with its own 95 % interval; as all face the same futures, differences are surer"


def responses(done: Swept) -> Figure | None:
    """How does each outcome answer to each factor? None where nothing varies."""
    factors = [each for each in done.factors if len(distinct(done, each)) > 1][:MOST_FACTORS]
    shown = done.outcomes[:MOST_OUTCOMES]
    if not factors:
        return None
    if len(factors) == 1:
        return response_of_one(done, factors[0], shown)
    with house():
        fig = figure(3.4 * len(factors) + 0.6, 2.3 * len(shown) + 0.9)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        grid = fig.subplots(len(shown), len(factors), squeeze=False, sharex="col", sharey="row")
        note = ""
        for r, metric in enumerate(shown):
            frame = with_factors(done, metric)
            for c, each in enumerate(factors):
                axes = grid[r, c]
                note = response(done, axes, frame, each, factors)
                axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
                if c == 0:
                    axes.set_ylabel(label_of(done, metric, lines=True), fontsize=8.5)
                if r == len(shown) - 1:
                    axes.set_xlabel(axis_of(done, each))
                if r == 0 and axes.get_legend_handles_labels()[1]:
                    title = axis_of(done, other_of(each, factors) or each)
                    axes.legend(title=title, fontsize=7.5, title_fontsize=7.5, ncols=4, loc="lower left",
                                bbox_to_anchor=(0, 1), borderaxespad=0.2)  # fmt: skip
        foot(fig, done, note)
    return fig


def response_of_one(done: Swept, each: dict[str, Any], shown: tuple[str, ...]) -> Figure:
    """The panels of a single factor, an outcome each, two in a row."""
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with house():
        fig = figure(4.6 * columns, 2.7 * rows + 0.8)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        note = ""
        for k, metric in enumerate(shown):
            axes = fig.add_subplot(rows, columns, k + 1)
            note = response(done, axes, with_factors(done, metric), each, [each])
            axes.set_title(label_of(done, metric), fontsize=9)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.set_xlabel(axis_of(done, each) if k + columns >= len(shown) else "")
        foot(fig, done, note)
    return fig


def other_of(each: dict[str, Any], factors: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The other of two factors."""
    return next((x for x in factors if x is not each), None) if len(factors) == 2 else None


def response(
    done: Swept, axes: Axes, frame: pl.DataFrame, each: dict[str, Any], factors: list[dict[str, Any]]
) -> str:
    """One panel: lines where values are crossed, points and their course where they lie anywhere. Says which."""
    kind = done.told["identity"]["design"]["kind"]
    name = each["name"]
    words = frame[name].dtype == pl.String
    if words:
        order = {text: k for k, text in enumerate(distinct(done, each))}
        frame = frame.with_columns(pl.col(name).replace_strict(order, default=None, return_dtype=pl.Float64))
        axes.set_xticks(range(len(order)), [short(text, 18) for text in order])
        axes.set_xlim(-0.4, len(order) - 0.6)
    elif frame[name].dtype.is_temporal():
        first, last = (float(date2num(at)) for at in (frame[name].min(), frame[name].max()))  # type: ignore[no-untyped-call]
        in_dates(axes, first - 0.05 * (last - first), last + 0.05 * (last - first), most=5)
    if kind == "one at a time":
        base = frame.row(0, named=True)["mean"]
        if base is not None:
            axes.axhline(base, color=FAINT, linewidth=0.8, linestyle="--")
        line(axes, frame.filter(pl.col(name).is_not_null()).sort(name), name, COLOURS[0], words=words)
        return "Each factor alone, with 95 % intervals; dashed: the scenario as it is"
    if kind != "grid":
        cloud(axes, frame, name)
        return "Each dot a point's mean over its replications; the line is the mean of neighbours"
    other = other_of(each, factors)
    if other is not None and len(done.factors) == 2 and len(distinct(done, other)) <= len(COLOURS):
        for k, x in enumerate(distinct(done, other)):
            part = frame.filter(pl.col(other["name"]) == x).sort(name)
            line(axes, part, name, COLOURS[k], value(x, ""), 0.07, words)
        return ALONE
    if len(done.factors) == 1:
        line(axes, frame.sort(name), name, COLOURS[0], words=words)
        return ALONE
    over = frame.group_by(name).agg(
        pl.col("mean").min().alias("low"), pl.col("mean").max().alias("high"), pl.col("mean").mean()
    )
    over = over.sort(name)
    axes.fill_between(
        over[name].to_numpy(), *over.select("low", "high").to_numpy().T, color=COLOURS[0], alpha=0.2
    )
    axes.plot(over[name].to_numpy(), over["mean"].to_numpy(), color=COLOURS[0], marker="o", markersize=3.5)
    return "Line: mean over all values of the other factors; band: from the least to the most of them"


def line(
    axes: Axes,
    part: pl.DataFrame,
    name: str,
    colour: str,
    label: str | None = None,
    alpha: float = 0.15,
    words: bool = False,
) -> None:
    """The means along a factor, and their intervals; of words, which are in no order, each alone."""
    x, mean = part[name].to_numpy(), part["mean"].cast(pl.Float64).to_numpy()
    low, high = (part[each].cast(pl.Float64).to_numpy() for each in ("ci_low", "ci_high"))
    if words:
        axes.errorbar(
            x, mean, yerr=[mean - low, high - mean], fmt="o", color=colour, markersize=4, label=label
        )
        return
    axes.plot(x, mean, color=colour, marker="o", markersize=3.5, linewidth=1.4, label=label)
    axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)


def cloud(axes: Axes, frame: pl.DataFrame, name: str) -> None:
    """A dot for each point, and the mean of those near each other."""
    frame = frame.filter(pl.col("mean").is_not_null() & pl.col(name).is_not_null()).sort(name)
    x, mean = frame[name].to_numpy(), frame["mean"].to_numpy()
    axes.scatter(x, mean, s=9, color=COLOURS[0], alpha=0.45, linewidths=0)
    levels = np.unique(x)
    if len(levels) <= MOST_CELLS:
        parts = [np.flatnonzero(x == level) for level in levels]
    else:
        parts = np.array_split(np.arange(len(x)), min(12, max(1, len(x) // 8)))
    if len(parts) > 1 and frame[name].dtype == pl.Float64:
        centres = [float(x[part].mean()) for part in parts]
        means = [float(mean[part].mean()) for part in parts]
        axes.plot(centres, means, color=COLOURS[5], linewidth=1.8, marker="o", markersize=3)
