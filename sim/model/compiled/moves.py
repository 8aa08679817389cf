"""Moves: undelivered kW of requests that are wanted go to other sites of their provider, which are idle."""

from sim.model import rules
from sim.model.compiled.agenda import mark_site_to_deliver
from sim.model.compiled.codes import (
    COMMITMENT_NEXT_MOVABLE,
    COMMITMENT_PROMISED,
    COMMITMENT_PROVIDER,
    COMMITMENT_SITE,
    COMMITMENT_UNDELIVERED_KW,
    NEVER,
    NOBODY,
    RELEASE_MOVED,
)
from sim.model.compiled.commitments import commit_moved, write_release
from sim.model.compiled.compiler import jit
from sim.model.compiled.delivery_queue import dequeue_commitment
from sim.model.compiled.state import State
from sim.model.compiled.waiting_list import join_waiting_list


@jit
def idle_kw(m: State, s: int) -> int:
    """The kW that are online at a site and promised to nobody."""
    return rules.idle(m.online[s], m.committed[s], m.held[s])


@jit
def has_idle_site(m: State) -> bool:
    """Whether anything could move: some site of a provider with several is idle."""
    if m.moves:
        for s in m.sites_to_move_to:
            if idle_kw(m, s):
                return True
    return False


@jit
def first_movable_commitment(m: State, r: int) -> int:
    """The first commitment of a request that may move, in the order made; NOBODY if there is none."""
    c = m.first_movable[r]
    while c != NOBODY and m.commitments[COMMITMENT_UNDELIVERED_KW, c] == 0:
        c = m.commitments[COMMITMENT_NEXT_MOVABLE, c]
    m.first_movable[r] = c  # what has nothing undelivered stays so, and is passed over for good
    return c


@jit
def is_movable(m: State, r: int) -> bool:
    """Whether a request may move: it is wanted, and has undelivered kW at a provider with several sites."""
    return m.moves == 1 and m.wanted[r] <= m.now and first_movable_commitment(m, r) != NOBODY


@jit
def admit_newly_wanted(m: State) -> None:
    """Put the requests that are wanted from now on, and may move, into the waiting list."""
    for i in range(m.n_newly_wanted):
        r = m.newly_wanted[i]
        if is_movable(m, r):
            join_waiting_list(m, r)
            if not m.capacity_increased and has_idle_alternative(m, r):
                m.capacity_increased = 1
    m.n_newly_wanted = 0


@jit
def has_idle_alternative(m: State, r: int) -> bool:
    """Whether another site is idle that something of a request could move to."""
    c = first_movable_commitment(m, r)
    while c != NOBODY:
        if m.commitments[COMMITMENT_UNDELIVERED_KW, c]:
            p = m.commitments[COMMITMENT_PROVIDER, c]
            for k in range(m.sites_at[p], m.sites_at[p + 1]):
                if m.sites[k] != m.commitments[COMMITMENT_SITE, c] and idle_kw(m, m.sites[k]):
                    return True
        c = m.commitments[COMMITMENT_NEXT_MOVABLE, c]
    return False


@jit
def move_request(m: State, r: int) -> bool:
    """Move what is undelivered of a request to idle sites of its providers; gives whether anything moved."""
    moved = False
    if is_movable(m, r):
        c = first_movable_commitment(m, r)
        while c != NOBODY:
            if m.commitments[COMMITMENT_UNDELIVERED_KW, c]:
                moved = move_commitment(m, r, c) or moved
            c = m.commitments[COMMITMENT_NEXT_MOVABLE, c]
    return moved


@jit
def move_commitment(m: State, r: int, c: int) -> bool:
    """Move what is undelivered of a commitment to the other sites of its provider, as they are listed."""
    p, left, moved = m.commitments[COMMITMENT_PROVIDER, c], m.commitments[COMMITMENT_UNDELIVERED_KW, c], False
    cap, split = room_to_move(m, r, p), m.split[m.group[r]]
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        s = m.sites[k]
        if s == m.commitments[COMMITMENT_SITE, c]:
            continue
        free = min(idle_kw(m, s), cap)
        kw = rules.movable_kw(split, m.block_kw[r], left, free, m.size_kw[r], m.undelivered[r])
        if kw:
            move_kw(m, r, c, s, kw)
            left -= kw
            cap -= kw
            moved = True
            if left == 0:
                break
    return moved


@jit
def room_to_move(m: State, r: int, p: int) -> int:
    """The kW of a request that may move among the sites of a provider: for others, less what it keeps back."""
    if m.keeps_back[p] == 0 or m.own_provider[m.group[r]] == p:
        return NEVER
    idle = 0
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        idle += idle_kw(m, m.sites[k])
    return rules.room_for_others(idle, m.keeps_back[p])


@jit
def move_kw(m: State, r: int, c: int, s: int, kw: int) -> None:
    """Move kW of a commitment to another site, where they begin to serve: all that is promised there is online.

    They count as committed at the old site until the walk of the waiting list is over.
    """
    old = m.commitments[COMMITMENT_SITE, c]
    if kw == m.commitments[COMMITMENT_UNDELIVERED_KW, c]:
        dequeue_commitment(m, old, c)
    m.commitments[COMMITMENT_UNDELIVERED_KW, c] -= kw
    write_release(m, c, kw, RELEASE_MOVED)
    m.vacated_kw[old] += kw
    m.any_vacated = 1
    mark_site_to_deliver(m, old)
    promised = rules.moved_promise(m.now, m.commitments[COMMITMENT_PROMISED, c])
    commit_moved(m, r, m.commitments[COMMITMENT_PROVIDER, c], s, kw, promised)


@jit
def vacate_sites(m: State) -> None:
    """Let what has moved away no longer count as committed, since the walk is over."""
    if m.any_vacated:
        for s in range(len(m.vacated_kw)):
            m.committed[s] -= m.vacated_kw[s]
            m.vacated_kw[s] = 0
        m.any_vacated = 0
        m.capacity_increased = 1
