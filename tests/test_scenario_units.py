"""Quantities in canonical units, and the sentences for wrong ones."""

import pytest

from sim.scenario.faults import InvalidValueError
from sim.scenario.units import CANONICAL_UNITS, MEASURES, parse_quantity, supply_measure

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("written", "dimension", "held"),
    [
        ("105 MW", "power", 105_000),
        ("105MW", "power", 105_000),
        ("1.2 GW", "power", 1_200_000),
        ("1e-3 TW", "power", 1_000_000),
        ("500 W", "power", 0.5),
        ("12 mo", "duration", 365.25 * DAY),
        ("12 months", "duration", 365.25 * DAY),
        ("1 year", "duration", 365.25 * DAY),
        ("2 weeks", "duration", 14 * DAY),
        ("1 day", "duration", DAY),
        ("36 hours", "duration", 1.5 * DAY),
        ("90 min", "duration", DAY / 16),
        ("1 us", "duration", 1),
        ("-30 d", "duration", -30 * DAY),
        ("95 %", "share", 0.95),
        ("35%", "share", 0.35),
        ("0.95", "share", 0.95),
        (0.95, "share", 0.95),
        ("1.4", "number", 1.4),
        (2, "number", 2.0),
        (".5", "number", 0.5),
        ("2 /mo", "rate", 24 / 365.25),
        ("2/d", "rate", 2),
        ("13.3 M$/MW/y", "price", 13_300 / 365.25),
        ("13.3 M$ / MW / y", "price", 13_300 / 365.25),
        ("37.9 M$/MW", "capex", 37_900),
        ("100 B$", "money", 1e11),
        ("5 $", "money", 5),
        ("500000 sqft", "area", 46_451.52),
        ("3 m2", "area", 3),
        ("30 kGPU", "GPU", 30_000),
        ("4 crews", "crew", 4),
    ],
)
def test_quantities_are_read_in_the_canonical_unit(written: object, dimension: str, held: float) -> None:
    assert parse_quantity(written, dimension) == held


def test_every_two_decimal_share_is_read_to_the_bit() -> None:
    for percent in range(100):
        assert parse_quantity(f"{percent} %", "share") == percent / 100
        assert parse_quantity(f"1.{percent:02} GW", "power") == 1_000_000 + percent * 10_000


def test_the_canonical_units_are_those_of_the_model() -> None:
    assert CANONICAL_UNITS | {"GPU": "GPU", "crew": "crew", "each": "each"} == CANONICAL_UNITS
    assert CANONICAL_UNITS["power"] == "kW"
    assert CANONICAL_UNITS["duration"] == "us"
    assert CANONICAL_UNITS["rate"] == "/d"
    assert CANONICAL_UNITS["price"] == "$/kW/d"
    for measure in MEASURES.values():
        assert parse_quantity(f"1 {measure.unit}", measure) == 1
        assert parse_quantity(measure.example, measure) > 0


@pytest.mark.parametrize(
    ("written", "dimension", "sentence"),
    [
        ("1.4 MW", "number", "is a power, expected a number; write 1.4"),
        ("95 %", "number", "is a share, expected a number; write 0.95"),
        ("100 GWh", "power", "is an energy, expected a power; write it as 105 MW"),
        ("11.6 M$/MW", "price", "is a cost per power, expected a price; write it as 13.3 M$/MW/y"),
        ("3 GPU", "money", "is a count of GPUs, expected an amount of money; write it as 100 B$"),
        ("1 $/MW/MW", "capex", "is in $/MW/MW, expected a cost per power; write it as 37.9 M$/MW"),
        ("105", "power", "has no unit, expected a power; write its unit, as in 105 MW"),
        (12, "duration", "has no unit, expected a duration; write its unit, as in 18 mo"),
        ("105 mw", "power", "has the unknown unit mw; did you mean MW?"),
        ("3 Month", "duration", "has the unknown unit Month; did you mean month?"),
        ("5 MW/", "power", "has no unit after its /; write one"),
        ("1_000 MW", "power", "has separators between its digits; write 1000 MW"),
        ("500,000 sqft", "area", "has separators between its digits; write 500000 sqft"),
        ("1 000 MW", "power", "has separators between its digits; write 1000 MW"),
        ("9-12 mo", "duration", "is a range; write a law, such as {uniform: {low: 18 mo, high: ...}}"),
        ("1.2 to 1.4 GW", "power", "is a range; write a law, such as {uniform: {low: 105 MW, high: ...}}"),
        ("$100B", "money", "is not an amount of money; write 100 B$"),
        ("$13.3M/MW/y", "price", "is not a price; write 13.3 M$/MW/y"),
        ("NaN", "power", "is not a power; write a finite number, or leave the key out"),
        ("-.inf", "power", "is not a power; write a finite number, or leave the key out"),
        (float("inf"), "number", "is not a number; write a finite number, or leave the key out"),
        ("about 5 MW", "power", "is not a power; write it as 105 MW"),
        (True, "number", "is not a number; write it as 1.4"),
        ("1e999 MW", "power", "is beyond what can be simulated; write a power such as 105 MW"),
        ("20000 y", "duration", "is beyond what can be simulated; write a duration such as 18 mo"),
    ],
)
def test_a_wrong_quantity_is_told_so(written: object, dimension: str, sentence: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        parse_quantity(written, dimension)
    (complaint,) = caught.value.complaints
    assert f"{complaint.message}; {complaint.remedy}" == sentence


def test_no_exponent_and_no_length_can_stop_the_reader() -> None:
    for written in ("1e999999999 MW", "9" * 10_000 + " MW", "1" + "0" * 79 + "e999 MW"):
        with pytest.raises(InvalidValueError):
            parse_quantity(written, "power")


@pytest.mark.parametrize(
    ("unit", "written", "held"),
    [
        ("$", "133 B$", 133e9),
        ("$", "7", 7),
        ("M$", "7", 7e6),
        ("MW", "200", 200_000),
        ("MW", "0.2 GW", 200_000),
        ("GPU", "30000", 30_000),
        ("kGPU", "30", 30_000),
        ("crew", "4 crew", 4),
        ("transformer", "4", 4),
        ("transformer", "4 transformers", 4),
        ("transformers", "4 transformer", 4),
    ],
)
def test_an_amount_is_read_in_the_unit_of_its_supply(unit: str, written: str, held: float) -> None:
    assert parse_quantity(written, supply_measure(unit)) == held


@pytest.mark.parametrize(
    ("unit", "written", "held"),
    [
        ("$", "11.8 M$/MW", 11.8e6),
        ("MW", "1 /MW", 1000),
        ("transformer", "0.5 /GW", 0.0005),
        ("GPU", "1 kGPU/MW", 1000),
    ],
)
def test_an_amount_per_mw_is_read_per_mw(unit: str, written: str, held: float) -> None:
    assert parse_quantity(written, supply_measure(unit).per_mw()) == held


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        ("gpu", "has the unknown unit gpu; did you mean GPU?"),
        ("d", "is a duration, which no supply is counted in; write $, GPU, MW, or one word"),
        ("4 crews", "is not a unit to count in; write $, GPU, MW, or one word"),
    ],
)
def test_a_supply_is_counted_in_what_counts(unit: str, sentence: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        supply_measure(unit)
    (complaint,) = caught.value.complaints
    assert f"{complaint.message}; {complaint.remedy}" == sentence
