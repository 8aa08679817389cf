"""Rank correlations of what is drawn once a replication with a metric, over the replications.

Spearman's coefficient, which asks whether one goes with the other, up or down, and not how far. Its interval is by
Fisher's transform, with the standard error of Fieller, Hartley and Pearson (1957), sqrt(1.06 / (n - 3)). Of several
quantities the strongest is beyond noise where its p-value, times their number (Bonferroni), is below 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from sim.model.arrays import FloatArray
from sim.results.statistics import Sample, to_floats

MIN_CORRELATED = 10
"""The fewest replications from which a rank correlation is estimated."""
NORMAL_QUANTILE = float(special.ndtri(0.975))


@dataclass(frozen=True)
class DrawnCorrelation:
    """The rank correlation of a drawn quantity with a metric, the strongest of several."""

    name: str
    """The path of the quantity, as in the table `drawn`."""
    metric: str
    rho: float
    ci95: tuple[float, float]
    p: float
    """The p-value of no correlation, times the number of quantities, at most 1."""
    n: int
    """The number of replications that have a value of both."""
    quantities: int
    """The number of quantities of which this is the strongest."""

    @property
    def is_beyond_noise(self) -> bool:
        """Whether it is more than the strongest of so many would be by chance."""
        return self.p < 0.05

    def to_dict(self) -> dict[str, Any]:
        """Return it as one object."""
        return {**asdict(self), "ci95": list(self.ci95), "beyond_noise": self.is_beyond_noise}


def strongest_drawn_correlation(
    drawn: pl.DataFrame, replications: Sequence[int], metric: str, values: Sample
) -> DrawnCorrelation | None:
    """Find the quantity of the table `drawn` whose rank correlation with a metric is the strongest.

    `values` are those of the metric in `replications`. None where nothing is drawn once a replication, the metric
    never differs, or there are too few replications.
    """
    y = to_floats(values)
    found: list[tuple[str, float, int]] = []
    for (name,), rows in drawn.group_by("name", maintain_order=True):
        by_replication = dict(zip(rows["replication"].to_list(), rows["value"].to_list(), strict=True))
        x = to_floats([by_replication.get(k) for k in replications])
        known = ~(np.isnan(x) | np.isnan(y))
        n = int(known.sum())
        if n >= MIN_CORRELATED and np.ptp(x[known]) > 0 and np.ptp(y[known]) > 0:
            found.append((str(name), rank_correlation(x[known], y[known]), n))
    if not found:
        return None
    name, rho, n = max(found, key=lambda each: abs(each[1]))
    bounded = min(abs(rho), 1 - 1e-12)
    half_width = NORMAL_QUANTILE * math.sqrt(1.06 / (n - 3))
    centre = math.copysign(math.atanh(bounded), rho)
    t = bounded * math.sqrt((n - 2) / (1 - bounded**2))
    p = min(1.0, 2 * float(special.stdtr(n - 2, -t)) * len(found))
    ends = (math.tanh(centre - half_width), math.tanh(centre + half_width))
    return DrawnCorrelation(name, metric, rho, ends, p, n, len(found))


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's rank correlation of two samples `(n,)`, neither of them constant; ties share their rank."""
    return float(np.corrcoef(_average_ranks(x), _average_ranks(y))[0, 1])


def _average_ranks(x: FloatArray) -> FloatArray:
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks
