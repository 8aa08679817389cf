"""Trade-offs: what does one outcome of a sweep cost in another?"""

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.results.formatting import format_factor_value
from sim.show.factor_labels import label_factors
from sim.show.plots.style import PALETTE, house_style, new_figure
from sim.show.plots.sweep_factors import (
    COLOUR_MAP,
    add_sweep_caption,
    estimates_with_factors,
    factor_axis_label,
    factor_levels,
    outcome_axis_label,
)
from sim.study.sweep_result import SweepResult

MAX_ERROR_BARS = 200
"""With more points than this, intervals would hide them."""


def plot_trade_offs(sweep: SweepResult) -> Figure | None:
    """What does one outcome cost in another? None where there are not two."""
    shown = [
        each
        for each in sweep.outcomes
        if sweep.estimates.filter(pl.col("metric") == each)["mean"].n_unique() > 1
    ]
    if len(shown) < 2 or len(sweep.points) < 3:
        return None
    against, others = shown[0], shown[1:4]
    factor = sweep.factors[0]
    with house_style():
        fig = new_figure(3.9 * len(others) + 1.2, 4.2)
        fig.suptitle(sweep.description["title"] or sweep.name, x=0.01, ha="left")
        across = estimates_with_factors(sweep, against)
        values = factor_levels(sweep, factor)
        codes = [values.index(x) if x is not None else -1 for x in across[factor["name"]].to_list()]
        few = len(values) <= len(PALETTE)
        grid = fig.subplots(1, len(others), squeeze=False)[0]
        for axes, metric in zip(grid, others, strict=True):
            up = estimates_with_factors(sweep, metric)
            x, y = across["mean"].cast(pl.Float64).to_numpy(), up["mean"].cast(pl.Float64).to_numpy()
            if len(x) <= MAX_ERROR_BARS:
                wide, tall = (
                    np.nan_to_num((frame["ci_high"] - frame["mean"]).cast(pl.Float64).to_numpy())
                    for frame in (across, up)
                )
                axes.errorbar(
                    x, y, xerr=wide, yerr=tall, fmt="none", ecolor="#BBBBBB", elinewidth=0.6, zorder=1
                )
            if few:
                for k, each in enumerate(values):
                    at = np.array(codes) == k
                    axes.scatter(
                        x[at],
                        y[at],
                        s=22,
                        color=PALETTE[k],
                        zorder=2,
                        label=format_factor_value(each, factor["unit"]),
                    )
            else:
                numbers = np.array(codes, dtype=np.float64)
                axes.scatter(x, y, s=16, c=numbers, cmap=COLOUR_MAP, zorder=2)
            axes.set_xlabel(outcome_axis_label(sweep, against), fontsize=8.5)
            axes.set_ylabel(outcome_axis_label(sweep, metric), fontsize=8.5)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.grid(visible=True, axis="both")
        if few:
            grid[0].legend(title=factor_axis_label(sweep, factor), fontsize=7.5, title_fontsize=7.5)
        note = "Each dot a point's means" + (", with 95 % intervals" if len(across) <= MAX_ERROR_BARS else "")
        add_sweep_caption(
            fig,
            sweep,
            note if few else f"{note}; the lighter, the more of {label_factors(sweep)[factor['name']]}",
        )
    return fig
