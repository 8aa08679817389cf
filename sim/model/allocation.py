"""Who takes how much of a request, and who is asked first: the questions of the market, put to the rules."""

from collections.abc import Sequence

from sim.model import rules
from sim.model.calendar import DAY_US
from sim.model.callbacks import Offer, Request, UserAnswer, UserPolicy, parse_answer, parse_ranking
from sim.model.ledger import NOBODY, Ledger
from sim.model.outcomes import WAIVABLE_LIMITS, RefusalReason
from sim.model.rules import NEVER
from sim.model.sampled_inputs import SampledInputs
from sim.model.sites import Sites

Allocation = list[tuple[int, int]]
"""What a provider takes: (site, kW) in the order of its sites."""
HeldCapacity = dict[int, int]
"""What was held for a request: kW by site."""


class Allocator:
    """What providers and holders would do for a request at a time; nothing here changes anything."""

    def __init__(
        self,
        inputs: SampledInputs,
        sites: Sites,
        ledger: Ledger,
        policy: UserPolicy | None,
        answer: UserAnswer | None,
    ) -> None:
        self.inputs, self.sites, self.ledger = inputs, sites, ledger
        self.user_policy, self.user_answer = policy, answer
        self._online, self._plan_date, self._plan_kw = sites.online, sites.plan_date, sites.plan_kw
        self._committed, self._held = sites.committed, sites.held
        self._uncommitted = ledger.uncommitted
        self.sites_of = [seller.sites for seller in inputs.providers]
        self.presells = [seller.presells for seller in inputs.providers]
        self.keeps_back = [seller.keeps_back for seller in inputs.providers]
        self.longest_presale = [
            max((p.presells for p in inputs.providers if s in p.sites), default=0)
            for s in range(len(inputs.sites))
        ]
        """By site: the longest time ahead that anyone sells there."""
        prices = [seller.price for seller in inputs.providers]
        self._price = [float("inf") if price is None else price for price in prices]
        self._policy = rules.OVERFLOW_POLICY_CODES[inputs.overflow_policy]

    def most_room(self, now: int) -> int:
        """How many kW could anyone place at one site at the most?"""
        return max(
            (self.sites.site_room(s, now + presells) for s, presells in enumerate(self.longest_presale)),
            default=0,
        )

    def least_useful_room(self, r: int) -> int:
        """The least room at one site with which anything of a request could be placed."""
        ledger = self.ledger
        return ledger.block_kw[r] if rules.may_take_part(ledger.split[r]) else ledger.uncommitted[r]

    def allocate(
        self, now: int, r: int, p: int, latest: int, cap: int = NEVER, held: HeldCapacity | None = None
    ) -> Allocation:
        """What does a provider take of a request by the placing rule? Its sites in its order."""
        left = self._uncommitted[r]
        if self.keeps_back[p] and self.ledger.group[r].own_provider != p:
            rooms = self.provider_room(p, rules.horizon(now, self.presells[p], latest))
            cap = min(cap, rules.room_for_others(rooms, self.keeps_back[p]))
        takes: Allocation = []
        for s in self.sites_of[p]:
            planned = 0
            if self._plan_date[s]:
                horizon = rules.horizon(now, self.presells[p], latest)
                planned = rules.planned_by(self._plan_date[s], self._plan_kw[s], horizon)
            free = rules.room(self._online[s], planned, self._committed[s], self._held[s])
            if free == 0:
                continue
            free = free if free < cap else cap
            if held is not None:
                free = min(free, held.get(s, 0))
            kw = rules.allocate_at_site(self.ledger.split[r], self.ledger.block_kw[r], left, free)
            if kw:
                takes.append((s, kw))
                left -= kw
                cap -= kw
                if not left:
                    break
        return takes

    def provider_room(self, p: int, horizon: int) -> int:
        """How much room is there at all sites of a provider?"""
        return sum(self.sites.site_room(s, horizon) for s in self.sites_of[p])

    def promise_date(self, now: int, r: int, s: int, kw: int) -> int:
        """When would a site promise so much?"""
        sites = self.sites
        need = sites.committed[s] + sites.held[s] + kw
        return rules.cover_date(
            now, self.ledger.wanted[r], need, sites.online[s], sites.plan_date[s], sites.plan_kw[s]
        )

    def latest_promise_date(self, now: int, r: int, allocation: Allocation) -> int:
        """The latest date that a provider would promise for what it takes; NEVER if it takes nothing."""
        return max((self.promise_date(now, r, s, kw) for s, kw in allocation), default=NEVER)

    def right_in_force(self, now: int, r: int) -> int:
        """The first right in file order that is in force and covers a request."""
        for k in self.ledger.group[r].rights:
            clause = self.inputs.rights[k]
            if rules.in_force(now, clause.begins, clause.ends):
                return k
        return NOBODY

    # The ranking of the overflow

    def has_taker(self, now: int, r: int, without: int) -> bool:
        """Would anyone take anything? If not, there is nothing to rank."""
        latest = self.ledger.gives_up[r]
        return any(
            p != without and self.allocate(now, r, p, latest) for p in self.ledger.group[r].overflow_order
        )

    def rank_providers(self, now: int, r: int, without: int) -> Sequence[int]:
        """In which order are the providers asked? Ties in the order of `order`; without a holder who answered."""
        order: Sequence[int] = self.ledger.group[r].overflow_order
        if without != NOBODY:
            order = [p for p in order if p != without]
        if self.user_policy is not None:
            offers = [
                self._describe_offer(now, r, p, self.allocate(now, r, p, self.ledger.gives_up[r]))
                for p in order
            ]
            names = {self.inputs.providers[p].name: p for p in order}
            return parse_ranking(self.user_policy(self._describe_request(now, r), offers), names)
        policy = self._policy
        if policy == rules.IN_ORDER:
            return order
        left, latest = self.ledger.uncommitted[r], self.ledger.gives_up[r]
        at_once = rules.earliest_promise(now, self.ledger.wanted[r])
        by_promise, by_room = rules.ranks_by_promise(policy), rules.ranks_by_room(policy)
        ranks: list[tuple[tuple[int, int, float], int, int]] = []
        for place, p in enumerate(order):
            allocated = promise = room = 0
            if by_promise:
                takes = self.allocate(now, r, p, latest)
                allocated, promise = sum(kw for _, kw in takes), self.latest_promise_date(now, r, takes)
                if allocated == left and promise == at_once:  # nobody comes before that, nor between
                    return [p, *(first for _, _, first in sorted(ranks)), *order[place + 1 :]]
            if by_room:
                room = self._room_within_reach(now, r, p)
            ranks.append(
                (rules.ranking_key(policy, allocated, left, promise, room, self._price[p]), place, p)
            )
        return [p for _, _, p in sorted(ranks)]

    def _room_within_reach(self, now: int, r: int, p: int) -> int:
        return self.provider_room(p, rules.horizon(now, self.presells[p], self.ledger.gives_up[r]))

    # The answer of a holder

    def holder_answer(self, now: int, r: int, k: int, held: HeldCapacity | None = None) -> Allocation:
        """What does the holder of a first refusal take?"""
        if self.user_answer is not None:
            holder = self.inputs.rights[k].holder
            offer = self._describe_offer(now, r, holder, self.would_take(now, r, k, held))
            kw = parse_answer(self.user_answer(self._describe_request(now, r), offer))
            return self.allocate(now, r, holder, self.ledger.gives_up[r], kw, held)
        return [] if self._holder_declines(r, k) else self.would_take(now, r, k, held)

    def capacity_to_hold(self, now: int, r: int, k: int) -> HeldCapacity:
        """What would the holder take if it answered now, its appetite apart? By site."""
        return dict(
            self.holder_answer(now, r, k) if self.user_answer is not None else self.would_take(now, r, k)
        )

    def _holder_declines(self, r: int, k: int) -> bool:
        group = self.ledger.group[r]
        return rules.declines(self.ledger.appetite_draw[r], group.appetite[group.rights.index(k)])

    def would_take(
        self,
        now: int,
        r: int,
        k: int,
        held: HeldCapacity | None = None,
        waiver: RefusalReason = RefusalReason.NONE,
    ) -> Allocation:
        """What would the holder take, its appetite apart? Each limit can be left out, to see what it limits."""
        clause = self.inputs.rights[k]
        holder, latest, cap = clause.holder, self.ledger.gives_up[r], NEVER
        if waiver != RefusalReason.DELAY:
            latest = min(latest, self.latest_acceptable_date(now, r, k))
        if waiver != RefusalReason.UTILIZATION:
            cap = self.holder_headroom(k, rules.horizon(now, self.presells[holder], latest))
        takes = self.allocate(now, r, holder, latest, cap, held)
        may_split = clause.partial or waiver == RefusalReason.PARTIAL
        return (
            takes
            if rules.all_or_nothing(may_split, sum(kw for _, kw in takes), self.ledger.size_kw[r])
            else []
        )

    def latest_acceptable_date(self, now: int, r: int, k: int) -> int:
        """What is the latest date that the holder's limit of delay allows? NEVER where it has none."""
        clause = self.inputs.rights[k]
        if clause.max_delay == rules.MATCH:
            return self._matching_date(now, r, clause.holder)
        return NEVER if clause.max_delay >= NEVER else self.ledger.wanted[r] + clause.max_delay

    def holder_headroom(self, k: int, horizon: int) -> int:
        """How many kW may the holder still promise below its utilization cap, over all its sites?"""
        clause, sites = self.inputs.rights[k], self.sites
        capacity = committed = held = 0
        for s in self.sites_of[clause.holder]:
            planned = rules.planned_by(sites.plan_date[s], sites.plan_kw[s], horizon)
            capacity += sites.online[s] + planned
            committed += sites.committed[s]
            held += sites.held[s]
        return rules.headroom_below_cap(clause.max_utilization, capacity, committed, held)

    def limiting_reason(
        self, now: int, r: int, k: int, held: HeldCapacity | None, allocated_kw: int
    ) -> RefusalReason:
        """What kept the holder from taking all? The limit without which alone it would have taken more."""
        if self.user_answer is not None or self._holder_declines(r, k):
            return RefusalReason.APPETITE
        for limit in WAIVABLE_LIMITS:
            if sum(kw for _, kw in self.would_take(now, r, k, held, limit)) > allocated_kw:
                return limit
        return RefusalReason.ROOM

    def _matching_date(self, now: int, r: int, holder: int) -> int:
        """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
        best = NEVER
        for p in self.ledger.group[r].overflow_order:
            if p != holder:
                takes = self.allocate(now, r, p, self.ledger.gives_up[r])
                if sum(kw for _, kw in takes) == self.ledger.uncommitted[r]:
                    best = min(best, self.latest_promise_date(now, r, takes))
        return best

    # What a user's own function is told

    def _describe_request(self, now: int, r: int) -> Request:
        ledger, group = self.ledger, self.ledger.group[r]
        gives_up = ledger.gives_up[r]
        return Request(
            number=r,
            stream=self.inputs.streams[group.stream],
            customer=group.customer,
            class_=group.class_,
            asked_day=ledger.asked[r] / DAY_US,
            wanted_day=ledger.wanted[r] / DAY_US,
            gives_up_day=None if gives_up == NEVER else gives_up / DAY_US,
            term_days=ledger.term[r] / DAY_US,
            size_kw=ledger.size_kw[r],
            uncommitted_kw=ledger.uncommitted[r],
            appetite_draw=ledger.appetite_draw[r],
            now_day=now / DAY_US,
        )

    def _describe_offer(self, now: int, r: int, p: int, allocation: Allocation) -> Offer:
        seller = self.inputs.providers[p]
        return Offer(
            provider=seller.name,
            kw=sum(kw for _, kw in allocation),
            promised_day=self.latest_promise_date(now, r, allocation) / DAY_US if allocation else None,
            room_kw=self._room_within_reach(now, r, p),
            price_usd_per_kw_day=seller.price,
        )
