"""The ledger of a market: the columns of its tables on either clock, and the tables of the one on SimPy's."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import IntArray
from sim.model.state import MarketState

NOBODY = -1
"""Stands for no request, right or provider in a column of numbers."""

COMMITMENT_COLUMNS = ("request", "stream", "provider", "site", "kw", "committed", "promised")
DELIVERY_PLACE_COLUMNS = ("request", "stream", "provider", "site", "kw", "promised", "start", "end")
DELIVERY_COLUMNS = ("commitment", *DELIVERY_PLACE_COLUMNS)
RELEASE_COLUMNS = ("commitment", "kw", "at", "why")
COMMITMENT_ROW = ("request", "provider", "site", "kw", "committed", "promised")
"""A row of the commitments as the market on SimPy's clock writes it."""
_REQUEST, _PROVIDER, _SITE, _, _, _PROMISED = range(len(COMMITMENT_ROW))
DELIVERY_ROW = ("commitment", "kw", "start", "end")
"""A row of the deliveries as the market on SimPy's clock writes it."""
BALANCE_COLUMNS = ("uncommitted", "undelivered", "lost")
"""kW of a request at the end, from which the tables derive what was committed and delivered."""
ANSWER_COLUMNS = ("right", "asked_first", "answered", "holder_kw", "first_kw", "reason")
"""What came of the first round of answers to a request."""
REQUEST_COLUMNS = (*BALANCE_COLUMNS, *ANSWER_COLUMNS)


@dataclass(frozen=True)
class LedgerTables:
    """The rows that a market has written, as named columns of equal length, in the order in which they were made."""

    commitments: dict[str, IntArray]
    deliveries: dict[str, IntArray]
    releases: dict[str, IntArray]
    requests: dict[str, IntArray]


def to_columns(rows: "Sequence[object] | array[int]", *names: str) -> dict[str, IntArray]:
    """Rows of whole numbers as named columns."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(names)).T
    return {name: np.ascontiguousarray(column) for name, column in zip(names, columns, strict=True)}


def request_of(m: MarketState, c: int) -> int:
    """The request of a commitment; NOBODY for what was in place."""
    return m.commitments[len(COMMITMENT_ROW) * c + _REQUEST]


def site_of(m: MarketState, c: int) -> int:
    """The site of a commitment."""
    return m.commitments[len(COMMITMENT_ROW) * c + _SITE]


def provider_of(m: MarketState, c: int) -> int:
    """The provider of a commitment."""
    return m.commitments[len(COMMITMENT_ROW) * c + _PROVIDER]


def promised_of(m: MarketState, c: int) -> int:
    """The date for which a commitment is promised."""
    return m.commitments[len(COMMITMENT_ROW) * c + _PROMISED]


def to_tables(m: MarketState) -> LedgerTables:
    """All rows that a market has written, and what became of each request, as columns."""
    inputs = m.inputs
    commitments = to_columns(m.commitments, *COMMITMENT_ROW)
    commitments["stream"] = np.append(inputs.stream_of_request(), NOBODY)[commitments["request"]]
    for c, stream in m.stream_in_place.items():
        commitments["stream"][c] = stream
    rows = to_columns(m.deliveries, *DELIVERY_ROW)
    at_once = np.flatnonzero(
        (commitments["request"] >= 0) & (commitments["promised"] == commitments["committed"])
    )
    start = commitments["committed"][at_once]
    end = start + inputs.requests.term[commitments["request"][at_once]]
    added = {"commitment": at_once, "kw": commitments["kw"][at_once], "start": start, "end": end}
    deliveries = {name: np.concatenate([rows[name], added[name]]) for name in DELIVERY_ROW}
    for name in ("request", "stream", "provider", "site", "promised"):
        deliveries[name] = commitments[name][deliveries["commitment"]]
    return LedgerTables(
        commitments=commitments,
        deliveries=deliveries,
        releases=to_columns(m.releases, *RELEASE_COLUMNS),
        requests={name: np.array(getattr(m, name), dtype=np.int64) for name in REQUEST_COLUMNS},
    )
