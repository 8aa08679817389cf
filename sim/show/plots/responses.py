"""Plot of responses: the mean of each outcome of a sweep over each factor.

In this module `r` is the index of a row of panels, `c` of a column, and `k` of a panel or of a level of a factor.
"""

from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.results.formatting import format_factor_value
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import legend_label, shorten
from sim.show.plots.style import FAINT_INK, PALETTE, house_style, new_figure
from sim.show.plots.sweep_factors import (
    MAX_FACTOR_LEVELS,
    MAX_OUTCOMES,
    MAX_VECTOR_DOTS,
    add_sweep_caption,
    add_sweep_title,
    design_kind,
    estimates_with_factors,
    factor_axis_label,
    factor_levels,
    outcome_axis_label,
)
from sim.study.sweep_result import SweepResult

MAX_RESPONSE_FACTORS = 4
MARGINAL_INTERVALS_NOTE = (
    "Means, each with its own 95 % interval; as all face the same futures, differences are surer"
)


def no_responses_reason(sweep: SweepResult) -> str | None:
    """Say why there is nothing to show, or return None: no factor varies."""
    return None if _varying_factors(sweep) else "no factor takes more than one value"


def _varying_factors(sweep: SweepResult) -> list[dict[str, Any]]:
    """The factors that take several values."""
    return [each for each in sweep.factors if len(factor_levels(sweep, each)) > 1]


def plot_responses(sweep: SweepResult) -> Figure:
    """Draw the mean of each outcome over each factor, a panel for each pair."""
    factors = _varying_factors(sweep)[:MAX_RESPONSE_FACTORS]
    shown = sweep.outcomes[:MAX_OUTCOMES]
    if len(factors) == 1:
        return plot_single_factor(sweep, factors[0], shown)
    with house_style():
        fig = new_figure(3.4 * len(factors) + 0.6, 2.3 * len(shown) + 0.9)
        add_sweep_title(fig, sweep)
        grid = fig.subplots(len(shown), len(factors), squeeze=False, sharex="col", sharey="row")
        note = ""
        for r, metric in enumerate(shown):
            frame = estimates_with_factors(sweep, metric)
            for c, each in enumerate(factors):
                axes = grid[r, c]
                note = draw_response(sweep, axes, frame, each, factors)
                axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
                if c == 0:
                    axes.set_ylabel(outcome_axis_label(sweep, metric, lines=True), fontsize=8.5)
                if r == len(shown) - 1:
                    axes.set_xlabel(factor_axis_label(sweep, each))
                if r == 0 and axes.get_legend_handles_labels()[1]:
                    title = factor_axis_label(sweep, other_factor(each, factors) or each)
                    axes.legend(title=title, fontsize=7.5, title_fontsize=7.5, ncols=4, loc="lower left",
                                bbox_to_anchor=(0, 1), borderaxespad=0.2)  # fmt: skip
        add_sweep_caption(fig, sweep, note)
    return fig


