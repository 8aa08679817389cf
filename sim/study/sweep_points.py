"""The scenario at each point of a sweep, built from the base scenario without reading it again.

Every value of a lever is read once against the scenario, and what it changes in the tree of objects is kept; the
value of a continuous factor is put where two trial values were found to go. A point is then the scenario with these
changes, sharing all else with it.

Values that are valid one by one can still contradict each other. So the corners, in which each factor has an extreme
value, are read as a whole beforehand; where one is contradictory, or where there are too many of them, each point
is read on its own, and fails with the words of `sim check`. `u` is a probability, and k the index of a factor.
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
"""The path to a part of a scenario: fields, names and positions."""
NodeChanges = list[tuple[NodePath, Any]]
"""Parts that differ from the base scenario, with their paths."""
MAX_CORNERS = 64
"""The most corners that are read beforehand."""
UNBOUNDED_TAIL = 2.0**-20
"""The tail probability at which a distribution without an end is tried beforehand."""


@dataclass(frozen=True)
class FactorVariation:
    """The changes of the scenario by a factor."""

    factor: Factor
    level_changes: tuple[NodeChanges, ...]
    """The changes of each of its levels; of a continuous factor one item, the changes that all its values share."""
    slots: tuple[tuple[NodePath, float], ...] = ()
    """Where the value of a continuous factor goes, with the number by which it is multiplied there."""

    def value(self, u: float) -> float:
        """Return the value at a probability, in the factor's unit; of levels, the index of one."""
        if self.factor.levels:
            return int(u * len(self.factor.levels))
        return value_at_probability(self.factor, u)

    def table_value(self, u: float) -> float | date | str | None:
        """Return the value at a probability as in a table; None at NaN, where the scenario is left as it is."""
        if math.isnan(u):
            return None
        if self.factor.levels:
            return self.factor.levels[int(self.value(u))].display_value
        return self.value(u)

    def file_value(self, u: float) -> Any:
        """Return the value at a probability as a scenario file has it."""
        value = self.value(u)
        return (
            self.factor.levels[int(value)].scenario_value
            if self.factor.levels
            else self.factor.to_scenario_value(value)
        )

    def node_values(self, u: float) -> Iterator[tuple[NodePath, Any]]:
        """Yield the changes of the scenario at a probability."""
        value = self.value(u)
        if self.factor.levels:
            yield from self.level_changes[int(value)]
            return
        yield from self.level_changes[0]
        for path, scale in self.slots:
            yield path, value * scale


def value_at_probability(factor: Factor, u: float) -> float:
    """Return the value of a continuous factor at a probability, in its unit."""
    if factor.distribution is None:
        return factor.low + u * (factor.high - factor.low)
    return float(quantile(factor.distribution, np.array([u]), {})[0]) / canonical_scale(factor.distribution)


@dataclass(frozen=True)
class PointBuilder:
    """Builds the scenario at each point: by changes of objects, or by reading it where values may contradict."""

    scenario: ScenarioFile
    variations: tuple[FactorVariation, ...]
    rereads_points: bool = False

    def scenario_at(self, u: Sequence[float]) -> ScenarioFile:
        """Return the scenario at a point, `(n_factors,)`. Raises ScenarioError where keys contradict each other."""
        varied = [(each, float(x)) for each, x in zip(self.variations, u, strict=True) if not math.isnan(x)]
        if self.rereads_points:
            return self.scenario.replace(
                {path: each.file_value(x) for each, x in varied for path in each.factor.paths}
            )
        tree: Any = self.scenario
        for each, x in varied:
            for path, value in each.node_values(x):
                tree = replace_node(tree, path, value)
        scenario: ScenarioFile = tree
        return scenario


def replace_node(tree: Any, path: NodePath, value: Any) -> Any:
    """Return a tree with another part at a path; all else is shared with the given tree."""
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
    """Yield the smallest parts of a new tree that differ from the old one, with their paths."""
    if old is new:
        return
    parts = matching_parts(old, new)
    if parts is None:
        if type(old) is not type(new) or old != new:
            yield path, new
        return
    for step, old_part, new_part in parts:
        yield from node_changes(old_part, new_part, (*path, step))


