"""Precision: are the intervals of the named metrics tight enough, and if not, how many replications next?

A sequential rule. It looks first after LEAST replications. Where a half-width is still too wide, it looks again when
the spread seen so far says that it will do: at a tenth more replications at the least, and at twice as many at the
most. So the looks are few and far apart, which keeps the intervals honest (see docs/confidence.md), and they depend
on the numbers alone, never on who plays them.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.model.metrics import unit_of
from sim.scenario.expectations import BOUND
from sim.scenario.faults import UserError, meant
from sim.study.amounts import amount, figures, gap
from sim.study.summary import statistics

LEAST = 50
"""How many replications there are at the least, and how many of them must have a value of the metric."""
MOST = 10_000
"""How many replications there are at the most, where nothing else is said."""

Precision = Iterable[str] | Mapping[str, str | float]
"""As a user writes it: `METRIC:BOUND` each, or a bound for each metric."""
Sample = Mapping[str, Sequence[float | None]]
"""Metrics of a run, or differences of two, as one value a replication."""

GRAMMAR = re.compile(rf"(?P<metric>[^:].*):\s*(?P<bound>{BOUND})\s*(?P<percent>%?)\s*")


class PrecisionError(UserError, ValueError):
    """A precision that cannot be asked for; the message says why, and what to write."""


@dataclass(frozen=True)
class Aim:
    """How tight is the 95 % interval of a metric to be? A half-width in its unit, or in per cent of its mean."""

    metric: str
    bound: float
    relative: bool

    def __str__(self) -> str:
        return f"{self.metric}:{self.bound:.15g}{'%' * self.relative}"

    def allowed(self, mean: float) -> float:
        """The widest half-width that will do.

        A share g of the true mean is kept by g / (1 + g) of the mean that is found (Law, section 9.4.1).
        """
        share = self.bound / 100
        return share / (1 + share) * abs(mean) if self.relative else self.bound


def aims(written: Precision) -> tuple[Aim, ...]:
    """Which precision is asked for? Raises PrecisionError for what cannot be read."""
    if isinstance(written, Mapping):
        written = [f"{metric}:{bound}" for metric, bound in written.items()]
    return tuple(_aim(text) for text in written)


def _aim(text: str) -> Aim:
    match = GRAMMAR.fullmatch(text.strip())
    if match is None:
        raise PrecisionError(
            f'precision "{text}": is none; write METRIC:SHARE % or METRIC:HALF-WIDTH,'
            " as unserved_mw.mean:5% or unserved_mw.mean:20"
        )
    bound = float(match["bound"])
    if not 0 < bound < math.inf:
        raise PrecisionError(f'precision "{text}": the bound must be above 0')
    return Aim(match["metric"].strip(), bound, bool(match["percent"]))


def settled(sought: Iterable[Aim], known: Iterable[str]) -> None:
    """Does each aim name a metric that there is? Raises PrecisionError for the first that does not."""
    known = list(known)
    for aim in sought:
        if aim.metric not in known:
            raise PrecisionError(
                f'precision "{aim}": there is no metric {aim.metric}; {meant(aim.metric, known)}'
            )


@dataclass(frozen=True)
class Found:
    """How far the replications so far have come with an aim."""

    aim: Aim
    values: int
    mean: float | None
    half_width: float | None
    empty: bool
    """Is there no value, or nothing but 0, so that no share of the mean can be reached?"""

    @property
    def allowed(self) -> float | None:
        """The widest half-width that will do, given the mean that was found."""
        return None if self.mean is None else self.aim.allowed(self.mean)

    @property
    def reached(self) -> bool:
        """Is the interval tight enough, and are there values enough to trust it?"""
        if self.half_width is None or self.allowed is None or self.values < LEAST:
            return False
        return self.half_width <= self.allowed and not self.empty

    def wanted(self, n: int) -> float:
        """How many replications would do, if the spread stayed as it was in these `n`?"""
        if self.empty or self.values == 0:
            return math.inf
        more = LEAST / self.values
        if self.half_width:
            more = max(more, (self.half_width / self.allowed) ** 2 if self.allowed else math.inf)
        return n * more

    def told(self, n: int) -> str:
        """What became of the aim after `n` replications, in words."""
        metric, unit = self.aim.metric, unit_of(self.aim.metric)
        if self.values == 0:
            return f"{metric} has no value in any of {n:,} replications"
        if self.empty:
            return f"{metric} is 0 in every one of {n:,} replications: there is no share of its mean to reach"
        if self.mean is None or self.half_width is None or self.values < LEAST:
            return f"{metric} has a value in only {self.values:,} of {n:,} replications; {LEAST} are needed"
        asked = f"{self.aim.bound:g} %" if self.aim.relative else gap(self.aim.bound, unit)
        share = f", {figures(100 * self.half_width / abs(self.mean), 2)} % of it" if self.mean else ""
        return f"{metric} {amount(self.mean, unit)} ± {gap(self.half_width, unit)}{share} (asked: {asked})"


def found(aim: Aim, values: Sequence[float | None]) -> Found:
    """How far have values come with an aim?"""
    stated = statistics(unit_of(aim.metric), values)
    interval = stated["ci95"]
    half = None if interval is None else (interval[1] - interval[0]) / 2
    empty = stated["n"] == 0 or (aim.relative and stated["mean"] == 0 and stated["sd"] in (0, None))
    return Found(aim, stated["n"], stated["mean"], half, empty)


class Rule:
    """When are there replications enough? Asked after each look, with what was found until then."""

    def __init__(self, sought: Sequence[Aim], most: int) -> None:
        """Raises PrecisionError where `most` leaves no room for the first look."""
        if most < LEAST:
            raise PrecisionError(
                f"replications={most}: with a precision this is how many are played at the most;"
                f" write {LEAST} or more"
            )
        self.sought, self.most = tuple(sought), most
        self.looks = [LEAST]
        self.found: list[Found] = []

    @property
    def reached(self) -> bool:
        """Is every aim reached?"""
        return bool(self.found) and all(each.reached for each in self.found)

    def further(self, samples: Sequence[Sample]) -> int | None:
        """Up to how many replications next? None where there are enough, or as many as there may be."""
        self._look(samples)
        n = self.looks[-1]
        if self.reached or n >= self.most:
            return None
        wanted = max(each.wanted(n) for each in self.found if not each.reached)
        upto = math.ceil(min(max(wanted, n + math.ceil(n / 10)), 2 * n, self.most))
        self.looks.append(upto)
        return upto

    def _look(self, samples: Sequence[Sample]) -> None:
        """Take what the replications so far say, of one run or of each difference."""
        self.found = [found(aim, sample[aim.metric]) for sample in samples for aim in self.sought]

    def ended(self, samples: Sequence[Sample], n: int) -> dict[str, Any]:
        """What was asked, how it was sought, and what was reached with the `n` replications that there are."""
        self._look(samples)
        return {
            "rule": (
                f"95 % intervals by Student's t, looked at first after {self.looks[0]} replications, then where the"
                " spread so far says that it will do, at 1.1 to 2 times as many;"
                " a share g of a mean is g / (1 + g) of the mean found"
            ),
            "least": LEAST,
            "most": self.most,
            "looks": self.looks,
            "reached": self.reached,
            "metrics": [
                {
                    "metric": each.aim.metric,
                    "asked": str(each.aim).removeprefix(f"{each.aim.metric}:"),
                    "n": each.values,
                    "mean": each.mean,
                    "half_width": each.half_width,
                    "allowed": each.allowed,
                    "reached": each.reached,
                    "told": each.told(n),
                }
                for each in self.found
            ],
        }
