"""Settlements of contracts: what is due for each part of a contract, what was spent towards it, and what is owed.

In loops, p is a provider; kW are those of a contract's customer on the streams that count.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from sim.model.arrays import BoolArray
from sim.model.ledger import NOBODY
from sim.model.run import Run
from sim.model.sampled_inputs import RequestGroup, SampledContract, SampledInputs
from sim.results.integrals import CANCELLATION_TOLERANCE, RunIntegrals
from sim.results.time_series import KwChanges, concatenate_changes

Span = tuple[int, int]
"""A begin and an end in microseconds since the start; the end is not in it."""


@dataclass(frozen=True)
class Settlement:
    """What came of a part of a contract, in $, when it was settled (`at`, in microseconds since the start)."""

    contract: SampledContract
    at: int
    due_usd: float
    spend_usd: float
    late_usd: float
    """The price of what the provider delivered late, where that counts."""

    @property
    def owed_usd(self) -> float:
        """What the customer owes beyond what it spent; never below 0."""
        owed = self.due_usd - self.spend_usd - self.late_usd
        return owed if owed > CANCELLATION_TOLERANCE * self.due_usd else 0.0


def settlements(integrals: RunIntegrals) -> list[Settlement]:
    """Settle the contracts of a run, each over its part within the run, in the order of the file, then of time."""
    return [each for contract in integrals.run.inputs.contracts for each in _settle(integrals, contract)]


def settlement_spans(contract: SampledContract, inputs: SampledInputs) -> list[Span]:
    """Return the spans settled together: the contract's part within the run, or each year (UTC) of it."""
    calendar = inputs.calendar
    begin, end = max(contract.dues[0][0], 0), min(contract.dues[-1][1], calendar.end)
    if end <= begin:
        return []
    years = (
        range(calendar.date(begin).year + 1, calendar.date(end).year + 1) if contract.settled_yearly else ()
    )
    new_years = (calendar.since_start(datetime(year, 1, 1)) for year in years)
    return list(pairwise([begin, *(at for at in new_years if begin < at < end), end]))


def _settle(integrals: RunIntegrals, contract: SampledContract) -> Iterator[Settlement]:
    inputs, deliveries, p = integrals.run.inputs, integrals.run.deliveries, contract.provider
    names = integrals.customers.names
    customer = names.index(contract.customer) if contract.customer in names else NOBODY
    counts = np.isin(deliveries["stream"], contract.streams) & (deliveries["provider"] == p)
    served = integrals.changes.in_service.select(counts & (integrals.customers.of_delivery == customer))
    late: list[tuple[KwChanges, Span]] = []
    if contract.late_counts:
        asked = np.isin(integrals.streams.of_request, contract.streams)
        late = _late_changes(integrals, p, asked & (integrals.customers.of_request == customer))
    if inputs.providers[p].name == contract.customer:  # a provider pays nothing to itself
        served, late = served.select(np.zeros(len(deliveries), dtype=np.bool_)), []
    for begin, end in settlement_spans(contract, inputs):
        parts = ((changes, max(begin, a), min(end, b)) for changes, (a, b) in late)
        yield Settlement(
            contract,
            at=end,
            due_usd=sum(usd * _overlap(begin, end, a, b) / (b - a) for a, b, usd in contract.dues if a < b),
            spend_usd=integrals.usd_at_price(p, served, begin, end),
            late_usd=sum(integrals.usd_at_price(p, changes, a, b) for changes, a, b in parts if a < b),
        )


def _overlap(begin: int, end: int, a: int, b: int) -> int:
    """Return how long two spans have in common."""
    return max(0, min(end, b) - max(begin, a))


def _late_changes(integrals: RunIntegrals, p: int, asked: BoolArray) -> list[tuple[KwChanges, Span]]:
    """Return the changes of what p owes those requests, by request, each with the span in which they count.

    That is what it promised, from the promised date on until it is delivered or released. While nobody else may serve
    a request, it is all that is wanted and unserved, but for what others had promised.
    """
    run = integrals.run
    requests = run.inputs.requests
    is_p = np.arange(len(run.inputs.providers)) == p
    promised = _undelivered(run, asked, is_p, since_promise=True)
    late = [(promised, (0, run.inputs.calendar.end))]
    for g, group in enumerate(run.inputs.groups):
        of_group = asked & (requests.group == g)
        spans = exclusive_spans(run.inputs, group, p) if of_group.any() else []
        if spans:
            beyond = concatenate_changes(
                integrals.changes.unserved.select(of_group),
                _undelivered(run, of_group, ~is_p, since_promise=False).negate(),
                promised.select(of_group).negate(),
            )
            late += [(beyond, span) for span in spans]
    return late


def _undelivered(run: Run, asked: BoolArray, sellers: BoolArray, since_promise: bool) -> KwChanges:
    """Return the changes of what some sellers promised to some requests, and have not delivered, by request.

    It counts from when it is wanted, or else from the promised date on.
    """
    asked = np.append(asked, False)  # what is in place has no request, and reads the False at the end
    parts = []
    for table, time, sign in (
        (run.commitments, "committed", 1),
        (run.deliveries, "start", -1),
        (run.releases, "at", -1),
    ):
        rows = np.flatnonzero(asked[table["request"]] & sellers[table["provider"]])
        request = table["request"][rows]
        since = table["promised"][rows] if since_promise else run.inputs.requests.wanted[request]
        parts.append(KwChanges(np.maximum(table[time][rows], since), request, sign * table["kw"][rows]))
    return concatenate_changes(*parts)


def exclusive_spans(inputs: SampledInputs, group: RequestGroup, p: int) -> list[Span]:
    """Return the spans in which nobody but p may serve a group of requests: by `only`, or by an exclusive right.

    Of the rights in force that cover the group the first in the file decides.
    """
    end = inputs.calendar.end
    if group.only == (p,):
        return [(0, end)]
    rights = [inputs.rights[k] for k in group.rights]
    turns = {0, end, *(at for right in rights for at in (right.begins, right.ends) if 0 < at < end)}
    spans = []
    for span in pairwise(sorted(turns)):
        right = next((each for each in rights if each.begins <= span[0] < each.ends), None)
        if right is not None and right.is_exclusive and right.holder == p:
            spans.append(span)
    return spans
