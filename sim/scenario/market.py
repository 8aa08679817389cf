"""Who asks, who sells, and which clauses and contracts hold between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from sim.scenario.faults import Gathering
from sim.scenario.fields import (
    QUANTITY_SCHEMA,
    CustomerName,
    Described,
    Duration,
    Factor,
    Int,
    Money,
    Name,
    OrNever,
    Points,
    Power,
    Price,
    ProviderName,
    Rate,
    Share,
    SiteName,
    SoldSiteName,
    SomeDuration,
    SomePower,
    Text,
    Truth,
    When,
    WhenOrNever,
    not_below_zero,
    one_of,
    quantity,
    reads,
    stated,
    unique,
    within_one,
)
from sim.scenario.laws import KINDS, Law, unwrapped
from sim.scenario.units import MEASURES

Sites = Annotated[tuple[SiteName, ...], AfterValidator(unique)]
Providers = Annotated[tuple[ProviderName, ...], AfterValidator(unique)]


class Poisson(Described):
    """Requests that come at random, at a rate that may grow."""

    rate: Rate
    """How many requests there are in a time, at the start: `2 /mo`."""
    growth: Factor = stated("1")
    """The factor by which the rate grows in a year."""


class Curve(Described):
    """Requests that come as a curve of wanted power passes them."""

    points: Points
    """The power wanted at some dates; growth is constant between them."""
    growth: Factor = stated("1")
    """The factor by which it grows in a year after the last of them."""


class Deal(Described):
    """One asking that is known."""

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


class Columns(Described):
    """Which columns of a trace hold what."""

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
    time_unit: Text = "s"
    """The unit of its times."""


class Arrivals(Described):
    """How the requests of a stream come: one of four ways."""

    poisson: Poisson | None = None
    """At random."""
    curve: Curve | None = None
    """As a curve of wanted power passes them."""
    deals: dict[Name, Deal] | None = None
    """As a list of deals."""
    trace: Trace | None = None
    """As a file says."""


class Stream(Described):
    """What one customer asks for, of one class."""

    customer: Name
    """Who asks."""
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
    patience: OrNever = stated("never")
    """How long after it is wanted a request gives up."""
    split: Annotated[Literal["anywhere", "one site", "never"], one_of("anywhere", "one site", "never")] = (
        "anywhere"
    )
    """Whether a request may be served from several sites, from one, or only whole and at once."""
    block: SomePower = stated("1 kW")
    """What its sizes, and what is placed of them, are a whole number of."""
    priority: Int = 0
    """Higher goes first on the waiting list."""
    only: Providers | None = None
    """The providers that may serve it; else all."""


class Provider(Described):
    """Who sells capacity out of an ordered list of sites."""

    sites: Sites
    """Where it sells from, first to last."""
    presells: Duration = stated("0 d")
    """How long before its planned date it sells capacity."""
    price: Price | None = None
    """What a customer pays."""
    cost: Price | None = None
    """What capacity that is online costs it."""
    keeps_back: Power = stated("0 kW")
    """What it keeps for its own demand."""


class Over(Described):
    """Which requests a right covers."""

    customer: CustomerName | None = None
    """Of which customer; else of all."""
    classes: Annotated[tuple[Name, ...], AfterValidator(unique)] | None = None
    """Of which classes; else of all."""


def read_appetite(written: object, info: ValidationInfo) -> Law | dict[str, Law]:
    """Is one appetite written, or one for each class?"""
    share = MEASURES["share"]
    stated_ = unwrapped(written)
    if not isinstance(stated_, Mapping) or (len(stated_) > 0 and set(stated_) & set(KINDS)):
        return quantity(share, info, written, within_one)
    gathering = Gathering()
    found: dict[str, Law] = {}
    for name, part in stated_.items():
        with gathering.under(name):
            found[name] = quantity(share, info, part, within_one)
    gathering.settle()
    return found


def read_longest_delay(written: object, info: ValidationInfo) -> Law | str | None:
    """Is a delay written, `match`, or `never`?"""
    if written in ("match", "never", None):
        return "match" if written == "match" else None
    return quantity(MEASURES["duration"], info, written, not_below_zero)


OF_FIRST_REFUSAL = ("window", "appetite", "max_utilization", "max_delay", "partial", "holds_capacity")


class Right(Described):
    """A clause that gives a holder the first word on some requests."""

    holder: ProviderName
    """The provider that holds it."""
    kind: Annotated[Literal["exclusive", "first refusal"], one_of("exclusive", "first refusal")]
    """Whether only the holder may serve, or answers first."""
    over: Over = Field(default_factory=Over)
    """Which requests it covers."""
    from_: When | None = Field(default=None, alias="from")
    """When it begins; else at the start."""
    until: WhenOrNever = stated("never")
    """When it ends."""
    window: Duration = stated("0 d")
    """How long the holder takes to answer."""
    appetite: Annotated[Law | dict[str, Law], reads(read_appetite), QUANTITY_SCHEMA] = stated("100 %")
    """The chance that the holder wants a request at all, or one for each class that is covered."""
    max_utilization: Share = stated("100 %")
    """Up to which share of its capacity the holder takes."""
    max_delay: Annotated[Law | Literal["match"] | None, reads(read_longest_delay), QUANTITY_SCHEMA] = stated(
        "never"
    )
    """How late after it is wanted the holder may promise; `match`: no later than another provider would."""
    partial: Truth = True
    """Whether the holder may take a part."""
    holds_capacity: Truth = False
    """Whether what the holder would take is held for it until it answers."""


class Overflow(Described):
    """Who is asked for what the holder did not take."""

    policy: Annotated[
        Literal["soonest", "cheapest", "most room", "in order"],
        one_of("soonest", "cheapest", "most room", "in order"),
    ] = "soonest"
    """How providers are ranked."""
    order: Providers | None = None
    """Which providers are asked; else all, as in the file."""


class Waiting(Described):
    """How the waiting list is walked."""

    called: ClassVar[str] = "waiting list"
    bypass: Truth = True
    """Whether a request may be served before one that waits longer."""


class Contract(Described):
    """Money promised whatever is used."""

    customer: CustomerName
    """Who promises."""
    provider: ProviderName
    """To whom."""
    take_or_pay: Money
    """How much, over the whole contract."""
    from_: When | None = Field(default=None, alias="from")
    """When it begins; else at the start."""
    until: When | None = None
    """When it ends; else at the end."""
