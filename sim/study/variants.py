"""Variants of a scenario in the same futures: what does each come to, replication by replication?"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sim.model.metrics import Metrics
from sim.scenario.schema import ScenarioFile
from sim.study.clocks import Clock, clock
from sim.study.executors import Crew, Stop, cores, crew, finished, stoppable
from sim.study.replications import Piece, Progress, Task, compiled_once, kind_of, play_piece
from sim.study.store import OutError

Key = TypeVar("Key")


@dataclass(frozen=True)
class Players:
    """Those who play variants of a scenario, all from one seed, for as long as a study asks."""

    hands: Crew
    stop: Stop
    seed: int
    clock: Clock

    def play(
        self,
        variants: Mapping[Key, ScenarioFile],
        replications: range,
        progress: Progress | None = None,
    ) -> dict[Key, list[Metrics]]:
        """The metrics of each replication of each variant. Raises KeyboardInterrupt where the user stops it."""
        size = max(1, -(-len(replications) // (2 * self.hands.hands())))
        parts = [replications[k : k + size] for k in range(0, len(replications), size)]
        found: dict[tuple[int, range], list[Metrics]] = {}
        todo = (
            Piece(k, task, part) for k, task in enumerate(self._tasks(variants.values())) for part in parts
        )
        done, total = 0, len(variants) * len(replications)
        try:
            for piece, batch in finished(self.hands, play_piece, todo, self.stop):
                found[piece.which, piece.replications] = batch.metrics
                done += len(piece.replications)
                if progress is not None:
                    progress(done, total)
        except BrokenExecutor:
            raise OutError("a worker died, perhaps for want of memory; try fewer workers") from None
        if self.stop.asked:
            raise KeyboardInterrupt
        return {key: [each for part in parts for each in found[k, part]] for k, key in enumerate(variants)}

    def _tasks(self, scenarios: Iterable[ScenarioFile]) -> Iterator[Task | bytes]:
        """What each variant asks of those who play, packed where it must travel."""
        for scenario in scenarios:
            task = Task(scenario, self.seed, "none", engine=self.clock.engine)
            yield pickle.dumps(task) if self.hands.remote else task


@contextmanager
def players(
    scenario: ScenarioFile,
    runs: int,
    *,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
) -> Iterator[Players]:
    """Take on those who play about so many runs of variants of a scenario; by default one a processor."""
    on = clock(engine, [scenario], runs)
    task = Task(scenario, scenario.seed if seed is None else seed, "none", engine=on.engine)
    size = cores() if workers is None else workers
    compiled_once(task)
    with stoppable() as stop, crew(size, kind_of([task])) as hands:
        yield Players(hands, stop, task.seed, on)
