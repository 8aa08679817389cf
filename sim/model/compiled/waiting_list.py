"""The waiting list: requests with uncommitted kW, and those that may move, by priority, then number.

It stands from `head` up to `tail` of an array.
"""

from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space
from sim.model.compiled.packing import pack_waiting_key, unpack_waiting_request
from sim.model.compiled.state import State


@jit
def waiting_list_is_due(m: State) -> bool:
    """Whether the waiting list has to be walked: someone waits, and something may be placed that was not before."""
    return m.tail > m.head and bool(m.capacity_increased or m.has_user_policy or m.has_user_answer)


@jit
def has_unplaced(m: State) -> bool:
    """Whether anyone on the waiting list is not fully committed."""
    i = m.head
    while i < m.tail and m.uncommitted[waiting_request(m, i)] == 0:
        i += 1
    return i < m.tail


@jit
def waiting_key(m: State, r: int) -> int:
    """The place of a request in the waiting list, as a packed number."""
    return pack_waiting_key(m.priority_rank[m.group[r]], r)


@jit
def waiting_request(m: State, i: int) -> int:
    """The request at an index of the waiting list."""
    return unpack_waiting_request(m.waiting[i])


@jit
def waiting_index(m: State, key: int) -> int:
    """The index at which a place stands in the waiting list, or would stand."""
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
    """Put a request into the waiting list, unless it stands there."""
    if m.is_waiting[r]:
        return
    m.is_waiting[r] = 1
    if m.tail == len(m.waiting):
        # Twice the space only if more than half is in use; else there is room enough before the head.
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
    """Take a request out of the waiting list, if it stands there.

    Those before it move up, since most who leave stand near the head.
    """
    if not m.is_waiting[r]:
        return
    m.is_waiting[r] = 0
    i = waiting_index(m, waiting_key(m, r))
    for k in range(i, m.head, -1):
        m.waiting[k] = m.waiting[k - 1]
    m.head += 1


@jit
def close_gaps(m: State, last_index: int) -> None:
    """Close the gaps, marked by -1, that a walk has left up to its last index: who still waits moves up to it."""
    head = last_index + 1
    for i in range(last_index, m.head - 1, -1):
        if m.waiting[i] >= 0:
            head -= 1
            m.waiting[head] = m.waiting[i]
    m.head = head
