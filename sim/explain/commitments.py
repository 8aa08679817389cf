"""The commitments to a request: the planned buildings that each rested on, its deliveries, and its releases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sim.explain.decision_trace import Decision
from sim.explain.record import TableRow
from sim.model.outcomes import RELEASE_REASONS, ReleaseReason

RELEASE_STEP, DELIVERY_STEP, MOVE_STEP, RENEGING_STEP = 0, 1, 2, 3
"""The order in which a market does these within one instant."""
_STEPS = {
    ReleaseReason.GAVE_UP: RENEGING_STEP,
    ReleaseReason.CANCELLED: RELEASE_STEP,
    ReleaseReason.RETIRED: RELEASE_STEP,
    ReleaseReason.MOVED: MOVE_STEP,
}
STEP_OF_RELEASE = {RELEASE_REASONS[reason]: _STEPS[reason] for reason in ReleaseReason}
"""By the word of the table `releases`: reneging, excess released by a site, or kW that move to another."""


@dataclass
class Commitment:
    """A commitment, its row of the table `commitments`, and what was delivered and released of it as (time, kW)."""

    row: TableRow
    outstanding_kw: int
    planned_buildings: list[TableRow] = field(default_factory=list)
    """The buildings that it rested on, as (building, kw, planned)."""
    deliveries: list[tuple[datetime, int]] = field(default_factory=list)
    releases: list[tuple[datetime, int]] = field(default_factory=list)
    moved_from: str | None = None
    """The site from which it moved here, where it was not made in a round of allocation."""

    def undelivered_kw(self, at: datetime) -> int:
        """Return what is still to be delivered after all that happens at a time."""
        return int(self.row["kw"]) - sum(kw for t, kw in (*self.deliveries, *self.releases) if t <= at)


@dataclass(frozen=True)
class BuildingAnnouncements:
    """All announcements of buildings in a replication: rows of the table `buildings`, in the order of time."""

    rows: list[TableRow]

    def changes_at(self, site: str, at: datetime, *events: str) -> list[TableRow]:
        """List the announcements of some kinds for a site at a time."""
        return [b for b in self.rows if b["site"] == site and b["at"] == at and b["event"] in events]

    def plan_at(self, site: str, at: datetime) -> list[TableRow]:
        """List the buildings planned at a site after all that is announced at a time, in the order of their dates."""
        plan: dict[str, TableRow] = {}
        for announced in self.rows:
            name = announced["building"]
            if announced["site"] == site and announced["at"] <= at and name is not None:
                # taken out even where it is planned anew: buildings of one date stand in the order announced
                plan.pop(name, None)
                if announced["event"] == "planned":
                    plan[name] = {"building": name, "kw": announced["kw"], "planned": announced["date"]}
        return sorted(plan.values(), key=lambda building: building["planned"])

    def late_building(self, site: str, planned_building: TableRow, day: datetime) -> TableRow | None:
        """Return a planned building, with its date as of a day and when it came online; None if it is online by then.

        `now_planned` is None where it was cancelled, `came` where it did not come online before the end of the run.
        """
        history = [b for b in self.rows if (b["site"], b["building"]) == (site, planned_building["building"])]
        known = [b for b in history if b["at"] <= day]
        if any(b["event"] == "online" for b in known):
            return None
        online_at = [b["at"] for b in history if b["event"] == "online"]
        return {
            **planned_building,
            "now_planned": known[-1]["date"],
            "came": online_at[0] if online_at else None,
        }

    def outage_kw(self, site: str, day: datetime) -> int:
        """Return the kW that an outage takes at a site on a day."""
        changes = [
            b
            for b in self.rows
            if b["site"] == site and b["at"] <= day and b["event"] in ("outage", "restored")
        ]
        return int(changes[-1]["kw"]) if changes and changes[-1]["event"] == "outage" else 0


def attach_planned_buildings(
    decision: Decision | None,
    commitments: Sequence[Commitment],
    announcements: BuildingAnnouncements,
    wanted: datetime,
) -> None:
    """Attach to each commitment the planned buildings without which it could not have been made for its date.

    Where the state of the site is not known, only buildings planned for the promised date itself are certain.
    """
    states = {} if decision is None else {s.site: s for p in decision.providers for s in p.sites}
    new_kw: dict[
        str, int
    ] = {}  # by site, committed in this round so far: the state is as of before the round
    for commitment in commitments:
        row = commitment.row
        site, promised = row["site"], row["promised"]
        plan = announcements.plan_at(site, row["committed"])
        if site not in states:
            # promised for the day that it was made, or wanted, it may rest on what is online already
            is_certain = promised > max(row["committed"], wanted)
            commitment.planned_buildings = [b for b in plan if is_certain and b["planned"] == promised]
            continue
        new_kw[site] = new_kw.get(site, 0) + row["kw"]
        state = states[site]
        shortage_kw = state.committed_kw + state.held_kw + new_kw[site] - state.online_kw
        for date in dict.fromkeys(b["planned"] for b in plan):
            if shortage_kw <= 0:
                break
            due = [b for b in plan if b["planned"] == date]
            commitment.planned_buildings += due
            shortage_kw -= sum(b["kw"] for b in due)


def mark_moves(commitments: Sequence[Commitment], releases: Iterable[TableRow]) -> None:
    """Mark the commitments of a request that came by a move, each with the site that it came from.

    Each move has a row in both tables, of the same time, provider and kW, in the same order.
    """
    for release in releases:
        if STEP_OF_RELEASE[release["why"]] == MOVE_STEP:
            moved = next(
                c
                for c in commitments
                if c.moved_from is None
                and c.row["site"] != release["site"]
                and c.row["promised"] <= c.row["committed"]
                and (c.row["committed"], c.row["provider"], c.row["kw"])
                == (release["at"], release["provider"], release["kw"])
            )
            moved.moved_from = release["site"]


def assign_deliveries(
    commitments: Sequence[Commitment], deliveries: Iterable[TableRow], releases: Iterable[TableRow]
) -> None:
    """Assign the deliveries and releases of a request to its commitments.

    The tables have them by site only. This mirrors the market: a site delivers in the order of promised dates, and
    releases its excess from the last commitment backwards; a request that reneges releases all that is outstanding.
    """
    moved_kw: dict[tuple[datetime, int, str], int] = {}
    steps = [(d["start"], DELIVERY_STEP, d) for d in deliveries]
    steps += [(x["at"], STEP_OF_RELEASE[x["why"]], x) for x in releases]
    for at, step, row in steps:
        key = (at, step, row["site"])
        moved_kw[key] = moved_kw.get(key, 0) + row["kw"]
    for (at, step, site), total_kw in sorted(moved_kw.items()):
        remaining_kw = total_kw
        queue = [c for c in commitments if c.row["site"] == site and c.row["committed"] <= at]
        queue.sort(key=lambda c: (c.row["promised"], c.row["committed"]))
        if step == RELEASE_STEP:
            # capacity falls away before anything is allocated in an instant: commitments made in it are not touched
            queue = [c for c in reversed(queue) if c.row["committed"] < at]
        for commitment in queue:
            kw = min(commitment.outstanding_kw, remaining_kw)
            if kw:
                commitment.outstanding_kw -= kw
                remaining_kw -= kw
                (commitment.deliveries if step == DELIVERY_STEP else commitment.releases).append((at, kw))
        assert remaining_kw == 0, "a site delivers and releases only what was committed there before"


def commitment_facts(commitment: Commitment) -> dict[str, Any]:
    """Return a commitment as facts of an event: site, kw, promised, and the buildings behind it."""
    row = commitment.row
    return {
        "site": row["site"],
        "kw": row["kw"],
        "promised": row["promised"],
        "behind": commitment.planned_buildings,
    }
