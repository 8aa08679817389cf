"""Estimates: what do the replications say together at each point of a sweep, and does it hold what is expected?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from scipy import special

from sim.model.arrays import Floats
from sim.model.metrics import unit_of
from sim.scenario.expectations import parse_expectation

STATISTICS = ("mean", "sd", "ci_low", "ci_high", "p10", "p50", "p90", "n")
AT_ONCE = 20_000
"""So many points are looked at together, so that memory stays flat."""


Query = Callable[[pl.LazyFrame], pl.LazyFrame]


def estimates(
    read: Callable[[Query], pl.DataFrame], points: int, replications: int, outcomes: tuple[str, ...]
) -> pl.DataFrame:
    """A row for each point and metric, with its statistics over the replications, as `summary.json` defines them.

    `read` answers a query on all runs.
    """
    parts = []
    for first in range(0, points, AT_ONCE):
        last = min(first + AT_ONCE, points)
        here = pl.col("point").is_between(first, last - 1)
        frame = read(partial(chosen, here, ("point", "replication", *outcomes)))
        rows = frame["point"].to_numpy() - first, frame["replication"].to_numpy()
        for metric in outcomes:
            values = np.full((last - first, replications), np.nan)
            values[rows] = frame[metric].fill_null(np.nan).to_numpy()
            parts.append(
                pl.DataFrame(
                    {
                        "point": np.arange(first, last),
                        "metric": pl.repeat(metric, last - first, dtype=pl.String, eager=True),
                        "unit": pl.repeat(unit_of(metric), last - first, dtype=pl.String, eager=True),
                        **statistics(values),
                    }
                )
            )
    return pl.concat(parts).sort("point", maintain_order=True)


def chosen(here: pl.Expr, columns: tuple[str, ...], runs: pl.LazyFrame) -> pl.LazyFrame:
    """Some columns of some runs."""
    return runs.filter(here).select(columns)


def statistics(values: Floats) -> dict[str, pl.Series]:
    """The statistics of `(n_points, n_replications)`; NaN stands for no value, null for no statistic."""
    n = (~np.isnan(values)).sum(axis=1)
    some, several = n > 0, n > 1
    found = {name: np.full(len(values), np.nan) for name in STATISTICS[:-1]}
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
class Verdict:
    """Whether a statement holds at a point, and what was found there."""

    point: int
    statement: str
    found: float | None
    holds: bool


def verdicts(statements: tuple[str, ...], found: pl.DataFrame) -> list[Verdict]:
    """Does each statement hold at each point? Where there is no value, it does not."""
    told = []
    for statement in statements:
        expected = parse_expectation(statement)
        here = found.filter(pl.col("metric") == expected.metric)
        for point, value in here.select("point", expected.statistic).iter_rows():
            holds = value is not None and expected.holds(value)
            told.append(Verdict(point, statement, value, holds))
    return told
