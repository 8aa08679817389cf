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

from sim.scenario.distribution_properties import can_be_zero, quantile, support
from sim.scenario.factors import Factor, Level, canonical_scale
from sim.scenario.faults import Fault, ScenarioError
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import SweepExperiment
from sim.scenario.yaml_reader import YamlNode
from sim.study.design import LARGEST_BELOW_ONE

NodePath = tuple[str | int, ...]
"""The way to a part of a scenario: fields, names and positions."""
NodeChanges = list[tuple[NodePath, Any]]
MAX_CORNERS = 64
UNBOUNDED_TAIL = 2.0**-20
"""The probability beyond which a law without an end is not tried beforehand."""


@dataclass(frozen=True)
class FactorVariation:
    """What a factor changes: for each of its levels; or around a number, which goes to `slots`, each in its scale."""

    factor: Factor
    level_changes: tuple[NodeChanges, ...]
    slots: tuple[tuple[NodePath, float], ...] = ()

    def value(self, u: float) -> float:
        """The value at a probability, in the factor's unit; of levels, which of them."""
        if self.factor.levels:
            return int(u * len(self.factor.levels))
        return value_at_probability(self.factor, u)

    def table_value(self, u: float) -> float | date | str | None:
        """The value at a probability as it stands in a table; None where the scenario is left as it is."""
        if math.isnan(u):
            return None
        if self.factor.levels:
            return self.factor.levels[int(self.value(u))].display_value
        return self.value(u)

    def file_value(self, u: float) -> Any:
        """The same as it is written."""
        value = self.value(u)
        return (
            self.factor.levels[int(value)].scenario_value
            if self.factor.levels
            else self.factor.to_scenario_value(value)
        )

    def node_values(self, u: float) -> Iterator[tuple[NodePath, Any]]:
        """What stands where, at a probability?"""
        value = self.value(u)
        if self.factor.levels:
            yield from self.level_changes[int(value)]
            return
        yield from self.level_changes[0]
        for steps, scale in self.slots:
            yield steps, value * scale


def value_at_probability(factor: Factor, u: float) -> float:
    """The value of a continuous factor at a probability, in its unit."""
    if factor.distribution is None:
        return factor.low + u * (factor.high - factor.low)
    return float(quantile(factor.distribution, np.array([u]), {})[0]) / canonical_scale(factor.distribution)


@dataclass(frozen=True)
class PointBuilder:
    """What puts points together: the scenario, what varies, and whether each point is to be read on its own."""

    scenario: ScenarioFile
    variations: tuple[FactorVariation, ...]
    rereads_points: bool = False

    def scenario_at(self, u: Sequence[float]) -> ScenarioFile:
        """The scenario at a point of the unit cube. Raises ScenarioError where its keys contradict each other."""
        varied = [(each, float(x)) for each, x in zip(self.variations, u, strict=True) if not math.isnan(x)]
        if self.rereads_points:
            return self.scenario.replace(
                {path: each.file_value(x) for each, x in varied for path in each.factor.paths}
            )
        found: Any = self.scenario
        for each, x in varied:
            for steps, value in each.node_values(x):
                found = replace_node(found, steps, value)
        scenario: ScenarioFile = found
        return scenario


