"""The results of a sweep, whole or as far as it has come: its points, runs, estimates and verdicts."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.expectations import ExpectationVerdict
from sim.results.files import OutputError
from sim.study.engines import EngineSelection
from sim.study.sweep_estimates import estimate_points, point_verdicts
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
    """The results of a sweep in its folder, whole or as far as it has come."""

    folder: Path
    description: dict[str, Any]
    """The content of `sweep.json`."""
    interrupted: bool = False
    engine_choice: EngineSelection | None = None
    """The engine that played it just now, if any; it leaves no trace in the numbers."""
    temporary_folder: object = field(default=None, repr=False)
    """An object that removes the folder with itself, where none was named."""

    @property
    def name(self) -> str:
        """The name of the sweep."""
        return str(self.description["name"])

    @property
    def factors(self) -> list[dict[str, Any]]:
        """The factors: `name`, `kind` (lever or uncertainty), `unit`, `paths` of each."""
        return list(self.description["factors"])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The metrics that were kept."""
        return tuple(self.description["identity"]["outcomes"])

    @property
    def replications(self) -> int:
        """The number of runs at each point."""
        return int(self.description["identity"]["replications"])

    @cached_property
    def points(self) -> pl.DataFrame:
        """A row for each point: its number, and the value of each factor; null where it is as in the scenario."""
        return pl.read_parquet(self.folder / POINTS_FILE)

    def scan_runs(self) -> pl.LazyFrame:
        """Return the finished runs without reading them, for data that do not fit into memory. Raises NoRunsError."""
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
    def frame(self) -> pl.DataFrame:
        """The estimates."""
        return self.estimates

    @property
    def n_finished(self) -> int:
        """The number of runs that are finished, failed ones included."""
        try:
            return int(query_runs(self.folder, lambda runs: runs.select(pl.len())).item())
        except NoRunsError:
            return 0

    @property
    def n_runs(self) -> int:
        """The number of runs of the whole sweep."""
        return len(self.points) * self.replications

    @property
    def failures(self) -> pl.DataFrame:
        """A row for each point with failed runs: their number, and the first error."""
        first = pl.len().alias("runs"), pl.col("error").sort_by("replication").first()
        return query_runs(
            self.folder,
            lambda runs: (
                runs.filter(pl.col("error").is_not_null()).group_by("point").agg(*first).sort("point")
            ),
        )

    def verdicts(self) -> list[ExpectationVerdict]:
        """Judge the expectations of the sweep at each point."""
        return point_verdicts(tuple(self.description["expect"]), self.estimates)

    def to_dict(self) -> dict[str, Any]:
        """Return the extremes of each outcome and the verdicts as one object, as `sim sweep --json` prints it.

        Where runs are missing, both are empty.
        """
        n_finished, n_runs = self.n_finished, self.n_runs
        content: dict[str, Any] = {
            "sweep": self.name,
            "out": str(self.folder),
            "points": len(self.points),
            "replications": self.replications,
            "runs": n_runs,
            "finished": n_finished,
            "interrupted": self.interrupted,
            "failed": int(self.failures["runs"].sum()) if n_finished else 0,
            "factors": self.factors,
            "outcomes": {},
            "expect": [],
        }
        if n_finished < n_runs:
            return content
        estimates = self.estimates.filter(pl.col("mean").is_not_null())
        for metric in self.outcomes:
            rows = estimates.filter(pl.col("metric") == metric).sort("mean", "point")
            ends = (("least", 0), ("most", len(rows) - 1)) if len(rows) else ()
            content["outcomes"][metric] = {
                name: {key: x for key, x in rows.row(k, named=True).items() if key != "metric"}
                for name, k in ends
            }
        verdicts = self.verdicts()
        for statement in self.description["expect"]:
            failed = [each.point for each in verdicts if each.statement == statement and not each.holds]
            content["expect"].append({"statement": statement, "holds": not failed, "fails_at": failed})
        return content


def read_sweep_result(folder: Path) -> SweepResult:
    """Read a sweep that was played, or is being played. Raises OutputError where the folder holds none."""
    description = read_sweep_description(folder)
    if description is None:
        raise OutputError(f"{folder}: holds no sweep of sim; make one with: sim sweep SWEEP --out {folder}")
    return SweepResult(folder, description)
