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
from sim.model.compiled.packing import pack_end, unpack_end
from sim.model.compiled.state import State


@jit
def deliver(m: State) -> bool:
    """Begin the deliveries that are possible where something changed; gives whether any began."""
    progressed = False
    for i in range(m.n_sites_to_deliver):
        m.is_site_to_deliver[m.sites_to_deliver[i]] = 0
        progressed = deliver_at(m, m.sites_to_deliver[i]) or progressed
    m.n_sites_to_deliver = 0
    return progressed


@jit
def deliver_at(m: State, s: int) -> bool:
    """Begin the deliveries that are possible at a site, in the order of its queue; gives whether any began.

    No commitment is served twice in an instant: once it got a part, nothing is free, and nothing that was set
    aside for others before it is given up before it is wanted.
    """
    free = rules.available(m.online[s], m.in_service[s])
    first, n, n_left, begun = m.queue_at[s], m.n_queue[s], 0, False
    for i in range(first, first + n):
        c = m.queue[i]
        r, left = m.commitments[COMMITMENT_REQUEST, c], m.commitments[COMMITMENT_UNDELIVERED_KW, c]
        if free:
            reserved = rules.set_aside(free, left)
            # Also what is set aside and not served stays taken: a whole request that waits is not overtaken.
            free -= reserved
            kw = rules.deliverable_kw(reserved, left, m.split[m.group[r]], m.wanted[r], m.now)
            if kw:
                left -= kw
                m.commitments[COMMITMENT_UNDELIVERED_KW, c] = left
                begin_service(m, c, kw)
                begun = True
        elif not begun:
            return False
        if left:
            m.queue[first + n_left] = c
            n_left += 1
    m.n_queue[s] = n_left
    m.undelivered_rows -= n - n_left
    return begun


@jit
def begin_service(m: State, c: int, kw: int) -> None:
    """Begin to serve kW of a commitment, for the term of its request."""
    r = m.commitments[COMMITMENT_REQUEST, c]
    m.undelivered[r] -= kw
    write_delivery(m, c, kw, m.term[r])


@jit
def write_delivery(m: State, c: int, kw: int, term: int) -> None:
    """Write a delivery that begins now, and have it end after its term."""
    if m.n_deliveries == m.deliveries.shape[1]:
        m.deliveries = extend_columns(m.deliveries)
    commitments, rows, i = m.commitments, m.deliveries, m.n_deliveries
    s = commitments[COMMITMENT_SITE, c]
    rows[DELIVERY_COMMITMENT, i], rows[DELIVERY_REQUEST, i], rows[DELIVERY_STREAM, i] = (
        c,
        commitments[COMMITMENT_REQUEST, c],
        commitments[COMMITMENT_STREAM, c],
    )
    rows[DELIVERY_PROVIDER, i], rows[DELIVERY_SITE, i], rows[DELIVERY_KW, i] = (
        commitments[COMMITMENT_PROVIDER, c],
        s,
        kw,
    )
    rows[DELIVERY_PROMISED, i], rows[DELIVERY_START, i], rows[DELIVERY_END, i] = (
        commitments[COMMITMENT_PROMISED, c],
        m.now,
        m.now + term,
    )
    m.n_deliveries += 1
    m.in_service[s] += kw
    if m.n_delivery_ends == len(m.delivery_ends_at):
        m.delivery_ends_at, m.delivery_ends_item = (
            double_space(m.delivery_ends_at),
            double_space(m.delivery_ends_item),
        )
    push(m.delivery_ends_at, m.delivery_ends_item, m.n_delivery_ends, m.now + term, pack_end(s, kw))
    m.n_delivery_ends += 1


@jit
def end_deliveries(m: State) -> None:
    """Free the kW of deliveries that have ended."""
    while m.n_delivery_ends and m.delivery_ends_at[0] <= m.now:
        s, kw = unpack_end(m.delivery_ends_item[0])
        pop(m.delivery_ends_at, m.delivery_ends_item, m.n_delivery_ends)
        m.n_delivery_ends -= 1
        m.committed[s] -= kw
        m.in_service[s] -= kw
        if m.n_queue[s]:
            mark_site_to_deliver(m, s)
    m.capacity_increased = 1
