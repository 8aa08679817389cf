"""What a sweep has left: its points, its runs, and what they say together, whole or as far as it has come."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.study.clocks import Clock
from sim.study.dataset import ESTIMATES, POINTS, NoRuns, of_runs, scan, told_of
from sim.study.estimates import Verdict, estimates, verdicts
from sim.study.store import OutError


@dataclass
class Swept:
    """What a sweep has left in its folder, whole or as far as it has come."""

    folder: Path
    told: dict[str, Any]
    interrupted: bool = False
    clock: Clock | None = None
    """The clock on which it was played just now; it leaves no trace in the numbers."""
    kept: object = field(default=None, repr=False)
    """What the folder lives as long as, where nobody named one."""

    @property
    def name(self) -> str:
        """What the sweep is called."""
        return str(self.told["name"])

    @property
    def factors(self) -> list[dict[str, Any]]:
        """What was varied: `name`, `kind` (lever or uncertainty), `unit`, `paths`."""
        return list(self.told["factors"])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The metrics that were kept."""
        return tuple(self.told["identity"]["outcomes"])

    @property
    def replications(self) -> int:
        """How many runs there are at each point."""
        return int(self.told["identity"]["replications"])

    @cached_property
    def points(self) -> pl.DataFrame:
        """A row for each point: its number, and the value of each factor; null where it is as in the scenario."""
        return pl.read_parquet(self.folder / POINTS)

    def scan(self) -> pl.LazyFrame:
        """The runs that are finished, without reading them: for data that do not fit into memory."""
        return scan(self.folder)

    @property
    def runs(self) -> pl.DataFrame:
        """A row for each finished run: point, replication, the factors, the error if it failed, the outcomes."""
        return of_runs(self.folder, lambda runs: runs)

    @property
    def estimates(self) -> pl.DataFrame:
        """A row for each point and metric: mean, sd, interval and percentiles over the replications so far."""
        path = self.folder / ESTIMATES
        if path.is_file():
            return pl.read_parquet(path)
        return estimates(partial(of_runs, self.folder), len(self.points), self.replications, self.outcomes)

    @property
    def finished(self) -> int:
        """How many runs are finished, failed ones included?"""
        try:
            return int(of_runs(self.folder, lambda runs: runs.select(pl.len())).item())
        except NoRuns:
            return 0

    @property
    def asked(self) -> int:
        """How many runs does the whole sweep have?"""
        return len(self.points) * self.replications

    @property
    def failures(self) -> pl.DataFrame:
        """A row for each point that failed: how many of its runs did, and the first error."""
        first = pl.len().alias("runs"), pl.col("error").sort_by("replication").first()
        return of_runs(
            self.folder,
            lambda runs: (
                runs.filter(pl.col("error").is_not_null()).group_by("point").agg(*first).sort("point")
            ),
        )

    def verdicts(self) -> list[Verdict]:
        """Whether what is expected holds at each point."""
        return verdicts(tuple(self.told["expect"]), self.estimates)


def opened(folder: Path) -> Swept:
    """A sweep that was played, or is being played. Raises OutError where the folder holds none."""
    told = told_of(folder)
    if told is None:
        raise OutError(f"{folder}: holds no sweep of sim; make one with: sim sweep SWEEP --out {folder}")
    return Swept(folder, told)
