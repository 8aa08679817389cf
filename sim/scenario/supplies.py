"""The schema of supplies: what phases wait for, in which unit it is counted, and how much they need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo

from sim.scenario.description_keys import unwrap_value
from sim.scenario.distributions import Distribution
from sim.scenario.faults import ComplaintCollector, invalid_value, suggestion
from sim.scenario.fields import SchemaObject, declarations_of, field_reader, text_default
from sim.scenario.quantities import (
    DatedQuantities,
    PositiveDuration,
    When,
    WrittenQuantity,
    not_below_zero,
    read_dated_quantities,
    read_quantity,
)
from sim.scenario.scalars import Boolean
from sim.scenario.units import Measure, supply_measure


@dataclass(frozen=True)
class DatedArrivals:
    """Amounts that arrive on dates."""

    amounts: DatedQuantities


AMOUNT_SYNTAX = "an amount; a bare number is in the unit of the supply"


def read_amount(written: object, info: ValidationInfo) -> Distribution:
    """An amount of the supply that is being read, in its unit."""
    return read_quantity(written, info, declarations_of(info).amount_measure, not_below_zero)


class RegularArrivals(SchemaObject):
    """What arrives again and again."""

    phrase: ClassVar[str] = "regular arrivals"

    from_: When = Field(alias="from")
    """The date of the first."""
    every: PositiveDuration
    """The time from one to the next."""
    amount: Annotated[Distribution, field_reader(read_amount, WrittenQuantity, AMOUNT_SYNTAX)]
    """How much arrives each time."""


def read_supply_unit(written: object, info: ValidationInfo) -> str:
    """The unit of a supply as it is written. Raises InvalidValueError for one that cannot be counted in."""
    supply_measure(str(written))
    return str(written)


def read_initial(written: object, info: ValidationInfo) -> Distribution:
    """The amount at the start. Nothing is read where the unit is faulty, which has its own complaint."""
    if "unit" not in info.data:
        return Distribution.certain(0.0, "each")
    return read_quantity(written, info, supply_measure(info.data["unit"]), not_below_zero)


def read_arrivals(written: object, info: ValidationInfo) -> DatedArrivals | RegularArrivals:
    """What arrives, on dates or regularly. Nothing is read where the unit is faulty, which has its own complaint."""
    if "unit" not in info.data:
        return DatedArrivals(())
    measure = supply_measure(info.data["unit"])
    if isinstance(written, Mapping) and set(RegularArrivals.field_by_key()) & set(written):
        return RegularArrivals.model_validate(
            written, context=replace(declarations_of(info), amount_measure=measure)
        )
    if not isinstance(written, Mapping) or not written:
        dates = f"{{2026-01-01: {measure.example}, ...}}"
        regular = f"{{from: 2026-01-01, every: 1 mo, amount: {measure.example}}}"
        raise invalid_value("does not say what arrives", f"write {dates} or {regular}", written)
    return DatedArrivals(read_dated_quantities(written, info, measure, not_below_zero))


class Supply(SchemaObject):
    """What phases need, and wait for."""

    unit: Annotated[str, field_reader(read_supply_unit, str, "`$`, `MW`, `GPU`, `crew`, or any word")]
    """What it is counted in."""
    initial: Annotated[Distribution, field_reader(read_initial, WrittenQuantity, AMOUNT_SYNTAX)] = (
        text_default("0")
    )
    """What is there at the start."""
    arrives: (
        Annotated[
            DatedArrivals | RegularArrivals,
            field_reader(
                read_arrivals,
                RegularArrivals | dict[str, WrittenQuantity],
                "for each date: an amount, as `{2026-01-01: 200}`; or `{from: DATE, every: 1 mo, amount: 200}`",
            ),
        ]
        | None
    ) = None
    """What arrives, on dates or regularly."""
    returned: Boolean = False
    """Whether a phase gives back what it took when it is done, as crews do."""


@dataclass(frozen=True)
class Need:
    """How much of a supply a phase needs."""

    fill: bool = False
    """Whether it is the GPUs that fill the building."""
    amount: Distribution | None = None
    per_mw: bool = False
    """Whether the amount is for each MW of the building's IT power."""

    def references(self) -> set[str]:
        """The names of the numbers of `uncertain` that it uses."""
        return self.amount.references() if self.amount else set()


def is_per_mw(written: object) -> bool:
    """Whether an amount is written for each MW, which shows in its unit."""
    if isinstance(written, Mapping):
        return any(is_per_mw(part) for part in written.values())
    if isinstance(written, list | tuple):
        return any(is_per_mw(part) for part in written)
    return re.search(r"/\s*[kMGT]?W\s*$", str(written)) is not None


def read_need(written: object, info: ValidationInfo, measure: Measure) -> Need:
    """The need for a supply whose amounts have a measure. Raises InvalidValueError."""
    if isinstance(written, Need):
        return written
    if unwrap_value(written) == "fill":
        return Need(fill=True)
    per_mw = is_per_mw(unwrap_value(written))
    amount = read_quantity(written, info, measure.per_mw() if per_mw else measure, not_below_zero)
    return Need(False, amount, per_mw)


def read_needs(written: object, info: ValidationInfo) -> dict[str, Need]:
    """The needs of a phase, by supply. Raises InvalidValueError with all that is wrong in them."""
    if not isinstance(written, Mapping):
        raise invalid_value("is not a map of needs", "write {SUPPLY: AMOUNT, ...}", written)
    supplies = declarations_of(info).supplies
    needs: dict[str, Need] = {}
    collector = ComplaintCollector()
    for name, part in written.items():
        with collector.under(name):
            if name not in supplies:
                raise invalid_value("names no supply", suggestion(name, supplies), name)
            if measure := supplies[name]:  # else its unit is faulty, which has its own complaint
                needs[name] = read_need(part, info, measure)
    collector.raise_if_any()
    return needs


Needs = Annotated[
    dict[str, Need],
    field_reader(
        read_needs,
        dict[str, WrittenQuantity],
        "for each supply: an amount, as `4`, or one for each MW, as `1 /MW`, or `fill`",
    ),
]
