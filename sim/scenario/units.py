"""Units: quantities such as `13.3 M$/MW/y`, converted to the units in which the model holds them.

The list of units is ours and stands before the units library, which would read `B$` as bytes; the library
converts, and checks dimensions, on a registry that knows nothing else. Numbers are exact fractions until the
last step, so `1.2 GW` is 1,200,000 kW to the bit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from sim.scenario.faults import invalid_value, suggestion

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pint.util import UnitsContainer

UNIT_DEFINITIONS = {
    "kW": "[power]", "W": "kW / 1000", "MW": "1000 kW", "GW": "1000 MW", "TW": "1000 GW",
    "us": "[time]", "ms": "1000 us", "s": "1000 ms", "min": "60 s", "h": "60 min", "d": "24 h", "wk": "7 d",
    "y": "365.25 d", "mo": "y / 12",
    "$": "[money]", "k$": "1000 $", "M$": "1000 k$", "B$": "1000 M$", "T$": "1000 B$",
    "m2": "[area]", "ft2": "0.09290304 m2", "sqft": "ft2",
    "GPU": "[gpu]", "kGPU": "1000 GPU", "MGPU": "1000 kGPU", "crew": "[crew]", "each": "[thing]",
    "%": "1 / 100",
    "Wh": "W h", "kWh": "kW h", "MWh": "MW h", "GWh": "GW h", "TWh": "TW h",
}  # fmt: skip
"""Every unit that a scenario may write (energies only to be told apart from powers)."""

UNIT_SYNONYMS = {
    "second": "s", "sec": "s", "minute": "min", "hour": "h", "hr": "h", "day": "d", "week": "wk",
    "month": "mo", "year": "y", "yr": "y", "percent": "%", "USD": "$",
    "m²": "m2", "ft²": "ft2", "sq ft": "sqft",
}  # fmt: skip
"""Other spellings that are read, in the singular."""

PER_PATTERN = re.compile(r"\s*\bper\b\s*")
NUMBER_PATTERN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
"""A number, in the digits from 0 to 9: those of other scripts are none."""
QUANTITY_PATTERN = re.compile(rf"({NUMBER_PATTERN})\s*(.*)", re.DOTALL)
MAX_QUANTITY_LENGTH = 80
DEFAULT_MAX_SIZE = 1e15
"""The largest size of what has a measure of its own, as amounts of a supply have."""


@dataclass(frozen=True)
class Measure:
    """What a number measures, how it may be written, and in which unit it is held."""

    dimension: str
    unit: str
    """The canonical unit, in which the model holds it."""
    example: str
    bare_unit: str | None = None
    """The unit of a number written without one; None where a unit must be written."""
    phrase: str = ""
    """What it is in a sentence, with its article."""
    counted_word: str = ""
    """A word of the file's own for one thing of what it counts."""
    numerator_unit: str = ""
    """The unit that is meant over a `/` with nothing before it."""
    max_size: float = DEFAULT_MAX_SIZE
    """The largest size in the canonical unit that can be simulated."""

    def per_mw(self) -> Measure:
        """The same for each MW of a building: `11.8 M$/MW`, or `1 /MW` in the unit of a bare number."""
        return replace(
            self,
            dimension=f"{self.dimension} per MW",
            unit=f"{self.unit}/MW",
            example="1 /MW",
            bare_unit=None,
            phrase=f"{self.phrase} per MW",
            numerator_unit=self.bare_unit or self.unit,
        )


DAYS_PER_YEAR = 365.25
TEN_THOUSAND_YEARS_US = 10_000 * DAYS_PER_YEAR * 86_400e6
MEASURES = {
    measure.dimension: measure
    for measure in (
        Measure("power", "kW", "105 MW", phrase="a power", max_size=1e12),
        Measure("duration", "us", "18 mo", phrase="a duration", max_size=TEN_THOUSAND_YEARS_US),
        Measure("share", "", "95 %", bare_unit="", phrase="a share"),
        Measure("number", "", "1.4", bare_unit="", phrase="a number"),
        Measure("rate", "/d", "2 /mo", phrase="a rate"),
        Measure("price", "$/kW/d", "13.3 M$/MW/y", phrase="a price"),
        Measure("capex", "$/kW", "37.9 M$/MW", phrase="a cost per power"),
        Measure("money", "$", "100 B$", phrase="an amount of money"),
        Measure("area", "m2", "500000 sqft", phrase="an area"),
        Measure("GPU", "GPU", "30000 GPU", phrase="a count of GPUs"),
        Measure("crew", "crew", "4 crew", phrase="a count of crews"),
        Measure("each", "each", "4 each", phrase="a count"),
    )
}


