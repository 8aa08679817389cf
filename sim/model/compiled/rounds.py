"""Rounds of answers: (2) answers due, (4) the waiting list, (5) new requests."""

import numpy as np

from sim.model.compiled import allocation, holder_answers
from sim.model.compiled.agenda import add_to_agenda, mark_to_give_up
from sim.model.compiled.codes import LIMITED_BY_ROOM, NEVER, NOBODY, STEP_ANSWERS, STEP_GIVE_UPS, ZERO
from sim.model.compiled.commitments import commit
from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space
from sim.model.compiled.heaps import pop, push
from sim.model.compiled.moves import has_idle_site, is_movable, move_request, vacate_sites
from sim.model.compiled.packing import unpack_waiting_request
from sim.model.compiled.ranking import has_taker, rank_providers
from sim.model.compiled.state import State
from sim.model.compiled.waiting_list import (
    close_gaps,
    has_unplaced,
    join_waiting_list,
    waiting_key,
    waiting_request,
)


@jit
def apply_due_answer(m: State, r: int) -> None:
    """Apply the answer of a holder: what was held is released first, and limits what it takes."""
    held_for = NOBODY
    if m.holds_capacity[m.right[r]]:
        held_for = r
        for k in range(m.hold_at[r], m.hold_at[r] + m.n_hold[r]):
            m.held[m.hold_site[k]] -= m.hold_kw[k]
    m.capacity_increased = 1
    run_first_round(m, r, held_for)


@jit
def walk_waiting_list(m: State) -> bool:
    """Let those who wait move, then offer them the room there is, in their order; gives whether any was placed.

    Who leaves the list leaves a gap, marked by -1; the gaps are closed after the walk.
    """
    m.capacity_increased = 0
    # Lowered above: what raises it while the list is walked asks for another walk.
    progressed, i, most, idle = False, m.head, allocation.most_room(m), has_idle_site(m)
    while most > 0 and i < m.tail:
        r = waiting_request(m, i)
        before = m.uncommitted[r]
        placed = idle and move_request(m, r)
        if before and allocation.least_useful_room(m, r) <= most:
            retry_request(m, r)
            placed = placed or m.uncommitted[r] < before
        if placed:
            progressed = True
            most, idle = allocation.most_room(m), has_idle_site(m)
        if m.uncommitted[r] == 0 and not is_movable(m, r):
            m.waiting[i] = -1
            m.is_waiting[r] = 0
        elif m.uncommitted[r] and not m.bypass:
            break
        i += 1
    close_gaps(m, min(i, m.tail - 1))
    vacate_sites(m)
    return progressed


@jit
def retry_request(m: State, r: int) -> None:
    """Place a request that has been asked before: a right in force still counts."""
    k = allocation.right_in_force(m, r)
    if k == NOBODY:
        allocate_overflow(m, r, NOBODY)
        return
    p = m.holder[k]
    if m.is_exclusive[k]:
        commit(m, r, p, allocation.allocate(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO))
        return
    commit(m, r, p, holder_answers.holder_answer(m, r, k, NOBODY))
    if m.uncommitted[r]:
        allocate_overflow(m, r, p)


@jit
def ask_new_requests(m: State) -> None:
    """Ask the requests that come now, in the order of the waiting list; at the start, those of before as well."""
    first = m.next_request
    while m.asked[m.next_request] <= m.now:
        m.next_request += 1
    n = m.next_request - first
    if n == 1:  # nearly always one alone
        ask_request(m, first)
        return
    keys, unused = np.empty(n, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        push(keys, unused, i, waiting_key(m, first + i), 0)
    for i in range(n, 0, -1):
        r = unpack_waiting_request(keys[0])
        pop(keys, unused, i)
        ask_request(m, r)


@jit
def ask_request(m: State, r: int) -> None:
    """Ask a request: of the holder of a first refusal, or of all at once; and note when it gives up, if it may."""
    k = allocation.right_in_force(m, r)
    if m.tail > m.head and not m.bypass and has_unplaced(m):
        m.answered[r] = m.now
        join_waiting_list(m, r)
        m.capacity_increased = 1
    else:
        m.right[r] = k
        # A window that is over by the start is none.
        if k != NOBODY and m.answers_first[k] and m.asked[r] + m.windows[k, r] > m.now:
            put_to_holder(m, r, k)
        else:
            run_first_round(m, r, NOBODY)
    if m.undelivered[r]:
        if m.gives_up[r] <= m.now:
            mark_to_give_up(m, r)
        else:
            add_to_agenda(m, m.gives_up[r], STEP_GIVE_UPS, ZERO, r)


@jit
def put_to_holder(m: State, r: int, k: int) -> None:
    """Put a request to the holder of a first refusal, who answers after the window."""
    m.asked_first[r] = m.holder[k]
    if m.holds_capacity[k]:
        n = holder_answers.capacity_to_hold(m, r, k)
        m.hold_at[r], m.n_hold[r] = m.n_holds, n
        for i in range(n):
            if m.n_holds == len(m.hold_site):
                m.hold_site, m.hold_kw = double_space(m.hold_site), double_space(m.hold_kw)
            m.hold_site[m.n_holds], m.hold_kw[m.n_holds] = m.allocated_site[i], m.allocated_kw[i]
            m.held[m.allocated_site[i]] += m.allocated_kw[i]
            m.n_holds += 1
    add_to_agenda(m, m.asked[r] + m.windows[k, r], STEP_ANSWERS, m.priority_rank[m.group[r]], r)


@jit
def run_first_round(m: State, r: int, held_for: int) -> None:
    """Run the first round of answers to a request, and record what came of it."""
    m.answered[r] = m.now
    k, size = m.right[r], m.size_kw[r]
    if k == NOBODY:
        n = rank_providers(m, r, NOBODY)
        if n:
            m.asked_first[r] = m.ranking[0]
        m.first_kw[r] = offer_in_turn(m, r, n)
    else:
        p = m.holder[k]
        m.asked_first[r] = p
        if m.is_exclusive[k]:
            n = allocation.allocate(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO)
        else:
            n = holder_answers.holder_answer(m, r, k, held_for)
        answered_kw = allocation.allocated_kw(m, n, ZERO)
        if answered_kw < size:
            # Before anything is committed, since that takes the room which the reason is about. The other
            # allocations are made behind this one, which is still to be committed.
            if m.is_exclusive[k]:
                m.reason[r] = LIMITED_BY_ROOM
            else:
                m.reason[r] = holder_answers.limiting_reason(m, r, k, held_for, answered_kw, len(m.online))
        commit(m, r, p, n)
        m.holder_kw[r] = m.first_kw[r] = answered_kw
        if answered_kw < size and m.answers_first[k]:
            allocate_overflow(m, r, p)
    if m.uncommitted[r]:
        join_waiting_list(m, r)


@jit
def allocate_overflow(m: State, r: int, without: int) -> None:
    """Place what is uncommitted by the overflow policy, without the holder if there is one."""
    if has_taker(m, r, without):
        offer_in_turn(m, r, rank_providers(m, r, without))


@jit
def offer_in_turn(m: State, r: int, n_ranked: int) -> int:
    """Offer each provider of the ranking in turn what is left; gives the kW that the first takes."""
    before, first_kw = m.uncommitted[r], 0
    for i in range(n_ranked):
        p = m.ranking[i]
        commit(m, r, p, allocation.offered_allocation(m, r, p, ZERO))
        if i == 0:
            first_kw = before - m.uncommitted[r]
        if m.uncommitted[r] == 0:
            break
    return first_kw
