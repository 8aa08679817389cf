"""The queues of the sites: commitments with undelivered kW, by promised date, when made, request, order made.

All queues stand in one array, each from `queue_at` on with `queue_space` to grow.
"""

from sim.model.compiled.codes import COMMITMENT_COMMITTED, COMMITMENT_PROMISED, COMMITMENT_REQUEST
from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space
from sim.model.compiled.state import State


@jit
def delivers_before(m: State, c: int, other: int) -> bool:
    """Whether a commitment is delivered before another."""
    for key in (COMMITMENT_PROMISED, COMMITMENT_COMMITTED, COMMITMENT_REQUEST):
        if m.commitments[key, c] != m.commitments[key, other]:
            return m.commitments[key, c] < m.commitments[key, other]
    return c < other


@jit
def queue_index(m: State, s: int, c: int) -> int:
    """The index at which a commitment stands in the queue of a site, or would stand."""
    low = m.queue_at[s]
    high = low + m.n_queue[s]
    while low < high:
        middle = (low + high) >> 1
        if delivers_before(m, m.queue[middle], c):
            low = middle + 1
        else:
            high = middle
    return low


@jit
def enqueue_commitment(m: State, s: int, c: int) -> None:
    """Put a commitment into the queue of its site; a queue that is full moves to the end, with twice the space."""
    n = m.n_queue[s]
    if n == m.queue_space[s]:
        space, first = 2 * n + 8, m.queue_end
        m.queue_end += space
        while m.queue_end > len(m.queue):
            m.queue = double_space(m.queue)
        for i in range(n):
            m.queue[first + i] = m.queue[m.queue_at[s] + i]
        m.queue_at[s], m.queue_space[s] = first, space
    i = queue_index(m, s, c)
    for k in range(m.queue_at[s] + n, i, -1):
        m.queue[k] = m.queue[k - 1]
    m.queue[i] = c
    m.n_queue[s] = n + 1
    m.undelivered_rows += 1


@jit
def dequeue_commitment(m: State, s: int, c: int) -> None:
    """Take a commitment out of the queue of its site."""
    end = m.queue_at[s] + m.n_queue[s] - 1
    for k in range(queue_index(m, s, c), end):
        m.queue[k] = m.queue[k + 1]
    m.n_queue[s] -= 1
    m.undelivered_rows -= 1
