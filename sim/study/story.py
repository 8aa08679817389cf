"""What happened to one request: a list of dated events, each of a kind, with its numbers.

Everything stands in the tables of the run; what a provider could have done at a time, and what its place in the
ranking rests on, comes from looking on while the same replication is played again (`sim.model.witness`), and
is left out where that cannot be had. Nothing is inferred beyond that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sim.study.placed import Placed
from sim.study.promises import Promise, Told, share_out, stand_behind
from sim.study.retold import DAY, Event, Record, Row

ORDER = ("asked", "ended", "released", "put", "placing", "waits", "delivered", "missed", "gave up")
"""The kinds of events as they go within an instant."""
STEP = {"joined": "placing", "answered": "placing", "offered": "placing"}


@dataclass(frozen=True)
class Story:
    """All that happened to a request in one replication: its row of the table `requests`, and the events."""

    request: Row
    events: list[Event]

    @property
    def promises(self) -> list[Row]:
        """What was promised, in the order made: provider, site, kw, promised."""
        offers = [place for e in self.events for place in (e.facts, *e.facts.get("ranking", ()))]
        return [
            {"provider": offer.get("provider", offer.get("holder")), **_without(promise, "behind")}
            for offer in offers
            for promise in offer.get("promises", ())
        ]

    @property
    def deliveries(self) -> list[Row]:
        """What was delivered, in the order of the dates: provider, site, kw, start."""
        return [
            {name: e.facts[name] for name in ("provider", "site", "kw")} | {"start": e.at}
            for e in self.events
            if e.kind == "delivered"
        ]


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def story(record: Record, row: Row) -> Story:
    """What happened to this request?"""
    teller = Teller(record, row)
    events = sorted(teller.events(), key=lambda e: (e.at, ORDER.index(STEP.get(e.kind, e.kind))))
    return Story(row, [*events, teller.outcome(events[-1].at)])


class Teller:
    """Gathers the events of one request from the rows about it."""

    def __init__(self, record: Record, row: Row) -> None:
        self.record, self.row = record, row
        r = row["request"]
        self.right = record.scenario.rights.get(row["right"]) if row["right"] else None
        self.end = record.scenario.end
        self.told = Told(record.rows("buildings"))
        self.promises = [Promise(made, made["kw"]) for made in record.rows("commitments", request=r)]
        self.releases = record.rows("releases", request=r)
        self.placed = Placed(record, row, self.promises)
        for look, made in self.placed.rounds:
            stand_behind(look, made, self.told, row["wanted"])
        share_out(self.promises, record.rows("deliveries", request=r), self.releases)

    def events(self) -> Iterator[Event]:
        """All events, in no order but that of their kind."""
        yield self._asked()
        yield from self._put()
        yield from self.placed.events()
        yield from self._waits()
        yield from self._served()
        yield from self._fell_away()

    # What was asked, and of whom first

    def _asked(self) -> Event:
        row = self.row
        names = (
            "request", "stream", "number", "deal", "customer", "class", "only", "size_kw", "block_kw", "split",
            "priority", "wanted", "gives_up",
        )  # fmt: skip
        facts = {name: row[name] for name in names} | {"term_days": row["term"] / DAY}
        if row["deal"] is not None:
            parts = self.record.rows("requests", stream=row["stream"], deal=row["deal"])
            facts["parts"] = [part["request"] for part in parts]
        return Event(row["asked"], "asked", facts)

    def _put(self) -> Iterator[Event]:
        """The right that covered it, or why none did."""
        row, right = self.row, self.right
        if right is None:
            if not self.placed.joined:
                yield Event(row["asked"], "put", {"right": None, "not_in_force": self._past_rights()})
            return
        window = row["window"]
        yield Event(
            row["asked"],
            "put",
            {
                "right": row["right"],
                "holder": row["holder"],
                "exclusive": right.kind == "exclusive",
                "customer": right.over.customer,
                "classes": None if right.over.classes is None else list(right.over.classes),
                **self._in_force(row["right"]),
                "window_days": None if window is None else window / DAY,
                "answer_due": None if window is None else row["asked"] + window,
                "holds_capacity": right.kind != "exclusive" and right.holds_capacity and bool(window),
            },
        )

    def _in_force(self, name: str) -> dict[str, datetime | None]:
        """From when until when a right was in force, where that could be had."""
        if self.record.future is None:
            return {}
        clause = next(each for each in self.record.future.rights if each.name == name)
        return {"from": self.record.date(max(0, clause.begins)), "until": self.record.date(clause.ends)}

    def _past_rights(self) -> list[dict[str, Any]] | None:
        """The rights that cover the request, though not at the time when it was asked; None if not known."""
        future = self.record.future
        if future is None:
            return None
        group = future.groups[int(future.requests.group[self.row["request"]])]
        names = [future.rights[k].name for k in group.rights]
        return [{"right": name, **self._in_force(name)} for name in names]

    # What became of it

    def _served(self) -> Iterator[Event]:
        """What was delivered, and when it ended; and promises that were not kept on their day."""
        ends: dict[datetime, int] = {}
        for promise in self.promises:
            row = promise.row
            where = {"provider": row["provider"], "site": row["site"]}
            for at, kw in promise.delivered:
                until = at + self.row["term"]
                yield Event(
                    at,
                    "delivered",
                    {
                        **where,
                        "kw": kw,
                        "of_kw": row["kw"],
                        "promised": row["promised"],
                        "late_days": (at - row["promised"]) / DAY,
                        "until": until,
                        "came": [
                            {"building": b["building"], "kw": b["kw"], "event": b["event"]}
                            for b in self.told.of(row["site"], at, "online", "restored")
                            if at > row["committed"]
                        ],
                    },
                )
                if until < self.end:
                    ends[until] = ends.get(until, 0) + kw
            day = row["promised"]
            if day < self.end and promise.undelivered_kw(day):
                yield Event(day, "missed", {**where, **self._missed(promise, day)})
        for at, kw in ends.items():
            yield Event(at, "ended", {"kw": kw})

    def _missed(self, promise: Promise, day: datetime) -> dict[str, Any]:
        """Why is a promise not kept on its day: buildings behind it, an outage; else promises that go before it."""
        row, site = promise.row, promise.row["site"]
        late, out_kw = self._late(site, promise.behind, day), self.told.out_kw(site, day)
        ahead: list[Row] = []
        if not late and not out_kw:
            ahead = [
                made
                for made in self.record.rows("commitments", site=site)
                if row["committed"] < made["committed"] <= day and made["promised"] < row["promised"]
            ]
            behind = [
                b for made in ahead for b in self.told.plan(site, made["committed"]) if b["planned"] <= day
            ]
            late = self._late(site, behind, day)
        return {
            "kw": promise.undelivered_kw(day),
            "of_kw": row["kw"],
            "committed": row["committed"],
            "late": late,
            "outage_kw": out_kw,
            "ahead_kw": sum(made["kw"] for made in ahead),
        }

    def _late(self, site: str, behind: list[Row], day: datetime) -> list[Row]:
        """Those of some buildings that are not online on a day, each once."""
        once = {building["building"]: building for building in behind}
        late = [self.told.late(site, building, day) for building in once.values()]
        return [building for building in late if building is not None]

    def _fell_away(self) -> Iterator[Event]:
        """What was released, and what gave up."""
        row = self.row
        for release in self.releases:
            if release["why"] != "gave up":
                facts = {name: release[name] for name in ("provider", "site", "kw", "why")}
                gone = self.told.of(release["site"], release["at"], "cancelled", "retired")
                facts["buildings"] = [{"building": b["building"], "kw": b["kw"]} for b in gone]
                yield Event(release["at"], "released", facts)
        if row["lost_kw"]:
            at = max(row["gives_up"], row["answered"])
            promised = [
                {name: x[name] for name in ("provider", "site", "kw")}
                for x in self.releases
                if x["why"] == "gave up"
            ]
            yield Event(at, "gave up", {"kw": row["lost_kw"], "promised": promised})

    def _waits(self) -> Iterator[Event]:
        """What nobody took in the first round."""
        row, answered = self.row, self.row["answered"]
        if answered is None:
            return
        placed = sum(p.row["kw"] for p in self.promises if p.row["committed"] <= answered)
        gave_up = row["lost_kw"] and row["gives_up"] <= answered
        if placed < row["size_kw"] and not gave_up:
            yield Event(answered, "waits", {"kw": row["size_kw"] - placed})

    def outcome(self, last: datetime) -> Event:
        """What has become of it when the run, or the story, ends."""
        row = self.row
        names = ("status", "answered", "delivered_kw", "lost_kw", "first_delivery", "full_delivery")
        waits = row["status"] == "waiting"
        facts = {name: row[name] for name in names} | {
            "wanted": row["wanted"],
            "promised_kw": sum(p.left_kw for p in self.promises) if waits else 0,
            "uncommitted_kw": row["size_kw"] - row["committed_kw"] if waits else 0,
        }
        return Event(self.end if waits else last, "outcome", facts)
