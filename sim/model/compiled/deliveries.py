"""Deliveries: what begins to serve, for how long, and what ends."""

from sim.model import rules
from sim.model.compiled.agenda import mark_site_to_deliver
from sim.model.compiled.codes import (
    COMMITMENT_PROMISED,
    COMMITMENT_PROVIDER,
    COMMITMENT_REQUEST,
    COMMITMENT_SITE,
    COMMITMENT_STREAM,
    COMMITMENT_UNDELIVERED_KW,
    DELIVERY_COMMITMENT,
    DELIVERY_END,
    DELIVERY_KW,
    DELIVERY_PROMISED,
    DELIVERY_PROVIDER,
    DELIVERY_REQUEST,
    DELIVERY_SITE,
    DELIVERY_START,
    DELIVERY_STREAM,
)
from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space, extend_columns
from sim.model.compiled.heaps import pop, push
from sim.model.compiled.packing import KW_BITS
from sim.model.compiled.state import State


@jit
def deliver(m: State) -> bool:
    """Let serve what can, where something changed; did anything begin?"""
    moved = False
    for i in range(m.n_sites_to_deliver):
        m.is_site_to_deliver[m.sites_to_deliver[i]] = 0
        moved = deliver_at(m, m.sites_to_deliver[i]) or moved
    m.n_sites_to_deliver = 0
    return moved


@jit
def deliver_at(m: State, s: int) -> bool:
    """Let serve at a site what can, in the order of delivery; did anything begin?

    No commitment is served twice in an instant: once it got a part, nothing is free, and nothing that was set
    aside for others before it is given up before it is wanted.
    """
    free = rules.available(m.online[s], m.in_service[s])
    first, n, kept, begun = m.queue_at[s], m.n_queue[s], 0, False
    for i in range(first, first + n):
        c = m.queue[i]
        r, left = m.commitments[COMMITMENT_REQUEST, c], m.commitments[COMMITMENT_UNDELIVERED_KW, c]
        if free:
            aside = rules.set_aside(free, left)
            free -= aside
            kw = rules.deliverable_kw(aside, left, m.split[m.group[r]], m.wanted[r], m.now)
            if kw:
                left -= kw
                m.commitments[COMMITMENT_UNDELIVERED_KW, c] = left
                begin_service(m, c, kw)
                begun = True
        elif not begun:
            return False
        if left:
            m.queue[first + kept] = c
            kept += 1
    m.n_queue[s] = kept
    m.undelivered_rows -= n - kept
    return begun


@jit
def begin_service(m: State, c: int, kw: int) -> None:
    """kW of a commitment begin to serve, for the term of its request."""
    r = m.commitments[COMMITMENT_REQUEST, c]
    m.undelivered[r] -= kw
    write_delivery(m, c, kw, m.term[r])


@jit
def write_delivery(m: State, c: int, kw: int, term: int) -> None:
    """Write a delivery down, which begins now."""
    if m.n_deliveries == m.deliveries.shape[1]:
        m.deliveries = extend_columns(m.deliveries)
    made, rows, i = m.commitments, m.deliveries, m.n_deliveries
    s = made[COMMITMENT_SITE, c]
    rows[DELIVERY_COMMITMENT, i], rows[DELIVERY_REQUEST, i], rows[DELIVERY_STREAM, i] = (
        c,
        made[COMMITMENT_REQUEST, c],
        made[COMMITMENT_STREAM, c],
    )
    rows[DELIVERY_PROVIDER, i], rows[DELIVERY_SITE, i], rows[DELIVERY_KW, i] = (
        made[COMMITMENT_PROVIDER, c],
        s,
        kw,
    )
    rows[DELIVERY_PROMISED, i], rows[DELIVERY_START, i], rows[DELIVERY_END, i] = (
        made[COMMITMENT_PROMISED, c],
        m.now,
        m.now + term,
    )
    m.n_deliveries += 1
    m.in_service[s] += kw
    if m.n_ends == len(m.ends_at):
        m.ends_at, m.ends_item = double_space(m.ends_at), double_space(m.ends_item)
    push(m.ends_at, m.ends_item, m.n_ends, m.now + term, (s << KW_BITS) | kw)
    m.n_ends += 1


@jit
def end_deliveries(m: State) -> None:
    """Free the kW of deliveries that have ended."""
    while m.n_ends and m.ends_at[0] <= m.now:
        what = m.ends_item[0]
        pop(m.ends_at, m.ends_item, m.n_ends)
        m.n_ends -= 1
        s, kw = what >> KW_BITS, what & ((1 << KW_BITS) - 1)
        m.committed[s] -= kw
        m.in_service[s] -= kw
        if m.n_queue[s]:
            mark_site_to_deliver(m, s)
    m.capacity_increased = 1
