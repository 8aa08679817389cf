"""What happens at one time, in the order of the design; and the clock that goes from one such time to the next.

The same steps as in `sim.model.market`, on arrays: (1) what the world changed, (2) answers due, (3) the waiting
list, (4) new requests, (5) deliveries, (6) give-ups, and again from (3) until nothing moves.
"""

from sim.model import rules
from sim.model.compiled import placing
from sim.model.compiled.agenda import RANK_BITS, may_give_up, plan_to, stir
from sim.model.compiled.asking import answer_due, ask_new, walk
from sim.model.compiled.compiler import compiled
from sim.model.compiled.deliveries import deliver, end_deliveries
from sim.model.compiled.heaps import drop
from sim.model.compiled.lists import WHOM_BITS, leave, twice
from sim.model.compiled.names import ANSWERS, DELIVERIES, LOOK, NEVER, ZERO
from sim.model.compiled.promises import release_all, shed
from sim.model.compiled.state import State, lent


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
