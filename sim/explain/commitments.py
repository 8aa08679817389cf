"""What was promised to a request: on which buildings each promise rested, and what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sim.explain.decision_trace import Decision
from sim.explain.record import TableRow


@dataclass
class Commitment:
    """A commitment, with what became of it: what was delivered and released of it, as (time, kW)."""

    row: TableRow
    outstanding_kw: int
    planned_buildings: list[TableRow] = field(default_factory=list)
    """The buildings that it rested on, as (building, kw, planned)."""
    deliveries: list[tuple[datetime, int]] = field(default_factory=list)
    releases: list[tuple[datetime, int]] = field(default_factory=list)

    def undelivered_kw(self, at: datetime) -> int:
        """What is still to come after all that happens at a time."""
        return int(self.row["kw"]) - sum(kw for t, kw in (*self.deliveries, *self.releases) if t <= at)


@dataclass(frozen=True)
class BuildingAnnouncements:
    """All that the market was told of buildings, as rows of the table `buildings`."""

    rows: list[TableRow]

    def changes_at(self, site: str, at: datetime, *events: str) -> list[TableRow]:
        """What was told of a site at a time."""
        return [b for b in self.rows if b["site"] == site and b["at"] == at and b["event"] in events]

    def plan_at(self, site: str, at: datetime) -> list[TableRow]:
        """What is planned at a site at a time, in the order of the dates."""
        plan: dict[str, TableRow] = {}
        for told in self.rows:
            name = told["building"]
            if told["site"] == site and told["at"] <= at and name is not None:
                plan.pop(name, None)
                if told["event"] == "planned":
                    plan[name] = {"building": name, "kw": told["kw"], "planned": told["date"]}
        return sorted(plan.values(), key=lambda building: building["planned"])

    def late_building(self, site: str, planned_building: TableRow, day: datetime) -> TableRow | None:
        """A building that was planned, if it is not online on a day: its date then, and when it came in the end."""
        all_told = [
            b for b in self.rows if (b["site"], b["building"]) == (site, planned_building["building"])
        ]
        until = [b for b in all_told if b["at"] <= day]
        if any(b["event"] == "online" for b in until):
            return None
        came = [b["at"] for b in all_told if b["event"] == "online"]
        return {**planned_building, "now_planned": until[-1]["date"], "came": came[0] if came else None}

    def outage_kw(self, site: str, day: datetime) -> int:
        """What an outage takes at a site on a day."""
        breaks = [
            b
            for b in self.rows
            if b["site"] == site and b["at"] <= day and b["event"] in ("outage", "restored")
        ]
        return int(breaks[-1]["kw"]) if breaks and breaks[-1]["event"] == "outage" else 0


def attach_planned_buildings(
    decision: Decision | None,
    commitments: Sequence[Commitment],
    announcements: BuildingAnnouncements,
    wanted: datetime,
) -> None:
    """Note the planned buildings without which a promise could not have been made for its date.

    Where the state of the site is not known, only those planned for the promised date itself are sure.
    """
    states = {} if decision is None else {s.site: s for seen in decision.providers for s in seen.sites}
    before: dict[str, int] = {}
    for promise in commitments:
        row = promise.row
        site, promised = row["site"], row["promised"]
        plan = announcements.plan_at(site, row["committed"])
        if site not in states:
            sure = promised > max(row["committed"], wanted)
            promise.planned_buildings = [b for b in plan if sure and b["planned"] == promised]
            continue
        before[site] = before.get(site, 0) + row["kw"]
        state = states[site]
        short = state.committed_kw + state.held_kw + before[site] - state.online_kw
        for date in dict.fromkeys(b["planned"] for b in plan):
            if short <= 0:
                break
            those = [b for b in plan if b["planned"] == date]
            promise.planned_buildings += those
            short -= sum(b["kw"] for b in those)


def assign_deliveries(
    commitments: Sequence[Commitment], deliveries: Iterable[TableRow], releases: Iterable[TableRow]
) -> None:
    """Give the deliveries and releases of a request to its commitments.

    A site serves in the order of what was promised, and releases from the last; so what it did in an instant
    tells for which.
    """
    moves: dict[tuple[datetime, int, str], int] = {}
    steps = [(d["start"], DELIVERY_STEP, d) for d in deliveries]
    steps += [(x["at"], RENEGING_STEP if x["why"] == "gave up" else RELEASE_STEP, x) for x in releases]
    for at, step, row in steps:
        key = (at, step, row["site"])
        moves[key] = moves.get(key, 0) + row["kw"]
    for (at, step, site), moved in sorted(moves.items()):
        queue = [p for p in commitments if p.row["site"] == site and p.row["committed"] <= at]
        queue.sort(key=lambda p: (p.row["promised"], p.row["committed"]))
        if step == RELEASE_STEP:
            queue = [p for p in reversed(queue) if p.row["committed"] < at]
        left = moved
        for promise in queue:
            kw = min(promise.outstanding_kw, left)
            if kw:
                promise.outstanding_kw -= kw
                left -= kw
                (promise.deliveries if step == DELIVERY_STEP else promise.releases).append((at, kw))
        assert left == 0, "what a site delivers or releases was promised there before"


RELEASE_STEP, DELIVERY_STEP, RENEGING_STEP = 0, 1, 2
"""The order within an instant."""


def commitment_facts(commitment: Commitment) -> dict[str, Any]:
    """A commitment as it was made."""
    row = commitment.row
    return {
        "site": row["site"],
        "kw": row["kw"],
        "promised": row["promised"],
        "behind": commitment.planned_buildings,
    }
