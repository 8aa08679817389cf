"""Stakes: what does each party have of a clause, in which respect, and is it better off with it?

What it has with the clause beyond what it has without is turned so that above 0 it is better off: more in service,
earned or left over; less waited for, paid, owed or idle. What a customer pays is for what serves it, so that it may
pay less because it is served less; the one is to be read beside the other. What it pays less where it has promised to
pay, it owes; that too is beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.model.metrics import Metrics
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.difference import Difference, corrected, paired

HOLDER, COVERED, PROVIDER, CUSTOMER = "holder", "covered customer", "other provider", "other customer"

EQUAL, UNSURE = "no difference at all", "not distinguishable from 0"


@dataclass(frozen=True)
class Gauge:
    """Something by which a party is better or worse off."""

    name: str
    unit: str
    """As it is told: GW-days are a mean power times the span."""
    sense: int
    """1 where more is better for the party, -1 where less is."""
    more: str = "better off"
    less: str = "worse off"
    """What is said of a party for which it is surely above, or below 0, turned by its sense."""


SERVED = Gauge("served", "GW-days", 1)
WAITED = Gauge("waited for", "GW-days", -1)
WAIT = Gauge("wait", "d", -1)
PAID = Gauge("paid", "$", -1, "pays less", "pays more")
OWES = Gauge("owed beyond it", "$", -1, "owes less", "owes more")
SOLD = Gauge("sold", "GW-days", 1)
EARNED = Gauge("earned", "$", 1)
OWED = Gauge("take or pay", "$", 1)
MARGIN = Gauge("margin", "$", 1)
IDLE = Gauge("idle", "GW-days", -1)
OF_CUSTOMERS = {
    "customer.{}.in_service_mw.mean": SERVED,
    "customer.{}.unserved_mw.mean": WAITED,
    "customer.{}.wait_days.mean": WAIT,
    "customer.{}.spend": PAID,
}
OF_PROVIDERS = {
    "provider.{}.in_service_mw.mean": SOLD,
    "spend.{}": EARNED,
    "take_or_pay.{}": OWED,
    "margin.{}": MARGIN,
    "provider.{}.idle_mw": IDLE,
}
"""Which metrics say it of whom."""


@dataclass(frozen=True)
class Stake:
    """What the clause does to a party in one respect; the first of the two compared is without it."""

    party: str
    role: str
    gauge: Gauge
    difference: Difference
    scale: float
    """How much of the metric's unit is told as one."""

    def told(self, value: float | None) -> float | None:
        """A number of the metric in the unit of the gauge."""
        return None if value is None else value * self.scale

    @property
    def worth(self) -> float | None:
        """What it is worth to the party: above 0 where that is better off with the clause."""
        diff = self.told(self.difference.diff)
        return None if diff is None else self.gauge.sense * diff + 0.0

    @property
    def ci95(self) -> tuple[float, float] | None:
        """The 95 % interval of the worth, for this stake alone."""
        if self.difference.ci95 is None:
            return None
        low, high = sorted(self.gauge.sense * end * self.scale + 0.0 for end in self.difference.ci95)
        return low, high

    @property
    def verdict(self) -> str:
        """What is to be said of it, in words."""
        if self.worth is None:
            return "no value"
        if self.difference.equal:
            return EQUAL
        if not self.difference.sure:
            return UNSURE
        return self.gauge.more if self.worth > 0 else self.gauge.less

    def row(self) -> dict[str, Any]:
        """As one object."""
        d, ci95 = self.difference, self.ci95
        return {
            "party": self.party,
            "role": self.role,
            "what": self.gauge.name,
            "unit": self.gauge.unit,
            "without": self.told(d.a),
            "with": self.told(d.b),
            "worth": self.worth,
            "ci95": None if ci95 is None else list(ci95),
            "n": d.n,
            "p_holm": d.p_holm,
            "verdict": self.verdict,
            "metric": d.metric,
        }


