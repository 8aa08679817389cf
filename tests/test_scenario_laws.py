"""Distributions: how they are written, what they hold, and the sentences for wrong ones; the table of families."""

import math
import pickle
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from sim.model.random_streams import Sampler
from sim.scenario.distribution_families import FAMILIES, SCALE
from sim.scenario.distribution_family import DistributionFamily, Parameter, describe_by
from sim.scenario.distribution_properties import can_be_zero, mean, median, quantile, support
from sim.scenario.distribution_reader import is_distribution, measure_of, read_distribution
from sim.scenario.distributions import Distribution, UncertainReference
from sim.scenario.faults import InvalidValueError, ScenarioError
from sim.scenario.number_reader import NumberReader
from sim.scenario.quantities import above_zero, not_below_one, not_below_zero
from sim.scenario.reading import read_scenario
from sim.scenario.units import MEASURES
from sim.scenario.yaml_reader import parse_yaml
from sim.show.describe import describe_quantity
from sim.show.reference import format_reference
from sim.show.starter import starter_scenario

DAY = 86_400_000_000.0
DURATION = NumberReader(MEASURES["duration"])
GROWTH = Distribution("uniform", {"low": 1.0, "high": 2.0}, "number")
DELAY = Distribution("constant", {"value": 3 * DAY}, "duration")
UNCERTAIN = {"growth": GROWTH, "delay": DELAY, "faulty": None}


def sentences(written: object, reading: NumberReader = DURATION) -> list[str]:
    with pytest.raises(InvalidValueError) as caught:
        read_distribution(written, reading)
    told = []
    for each in caught.value.complaints:
        at = ".".join(map(str, each.path))
        told.append(f"{at}: {each.message}; {each.remedy}" if at else f"{each.message}; {each.remedy}")
    return told


@pytest.mark.parametrize(
    ("written", "kind", "params"),
    [
        ("3 d", "constant", {"value": 3 * DAY}),
        ({"constant": "3 d"}, "constant", {"value": 3 * DAY}),
        ({"uniform": {"low": "1 d", "high": "2 d"}}, "uniform", {"low": DAY, "high": 2 * DAY}),
        (
            {"triangular": {"low": "1 d", "mode": "2 d", "high": "4 d"}},
            "triangular",
            {"low": DAY, "mode": 2 * DAY, "high": 4 * DAY},
        ),
        (
            {"pert": {"low": "1 d", "mode": "1 d", "high": "1 d"}},
            "pert",
            {"low": DAY, "mode": DAY, "high": DAY},
        ),
        ({"exponential": {"mean": "90 d"}}, "exponential", {"mean": 90 * DAY}),
        ({"lognormal": {"median": "2 d", "sigma": "0.8"}}, "lognormal", {"median": 2 * DAY, "sigma": 0.8}),
        ({"lognormal": {"mean": "2 d", "cv": "0.8"}}, "lognormal", {"mean": 2 * DAY, "cv": 0.8}),
        ({"gamma": {"shape": "2", "scale": "3 d"}}, "gamma", {"shape": 2.0, "scale": 3 * DAY}),
        ({"gamma": {"mean": "2 d", "cv": "0.8"}}, "gamma", {"mean": 2 * DAY, "cv": 0.8}),
        ({"weibull": {"shape": "2", "scale": "3 d"}}, "weibull", {"shape": 2.0, "scale": 3 * DAY}),
        (
            {"discrete": {"values": ["1 d", "2 d"]}},
            "discrete",
            {"values": (DAY, 2 * DAY), "weights": (1.0, 1.0)},
        ),
        (
            {"discrete": {"values": ["1 d", "2 d"], "weights": ["3", "0"]}},
            "discrete",
            {"values": (DAY, 2 * DAY), "weights": (3.0, 0.0)},
        ),
        ({"empirical": {"values": ["1 d", "2 d"]}}, "empirical", {"values": (DAY, 2 * DAY)}),
        ({"empirical": {"values": ["24", "2 d"], "unit": "h"}}, "empirical", {"values": (DAY, 2 * DAY)}),
        ({"value": {"constant": "3 d"}, "source": "x"}, "constant", {"value": 3 * DAY}),
        (
            {"exponential": {"mean": "1 d"}, "confidence": "assumed", "note": "y"},
            "exponential",
            {"mean": DAY},
        ),
        ("$delay", "constant", {"value": UncertainReference("delay", "duration")}),
        (
            {"lognormal": {"median": "$delay", "sigma": "$growth"}},
            "lognormal",
            {
                "median": UncertainReference("delay", "duration"),
                "sigma": UncertainReference("growth", "number"),
            },
        ),
    ],
)
def test_laws_hold_their_parameters_in_the_canonical_unit(written: object, kind: str, params: object) -> None:
    law = read_distribution(written, NumberReader(MEASURES["duration"], UNCERTAIN))
    assert law == Distribution(kind, params, "duration")  # type: ignore[arg-type]


