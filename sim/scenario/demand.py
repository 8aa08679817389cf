"""Demand: who asks for what, and how do the requests come?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.scenario.dates import Date
from sim.scenario.faults import Complaint
from sim.scenario.fields import Described, Text, one_of, read_text, reads, stated, tell
from sim.scenario.laws import Known, mean
from sim.scenario.quantities import (
    Delay,
    Duration,
    Factor,
    Points,
    Power,
    Rate,
    SomeDuration,
    SomePower,
    When,
)
from sim.scenario.units import parse_quantity
from sim.scenario.words import (
    Name,
    Priority,
    Providers,
    SoldSiteName,
)

DAYS_A_YEAR = 365.25


class Poisson(Described):
    """Requests that come at random, at a rate that may grow."""

    rate: Rate
    """How many requests come in a time, at the start."""
    growth: Factor = stated("1")
    """The factor by which the rate grows in a year."""


class Curve(Described):
    """Requests that come as a curve of wanted power passes them.

    The next is wanted on the date on which the curve passes what is in place and the sizes so far (less those
    whose terms have ended by then) and half its own size; it is asked `lead` before.
    """

    points: Points
    """The power wanted at some dates; growth is constant between them, and nothing is wanted before."""
    growth: Factor = stated("1")
    """The factor by which it grows in a year after the last of them."""


class Deal(Described):
    """One asking that is known.

    With a `ramp`, neither `wanted` nor `size` is written.
    """

    asked: When
    """The date of asking."""
    wanted: When | None = None
    """The date from which it is to be in service; else asked and the lead of its stream."""
    size: SomePower | None = None
    """How much is asked for; else as the stream states."""
    term: SomeDuration | None = None
    """For how long; else as the stream states."""
    ramp: Points | None = None
    """In place of a size: a request for each date, wanted from it."""

    @classmethod
    def idle(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """A ramp states both how much and when."""
        return dict.fromkeys(("wanted", "size"), "has no meaning beside a ramp") if "ramp" in given else {}

    @field_validator("wanted", "ramp")
    @classmethod
    def after_asking(cls, found: Any, info: ValidationInfo) -> Any:
        """Nothing is wanted before it is asked."""
        asked = info.data.get("asked")
        wanted = Date(found[0][0]) if isinstance(found, tuple) else found
        if asked and wanted and not wanted.plus and wanted.at < asked.at:
            remedy = f"write a date from {asked.at:%Y-%m-%d}"
            tell([Complaint("is wanted before it is asked", remedy, wanted.at)])
        return found


class Columns(Described):
    """Which columns of a trace hold what."""

    called: ClassVar[str] = "columns"

    asked: Text | None = None
    """The column of the time of asking."""
    size: Text | None = None
    """The column of the size."""
    term: Text | None = None
    """The column of the term."""
    class_: Text | None = Field(default=None, alias="class")
    """The column of the class."""
    customer: Text | None = None
    """The column of the customer."""
    priority: Text | None = None
    """The column of the priority."""


def read_time_unit(written: object, info: ValidationInfo) -> str:
    """Which unit of time is written?"""
    parse_quantity(f"1 {read_text(written, info)}", "duration")
    return str(written)


class Trace(Described):
    """Requests that were recorded, in a file."""

    file: Text
    """The file, relative to the one that names it."""
    format: Annotated[Literal["csv", "parquet", "swf"], one_of("csv", "parquet", "swf")]
    """How it is written."""
    columns: Columns = Field(default_factory=Columns)
    """Which of its columns hold what."""
    from_: When | None = Field(default=None, alias="from")
    """The date at which its first time stands; else the start."""
    kw_per_unit: Factor = stated("1")
    """How many kW one unit of its sizes is."""
    time_unit: Annotated[str, reads(read_time_unit, str, "a unit of time")] = "s"
    """The unit of its times."""


class Arrivals(Described):
    """How the requests of a stream come: one of four ways."""

    called: ClassVar[str] = "arrivals"

    poisson: Poisson | None = None
    """They come at random, at a rate."""
    curve: Curve | None = None
    """They follow a curve of wanted power."""
    deals: dict[Name, Deal] | None = None
    """They are a list of deals."""
    trace: Trace | None = None
    """They stand in a file."""

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """One way, and only one."""
        ways = [key for key in ("poisson", "curve", "deals", "trace") if key in given]
        if len(ways) != 1:
            said = f"are stated in {len(ways)} ways: {', '.join(ways)}" if ways else "are not stated"
            yield Complaint(said, "write one of poisson, curve, deals, trace")
        if given.get("deals") == {}:
            yield Complaint("has no deal", "write NAME: {asked: 2025-03-01}", None, ("deals",))


class Stream(Described):
    """What one customer asks for, of one class.

    It has `arrivals`, or something `in_place`, or both. What comes by `poisson` and `curve` needs a `size` and a
    `term`, what is in place a `term`; a deal may state its own.
    """

    whole: ClassVar = frozenset({"arrivals", "in_place"})

    customer: Name
    """Who asks. Where it is a provider, this is its own demand, which pays nothing."""
    class_: Name | None = Field(default=None, alias="class")
    """A free word, which rights may name."""
    arrivals: Arrivals | None = None
    """How its requests come."""
    in_place: dict[SoldSiteName, Power] = Field(default_factory=dict)
    """What is in service for it at the start, at which sites."""
    size: SomePower | None = None
    """How much a request asks for."""
    term: SomeDuration | None = None
    """For how long."""
    lead: Duration = stated("0 d")
    """How long before it is wanted a request is asked."""
    patience: Delay = stated("never")
    """How long after it is wanted a request gives up."""
    split: Annotated[Literal["anywhere", "one site", "never"], one_of("anywhere", "one site", "never")] = (
        "anywhere"
    )
    """Whether a request may be served from several sites, from one, or only whole and at once."""
    block: SomePower = stated("1 kW")
    """What its sizes, and what is placed of them, are a whole number of."""
    priority: Priority = 0
    """Higher goes first on the waiting list."""
    only: Providers | None = None
    """The providers that may serve it; else all."""

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """Something is asked for, and what is asked for has a size and a term."""
        arrivals, in_place = given.get("arrivals"), given.get("in_place")
        if not arrivals and not in_place:
            yield Complaint("asks for nothing", "write arrivals or in_place")
        if in_place and "term" not in given:
            yield Complaint("is missing, and what is in place needs it", "write term: 5 y", None, ("term",))
        if not isinstance(arrivals, Mapping):
            return
        if "poisson" in arrivals or "curve" in arrivals:
            for key, example in (("size", "300 MW"), ("term", "5 y")):
                if key not in given and not (key == "term" and in_place):
                    yield Complaint(
                        "is missing, and its requests need it", f"write {key}: {example}", None, (key,)
                    )
        deals = arrivals.get("deals")
        for name, deal in deals.items() if isinstance(deals, Mapping) else ():
            path = ("arrivals", "deals", str(name))
            own = set(deal) if isinstance(deal, Mapping) else set()
            if not {"size", "ramp"} & own and "size" not in given:
                yield Complaint("has no size", "write size or ramp, or the size of the stream", None, path)
            if "term" not in own and "term" not in given:
                yield Complaint("has no term", "write term, or the term of the stream", None, path)


def expected_requests(stream: Stream, run: timedelta, uncertain: Known) -> float:
    """How many requests of a stream are to be expected in a run, roughly? 0 where a faulty number hides it."""
    years = run / timedelta(days=DAYS_A_YEAR)
    arrivals = stream.arrivals
    try:
        if arrivals and arrivals.poisson:
            growth = mean(arrivals.poisson.growth, uncertain)
            grown = years if growth == 1 else (growth**years - 1) / math.log(growth)
            count = mean(arrivals.poisson.rate, uncertain) * DAYS_A_YEAR * grown
        elif arrivals and arrivals.curve and stream.size and stream.term:
            wanted = max(mean(law, uncertain) for _, law in arrivals.curve.points)
            wanted *= max(1.0, mean(arrivals.curve.growth, uncertain)) ** years
            terms = run / timedelta(microseconds=max(1.0, mean(stream.term, uncertain)))
            count = wanted / mean(stream.size, uncertain) * (1 + terms)
        else:
            count = len(arrivals.deals) if arrivals and arrivals.deals else 0
    except OverflowError:
        return math.inf
    return 0.0 if math.isnan(count) else count
