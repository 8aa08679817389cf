"""Planning: what is the least of a lever with which a target holds, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import polars as pl

from sim.results.expectations import UnknownMetricError, suggest_metric
from sim.results.integrals import Metrics
from sim.scenario.expectations import COMPARISONS, EXPECTATION_PATTERN, EXPECTATION_STATISTICS
from sim.scenario.faults import InvalidValueError, ScenarioError, UserError
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import STUDY_LEVEL_KEYS
from sim.scenario.units import parse_quantity
from sim.scenario.validation import OVERRIDE_PLACE
from sim.study.engines import EngineSelection
from sim.study.lever_range import LeverRange, parse_lever_range, set_lever, settable_path, value_at_path
from sim.study.options import check_whole_numbers
from sim.study.plan_search import (
    ChanceConstraint,
    Indicators,
    LeverSearch,
    SearchGoal,
    Trial,
    min_futures_to_confirm,
)
from sim.study.replications import ProgressCallback
from sim.study.variants import variant_player

DEFAULT_FUTURES = 200
"""So many futures are played of a value, where nothing else is said."""
EXPECTED_TRIALS = 10
"""So many values are tried, roughly."""
VALUE_WHEN_NEVER: dict[str, float] = {"short.first_days": inf}
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
        value = VALUE_WHEN_NEVER.get(self.metric) if value is None else value
        return value is not None and COMPARISONS[self.op](value, self.bound)


def parse_target(text: str) -> Target:
    """Which target is written? Raises PlanError where it is none."""
    match = EXPECTATION_PATTERN.fullmatch(text.strip())
    if match is None:
        raise PlanError(f'target "{text}": is none; write METRIC < NUMBER, as unserved_mw.mean < 500')
    return Target(match["name"], match["op"], float(match["bound"]))


def parse_chance_constraint(probability: str | float, replications: int | None) -> ChanceConstraint:
    """How often must the target hold, and how many futures are played to know?

    Raises PlanError where so many could never show it.
    """
    try:
        share = parse_quantity(probability, "share")
    except InvalidValueError:
        share = -1.0
    if not 0 < share < 1:
        raise PlanError(
            f'probability "{probability}": is not between 0 % and 100 %; write a share such as 90 %'
        )
    needed = min_futures_to_confirm(share)
    n = max(DEFAULT_FUTURES, 2 * needed) if replications is None else replications
    if n < needed:
        raise PlanError(
            f"replications {n}: are too few to show that a target holds in {_percent(share)} of futures;"
            f" take {needed} or more"
        )
    return ChanceConstraint(share, n)


@dataclass(frozen=True)
class Plan:
    """The value of a lever that was sought, the interval in which it lies, and what that rests on."""

    scenario: str
    lever: LeverRange
    target: Target
    constraint: ChanceConstraint
    seed: int
    engine_choice: EngineSelection
    sought: SearchGoal
    current_value: str
    """What stands at the lever's path in the scenario itself."""
    first_open: int | None
    answer: int | None
    first_confident: int | None
    """The numbers of the values, in the order of the search, from which on the target is not ruled out to hold often
    enough, does so in the futures played, and is shown to; None where there is none."""
    trials: tuple[Trial, ...]
    """From low to high."""
    reversals: tuple[tuple[int, int], ...]
    """Values between which the target holds clearly less often where it should hold more often."""

    def lever_value(self, index: int | None) -> str | None:
        """A value as it is written in a scenario."""
        return None if index is None else self.lever.values[index]

    @property
    def interval(self) -> tuple[str | None, str | None]:
        """Between which values does the answer lie with 95 % confidence, from low to high? None: not in the range."""
        ends = self.lever_value(self.first_open), self.lever_value(self.first_confident)
        return ends if self.sought == "least" else (ends[1], ends[0])

    @property
    def best_trial(self) -> Trial:
        """With which of the values tried does the target hold most often?"""
        return max(self.trials, key=lambda each: each.share)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        low, high = self.lever.values[0], self.lever.values[-1]
        easy, hard = (low, high) if self.sought == "least" else (high, low)
        often = f"{self.target} in {_percent(self.constraint.probability)} of futures"
        if self.answer is None:
            best = self.best_trial
            told = (
                f"No value from {low} to {high} will do: {often} is not reached; most often it holds at"
                f" {self.lever_value(best.index)}, in {_percent(best.share)}"
            )
            return told + (
                f"; {self.lever_value(self.first_open)} is not ruled out"
                if self.first_open is not None
                else ""
            )
        if self.lever_value(self.answer) == easy:
            sure = (
                ""
                if self.first_confident == self.answer
                else ", though the futures played do not show it for sure"
            )
            return f"{easy}, the {self.sought} of the range, will do already: {often}{sure}"
        words = {"least": "At least", "most": "At most"}[self.sought]
        if self.first_confident is None:
            between = f"from {self.lever_value(self.first_open)} to beyond {hard}"
        else:
            between = f"{self.lever_value(self.first_open)} to {self.lever_value(self.first_confident)}"
        return f"{words} {self.lever_value(self.answer)} ({between}, 95 % confidence): {often}"

    def frame(self) -> pl.DataFrame:
        """A row for each value that was tried."""
        rows = self.to_dict()["tried"]
        return pl.DataFrame([{**row, "low": row["ci95"][0], "high": row["ci95"][1]} for row in rows]).drop(
            "ci95"
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "lever": self.lever.path,
            "from": self.lever.values[0],
            "to": self.lever.values[-1],
            "step": self.lever.step,
            "now": self.current_value,
            "target": str(self.target),
            "probability": self.constraint.probability,
            "replications": self.constraint.futures,
            "seed": self.seed,
            "engine": self.engine_choice.engine,
            "sought": self.sought,
            "answer": self.lever_value(self.answer),
            "ci95": list(self.interval),
            "verdict": self.verdict,
            "monotone": not self.reversals,
            "tried": [
                {
                    "value": self.lever_value(each.index),
                    "replications": each.n_futures,
                    "held": each.n_held,
                    "share": each.share,
                    "ci95": list(each.ci95),
                }
                for each in self.trials
            ],
        }