def test_a_chance_has_laws_in_it_and_is_zero_otherwise() -> None:
    law = read_distribution({"chance": "40 %", "then": {"exponential": {"mean": "1 d"}}}, DURATION)
    assert law.params == {
        "chance": 0.4,
        "then": Distribution("exponential", {"mean": DAY}, "duration"),
        "else": Distribution("constant", {"value": 0.0}, "duration"),
    }
    assert (
        read_distribution({"chance": "40 %", "then": "1 d", "else": "2 d"}, DURATION).params["else"].constant
        == 2 * DAY
    )


def test_a_law_tells_its_constant_and_its_references() -> None:
    assert read_distribution("3 d", DURATION).constant == 3 * DAY
    assert read_distribution("$delay", DURATION).constant is None
    assert read_distribution({"uniform": {"low": "1 d", "high": "1 d"}}, DURATION).constant is None
    nested = {
        "chance": "$p",
        "then": {"discrete": {"values": ["$a", "1 d"], "weights": ["$w", "1"]}},
        "else": "$b",
    }
    assert read_distribution(nested, DURATION).references() == {"p", "a", "w", "b"}


def test_a_law_is_a_value() -> None:
    law = read_distribution({"chance": "40 %", "then": {"empirical": {"values": ["1 d", "$x"]}}}, DURATION)
    assert pickle.loads(pickle.dumps(law)) == law
    assert len({law, pickle.loads(pickle.dumps(law))}) == 1


WRONG = """
{triangular: {low: 3 d, mode: 2 d, high: 4 d}}
    triangular: has its low above its mode; write low <= mode
{uniform: {low: 3 d, high: 2 d}}
    uniform: has its low above its high; write low <= high
{exponential: 90 d}
    exponential: does not state exponential; write {exponential: {mean: ...}}
{exponential: {mean: 0 d}}
    exponential.mean: must be above 0, since it is a mean; write a positive number
{gamma: {mean: 2 d}}
    gamma: does not state gamma; write {gamma: {shape: ..., scale: ...}} or {gamma: {mean: ..., cv: ...}}
{lognormal: {median: 2 MW, sigma: 1 d}}
    lognormal.median: is a power, expected a duration; write it as 18 mo
    lognormal.sigma: is a duration, expected a number; write 1
{normal: {mean: 1 d}}
    has normal, which is not a law; did you mean lognormal?
{}
    is empty; write 18 mo, or a law
{constant: 1 d, uniform: {low: 1 d, high: 2 d}}
    has uniform beside constant; write one law, and beside it only source, confidence or note
[1 d]
    is not a duration; write it as 18 mo
{value: 1 MW, source: x}
    value: is a power, expected a duration; write it as 18 mo
{value: 1 d, confidence: sure}
    confidence: is not a valid confidence; choose one of reported, estimated, inferred, assumed
{discrete: {values: [1 d], weights: [1, 2]}}
    discrete: has 1 values and 2 weights; write a weight for each value
{discrete: {values: [1 d, x], weights: [-1, 1 d]}}
    discrete.values.1: is not a duration; write it as 18 mo
    discrete.weights.1: is a duration, expected a number; write 1
{discrete: {values: [1 d, 2 d], weights: [0, 0]}}
    discrete: has weights that are not weights; write none below 0, with a sum above 0
{discrete: {values: [1 d, 2 d], weights: [-1, 2]}}
    discrete: has weights that are not weights; write none below 0, with a sum above 0
{empirical: {values: []}}
    empirical.values: is not a list of numbers; write [..., ...]
{empirical: {values: [1], unit: MW}}
    empirical.unit: is a power, expected a duration; write it as 18 mo
{chance: 140 %, then: 1 MW}
    chance: must be between 0 % and 100 %; write a share, such as 40 %
    then: is a power, expected a duration; write it as 18 mo
{chance: 40 %}
    does not state a chance; write {chance: 40 %, then: LAW, else: LAW}
"""
CASES = re.findall(r"^(\S.*)\n((?:    .*\n)+)", WRONG, re.MULTILINE)


@pytest.mark.parametrize(("written", "expected"), CASES)
def test_a_wrong_law_is_told_so_with_all_that_is_wrong(written: str, expected: str) -> None:
    assert sentences(parse_yaml(written, "law").to_plain()) == [
        line.strip() for line in expected.splitlines()
    ]


