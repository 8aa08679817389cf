"""Paired differences of a metric between two scenarios: intervals, tests, and corrections for many metrics.

Two runs with the same seed face the same futures (common random numbers), so their values are taken in pairs: what
differs within a pair is due to the scenario and not to chance. Formulas and sources are in docs/confidence.md.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.results.formatting import format_difference
from sim.results.metrics import metric_unit
from sim.results.statistics import RELATIVE_ROUNDING, MetricSamples, Sample, t_half_width, to_floats
from sim.results.summary import sample_statistics
from sim.study.precision import MAX_REPLICATIONS

SIGNIFICANCE_LEVEL = 0.05
"""The familywise error rate: how often any true null hypothesis among the metrics of a comparison is rejected."""
TEST_POWER = 0.8
"""The probability with which the replications needed find a difference as large as the one observed."""


@dataclass(frozen=True)
class PairedDifference:
    """The difference of a metric between two scenarios, a and b, over the replications in which both have it."""

    metric: str
    unit: str
    replications: int
    n: int
    """The number of these in which both have it."""
    a: float | None
    b: float | None
    """The means over these; where never both have it, over all that do."""
    diff: float | None = None
    """The mean of b less a."""
    sd: float | None = None
    ci95: tuple[float, float] | None = None
    """The 95 % interval of the mean difference, by Student's t, for this metric alone."""
    p: float | None = None
    """The two-sided p-value of no difference, by Student's t."""
    variance_reduction: float | None = None
    """The share of the variance that common random numbers save; below 0 where they add to it."""
    n_differing: int = 0
    """The number of replications in which the two differ."""
    p_holm: float | None = None
    """The p-value adjusted for the number of metrics (Holm)."""
    replications_needed: int | None = None
    """The number of replications that would show a difference like the one observed, where these do not."""
    n_a: int = 0
    n_b: int = 0
    """The numbers of replications in which each has it, whether the other does or not."""

    @property
    def equal(self) -> bool:
        """Whether the metric is the same in every replication."""
        return self.n > 0 and self.n_differing == 0

    @property
    def significant(self) -> bool:
        """Whether the difference is significant, adjusted for the number of metrics."""
        return self.p_holm is not None and self.p_holm < SIGNIFICANCE_LEVEL

    @property
    def is_partial(self) -> bool:
        """Whether it is of a part of the replications alone, those in which both have the metric."""
        return 0 < self.n < self.replications

    @property
    def coverage(self) -> str:
        """The replications that it is of, in words."""
        return (
            f"of the {self.n:,} in {self.replications:,} replications in which both have it (a in {self.n_a:,},"
            f" b in {self.n_b:,})"
        )

    @property
    def verdict(self) -> str:
        """The difference in words; of b, seen from a."""
        return self._finding + (f", {self.coverage}" if self.is_partial else "")

    @property
    def _finding(self) -> str:
        """The difference in words, without the replications that it is of."""
        if self.diff is None:
            if self.a is None and self.b is None:
                return "no value in either"
            if self.a is None or self.b is None:
                return f"only in {'b' if self.a is None else 'a'}"
            return "never a value in both"
        if self.equal:
            return "exactly equal"
        change = f"{'lower' if self.diff < 0 else 'higher'} by {format_difference(abs(self.diff), self.unit)}"
        if self.ci95 is None:
            return f"{change} in the one replication that there is"
        if self.significant:
            return change
        needed = self.replications_needed
        effort = (
            None
            if needed is None or needed > MAX_REPLICATIONS
            else f"about {round_up_to_two_figures(needed):,} replications"
        )
        if self.ci95[0] > 0 or self.ci95[1] < 0:
            return f"perhaps {change}" + (f"; to be sure would take {effort}" if effort else "")
        if effort:
            return f"not distinguishable: would take {effort}"
        return f"no difference seen: at most {format_difference(max(-self.ci95[0], self.ci95[1]), self.unit)}"


