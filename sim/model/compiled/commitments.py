"""Commitments: kW that a provider promises, which wait for their delivery, and may be released."""

import numpy as np

from sim.model import rules
from sim.model.compiled import allocation
from sim.model.compiled.agenda import add_to_agenda, mark_newly_wanted, mark_site_to_deliver
from sim.model.compiled.codes import (
    COMMITMENT_COMMITTED,
    COMMITMENT_KW,
    COMMITMENT_NEXT_MOVABLE,
    COMMITMENT_PROMISED,
    COMMITMENT_PROVIDER,
    COMMITMENT_REQUEST,
    COMMITMENT_SITE,
    COMMITMENT_STREAM,
    COMMITMENT_UNDELIVERED_KW,
    NEVER,
    NOBODY,
    RELEASE_AT,
    RELEASE_COMMITMENT,
    RELEASE_GIVE_UP,
    RELEASE_KW,
    RELEASE_WHY,
    STEP_DELIVERIES,
    STEP_WAITING_LIST,
    ZERO,
)
from sim.model.compiled.compiler import jit
from sim.model.compiled.deliveries import begin_service
from sim.model.compiled.delivery_queue import dequeue_commitment, enqueue_commitment
from sim.model.compiled.growth import double_space, extend_columns
from sim.model.compiled.state import State
from sim.model.compiled.waiting_list import join_waiting_list


@jit
def commit(m: State, r: int, p: int, n: int) -> None:
    """Commit what a provider takes of a request: the allocation of `n` sites at the start of the space.

    What is promised for now is delivered now, whatever else is: online covers all that is promised there.
    """
    for i in range(n):
        s, kw = m.allocated_site[i], m.allocated_kw[i]
        promised = allocation.promise_date(m, r, s, kw)
        c = m.n_commitments
        write_commitment(m, r, m.stream[m.group[r]], p, s, kw, promised)
        m.uncommitted[r] -= kw
        m.committed[s] += kw
        if promised == m.now:
            begin_service(m, c, kw)
        else:
            m.commitments[COMMITMENT_UNDELIVERED_KW, c] = kw
            queue_up(m, c)


@jit
def write_commitment(m: State, r: int, stream: int, p: int, s: int, kw: int, promised: int) -> None:
    """Write a commitment of which nothing is undelivered."""
    if m.n_commitments == m.commitments.shape[1]:
        m.commitments = extend_columns(m.commitments)
    rows, c = m.commitments, m.n_commitments
    (
        rows[COMMITMENT_REQUEST, c],
        rows[COMMITMENT_STREAM, c],
        rows[COMMITMENT_PROVIDER, c],
        rows[COMMITMENT_SITE, c],
    ) = r, stream, p, s
    (
        rows[COMMITMENT_KW, c],
        rows[COMMITMENT_COMMITTED, c],
        rows[COMMITMENT_PROMISED, c],
        rows[COMMITMENT_UNDELIVERED_KW, c],
    ) = kw, m.now, promised, 0
    m.n_commitments += 1


@jit
def queue_up(m: State, c: int) -> None:
    """Let a commitment wait for its delivery."""
    s, r = m.commitments[COMMITMENT_SITE, c], m.commitments[COMMITMENT_REQUEST, c]
    p, wanted = m.commitments[COMMITMENT_PROVIDER, c], m.wanted[r]
    enqueue_commitment(m, s, c)
    may_move = m.moves and m.sites_at[p + 1] - m.sites_at[p] > 1
    if may_move:
        m.commitments[COMMITMENT_NEXT_MOVABLE, c] = NOBODY
        if m.first_movable[r] == NOBODY:
            m.first_movable[r] = c
        else:
            m.commitments[COMMITMENT_NEXT_MOVABLE, m.last_movable[r]] = c
        m.last_movable[r] = c
    if wanted <= m.now:
        mark_site_to_deliver(m, s)
        if may_move:
            mark_newly_wanted(m, r)
    else:
        add_to_agenda(m, wanted, STEP_DELIVERIES, ZERO, s)
        if may_move:
            add_to_agenda(m, wanted, STEP_WAITING_LIST, ZERO, r)


@jit
def commit_moved(m: State, r: int, p: int, s: int, kw: int, promised: int) -> None:
    """Commit what has moved to a site, and deliver it: online covers all that is promised there."""
    c = m.n_commitments
    write_commitment(m, r, m.stream[m.group[r]], p, s, kw, promised)
    m.committed[s] += kw
    begin_service(m, c, kw)


@jit
def write_release(m: State, c: int, kw: int, why: int) -> None:
    """Write a release of kW of a commitment."""
    if m.n_releases == m.releases.shape[1]:
        m.releases = extend_columns(m.releases)
    rows, i = m.releases, m.n_releases
    rows[RELEASE_COMMITMENT, i], rows[RELEASE_KW, i], rows[RELEASE_AT, i], rows[RELEASE_WHY, i] = (
        c,
        kw,
        m.now,
        why,
    )
    m.n_releases += 1


@jit
def release(m: State, c: int, why: int) -> None:
    """Release what is undelivered of a commitment."""
    s, kw = m.commitments[COMMITMENT_SITE, c], m.commitments[COMMITMENT_UNDELIVERED_KW, c]
    dequeue_commitment(m, s, c)
    m.committed[s] -= kw
    m.commitments[COMMITMENT_UNDELIVERED_KW, c] = 0
    write_release(m, c, kw, why)
    m.capacity_increased = 1
    mark_site_to_deliver(m, s)


@jit
def release_request(m: State, r: int) -> None:
    """Release all that is undelivered of a request that gives up, in the order in which it was committed."""
    # Noted first and released after, since a release shifts the queues that are read.
    queued = np.empty(16, np.int64)
    n = 0
    for s in range(len(m.n_queue)):
        for i in range(m.queue_at[s], m.queue_at[s] + m.n_queue[s]):
            if m.commitments[COMMITMENT_REQUEST, m.queue[i]] == r:
                if n == len(queued):
                    queued = double_space(queued)
                queued[n] = m.queue[i]
                n += 1
    for k in range(n):
        least = k
        for i in range(k + 1, n):
            if queued[i] < queued[least]:
                least = i
        c, queued[least] = queued[least], queued[k]
        release(m, c, RELEASE_GIVE_UP)


@jit
def release_excess(m: State, s: int, why: int) -> None:
    """Release the last commitments in the queue of a site, until no more is committed than it will have."""
    planned = allocation.planned_kw(m, s, NEVER)
    while m.n_queue[s] and rules.is_overcommitted(m.committed[s], m.online[s], m.outage_kw[s], planned):
        c = m.queue[m.queue_at[s] + m.n_queue[s] - 1]
        r, kw = m.commitments[COMMITMENT_REQUEST, c], m.commitments[COMMITMENT_UNDELIVERED_KW, c]
        release(m, c, why)
        join_waiting_list(m, r)
        m.uncommitted[r] += kw
