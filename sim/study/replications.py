"""Many replications of a scenario: in this process, or in a pool of processes, a batch at a time.

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
    StopRequest,
    available_cores,
    results_as_completed,
    unpickle_once,
    worker_pool,
)

ProgressCallback = Callable[[int, int], None]
"""Told how many replications are done, of how many."""

MAX_BATCH = 25


class TooManyReplicationsError(UserError, ValueError):
    """More replications are asked for than can be played."""


@dataclass(frozen=True)
class RunTask:
    """What every replication of a study has in common."""

    scenario: ScenarioFile
    seed: int
    tables: TableSelection
    policy: UserPolicy | None = None
    answer: UserAnswer | None = None
    engine: Engine = "simpy"


@dataclass(frozen=True)
class Batch:
    """Some replications that are finished: their numbers, their metrics, and their tables joined."""

    replications: range
    metrics: list[Metrics]
    tables: Frames


def batch_ranges(n: int, first: int = 0) -> list[range]:
    """Which replications are played together? At most 64 batches, or as many as their largest size asks for."""
    size = min(MAX_BATCH, max(1, -(-n // 64)))
    return [range(k, min(k + size, first + n)) for k in range(first, first + n, size)]


@contextmanager
def freeze_garbage() -> Iterator[None]:
    """Have Python's collector of garbage leave alone what stands, which each of its full rounds looks at anew."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def run_metrics(scenario: ScenarioFile, run: Run, changes: Series) -> Metrics:
    """Every metric of a run, over the time that its scenario measures."""
    return compute_metrics(run, changes, measurement_window(run, scenario.measure_from, scenario.report_at))


def replication_metrics(
    scenario: ScenarioFile, seed: int, replication: int, engine: Engine = "simpy"
) -> Metrics:
    """Every metric of one run, which is played for them alone."""
    run = play(scenario, seed, replication, engine=engine)
    return run_metrics(scenario, run, series(run))


@freeze_garbage()
def play_batch(task: RunTask, replications: range) -> Batch:
    """Play some replications, one after the other."""
    scenario, found = task.scenario, []
    parts: dict[str, list[pl.DataFrame]] = {}
    for replication in replications:
        run = play(scenario, task.seed, replication, task.policy, task.answer, task.engine)
        changes = series(run)
        values = run_metrics(scenario, run, changes)
        found.append(values)
        if task.tables == "none":
            continue
        frames: Frames = {
            "metrics": tables.metrics_table(replication, values),
            "paths": bands.sample_path_rows(replication, bands.sample_paths(run, changes)),
            "drawn": tables.drawn_table(run),
        }
        if task.tables == "all":
            frames |= tables.event_tables(run, capacity_table(run, changes), backlog_table(run, changes))
        for name, frame in frames.items():
            parts.setdefault(name, []).append(frame)
    return Batch(replications, found, {name: pl.concat(part) for name, part in parts.items()})


@dataclass(frozen=True)
class BatchTask:
    """Some replications to be played together, of one of several tasks; the task is bytes where it travels."""

    task_index: int
    task: RunTask | bytes
    replications: range


def play_batch_task(piece: BatchTask) -> Batch:
    """Play some replications, here or in another process."""
    task: RunTask = unpickle_once(piece.task) if isinstance(piece.task, bytes) else piece.task
    return play_batch(task, piece.replications)


def pickle_task(task: RunTask) -> bytes | None:
    """The task as bytes for another process; None where a user's own function cannot leave this one."""
    for function in (task.policy, task.answer):
        if function is not None and getattr(function, "__module__", None) == "__main__":
            return None
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


BatchPlayer = Callable[[int, int, StopRequest], Iterator[tuple[int, Batch]]]
"""Play `n` replications of every task, from a first one on; give which task it was, and a batch as it is finished."""


def pool_kind(tasks: Sequence[RunTask]) -> PoolKind:
    """Do threads play as well as processes? Where nearly all is compiled, which leaves the interpreter to others."""
    compiled = all(task.engine == "compiled" for task in tasks)
    large = compiled and all(
        expected_request_count(task.scenario) >= MIN_REQUESTS_FOR_THREADS for task in tasks
    )
    return "threads" if large else "processes"


def compile_once(task: RunTask) -> None:
    """Compile what a task needs before it is played, so that not each of several processes does; and say so."""
    if task.engine == "compiled" and not cache.is_compiled():
        sys.stderr.write("Compiling the market, once: it takes about half a minute\n")
        play(task.scenario, task.seed, 0, engine="compiled")


@contextmanager
def batch_player(
    tasks: Sequence[RunTask], max_replications: int, workers: int | None = None
) -> Iterator[BatchPlayer]:
    """Take on who plays tasks side by side, `most` replications of each at the most.

    Without `workers`, all processors are used where the work and the functions allow it. Once `stop` is asked
    for, no further batch begins. Raises ValueError where several workers are asked for and a function of the
    user's cannot be sent to them.
    """
    if max_replications > MAX_RUNS:
        raise TooManyReplicationsError(
            f"replications={max_replications}: are more than {MAX_RUNS:,}; ask for fewer"
        )
    size = min(
        available_cores() if workers is None else workers, len(tasks) * len(batch_ranges(max_replications))
    )
    kind = pool_kind(tasks)
    packed = [pickle_task(task) for task in tasks] if size > 1 and kind == "processes" else []
    if None in packed:
        if workers is not None:
            raise ValueError(
                "the policy or answer cannot be sent to other processes, since it is not defined in a module; "
                "define it in a .py file and import it, or use workers=1"
            )
        size = 1
    local = size == 1 or kind == "threads"
    sent: Sequence[RunTask | bytes] = tasks if local else [task for task in packed if task is not None]
    compile_once(tasks[0])
    with worker_pool(size, kind) as hands:

        def go_on(n: int, first: int, stop: StopRequest) -> Iterator[tuple[int, Batch]]:
            todo = (
                BatchTask(k, task, part) for part in batch_ranges(n, first) for k, task in enumerate(sent)
            )
            for piece, batch in results_as_completed(hands, play_batch_task, todo, stop):
                yield piece.task_index, batch

        yield go_on


def metric_names(scenario: ScenarioFile) -> list[str]:
    """Which metrics will the runs of a scenario have? One replication is played to know."""
    return list(replication_metrics(scenario, scenario.seed, 0))
