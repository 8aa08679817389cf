"""Does the simulation find what is known exactly?

A case is a scenario like a user's, played by the same path as a user's, with exact values for some of its metrics
or for what its tables say. A value holds if the exact one lies within the interval of the simulated mean, and if
that interval is so tight that a wrong rule could not pass.
"""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.model.run import Engine
from sim.results.integrals import Metrics
from sim.results.statistics import t_half_width
from sim.results.tables import TableSelection
from sim.scenario.faults import Place
from sim.scenario.reading import validate_scenario
from sim.scenario.yaml_reader import to_node
from sim.study.executors import (
    available_cores,
    report_broken_pool,
    results_as_completed,
    stop_on_interrupt,
    worker_pool,
)
from sim.study.replications import ProgressCallback, RunTask, batch_ranges, play_batch
from sim.verify.estimators import Estimator

REPLICATION_MULTIPLIERS: dict[Engine, int] = {"simpy": 1, "compiled": 2}
"""The clocks of the market, and how many times the replications of a case are played on each."""

FAMILYWISE_ERROR_RATE = 1 / 2000
"""How often may a right simulator fail where all cases are played on all clocks? Half of what is said to users,
since the mean of many replications is only nearly normal."""

ROUNDING_TOLERANCE = 1e-9
"""What a float may be off, as a share of the exact value, where every replication gives the same."""


@dataclass(frozen=True)
class ExactCheck:
    """One exact value: of a metric, of the product of several, or of what is read in the tables.

    `within` is how wide the interval may be to either side, as a share of the exact value. `rivals` are values
    that wrong rules would give, by name; all have to lie outside the interval.
    """

    label: str
    formula: str
    estimator: str | tuple[str, ...] | Estimator
    exact: float
    tolerance: float = 0.02
    rivals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReferenceCase:
    """A scenario, as the keys of its file, and what is known exactly about it."""

    name: str
    scenario: Mapping[str, Any]
    checks: tuple[ExactCheck, ...]


@dataclass(frozen=True)
class CheckResult:
    """What the simulation says to a check: the mean over the replications, and half the width of its interval."""

    check: ExactCheck
    mean: float
    half_width: float
    replications: int

    @property
    def contains_exact(self) -> bool:
        """Does the interval contain the exact value?"""
        return abs(self.mean - self.check.exact) <= max(
            self.half_width, ROUNDING_TOLERANCE * abs(self.check.exact)
        )

    @property
    def is_tight(self) -> bool:
        """Is the interval as tight as it should be, and does it leave out every rival?"""
        apart = all(abs(self.mean - rival) > self.half_width for rival in self.check.rivals.values())
        return self.half_width <= self.check.tolerance * abs(self.check.exact) and apart

    @property
    def verdict(self) -> str:
        """Is it as the formula says, is it not, or can this not be said?"""
        return ("exact" if self.is_tight else "too wide") if self.contains_exact else "WRONG"

    def __str__(self) -> str:
        check = self.check
        return (
            f"{check.label} ({check.formula}): exact {check.exact:.5g}, simulated {self.mean:.5g}"
            f" +- {self.half_width:.2g}, {self.half_width / abs(check.exact):.1%} of at most {check.tolerance:.0%}: {self.verdict}"
        )


@dataclass(frozen=True)
class CaseResult:
    """What one clock says to a case: its findings, and every metric as one value a replication."""

    case: str
    engine: Engine
    check_results: list[CheckResult]
    values: Mapping[str, Sequence[float | None]]


def bonferroni_confidence_level(cases: Iterable[ReferenceCase]) -> float:
    """Of what confidence is each interval, so that all of all cases, on all clocks, seldom fail by chance?

    The chance is split evenly (Bonferroni), and always by all cases, so that a case picked alone is judged alike.
    """
    return 1 - FAMILYWISE_ERROR_RATE / (
        len(REPLICATION_MULTIPLIERS) * sum(len(case.checks) for case in cases)
    )


