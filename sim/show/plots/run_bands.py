"""Shared parts of the plots of a run: its bands over time, its title and its caption."""

from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from sim.model.arrays import FloatArray
from sim.results.formatting import format_count
from sim.results.run import RunResult
from sim.show.plots.labels import caption_text

NEVER_UNSERVED = "nothing is ever unserved: all that is wanted is served at once"
"""Why there is no plot of unserved power."""


class RunBands:
    """The bands of a run: by series and statistic, the MW at each time of a grid, as `(n_times,)`."""

    def __init__(self, run: RunResult) -> None:
        frame = run.table("bands")
        self._by_series: dict[Any, pl.DataFrame] = {
            key[0]: part for key, part in frame.partition_by("series", as_dict=True).items()
        }
        self.times = next(iter(self._by_series.values()))["time"].to_numpy()
        self.begin_datenum, self.end_datenum = date2num(self.times[[0, -1]]).tolist()  # type: ignore[no-untyped-call]
        """The first and the last time, as date numbers of matplotlib."""
        self.has_spread = has_spread(run)

    def __call__(self, series: str, statistic: str = "mean") -> FloatArray:
        """A statistic of a series at the times of the grid, in MW, as `(n_times,)`."""
        values: FloatArray = self._by_series[series][statistic].to_numpy()
        return values

    def maximum(self, series: str) -> float:
        """The highest MW that the curve or the band of a series reaches."""
        names = ("mean", "p90") if self.has_spread else ("mean",)
        return max(float(self(series, name).max()) for name in names)

    def shade_spread(
        self, axes: Axes, series: str, colour: str, label: str, *, alpha: float = 0.2, steps: bool = False
    ) -> None:
        """Shade the range from the 10th to the 90th percentile of the replications, if there are several."""
        if self.has_spread:
            low, high = self(series, "p10"), self(series, "p90")
            axes.fill_between(
                self.times, low, high, color=colour, alpha=alpha, linewidth=0,
                step="post" if steps else None, label=f"{label}, 10 to 90 % of replications",
            )  # fmt: skip

    def mean_label(self, label: str) -> str:
        """Label a curve as a mean, where it is one."""
        return f"{label}, mean" if self.has_spread else label


def has_spread(run: RunResult) -> bool:
    """Whether there is more than one replication, so that values have a spread."""
    return len(run.finished_replications) > 1


def run_title(run: RunResult) -> str:
    """The title of the scenario, or else its name."""
    return str(run.scenario.title or run.provenance["scenario"])


def run_caption(run: RunResult) -> str:
    """The caption of a plot of a run: the scenario and its hash, the replications, the seed."""
    replications = format_count(len(run.finished_replications), "replication")
    provenance = run.provenance
    return caption_text(run_title(run), provenance["sha256"], replications, provenance["seed"])
