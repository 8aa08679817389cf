"""Payoffs of a right: what each party gains or loses by it, measure by measure.

A difference, with the right less without it, is turned so that above 0 the party is better off: more in service,
earned or left over; less waited for, paid, owed or idle. What a customer pays is for what serves it, so that it may
pay less because it is served less; the one is to be read beside the other. What it pays less under a take-or-pay
contract, it owes as the shortfall; that too is beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.results.integrals import Metrics
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.paired_difference import PairedDifference, adjust_for_multiplicity, paired_difference

ROLE_HOLDER, ROLE_OWN_CUSTOMER, ROLE_COVERED_CUSTOMER, ROLE_OTHER_PROVIDER, ROLE_OTHER_CUSTOMER = (
    "holder",
    "served as its own customer",
    "covered customer",
    "other provider",
    "other customer",
)

NO_DIFFERENCE, NOT_DISTINGUISHABLE, NOT_SURE = (
    "no difference at all",
    "not distinguishable from 0",
    "interval leaves out 0, not sure after Holm's correction",
)


@dataclass(frozen=True)
class PayoffMeasure:
    """A measure by which a party is better or worse off."""

    name: str
    unit: str
    """The unit in which it is reported; GW-days are a mean power times the span."""
    direction: int
    """1 where more is better for the party, -1 where less is."""
    verdict_above: str = "better off"
    verdict_below: str = "worse off"
    """The verdicts on a party whose worth is significantly above 0, and below 0."""


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
    "provider.{}.spend": MEASURE_EARNED,
    "provider.{}.take_or_pay": MEASURE_TAKE_OR_PAY,
    "provider.{}.margin": MEASURE_MARGIN,
    "provider.{}.idle_mw": MEASURE_IDLE,
}
"""The measures of a customer and of a provider, by the metric that has each."""


@dataclass(frozen=True)
class Payoff:
    """The effect of a right on a party by one measure; in the difference a is without the right, b with it."""

    party: str
    role: str
    measure: PayoffMeasure
    difference: PairedDifference
    scale: float
    """Multiplies a number in the unit of the metric to one in the unit of the measure."""

    def in_unit(self, value: float | None) -> float | None:
        """Convert a number of the metric to the unit of the measure."""
        return None if value is None else value * self.scale

    @property
    def worth(self) -> float | None:
        """The worth of the right to the party: above 0 where it is better off with it."""
        diff = self.in_unit(self.difference.diff)
        return None if diff is None else self.measure.direction * diff + 0.0  # so that there is no -0.0

    @property
    def ci95(self) -> tuple[float, float] | None:
        """The 95 % interval of the worth, not adjusted for other payoffs."""
        if self.difference.ci95 is None:
            return None
        low, high = sorted(self.measure.direction * end * self.scale + 0.0 for end in self.difference.ci95)
        return low, high

    @property
    def excludes_zero(self) -> bool:
        """Whether its own interval, of this payoff alone, leaves out 0."""
        return self.ci95 is not None and not self.ci95[0] <= 0 <= self.ci95[1]

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.worth is None:
            return "no value"
        if self.difference.equal:
            return NO_DIFFERENCE
        if not self.difference.significant:
            return NOT_SURE if self.excludes_zero else NOT_DISTINGUISHABLE
        return self.measure.verdict_above if self.worth > 0 else self.measure.verdict_below

    def to_dict(self) -> dict[str, Any]:
        """Return the payoff as one object."""
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
"""Measures of a party, by the metrics whose sum each is."""


def measures_by_party(
    scenario: ScenarioFile, right: Right, metrics: Metrics
) -> Iterator[tuple[str, str, MeasuresByMetrics]]:
    """Yield each party, its role and its measures; the holder first."""
    providers = [right.holder, *(name for name in scenario.providers if name != right.holder)]
    customers = [
        name.split(".")[1] for name in metrics if name.startswith("customer.") and name.endswith(".spend")
    ]
    covered = [name for name in customers if _may_cover(scenario, right, name)]
    yield right.holder, ROLE_HOLDER, _measures_of_party(right.holder, PROVIDER_MEASURES)
    if right.holder in customers and right.holder not in covered:
        yield right.holder, ROLE_OWN_CUSTOMER, _measures_of_customer(scenario, right.holder)
    for name in covered:
        yield (
            name,
            ROLE_OWN_CUSTOMER if name == right.holder else ROLE_COVERED_CUSTOMER,
            _measures_of_customer(scenario, name),
        )
    for name in providers[1:]:
        yield name, ROLE_OTHER_PROVIDER, _measures_of_party(name, PROVIDER_MEASURES)
    for name in customers:
        if name not in covered and name != right.holder:
            role = ROLE_OWN_CUSTOMER if name in scenario.providers else ROLE_OTHER_CUSTOMER
            yield name, role, _measures_of_customer(scenario, name)


def _measures_of_party(party: str, measures: Mapping[str, PayoffMeasure]) -> MeasuresByMetrics:
    return {(metric.format(party),): measure for metric, measure in measures.items()}


def _measures_of_customer(scenario: ScenarioFile, customer: str) -> MeasuresByMetrics:
    """Return the measures of a customer; what it owes by contract too, where no other customer shares the metric."""
    owed = tuple(
        f"provider.{name}.take_or_pay"
        for name, each in contract_customers(scenario).items()
        if each == [customer]
    )
    return {
        **_measures_of_party(customer, CUSTOMER_MEASURES),
        **({owed: MEASURE_SHORTFALL_OWED} if owed else {}),
    }


def contract_customers(scenario: ScenarioFile) -> dict[str, list[str]]:
    """Return the customers that have contracts with each provider; the metric of what is owed is over all of them."""
    customers: dict[str, list[str]] = {}
    for contract in scenario.contracts.values():
        of_provider = customers.setdefault(contract.provider, [])
        if contract.customer not in of_provider:
            of_provider.append(contract.customer)
    return customers


def _may_cover(scenario: ScenarioFile, right: Right, customer: str) -> bool:
    """Whether the right may cover a request of this customer; requests of a trace may be of any class."""
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
    """Yield the payoff of each party by each measure, from the metrics of replications without and with the right."""
    for party, role, by_metrics in measures:
        for metrics, measure in by_metrics.items():
            if not without_right[0].keys() >= set(metrics):
                continue
            sides = ([_metric_sum(each, metrics) for each in side] for side in (without_right, with_right))
            difference = paired_difference(" + ".join(metrics), *sides)
            scale = days / 1000 if measure.unit == "GW-days" else 1.0
            yield Payoff(party, role, measure, difference, scale)


def _metric_sum(values: Metrics, names: Iterable[str]) -> float | None:
    """Return the sum of some metrics; None where one has no value."""
    total = 0.0
    for name in names:
        value = values[name]
        if value is None:
            return None
        total += value
    return total


def is_ever_nonzero(tables: Iterable[Sequence[Payoff]]) -> list[bool]:
    """Return for each payoff, in the order that all tables share, whether it is not 0 in any of them."""
    return [any(each.difference.a or each.difference.b for each in row) for row in zip(*tables, strict=True)]


def adjust_payoffs(table: Iterable[Payoff]) -> list[Payoff]:
    """Adjust payoffs for the number of them (Holm)."""
    known = list(table)
    adjusted = adjust_for_multiplicity(payoff.difference for payoff in known)
    return [replace(payoff, difference=each) for payoff, each in zip(known, adjusted, strict=True)]
