"""The schema of what is built: hardware, sites, and their buildings in phases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo

from sim.scenario.dates import Date
from sim.scenario.delays import DelayReference, Slip
from sim.scenario.description_keys import strip_description, unwrap_value
from sim.scenario.distribution_reader import measure_of
from sim.scenario.distributions import Distribution
from sim.scenario.faults import Complaint, invalid_value
from sim.scenario.fields import SchemaObject, Text, declarations_of, field_reader, text_default
from sim.scenario.quantities import (
    Area,
    Capex,
    Duration,
    NumberFromOne,
    PositiveDuration,
    PositiveKilowatts,
    PositiveNumber,
    PositivePower,
    Power,
    Share,
    When,
    WrittenDate,
    WrittenQuantity,
    not_below_zero,
    read_quantity,
    read_when,
    within_one,
)
from sim.scenario.scalars import Count, HardwareName, Name
from sim.scenario.supplies import Needs
from sim.scenario.units import MEASURES, parse_quantity


class Hardware(SchemaObject):
    """What a kind of computer draws and does."""

    it_kw_per_gpu: PositiveKilowatts | None = None
    """IT power for each GPU."""
    h100e_per_it_mw: PositiveNumber | None = None
    """H100 equivalents in a MW of IT power."""


class Phase(SchemaObject):
    """A part of the work on a building: it waits for what it needs, and then takes its time."""

    takes: Duration
    """How long it takes once it has what it needs."""
    needs: Needs = Field(default_factory=dict)
    """What it needs of which supplies before it goes on; `fill`: the GPUs that fill the building."""


@dataclass(frozen=True)
class Trigger:
    """The state of its site on which a building begins."""

    variable: str
    comparison: str
    share: float
    """Of what is online and planned there."""


def read_trigger(written: object, info: ValidationInfo) -> Trigger:
    """The trigger that is written. Raises InvalidValueError."""
    if isinstance(written, Trigger):
        return written
    match = re.fullmatch(r"\s*committed\s*>\s*(\S.*)", str(written))
    if match is None:
        raise invalid_value("is not a valid trigger", "write committed > 80 %", written)
    share = parse_quantity(match[1], "share")
    if not 0 <= share <= 1:
        raise invalid_value("must be between 0 % and 100 %", "write committed > 80 %", written)
    return Trigger("committed", ">", share)


class Chance(SchemaObject):
    """What happens on a date, or does not."""

    chance: Share
    """How likely it is."""
    on: When
    """When it happens, if it does."""


def read_ending(written: object, info: ValidationInfo) -> Date | Chance:
    """The date that is written, or the chance of a date."""
    if isinstance(written, Mapping) and "chance" in written:
        return Chance.model_validate(written, context=info.context)
    return read_when(written, info)


Ending = Annotated[
    Date | Chance, field_reader(read_ending, WrittenDate | Chance, "a date, or `{chance: 40 %, on: DATE}`")
]


class Building(SchemaObject):
    """A block of power that comes online on one day, or several one after the other.

    It has one of `it_power` and `power`. Either it comes online when it is `planned`, later by a `slip`; or it is
    built in `phases`, with one of `begins`, `after` and `when` (and `planned`, if a date was announced).
    """

    stands_in_tables: ClassVar[bool] = True

    it_power: PositivePower | None = None
    """Its IT power."""
    power: PositivePower | None = None
    """In place of it, the power of the facility, which is divided by the site's pue."""
    count: Count = 1
    """How many there are; their names get 1, 2, ..."""
    every: PositiveDuration | None = None
    """The time from one of them to the next, where there are several."""
    hardware: HardwareName | None = None
    """What stands in it (a name under `hardware`); else what stands at its site."""
    area: Area | None = None
    """Its floor area; only described."""
    capex: Capex | None = None
    """What it costs to build, due when it comes online."""
    planned: When | None = None
    """When it is planned to come online."""
    told: When | None = None
    """The day on which its planned date was told, from which its delay counts; else the start."""
    slip: Slip = text_default("0 d")
    """How much later it comes online: a time, or the name of a law under `delays`."""
    phases: dict[Name, Phase] | None = None
    """How it is built, one after the other, in place of a slip."""
    begins: When | None = None
    """When its first phase begins."""
    after: Text | None = None
    """The building or group after which it begins: of the same site, or SITE.BUILDING; `Hall 2` is one of a group."""
    when: Annotated[Trigger, field_reader(read_trigger, str, "`committed > SHARE`")] | None = None
    """The state of the market on which it begins: the share committed of what is online and planned at its site."""
    review: PositiveDuration = text_default("90 d")
    """How much later it is planned anew when it is not online on its planned date."""
    cancelled: Ending | None = None
    """When it is given up, if it is not online."""
    retired: Ending | None = None
    """When it goes offline for good, if it is online."""

    @property
    def delay(self) -> str | None:
        """The name of the law of delay that stands in place of a slip."""
        return self.slip.name if isinstance(self.slip, DelayReference) else None

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """The keys of the other way to come online: on a planned date later by a slip, or built in phases."""
        if "phases" in given:
            idle = {"slip": "has no meaning with phases, whose durations say when it comes online"}
        else:
            idle = dict.fromkeys(("begins", "after", "when"), "has no meaning without phases")
        if not isinstance(slip := strip_description(given.get("slip")), Mapping | DelayReference) or (
            isinstance(slip, Mapping) and "delay" not in slip
        ):
            idle["told"] = "has no meaning without slip: {delay: NAME}, which counts from it"
        if "when" in given:
            idle["every"] = "has no meaning with when, by which one begins after the other"
        elif str(given.get("count", 1)) == "1":
            idle["every"] = "has no meaning for one building"
        return idle

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A complaint where it has not one power, or not one way to come online."""
        if ("it_power" in given) == ("power" in given):
            message = "has both it_power and power" if "power" in given else "has no power"
            yield Complaint(message, "write one of it_power and power")
        starts = [key for key in ("begins", "after", "when") if key in given]
        if "phases" not in given and "planned" not in given:
            remedy = "write planned: DATE, or phases and when they begin"
            yield Complaint("has neither planned nor phases", remedy)
        if "phases" in given and not given["phases"]:
            yield Complaint("has no phase", "write NAME: {takes: 12 mo}", None, ("phases",))
        if "phases" in given and len(starts) != 1:
            ways = f"has phases that begin in {len(starts)} ways: {', '.join(starts)}"
            message = ways if starts else "has phases, but does not say when they begin"
            yield Complaint(message, "write one of begins, after, when")


def read_takes(written: object, info: ValidationInfo) -> Distribution:
    """What an outage takes: a share of what is online, or a power, as the unit says."""
    if measure_of(unwrap_value(written), declarations_of(info).uncertain).dimension == "power":
        return read_quantity(written, info, MEASURES["power"], not_below_zero)
    return read_quantity(written, info, MEASURES["share"], within_one)


class Outages(SchemaObject):
    """What takes capacity away for some time."""

    phrase: ClassVar[str] = "outages"
    every: PositiveDuration
    """The time from the end of one to the next."""
    lasts: Duration
    """How long one lasts."""
    takes: Annotated[
        Distribution, field_reader(read_takes, WrittenQuantity, "a share, as `5 %`, or a power, as `20 MW`")
    ]
    """What it takes: a share of what is online when it begins, or a power."""


class Site(SchemaObject):
    """A campus: what is online now, and the buildings to come."""

    online: Power = text_default("0 kW")
    """What is online at the start."""
    hardware: HardwareName | None = None
    """What stands in it (a name under `hardware`)."""
    pue: NumberFromOne = text_default("1")
    """Power of the facility for each IT power."""
    buildings: dict[Name, Building] = Field(default_factory=dict)
    """What is to come; or `{table: FILE}`, a row for each, as of deals, and beside it those that are written out."""
    outages: Outages | None = None
    """What takes capacity away for some time."""
    owner: Text | None = None
    """Who owns it; only described."""
    location: Text | None = None
    """Where it is; only described."""