def verify_cases(
    cases: Sequence[ReferenceCase],
    engines: Sequence[Engine],
    confidence_level: float,
    *,
    replications: int | None = None,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> list[CaseResult]:
    """What do the clocks say to the cases? In the order of the cases, whoever plays them.

    Without `replications`, as many as each case asks for. A Ctrl-C ends it after what has begun, and gives the
    cases that are finished. Raises UserError where a worker died.
    """
    asked = [(case, clock) for case in cases for clock in engines]
    sizes = [
        replications or REPLICATION_MULTIPLIERS[clock] * int(case.scenario["replications"])
        for case, clock in asked
    ]
    sent = [pickle.dumps(each) for each in asked]
    todo = [(k, sent[k], part) for k, size in enumerate(sizes) for part in batch_ranges(size)]
    todo.sort(key=lambda piece: engines.index(asked[piece[0]][1]))
    todo = [todo[-1], *todo[:-1]]  # one worker waits for the compiler, while the others play on SimPy's clock
    played: list[dict[int, Metrics]] = [{} for _ in asked]
    with (
        report_broken_pool(remedy="try fewer --workers"),
        stop_on_interrupt() as stop,
        worker_pool(min(available_cores() if workers is None else workers, len(todo))) as who,
    ):
        for (k, _, part), found in results_as_completed(who, _play_case, todo, stop):
            played[k] |= zip(part, found, strict=True)
            if progress is not None:
                progress(sum(map(len, played)), sum(sizes))
    return [
        evaluate_case(case, clock, [of[replication] for replication in range(size)], confidence_level)
        for (case, clock), of, size in zip(asked, played, sizes, strict=True)
        if len(of) == size
    ]


def _play_case(chunk: tuple[int, bytes, range]) -> list[Metrics]:
    """Some replications of a case on a clock: their metrics, and what its checks read in their tables."""
    _, sent, replications = chunk
    case, task = _load_task(sent)
    batch = play_batch(task, replications)
    for check in case.checks:
        if callable(check.estimator):
            read = check.estimator(task.scenario, batch.tables)
            for metrics, value in zip(batch.metrics, read, strict=True):
                metrics[check.label] = value
    return batch.metrics


@lru_cache(maxsize=4)
def _load_task(pickled_case: bytes) -> tuple[ReferenceCase, RunTask]:
    """A case and how it is played on a clock, with the tables that its checks read."""
    case, clock = pickle.loads(pickled_case)
    scenario = validate_scenario(to_node(case.scenario, Place(case.name)), Path(f"{case.name}.yaml"), {})
    tables: TableSelection = "all" if any(callable(check.estimator) for check in case.checks) else "none"
    return case, RunTask(scenario, scenario.seed, tables, engine=clock)


def evaluate_case(
    case: ReferenceCase, engine: Engine, metrics_by_replication: Sequence[Metrics], confidence_level: float
) -> CaseResult:
    """What do the replications of a case say to each of its checks?"""
    values = {
        name: [metrics[name] for metrics in metrics_by_replication] for name in metrics_by_replication[0]
    }
    return CaseResult(
        case.name, engine, [evaluate_check(check, values, confidence_level) for check in case.checks], values
    )


def evaluate_check(
    check: ExactCheck, values: Mapping[str, Sequence[float | None]], confidence_level: float
) -> CheckResult:
    """What do the replications say to a check? By Student's t over them."""
    names = (
        (check.label,)
        if callable(check.estimator)
        else (check.estimator,)
        if isinstance(check.estimator, str)
        else check.estimator
    )
    read = np.array([values[name] for name in names], dtype=np.float64).prod(axis=0)
    half_width = t_half_width(float(read.std(ddof=1)), len(read), confidence_level)
    return CheckResult(check, float(read.mean()), half_width, len(read))


def differing_metrics(results: Iterable[CaseResult]) -> dict[str, list[str]]:
    """By case: which metrics differ between the clocks, in the replications that both played?

    The clocks face the same futures there, so that not a bit may differ.
    """
    by_case: dict[str, list[CaseResult]] = {}
    for each in results:
        by_case.setdefault(each.case, []).append(each)
    return {
        case: names
        for case, played in by_case.items()
        if (names := [name for name in played[0].values if _metric_differs(name, played)])
    }


def _metric_differs(metric: str, results: Sequence[CaseResult]) -> bool:
    both = min(len(each.values[metric]) for each in results)
    return any(each.values[metric][:both] != results[0].values[metric][:both] for each in results)


# What is read in the tables
