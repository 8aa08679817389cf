"""Quantities: what may stand in each kind of field that measures something, or names a date?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ValidationInfo

from sim.scenario.dates import Date, instant, read_date
from sim.scenario.faults import Gathering, wrong
from sim.scenario.fields import Reads, declared, reads
from sim.scenario.laws import Known, Law, bounds, can_be_zero
from sim.scenario.statements import Reading, measure_of, read_law, unwrapped
from sim.scenario.units import MEASURES, Measure
from sim.scenario.words import read_name

Quantity = str | float | dict[str, Any]
"""How a quantity is written."""
Check = Callable[[Law, Known], str]
"""What is wrong with a law, or nothing."""


def above_zero(law: Law, uncertain: Known) -> str:
    """Is it always above 0?"""
    low, _ = bounds(law, uncertain)
    return "must be above 0" if low < 0 or (low == 0 and can_be_zero(law, uncertain)) else ""


def not_below_zero(law: Law, uncertain: Known) -> str:
    """Is it never below 0?"""
    return "must not be below 0" if bounds(law, uncertain)[0] < 0 else ""


def not_below_one(law: Law, uncertain: Known) -> str:
    """Is it never below 1?"""
    return "must not be below 1" if bounds(law, uncertain)[0] < 1 else ""


def within_one(law: Law, uncertain: Known) -> str:
    """Is it always between 0 and 1?"""
    low, high = bounds(law, uncertain)
    return "must be between 0 % and 100 %" if low < 0 or high > 1 else ""


def quantity(written: object, info: ValidationInfo, measure: Measure, check: Check | None = None) -> Law:
    """Which law is written, of what is measured so, and does it pass the check?"""
    uncertain = declared(info).uncertain
    law = read_law(written, Reading(measure, uncertain))
    if check and (message := check(law, uncertain or {})):
        percent = law.constant if check is within_one and "%" not in str(written) else None
        meant = percent is not None and 1 < percent <= 100
        remedy = f"write {percent:g} %" if meant else f"write {measure.called} such as {measure.example}"
        raise wrong(message, remedy, unwrapped(written))
    return law


LIMITS: dict[Check | None, str] = {
    None: ", of either sign",
    above_zero: " above 0",
    not_below_zero: "",
    not_below_one: " from 1",
    within_one: "",
}
"""What each check says in the words of the reference."""


def law_of(dimension: str | Measure, check: Check | None = None) -> Reads:
    """A reader of laws of one dimension, which pass a check."""
    measure = MEASURES[dimension] if isinstance(dimension, str) else dimension
    says = f"{measure.called}{LIMITS[check]}, as `{measure.example}`"
    return reads(lambda written, info: quantity(written, info, measure, check), Quantity, says)


def read_delay(written: object, info: ValidationInfo) -> Law | None:
    """How long at the most? None where `never` says that there is no limit."""
    if unwrapped(written) == "never":
        return None
    return quantity(written, info, or_word("never"), not_below_zero)


def or_word(*words: str) -> Measure:
    """How a duration is measured where some words may stand in place of one."""
    return replace(MEASURES["duration"], example=", or ".join((MEASURES["duration"].example, *words)))


def read_uncertain(written: object, info: ValidationInfo) -> dict[str, Law]:
    """Which numbers are not known, and what are their laws? Each may use those before it."""
    if not isinstance(written, Mapping):
        raise wrong("is not a map of names", "write NAME: LAW for each", written)
    found: dict[str, Law] = {}
    gathering = Gathering()
    for name, part in written.items():
        with gathering.under(name):
            if not read_name(name, info)[0].isalpha():
                raise wrong(
                    "is no name that can stand after a $", "write one that begins with a letter", name
                )
            found[name] = uncertain_law(part, found)
    gathering.settle()
    return found


def uncertain_law(written: object, before: Known) -> Law:
    """Which law does an uncertain number follow, in the dimension of the unit that it is written with?"""
    return read_law(
        written, Reading(measure_of(unwrapped(written), before), before, "of uncertain before it")
    )


Power = Annotated[Law, law_of("power", not_below_zero)]
SomePower = Annotated[Law, law_of("power", above_zero)]
Kilowatts = Annotated[Law, law_of(replace(MEASURES["power"], bare="kW", example="2.09 kW"), above_zero)]
Duration = Annotated[Law, law_of("duration", not_below_zero)]
SomeDuration = Annotated[Law, law_of("duration", above_zero)]
Shift = Annotated[Law, law_of("duration")]
Delay = Annotated[Law | None, reads(read_delay, Quantity, "a duration, as `18 mo`, or `never`")]
Share = Annotated[Law, law_of("share", within_one)]
Rate = Annotated[Law, law_of("rate", not_below_zero)]
Price = Annotated[Law, law_of("price", not_below_zero)]
Capex = Annotated[Law, law_of("capex", not_below_zero)]
Money = Annotated[Law, law_of("money", not_below_zero)]
Area = Annotated[Law, law_of("area", not_below_zero)]
Factor = Annotated[Law, law_of("number", above_zero)]
FactorFromOne = Annotated[Law, law_of("number", not_below_one)]
Uncertain = Annotated[
    dict[str, Law], reads(read_uncertain, dict[str, Quantity], "for each name: a law, of any dimension")
]


def dated(written: object, info: ValidationInfo) -> Date:
    """Which date is written, and what is added to it?"""
    return read_date(written, Reading(MEASURES["duration"], declared(info).uncertain))


def dated_or_never(written: object, info: ValidationInfo) -> Date | None:
    """The same; None where `never` says that it does not come."""
    stated = unwrapped(written)
    if isinstance(stated, str) and not any(letter.isdigit() for letter in stated) and stated != "never":
        raise wrong("is no date", "write it as 2026-04-27, or never", written)
    return None if stated == "never" else dated(written, info)


Dated = date | str | dict[str, Any]
"""How a date is written."""
When = Annotated[Date, reads(dated, Dated, "a date")]
WhenOrNever = Annotated[Date | None, reads(dated_or_never, Dated, "a date, or `never`")]
Instant = Annotated[
    datetime, reads(lambda written, info: instant(unwrapped(written)), date | str, "a date without `plus`")
]

Series = tuple[tuple[datetime, Law], ...]


def read_series(written: object, info: ValidationInfo, measure: Measure, check: Check) -> Series:
    """Which quantities stand at which dates? In the order of dates, each of which stands once."""
    if not isinstance(written, Mapping) or not written:
        raise wrong("is no map of dates", f"write {{2026-01-01: {measure.example}, ...}}", written)
    found: dict[datetime, Law] = {}
    gathering = Gathering()
    for key, part in written.items():
        with gathering.under(key):
            at = instant(key)
            if at in found:
                raise wrong("is a date that stands here twice", "write it once", key)
            found[at] = quantity(part, info, measure, check)
    gathering.settle()
    return tuple(sorted(found.items(), key=lambda each: each[0]))


Points = Annotated[
    Series,
    reads(
        lambda written, info: read_series(written, info, MEASURES["power"], above_zero),
        dict[str, Quantity],
        "for each date: a power above 0, as `{2026-01-01: 105 MW}`",
    ),
]
