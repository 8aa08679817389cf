"""The instants of the market on SimPy's clock: the steps at one time, and the clock from one such time to the next.

The steps, in the order of the design: (1) what the world changed, (2) answers due, (3) deliveries, (4) the waiting
list, with moves, (5) new requests, (6) deliveries, (7) give-ups, and again from (3) until a pass changes nothing. The
same functions stand in `sim.model.compiled.instants`, on arrays.

An instant that can change nothing is not played: a delivery that ends wakes the market only while something
waits for room, and is otherwise ended at the next instant.
"""

from heapq import heappop

from sim.model.agenda import mark_newly_wanted, mark_site_to_deliver, mark_to_give_up
from sim.model.commitments import release_excess, release_request
from sim.model.deliveries import deliver, end_deliveries
from sim.model.moves import admit_newly_wanted
from sim.model.rounds import apply_due_answer, ask_new_requests, walk_waiting_list
from sim.model.rules import (
    NEVER,
    STEP_ANSWERS,
    STEP_DELIVERIES,
    STEP_GIVE_UPS,
    STEP_WAITING_LIST,
    STEP_WORLD,
)
from sim.model.state import AT, MarketState
from sim.model.waiting_list import leave_waiting_list, waiting_list_is_due


def advance(m: MarketState, now: int, until: int) -> int:
    """Play the instant that is now, and those before `until`; gives when something can change next."""
    while True:
        m.now = now
        play_instant(m)
        now = next_time(m)
        if now >= until:
            return now


def next_time(m: MarketState) -> int:
    """When something can change next. A delivery that ends counts only while something waits for room."""
    at = m.asked[m.next_request]
    if m.agenda and m.agenda[0][AT] < at:
        at = m.agenda[0][AT]
    if m.delivery_ends and m.delivery_ends[0][AT] < at and (m.waiting or m.undelivered_rows):
        at = m.delivery_ends[0][AT]
    return at


def play_instant(m: MarketState) -> None:
    """Play all that happens at one time, in its order."""
    if m.delivery_ends and m.delivery_ends[0][AT] <= m.now:  # (1)
        end_deliveries(m)
    progressed = False
    if m.world_changed or (m.agenda and m.agenda[0][AT] <= m.now):
        process_agenda(m)
        for r in m.due_answers:  # (2)
            apply_due_answer(m, r)
            progressed = True
        m.due_answers.clear()
    first = True
    while True:
        if m.sites_to_deliver:  # (3)
            progressed = deliver(m) or progressed
        if m.newly_wanted:
            admit_newly_wanted(m)
        if waiting_list_is_due(m):  # (4)
            progressed = walk_waiting_list(m) or progressed
        if first and m.asked[m.next_request] <= m.now:  # (5)
            progressed = True
            ask_new_requests(m)
        if m.sites_to_deliver:  # (6)
            progressed = deliver(m) or progressed
        if m.give_ups:  # (7)
            progressed = give_up(m) or progressed
            m.give_ups.clear()
        if m.newly_wanted:
            admit_newly_wanted(m)
        if not progressed or not (m.sites_to_deliver or waiting_list_is_due(m)):
            break
        first = progressed = False


def process_agenda(m: MarketState) -> None:
    """Take what is due off the agenda: answers, deliveries, give-ups; and release what exceeds a site's capacity."""
    m.world_changed = False
    while m.agenda and m.agenda[0][AT] <= m.now:
        _, step, _, subject = heappop(m.agenda)
        if step == STEP_WORLD:
            m.capacity_increased = True
        elif step == STEP_ANSWERS:
            m.due_answers.append(subject)
            if m.gives_up[subject] <= m.now:
                # Its give-up came while it had no answer, and so had no effect; now it has.
                mark_to_give_up(m, subject)
        elif step == STEP_DELIVERIES:
            mark_site_to_deliver(m, subject)
        elif step == STEP_WAITING_LIST:
            mark_newly_wanted(m, subject)
        else:
            assert step == STEP_GIVE_UPS, step
            mark_to_give_up(m, subject)
    for s, why in sorted(m.sites_to_release.items()):
        release_excess(m, s, why)
    m.sites_to_release.clear()


def give_up(m: MarketState) -> bool:
    """Let the requests that are due give up: what is uncommitted, and what is committed but undelivered, is lost.

    All that are due lose together, before anyone is offered what they free. Gives whether anything was lost.
    """
    progressed = False
    for r in m.give_ups:
        lost = m.undelivered[r]
        if lost == 0 or m.answered[r] == NEVER:
            continue
        if lost > m.uncommitted[r]:
            release_request(m, r)
        leave_waiting_list(m, r)
        m.uncommitted[r] = 0
        m.lost[r] = lost
        m.undelivered[r] = 0
        m.capacity_increased = progressed = True
    return progressed
