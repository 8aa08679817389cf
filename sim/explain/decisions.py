"""The rounds of allocation of one request: the answers of the holder, and the overflow to other providers.

In comprehensions c is a commitment.
"""

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
    """The rounds in which a request was allocated: the commitments of each, and the decision that they rest on."""

    def __init__(self, record: ReplicationRecord, row: TableRow, commitments: list[Commitment]) -> None:
        self.record, self.row, self.commitments = record, row, commitments
        self.rounds = list(self._pair_with_decisions())

    def _pair_with_decisions(self) -> Iterator[tuple[Decision | None, list[Commitment]]]:
        """Yield the decisions of the first round, and those later ones in whose round something was committed.

        Each with its commitments, without those that came by a move. Without decisions, those of each instant.
        """
        decisions, answered = self.record.decisions, self.row["answered"]
        if not decisions:
            made = [c for c in self.commitments if c.moved_from is None]
            for at in sorted({c.row["committed"] for c in made}):
                yield None, [c for c in made if c.row["committed"] == at]
            return
        ends = [*(decision.n_commitments_before for decision in decisions[1:]), len(self.commitments)]
        pairs = [
            (
                decision,
                [c for c in self.commitments[decision.n_commitments_before : end] if c.moved_from is None],
            )
            for decision, end in zip(decisions, ends, strict=True)
        ]
        # the first round is told even if nothing was committed: the holder's answer, if any, and the overflow
        n_first = 0 if self.joins_waiting_list else 1 if self.row["right"] is None else 2
        for (decision, commitments), (following, following_commitments) in zip(
            pairs, [*pairs[1:], (None, [])], strict=True
        ):
            # an answer that took nothing is told with the overflow of the same instant that took something
            leads_overflow = (
                decision.right
                and following_commitments
                and following is not None
                and following.at == decision.at
            )
            if self.record.date(decision.at) == answered and n_first:
                n_first -= 1
                yield decision, commitments
            elif commitments or leads_overflow:
                yield decision, commitments

    @property
    def joins_waiting_list(self) -> bool:
        """Whether the request joined the waiting list without being offered to anyone, since others waited."""
        asked_nobody = self.row["asked_first"] is None and self.row["answered"] is not None
        return asked_nobody and not self.record.scenario.waiting.bypass

    def events(self) -> Iterator[TimelineEvent]:
        """Yield the answers of the holder, and the offers to the other providers."""
        row, answered = self.row, self.row["answered"]
        if self.joins_waiting_list:
            yield TimelineEvent(answered, "joined", {})
        first_answer_shown, answered_at = False, None
        for decision, commitments in self.rounds:
            at = self.record.date(decision.at) if decision is not None else commitments[0].row["committed"]
            assert at is not None
            first_round = at == answered and not self.joins_waiting_list
            if decision is None:
                taken = [c for c in commitments if first_round and c.row["provider"] == row["holder"]]
                if first_round and row["holder"] and not first_answer_shown:
                    first_answer_shown = True
                    yield TimelineEvent(at, "answered", self._answer_facts(None, taken, first_round))
                others = [c for c in commitments if c not in taken]
                if others:
                    facts = self._overflow_facts(None, others, first_round)
                    yield TimelineEvent(
                        at, "offered", facts | {"overflow": first_round and bool(row["holder"])}
                    )
            elif decision.right is not None:
                # the holder may be asked again off the waiting list in the same instant: that is no first answer
                first_round = first_round and not first_answer_shown
                first_answer_shown = first_answer_shown or first_round
                yield TimelineEvent(at, "answered", self._answer_facts(decision, commitments, first_round))
                answered_at = at
            else:
                facts = self._overflow_facts(decision, commitments, first_round)
                yield TimelineEvent(at, "offered", facts | {"overflow": answered_at == at})
        if answered is not None and row["holder"] and not first_answer_shown:
            yield TimelineEvent(answered, "answered", self._answer_facts(None, [], True))

    def _answer_facts(
        self, decision: Decision | None, commitments: list[Commitment], first_round: bool
    ) -> dict[str, Any]:
        """The facts of an answer of the holder: what it took, and what limited it."""
        row = self.row
        name = str(row["right"] if decision is None else decision.right)
        right = self.record.scenario.rights[name]
        facts: dict[str, Any] = {
            "right": name,
            "holder": right.holder,
            "first_round": first_round,
            "taken_kw": row["holder_kw"] if first_round else sum(c.row["kw"] for c in commitments),
            "promises": [commitment_facts(c) for c in commitments],
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
                facts["reason"] = "room"  # an exclusive holder has no other limit
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
        """The facts of an overflow: what was left, and the providers as ranked with what each was offered and took.

        The state of a site is as of the turn of the provider: those ranked before it may sell from the same site.
        """
        facts: dict[str, Any] = {"first_round": first_round, "policy": self.record.scenario.overflow.policy}
        if decision is None:
            names = list(dict.fromkeys(c.row["provider"] for c in commitments))
            ranking = [{"provider": name} for name in names]
        else:
            facts["left_kw"] = decision.uncommitted_kw
            ranking = [
                {"provider": state.provider, "seen": self._provider_facts(state)}
                for state in decision.providers
            ]
        left_kw = facts.get("left_kw", 0)
        taken_by_site: dict[str, int] = {}
        for offer in ranking:
            for site in offer.get("seen", {}).get("sites", ()):
                site["room_kw"] -= taken_by_site.get(site["site"], 0)
                site["committed_kw"] += taken_by_site.get(site["site"], 0)
            its_commitments = [c for c in commitments if c.row["provider"] == offer["provider"]]
            taken_kw = sum(c.row["kw"] for c in its_commitments)
            offer |= {
                "offered_kw": left_kw,
                "taken_kw": taken_kw,
                "promises": [commitment_facts(c) for c in its_commitments],
            }
            left_kw -= taken_kw
            for c in its_commitments:
                taken_by_site[c.row["site"]] = taken_by_site.get(c.row["site"], 0) + c.row["kw"]
        return facts | {"ranking": ranking}

    def _provider_facts(self, state: ProviderState) -> dict[str, Any]:
        return asdict(state) | {
            "promised": self.record.date(state.promised),
            "room_kw": state.room_kw,
            "appetite": state.appetite / rules.MILLION,
        }
