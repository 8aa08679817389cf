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

from sim.study.replications import Progress

TAIL = 0.025
"""What each end of an interval may miss."""
SCAN = 5
"""So many values, evenly over the range, are tried before the search."""
ROUND = 25
"""So many futures at a time, until those that are left could change nothing."""
RULED_OUT, OPEN, HOLDS, SHOWN = range(4)
"""What the futures say of a value: that it will not do; neither; that it does in the sample; that it will do."""

Sought = Literal["least", "most"]
Truths = npt.NDArray[np.bool_]
Holds = Callable[[Sequence[int], range], Mapping[int, Truths]]
"""In which of some futures does the target hold with each of some values (by their numbers)?"""


def exact_interval(held: int, played: int) -> tuple[float, float]:
    """Between which probabilities lies the one that gave so many of so many? By Clopper and Pearson (1934)."""
    low = 0.0 if held == 0 else float(special.betaincinv(held, played - held + 1, TAIL))
    high = 1.0 if held == played else float(special.betaincinv(held + 1, played - held, 1 - TAIL))
    return low, high


def enough(probability: float) -> int:
    """How many futures, if the target holds in them all, show that it holds so often?"""
    return math.ceil(math.log(TAIL) / math.log(probability))


@dataclass(frozen=True)
class Bar:
    """How often must the target hold, and in how many futures at the most is a value tried?"""

    probability: float
    futures: int

    @cached_property
    def counts(self) -> tuple[int, int, int]:
        """From how many futures on, of them all, is a value open, holding, and shown?"""
        counts = range(self.futures + 1)
        ends = [exact_interval(held, self.futures) for held in counts]
        open_ = next(held for held in counts if ends[held][1] >= self.probability)
        shown = next((held for held in counts if ends[held][0] >= self.probability), self.futures + 1)
        return open_, math.ceil(self.probability * self.futures - 1e-9), shown

    def level(self, held: int) -> int:
        """What is said of a value with which it held in so many of them all?"""
        return sum(held >= count for count in self.counts)

    def settled(self, held: int, played: int) -> bool:
        """Could the futures that are left change nothing that is said?"""
        return self.level(held) == self.level(held + self.futures - played)


@dataclass(frozen=True)
class Tried:
    """A value, in which of the futures played the target held with it, and what that says."""

    index: int
    held: Truths
    level: int

    @property
    def played(self) -> int:
        """In how many futures was it tried?"""
        return len(self.held)

    @property
    def count(self) -> int:
        """In how many of them did the target hold?"""
        return int(self.held.sum())

    @property
    def share(self) -> float:
        """In which share of them?"""
        return self.count / self.played

    @property
    def ci95(self) -> tuple[float, float]:
        """Between which probabilities does the one lie that it holds?"""
        return exact_interval(self.count, self.played)


class Search:
    """A search over values 0 to `n` - 1; what was tried is kept."""

    def __init__(self, n: int, holds: Holds, bar: Bar, progress: Progress | None = None) -> None:
        self.n, self.holds, self.bar, self.progress = n, holds, bar, progress
        self.tried: dict[int, Tried] = {}
        self.attempt(sorted({round(k * (n - 1) / (SCAN - 1)) for k in range(SCAN)}))

    def attempt(self, values: Sequence[int]) -> None:
        """Try some values, in more and more futures, until those that are left could change nothing."""
        held: dict[int, Truths] = {k: np.zeros(0, dtype=bool) for k in values}
        for begin in range(0, self.bar.futures, ROUND):
            left = [k for k in values if not self.bar.settled(int(held[k].sum()), len(held[k]))]
            if not left:
                break
            futures = range(begin, min(begin + ROUND, self.bar.futures))
            for k, truths in self.holds(left, futures).items():
                held[k] = np.concatenate([held[k], truths])
            if self.progress is not None:
                self.progress(len(self.tried), len(self.tried) + len(values))
        for k, truths in held.items():
            self.tried[k] = Tried(k, truths, self.bar.level(int(truths.sum())))

    def rises(self) -> bool:
        """Does the target hold no less often with the last value than with the first?"""
        return self.tried[self.n - 1].share >= self.tried[0].share

    def order(self, sought: Sought) -> range:
        """The values from the one end, if the least is sought, or from the other."""
        return range(self.n) if sought == "least" else range(self.n - 1, -1, -1)

    def first(self, level: int, order: range) -> int | None:
        """The first value, in an order of them all, of which at least so much is said; None if of none.

        It is looked for by bisection between the first that is known and the one tried before it.
        """
        while True:
            places = {order.index(k): each.level for k, each in self.tried.items()}
            good = min((place for place, found in places.items() if found >= level), default=None)
            if good is None:
                return None
            bad = max((place for place in places if place < good), default=-1)
            if good - bad == 1:
                return order[good]
            self.attempt([order[(good + bad) // 2]])

    def find(self, sought: Sought) -> tuple[int | None, int | None, int | None]:
        """The first value that is open, that holds, and that is shown to hold, each None if there is none."""
        order = self.order(sought)
        while True:
            before = len(self.tried)
            holds, open_, shown = (self.first(level, order) for level in (HOLDS, OPEN, SHOWN))
            if len(self.tried) == before:
                return open_, holds, shown

    def reversals(self, sought: Sought) -> list[tuple[int, int]]:
        """Between which tried values does the target hold clearly less often with the later one?

        Futures that hold with one of two alone are compared by a sign test, at 5 % over all pairs together.
        """
        pairs = list(combinations([k for k in self.order(sought) if k in self.tried], 2))
        found = []
        for first, then in pairs:
            n = min(self.tried[first].played, self.tried[then].played)
            before, after = self.tried[first].held[:n], self.tried[then].held[:n]
            lost, won = int((before & ~after).sum()), int((after & ~before).sum())
            if lost > won and float(special.bdtrc(lost - 1, lost + won, 0.5)) < 0.05 / len(pairs):
                found.append((first, then))
        return found
