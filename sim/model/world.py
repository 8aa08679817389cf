"""The world that builds: phases, supplies, slips, outages and triggers as SimPy processes.

The world tells the market what it may know, as `News`; it never looks at the market except through the
triggers, which are read when an instant is over. Within an instant its parts go in the order of their
priorities: what time brings, the supplies that are asked for, cancellations and retirements, the market.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import simpy
from simpy.resources.base import BaseResource
from simpy.resources.container import Container, ContainerGet
from simpy.resources.resource import SortedQueue

from sim.model import rules
from sim.model.draws import whole
from sim.model.future import Campus, Future, Project, Stage, Watch

LINE_UP, CLOSING, MARKET = 2, 3, 4
"""Priorities within an instant, after SimPy's own: supplies serve, buildings are called off, the market acts."""

ANNOUNCED, RESTORED, ONLINE, CANCELLED, RETIRED, REPLANNED, OUTAGE = range(7)
"""What the market can be told, in the order in which it is told within an instant."""

EVENTS = ("planned", "restored", "online", "cancelled", "retired", "planned", "outage")

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True, order=True)
class News:
    """One thing told to the market: the fields in the order in which news of an instant is sorted.

    `kw` is what comes or goes; `date` is the planned date, or NEVER; `project` is -1 for an outage.
    """

    event: int
    site: int
    project: int
    kw: int
    date: int


class Totals(Protocol):
    """What a trigger may read of the market: kW by site."""

    committed: list[int]
    online: list[int]

    def planned_kw(self, site: int) -> int:
        """How many kW are planned at a site."""


def later(env: simpy.Environment, delay: int, priority: int, act: Callable[[simpy.Event], None]) -> None:
    """Let something happen after a delay, at a place of its own within the instant.

    The one way into SimPy's clock: whole microseconds only, since one float would turn the clock into floats.
    """
    assert type(delay) is int, f"a delay of {delay!r} is no whole number of microseconds"
    event = simpy.Event(env)
    event._ok, event._value = True, None
    assert event.callbacks is not None
    event.callbacks.append(act)
    env.schedule(event, priority, delay)  # type: ignore[arg-type]


class Ask(ContainerGet):
    """A building's place in the line for a supply: by the time of asking, then site, then building."""

    def __init__(self, supply: "SupplyLine", amount: int, project: int) -> None:
        self.key = (supply._env.now, project)
        super().__init__(supply, amount)


class SupplyLine(Container):
    """A supply: what is there serves the first in line, who blocks the others."""

    GetQueue = SortedQueue

    def leave(self, ask: Ask) -> None:
        """Give up a place in the line, and let the next one be served."""
        ask.cancel()
        BaseResource._trigger_get(self, None)


@dataclass(slots=True, eq=False)
class Place:
    """A building that asks for a supply: not yet in line, in line, or served."""

    project: int
    supply: SupplyLine
    amount: int
    served: simpy.Event
    ask: Ask | None = None

    def serve(self, _: simpy.Event) -> None:
        """Let the building go on."""
        self.served.succeed()


