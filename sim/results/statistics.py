"""Statistics of samples: mean, standard deviation, Student's t interval of the mean, and percentiles.

A sample is a metric as one value a replication; None, or NaN in an array, where a replication has no value of it.
The standard deviation has n - 1 in the denominator; percentiles are linear between the order statistics (type 7 of
Hyndman and Fan, 1996).
"""

from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray, IntArray

CONFIDENCE_LEVEL = 0.95
"""The confidence level of every interval, where no other is stated."""
PERCENTILES = {"p10": 10, "p50": 50, "p90": 90}

RELATIVE_ROUNDING = 1e-12
"""Two sums that differ by no more than this share of the larger differ by the order of their additions alone."""

Sample = Sequence[float | None]
MetricSamples = Mapping[str, Sample]
"""Metrics of a run, or differences of two runs, as one value a replication."""


def to_floats(values: Sample | FloatArray) -> FloatArray:
    """Convert a sample to an array `(n,)`, with NaN for None."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


@overload
def t_quantile(degrees_of_freedom: int, confidence_level: float = ...) -> float: ...
@overload
def t_quantile(degrees_of_freedom: FloatArray | IntArray, confidence_level: float = ...) -> FloatArray: ...
def t_quantile(
    degrees_of_freedom: int | FloatArray | IntArray, confidence_level: float = CONFIDENCE_LEVEL
) -> float | FloatArray:
    """Return the quantile of Student's t that bounds a two-sided interval of a confidence level."""
    t = special.stdtrit(degrees_of_freedom, (1 + confidence_level) / 2)
    return t.astype(np.float64) if isinstance(t, np.ndarray) else float(t)


@overload
def t_half_width(sd: float, n: int, confidence_level: float = ...) -> float: ...
@overload
def t_half_width(sd: FloatArray, n: IntArray, confidence_level: float = ...) -> FloatArray: ...
def t_half_width(sd: Any, n: Any, confidence_level: float = CONFIDENCE_LEVEL) -> Any:
    """Return the half-width of Student's t interval of the mean of `n` values with a standard deviation.

    The order of the operations is part of the results. So is the root: of a Python integer it is the power of the C
    library, which for a few n (2,921 is the least) differs in the last bit from the square root taken of an array.
    """
    return t_quantile(n - 1, confidence_level) * sd / n**0.5


def row_statistics(x: FloatArray) -> dict[str, FloatArray]:
    """Return `mean`, `sd` (NaN where n is 1), `p10`, `p50` and `p90` of each row of `(m, n)` values, each `(m,)`.

    Equal to the bit to the same statistics of each row alone. Values that differ by rounding alone have an sd of 0.
    """
    if x.shape[1] > 1:
        low, high = x.min(axis=1), x.max(axis=1)
        is_constant = high - low <= RELATIVE_ROUNDING * np.maximum(np.abs(low), np.abs(high))
        sd = np.where(is_constant, 0.0, x.std(axis=1, ddof=1))
    else:
        sd = np.full(len(x), np.nan)
    percentiles = np.percentile(x, list(PERCENTILES.values()), axis=1)
    return {"mean": x.mean(axis=1), "sd": sd, **dict(zip(PERCENTILES, percentiles, strict=True))}


def statistics_by_row(values: FloatArray) -> tuple[dict[str, FloatArray], IntArray]:
    """Return the statistics of each row of `(n_points, n_replications)`, and its count of values, `(n_points,)` each.

    NaN stands for no value, and for no statistic. The statistics are those of `row_statistics`, and the ends
    `ci_low` and `ci_high` of the interval of the mean.
    """
    n = (~np.isnan(values)).sum(axis=1)
    statistics = {
        name: np.full(len(values), np.nan) for name in ("mean", "sd", "ci_low", "ci_high", *PERCENTILES)
    }
    for count in np.unique(n[n > 0]):
        rows = n == count
        # In each row the values are moved to the front, in their order, so that rows of one count are one array.
        order = np.argsort(np.isnan(values[rows]), axis=1, kind="stable")
        x = np.take_along_axis(values[rows], order, axis=1)[:, :count]
        for name, column in row_statistics(x).items():
            statistics[name][rows] = column
    half_width = np.full(len(values), np.nan)
    several = n > 1
    half_width[several] = t_half_width(statistics["sd"][several], n[several])
    statistics["ci_low"] = statistics["mean"] - half_width
    statistics["ci_high"] = statistics["mean"] + half_width
    return statistics, n
