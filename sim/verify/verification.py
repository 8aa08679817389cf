"""Verification: reference cases are simulated, and the means of replications compared with exact values.

A case is a scenario like a user's, simulated by the same code as a user's, with exact values for some of its metrics
or for functions of its tables. A check holds if the exact value lies within the confidence interval of the simulated
mean, and if that interval is so narrow that the values of known wrong rules lie outside it.
"""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.model.run import Engine
from sim.results.formatting import format_significant
from sim.results.integrals import Metrics
from sim.results.statistics import t_half_width
from sim.results.tables import TableSelection
from sim.scenario.faults import Place
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import to_node
from sim.study.executors import (
    available_cores,
    report_broken_pool,
    results_as_completed,
    worker_pool,
)
from sim.study.interrupts import stop_on_interrupt
from sim.study.replications import ProgressCallback, RunTask, batch_ranges, play_batch
from sim.verify.estimators import Estimator

REPLICATION_MULTIPLIERS: dict[Engine, int] = {"simpy": 1, "compiled": 2}
"""By engine, how many times the replications of a case are simulated on it: the compiled one is faster."""

FAMILYWISE_ERROR_RATE = 1 / 2000
"""The probability that a correct simulator fails any check, where all cases are simulated on all engines.

Half of what users are told, since the mean of many replications is only nearly normal.
"""

ROUNDING_TOLERANCE = 1e-9
"""The rounding error allowed, as a share of the exact value, where every replication gives the same number."""


@dataclass(frozen=True)
class ExactCheck:
    """One exact value: of a metric, of the product of several metrics, or of a function of the tables.

    `tolerance` is the largest half-width that the interval may have, as a share of the exact value. `rivals` are
    values that wrong rules would give, by name; all have to lie outside the interval.
    """

    label: str
    formula: str
    estimator: str | tuple[str, ...] | Estimator
    exact: float
    tolerance: float = 0.02
    rivals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ReferenceCase:
    """A scenario, as the keys of its file, and the exact values known of it."""

    name: str
    scenario: Mapping[str, Any]
    checks: tuple[ExactCheck, ...]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check on one engine: the mean over the replications, and the half-width of its interval."""

    check: ExactCheck
    mean: float
    half_width: float
    replications: int

    @property
    def contains_exact(self) -> bool:
        """Whether the interval contains the exact value."""
        return abs(self.mean - self.check.exact) <= max(
            self.half_width, ROUNDING_TOLERANCE * abs(self.check.exact)
        )

    @property
    def is_tight(self) -> bool:
        """Whether the interval is within the tolerance, and contains the value of no wrong rule."""
        excludes_rivals = all(
            abs(self.mean - rival) > self.half_width for rival in self.check.rivals.values()
        )
        return self.half_width <= self.check.tolerance * abs(self.check.exact) and excludes_rivals

    @property
    def verdict(self) -> str:
        """`exact`; `WRONG` where the exact value is outside the interval; `too wide` where it is not tight."""
        return ("exact" if self.is_tight else "too wide") if self.contains_exact else "WRONG"

    def __str__(self) -> str:
        check = self.check
        return (
            f"{check.label} ({check.formula}): exact {format_significant(check.exact, 5)}, simulated"
            f" {format_significant(self.mean, 5)} +- {format_significant(self.half_width, 2)},"
            f" {self.half_width / abs(check.exact):.1%} of at most {check.tolerance:.0%}: {self.verdict}"
        )


@dataclass(frozen=True)
class CaseResult:
    """The outcome of a case on one engine: of each check, and of every metric one value for each replication."""

    case: str
    engine: Engine
    check_results: list[CheckResult]
    values: Mapping[str, Sequence[float | None]]


def bonferroni_confidence_level(cases: Iterable[ReferenceCase]) -> float:
    """Confidence level of each interval, so that all checks of `cases` on all engines keep the familywise error rate.

    The error rate is split evenly (Bonferroni). Give all cases, whichever are simulated, so that a case is judged
    alike when it is selected alone.
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
    """Simulate cases on engines and evaluate their checks; in the order of the cases, then of the engines.

    Without `replications`, as many as each case asks for. A Ctrl-C ends it after the batches that have begun, and
    returns the cases that are finished. Raises UserError where a worker died.
    """
    tasks = [(case, engine) for case in cases for engine in engines]
    sizes = [
        replications or REPLICATION_MULTIPLIERS[engine] * int(case.scenario["replications"])
        for case, engine in tasks
    ]
    pickled = [pickle.dumps(task) for task in tasks]
    chunks = [(k, pickled[k], batch) for k, size in enumerate(sizes) for batch in batch_ranges(size)]
    chunks.sort(key=lambda chunk: engines.index(tasks[chunk[0]][1]))
    # the last engine's last batch first: one worker waits for the compiler while the others use SimPy's clock
    chunks = [chunks[-1], *chunks[:-1]]
    finished: list[dict[int, Metrics]] = [{} for _ in tasks]
    n_workers = min(available_cores() if workers is None else workers, len(chunks))
    with (
        report_broken_pool(remedy="try fewer --workers"),
        stop_on_interrupt() as stop,
        worker_pool(n_workers) as pool,
    ):
        for (k, _, batch), metrics in results_as_completed(pool, _play_case, chunks, stop):
            finished[k] |= zip(batch, metrics, strict=True)
            if progress is not None:
                progress(sum(map(len, finished)), sum(sizes))
    return [
        # batches end in any order; the mean of floats depends on it, so that it is taken by replication number
        evaluate_case(case, engine, [metrics[replication] for replication in range(size)], confidence_level)
        for (case, engine), metrics, size in zip(tasks, finished, sizes, strict=True)
        if len(metrics) == size
    ]


