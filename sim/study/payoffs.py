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

from sim.results.integrals import Metrics
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.paired_difference import PairedDifference, adjust_for_multiplicity, paired_difference

ROLE_HOLDER, ROLE_COVERED_CUSTOMER, ROLE_OTHER_PROVIDER, ROLE_OTHER_CUSTOMER = (
    "holder",
    "covered customer",
    "other provider",
    "other customer",
)

NO_DIFFERENCE, NOT_DISTINGUISHABLE = "no difference at all", "not distinguishable from 0"


@dataclass(frozen=True)
class PayoffMeasure:
    """Something by which a party is better or worse off."""

    name: str
    unit: str
    """As it is told: GW-days are a mean power times the span."""
    direction: int
    """1 where more is better for the party, -1 where less is."""
    verdict_above: str = "better off"
    verdict_below: str = "worse off"
    """What is said of a party for which it is surely above, or below 0, turned by its sense."""


MEASURE_SERVED = PayoffMeasure("served", "GW-days", 1)
MEASURE_WAITED = PayoffMeasure("waited for", "GW-days", -1)
MEASURE_WAIT = PayoffMeasure("wait", "d", -1)
MEASURE_PAID = PayoffMeasure("paid", "$", -1, "pays less", "pays more")
MEASURE_SHORTFALL_OWED = PayoffMeasure("owed beyond it", "$", -1, "owes less", "owes more")
MEASURE_SOLD = PayoffMeasure("sold", "GW-days", 1)
MEASURE_EARNED = PayoffMeasure("earned", "$", 1)
MEASURE_TAKE_OR_PAY = PayoffMeasure("take or pay", "$", 1)
MEASURE_MARGIN = PayoffMeasure("margin", "$", 1)
MEASURE_IDLE = PayoffMeasure("idle", "GW-days", -1)
CUSTOMER_MEASURES = {
    "customer.{}.in_service_mw.mean": MEASURE_SERVED,
    "customer.{}.unserved_mw.mean": MEASURE_WAITED,
    "customer.{}.wait_days.mean": MEASURE_WAIT,
    "customer.{}.spend": MEASURE_PAID,
}
PROVIDER_MEASURES = {
    "provider.{}.in_service_mw.mean": MEASURE_SOLD,
    "spend.{}": MEASURE_EARNED,
    "take_or_pay.{}": MEASURE_TAKE_OR_PAY,
    "margin.{}": MEASURE_MARGIN,
    "provider.{}.idle_mw": MEASURE_IDLE,
}
"""Which metrics say it of whom."""


@dataclass(frozen=True)
class Payoff:
    """What the clause does to a party in one respect; the first of the two compared is without it."""

    party: str
    role: str
    measure: PayoffMeasure
    difference: PairedDifference
    scale: float
    """How much of the metric's unit is told as one."""

    def in_unit(self, value: float | None) -> float | None:
        """A number of the metric in the unit of the gauge."""
        return None if value is None else value * self.scale

    @property
    def worth(self) -> float | None:
        """What it is worth to the party: above 0 where that is better off with the clause."""
        diff = self.in_unit(self.difference.diff)
        return None if diff is None else self.measure.direction * diff + 0.0

    @property
    def ci95(self) -> tuple[float, float] | None:
        """The 95 % interval of the worth, for this stake alone."""
        if self.difference.ci95 is None:
            return None
        low, high = sorted(self.measure.direction * end * self.scale + 0.0 for end in self.difference.ci95)
        return low, high

    @property
    def verdict(self) -> str:
        """What is to be said of it, in words."""
        if self.worth is None:
            return "no value"
        if self.difference.equal:
            return NO_DIFFERENCE
        if not self.difference.significant:
            return NOT_DISTINGUISHABLE
        return self.measure.verdict_above if self.worth > 0 else self.measure.verdict_below

    def to_dict(self) -> dict[str, Any]:
        """As one object."""
        d, ci95 = self.difference, self.ci95
        return {
            "party": self.party,
            "role": self.role,
            "what": self.measure.name,
            "unit": self.measure.unit,
            "without": self.in_unit(d.a),
            "with": self.in_unit(d.b),
            "worth": self.worth,
            "ci95": None if ci95 is None else list(ci95),
            "n": d.n,
            "p_holm": d.p_holm,
            "verdict": self.verdict,
            "metric": d.metric,
        }


