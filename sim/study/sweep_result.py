"""What a sweep has left: its points, its runs, and what they say together, whole or as far as it has come."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.files import OutputError
from sim.study.engines import EngineSelection
from sim.study.sweep_estimates import PointVerdict, estimate_points, point_verdicts
from sim.study.sweep_store import (
    ESTIMATES_FILE,
    POINTS_FILE,
    NoRunsError,
    query_runs,
    read_sweep_description,
    scan_runs,
)


@dataclass
class SweepResult:
    """What a sweep has left in its folder, whole or as far as it has come."""

    folder: Path
    description: dict[str, Any]
    interrupted: bool = False
    engine_choice: EngineSelection | None = None
    """The clock on which it was played just now; it leaves no trace in the numbers."""
    temporary_folder: object = field(default=None, repr=False)
    """What the folder lives as long as, where nobody named one."""

    @property
    def name(self) -> str:
        """What the sweep is called."""
        return str(self.description["name"])

    @property
    def factors(self) -> list[dict[str, Any]]:
        """What was varied: `name`, `kind` (lever or uncertainty), `unit`, `paths`."""
        return list(self.description["factors"])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The metrics that were kept."""
        return tuple(self.description["identity"]["outcomes"])

    @property
    def replications(self) -> int:
        """How many runs there are at each point."""
        return int(self.description["identity"]["replications"])

    @cached_property
    def points(self) -> pl.DataFrame:
        """A row for each point: its number, and the value of each factor; null where it is as in the scenario."""
        return pl.read_parquet(self.folder / POINTS_FILE)

    def scan_runs(self) -> pl.LazyFrame:
        """The runs that are finished, without reading them: for data that do not fit into memory."""
        return scan_runs(self.folder)

    @property
    def runs(self) -> pl.DataFrame:
        """A row for each finished run: point, replication, the factors, the error if it failed, the outcomes."""
        return query_runs(self.folder, lambda runs: runs)

    @property
    def estimates(self) -> pl.DataFrame:
        """A row for each point and metric: mean, sd, interval and percentiles over the replications so far."""
        path = self.folder / ESTIMATES_FILE
        if path.is_file():
            return pl.read_parquet(path)
        return estimate_points(
            partial(query_runs, self.folder), len(self.points), self.replications, self.outcomes
        )

    @property
    def n_finished(self) -> int:
        """How many runs are finished, failed ones included?"""
        try:
            return int(query_runs(self.folder, lambda runs: runs.select(pl.len())).item())
        except NoRunsError:
            return 0

    @property
    def n_runs(self) -> int:
        """How many runs does the whole sweep have?"""
        return len(self.points) * self.replications

    @property
    def failures(self) -> pl.DataFrame:
        """A row for each point that failed: how many of its runs did, and the first error."""
        first = pl.len().alias("runs"), pl.col("error").sort_by("replication").first()
        return query_runs(
            self.folder,
            lambda runs: (
                runs.filter(pl.col("error").is_not_null()).group_by("point").agg(*first).sort("point")
            ),
        )

    def verdicts(self) -> list[PointVerdict]:
        """Whether what is expected holds at each point."""
        return point_verdicts(tuple(self.description["expect"]), self.estimates)


def read_sweep_result(folder: Path) -> SweepResult:
    """A sweep that was played, or is being played. Raises OutError where the folder holds none."""
    told = read_sweep_description(folder)
    if told is None:
        raise OutputError(f"{folder}: holds no sweep of sim; make one with: sim sweep SWEEP --out {folder}")
    return SweepResult(folder, told)
