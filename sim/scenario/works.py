"""What is built: sites, buildings, phases, supplies and hardware."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import Field, ValidationInfo, WithJsonSchema

from sim.scenario.dates import Date
from sim.scenario.faults import Gathering, wrong
from sim.scenario.fields import (
    DATE_SCHEMA,
    QUANTITY_SCHEMA,
    Area,
    Capex,
    Described,
    Duration,
    Factor,
    FactorFromOne,
    HardwareName,
    Int,
    KilowattsEach,
    Name,
    Power,
    Series,
    Share,
    Shift,
    SomeDuration,
    SomePower,
    Text,
    Truth,
    When,
    dated,
    declared,
    not_below_zero,
    quantity,
    reads,
    series,
    stated,
    within_one,
)
from sim.scenario.laws import Law, measure_of, unwrapped
from sim.scenario.units import MEASURES, Measure, counted_in, parse_quantity


class Hardware(Described):
    """What a kind of computer draws and does."""

    it_kw_per_gpu: KilowattsEach | None = None
    """IT power for each GPU."""
    h100e_per_it_mw: Factor | None = None
    """H100 equivalents in a MW of IT power."""


# Supplies, whose amounts are read in the unit that each is counted in.


@dataclass(frozen=True)
class DatedArrivals:
    """What arrives on which dates."""

    at: Series


class RegularArrivals(Described):
    """What arrives again and again."""

    called: ClassVar[str] = "regular arrival"
    from_: When = Field(alias="from")
    """The date of the first."""
    every: SomeDuration
    """The time from one to the next."""
    amount: Annotated[
        Law, reads(lambda written, info: quantity(unit_of(info), info, written, not_below_zero))
    ]
    """How much arrives each time."""


def unit_of(info: ValidationInfo) -> Measure:
    """How are the amounts of the supply that is being read measured?"""
    return declared(info).amounts


def unit_to_count_in(written: object, info: ValidationInfo) -> str:
    """Which unit is a supply counted in?"""
    counted_in(str(written))
    return str(written)


def read_initial(written: object, info: ValidationInfo) -> Law:
    """How much is there at the start, in the unit of the supply?"""
    return quantity(counted_in(info.data["unit"]), info, written, not_below_zero)


def read_arrives(written: object, info: ValidationInfo) -> DatedArrivals | RegularArrivals:
    """Do amounts arrive on dates, or regularly?"""
    if isinstance(written, DatedArrivals | RegularArrivals):
        return written
    measure = counted_in(info.data["unit"])
    if isinstance(written, Mapping) and {"every", "amount", "from"} & set(written):
        return RegularArrivals.model_validate(written, context=replace(declared(info), amounts=measure))
    return DatedArrivals(series(measure, not_below_zero, written, info))


class Supply(Described):
    """What phases need, and must wait for."""

    unit: Annotated[str, reads(unit_to_count_in), WithJsonSchema({"type": "string"})]
    """What it is counted in: $, MW, GPU, or any word."""
    initial: Annotated[Law, reads(read_initial), QUANTITY_SCHEMA] = stated("0")
    """What is there at the start."""
    arrives: Annotated[
        DatedArrivals | RegularArrivals | None, reads(read_arrives), WithJsonSchema({"type": "object"})
    ] = None
    """What arrives, on dates or regularly."""
    returned: Truth = False
    """Whether a phase gives back what it took."""


# Buildings.


@dataclass(frozen=True)
class Need:
    """How much of a supply does a phase need?"""

    fill: bool = False
    """The GPUs that fill the building."""
    amount: Law | None = None
    per_mw: bool = False
    """Whether the amount is for each MW of the building's IT power."""

    def refs(self) -> set[str]:
        """Which numbers of `uncertain` it uses."""
        return self.amount.refs() if self.amount else set()


PER_MW = re.compile(r"/\s*([kMGT]?W)\s*$")


def per_mw(written: object) -> bool:
    """Is an amount written for each MW?"""
    if isinstance(written, Mapping):
        return any(per_mw(part) for part in written.values())
    if isinstance(written, list | tuple):
        return any(per_mw(part) for part in written)
    return PER_MW.search(str(written)) is not None


def read_need(written: object, measure: Measure, info: ValidationInfo) -> Need:
    """How much is needed of a supply that is measured so?"""
    if isinstance(written, Need):
        return written
    if unwrapped(written) == "fill":
        return Need(fill=True)
    each_mw = per_mw(written)
    return Need(
        False, quantity(measure.per_mw() if each_mw else measure, info, written, not_below_zero), each_mw
    )


