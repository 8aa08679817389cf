"""Precision: a sequential stopping rule that plays on until the intervals of the named metrics are tight enough.

It looks first after MIN_REPLICATIONS replications. Where a half-width is still too wide, it looks again when
the spread seen so far says that it will do: at a tenth more replications at the least, and at twice as many at the
most. So the looks are few and far apart, which keeps the intervals honest (see docs/confidence.md), and they depend
on the numbers alone, never on who plays them.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.results.expectations import unknown_metric_text
from sim.results.formatting import format_amount, format_difference, format_figures
from sim.results.metrics import metric_unit
from sim.results.statistics import MetricSamples, Sample
from sim.results.summary import sample_statistics
from sim.scenario.faults import UserError
from sim.scenario.units import NUMBER_PATTERN

MIN_REPLICATIONS = 50
"""The number of replications at the first look, and how many must have a value for the interval to be trusted."""
MAX_REPLICATIONS = 10_000
"""The most replications, where no other number is stated."""

PrecisionSpec = Iterable[str] | Mapping[str, str | float]
"""A precision as a user writes it: `METRIC:BOUND` each, or a bound for each metric."""

PRECISION_GRAMMAR = re.compile(rf"(?P<metric>[^:].*):\s*(?P<bound>{NUMBER_PATTERN})\s*(?P<percent>%?)\s*")


class PrecisionError(UserError, ValueError):
    """A precision that cannot be asked for; the message says why, and what to write."""


@dataclass(frozen=True)
class PrecisionTarget:
    """The half-width that the 95 % interval of a metric may have, in its unit or in per cent of its mean."""

    metric: str
    bound: float
    relative: bool

    def __str__(self) -> str:
        return f"{self.metric}:{self.bound:.15g}{'%' * self.relative}"

    def allowed_half_width(self, mean: float) -> float:
        """Return the widest half-width that is tight enough.

        A share g of the true mean is kept by g / (1 + g) of the mean that is found (Law, section 9.4.1).
        """
        share = self.bound / 100
        return share / (1 + share) * abs(mean) if self.relative else self.bound


def parse_precision(spec: PrecisionSpec) -> tuple[PrecisionTarget, ...]:
    """Read the precision that is asked for. Raises PrecisionError for what cannot be read."""
    if isinstance(spec, Mapping):
        spec = [f"{metric}:{bound}" for metric, bound in spec.items()]
    return tuple(_parse_precision_target(text) for text in spec)


def _parse_precision_target(text: str) -> PrecisionTarget:
    match = PRECISION_GRAMMAR.fullmatch(text.strip())
    if match is None:
        raise PrecisionError(
            f'precision "{text}": is none; write METRIC:SHARE % or METRIC:HALF-WIDTH,'
            " as unserved_mw.mean:5% or unserved_mw.mean:20"
        )
    bound = float(match["bound"])
    if not 0 < bound < math.inf:
        raise PrecisionError(f'precision "{text}": the bound must be above 0')
    return PrecisionTarget(match["metric"].strip(), bound, bool(match["percent"]))


def check_precision_metrics(targets: Iterable[PrecisionTarget], names: Iterable[str]) -> None:
    """Check that each target names a metric that there is. Raises PrecisionError for the first that does not."""
    names = list(names)
    for target in targets:
        if target.metric not in names:
            raise PrecisionError(f'precision "{target}": {unknown_metric_text(target.metric, names)}')


@dataclass(frozen=True)
class AchievedPrecision:
    """The precision of a metric after the replications so far, beside its target."""

    target: PrecisionTarget
    n: int
    """The number of replications that have a value of the metric."""
    mean: float | None
    half_width: float | None
    has_no_scale: bool
    """Whether there is no value, or nothing but 0, so that no share of the mean can be reached."""

    @property
    def allowed_half_width(self) -> float | None:
        """The widest half-width that is tight enough, given the mean so far."""
        return None if self.mean is None else self.target.allowed_half_width(self.mean)

    @property
    def is_reached(self) -> bool:
        """Whether the interval is tight enough, and of enough values to be trusted."""
        if self.half_width is None or self.allowed_half_width is None or self.n < MIN_REPLICATIONS:
            return False
        return self.half_width <= self.allowed_half_width and not self.has_no_scale

    def replications_needed(self, n: int) -> float:
        """Estimate how many replications are enough if the spread stays as it was in these `n`; inf if none are."""
        if self.has_no_scale or self.n == 0:
            return math.inf
        factor = MIN_REPLICATIONS / self.n
        if self.half_width:
            allowed = self.allowed_half_width
            factor = max(factor, (self.half_width / allowed) ** 2 if allowed else math.inf)
        return n * factor

    def to_text(self, n: int) -> str:
        """Return what became of the target after `n` replications, in words."""
        metric, unit = self.target.metric, metric_unit(self.target.metric)
        if self.n == 0:
            return f"{metric} has no value in any of {n:,} replications"
        if self.has_no_scale:
            return f"{metric} is 0 in every one of {n:,} replications: there is no share of its mean to reach"
        if self.mean is None or self.half_width is None or self.n < MIN_REPLICATIONS:
            return f"{metric} has a value in only {self.n:,} of {n:,} replications; {MIN_REPLICATIONS} are needed"
        asked = (
            f"{self.target.bound:g} %" if self.target.relative else format_difference(self.target.bound, unit)
        )
        if self.half_width == 0:
            return f"{metric} {format_amount(self.mean, unit)}, the same in every future (asked: {asked})"
        mean, half_width = format_amount(self.mean, unit), format_difference(self.half_width, unit)
        share = f", {format_figures(100 * self.half_width / abs(self.mean), 2)} % of it" if self.mean else ""
        of_part = f", of the {self.n:,} in {n:,} replications that have a value" if self.n < n else ""
        return f"{metric} {mean} ± {half_width}{share} (asked: {asked}){of_part}"


def achieved_precision(target: PrecisionTarget, values: Sample) -> AchievedPrecision:
    """Compute how tight the interval of a target is, from one value a replication."""
    statistics = sample_statistics(metric_unit(target.metric), values)
    n, mean, interval = statistics["n"], statistics["mean"], statistics["ci95"]
    # Half of the interval that is reported, which may differ in the last bit from the half-width that it was made of.
    half_width = None if interval is None else (interval[1] - interval[0]) / 2
    has_no_scale = n == 0 or (target.relative and mean == 0 and statistics["sd"] in (0, None))
    return AchievedPrecision(target, n, mean, half_width, has_no_scale)


class StoppingRule:
    """The rule that says, after each look at the replications so far, how many there are to be next."""

    def __init__(self, targets: Sequence[PrecisionTarget], max_replications: int) -> None:
        """Raises PrecisionError where `max_replications` leaves no room for the first look."""
        if max_replications < MIN_REPLICATIONS:
            raise PrecisionError(
                f"replications={max_replications}: with a precision this is how many are played at the most;"
                f" write {MIN_REPLICATIONS} or more"
            )
        self.targets, self.max_replications = tuple(targets), max_replications
        self.looks = [MIN_REPLICATIONS]
        self.achieved_precisions: list[AchievedPrecision] = []

    @property
    def is_reached(self) -> bool:
        """Whether every target is reached."""
        return bool(self.achieved_precisions) and all(each.is_reached for each in self.achieved_precisions)

    def next_replications(self, samples: Sequence[MetricSamples]) -> int | None:
        """Return up to how many replications to play next; None where there are enough, or as many as there may be.

        `samples` has the metrics of one run, or the differences of each pair of runs, over all replications so far.
        """
        self._evaluate(samples)
        n = self.looks[-1]
        if self.is_reached or n >= self.max_replications:
            return None
        needed = max(each.replications_needed(n) for each in self.achieved_precisions if not each.is_reached)
        upto = math.ceil(min(max(needed, n + math.ceil(n / 10)), 2 * n, self.max_replications))
        self.looks.append(upto)
        return upto

    def _evaluate(self, samples: Sequence[MetricSamples]) -> None:
        """Compute how tight each interval is now, of one run or of each difference."""
        self.achieved_precisions = [
            achieved_precision(target, sample[target.metric]) for sample in samples for target in self.targets
        ]

    def report(self, samples: Sequence[MetricSamples], n: int) -> dict[str, Any]:
        """Return the `precision` of a provenance: the rule, its looks, and what is reached with `n` replications."""
        self._evaluate(samples)
        return {
            "rule": (
                f"95 % intervals by Student's t, looked at first after {self.looks[0]} replications, then where the"
                " spread so far says that it will do, at 1.1 to 2 times as many;"
                " a share g of a mean is g / (1 + g) of the mean found"
            ),
            "least": MIN_REPLICATIONS,
            "most": self.max_replications,
            "looks": self.looks,
            "reached": self.is_reached,
            "metrics": [
                {
                    "metric": each.target.metric,
                    "asked": str(each.target).removeprefix(f"{each.target.metric}:"),
                    "n": each.n,
                    "mean": each.mean,
                    "half_width": each.half_width,
                    "allowed": each.allowed_half_width,
                    "reached": each.is_reached,
                    "told": each.to_text(n),
                }
                for each in self.achieved_precisions
            ],
        }


def stopping_rule(targets: Sequence[PrecisionTarget], max_replications: int | None) -> StoppingRule | None:
    """Return the stopping rule for targets; None where there are none. Raises PrecisionError as the rule does."""
    if not targets:
        return None
    return StoppingRule(targets, MAX_REPLICATIONS if max_replications is None else max_replications)
