"""What a holder answers, and what limits it."""

from sim.model import rules
from sim.model.compiled import placing
from sim.model.compiled.compiler import compiled
from sim.model.compiled.names import EVERY, NEVER, NO_DELAY, NO_PARTIAL, NO_UTILIZATION, NOBODY, ZERO
from sim.model.compiled.state import State
from sim.model.ledger import FOR_APPETITE, FOR_DELAY, FOR_PARTIAL, FOR_ROOM, FOR_UTILIZATION


@compiled
def declines(m: State, r: int, k: int) -> bool:
    """Does the holder of a right turn a request down for want of appetite?"""
    g = m.group[r]
    i = m.rights_at[g]
    while m.rights[i] != k:
        i += 1
    return rules.declines(m.draw[r], m.appetite[i])


@compiled
def answer(m: State, r: int, k: int, holds: int) -> int:
    """What does the holder of a first refusal take?"""
    if m.own_answer:
        n = would_take(m, r, k, holds, EVERY, ZERO)
        placing.offer(m, r, m.holder[k], ZERO, n)
        kw = m.answered_by(placing.facts(m, r, ZERO + 1), m.draw[r], m.offers, m.ranking)
        return placing.takes(m, r, m.holder[k], m.gives_up[r], max(0, kw), holds, ZERO)
    return 0 if declines(m, r, k) else would_take(m, r, k, holds, EVERY, ZERO)


@compiled
def would_hold(m: State, r: int, k: int) -> int:
    """What would the holder take if it answered now, its appetite apart?"""
    return answer(m, r, k, NOBODY) if m.own_answer else would_take(m, r, k, NOBODY, EVERY, ZERO)


@compiled
def would_take(m: State, r: int, k: int, holds: int, without: int, start: int) -> int:
    """What would the holder take, its appetite apart, and perhaps without one of its limits?"""
    p, latest, cap = m.holder[k], m.gives_up[r], NEVER
    if without != NO_DELAY:
        if m.max_delay[k] == rules.MATCH:
            latest = min(latest, matching(m, r, p, start))
        elif m.max_delay[k] < NEVER:
            latest = min(latest, m.wanted[r] + m.max_delay[k])
    if without != NO_UTILIZATION:
        horizon = rules.horizon(m.now, m.presells[p], latest)
        capacity, committed, held = 0, 0, 0
        for i in range(m.sites_at[p], m.sites_at[p + 1]):
            s = m.sites[i]
            capacity += m.online[s] + placing.planned(m, s, horizon)
            committed += m.committed[s]
            held += m.held[s]
        cap = rules.below_cap(m.max_utilization[k], capacity, committed, held)
    n = placing.takes(m, r, p, latest, cap, holds, start)
    partial = m.partial[k] == 1 or without == NO_PARTIAL
    return n if rules.all_or_nothing(partial, placing.taken(m, n, start), m.size[r]) else 0


@compiled
def limit(m: State, r: int, k: int, holds: int, took: int, start: int) -> int:
    """What kept the holder from taking all? The limit without which alone it would have taken more."""
    if m.own_answer or declines(m, r, k):
        return FOR_APPETITE
    if placing.taken(m, would_take(m, r, k, holds, NO_PARTIAL, start), start) > took:
        return FOR_PARTIAL
    if placing.taken(m, would_take(m, r, k, holds, NO_UTILIZATION, start), start) > took:
        return FOR_UTILIZATION
    if placing.taken(m, would_take(m, r, k, holds, NO_DELAY, start), start) > took:
        return FOR_DELAY
    return FOR_ROOM


@compiled
def matching(m: State, r: int, holder: int, start: int) -> int:
    """The earliest date on which another provider would promise all that is uncommitted; else NEVER."""
    g, best = m.group[r], NEVER
    for i in range(m.order_at[g], m.order_at[g + 1]):
        p = m.order[i]
        if p != holder:
            n = placing.takes(m, r, p, m.gives_up[r], NEVER, NOBODY, start)
            if placing.taken(m, n, start) == m.uncommitted[r]:
                best = min(best, placing.promise(m, r, n, start))
    return best
