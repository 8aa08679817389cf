"""What is known of each request and commitment: the lists that a market fills, and its tables are made of."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import IntArray
from sim.model.outcomes import RefusalReason, ReleaseReason
from sim.model.rules import NEVER
from sim.model.sampled_inputs import RequestGroup, SampledInputs

NOBODY = -1
"""Stands for no request, right or provider in a column of numbers."""

COMMITMENT_COLUMNS = ("request", "stream", "provider", "site", "kw", "committed", "promised")
DELIVERY_PLACE_COLUMNS = ("request", "stream", "provider", "site", "kw", "promised", "start", "end")
DELIVERY_COLUMNS = ("commitment", *DELIVERY_PLACE_COLUMNS)
RELEASE_COLUMNS = ("commitment", "kw", "at", "why")
BALANCE_COLUMNS = ("uncommitted", "undelivered", "lost")
"""kW of a request at the end, from which the tables derive what was committed and delivered."""
ANSWER_COLUMNS = ("right", "asked_first", "answered", "holder_kw", "first_kw", "reason")
"""What came of the first round of answers to a request."""
REQUEST_COLUMNS = (*BALANCE_COLUMNS, *ANSWER_COLUMNS)


@dataclass(frozen=True)
class LedgerTables:
    """What a market has written down: named columns of equal length, rows in the order in which they were made."""

    commitments: dict[str, IntArray]
    deliveries: dict[str, IntArray]
    releases: dict[str, IntArray]
    requests: dict[str, IntArray]


def to_columns(rows: "Sequence[object] | array[int]", *names: str) -> dict[str, IntArray]:
    """Rows of whole numbers as named columns."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(names)).T
    return {name: np.ascontiguousarray(column) for name, column in zip(names, columns, strict=True)}


class Ledger:
    """Lists by the number of the request, and rows in the order in which they were made."""

    def __init__(self, future: SampledInputs) -> None:
        requests = future.requests
        n = len(requests)
        self.group: list[RequestGroup] = [future.groups[g] for g in requests.group.tolist()]
        self.priority_rank = [-group.priority for group in self.group]
        """Less the priority: what sorts the waiting list, together with the number."""
        self.split = [group.split for group in self.group]
        self.asked: list[int] = [*requests.asked.tolist(), NEVER, NEVER]
        self.wanted: list[int] = requests.wanted.tolist()
        self.gives_up: list[int] = requests.gives_up.tolist()
        self.size_kw: list[int] = requests.size_kw.tolist()
        self.block_kw: list[int] = requests.block_kw.tolist()
        self.term: list[int] = requests.term.tolist()
        self.appetite_draw: list[float] = requests.appetite_draw.tolist()
        self.windows: list[list[int]] = [window.tolist() for window in requests.windows]

        self.uncommitted = self.size_kw.copy()
        self.undelivered = self.size_kw.copy()
        """kW neither delivered nor lost."""
        nobody, nothing = array("q", [NOBODY]), array("q", [0])
        self.lost = nothing * n
        self.right = nobody * n
        """The right that decided in the first round."""
        self.asked_first = nobody * n
        self.answered = array("q", [NEVER]) * n
        """When the first round of answers was over."""
        self.holder_kw = nothing * n
        self.first_kw = nothing * n
        self.reason = array("q", [RefusalReason.NONE]) * n

        self.commitments = array("q")
        """Rows of (request, provider, site, kW, committed, promised), one after the other."""
        self.stream_in_place: dict[int, int] = {}
        """The stream of each commitment that has no request."""
        self.undelivered_of_commitment: list[int] = []
        """By commitment: its undelivered kW."""
        self.deliveries = array("q")
        """Rows of (commitment, kW, start, end), one after the other.

        Without what is delivered in the instant of its promise: that is every commitment of a request whose
        promised date is the date on which it was made.
        """
        self.releases: list[tuple[int, int, int, ReleaseReason]] = []
        """(commitment, kW, at, why)"""

    def site_of(self, c: int) -> int:
        """At which site was a commitment made?"""
        return self.commitments[6 * c + 2]

    def to_tables(self, future: SampledInputs) -> LedgerTables:
        """All that was written down, as columns."""
        made = to_columns(self.commitments, "request", "provider", "site", "kw", "committed", "promised")
        made["stream"] = np.append(future.stream_of_request(), NOBODY)[made["request"]]
        for at, stream in self.stream_in_place.items():
            made["stream"][at] = stream
        rows = to_columns(self.deliveries, "commitment", "kw", "start", "end")
        c = np.flatnonzero((made["request"] >= 0) & (made["promised"] == made["committed"]))
        start = made["committed"][c]
        end = start + future.requests.term[made["request"][c]]
        at_once = {"commitment": c, "kw": made["kw"][c], "start": start, "end": end}
        deliveries = {name: np.concatenate([rows[name], at_once[name]]) for name in rows}
        for name in ("request", "stream", "provider", "site", "promised"):
            deliveries[name] = made[name][deliveries["commitment"]]
        return LedgerTables(
            commitments=made,
            deliveries=deliveries,
            releases=to_columns(self.releases, *RELEASE_COLUMNS),
            requests={name: np.array(getattr(self, name), dtype=np.int64) for name in REQUEST_COLUMNS},
        )
