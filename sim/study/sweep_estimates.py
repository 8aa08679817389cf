"""Estimates at each point of a sweep: statistics over its replications, and the verdicts on its expectations."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from sim.results.expectations import ExpectationVerdict, judge_value
from sim.results.metrics import metric_unit
from sim.results.statistics import statistics_by_row
from sim.scenario.expectations import parse_expectation

VALUES_PER_QUERY = 400_000
"""The number of values over which statistics are taken together, which bounds the memory."""

RunsQuery = Callable[[pl.LazyFrame], pl.LazyFrame]
"""A query of the table of runs."""


def estimate_points(
    query: Callable[[RunsQuery], pl.DataFrame], points: int, replications: int, outcomes: tuple[str, ...]
) -> Iterator[pl.DataFrame]:
    """Yield a row for each point and metric, with the statistics over its replications that `summary.json` has.

    `query` collects a query of the table of all runs. Some points come together, in their order.
    """
    units = [metric_unit(metric) for metric in outcomes]
    n_together = max(1, VALUES_PER_QUERY // (replications * len(outcomes)))
    for first in range(0, points, n_together):
        numbers = np.arange(first, min(first + n_together, points))
        condition = pl.col("point").is_between(numbers[0], numbers[-1])
        frame = query(partial(select_runs, condition, ("point", "replication", *outcomes)))
        values = np.full((len(numbers), len(outcomes), replications), np.nan)
        rows = frame["point"].to_numpy() - first, frame["replication"].to_numpy()
        for k, metric in enumerate(outcomes):
            values[rows[0], k, rows[1]] = frame[metric].fill_null(np.nan).to_numpy()
        statistics, n = statistics_by_row(values.reshape(-1, replications))
        yield pl.DataFrame(
            {
                "point": np.repeat(numbers, len(outcomes)),
                "metric": pl.Series(list(outcomes) * len(numbers), dtype=pl.String),
                "unit": pl.Series(units * len(numbers), dtype=pl.String),
                **{name: pl.Series(each).fill_nan(None) for name, each in statistics.items()},
                "n": pl.Series(n),
            }
        )


def select_runs(condition: pl.Expr, columns: tuple[str, ...], runs: pl.LazyFrame) -> pl.LazyFrame:
    """Select columns of the runs that meet a condition."""
    return runs.filter(condition).select(columns)


def metric_extremes(estimates: pl.LazyFrame, replications: int) -> dict[str, dict[str, Any]]:
    """Return, for each metric, where its mean is least and most, and how much has no part in the estimates.

    `least` and `most` are points (of equal ones the first, and the last), None where no point has a mean; `varies`
    says whether any two means differ; `points` counts those without any value, and `runs` the runs without one.
    """
    mean, point, n = pl.col("mean"), pl.col("point"), pl.col("n")
    ends = estimates.group_by("metric").agg(
        mean.min().alias("low"),
        mean.max().alias("high"),
        (n == 0).sum().alias("points"),
        (replications - n).sum().alias("runs"),
    )
    found = (
        estimates.select("metric", "point", "mean")
        .join(ends, on="metric")
        .group_by("metric", "low", "high", "points", "runs")
        .agg(
            pl.when(mean == pl.col("low")).then(point).min().alias("least"),
            pl.when(mean == pl.col("high")).then(point).max().alias("most"),
        )
        .with_columns((pl.col("low") != pl.col("high")).fill_null(value=False).alias("varies"))
        .drop("low", "high")
        .collect(engine="streaming")
    )
    return {row.pop("metric"): row for row in found.to_dicts()}


def point_verdicts(statements: tuple[str, ...], estimates: pl.LazyFrame) -> list[ExpectationVerdict]:
    """Judge each statement at each point. Where there is no value, it does not hold."""
    verdicts = []
    for statement in statements:
        expectation = parse_expectation(statement)
        rows = estimates.filter(pl.col("metric") == expectation.metric).select("point", expectation.statistic)
        for point, value in rows.collect(engine="streaming").iter_rows():
            verdicts.append(judge_value(statement, expectation, value, point))
    return verdicts
