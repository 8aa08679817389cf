"""The answer of the holder of a first refusal: what it takes of a request, and what limits it."""

from sim.model import rules
from sim.model.allocation import (
    allocate,
    allocated_kw,
    latest_promise_date,
    offered_allocation,
    planned_kw,
    room_within_reach,
)
from sim.model.callback_arguments import describe_offer, describe_request
from sim.model.callbacks import parse_answer
from sim.model.outcomes import WAIVABLE_LIMITS, RefusalReason
from sim.model.rules import NEVER
from sim.model.state import Allocation, HeldCapacity, MarketState


def holder_declines(m: MarketState, r: int, k: int) -> bool:
    """Whether the holder of a right turns a request down for want of appetite."""
    group, holder = m.group[r], m.inputs.rights[k].holder
    return rules.declines(m.appetite_draws[holder][r], group.appetite[group.rights.index(k)])


def holder_answer(m: MarketState, r: int, k: int, held: HeldCapacity | None = None) -> Allocation:
    """What the holder of a first refusal takes of a request; of what was held for it, if it was."""
    if m.user_answer is not None:
        holder = m.inputs.rights[k].holder
        room = room_within_reach(m, r, holder)
        offer = describe_offer(m, r, holder, would_take(m, r, k, held), room)
        kw = parse_answer(m.user_answer(describe_request(m, r, m.appetite_draws[holder][r]), offer))
        allocation = allocate(m, r, holder, m.gives_up[r], kw, held)
    else:
        allocation = [] if holder_declines(m, r, k) else would_take(m, r, k, held)
    if m.observer is not None:
        m.observer.on_holder_answer(r, k, held, allocation)
    return allocation


def capacity_to_hold(m: MarketState, r: int, k: int) -> HeldCapacity:
    """What the holder would take if it answered now, its appetite apart, by site."""
    return dict(holder_answer(m, r, k) if m.user_answer is not None else would_take(m, r, k))


def would_take(
    m: MarketState,
    r: int,
    k: int,
    held: HeldCapacity | None = None,
    waiver: RefusalReason = RefusalReason.NONE,
) -> Allocation:
    """What the holder would take, its appetite apart, with one of its limits waived to see what that limits."""
    right = m.inputs.rights[k]
    p, latest, cap = right.holder, m.gives_up[r], NEVER
    if waiver != RefusalReason.DELAY:
        latest = min(latest, latest_acceptable_date(m, r, k))
    if waiver != RefusalReason.UTILIZATION:
        cap = holder_headroom(m, k, rules.horizon(m.now, m.presells[p], latest))
    allocation = allocate(m, r, p, latest, cap, held)
    partial = right.partial or waiver == RefusalReason.PARTIAL
    return allocation if rules.all_or_nothing(partial, allocated_kw(allocation), m.size_kw[r]) else []


def latest_acceptable_date(m: MarketState, r: int, k: int) -> int:
    """The latest date that the holder's limit of delay allows it to promise; NEVER where it has none."""
    right = m.inputs.rights[k]
    if right.max_delay == rules.MATCH:
        return matching_date(m, r, right.holder)
    return m.wanted[r] + right.max_delay if right.max_delay < NEVER else NEVER


def holder_headroom(m: MarketState, k: int, horizon: int) -> int:
    """The kW that the holder may still promise below its utilization cap, over all its sites."""
    right = m.inputs.rights[k]
    capacity = committed = held = 0
    for s in m.sites_of[right.holder]:
        capacity += m.online[s] + planned_kw(m, s, horizon)
        committed += m.committed[s]
        held += m.held[s]
    return rules.headroom_below_cap(right.max_utilization, capacity, committed, held)


def limiting_reason(
    m: MarketState, r: int, k: int, held: HeldCapacity | None, answered_kw: int
) -> RefusalReason:
    """What kept the holder from taking all: the first limit without which alone it would have taken more."""
    if m.user_answer is not None or holder_declines(m, r, k):
        return RefusalReason.APPETITE
    for limit in WAIVABLE_LIMITS:
        if allocated_kw(would_take(m, r, k, held, limit)) > answered_kw:
            return limit
    return RefusalReason.ROOM


def matching_date(m: MarketState, r: int, holder: int) -> int:
    """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
    best = NEVER
    for p in m.group[r].overflow_order:
        if p != holder:
            allocation = offered_allocation(m, r, p)
            if allocated_kw(allocation) == m.uncommitted[r]:
                best = min(best, latest_promise_date(m, r, allocation))
    return best
