"""The results of a sweep, whole or as far as it has come: its points, runs, estimates and verdicts."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.expectations import ExpectationVerdict
from sim.results.files import OutputError
from sim.results.manifest import PLAY_AGAIN
from sim.study.engines import EngineSelection
from sim.study.sweep_estimates import estimate_points, metric_extremes, point_verdicts
from sim.study.sweep_files import (
    ESTIMATES_FILE,
    POINTS_FILE,
    NoRunsError,
    check_sweep_file,
    query_runs,
    read_sweep_description,
    scan_runs,
    scan_tables,
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
        path = check_sweep_file(self.folder, POINTS_FILE)
        if path is None:
            raise OutputError(f"{self.folder / POINTS_FILE}: is missing; {PLAY_AGAIN}")
        return pl.read_parquet(path, glob=False)

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
        return self.scan_estimates().collect()

    def scan_estimates(self) -> pl.LazyFrame:
        """Return the estimates without reading them, where all runs are finished; else of the runs so far."""
        path = check_sweep_file(self.folder, ESTIMATES_FILE)
        if path is not None:
            return scan_tables([path])
        query = partial(query_runs, self.folder)
        return pl.concat(estimate_points(query, len(self.points), self.replications, self.outcomes)).lazy()

    def estimates_of(self, metric: str) -> pl.DataFrame:
        """A row for each point: the estimates of a metric."""
        rows = self.scan_estimates().filter(pl.col("metric") == metric)
        return rows.collect(engine="streaming").sort("point")

    def extremes(self) -> dict[str, dict[str, Any]]:
        """Return where the mean of each outcome is least and most, and what was left out (see `metric_extremes`)."""
        return metric_extremes(self.scan_estimates(), self.replications)

    def estimate_at(self, metric: str, point: int) -> dict[str, Any]:
        """Return the estimates of a metric at a point, by their names."""
        rows = self.scan_estimates().filter((pl.col("metric") == metric) & (pl.col("point") == point))
        return rows.collect(engine="streaming").row(0, named=True)

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
        return point_verdicts(tuple(self.description["expect"]), self.scan_estimates())

    def to_dict(self) -> dict[str, Any]:
        """Return the extremes of each outcome and the verdicts as one object, as `sim sweep --json` prints it.

        Where runs are missing, both are empty. Of each outcome `left_out` counts the runs that have no value of it,
        as those that failed, and the points at which none has.
        """
        n_finished, n_runs = self.n_finished, self.n_runs
        failures = self.failures if n_finished else pl.DataFrame(schema={"point": pl.Int64, "runs": pl.Int64})
        content: dict[str, Any] = {
            "sweep": self.name,
            "out": str(self.folder),
            "points": len(self.points),
            "replications": self.replications,
            "runs": n_runs,
            "finished": n_finished,
            "interrupted": self.interrupted,
            "failed": int(failures["runs"].sum()),
            "failed_points": failures["point"].to_list(),
            "factors": self.factors,
            "outcomes": {},
            "expect": [],
        }
        if n_finished < n_runs:
            return content
        by_metric = self.extremes()
        for metric in self.outcomes:
            extremes = by_metric[metric]
            content["outcomes"][metric] = {
                end: {k: x for k, x in self.estimate_at(metric, extremes[end]).items() if k != "metric"}
                for end in ("least", "most")
                if extremes[end] is not None
            } | {"left_out": {key: extremes[key] for key in ("points", "runs")}}
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
