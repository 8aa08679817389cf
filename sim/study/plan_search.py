"""Searching: from which of some values on does a target hold often enough, as far as sampled futures can tell?

Every value is judged on the same futures, by the share of them in which the target holds. Bisection looks for the
first value with which it holds often enough in the futures played; and for the two values between which that one
lies with 95 % confidence: the first of which the futures do not rule out that it will do, and the first of which
they show that it will. Where a later value is never worse, each of these two misses with a probability of at most
2.5 %, since it can only do so by an exact binomial test at one value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.study.replications import ProgressCallback

TAIL_PROBABILITY = 0.025
"""What each end of an interval may miss."""
SCAN_VALUES = 5
"""So many values, evenly over the range, are tried before the search."""
FUTURES_PER_ROUND = 25
"""So many futures at a time, until those that are left could change nothing."""
EVIDENCE_AGAINST, EVIDENCE_OPEN, EVIDENCE_IN_SAMPLE, EVIDENCE_FOR = range(4)
"""What the futures say of a value: that it will not do; neither; that it does in the sample; that it will do."""

SearchGoal = Literal["least", "most"]
Indicators = npt.NDArray[np.bool_]
TargetEvaluator = Callable[[Sequence[int], range], Mapping[int, Indicators]]
"""In which of some futures does the target hold with each of some values (by their numbers)?"""


def clopper_pearson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Between which probabilities lies the one that gave so many of so many? By Clopper and Pearson (1934)."""
    low = (
        0.0
        if successes == 0
        else float(special.betaincinv(successes, trials - successes + 1, TAIL_PROBABILITY))
    )
    high = (
        1.0
        if successes == trials
        else float(special.betaincinv(successes + 1, trials - successes, 1 - TAIL_PROBABILITY))
    )
    return low, high


def min_futures_to_confirm(probability: float) -> int:
    """How many futures, if the target holds in them all, show that it holds so often?"""
    return math.ceil(math.log(TAIL_PROBABILITY) / math.log(probability))


@dataclass(frozen=True)
class ChanceConstraint:
    """How often must the target hold, and in how many futures at the most is a value tried?"""

    probability: float
    futures: int

    @cached_property
    def thresholds(self) -> tuple[int, int, int]:
        """From how many futures on, of them all, is a value open, holding, and shown?"""
        counts = range(self.futures + 1)
        ends = [clopper_pearson_interval(held, self.futures) for held in counts]
        open_ = next(held for held in counts if ends[held][1] >= self.probability)
        shown = next((held for held in counts if ends[held][0] >= self.probability), self.futures + 1)
        return open_, math.ceil(self.probability * self.futures - 1e-9), shown

    def evidence(self, successes: int) -> int:
        """What is said of a value with which it held in so many of them all?"""
        return sum(successes >= count for count in self.thresholds)

    def is_decided(self, successes: int, trials: int) -> bool:
        """Could the futures that are left change nothing that is said?"""
        return self.evidence(successes) == self.evidence(successes + self.futures - trials)


@dataclass(frozen=True)
class Trial:
    """A value, in which of the futures played the target held with it, and what that says."""

    index: int
    indicators: Indicators
    evidence: int

    @property
    def n_futures(self) -> int:
        """In how many futures was it tried?"""
        return len(self.indicators)

    @property
    def n_held(self) -> int:
        """In how many of them did the target hold?"""
        return int(self.indicators.sum())

    @property
    def share(self) -> float:
        """In which share of them?"""
        return self.n_held / self.n_futures

    @property
    def ci95(self) -> tuple[float, float]:
        """Between which probabilities does the one lie that it holds?"""
        return clopper_pearson_interval(self.n_held, self.n_futures)


class LeverSearch:
    """A search over values 0 to `n` - 1; what was tried is kept."""

    def __init__(
        self,
        n: int,
        evaluate: TargetEvaluator,
        constraint: ChanceConstraint,
        progress: ProgressCallback | None = None,
    ) -> None:
        self.n, self.evaluate, self.constraint, self.progress = n, evaluate, constraint, progress
        self.trials: dict[int, Trial] = {}
        self.try_values(sorted({round(k * (n - 1) / (SCAN_VALUES - 1)) for k in range(SCAN_VALUES)}))

    def try_values(self, values: Sequence[int]) -> None:
        """Try some values, in more and more futures, until those that are left could change nothing."""
        held: dict[int, Indicators] = {k: np.zeros(0, dtype=bool) for k in values}
        for begin in range(0, self.constraint.futures, FUTURES_PER_ROUND):
            left = [k for k in values if not self.constraint.is_decided(int(held[k].sum()), len(held[k]))]
            if not left:
                break
            futures = range(begin, min(begin + FUTURES_PER_ROUND, self.constraint.futures))
            for k, truths in self.evaluate(left, futures).items():
                held[k] = np.concatenate([held[k], truths])
            if self.progress is not None:
                self.progress(len(self.trials), len(self.trials) + len(values))
        for k, truths in held.items():
            self.trials[k] = Trial(k, truths, self.constraint.evidence(int(truths.sum())))

    def is_increasing(self) -> bool:
        """Does the target hold no less often with the last value than with the first?"""
        return self.trials[self.n - 1].share >= self.trials[0].share

    def search_order(self, goal: SearchGoal) -> range:
        """The values from the one end, if the least is sought, or from the other."""
        return range(self.n) if goal == "least" else range(self.n - 1, -1, -1)

    def first_with_evidence(self, evidence: int, order: range) -> int | None:
        """The first value, in an order of them all, of which at least so much is said; None if of none.

        It is looked for by bisection between the first that is known and the one tried before it.
        """
        while True:
            places = {order.index(k): each.evidence for k, each in self.trials.items()}
            good = min((place for place, found in places.items() if found >= evidence), default=None)
            if good is None:
                return None
            bad = max((place for place in places if place < good), default=-1)
            if good - bad == 1:
                return order[good]
            self.try_values([order[(good + bad) // 2]])

    def bisect(self, goal: SearchGoal) -> tuple[int | None, int | None, int | None]:
        """The first value that is open, that holds, and that is shown to hold, each None if there is none."""
        order = self.search_order(goal)
        while True:
            before = len(self.trials)
            holds, open_, shown = (
                self.first_with_evidence(level, order)
                for level in (EVIDENCE_IN_SAMPLE, EVIDENCE_OPEN, EVIDENCE_FOR)
            )
            if len(self.trials) == before:
                return open_, holds, shown

    def reversals(self, goal: SearchGoal) -> list[tuple[int, int]]:
        """Between which tried values does the target hold clearly less often with the later one?

        Futures that hold with one of two alone are compared by a sign test, at 5 % over all pairs together.
        """
        pairs = list(combinations([k for k in self.search_order(goal) if k in self.trials], 2))
        found = []
        for first, then in pairs:
            n = min(self.trials[first].n_futures, self.trials[then].n_futures)
            before, after = self.trials[first].indicators[:n], self.trials[then].indicators[:n]
            lost, won = int((before & ~after).sum()), int((after & ~before).sum())
            if lost > won and float(special.bdtrc(lost - 1, lost + won, 0.5)) < 0.05 / len(pairs):
                found.append((first, then))
        return found
