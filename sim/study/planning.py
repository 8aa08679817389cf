"""Planning: what is the least of a lever with which a target holds, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import polars as pl

from sim.model.metrics import Metrics
from sim.scenario.expectations import COMPARISONS, GRAMMAR, STATISTICS
from sim.scenario.faults import ScenarioError, UserError, Wrong
from sim.scenario.reading import OVERRIDE
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import OWN
from sim.scenario.units import parse_quantity
from sim.study.clocks import Clock
from sim.study.expect import NoMetric, near
from sim.study.lever import Lever, lever, moved, settable, standing
from sim.study.outcome import whole
from sim.study.replications import Progress
from sim.study.search import Bar, Search, Sought, Tried, Truths, enough
from sim.study.variants import players

FEWEST = 200
"""So many futures are played of a value, where nothing else is said."""
TRIES = 10
"""So many values are tried, roughly."""
WHEN_NEVER: dict[str, float] = {"short.first_days": inf}
"""What a metric comes to in a future without it, where that says something: never short is short infinitely late."""


class PlanError(UserError, ValueError):
    """A plan that cannot be made; the message says why, and what to write."""


@dataclass(frozen=True)
class Target:
    """What must hold of a metric in a future."""

    metric: str
    op: str
    bound: float

    def __str__(self) -> str:
        return f"{self.metric} {self.op} {self.bound:g}"

    def holds(self, metrics: Metrics) -> bool:
        """Does it hold in this future? Not where there is no such number."""
        value = metrics[self.metric]
        value = WHEN_NEVER.get(self.metric) if value is None else value
        return value is not None and COMPARISONS[self.op](value, self.bound)


def read_target(written: str) -> Target:
    """Which target is written? Raises PlanError where it is none."""
    match = GRAMMAR.fullmatch(written.strip())
    if match is None:
        raise PlanError(f'target "{written}": is none; write METRIC < NUMBER, as unserved_mw.mean < 500')
    return Target(match["name"], match["op"], float(match["bound"]))


def read_bar(probability: str | float, replications: int | None) -> Bar:
    """How often must the target hold, and how many futures are played to know?

    Raises PlanError where so many could never show it.
    """
    try:
        share = parse_quantity(probability, "share")
    except Wrong:
        share = -1.0
    if not 0 < share < 1:
        raise PlanError(
            f'probability "{probability}": is not between 0 % and 100 %; write a share such as 90 %'
        )
    needed = enough(share)
    n = max(FEWEST, 2 * needed) if replications is None else replications
    if n < needed:
        raise PlanError(
            f"replications {n}: are too few to show that a target holds in {_percent(share)} of futures;"
            f" take {needed} or more"
        )
    return Bar(share, n)


@dataclass(frozen=True)
class Plan:
    """The value of a lever that was sought, the interval in which it lies, and what that rests on."""

    scenario: str
    lever: Lever
    target: Target
    bar: Bar
    seed: int
    clock: Clock
    sought: Sought
    now: str
    """What stands at the lever's path in the scenario itself."""
    open_: int | None
    answer: int | None
    shown: int | None
    """The numbers of the values, in the order of the search, from which on the target is not ruled out to hold often
    enough, does so in the futures played, and is shown to; None where there is none."""
    tried: tuple[Tried, ...]
    """From low to high."""
    reversals: tuple[tuple[int, int], ...]
    """Values between which the target holds clearly less often where it should hold more often."""

    def value(self, index: int | None) -> str | None:
        """A value as it is written in a scenario."""
        return None if index is None else self.lever.values[index]

    @property
    def interval(self) -> tuple[str | None, str | None]:
        """Between which values does the answer lie with 95 % confidence, from low to high? None: not in the range."""
        ends = self.value(self.open_), self.value(self.shown)
        return ends if self.sought == "least" else (ends[1], ends[0])

    @property
    def best(self) -> Tried:
        """With which of the values tried does the target hold most often?"""
        return max(self.tried, key=lambda each: each.share)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        low, high = self.lever.values[0], self.lever.values[-1]
        easy, hard = (low, high) if self.sought == "least" else (high, low)
        often = f"{self.target} in {_percent(self.bar.probability)} of futures"
        if self.answer is None:
            best = self.best
            told = (
                f"No value from {low} to {high} will do: {often} is not reached; most often it holds at"
                f" {self.value(best.index)}, in {_percent(best.share)}"
            )
            return told + (f"; {self.value(self.open_)} is not ruled out" if self.open_ is not None else "")
        if self.value(self.answer) == easy:
            sure = "" if self.shown == self.answer else ", though the futures played do not show it for sure"
            return f"{easy}, the {self.sought} of the range, will do already: {often}{sure}"
        words = {"least": "At least", "most": "At most"}[self.sought]
        if self.shown is None:
            between = f"from {self.value(self.open_)} to beyond {hard}"
        else:
            between = f"{self.value(self.open_)} to {self.value(self.shown)}"
        return f"{words} {self.value(self.answer)} ({between}, 95 % confidence): {often}"

    def frame(self) -> pl.DataFrame:
        """A row for each value that was tried."""
        rows = self.told()["tried"]
        return pl.DataFrame([{**row, "low": row["ci95"][0], "high": row["ci95"][1]} for row in rows]).drop(
            "ci95"
        )

    def told(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "lever": self.lever.path,
            "from": self.lever.values[0],
            "to": self.lever.values[-1],
            "step": self.lever.step,
            "now": self.now,
            "target": str(self.target),
            "probability": self.bar.probability,
            "replications": self.bar.futures,
            "seed": self.seed,
            "engine": self.clock.engine,
            "sought": self.sought,
            "answer": self.value(self.answer),
            "ci95": list(self.interval),
            "verdict": self.verdict,
            "monotone": not self.reversals,
            "tried": [
                {
                    "value": self.value(each.index),
                    "replications": each.played,
                    "held": each.count,
                    "share": each.share,
                    "ci95": list(each.ci95),
                }
                for each in self.tried
            ],
        }


