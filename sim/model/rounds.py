"""Rounds of answers: (2) answers due, (4) the waiting list, (5) new requests."""

from collections.abc import Sequence

from sim.model.agenda import add_to_agenda, mark_to_give_up
from sim.model.allocation import (
    allocate,
    allocated_kw,
    least_useful_room,
    most_room,
    provider_declines,
    right_in_force,
)
from sim.model.commitments import commit
from sim.model.holder_answers import capacity_to_hold, holder_answer, limiting_reason
from sim.model.ledger import NOBODY
from sim.model.moves import has_idle_site, is_movable, move_request, vacate_sites
from sim.model.outcomes import RefusalReason
from sim.model.ranking import has_taker, rank_providers
from sim.model.rules import STEP_ANSWERS, STEP_GIVE_UPS
from sim.model.state import HeldCapacity, MarketState
from sim.model.waiting_list import has_unplaced, join_waiting_list, waiting_key


def apply_due_answer(m: MarketState, r: int) -> None:
    """Apply the answer of a holder: what was held is released first, and limits what it takes."""
    held = m.holds.pop(r, None)
    if held is not None:
        for s, kw in held.items():
            m.held[s] -= kw
    m.capacity_increased = True
    run_first_round(m, r, held)


def walk_waiting_list(m: MarketState) -> bool:
    """Let those who wait move, then offer them the room there is, in their order; gives whether any was placed."""
    # Lowered before the walk: what raises it while the list is walked asks for another walk.
    m.capacity_increased = False
    waiting, uncommitted = m.waiting, m.uncommitted
    progressed, i, most, idle = False, 0, most_room(m), has_idle_site(m)
    while most > 0 and i < len(waiting):
        _, r = waiting[i]
        before = uncommitted[r]
        placed = idle and move_request(m, r)
        if before and least_useful_room(m, r) <= most:
            retry_request(m, r)
            placed = placed or uncommitted[r] < before
        if placed:
            progressed = True
            most, idle = most_room(m), has_idle_site(m)
        if uncommitted[r] == 0 and not is_movable(m, r):
            del waiting[i]
            m.is_waiting[r] = False
        elif uncommitted[r] == 0 or m.bypass:
            i += 1
        else:
            break
    vacate_sites(m)
    return progressed


def retry_request(m: MarketState, r: int) -> None:
    """Place a request that has been asked before: a right in force still counts."""
    k = right_in_force(m, r) if m.group[r].rights else NOBODY
    if k == NOBODY:
        allocate_overflow(m, r, NOBODY)
        return
    right = m.inputs.rights[k]
    if right.is_exclusive:
        commit(m, r, right.holder, allocate(m, r, right.holder, m.gives_up[r]))
        return
    commit(m, r, right.holder, holder_answer(m, r, k))
    if m.uncommitted[r]:
        allocate_overflow(m, r, right.holder)


def ask_new_requests(m: MarketState) -> None:
    """Ask the requests that come now, in the order of the waiting list; at the start, those of before as well."""
    first = m.next_request
    m.next_request = first + 1
    if m.asked[first + 1] > m.now:  # nearly always one alone
        ask_request(m, first)
        return
    while m.asked[m.next_request] <= m.now:
        m.next_request += 1
    for r in sorted(range(first, m.next_request), key=lambda r: waiting_key(m, r)):
        ask_request(m, r)


def ask_request(m: MarketState, r: int) -> None:
    """Ask a request: of the holder of a first refusal, or of all at once; and note when it gives up, if it may."""
    if m.waiting and not m.bypass and (not m.moves or has_unplaced(m)):
        m.answered[r] = m.now
        join_waiting_list(m, r)
        m.capacity_increased = True
    else:
        k = m.right[r] = right_in_force(m, r) if m.group[r].rights else NOBODY
        if (
            k != NOBODY
            and m.inputs.rights[k].answers_first
            and m.asked[r] + m.windows[k][r] > m.now  # a window that is over by the start is none
        ):
            put_to_holder(m, r, k)
        else:
            run_first_round(m, r, None)
    if m.undelivered[r]:
        if m.gives_up[r] <= m.now:
            mark_to_give_up(m, r)
        else:
            add_to_agenda(m, m.gives_up[r], STEP_GIVE_UPS, 0, r)


def put_to_holder(m: MarketState, r: int, k: int) -> None:
    """Put a request to the holder of a first refusal, who answers after the window."""
    right = m.inputs.rights[k]
    m.asked_first[r] = right.holder
    if right.holds_capacity:
        held = m.holds[r] = capacity_to_hold(m, r, k)
        for s, kw in held.items():
            m.held[s] += kw
    add_to_agenda(m, m.asked[r] + m.windows[k][r], STEP_ANSWERS, m.priority_rank[r], r)


def run_first_round(m: MarketState, r: int, held: HeldCapacity | None) -> None:
    """Run the first round of answers to a request, and record what came of it."""
    m.answered[r] = m.now
    k, size = m.right[r], m.size_kw[r]
    if k == NOBODY:
        ranking = rank_providers(m, r, NOBODY)
        if ranking:
            m.asked_first[r] = ranking[0]
        m.first_kw[r] = offer_in_turn(m, r, ranking)
    else:
        right = m.inputs.rights[k]
        p = m.asked_first[r] = right.holder
        if right.is_exclusive:
            allocation = allocate(m, r, p, m.gives_up[r])
        else:
            allocation = holder_answer(m, r, k, held)
        answered_kw = allocated_kw(allocation)
        if answered_kw < size:
            # Before anything is committed, since that takes the room which the reason is about.
            m.reason[r] = (
                RefusalReason.ROOM if right.is_exclusive else limiting_reason(m, r, k, held, answered_kw)
            )
        commit(m, r, p, allocation)
        m.holder_kw[r] = m.first_kw[r] = answered_kw
        if answered_kw < size and right.answers_first:
            allocate_overflow(m, r, p)
    if m.uncommitted[r]:
        join_waiting_list(m, r)


def allocate_overflow(m: MarketState, r: int, without: int) -> None:
    """Place what is uncommitted by the overflow policy, without the holder if there is one."""
    if has_taker(m, r, without):
        offer_in_turn(m, r, rank_providers(m, r, without))


def offer_in_turn(m: MarketState, r: int, ranking: Sequence[int]) -> int:
    """Offer each provider of a ranking in turn what is left; gives the kW that the first takes."""
    latest, before, first_kw = m.gives_up[r], m.uncommitted[r], -1
    for p in ranking:
        # `offered_allocation`, written out: this is what the market does most.
        declines = m.may_decline[p] and provider_declines(m, r, p)
        allocation = [] if declines else allocate(m, r, p, latest)
        if allocation:
            commit(m, r, p, allocation)
        if first_kw < 0:
            first_kw = before - m.uncommitted[r]
        if m.uncommitted[r] == 0:
            break
    return max(first_kw, 0)