def _play_case(chunk: tuple[int, bytes, range]) -> list[Metrics]:
    """Simulate a batch of a case; returns the metrics of each replication, and among them its checks of tables."""
    _, pickled_case, replications = chunk
    case, task = _load_task(pickled_case)
    batch = play_batch(task, replications)
    for check in case.checks:
        if callable(check.estimator):
            estimates = check.estimator(task.scenario, batch.tables)
            for metrics, value in zip(batch.metrics, estimates, strict=True):
                metrics[check.label] = value
    return batch.metrics


@lru_cache(maxsize=4)
def _load_task(pickled_case: bytes) -> tuple[ReferenceCase, RunTask]:
    """Unpickle a case and its engine, and prepare the run with the tables that its checks read."""
    case, engine = pickle.loads(pickled_case)
    scenario = ScenarioFile.from_node(to_node(case.scenario, Place(case.name)), Path(f"{case.name}.yaml"), {})
    tables: TableSelection = "all" if any(callable(check.estimator) for check in case.checks) else "none"
    return case, RunTask(scenario, scenario.seed, tables, engine=engine)


def evaluate_case(
    case: ReferenceCase, engine: Engine, metrics_by_replication: Sequence[Metrics], confidence_level: float
) -> CaseResult:
    """Evaluate the checks of a case from the metrics of its replications."""
    values = {
        name: [metrics[name] for metrics in metrics_by_replication] for name in metrics_by_replication[0]
    }
    return CaseResult(
        case.name, engine, [evaluate_check(check, values, confidence_level) for check in case.checks], values
    )


def evaluate_check(
    check: ExactCheck, values: Mapping[str, Sequence[float | None]], confidence_level: float
) -> CheckResult:
    """Compare a check with the mean over the replications and its interval by Student's t.

    A check of a product multiplies the metrics of each replication, before the mean is taken.
    """
    names = (
        (check.label,)
        if callable(check.estimator)
        else (check.estimator,)
        if isinstance(check.estimator, str)
        else check.estimator
    )
    estimates = np.array([values[name] for name in names], dtype=np.float64).prod(axis=0)
    half_width = t_half_width(float(estimates.std(ddof=1)), len(estimates), confidence_level)
    return CheckResult(check, float(estimates.mean()), half_width, len(estimates))


def differing_metrics(results: Iterable[CaseResult]) -> dict[str, list[str]]:
    """List by case the metrics that differ between the engines, in the replications simulated on both.

    These have the same random draws on both, so that not a bit may differ. Cases without a difference are left out.
    """
    by_case: dict[str, list[CaseResult]] = {}
    for each in results:
        by_case.setdefault(each.case, []).append(each)
    return {
        case: names
        for case, by_engine in by_case.items()
        if (names := [name for name in by_engine[0].values if _metric_differs(name, by_engine)])
    }


def _metric_differs(metric: str, results: Sequence[CaseResult]) -> bool:
    n_common = min(len(each.values[metric]) for each in results)
    return any(each.values[metric][:n_common] != results[0].values[metric][:n_common] for each in results)
