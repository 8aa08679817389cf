"""The search of a plan: the first of some values with which a target holds often enough, as sampled futures tell.

Every value is judged on the same futures, by the share of them in which the target holds. Bisection looks for the
first value with which it holds often enough in the futures played; and for the two values between which that one
lies with 95 % confidence: the first of which the futures do not rule out that it will do, and the first of which
they show that it will. Where a later value is never worse, each of these two misses with a probability of at most
2.5 %, since it can only do so by an exact binomial test at one value. Values are known by their index, k.
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
"""The probability with which each end of an interval may miss."""
SCAN_VALUES = 5
"""The number of values, evenly over the range, that are tried before the search."""
FUTURES_PER_ROUND = 25
"""The number of futures that are played at a time, until those that are left could change nothing."""
EVIDENCE_AGAINST, EVIDENCE_OPEN, EVIDENCE_IN_SAMPLE, EVIDENCE_FOR = range(4)
"""The evidence of a value: it will not do; that is open; it does in the futures played; it is shown to do."""

SearchGoal = Literal["least", "most"]
Indicators = npt.NDArray[np.bool_]
TargetEvaluator = Callable[[Sequence[int], range], Mapping[int, Indicators]]
"""Plays some futures with each of some values; returns by value in which of them the target holds, `(n_futures,)`."""


def clopper_pearson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a binomial probability (Clopper and Pearson, 1934)."""
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
    """Return how many futures show that the target holds so often, if it holds in all of them."""
    return math.ceil(math.log(TAIL_PROBABILITY) / math.log(probability))


@dataclass(frozen=True)
class ChanceConstraint:
    """The probability with which the target must hold, and in how many futures at the most a value is tried."""

    probability: float
    futures: int

    @cached_property
    def thresholds(self) -> tuple[int, int, int]:
        """The numbers of successes from which on a value is open, does in the futures played, and is shown to do."""
        counts = range(self.futures + 1)
        ends = [clopper_pearson_interval(held, self.futures) for held in counts]
        open_ = next(held for held in counts if ends[held][1] >= self.probability)
        shown = next((held for held in counts if ends[held][0] >= self.probability), self.futures + 1)
        # Less a little, since 0.55 * 100 comes to 55.00000000000001, and 55 of 100 futures are 55 %.
        return open_, math.ceil(self.probability * self.futures - 1e-9), shown

    def evidence(self, successes: int) -> int:
        """Return the evidence of a value with which the target held in so many of all futures."""
        return sum(successes >= count for count in self.thresholds)

    def is_decided(self, successes: int, trials: int) -> bool:
        """Whether the futures that are left could not change the evidence."""
        return self.evidence(successes) == self.evidence(successes + self.futures - trials)


@dataclass(frozen=True)
class Trial:
    """A value that was tried: in which of the futures played the target held with it, and the evidence of that."""

    index: int
    indicators: Indicators
    evidence: int

    @property
    def n_futures(self) -> int:
        """The number of futures in which it was tried."""
        return len(self.indicators)

    @property
    def n_held(self) -> int:
        """The number of them in which the target held."""
        return int(self.indicators.sum())

    @property
    def share(self) -> float:
        """The share of them in which the target held."""
        return self.n_held / self.n_futures

    @property
    def ci95(self) -> tuple[float, float]:
        """The 95 % interval of the probability that the target holds."""
        return clopper_pearson_interval(self.n_held, self.n_futures)


class LeverSearch:
    """A search over values 0 to `n` - 1, which keeps every trial."""

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
        """Try some values in more and more futures, until those that are left could not change the evidence."""
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
        """Whether the target holds no less often with the last value than with the first."""
        return self.trials[self.n - 1].share >= self.trials[0].share

    def search_order(self, goal: SearchGoal) -> range:
        """Return the values in the order of the search: from the lower end if the least is sought, else the upper."""
        return range(self.n) if goal == "least" else range(self.n - 1, -1, -1)

    def first_with_evidence(self, evidence: int, order: range) -> int | None:
        """Find the first value, in an order, that has at least this evidence; None if none of those tried has.

        It is bisected between the first value known to have it and the one tried before that.
        """
        while True:
            evidence_at = {order.index(k): trial.evidence for k, trial in self.trials.items()}
            upper = min((place for place, level in evidence_at.items() if level >= evidence), default=None)
            if upper is None:
                return None
            lower = max((place for place in evidence_at if place < upper), default=-1)
            if upper - lower == 1:
                return order[upper]
            self.try_values([order[(upper + lower) // 2]])

    def bisect(self, goal: SearchGoal) -> tuple[int | None, int | None, int | None]:
        """Find the first value that is open, that does in the futures played, and that is shown to do; or None each.

        Each search may try values that move the answer of another, so that all are repeated until none tries more.
        """
        order = self.search_order(goal)
        while True:
            n_trials = len(self.trials)
            in_sample, open_, shown = (
                self.first_with_evidence(level, order)
                for level in (EVIDENCE_IN_SAMPLE, EVIDENCE_OPEN, EVIDENCE_FOR)
            )
            if len(self.trials) == n_trials:
                return open_, in_sample, shown

    def reversals(self, goal: SearchGoal) -> list[tuple[int, int]]:
        """Return the pairs of values tried of which the target holds clearly less often with the later one.

        Futures in which it holds with one of two alone are compared by a sign test, at 5 % over all pairs together
        (Bonferroni).
        """
        pairs = list(combinations([k for k in self.search_order(goal) if k in self.trials], 2))
        reversals = []
        for first, second in pairs:
            n = min(self.trials[first].n_futures, self.trials[second].n_futures)
            before, after = self.trials[first].indicators[:n], self.trials[second].indicators[:n]
            lost, won = int((before & ~after).sum()), int((after & ~before).sum())
            if lost > won and float(special.bdtrc(lost - 1, lost + won, 0.5)) < 0.05 / len(pairs):
                reversals.append((first, second))
        return reversals
