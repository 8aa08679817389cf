"""The market on SimPy's clock: the readable reference, which also takes a user's own functions.

Each instant is one SimPy event that runs after all that the world does at that time, and goes through the
steps in the order of the design: (1) what the world changed, (2) answers due, (3) the waiting list, (4) new
requests, (5) deliveries, (6) give-ups, and again from (3) until nothing moves. What the rules decide stands in
`rules`; here stands only when they are asked, and of whom.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import simpy

from sim.model import rules
from sim.model.future import Future, Group
from sim.model.rules import ANSWERS, DELIVERIES, GIVE_UPS, NEVER
from sim.model.rules import WORLD as LOOK
from sim.model.time import DAY
from sim.model.world import CANCELLED, EVENTS, MARKET, ONLINE, OUTAGE, RESTORED, RETIRED, News, World

NOBODY = -1
REASONS = ("none", "appetite", "room", "utilization", "delay", "partial")
"""What limited a holder."""
WHOLLY, FOR_APPETITE, FOR_ROOM, FOR_UTILIZATION, FOR_DELAY, FOR_PARTIAL = range(6)

Takes = list[tuple[int, int]]
"""What a provider takes: (site, kW) in the order of its sites."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a user's own function may know of a request. Times in days since the start, powers in kW."""

    number: int
    stream: str
    customer: str
    class_: str | None
    asked_day: float
    wanted_day: float
    gives_up_day: float | None
    term_days: float
    size_kw: int
    uncommitted_kw: int
    appetite_draw: float
    now_day: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider could do for a request now.

    `kw` is what it would take and `promised_day` the latest day that it would promise (None if it takes
    nothing); `room_kw` is the room of all its sites.
    """

    provider: str
    kw: int
    promised_day: float | None
    room_kw: int
    price_usd_per_kw_day: float | None


Policy = Callable[[Request, Sequence[Offer]], Sequence[str]]
"""A user's own overflow policy: the names of the providers in the order in which they are asked."""
Answer = Callable[[Request, Offer], float]
"""A user's own answer of a holder: how many kW it takes, of what it has room for."""


class NotOnline(Exception):
    """More is in place at a site than is online there at the start."""

    def __init__(self, site: int, in_place_kw: int, online_kw: int) -> None:
        super().__init__(site, in_place_kw, online_kw)
        self.site, self.in_place_kw, self.online_kw = site, in_place_kw, online_kw


