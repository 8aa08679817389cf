"""The world that builds: phases, supplies, slips, outages and triggers as SimPy processes.

The world tells the market what it may know, as `News`; it never looks at the market except through the
triggers, which are read when an instant is over. Within an instant its parts go in the order of their
priorities: what time brings, the supplies that are asked for, cancellations and retirements, the market.
"""

from collections.abc import Callable
from typing import Protocol

import simpy

from sim.model import rules
from sim.model.clock import CLOSING, MARKET, Process, later
from sim.model.draws import whole
from sim.model.future import Campus, Future, Needed, Project, Stage, Watch
from sim.model.news import (
    ANNOUNCED,
    CANCELLED,
    EVENTS,
    ONLINE,
    OUTAGE,
    REPLANNED,
    RESTORED,
    RETIRED,
    News,
)
from sim.model.supplies import Supplies

__all__ = [
    "ANNOUNCED",
    "CANCELLED",
    "EVENTS",
    "MARKET",
    "ONLINE",
    "OUTAGE",
    "REPLANNED",
    "RESTORED",
    "RETIRED",
    "News",
    "World",
    "later",
]


class Totals(Protocol):
    """What a trigger may read of the market: kW by site."""

    committed: list[int]
    online: list[int]

    def planned_kw(self, site: int) -> int:
        """How many kW are planned at a site."""


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
        self._is_done = [False] * n
        """Which buildings are online, told or not."""
        self._done = {other: simpy.Event(env) for project in future.projects for other in project.after}
        """What is triggered once a building is online that others wait for."""
        self._work: list[simpy.Process | None] = [None] * n
        self._next = [0] * len(future.watches)
        """Which building of each trigger looks next."""
        self._looking = [True] * len(future.watches)
        self._may_fire: list[tuple[int, int]] | None = None
        """What `looking` said last; None where that may have changed."""
        self._strikes = [0] * len(future.sites)
        """What the outage that begins at a site takes: kW, or millionths of what is online."""
        self.supplies = Supplies(env, future.supplies)
        if any(project.planned is not None for project in future.projects):
            later(env, -int(env.now), 1, self._announce_planned)
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
        if project.online is None or project.online > self.plan[i]:
            later(self.env, self.plan[i] - now, 1, lambda _: self._review(i, project))
        return News(item.event, item.site, i, item.kw, self.plan[i])

    def _tell(self, event: int, site: int, project: int, kw: int, date: int = rules.NEVER) -> None:
        """Have something told to the market: now, or at the start if that is still to come."""
        self._news.append(News(event, site, project, kw, date))
        if self.env.now >= 0:
            self.wake()

    # Buildings

    def _start(self, i: int, project: Project) -> None:
        """Set a building on its way."""
        env = self.env
        if project.online is not None:
            online = project.online
            later(env, online - int(env.now), 1, lambda _: self._come_online(i, project))
        elif project.begins is not None:
            later(env, project.begins - int(env.now), 1, lambda _: self._begin(i))
        elif project.after:
            env.process(self._follow(i, project))
        for at, call_off in ((project.cancelled, self._cancel), (project.retired, self._retire)):
            if at is not None:
                later(env, at - int(env.now), CLOSING, lambda _, off=call_off: off(i, project))  # type: ignore[misc]

    def _begin(self, i: int) -> None:
        """Let a building begin, unless it has been called off."""
        if not self.is_off[i]:
            self._work[i] = self.env.process(self._build(i, self.future.projects[i]))

    def _follow(self, i: int, project: Project) -> Process:
        """Begin when all that a building waits for are online, and its own turn has come."""
        for other in project.after:
            yield self._done[other]
        if project.later:
            yield self.env.timeout(project.later)
        self._begin(i)

    def _build(self, i: int, project: Project) -> Process:
        """Run a building through its phases, from its begin until it is online."""
        env = self.env
        told_at = max(int(env.now), 0)
        if project.planned is None:
            self.plan[i] = int(env.now) + project.medians
            if project.trigger is not None:
                told_at = self.future.calendar.next_midnight(int(env.now))
            if told_at > env.now:
                later(env, told_at - int(env.now), 1, lambda _: self._announce(i, project))
            else:
                self._announce(i, project)
        try:
            for stage in project.stages:
                yield from self._phase(i, stage)
            if project.trigger is not None and told_at > env.now:
                yield env.timeout(told_at - int(env.now))
        except simpy.Interrupt:
            return
        self._come_online(i, project)

    def _phase(self, i: int, stage: Stage) -> Process:
        """One phase: take what it needs, work, and give back what is only lent."""
        lent: list[Needed] = []
        try:
            yield from self.supplies.take(i, stage.needs, lent)
            if stage.takes:
                yield self.env.timeout(stage.takes)
        finally:
            self.supplies.give_back(lent)

    def _announce_planned(self, _: simpy.Event) -> None:
        """Tell the market at the start of all buildings whose date is planned."""
        for i, project in enumerate(self.future.projects):
            if project.planned is not None:
                self._announce(i, project)

    def _announce(self, i: int, project: Project) -> None:
        """Tell the market of a building, with the date that is now planned for it."""
        if self.is_off[i] and project.trigger is not None:
            return
        if project.planned is not None:
            self.plan[i] = project.planned
        self._tell(ANNOUNCED, project.site, i, project.kw, self.plan[i])
        if project.trigger is not None:
            self._looking[project.trigger] = True
            self._may_fire = None

    def _review(self, i: int, project: Project) -> None:
        """On the planned date: a building that is not online is planned anew."""
        if not self.is_online[i] and not self.is_off[i]:
            self._tell(REPLANNED, project.site, i, project.kw)

    def _come_online(self, i: int, project: Project) -> None:
        if self.is_off[i]:
            return
        self._tell(ONLINE, project.site, i, project.kw)
        self._is_done[i] = True
        if i in self._done:
            self._done[i].succeed()

    def _cancel(self, i: int, project: Project) -> None:
        """Call a building off, unless it is online by now."""
        if self._is_done[i]:
            return
        self.is_off[i], self._may_fire = True, None
        if project.trigger is not None:
            self._looking[project.trigger] = True
        work = self._work[i]
        if work is not None and work.is_alive:
            work.interrupt()
        self._tell(CANCELLED, project.site, i, project.kw)

    def _retire(self, i: int, project: Project) -> None:
        """Take a building out of service for good, if it is online."""
        if self._is_done[i] and not self.is_off[i]:
            self.is_off[i], self._may_fire = True, None
            self._tell(RETIRED, project.site, i, project.kw)

    # Triggers

    def look(self, totals: Totals) -> None:
        """Read the triggers, when an instant of the market is over."""
        self._may_fire = None
        for w, watch in enumerate(self.future.watches):
            while self._next[w] < len(watch.projects) and self.is_off[watch.projects[self._next[w]]]:
                self._next[w] += 1
            if self._looking[w] and self._next[w] < len(watch.projects) and self._fires(watch, totals):
                i = watch.projects[self._next[w]]
                self._next[w] += 1
                self._looking[w] = self.future.projects[i].planned is not None
                self._begin(i)

    def looking(self) -> list[tuple[int, int]]:
        """The triggers that may fire, each as a site and the share of it that has to be committed."""
        if self._may_fire is None:
            self._may_fire = [
                (watch.site, watch.share)
                for w, watch in enumerate(self.future.watches)
                if self._looking[w] and not all(self.is_off[i] for i in watch.projects[self._next[w] :])
            ]
        return self._may_fire

    @staticmethod
    def _fires(watch: Watch, totals: Totals) -> bool:
        s = watch.site
        return rules.triggered(totals.committed[s], watch.share, totals.online[s], totals.planned_kw(s))

    # Outages

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
