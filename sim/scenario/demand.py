"""The schema of demand: streams of requests, and how they arrive."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.scenario.dates import Date
from sim.scenario.distribution_properties import mean, support
from sim.scenario.distributions import UncertainNumbers
from sim.scenario.faults import Complaint
from sim.scenario.fields import SchemaObject, one_of, raise_complaints, text_default
from sim.scenario.quantities import (
    DatedPowers,
    Duration,
    Patience,
    PositiveDuration,
    PositiveNumber,
    PositivePower,
    Power,
    Rate,
    When,
)
from sim.scenario.scalars import Name, Priority, ProviderNames, SoldSiteName
from sim.scenario.splits import SPLITS, SplitName
from sim.scenario.trace import Trace
from sim.scenario.trace_table import RecordedRequestType
from sim.scenario.units import DAYS_PER_YEAR


class RequestType(NamedTuple):
    """The customer, class and priority of a request."""

    customer: str
    class_: str | None
    priority: int


class Poisson(SchemaObject):
    """Requests that come at random, at a rate that may grow."""

    rate: Rate
    """How many requests come in a time, at the start."""
    growth: PositiveNumber = text_default("1")
    """The factor by which the rate grows in a year."""


class Curve(SchemaObject):
    """Requests that come as a curve of wanted power passes them.

    The next is wanted on the date on which the curve passes what is in place and the sizes so far (less those
    whose terms have ended by then) and half its own size; it is asked `lead` before.
    """

    points: DatedPowers
    """The power wanted at some dates; growth is constant between them, and nothing is wanted before."""
    growth: PositiveNumber = text_default("1")
    """The factor by which it grows in a year after the last of them."""


class Deal(SchemaObject):
    """One asking that is known.

    With a `ramp`, neither `wanted` nor `size` is written.
    """

    stands_in_tables: ClassVar[bool] = True

    asked: When
    """The date of asking."""
    wanted: When | None = None
    """The date from which it is to be in service; else asked and the lead of its stream."""
    size: PositivePower | None = None
    """How much is asked for; else as the stream states."""
    term: PositiveDuration | None = None
    """For how long; else as the stream states."""
    ramp: DatedPowers | None = None
    """In place of a size: a request for each date, wanted from it."""

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """Size and wanted date have no effect beside a ramp, which states both."""
        return dict.fromkeys(("wanted", "size"), "has no meaning beside a ramp") if "ramp" in given else {}

    @field_validator("wanted", "ramp")
    @classmethod
    def check_wanted_after_asked(cls, value: Any, info: ValidationInfo) -> Any:
        """Check that nothing is wanted before it is asked."""
        asked = info.data.get("asked")
        wanted = Date(value[0][0]) if isinstance(value, tuple) else value
        if asked and wanted and not wanted.plus and wanted.at < asked.at:
            remedy = f"write a date from {asked.at:%Y-%m-%d}"
            raise_complaints([Complaint("is wanted before it is asked", remedy, wanted.at)])
        return value


class Arrivals(SchemaObject):
    """How the requests of a stream come: one of four ways."""

    phrase: ClassVar[str] = "arrivals"

    poisson: Poisson | None = None
    """They come at random, at a rate."""
    curve: Curve | None = None
    """They follow a curve of wanted power."""
    deals: dict[Name, Deal] | None = None
    """They are a list of deals, or `{table: FILE}`: csv, Parquet or xlsx, a row for each, with a column `name` and
    others that are called as the keys; beside it `separator`, `decimal`, `thousands`, `dates`, `sheet` as of a trace.
    """
    trace: Trace | None = None
    """They stand in a file."""

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A complaint unless they come in one way, and only one."""
        ways = [key for key in ("poisson", "curve", "deals", "trace") if key in given]
        if len(ways) != 1:
            message = f"are stated in {len(ways)} ways: {', '.join(ways)}" if ways else "are not stated"
            yield Complaint(message, "write one of poisson, curve, deals, trace")
        if given.get("deals") == {}:
            yield Complaint("has no deal", "write NAME: {asked: 2025-03-01}", None, ("deals",))


