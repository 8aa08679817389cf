"""A quantity is the same in whichever unit it is written, and a wrong one is told what would be right."""

from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.faults import InvalidValueError, ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import (
    MEASURES,
    UNIT_DEFINITIONS,
    UNIT_SYNONYMS,
    Measure,
    conversion_factor,
    measure_of_unit,
    split_quantity,
)
from sim.scenario.yaml_reader import to_node
from sim.study.run import run_scenario

FILE = Path(__file__).parent / "data" / "world.yaml"
DIGITS = 40
"""How many digits a number is written with where it does not end."""


@pytest.fixture(scope="module")
def world() -> ScenarioFile:
    return read_scenario(FILE)


@pytest.fixture(scope="module")
def metrics(world: ScenarioFile) -> dict[str, list[float | None]]:
    return run_scenario(world, workers=1).metric_values


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The texts of a tree, with their paths."""
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(part, str):
            yield (*path, str(key)), part
        else:
            yield from leaves(part, (*path, str(key)))


def measured(text: str) -> Measure | None:
    """Which measure has a quantity with a unit? None for any other text."""
    try:
        unit = split_quantity(text)[1]
        return measure_of_unit(unit) if unit else None
    except InvalidValueError:
        return None


def quantities(scenario: ScenarioFile) -> dict[tuple[str, ...], Measure]:
    """Where a quantity is written with its unit, also in a law, and what it measures."""
    found = ((path, measured(text)) for path, text in leaves(scenario.tree))
    return {path: measure for path, measure in found if measure is not None}


def units(measure: Measure) -> list[str]:
    """All units of a dimension; of one that is composed, as many as bring in each of every part."""

    def simple(dimension: str) -> list[str]:
        own = [unit for unit in UNIT_DEFINITIONS if measure_of_unit(unit) == MEASURES[dimension]]
        words = [word for word, unit in UNIT_SYNONYMS.items() if unit in own]
        return [*own, *words, *(f"{word}s" for word in words if word.isascii() and word.isalpha())]

    over = {"rate": ("", "duration"), "price": ("money", "power", "duration"), "capex": ("money", "power")}
    if measure.dimension not in over:
        return simple(measure.dimension)
    parts = [simple(part) if part else [""] for part in over[measure.dimension]]
    longest = max(map(len, parts))
    return ["/".join(part[k % len(part)] for part in parts) for k in range(longest)]


def rewritten(text: str, unit: str) -> str:
    """A quantity in another unit of its dimension."""
    number, own = split_quantity(text)
    measure = measure_of_unit(own)
    assert measure is not None
    value = (
        number
        * conversion_factor(own, measure, text)
        / (conversion_factor(unit, measure, text) if unit else 1)
    )
    return f"{decimal(value)} {unit}".strip()


def decimal(value: Fraction) -> str:
    return str(Context(prec=DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator)))


def with_each(scenario: ScenarioFile, texts: dict[tuple[str, ...], str]) -> ScenarioFile:
    """The scenario with other texts at some paths, all read at once."""

    def put(tree: Any, path: tuple[str, ...]) -> Any:
        if isinstance(tree, str):
            return texts.get(path, tree)
        if isinstance(tree, list):
            return [put(part, (*path, str(k))) for k, part in enumerate(tree)]
        return {key: put(part, (*path, key)) for key, part in tree.items()}

    place = scenario.node_at(()).place
    return ScenarioFile.from_node(to_node(put(scenario.tree, ()), place), scenario.path, {})


def test_the_world_has_quantities_of_all_dimensions(world: ScenarioFile) -> None:
    found = {measure.dimension for measure in quantities(world).values()}
    assert found == set(MEASURES) - {"number", "each"}
    assert len(quantities(world)) > 50


LONGEST = max(len(units(measure)) for measure in MEASURES.values())


@pytest.mark.parametrize("turn", range(LONGEST))
def test_every_quantity_says_the_same_in_every_unit(
    world: ScenarioFile, metrics: dict[str, list[float | None]], turn: int
) -> None:
    """In each turn every quantity is written in another unit; after the last, in all of its dimension."""
    tree = dict(leaves(world.tree))
    texts = {}
    for path, measure in quantities(world).items():
        choices = ["", *units(measure)] if measure.dimension == "share" else units(measure)
        texts[path] = rewritten(tree[path], choices[turn % len(choices)])
    again = with_each(world, texts)
    assert again == world
    assert run_scenario(again, workers=1).metric_values == metrics


@pytest.mark.parametrize(
    ("path", "written", "alike"),
    [
        ("hardware.old.it_kw_per_gpu", "1.3", "1300 W"),
        ("supplies.chips.arrives.amount", "1500", "1.5 kGPU"),
        ("supplies.crews.initial", "1", "1 crew"),
        ("sites.East.buildings.Annex.phases.shell.needs.fund", "30 M$/MW", "30000 $/kW"),
        ("sites.East.buildings.Annex.phases.shell.needs.fund", "30000000 /MW", "30 M$/MW"),
        ("sites.East.buildings.Tower.when", "committed > 50 %", "committed > 0.5"),
        ("demand.chat.lead", "{empirical: {values: [1, 2], unit: wk}}", "{empirical: {values: [7 d, 14 d]}}"),
        ("uncertain.growth", "{uniform: {low: 1, high: 3}}", "{uniform: {low: 1.0, high: 3e0}}"),
        ("providers.Neo.price", "11 M$/MW/y", "11 $/W/y"),
        ("providers.Neo.price", "11 M$/MW/y", "11 M$/y/MW"),
        ("sites.West.outages.takes", "20 %", "{value: 0.2, source: a talk}"),
    ],
)
def test_what_may_be_written_in_two_ways_says_the_same(
    world: ScenarioFile, path: str, written: str, alike: str
) -> None:
    assert world.replace({path: written}) == world.replace({path: alike})


NUMBERS = (
    "hardware.old.h100e_per_it_mw", "sites.West.pue", "demand.train.arrivals.curve.growth",
    "demand.chat.size.lognormal.sigma",
)  # fmt: skip
NEED = ("sites", "East", "buildings", "Annex", "phases", "shell", "needs", "fund")
FREE = {("sites", "West", "outages", "takes"): ("share", "power"), NEED: ("money", "capex")}
"""Where one of two dimensions may stand; the first is the one that is expected."""

BARE = ("hardware", "supplies")
"""Where a number without a unit has one that is understood."""


@pytest.mark.parametrize("wrong", MEASURES.values(), ids=MEASURES)
def test_a_wrong_dimension_is_told_which_is_right(world: ScenarioFile, wrong: Measure) -> None:
    """A quantity of one dimension everywhere: each place that is of another says so, once."""
    right = quantities(world) | {tuple(path.split(".")): MEASURES["number"] for path in NUMBERS}
    allowed = {path: FREE.get(path, (measure.dimension,)) for path, measure in right.items()}
    right |= {path: MEASURES[free[0]] for path, free in FREE.items()}
    texts = {path: wrong.example for path in right if wrong.dimension not in allowed[path]}
    with pytest.raises(ScenarioError) as caught:
        with_each(world, texts)
    told = {tuple(fault.key.split(".")): fault.message for fault in caught.value.faults}
    expected = {path: f"is {wrong.phrase}, expected {right[path].phrase}" for path in texts}
    if wrong.dimension == "number":
        strict = [
            path for path in texts if path[0] not in BARE and path != NEED and right[path].bare_unit is None
        ]
        expected = {path: f"has no unit, expected {right[path].phrase}" for path in strict}
    assert {path: told.get(path) for path in expected} == expected