MeasuresByMetrics = Mapping[tuple[str, ...], PayoffMeasure]
"""What is at stake for a party, by the metrics whose sum says it."""


def measures_by_party(
    scenario: ScenarioFile, right: Right, metrics: Metrics
) -> Iterator[tuple[str, str, MeasuresByMetrics]]:
    """Each party, the part it plays, and what is at stake for it; the holder first."""
    providers = [right.holder, *(name for name in scenario.providers if name != right.holder)]
    customers = [
        name.split(".")[1] for name in metrics if name.startswith("customer.") and name.endswith(".spend")
    ]
    covered = [name for name in customers if _may_cover(scenario, right, name)]
    yield right.holder, ROLE_HOLDER, _measures_of_party(right.holder, PROVIDER_MEASURES)
    if right.holder in customers and right.holder not in covered:
        yield right.holder, ROLE_HOLDER, _measures_of_customer(scenario, right.holder)
    for name in covered:
        yield (
            name,
            ROLE_HOLDER if name == right.holder else ROLE_COVERED_CUSTOMER,
            _measures_of_customer(scenario, name),
        )
    for name in providers[1:]:
        yield name, ROLE_OTHER_PROVIDER, _measures_of_party(name, PROVIDER_MEASURES)
    for name in customers:
        if name not in covered and name != right.holder:
            yield name, ROLE_OTHER_CUSTOMER, _measures_of_customer(scenario, name)


def _measures_of_party(party: str, measures: Mapping[str, PayoffMeasure]) -> MeasuresByMetrics:
    return {(name.format(party),): gauge for name, gauge in measures.items()}


def _measures_of_customer(scenario: ScenarioFile, customer: str) -> MeasuresByMetrics:
    """What is at stake for a customer: what it owes by contract beside what it pays, where that is its alone."""
    owed = tuple(
        f"take_or_pay.{name}" for name, each in contract_customers(scenario).items() if each == [customer]
    )
    return {
        **_measures_of_party(customer, CUSTOMER_MEASURES),
        **({owed: MEASURE_SHORTFALL_OWED} if owed else {}),
    }


def contract_customers(scenario: ScenarioFile) -> dict[str, list[str]]:
    """Which customers have contracts with each provider that has any? What they owe it is told of all together."""
    found: dict[str, list[str]] = {}
    for contract in scenario.contracts.values():
        known = found.setdefault(contract.provider, [])
        if contract.customer not in known:
            known.append(contract.customer)
    return found


def _may_cover(scenario: ScenarioFile, right: Right, customer: str) -> bool:
    """May the right cover a request of this customer? (Who is in a trace may ask for any class.)"""
    over = right.over
    if over.customer is not None or over.classes is None:
        return over.customer in (None, customer)
    return any(
        (stream.arrivals is not None and stream.arrivals.trace is not None)
        or (stream.customer == customer and stream.class_ in over.classes)
        for stream in scenario.demand.values()
    )


def payoffs(
    measures: Iterable[tuple[str, str, MeasuresByMetrics]],
    without_right: list[Metrics],
    with_right: list[Metrics],
    days: float,
) -> Iterator[Payoff]:
    """What each party has with the clause and without, in each respect."""
    for party, role, gauges in measures:
        for metrics, gauge in gauges.items():
            if not without_right[0].keys() >= set(metrics):
                continue
            sides = ([_metric_sum(each, metrics) for each in side] for side in (without_right, with_right))
            found = paired_difference(" + ".join(metrics), *sides)
            yield Payoff(party, role, gauge, found, days / 1000 if gauge.unit == "GW-days" else 1.0)


def _metric_sum(values: Metrics, names: Iterable[str]) -> float | None:
    """What some metrics come to together; None where one has no value."""
    total = 0.0
    for name in names:
        value = values[name]
        if value is None:
            return None
        total += value
    return total


def is_ever_nonzero(tables: Iterable[Sequence[Payoff]]) -> list[bool]:
    """Of which stakes, in the order of all tables, does a party ever have anything?"""
    return [
        any(each.difference.a or each.difference.b for each in same) for same in zip(*tables, strict=True)
    ]


def adjust_payoffs(stakes: Iterable[Payoff]) -> list[Payoff]:
    """The same, each with what the number of them makes of it."""
    known = list(stakes)
    found = adjust_for_multiplicity(stake.difference for stake in known)
    return [replace(stake, difference=each) for stake, each in zip(known, found, strict=True)]