def max_size(dimension: str) -> float:
    """The largest size that can be simulated of a quantity in the canonical unit of its dimension."""
    measure = MEASURES.get(dimension)
    return DEFAULT_MAX_SIZE if measure is None else measure.max_size


CANONICAL_UNITS = {measure.dimension: measure.unit for measure in MEASURES.values()}
"""The canonical unit of each dimension."""


def parse_quantity(written: object, dimension: str | Measure) -> float:
    """A quantity in the canonical unit of its dimension.

    Raises InvalidValueError with what is expected where it is not a finite quantity of that dimension.
    """
    measure = MEASURES[dimension] if isinstance(dimension, str) else dimension
    number, unit = split_quantity(written, measure)
    if not unit and measure.bare_unit is None:
        raise invalid_value(
            f"has no unit, expected {measure.phrase}", f"write its unit, as in {measure.example}", written
        )
    unit = unit or measure.bare_unit or ""
    canonical = number * conversion_factor(
        measure.numerator_unit + unit if unit.startswith("/") else unit, measure, written
    )
    if abs(canonical) > measure.max_size:
        raise invalid_value(
            "is beyond what can be simulated", f"write {measure.phrase} such as {measure.example}", written
        )
    return float(canonical)


def split_quantity(written: object, measure: Measure | None = None) -> tuple[Fraction, str]:
    """The number and the unit (empty if none) of a quantity. Raises InvalidValueError for what is not a quantity."""
    text = str(written).strip()
    expected = measure.phrase if measure else "a quantity"
    example = measure.example if measure else "105 MW"
    match = (
        QUANTITY_PATTERN.fullmatch(text)
        if len(text) <= MAX_QUANTITY_LENGTH and not isinstance(written, bool)
        else None
    )
    if match is None:
        raise invalid_value(f"is not {expected}", not_a_number_remedy(text, example), written)
    number, unit = match.groups()
    if re.match(r"[_,'. ]?[0-9]", unit):
        digits = re.sub(r"(?<=[0-9])[_,' ](?=[0-9])", "", text)
        raise invalid_value("has separators between its digits", f"write {digits}", written)
    if re.match(r"(-|–|to\b|\.\.)", unit):
        raise invalid_value(
            "is a range", "write a law, such as {uniform: {low: " + example + ", high: ...}}", written
        )
    return Fraction(number), unit.strip()


def not_a_number_remedy(text: str, example: str) -> str:
    """The remedy for something that does not begin with a number."""
    if text.lower().lstrip("+-.") in {"nan", "inf", "infinity"}:
        return "write a finite number, or leave the key out"
    if dollars := re.fullmatch(r"\$\s*([0-9.]+)\s*([kMBT]?)\b(.*)", text):
        return f"write {dollars[1]} {dollars[2]}${dollars[3]}"
    return f"write it as {example}"


def conversion_factor(unit: str, measure: Measure, written: object = None) -> Fraction:
    """One `unit` in canonical units of the measure. Raises InvalidValueError for another dimension."""
    if re.search(r"\bper\b", unit):
        number = split_quantity(written)[0]
        raise invalid_value(
            "has a unit with per", f"write {float(number):g} {re.sub(PER_PATTERN, '/', unit)}", written
        )
    goal = unit_symbols(measure.unit, measure.counted_word)
    symbols = unit_symbols(unit, measure.counted_word, written, goal)
    ratio = unit_ratio(symbols, goal)
    plain = measure.dimension == "number"
    if ratio is not None and not (plain and "%" in symbols):
        return ratio
    remedy = (
        f"write {float(split_quantity(written)[0] * (ratio or 1)):g}"
        if plain
        else f"write it as {measure.example}"
    )
    raise invalid_value(
        f"is {unit_in_words(unit, measure.counted_word)}, expected {measure.phrase}", remedy, written
    )


def unit_in_words(unit: str, word: str = "") -> str:
    """What a unit measures, in words."""
    measure = measure_of_unit(unit, word)
    return measure.phrase if measure else ("an energy" if "Wh" in unit else f"in {unit}")


def measure_of_unit(unit: str, word: str = "") -> Measure | None:
    """The measure that a unit belongs to; None if it belongs to none."""
    if not unit:
        return MEASURES["number"]
    symbols = unit_symbols(unit, word, unit)
    if symbols == ("%",):
        return MEASURES["share"]
    return next(
        (each for each in MEASURES.values() if unit_ratio(symbols, unit_symbols(each.unit)) is not None), None
    )


