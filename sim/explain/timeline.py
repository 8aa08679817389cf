"""The timeline of one request: a list of dated events, each of a kind, with its facts.

The facts come from the tables of the run. What a provider could have done at a time, and what its place in the
ranking rests on, come from tracing the decisions while the same replication is simulated again
(`sim.explain.decision_trace`), and are left out where that is not possible. Nothing is inferred beyond that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sim.explain.commitments import (
    RELEASE_STEP,
    RENEGING_STEP,
    STEP_OF_RELEASE,
    BuildingAnnouncements,
    Commitment,
    assign_deliveries,
    attach_planned_buildings,
    commitment_facts,
    mark_moves,
)
from sim.explain.decisions import AllocationRounds
from sim.explain.record import DAY_LENGTH, ReplicationRecord, TableRow, TimelineEvent

EVENT_ORDER = (
    "asked", "ended", "released", "put", "placing", "waits", "moved", "delivered", "missed", "gave up",
)  # fmt: skip
"""The order of the kinds of events within an instant; `outcome` is the last of all."""
ORDER_ALIASES = {"joined": "placing", "answered": "placing", "offered": "placing"}
"""Kinds that stand at one place of the order, since they alternate as the rounds of allocation do."""


@dataclass(frozen=True)
class Timeline:
    """All that happened to a request in one replication: its row of the table `requests`, and its events."""

    request: TableRow
    events: list[TimelineEvent]

    @property
    def commitments(self) -> list[TableRow]:
        """The commitments in the order made: provider, site, kw, promised."""
        # answers of a holder have their commitments among their facts, overflows in each row of their ranking
        offers = [offer for e in self.events for offer in (e.facts, *e.facts.get("ranking", ()))]
        return [
            {"provider": offer.get("provider", offer.get("holder")), **_drop_key(promise, "behind")}
            for offer in offers
            for promise in offer.get("promises", ())
        ]

    @property
    def deliveries(self) -> list[TableRow]:
        """The deliveries in the order of their dates: provider, site, kw, start."""
        return [
            {name: e.facts[name] for name in ("provider", "site", "kw")} | {"start": e.at}
            for e in self.events
            if e.kind == "delivered"
        ]


def _drop_key(row: TableRow, name: str) -> TableRow:
    return {key: value for key, value in row.items() if key != name}


def build_timeline(record: ReplicationRecord, row: TableRow) -> Timeline:
    """Build the timeline of the request with a row of the table `requests`."""
    builder = TimelineBuilder(record, row)
    events = sorted(
        builder.events(), key=lambda e: (e.at, EVENT_ORDER.index(ORDER_ALIASES.get(e.kind, e.kind)))
    )
    return Timeline(row, [*events, builder.outcome_event(events[-1].at)])


class TimelineBuilder:
    """Builds the events of one request from the rows about it."""

    def __init__(self, record: ReplicationRecord, row: TableRow) -> None:
        self.record, self.row = record, row
        r = row["request"]
        self.right = record.scenario.rights.get(row["right"]) if row["right"] else None
        self.end = record.scenario.end
        self.announcements = BuildingAnnouncements(record.rows("buildings"))
        self.commitments = [Commitment(c, c["kw"]) for c in record.rows("commitments", request=r)]
        self.releases = record.rows("releases", request=r)
        mark_moves(self.commitments, self.releases)
        self.rounds = AllocationRounds(record, row, self.commitments)
        for decision, commitments in self.rounds.rounds:
            attach_planned_buildings(decision, commitments, self.announcements, row["wanted"])
        assign_deliveries(self.commitments, record.rows("deliveries", request=r), self.releases)

    def events(self) -> Iterator[TimelineEvent]:
        """Yield all events but the outcome, kind by kind, not in the order of time."""
        yield self._request_event()
        yield from self._right_events()
        yield from self.rounds.events()
        yield from self._waiting_events()
        yield from self._delivery_events()
        yield from self._release_events()
        yield from self._move_events()

    # The request and its right

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
        """Yield the right that decided first, or why none did; nothing for a request that joined the waiting list."""
        row, right = self.row, self.right
        put_at = max(row["asked"], self.record.scenario.start)
        if right is None:
            if not self.rounds.joins_waiting_list:
                yield TimelineEvent(put_at, "put", {"right": None, "not_in_force": self._inactive_rights()})
            return
        window = row["window"]
        # A window that is over by the start is none.
        due = None if window is None else max(row["asked"] + window, put_at)
        yield TimelineEvent(
            put_at,
            "put",
            {
                "right": row["right"],
                "holder": row["holder"],
                "exclusive": right.is_exclusive,
                "customer": right.over.customer,
                "classes": None if right.over.classes is None else list(right.over.classes),
                **self._right_span(row["right"]),
                "window_days": None if window is None else window / DAY_LENGTH,
                "answer_due": due,
                "holds_capacity": right.answers_first and right.holds_capacity and due != put_at,
            },
        )

    def _right_span(self, name: str) -> dict[str, datetime | None]:
        """The dates from and until which a right was in force, where the inputs are known."""
        if self.record.inputs is None:
            return {}
        right = next(right for right in self.record.inputs.rights if right.name == name)
        return {"from": self.record.date(max(0, right.begins)), "until": self.record.date(right.ends)}

    def _inactive_rights(self) -> list[dict[str, Any]] | None:
        """The rights that cover the request but were not in force when it was asked; None without the inputs."""
        inputs = self.record.inputs
        if inputs is None:
            return None
        group = inputs.groups[int(inputs.requests.group[self.row["request"]])]
        names = [inputs.rights[k].name for k in group.rights]
        return [{"right": name, **self._right_span(name)} for name in names]

    # Service, waiting and the outcome

    def _delivery_events(self) -> Iterator[TimelineEvent]:
        """Yield deliveries and their ends, and commitments that were not delivered on their promised day."""
        ends: dict[datetime, int] = {}
        for commitment in self.commitments:
            row = commitment.row
            place = {"provider": row["provider"], "site": row["site"]}
            for at, kw in commitment.deliveries:
                until = at + self.row["term"]
                yield TimelineEvent(
                    at,
                    "delivered",
                    {
                        **place,
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
            # What moved later was missed at the site that it came from.
            if row["committed"] <= day < self.end and commitment.undelivered_kw(day):
                yield TimelineEvent(day, "missed", {**place, **self._missed_facts(commitment, day)})
        for at, kw in ends.items():
            yield TimelineEvent(at, "ended", {"kw": kw})

    def _missed_facts(self, commitment: Commitment, day: datetime) -> dict[str, Any]:
        """The kW of a commitment that are not delivered on its promised day, and why.

        The causes are the late buildings behind it and an outage; where there is neither, commitments made later at
        the site for earlier dates, which are delivered first, and the late buildings behind those.
        """
        row, site = commitment.row, commitment.row["site"]
        late = self._late_buildings(site, commitment.planned_buildings, day)
        outage_kw = self.announcements.outage_kw(site, day)
        ahead: list[TableRow] = []
        if not late and not outage_kw:
            ahead = [
                other
                for other in self.record.rows("commitments", site=site)
                if row["committed"] < other["committed"] <= day and other["promised"] < row["promised"]
            ]
            planned = [
                b
                for other in ahead
                for b in self.announcements.plan_at(site, other["committed"])
                if b["planned"] <= day
            ]
            late = self._late_buildings(site, planned, day)
        return {
            "kw": commitment.undelivered_kw(day),
            "of_kw": row["kw"],
            "committed": row["committed"],
            "late": late,
            "outage_kw": outage_kw,
            "ahead_kw": sum(other["kw"] for other in ahead),
        }

    def _late_buildings(self, site: str, buildings: list[TableRow], day: datetime) -> list[TableRow]:
        """Those of some planned buildings that are not online on a day, each once."""
        by_name = {building["building"]: building for building in buildings}
        late = [self.announcements.late_building(site, building, day) for building in by_name.values()]
        return [building for building in late if building is not None]

    def _release_events(self) -> Iterator[TimelineEvent]:
        """Yield what a site released of its commitments, and what of the request reneged."""
        row = self.row
        for release in self.releases:
            if STEP_OF_RELEASE[release["why"]] == RELEASE_STEP:
                facts = {name: release[name] for name in ("provider", "site", "kw", "why")}
                withdrawn = self.announcements.changes_at(
                    release["site"], release["at"], "cancelled", "retired"
                )
                facts["buildings"] = [{"building": b["building"], "kw": b["kw"]} for b in withdrawn]
                yield TimelineEvent(release["at"], "released", facts)
        if row["lost_kw"]:
            # a request is not given up before its holder has answered, however long the window
            at = max(row["gives_up"], row["answered"])
            promised = [
                {name: x[name] for name in ("provider", "site", "kw")}
                for x in self.releases
                if STEP_OF_RELEASE[x["why"]] == RENEGING_STEP
            ]
            yield TimelineEvent(at, "gave up", {"kw": row["lost_kw"], "promised": promised})

    def _move_events(self) -> Iterator[TimelineEvent]:
        """Yield the commitments that moved to another site of their provider, where they are served."""
        for commitment in self.commitments:
            if commitment.moved_from is not None:
                row = commitment.row
                facts = {"provider": row["provider"], "from": commitment.moved_from}
                yield TimelineEvent(
                    row["committed"], "moved", facts | {"promises": [commitment_facts(commitment)]}
                )

    def _waiting_events(self) -> Iterator[TimelineEvent]:
        """Yield the kW that nobody took in the first round of allocation, and that did not renege at once."""
        row, answered = self.row, self.row["answered"]
        if answered is None:
            return
        made = [c for c in self.commitments if c.moved_from is None]
        committed_kw = sum(c.row["kw"] for c in made if c.row["committed"] <= answered)
        reneged = row["lost_kw"] and row["gives_up"] <= answered
        if committed_kw < row["size_kw"] and not reneged:
            yield TimelineEvent(answered, "waits", {"kw": row["size_kw"] - committed_kw})

    def outcome_event(self, last: datetime) -> TimelineEvent:
        """The last event: what has become of the request at the end of the run, or after its last event."""
        row = self.row
        names = ("status", "answered", "delivered_kw", "lost_kw", "first_delivery", "full_delivery")
        waits = row["status"] == "waiting"
        facts = {name: row[name] for name in names} | {
            "wanted": row["wanted"],
            "promised_kw": sum(c.outstanding_kw for c in self.commitments) if waits else 0,
            "uncommitted_kw": row["size_kw"] - row["committed_kw"] if waits else 0,
        }
        return TimelineEvent(self.end if waits else last, "outcome", facts)
