"""Points: which scenario stands at a point of a sweep, and is it put together without being read again?

Every value of a lever is read once against the scenario, and what it changes in the tree of objects is kept; a
number that may lie anywhere is put where two numbers on trial were found to go. A point is then the scenario with
these changes, sharing all else with it.

What one reads on its own can still contradict another key. So the corners, in which each factor has an extreme
value, are read as a whole beforehand; where one is contradictory, or where there are too many of them, each point
is read on its own, and fails with the words of `sim check`.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from pydantic import BaseModel

from sim.model.draws import quantile
from sim.scenario.factors import Factor, Level, canonical
from sim.scenario.faults import Fault, ScenarioError
from sim.scenario.laws import bounds, can_be_zero
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import Sweep
from sim.scenario.written import Node
from sim.study.design import LARGEST

Steps = tuple[str | int, ...]
"""The way to a part of a scenario: fields, names and positions."""
Changes = list[tuple[Steps, Any]]
MOST_CORNERS = 64
ENDLESS = 2.0**-20
"""The probability beyond which a law without an end is not tried beforehand."""


@dataclass(frozen=True)
class Variation:
    """What a factor changes: for each of its levels; or around a number, which goes to `slots`, each in its scale."""

    factor: Factor
    changes: tuple[Changes, ...]
    slots: tuple[tuple[Steps, float], ...] = ()

    def number(self, u: float) -> float:
        """The value at a probability, in the factor's unit; of levels, which of them."""
        if self.factor.levels:
            return int(u * len(self.factor.levels))
        return number(self.factor, u)

    def shown(self, u: float) -> float | date | str | None:
        """The value at a probability as it stands in a table; None where the scenario is left as it is."""
        if math.isnan(u):
            return None
        if self.factor.levels:
            return self.factor.levels[int(self.number(u))].shown
        return self.number(u)

    def written(self, u: float) -> Any:
        """The same as it is written."""
        value = self.number(u)
        return self.factor.levels[int(value)].written if self.factor.levels else self.factor.written(value)

    def at(self, u: float) -> Iterator[tuple[Steps, Any]]:
        """What stands where, at a probability?"""
        value = self.number(u)
        if self.factor.levels:
            yield from self.changes[int(value)]
            return
        yield from self.changes[0]
        for steps, scale in self.slots:
            yield steps, value * scale


def number(factor: Factor, u: float) -> float:
    """The value of a continuous factor at a probability, in its unit."""
    if factor.law is None:
        return factor.low + u * (factor.high - factor.low)
    return float(quantile(factor.law, np.array([u]), {})[0]) / canonical(factor.law)


@dataclass(frozen=True)
class Points:
    """What puts points together: the scenario, what varies, and whether each point is to be read on its own."""

    scenario: ScenarioFile
    variations: tuple[Variation, ...]
    careful: bool = False

    def at(self, u: Sequence[float]) -> ScenarioFile:
        """The scenario at a point of the unit cube. Raises ScenarioError where its keys contradict each other."""
        varied = [(each, float(x)) for each, x in zip(self.variations, u, strict=True) if not math.isnan(x)]
        if self.careful:
            return self.scenario.replace(
                {path: each.written(x) for each, x in varied for path in each.factor.paths}
            )
        found: Any = self.scenario
        for each, x in varied:
            for steps, value in each.at(x):
                found = put(found, steps, value)
        scenario: ScenarioFile = found
        return scenario


def put(whole: Any, steps: Steps, part: Any) -> Any:
    """The whole with another part in one place; all else is shared with it."""
    if not steps:
        return part
    step, rest = steps[0], steps[1:]
    if isinstance(whole, BaseModel):
        name = str(step)
        return whole.model_copy(update={name: put(getattr(whole, name), rest, part)})
    if isinstance(whole, dict):
        return whole | {step: put(whole[step], rest, part)}
    if isinstance(whole, tuple):
        k = int(step)
        return (*whole[:k], put(whole[k], rest, part), *whole[k + 1 :])
    return replace(whole, **{str(step): put(getattr(whole, str(step)), rest, part)})


