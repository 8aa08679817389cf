"""The world that builds: phases, supplies, slips, outages and triggers as SimPy processes.

The world tells the market what it may know, as `CapacityEvent`s; it never looks at the market except through the
triggers, which are read when an instant is over. Within an instant its parts go in the order of their
priorities (`scheduling`): what time brings, the supplies that are asked for, cancellations and retirements, the
market.
"""

from collections.abc import Callable
from typing import Protocol, assert_never

import simpy

from sim.model import rules
from sim.model.capacity_events import CapacityEvent, EventKind, power_after
from sim.model.rounding import round_half_up
from sim.model.sampled_inputs import (
    SampledBuilding,
    SampledInputs,
    SampledNeed,
    SampledPhase,
    SampledSite,
    SampledTrigger,
)
from sim.model.scheduling import CLOSING_PRIORITY, WORLD_PRIORITY, ProcessGenerator, schedule
from sim.model.supply_queues import SupplyQueues


class SiteTotals(Protocol):
    """The totals of the market that a trigger may read: kW by site."""

    committed: list[int]
    online: list[int]

    def planned_kw(self, site: int) -> int:
        """The kW that are planned at a site."""


class World:
    """All that happens to buildings in one replication, on SimPy's clock.

    `wake` is called at the environment's time whenever there are events for the market.
    """

    def __init__(self, env: simpy.Environment, inputs: SampledInputs, wake: Callable[[], None]) -> None:
        self.env = env
        self.inputs = inputs
        self.wake = wake
        self.online_kw = [site.online_kw for site in inputs.sites]
        """kW that could serve at each site, as the market has been told."""
        self.outage_kw = [0] * len(inputs.sites)
        """kW that an outage takes at each site."""
        n = len(inputs.buildings)
        self.is_online = [False] * n
        self.is_closed = [False] * n
        self.is_announced = [False] * n
        self.planned_dates: list[int] = [rules.NEVER] * n
        self._pending_events: list[CapacityEvent] = []
        self._is_complete = [False] * n
        """Which buildings are online, whether the market has been told or not."""
        self._completions = {
            other: simpy.Event(env) for project in inputs.buildings for other in project.after
        }
        """The event of each building that others wait for, which succeeds when it comes online."""
        self._processes: list[simpy.Process | None] = [None] * n
        self._next_building = [0] * len(inputs.triggers)
        """The building of each trigger that begins next."""
        self._is_armed = [True] * len(inputs.triggers)
        self._armed_cache: list[tuple[int, int]] | None = None
        """What `armed_triggers` gave last; None where that may have changed."""
        self._outage_sizes = [0] * len(inputs.sites)
        """The size of the outage that begins at a site: kW, or millionths of what is online."""
        self.supplies = SupplyQueues(env, inputs.supplies)
        if any(building.planned is not None for building in inputs.buildings):
            schedule(env, -int(env.now), WORLD_PRIORITY, self._announce_all_planned)
        for i, building in enumerate(inputs.buildings):
            self._start_building(i, building)
        for s, site in enumerate(inputs.sites):
            if site.outages is not None:
                env.process(self._run_outages(s, site))

    # What the market is told

    @property
    def has_events(self) -> bool:
        """Whether there is anything that the market has not been told."""
        return bool(self._pending_events)

    def pop_events(self) -> list[CapacityEvent]:
        """Take the events of this instant, in the order in which the market is told of them."""
        pending, self._pending_events = sorted(self._pending_events), []
        completing = {event.building for event in pending if event.kind == EventKind.ONLINE}
        resolved = (self._resolve_event(event, completing) for event in pending)
        return [event for event in resolved if event is not None]

    def _resolve_event(self, event: CapacityEvent, completing: set[int]) -> CapacityEvent | None:
        """The event as it is told after those before it in the instant; None if they undid it.

        `completing` are the buildings that come online in this instant: what is planned for them is past.
        """
        i, s = event.building, event.site
        match event.kind:
            case EventKind.ANNOUNCED:
                self.is_announced[i] = True
                return event if i in completing else self._replan(event)
            case EventKind.REPLANNED:
                return None if self.is_online[i] or self.is_closed[i] else self._replan(event)
            case EventKind.CANCELLED:
                return event if self.is_announced[i] else None
            case EventKind.ONLINE:
                self.is_online[i] = True
                self._change_power(event.kind, s, event.kw)
                return event
            case EventKind.RETIRED:
                self._change_power(event.kind, s, event.kw)
                return event
            case EventKind.OUTAGE | EventKind.RESTORED:
                # What an outage takes is known only once the buildings of the same instant are online.
                kw = self._outage_kw_now(s) if event.kind == EventKind.OUTAGE else self.outage_kw[s]
                self._change_power(event.kind, s, kw)
                return CapacityEvent(event.kind, s, -1, kw, rules.NEVER) if kw else None
            case _:
                assert_never(event.kind)

    def _change_power(self, kind: EventKind, s: int, kw: int) -> None:
        """Apply an event to the power of a site."""
        self.online_kw[s], self.outage_kw[s] = power_after(kind, kw, self.online_kw[s], self.outage_kw[s])

    def _outage_kw_now(self, s: int) -> int:
        """The kW that the outage which begins now takes at a site: never more than is built there."""
        outages, size, built = self.inputs.sites[s].outages, self._outage_sizes[s], self.online_kw[s]
        assert outages is not None
        return min(rules.share_of_kw(size, built) if outages.takes_share else size, built)

    def _replan(self, event: CapacityEvent) -> CapacityEvent:
        """The event with a planned date that is still to come; and a review of the building on that date."""
        i, now = event.building, int(self.env.now)
        building = self.inputs.buildings[i]
        self.planned_dates[i] = rules.next_planned_date(self.planned_dates[i], building.review, now)
        if building.comes_online is None or building.comes_online > self.planned_dates[i]:
            schedule(
                self.env, self.planned_dates[i] - now, WORLD_PRIORITY, lambda _: self._review(i, building)
            )
        return CapacityEvent(event.kind, event.site, i, event.kw, self.planned_dates[i])

    def _report(self, kind: EventKind, site: int, building: int, kw: int, date: int = rules.NEVER) -> None:
        """Report an event to the market: now, or at the start if that is still to come."""
        self._pending_events.append(CapacityEvent(kind, site, building, kw, date))
        if self.env.now >= 0:
            self.wake()

    # Buildings

    def _start_building(self, i: int, building: SampledBuilding) -> None:
        """Schedule the begin of a building, and its end if it has one."""
        env = self.env
        if building.comes_online is not None:
            online = building.comes_online
            schedule(env, online - int(env.now), WORLD_PRIORITY, lambda _: self._come_online(i, building))
        elif building.begins is not None:
            schedule(env, building.begins - int(env.now), WORLD_PRIORITY, lambda _: self._begin_building(i))
        elif building.after:
            env.process(self._begin_after(i, building))
        for at, call_off in ((building.cancelled, self._cancel), (building.retired, self._retire)):
            if at is not None:
                schedule(env, at - int(env.now), CLOSING_PRIORITY, lambda _, off=call_off: off(i, building))  # type: ignore[misc]

    def _begin_building(self, i: int) -> None:
        """Begin a building, unless it has been cancelled."""
        if not self.is_closed[i]:
            self._processes[i] = self.env.process(self._build(i, self.inputs.buildings[i]))

    def _begin_after(self, i: int, building: SampledBuilding) -> ProcessGenerator:
        """Begin when all that a building waits for are online, and its own turn has come."""
        for other in building.after:
            yield self._completions[other]
        if building.begin_delay:
            yield self.env.timeout(building.begin_delay)
        self._begin_building(i)

    def _build(self, i: int, building: SampledBuilding) -> ProcessGenerator:
        """Run a building through its phases, from its begin until it is online."""
        env = self.env
        announced_at = max(int(env.now), 0)
        if building.planned is None:
            self.planned_dates[i] = int(env.now) + building.median_work
            if building.trigger is not None:
                announced_at = self.inputs.calendar.next_midnight(int(env.now))
            if announced_at > env.now:
                schedule(
                    env, announced_at - int(env.now), WORLD_PRIORITY, lambda _: self._announce(i, building)
                )
            else:
                self._announce(i, building)
        try:
            for phase in building.phases:
                yield from self._run_phase(i, phase)
            if building.trigger is not None and announced_at > env.now:
                yield env.timeout(announced_at - int(env.now))
        except simpy.Interrupt:
            return
        self._come_online(i, building)

    def _run_phase(self, i: int, phase: SampledPhase) -> ProcessGenerator:
        """One phase: take what it needs, work, and give back what is only lent."""
        lent: list[SampledNeed] = []
        try:
            yield from self.supplies.acquire(i, phase.needs, lent)
            if phase.takes:
                yield self.env.timeout(phase.takes)
        finally:
            self.supplies.give_back(lent)

    def _announce_all_planned(self, _: simpy.Event) -> None:
        """Announce at the start all buildings whose date is planned."""
        for i, building in enumerate(self.inputs.buildings):
            if building.planned is not None:
                self._announce(i, building)

    def _announce(self, i: int, building: SampledBuilding) -> None:
        """Announce a building to the market, with the date that is now planned for it."""
        if self.is_closed[i] and building.trigger is not None:
            return
        if building.planned is not None:
            self.planned_dates[i] = building.planned
        self._report(EventKind.ANNOUNCED, building.site, i, building.kw, self.planned_dates[i])
        if building.trigger is not None:
            self._is_armed[building.trigger] = True
            self._armed_cache = None

    def _review(self, i: int, building: SampledBuilding) -> None:
        """Plan a building anew that is not online on its planned date."""
        if not self.is_online[i] and not self.is_closed[i]:
            self._report(EventKind.REPLANNED, building.site, i, building.kw)

    def _come_online(self, i: int, building: SampledBuilding) -> None:
        if self.is_closed[i]:
            return
        self._report(EventKind.ONLINE, building.site, i, building.kw)
        self._is_complete[i] = True
        if i in self._completions:
            self._completions[i].succeed()

    def _cancel(self, i: int, building: SampledBuilding) -> None:
        """Cancel a building, unless it is online by now."""
        if self._is_complete[i]:
            return
        self.is_closed[i], self._armed_cache = True, None
        if building.trigger is not None:
            self._is_armed[building.trigger] = True
        process = self._processes[i]
        if process is not None and process.is_alive:
            process.interrupt()
        self._report(EventKind.CANCELLED, building.site, i, building.kw)

    def _retire(self, i: int, building: SampledBuilding) -> None:
        """Retire a building for good, if it is online."""
        if self._is_complete[i] and not self.is_closed[i]:
            self.is_closed[i], self._armed_cache = True, None
            self._report(EventKind.RETIRED, building.site, i, building.kw)

    # Triggers

    def fire_triggers(self, totals: SiteTotals) -> None:
        """Begin the buildings whose trigger fires, when an instant of the market is over."""
        self._armed_cache = None
        for w, trigger in enumerate(self.inputs.triggers):
            while (
                self._next_building[w] < len(trigger.buildings)
                and self.is_closed[trigger.buildings[self._next_building[w]]]
            ):
                self._next_building[w] += 1
            if (
                self._is_armed[w]
                and self._next_building[w] < len(trigger.buildings)
                and self._trigger_fires(trigger, totals)
            ):
                i = trigger.buildings[self._next_building[w]]
                self._next_building[w] += 1
                self._is_armed[w] = self.inputs.buildings[i].planned is not None
                self._begin_building(i)

    def armed_triggers(self) -> list[tuple[int, int]]:
        """The triggers that may fire, each as a site and the share of it that has to be committed."""
        if self._armed_cache is None:
            self._armed_cache = [
                (trigger.site, trigger.share)
                for w, trigger in enumerate(self.inputs.triggers)
                if self._is_armed[w]
                and not all(self.is_closed[i] for i in trigger.buildings[self._next_building[w] :])
            ]
        return self._armed_cache

    @staticmethod
    def _trigger_fires(trigger: SampledTrigger, totals: SiteTotals) -> bool:
        s = trigger.site
        return rules.trigger_fires(totals.committed[s], trigger.share, totals.online[s], totals.planned_kw(s))

    # Outages

    def _run_outages(self, s: int, site: SampledSite) -> ProcessGenerator:
        """One outage after the other, each counted from the end of the last."""
        outages = site.outages
        assert outages is not None
        if self.env.now < 0:
            yield self.env.timeout(int(-self.env.now))
        for every, lasts, takes in zip(outages.every, outages.lasts, outages.takes, strict=False):
            yield self.env.timeout(max(1, round_half_up(every)))
            self._outage_sizes[s] = round_half_up(takes * rules.MILLION if outages.takes_share else takes)
            self._report(EventKind.OUTAGE, s, -1, 0)
            yield self.env.timeout(max(1, round_half_up(lasts)))
            self._report(EventKind.RESTORED, s, -1, 0)
