"""Differences: is what a metric comes to in two scenarios, future by future, really another?

Two runs with the same seed face the same futures, so their values are taken in pairs: what differs within a pair is
the scenario and not the dice. Formulas and sources are in docs/confidence.md.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.results.formatting import format_difference
from sim.results.metrics import metric_unit
from sim.results.summary import sample_statistics, to_floats
from sim.study.precision import MAX_REPLICATIONS

Sample = Sequence[float | None]

SIGNIFICANCE_LEVEL = 0.05
"""How often may a difference that is none be called one, anywhere among the metrics of a comparison?"""
TEST_POWER = 0.8
"""How likely do the replications that are said to be needed find a difference as large as the one seen?"""
RELATIVE_ROUNDING = 1e-12
"""Two sums that differ by no more than this share of them differ in the order in which they were added."""


@dataclass(frozen=True)
class PairedDifference:
    """What a metric comes to in two scenarios, a and b, over the replications in which both have it."""

    metric: str
    unit: str
    replications: int
    n: int
    """In how many of these do both have it?"""
    a: float | None
    b: float | None
    """The means over these; over all that have it, where never both do."""
    diff: float | None = None
    """The mean of b less a."""
    sd: float | None = None
    ci95: tuple[float, float] | None = None
    """The 95 % interval of the mean difference, by Student's t, for this metric alone."""
    p: float | None = None
    """How likely a difference as large is if there is none, by Student's t."""
    variance_reduction: float | None = None
    """The share of the variance that the common futures save; below 0 where they cost."""
    n_differing: int = 0
    """In how many replications are the two not the same?"""
    p_holm: float | None = None
    """The same as `p`, corrected for how many metrics are compared."""
    replications_needed: int | None = None
    """How many replications it would take to be sure, where it is not and there is any difference to be sure of."""

    @property
    def equal(self) -> bool:
        """Is the metric the same in every replication?"""
        return self.n > 0 and self.n_differing == 0

    @property
    def significant(self) -> bool:
        """Is there a difference, beyond doubt?"""
        return self.p_holm is not None and self.p_holm < SIGNIFICANCE_LEVEL

    @property
    def verdict(self) -> str:
        """What is to be said of it, in words; of b, seen from a."""
        if self.diff is None:
            if self.a is None and self.b is None:
                return "no value in either"
            if self.a is None or self.b is None:
                return f"only in {'b' if self.a is None else 'a'}"
            return "never a value in both"
        if self.equal:
            return "exactly equal"
        way = f"{'lower' if self.diff < 0 else 'higher'} by {format_difference(abs(self.diff), self.unit)}"
        if self.ci95 is None:
            return f"{way} in the one replication that there is"
        if self.significant:
            return way
        needed = self.replications_needed
        takes = (
            None
            if needed is None or needed > MAX_REPLICATIONS
            else f"about {round_up_to_two_figures(needed):,} replications"
        )
        if self.ci95[0] > 0 or self.ci95[1] < 0:
            return f"perhaps {way}" + (f"; to be sure would take {takes}" if takes else "")
        if takes:
            return f"not distinguishable: would take {takes}"
        return f"no difference seen: at most {format_difference(max(-self.ci95[0], self.ci95[1]), self.unit)}"