def plot_single_factor(sweep: SweepResult, factor: dict[str, Any], metrics: tuple[str, ...]) -> Figure:
    """Draw the panels of a single factor, an outcome each, two in a row."""
    columns = min(2, len(metrics))
    rows = -(-len(metrics) // columns)
    with house_style():
        fig = new_figure(4.6 * columns, 2.7 * rows + 0.8)
        add_sweep_title(fig, sweep)
        note = ""
        for k, metric in enumerate(metrics):
            axes = fig.add_subplot(rows, columns, k + 1)
            note = draw_response(sweep, axes, estimates_with_factors(sweep, metric), factor, [factor])
            axes.set_title(outcome_axis_label(sweep, metric), fontsize=9)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.set_xlabel(factor_axis_label(sweep, factor) if k + columns >= len(metrics) else "")
        add_sweep_caption(fig, sweep, note)
    return fig


def other_factor(factor: dict[str, Any], factors: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The other of two factors; None where there are more or fewer."""
    return next((x for x in factors if x is not factor), None) if len(factors) == 2 else None


def draw_response(
    sweep: SweepResult, axes: Axes, frame: pl.DataFrame, factor: dict[str, Any], factors: list[dict[str, Any]]
) -> str:
    """Draw one panel: lines where levels are crossed, else a scatter of the points; returns a note on which."""
    kind = design_kind(sweep)
    name = factor["name"]
    categorical = frame[name].dtype == pl.String
    if categorical:
        order = {text: k for k, text in enumerate(factor_levels(sweep, factor))}
        frame = frame.with_columns(pl.col(name).replace_strict(order, default=None, return_dtype=pl.Float64))
        axes.set_xticks(range(len(order)), [shorten(text, 18) for text in order])
        axes.set_xlim(-0.4, len(order) - 0.6)
    elif frame[name].dtype.is_temporal():
        first, last = (float(date2num(at)) for at in (frame[name].min(), frame[name].max()))  # type: ignore[no-untyped-call]
        set_date_axis(axes, first - 0.05 * (last - first), last + 0.05 * (last - first), max_ticks=5)
    if kind == "one at a time":
        base = frame.row(0, named=True)["mean"]  # the first point is the scenario as it is
        if base is not None:
            axes.axhline(base, color=FAINT_INK, linewidth=0.8, linestyle="--")
        draw_means(
            axes,
            frame.filter(pl.col(name).is_not_null()).sort(name),
            name,
            PALETTE[0],
            categorical=categorical,
        )
        return "Each factor alone, with 95 % intervals; dashed: the scenario as it is"
    if kind != "grid":
        draw_scatter(axes, frame, name)
        return "Each dot a point's mean over its replications; the line is the mean of neighbours"
    other = other_factor(factor, factors)
    if other is not None and len(sweep.factors) == 2 and len(factor_levels(sweep, other)) <= len(PALETTE):
        for k, x in enumerate(factor_levels(sweep, other)):
            part = frame.filter(pl.col(other["name"]) == x).sort(name)
            draw_means(
                axes, part, name, PALETTE[k], legend_label(format_factor_value(x, "")), 0.07, categorical
            )
        return MARGINAL_INTERVALS_NOTE
    if len(sweep.factors) == 1:
        draw_means(axes, frame.sort(name), name, PALETTE[0], categorical=categorical)
        return MARGINAL_INTERVALS_NOTE
    marginal = frame.group_by(name).agg(
        pl.col("mean").min().alias("low"), pl.col("mean").max().alias("high"), pl.col("mean").mean()
    )
    marginal = marginal.sort(name)
    axes.fill_between(
        marginal[name].to_numpy(), *marginal.select("low", "high").to_numpy().T, color=PALETTE[0], alpha=0.2
    )
    axes.plot(
        marginal[name].to_numpy(), marginal["mean"].to_numpy(), color=PALETTE[0], marker="o", markersize=3.5
    )
    return "Line: mean over all values of the other factors; band: from the least to the most of them"


def draw_means(
    axes: Axes,
    frame: pl.DataFrame,
    name: str,
    colour: str,
    label: str | None = None,
    alpha: float = 0.15,
    categorical: bool = False,
) -> None:
    """Draw the means along a factor, and their intervals; of words, which are in no order, each on its own."""
    x, mean = frame[name].to_numpy(), frame["mean"].cast(pl.Float64).to_numpy()
    low, high = (frame[each].cast(pl.Float64).to_numpy() for each in ("ci_low", "ci_high"))
    if categorical:
        axes.errorbar(
            x, mean, yerr=[mean - low, high - mean], fmt="o", color=colour, markersize=4, label=label
        )
        return
    # Each narrower and dashed otherwise than the one before it, so that curves that are equal are seen to be several.
    n = sum(line.get_marker() == "o" for line in axes.get_lines())
    axes.plot(
        x, mean, color=colour, marker="o", markersize=3.5, linewidth=max(3.0 - 0.8 * n, 1.4) if label else 1.4,
        linestyle=("-", "--", "-.", ":")[n % 4], label=label,
    )  # fmt: skip
    axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)


def draw_scatter(axes: Axes, frame: pl.DataFrame, name: str) -> None:
    """Draw a dot for each point, and the course of the means of neighbours."""
    frame = frame.filter(pl.col("mean").is_not_null() & pl.col(name).is_not_null()).sort(name)
    x, mean = frame[name].to_numpy(), frame["mean"].to_numpy()
    axes.scatter(
        x, mean, s=9, color=PALETTE[0], alpha=0.45, linewidths=0, rasterized=len(x) > MAX_VECTOR_DOTS
    )
    levels = np.unique(x)
    if len(levels) <= MAX_FACTOR_LEVELS:
        parts = [np.flatnonzero(x == level) for level in levels]
    else:
        parts = np.array_split(np.arange(len(x)), min(12, max(1, len(x) // 8)))
    if len(parts) > 1 and frame[name].dtype == pl.Float64:
        centres = [float(x[part].mean()) for part in parts]
        means = [float(mean[part].mean()) for part in parts]
        axes.plot(centres, means, color=PALETTE[5], linewidth=1.8, marker="o", markersize=3)
