"""The lists of the market in arrays: who waits, what is to be delivered at each site, and rows written down."""

from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space
from sim.model.compiled.packing import REQUEST_BITS
from sim.model.compiled.state import State

# Who waits


@jit
def waiting_key(m: State, r: int) -> int:
    """The place of a request in the waiting list: by priority, then number."""
    return (m.priority_rank[m.group[r]] << REQUEST_BITS) | r


@jit
def waiting_request(m: State, i: int) -> int:
    """Which request stands there in the waiting list?"""
    return m.waiting[i] & ((1 << REQUEST_BITS) - 1)


@jit
def waiting_index(m: State, key: int) -> int:
    """Where in the waiting list is a place, or would it be?"""
    low, high = m.head, m.tail
    while low < high:
        middle = (low + high) >> 1
        if m.waiting[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def join_waiting_list(m: State, r: int) -> None:
    """Let a request wait."""
    if m.tail == len(m.waiting):
        if 2 * (m.tail - m.head) > m.tail:
            m.waiting = double_space(m.waiting)
        for i in range(m.tail - m.head):
            m.waiting[i] = m.waiting[m.head + i]
        m.head, m.tail = 0, m.tail - m.head
    place = waiting_key(m, r)
    i = m.tail
    if i > m.head and m.waiting[i - 1] > place:
        i = waiting_index(m, place)
        for k in range(m.tail, i, -1):
            m.waiting[k] = m.waiting[k - 1]
    m.waiting[i] = place
    m.tail += 1


@jit
def leave_waiting_list(m: State, r: int) -> None:
    """Let a request wait no more."""
    i = waiting_index(m, waiting_key(m, r))
    for k in range(i, m.head, -1):
        m.waiting[k] = m.waiting[k - 1]
    m.head += 1


@jit
def close_gaps(m: State, last_index: int) -> None:
    """Close the gaps that a walk has left up to its last place: who still waits moves up behind them."""
    kept = last_index + 1
    for i in range(last_index, m.head - 1, -1):
        if m.waiting[i] >= 0:
            kept -= 1
            m.waiting[kept] = m.waiting[i]
    m.head = kept


# What is to be delivered
