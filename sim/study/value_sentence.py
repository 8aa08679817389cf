"""The value of a right in a sentence: what customers wait, what the holder earns, what the others sell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.results.formatting import format_amount, join_words
from sim.results.integrals import Metrics
from sim.study.payoffs import (
    MEASURE_EARNED,
    MEASURE_SOLD,
    MEASURE_WAIT,
    MEASURE_WAITED,
    ROLE_COVERED_CUSTOMER,
    ROLE_HOLDER,
    ROLE_OTHER_PROVIDER,
    Payoff,
    PayoffMeasure,
    adjust_payoffs,
    payoffs,
)

CHANGE_WORDS: Mapping[str, tuple[str, str, str]] = {
    MEASURE_WAIT.name: ("waits", "longer", "less"),
    MEASURE_WAITED.name: ("waits for", "more", "less"),
    MEASURE_EARNED.name: ("earns", "more", "less"),
    MEASURE_SOLD.name: ("sells", "more", "less"),
}
"""By measure, what a party does, and the words for more and for less of it."""


OTHERS_PARTY = "the other providers"


def value_sentence(holder: str, table: Sequence[Payoff], others: Payoff | None) -> str:
    """Return what a right does to those whom it concerns most, in one sentence, each with how sure that is."""
    parts = []
    customers = list(dict.fromkeys(each.party for each in table if each.role == ROLE_COVERED_CUSTOMER))
    for customer in customers[:2]:
        payoff = _find_payoff(table, customer, ROLE_COVERED_CUSTOMER, (MEASURE_WAIT, MEASURE_WAITED))
        if payoff is not None:
            parts.append(describe_change(payoff))
    if (payoff := _find_payoff(table, holder, ROLE_HOLDER, (MEASURE_EARNED, MEASURE_SOLD))) is not None:
        parts.append(describe_change(payoff))
    if others is not None:
        parts.append(describe_change(others))
    return f"With the clause {join_words(parts)}." if parts else "The clause changes nothing for anyone."


def _find_payoff(
    table: Iterable[Payoff], party: str, role: str, measures: Sequence[PayoffMeasure]
) -> Payoff | None:
    """Return the payoff of a party by the first of some measures that has a value; None where none has."""
    found = {
        each.measure: each
        for each in table
        if (each.party, each.role) == (party, role) and each.worth is not None
    }
    return next((found[measure] for measure in measures if measure in found), None)


def describe_change(payoff: Payoff) -> str:
    """Return what a right changes of a payoff in words, with how sure that is."""
    verb, more, less = CHANGE_WORDS[payoff.measure.name]
    if payoff.party == OTHERS_PARTY:
        verb = verb.removesuffix("s")
    change, unit = payoff.in_unit(payoff.difference.diff), payoff.measure.unit
    assert change is not None
    if payoff.difference.equal:
        return f"{payoff.party} {verb} as without it"
    text = f"{payoff.party} {verb} {format_amount(abs(change), unit)} {more if change > 0 else less}"
    if payoff.difference.significant or payoff.ci95 is None:
        return text
    if payoff.excludes_zero:
        return f"{text} (not sure after Holm's correction)"
    ends = (payoff.in_unit(end) for end in payoff.difference.ci95 or ())
    low, high = (format_amount(end, unit) for end in ends if end is not None)
    return f"{payoff.party} {verb} no more nor less beyond noise ({low} to {high})"


def others_together(
    providers: Iterable[str], holder: str, without: list[Metrics], with_right: list[Metrics], days: float
) -> Payoff | None:
    """Return what all providers but the holder sell more or less with a right; None where there are none."""
    metrics = tuple(f"provider.{name}.in_service_mw.mean" for name in providers if name != holder)
    if not metrics:
        return None
    measures = [(OTHERS_PARTY, ROLE_OTHER_PROVIDER, {metrics: MEASURE_SOLD})]
    return next(iter(adjust_payoffs(payoffs(measures, without, with_right, days))), None)


@dataclass(frozen=True)
class LimitsCost:
    """The cost of the limits that a right sets its own holder: with the right as written, less without them."""

    keys: tuple[str, ...]
    """The keys of these limits, as the scenario writes them."""
    payoffs: tuple[Payoff, ...]
    """What the holder earns and sells; in the difference a is without the limits, b with them."""

    def to_text(self, holder: str) -> str:
        """Return the cost in a line."""
        changes = join_words(describe_change(each).removeprefix(f"{holder} ") for each in self.payoffs)
        return (
            f"What limits the holder ({join_words(self.keys)}), and so shuts it out of the overflow that it declined:"
            f" with it {holder} {changes}, against the same right without it."
        )