@pytest.mark.parametrize(
    ("name", "dimension", "expected"),
    [
        ("$grwth", "number", "names no number of uncertain; did you mean growth?"),
        ("$growth", "duration", "is a number, expected a duration; state growth as 18 mo"),
        ("$delay", "number", "is a duration, expected a number; state delay as 1.4"),
    ],
)
def test_a_reference_must_measure_what_is_expected(name: str, dimension: str, expected: str) -> None:
    assert sentences(name, NumberReader(MEASURES[dimension], UNCERTAIN)) == [expected]


def test_a_number_may_stand_for_a_share_and_a_faulty_one_for_anything() -> None:
    for name, dimension in (("$growth", "share"), ("$faulty", "power"), ("$faulty", "number")):
        assert read_distribution(name, NumberReader(MEASURES[dimension], UNCERTAIN)).references() == {
            name[1:]
        }


@pytest.mark.parametrize(
    ("written", "dimension"),
    [
        ("3", "number"),
        ("3 %", "share"),
        ("3 MW", "power"),
        ({"lognormal": {"sigma": "0.3", "median": "3 mo"}}, "duration"),
        ({"chance": "30 %", "then": "3 MW", "else": "0"}, "power"),
        ({"discrete": {"weights": ["1"], "values": ["3 M$/MW"]}}, "capex"),
        ({"empirical": {"values": ["1", "2"], "unit": "$"}}, "money"),
        ("$delay", "duration"),
    ],
)
def test_an_uncertain_number_measures_what_its_unit_says(written: object, dimension: str) -> None:
    assert measure_of(written, UNCERTAIN).dimension == dimension


LAWS = [
    ({"uniform": {"low": "1 d", "high": "3 d"}}, (1, 3), 2),
    ({"triangular": {"low": "1 d", "mode": "2 d", "high": "6 d"}}, (1, 6), 3),
    ({"pert": {"low": "1 d", "mode": "2 d", "high": "9 d"}}, (1, 9), 3),
    ({"exponential": {"mean": "3 d"}}, (0, math.inf), 3),
    ({"lognormal": {"median": "3 d", "sigma": "2"}}, (0, math.inf), 3 * math.exp(2)),
    ({"lognormal": {"mean": "3 d", "cv": "2"}}, (0, math.inf), 3),
    ({"gamma": {"shape": "2", "scale": "3 d"}}, (0, math.inf), 6),
    ({"weibull": {"shape": "0.5", "scale": "3 d"}}, (0, math.inf), 6),
    ({"discrete": {"values": ["1 d", "5 d"], "weights": ["3", "1"]}}, (1, 5), 2),
    ({"empirical": {"values": ["1 d", "5 d", "3 d"]}}, (1, 5), 3),
    ({"chance": "25 %", "then": "8 d", "else": {"uniform": {"low": "2 d", "high": "6 d"}}}, (2, 8), 5),
    ("$delay", (3, 3), 3),
]


@pytest.mark.parametrize(("written", "ends", "average"), LAWS)
def test_a_law_has_ends_and_a_mean(written: object, ends: tuple[float, float], average: float) -> None:
    law = read_distribution(written, DURATION)
    assert support(law, UNCERTAIN) == (ends[0] * DAY, ends[1] * DAY)
    assert mean(law, UNCERTAIN) == pytest.approx(average * DAY, rel=1e-12)


def test_what_can_be_exactly_zero() -> None:
    for written, zero in (
        ("0 d", True),
        ("1 d", False),
        ({"exponential": {"mean": "1 d"}}, False),
        ({"uniform": {"low": "0 d", "high": "1 d"}}, False),
        ({"chance": "40 %", "then": "1 d"}, True),
        ({"chance": "40 %", "then": "1 d", "else": "2 d"}, False),
        ({"empirical": {"values": ["0 d", "1 d"]}}, True),
        ("$delay", False),
    ):
        assert can_be_zero(read_distribution(written, DURATION), UNCERTAIN) is zero


# The table of families: everything asks it, and nothing that is not in it is taken for something else.


def starting_early() -> DistributionFamily:
    """A family that starts at -20 d: `{early: {shape: 2}}`, in place of one that nobody has thought of yet."""
    return replace(
        FAMILIES["uniform"],
        name="early",
        meaning="anything from 20 days before",
        parametrizations=((SCALE,),),
        quantile=lambda u, p, _: -20 * DAY + u * p["scale"],
        mean=lambda p: -20 * DAY + p["scale"] / 2,
        support=lambda p, bounds: (-20 * DAY, -20 * DAY + bounds(p["scale"])[1]),
        describe=describe_by("scale"),
    )


