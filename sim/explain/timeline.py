"""What happened to one request: a list of dated events, each of a kind, with its numbers.

Everything stands in the tables of the run; what a provider could have done at a time, and what its place in the
ranking rests on, comes from looking on while the same replication is played again (`sim.explain.decision_trace`), and
is left out where that cannot be had. Nothing is inferred beyond that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sim.explain.commitments import (
    BuildingAnnouncements,
    Commitment,
    assign_deliveries,
    attach_planned_buildings,
)
from sim.explain.decisions import AllocationRounds
from sim.explain.record import DAY_LENGTH, ReplicationRecord, TableRow, TimelineEvent

EVENT_ORDER = ("asked", "ended", "released", "put", "placing", "waits", "delivered", "missed", "gave up")
"""The kinds of events as they go within an instant."""
ORDER_ALIASES = {"joined": "placing", "answered": "placing", "offered": "placing"}


@dataclass(frozen=True)
class Timeline:
    """All that happened to a request in one replication: its row of the table `requests`, and the events."""

    request: TableRow
    events: list[TimelineEvent]

    @property
    def commitments(self) -> list[TableRow]:
        """What was promised, in the order made: provider, site, kw, promised."""
        offers = [place for e in self.events for place in (e.facts, *e.facts.get("ranking", ()))]
        return [
            {"provider": offer.get("provider", offer.get("holder")), **_drop_key(promise, "behind")}
            for offer in offers
            for promise in offer.get("promises", ())
        ]

    @property
    def deliveries(self) -> list[TableRow]:
        """What was delivered, in the order of the dates: provider, site, kw, start."""
        return [
            {name: e.facts[name] for name in ("provider", "site", "kw")} | {"start": e.at}
            for e in self.events
            if e.kind == "delivered"
        ]


def _drop_key(row: TableRow, name: str) -> TableRow:
    return {key: value for key, value in row.items() if key != name}


def build_timeline(record: ReplicationRecord, row: TableRow) -> Timeline:
    """What happened to this request?"""
    teller = TimelineBuilder(record, row)
    events = sorted(
        teller.events(), key=lambda e: (e.at, EVENT_ORDER.index(ORDER_ALIASES.get(e.kind, e.kind)))
    )
    return Timeline(row, [*events, teller.outcome_event(events[-1].at)])


class TimelineBuilder:
    """Gathers the events of one request from the rows about it."""

    def __init__(self, record: ReplicationRecord, row: TableRow) -> None:
        self.record, self.row = record, row
        r = row["request"]
        self.right = record.scenario.rights.get(row["right"]) if row["right"] else None
        self.end = record.scenario.end
        self.announcements = BuildingAnnouncements(record.rows("buildings"))
        self.commitments = [Commitment(made, made["kw"]) for made in record.rows("commitments", request=r)]
        self.releases = record.rows("releases", request=r)
        self.rounds = AllocationRounds(record, row, self.commitments)
        for look, made in self.rounds.rounds:
            attach_planned_buildings(look, made, self.announcements, row["wanted"])
        assign_deliveries(self.commitments, record.rows("deliveries", request=r), self.releases)

    def events(self) -> Iterator[TimelineEvent]:
        """All events, in no order but that of their kind."""
        yield self._request_event()
        yield from self._right_events()
        yield from self.rounds.events()
        yield from self._waiting_events()
        yield from self._delivery_events()
        yield from self._release_events()

    # What was asked, and of whom first

    def _request_event(self) -> TimelineEvent:
        row = self.row
        names = (
            "request", "stream", "number", "deal", "customer", "class", "only", "size_kw", "block_kw", "split",
            "priority", "wanted", "gives_up",
        )  # fmt: skip
        facts = {name: row[name] for name in names} | {"term_days": row["term"] / DAY_LENGTH}
        if row["deal"] is not None:
            parts = self.record.rows("requests", stream=row["stream"], deal=row["deal"])
            facts["parts"] = [part["request"] for part in parts]
        return TimelineEvent(row["asked"], "asked", facts)

    def _right_events(self) -> Iterator[TimelineEvent]:
        """The right that covered it, or why none did."""
        row, right = self.row, self.right
        if right is None:
            if not self.rounds.joins_waiting_list:
                yield TimelineEvent(
                    row["asked"], "put", {"right": None, "not_in_force": self._inactive_rights()}
                )
            return
        window = row["window"]
        yield TimelineEvent(
            row["asked"],
            "put",
            {
                "right": row["right"],
                "holder": row["holder"],
                "exclusive": right.is_exclusive,
                "customer": right.over.customer,
                "classes": None if right.over.classes is None else list(right.over.classes),
                **self._right_span(row["right"]),
                "window_days": None if window is None else window / DAY_LENGTH,
                "answer_due": None if window is None else row["asked"] + window,
                "holds_capacity": right.answers_first and right.holds_capacity and bool(window),
            },
        )

    def _right_span(self, name: str) -> dict[str, datetime | None]:
        """From when until when a right was in force, where that could be had."""
        if self.record.inputs is None:
            return {}
        clause = next(each for each in self.record.inputs.rights if each.name == name)
        return {"from": self.record.date(max(0, clause.begins)), "until": self.record.date(clause.ends)}

    def _inactive_rights(self) -> list[dict[str, Any]] | None:
        """The rights that cover the request, though not at the time when it was asked; None if not known."""
        future = self.record.inputs
        if future is None:
            return None
        group = future.groups[int(future.requests.group[self.row["request"]])]
        names = [future.rights[k].name for k in group.rights]
        return [{"right": name, **self._right_span(name)} for name in names]

    # What became of it

    def _delivery_events(self) -> Iterator[TimelineEvent]:
        """What was delivered, and when it ended; and promises that were not kept on their day."""
        ends: dict[datetime, int] = {}
        for promise in self.commitments:
            row = promise.row
            where = {"provider": row["provider"], "site": row["site"]}
            for at, kw in promise.deliveries:
                until = at + self.row["term"]
                yield TimelineEvent(
                    at,
                    "delivered",
                    {
                        **where,
                        "kw": kw,
                        "of_kw": row["kw"],
                        "promised": row["promised"],
                        "late_days": (at - row["promised"]) / DAY_LENGTH,
                        "until": until,
                        "came": [
                            {"building": b["building"], "kw": b["kw"], "event": b["event"]}
                            for b in self.announcements.changes_at(row["site"], at, "online", "restored")
                            if at > row["committed"]
                        ],
                    },
                )
                if until < self.end:
                    ends[until] = ends.get(until, 0) + kw
            day = row["promised"]
            if day < self.end and promise.undelivered_kw(day):
                yield TimelineEvent(day, "missed", {**where, **self._missed_facts(promise, day)})
        for at, kw in ends.items():
            yield TimelineEvent(at, "ended", {"kw": kw})

    def _missed_facts(self, commitment: Commitment, day: datetime) -> dict[str, Any]:
        """Why is a promise not kept on its day: buildings behind it, an outage; else promises that go before it."""
        row, site = commitment.row, commitment.row["site"]
        late, out_kw = (
            self._late_buildings(site, commitment.planned_buildings, day),
            self.announcements.outage_kw(site, day),
        )
        ahead: list[TableRow] = []
        if not late and not out_kw:
            ahead = [
                made
                for made in self.record.rows("commitments", site=site)
                if row["committed"] < made["committed"] <= day and made["promised"] < row["promised"]
            ]
            behind = [
                b
                for made in ahead
                for b in self.announcements.plan_at(site, made["committed"])
                if b["planned"] <= day
            ]
            late = self._late_buildings(site, behind, day)
        return {
            "kw": commitment.undelivered_kw(day),
            "of_kw": row["kw"],
            "committed": row["committed"],
            "late": late,
            "outage_kw": out_kw,
            "ahead_kw": sum(made["kw"] for made in ahead),
        }

    def _late_buildings(self, site: str, buildings: list[TableRow], day: datetime) -> list[TableRow]:
        """Those of some buildings that are not online on a day, each once."""
        once = {building["building"]: building for building in buildings}
        late = [self.announcements.late_building(site, building, day) for building in once.values()]
        return [building for building in late if building is not None]

    def _release_events(self) -> Iterator[TimelineEvent]:
        """What was released, and what gave up."""
        row = self.row
        for release in self.releases:
            if release["why"] != "gave up":
                facts = {name: release[name] for name in ("provider", "site", "kw", "why")}
                gone = self.announcements.changes_at(release["site"], release["at"], "cancelled", "retired")
                facts["buildings"] = [{"building": b["building"], "kw": b["kw"]} for b in gone]
                yield TimelineEvent(release["at"], "released", facts)
        if row["lost_kw"]:
            at = max(row["gives_up"], row["answered"])
            promised = [
                {name: x[name] for name in ("provider", "site", "kw")}
                for x in self.releases
                if x["why"] == "gave up"
            ]
            yield TimelineEvent(at, "gave up", {"kw": row["lost_kw"], "promised": promised})

    def _waiting_events(self) -> Iterator[TimelineEvent]:
        """What nobody took in the first round."""
        row, answered = self.row, self.row["answered"]
        if answered is None:
            return
        placed = sum(p.row["kw"] for p in self.commitments if p.row["committed"] <= answered)
        gave_up = row["lost_kw"] and row["gives_up"] <= answered
        if placed < row["size_kw"] and not gave_up:
            yield TimelineEvent(answered, "waits", {"kw": row["size_kw"] - placed})

    def outcome_event(self, last: datetime) -> TimelineEvent:
        """What has become of it when the run, or the story, ends."""
        row = self.row
        names = ("status", "answered", "delivered_kw", "lost_kw", "first_delivery", "full_delivery")
        waits = row["status"] == "waiting"
        facts = {name: row[name] for name in names} | {
            "wanted": row["wanted"],
            "promised_kw": sum(p.outstanding_kw for p in self.commitments) if waits else 0,
            "uncommitted_kw": row["size_kw"] - row["committed_kw"] if waits else 0,
        }
        return TimelineEvent(self.end if waits else last, "outcome", facts)
