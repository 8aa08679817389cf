"""The schema of contracts: money that a customer owes a provider whatever it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.scenario.dates import Date
from sim.scenario.faults import Complaint
from sim.scenario.fields import SchemaObject, field_reader, one_of
from sim.scenario.market import check_before
from sim.scenario.quantities import (
    DatedQuantities,
    Money,
    When,
    WrittenQuantity,
    not_below_zero,
    read_dated_quantities,
)
from sim.scenario.scalars import Boolean, CustomerName, ProviderName, StreamNames
from sim.scenario.units import MEASURES

DatedMoney = Annotated[
    DatedQuantities,
    field_reader(
        lambda written, info: read_dated_quantities(written, info, MEASURES["money"], not_below_zero),
        dict[str, WrittenQuantity],
        "for each date: an amount of money, as `{2026-01-01: 10 B$}`",
    ),
]
SettlementName = Literal["at the end", "yearly"]


class Contract(SchemaObject):
    """Money promised whatever is used: `take_or_pay` in all, or a `schedule` of it."""

    atomic_keys: ClassVar = frozenset({"schedule"})

    customer: CustomerName
    """Who promises."""
    provider: ProviderName
    """To whom."""
    take_or_pay: Money | None = None
    """How much, over the whole contract: it falls due evenly from `from` to `until`."""
    schedule: DatedMoney | None = None
    """How much from each date to the next, the last to `until`; each amount falls due evenly within its time."""
    from_: When | None = Field(default=None, alias="from")
    """When it begins; else at the start."""
    until: When | None = None
    """When it ends; else at the end."""
    counts: StreamNames | None = None
    """The streams whose use counts towards it; else all of the customer."""
    late_counts: Boolean = True
    """Whether what the provider delivers late is taken off what is owed, at its price."""
    settled: Annotated[SettlementName, one_of("at the end", "yearly")] = "at the end"
    """When what is owed is reckoned: at the end, or at each 1 January (UTC) and at the end, each year by itself."""

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """One sum and its begin have no effect beside a schedule, which states both."""
        return (
            dict.fromkeys(("take_or_pay", "from"), "has no meaning beside a schedule")
            if "schedule" in given
            else {}
        )

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A complaint where no money is stated."""
        if not {"take_or_pay", "schedule"} & set(given):
            yield Complaint(
                "is missing",
                "write take_or_pay: 10 B$, or schedule: {DATE: 10 B$, ...}",
                None,
                ("take_or_pay",),
            )

    @field_validator("until")
    @classmethod
    def check_until_after_from(cls, until: Date | None, info: ValidationInfo) -> Date | None:
        """Check that a contract ends after it begins, and after the last date of its schedule."""
        check_before(info.data.get("from_"), until, "from")
        if schedule := info.data.get("schedule"):
            check_before(Date(schedule[-1][0]), until, "the last date of schedule")
        return until
