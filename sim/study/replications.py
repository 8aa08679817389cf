"""Many replications of a scenario: in this process, or in a pool of processes, a batch at a time.

The batches depend only on how many replications there are, never on the workers, so the results do not either.
"""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import polars as pl

from sim.model.metrics import Metrics, metrics, window
from sim.model.own import Answer, Policy
from sim.model.run import Engine, play
from sim.model.series import backlog, capacity, series
from sim.scenario.schema import ScenarioFile
from sim.study import bands, frames
from sim.study.executors import Stop, cores, crew, finished
from sim.study.frames import Frames

Tables = Literal["all", "summary", "none"]
Progress = Callable[[int, int], None]
"""Told how many replications are done, of how many."""

LARGEST_BATCH = 25


@dataclass(frozen=True)
class Task:
    """What every replication of a study has in common."""

    scenario: ScenarioFile
    seed: int
    tables: Tables
    policy: Policy | None = None
    answer: Answer | None = None
    engine: Engine = "simpy"


@dataclass(frozen=True)
class Batch:
    """Some replications that are finished: their numbers, their metrics, and their tables joined."""

    replications: range
    metrics: list[Metrics]
    frames: Frames


def batches(n: int) -> list[range]:
    """Which replications are played together? At most 64 batches, or as many as their largest size asks for."""
    size = min(LARGEST_BATCH, max(1, -(-n // 64)))
    return [range(first, min(first + size, n)) for first in range(0, n, size)]


def play_batch(task: Task, replications: range) -> Batch:
    """Play some replications, one after the other."""
    scenario, found = task.scenario, []
    parts: dict[str, list[pl.DataFrame]] = {}
    for replication in replications:
        run = play(scenario, task.seed, replication, task.policy, task.answer, task.engine)
        changes = series(run)
        values = metrics(run, changes, window(run, scenario.measure_from, scenario.report_at))
        found.append(values)
        if task.tables == "none":
            continue
        tables: Frames = {
            "metrics": frames.metric_rows(replication, values),
            "paths": bands.path_rows(replication, bands.paths(run, changes)),
            "drawn": frames.drawn(run),
        }
        if task.tables == "all":
            tables |= frames.events(run, capacity(run, changes), backlog(run, changes))
        for name, frame in tables.items():
            parts.setdefault(name, []).append(frame)
    return Batch(replications, found, {name: pl.concat(part) for name, part in parts.items()})


@lru_cache(maxsize=2)
def _unpacked(task: bytes) -> Task:
    """A task that has travelled; a worker reads it once."""
    found: Task = pickle.loads(task)
    return found


def play_packed(task: bytes, replications: range) -> Batch:
    """Play some replications in another process."""
    return play_batch(_unpacked(task), replications)


def travels(task: Task) -> bytes | None:
    """The task as bytes for another process; None where a user's own function cannot leave this one."""
    for function in (task.policy, task.answer):
        if function is not None and getattr(function, "__module__", None) == "__main__":
            return None
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def replicate(
    task: Task, n: int, stop: Stop, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Batch]:
    """Play `n` replications; give each batch as it is finished, in whatever order.

    Without `workers`, all processors are used where the work and the functions allow it. Once `stop` is asked
    for, no further batch begins. Raises ValueError where several workers are asked for and a function of the
    user's cannot be sent to them.
    """
    todo = batches(n)
    crew_size = min(cores() if workers is None else workers, len(todo))
    packed = travels(task) if crew_size > 1 else None
    if crew_size > 1 and packed is None:
        if workers is not None:
            raise ValueError(
                "the policy or answer cannot be sent to other processes, since it is not defined in a module; "
                "define it in a .py file and import it, or use workers=1"
            )
        crew_size = 1
    play_some = partial(play_batch, task) if packed is None else partial(play_packed, packed)
    done = 0
    if progress is not None:
        progress(0, n)
    with crew(crew_size) as hands:
        for replications, batch in finished(hands, play_some, todo, stop):
            done += len(replications)
            if progress is not None:
                progress(done, n)
            yield batch
