"""Trade-offs: what does one outcome of a sweep cost in another?"""

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.show.plots.factors import COLOUR_MAP, axis_of, distinct, foot, label_of, with_factors
from sim.show.plots.style import COLOURS, figure, house
from sim.show.swept import callings, value
from sim.study.swept import Swept

MOST_CROSSES = 200
"""With more points than this, intervals would hide them."""


def trade_offs(done: Swept) -> Figure | None:
    """What does one outcome cost in another? None where there are not two."""
    shown = [
        each
        for each in done.outcomes
        if done.estimates.filter(pl.col("metric") == each)["mean"].n_unique() > 1
    ]
    if len(shown) < 2 or len(done.points) < 3:
        return None
    against, others = shown[0], shown[1:4]
    factor = done.factors[0]
    with house():
        fig = figure(3.9 * len(others) + 1.2, 4.2)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        across = with_factors(done, against)
        values = distinct(done, factor)
        codes = [values.index(x) if x is not None else -1 for x in across[factor["name"]].to_list()]
        few = len(values) <= len(COLOURS)
        grid = fig.subplots(1, len(others), squeeze=False)[0]
        for axes, metric in zip(grid, others, strict=True):
            up = with_factors(done, metric)
            x, y = across["mean"].cast(pl.Float64).to_numpy(), up["mean"].cast(pl.Float64).to_numpy()
            if len(x) <= MOST_CROSSES:
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
                        x[at], y[at], s=22, color=COLOURS[k], zorder=2, label=value(each, factor["unit"])
                    )
            else:
                numbers = np.array(codes, dtype=np.float64)
                axes.scatter(x, y, s=16, c=numbers, cmap=COLOUR_MAP, zorder=2)
            axes.set_xlabel(label_of(done, against), fontsize=8.5)
            axes.set_ylabel(label_of(done, metric), fontsize=8.5)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.grid(visible=True, axis="both")
        if few:
            grid[0].legend(title=axis_of(done, factor), fontsize=7.5, title_fontsize=7.5)
        note = "Each dot a point's means" + (", with 95 % intervals" if len(across) <= MOST_CROSSES else "")
        foot(fig, done, note if few else f"{note}; the lighter, the more of {callings(done)[factor['name']]}")
    return fig
