"""The trace of the decisions over one request, by an observer of a market on SimPy's clock.

In names m is the state of the market, r a request, k a right, p a provider and s a site, each by number but m.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model import rules
from sim.model.allocation import (
    allocate,
    allocated_kw,
    latest_promise_date,
    planned_kw,
    provider_declines,
    site_room,
)
from sim.model.holder_answers import holder_headroom, latest_acceptable_date, limiting_reason, would_take
from sim.model.ledger import NOBODY, request_of
from sim.model.market import Market
from sim.model.outcomes import REFUSAL_REASONS, RefusalReason
from sim.model.ranking import rank_providers
from sim.model.run import Run, play
from sim.model.state import Allocation, HeldCapacity, MarketState
from sim.scenario.schema import ScenarioFile


@dataclass(frozen=True)
class SiteState:
    """A site as a provider sees it at a time: what is planned counts as far as it is within reach."""

    site: str
    online_kw: int
    planned_kw: int
    within_reach_kw: int
    committed_kw: int
    held_kw: int
    room_kw: int


@dataclass(frozen=True)
class ProviderState:
    """The state of a provider at a decision, before anything is allocated: its offer and its sites."""

    provider: str
    would_take_kw: int
    promised: int
    """The latest date that it would promise, in microseconds since the start; NEVER where it takes nothing."""
    keeps_back_kw: int
    """What it keeps for its own, 0 where the request is its own."""
    price: float | None
    """In $ per kW and day."""
    draw: float | None
    """Its draw for the request, where it turns it down for want of appetite."""
    appetite: int
    """Its appetite for the request, in millionths."""
    sites: tuple[SiteState, ...]

    @property
    def room_kw(self) -> int:
        """The room of all its sites."""
        return 0 if self.draw is not None else sum(site.room_kw for site in self.sites)


@dataclass(frozen=True)
class AnswerTerms:
    """The limits of the holder of a first refusal at its answer: shares in millionths, times in microseconds."""

    reason: str
    """What limits it, as in the table `requests`."""
    draw: float
    appetite: int
    max_utilization: int
    under_cap_kw: int
    """What its utilization cap leaves, over all its sites."""
    max_delay: int
    latest: int
    """The latest date that it would promise; NEVER where it minds none."""
    partial: bool
    held: dict[str, int] | None
    """What was held for the request, by site; None where nothing is held while it thinks."""
    without: dict[str, int]
    """By name of a limit, the kW that it would take without it; its appetite left out of account."""


@dataclass(frozen=True)
class Decision:
    """A decision: the holder of a right that answers, or the providers as ranked for the overflow."""

    at: int
    n_commitments_before: int
    """How many commitments had been made to the request before."""
    uncommitted_kw: int
    right: str | None
    terms: AnswerTerms | None
    providers: tuple[ProviderState, ...]


LIMITS_LEFT_OUT: dict[str, RefusalReason] = {
    "appetite": RefusalReason.NONE,
    "utilization": RefusalReason.UTILIZATION,
    "delay": RefusalReason.DELAY,
    "partial": RefusalReason.PARTIAL,
}
"""By name, the limits that are waived one at a time; `appetite` waives nothing, as offers leave the appetite out."""


class DecisionTracer:
    """Observes a market, and records what its decisions over one request rest on."""

    def __init__(self, state: MarketState, request: int) -> None:
        self.state, self.request, self.decisions = state, request, list[Decision]()
        self._n_commitments = self._n_scanned = 0
        """The number of commitments to the request among the first `_n_scanned` of all."""

    def on_right_in_force(self, r: int, k: int) -> None:
        """Record the holder of an exclusive right: it is not asked for an answer that could be observed."""
        rights = self.state.inputs.rights
        if r == self.request and k != NOBODY and rights[k].is_exclusive:
            self._add_decision(k, [rights[k].holder], self.state.gives_up[r])

    def on_holder_answer(self, r: int, k: int, held: HeldCapacity | None, allocation: Allocation) -> None:
        """Record the answer of the holder of a first refusal, with its limits."""
        if r == self.request:
            terms = self._answer_terms(k, held, allocated_kw(allocation))
            latest = min(terms.latest, self.state.gives_up[r])
            self._add_decision(k, [self.state.inputs.rights[k].holder], latest, terms)

    def on_has_taker(self, r: int, without: int, has_taker: bool) -> None:
        """Record the ranking also where no provider would take anything, and the market therefore ranks none."""
        if r == self.request and not has_taker:
            rank_providers(self.state, r, without)  # observed by on_ranking, which records it

    def on_ranking(self, r: int, ranking: Sequence[int]) -> None:
        """Record the order in which the providers are asked, and the state of each."""
        if r == self.request:
            self._add_decision(NOBODY, ranking, self.state.gives_up[r])

    def _add_decision(
        self, k: int, providers: Sequence[int], latest: int, terms: AnswerTerms | None = None
    ) -> None:
        """Append a decision, in place of earlier ones off the waiting list by which nothing was committed.

        A waiting request is looked at whenever capacity rises; only the looks that led to something are explained.
        """
        r, m = self.request, self.state
        while self._n_scanned < len(m.undelivered_of_commitment):
            self._n_commitments += request_of(m, self._n_scanned) == r
            self._n_scanned += 1
        while self.decisions and self._without_effect(self.decisions[-1]):
            self.decisions.pop()
        self.decisions.append(
            Decision(
                at=m.now,
                n_commitments_before=self._n_commitments,
                uncommitted_kw=m.uncommitted[r],
                right=None if k == NOBODY else m.inputs.rights[k].name,
                terms=terms,
                providers=tuple(self._provider_state(p, latest, terms, k == NOBODY) for p in providers),
            )
        )

    def _without_effect(self, decision: Decision) -> bool:
        """Whether a decision was made in an earlier instant, off the waiting list, and led to no commitment."""
        return (
            self.state.answered[self.request] < decision.at < self.state.now
            and decision.n_commitments_before == self._n_commitments
        )

    def _provider_state(
        self, p: int, latest: int, terms: AnswerTerms | None, in_overflow: bool
    ) -> ProviderState:
        r, m = self.request, self.state
        provider = m.inputs.providers[p]
        declines = in_overflow and provider_declines(m, r, p)
        allocation = [] if declines else allocate(m, r, p, latest)
        horizon = rules.horizon(m.now, provider.presells, latest)
        return ProviderState(
            provider=provider.name,
            would_take_kw=allocated_kw(allocation) if terms is None else terms.without["appetite"],
            promised=latest_promise_date(m, r, allocation),
            keeps_back_kw=0 if m.group[r].own_provider == p else provider.keeps_back,
            price=provider.price,
            draw=m.appetite_draws[p][r] if declines else None,
            appetite=m.group[r].provider_appetite[p],
            sites=tuple(self._site_state(s, horizon) for s in provider.sites),
        )

    def _site_state(self, s: int, horizon: int) -> SiteState:
        m = self.state
        return SiteState(
            site=m.inputs.sites[s].name,
            online_kw=m.online[s],
            planned_kw=planned_kw(m, s, rules.NEVER),
            within_reach_kw=planned_kw(m, s, horizon),
            committed_kw=m.committed[s],
            held_kw=m.held[s],
            room_kw=site_room(m, s, horizon),
        )

    def _answer_terms(self, k: int, held: HeldCapacity | None, answered_kw: int) -> AnswerTerms:
        """Describe the limits of the holder at its answer, and what it would take without each."""
        r, m = self.request, self.state
        right = m.inputs.rights[k]
        latest = latest_acceptable_date(m, r, k)
        horizon = rules.horizon(m.now, m.presells[right.holder], min(latest, m.gives_up[r]))
        is_limited = answered_kw < m.uncommitted[r]
        reason = limiting_reason(m, r, k, held, answered_kw) if is_limited else RefusalReason.NONE
        return AnswerTerms(
            reason=REFUSAL_REASONS[reason],
            draw=m.appetite_draws[right.holder][r],
            appetite=m.group[r].appetite[m.group[r].rights.index(k)],
            max_utilization=right.max_utilization,
            under_cap_kw=holder_headroom(m, k, horizon),
            max_delay=right.max_delay,
            latest=latest,
            partial=right.partial,
            held=None if held is None else {m.inputs.sites[s].name: kw for s, kw in held.items()},
            without={
                name: allocated_kw(would_take(m, r, k, held, waiver))
                for name, waiver in LIMITS_LEFT_OUT.items()
            },
        )


def trace_decisions(
    scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int
) -> tuple[Run, list[Decision]]:
    """Simulate a replication and record the decisions over one request of a stream.

    Returns the run and the decisions in order; none where there is no such request. Raises what `play` raises.
    """
    tracers: list[DecisionTracer] = []

    def watch(market: Market) -> None:
        inputs = market.inputs
        if stream in inputs.streams:
            in_stream = inputs.stream_of_request() == inputs.streams.index(stream)
            for r in np.flatnonzero(in_stream & (inputs.requests.number == number)).tolist():
                tracers.append(DecisionTracer(market.state, r))
                market.state.observer = tracers[-1]

    run = play(scenario, seed, replication, observe=watch)
    return run, [decision for tracer in tracers for decision in tracer.decisions]
