"""Promises: what is committed, waits for its delivery, and is released."""

import numpy as np

from sim.model import rules
from sim.model.compiled import placing
from sim.model.compiled.agenda import plan_to, stir
from sim.model.compiled.compiler import compiled
from sim.model.compiled.deliveries import serve
from sim.model.compiled.lists import enqueue, join, longer, twice, unqueue
from sim.model.compiled.names import (
    AT,
    COMMITTED,
    DELIVERIES,
    GAVE_UP,
    KW,
    LEFT,
    NEVER,
    PROMISED,
    PROVIDER,
    RELEASED,
    RELEASED_KW,
    REQUEST,
    SITE,
    STREAM,
    WHY,
    ZERO,
)
from sim.model.compiled.state import State


@compiled
def commit(m: State, r: int, p: int, n: int) -> None:
    """A provider promises what it takes, as it stands in the space of the state.

    What is promised for now is delivered now, whatever else is: online covers all that is promised there.
    """
    for i in range(n):
        s, kw = m.take_site[i], m.take_kw[i]
        promised = placing.promised(m, r, s, kw)
        c = m.n_commitments
        write_commitment(m, r, m.stream[m.group[r]], p, s, kw, promised)
        m.uncommitted[r] -= kw
        m.committed[s] += kw
        if promised == m.now:
            serve(m, c, kw)
        else:
            m.commitments[LEFT, c] = kw
            queue_up(m, c)


@compiled
def write_commitment(m: State, r: int, stream: int, p: int, s: int, kw: int, promised: int) -> None:
    """Write a commitment down."""
    if m.n_commitments == m.commitments.shape[1]:
        m.commitments = longer(m.commitments)
    rows, c = m.commitments, m.n_commitments
    rows[REQUEST, c], rows[STREAM, c], rows[PROVIDER, c], rows[SITE, c] = r, stream, p, s
    rows[KW, c], rows[COMMITTED, c], rows[PROMISED, c], rows[LEFT, c] = kw, m.now, promised, 0
    m.n_commitments += 1


@compiled
def queue_up(m: State, c: int) -> None:
    """A commitment waits for its delivery."""
    s, wanted = m.commitments[SITE, c], m.wanted[m.commitments[REQUEST, c]]
    enqueue(m, s, c)
    if wanted <= m.now:
        stir(m, s)
    else:
        plan_to(m, wanted, DELIVERIES, ZERO, s)


@compiled
def release(m: State, c: int, why: int) -> None:
    """Take back what is undelivered of a commitment."""
    s, kw = m.commitments[SITE, c], m.commitments[LEFT, c]
    unqueue(m, s, c)
    m.committed[s] -= kw
    m.commitments[LEFT, c] = 0
    if m.n_releases == m.releases.shape[1]:
        m.releases = longer(m.releases)
    rows, i = m.releases, m.n_releases
    rows[RELEASED, i], rows[RELEASED_KW, i], rows[AT, i], rows[WHY, i] = c, kw, m.now, why
    m.n_releases += 1
    m.grown = 1
    stir(m, s)


@compiled
def release_all(m: State, r: int) -> None:
    """Take back all that is undelivered of a request, in the order in which it was promised."""
    theirs = np.empty(16, np.int64)
    n = 0
    for s in range(len(m.n_queue)):
        for i in range(m.queue_at[s], m.queue_at[s] + m.n_queue[s]):
            if m.commitments[REQUEST, m.queue[i]] == r:
                if n == len(theirs):
                    theirs = twice(theirs)
                theirs[n] = m.queue[i]
                n += 1
    for k in range(n):
        least = k
        for i in range(k + 1, n):
            if theirs[i] < theirs[least]:
                least = i
        c, theirs[least] = theirs[least], theirs[k]
        release(m, c, GAVE_UP)


@compiled
def shed(m: State, s: int, why: int) -> None:
    """Release the last promises of a site, until no more is promised than it will have."""
    there = placing.planned(m, s, NEVER)
    while m.n_queue[s] and rules.overpromised(m.committed[s], m.online[s], m.out[s], there):
        c = m.queue[m.queue_at[s] + m.n_queue[s] - 1]
        r, kw = m.commitments[REQUEST, c], m.commitments[LEFT, c]
        release(m, c, why)
        if m.uncommitted[r] == 0:
            join(m, r)
        m.uncommitted[r] += kw
