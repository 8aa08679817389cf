"""Step functions of power: the changes that a run makes to each site, stream and request, and the tables of them.

A change is (time, entity, kW). Every metric and table follows from lists of changes, so that each number on a plot
can be traced to rows of the tables. Times are microseconds since the start; s is a site.
"""

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.calendar import DAY_US
from sim.model.capacity_events import PLANNED_KINDS, UNPLANNED_KINDS, EventKind, power_after
from sim.model.rules import NEVER
from sim.model.run import ColumnTable, Run


def kw_days(changes: "KwChanges", begin: int, end: int) -> FloatArray:
    """Return the kW-days within [begin, end) that each change contributes, as `(n_changes,)` float64.

    An integral over time is their sum, in the order of the rows: of another order the last bit may differ.
    """
    return changes.kw * ((end - np.clip(changes.at, begin, end)) / DAY_US)


@dataclass(frozen=True)
class KwChanges:
    """Changes of kW: when (`at`), of which entity (its index), and by how much (`kw`); each `(n_changes,)`."""

    at: IntArray
    entity: IntArray
    kw: IntArray

    def total(self) -> tuple[IntArray, IntArray]:
        """Return the step function of all together: the times of its steps, in order, and the kW after each."""
        order = np.argsort(self.at, kind="stable")
        at, kw = self.at[order], np.cumsum(self.kw[order])
        # Of changes at one time only the level after the last of them counts; no changes give no rows.
        last = np.append(at[1:] != at[:-1], np.ones(len(at[:1]), dtype=bool))
        return at[last], kw[last]

    def relabel(self, entity_map: IntArray) -> "KwChanges":
        """Return the same changes for other entities: `entity_map[k]` in place of k."""
        return KwChanges(self.at, entity_map[self.entity], self.kw)

    def select(self, of_entity: BoolArray) -> "KwChanges":
        """Return the changes of the entities that a mask is true of."""
        chosen = of_entity[self.entity]
        return KwChanges(self.at[chosen], self.entity[chosen], self.kw[chosen])

    def negate(self) -> "KwChanges":
        """Return the same changes with the opposite sign."""
        return KwChanges(self.at, self.entity, -self.kw)


class StepReadings:
    """Levels of step functions at times in order: a change counts from the first of them that is not before it."""

    def __init__(self, changes: KwChanges, times: IntArray) -> None:
        self.changes, self._n_times = changes, len(times)
        self._first_reading = np.searchsorted(times, changes.at)

    def total_levels(self) -> FloatArray:
        """Return the kW of all entities together at each time, as `(n_times,)`."""
        kw = np.bincount(self._first_reading, weights=self.changes.kw, minlength=self._n_times + 1)
        return kw[:-1].cumsum()

    def levels_by_entity(self, n: int, entity_map: IntArray | None = None) -> FloatArray:
        """Return the kW of each of `n` entities at each time, `(n, n_times)`, with `entity_map[k]` in place of k."""
        of, k = self.changes.entity, self._n_times + 1
        where = (of if entity_map is None else entity_map[of]) * k + self._first_reading
        kw = np.bincount(where, weights=self.changes.kw, minlength=n * k).reshape(n, k)
        return kw[:, :-1].cumsum(axis=1)


def concatenate_changes(*parts: KwChanges) -> KwChanges:
    """Concatenate lists of changes, in their order."""
    return KwChanges(
        np.concatenate([p.at for p in parts]),
        np.concatenate([p.entity for p in parts]),
        np.concatenate([p.kw for p in parts]),
    )


def decreases_before(at: IntArray, entity: IntArray, kw: IntArray, end: int) -> KwChanges:
    """Return the decreases by `kw` that happen before the end."""
    before = at < end
    return KwChanges(at[before], entity[before], -kw[before])


@dataclass(frozen=True)
class Series:
    """All changes of a run, by site where nothing else is stated."""

    online: KwChanges
    committed: KwChanges
    in_service: KwChanges
    """By row of the deliveries."""
    unserved: KwChanges
    """By request: wanted, not lost, and not yet delivered."""
    shortfall: KwChanges
    """By request: unserved, with lost kW counted until wanted + term; the same object where nothing is lost."""
    building_changes: list[tuple[int, int, int]]
    """(site, building, kW) of what came online, in order; for a building that was retired the kW is below 0."""


def series(run: Run) -> Series:
    """Derive all changes that a run makes from its tables."""
    future, end = run.inputs, run.inputs.calendar.end
    deliveries, commitments, releases = run.deliveries, run.commitments, run.releases
    rows = np.arange(len(deliveries), dtype=np.int64)
    in_service = concatenate_changes(
        KwChanges(deliveries["start"], rows, deliveries["kw"]),
        decreases_before(deliveries["end"], rows, deliveries["kw"], end),
    )
    committed = concatenate_changes(
        KwChanges(commitments["committed"], commitments["site"], commitments["kw"]),
        decreases_before(releases["at"], releases["site"], releases["kw"], end),
        decreases_before(deliveries["end"], deliveries["site"], deliveries["kw"], end),
    )
    online, came = _online_changes(run)
    asked, became = future.requests, run.requests
    requests = np.arange(len(asked), dtype=np.int64)
    wanted = asked.wanted < end
    begun = deliveries["request"] >= 0
    lost = became["lost_kw"]
    gave_up_at = np.where(lost > 0, np.maximum(asked.gives_up, became["answered"]), NEVER)
    unserved = concatenate_changes(
        KwChanges(np.maximum(asked.wanted[wanted], 0), requests[wanted], asked.size_kw[wanted]),
        decreases_before(
            deliveries["start"][begun], deliveries["request"][begun], deliveries["kw"][begun], end
        ),
        decreases_before(gave_up_at, requests, lost, end),
    )
    past = np.flatnonzero((lost > 0) & (gave_up_at < asked.wanted + asked.term))
    shortfall = unserved
    if len(past):
        shortfall = concatenate_changes(
            unserved,
            KwChanges(gave_up_at[past], past, lost[past]),
            decreases_before(asked.wanted[past] + asked.term[past], past, lost[past], end),
        )
    return Series(online, committed, in_service, unserved, shortfall, came)


