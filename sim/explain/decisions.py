"""Who took what of a request: the answers of the holder, and to whom the rest was offered."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sim.explain.commitments import Commitment, commitment_facts
from sim.explain.decision_trace import AnswerTerms, Decision, ProviderState
from sim.explain.record import DAY_LENGTH, ReplicationRecord, TableRow, TimelineEvent
from sim.model import rules
from sim.model.calendar import MICROSECOND
from sim.model.rules import MATCH, NEVER


class AllocationRounds:
    """The rounds in which a request was placed: what was promised in each, and the look that stands behind it."""

    def __init__(self, record: ReplicationRecord, row: TableRow, commitments: list[Commitment]) -> None:
        self.record, self.row, self.commitments = record, row, commitments
        self.rounds = list(self._pair_with_decisions())

    def _pair_with_decisions(self) -> Iterator[tuple[Decision | None, list[Commitment]]]:
        """What was promised, with the look that stands behind it: in the first round, and whenever more was placed.

        Without looks, what was promised in one instant.
        """
        looks, answered = self.record.decisions, self.row["answered"]
        if not looks:
            for at in sorted({p.row["committed"] for p in self.commitments}):
                yield None, [p for p in self.commitments if p.row["committed"] == at]
            return
        ends = [*(look.n_commitments_before for look in looks[1:]), len(self.commitments)]
        seen = [
            (look, self.commitments[look.n_commitments_before : end])
            for look, end in zip(looks, ends, strict=True)
        ]
        in_first = 0 if self.joins_waiting_list else 1 if self.row["right"] is None else 2
        for (look, made), (after, placed) in zip(seen, [*seen[1:], (None, [])], strict=True):
            if self.record.date(look.at) == answered and in_first:
                in_first -= 1
                yield look, made
            elif made or (look.right and placed and after is not None and after.at == look.at):
                yield look, made

    @property
    def joins_waiting_list(self) -> bool:
        """Did it join the waiting list untouched, since others waited?"""
        untouched = self.row["asked_first"] is None and self.row["answered"] is not None
        return untouched and not self.record.scenario.waiting.bypass

    def events(self) -> Iterator[TimelineEvent]:
        """Answers of the holder, and what was offered to the others."""
        row, answered = self.row, self.row["answered"]
        if self.joins_waiting_list:
            yield TimelineEvent(answered, "joined", {})
        told, answered_at = False, None
        for look, made in self.rounds:
            at = self.record.date(look.at) if look is not None else made[0].row["committed"]
            assert at is not None
            first = at == answered and not self.joins_waiting_list
            holders = [p for p in made if first and p.row["provider"] == row["holder"]]
            if look is None:
                if first and row["holder"] and not told:
                    told = True
                    yield TimelineEvent(at, "answered", self._answer_facts(None, holders, first))
                others = [p for p in made if p not in holders]
                if others:
                    offer = self._overflow_facts(None, others, first) | {
                        "overflow": first and bool(row["holder"])
                    }
                    yield TimelineEvent(at, "offered", offer)
            elif look.right is not None:
                first = first and not told
                told = told or first
                yield TimelineEvent(at, "answered", self._answer_facts(look, made, first))
                answered_at = at
            else:
                offer = self._overflow_facts(look, made, first) | {"overflow": answered_at == at}
                yield TimelineEvent(at, "offered", offer)
        if answered is not None and row["holder"] and not told:
            yield TimelineEvent(answered, "answered", self._answer_facts(None, [], True))

    def _answer_facts(
        self, decision: Decision | None, commitments: list[Commitment], first_round: bool
    ) -> dict[str, Any]:
        """What the holder took, and what limited it."""
        row = self.row
        name = str(row["right"] if decision is None else decision.right)
        right = self.record.scenario.rights[name]
        facts: dict[str, Any] = {
            "right": name,
            "holder": right.holder,
            "first_round": first_round,
            "taken_kw": row["holder_kw"] if first_round else sum(p.row["kw"] for p in commitments),
            "promises": [commitment_facts(p) for p in commitments],
        }
        facts["reason"] = row["reason"] if first_round else None
        if first_round:
            facts |= {"asked_kw": row["size_kw"], "draw": row["appetite_draw"]}
            facts["own_answer"] = "answer" in self.record.user_functions
        if decision is not None:
            facts |= {
                "asked_kw": decision.uncommitted_kw,
                "seen": self._provider_facts(decision.providers[0]),
            }
            if decision.terms is not None:
                facts |= {"terms": self._terms_facts(decision.terms), "reason": decision.terms.reason}
            elif facts["taken_kw"] < decision.uncommitted_kw:
                facts["reason"] = "room"
        return facts

    def _terms_facts(self, terms: AnswerTerms) -> dict[str, Any]:
        facts = asdict(terms) | {
            "appetite": terms.appetite / rules.MILLION,
            "max_utilization": terms.max_utilization / rules.MILLION,
            "latest": self.record.date(terms.latest),
            "matches": terms.max_delay == MATCH,
            "max_delay_days": None
            if terms.max_delay in (MATCH, NEVER)
            else terms.max_delay * MICROSECOND / DAY_LENGTH,
        }
        del facts["max_delay"]
        return facts

    def _overflow_facts(
        self, decision: Decision | None, commitments: list[Commitment], first_round: bool
    ) -> dict[str, Any]:
        """Who was offered what was left, in which order, and what each took.

        Sites are told as they stand when a provider's turn comes: those before it may sell from the same.
        """
        facts: dict[str, Any] = {"first_round": first_round, "policy": self.record.scenario.overflow.policy}
        if decision is None:
            names = list(dict.fromkeys(p.row["provider"] for p in commitments))
            ranking = [{"provider": name} for name in names]
        else:
            facts["left_kw"] = decision.uncommitted_kw
            ranking = [
                {"provider": seen.provider, "seen": self._provider_facts(seen)} for seen in decision.providers
            ]
        left, gone = facts.get("left_kw", 0), dict[str, int]()
        for place in ranking:
            for site in place.get("seen", {}).get("sites", ()):
                site["room_kw"] -= gone.get(site["site"], 0)
                site["committed_kw"] += gone.get(site["site"], 0)
            theirs = [p for p in commitments if p.row["provider"] == place["provider"]]
            taken = sum(p.row["kw"] for p in theirs)
            place |= {
                "offered_kw": left,
                "taken_kw": taken,
                "promises": [commitment_facts(p) for p in theirs],
            }
            left -= taken
            for p in theirs:
                gone[p.row["site"]] = gone.get(p.row["site"], 0) + p.row["kw"]
        return facts | {"ranking": ranking}

    def _provider_facts(self, state: ProviderState) -> dict[str, Any]:
        return asdict(state) | {"promised": self.record.date(state.promised), "room_kw": state.room_kw}
