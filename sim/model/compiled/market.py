"""The market on the compiled clock: between two events of the world it plays all instants as machine code.

It takes turns with the world as the market on SimPy's clock does: an instant comes after all that the world does at
that time, and the world hears of a trigger that fires in the instant in which it does.
"""

from typing import NamedTuple

import numpy as np
import simpy

from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.capacity_events import CapacityEvent
from sim.model.compiled.agenda import add_to_agenda, mark_site_to_deliver
from sim.model.compiled.callbacks import compile_callbacks
from sim.model.compiled.codes import NOBODY, STEP_WORLD, ZERO
from sim.model.compiled.commitments import write_commitment
from sim.model.compiled.compiler import jit
from sim.model.compiled.deliveries import write_delivery
from sim.model.compiled.growth import extend_columns
from sim.model.compiled.initial_state import initial_state, int_array
from sim.model.compiled.instants import advance
from sim.model.compiled.state import Int64Matrix, Int64Vector, State, borrow
from sim.model.ledger import (
    COMMITMENT_COLUMNS,
    DELIVERY_COLUMNS,
    RELEASE_COLUMNS,
    REQUEST_COLUMNS,
    LedgerTables,
)
from sim.model.market import ExceedsOnlineError
from sim.model.outcomes import RELEASE_REASON_OF_EVENT
from sim.model.sampled_inputs import SampledInputs
from sim.model.scheduling import MARKET_PRIORITY, schedule
from sim.model.sites import Sites
from sim.model.world import World


class Market:
    """One replication of the market. Sites, providers, rights and requests are numbered as in the inputs."""

    def __init__(
        self,
        env: simpy.Environment,
        inputs: SampledInputs,
        policy: UserPolicy | None = None,
        answer: UserAnswer | None = None,
    ) -> None:
        self.env, self.inputs = env, inputs
        self.end = inputs.calendar.end
        self._callbacks = compile_callbacks(inputs, policy, answer)
        """Kept alive: the state holds their addresses alone."""
        self.state = initial_state(inputs, self._callbacks)
        self.sites = Sites(inputs)
        """The capacity of the sites as the world has told it; what is committed and serves there, the state knows."""
        self.world: World | None = None
        self.events: list[tuple[int, CapacityEvent]] = []
        """The events that the world has told, and when."""
        self._in_place_delivered = False
        self._world_changed = False
        self._armed_triggers: list[tuple[int, int]] = []
        """The triggers that the state knows: site and share."""
        self._next_instant = 0
        """The time at which the market has something to do next."""
        self.wake()

    def wake(self) -> None:
        """Have an instant now, to hear what the world has done when it has done all at this time."""
        self._world_changed = True
        self._next_instant = min(self._next_instant, max(0, int(self.env.now)))

    def play(self) -> None:
        """Play to the end: what the world does at a time comes before the instant of the market."""
        env, end = self.env, self.end
        while True:
            at = env.peek()
            if at <= self._next_instant and at < end:
                env.step()
            elif self._next_instant < end:
                self._play_until_world(self._next_instant)
            else:
                return

    def _play_until_world(self, now: int) -> None:
        """Play the instant that is now, and those that follow before the world does anything.

        What the world does next is known only once it has been heard: it reviews each plan that it tells.
        """
        if self._world_changed:
            self._apply_events(now)
        if self.world is not None and self.inputs.triggers:
            self._set_triggers(self.world.armed_triggers())
        until = int(min(self.end, self.env.peek()))
        self._next_instant, played, fired = map(
            int, advance(self.state, now, until)
        )  # NumPy's, with the compiler off
        if fired:
            self._fire_triggers(played)

    def ledger_tables(self) -> LedgerTables:
        """The rows that were written, as columns."""
        commitments, deliveries, releases = row_tables(self.state)
        return LedgerTables(
            commitments=dict(zip(COMMITMENT_COLUMNS, commitments[: len(COMMITMENT_COLUMNS)], strict=True)),
            deliveries=dict(zip(DELIVERY_COLUMNS, deliveries, strict=True)),
            releases=dict(zip(RELEASE_COLUMNS, releases, strict=True)),
            requests=request_outcomes(self.state)._asdict(),
        )

    # What the world changed

    def _apply_events(self, now: int) -> None:
        """Change the state by the events of the world."""
        self._world_changed = False
        reasons: dict[int, int] = {}
        """By site that changed: why its commitments may exceed its capacity, or NOBODY."""
        events = self.world.pop_events() if self.world is not None and self.world.has_events else []
        for event in events:
            self.events.append((now, event))
            self.sites.apply(event)
            reasons.setdefault(event.site, NOBODY)
            if event.kind in RELEASE_REASON_OF_EVENT and reasons[event.site] == NOBODY:
                reasons[event.site] = RELEASE_REASON_OF_EVENT[event.kind]
            for at in self.inputs.presale_openings(event.site, event.date):
                if at > now:
                    schedule_walk(self.state, at)
        for s, why in reasons.items():
            dates = np.array(self.sites.plan_date[s], dtype=np.int64)
            sizes = np.array(self.sites.plan_kw[s], dtype=np.int64)
            update_site(self.state, s, self.sites.online[s], self.sites.outage_kw[s], dates, sizes, why)
        if not self._in_place_delivered:
            self._deliver_in_place()

    def _deliver_in_place(self) -> None:
        """Deliver what is in place at the start: from the first provider that sells from the site."""
        self._in_place_delivered = True
        for item in self.inputs.in_place:
            if item.kw:
                p = self.inputs.first_seller(item.site)
                in_service = deliver_in_place(self.state, item.stream, p, item.site, item.kw, item.term)
                if in_service > self.sites.online[item.site]:
                    raise ExceedsOnlineError(item.site, in_service, self.sites.online[item.site])

    # Triggers

    def _set_triggers(self, triggers: list[tuple[int, int]]) -> None:
        """Set the armed triggers."""
        if triggers != self._armed_triggers:
            self._armed_triggers = triggers
            set_triggers(
                self.state, int_array(s for s, _ in triggers), int_array(share for _, share in triggers)
            )

    def _fire_triggers(self, now: int) -> None:
        """Let the world read what has been committed, at the time at which a trigger fired."""
        assert self.world is not None
        if now > self.env.now:
            # The world acts at the environment's time, which an empty event moves up to that of the instant.
            schedule(self.env, now - int(self.env.now), MARKET_PRIORITY, lambda _: None)
            self.env.step()
        self.sites.committed = committed_by_site(self.state).tolist()
        self.world.fire_triggers(self.sites)


