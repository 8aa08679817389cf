"""What the plots read of an outcome: its bands, and what it is of."""

from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from sim.model.arrays import FloatArray
from sim.results.run import RunResult
from sim.show.plots.labels import shorten


class RunBands:
    """The bands of an outcome, by series and statistic."""

    def __init__(self, run: RunResult) -> None:
        frame = run.table("bands")
        self._by_series: dict[Any, pl.DataFrame] = {
            key[0]: part for key, part in frame.partition_by("series", as_dict=True).items()
        }
        self.times = next(iter(self._by_series.values()))["time"].to_numpy()
        self.begin_datenum, self.end_datenum = date2num(self.times[[0, -1]]).tolist()  # type: ignore[no-untyped-call]
        """The first and the last time, in matplotlib's days."""
        self.has_spread = len(run.finished_replications) > 1
        """Is there more than one replication, so that there is something to be spread?"""

    def __call__(self, series: str, statistic: str = "mean") -> FloatArray:
        """A series at the times of the grid, in MW."""
        values: FloatArray = self._by_series[series][statistic].to_numpy()
        return values

    def maximum(self, series: str) -> float:
        """The highest that a curve or a band of a series reaches, in MW."""
        names = ("mean", "p90") if self.has_spread else ("mean",)
        return max(float(self(series, name).max()) for name in names)

    def shade_spread(
        self, axes: Axes, series: str, colour: str, label: str, *, alpha: float = 0.2, steps: bool = False
    ) -> None:
        """Shade what lies between the tenth and the ninetieth of a hundred replications, if there are several."""
        if self.has_spread:
            low, high = self(series, "p10"), self(series, "p90")
            axes.fill_between(
                self.times, low, high, color=colour, alpha=alpha, linewidth=0,
                step="post" if steps else None, label=f"{label}, 10 to 90 % of replications",
            )  # fmt: skip

    def mean_label(self, label: str) -> str:
        """How a curve is called: as a mean, where it is one."""
        return f"{label}, mean" if self.has_spread else label


def run_title(run: RunResult) -> str:
    """What the scenario is called."""
    return str(run.scenario.title or run.provenance["scenario"])


def run_caption(run: RunResult) -> str:
    """What a picture is of."""
    n = len(run.finished_replications)
    return (
        f"{shorten(run_title(run), 90)}; {n:,} replication{'s' if n != 1 else ''},"
        f" seed {run.provenance['seed']}"
    )
