"""Plot of trade-offs: the outcomes of a sweep against each other, a dot for each point."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.results.formatting import format_factor_value
from sim.show.factor_labels import label_factors
from sim.show.plots.labels import legend_label
from sim.show.plots.style import COLOUR_MAP, PALETTE, house_style, new_figure
from sim.show.plots.sweep_factors import (
    MAX_VECTOR_DOTS,
    add_sweep_caption,
    add_sweep_title,
    estimates_with_factors,
    factor_axis_label,
    factor_levels,
    outcome_axis_label,
)
from sim.study.sweep_result import SweepResult

MAX_ERROR_BARS = 200
"""With more points than this, intervals would hide them."""


def no_trade_offs_reason(sweep: SweepResult) -> str | None:
    """Say why there is nothing to show, or return None: there are no two outcomes that vary, or too few points."""
    if len(_varying_outcomes(sweep)) < 2:
        return "it needs two outcomes that differ between points"
    return "it needs three points" if len(sweep.points) < 3 else None


def _varying_outcomes(sweep: SweepResult) -> list[str]:
    """The outcomes whose means differ between points."""
    extremes = sweep.extremes()
    return [each for each in sweep.outcomes if extremes[each]["varies"]]


def plot_trade_offs(sweep: SweepResult) -> Figure:
    """Draw up to three outcomes against the first one; the colour of a dot is the value of the first factor."""
    first, *others = _varying_outcomes(sweep)[:4]
    factor = sweep.factors[0]
    with house_style():
        fig = new_figure(3.9 * len(others) + 1.2, 4.2)
        add_sweep_title(fig, sweep)
        across = estimates_with_factors(sweep, first)
        grid = fig.subplots(1, len(others), squeeze=False)[0]
        has_few_levels = len(factor_levels(sweep, factor)) <= len(PALETTE)
        for axes, metric in zip(grid, others, strict=True):
            _draw_points(axes, sweep, across, estimates_with_factors(sweep, metric))
            axes.set_xlabel(outcome_axis_label(sweep, first), fontsize=8.5)
            axes.set_ylabel(outcome_axis_label(sweep, metric), fontsize=8.5)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.grid(visible=True, axis="both")
        if has_few_levels:
            grid[0].legend(title=factor_axis_label(sweep, factor), fontsize=7.5, title_fontsize=7.5)
        note = "Each dot a point's means" + (", with 95 % intervals" if len(across) <= MAX_ERROR_BARS else "")
        if not has_few_levels:
            note += f"; the lighter, the more of {label_factors(sweep)[factor['name']]}"
        add_sweep_caption(fig, sweep, note)
    return fig


def _draw_points(axes: Axes, sweep: SweepResult, across: pl.DataFrame, up: pl.DataFrame) -> None:
    """Draw a dot for each point, at its means of two outcomes, with their intervals if there are not too many.

    Both frames hold a row for each point in the same order, and the values of the factors.
    """
    factor = sweep.factors[0]
    levels = factor_levels(sweep, factor)
    code_of_level = {level: k for k, level in enumerate(levels)}
    codes = [code_of_level.get(x, -1) for x in across[factor["name"]].to_list()]
    x, y = across["mean"].cast(pl.Float64).to_numpy(), up["mean"].cast(pl.Float64).to_numpy()
    if len(x) <= MAX_ERROR_BARS:
        x_error, y_error = (
            np.nan_to_num((frame["ci_high"] - frame["mean"]).cast(pl.Float64).to_numpy())
            for frame in (across, up)
        )
        axes.errorbar(
            x, y, xerr=x_error, yerr=y_error, fmt="none", ecolor="#BBBBBB", elinewidth=0.6, zorder=1
        )
    if len(levels) <= len(PALETTE):
        for k, level in enumerate(levels):
            chosen = np.array(codes) == k
            axes.scatter(
                x[chosen], y[chosen], s=22, color=PALETTE[k], zorder=2, rasterized=len(x) > MAX_VECTOR_DOTS,
                label=legend_label(format_factor_value(level, factor["unit"])),
            )  # fmt: skip
    else:
        axes.scatter(
            x, y, s=16, c=np.array(codes, dtype=np.float64), cmap=COLOUR_MAP, zorder=2,
            rasterized=len(x) > MAX_VECTOR_DOTS,
        )  # fmt: skip
