"""What came online, against what was announced."""

import numpy as np
from matplotlib.figure import Figure

from sim.show.plots import style
from sim.show.plots.power import Bands, footing
from sim.study.outcome import Outcome


def online_by_site(outcome: Outcome) -> Figure:
    """A panel for each site that grows: online (mean and band) against what was announced."""
    bands = Bands(outcome)
    sites = [name for name, site in outcome.scenario.sites.items() if site.buildings]
    if not sites:
        sites = list(outcome.scenario.sites)
    columns = min(3, len(sites))
    rows = -(-len(sites) // columns)
    with style.house():
        fig = style.figure(3.0 * columns + 0.6, 2.2 * rows + 0.9)
        grid = fig.subplots(rows, columns, sharex=True, squeeze=False)
        for axes, name in zip(grid.flat, sites, strict=False):
            online = bands(f"site.{name}.online_mw")
            low, high = bands(f"site.{name}.online_mw", "p10"), bands(f"site.{name}.online_mw", "p90")
            announced = bands(f"site.{name}.announced_mw", "p50")
            axes.fill_between(
                bands.times, low, high, color=style.COLOURS[0], alpha=0.22, linewidth=0, step="post",
                label="online, 10 to 90 % of runs",
            )  # fmt: skip
            axes.step(bands.times, online, where="post", color=style.COLOURS[0], label="online, mean")
            axes.step(
                bands.times, announced, where="post", color=style.INK, linestyle="--", linewidth=1.1,
                label="as first announced, median",
            )  # fmt: skip
            axes.set_title(name, fontsize=9.5)
            style.in_dates(axes)
            style.in_power(axes, float(np.max([online.max(), high.max(), announced.max()])))
            axes.yaxis.label.set_size(8)
        for axes in grid.flat[len(sites) :]:
            axes.set_visible(False)
        for k in range(columns):
            lowest = max((r for r in range(rows) if r * columns + k < len(sites)), default=0)
            grid[lowest, k].tick_params(labelbottom=True)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=8.5)
        style.source(fig, footing(outcome))
    return fig