def round_up_to_two_figures(count: int) -> int:
    """Round a number of replications up to two significant figures."""
    step: int = 10 ** max(math.floor(math.log10(max(count, 1))) - 1, 0)
    return -(-count // step) * step


def pairwise_differences(a: Sample, b: Sample) -> list[float | None]:
    """Return b - a in each replication; None where either has no value."""
    return [None if np.isnan(d) else d for d in _subtract(to_floats(a), to_floats(b)).tolist()]


def _subtract(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return y - x, and 0 where the difference is rounding alone."""
    d = y - x
    d[np.abs(d) <= RELATIVE_ROUNDING * np.maximum(np.abs(x), np.abs(y))] = 0.0
    return d


def paired_difference(metric: str, a: Sample, b: Sample) -> PairedDifference:
    """Compute the difference of a metric over replications in the same order; not adjusted for other metrics yet."""
    unit, x, y = metric_unit(metric), to_floats(a), to_floats(b)
    d = _subtract(x, y)
    both = ~np.isnan(d)
    n = int(both.sum())
    n_a, n_b = (int((~np.isnan(side)).sum()) for side in (x, y))
    if n == 0:
        mean_a, mean_b = (sample_statistics(unit, side)["mean"] for side in (x, y))
        return PairedDifference(metric, unit, len(d), 0, mean_a, mean_b, n_a=n_a, n_b=n_b)
    x, y, d = x[both], y[both], d[both]
    statistics = sample_statistics(unit, d)
    mean, sd, interval = float(d.mean()), statistics["sd"], statistics["ci95"]
    p = variance_reduction = None
    if sd is not None:
        p = 1.0 if mean == 0 else 0.0  # without spread the test statistic is 0 / 0 or infinite
        if sd > 0:
            p = float(2 * special.stdtr(n - 1, -abs(mean) / (sd / math.sqrt(n))))
        independent = float(x.var(ddof=1) + y.var(ddof=1))
        variance_reduction = 1 - sd**2 / independent if independent > 0 else None
    return PairedDifference(
        metric=metric,
        unit=unit,
        replications=len(both),
        n=n,
        a=float(x.mean()),
        b=float(y.mean()),
        diff=mean,
        sd=sd,
        ci95=None if interval is None else (interval[0], interval[1]),
        p=p,
        variance_reduction=variance_reduction,
        n_differing=int(np.count_nonzero(d)),
        n_a=n_a,
        n_b=n_b,
    )


def adjust_for_multiplicity(differences: Iterable[PairedDifference]) -> list[PairedDifference]:
    """Adjust differences for the number of them (Holm, 1979): fill in `p_holm` and `replications_needed`.

    Metrics that are exactly equal need no test, and do not count.
    """
    known = list(differences)
    family = [d.p for d in known if d.p is not None and not d.equal]
    # Ranks from 0, ties in their order: the level at which Holm tests a difference depends on its rank.
    ranks = iter(np.argsort(np.argsort(family, kind="stable"), kind="stable").tolist())
    p_values = iter(holm_adjusted_p(family))
    adjusted = []
    for d in known:
        if d.p is None or d.equal:
            adjusted.append(replace(d, p_holm=1.0 if d.equal else None))
            continue
        p_holm, level = next(p_values), SIGNIFICANCE_LEVEL / (len(family) - next(ranks))
        needed = None if p_holm < SIGNIFICANCE_LEVEL else replications_needed(d, level)
        adjusted.append(replace(d, p_holm=p_holm, replications_needed=needed))
    return adjusted


def holm_adjusted_p(p: Sequence[float]) -> list[float]:
    """Return the p-values adjusted by Holm's step-down procedure, in the given order."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    return [float(v) for v in adjusted]


def replications_needed(difference: PairedDifference, level: float = SIGNIFICANCE_LEVEL) -> int | None:
    """Return how many replications show a difference like the one observed at a level, with probability TEST_POWER.

    None where no difference was observed. Replications in which the metric has no value count too. The formula is
    that of the normal approximation with its correction for Student's t (docs/confidence.md).
    """
    if not difference.diff or difference.sd is None or difference.n == 0:
        return None
    z, power = -float(special.ndtri(level / 2)), float(special.ndtri(TEST_POWER))
    needed = ((z + power) * difference.sd / difference.diff) ** 2 + z**2 / 2
    if not math.isfinite(needed):
        return None
    return max(math.ceil(needed * difference.replications / difference.n), difference.replications + 1)


def differences_by_metric(
    a: MetricSamples, b: MetricSamples, families: Iterable[Sequence[str]]
) -> dict[str, PairedDifference]:
    """Compute the differences of families of metrics, each adjusted for its size; a side that lacks one has no value.

    Both may lack it, where a third scenario of the comparison has it.
    """
    no_value: Sample = [None] * len(next(iter(a.values())))
    return {
        difference.metric: difference
        for names in families
        for difference in adjust_for_multiplicity(
            paired_difference(name, a.get(name, no_value), b.get(name, no_value)) for name in names
        )
    }


@dataclass(frozen=True)
class DifferenceBand:
    """The mean difference of a series at each time of the grid, with its own 95 % interval, as `(GRID_POINTS,)`."""

    diff: FloatArray
    low: FloatArray
    high: FloatArray


def difference_band(a: FloatArray, b: FloatArray) -> DifferenceBand | None:
    """Return the difference b - a over time, of `(n, GRID_POINTS)` each with replications in the same order.

    None for one replication.
    """
    d = b - a
    n = len(d)
    if n < 2:
        return None
    mean = d.mean(axis=0)
    half_width = t_half_width(d.std(axis=0, ddof=1), np.full(len(mean), n))
    return DifferenceBand(mean, mean - half_width, mean + half_width)
