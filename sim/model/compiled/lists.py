"""The lists of the market in arrays: who waits, what is to be delivered at each site, and rows written down."""

import numpy as np

from sim.model.compiled.compiler import compiled
from sim.model.compiled.names import COMMITTED, PROMISED, REQUEST
from sim.model.compiled.state import Ints, State, Table

WHOM_BITS = 40
"""A place in the waiting list is the rank of the priority and the number of the request, packed."""


@compiled
def longer(columns: Table) -> Table:
    """The same lists, one below the other, each with space for half as much more."""
    n = columns.shape[1]
    copy = np.empty((len(columns), n + n // 2 + 16), np.int64)
    for k in range(len(columns)):
        for i in range(n):
            copy[k, i] = columns[k, i]
    return copy


@compiled
def twice(array: Ints) -> Ints:
    """The same array with twice the space."""
    copy = np.empty(2 * len(array), np.int64)
    for i in range(len(array)):
        copy[i] = array[i]
    return copy


# Who waits


@compiled
def place_of(m: State, r: int) -> int:
    """The place of a request in the waiting list: by priority, then number."""
    return (m.rank[m.group[r]] << WHOM_BITS) | r


@compiled
def request_at(m: State, i: int) -> int:
    """Which request stands there in the waiting list?"""
    return m.waiting[i] & ((1 << WHOM_BITS) - 1)


@compiled
def where(m: State, place: int) -> int:
    """Where in the waiting list is a place, or would it be?"""
    low, high = m.head, m.tail
    while low < high:
        middle = (low + high) >> 1
        if m.waiting[middle] < place:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def join(m: State, r: int) -> None:
    """Let a request wait."""
    if m.tail == len(m.waiting):
        if 2 * (m.tail - m.head) > m.tail:
            m.waiting = twice(m.waiting)
        for i in range(m.tail - m.head):
            m.waiting[i] = m.waiting[m.head + i]
        m.head, m.tail = 0, m.tail - m.head
    place = place_of(m, r)
    i = m.tail
    if i > m.head and m.waiting[i - 1] > place:
        i = where(m, place)
        for k in range(m.tail, i, -1):
            m.waiting[k] = m.waiting[k - 1]
    m.waiting[i] = place
    m.tail += 1


@compiled
def leave(m: State, r: int) -> None:
    """Let a request wait no more."""
    i = where(m, place_of(m, r))
    for k in range(i, m.head, -1):
        m.waiting[k] = m.waiting[k - 1]
    m.head += 1


@compiled
def forget(m: State, last: int) -> None:
    """Close the gaps that a walk has left up to its last place: who still waits moves up behind them."""
    kept = last + 1
    for i in range(last, m.head - 1, -1):
        if m.waiting[i] >= 0:
            kept -= 1
            m.waiting[kept] = m.waiting[i]
    m.head = kept


# What is to be delivered


@compiled
def comes_before(m: State, c: int, than: int) -> bool:
    """Is a commitment delivered before another: by promised date, then when it was made, request, order made?"""
    for key in (PROMISED, COMMITTED, REQUEST):
        if m.commitments[key, c] != m.commitments[key, than]:
            return m.commitments[key, c] < m.commitments[key, than]
    return c < than


@compiled
def queued_at(m: State, s: int, c: int) -> int:
    """Where in the queue of a site is a commitment, or would it be?"""
    low = m.queue_at[s]
    high = low + m.n_queue[s]
    while low < high:
        middle = (low + high) >> 1
        if comes_before(m, m.queue[middle], c):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def enqueue(m: State, s: int, c: int) -> None:
    """Let a commitment wait for its delivery; a queue that is full moves to the end, with twice the space."""
    n = m.n_queue[s]
    if n == m.queue_space[s]:
        space, first = 2 * n + 8, m.queue_end
        m.queue_end += space
        while m.queue_end > len(m.queue):
            m.queue = twice(m.queue)
        for i in range(n):
            m.queue[first + i] = m.queue[m.queue_at[s] + i]
        m.queue_at[s], m.queue_space[s] = first, space
    i = queued_at(m, s, c)
    for k in range(m.queue_at[s] + n, i, -1):
        m.queue[k] = m.queue[k - 1]
    m.queue[i] = c
    m.n_queue[s] = n + 1
    m.undelivered_rows += 1


@compiled
def unqueue(m: State, s: int, c: int) -> None:
    """Let a commitment wait for its delivery no more."""
    end = m.queue_at[s] + m.n_queue[s] - 1
    for k in range(queued_at(m, s, c), end):
        m.queue[k] = m.queue[k + 1]
    m.n_queue[s] -= 1
    m.undelivered_rows -= 1