def read_needs(written: object, info: ValidationInfo) -> dict[str, Need]:
    """What does a phase need of which supplies?"""
    if not isinstance(written, Mapping):
        raise wrong("is no list of needs", "write {SUPPLY: AMOUNT, ...}", written)
    known = declared(info)
    found: dict[str, Need] = {}
    gathering = Gathering()
    for name, part in written.items():
        with gathering.under(name):
            measure = known.supplies.get(name)
            if measure:
                found[name] = read_need(part, measure, info)
    gathering.settle()
    return found


class Phase(Described):
    """A part of building, one after the other."""

    takes: Duration
    """How long it takes once it has what it needs."""
    needs: Annotated[dict[str, Need], reads(read_needs), WithJsonSchema({"type": "object"})] = Field(
        default_factory=dict
    )
    """What it needs: an amount, an amount per MW, or `fill`."""


@dataclass(frozen=True)
class Trigger:
    """On what state of its site does a building begin?"""

    variable: str
    op: str
    share: float


def read_trigger(written: object, info: ValidationInfo) -> Trigger:
    """Which state is written?"""
    if isinstance(written, Trigger):
        return written
    match = re.fullmatch(r"\s*committed\s*>\s*(.+?)\s*", str(written))
    if match is None:
        raise wrong("is no trigger", "write committed > 80 %", written)
    share = parse_quantity(match[1], "share")
    if not 0 <= share <= 1:
        raise wrong("must be between 0 % and 100 %", "write committed > 80 %", written)
    return Trigger("committed", ">", share)


class Chance(Described):
    """What happens on a date, or does not."""

    chance: Share
    """How likely it is."""
    on: When
    """When."""


def read_ending(written: object, info: ValidationInfo) -> Date | Chance:
    """Is a date written, or a chance of a date?"""
    if isinstance(written, Mapping) and "chance" in written:
        return Chance.model_validate(written, context=info.context)
    return dated(written, info)


Ending = Annotated[Date | Chance, reads(read_ending), DATE_SCHEMA]


class Building(Described):
    """A block of power that comes online on one day, or several one after the other."""

    it_power: SomePower | None = None
    """Its IT power."""
    power: SomePower | None = None
    """In place of it, the power of the facility, which is divided by the site's pue."""
    count: Int = 1
    """How many there are; their names get 1, 2, ..."""
    every: SomeDuration | None = None
    """The time from one of them to the next."""
    hardware: HardwareName | None = None
    """What stands in it; else as at its site."""
    area: Area | None = None
    """Only described."""
    capex: Capex | None = None
    """What it costs to build."""
    planned: When | None = None
    """When it is planned to come online."""
    slip: Shift = stated("0 d")
    """How much later it comes online."""
    phases: dict[Name, Phase] | None = None
    """How it is built, in place of a slip."""
    begins: When | None = None
    """When its first phase begins."""
    after: Text | None = None
    """The building after which it begins: of the same site, or SITE.BUILDING."""
    when: Annotated[Trigger, reads(read_trigger), WithJsonSchema({"type": "string"})] | None = None
    """The state of the market on which it begins: `committed > 80 %`."""
    review: SomeDuration = stated("90 d")
    """How much later it is planned anew when it is not online on its planned date."""
    cancelled: Ending | None = None
    """When it is given up, if it is not online: a date, or a chance of one."""
    retired: Ending | None = None
    """When it goes offline for good: a date, or a chance of one."""


def read_takes(written: object, info: ValidationInfo) -> Law:
    """Is a share of what is online taken, or an amount of power?"""
    power = measure_of(unwrapped(written)).dimension == "power"
    measure, check = (MEASURES["power"], not_below_zero) if power else (MEASURES["share"], within_one)
    return quantity(measure, info, written, check)


class Outages(Described):
    """What takes capacity away for some time."""

    called: ClassVar[str] = "series of outages"
    every: SomeDuration
    """The time from the end of one to the next."""
    lasts: Duration
    """How long one lasts."""
    takes: Annotated[Law, reads(read_takes), QUANTITY_SCHEMA]
    """What it takes: a share of what is online when it begins, or a power."""


class Site(Described):
    """A campus: what is online now, and the buildings to come."""

    online: Power = stated("0 kW")
    """What is online at the start."""
    hardware: HardwareName | None = None
    """What stands in it."""
    pue: FactorFromOne = stated("1")
    """Power of the facility for each IT power."""
    buildings: dict[Name, Building] = Field(default_factory=dict)
    """What is to come."""
    outages: Outages | None = None
    """What takes capacity away for some time."""
    owner: Text | None = None
    """Only described."""
    location: Text | None = None
    """Only described."""
