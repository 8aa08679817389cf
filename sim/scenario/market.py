"""The schema of the market: who sells, and which rights hold between the parties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.scenario.dates import Date
from sim.scenario.description_keys import unwrap_value, value_path
from sim.scenario.distribution_reader import is_distribution
from sim.scenario.distributions import Distribution
from sim.scenario.faults import Complaint, ComplaintCollector
from sim.scenario.fields import SchemaObject, field_reader, one_of, raise_complaints, text_default
from sim.scenario.overflow_policies import OVERFLOW_POLICIES, OverflowPolicyName
from sim.scenario.quantities import (
    Duration,
    Power,
    Price,
    Share,
    When,
    WhenOrNever,
    WrittenQuantity,
    duration_or_word,
    not_below_zero,
    read_quantity,
    within_one,
)
from sim.scenario.right_kinds import RIGHT_KINDS, RightKindName
from sim.scenario.scalars import Boolean, CustomerName, NameList, ProviderName, ProviderNames, SiteNames
from sim.scenario.site_policies import SITE_POLICIES, SitePolicyName
from sim.scenario.units import MEASURES


def check_before(first: Date | None, second: Date | None, first_name: str) -> None:
    """Raise pydantic's error where a date that is certain does not come after another that is."""
    if first and second and not first.plus and not second.plus and second.at <= first.at:
        raise_complaints(
            [Complaint(f"is not after {first_name}", f"write a date after {first.at:%Y-%m-%d}", second.at)]
        )


def read_appetite(written: object, info: ValidationInfo) -> Distribution | dict[str, Distribution]:
    """An appetite, or one for each class. Raises InvalidValueError."""
    share, content = MEASURES["share"], unwrap_value(written)
    if not isinstance(content, Mapping) or is_distribution(content):
        return read_quantity(written, info, share, within_one)
    appetite_by_class: dict[str, Distribution] = {}
    collector = ComplaintCollector()
    for name, part in content.items():
        with collector.under(*value_path(written), name):
            appetite_by_class[name] = read_quantity(part, info, share, within_one)
    collector.raise_if_any()
    return appetite_by_class


Appetite = Annotated[
    Distribution | dict[str, Distribution],
    field_reader(
        read_appetite, WrittenQuantity, "a share, as `80 %`, or for each class one, as `{training: 20 %}`"
    ),
]


class Provider(SchemaObject):
    """Who sells capacity out of an ordered list of sites."""

    sites: SiteNames
    """Where it sells from, first to last."""
    site_policy: Annotated[SitePolicyName, one_of(*SITE_POLICIES)] = "soonest"
    """How it ranks its sites for each request: by the date that each would promise, or as listed."""
    presells: Duration = text_default("0 d")
    """How long before its planned date it sells capacity."""
    appetite: Appetite | None = None
    """The chance that it wants a request at all; else 100 %, as of a class left out. Its own it always wants."""
    price: Price | None = None
    """What a customer pays for what is in service for it; a provider pays nothing to itself."""
    cost: Price | None = None
    """What it costs to have capacity online, used or not."""
    keeps_back: Power = text_default("0 kW")
    """How much of its sites it sells to nobody, but keeps for requests whose customer it is."""


class Over(SchemaObject):
    """Which requests a right covers."""

    phrase: ClassVar[str] = "over"

    customer: CustomerName | None = None
    """Whose requests; else those of all."""
    classes: NameList | None = None
    """Requests of which classes; else of all."""


def read_max_delay(written: object, info: ValidationInfo) -> Distribution | str | None:
    """The longest delay of a promise: a duration, `match`, or None for `never`."""
    content = unwrap_value(written)
    if content in ("match", "never"):
        return "match" if content == "match" else None
    return read_quantity(written, info, duration_or_word("match", "never"), not_below_zero)


FIRST_REFUSAL_KEYS = ("window", "appetite", "max_utilization", "max_delay", "partial", "holds_capacity")
"""The terms of an answer, which only a holder that answers first gives."""


class Right(SchemaObject):
    """A clause that gives a holder the first word on some requests.

    `window` and what comes after it here belong to a first refusal alone.
    """

    holder: ProviderName
    """The provider that holds it."""
    kind: Annotated[RightKindName, one_of(*RIGHT_KINDS)]
    """Whether only the holder may serve, or answers first."""
    over: Over = Field(default_factory=Over)
    """Which requests it covers."""
    from_: When | None = Field(default=None, alias="from")
    """When it begins; else at the start."""
    until: WhenOrNever = text_default("never")
    """When it ends."""
    window: Duration = text_default("0 d")
    """How long the holder takes to answer."""
    appetite: Appetite | None = None
    """In place of the holder's own, while the right decides; by class, one for each class that is covered."""
    max_utilization: Share = text_default("100 %")
    """Up to which share of its capacity, online and planned, the holder takes."""
    max_delay: Annotated[
        Distribution | Literal["match"] | None,
        field_reader(read_max_delay, WrittenQuantity, "a duration, as `18 mo`, or `match`, or `never`"),
    ] = text_default("never")
    """How late after it is wanted the holder may promise; `match`: no later than another provider would."""
    partial: Boolean = True
    """Whether the holder may take a part; else it takes all of a request, or nothing."""
    holds_capacity: Boolean = False
    """Whether what the holder would take is held for it until it answers."""

    @property
    def is_exclusive(self) -> bool:
        """Whether nobody but the holder may serve."""
        return RIGHT_KINDS[self.kind].is_exclusive

    @property
    def answers_first(self) -> bool:
        """Whether the holder answers before anyone else is asked."""
        return RIGHT_KINDS[self.kind].answers_first

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """The terms of an answer, for a holder that does not answer first."""
        kind = RIGHT_KINDS.get(str(given.get("kind")))  # the reader of `kind` complains of an unknown word
        if kind is None or kind.answers_first:
            return {}
        return dict.fromkeys(FIRST_REFUSAL_KEYS, f"has no meaning for {kind.noun}")

    @field_validator("until")
    @classmethod
    def check_until_after_from(cls, until: Date | None, info: ValidationInfo) -> Date | None:
        """Check that a right ends after it begins."""
        check_before(info.data.get("from_"), until, "from")
        return until


class Overflow(SchemaObject):
    """Who is asked for what the holder did not take."""

    phrase: ClassVar[str] = "overflow"

    policy: Annotated[OverflowPolicyName, one_of(*OVERFLOW_POLICIES)] = "soonest"
    """How providers are ranked: by the date that they would promise, by price, by room, or as in `order`."""
    order: ProviderNames | None = None
    """Which providers are asked; else all, as in the file."""


class Waiting(SchemaObject):
    """How the waiting list is walked."""

    phrase: ClassVar[str] = "waiting"
    bypass: Boolean = True
    """Whether one may be served before one that waits longer; false only without first refusals and appetites."""
    moves: Boolean = True
    """Whether what is wanted and late at one site of a provider moves to another of its sites that is idle."""