def plan_lever(
    scenario: ScenarioFile,
    path: str,
    low: str,
    high: str,
    target: str,
    probability: str | float = "90 %",
    *,
    step: str | None = None,
    sought: SearchGoal | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    progress: ProgressCallback | None = None,
) -> Plan:
    """The least (or most) of a lever, from `low` to `high`, with which a target holds in enough futures.

    Unless it is said which is `sought`, it is the least where the target holds more often at the upper end, and
    else the most. Raises PlanError, LeverError or ScenarioError for what cannot be asked, NoMetric for a target on
    none of the run's metrics, ValueError for numbers that cannot be, KeyboardInterrupt where the user stops it.
    """
    check_whole_numbers(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    if sought not in (None, "least", "most"):
        raise ValueError(f"sought={sought!r}: write least or most")
    if path.partition(".")[0] in STUDY_LEVEL_KEYS:
        raise PlanError(f"{path}: changes nothing in a future; name a key of what is simulated")
    wanted, bar = parse_target(target), parse_chance_constraint(probability, replications)
    range_ = parse_lever_range(settable_path(scenario, path), low, high, step)
    for end in (range_.values[0], range_.values[-1]):
        try:
            set_lever(scenario, range_.path, end)  # what is wrong with it is told before anything is played
        except ScenarioError as error:
            raise ScenarioError(
                replace(each, file="--lever") if each.file == OVERRIDE_PLACE.file else each
                for each in error.faults
            ) from None
    runs = bar.futures * EXPECTED_TRIALS
    with variant_player(scenario, runs, seed=seed, workers=workers, engine=engine) as crew:

        def holds(values: Sequence[int], futures: range) -> dict[int, Indicators]:
            """Play some futures with some values."""
            variants = {k: set_lever(scenario, range_.path, range_.values[k]) for k in values}
            found = crew.play(variants, futures)
            known = next(iter(found.values()))[0]
            if wanted.metric not in known:
                raise UnknownMetricError(_unknown_metric_message(wanted.metric, known))
            return {k: np.array([wanted.holds(each) for each in found[k]], dtype=bool) for k in values}

        search = LeverSearch(len(range_.values), holds, bar, progress)
        sought = sought or ("least" if search.is_increasing() else "most")
        found = search.bisect(sought)
    return Plan(
        scenario=scenario.title or scenario.name,
        lever=range_,
        target=wanted,
        constraint=bar,
        seed=crew.seed,
        engine_choice=crew.engine_choice,
        sought=sought,
        current_value=value_at_path(scenario, range_.path),
        first_open=found[0],
        answer=found[1],
        first_confident=found[2],
        trials=tuple(search.trials[k] for k in sorted(search.trials)),
        reversals=tuple(search.reversals(sought)),
    )


def _unknown_metric_message(name: str, metrics: Metrics) -> str:
    """What is said to a target on a metric that the run does not have."""
    metric, _, statistic = name.rpartition(".")
    if metric in metrics and statistic in EXPECTATION_STATISTICS:
        return (
            f"target: {name} is a statistic over futures; write {metric}, which each future has,"
            " and how often it must hold as the probability"
        )
    return f"target: there is no metric {name}{suggest_metric(name, metrics)}"


def _percent(share: float) -> str:
    """A share, in words."""
    return f"{100 * share:.3g} %"