def round_up_to_two_figures(count: int) -> int:
    """A number of replications with two figures, rounded up."""
    step: int = 10 ** max(math.floor(math.log10(max(count, 1))) - 1, 0)
    return -(-count // step) * step


def pairwise_differences(a: Sample, b: Sample) -> list[float | None]:
    """What each replication has in b more than in a; None where either has no value."""
    return [None if np.isnan(d) else d for d in _subtract(to_floats(a), to_floats(b)).tolist()]


def _subtract(x: FloatArray, y: FloatArray) -> FloatArray:
    d = y - x
    d[np.abs(d) <= RELATIVE_ROUNDING * np.maximum(np.abs(x), np.abs(y))] = 0.0
    return d


def paired_difference(metric: str, a: Sample, b: Sample) -> PairedDifference:
    """How does a metric differ, over replications in the same order? Not corrected for other metrics yet."""
    unit, x, y = metric_unit(metric), to_floats(a), to_floats(b)
    d = _subtract(x, y)
    both = ~np.isnan(d)
    n = int(both.sum())
    if n == 0:
        mine, theirs = (sample_statistics(unit, side)["mean"] for side in (x, y))
        return PairedDifference(metric, unit, len(d), 0, mine, theirs)
    x, y, d = x[both], y[both], d[both]
    stated = sample_statistics(unit, d)
    mean, sd, interval = float(d.mean()), stated["sd"], stated["ci95"]
    p = saved = None
    if sd is not None:
        p = 1.0 if mean == 0 else 0.0
        if sd > 0:
            p = float(2 * special.stdtr(n - 1, -abs(mean) / (sd / math.sqrt(n))))
        alone = float(x.var(ddof=1) + y.var(ddof=1))
        saved = 1 - sd**2 / alone if alone > 0 else None
    return PairedDifference(
        metric,
        unit,
        len(both),
        n,
        float(x.mean()),
        float(y.mean()),
        mean,
        sd,
        None if interval is None else (interval[0], interval[1]),
        p,
        saved,
        int(np.count_nonzero(d)),
    )


def adjust_for_multiplicity(differences: Iterable[PairedDifference]) -> list[PairedDifference]:
    """The same, each with what the number of them makes of it (Holm, 1979): `p_holm`, `replications_needed`.

    Metrics that are exactly equal need no test, and do not count.
    """
    known = list(differences)
    family = [d.p for d in known if d.p is not None and not d.equal]
    places = iter(np.argsort(np.argsort(family, kind="stable"), kind="stable").tolist())
    adjusted = iter(holm_adjusted_p(family))
    found = []
    for d in known:
        if d.p is None or d.equal:
            found.append(replace(d, p_holm=1.0 if d.equal else None))
            continue
        p_holm, level = next(adjusted), SIGNIFICANCE_LEVEL / (len(family) - next(places))
        needed = None if p_holm < SIGNIFICANCE_LEVEL else replications_needed(d, level)
        found.append(replace(d, p_holm=p_holm, replications_needed=needed))
    return found


def holm_adjusted_p(p: Sequence[float]) -> list[float]:
    """Probabilities corrected step by step, from the least on: each by how many are not smaller."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    found = np.empty_like(values)
    found[order] = stepped
    return [float(v) for v in found]


def replications_needed(difference: PairedDifference, level: float = SIGNIFICANCE_LEVEL) -> int | None:
    """How many replications find a difference like the one seen, at a level, with probability POWER?

    None where nothing was seen that could be found. Replications in which the metric has no value count too.
    """
    if not difference.diff or difference.sd is None or difference.n == 0:
        return None
    z, power = -float(special.ndtri(level / 2)), float(special.ndtri(TEST_POWER))
    needed = ((z + power) * difference.sd / difference.diff) ** 2 + z**2 / 2
    if not math.isfinite(needed):
        return None
    return max(math.ceil(needed * difference.replications / difference.n), difference.replications + 1)


def differences_by_metric(
    a: Mapping[str, Sample], b: Mapping[str, Sample], families: Iterable[Sequence[str]]
) -> dict[str, PairedDifference]:
    """The differences of families of metrics, each corrected for how many it has; a metric may be in one alone."""

    def of(side: Mapping[str, Sample], other: Mapping[str, Sample], name: str) -> Sample:
        return side[name] if name in side else [None] * len(other[name])

    return {
        difference.metric: difference
        for names in families
        for difference in adjust_for_multiplicity(
            paired_difference(name, of(a, b, name), of(b, a, name)) for name in names
        )
    }


@dataclass(frozen=True)
class DifferenceBand:
    """The mean difference of a series over time, at the times of the grid, each with its own 95 % interval."""

    diff: FloatArray
    low: FloatArray
    high: FloatArray


def difference_band(a: FloatArray, b: FloatArray) -> DifferenceBand | None:
    """How far does b lie from a over time, in the same futures? From `(n, POINTS)` of each; None for one alone."""
    d = b - a
    n = len(d)
    if n < 2:
        return None
    mean = d.mean(axis=0)
    half = float(special.stdtrit(n - 1, 0.975)) * d.std(axis=0, ddof=1) / math.sqrt(n)
    return DifferenceBand(mean, mean - half, mean + half)
