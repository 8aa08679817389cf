"""Replications of a scenario, played a batch at a time: in this process, or by a pool of processes or threads.

The batches depend only on how many replications there are, never on the workers, so the results do not either.
"""

import gc
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.compiled import cache
from sim.model.run import Engine, Run, play
from sim.results import bands, tables
from sim.results.integrals import Metrics
from sim.results.metrics import compute_metrics, measurement_window
from sim.results.tables import Frames, TableSelection
from sim.results.time_series import Series, backlog_table, capacity_table, series
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import MAX_RUNS
from sim.study.engines import MIN_REQUESTS_FOR_THREADS, expected_request_count
from sim.study.executors import (
    PoolKind,
    available_cores,
    results_as_completed,
    unpickle_once,
    worker_pool,
)
from sim.study.interrupts import StopRequest, stop_at_once

ProgressCallback = Callable[[int, int], None]
"""Called with the number of replications, values or runs that are done, and the number of all."""

MAX_BATCH = 25
"""The most replications of a batch."""
TARGET_BATCHES = 64
"""The number of batches where they are smaller than that."""


class TooManyReplicationsError(UserError, ValueError):
    """More replications are asked for than are ever played."""


@dataclass(frozen=True)
class RunTask:
    """The part of the work that all replications of a run share."""

    scenario: ScenarioFile
    seed: int
    tables: TableSelection
    policy: UserPolicy | None = None
    answer: UserAnswer | None = None
    engine: Engine = "simpy"


@dataclass(frozen=True)
class Batch:
    """Finished replications: their numbers, the metrics of each, and their tables joined."""

    replications: range
    metrics: list[Metrics]
    tables: Frames


def batch_ranges(n: int, first: int = 0) -> list[range]:
    """Cut `n` replications from a first one on into batches, which depend on these two numbers alone."""
    size = min(MAX_BATCH, max(1, -(-n // TARGET_BATCHES)))
    return [range(k, min(k + size, first + n)) for k in range(first, first + n, size)]


@contextmanager
def freeze_garbage() -> Iterator[None]:
    """Exempt all present objects from garbage collection, each full round of which would look at them anew."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def run_metrics(scenario: ScenarioFile, run: Run, changes: Series) -> Metrics:
    """Compute every metric of a run, over the window that its scenario measures."""
    window = measurement_window(run, scenario.measure_from, scenario.report_at)
    return compute_metrics(run, changes, window, scenario.milestones)


def replication_metrics(
    scenario: ScenarioFile, seed: int, replication: int, engine: Engine = "simpy"
) -> Metrics:
    """Play one replication for its metrics alone."""
    run = play(scenario, seed, replication, engine=engine)
    return run_metrics(scenario, run, series(run))


@freeze_garbage()
def play_batch(task: RunTask, replications: range) -> Batch:
    """Play some replications, one after the other."""
    scenario, metrics = task.scenario, []
    parts: dict[str, list[pl.DataFrame]] = {}
    for replication in replications:
        run = play(scenario, task.seed, replication, task.policy, task.answer, task.engine)
        changes = series(run)
        metrics.append(run_metrics(scenario, run, changes))
        if task.tables == "none":
            continue
        frames: Frames = {
            "metrics": tables.metrics_table(replication, metrics[-1]),
            "paths": bands.sample_path_rows(replication, bands.sample_paths(run, changes)),
            "drawn": tables.drawn_table(run),
        }
        if task.tables == "all":
            frames |= tables.event_tables(run, capacity_table(run, changes), backlog_table(run, changes))
        for name, frame in frames.items():
            parts.setdefault(name, []).append(frame)
    return Batch(replications, metrics, {name: pl.concat(part) for name, part in parts.items()})


@dataclass(frozen=True)
class BatchTask:
    """Replications to be played together, of one of several tasks; the task is pickled for another process."""

    task_index: int
    task: RunTask | bytes
    replications: range


def play_batch_task(batch_task: BatchTask) -> Batch:
    """Play the replications of a batch task, in this process or in another one."""
    task = batch_task.task
    return play_batch(unpickle_once(task) if isinstance(task, bytes) else task, batch_task.replications)


def pickle_task(task: RunTask) -> bytes | None:
    """Pickle a task for another process; None where a user's own function cannot leave this one."""
    for function in (task.policy, task.answer):
        # A worker does not run the user's script, so that nothing defined in it can be found there.
        if function is not None and getattr(function, "__module__", None) == "__main__":
            return None
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


BatchPlayer = Callable[[int, int, StopRequest], Iterator[tuple[int, Batch]]]
"""Plays `n` replications of every task, from a first one on; yields the index of a task with each batch."""


def pool_kind(tasks: Sequence[RunTask]) -> PoolKind:
    """Choose threads where nearly all work is compiled, which releases the interpreter's lock; else processes."""
    compiled = all(task.engine == "compiled" for task in tasks)
    large = compiled and all(
        expected_request_count(task.scenario) >= MIN_REQUESTS_FOR_THREADS for task in tasks
    )
    return "threads" if large else "processes"


def compile_once(task: RunTask) -> None:
    """Compile what a task needs before it is played, so that not each of several processes does; say so on stderr."""
    if task.engine == "compiled" and not cache.is_compiled():
        sys.stderr.write("Compiling the market, once: it takes about half a minute\n")
        with stop_at_once():
            play(task.scenario, task.seed, 0, engine="compiled")


@contextmanager
def batch_player(
    tasks: Sequence[RunTask], max_replications: int, workers: int | None = None
) -> Iterator[BatchPlayer]:
    """Open a pool that plays tasks side by side, each with `max_replications` at the most.

    Without `workers`, all processors are used where the work and the functions allow it. Once a stop is requested,
    no further batch begins. Raises TooManyReplicationsError, and ValueError where several workers are asked for and
    a function of the user's cannot be sent to them.
    """
    if max_replications > MAX_RUNS:
        raise TooManyReplicationsError(
            f"replications={max_replications}: are more than {MAX_RUNS:,}; ask for fewer"
        )
    size = min(
        available_cores() if workers is None else workers, len(tasks) * len(batch_ranges(max_replications))
    )
    kind = pool_kind(tasks)
    pickled = [pickle_task(task) for task in tasks] if size > 1 and kind == "processes" else []
    if None in pickled:
        if workers is not None:
            raise ValueError(
                "the policy or answer cannot be sent to other processes, since it is not defined in a module; "
                "define it in a .py file and import it, or use workers=1"
            )
        size = 1
    local = size == 1 or kind == "threads"
    sendable: Sequence[RunTask | bytes] = tasks if local else [task for task in pickled if task is not None]
    compile_once(tasks[0])
    with worker_pool(size, kind) as pool:

        def play_further(n: int, first: int, stop: StopRequest) -> Iterator[tuple[int, Batch]]:
            # Tasks take turns, so that those that are compared have about as many replications at any time.
            batch_tasks = (
                BatchTask(k, task, replications)
                for replications in batch_ranges(n, first)
                for k, task in enumerate(sendable)
            )
            for batch_task, batch in results_as_completed(pool, play_batch_task, batch_tasks, stop):
                yield batch_task.task_index, batch

        yield play_further


def metric_names(scenario: ScenarioFile) -> list[str]:
    """Return the metrics that the runs of a scenario have. One replication is played to know."""
    return list(replication_metrics(scenario, scenario.seed, 0))
