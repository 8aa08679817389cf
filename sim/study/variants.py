"""Variants of a scenario in the same futures: what does each come to, replication by replication?"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.results.files import OutputError
from sim.results.integrals import Metrics
from sim.scenario.schema import ScenarioFile
from sim.study.engines import EngineSelection, choose_engine
from sim.study.executors import (
    StopRequest,
    WorkerPool,
    available_cores,
    results_as_completed,
    stop_on_interrupt,
    worker_pool,
)
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
    """Those who play variants of a scenario, all from one seed, for as long as a study asks."""

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
        """The metrics of each replication of each variant. Raises KeyboardInterrupt where the user stops it."""
        size = max(1, -(-len(replications) // (2 * self.pool.n_workers())))
        parts = [replications[k : k + size] for k in range(0, len(replications), size)]
        found: dict[tuple[int, range], list[Metrics]] = {}
        todo = (
            BatchTask(k, task, part)
            for k, task in enumerate(self._tasks(variants.values()))
            for part in parts
        )
        done, total = 0, len(variants) * len(replications)
        try:
            for piece, batch in results_as_completed(self.pool, play_batch_task, todo, self.stop):
                found[piece.task_index, piece.replications] = batch.metrics
                done += len(piece.replications)
                if progress is not None:
                    progress(done, total)
        except BrokenExecutor:
            raise OutputError("a worker died, perhaps for want of memory; try fewer workers") from None
        if self.stop.requested:
            raise KeyboardInterrupt
        return {key: [each for part in parts for each in found[k, part]] for k, key in enumerate(variants)}

    def _tasks(self, scenarios: Iterable[ScenarioFile]) -> Iterator[RunTask | bytes]:
        """What each variant asks of those who play, packed where it must travel."""
        for scenario in scenarios:
            task = RunTask(scenario, self.seed, "none", engine=self.engine_choice.engine)
            yield pickle.dumps(task) if self.pool.remote else task


@contextmanager
def variant_player(
    scenario: ScenarioFile,
    runs: int,
    *,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
) -> Iterator[VariantPlayer]:
    """Take on those who play about so many runs of variants of a scenario; by default one a processor."""
    on = choose_engine(engine, [scenario], runs)
    task = RunTask(scenario, scenario.seed if seed is None else seed, "none", engine=on.engine)
    size = available_cores() if workers is None else workers
    compile_once(task)
    with stop_on_interrupt() as stop, worker_pool(size, pool_kind([task])) as hands:
        yield VariantPlayer(hands, stop, task.seed, on)
