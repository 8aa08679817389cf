"""What the plots read of an outcome: its bands, and what it is of."""

from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from sim.model.arrays import Floats
from sim.show.plots.labels import short
from sim.study.outcome import Outcome


class Bands:
    """The bands of an outcome, by series and statistic."""

    def __init__(self, outcome: Outcome) -> None:
        frame = outcome.table("bands")
        self._parts: dict[Any, pl.DataFrame] = {
            key[0]: part for key, part in frame.partition_by("series", as_dict=True).items()
        }
        self.times = next(iter(self._parts.values()))["time"].to_numpy()
        self.begin, self.end = date2num(self.times[[0, -1]]).tolist()  # type: ignore[no-untyped-call]
        """The first and the last time, in matplotlib's days."""
        self.several = len(outcome.finished) > 1
        """Is there more than one replication, so that there is something to be spread?"""

    def __call__(self, series: str, statistic: str = "mean") -> Floats:
        """A series at the times of the grid, in MW."""
        values: Floats = self._parts[series][statistic].to_numpy()
        return values

    def most(self, series: str) -> float:
        """The highest that a curve or a band of a series reaches, in MW."""
        names = ("mean", "p90") if self.several else ("mean",)
        return max(float(self(series, name).max()) for name in names)

    def spread(
        self, axes: Axes, series: str, colour: str, label: str, *, alpha: float = 0.2, steps: bool = False
    ) -> None:
        """Shade what lies between the tenth and the ninetieth of a hundred replications, if there are several."""
        if self.several:
            low, high = self(series, "p10"), self(series, "p90")
            axes.fill_between(
                self.times, low, high, color=colour, alpha=alpha, linewidth=0,
                step="post" if steps else None, label=f"{label}, 10 to 90 % of replications",
            )  # fmt: skip

    def mean_of(self, what: str) -> str:
        """How a curve is called: as a mean, where it is one."""
        return f"{what}, mean" if self.several else what


def title_of(outcome: Outcome) -> str:
    """What the scenario is called."""
    return str(outcome.scenario.title or outcome.provenance["scenario"])


def footing(outcome: Outcome) -> str:
    """What a picture is of."""
    n = len(outcome.finished)
    return (
        f"{short(title_of(outcome), 90)}; {n:,} replication{'s' if n != 1 else ''},"
        f" seed {outcome.provenance['seed']}"
    )
