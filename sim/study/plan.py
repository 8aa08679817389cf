"""Plans: the least (or most) of a lever with which a target holds often enough, and the interval of this answer.

Values of the lever are known by their index in its range, k.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from math import inf
from typing import Any, Unpack

import numpy as np
import polars as pl

from sim.results.expectations import UnknownMetricError, unknown_metric_text
from sim.results.formatting import format_percent_3
from sim.results.integrals import Metrics
from sim.scenario.expectations import COMPARISONS, EXPECTATION_PATTERN, EXPECTATION_STATISTICS
from sim.scenario.faults import InvalidValueError, ScenarioError, UserError
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import STUDY_LEVEL_KEYS
from sim.scenario.units import parse_quantity
from sim.scenario.validation import OVERRIDE_PLACE
from sim.study.engines import EngineSelection
from sim.study.lever_range import LeverRange, parse_lever_range, set_lever, settable_path, value_at_path
from sim.study.options import RunKeywords, RunOptions
from sim.study.plan_search import (
    ChanceConstraint,
    Indicators,
    LeverSearch,
    SearchGoal,
    Trial,
    min_futures_to_confirm,
)
from sim.study.variants import VariantPlayer, variant_player

DEFAULT_FUTURES = 200
"""The number of futures in which a value is tried, where no other is stated."""
EXPECTED_TRIALS = 10
"""Roughly the number of values that a search tries."""
INFINITE_WHEN_NEVER = ("short.first_days", "milestone.*.days")
"""Patterns of the metrics that have no value where something never comes, which is infinitely late."""


class PlanError(UserError, ValueError):
    """A plan that cannot be made; the message says why, and what to write."""


@dataclass(frozen=True)
class Target:
    """A bound that a metric must keep in a future."""

    metric: str
    op: str
    bound: float

    def __str__(self) -> str:
        return f"{self.metric} {self.op} {self.bound:g}"

    def value_in(self, metrics: Metrics) -> float | None:
        """Return the value of the metric in a future with these metrics; None where it has none."""
        value = metrics[self.metric]
        if value is None and any(fnmatchcase(self.metric, pattern) for pattern in INFINITE_WHEN_NEVER):
            return inf
        return value

    def holds(self, metrics: Metrics) -> bool:
        """Whether it holds in a future with these metrics; not where the metric has no value."""
        value = self.value_in(metrics)
        return value is not None and COMPARISONS[self.op](value, self.bound)


def parse_target(text: str) -> Target:
    """Read a target, such as `unserved_mw.mean < 500`. Raises PlanError where it is none."""
    match = EXPECTATION_PATTERN.fullmatch(text.strip())
    if match is None:
        raise PlanError(f'target "{text}": is none; write METRIC < NUMBER, as unserved_mw.mean < 500')
    return Target(match["name"], match["op"], float(match["bound"]))


def parse_chance_constraint(probability: str | float, replications: int | None) -> ChanceConstraint:
    """Read how often the target must hold, and in how many futures that is tried.

    Raises PlanError for no share, and for too few futures to ever show it.
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
            f"replications {n}: are too few to show that a target holds in {format_percent_3(share)} of futures;"
            f" take {needed} or more"
        )
    return ChanceConstraint(share, n)


