"""The types of fields that hold a quantity or a date: what each measures, and in which range it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ValidationInfo

from sim.scenario.dates import Date, parse_instant, read_date
from sim.scenario.description_keys import unwrap_value
from sim.scenario.distribution_properties import can_be_zero, support
from sim.scenario.distribution_reader import measure_of, read_distribution
from sim.scenario.distributions import Distribution, UncertainNumbers
from sim.scenario.faults import ComplaintCollector, invalid_value
from sim.scenario.fields import FieldReader, declarations_of, field_reader
from sim.scenario.number_reader import NumberReader
from sim.scenario.scalars import read_name
from sim.scenario.units import MEASURES, Measure

WrittenQuantity = str | float | dict[str, Any]
"""How a quantity is written."""
RangeCheck = Callable[[Distribution, UncertainNumbers], str]
"""Gives what is wrong with a distribution; empty where nothing is."""


def above_zero(distribution: Distribution, uncertain: UncertainNumbers) -> str:
    """A complaint where it may be 0 or below."""
    low, _ = support(distribution, uncertain)
    return "must be above 0" if low < 0 or (low == 0 and can_be_zero(distribution, uncertain)) else ""


def not_below_zero(distribution: Distribution, uncertain: UncertainNumbers) -> str:
    """A complaint where it may be below 0."""
    return "must not be below 0" if support(distribution, uncertain)[0] < 0 else ""


def not_below_one(distribution: Distribution, uncertain: UncertainNumbers) -> str:
    """A complaint where it may be below 1."""
    return "must not be below 1" if support(distribution, uncertain)[0] < 1 else ""


def within_one(distribution: Distribution, uncertain: UncertainNumbers) -> str:
    """A complaint where it may be below 0 or above 1."""
    low, high = support(distribution, uncertain)
    return "must be between 0 % and 100 %" if low < 0 or high > 1 else ""


def read_quantity(
    written: object, info: ValidationInfo, measure: Measure, check: RangeCheck | None = None
) -> Distribution:
    """The distribution of a quantity. Raises InvalidValueError where it is none, or does not pass the check."""
    uncertain = declarations_of(info).uncertain
    distribution = read_distribution(written, NumberReader(measure, uncertain))
    if check and (message := check(distribution, uncertain or {})):
        percent = distribution.constant if check is within_one and "%" not in str(written) else None
        is_percent = percent is not None and 1 < percent <= 100
        remedy = f"write {percent:g} %" if is_percent else f"write {measure.phrase} such as {measure.example}"
        raise invalid_value(message, remedy, unwrap_value(written))
    return distribution


RANGE_PHRASES: dict[RangeCheck | None, str] = {
    None: ", of either sign",
    above_zero: " above 0",
    not_below_zero: "",
    not_below_one: " from 1",
    within_one: "",
}
"""How the reference names the range of each check."""


def quantity_reader(dimension: str | Measure, check: RangeCheck | None = None) -> FieldReader:
    """A reader of distributions of one dimension, which pass a check."""
    measure = MEASURES[dimension] if isinstance(dimension, str) else dimension
    syntax = f"{measure.phrase}{RANGE_PHRASES[check]}, as `{measure.example}`"
    return field_reader(
        lambda written, info: read_quantity(written, info, measure, check), WrittenQuantity, syntax
    )


def read_patience(written: object, info: ValidationInfo) -> Distribution | None:
    """The longest delay; None for `never`, which is no limit."""
    if unwrap_value(written) == "never":
        return None
    return read_quantity(written, info, duration_or_word("never"), not_below_zero)


def duration_or_word(*words: str) -> Measure:
    """The measure of a duration where some words may stand in place of one."""
    return replace(MEASURES["duration"], example=", or ".join((MEASURES["duration"].example, *words)))


def read_uncertain(written: object, info: ValidationInfo) -> dict[str, Distribution]:
    """The distributions of uncertain numbers by name, each of which may use those before it."""
    if not isinstance(written, Mapping):
        raise invalid_value("is not a map of names", "write NAME: LAW for each", written)
    uncertain: dict[str, Distribution] = {}
    collector = ComplaintCollector()
    for name, part in written.items():
        with collector.under(name):
            if not read_name(name, info)[0].isalpha():
                raise invalid_value(
                    "is not a name that can follow a $", "write one that begins with a letter", name
                )
            uncertain[name] = read_uncertain_distribution(part, uncertain)
    collector.raise_if_any()
    return uncertain


def read_uncertain_distribution(written: object, preceding: UncertainNumbers) -> Distribution:
    """The distribution of an uncertain number, in the dimension of the unit that it is written with."""
    return read_distribution(
        written,
        NumberReader(measure_of(unwrap_value(written), preceding), preceding, "of uncertain before it"),
    )


Power = Annotated[Distribution, quantity_reader("power", not_below_zero)]
PositivePower = Annotated[Distribution, quantity_reader("power", above_zero)]
PositiveKilowatts = Annotated[
    Distribution, quantity_reader(replace(MEASURES["power"], bare_unit="kW", example="2.09 kW"), above_zero)
]
Duration = Annotated[Distribution, quantity_reader("duration", not_below_zero)]
PositiveDuration = Annotated[Distribution, quantity_reader("duration", above_zero)]
Patience = Annotated[
    Distribution | None, field_reader(read_patience, WrittenQuantity, "a duration, as `18 mo`, or `never`")
]
Share = Annotated[Distribution, quantity_reader("share", within_one)]
Rate = Annotated[Distribution, quantity_reader("rate", not_below_zero)]
Price = Annotated[Distribution, quantity_reader("price", not_below_zero)]
Capex = Annotated[Distribution, quantity_reader("capex", not_below_zero)]
Money = Annotated[Distribution, quantity_reader("money", not_below_zero)]
Area = Annotated[Distribution, quantity_reader("area", not_below_zero)]
PositiveNumber = Annotated[Distribution, quantity_reader("number", above_zero)]
NumberFromOne = Annotated[Distribution, quantity_reader("number", not_below_one)]
UncertainDistributions = Annotated[
    dict[str, Distribution],
    field_reader(read_uncertain, dict[str, WrittenQuantity], "for each name: a law, of any dimension"),
]


def read_when(written: object, info: ValidationInfo) -> Date:
    """The date that is written, with what is added to it."""
    return read_date(written, NumberReader(MEASURES["duration"], declarations_of(info).uncertain))


def read_when_or_never(written: object, info: ValidationInfo) -> Date | None:
    """The date that is written; None for `never`."""
    content = unwrap_value(written)
    # A word gets a complaint that offers `never`; what has digits, that of a date.
    if isinstance(content, str) and not any(letter.isdigit() for letter in content) and content != "never":
        raise invalid_value("is not a date", "write it as 2026-04-27, or never", written)
    return None if content == "never" else read_when(written, info)


WrittenDate = date | str | dict[str, Any]
"""How a date is written."""
When = Annotated[Date, field_reader(read_when, WrittenDate, "a date")]
WhenOrNever = Annotated[Date | None, field_reader(read_when_or_never, WrittenDate, "a date, or `never`")]
Instant = Annotated[
    datetime,
    field_reader(
        lambda written, info: parse_instant(unwrap_value(written)), date | str, "a date without `plus`"
    ),
]

DatedQuantities = tuple[tuple[datetime, Distribution], ...]


def read_dated_quantities(
    written: object, info: ValidationInfo, measure: Measure, check: RangeCheck
) -> DatedQuantities:
    """Quantities by date, in the order of the dates, each of which stands once."""
    if not isinstance(written, Mapping) or not written:
        raise invalid_value("is not a map of dates", f"write {{2026-01-01: {measure.example}, ...}}", written)
    quantities: dict[datetime, Distribution] = {}
    collector = ComplaintCollector()
    for key, part in written.items():
        with collector.under(key):
            at = parse_instant(key)
            if at in quantities:
                raise invalid_value("is a duplicate date", "write it once", key)
            quantities[at] = read_quantity(part, info, measure, check)
    collector.raise_if_any()
    return tuple(sorted(quantities.items(), key=lambda each: each[0]))


DatedPowers = Annotated[
    DatedQuantities,
    field_reader(
        lambda written, info: read_dated_quantities(written, info, MEASURES["power"], above_zero),
        dict[str, WrittenQuantity],
        "for each date: a power above 0, as `{2026-01-01: 105 MW}`",
    ),
]