@jit
def schedule_walk(m: State, at: int) -> None:
    """Have the waiting list walked at a time to come."""
    add_to_agenda(borrow(m), at, STEP_WORLD, ZERO, ZERO)


@jit
def update_site(
    m: State, s: int, online: int, outage_kw: int, dates: Int64Vector, sizes: Int64Vector, why: int
) -> None:
    """Set the capacity of a site; and `why` its commitments may exceed it, or NOBODY."""
    n = len(dates)
    m.online[s], m.outage_kw[s], m.n_plan[s] = online, outage_kw, n
    while n > m.plan_date.shape[1]:
        m.plan_date, m.plan_kw = extend_columns(m.plan_date), extend_columns(m.plan_kw)
    for i in range(n):
        m.plan_date[s, i], m.plan_kw[s, i] = dates[i], sizes[i]
    m.capacity_increased, m.world_changed = 1, 1
    mark_site_to_deliver(borrow(m), s)
    if why != NOBODY:
        m.sites_to_release[s], m.any_site_to_release = why, 1


@jit
def deliver_in_place(m: State, stream: int, p: int, s: int, kw: int, term: int) -> int:
    """Deliver kW that are in place at a site; gives the kW that serve there now."""
    write_commitment(borrow(m), NOBODY, stream, p, s, kw, ZERO)
    m.committed[s] += kw
    write_delivery(borrow(m), m.n_commitments - 1, kw, term)
    return m.in_service[s]


@jit
def set_triggers(m: State, sites: Int64Vector, shares: Int64Vector) -> None:
    """Set the armed triggers."""
    m.trigger_site, m.trigger_share = sites, shares


@jit
def committed_by_site(m: State) -> Int64Vector:
    """The kW committed at each site."""
    return m.committed


@jit
def row_tables(m: State) -> tuple[Int64Matrix, Int64Matrix, Int64Matrix]:
    """The columns of commitments, deliveries and releases."""
    return (
        m.commitments[:, : m.n_commitments],
        m.deliveries[:, : m.n_deliveries],
        m.releases[:, : m.n_releases],
    )


class RequestOutcomes(NamedTuple):
    """What became of each request: an array `(n_requests,)` for each of `sim.model.ledger.REQUEST_COLUMNS`."""

    uncommitted: Int64Vector
    undelivered: Int64Vector
    lost: Int64Vector
    right: Int64Vector
    asked_first: Int64Vector
    answered: Int64Vector
    holder_kw: Int64Vector
    first_kw: Int64Vector
    reason: Int64Vector


assert RequestOutcomes._fields == REQUEST_COLUMNS


@jit
def request_outcomes(m: State) -> RequestOutcomes:
    """The outcomes of all requests."""
    return RequestOutcomes(
        uncommitted=m.uncommitted,
        undelivered=m.undelivered,
        lost=m.lost,
        right=m.right,
        asked_first=m.asked_first,
        answered=m.answered,
        holder_kw=m.holder_kw,
        first_kw=m.first_kw,
        reason=m.reason,
    )