def changes(old: Any, new: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """What stands otherwise in a new whole: the smallest parts, and the ways to them."""
    if old is new:
        return
    parts = alike(old, new)
    if parts is None:
        if type(old) is not type(new) or old != new:
            yield steps, new
        return
    for step, mine, theirs in parts:
        yield from changes(mine, theirs, (*steps, step))


def alike(old: Any, new: Any) -> list[tuple[str | int, Any, Any]] | None:
    """The parts of two wholes that have the same; None where they are to be compared as wholes.

    An object that carries more than is written in it, as a trace does its records, is one part.
    """
    if type(old) is not type(new):
        return None
    if isinstance(old, BaseModel):
        if old.__private_attributes__ and not isinstance(old, ScenarioFile):
            return None
        return [(name, getattr(old, name), getattr(new, name)) for name in type(old).model_fields]
    if isinstance(old, dict) and list(old) == list(new):
        return [(name, part, new[name]) for name, part in old.items()]
    if isinstance(old, tuple) and len(old) == len(new):
        return [(k, mine, theirs) for k, (mine, theirs) in enumerate(zip(old, new, strict=True))]
    if is_dataclass(old):
        return [(each.name, getattr(old, each.name), getattr(new, each.name)) for each in fields(old)]
    return None


def prepared(sweep: Sweep) -> Points:
    """What puts the points of a sweep together. Raises ScenarioError with all values that cannot stand there."""
    faults: list[Fault] = []
    found: list[Variation] = []
    for factor in sweep.factors:
        try:
            found.append(varied(sweep, factor))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    points = Points(sweep.scenario, tuple(found))
    return replace(points, careful=contradictory(points))


def place(factor: Factor) -> tuple[str, str]:
    """Where in the file of the sweep does a factor stand?"""
    return ("uncertainties" if factor.uncertain else "levers", factor.name)


def varied(sweep: Sweep, factor: Factor) -> Variation:
    """What does a factor change? Its values are read here, once each."""
    here = place(factor)
    if factor.levels:
        read = []
        faults: list[Fault] = []
        for k, level in enumerate(factor.levels):
            try:
                read.append(list(changes(sweep.scenario, with_value(sweep, factor, here, k, level))))
            except ScenarioError as error:
                faults += error.faults
        if faults:
            raise ScenarioError(
                {(each.key, each.message, each.value): each for each in reversed(faults)}.values()
            )
        return Variation(factor, tuple(read))
    near, far = sorted(trials(factor), key=abs)
    one, other = (with_value(sweep, factor, here, 0, Level(x, factor.written(x))) for x in (near, far))
    slots = []
    for steps, value in changes(one, other):
        if not isinstance(value, float):
            remedy = (
                "write a list of values" if factor.law is None else "make it a lever, with a list of values"
            )
            raise ScenarioError([sweep.fault(here, "cannot lie anywhere between two values", remedy)])
        slots.append((steps, value / far))
    return Variation(factor, (list(changes(sweep.scenario, one)),), tuple(slots))


def trials(factor: Factor) -> tuple[float, float]:
    """Two numbers of a continuous factor: its ends, or where it has none, numbers far out."""
    if factor.law is None:
        return factor.low, factor.high
    low, high = (end / canonical(factor.law) for end in bounds(factor.law, {}))
    if not math.isfinite(low) or (low == 0.0 and not can_be_zero(factor.law, {})):
        low = number(factor, ENDLESS)
    return low, high if math.isfinite(high) else number(factor, 1 - ENDLESS)


def with_value(sweep: Sweep, factor: Factor, here: tuple[str, str], k: int, level: Level) -> ScenarioFile:
    """The scenario with one value of a factor. Raises ScenarioError with what is wrong, where the sweep states it."""
    written = sweep.root.at(here)
    listed = written.value.get("values", written) if isinstance(written.value, dict) else written
    node = listed.value[k] if isinstance(listed.value, list) else Node(level.written, written.place)
    return sweep.scenario.replace(dict.fromkeys(factor.paths, node))


def contradictory(points: Points) -> bool:
    """May the values of several factors contradict each other, or change the same?"""
    if len(points.variations) < 2:
        return False
    ways = [
        (k, steps) for k, each in enumerate(points.variations) for part in each.changes for steps, _ in part
    ]
    if any(k != other and a[: len(b)] == b for (k, a), (other, b) in itertools.permutations(set(ways), 2)):
        return True
    words = [len(each.factor.levels) for each in points.variations if not is_number(each)]
    if math.prod(words) > MOST_CORNERS:
        return True
    careful = replace(points, careful=True)
    for corner in corners(points.variations):
        try:
            careful.at(corner)
        except ScenarioError:
            return True
    return False


def corners(variations: Sequence[Variation]) -> Iterator[tuple[float, ...]]:
    """The points in which each factor has an extreme value, and what is no number any of its values.

    All of them where they are few; else, for each way to combine what is no number, some corners of the numbers.
    """
    ends = [extremes(each) for each in variations]
    if math.prod(map(len, ends)) <= MOST_CORNERS:
        yield from itertools.product(*ends)
        return
    rng = np.random.default_rng(0)
    words = [[(k, u) for u in end] for k, end in enumerate(ends) if not is_number(variations[k])]
    ways = list(itertools.product(*words))
    for turn in range(-(-MOST_CORNERS // len(ways))):
        for way in ways:
            chosen = [end[-turn] if turn < 2 else float(rng.choice(end)) for end in ends]
            for k, u in way:
                chosen[k] = u
            yield tuple(chosen)


def is_number(each: Variation) -> bool:
    """Are all its values numbers?"""
    return all(isinstance(level.shown, float) for level in each.factor.levels)


def extremes(each: Variation) -> list[float]:
    """The probabilities at which a factor is tried together with others: its ends, or all where it is no number."""
    n = len(each.factor.levels)
    if n == 0:
        endless = each.factor.law is not None
        return [ENDLESS, 1 - ENDLESS] if endless else [0.0, LARGEST]
    if not is_number(each):
        return [(k + 0.5) / n for k in range(n)]
    numbers = [float(level.shown) for level in each.factor.levels if isinstance(level.shown, float)]
    chosen = {numbers.index(min(numbers)), numbers.index(max(numbers))}
    return [(k + 0.5) / n for k in sorted(chosen)]
