"""The queues of the sites: commitments with undelivered kW, by promised date, when made, request, order made."""

from bisect import insort

from sim.model.ledger import COMMITMENT_ROW
from sim.model.state import MarketState, QueuedCommitment

_ROW = len(COMMITMENT_ROW)


def queued_commitment(m: MarketState, c: int) -> QueuedCommitment:
    """A commitment as it stands in the queue of its site."""
    request, _, _, _, committed, promised = m.commitments[_ROW * c : _ROW * (c + 1)]
    return QueuedCommitment(promised, committed, request, c)


def enqueue_commitment(m: MarketState, s: int, c: int) -> None:
    """Put a commitment into the queue of its site."""
    insort(m.queue[s], queued_commitment(m, c))
    m.undelivered_rows += 1


def dequeue_commitment(m: MarketState, s: int, c: int) -> None:
    """Take a commitment out of the queue of its site."""
    m.queue[s].remove(queued_commitment(m, c))
    m.undelivered_rows -= 1
