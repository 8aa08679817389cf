"""What is built: hardware, sites, and their buildings in phases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo

from sim.scenario.dates import Date
from sim.scenario.faults import Complaint, wrong
from sim.scenario.fields import Described, Text, declared, reads, stated
from sim.scenario.laws import Law
from sim.scenario.quantities import (
    Area,
    Capex,
    Dated,
    Duration,
    Factor,
    FactorFromOne,
    Kilowatts,
    Power,
    Quantity,
    Share,
    Shift,
    SomeDuration,
    SomePower,
    When,
    dated,
    not_below_zero,
    quantity,
    within_one,
)
from sim.scenario.statements import measure_of, unwrapped
from sim.scenario.supplies import DatedArrivals, Need, Needs, RegularArrivals, Supply
from sim.scenario.units import MEASURES, parse_quantity
from sim.scenario.words import Count, HardwareName, Name

__all__ = [
    "Building", "Chance", "DatedArrivals", "Hardware", "Need", "Outages", "Phase", "RegularArrivals", "Site",
    "Supply", "Trigger",
]  # fmt: skip


class Hardware(Described):
    """What a kind of computer draws and does."""

    it_kw_per_gpu: Kilowatts | None = None
    """IT power for each GPU."""
    h100e_per_it_mw: Factor | None = None
    """H100 equivalents in a MW of IT power."""


class Phase(Described):
    """A part of the work on a building: it waits for what it needs, and then takes its time."""

    takes: Duration
    """How long it takes once it has what it needs."""
    needs: Needs = Field(default_factory=dict)
    """What it needs of which supplies before it goes on; `fill`: the GPUs that fill the building."""


@dataclass(frozen=True)
class Trigger:
    """On what state of its site does a building begin?"""

    variable: str
    op: str
    share: float
    """Of what is online and planned there."""


def read_trigger(written: object, info: ValidationInfo) -> Trigger:
    """Which state is written?"""
    if isinstance(written, Trigger):
        return written
    match = re.fullmatch(r"\s*committed\s*>\s*(\S.*)", str(written))
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
    """When it happens, if it does."""


def read_ending(written: object, info: ValidationInfo) -> Date | Chance:
    """Is a date written, or a chance of a date?"""
    if isinstance(written, Mapping) and "chance" in written:
        return Chance.model_validate(written, context=info.context)
    return dated(written, info)


Ending = Annotated[Date | Chance, reads(read_ending, Dated | Chance, "a date, or `{chance: 40 %, on: DATE}`")]


class Building(Described):
    """A block of power that comes online on one day, or several one after the other.

    It has one of `it_power` and `power`. Either it comes online when it is `planned`, later by a `slip`; or it is
    built in `phases`, with one of `begins`, `after` and `when` (and `planned`, if a date was announced).
    """

    it_power: SomePower | None = None
    """Its IT power."""
    power: SomePower | None = None
    """In place of it, the power of the facility, which is divided by the site's pue."""
    count: Count = 1
    """How many there are; their names get 1, 2, ..."""
    every: SomeDuration | None = None
    """The time from one of them to the next, where there are several."""
    hardware: HardwareName | None = None
    """What stands in it (a name under `hardware`); else what stands at its site."""
    area: Area | None = None
    """Its floor area; only described."""
    capex: Capex | None = None
    """What it costs to build, due when it comes online."""
    planned: When | None = None
    """When it is planned to come online."""
    slip: Shift = stated("0 d")
    """How much later it comes online."""
    phases: dict[Name, Phase] | None = None
    """How it is built, one after the other, in place of a slip."""
    begins: When | None = None
    """When its first phase begins."""
    after: Text | None = None
    """The building or group after which it begins: of the same site, or SITE.BUILDING; `Hall 2` is one of a group."""
    when: Annotated[Trigger, reads(read_trigger, str, "`committed > SHARE`")] | None = None
    """The state of the market on which it begins: the share committed of what is online and planned at its site."""
    review: SomeDuration = stated("90 d")
    """How much later it is planned anew when it is not online on its planned date."""
    cancelled: Ending | None = None
    """When it is given up, if it is not online."""
    retired: Ending | None = None
    """When it goes offline for good, if it is online."""

    @classmethod
    def idle(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """A building either comes on its planned date, later by a slip, or is built in phases."""
        if "phases" in given:
            idle = {"slip": "has no meaning with phases, whose durations say when it comes online"}
        else:
            idle = dict.fromkeys(("begins", "after", "when"), "has no meaning without phases")
        if "when" in given:
            idle["every"] = "has no meaning with when, by which one begins after the other"
        elif str(given.get("count", 1)) == "1":
            idle["every"] = "has no meaning for one building"
        return idle

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """It has one power, and one way to come online."""
        if ("it_power" in given) == ("power" in given):
            said = "has both it_power and power" if "power" in given else "has no power"
            yield Complaint(said, "write one of it_power and power")
        starts = [key for key in ("begins", "after", "when") if key in given]
        if "phases" not in given and "planned" not in given:
            remedy = "write planned: DATE, or phases and when they begin"
            yield Complaint("has neither planned nor phases", remedy)
        if "phases" in given and not given["phases"]:
            yield Complaint("has no phase", "write NAME: {takes: 12 mo}", None, ("phases",))
        if "phases" in given and len(starts) != 1:
            ways = f"has phases that begin in {len(starts)} ways: {', '.join(starts)}"
            said = ways if starts else "has phases, but does not say when they begin"
            yield Complaint(said, "write one of begins, after, when")


def read_takes(written: object, info: ValidationInfo) -> Law:
    """Is a share of what is online taken, or an amount of power?"""
    if measure_of(unwrapped(written), declared(info).uncertain).dimension == "power":
        return quantity(written, info, MEASURES["power"], not_below_zero)
    return quantity(written, info, MEASURES["share"], within_one)


class Outages(Described):
    """What takes capacity away for some time."""

    called: ClassVar[str] = "outages"
    every: SomeDuration
    """The time from the end of one to the next."""
    lasts: Duration
    """How long one lasts."""
    takes: Annotated[Law, reads(read_takes, Quantity, "a share, as `5 %`, or a power, as `20 MW`")]
    """What it takes: a share of what is online when it begins, or a power."""


class Site(Described):
    """A campus: what is online now, and the buildings to come."""

    online: Power = stated("0 kW")
    """What is online at the start."""
    hardware: HardwareName | None = None
    """What stands in it (a name under `hardware`)."""
    pue: FactorFromOne = stated("1")
    """Power of the facility for each IT power."""
    buildings: dict[Name, Building] = Field(default_factory=dict)
    """What is to come."""
    outages: Outages | None = None
    """What takes capacity away for some time."""
    owner: Text | None = None
    """Who owns it; only described."""
    location: Text | None = None
    """Where it is; only described."""
