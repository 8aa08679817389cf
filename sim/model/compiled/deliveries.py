"""Deliveries: what begins to serve, for how long, and what ends."""

from sim.model import rules
from sim.model.compiled.agenda import KW_BITS, stir
from sim.model.compiled.compiler import compiled
from sim.model.compiled.heaps import drop, push
from sim.model.compiled.lists import longer, twice
from sim.model.compiled.names import (
    COMMITMENT,
    END,
    LEFT,
    OF_KW,
    OF_PROMISED,
    OF_PROVIDER,
    OF_REQUEST,
    OF_SITE,
    OF_STREAM,
    PROMISED,
    PROVIDER,
    REQUEST,
    SITE,
    START,
    STREAM,
)
from sim.model.compiled.state import State


@compiled
def deliver(m: State) -> bool:
    """Let serve what can, where something changed; did anything begin?"""
    moved = False
    for i in range(m.n_stirred):
        m.is_stirred[m.stirred[i]] = 0
        moved = deliver_at(m, m.stirred[i]) or moved
    m.n_stirred = 0
    return moved


@compiled
def deliver_at(m: State, s: int) -> bool:
    """Let serve at a site what can, in the order of delivery; did anything begin?

    No commitment is served twice in an instant: once it got a part, nothing is free, and nothing that was set
    aside for others before it is given up before it is wanted.
    """
    free = rules.available(m.online[s], m.in_service[s])
    first, n, kept, begun = m.queue_at[s], m.n_queue[s], 0, False
    for i in range(first, first + n):
        c = m.queue[i]
        r, left = m.commitments[REQUEST, c], m.commitments[LEFT, c]
        if free:
            aside = rules.set_aside(free, left)
            free -= aside
            kw = rules.delivered(aside, left, m.split[m.group[r]], m.wanted[r], m.now)
            if kw:
                left -= kw
                m.commitments[LEFT, c] = left
                serve(m, c, kw)
                begun = True
        elif not begun:
            return False
        if left:
            m.queue[first + kept] = c
            kept += 1
    m.n_queue[s] = kept
    m.undelivered_rows -= n - kept
    return begun


@compiled
def serve(m: State, c: int, kw: int) -> None:
    """kW of a commitment begin to serve, for the term of its request."""
    r = m.commitments[REQUEST, c]
    m.undelivered[r] -= kw
    write_delivery(m, c, kw, m.term[r])


@compiled
def write_delivery(m: State, c: int, kw: int, term: int) -> None:
    """Write a delivery down, which begins now."""
    if m.n_deliveries == m.deliveries.shape[1]:
        m.deliveries = longer(m.deliveries)
    made, rows, i = m.commitments, m.deliveries, m.n_deliveries
    s = made[SITE, c]
    rows[COMMITMENT, i], rows[OF_REQUEST, i], rows[OF_STREAM, i] = c, made[REQUEST, c], made[STREAM, c]
    rows[OF_PROVIDER, i], rows[OF_SITE, i], rows[OF_KW, i] = made[PROVIDER, c], s, kw
    rows[OF_PROMISED, i], rows[START, i], rows[END, i] = made[PROMISED, c], m.now, m.now + term
    m.n_deliveries += 1
    m.in_service[s] += kw
    if m.n_ends == len(m.ends_at):
        m.ends_at, m.ends_what = twice(m.ends_at), twice(m.ends_what)
    push(m.ends_at, m.ends_what, m.n_ends, m.now + term, (s << KW_BITS) | kw)
    m.n_ends += 1


@compiled
def end_deliveries(m: State) -> None:
    """Free the kW of deliveries that have ended."""
    while m.n_ends and m.ends_at[0] <= m.now:
        what = m.ends_what[0]
        drop(m.ends_at, m.ends_what, m.n_ends)
        m.n_ends -= 1
        s, kw = what >> KW_BITS, what & ((1 << KW_BITS) - 1)
        m.committed[s] -= kw
        m.in_service[s] -= kw
        if m.n_queue[s]:
            stir(m, s)
    m.grown = 1
