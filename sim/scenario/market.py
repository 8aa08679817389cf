"""The market: who sells, and which clauses and contracts hold between the parties?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.scenario.dates import Date
from sim.scenario.demand import Arrivals, Curve, Deal, Poisson, Stream
from sim.scenario.faults import Complaint, Gathering
from sim.scenario.fields import Described, one_of, reads, stated, tell
from sim.scenario.laws import KINDS, Law
from sim.scenario.quantities import (
    Duration,
    Money,
    Power,
    Price,
    Quantity,
    Share,
    When,
    WhenOrNever,
    not_below_zero,
    or_word,
    quantity,
    within_one,
)
from sim.scenario.recorded import Columns, Trace
from sim.scenario.statements import unwrapped, wrapping
from sim.scenario.units import MEASURES
from sim.scenario.words import (
    CustomerName,
    Names,
    ProviderName,
    Providers,
    Sites,
    Truth,
)

__all__ = [
    "Arrivals", "Columns", "Contract", "Curve", "Deal", "Over", "Overflow", "Poisson", "Provider", "Right", "Stream",
    "Trace", "Waiting",
]  # fmt: skip


def before(first: Date | None, then: Date | None, name: str) -> None:
    """Tells where a date that is certain does not come before another."""
    if first and then and not first.plus and not then.plus and then.at <= first.at:
        tell([Complaint(f"is not after {name}", f"write a date after {first.at:%Y-%m-%d}", then.at)])


class Provider(Described):
    """Who sells capacity out of an ordered list of sites."""

    sites: Sites
    """Where it sells from, first to last."""
    presells: Duration = stated("0 d")
    """How long before its planned date it sells capacity."""
    price: Price | None = None
    """What a customer pays for what is in service for it; a provider pays nothing to itself."""
    cost: Price | None = None
    """What it costs to have capacity online, used or not."""
    keeps_back: Power = stated("0 kW")
    """How much of its sites it sells to nobody, but keeps for requests whose customer it is."""


class Over(Described):
    """Which requests a right covers."""

    called: ClassVar[str] = "over"

    customer: CustomerName | None = None
    """Whose requests; else those of all."""
    classes: Names | None = None
    """Requests of which classes; else of all."""


def read_appetite(written: object, info: ValidationInfo) -> Law | dict[str, Law]:
    """Is one appetite written, or one for each class?"""
    share, stated_ = MEASURES["share"], unwrapped(written)
    if not isinstance(stated_, Mapping) or set(stated_) & set(KINDS):
        return quantity(written, info, share, within_one)
    found: dict[str, Law] = {}
    gathering = Gathering()
    for name, part in stated_.items():
        with gathering.under(*wrapping(written), name):
            found[name] = quantity(part, info, share, within_one)
    gathering.settle()
    return found


def read_longest(written: object, info: ValidationInfo) -> Law | str | None:
    """Is a delay written, `match`, or `never`?"""
    stated_ = unwrapped(written)
    if stated_ in ("match", "never"):
        return "match" if stated_ == "match" else None
    return quantity(written, info, or_word("match", "never"), not_below_zero)


OF_FIRST_REFUSAL = ("window", "appetite", "max_utilization", "max_delay", "partial", "holds_capacity")


class Right(Described):
    """A clause that gives a holder the first word on some requests.

    `window` and what comes after it here belong to a first refusal alone.
    """

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
    appetite: Annotated[
        Law | dict[str, Law],
        reads(read_appetite, Quantity, "a share, as `80 %`, or for each class one, as `{training: 20 %}`"),
    ] = stated("100 %")
    """The chance that the holder wants a request at all; by class, one for each class that is covered."""
    max_utilization: Share = stated("100 %")
    """Up to which share of its capacity, online and planned, the holder takes."""
    max_delay: Annotated[
        Law | Literal["match"] | None,
        reads(read_longest, Quantity, "a duration, as `18 mo`, or `match`, or `never`"),
    ] = stated("never")
    """How late after it is wanted the holder may promise; `match`: no later than another provider would."""
    partial: Truth = True
    """Whether the holder may take a part; else it takes all of a request, or nothing."""
    holds_capacity: Truth = False
    """Whether what the holder would take is held for it until it answers."""

    @classmethod
    def idle(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """The holder of an exclusive right does not answer."""
        exclusive = given.get("kind") == "exclusive"
        return dict.fromkeys(OF_FIRST_REFUSAL, "has no meaning for an exclusive right") if exclusive else {}

    @field_validator("until")
    @classmethod
    def not_before_it_begins(cls, until: Date | None, info: ValidationInfo) -> Date | None:
        """A right ends after it begins."""
        before(info.data.get("from_"), until, "from")
        return until


class Overflow(Described):
    """Who is asked for what the holder did not take."""

    called: ClassVar[str] = "overflow"

    policy: Annotated[
        Literal["soonest", "cheapest", "most room", "in order"],
        one_of("soonest", "cheapest", "most room", "in order"),
    ] = "soonest"
    """How providers are ranked: by the date that they would promise, by price, by room, or as in `order`."""
    order: Providers | None = None
    """Which providers are asked; else all, as in the file."""


class Waiting(Described):
    """How the waiting list is walked."""

    called: ClassVar[str] = "waiting"
    bypass: Truth = True
    """Whether a request may be served before one that waits longer; false only without a first refusal."""


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

    @field_validator("until")
    @classmethod
    def not_before_it_begins(cls, until: Date | None, info: ValidationInfo) -> Date | None:
        """A contract ends after it begins."""
        before(info.data.get("from_"), until, "from")
        return until