@dataclass(frozen=True)
class Plan:
    """The value of a lever that was sought, its 95 % interval, and the trials that these rest on."""

    scenario: str
    sha256: str
    """The hash of the resolved scenario."""
    lever: LeverRange
    target: Target
    constraint: ChanceConstraint
    seed: int
    engine_choice: EngineSelection
    sought: SearchGoal
    current_value: str
    """The value at the lever's path in the scenario itself."""
    first_open: int | None
    answer: int | None
    first_confident: int | None
    """The indices of the first values, in the order of the search, with which the target is not ruled out to hold
    often enough, does so in the futures played, and is shown to; None where there is none."""
    trials: tuple[Trial, ...]
    """From low to high."""
    without_value: Mapping[int, int]
    """By the index of a value, in how many of its futures the target does not hold since its metric has no value."""
    reversals: tuple[tuple[int, int], ...]
    """Pairs of values, in the order of the search, with the later of which the target holds clearly less often."""

    def lever_value(self, index: int | None) -> str | None:
        """Return a value as it is written in a scenario; None for no index."""
        return None if index is None else self.lever.values[index]

    @property
    def interval(self) -> tuple[str | None, str | None]:
        """The values between which the answer lies with 95 % confidence, from low to high; None beyond the range."""
        ends = self.lever_value(self.first_open), self.lever_value(self.first_confident)
        return ends if self.sought == "least" else (ends[1], ends[0])

    @property
    def best_trial(self) -> Trial:
        """The trial in which the target holds most often."""
        return max(self.trials, key=lambda each: each.share)

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        low, high = self.lever.values[0], self.lever.values[-1]
        easy, hard = (low, high) if self.sought == "least" else (high, low)
        often = f"{self.target} in {format_percent_3(self.constraint.probability)} of futures"
        if self.answer is None:
            best = self.best_trial
            most_often = (
                f"most often it holds at {self.lever_value(best.index)}, in {format_percent_3(best.share)}"
                f" of {best.n_futures:,} futures"
            )
            if self.first_open is None:
                return f"No value from {low} to {high} will do: {often} is not reached; {most_often}"
            return (
                f"No value from {low} to {high} reaches {often} in those played; {most_often}. That"
                f" {self.lever_value(self.first_open)} would with more futures is not ruled out"
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

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each value that was tried."""
        rows = self._trial_rows()
        return pl.DataFrame([{**row, "low": row["ci95"][0], "high": row["ci95"][1]} for row in rows]).drop(
            "ci95"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "sha256": self.sha256,
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
            "tried": self._trial_rows(),
        }

    def _trial_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "value": self.lever_value(each.index),
                "replications": each.n_futures,
                "held": each.n_held,
                "share": each.share,
                "ci95": list(each.ci95),
                "without_value": self.without_value[each.index],
            }
            for each in self.trials
        ]


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
    **keywords: Unpack[RunKeywords],
) -> Plan:
    """Find the least (or most) of a lever, from `low` to `high`, with which a target holds in enough futures.

    Unless it is stated which is `sought`, it is the least where the target holds more often at the upper end, and
    else the most. The keywords are those of `RunOptions`. Raises PlanError, LeverError or ScenarioError for what
    cannot be asked, UnknownMetricError for a target on none of the run's metrics, ValueError for numbers that cannot
    be, KeyboardInterrupt where the user stops it.
    """
    options = RunOptions(**keywords)
    if sought not in (None, "least", "most"):
        raise ValueError(f"sought={sought!r}: write least or most")
    if path.partition(".")[0] in STUDY_LEVEL_KEYS:
        raise PlanError(f"{path}: changes nothing in a future; name a key of what is simulated")
    parsed_target = parse_target(target)
    constraint = parse_chance_constraint(probability, options.replications)
    lever = parse_lever_range(settable_path(scenario, path), low, high, step)
    _check_lever_ends(scenario, lever)
    without_value: Counter[int] = Counter()
    with variant_player(scenario, constraint.futures * EXPECTED_TRIALS, options) as player:
        evaluate = partial(_evaluate_target, player, scenario, lever, parsed_target, without_value)
        search = LeverSearch(len(lever.values), evaluate, constraint, options.progress)
        sought = sought or ("least" if search.is_increasing() else "most")
        first_open, answer, first_confident = search.bisect(sought)
    if all(without_value[k] == trial.n_futures for k, trial in search.trials.items()):
        raise PlanError(
            f"target: {parsed_target.metric} has no value in any future, from {lever.values[0]} to"
            f" {lever.values[-1]}; name a metric that has one, as unserved_mw.mean"
        )
    return Plan(
        scenario=scenario.title or scenario.name,
        sha256=scenario.fingerprint(),
        lever=lever,
        target=parsed_target,
        constraint=constraint,
        seed=player.seed,
        engine_choice=player.engine_choice,
        sought=sought,
        current_value=value_at_path(scenario, lever.path),
        first_open=first_open,
        answer=answer,
        first_confident=first_confident,
        trials=tuple(search.trials[k] for k in sorted(search.trials)),
        without_value=without_value,
        reversals=tuple(search.reversals(sought)),
    )


def _check_lever_ends(scenario: ScenarioFile, lever: LeverRange) -> None:
    """Check that both ends of a range can stand in the scenario, before anything is played.

    Raises ScenarioError, whose faults are placed at the option `--lever`, where these values were written.
    """
    for end in (lever.values[0], lever.values[-1]):
        try:
            set_lever(scenario, lever.path, end)
        except ScenarioError as error:
            raise ScenarioError(
                replace(each, file="--lever") if each.file == OVERRIDE_PLACE.file else each
                for each in error.faults
            ) from None


def _evaluate_target(
    player: VariantPlayer,
    scenario: ScenarioFile,
    lever: LeverRange,
    target: Target,
    without_value: Counter[int],
    indices: Sequence[int],
    futures: range,
) -> dict[int, Indicators]:
    """Play some futures with some values of the lever, by their indices; return in which the target holds.

    Futures in which its metric has no value are counted in `without_value`, by index. Raises UnknownMetricError.
    """
    variants = {k: set_lever(scenario, lever.path, lever.values[k]) for k in indices}
    metrics = player.play(variants, futures)
    known = next(iter(metrics.values()))[0]
    if target.metric not in known:
        raise UnknownMetricError(_unknown_target_text(target.metric, known))
    for k in indices:
        without_value[k] += sum(target.value_in(each) is None for each in metrics[k])
    return {k: np.array([target.holds(each) for each in metrics[k]], dtype=bool) for k in indices}


def _unknown_target_text(name: str, metrics: Metrics) -> str:
    """State that a target is on no metric of a run, and what may have been meant."""
    metric, _, statistic = name.rpartition(".")
    if metric in metrics and statistic in EXPECTATION_STATISTICS:
        return (
            f"target: {name} is a statistic over futures; write {metric}, which each future has,"
            " and how often it must hold as the probability"
        )
    return f"target: {unknown_metric_text(name, metrics)}"
