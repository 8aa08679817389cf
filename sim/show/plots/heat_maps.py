"""Plot of heat maps: the mean of each outcome over two factors of a sweep."""

from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.model.arrays import FloatArray
from sim.results.formatting import format_compact, format_factor_value
from sim.show.factor_labels import label_factors
from sim.show.plots.style import COLOUR_MAP, FAINT_INK, INK, house_style, new_figure
from sim.show.plots.sweep_factors import (
    MAX_FACTOR_LEVELS,
    MAX_OUTCOMES,
    add_sweep_caption,
    add_sweep_title,
    design_kind,
    estimates_with_factors,
    factor_axis_label,
    factor_levels,
    outcome_axis_label,
)
from sim.study.sweep_result import SweepResult


def no_heat_maps_reason(sweep: SweepResult) -> str | None:
    """Say why there is nothing to show, or return None: no two factors are crossed in a grid."""
    if design_kind(sweep) != "grid":
        return f"it needs a grid of two factors, and the design is: {design_kind(sweep)}"
    if len(_crossed_factors(sweep)) < 2:
        return f"it needs a grid of two factors with 2 to {MAX_FACTOR_LEVELS} values each"
    return None


def _crossed_factors(sweep: SweepResult) -> list[dict[str, Any]]:
    """The factors that can be an axis of a heat map."""
    return [each for each in sweep.factors if 2 <= len(factor_levels(sweep, each)) <= MAX_FACTOR_LEVELS]


def plot_heat_maps(sweep: SweepResult) -> Figure:
    """Draw the mean of each outcome over the first two factors that are crossed in a grid."""
    down, along, *_ = _crossed_factors(sweep)
    down_levels, along_levels = factor_levels(sweep, down), factor_levels(sweep, along)
    shown = sweep.outcomes[:MAX_OUTCOMES]
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with house_style():
        fig = new_figure(
            max(5.2, 0.62 * len(along_levels) + 1.8) * columns, (0.42 * len(down_levels) + 1.5) * rows + 0.5
        )
        add_sweep_title(fig, sweep)
        for k, metric in enumerate(shown):
            axes = fig.add_subplot(rows, columns, k + 1)
            cells = np.full((len(down_levels), len(along_levels)), np.nan)
            means = (
                estimates_with_factors(sweep, metric)
                .group_by(down["name"], along["name"])
                .agg(pl.col("mean").mean())
            )
            for y, x, mean in means.iter_rows():
                cells[down_levels.index(y), along_levels.index(x)] = np.nan if mean is None else mean
            draw_heat_map(fig, axes, cells)
            axes.set_title(outcome_axis_label(sweep, metric), fontsize=9.5)
            axes.set_xticks(range(len(along_levels)), [format_factor_value(x, "") for x in along_levels])
            axes.set_yticks(range(len(down_levels)), [format_factor_value(x, "") for x in down_levels])
            axes.set_xlabel(factor_axis_label(sweep, along))
            axes.set_ylabel(factor_axis_label(sweep, down) if k % columns == 0 else "")
        others = [label_factors(sweep)[each["name"]] for each in sweep.factors if each not in (down, along)]
        notes = (
            [f"Means over all values of {', '.join(others)}"] if others else ["Means over the replications"]
        )
        add_sweep_caption(fig, sweep, *notes)
    return fig


def draw_heat_map(fig: Figure, axes: Axes, cells: FloatArray) -> None:
    """Draw cells in colour, each with its number; `cells` is `(n_rows, n_columns)`, NaN where there is no value."""
    image = axes.imshow(cells, cmap=COLOUR_MAP, aspect="auto", origin="lower")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    fig.colorbar(image, ax=axes, shrink=0.9, pad=0.02).outline.set_visible(False)
    low, high = np.nanmin(cells, initial=np.inf), np.nanmax(cells, initial=-np.inf)
    for (row, column), x in np.ndenumerate(cells):
        dark = not high > low or (x - low) / (high - low) < 0.55
        colour = FAINT_INK if np.isnan(x) else "white" if dark else INK
        axes.text(column, row, format_compact(x), ha="center", va="center", fontsize=8, color=colour)
