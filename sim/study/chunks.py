"""Pieces: which runs of a sweep are played together, and what comes of them?

The runs are numbered, point by point and replication by replication, and cut into pieces. The cut depends on how
many runs there are and on nothing else; so workers, crashes and the order of pieces leave no trace in the numbers.
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
TARGET_CHUNKS = 256
"""A small sweep is cut into about so many pieces."""


@dataclass(frozen=True)
class SweepTask:
    """What every piece of a sweep has in common."""

    points: PointBuilder
    replications: int
    seed: int
    outcomes: tuple[str, ...]
    engine: Engine = "simpy"


@dataclass(frozen=True)
class SweepChunk:
    """Some runs that are played together, and the points of the unit cube that they touch."""

    number: int
    runs: range
    u: FloatArray


@dataclass(frozen=True)
class ChunkResult:
    """What came of a piece: the outcomes of each run `(n_runs, n_outcomes)`, and the error of each that failed."""

    values: FloatArray
    errors: list[str | None]


def chunk_size(runs: int) -> int:
    """How many runs are played together?"""
    return min(MAX_CHUNK_RUNS, max(1, -(-runs // TARGET_CHUNKS)))


def chunk_count(runs: int) -> int:
    """How many pieces are there?"""
    return -(-runs // chunk_size(runs))


def chunk_runs(number: int, runs: int) -> range:
    """Which runs does a piece hold?"""
    each = chunk_size(runs)
    return range(number * each, min((number + 1) * each, runs))


def sweep_chunks(u: FloatArray, replications: int, numbers: Iterable[int]) -> Iterator[SweepChunk]:
    """The pieces of some numbers."""
    for number in numbers:
        own = chunk_runs(number, len(u) * replications)
        yield SweepChunk(number, own, u[own[0] // replications : own[-1] // replications + 1])


def play_chunk(task: SweepTask, chunk: SweepChunk) -> ChunkResult:
    """Play the runs of a piece. A run that fails leaves its error, and does not stop the others.

    A point whose keys contradict each other fails with all its runs.
    """
    values = np.full((len(chunk.runs), len(task.outcomes)), np.nan)
    errors: list[str | None] = [None] * len(chunk.runs)
    first = chunk.runs[0] // task.replications
    scenario: ScenarioFile | str = ""
    here = -1
    for row, run in enumerate(chunk.runs):
        point, replication = divmod(run, task.replications)
        if point != here:
            here, scenario = point, scenario_or_error(task.points, chunk.u[point - first])
        if isinstance(scenario, str):
            errors[row] = scenario
            continue
        try:
            found = replication_metrics(scenario, task.seed, replication, task.engine)
        except Exception as error:
            errors[row] = error_text(error)
        else:
            values[row] = [math.nan if (x := found.get(each)) is None else x for each in task.outcomes]
    return ChunkResult(values, errors)


def scenario_or_error(points: PointBuilder, u: FloatArray) -> ScenarioFile | str:
    """The scenario at a point, or what is wrong with it."""
    try:
        return points.scenario_at(u.tolist())
    except Exception as error:
        return error_text(error)


def error_text(error: Exception) -> str:
    """An error in a line: the user's in their own words, others with their name."""
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def play_chunk_remotely(pickled_task: bytes, chunk: SweepChunk) -> ChunkResult:
    """Play a piece in another process."""
    return play_chunk(unpickle_once(pickled_task), chunk)
