"""The answer of the holder of a first refusal: what it takes of a request, and what limits it."""

from sim.model import rules
from sim.model.compiled import allocation
from sim.model.compiled.callback_arguments import describe_offer, describe_request
from sim.model.compiled.codes import (
    LIMITED_BY_APPETITE,
    LIMITED_BY_DELAY,
    LIMITED_BY_PARTIAL,
    LIMITED_BY_ROOM,
    LIMITED_BY_UTILIZATION,
    NEVER,
    NOBODY,
    NOT_LIMITED,
    WAIVABLE_LIMITS,
    ZERO,
)
from sim.model.compiled.compiler import jit
from sim.model.compiled.state import State


@jit
def holder_declines(m: State, r: int, k: int) -> bool:
    """Whether the holder of a right turns a request down for want of appetite."""
    g = m.group[r]
    i = m.rights_at[g]
    while m.rights[i] != k:
        i += 1
    return rules.declines(m.appetite_draws[m.draw_row[m.holder[k]], r], m.appetite[i])


@jit
def holder_answer(m: State, r: int, k: int, held_for: int) -> int:
    """What the holder of a first refusal takes of a request; of what was held for it, if it was."""
    if m.has_user_answer:
        n = would_take(m, r, k, held_for, NOT_LIMITED, ZERO)
        describe_offer(m, r, m.holder[k], ZERO, n, allocation.room_within_reach(m, r, m.holder[k]))
        draw = m.appetite_draws[m.draw_row[m.holder[k]], r]
        kw = m.user_answer(describe_request(m, r, ZERO + 1), draw, m.offers, m.ranking)
        return allocation.allocate(m, r, m.holder[k], m.gives_up[r], max(0, kw), held_for, ZERO)
    return 0 if holder_declines(m, r, k) else would_take(m, r, k, held_for, NOT_LIMITED, ZERO)


@jit
def capacity_to_hold(m: State, r: int, k: int) -> int:
    """What the holder would take if it answered now, its appetite apart, by site."""
    return (
        holder_answer(m, r, k, NOBODY)
        if m.has_user_answer
        else would_take(m, r, k, NOBODY, NOT_LIMITED, ZERO)
    )


@jit
def would_take(m: State, r: int, k: int, held_for: int, waiver: int, start: int) -> int:
    """What the holder would take, its appetite apart, with one of its limits waived to see what that limits."""
    p, latest, cap = m.holder[k], m.gives_up[r], NEVER
    if waiver != LIMITED_BY_DELAY:
        latest = min(latest, latest_acceptable_date(m, r, k, start))
    if waiver != LIMITED_BY_UTILIZATION:
        cap = holder_headroom(m, k, rules.horizon(m.now, m.presells[p], latest))
    n = allocation.allocate(m, r, p, latest, cap, held_for, start)
    partial = m.partial[k] == 1 or waiver == LIMITED_BY_PARTIAL
    return n if rules.all_or_nothing(partial, allocation.allocated_kw(m, n, start), m.size_kw[r]) else 0


@jit
def latest_acceptable_date(m: State, r: int, k: int, start: int) -> int:
    """The latest date that the holder's limit of delay allows it to promise; NEVER where it has none."""
    if m.max_delay[k] == rules.MATCH:
        return matching_date(m, r, m.holder[k], start)
    return m.wanted[r] + m.max_delay[k] if m.max_delay[k] < NEVER else NEVER


@jit
def holder_headroom(m: State, k: int, horizon: int) -> int:
    """The kW that the holder may still promise below its utilization cap, over all its sites."""
    p = m.holder[k]
    capacity, committed, held = 0, 0, 0
    for i in range(m.sites_at[p], m.sites_at[p + 1]):
        s = m.sites[i]
        capacity += m.online[s] + allocation.planned_kw(m, s, horizon)
        committed += m.committed[s]
        held += m.held[s]
    return rules.headroom_below_cap(m.max_utilization[k], capacity, committed, held)


@jit
def limiting_reason(m: State, r: int, k: int, held_for: int, answered_kw: int, start: int) -> int:
    """What kept the holder from taking all: the first limit without which alone it would have taken more."""
    if m.has_user_answer or holder_declines(m, r, k):
        return LIMITED_BY_APPETITE
    for limit in WAIVABLE_LIMITS:
        n = would_take(m, r, k, held_for, limit, start)
        if allocation.allocated_kw(m, n, start) > answered_kw:
            return limit
    return LIMITED_BY_ROOM


@jit
def matching_date(m: State, r: int, holder: int, start: int) -> int:
    """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
    g, best = m.group[r], NEVER
    for i in range(m.overflow_order_at[g], m.overflow_order_at[g + 1]):
        p = m.overflow_order[i]
        if p != holder:
            n = allocation.offered_allocation(m, r, p, start)
            if allocation.allocated_kw(m, n, start) == m.uncommitted[r]:
                best = min(best, allocation.latest_promise_date(m, r, n, start))
    return best