class Stream(SchemaObject):
    """What one customer asks for, of one class.

    It has `arrivals`, or something `in_place`, or both. What comes by `poisson` and `curve` needs a `size` and a
    `term`, what is in place a `term`; a deal may state its own.
    """

    atomic_keys: ClassVar = frozenset({"arrivals", "in_place"})

    customer: Name
    """Who asks. Where it is a provider, this is its own demand, which pays nothing."""
    class_: Name | None = Field(default=None, alias="class")
    """A free word, which rights may name."""
    arrivals: Arrivals | None = None
    """How its requests come."""
    in_place: dict[SoldSiteName, Power] = Field(default_factory=dict)
    """What is in service for it at the start, at which sites."""
    size: PositivePower | None = None
    """How much a request asks for."""
    term: PositiveDuration | None = None
    """For how long."""
    lead: Duration = text_default("0 d")
    """How long before it is wanted a request is asked."""
    patience: Patience = text_default("never")
    """How long after it is wanted a request gives up."""
    split: Annotated[SplitName, one_of(*SPLITS)] = "anywhere"
    """Whether a request may be served from several sites, from one, or only whole and at once."""
    block: PositivePower = text_default("1 kW")
    """What its sizes, and what is placed of them, are a whole number of."""
    priority: Priority = 0
    """Higher goes first on the waiting list."""
    only: ProviderNames | None = None
    """The providers that may serve it; else all."""

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A complaint where nothing is asked for, or where what is asked for has no size or no term."""
        arrivals, in_place = given.get("arrivals"), given.get("in_place")
        if not arrivals and not in_place:
            yield Complaint("asks for nothing", "write arrivals or in_place")
        if in_place and "term" not in given:
            yield Complaint("is missing, and what is in place needs it", "write term: 5 y", None, ("term",))
        if not isinstance(arrivals, Mapping):
            return
        trace = arrivals.get("trace")
        for key, example in (("size", "300 MW"), ("term", "5 y")):
            if key in given or (key == "term" and in_place):
                continue
            if "poisson" in arrivals or "curve" in arrivals:
                yield Complaint(
                    "is missing, and its requests need it", f"write {key}: {example}", None, (key,)
                )
            elif isinstance(trace, Mapping) and not names_column(trace, key):
                remedy = f"write {key}: {example}, or columns: {{{key}: COLUMN}}"
                yield Complaint("is missing, and no column of its trace states it", remedy, None, (key,))
        deals = arrivals.get("deals")
        for name, deal in deals.items() if isinstance(deals, Mapping) else ():
            path = ("arrivals", "deals", str(name))
            keys = set(deal) if isinstance(deal, Mapping) else set()
            if not {"size", "ramp"} & keys and "size" not in given:
                yield Complaint("has no size", "write size or ramp, or the size of the stream", None, path)
            if "term" not in keys and "term" not in given:
                yield Complaint("has no term", "write term, or the term of the stream", None, path)

    @model_validator(mode="after")
    def check_rows_complete(self) -> Self:
        """Check that the stream states what a row of its trace leaves open."""
        trace = self.arrivals and self.arrivals.trace
        if not trace or not trace.records:
            return self
        if "ended" in trace.column_by_key and self.lead.constant != 0 and "wanted" not in trace.column_by_key:
            message = "has no meaning where a trace says when each ended, but not when it was wanted"
            raise_complaints(
                [Complaint(message, "remove it, or write columns: {wanted: COLUMN}", None, ("lead",))]
            )
        incomplete = [key for key in trace.records.first_incomplete if getattr(self, key) is None]
        if incomplete and trace.unusable == "leave out":
            trace.leave_out_incomplete(incomplete)
            return self
        for key in incomplete:
            message = f"is empty, and the stream states no {key}"
            remedy = f"fill it in, or write the {key} of the stream"
            column = "ended" if key == "term" and "ended" in trace.column_by_key else key
            path, place = ("arrivals", "trace", "columns", column), trace.records.first_incomplete[key]
            raise_complaints([Complaint(message, remedy, None, path, place)])
        return self

    def request_types(self) -> tuple[RequestType, ...] | None:
        """The types of all requests, with what is in place; None where a trace has not been read."""
        trace = self.arrivals and self.arrivals.trace
        of_stream = RequestType(self.customer, self.class_, self.priority)
        if not trace:
            return (of_stream,)
        if trace.records is None:
            return None
        recorded = [self.request_type(row_type) for row_type in trace.records.request_types]
        return tuple(dict.fromkeys([*recorded, of_stream] if self.in_place else recorded))

    def request_type(self, row_type: RecordedRequestType) -> RequestType:
        """The type of a recorded request, where the stream states what the row does not."""
        customer, class_, priority = row_type
        return RequestType(
            self.customer if customer is None else customer,
            self.class_ if class_ is None else class_,
            self.priority if priority is None else priority,
        )


def names_column(trace: Mapping[str, Any], key: str) -> bool:
    """Whether a trace, as it is written, says in which column the size or the term is."""
    columns = trace.get("columns")
    names = {key, "ended"} if key == "term" else {key}
    return trace.get("format") == "swf" or (isinstance(columns, Mapping) and bool(names & set(columns)))


OVERDUE_MESSAGE = "was asked before the start, and by then its patience is over"
OVERDUE_REMEDY = "leave it out, or write a later date or a longer patience"


def overdue_deals(stream: Stream, start: datetime, uncertain: UncertainNumbers) -> Iterator[Complaint]:
    """A complaint for each deal, or step of its ramp, that was asked before the start and had given up by then.

    Only where that is certain: what is drawn is looked at when it is drawn.
    """
    deals = stream.arrivals.deals if stream.arrivals is not None else None
    if stream.patience is None or not deals:
        return
    # In microseconds, as floats: the most that a law gives may be infinite, or not known.
    lead, patience = (support(law, uncertain)[1] for law in (stream.lead, stream.patience))
    for name, deal in deals.items():
        if deal.asked.plus or deal.asked.at >= start:
            continue
        path = ("arrivals", "deals", name)
        for date, _ in deal.ramp or ():
            if (date - start) / timedelta(microseconds=1) + patience <= 0:
                yield Complaint(OVERDUE_MESSAGE, OVERDUE_REMEDY, date, (*path, "ramp", f"{date:%Y-%m-%d}"))
        if deal.ramp is None and not (deal.wanted and deal.wanted.plus):
            wanted, later = (deal.asked, lead) if deal.wanted is None else (deal.wanted, 0.0)
            if (wanted.at - start) / timedelta(microseconds=1) + later + patience <= 0:
                yield Complaint(OVERDUE_MESSAGE, OVERDUE_REMEDY, None, path)


def expected_requests(stream: Stream, duration: timedelta, uncertain: UncertainNumbers) -> float:
    """The rough number of requests of a stream in a run; 0 where it rests on a faulty number."""
    years = duration / timedelta(days=DAYS_PER_YEAR)
    arrivals = stream.arrivals
    try:
        if arrivals and arrivals.poisson:
            growth = mean(arrivals.poisson.growth, uncertain)
            grown = years if growth == 1 else (growth**years - 1) / math.log(growth)
            count = mean(arrivals.poisson.rate, uncertain) * DAYS_PER_YEAR * grown
        elif arrivals and arrivals.curve and stream.size and stream.term:
            wanted = max(mean(law, uncertain) for _, law in arrivals.curve.points)
            wanted *= max(1.0, mean(arrivals.curve.growth, uncertain)) ** years
            terms = duration / timedelta(microseconds=max(1.0, mean(stream.term, uncertain)))
            count = wanted / mean(stream.size, uncertain) * (1 + terms)
        else:
            listed = arrivals and (arrivals.deals or (arrivals.trace and arrivals.trace.records))
            count = len(listed) if listed else 0
    except OverflowError:
        return math.inf
    return 0.0 if math.isnan(count) else count
