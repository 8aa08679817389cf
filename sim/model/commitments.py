"""Commitments: kW that a provider promises, which wait for their delivery, and may be released."""

from sim.model import rules
from sim.model.agenda import add_to_agenda, mark_newly_wanted, mark_site_to_deliver
from sim.model.allocation import planned_kw, promise_date
from sim.model.deliveries import begin_service
from sim.model.delivery_queue import dequeue_commitment, enqueue_commitment
from sim.model.ledger import provider_of, request_of, site_of
from sim.model.outcomes import ReleaseReason
from sim.model.rules import NEVER, STEP_DELIVERIES, STEP_WAITING_LIST
from sim.model.state import Allocation, MarketState
from sim.model.waiting_list import join_waiting_list


def commit(m: MarketState, r: int, p: int, allocation: Allocation) -> None:
    """Commit what a provider takes of a request.

    What is promised for now is delivered now, whatever else is: online covers all that is promised there.
    """
    for s, kw in allocation:
        promised = promise_date(m, r, s, kw)
        write_commitment(m, r, p, s, kw, promised)
        m.uncommitted[r] -= kw
        m.committed[s] += kw
        if promised == m.now:
            begin_service(m, r, s, kw)
        else:
            c = len(m.undelivered_of_commitment) - 1
            m.undelivered_of_commitment[c] = kw
            queue_up(m, c)


def write_commitment(m: MarketState, r: int, p: int, s: int, kw: int, promised: int) -> None:
    """Write a commitment of which nothing is undelivered."""
    m.commitments.extend((r, p, s, kw, m.now, promised))
    m.undelivered_of_commitment.append(0)


def queue_up(m: MarketState, c: int) -> None:
    """Let a commitment wait for its delivery."""
    s, r = site_of(m, c), request_of(m, c)
    wanted = m.wanted[r]
    enqueue_commitment(m, s, c)
    may_move = m.moves and len(m.sites_of[provider_of(m, c)]) > 1
    if may_move:
        m.movable.setdefault(r, []).append(c)
    if wanted <= m.now:
        mark_site_to_deliver(m, s)
        if may_move:
            mark_newly_wanted(m, r)
    else:
        add_to_agenda(m, wanted, STEP_DELIVERIES, 0, s)
        if may_move:
            add_to_agenda(m, wanted, STEP_WAITING_LIST, 0, r)


def commit_moved(m: MarketState, r: int, p: int, s: int, kw: int, promised: int) -> None:
    """Commit what has moved to a site, and deliver it: online covers all that is promised there."""
    write_commitment(m, r, p, s, kw, promised)
    m.committed[s] += kw
    if promised < m.now:  # what is promised for now has no row here
        c = len(m.undelivered_of_commitment) - 1
        m.deliveries.extend((c, kw, m.now, m.now + m.term[r]))
    begin_service(m, r, s, kw)


def write_release(m: MarketState, c: int, kw: int, why: ReleaseReason) -> None:
    """Write a release of kW of a commitment."""
    m.releases.append((c, kw, m.now, why))


def release(m: MarketState, c: int, why: ReleaseReason) -> None:
    """Release what is undelivered of a commitment."""
    s, kw = site_of(m, c), m.undelivered_of_commitment[c]
    dequeue_commitment(m, s, c)
    m.committed[s] -= kw
    m.undelivered_of_commitment[c] = 0
    write_release(m, c, kw, why)
    m.capacity_increased = True
    mark_site_to_deliver(m, s)


def release_request(m: MarketState, r: int) -> None:
    """Release all that is undelivered of a request that gives up, in the order in which it was committed."""
    queued = [each.commitment for queue in m.queue for each in queue if each.request == r]
    for c in sorted(queued):
        release(m, c, ReleaseReason.GAVE_UP)


def release_excess(m: MarketState, s: int, why: ReleaseReason) -> None:
    """Release the last commitments in the queue of a site, until no more is committed than it will have."""
    planned = planned_kw(m, s, NEVER)
    while m.queue[s] and rules.is_overcommitted(m.committed[s], m.online[s], m.outage_kw[s], planned):
        queued = m.queue[s][-1]
        r, kw = queued.request, m.undelivered_of_commitment[queued.commitment]
        release(m, queued.commitment, why)
        join_waiting_list(m, r)
        m.uncommitted[r] += kw
