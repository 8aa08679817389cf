"""The market on SimPy's clock: the readable reference, which also takes a user's own functions.

An instant comes after all that the world does at that time on SimPy's clock. Between two events of the world the
market plays its instants in a row. What happens in an instant stands in `instants`, and what the rules decide in
`rules`; here stands only how the market and the world take turns.
"""

from heapq import heappush

import simpy

from sim.model.agenda import add_to_agenda, mark_site_to_deliver
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.capacity_events import CapacityEvent
from sim.model.commitments import write_commitment
from sim.model.initial_state import initial_state
from sim.model.instants import advance
from sim.model.ledger import NOBODY, LedgerTables, to_tables
from sim.model.outcomes import RELEASE_REASON_OF_EVENT
from sim.model.rules import STEP_WORLD
from sim.model.sampled_inputs import SampledInputs
from sim.model.scheduling import MARKET_PRIORITY, schedule
from sim.model.world import World


class ExceedsOnlineError(Exception):
    """More is in place at a site than is online there at the start."""

    def __init__(self, site: int, in_place_kw: int, online_kw: int) -> None:
        super().__init__(site, in_place_kw, online_kw)
        self.site, self.in_place_kw, self.online_kw = site, in_place_kw, online_kw


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
        self.state = initial_state(inputs, policy, answer)
        self.world: World | None = None
        self.events: list[tuple[int, CapacityEvent]] = []
        """The events that the world has told, and when."""
        self._in_place_delivered = False
        self._world_changed = False
        self._scheduled_times: set[int] = set()
        """The times for which SimPy has an instant in its queue."""
        self.wake()

    def wake(self) -> None:
        """Have an instant now, to hear what the world has done when it has done all at this time."""
        self._world_changed = True
        self._wake_at(max(0, int(self.env.now)))

    def play(self) -> None:
        """Play to the end."""
        self.env.run(until=self.end)

    def ledger_tables(self) -> LedgerTables:
        """The rows that were written, as columns."""
        return to_tables(self.state)

    def _wake_at(self, at: int) -> None:
        if at not in self._scheduled_times and at < self.end:
            self._scheduled_times.add(at)
            schedule(self.env, at - int(self.env.now), MARKET_PRIORITY, self._play_until_world)

    def _play_until_world(self, _: simpy.Event) -> None:
        """Play the instant that is now, and those that follow before the world does anything.

        While a trigger may start a building, each instant is an event of its own, so that the world can act.
        """
        now = int(self.env.now)
        self._scheduled_times.discard(now)
        if self._world_changed:
            self._apply_events(now)
        # Only now, since a plan that the world has just told is reviewed on its date.
        until = now if self.inputs.triggers else int(min(self.end, self.env.peek()))
        next_instant = advance(self.state, now, until)
        if self.inputs.triggers and self.world is not None:
            self.world.fire_triggers(self.state.site_capacity)
        self._wake_at(next_instant)

    def _apply_events(self, now: int) -> None:
        """Change the state by the events of the world."""
        self._world_changed = False
        m = self.state
        m.now, m.world_changed = now, True
        events = self.world.pop_events() if self.world is not None and self.world.has_events else []
        for event in events:
            s = event.site
            self.events.append((now, event))
            m.site_capacity.apply(event)
            m.capacity_increased = True
            mark_site_to_deliver(m, s)
            if event.kind in RELEASE_REASON_OF_EVENT:
                m.sites_to_release.setdefault(s, RELEASE_REASON_OF_EVENT[event.kind])
            for at in self.inputs.presale_openings(s, event.date):
                if at > now:
                    add_to_agenda(m, at, STEP_WORLD, 0, NOBODY)
        if not self._in_place_delivered:
            self._deliver_in_place()

    def _deliver_in_place(self) -> None:
        """Deliver what is in place at the start: from the first provider that sells from the site."""
        self._in_place_delivered = True
        m = self.state
        for item in self.inputs.in_place:
            s, kw = item.site, item.kw
            if kw == 0:
                continue
            c = len(m.undelivered_of_commitment)
            write_commitment(m, NOBODY, self.inputs.first_seller(s), s, kw, 0)
            m.stream_in_place[c] = item.stream
            m.deliveries.extend((c, kw, 0, item.term))
            m.committed[s] += kw
            m.in_service[s] += kw
            heappush(m.delivery_ends, (item.term, s, kw))
            if m.in_service[s] > m.online[s]:
                raise ExceedsOnlineError(s, m.in_service[s], m.online[s])
