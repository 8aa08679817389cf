"""Many replications of a scenario: in this process, or in a pool of processes, a batch at a time.

The batches depend only on how many replications there are, never on the workers, so the results do not either.
"""

import gc
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import polars as pl

from sim.model.compiled import cache
from sim.model.metrics import Metrics, metrics, window
from sim.model.own import Answer, Policy
from sim.model.run import Engine, Run, play
from sim.model.series import Series, backlog, capacity, series
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import MOST_RUNS
from sim.study import bands, frames
from sim.study.clocks import WHOLE_THREADS, requests
from sim.study.executors import Kind, Stop, cores, crew, finished, unpacked
from sim.study.frames import Frames

Tables = Literal["all", "summary", "none"]
Progress = Callable[[int, int], None]
"""Told how many replications are done, of how many."""

LARGEST_BATCH = 25


class TooMany(UserError, ValueError):
    """More replications are asked for than can be played."""


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


def batches(n: int, first: int = 0) -> list[range]:
    """Which replications are played together? At most 64 batches, or as many as their largest size asks for."""
    size = min(LARGEST_BATCH, max(1, -(-n // 64)))
    return [range(k, min(k + size, first + n)) for k in range(first, first + n, size)]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have Python's collector of garbage leave alone what stands, which each of its full rounds looks at anew."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def measured(scenario: ScenarioFile, run: Run, changes: Series) -> Metrics:
    """Every metric of a run, over the time that its scenario measures."""
    return metrics(run, changes, window(run, scenario.measure_from, scenario.report_at))


def outcomes(scenario: ScenarioFile, seed: int, replication: int, engine: Engine = "simpy") -> Metrics:
    """Every metric of one run, which is played for them alone."""
    run = play(scenario, seed, replication, engine=engine)
    return measured(scenario, run, series(run))


@undisturbed()
def play_batch(task: Task, replications: range) -> Batch:
    """Play some replications, one after the other."""
    scenario, found = task.scenario, []
    parts: dict[str, list[pl.DataFrame]] = {}
    for replication in replications:
        run = play(scenario, task.seed, replication, task.policy, task.answer, task.engine)
        changes = series(run)
        values = measured(scenario, run, changes)
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


@dataclass(frozen=True)
class Piece:
    """Some replications to be played together, of one of several tasks; the task is bytes where it travels."""

    which: int
    task: Task | bytes
    replications: range


def play_piece(piece: Piece) -> Batch:
    """Play some replications, here or in another process."""
    task: Task = unpacked(piece.task) if isinstance(piece.task, bytes) else piece.task
    return play_batch(task, piece.replications)


def travels(task: Task) -> bytes | None:
    """The task as bytes for another process; None where a user's own function cannot leave this one."""
    for function in (task.policy, task.answer):
        if function is not None and getattr(function, "__module__", None) == "__main__":
            return None
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


Play = Callable[[int, int, Stop], Iterator[tuple[int, Batch]]]
"""Play `n` replications of every task, from a first one on; give which task it was, and a batch as it is finished."""


def kind_of(tasks: Sequence[Task]) -> Kind:
    """Do threads play as well as processes? Where nearly all is compiled, which leaves the interpreter to others."""
    compiled = all(task.engine == "compiled" for task in tasks)
    large = compiled and all(requests(task.scenario) >= WHOLE_THREADS for task in tasks)
    return "threads" if large else "processes"


def compiled_once(task: Task) -> None:
    """Compile what a task needs before it is played, so that not each of several processes does; and say so."""
    if task.engine == "compiled" and not cache.is_there():
        sys.stderr.write("Compiling the market, once: it takes about half a minute\n")
        play(task.scenario, task.seed, 0, engine="compiled")


@contextmanager
def playing(tasks: Sequence[Task], most: int, workers: int | None = None) -> Iterator[Play]:
    """Take on who plays tasks side by side, `most` replications of each at the most.

    Without `workers`, all processors are used where the work and the functions allow it. Once `stop` is asked
    for, no further batch begins. Raises ValueError where several workers are asked for and a function of the
    user's cannot be sent to them.
    """
    if most > MOST_RUNS:
        raise TooMany(f"replications={most}: are more than {MOST_RUNS:,}; ask for fewer")
    size = min(cores() if workers is None else workers, len(tasks) * len(batches(most)))
    kind = kind_of(tasks)
    packed = [travels(task) for task in tasks] if size > 1 and kind == "processes" else []
    if None in packed:
        if workers is not None:
            raise ValueError(
                "the policy or answer cannot be sent to other processes, since it is not defined in a module; "
                "define it in a .py file and import it, or use workers=1"
            )
        size = 1
    local = size == 1 or kind == "threads"
    sent: Sequence[Task | bytes] = tasks if local else [task for task in packed if task is not None]
    compiled_once(tasks[0])
    with crew(size, kind) as hands:

        def go_on(n: int, first: int, stop: Stop) -> Iterator[tuple[int, Batch]]:
            todo = (Piece(k, task, part) for part in batches(n, first) for k, task in enumerate(sent))
            for piece, batch in finished(hands, play_piece, todo, stop):
                yield piece.which, batch

        yield go_on
