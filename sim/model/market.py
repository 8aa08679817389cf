"""The market on SimPy's clock: the readable reference, which also takes a user's own functions.

An instant comes after all that the world does at that time on SimPy's clock, and goes through the steps
in the order of the design: (1) what the world changed, (2) answers due, (3) the waiting list, (4) new
requests, (5) deliveries, (6) give-ups, and again from (3) until nothing moves. What the rules decide stands in
`rules`, what they are asked in `placing`; here stands only when.

An instant that can change nothing is not played: a delivery that ends wakes the market only while something
waits for room, and else is taken in at the next instant. Between two events of the world the market plays its
instants in a row.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from heapq import heappop, heappush

import simpy

from sim.model import rules
from sim.model.allocation import Allocation, Allocator, HeldCapacity
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.capacity_events import CapacityEvent
from sim.model.ledger import NOBODY, Ledger, LedgerTables
from sim.model.outcomes import RELEASE_REASON_OF_EVENT, RefusalReason, ReleaseReason
from sim.model.rules import NEVER, STEP_ANSWERS, STEP_DELIVERIES, STEP_GIVE_UPS
from sim.model.rules import STEP_WORLD as LOOK
from sim.model.sampled_inputs import SampledInputs
from sim.model.scheduling import MARKET_PRIORITY, schedule
from sim.model.sites import Sites
from sim.model.world import World


class ExceedsOnlineError(Exception):
    """More is in place at a site than is online there at the start."""

    def __init__(self, site: int, in_place_kw: int, online_kw: int) -> None:
        super().__init__(site, in_place_kw, online_kw)
        self.site, self.in_place_kw, self.online_kw = site, in_place_kw, online_kw


class Market:
    """One replication of the market. Sites, providers, rights and requests are numbered as in the future."""

    def __init__(
        self,
        env: simpy.Environment,
        inputs: SampledInputs,
        policy: UserPolicy | None = None,
        answer: UserAnswer | None = None,
    ) -> None:
        self.env, self.inputs = env, inputs
        self.now, self.end = 0, inputs.calendar.end
        self.sites = Sites(inputs)
        self.ledger = Ledger(inputs)
        self.allocator = Allocator(inputs, self.sites, self.ledger, policy, answer)
        self.world: World | None = None
        self.events: list[tuple[int, CapacityEvent]] = []
        """What the world told, and when."""
        self._has_triggers = bool(inputs.triggers)
        self._world_changed = False
        """Is there something to take in that stands in no agenda?"""
        self._in_place_delivered = False
        self._next_request = 0
        """The first request that has not been asked."""
        self._holds: dict[int, HeldCapacity] = {}
        """By request whose answer is pending: the kW held for it."""
        self._queue: list[list[tuple[int, int, int, int]]] = [[] for _ in inputs.sites]
        """By site: the commitments with undelivered kW, as (promised, committed, request, commitment)."""
        self._undelivered_rows = 0
        """How many commitments stand in the queues."""
        self._sites_to_deliver: set[int] = set()
        """Sites where a delivery may be possible that was not before."""
        self._waiting: list[tuple[int, int]] = []
        """The waiting list, as (less priority, request)."""
        self._capacity_increased = False
        """Is there room, or a right, that the waiting list has not seen?"""
        self._right_changed = False
        """Does another right, or none, decide over a request from the next instant on?"""
        self._has_user_functions = policy is not None or answer is not None
        """Can something be placed although no room has grown?"""
        self._ends: list[tuple[int, int, int]] = []
        """Deliveries that end, as a heap of (time, site, kW)."""
        self._agenda: list[tuple[int, int, int, int]] = []
        """The rest of what is due, as a heap of (time, step, less priority or 0, request or site)."""
        for right in inputs.rights:
            for at in (right.begins, right.ends):
                if 0 < at < NEVER:
                    heappush(self._agenda, (at, LOOK, 0, NOBODY))
        self._scheduled_times: set[int] = set()
        """The times for which SimPy has an instant in its queue."""
        self.wake()

    # The clock

    def play(self) -> None:
        """Play to the end."""
        self.env.run(until=self.end)

    def ledger_tables(self) -> LedgerTables:
        """What was written down."""
        return self.ledger.to_tables(self.inputs)

    def wake(self) -> None:
        """Have an instant now, to take in what the world has done when it has done all at this time."""
        self._world_changed = True
        self._wake_at(max(0, int(self.env.now)))

    def _wake_at(self, at: int) -> None:
        if at not in self._scheduled_times and at < self.end:
            self._scheduled_times.add(at)
            schedule(self.env, at - int(self.env.now), MARKET_PRIORITY, self._advance)

    def _advance(self, _: simpy.Event) -> None:
        """Play the instant that is now, and those that follow before the world does anything.

        While a trigger may start a building, each instant is an event of its own, so that the world can act.
        """
        now = int(self.env.now)
        self._scheduled_times.discard(now)
        self.now = now
        self._play_instant(now)
        # Only now, since a plan that the world has just told is reviewed on its date.
        until = now if self._has_triggers else min(self.end, self.env.peek())
        while (now := self._next_time()) < until:
            self.now = now
            self._play_instant(now)
        self._wake_at(now)

    def _play_instant(self, now: int) -> None:
        """All that happens at one time, in its order."""
        ends, agenda = self._ends, self._agenda
        if ends and ends[0][0] <= now:  # (1)
            self._end_deliveries(now)
        due: list[int] = []
        give_ups: list[int] = []
        if self._world_changed or (agenda and agenda[0][0] <= now):
            due, give_ups = self._process_agenda(now)
            for r in due:  # (2)
                self._apply_due_answer(r)
        first, moved = True, bool(due)
        while True:
            if self._waiting and (self._capacity_increased or self._has_user_functions):  # (3)
                moved = self._walk_waiting_list() or moved
            if first and self.ledger.asked[self._next_request] == now:  # (4)
                moved = True
                self._ask_new_requests(give_ups)
            if self._sites_to_deliver:  # (5)
                moved = self._deliver() or moved
            if give_ups:  # (6)
                moved = self._give_up(give_ups) or moved
                give_ups = []
            if not moved or not (
                self._sites_to_deliver
                or (self._waiting and (self._capacity_increased or self._has_user_functions))
            ):
                break
            first = moved = False
        if self._right_changed:
            self._review_next_instant()
        if self._has_triggers and self.world is not None:
            self.world.fire_triggers(self.sites)

    def _review_next_instant(self) -> None:
        """Have the waiting list walked in the very next instant, which may be one in which nothing else changes:
        a date from which a request is wanted, or could give up.
        """
        self._capacity_increased, self._right_changed = True, False
        dates = (*self.ledger.wanted[: self._next_request], *self.ledger.gives_up[: self._next_request])
        at = min((at for at in dates if at > self.now), default=NEVER)
        if at < self.end:
            heappush(self._agenda, (at, LOOK, 0, NOBODY))

    def _next_time(self) -> int:
        """When can something change next?"""
        at = self.ledger.asked[self._next_request]
        if self._agenda and self._agenda[0][0] < at:
            at = self._agenda[0][0]
        if self._ends and self._ends[0][0] < at and (self._waiting or self._undelivered_rows):
            at = self._ends[0][0]
        return at

    # (1) What the world changed

    def _end_deliveries(self, now: int) -> None:
        """Free the kW of deliveries that have ended."""
        ends, sites, queue = self._ends, self.sites, self._queue
        while ends and ends[0][0] <= now:
            _, s, kw = heappop(ends)
            sites.committed[s] -= kw
            sites.in_service[s] -= kw
            if queue[s]:
                self._sites_to_deliver.add(s)
        self._capacity_increased = True

    def _process_agenda(self, now: int) -> tuple[list[int], list[int]]:
        """Take in what the world changed; the requests whose answer is due, and those that may give up."""
        fallen: dict[int, ReleaseReason] = {}
        if self._world_changed:
            self._world_changed = False
            if self.world is not None and self.world.has_events:
                fallen = self._apply_events(self.world.pop_events())
            if not self._in_place_delivered:
                self._deliver_in_place()
        due: list[int] = []
        give_ups: list[int] = []
        while self._agenda and self._agenda[0][0] <= now:
            _, step, _, whom = heappop(self._agenda)
            if step == LOOK:
                self._capacity_increased = True
            elif step == STEP_ANSWERS:
                due.append(whom)
                if self.ledger.gives_up[whom] <= now:
                    give_ups.append(whom)
            elif step == STEP_DELIVERIES:
                self._sites_to_deliver.add(whom)
            else:
                give_ups.append(whom)
        for s, why in sorted(fallen.items()):
            self._release_excess(s, why)
        return due, give_ups

    def _apply_events(self, events: list[CapacityEvent]) -> dict[int, ReleaseReason]:
        """Hear the world; the sites where a building has fallen away, and what became of the first one told."""
        fallen: dict[int, ReleaseReason] = {}
        for news in events:
            s = news.site
            self.events.append((self.now, news))
            self.sites.apply(news)
            self._capacity_increased = True
            self._sites_to_deliver.add(s)
            if news.kind in RELEASE_REASON_OF_EVENT:
                fallen.setdefault(s, RELEASE_REASON_OF_EVENT[news.kind])
            for at in self.inputs.presale_openings(s, news.date):
                if self.now < at < self.end:
                    heappush(self._agenda, (at, LOOK, 0, NOBODY))
        return fallen

    def _deliver_in_place(self) -> None:
        """Begin with what is in place: delivered at the start, by the first that sells from the site."""
        self._in_place_delivered = True
        ledger, sites = self.ledger, self.sites
        for item in self.inputs.in_place:
            s, kw = item.site, item.kw
            if kw == 0:
                continue
            p = next(p for p, theirs in enumerate(self.allocator.sites_of) if s in theirs)
            c = len(ledger.undelivered_of_commitment)
            ledger.commitments.extend((NOBODY, p, s, kw, 0, 0))
            ledger.stream_in_place[c] = item.stream
            ledger.undelivered_of_commitment.append(0)
            ledger.deliveries.extend((c, kw, 0, item.term))
            sites.committed[s] += kw
            sites.in_service[s] += kw
            heappush(self._ends, (item.term, s, kw))
            if sites.in_service[s] > sites.online[s]:
                raise ExceedsOnlineError(s, sites.in_service[s], sites.online[s])

    def _release_excess(self, s: int, why: ReleaseReason) -> None:
        """Release the last promises of a site, until no more is promised than it will have."""
        queue, ledger = self._queue[s], self.ledger
        while queue and self.sites.is_overcommitted(s):
            _, _, r, c = queue[-1]
            kw = ledger.undelivered_of_commitment[c]
            self._release(queue[-1], why)
            if ledger.uncommitted[r] == 0:
                insort(self._waiting, (ledger.priority_rank[r], r))
            ledger.uncommitted[r] += kw

    def _release(self, place: tuple[int, int, int, int], why: ReleaseReason) -> None:
        """Take back what is undelivered of a commitment."""
        ledger, c = self.ledger, place[3]
        s, kw = ledger.site_of(c), ledger.undelivered_of_commitment[c]
        self._queue[s].remove(place)
        self._undelivered_rows -= 1
        self.sites.committed[s] -= kw
        ledger.undelivered_of_commitment[c] = 0
        ledger.releases.append((c, kw, self.now, why))
        self._capacity_increased = True
        self._sites_to_deliver.add(s)

    # (2) Answers due

    def _apply_due_answer(self, r: int) -> None:
        """A holder answers: what was held is released first, and limits what it takes."""
        limits = self._holds.pop(r, None)
        if limits is not None:
            for s, kw in limits.items():
                self.sites.held[s] -= kw
        self._capacity_increased = True
        self._run_first_round(r, limits)
        if self.ledger.right[r] != self.allocator.right_in_force(self.now, r):
            self._right_changed = True

    # (3) The waiting list

    def _walk_waiting_list(self) -> bool:
        """Offer what there is to those who wait, in their order; was anything placed?"""
        self._capacity_increased = False
        waiting, uncommitted, placing = self._waiting, self.ledger.uncommitted, self.allocator
        moved, i, most = False, 0, placing.most_room(self.now)
        while most > 0 and i < len(waiting):
            r = waiting[i][1]
            before = uncommitted[r]
            if placing.least_useful_room(r) <= most:
                self._retry_request(r)
            if uncommitted[r] < before:
                moved = True
                most = placing.most_room(self.now)
            if uncommitted[r] == 0:
                del waiting[i]
            elif self.inputs.bypass:
                i += 1
            else:
                break
        return moved

    def _retry_request(self, r: int) -> None:
        """Place a request that has been asked before: a right still counts.

        Throughout the instant of its answer the right that was asked decides, even if it has ended.
        """
        now, ledger = self.now, self.ledger
        k = ledger.right[r] if ledger.answered[r] == now else NOBODY
        if k == NOBODY:
            k = self.allocator.right_in_force(now, r)
        if k == NOBODY:
            self._allocate_overflow(r, NOBODY)
            return
        clause = self.inputs.rights[k]
        if clause.is_exclusive:
            self._commit(r, clause.holder, self.allocator.allocate(now, r, clause.holder, ledger.gives_up[r]))
            return
        self._commit(r, clause.holder, self.allocator.holder_answer(now, r, k))
        if ledger.uncommitted[r]:
            self._allocate_overflow(r, clause.holder)

    # (4) New requests

    def _ask_new_requests(self, give_ups: list[int]) -> None:
        """Hear those who ask now, in the order of the waiting list; note when they give up."""
        now, ledger = self.now, self.ledger
        r = self._next_request
        self._next_request = r + 1
        if ledger.asked[r + 1] == now:
            while ledger.asked[self._next_request] == now:
                self._next_request += 1
            new = sorted(range(r, self._next_request), key=lambda r: (ledger.priority_rank[r], r))
        else:
            new = [r]
        for r in new:
            self._ask_request(r)
            if ledger.undelivered[r]:
                at = ledger.gives_up[r]
                if at <= now:
                    give_ups.append(r)
                elif at < self.end:
                    heappush(self._agenda, (at, STEP_GIVE_UPS, 0, r))

    def _ask_request(self, r: int) -> None:
        """A request is asked: put to the holder of a first refusal, or placed at once."""
        ledger = self.ledger
        if self._waiting and not self.inputs.bypass:
            ledger.answered[r] = self.now
            insort(self._waiting, (ledger.priority_rank[r], r))
            self._capacity_increased = True
            return
        if ledger.group[r].rights:
            k = ledger.right[r] = self.allocator.right_in_force(self.now, r)
            if k != NOBODY and self.inputs.rights[k].answers_first and ledger.windows[k][r] > 0:
                self._put_to_holder(r, k)
                return
        self._run_first_round(r, None)

    def _put_to_holder(self, r: int, k: int) -> None:
        """Put a request to the holder of a first refusal, who answers after the window."""
        ledger, clause = self.ledger, self.inputs.rights[k]
        ledger.asked_first[r] = clause.holder
        if clause.holds_capacity:
            limits = self._holds[r] = self.allocator.capacity_to_hold(self.now, r, k)
            for s, kw in limits.items():
                self.sites.held[s] += kw
        due = self.now + ledger.windows[k][r]
        if due < self.end:
            heappush(self._agenda, (due, STEP_ANSWERS, ledger.priority_rank[r], r))

    def _run_first_round(self, r: int, held: HeldCapacity | None) -> None:
        """The first round of answers to a request, and what is known of it afterwards."""
        now, ledger, placing = self.now, self.ledger, self.allocator
        ledger.answered[r] = now
        k, size = ledger.right[r], ledger.size_kw[r]
        if k == NOBODY:
            ranking = placing.rank_providers(now, r, NOBODY)
            ledger.first_kw[r] = self._offer_in_turn(r, ranking)
            if ranking:
                ledger.asked_first[r] = ranking[0]
        else:
            clause = self.inputs.rights[k]
            ledger.asked_first[r] = p = clause.holder
            if clause.is_exclusive:
                takes = placing.allocate(now, r, p, ledger.gives_up[r])
            else:
                takes = placing.holder_answer(now, r, k, held)
            taken = sum(kw for _, kw in takes)
            if taken < size:
                ledger.reason[r] = (
                    RefusalReason.ROOM
                    if clause.is_exclusive
                    else placing.limiting_reason(now, r, k, held, taken)
                )
            self._commit(r, p, takes)
            ledger.holder_kw[r] = ledger.first_kw[r] = taken
            if taken < size and clause.answers_first:
                self._allocate_overflow(r, p)
        if ledger.uncommitted[r]:
            insort(self._waiting, (ledger.priority_rank[r], r))

    def _allocate_overflow(self, r: int, without: int) -> None:
        """Place what is uncommitted by the overflow policy, without the holder if there is one."""
        if self.allocator.has_taker(self.now, r, without):
            self._offer_in_turn(r, self.allocator.rank_providers(self.now, r, without))

    def _offer_in_turn(self, r: int, ranking: Sequence[int]) -> int:
        """Offer each provider in turn what is left; how much does the first take?"""
        now, latest, uncommitted = self.now, self.ledger.gives_up[r], self.ledger.uncommitted
        before, first = uncommitted[r], -1
        for p in ranking:
            takes = self.allocator.allocate(now, r, p, latest)
            if takes:
                self._commit(r, p, takes)
            if first < 0:
                first = before - uncommitted[r]
            if uncommitted[r] == 0:
                break
        return first if first > 0 else 0

    def _commit(self, r: int, p: int, allocation: Allocation) -> None:
        """A provider promises what it takes.

        What is promised for now is delivered now, whatever else is: online covers all that is promised there.
        """
        now, ledger = self.now, self.ledger
        for s, kw in allocation:
            promised = self.allocator.promise_date(now, r, s, kw)
            ledger.commitments.extend((r, p, s, kw, now, promised))
            ledger.uncommitted[r] -= kw
            self.sites.committed[s] += kw
            if promised == now:
                ledger.undelivered_of_commitment.append(0)
                self._begin_service(r, s, kw)
            else:
                ledger.undelivered_of_commitment.append(kw)
                self._queue_up(r, s, len(ledger.undelivered_of_commitment) - 1, promised)

    def _queue_up(self, r: int, s: int, c: int, promised: int) -> None:
        """A commitment waits for its delivery."""
        insort(self._queue[s], (promised, self.now, r, c))
        self._undelivered_rows += 1
        wanted = self.ledger.wanted[r]
        if wanted <= self.now:
            self._sites_to_deliver.add(s)
        elif wanted < self.end:
            heappush(self._agenda, (wanted, STEP_DELIVERIES, 0, s))

    # (5) Deliveries

    def _deliver(self) -> bool:
        """Let serve what can, where something changed; did anything begin?

        No commitment is served twice in an instant: once it got a part, nothing is free, and nothing that was set
        aside for others before it is given up before it is wanted.
        """
        now, moved, ledger, sites = self.now, False, self.ledger, self.sites
        for s in self._sites_to_deliver:
            free = rules.available(sites.online[s], sites.in_service[s])
            queue, begun = self._queue[s], False
            for _, _, r, c in queue:
                if free == 0:
                    break
                left = ledger.undelivered_of_commitment[c]
                aside = rules.set_aside(free, left)
                free -= aside
                kw = rules.deliverable_kw(aside, left, ledger.split[r], ledger.wanted[r], now)
                if kw:
                    ledger.undelivered_of_commitment[c] -= kw
                    ledger.deliveries.extend((c, kw, now, self._begin_service(r, s, kw)))
                    begun = True
            if begun:
                self._queue[s] = [place for place in queue if ledger.undelivered_of_commitment[place[3]]]
                self._undelivered_rows -= len(queue) - len(self._queue[s])
                moved = True
        self._sites_to_deliver.clear()
        return moved

    def _begin_service(self, r: int, s: int, kw: int) -> int:
        """kW begin to serve, for the term of their request; until when?"""
        self.ledger.undelivered[r] -= kw
        self.sites.in_service[s] += kw
        end = self.now + self.ledger.term[r]
        heappush(self._ends, (end, s, kw))
        return end

    # (6) Give-ups

    def _give_up(self, give_ups: list[int]) -> bool:
        """What is uncommitted, and what is committed but undelivered, is lost; all that are due together."""
        moved, ledger = False, self.ledger
        for r in give_ups:
            lost = ledger.undelivered[r]
            if lost == 0 or ledger.answered[r] == NEVER:
                continue
            if lost > ledger.uncommitted[r]:
                theirs = [place for queue in self._queue for place in queue if place[2] == r]
                for place in sorted(theirs, key=lambda place: place[3]):
                    self._release(place, ReleaseReason.GAVE_UP)
            if ledger.uncommitted[r]:
                del self._waiting[bisect_left(self._waiting, (ledger.priority_rank[r], r))]
                ledger.uncommitted[r] = 0
            ledger.lost[r] = lost
            ledger.undelivered[r] = 0
            self._capacity_increased = moved = True
        return moved
