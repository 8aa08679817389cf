"""How much there is to simulate in the world that builds: the numbers of buildings, and of events.

They are rough, and there to refuse what would take all memory: an outage every microsecond, say. Demand has its own
count, of requests (`demand.expected_requests`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from sim.scenario.construction import Building, Site
from sim.scenario.distribution_properties import mean
from sim.scenario.distributions import Distribution, UncertainNumbers
from sim.scenario.faults import Complaint, KeyPath
from sim.scenario.supplies import RegularArrivals, Supply

MAX_WORLD_EVENTS = 1e7
"""The largest expected number of outages and reviews, or of arrivals of supplies, in one replication."""
MAX_BUILDING_PARTS = 1_000_000
"""The largest number of buildings with their phases and needs."""
_MICROSECOND = timedelta(microseconds=1)


def building_complaints(
    sites: Mapping[str, Site], start: datetime, end: datetime, uncertain: UncertainNumbers
) -> list[Complaint]:
    """A complaint where there are too many buildings, outages or reviews; its path begins below `sites`."""
    parts: dict[KeyPath, float] = {}
    events: dict[KeyPath, float] = {}
    for name, site in sites.items():
        if site.outages:
            cycle = [site.outages.every, site.outages.lasts]
            events[name, "outages", "every"] = expected_events(end - start, cycle, uncertain)
        for building_name, building in site.buildings.items():
            path = (name, "buildings", building_name)
            phases = (building.phases or {}).values()
            parts[path] = building.count * (1 + sum(1 + len(phase.needs) for phase in phases))
            events[(*path, "review")] = expected_reviews(building, start, end, uncertain)
    return [
        *count_complaints(
            parts, MAX_BUILDING_PARTS, "buildings with their phases and needs", "build fewer and larger ones"
        ),
        *count_complaints(
            events, MAX_WORLD_EVENTS, "outages and reviews", "write a longer time between them"
        ),
    ]


def supply_complaints(
    supplies: Mapping[str, Supply], end: datetime, uncertain: UncertainNumbers
) -> list[Complaint]:
    """A complaint where supplies arrive too often; its path begins below `supplies`."""
    events: dict[KeyPath, float] = {}
    for name, supply in supplies.items():
        if isinstance(arrives := supply.arrives, RegularArrivals):
            span = max(end - arrives.from_.at, timedelta())
            events[name, "arrives", "every"] = expected_events(span, [arrives.every], uncertain)
    return count_complaints(
        events, MAX_WORLD_EVENTS, "arrivals of supplies", "write a longer time between them"
    )


def count_complaints(
    counts: Mapping[KeyPath, float], most: float, phrase: str, remedy: str
) -> list[Complaint]:
    """A complaint about the largest of some counts, where together they are too many."""
    total = sum(counts.values())
    if total <= most:
        return []
    path = max(counts, key=counts.__getitem__)
    return [Complaint(f"makes for {total:.2g} {phrase}, more than {most:.0e}", remedy, None, path)]


def expected_events(span: timedelta, gaps: list[Distribution], uncertain: UncertainNumbers) -> float:
    """The rough number of events in a span, each of which comes some gaps after the last; 0 if a number is faulty."""
    gap = sum(max(1.0, mean(each, uncertain)) for each in gaps)
    return 0.0 if math.isnan(gap) else span / _MICROSECOND / gap


def expected_reviews(
    building: Building, start: datetime, end: datetime, uncertain: UncertainNumbers
) -> float:
    """The most reviews of a building and the others of its group: from planned until online, or to the end."""
    first = max(start, building.planned.at) if building.planned else start
    late = max(end - first, timedelta())
    if building.phases is None and isinstance(building.slip, Distribution):
        slip = mean(building.slip, uncertain)
        if slip < late / _MICROSECOND:
            late = max(slip, 0.0) * _MICROSECOND
    return building.count * expected_events(late, [building.review], uncertain)