def test_a_new_family_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    family = starting_early()
    monkeypatch.setitem(cast(dict[str, DistributionFamily], FAMILIES), "early", family)
    law = read_distribution({"early": {"scale": "30 d"}}, DURATION)
    assert law == Distribution("early", {"scale": 30 * DAY}, "duration")
    assert (support(law, {}), mean(law, {}), can_be_zero(law, {})) == ((-20 * DAY, 10 * DAY), -5 * DAY, False)
    assert (quantile(law, np.array([0.0]), {})[0], median(law, {})) == (-20 * DAY, -5 * DAY)
    assert not_below_zero(law, {}) == "must not be below 0"
    assert above_zero(law, {}) == "must be above 0"
    assert not_below_one(law, {}) == "must not be below 1"
    assert describe_quantity(law) == "scale 30 d (early)"
    assert "| `{early: {scale: 6 mo}}` | anything from 20 days before |" in format_reference()
    assert is_distribution({"early": 1})
    assert sentences({"early": {"scale": "0 d"}}) == [
        "early.scale: must be above 0, since it is a scale; write a positive number"
    ]


def test_a_new_family_is_checked_wherever_it_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its support is its own: what may not be below 0 refuses a family that starts at -20 d."""
    monkeypatch.setitem(cast(dict[str, DistributionFamily], FAMILIES), "early", starting_early())
    path = tmp_path / "world.yaml"
    path.write_text(starter_scenario("world", "world.yaml"), encoding="utf-8")
    scenario = read_scenario(path)
    with pytest.raises(ScenarioError, match="must not be below 0") as caught:
        scenario.replace({"rights.first refusal.window": "{early: {scale: 30 d}}"})
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("missing", [each.name for each in fields(DistributionFamily)])
def test_a_row_that_leaves_something_out_does_not_construct(missing: str) -> None:
    row = vars(FAMILIES["uniform"])
    with pytest.raises(TypeError, match=missing):
        DistributionFamily(**{name: value for name, value in row.items() if name != missing})


def test_a_row_shows_how_its_family_is_written() -> None:
    with pytest.raises(ValueError, match="no example"):
        replace(FAMILIES["uniform"], parametrizations=())


@pytest.mark.parametrize(
    "reader",
    [
        lambda law: support(law, {}),
        lambda law: mean(law, {}),
        lambda law: can_be_zero(law, {}),
        lambda law: quantile(law, np.array([0.5]), {}),
        lambda law: median(law, {}),
        lambda law: not_below_zero(law, {}),
        lambda law: above_zero(law, {}),
        describe_quantity,
        lambda law: Sampler(1, 0, {}).draw_once("x", law),
        lambda law: Sampler(1, 0, {}).variates("x", law, 2),
        lambda law: next(Sampler(1, 0, {}).endless_variates("x", law)),
    ],
)
@pytest.mark.parametrize("params", [{"low": DAY, "high": 2 * DAY}, {"mean": DAY}, {"value": DAY}])
def test_a_family_that_is_none_is_played_as_no_other(
    reader: Callable[[Distribution], object], params: dict[str, float]
) -> None:
    with pytest.raises(KeyError, match="none"):
        reader(Distribution("none", params, "duration"))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_bounds_of_a_family_hold_what_it_gives(name: str) -> None:
    for example in FAMILIES[name].examples:
        if "file:" in example:
            continue
        law = read_distribution(parse_yaml(example, "law").to_plain(), DURATION)
        values = quantile(law, np.linspace(0, 1, 1000, endpoint=False), {})
        low, high = support(law, {})
        assert low <= values.min() <= median(law, {}) <= values.max() <= high
        assert low <= mean(law, {}) <= high
        assert describe_quantity(law)


@pytest.mark.parametrize(
    ("name", "names", "negated"),
    [
        pytest.param(name, ways, parameter, id=f"{name}, {parameter.name}")
        for name, family in FAMILIES.items()
        for ways in family.parametrizations
        for parameter in ways
        if not parameter.is_plain
    ],
)
def test_a_negative_parameter_is_refused_or_supported(
    name: str, names: tuple[Parameter, ...], negated: Parameter
) -> None:
    """A law that takes a parameter below 0 says so in its support: else `not_below_zero` would let it pass."""
    written = {each.name: f"-{each.example}" if each is negated else each.example for each in names}
    try:
        law = read_distribution({name: written}, DURATION)
    except InvalidValueError:
        return
    low, high = support(law, {})
    values = quantile(law, np.linspace(0, 1, 1000, endpoint=False), {})
    assert low <= values.min() <= values.max() <= high


def test_a_chance_that_is_uncertain_is_described_by_its_name() -> None:
    law = read_distribution(
        {"chance": "$growth", "then": "2 d"}, NumberReader(MEASURES["duration"], UNCERTAIN)
    )
    assert describe_quantity(law) == "$growth chance of 2 d, else 0 d"
