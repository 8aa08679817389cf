"""Many replications of a scenario: in this process, or in a pool of processes, a batch at a time.

The batches depend only on how many replications there are, never on the workers, so the results do not either.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import Literal

import polars as pl

from sim.model.metrics import Metrics, metrics, window
from sim.model.own import Answer, Policy
from sim.model.run import Engine, play
from sim.model.series import backlog, capacity, series
from sim.scenario.schema import ScenarioFile
from sim.study import bands, frames
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


def cores() -> int:
    """How many processors may this process use?"""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


_task: Task | None = None


def _enlist(task: bytes) -> None:
    """Begin as a worker: know the task, and leave Ctrl-C to the one who asked."""
    global _task  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _task = pickle.loads(task)


def _play_as_worker(replications: range) -> Batch:
    assert _task is not None
    return play_batch(_task, replications)


def travels(task: Task) -> bytes | None:
    """The task as bytes for another process; None where a user's own function cannot leave this one."""
    for function in (task.policy, task.answer):
        if function is not None and getattr(function, "__module__", None) == "__main__":
            return None
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


@dataclass
class Stop:
    """Whether the user has asked to stop."""

    asked: bool = False


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Take a Ctrl-C as a wish to stop after what has begun; a second one stops at once.

    Outside the main thread, where Python hears no signals, nothing changes.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def heard(signum: int, frame: object) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        sys.stderr.write("\nStopping after what has begun; Ctrl-C again stops at once\n")

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def replicate(
    task: Task, n: int, stop: Stop, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Batch]:
    """Play `n` replications; give each batch as it is finished, in whatever order.

    Without `workers`, all processors are used where the work and the functions allow it. Once `stop` is asked
    for, no further batch begins. Raises ValueError where several workers are asked for and a function of the
    user's cannot be sent to them.
    """
    todo = batches(n)
    crew = min(cores() if workers is None else workers, len(todo))
    packed = travels(task) if crew > 1 else None
    if crew > 1 and packed is None:
        if workers is not None:
            raise ValueError(
                "the policy or answer cannot be sent to other processes, since it is not defined in a module; "
                "define it in a .py file and import it, or use workers=1"
            )
        crew = 1
    done = 0
    if progress is not None:
        progress(0, n)
    for batch in _here(task, todo, stop) if packed is None else _in_pool(packed, todo, stop, crew):
        done += len(batch.replications)
        if progress is not None:
            progress(done, n)
        yield batch


def _here(task: Task, todo: list[range], stop: Stop) -> Iterator[Batch]:
    for replications in todo:
        if stop.asked:
            return
        yield play_batch(task, replications)


@contextmanager
def _recruiting() -> Iterator[None]:
    """Start workers that leave Ctrl-C to this process from their first moment, and do not run its script again.

    They inherit the signals that are blocked here; and nothing that the user's script defines is sent to them.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    blocked = {signal.SIGINT} if hasattr(signal, "pthread_sigmask") else set()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked) if blocked else set()
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if blocked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_pool(packed: bytes, todo: list[range], stop: Stop, crew: int) -> Iterator[Batch]:
    context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
    context.set_forkserver_preload(["sim.model.run", "sim.model.metrics"])
    left = iter(todo)
    with ProcessPoolExecutor(crew, mp_context=context, initializer=_enlist, initargs=(packed,)) as pool:

        def begin(n: int) -> set[Future[Batch]]:
            with _recruiting():
                return {pool.submit(_play_as_worker, replications) for replications in islice(left, n)}

        waiting = begin(2 * crew)
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            if stop.asked:
                waiting = {future for future in waiting if not future.cancel()}
            else:
                waiting |= begin(len(finished))
            for future in finished:
                yield future.result()
