"""Deliveries: what begins to serve, for how long, and what ends."""

from heapq import heappop, heappush

from sim.model import rules
from sim.model.agenda import mark_site_to_deliver
from sim.model.state import AT, MarketState


def deliver(m: MarketState) -> bool:
    """Begin the deliveries that are possible where something changed; gives whether any began."""
    progressed = False
    for s in m.sites_to_deliver:
        progressed = deliver_at(m, s) or progressed
    m.sites_to_deliver.clear()
    return progressed


def deliver_at(m: MarketState, s: int) -> bool:
    """Begin the deliveries that are possible at a site, in the order of its queue; gives whether any began.

    No commitment is served twice in an instant: once it got a part, nothing is free, and nothing that was set
    aside for others before it is given up before it is wanted.
    """
    free = rules.available(m.online[s], m.in_service[s])
    queue, left_of, begun = m.queue[s], m.undelivered_of_commitment, False
    for _, _, r, c in queue:
        if free == 0:
            break
        left = left_of[c]
        reserved = rules.set_aside(free, left)
        # Also what is set aside and not served stays taken: a whole request that waits for more is not overtaken.
        free -= reserved
        kw = rules.deliverable_kw(reserved, left, m.split[r], m.wanted[r], m.now)
        if kw:
            left_of[c] = left - kw
            m.deliveries.extend((c, kw, m.now, m.now + m.term[r]))
            begin_service(m, r, s, kw)
            begun = True
    if begun:
        m.queue[s] = [queued for queued in queue if left_of[queued.commitment]]
        m.undelivered_rows -= len(queue) - len(m.queue[s])
    return begun


def begin_service(m: MarketState, r: int, s: int, kw: int) -> None:
    """Begin to serve kW of a request at a site, for the term of the request."""
    m.undelivered[r] -= kw
    m.in_service[s] += kw
    heappush(m.delivery_ends, (m.now + m.term[r], s, kw))


def end_deliveries(m: MarketState) -> None:
    """Free the kW of deliveries that have ended."""
    ends, now = m.delivery_ends, m.now
    while ends and ends[0][AT] <= now:
        _, s, kw = heappop(ends)
        m.committed[s] -= kw
        m.in_service[s] -= kw
        if m.queue[s]:
            mark_site_to_deliver(m, s)
    m.capacity_increased = True
