"""What stood behind each decision over one request: the market played again, with an eye on who had room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model import rules
from sim.model.ledger import NOBODY, REASONS, WHOLLY
from sim.model.market import Market
from sim.model.placing import Limits, Placing, Takes
from sim.model.run import Run, play
from sim.scenario.schema import ScenarioFile


@dataclass(frozen=True)
class SiteThen:
    """A site as a provider sees it at a time: what is planned counts as far as it is within reach."""

    site: str
    online_kw: int
    planned_kw: int
    within_reach_kw: int
    committed_kw: int
    held_kw: int
    room_kw: int


@dataclass(frozen=True)
class Seen:
    """What a provider could do for a request at a time, before anything is placed."""

    provider: str
    would_take_kw: int
    promised: int
    """The latest date that it would promise, in microseconds since the start; NEVER where it takes nothing."""
    keeps_back_kw: int
    """What it keeps for its own, 0 where the request is its own."""
    price: float | None
    """In $ per kW and day."""
    sites: tuple[SiteThen, ...]

    @property
    def room_kw(self) -> int:
        """The room of all its sites."""
        return sum(site.room_kw for site in self.sites)


@dataclass(frozen=True)
class Terms:
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
class Look:
    """Who could take what at a time: the holder of a right, or those to whom the overflow goes, as ranked."""

    at: int
    made: int
    """How many commitments had been made to the request before."""
    left_kw: int
    right: str | None
    terms: Terms | None
    seen: tuple[Seen, ...]


WITHOUT: dict[str, dict[str, bool]] = {
    "appetite": {},
    "utilization": {"utilization": False},
    "delay": {"delay": False},
    "partial": {"partial": False},
}
"""What a holder is asked again with one of its limits left out."""


class Witness(Placing):
    """Answers the market's questions as ever, and notes what they rest on where they are about one request."""

    def __init__(self, market: Market, whom: int) -> None:
        placing = market.placing
        super().__init__(market.future, market.sites, market.ledger, placing.own_policy, placing.own_answer)
        self.whom, self.looks = whom, list[Look]()
        self._made = self._told = 0
        """How many commitments were made to the request, of so many that were made."""

    def in_force(self, now: int, r: int) -> int:
        """The first right in force; an exclusive holder is looked at, since it is not asked for an answer."""
        k = super().in_force(now, r)
        if r == self.whom and k != NOBODY and self.future.rights[k].exclusive:
            self._look(now, k, [self.future.rights[k].holder], self.ledger.gives_up[r])
        return k

    def answer(self, now: int, r: int, k: int, limits: Limits | None = None) -> Takes:
        """What the holder of a first refusal takes, and what it goes by."""
        takes = super().answer(now, r, k, limits)
        if r == self.whom:
            terms = self._terms(now, k, limits, sum(kw for _, kw in takes))
            latest = min(terms.latest, self.ledger.gives_up[r])
            self._look(now, k, [self.future.rights[k].holder], latest, terms)
        return takes

    def anyone(self, now: int, r: int, without: int) -> bool:
        """Would anyone take anything? Where not, that is worth a look."""
        found = super().anyone(now, r, without)
        if r == self.whom and not found:
            self.ranking(now, r, without)
        return found

    def ranking(self, now: int, r: int, without: int) -> Sequence[int]:
        """In which order the providers are asked, and what each could do."""
        found = super().ranking(now, r, without)
        if r == self.whom:
            self._look(now, NOBODY, found, self.ledger.gives_up[r])
        return found

    def _look(self, now: int, k: int, whom: Sequence[int], latest: int, terms: Terms | None = None) -> None:
        """Note what is seen; forget an earlier look off the waiting list by which nothing was placed."""
        r, ledger = self.whom, self.ledger
        while self._told < len(ledger.left):
            self._made += ledger.commitments[6 * self._told] == r
            self._told += 1
        while self.looks and self._idle(self.looks[-1], now):
            self.looks.pop()
        self.looks.append(
            Look(
                at=now,
                made=self._made,
                left_kw=ledger.uncommitted[r],
                right=None if k == NOBODY else self.future.rights[k].name,
                terms=terms,
                seen=tuple(self._seen(now, p, latest, terms) for p in whom),
            )
        )

    def _idle(self, look: Look, now: int) -> bool:
        return self.ledger.answered[self.whom] < look.at < now and look.made == self._made

    def _seen(self, now: int, p: int, latest: int, terms: Terms | None) -> Seen:
        r, seller = self.whom, self.future.providers[p]
        takes = self.takes(now, r, p, latest)
        horizon = rules.horizon(now, seller.presells, latest)
        return Seen(
            provider=seller.name,
            would_take_kw=sum(kw for _, kw in takes) if terms is None else terms.without["appetite"],
            promised=self.promise(now, r, takes),
            keeps_back_kw=0 if self.ledger.group[r].own == p else seller.keeps_back,
            price=seller.price,
            sites=tuple(self._site(s, horizon) for s in seller.sites),
        )

    def _site(self, s: int, horizon: int) -> SiteThen:
        sites = self.sites
        return SiteThen(
            site=self.future.sites[s].name,
            online_kw=sites.online[s],
            planned_kw=sites.planned_kw(s),
            within_reach_kw=rules.planned_by(sites.plan_date[s], sites.plan_kw[s], horizon),
            committed_kw=sites.committed[s],
            held_kw=sites.held[s],
            room_kw=sites.room(s, horizon),
        )

    def _terms(self, now: int, k: int, limits: Limits | None, taken: int) -> Terms:
        """What the holder goes by."""
        r, clause, ledger = self.whom, self.future.rights[k], self.ledger
        latest = self.no_later(now, r, k)
        horizon = rules.horizon(now, self.presells[clause.holder], min(latest, ledger.gives_up[r]))
        left = taken < ledger.uncommitted[r]
        return Terms(
            reason=REASONS[self.limit(now, r, k, limits, taken) if left else WHOLLY],
            draw=ledger.draw[r],
            appetite=ledger.group[r].appetite[ledger.group[r].rights.index(k)],
            max_utilization=clause.max_utilization,
            under_cap_kw=self.below_cap(k, horizon),
            max_delay=clause.max_delay,
            latest=latest,
            partial=clause.partial,
            held=None if limits is None else {self.future.sites[s].name: kw for s, kw in limits.items()},
            without={
                name: sum(kw for _, kw in self.would_take(now, r, k, limits, **left_out))
                for name, left_out in WITHOUT.items()
            },
        )


def witnessed(
    scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int
) -> tuple[Run, list[Look]]:
    """What happens in a replication, and what stood behind each decision over a request of a stream?

    No looks where there is no such request. Raises what `play` raises.
    """
    seen: list[Witness] = []

    def watch(market: Market) -> None:
        future = market.future
        if stream in future.streams:
            of = future.stream_of_request() == future.streams.index(stream)
            for r in np.flatnonzero(of & (future.requests.number == number)).tolist():
                seen.append(Witness(market, r))
                market.placing = seen[-1]

    run = play(scenario, seed, replication, watch=watch)
    return run, [look for witness in seen for look in witness.looks]