Gauges = Mapping[tuple[str, ...], Gauge]
"""What is at stake for a party, by the metrics whose sum says it."""


def parties(scenario: ScenarioFile, clause: Right, metrics: Metrics) -> Iterator[tuple[str, str, Gauges]]:
    """Each party, the part it plays, and what is at stake for it; the holder first."""
    providers = [clause.holder, *(name for name in scenario.providers if name != clause.holder)]
    customers = [
        name.split(".")[1] for name in metrics if name.startswith("customer.") and name.endswith(".spend")
    ]
    covered = [name for name in customers if _covers(scenario, clause, name)]
    yield clause.holder, HOLDER, _of(clause.holder, OF_PROVIDERS)
    if clause.holder in customers and clause.holder not in covered:
        yield clause.holder, HOLDER, _of_customer(scenario, clause.holder)
    for name in covered:
        yield name, HOLDER if name == clause.holder else COVERED, _of_customer(scenario, name)
    for name in providers[1:]:
        yield name, PROVIDER, _of(name, OF_PROVIDERS)
    for name in customers:
        if name not in covered and name != clause.holder:
            yield name, CUSTOMER, _of_customer(scenario, name)


def _of(party: str, gauges: Mapping[str, Gauge]) -> Gauges:
    return {(name.format(party),): gauge for name, gauge in gauges.items()}


def _of_customer(scenario: ScenarioFile, customer: str) -> Gauges:
    """What is at stake for a customer: what it owes by contract beside what it pays, where that is its alone."""
    owed = tuple(f"take_or_pay.{name}" for name, each in bound(scenario).items() if each == [customer])
    return {**_of(customer, OF_CUSTOMERS), **({owed: OWES} if owed else {})}


def bound(scenario: ScenarioFile) -> dict[str, list[str]]:
    """Which customers have contracts with each provider that has any? What they owe it is told of all together."""
    found: dict[str, list[str]] = {}
    for contract in scenario.contracts.values():
        known = found.setdefault(contract.provider, [])
        if contract.customer not in known:
            known.append(contract.customer)
    return found


def _covers(scenario: ScenarioFile, clause: Right, customer: str) -> bool:
    """May the right cover a request of this customer? (Who is in a trace may ask for any class.)"""
    over = clause.over
    if over.customer is not None or over.classes is None:
        return over.customer in (None, customer)
    return any(
        (stream.arrivals is not None and stream.arrivals.trace is not None)
        or (stream.customer == customer and stream.class_ in over.classes)
        for stream in scenario.demand.values()
    )


def stakes(
    whose: Iterable[tuple[str, str, Gauges]],
    without: list[Metrics],
    having: list[Metrics],
    days: float,
) -> Iterator[Stake]:
    """What each party has with the clause and without, in each respect."""
    for party, role, gauges in whose:
        for metrics, gauge in gauges.items():
            if not without[0].keys() >= set(metrics):
                continue
            sides = ([_sum(each, metrics) for each in side] for side in (without, having))
            found = paired(" + ".join(metrics), *sides)
            yield Stake(party, role, gauge, found, days / 1000 if gauge.unit == "GW-days" else 1.0)


def _sum(found: Metrics, metrics: Iterable[str]) -> float | None:
    """What some metrics come to together; None where one has no value."""
    total = 0.0
    for name in metrics:
        value = found[name]
        if value is None:
            return None
        total += value
    return total


def of_interest(tables: Iterable[Sequence[Stake]]) -> list[bool]:
    """Of which stakes, in the order of all tables, does a party ever have anything?"""
    return [
        any(each.difference.a or each.difference.b for each in same) for same in zip(*tables, strict=True)
    ]


def all_corrected(stakes: Iterable[Stake]) -> list[Stake]:
    """The same, each with what the number of them makes of it."""
    known = list(stakes)
    found = corrected(stake.difference for stake in known)
    return [replace(stake, difference=each) for stake, each in zip(known, found, strict=True)]
