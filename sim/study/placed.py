"""Who took what of a request: the answers of the holder, and to whom the rest was offered."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sim.model import rules
from sim.model.rules import MATCH, NEVER
from sim.model.time import MICROSECOND
from sim.model.witness import Look, Seen, Terms
from sim.study.promises import Promise, as_facts
from sim.study.retold import DAY, Event, Record, Row


class Placed:
    """The rounds in which a request was placed: what was promised in each, and the look that stands behind it."""

    def __init__(self, record: Record, row: Row, promises: list[Promise]) -> None:
        self.record, self.row, self.promises = record, row, promises
        self.rounds = list(self._in_turn())

    def _in_turn(self) -> Iterator[tuple[Look | None, list[Promise]]]:
        """What was promised, with the look that stands behind it: in the first round, and whenever more was placed.

        Without looks, what was promised in one instant.
        """
        looks, answered = self.record.looks, self.row["answered"]
        if not looks:
            for at in sorted({p.row["committed"] for p in self.promises}):
                yield None, [p for p in self.promises if p.row["committed"] == at]
            return
        ends = [*(look.made for look in looks[1:]), len(self.promises)]
        seen = [(look, self.promises[look.made : end]) for look, end in zip(looks, ends, strict=True)]
        in_first = 0 if self.joined else 1 if self.row["right"] is None else 2
        for (look, made), (after, placed) in zip(seen, [*seen[1:], (None, [])], strict=True):
            if self.record.date(look.at) == answered and in_first:
                in_first -= 1
                yield look, made
            elif made or (look.right and placed and after is not None and after.at == look.at):
                yield look, made

    @property
    def joined(self) -> bool:
        """Did it join the waiting list untouched, since others waited?"""
        untouched = self.row["asked_first"] is None and self.row["answered"] is not None
        return untouched and not self.record.scenario.waiting.bypass

    def events(self) -> Iterator[Event]:
        """Answers of the holder, and what was offered to the others."""
        row, answered = self.row, self.row["answered"]
        if self.joined:
            yield Event(answered, "joined", {})
        told, answered_at = False, None
        for look, made in self.rounds:
            at = self.record.date(look.at) if look is not None else made[0].row["committed"]
            assert at is not None
            first = at == answered and not self.joined
            holders = [p for p in made if first and p.row["provider"] == row["holder"]]
            if look is None:
                if first and row["holder"] and not told:
                    told = True
                    yield Event(at, "answered", self._answer(None, holders, first))
                others = [p for p in made if p not in holders]
                if others:
                    offer = self._offer(None, others, first) | {"overflow": first and bool(row["holder"])}
                    yield Event(at, "offered", offer)
            elif look.right is not None:
                first = first and not told
                told = told or first
                yield Event(at, "answered", self._answer(look, made, first))
                answered_at = at
            else:
                offer = self._offer(look, made, first) | {"overflow": answered_at == at}
                yield Event(at, "offered", offer)
        if answered is not None and row["holder"] and not told:
            yield Event(answered, "answered", self._answer(None, [], True))

    def _answer(self, look: Look | None, made: list[Promise], first: bool) -> dict[str, Any]:
        """What the holder took, and what limited it."""
        row = self.row
        name = str(row["right"] if look is None else look.right)
        right = self.record.scenario.rights[name]
        facts: dict[str, Any] = {
            "right": name,
            "holder": right.holder,
            "first_round": first,
            "taken_kw": row["holder_kw"] if first else sum(p.row["kw"] for p in made),
            "promises": [as_facts(p) for p in made],
        }
        facts["reason"] = row["reason"] if first else None
        if first:
            facts |= {"asked_kw": row["size_kw"], "draw": row["appetite_draw"]}
            facts["own_answer"] = "answer" in self.record.own
        if look is not None:
            facts |= {"asked_kw": look.left_kw, "seen": self._seen(look.seen[0])}
            if look.terms is not None:
                facts |= {"terms": self._terms(look.terms), "reason": look.terms.reason}
            elif facts["taken_kw"] < look.left_kw:
                facts["reason"] = "room"
        return facts

    def _terms(self, terms: Terms) -> dict[str, Any]:
        facts = asdict(terms) | {
            "appetite": terms.appetite / rules.MILLION,
            "max_utilization": terms.max_utilization / rules.MILLION,
            "latest": self.record.date(terms.latest),
            "matches": terms.max_delay == MATCH,
            "max_delay_days": None
            if terms.max_delay in (MATCH, NEVER)
            else terms.max_delay * MICROSECOND / DAY,
        }
        del facts["max_delay"]
        return facts

    def _offer(self, look: Look | None, made: list[Promise], first: bool) -> dict[str, Any]:
        """Who was offered what was left, in which order, and what each took.

        Sites are told as they stand when a provider's turn comes: those before it may sell from the same.
        """
        facts: dict[str, Any] = {"first_round": first, "policy": self.record.scenario.overflow.policy}
        if look is None:
            names = list(dict.fromkeys(p.row["provider"] for p in made))
            ranking = [{"provider": name} for name in names]
        else:
            facts["left_kw"] = look.left_kw
            ranking = [{"provider": seen.provider, "seen": self._seen(seen)} for seen in look.seen]
        left, gone = facts.get("left_kw", 0), dict[str, int]()
        for place in ranking:
            for site in place.get("seen", {}).get("sites", ()):
                site["room_kw"] -= gone.get(site["site"], 0)
                site["committed_kw"] += gone.get(site["site"], 0)
            theirs = [p for p in made if p.row["provider"] == place["provider"]]
            taken = sum(p.row["kw"] for p in theirs)
            place |= {"offered_kw": left, "taken_kw": taken, "promises": [as_facts(p) for p in theirs]}
            left -= taken
            for p in theirs:
                gone[p.row["site"]] = gone.get(p.row["site"], 0) + p.row["kw"]
        return facts | {"ranking": ranking}

    def _seen(self, seen: Seen) -> dict[str, Any]:
        return asdict(seen) | {"promised": self.record.date(seen.promised), "room_kw": seen.room_kw}
