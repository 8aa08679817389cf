"""Who takes how much of a request, and who is asked first: the questions of the market, put to the rules."""

from collections.abc import Sequence

from sim.model import rules
from sim.model.future import Future
from sim.model.ledger import (
    FOR_APPETITE,
    FOR_DELAY,
    FOR_PARTIAL,
    FOR_ROOM,
    FOR_UTILIZATION,
    NOBODY,
    Ledger,
)
from sim.model.own import Answer, Offer, Policy, Request, kw_of, order_of
from sim.model.rules import NEVER
from sim.model.sites import Sites
from sim.model.time import DAY

Takes = list[tuple[int, int]]
"""What a provider takes: (site, kW) in the order of its sites."""
Limits = dict[int, int]
"""What was held for a request: kW by site."""


class Placing:
    """What providers and holders would do for a request at a time; nothing here changes anything."""

    def __init__(
        self, future: Future, sites: Sites, ledger: Ledger, policy: Policy | None, answer: Answer | None
    ) -> None:
        self.future, self.sites, self.ledger = future, sites, ledger
        self.own_policy, self.own_answer = policy, answer
        self._online, self._plan_date, self._plan_kw = sites.online, sites.plan_date, sites.plan_kw
        self._committed, self._held = sites.committed, sites.held
        self._uncommitted = ledger.uncommitted
        self.sites_of = [seller.sites for seller in future.providers]
        self.presells = [seller.presells for seller in future.providers]
        self.keeps_back = [seller.keeps_back for seller in future.providers]
        self.presells_at = [
            max((p.presells for p in future.providers if s in p.sites), default=0)
            for s in range(len(future.sites))
        ]
        """By site: the longest time ahead that anyone sells there."""
        prices = [seller.price for seller in future.providers]
        self._price = [float("inf") if price is None else price for price in prices]
        self._in_order = policy is None and future.policy == "in order"

    def most_room(self, now: int) -> int:
        """How many kW could anyone place at one site at the most?"""
        return max(
            (self.sites.room(s, now + presells) for s, presells in enumerate(self.presells_at)), default=0
        )

    def least(self, r: int) -> int:
        """The least room at one site with which anything of a request could be placed."""
        ledger = self.ledger
        return ledger.block[r] if ledger.split[r] == rules.ANYWHERE else ledger.uncommitted[r]

    def takes(
        self, now: int, r: int, p: int, latest: int, cap: int = NEVER, limits: Limits | None = None
    ) -> Takes:
        """What does a provider take of a request by the placing rule? Its sites in its order."""
        left = self._uncommitted[r]
        if self.keeps_back[p] and self.ledger.group[r].own != p:
            rooms = self.rooms(p, rules.horizon(now, self.presells[p], latest))
            cap = min(cap, rules.beyond_kept(rooms, self.keeps_back[p]))
        takes: Takes = []
        for s in self.sites_of[p]:
            planned = 0
            if self._plan_date[s]:
                horizon = rules.horizon(now, self.presells[p], latest)
                planned = rules.planned_by(self._plan_date[s], self._plan_kw[s], horizon)
            free = rules.room(self._online[s], planned, self._committed[s], self._held[s])
            if free == 0:
                continue
            free = free if free < cap else cap
            if limits is not None:
                free = min(free, limits.get(s, 0))
            kw = rules.takes(self.ledger.split[r], self.ledger.block[r], left, free)
            if kw:
                takes.append((s, kw))
                left -= kw
                cap -= kw
                if not left:
                    break
        return takes

    def rooms(self, p: int, horizon: int) -> int:
        """How much room is there at all sites of a provider?"""
        return sum(self.sites.room(s, horizon) for s in self.sites_of[p])

    def promised(self, now: int, r: int, s: int, kw: int) -> int:
        """When would a site promise so much?"""
        sites = self.sites
        need = sites.committed[s] + sites.held[s] + kw
        return rules.promised(
            now, self.ledger.wanted[r], need, sites.online[s], sites.plan_date[s], sites.plan_kw[s]
        )

    def promise(self, now: int, r: int, takes: Takes) -> int:
        """The latest date that a provider would promise for what it takes; NEVER if it takes nothing."""
        return max((self.promised(now, r, s, kw) for s, kw in takes), default=NEVER)

    def in_force(self, now: int, r: int) -> int:
        """The first right in file order that is in force and covers a request."""
        for k in self.ledger.group[r].rights:
            clause = self.future.rights[k]
            if rules.in_force(now, clause.begins, clause.ends):
                return k
        return NOBODY

    # The ranking of the overflow

    def anyone(self, now: int, r: int, without: int) -> bool:
        """Would anyone take anything? If not, there is nothing to rank."""
        latest = self.ledger.gives_up[r]
        return any(p != without and self.takes(now, r, p, latest) for p in self.ledger.group[r].order)

    def ranking(self, now: int, r: int, without: int) -> Sequence[int]:
        """In which order are the providers asked? Ties in the order of `order`; without a holder who answered."""
        order: Sequence[int] = self.ledger.group[r].order
        if without != NOBODY:
            order = [p for p in order if p != without]
        if self._in_order:
            return order
        if self.own_policy is not None:
            offers = [self._offer(now, r, p, self.takes(now, r, p, self.ledger.gives_up[r])) for p in order]
            names = {self.future.providers[p].name: p for p in order}
            return order_of(self.own_policy(self._request(now, r), offers), names)
        policy = self.future.policy
        if policy == "cheapest":
            return sorted(order, key=self._price.__getitem__)
        if policy == "most room":
            return sorted(order, key=lambda p: -self._all_room(now, r, p))
        return self._soonest(now, r, order) if policy == "soonest" else order

    def _all_room(self, now: int, r: int, p: int) -> int:
        return self.rooms(p, rules.horizon(now, self.presells[p], self.ledger.gives_up[r]))

    def _soonest(self, now: int, r: int, order: Sequence[int]) -> Sequence[int]:
        """First who can take all, then by the latest date that they would promise; who takes nothing last."""
        left, latest = self.ledger.uncommitted[r], self.ledger.gives_up[r]
        at_once = rules.not_before(now, self.ledger.wanted[r])
        ranks: list[tuple[bool, bool, int, int, int]] = []
        for place, p in enumerate(order):
            takes = self.takes(now, r, p, latest)
            date = self.promise(now, r, takes)
            whole = sum(kw for _, kw in takes) == left
            if whole and date == at_once:
                return [p, *(rank[-1] for rank in sorted(ranks)), *order[place + 1 :]]
            ranks.append((not takes, not whole, date, place, p))
        return [rank[-1] for rank in sorted(ranks)]

    # The answer of a holder

    def answer(self, now: int, r: int, k: int, limits: Limits | None = None) -> Takes:
        """What does the holder of a first refusal take?"""
        if self.own_answer is not None:
            holder = self.future.rights[k].holder
            offer = self._offer(now, r, holder, self.would_take(now, r, k, limits))
            kw = kw_of(self.own_answer(self._request(now, r), offer))
            return self.takes(now, r, holder, self.ledger.gives_up[r], kw, limits)
        return [] if self._declines(r, k) else self.would_take(now, r, k, limits)

    def would_hold(self, now: int, r: int, k: int) -> Limits:
        """What would the holder take if it answered now, its appetite apart? By site."""
        return dict(self.answer(now, r, k) if self.own_answer is not None else self.would_take(now, r, k))

    def _declines(self, r: int, k: int) -> bool:
        group = self.ledger.group[r]
        return rules.declines(self.ledger.draw[r], group.appetite[group.rights.index(k)])

    def would_take(
        self,
        now: int,
        r: int,
        k: int,
        limits: Limits | None = None,
        *,
        utilization: bool = True,
        delay: bool = True,
        partial: bool = True,
    ) -> Takes:
        """What would the holder take, its appetite apart? Each limit can be left out, to see what it limits."""
        clause = self.future.rights[k]
        holder, latest, cap = clause.holder, self.ledger.gives_up[r], NEVER
        if delay:
            latest = min(latest, self.no_later(now, r, k))
        if utilization:
            cap = self.below_cap(k, rules.horizon(now, self.presells[holder], latest))
        takes = self.takes(now, r, holder, latest, cap, limits)
        may_split = clause.partial or not partial
        return (
            takes if rules.all_or_nothing(may_split, sum(kw for _, kw in takes), self.ledger.size[r]) else []
        )

    def no_later(self, now: int, r: int, k: int) -> int:
        """What is the latest date that the holder's limit of delay allows? NEVER where it has none."""
        clause = self.future.rights[k]
        if clause.max_delay == rules.MATCH:
            return self._matching(now, r, clause.holder)
        return NEVER if clause.max_delay >= NEVER else self.ledger.wanted[r] + clause.max_delay

    def below_cap(self, k: int, horizon: int) -> int:
        """How many kW may the holder still promise below its utilization cap, over all its sites?"""
        clause, sites = self.future.rights[k], self.sites
        capacity = committed = held = 0
        for s in self.sites_of[clause.holder]:
            planned = rules.planned_by(sites.plan_date[s], sites.plan_kw[s], horizon)
            capacity += sites.online[s] + planned
            committed += sites.committed[s]
            held += sites.held[s]
        return rules.below_cap(clause.max_utilization, capacity, committed, held)

    def limit(self, now: int, r: int, k: int, limits: Limits | None, taken: int) -> int:
        """What kept the holder from taking all? The limit without which alone it would have taken more."""
        if self.own_answer is not None or self._declines(r, k):
            return FOR_APPETITE
        for why, without in (
            (FOR_PARTIAL, {"partial": False}),
            (FOR_UTILIZATION, {"utilization": False}),
            (FOR_DELAY, {"delay": False}),
        ):
            if sum(kw for _, kw in self.would_take(now, r, k, limits, **without)) > taken:
                return why
        return FOR_ROOM

    def _matching(self, now: int, r: int, holder: int) -> int:
        """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
        best = NEVER
        for p in self.ledger.group[r].order:
            if p != holder:
                takes = self.takes(now, r, p, self.ledger.gives_up[r])
                if sum(kw for _, kw in takes) == self.ledger.uncommitted[r]:
                    best = min(best, self.promise(now, r, takes))
        return best

    # What a user's own function is told

    def _request(self, now: int, r: int) -> Request:
        ledger, group = self.ledger, self.ledger.group[r]
        gives_up = ledger.gives_up[r]
        return Request(
            number=r,
            stream=self.future.streams[group.stream],
            customer=group.customer,
            class_=group.class_,
            asked_day=ledger.asked[r] / DAY,
            wanted_day=ledger.wanted[r] / DAY,
            gives_up_day=None if gives_up == NEVER else gives_up / DAY,
            term_days=ledger.term[r] / DAY,
            size_kw=ledger.size[r],
            uncommitted_kw=ledger.uncommitted[r],
            appetite_draw=ledger.draw[r],
            now_day=now / DAY,
        )

    def _offer(self, now: int, r: int, p: int, takes: Takes) -> Offer:
        seller = self.future.providers[p]
        return Offer(
            provider=seller.name,
            kw=sum(kw for _, kw in takes),
            promised_day=self.promise(now, r, takes) / DAY if takes else None,
            room_kw=self._all_room(now, r, p),
            price_usd_per_kw_day=seller.price,
        )