class Market:
    """One replication of the market. Sites, providers, rights and requests are numbered as in the future."""

    def __init__(
        self,
        env: simpy.Environment,
        future: Future,
        policy: Policy | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.env = env
        self.future = future
        self.own_policy = policy
        self.own_answer = answer
        self.now = 0
        self.end = future.calendar.end
        self.world: World | None = None
        self._taken_over = False

        n_sites = len(future.sites)
        self.online = [campus.online for campus in future.sites]
        self.out = [0] * n_sites
        self.committed = [0] * n_sites
        self.held = [0] * n_sites
        self.in_service = [0] * n_sites
        self.plan_date: list[list[int]] = [[] for _ in range(n_sites)]
        """By site: the planned dates still to come, in order, and the kW of each in `plan_kw`."""
        self.plan_kw: list[list[int]] = [[] for _ in range(n_sites)]
        self._planned: dict[int, tuple[int, int]] = {}
        """By project: the (date, kW) that stands for it in the plan."""

        self.sites_of = [list(seller.sites) for seller in future.providers]
        self.presells = [seller.presells for seller in future.providers]
        self.keeps_back = [seller.keeps_back for seller in future.providers]
        self.presells_at = [
            max((p.presells for p in future.providers if s in p.sites), default=0) for s in range(n_sites)
        ]
        """The longest time that anyone sells ahead at each site."""
        prices = [seller.price for seller in future.providers]
        self.price = [float("inf") if price is None else price for price in prices]

        requests = future.requests
        n = len(requests)
        group = requests.group.tolist()
        self.group: list[Group] = [future.groups[g] for g in group]
        self.priority = [-g.priority for g in self.group]
        self.split = [g.split for g in self.group]
        self.asked: list[int] = [*requests.asked.tolist(), NEVER]
        self.wanted: list[int] = requests.wanted.tolist()
        self.gives_up: list[int] = requests.gives_up.tolist()
        self.size: list[int] = requests.size_kw.tolist()
        self.block: list[int] = requests.block_kw.tolist()
        self.term: list[int] = requests.term.tolist()
        self.draw: list[float] = requests.draw.tolist()
        self.windows: list[list[int]] = [window.tolist() for window in requests.windows]
        self.uncommitted = self.size.copy()
        self.undelivered_of = self.size.copy()
        """By request: kW neither delivered nor lost."""
        self.lost = [0] * n
        self.right = [NOBODY] * n
        self.asked_first = [NOBODY] * n
        self.answered = [NEVER] * n
        self.holder_kw = [0] * n
        self.first_kw = [0] * n
        self.reason = [WHOLLY] * n
        self._holds: dict[int, dict[int, int]] = {}
        """By request whose answer is pending: the kW held for it at each site."""
        self._next = 0
        """The first request that has not been asked."""

        # Of each commitment made; the rows of the tables.
        self.commitments: list[tuple[int, int, int, int, int, int]] = []
        """(request, provider, site, kw, committed, promised)"""
        self.commitment_stream: dict[int, int] = {}
        """The stream of each commitment that has no request: what was in place."""
        self.deliveries: list[tuple[int, int, int, int, int]] = []
        """(commitment, kw, start, end, request)"""
        self.releases: list[tuple[int, int, int, str]] = []
        """(commitment, kw, at, why)"""
        self.told: list[tuple[int, News]] = []
        self._left: list[int] = []
        """By commitment: its undelivered kW."""
        self._queue: list[list[tuple[int, int, int, int]]] = [[] for _ in range(n_sites)]
        """By site: the commitments with undelivered kW, as (promised, committed, request, commitment)."""
        self._stirred: set[int] = set()
        """Sites where a delivery may be possible that was not before."""
        self._waiting: list[tuple[int, int]] = []
        """The waiting list, as (less priority, request)."""
        self._grown = False
        """Is there room, or a right, that the waiting list has not seen?"""
        self._turned = False
        """Does another right, or none, decide over a request from the next instant on?"""
        self._always = (
            policy is not None or answer is not None or any(r.max_delay == rules.MATCH for r in future.rights)
        )
        """Can something be placed although no room has grown?"""

        self._agenda: list[tuple[int, int, int, int]] = []
        """(time, step, ...): ends as (site, kW), answers as (less priority, request), give-ups as (0, request)."""
        self._woken: set[int] = set()
        for right in future.rights:
            for at in (right.begins, right.ends):
                if 0 < at < NEVER:
                    heappush(self._agenda, (at, LOOK, NOBODY, 0))
        self.wake()

    # The clock

    def wake(self) -> None:
        """Have an instant now, when the world has done all that it does at this time."""
        now = max(0, int(self.env.now))
        if now not in self._woken:
            event = simpy.Event(self.env)
            event._ok, event._value = True, None
            self._wake_at(event, now)

    def _wake_at(self, event: simpy.Event, at: int) -> None:
        self._woken.add(at)
        event.callbacks = [self._instant]
        self.env.schedule(event, MARKET, at - self.env.now)  # type: ignore[arg-type]

    def _instant(self, event: simpy.Event) -> None:
        """All that happens at one time, in its order."""
        now = self.now = int(self.env.now)
        self._woken.discard(now)
        due, give_ups = self._hear(now)  # (1)
        for r in due:  # (2)
            self._answer_due(r)
        moved = bool(due)
        first = True
        while True:
            if self._waiting and (self._grown or self._always):  # (3)
                moved = self._walk() or moved
            new = self._ask_new() if first and self.asked[self._next] == now else ()  # (4)
            moved = moved or bool(new)
            if self._stirred:  # (5)
                moved = self._deliver(first) or moved
            if first:
                give_ups += [r for r in due if self.gives_up[r] < now]
            for r in new:
                self._note_give_up(r, give_ups)
            if give_ups:  # (6)
                moved = self._give_up(give_ups) or moved
                give_ups = []
            if not moved or not (self._stirred or (self._waiting and (self._grown or self._always))):
                break
            first = moved = False
        if self._turned:
            self._grown, self._turned = True, False
        if self.world is not None:
            self.world.look(self)
        at = self.asked[self._next]
        if self._agenda and self._agenda[0][0] < at:
            at = self._agenda[0][0]
        if at < self.end and at not in self._woken:
            self._wake_at(event, at)

    # (1) What the world changed

    def _hear(self, now: int) -> tuple[list[int], list[int]]:
        """Take in what the world changed; the requests whose answer is due, and those that may give up."""
        fallen: dict[int, str] = {}
        if self.world is not None and self.world.has_news:
            for news in self.world.news():
                self.told.append((now, news))
                self._take_in(news)
                if news.event in (CANCELLED, RETIRED):
                    fallen.setdefault(news.site, EVENTS[news.event])
        if not self._taken_over:
            self._take_over()
        due: list[int] = []
        give_ups: list[int] = []
        agenda = self._agenda
        while agenda and agenda[0][0] <= now:
            _, step, a, b = heappop(agenda)
            if step == LOOK:
                self._grown = True
                if b:
                    self.committed[a] -= b
                    self.in_service[a] -= b
                    self._stirred.add(a)
            elif step == ANSWERS:
                due.append(b)
            elif step == DELIVERIES:
                self._stirred.add(a)
            else:
                give_ups.append(b)
        for s, why in fallen.items():
            self._shed(s, why)
        return due, give_ups

    def _take_in(self, news: News) -> None:
        """Change a site as the world says."""
        s, kw = news.site, news.kw
        if news.project in self._planned:
            date, planned = self._planned.pop(news.project)
            k = bisect_left(self.plan_date[s], date)
            self.plan_kw[s][k] -= planned
            if self.plan_kw[s][k] == 0:
                del self.plan_date[s][k], self.plan_kw[s][k]
        if news.event == ONLINE:
            self.online[s] += kw
        elif news.event == RETIRED:
            built = self.online[s] + self.out[s] - kw
            self.out[s] = min(self.out[s], built)
            self.online[s] = built - self.out[s]
        elif news.event == OUTAGE:
            self.out[s] = kw
            self.online[s] -= kw
        elif news.event == RESTORED:
            self.out[s] = 0
            self.online[s] += kw
        elif news.event != CANCELLED:
            self._plan(s, news.project, news.date, kw)
        self._grown = True
        self._stirred.add(s)

    def _plan(self, s: int, project: int, date: int, kw: int) -> None:
        """Enter a building in the plan of its site, and the instants at which it comes within reach of a sale."""
        self._planned[project] = (date, kw)
        dates, sizes = self.plan_date[s], self.plan_kw[s]
        k = bisect_left(dates, date)
        if k < len(dates) and dates[k] == date:
            sizes[k] += kw
        else:
            dates.insert(k, date)
            sizes.insert(k, kw)
        for p, presells in enumerate(self.presells):
            if s in self.sites_of[p] and self.now < date - presells < self.end:
                heappush(self._agenda, (date - presells, LOOK, NOBODY, 0))

    def _take_over(self) -> None:
        """Begin with what is in place: delivered at the start, by the first that sells from the site."""
        self._taken_over = True
        for item in self.future.in_place:
            s, kw = item.site, item.kw
            if kw == 0:
                continue
            p = next(p for p, sites in enumerate(self.sites_of) if s in sites)
            c = len(self.commitments)
            self.commitments.append((NOBODY, p, s, kw, 0, 0))
            self.commitment_stream[c] = item.stream
            self._left.append(0)
            self.committed[s] += kw
            self.in_service[s] += kw
            self.deliveries.append((c, kw, 0, item.term, NOBODY))
            if item.term < self.end:
                heappush(self._agenda, (item.term, LOOK, s, kw))
            if self.in_service[s] > self.online[s]:
                raise NotOnline(s, self.in_service[s], self.online[s])

    def _shed(self, s: int, why: str) -> None:
        """Release the last promises of a site, until no more is promised than it will have."""
        queue = self._queue[s]
        while queue and rules.overpromised(
            self.committed[s], self.online[s], self.out[s], self.planned_kw(s)
        ):
            _, _, r, c = queue.pop()
            kw = self._left[c]
            self._release(c, why)
            if self.uncommitted[r] == 0:
                insort(self._waiting, (self.priority[r], r))
            self.uncommitted[r] += kw

    def _release(self, c: int, why: str) -> None:
        """Take back what is undelivered of a commitment that no longer stands in the queue of its site."""
        s, kw = self.commitments[c][2], self._left[c]
        self.committed[s] -= kw
        self._left[c] = 0
        self.releases.append((c, kw, self.now, why))
        self._grown = True
        self._stirred.add(s)

    def planned_kw(self, site: int) -> int:
        """How many kW are planned at a site, whatever the date?"""
        return sum(self.plan_kw[site])

    # (2) Answers due

    def _answer_due(self, r: int) -> None:
        """A holder answers: what was held is released first, and limits what it takes."""
        limits = self._holds.pop(r, None)
        if limits is not None:
            for s, kw in limits.items():
                self.held[s] -= kw
        self._grown = True
        self._first_round(r, limits)
        if self.right[r] != self._in_force(r):
            self._turned = True

    # (3) The waiting list

    def _walk(self) -> bool:
        """Offer what there is to those who wait, in their order; was anything placed?"""
        self._grown = False
        if not self._any_room():
            return False
        waiting, moved, i = self._waiting, False, 0
        while i < len(waiting):
            r = waiting[i][1]
            before = self.uncommitted[r]
            self._place(r)
            left = self.uncommitted[r]
            if left == 0:
                del waiting[i]
            else:
                i += 1
                if not self.future.bypass:
                    return moved or left < before
            if left < before:
                moved = True
                if not self._any_room():
                    break
        return moved

    def _any_room(self) -> bool:
        """Could anything be placed at all, by anyone, at any site?"""
        for s, online in enumerate(self.online):
            free = online - self.committed[s] - self.held[s]
            if free > 0:
                return True
            dates = self.plan_date[s]
            if dates and free + rules.planned_by(dates, self.plan_kw[s], self.now + self.presells_at[s]) > 0:
                return True
        return False

    def _place(self, r: int) -> None:
        """Place a request that has been asked before: a right in force still counts."""
        k = self._deciding(r)
        if k == NOBODY:
            self._overflow(r, NOBODY)
            return
        clause = self.future.rights[k]
        if clause.exclusive:
            self._commit(r, clause.holder, self._takes(r, clause.holder, self.gives_up[r]))
            return
        self._commit(r, clause.holder, self._answer(r, k))
        if self.uncommitted[r]:
            self._overflow(r, clause.holder)

    def _deciding(self, r: int) -> int:
        """Which right decides over a request now? In the instant of its answer, the one that was asked."""
        if self.answered[r] == self.now and self.right[r] != NOBODY:
            return self.right[r]
        return self._in_force(r)

    def _in_force(self, r: int) -> int:
        """The first right in file order that is in force and covers a request."""
        for k in self.group[r].rights:
            clause = self.future.rights[k]
            if rules.in_force(self.now, clause.begins, clause.ends):
                return k
        return NOBODY

    # (4) New requests

    def _ask_new(self) -> Sequence[int]:
        """Hear those who ask now, in the order of the waiting list."""
        asked, first = self.asked, self._next
        end = first + 1
        while asked[end] == self.now:
            end += 1
        self._next = end
        new: Sequence[int] = range(first, end)
        if end - first > 1:
            new = sorted(new, key=lambda r: (self.priority[r], r))
        for r in new:
            if self._waiting and not self.future.bypass:
                self.answered[r] = self.now
                insort(self._waiting, (self.priority[r], r))
                self._grown = True
                continue
            if self.group[r].rights:
                k = self.right[r] = self._in_force(r)
                if k != NOBODY and not self.future.rights[k].exclusive and self.windows[k][r] > 0:
                    self._put_to(r, k)
                    continue
            self._first_round(r, None)
        return new

    def _put_to(self, r: int, k: int) -> None:
        """Put a request to the holder of a first refusal, who answers after the window."""
        clause = self.future.rights[k]
        self.asked_first[r] = clause.holder
        if clause.holds:
            limits = dict(self._would_take(r, k))
            for s, kw in limits.items():
                self.held[s] += kw
            self._holds[r] = limits
        due = self.now + self.windows[k][r]
        if due < self.end:
            heappush(self._agenda, (due, ANSWERS, self.priority[r], r))

    def _first_round(self, r: int, limits: dict[int, int] | None) -> None:
        """The first round of answers to a request, and what is known of it afterwards."""
        self.answered[r] = self.now
        k = self.right[r]
        if k == NOBODY:
            ranking = self._ranking(r, NOBODY)
            if ranking:
                self.asked_first[r] = ranking[0]
                self._commit(r, ranking[0], self._takes(r, ranking[0], self.gives_up[r]))
                self.first_kw[r] = self.size[r] - self.uncommitted[r]
                if self.uncommitted[r]:
                    self._offer(r, ranking[1:])
        else:
            clause = self.future.rights[k]
            self.asked_first[r] = clause.holder
            if clause.exclusive:
                takes = self._takes(r, clause.holder, self.gives_up[r])
            else:
                takes = self._answer(r, k, limits)
            taken = sum(kw for _, kw in takes)
            if taken < self.size[r]:
                self.reason[r] = FOR_ROOM if clause.exclusive else self._limit(r, k, limits, taken)
            self._commit(r, clause.holder, takes)
            self.holder_kw[r] = self.first_kw[r] = taken
            if taken < self.size[r] and not clause.exclusive:
                self._overflow(r, clause.holder)
        if self.uncommitted[r]:
            insort(self._waiting, (self.priority[r], r))

    # What is asked of the rules

    def _answer(self, r: int, k: int, limits: dict[int, int] | None = None) -> Takes:
        """What does the holder of a first refusal take?"""
        if self.own_answer is not None:
            return self._owns_answer(r, k, limits)
        if rules.declines(self.draw[r], self._appetite(r, k)):
            return []
        return self._would_take(r, k, limits)

    def _appetite(self, r: int, k: int) -> int:
        group = self.group[r]
        return group.appetite[group.rights.index(k)]

    def _would_take(
        self,
        r: int,
        k: int,
        limits: dict[int, int] | None = None,
        *,
        utilization: bool = True,
        delay: bool = True,
        partial: bool = True,
    ) -> Takes:
        """What would the holder take, its appetite apart? Each limit can be left out, to see what it limits."""
        clause = self.future.rights[k]
        latest = self.gives_up[r]
        if delay and clause.max_delay == rules.MATCH:
            latest = min(latest, self._matching(r, clause.holder))
        elif delay and clause.max_delay < NEVER:
            latest = min(latest, self.wanted[r] + clause.max_delay)
        cap = NEVER
        if utilization:
            horizon = rules.horizon(self.now, self.presells[clause.holder], latest)
            sites = self.sites_of[clause.holder]
            capacity = sum(
                self.online[s] + rules.planned_by(self.plan_date[s], self.plan_kw[s], horizon) for s in sites
            )
            committed = sum(self.committed[s] for s in sites)
            cap = rules.below_cap(
                clause.max_utilization, capacity, committed, sum(self.held[s] for s in sites)
            )
        takes = self._takes(r, clause.holder, latest, cap, limits)
        whole = not partial or clause.partial
        return takes if rules.all_or_nothing(whole, sum(kw for _, kw in takes), self.size[r]) else []

    def _limit(self, r: int, k: int, limits: dict[int, int] | None, taken: int) -> int:
        """What kept the holder from taking all: the limit without which it would have taken more?"""
        if self.own_answer is not None or rules.declines(self.draw[r], self._appetite(r, k)):
            return FOR_APPETITE
        for why, without in (
            (FOR_PARTIAL, {"partial": False}),
            (FOR_UTILIZATION, {"utilization": False}),
            (FOR_DELAY, {"delay": False}),
        ):
            if sum(kw for _, kw in self._would_take(r, k, limits, **without)) > taken:
                return why
        return FOR_ROOM

    def _matching(self, r: int, holder: int) -> int:
        """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
        best = NEVER
        for p in self.group[r].order:
            if p != holder:
                takes = self._takes(r, p, self.gives_up[r])
                if sum(kw for _, kw in takes) == self.uncommitted[r]:
                    best = min(best, self._promise(r, takes))
        return best

    def _takes(
        self, r: int, p: int, latest: int, cap: int = NEVER, limits: dict[int, int] | None = None
    ) -> Takes:
        """What does a provider take of a request by the placing rule? Its sites in its order."""
        left = self.uncommitted[r]
        horizon = rules.horizon(self.now, self.presells[p], latest)
        if self.keeps_back[p] and self.group[r].own != p:
            cap = min(cap, rules.beyond_kept(self._rooms(p, horizon), self.keeps_back[p]))
        takes: Takes = []
        for s in self.sites_of[p]:
            free = self.online[s] - self.committed[s] - self.held[s]
            dates = self.plan_date[s]
            if dates:
                free += rules.planned_by(dates, self.plan_kw[s], horizon)
            if free <= 0:
                continue
            if cap < free:
                free = cap
            if limits is not None:
                free = min(free, limits.get(s, 0))
            kw = rules.takes(self.split[r], self.block[r], left, free)
            if kw > 0:
                takes.append((s, kw))
                left -= kw
                cap -= kw
                if left == 0:
                    break
        return takes

    def _rooms(self, p: int, horizon: int) -> int:
        """How much room is there at all sites of a provider?"""
        return sum(
            rules.room(
                self.online[s],
                rules.planned_by(self.plan_date[s], self.plan_kw[s], horizon),
                self.committed[s],
                self.held[s],
            )
            for s in self.sites_of[p]
        )

    def _promise(self, r: int, takes: Takes) -> int:
        """The latest date that a provider would promise for what it takes; NEVER if it takes nothing."""
        return max((self._promised(r, s, kw) for s, kw in takes), default=NEVER)

    def _promised(self, r: int, s: int, kw: int) -> int:
        return rules.promised(
            self.now,
            self.wanted[r],
            self.committed[s] + self.held[s] + kw,
            self.online[s],
            self.plan_date[s],
            self.plan_kw[s],
        )

    def _overflow(self, r: int, without: int) -> None:
        """Place what is uncommitted by the overflow policy, without the holder if there is one."""
        self._offer(r, self._ranking(r, without))

    def _offer(self, r: int, ranking: Sequence[int]) -> None:
        """Offer each provider in turn what is left."""
        for p in ranking:
            takes = self._takes(r, p, self.gives_up[r])
            if takes:
                self._commit(r, p, takes)
                if self.uncommitted[r] == 0:
                    return

    def _ranking(self, r: int, without: int) -> Sequence[int]:
        """In which order are the providers asked? Ties in the order of `order`."""
        order: Sequence[int] = self.group[r].order
        if without != NOBODY:
            order = [p for p in order if p != without]
        if self.own_policy is not None:
            return self._owns_ranking(r, order)
        policy = self.future.policy
        if policy == "cheapest":
            return sorted(order, key=self.price.__getitem__)
        if policy == "most room":
            return sorted(order, key=lambda p: -self._rooms(p, self._horizon(r, p)))
        if policy == "soonest":
            return self._soonest(r, order)
        return order

    def _soonest(self, r: int, order: Sequence[int]) -> Sequence[int]:
        """First who can take all, then by the latest date that they would promise; who takes nothing last."""
        left = self.uncommitted[r]
        at_once = rules.not_before(self.now, self.wanted[r])
        ranks: list[tuple[int, int, int, int]] = []
        for place, p in enumerate(order):
            takes = self._takes(r, p, self.gives_up[r])
            date = self._promise(r, takes)
            whole = sum(kw for _, kw in takes) == left
            if whole and date == at_once:
                return [p, *(p for *_, p in sorted(ranks)), *order[place + 1 :]]
            ranks.append((not takes, not whole, date, place, p))  # type: ignore[arg-type]
        return [rank[-1] for rank in sorted(ranks)]

    def _horizon(self, r: int, p: int) -> int:
        return rules.horizon(self.now, self.presells[p], self.gives_up[r])

    def _commit(self, r: int, p: int, takes: Takes) -> None:
        """A provider promises what it takes."""
        for s, kw in takes:
            promised = self._promised(r, s, kw)
            c = len(self.commitments)
            self.commitments.append((r, p, s, kw, self.now, promised))
            self._left.append(kw)
            self.committed[s] += kw
            self.uncommitted[r] -= kw
            insort(self._queue[s], (promised, self.now, r, c))
            wanted = self.wanted[r]
            if wanted <= self.now:
                self._stirred.add(s)
            elif wanted < self.end:
                heappush(self._agenda, (wanted, DELIVERIES, s, 0))

    # (5) Deliveries

    def _deliver(self, first: bool) -> bool:
        """Let serve what can, where something changed; did anything begin?"""
        now, moved = self.now, False
        for s in self._stirred:
            free = rules.available(self.online[s], self.in_service[s])
            queue, begun = self._queue[s], False
            for _, _, r, c in queue:
                if free == 0:
                    break
                left = self._left[c]
                aside = rules.set_aside(free, left)
                free -= aside
                kw = rules.delivered(aside, left, self.split[r], self.wanted[r], now)
                if kw:
                    self._serve(r, s, c, kw, first)
                    begun = True
            if begun:
                self._queue[s] = [place for place in queue if self._left[place[3]]]
                moved = True
        self._stirred.clear()
        return moved

    def _serve(self, r: int, s: int, c: int, kw: int, first: bool) -> None:
        """kW begin to serve, for the term of their request; one row for each commitment and instant."""
        self._left[c] -= kw
        self.undelivered_of[r] -= kw
        self.in_service[s] += kw
        end = self.now + self.term[r]
        if end < self.end:
            heappush(self._agenda, (end, LOOK, s, kw))
        if not first:
            for k in range(len(self.deliveries) - 1, -1, -1):
                c_before, kw_before, start, *_ = self.deliveries[k]
                if start != self.now:
                    break
                if c_before == c:
                    self.deliveries[k] = (c, kw_before + kw, start, end, r)
                    return
        self.deliveries.append((c, kw, self.now, end, r))

    # (6) Give-ups

    def _note_give_up(self, r: int, give_ups: list[int]) -> None:
        """See to it that a request which is not served in the instant of its asking can give up."""
        at = self.gives_up[r]
        if at <= self.now:
            give_ups.append(r)
        elif at < self.end and self.undelivered_of[r]:
            heappush(self._agenda, (at, GIVE_UPS, 0, r))

    def _give_up(self, give_ups: list[int]) -> bool:
        """What is uncommitted, and what is committed but undelivered, is lost; all that are due together."""
        moved = False
        for r in give_ups:
            lost = self.undelivered_of[r]
            if lost == 0 or self.answered[r] == NEVER:
                continue
            if lost > self.uncommitted[r]:
                theirs = [place for queue in self._queue for place in queue if place[2] == r]
                for place in sorted(theirs, key=lambda place: place[3]):
                    self._queue[self.commitments[place[3]][2]].remove(place)
                    self._release(place[3], "gave up")
            if self.uncommitted[r]:
                del self._waiting[bisect_left(self._waiting, (self.priority[r], r))]
                self.uncommitted[r] = 0
            self.lost[r] = lost
            self.undelivered_of[r] = 0
            self._grown = moved = True
        return moved

    # A user's own functions

    def _request(self, r: int) -> Request:
        group = self.group[r]
        gives_up = self.gives_up[r]
        return Request(
            number=r,
            stream=self.future.streams[group.stream],
            customer=group.customer,
            class_=group.class_,
            asked_day=self.asked[r] / DAY,
            wanted_day=self.wanted[r] / DAY,
            gives_up_day=None if gives_up == NEVER else gives_up / DAY,
            term_days=self.term[r] / DAY,
            size_kw=self.size[r],
            uncommitted_kw=self.uncommitted[r],
            appetite_draw=self.draw[r],
            now_day=self.now / DAY,
        )

    def _offer_of(self, r: int, p: int, takes: Takes) -> Offer:
        seller = self.future.providers[p]
        return Offer(
            provider=seller.name,
            kw=sum(kw for _, kw in takes),
            promised_day=self._promise(r, takes) / DAY if takes else None,
            room_kw=self._rooms(p, self._horizon(r, p)),
            price_usd_per_kw_day=seller.price,
        )

    def _owns_ranking(self, r: int, order: Sequence[int]) -> Sequence[int]:
        """The ranking of a user's own policy; whom it leaves out is not asked."""
        assert self.own_policy is not None
        names = {self.future.providers[p].name: p for p in order}
        offers = [self._offer_of(r, p, self._takes(r, p, self.gives_up[r])) for p in order]
        ranking = list(self.own_policy(self._request(r), offers))
        unknown = [name for name in ranking if name not in names]
        if unknown or len(set(ranking)) < len(ranking):
            raise ValueError(
                f"the policy ranked {ranking}; it may name each of {list(names)} once, and no other"
            )
        return [names[name] for name in ranking]

    def _owns_answer(self, r: int, k: int, limits: dict[int, int] | None) -> Takes:
        """What a user's own answer takes, as far as the placing rule and what was held allow."""
        assert self.own_answer is not None
        holder = self.future.rights[k].holder
        offer = self._offer_of(r, holder, self._would_take(r, k, limits))
        kw = int(self.own_answer(self._request(r), offer))
        return self._takes(r, holder, self.gives_up[r], max(0, kw), limits)
