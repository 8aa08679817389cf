"""Heat maps: how does each outcome lie over two factors of a sweep?"""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.model.arrays import Floats
from sim.show.plots.factors import (
    COLOUR_MAP,
    MOST_CELLS,
    MOST_OUTCOMES,
    axis_of,
    distinct,
    foot,
    label_of,
    with_factors,
)
from sim.show.plots.style import FAINT, INK, figure, house
from sim.show.swept import amount, callings, value
from sim.study.swept import Swept


def heat_maps(done: Swept) -> Figure | None:
    """How does each outcome lie over two factors? None where no two are crossed in a grid."""
    if done.told["identity"]["design"]["kind"] != "grid":
        return None
    crossed = [each for each in done.factors if 2 <= len(distinct(done, each)) <= MOST_CELLS]
    if len(crossed) < 2:
        return None
    down, along = crossed[0], crossed[1]
    ups, acrosses = distinct(done, down), distinct(done, along)
    shown = done.outcomes[:MOST_OUTCOMES]
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with house():
        fig = figure(max(5.2, 0.62 * len(acrosses) + 1.8) * columns, (0.42 * len(ups) + 1.5) * rows + 0.5)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        for k, metric in enumerate(shown):
            axes = fig.add_subplot(rows, columns, k + 1)
            cells = np.full((len(ups), len(acrosses)), np.nan)
            means = (
                with_factors(done, metric).group_by(down["name"], along["name"]).agg(pl.col("mean").mean())
            )
            for up, across, mean in means.iter_rows():
                cells[ups.index(up), acrosses.index(across)] = np.nan if mean is None else mean
            heat(fig, axes, cells)
            axes.set_title(label_of(done, metric), fontsize=9.5)
            axes.set_xticks(range(len(acrosses)), [value(x, "") for x in acrosses])
            axes.set_yticks(range(len(ups)), [value(x, "") for x in ups])
            axes.set_xlabel(axis_of(done, along))
            axes.set_ylabel(axis_of(done, down) if k % columns == 0 else "")
        others = [callings(done)[each["name"]] for each in done.factors if each not in (down, along)]
        notes = (
            [f"Means over all values of {', '.join(others)}"] if others else ["Means over the replications"]
        )
        foot(fig, done, *notes)
    return fig


def heat(fig: Figure, axes: Axes, cells: Floats) -> None:
    """Cells in colour, each with its number."""
    image = axes.imshow(cells, cmap=COLOUR_MAP, aspect="auto", origin="lower")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    fig.colorbar(image, ax=axes, shrink=0.9, pad=0.02).outline.set_visible(False)
    low, high = np.nanmin(cells, initial=np.inf), np.nanmax(cells, initial=-np.inf)
    for (row, column), x in np.ndenumerate(cells):
        dark = not high > low or (x - low) / (high - low) < 0.55
        colour = FAINT if np.isnan(x) else "white" if dark else INK
        axes.text(column, row, amount(x), ha="center", va="center", fontsize=8, color=colour)
