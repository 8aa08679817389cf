"""Who is asked, and who answers: (2) answers due, (3) the waiting list, (4) new requests."""

import numpy as np

from sim.model.compiled import answers, placing
from sim.model.compiled.agenda import may_give_up, plan_to
from sim.model.compiled.compiler import compiled
from sim.model.compiled.heaps import drop, push
from sim.model.compiled.lists import WHOM_BITS, forget, join, place_of, request_at, twice
from sim.model.compiled.names import ANSWERS, GIVE_UPS, NEVER, NOBODY, ZERO
from sim.model.compiled.promises import commit
from sim.model.compiled.state import State
from sim.model.ledger import FOR_ROOM


@compiled
def answer_due(m: State, r: int) -> None:
    """A holder answers: what was held is released first, and limits what it takes."""
    holds = NOBODY
    if m.holds[m.right[r]]:
        holds = r
        for k in range(m.hold_at[r], m.hold_at[r] + m.n_hold[r]):
            m.held[m.hold_site[k]] -= m.hold_kw[k]
    m.grown = 1
    first_round(m, r, holds)
    if m.right[r] != placing.in_force(m, r):
        m.turned = 1


@compiled
def walk(m: State) -> bool:
    """Offer what there is to those who wait, in their order; was anything placed?

    Those who still wait are moved up behind the place that was reached, and the list begins with them.
    """
    m.grown = 0
    moved, i, most = False, m.head, placing.most_room(m)
    while most > 0 and i < m.tail:
        r = request_at(m, i)
        before = m.uncommitted[r]
        if placing.least(m, r) <= most:
            place(m, r)
        if m.uncommitted[r] < before:
            moved = True
            most = placing.most_room(m)
        if m.uncommitted[r] == 0:
            m.waiting[i] = -1
        elif not m.bypass:
            break
        i += 1
    forget(m, min(i, m.tail - 1))
    return moved


@compiled
def place(m: State, r: int) -> None:
    """Place a request that has been asked before: a right still counts.

    Throughout the instant of its answer the right that was asked decides, even if it has ended.
    """
    k = m.right[r] if m.answered[r] == m.now else NOBODY
    if k == NOBODY:
        k = placing.in_force(m, r)
    if k == NOBODY:
        overflow(m, r, NOBODY)
        return
    if m.exclusive[k]:
        commit(m, r, m.holder[k], placing.takes(m, r, m.holder[k], m.gives_up[r], NEVER, NOBODY, ZERO))
        return
    commit(m, r, m.holder[k], answers.answer(m, r, k, NOBODY))
    if m.uncommitted[r]:
        overflow(m, r, m.holder[k])


@compiled
def ask_new(m: State) -> None:
    """Hear those who ask now, in the order of the waiting list."""
    first = m.next
    while m.asked[m.next] == m.now:
        m.next += 1
    n = m.next - first
    if n == 1:
        ask(m, first)
        return
    places, nothing = np.empty(n, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        push(places, nothing, i, place_of(m, first + i), 0)
    for i in range(n, 0, -1):
        r = places[0] & ((1 << WHOM_BITS) - 1)
        drop(places, nothing, i)
        ask(m, r)


@compiled
def ask(m: State, r: int) -> None:
    """A request is asked; note when it gives up, if it may."""
    k = placing.in_force(m, r)
    if m.tail > m.head and not m.bypass:
        m.answered[r] = m.now
        join(m, r)
        m.grown = 1
    else:
        m.right[r] = k
        if k != NOBODY and not m.exclusive[k] and m.windows[k, r] > 0:
            put_to(m, r, k)
        else:
            first_round(m, r, NOBODY)
    if m.undelivered[r]:
        if m.gives_up[r] <= m.now:
            may_give_up(m, r)
        else:
            plan_to(m, m.gives_up[r], GIVE_UPS, ZERO, r)


@compiled
def put_to(m: State, r: int, k: int) -> None:
    """Put a request to the holder of a first refusal, who answers after the window."""
    m.asked_first[r] = m.holder[k]
    if m.holds[k]:
        n = answers.would_hold(m, r, k)
        m.hold_at[r], m.n_hold[r] = m.n_holds, n
        for i in range(n):
            if m.n_holds == len(m.hold_site):
                m.hold_site, m.hold_kw = twice(m.hold_site), twice(m.hold_kw)
            m.hold_site[m.n_holds], m.hold_kw[m.n_holds] = m.take_site[i], m.take_kw[i]
            m.held[m.take_site[i]] += m.take_kw[i]
            m.n_holds += 1
    plan_to(m, m.now + m.windows[k, r], ANSWERS, m.rank[m.group[r]], r)


@compiled
def first_round(m: State, r: int, holds: int) -> None:
    """The first round of answers to a request, and what is known of it afterwards."""
    m.answered[r] = m.now
    k, size = m.right[r], m.size[r]
    if k == NOBODY:
        n = placing.ranking(m, r, NOBODY)
        if n:
            m.asked_first[r] = m.ranking[0]
        m.first_kw[r] = put_about(m, r, n)
    else:
        p = m.holder[k]
        m.asked_first[r] = p
        if m.exclusive[k]:
            n = placing.takes(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO)
        else:
            n = answers.answer(m, r, k, holds)
        took = placing.taken(m, n, ZERO)
        if took < size:
            if m.exclusive[k]:
                m.reason[r] = FOR_ROOM
            else:
                m.reason[r] = answers.limit(m, r, k, holds, took, len(m.online))
        commit(m, r, p, n)
        m.holder_kw[r] = m.first_kw[r] = took
        if took < size and not m.exclusive[k]:
            overflow(m, r, p)
    if m.uncommitted[r]:
        join(m, r)


@compiled
def overflow(m: State, r: int, without: int) -> None:
    """Place what is uncommitted by the overflow policy, without the holder if there is one."""
    if placing.anyone(m, r, without):
        put_about(m, r, placing.ranking(m, r, without))


@compiled
def put_about(m: State, r: int, n: int) -> int:
    """Offer each provider of the ranking in turn what is left; how much does the first take?"""
    before, first = m.uncommitted[r], 0
    for i in range(n):
        p = m.ranking[i]
        commit(m, r, p, placing.takes(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO))
        if i == 0:
            first = before - m.uncommitted[r]
        if m.uncommitted[r] == 0:
            break
    return first
