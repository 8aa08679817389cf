"""Supplies: what do phases wait for, in which unit is it counted, and how much do they need?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo

from sim.scenario.faults import Gathering, meant, wrong
from sim.scenario.fields import Described, declared, reads, stated
from sim.scenario.laws import Law
from sim.scenario.quantities import (
    Quantity,
    Series,
    SomeDuration,
    When,
    not_below_zero,
    quantity,
    read_series,
)
from sim.scenario.statements import unwrapped
from sim.scenario.units import Measure, counted_in
from sim.scenario.words import Truth


@dataclass(frozen=True)
class DatedArrivals:
    """What arrives on which dates?"""

    at: Series


AN_AMOUNT = "an amount; a bare number is in the unit of the supply"


def read_amount(written: object, info: ValidationInfo) -> Law:
    """Which amount of the supply that is being read is written?"""
    return quantity(written, info, declared(info).amounts, not_below_zero)


class RegularArrivals(Described):
    """What arrives again and again."""

    called: ClassVar[str] = "regular arrivals"

    from_: When = Field(alias="from")
    """The date of the first."""
    every: SomeDuration
    """The time from one to the next."""
    amount: Annotated[Law, reads(read_amount, Quantity, AN_AMOUNT)]
    """How much arrives each time."""


def read_unit(written: object, info: ValidationInfo) -> str:
    """Which unit is a supply counted in?"""
    counted_in(str(written))
    return str(written)


def read_initial(written: object, info: ValidationInfo) -> Law:
    """How much is there at the start? (Nothing is read where the unit is faulty.)"""
    if "unit" not in info.data:
        return Law("constant", {"value": 0.0}, "each")
    return quantity(written, info, counted_in(info.data["unit"]), not_below_zero)


def read_arrives(written: object, info: ValidationInfo) -> DatedArrivals | RegularArrivals:
    """Do amounts arrive on dates, or regularly? (Nothing is read where the unit is faulty.)"""
    if "unit" not in info.data:
        return DatedArrivals(())
    measure = counted_in(info.data["unit"])
    if isinstance(written, Mapping) and set(RegularArrivals.fields()) & set(written):
        return RegularArrivals.model_validate(written, context=replace(declared(info), amounts=measure))
    if not isinstance(written, Mapping) or not written:
        dates = f"{{2026-01-01: {measure.example}, ...}}"
        regular = f"{{from: 2026-01-01, every: 1 mo, amount: {measure.example}}}"
        raise wrong("does not say what arrives", f"write {dates} or {regular}", written)
    return DatedArrivals(read_series(written, info, measure, not_below_zero))


class Supply(Described):
    """What phases need, and wait for."""

    unit: Annotated[str, reads(read_unit, str, "`$`, `MW`, `GPU`, `crew`, or any word")]
    """What it is counted in."""
    initial: Annotated[Law, reads(read_initial, Quantity, AN_AMOUNT)] = stated("0")
    """What is there at the start."""
    arrives: (
        Annotated[
            DatedArrivals | RegularArrivals,
            reads(
                read_arrives,
                RegularArrivals | dict[str, Quantity],
                "for each date: an amount, as `{2026-01-01: 200}`; or `{from: DATE, every: 1 mo, amount: 200}`",
            ),
        ]
        | None
    ) = None
    """What arrives, on dates or regularly."""
    returned: Truth = False
    """Whether a phase gives back what it took when it is done, as crews do."""


@dataclass(frozen=True)
class Need:
    """How much of a supply does a phase need?"""

    fill: bool = False
    """Whether it is the GPUs that fill the building."""
    amount: Law | None = None
    per_mw: bool = False
    """Whether the amount is for each MW of the building's IT power."""

    def refs(self) -> set[str]:
        """Which numbers of `uncertain` it uses."""
        return self.amount.refs() if self.amount else set()


def per_mw(written: object) -> bool:
    """Is an amount written for each MW?"""
    if isinstance(written, Mapping):
        return any(per_mw(part) for part in written.values())
    if isinstance(written, list | tuple):
        return any(per_mw(part) for part in written)
    return re.search(r"/\s*[kMGT]?W\s*$", str(written)) is not None


def read_need(written: object, info: ValidationInfo, measure: Measure) -> Need:
    """How much is needed of a supply that is measured so?"""
    if isinstance(written, Need):
        return written
    if unwrapped(written) == "fill":
        return Need(fill=True)
    each_mw = per_mw(unwrapped(written))
    amount = quantity(written, info, measure.per_mw() if each_mw else measure, not_below_zero)
    return Need(False, amount, each_mw)


def read_needs(written: object, info: ValidationInfo) -> dict[str, Need]:
    """What does a phase need of which supplies?"""
    if not isinstance(written, Mapping):
        raise wrong("is no map of needs", "write {SUPPLY: AMOUNT, ...}", written)
    supplies = declared(info).supplies
    found: dict[str, Need] = {}
    gathering = Gathering()
    for name, part in written.items():
        with gathering.under(name):
            if name not in supplies:
                raise wrong("names no supply", meant(name, supplies), name)
            if measure := supplies[name]:
                found[name] = read_need(part, info, measure)
    gathering.settle()
    return found


Needs = Annotated[
    dict[str, Need],
    reads(
        read_needs,
        dict[str, Quantity],
        "for each supply: an amount, as `4`, or one for each MW, as `1 /MW`, or `fill`",
    ),
]
