"""The instants of the market on the compiled clock: the steps at one time, and the clock from one to the next.

The same steps as in `sim.model.instants`, on arrays: (1) what the world changed, (2) answers due, (3) deliveries, (4)
the waiting list, with moves, (5) new requests, (6) deliveries, (7) give-ups, and again from (3) until a pass changes
nothing.
"""

from sim.model import rules
from sim.model.compiled import allocation
from sim.model.compiled.agenda import mark_newly_wanted, mark_site_to_deliver, mark_to_give_up
from sim.model.compiled.codes import (
    NEVER,
    NOBODY,
    STEP_ANSWERS,
    STEP_DELIVERIES,
    STEP_WAITING_LIST,
    STEP_WORLD,
)
from sim.model.compiled.commitments import release_excess, release_request
from sim.model.compiled.compiler import jit
from sim.model.compiled.deliveries import deliver, end_deliveries
from sim.model.compiled.growth import double_space
from sim.model.compiled.heaps import pop
from sim.model.compiled.moves import admit_newly_wanted
from sim.model.compiled.packing import unpack_agenda_item
from sim.model.compiled.rounds import apply_due_answer, ask_new_requests, walk_waiting_list
from sim.model.compiled.state import State, borrow
from sim.model.compiled.waiting_list import leave_waiting_list, waiting_list_is_due


@jit
def advance(state: State, now: int, until: int) -> tuple[int, int, int]:
    """Play the instant that is now, and those before `until`; or up to that in which a trigger fires.

    Gives when something can change next, when the last instant was, and whether a trigger fired in it.
    """
    m = borrow(state)  # `state` is held by the caller until this returns
    while True:
        m.now = now
        play_instant(m)
        fired = any_trigger_fires(m)
        now = next_time(m)
        if now >= until or fired:
            return now, m.now, fired


@jit
def any_trigger_fires(m: State) -> int:
    """Whether an armed trigger fires now."""
    for w in range(len(m.trigger_site)):
        s = m.trigger_site[w]
        planned = allocation.planned_kw(m, s, NEVER)
        if rules.trigger_fires(m.committed[s], m.trigger_share[w], m.online[s], planned):
            return 1
    return 0


@jit
def next_time(m: State) -> int:
    """When something can change next. A delivery that ends counts only while something waits for room."""
    at = m.asked[m.next_request]
    if m.n_agenda and m.agenda_at[0] < at:
        at = m.agenda_at[0]
    if m.n_delivery_ends and m.delivery_ends_at[0] < at and (m.tail > m.head or m.undelivered_rows):
        at = m.delivery_ends_at[0]
    return at


@jit
def play_instant(m: State) -> None:
    """Play all that happens at one time, in its order."""
    if m.n_delivery_ends and m.delivery_ends_at[0] <= m.now:  # (1)
        end_deliveries(m)
    m.n_due_answers, m.n_give_ups = 0, 0
    if m.world_changed or (m.n_agenda and m.agenda_at[0] <= m.now):
        process_agenda(m)
        for i in range(m.n_due_answers):  # (2)
            apply_due_answer(m, m.due_answers[i])
    first, progressed = True, m.n_due_answers > 0
    while True:
        if m.n_sites_to_deliver:  # (3)
            progressed = deliver(m) or progressed
        if m.n_newly_wanted:
            admit_newly_wanted(m)
        if waiting_list_is_due(m):  # (4)
            progressed = walk_waiting_list(m) or progressed
        if first and m.asked[m.next_request] <= m.now:  # (5)
            progressed = True
            ask_new_requests(m)
        if m.n_sites_to_deliver:  # (6)
            progressed = deliver(m) or progressed
        if m.n_give_ups:  # (7)
            progressed = give_up(m) or progressed
            m.n_give_ups = 0
        if m.n_newly_wanted:
            admit_newly_wanted(m)
        if not progressed or not (m.n_sites_to_deliver or waiting_list_is_due(m)):
            break
        first = progressed = False


@jit
def process_agenda(m: State) -> None:
    """Take what is due off the agenda: answers, deliveries, give-ups; and release what exceeds a site's capacity."""
    m.world_changed = 0
    while m.n_agenda and m.agenda_at[0] <= m.now:
        step, subject = unpack_agenda_item(m.agenda_item[0])
        pop(m.agenda_at, m.agenda_item, m.n_agenda)
        m.n_agenda -= 1
        if step == STEP_WORLD:
            m.capacity_increased = 1
        elif step == STEP_ANSWERS:
            if m.n_due_answers == len(m.due_answers):
                m.due_answers = double_space(m.due_answers)
            m.due_answers[m.n_due_answers] = subject
            m.n_due_answers += 1
            if m.gives_up[subject] <= m.now:
                # Its give-up came while it had no answer, and so had no effect; now it has.
                mark_to_give_up(m, subject)
        elif step == STEP_DELIVERIES:
            mark_site_to_deliver(m, subject)
        elif step == STEP_WAITING_LIST:
            mark_newly_wanted(m, subject)
        else:
            mark_to_give_up(m, subject)
    if m.any_site_to_release:
        m.any_site_to_release = 0
        for s in range(len(m.sites_to_release)):
            if m.sites_to_release[s] != NOBODY:
                release_excess(m, s, m.sites_to_release[s])
                m.sites_to_release[s] = NOBODY


@jit
def give_up(m: State) -> bool:
    """Let the requests that are due give up: what is uncommitted, and what is committed but undelivered, is lost.

    All that are due lose together, before anyone is offered what they free. Gives whether anything was lost.
    """
    progressed = False
    for i in range(m.n_give_ups):
        r = m.give_ups[i]
        lost = m.undelivered[r]
        if lost == 0 or m.answered[r] == NEVER:
            continue
        if lost > m.uncommitted[r]:
            release_request(m, r)
        leave_waiting_list(m, r)
        m.uncommitted[r] = 0
        m.lost[r] = lost
        m.undelivered[r] = 0
        m.capacity_increased = 1
        progressed = True
    return progressed