class World:
    """All that happens to buildings in one replication, on SimPy's clock.

    `wake` is called with the environment's time whenever there is news for the market.
    """

    def __init__(self, env: simpy.Environment, future: Future, wake: Callable[[], None]) -> None:
        self.env = env
        self.future = future
        self.wake = wake
        self.built = [campus.online for campus in future.sites]
        """kW finished at each site, whatever an outage takes."""
        self.out = [0] * len(future.sites)
        """kW that an outage takes at each site."""
        n = len(future.projects)
        self.is_online = [False] * n
        self.is_off = [False] * n
        self.is_told = [False] * n
        self.plan: list[int] = [rules.NEVER] * n
        self._news: list[News] = []
        self._begin = [simpy.Event(env) for _ in range(n)]
        self._done = [simpy.Event(env) for _ in range(n)]
        self._work: list[simpy.Process | None] = [None] * n
        self._next = [0] * len(future.watches)
        """Which building of each trigger looks next."""
        self._looking = [True] * len(future.watches)
        self._asking: list[Place] = []
        self._strikes = [0] * len(future.sites)
        """What the outage that begins at a site takes: kW, or millionths of what is online."""
        self.supplies = [
            SupplyLine(env, init=store.initial if store.initial > 0 else 0) for store in future.supplies
        ]
        for supply, store in zip(self.supplies, future.supplies, strict=True):
            if store.arrives:
                env.process(self._arrivals(supply, store.arrives))
        for i, project in enumerate(future.projects):
            self._start(i, project)
        for s, campus in enumerate(future.sites):
            if campus.failures is not None:
                env.process(self._outages(s, campus))

    # What the market is told

    @property
    def has_news(self) -> bool:
        """Is there anything that the market has not been told?"""
        return bool(self._news)

    def news(self) -> list[News]:
        """What the market is told in this instant, in the order in which it is told."""
        items, self._news = sorted(self._news), []
        done = {item.project for item in items if item.event == ONLINE}
        return [news for item in items if (news := self._settled(item, done)) is not None]

    def _settled(self, item: News, done: set[int]) -> News | None:
        """What an item comes to once those before it in the instant are told; nothing, if they undid it.

        `done` are the buildings that come online in this instant: what is planned for them is past.
        """
        i, s = item.project, item.site
        if item.event == ANNOUNCED:
            self.is_told[i] = True
            if i not in done:
                return self._plan_anew(item)
        elif item.event == CANCELLED:
            return item if self.is_told[i] else None
        elif item.event == ONLINE:
            self.is_online[i] = True
            self.built[s] += item.kw
        elif item.event == RETIRED:
            self.built[s] -= item.kw
            self.out[s] = min(self.out[s], self.built[s])
        elif item.event == REPLANNED:
            return None if self.is_online[i] or self.is_off[i] else self._plan_anew(item)
        elif item.event == OUTAGE:
            failures = self.future.sites[s].failures
            assert failures is not None
            taken = rules.part(self._strikes[s], self.built[s]) if failures.share else self._strikes[s]
            self.out[s] = min(taken, self.built[s])
            return None if self.out[s] == 0 else News(OUTAGE, s, -1, self.out[s], rules.NEVER)
        elif item.event == RESTORED:
            back, self.out[s] = self.out[s], 0
            return None if back == 0 else News(RESTORED, s, -1, back, rules.NEVER)
        return item

    def _plan_anew(self, item: News) -> News:
        """A building with a date that is still to come, and a look at it then."""
        i, now = item.project, int(self.env.now)
        project = self.future.projects[i]
        self.plan[i] = rules.replanned(self.plan[i], project.review, now)
        later(self.env, self.plan[i] - now, 1, lambda _: self._review(i, project))
        return replace(item, date=self.plan[i])

    def _tell(self, event: int, site: int, project: int, kw: int, date: int = rules.NEVER) -> None:
        """Have something told to the market: now, or at the start if that is still to come."""
        self._news.append(News(event, site, project, kw, date))
        if self.env.now >= 0:
            self.wake()

    # Buildings

    def _start(self, i: int, project: Project) -> None:
        """Set a building on its way."""
        env = self.env
        if project.planned is not None:
            later(env, -int(env.now), 1, lambda _: self._announce(i, project))
        if project.online is not None:
            online = project.online
            later(env, online - int(env.now), 1, lambda _: self._come_online(i, project))
        else:
            self._work[i] = env.process(self._build(i, project))
            if project.begins is not None:
                later(env, project.begins - int(env.now), 1, lambda _: self._let_begin(i))
            elif project.after:
                env.process(self._follow(i, project))
        for at, call_off in ((project.cancelled, self._cancel), (project.retired, self._retire)):
            if at is not None:
                later(env, at - int(env.now), CLOSING, lambda _, off=call_off: off(i, project))  # type: ignore[misc]

    def _let_begin(self, i: int) -> None:
        self._begin[i].succeed()

    def _follow(self, i: int, project: Project) -> Process:
        """Begin when all that a building waits for are online, and its own turn has come."""
        for other in project.after:
            yield self._done[other]
        if project.later:
            yield self.env.timeout(project.later)
        self._begin[i].succeed()

    def _build(self, i: int, project: Project) -> Process:
        """Run a building through its phases, from its begin until it is online."""
        env = self.env
        try:
            yield self._begin[i]
            told_at = max(int(env.now), 0)
            if project.planned is None:
                self.plan[i] = int(env.now) + project.medians
                if project.trigger is not None:
                    told_at = self.future.calendar.next_midnight(int(env.now))
                later(env, told_at - int(env.now), 1, lambda _: self._announce(i, project))
            for stage in project.stages:
                yield from self._phase(i, stage)
            if project.trigger is not None and told_at > env.now:
                yield env.timeout(told_at - int(env.now))
        except simpy.Interrupt:
            return
        self._come_online(i, project)

    def _phase(self, i: int, stage: Stage) -> Process:
        """One phase: take what it needs, work, and give back what is only lent."""
        lent: list[tuple[SupplyLine, int]] = []
        try:
            for need in stage.needs:
                supply = self.supplies[need.supply]
                if need.amount == 0:
                    continue
                yield from self._take(i, supply, need.amount)
                if self.future.supplies[need.supply].returned:
                    lent.append((supply, need.amount))
            if stage.takes:
                yield self.env.timeout(stage.takes)
        finally:
            for supply, amount in lent:
                supply.put(amount)

    def _take(self, i: int, supply: SupplyLine, amount: int) -> Process:
        """Stand in line for a supply until it serves."""
        place = Place(i, supply, amount, simpy.Event(self.env))
        if not self._asking:
            later(self.env, 0, LINE_UP, self._line_up)
        self._asking.append(place)
        try:
            yield place.served
        except simpy.Interrupt:
            assert place.ask is not None, "who is called off has been in line since the asks of the instant"
            if place.ask.triggered:
                supply.put(amount)
            else:
                supply.leave(place.ask)
            raise

    def _line_up(self, _: simpy.Event) -> None:
        """Let the first by site, then building, of those who ask now stand in line; then, after what that brings,
        the next: so who asks again at once is not behind those of later sites.
        """
        place = min(self._asking, key=lambda place: place.project)
        self._asking.remove(place)
        if self._asking:
            later(self.env, 0, LINE_UP, self._line_up)
        place.ask = Ask(place.supply, place.amount, place.project)
        assert place.ask.callbacks is not None
        place.ask.callbacks.append(place.serve)

    def _announce(self, i: int, project: Project) -> None:
        """Tell the market of a building, with the date that is now planned for it."""
        if self.is_off[i] and project.trigger is not None:
            return
        if project.planned is not None:
            self.plan[i] = project.planned
        self._tell(ANNOUNCED, project.site, i, project.kw, self.plan[i])
        if project.trigger is not None:
            self._looking[project.trigger] = True

    def _review(self, i: int, project: Project) -> None:
        """On the planned date: a building that is not online is planned anew."""
        if not self.is_online[i] and not self.is_off[i]:
            self._tell(REPLANNED, project.site, i, project.kw)

    def _come_online(self, i: int, project: Project) -> None:
        if self.is_off[i]:
            return
        self._tell(ONLINE, project.site, i, project.kw)
        self._done[i].succeed()

    def _cancel(self, i: int, project: Project) -> None:
        """Call a building off, unless it is online by now."""
        if self._done[i].triggered:
            return
        self.is_off[i] = True
        if project.trigger is not None:
            self._looking[project.trigger] = True
        work = self._work[i]
        if work is not None and work.is_alive:
            work.interrupt()
        self._tell(CANCELLED, project.site, i, project.kw)

    def _retire(self, i: int, project: Project) -> None:
        """Take a building out of service for good, if it is online."""
        if self._done[i].triggered and not self.is_off[i]:
            self.is_off[i] = True
            self._tell(RETIRED, project.site, i, project.kw)

    # Triggers

    def look(self, totals: Totals) -> None:
        """Read the triggers, when an instant of the market is over."""
        for w, watch in enumerate(self.future.watches):
            while self._next[w] < len(watch.projects) and self.is_off[watch.projects[self._next[w]]]:
                self._next[w] += 1
            if self._looking[w] and self._next[w] < len(watch.projects) and self._fires(watch, totals):
                i = watch.projects[self._next[w]]
                self._next[w] += 1
                self._looking[w] = self.future.projects[i].planned is not None
                self._begin[i].succeed()

    @staticmethod
    def _fires(watch: Watch, totals: Totals) -> bool:
        s = watch.site
        return rules.triggered(totals.committed[s], watch.share, totals.online[s], totals.planned_kw(s))

    # Supplies and outages

    def _arrivals(self, supply: SupplyLine, arrives: tuple[tuple[int, int], ...]) -> Process:
        """Fill a supply by what arrives; what came before the world begins is there from the first."""
        for at, amount in sorted(arrives):
            if at > self.env.now:
                yield self.env.timeout(at - int(self.env.now))
            if amount > 0:
                supply.put(amount)

    def _outages(self, s: int, campus: Campus) -> Process:
        """One outage after the other, each counted from the end of the last."""
        failures = campus.failures
        assert failures is not None
        if self.env.now < 0:
            yield self.env.timeout(int(-self.env.now))
        for every, lasts, takes in zip(failures.every, failures.lasts, failures.takes, strict=False):
            yield self.env.timeout(max(1, whole(every)))
            self._strikes[s] = whole(takes * rules.MILLION if failures.share else takes)
            self._tell(OUTAGE, s, -1, 0)
            yield self.env.timeout(max(1, whole(lasts)))
            self._tell(RESTORED, s, -1, 0)
