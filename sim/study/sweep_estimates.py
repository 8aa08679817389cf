"""Estimates: what do the replications say together at each point of a sweep, and does it hold what is expected?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from scipy import special

from sim.model.arrays import FloatArray
from sim.results.metrics import metric_unit
from sim.scenario.expectations import parse_expectation

ESTIMATE_STATISTICS = ("mean", "sd", "ci_low", "ci_high", "p10", "p50", "p90", "n")
POINTS_PER_QUERY = 20_000
"""So many points are looked at together, so that memory stays flat."""


RunsQuery = Callable[[pl.LazyFrame], pl.LazyFrame]


def estimate_points(
    query: Callable[[RunsQuery], pl.DataFrame], points: int, replications: int, outcomes: tuple[str, ...]
) -> pl.DataFrame:
    """A row for each point and metric, with its statistics over the replications, as `summary.json` defines them.

    `read` answers a query on all runs.
    """
    parts = []
    for first in range(0, points, POINTS_PER_QUERY):
        last = min(first + POINTS_PER_QUERY, points)
        here = pl.col("point").is_between(first, last - 1)
        frame = query(partial(select_runs, here, ("point", "replication", *outcomes)))
        rows = frame["point"].to_numpy() - first, frame["replication"].to_numpy()
        for metric in outcomes:
            values = np.full((last - first, replications), np.nan)
            values[rows] = frame[metric].fill_null(np.nan).to_numpy()
            parts.append(
                pl.DataFrame(
                    {
                        "point": np.arange(first, last),
                        "metric": pl.repeat(metric, last - first, dtype=pl.String, eager=True),
                        "unit": pl.repeat(metric_unit(metric), last - first, dtype=pl.String, eager=True),
                        **statistics_by_row(values),
                    }
                )
            )
    return pl.concat(parts).sort("point", maintain_order=True)


def select_runs(condition: pl.Expr, columns: tuple[str, ...], runs: pl.LazyFrame) -> pl.LazyFrame:
    """Some columns of some runs."""
    return runs.filter(condition).select(columns)


def statistics_by_row(values: FloatArray) -> dict[str, pl.Series]:
    """The statistics of `(n_points, n_replications)`; NaN stands for no value, null for no statistic."""
    n = (~np.isnan(values)).sum(axis=1)
    some, several = n > 0, n > 1
    found = {name: np.full(len(values), np.nan) for name in ESTIMATE_STATISTICS[:-1]}
    for count in np.unique(n[some]):
        at = n == count
        # In each row the values come first, in their order, so that rows of one length are one array.
        order = np.argsort(np.isnan(values[at]), axis=1, kind="stable")
        x = np.take_along_axis(values[at], order, axis=1)[:, :count]
        found["mean"][at] = x.mean(axis=1)
        if count > 1:
            found["sd"][at] = x.std(axis=1, ddof=1)
        found["p10"][at], found["p50"][at], found["p90"][at] = np.percentile(x, [10, 50, 90], axis=1)
    half = np.full(len(values), np.nan)
    half[several] = special.stdtrit(n[several] - 1, 0.975) * found["sd"][several] / np.sqrt(n[several])
    found["ci_low"], found["ci_high"] = found["mean"] - half, found["mean"] + half
    return {name: pl.Series(each).fill_nan(None) for name, each in found.items()} | {"n": pl.Series(n)}


@dataclass(frozen=True)
class PointVerdict:
    """Whether a statement holds at a point, and what was found there."""

    point: int
    statement: str
    found: float | None
    holds: bool


def point_verdicts(statements: tuple[str, ...], estimates: pl.DataFrame) -> list[PointVerdict]:
    """Does each statement hold at each point? Where there is no value, it does not."""
    told = []
    for statement in statements:
        expected = parse_expectation(statement)
        here = estimates.filter(pl.col("metric") == expected.metric)
        for point, value in here.select("point", expected.statistic).iter_rows():
            holds = value is not None and expected.holds(value)
            told.append(PointVerdict(point, statement, value, holds))
    return told
