"""What stood behind each decision over one request: the market played again, with an eye on who had room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model import rules
from sim.model.allocation import Allocation, Allocator, HeldCapacity
from sim.model.ledger import NOBODY
from sim.model.market import Market
from sim.model.outcomes import REFUSAL_REASONS, RefusalReason
from sim.model.run import Run, play
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
    """What a provider could do for a request at a time, before anything is placed."""

    provider: str
    would_take_kw: int
    promised: int
    """The latest date that it would promise, in microseconds since the start; NEVER where it takes nothing."""
    keeps_back_kw: int
    """What it keeps for its own, 0 where the request is its own."""
    price: float | None
    """In $ per kW and day."""
    sites: tuple[SiteState, ...]

    @property
    def room_kw(self) -> int:
        """The room of all its sites."""
        return sum(site.room_kw for site in self.sites)


@dataclass(frozen=True)
class AnswerTerms:
    """What a holder of a first refusal goes by when it answers: shares in millionths, times in microseconds."""

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
    """What it would take were it not for one of its limits, by its name; its appetite apart."""


@dataclass(frozen=True)
class Decision:
    """Who could take what at a time: the holder of a right, or those to whom the overflow goes, as ranked."""

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
"""What a holder is asked again with one of its limits waived."""


class DecisionTracer(Allocator):
    """Answers the market's questions as ever, and notes what they rest on where they are about one request."""

    def __init__(self, market: Market, request: int) -> None:
        placing = market.allocator
        super().__init__(market.inputs, market.sites, market.ledger, placing.user_policy, placing.user_answer)
        self.request, self.decisions = request, list[Decision]()
        self._n_commitments = self._n_scanned = 0
        """How many commitments were made to the request, of so many that were made."""

    def right_in_force(self, now: int, r: int) -> int:
        """The first right in force; an exclusive holder is looked at, since it is not asked for an answer."""
        k = super().right_in_force(now, r)
        if r == self.request and k != NOBODY and self.inputs.rights[k].is_exclusive:
            self._add_decision(now, k, [self.inputs.rights[k].holder], self.ledger.gives_up[r])
        return k

    def holder_answer(self, now: int, r: int, k: int, held: HeldCapacity | None = None) -> Allocation:
        """What the holder of a first refusal takes, and what it goes by."""
        takes = super().holder_answer(now, r, k, held)
        if r == self.request:
            terms = self._answer_terms(now, k, held, sum(kw for _, kw in takes))
            latest = min(terms.latest, self.ledger.gives_up[r])
            self._add_decision(now, k, [self.inputs.rights[k].holder], latest, terms)
        return takes

    def has_taker(self, now: int, r: int, without: int) -> bool:
        """Would anyone take anything? Where not, that is worth a look."""
        found = super().has_taker(now, r, without)
        if r == self.request and not found:
            self.rank_providers(now, r, without)
        return found

    def rank_providers(self, now: int, r: int, without: int) -> Sequence[int]:
        """In which order the providers are asked, and what each could do."""
        found = super().rank_providers(now, r, without)
        if r == self.request:
            self._add_decision(now, NOBODY, found, self.ledger.gives_up[r])
        return found

    def _add_decision(
        self, now: int, k: int, providers: Sequence[int], latest: int, terms: AnswerTerms | None = None
    ) -> None:
        """Note what is seen; forget an earlier look off the waiting list by which nothing was placed."""
        r, ledger = self.request, self.ledger
        while self._n_scanned < len(ledger.undelivered_of_commitment):
            self._n_commitments += ledger.commitments[6 * self._n_scanned] == r
            self._n_scanned += 1
        while self.decisions and self._without_effect(self.decisions[-1], now):
            self.decisions.pop()
        self.decisions.append(
            Decision(
                at=now,
                n_commitments_before=self._n_commitments,
                uncommitted_kw=ledger.uncommitted[r],
                right=None if k == NOBODY else self.inputs.rights[k].name,
                terms=terms,
                providers=tuple(self._provider_state(now, p, latest, terms) for p in providers),
            )
        )

    def _without_effect(self, decision: Decision, now: int) -> bool:
        return (
            self.ledger.answered[self.request] < decision.at < now
            and decision.n_commitments_before == self._n_commitments
        )

    def _provider_state(self, now: int, p: int, latest: int, terms: AnswerTerms | None) -> ProviderState:
        r, seller = self.request, self.inputs.providers[p]
        takes = self.allocate(now, r, p, latest)
        horizon = rules.horizon(now, seller.presells, latest)
        return ProviderState(
            provider=seller.name,
            would_take_kw=sum(kw for _, kw in takes) if terms is None else terms.without["appetite"],
            promised=self.latest_promise_date(now, r, takes),
            keeps_back_kw=0 if self.ledger.group[r].own_provider == p else seller.keeps_back,
            price=seller.price,
            sites=tuple(self._site_state(s, horizon) for s in seller.sites),
        )

    def _site_state(self, s: int, horizon: int) -> SiteState:
        sites = self.sites
        return SiteState(
            site=self.inputs.sites[s].name,
            online_kw=sites.online[s],
            planned_kw=sites.planned_kw(s),
            within_reach_kw=rules.planned_by(sites.plan_date[s], sites.plan_kw[s], horizon),
            committed_kw=sites.committed[s],
            held_kw=sites.held[s],
            room_kw=sites.site_room(s, horizon),
        )

    def _answer_terms(self, now: int, k: int, held: HeldCapacity | None, allocated_kw: int) -> AnswerTerms:
        """What the holder goes by."""
        r, clause, ledger = self.request, self.inputs.rights[k], self.ledger
        latest = self.latest_acceptable_date(now, r, k)
        horizon = rules.horizon(now, self.presells[clause.holder], min(latest, ledger.gives_up[r]))
        left = allocated_kw < ledger.uncommitted[r]
        return AnswerTerms(
            reason=REFUSAL_REASONS[
                self.limiting_reason(now, r, k, held, allocated_kw) if left else RefusalReason.NONE
            ],
            draw=ledger.appetite_draw[r],
            appetite=ledger.group[r].appetite[ledger.group[r].rights.index(k)],
            max_utilization=clause.max_utilization,
            under_cap_kw=self.holder_headroom(k, horizon),
            max_delay=clause.max_delay,
            latest=latest,
            partial=clause.partial,
            held=None if held is None else {self.inputs.sites[s].name: kw for s, kw in held.items()},
            without={
                name: sum(kw for _, kw in self.would_take(now, r, k, held, left_out))
                for name, left_out in LIMITS_LEFT_OUT.items()
            },
        )


def trace_decisions(
    scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int
) -> tuple[Run, list[Decision]]:
    """What happens in a replication, and what stood behind each decision over a request of a stream?

    No looks where there is no such request. Raises what `play` raises.
    """
    seen: list[DecisionTracer] = []

    def watch(market: Market) -> None:
        future = market.inputs
        if stream in future.streams:
            of = future.stream_of_request() == future.streams.index(stream)
            for r in np.flatnonzero(of & (future.requests.number == number)).tolist():
                seen.append(DecisionTracer(market, r))
                market.allocator = seen[-1]

    run = play(scenario, seed, replication, observe=watch)
    return run, [look for witness in seen for look in witness.decisions]