def known_measure(unit: str, written: object) -> Measure:
    """The measure that a unit belongs to. Raises InvalidValueError where it belongs to none."""
    if measure := measure_of_unit(unit):
        return measure
    raise invalid_value(
        "is not a quantity that a scenario can state", "write a power, a duration, ...", written
    )


def unit_symbols(
    unit: str, word: str = "", written: object = None, goal: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The parts of a unit, divided one after the other: `M$/MW/y` is (M$, MW, y).

    Raises InvalidValueError for an unknown part, with the nearest that measures what `goal` does at its place.
    """
    first, *divisors = (part.strip() for part in unit.split("/"))
    models = goal if len(goal) == 1 + len(divisors) else ("",) * (1 + len(divisors))
    numerator = unit_symbol(first, word, written, models[0]) if first else ""
    return (
        numerator,
        *(unit_symbol(part, word, written, each) for part, each in zip(divisors, models[1:], strict=True)),
    )


def unit_symbol(part: str, word: str, written: object, commensurable_with: str = "") -> str:
    """The unit of the list that is meant by one word. Raises InvalidValueError with the nearest, if none is."""
    single = part if part in UNIT_DEFINITIONS else part.removesuffix("s")
    if single in UNIT_DEFINITIONS:
        return single
    if word and single in {word, word.removesuffix("s")}:
        return "each"
    if single in UNIT_SYNONYMS:
        return UNIT_SYNONYMS[single]
    if not part:
        raise invalid_value("has no unit after its /", "write one", written)
    raise invalid_value(
        f"has the unknown unit {part}", suggestion(part, commensurable_units(commensurable_with)), written
    )


def commensurable_units(symbol: str) -> list[str]:
    """The units, and their synonyms, that measure what `symbol` does; all, where it is empty."""
    known = {unit: unit for unit in UNIT_DEFINITIONS} | UNIT_SYNONYMS
    return [
        unit for unit, short in known.items() if not symbol or unit_ratio((short,), (symbol,)) is not None
    ]


@cache
def unit_ratio(symbols: tuple[str, ...], target: tuple[str, ...]) -> Fraction | None:
    """One unit in units of the target; None where they differ in dimension."""
    units = unit_registry()
    source, goal = (units.Quantity(Fraction(1), to_pint(each)) for each in (symbols, target))
    if source.dimensionality != goal.dimensionality:
        return None
    return Fraction((source / goal).to("").magnitude)


def to_pint(symbols: tuple[str, ...]) -> UnitsContainer:
    """A unit as the units library has it: the first symbol over all the others."""
    from pint.util import UnitsContainer

    powers: dict[str, int] = {}
    for position, each in enumerate(symbols):
        if each:
            powers[pint_name(each)] = powers.get(pint_name(each), 0) + (1 if position == 0 else -1)
    return UnitsContainer({name: power for name, power in powers.items() if power})


def pint_name(text: str) -> str:
    """A unit in signs that the library's grammar allows."""
    return text.replace("$", "dollar").replace("%", "percent")


@cache
def unit_registry() -> UnitRegistry[Fraction]:
    """A registry of the units library that knows our units and nothing else."""
    from pint import UnitRegistry

    units: UnitRegistry[Fraction] = UnitRegistry(None, non_int_type=Fraction)
    for name, definition in UNIT_DEFINITIONS.items():
        units.define(f"{pint_name(name)} = {pint_name(definition)}")
    return units


def supply_measure(unit: str) -> Measure:
    """The measure of amounts of a supply that is counted in `unit`. Raises InvalidValueError for another unit.

    A bare number counts in the supply's own unit. A word that is no unit of ours counts things of that name.
    """
    known = {each.lower() for each in (*UNIT_DEFINITIONS, *UNIT_SYNONYMS)}
    if unit.lower() not in known and unit.lower().removesuffix("s") not in known:
        if re.fullmatch(r"[^\W\d][\w -]*", unit):
            return Measure(unit, "each", f"4 {unit}", "each", f"a count of {unit}", unit)
        raise invalid_value("is not a unit to count in", "write $, GPU, MW, or one word", unit)
    measure = measure_of_unit(unit)
    if measure is None or measure.dimension not in {"power", "money", "GPU", "crew", "each"}:
        raise invalid_value(
            f"is {unit_in_words(unit)}, which no supply is counted in", "write $, GPU, MW, or one word", unit
        )
    return replace(measure, bare_unit=unit)