def _online_changes(run: Run) -> tuple[KwChanges, list[tuple[int, int, int]]]:
    """What was online at each site, as the market was told; and what came and went."""
    online = [(0, s, site.online_kw) for s, site in enumerate(run.inputs.sites)]
    building_changes: list[tuple[int, int, int]] = []
    online_kw = [site.online_kw for site in run.inputs.sites]
    outage_kw = [0] * len(online_kw)
    table = run.buildings
    rows = np.flatnonzero(~np.isin(table["event"], PLANNED_KINDS))
    columns = (table[name][rows].tolist() for name in ("site", "project", "at", "event", "kw"))
    for s, building, at, event, kw in zip(*columns, strict=True):
        before, kind = online_kw[s], EventKind(event)
        online_kw[s], outage_kw[s] = power_after(kind, kw, before, outage_kw[s])
        if kind == EventKind.ONLINE:
            building_changes.append((s, building, kw))
        elif kind == EventKind.RETIRED:
            building_changes.append((s, building, -kw))
        online.append((at, s, online_kw[s] - before))
    changed = np.array(online, dtype=np.int64).reshape(-1, 3).T
    return KwChanges(changed[0], changed[1], changed[2]), building_changes


def _planned_changes(run: Run) -> KwChanges:
    """Return the changes of planned kW by site: of a building from its announcement to online or cancelled."""
    table = run.buildings
    told = np.flatnonzero(np.isin(table["event"], PLANNED_KINDS))
    projects, at = np.unique(table["project"][told], return_index=True)
    first = told[at]
    ended = np.flatnonzero(np.isin(table["event"], UNPLANNED_KINDS) & np.isin(table["project"], projects))
    site, kw = table["site"], table["kw"]
    return concatenate_changes(
        KwChanges(table["at"][first], site[first], kw[first]),
        KwChanges(table["at"][ended], site[ended], -kw[ended]),
    )


def _levels_by_entity(parts: list[KwChanges], n: int) -> tuple[IntArray, IntArray, list[IntArray]]:
    """Join lists of changes to rows of entity, time and the level of each list after the changes at that time.

    Returns the entities, the times and one array of levels a list, each `(n_rows,)`, sorted by entity, then time.
    Each entity has a row at time 0; a later row stands only where some level changed.
    """
    zero = np.zeros(n, dtype=np.int64)
    at = np.concatenate([zero, *(p.at for p in parts)])
    of = np.concatenate([np.arange(n, dtype=np.int64), *(p.entity for p in parts)])
    order = np.lexsort((at, of))
    at, of = at[order], of[order]
    first = np.ones(len(at), dtype=bool)
    first[1:] = (at[1:] != at[:-1]) | (of[1:] != of[:-1])
    begin = np.flatnonzero(first)
    whom, when = of[begin], at[begin]
    levels, changed = [], when == 0
    offset = n
    for part in parts:
        kw = np.zeros(len(order), dtype=np.int64)
        kw[offset : offset + len(part.at)] = part.kw
        offset += len(part.at)
        step = np.add.reduceat(kw[order], begin) if len(begin) else kw[:0]
        running = np.cumsum(step)
        starts = np.flatnonzero(np.diff(whom, prepend=-1))
        before = running[starts] - step[starts]
        levels.append(running - np.repeat(before, np.diff(np.append(starts, len(whom)))))
        changed = changed | (step != 0)
    return whom[changed], when[changed], [level[changed] for level in levels]


def capacity_table(run: Run, changes: Series) -> ColumnTable:
    """Return the table `capacity`: a row for each site and time at which it changed, beginning with the start."""
    sites = len(run.inputs.sites)
    in_service = changes.in_service.relabel(run.deliveries["site"])
    site, time, levels = _levels_by_entity(
        [changes.online, _planned_changes(run), changes.committed, in_service], sites
    )
    online, planned, committed, served = levels
    order = np.lexsort((site, time))
    columns = {
        "site": site,
        "time": time,
        "online_kw": online,
        "planned_kw": planned,
        "committed_kw": committed,
        "in_service_kw": served,
        "interrupted_kw": np.maximum(served - online, 0),
    }
    return ColumnTable({name: column[order] for name, column in columns.items()})


def backlog_table(run: Run, changes: Series) -> ColumnTable:
    """Return the table `backlog`: a row for each stream and time at which it changed, beginning with the start."""
    streams = len(run.inputs.streams)
    in_service = changes.in_service.relabel(run.deliveries["stream"])
    unserved = changes.unserved.relabel(run.inputs.stream_of_request())
    stream, time, (served, short) = _levels_by_entity([in_service, unserved], streams)
    order = np.lexsort((stream, time))
    columns = {
        "time": time,
        "stream": stream,
        "wanted_kw": served + short,
        "in_service_kw": served,
        "unserved_kw": short,
    }
    return ColumnTable({name: column[order] for name, column in columns.items()})
