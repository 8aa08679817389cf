"""Chunks: the runs of a sweep that are played together.

The runs are numbered, point by point and replication by replication, and cut into chunks. The cut depends on the
number of runs alone; so workers, crashes and the order of chunks leave no trace in the numbers.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.run import Engine
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.study.executors import unpickle_once
from sim.study.replications import replication_metrics
from sim.study.sweep_points import PointBuilder

MAX_CHUNK_RUNS = 250
"""The most runs of a chunk."""
TARGET_CHUNKS = 256
"""Roughly the number of chunks where they are smaller than that."""


@dataclass(frozen=True)
class SweepTask:
    """The part of the work that all chunks of a sweep share."""

    points: PointBuilder
    replications: int
    seed: int
    outcomes: tuple[str, ...]
    engine: Engine = "simpy"


@dataclass(frozen=True)
class SweepChunk:
    """Runs that are played together, and the points that they belong to, `(n_points_of_chunk, n_factors)`."""

    number: int
    runs: range
    u: FloatArray


@dataclass(frozen=True)
class ChunkResult:
    """The outcomes of each run of a chunk, `(n_runs, n_outcomes)`, and the error of each that failed."""

    values: FloatArray
    errors: list[str | None]


def chunk_size(runs: int) -> int:
    """Return the number of runs of a chunk."""
    return min(MAX_CHUNK_RUNS, max(1, -(-runs // TARGET_CHUNKS)))


def chunk_count(runs: int) -> int:
    """Return the number of chunks."""
    return -(-runs // chunk_size(runs))


def chunk_runs(number: int, runs: int) -> range:
    """Return the runs of a chunk."""
    size = chunk_size(runs)
    return range(number * size, min((number + 1) * size, runs))


def sweep_chunks(u: FloatArray, replications: int, numbers: Iterable[int]) -> Iterator[SweepChunk]:
    """Yield the chunks of some numbers."""
    for number in numbers:
        runs = chunk_runs(number, len(u) * replications)
        yield SweepChunk(number, runs, u[runs[0] // replications : runs[-1] // replications + 1])


def play_chunk(task: SweepTask | bytes, chunk: SweepChunk) -> ChunkResult:
    """Play the runs of a chunk; the task is pickled in another process.

    A run that fails leaves its error, and does not stop the others. A point whose keys contradict each other fails
    with all its runs.
    """
    if isinstance(task, bytes):
        task = _unpickle_task(task)
    values = np.full((len(chunk.runs), len(task.outcomes)), np.nan)
    errors: list[str | None] = [None] * len(chunk.runs)
    first = chunk.runs[0] // task.replications
    scenario: ScenarioFile | str = ""
    current_point = -1
    for row, run in enumerate(chunk.runs):
        point, replication = divmod(run, task.replications)
        if point != current_point:
            current_point, scenario = point, scenario_or_error(task.points, chunk.u[point - first])
        if isinstance(scenario, str):
            errors[row] = scenario
            continue
        try:
            metrics = replication_metrics(scenario, task.seed, replication, task.engine)
        except Exception as error:
            errors[row] = error_text(error)
        else:
            values[row] = [math.nan if (x := metrics.get(each)) is None else x for each in task.outcomes]
    return ChunkResult(values, errors)


def scenario_or_error(points: PointBuilder, u: FloatArray) -> ScenarioFile | str:
    """Return the scenario at a point, or what is wrong with it."""
    try:
        return points.scenario_at(u.tolist())
    except Exception as error:
        return error_text(error)


def error_text(error: Exception) -> str:
    """Return an error in a line: those made for users in their own words, others with their class."""
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _unpickle_task(pickled: bytes) -> SweepTask:
    task: SweepTask = unpickle_once(pickled)
    return task
