"""What happens at one time, in the order of the design; and the clock that goes from one such time to the next.

The same steps as in `sim.model.market`, on arrays: (1) what the world changed, (2) answers due, (3) the waiting
list, (4) new requests, (5) deliveries, (6) give-ups, and again from (3) until nothing moves.
"""

import numpy as np

from sim.model import rules
from sim.model.compiled import placing
from sim.model.compiled.compiler import compiled
from sim.model.compiled.heaps import drop, push
from sim.model.compiled.lists import (
    WHOM_BITS,
    enqueue,
    forget,
    join,
    leave,
    longer,
    place_of,
    request_at,
    twice,
    unqueue,
)
from sim.model.compiled.names import (
    ANSWERS,
    AT,
    COMMITMENT,
    COMMITTED,
    DELIVERIES,
    END,
    GAVE_UP,
    GIVE_UPS,
    KW,
    LEFT,
    LOOK,
    NEVER,
    NOBODY,
    OF_KW,
    OF_PROMISED,
    OF_PROVIDER,
    OF_REQUEST,
    OF_SITE,
    OF_STREAM,
    PROMISED,
    PROVIDER,
    RELEASED,
    RELEASED_KW,
    REQUEST,
    SITE,
    START,
    STREAM,
    WHY,
    ZERO,
)
from sim.model.compiled.state import State, lent
from sim.model.ledger import FOR_ROOM

KW_BITS, RANK_BITS = 42, 20
"""How the items of the heaps are packed: (site, kW), and (step, rank of the priority, request or site)."""


@compiled
def advance(state: State, now: int, until: int) -> tuple[int, int, int]:
    """Play the instant that is now, and those before `until`; or up to that in which a trigger fires.

    Gives when something can change next, when the last instant was, and whether a trigger fired in it.
    """
    m = lent(state)
    while True:
        m.now = now
        instant(m)
        fired = fires(m)
        now = next_time(m)
        if now >= until or fired:
            return now, m.now, fired


@compiled
def fires(m: State) -> int:
    """Does a trigger that looks fire now?"""
    for w in range(len(m.watch_site)):
        s = m.watch_site[w]
        there = placing.planned(m, s, NEVER)
        if rules.triggered(m.committed[s], m.watch_share[w], m.online[s], there):
            return 1
    return 0


@compiled
def next_time(m: State) -> int:
    """When can something change next? A delivery that ends counts only while something waits for room."""
    at = m.asked[m.next]
    if m.n_agenda and m.agenda_at[0] < at:
        at = m.agenda_at[0]
    if m.n_ends and m.ends_at[0] < at and (m.tail > m.head or m.undelivered_rows):
        at = m.ends_at[0]
    return at


@compiled
def instant(m: State) -> None:
    """All that happens at one time, in its order."""
    if m.n_ends and m.ends_at[0] <= m.now:  # (1)
        end_deliveries(m)
    m.n_due, m.n_giving = 0, 0
    if m.news or (m.n_agenda and m.agenda_at[0] <= m.now):
        take_in(m)
        for i in range(m.n_due):  # (2)
            answer_due(m, m.due[i])
    first, moved = True, m.n_due > 0
    while True:
        if m.tail > m.head and (m.grown or m.own_policy or m.own_answer):  # (3)
            moved = walk(m) or moved
        if first and m.asked[m.next] == m.now:  # (4)
            moved = True
            ask_new(m)
        if m.n_stirred:  # (5)
            moved = deliver(m) or moved
        if m.n_giving:  # (6)
            moved = give_up(m) or moved
            m.n_giving = 0
        waits = m.tail > m.head and (m.grown or m.own_policy or m.own_answer)
        if not moved or not (m.n_stirred or waits):
            break
        first, moved = False, False
    if m.turned:
        look_again(m)


@compiled
def look_again(m: State) -> None:
    """Have the waiting list walked in the very next instant: a date from which one is wanted, or could give up."""
    m.grown, m.turned = 1, 0
    at = NEVER
    for r in range(m.next):
        if m.now < m.wanted[r] < at:
            at = m.wanted[r]
        if m.now < m.gives_up[r] < at:
            at = m.gives_up[r]
    plan_to(m, at, LOOK, ZERO, ZERO)


@compiled
def plan_to(m: State, at: int, step: int, rank: int, whom: int) -> None:
    """Put something on the agenda, unless it comes after the end."""
    if at < m.end:
        if m.n_agenda == len(m.agenda_at):
            m.agenda_at, m.agenda_what = twice(m.agenda_at), twice(m.agenda_what)
        item = (((step << RANK_BITS) | rank) << WHOM_BITS) | whom
        push(m.agenda_at, m.agenda_what, m.n_agenda, at, item)
        m.n_agenda += 1


@compiled
def stir(m: State, s: int) -> None:
    """At a site a delivery may be possible that was not before."""
    if not m.is_stirred[s]:
        m.is_stirred[s] = 1
        m.stirred[m.n_stirred] = s
        m.n_stirred += 1


# (1) What the world changed


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


@compiled
def take_in(m: State) -> None:
    """Take in what the world changed; note the requests whose answer is due, and those that may give up."""
    m.news = 0
    while m.n_agenda and m.agenda_at[0] <= m.now:
        item = m.agenda_what[0]
        drop(m.agenda_at, m.agenda_what, m.n_agenda)
        m.n_agenda -= 1
        step, whom = item >> (WHOM_BITS + RANK_BITS), item & ((1 << WHOM_BITS) - 1)
        if step == LOOK:
            m.grown = 1
        elif step == ANSWERS:
            if m.n_due == len(m.due):
                m.due = twice(m.due)
            m.due[m.n_due] = whom
            m.n_due += 1
            if m.gives_up[whom] <= m.now:
                may_give_up(m, whom)
        elif step == DELIVERIES:
            stir(m, whom)
        else:
            may_give_up(m, whom)
    if m.any_fallen:
        m.any_fallen = 0
        for s in range(len(m.fallen)):
            if m.fallen[s] >= 0:
                shed(m, s, m.fallen[s])
                m.fallen[s] = -1


@compiled
def may_give_up(m: State, r: int) -> None:
    """A request may give up in this instant."""
    if m.n_giving == len(m.giving):
        m.giving = twice(m.giving)
    m.giving[m.n_giving] = r
    m.n_giving += 1


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


# (2) Answers due


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


# (3) The waiting list


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
    commit(m, r, m.holder[k], placing.answer(m, r, k, NOBODY))
    if m.uncommitted[r]:
        overflow(m, r, m.holder[k])


# (4) New requests


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
        n = placing.would_hold(m, r, k)
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
            n = placing.answer(m, r, k, holds)
        took = placing.taken(m, n, ZERO)
        if took < size:
            if m.exclusive[k]:
                m.reason[r] = FOR_ROOM
            else:
                m.reason[r] = placing.limit(m, r, k, holds, took, len(m.online))
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


# (5) Deliveries


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


# (6) Give-ups


@compiled
def give_up(m: State) -> bool:
    """What is uncommitted, and what is committed but undelivered, is lost; all that are due together."""
    moved = False
    for i in range(m.n_giving):
        r = m.giving[i]
        lost = m.undelivered[r]
        if lost == 0 or m.answered[r] == NEVER:
            continue
        if lost > m.uncommitted[r]:
            release_all(m, r)
        if m.uncommitted[r]:
            leave(m, r)
            m.uncommitted[r] = 0
        m.lost[r] = lost
        m.undelivered[r] = 0
        m.grown = 1
        moved = True
    return moved


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
