"""Pieces: which runs of a sweep are played together, and what comes of them?

The runs are numbered, point by point and replication by replication, and cut into pieces. The cut depends on how
many runs there are and on nothing else; so workers, crashes and the order of pieces leave no trace in the numbers.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import Floats
from sim.model.run import Engine
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.study.executors import unpacked
from sim.study.points import Points
from sim.study.replications import outcomes

LARGEST = 250
MANY = 256
"""A small sweep is cut into about so many pieces."""


@dataclass(frozen=True)
class Study:
    """What every piece of a sweep has in common."""

    points: Points
    replications: int
    seed: int
    outcomes: tuple[str, ...]
    engine: Engine = "simpy"


@dataclass(frozen=True)
class Piece:
    """Some runs that are played together, and the points of the unit cube that they touch."""

    number: int
    runs: range
    u: Floats


@dataclass(frozen=True)
class Played:
    """What came of a piece: the outcomes of each run `(n_runs, n_outcomes)`, and the error of each that failed."""

    values: Floats
    errors: list[str | None]


def size(runs: int) -> int:
    """How many runs are played together?"""
    return min(LARGEST, max(1, -(-runs // MANY)))


def count(runs: int) -> int:
    """How many pieces are there?"""
    return -(-runs // size(runs))


def held(number: int, runs: int) -> range:
    """Which runs does a piece hold?"""
    each = size(runs)
    return range(number * each, min((number + 1) * each, runs))


def pieces(u: Floats, replications: int, numbers: Iterable[int]) -> Iterator[Piece]:
    """The pieces of some numbers."""
    for number in numbers:
        own = held(number, len(u) * replications)
        yield Piece(number, own, u[own[0] // replications : own[-1] // replications + 1])


def play_piece(study: Study, piece: Piece) -> Played:
    """Play the runs of a piece. A run that fails leaves its error, and does not stop the others.

    A point whose keys contradict each other fails with all its runs.
    """
    values = np.full((len(piece.runs), len(study.outcomes)), np.nan)
    errors: list[str | None] = [None] * len(piece.runs)
    first = piece.runs[0] // study.replications
    scenario: ScenarioFile | str = ""
    here = -1
    for row, run in enumerate(piece.runs):
        point, replication = divmod(run, study.replications)
        if point != here:
            here, scenario = point, put_together(study.points, piece.u[point - first])
        if isinstance(scenario, str):
            errors[row] = scenario
            continue
        try:
            found = outcomes(scenario, study.seed, replication, study.engine)
        except Exception as error:
            errors[row] = said(error)
        else:
            values[row] = [math.nan if (x := found.get(each)) is None else x for each in study.outcomes]
    return Played(values, errors)


def put_together(points: Points, u: Floats) -> ScenarioFile | str:
    """The scenario at a point, or what is wrong with it."""
    try:
        return points.at(u.tolist())
    except Exception as error:
        return said(error)


def said(error: Exception) -> str:
    """An error in a line: the user's in their own words, others with their name."""
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def play_packed(study: bytes, piece: Piece) -> Played:
    """Play a piece in another process."""
    return play_piece(unpacked(study), piece)