def plan(
    scenario: ScenarioFile,
    path: str,
    low: str,
    high: str,
    target: str,
    probability: str | float = "90 %",
    *,
    step: str | None = None,
    sought: Sought | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    progress: Progress | None = None,
) -> Plan:
    """The least (or most) of a lever, from `low` to `high`, with which a target holds in enough futures.

    Unless it is said which is `sought`, it is the least where the target holds more often at the upper end, and
    else the most. Raises PlanError, LeverError or ScenarioError for what cannot be asked, NoMetric for a target on
    none of the run's metrics, ValueError for numbers that cannot be, KeyboardInterrupt where the user stops it.
    """
    whole(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    if sought not in (None, "least", "most"):
        raise ValueError(f"sought={sought!r}: write least or most")
    if path.partition(".")[0] in OWN:
        raise PlanError(f"{path}: changes nothing in a future; name a key of what is simulated")
    wanted, bar = read_target(target), read_bar(probability, replications)
    range_ = lever(settable(scenario, path), low, high, step)
    for end in (range_.values[0], range_.values[-1]):
        try:
            moved(scenario, range_.path, end)  # what is wrong with it is told before anything is played
        except ScenarioError as error:
            raise ScenarioError(
                replace(each, file="--lever") if each.file == OVERRIDE.file else each for each in error.faults
            ) from None
    runs = bar.futures * TRIES
    with players(scenario, runs, seed=seed, workers=workers, engine=engine) as crew:

        def holds(values: Sequence[int], futures: range) -> dict[int, Truths]:
            """Play some futures with some values."""
            variants = {k: moved(scenario, range_.path, range_.values[k]) for k in values}
            found = crew.play(variants, futures)
            known = next(iter(found.values()))[0]
            if wanted.metric not in known:
                raise NoMetric(_no_metric(wanted.metric, known))
            return {k: np.array([wanted.holds(each) for each in found[k]], dtype=bool) for k in values}

        search = Search(len(range_.values), holds, bar, progress)
        sought = sought or ("least" if search.rises() else "most")
        found = search.find(sought)
    return Plan(
        scenario=scenario.title or scenario.name,
        lever=range_,
        target=wanted,
        bar=bar,
        seed=crew.seed,
        clock=crew.clock,
        sought=sought,
        now=standing(scenario, range_.path),
        open_=found[0],
        answer=found[1],
        shown=found[2],
        tried=tuple(search.tried[k] for k in sorted(search.tried)),
        reversals=tuple(search.reversals(sought)),
    )


def _no_metric(name: str, known: Metrics) -> str:
    """What is said to a target on a metric that the run does not have."""
    metric, _, statistic = name.rpartition(".")
    if metric in known and statistic in STATISTICS:
        return (
            f"target: {name} is a statistic over futures; write {metric}, which each future has,"
            " and how often it must hold as the probability"
        )
    return f"target: there is no metric {name}{near(name, known)}"


def _percent(share: float) -> str:
    """A share, in words."""
    return f"{100 * share:.3g} %"