def matching_parts(old: Any, new: Any) -> list[tuple[str | int, Any, Any]] | None:
    """Return the parts of two trees that have the same parts; None where they are to be compared as wholes.

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
        return [(k, *parts) for k, parts in enumerate(zip(old, new, strict=True))]
    if is_dataclass(old):
        return [(each.name, getattr(old, each.name), getattr(new, each.name)) for each in fields(old)]
    return None


def prepare_points(sweep: SweepExperiment) -> PointBuilder:
    """Return the builder of the points of a sweep. Raises ScenarioError with all values that cannot stand there."""
    faults: list[Fault] = []
    variations: list[FactorVariation] = []
    for factor in sweep.factors:
        try:
            variations.append(read_variation(sweep, factor))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    points = PointBuilder(sweep.scenario, tuple(variations))
    return replace(points, rereads_points=may_contradict(points))


def factor_location(factor: Factor) -> tuple[str, str]:
    """Return the path to a factor in the file of the sweep."""
    return ("uncertainties" if factor.is_uncertain else "levers", factor.name)


def read_variation(sweep: SweepExperiment, factor: Factor) -> FactorVariation:
    """Read each value of a factor once, and return its changes. Raises ScenarioError with all that cannot stand."""
    location = factor_location(factor)
    if factor.levels:
        level_changes = []
        faults: list[Fault] = []
        for k, level in enumerate(factor.levels):
            try:
                changed = scenario_with_level(sweep, factor, location, k, level)
                level_changes.append(list(node_changes(sweep.scenario, changed)))
            except ScenarioError as error:
                faults += error.faults
        if faults:
            # Several levels may have one fault in common; the first of them is reported.
            raise ScenarioError(
                {(each.key, each.message, each.value): each for each in reversed(faults)}.values()
            )
        return FactorVariation(factor, tuple(level_changes))
    # The value of the factor goes where two trial values differ. Its scale there is taken from the larger of the two,
    # since the other may be 0.
    near, far = sorted(trial_values(factor), key=abs)
    near_scenario, far_scenario = (
        scenario_with_level(sweep, factor, location, 0, Level(x, factor.to_scenario_value(x)))
        for x in (near, far)
    )
    slots = []
    for path, value in node_changes(near_scenario, far_scenario):
        if not isinstance(value, float):
            remedy = (
                "write a list of values"
                if factor.distribution is None
                else "make it a lever, with a list of values"
            )
            raise ScenarioError([sweep.fault(location, "cannot lie anywhere between two values", remedy)])
        slots.append((path, value / far))
    return FactorVariation(factor, (list(node_changes(sweep.scenario, near_scenario)),), tuple(slots))


def trial_values(factor: Factor) -> tuple[float, float]:
    """Return two values of a continuous factor: its ends, or where it has none, values far in its tails."""
    if factor.distribution is None:
        return factor.low, factor.high
    low, high = (end / canonical_scale(factor.distribution) for end in support(factor.distribution, {}))
    if not math.isfinite(low) or (low == 0.0 and not can_be_zero(factor.distribution, {})):
        low = value_at_probability(factor, UNBOUNDED_TAIL)
    return low, high if math.isfinite(high) else value_at_probability(factor, 1 - UNBOUNDED_TAIL)


def scenario_with_level(
    sweep: SweepExperiment, factor: Factor, location: tuple[str, str], k: int, level: Level
) -> ScenarioFile:
    """Return the scenario with one value of a factor. Raises ScenarioError, placed where the sweep states it."""
    node_of_factor = sweep.root.at(location)
    stated = node_of_factor.value
    values = stated.get("values", node_of_factor) if isinstance(stated, dict) else node_of_factor
    node = (
        values.value[k]
        if isinstance(values.value, list)
        else YamlNode(level.scenario_value, node_of_factor.place)
    )
    return sweep.scenario.replace(dict.fromkeys(factor.paths, node))


def may_contradict(points: PointBuilder) -> bool:
    """Whether values of several factors may contradict each other, or change the same part of the scenario."""
    if len(points.variations) < 2:
        return False
    # No path of a factor is within another's, but what stands there may be one part, as a trace is.
    paths = {
        (k, path)
        for k, each in enumerate(points.variations)
        for changes in each.level_changes
        for path, _ in changes
    }
    if any(k != other and a[: len(b)] == b for (k, a), (other, b) in itertools.permutations(paths, 2)):
        return True
    level_counts = [len(each.factor.levels) for each in points.variations if not is_numeric(each)]
    if math.prod(level_counts) > MAX_CORNERS:
        return True
    rereading = replace(points, rereads_points=True)
    for corner in design_corners(points.variations):
        try:
            rereading.scenario_at(corner)
        except ScenarioError:
            return True
    return False


def design_corners(variations: Sequence[FactorVariation]) -> Iterator[tuple[float, ...]]:
    """Yield the points in which each numeric factor has an extreme value, and every other one any of its values.

    All of them where they are few; else, for each combination of values that are no numbers, some of the numbers.
    """
    ends = [extreme_probabilities(each) for each in variations]
    if math.prod(map(len, ends)) <= MAX_CORNERS:
        yield from itertools.product(*ends)
        return
    rng = np.random.default_rng(0)
    others = [[(k, u) for u in end] for k, end in enumerate(ends) if not is_numeric(variations[k])]
    combinations = list(itertools.product(*others))
    for repetition in range(-(-MAX_CORNERS // len(combinations))):
        for combination in combinations:
            # First all numbers at their lower ends, then all at their upper ends, then at random.
            corner = [end[-repetition] if repetition < 2 else float(rng.choice(end)) for end in ends]
            for k, u in combination:
                corner[k] = u
            yield tuple(corner)


def is_numeric(variation: FactorVariation) -> bool:
    """Whether all values of a factor are numbers; so they are of a continuous one."""
    return all(isinstance(level.display_value, float) for level in variation.factor.levels)


def extreme_probabilities(variation: FactorVariation) -> list[float]:
    """Return the probabilities at which a factor is tried with others: its ends, or all where it has no numbers."""
    n = len(variation.factor.levels)
    if n == 0:
        has_tails = variation.factor.distribution is not None
        return [UNBOUNDED_TAIL, 1 - UNBOUNDED_TAIL] if has_tails else [0.0, LARGEST_BELOW_ONE]
    if not is_numeric(variation):
        return [(k + 0.5) / n for k in range(n)]
    numbers = [
        float(level.display_value)
        for level in variation.factor.levels
        if isinstance(level.display_value, float)
    ]
    extremes = {numbers.index(min(numbers)), numbers.index(max(numbers))}
    return [(k + 0.5) / n for k in sorted(extremes)]