def replace_node(tree: Any, path: NodePath, value: Any) -> Any:
    """The whole with another part in one place; all else is shared with it."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(tree, BaseModel):
        name = str(step)
        return tree.model_copy(update={name: replace_node(getattr(tree, name), rest, value)})
    if isinstance(tree, dict):
        return tree | {step: replace_node(tree[step], rest, value)}
    if isinstance(tree, tuple):
        k = int(step)
        return (*tree[:k], replace_node(tree[k], rest, value), *tree[k + 1 :])
    return replace(tree, **{str(step): replace_node(getattr(tree, str(step)), rest, value)})


def node_changes(old: Any, new: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, Any]]:
    """What stands otherwise in a new whole: the smallest parts, and the ways to them."""
    if old is new:
        return
    parts = matching_parts(old, new)
    if parts is None:
        if type(old) is not type(new) or old != new:
            yield path, new
        return
    for step, mine, theirs in parts:
        yield from node_changes(mine, theirs, (*path, step))


def matching_parts(old: Any, new: Any) -> list[tuple[str | int, Any, Any]] | None:
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


def prepare_points(sweep: SweepExperiment) -> PointBuilder:
    """What puts the points of a sweep together. Raises ScenarioError with all values that cannot stand there."""
    faults: list[Fault] = []
    found: list[FactorVariation] = []
    for factor in sweep.factors:
        try:
            found.append(read_variation(sweep, factor))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    points = PointBuilder(sweep.scenario, tuple(found))
    return replace(points, rereads_points=may_contradict(points))


def factor_location(factor: Factor) -> tuple[str, str]:
    """Where in the file of the sweep does a factor stand?"""
    return ("uncertainties" if factor.is_uncertain else "levers", factor.name)


def read_variation(sweep: SweepExperiment, factor: Factor) -> FactorVariation:
    """What does a factor change? Its values are read here, once each."""
    here = factor_location(factor)
    if factor.levels:
        read = []
        faults: list[Fault] = []
        for k, level in enumerate(factor.levels):
            try:
                read.append(
                    list(node_changes(sweep.scenario, scenario_with_level(sweep, factor, here, k, level)))
                )
            except ScenarioError as error:
                faults += error.faults
        if faults:
            raise ScenarioError(
                {(each.key, each.message, each.value): each for each in reversed(faults)}.values()
            )
        return FactorVariation(factor, tuple(read))
    near, far = sorted(trial_values(factor), key=abs)
    one, other = (
        scenario_with_level(sweep, factor, here, 0, Level(x, factor.to_scenario_value(x)))
        for x in (near, far)
    )
    slots = []
    for steps, value in node_changes(one, other):
        if not isinstance(value, float):
            remedy = (
                "write a list of values"
                if factor.distribution is None
                else "make it a lever, with a list of values"
            )
            raise ScenarioError([sweep.fault(here, "cannot lie anywhere between two values", remedy)])
        slots.append((steps, value / far))
    return FactorVariation(factor, (list(node_changes(sweep.scenario, one)),), tuple(slots))


def trial_values(factor: Factor) -> tuple[float, float]:
    """Two numbers of a continuous factor: its ends, or where it has none, numbers far out."""
    if factor.distribution is None:
        return factor.low, factor.high
    low, high = (end / canonical_scale(factor.distribution) for end in support(factor.distribution, {}))
    if not math.isfinite(low) or (low == 0.0 and not can_be_zero(factor.distribution, {})):
        low = value_at_probability(factor, UNBOUNDED_TAIL)
    return low, high if math.isfinite(high) else value_at_probability(factor, 1 - UNBOUNDED_TAIL)


def scenario_with_level(
    sweep: SweepExperiment, factor: Factor, location: tuple[str, str], k: int, level: Level
) -> ScenarioFile:
    """The scenario with one value of a factor. Raises ScenarioError with what is wrong, where the sweep states it."""
    written = sweep.root.at(location)
    listed = written.value.get("values", written) if isinstance(written.value, dict) else written
    node = (
        listed.value[k] if isinstance(listed.value, list) else YamlNode(level.scenario_value, written.place)
    )
    return sweep.scenario.replace(dict.fromkeys(factor.paths, node))


def may_contradict(points: PointBuilder) -> bool:
    """May the values of several factors contradict each other, or change the same?"""
    if len(points.variations) < 2:
        return False
    ways = [
        (k, steps)
        for k, each in enumerate(points.variations)
        for part in each.level_changes
        for steps, _ in part
    ]
    if any(k != other and a[: len(b)] == b for (k, a), (other, b) in itertools.permutations(set(ways), 2)):
        return True
    words = [len(each.factor.levels) for each in points.variations if not is_numeric(each)]
    if math.prod(words) > MAX_CORNERS:
        return True
    careful = replace(points, rereads_points=True)
    for corner in design_corners(points.variations):
        try:
            careful.scenario_at(corner)
        except ScenarioError:
            return True
    return False


def design_corners(variations: Sequence[FactorVariation]) -> Iterator[tuple[float, ...]]:
    """The points in which each factor has an extreme value, and what is no number any of its values.

    All of them where they are few; else, for each way to combine what is no number, some corners of the numbers.
    """
    ends = [extreme_probabilities(each) for each in variations]
    if math.prod(map(len, ends)) <= MAX_CORNERS:
        yield from itertools.product(*ends)
        return
    rng = np.random.default_rng(0)
    words = [[(k, u) for u in end] for k, end in enumerate(ends) if not is_numeric(variations[k])]
    ways = list(itertools.product(*words))
    for turn in range(-(-MAX_CORNERS // len(ways))):
        for way in ways:
            chosen = [end[-turn] if turn < 2 else float(rng.choice(end)) for end in ends]
            for k, u in way:
                chosen[k] = u
            yield tuple(chosen)


def is_numeric(variation: FactorVariation) -> bool:
    """Are all its values numbers?"""
    return all(isinstance(level.display_value, float) for level in variation.factor.levels)


def extreme_probabilities(variation: FactorVariation) -> list[float]:
    """The probabilities at which a factor is tried together with others: its ends, or all where it is no number."""
    n = len(variation.factor.levels)
    if n == 0:
        endless = variation.factor.distribution is not None
        return [UNBOUNDED_TAIL, 1 - UNBOUNDED_TAIL] if endless else [0.0, LARGEST_BELOW_ONE]
    if not is_numeric(variation):
        return [(k + 0.5) / n for k in range(n)]
    numbers = [
        float(level.display_value)
        for level in variation.factor.levels
        if isinstance(level.display_value, float)
    ]
    chosen = {numbers.index(min(numbers)), numbers.index(max(numbers))}
    return [(k + 0.5) / n for k in sorted(chosen)]
