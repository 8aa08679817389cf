"""Variants of a scenario, played with common random numbers: the metrics of each, replication by replication."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.results.integrals import Metrics
from sim.scenario.schema import ScenarioFile
from sim.study.engines import EngineSelection, choose_engine
from sim.study.executors import (
    WorkerPool,
    available_cores,
    report_broken_pool,
    results_as_completed,
    worker_pool,
)
from sim.study.interrupts import StopRequest, stop_on_interrupt
from sim.study.options import RunOptions
from sim.study.replications import (
    BatchTask,
    ProgressCallback,
    RunTask,
    compile_once,
    play_batch_task,
    pool_kind,
)

VariantKey = TypeVar("VariantKey")


@dataclass(frozen=True)
class VariantPlayer:
    """A pool that plays variants of a scenario, all from one seed, as often as a study asks."""

    pool: WorkerPool
    stop: StopRequest
    seed: int
    engine_choice: EngineSelection

    def play(
        self,
        variants: Mapping[VariantKey, ScenarioFile],
        replications: range,
        progress: ProgressCallback | None = None,
    ) -> dict[VariantKey, list[Metrics]]:
        """Play some replications of each variant, and return the metrics of each in their order.

        Raises KeyboardInterrupt where the user stops it, OutputError where a worker dies.
        """
        size = max(1, -(-len(replications) // (2 * self.pool.n_workers())))
        parts = [replications[k : k + size] for k in range(0, len(replications), size)]
        metrics: dict[tuple[int, range], list[Metrics]] = {}
        batch_tasks = (
            BatchTask(k, task, part)
            for k, task in enumerate(self._tasks(variants.values()))
            for part in parts
        )
        done, total = 0, len(variants) * len(replications)
        with report_broken_pool():
            for batch_task, batch in results_as_completed(self.pool, play_batch_task, batch_tasks, self.stop):
                metrics[batch_task.task_index, batch_task.replications] = batch.metrics
                done += len(batch_task.replications)
                if progress is not None:
                    progress(done, total)
        if self.stop.requested:
            raise KeyboardInterrupt
        return {key: [each for part in parts for each in metrics[k, part]] for k, key in enumerate(variants)}

    def _tasks(self, scenarios: Iterable[ScenarioFile]) -> Iterator[RunTask | bytes]:
        """Yield the task of each variant, pickled where it goes to another process."""
        for scenario in scenarios:
            task = RunTask(scenario, self.seed, "none", engine=self.engine_choice.engine)
            yield pickle.dumps(task) if self.pool.remote else task


@contextmanager
def variant_player(scenario: ScenarioFile, runs: int, options: RunOptions) -> Iterator[VariantPlayer]:
    """Open a pool that plays about so many runs of variants of a scenario, which decides the engine."""
    engine_choice = choose_engine(options.engine, [scenario], runs)
    task = RunTask(scenario, options.seed_of(scenario), "none", engine=engine_choice.engine)
    n_workers = available_cores() if options.workers is None else options.workers
    compile_once(task)
    with stop_on_interrupt() as stop, worker_pool(n_workers, pool_kind([task])) as pool:
        yield VariantPlayer(pool, stop, task.seed, engine_choice)
