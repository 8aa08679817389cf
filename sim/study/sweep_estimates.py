"""Estimates at each point of a sweep: statistics over its replications, and the verdicts on its expectations."""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from sim.results.expectations import ExpectationVerdict, judge_value
from sim.results.metrics import metric_unit
from sim.results.statistics import statistics_by_row
from sim.scenario.expectations import parse_expectation

POINTS_PER_QUERY = 20_000
"""The number of points that are estimated together, which bounds the memory."""

RunsQuery = Callable[[pl.LazyFrame], pl.LazyFrame]
"""A query of the table of runs."""


def estimate_points(
    query: Callable[[RunsQuery], pl.DataFrame], points: int, replications: int, outcomes: tuple[str, ...]
) -> pl.DataFrame:
    """Return a row for each point and metric, with the statistics over its replications that `summary.json` has.

    `query` collects a query of the table of all runs.
    """
    parts = []
    for first in range(0, points, POINTS_PER_QUERY):
        last = min(first + POINTS_PER_QUERY, points)
        condition = pl.col("point").is_between(first, last - 1)
        frame = query(partial(select_runs, condition, ("point", "replication", *outcomes)))
        rows = frame["point"].to_numpy() - first, frame["replication"].to_numpy()
        for metric in outcomes:
            values = np.full((last - first, replications), np.nan)
            values[rows] = frame[metric].fill_null(np.nan).to_numpy()
            statistics, n = statistics_by_row(values)
            parts.append(
                pl.DataFrame(
                    {
                        "point": np.arange(first, last),
                        "metric": pl.repeat(metric, last - first, dtype=pl.String, eager=True),
                        "unit": pl.repeat(metric_unit(metric), last - first, dtype=pl.String, eager=True),
                        **{name: pl.Series(each).fill_nan(None) for name, each in statistics.items()},
                        "n": pl.Series(n),
                    }
                )
            )
    return pl.concat(parts).sort("point", maintain_order=True)


def select_runs(condition: pl.Expr, columns: tuple[str, ...], runs: pl.LazyFrame) -> pl.LazyFrame:
    """Select columns of the runs that meet a condition."""
    return runs.filter(condition).select(columns)


def point_verdicts(statements: tuple[str, ...], estimates: pl.DataFrame) -> list[ExpectationVerdict]:
    """Judge each statement at each point. Where there is no value, it does not hold."""
    verdicts = []
    for statement in statements:
        expectation = parse_expectation(statement)
        rows = estimates.filter(pl.col("metric") == expectation.metric)
        for point, value in rows.select("point", expectation.statistic).iter_rows():
            verdicts.append(judge_value(statement, expectation, value, point))
    return verdicts
