"""The ranking of the overflow: whether anyone takes anything, and in which order the providers are asked."""

from sim.model import rules
from sim.model.compiled.allocation import (
    allocated_kw,
    comes_before,
    latest_promise_date,
    offered_allocation,
    provider_declines,
    room_within_reach,
)
from sim.model.compiled.callback_arguments import describe_offer, describe_request
from sim.model.compiled.codes import ZERO
from sim.model.compiled.compiler import jit
from sim.model.compiled.state import State


@jit
def has_taker(m: State, r: int, without: int) -> bool:
    """Whether anyone but `without` would take anything; if not, there is nothing to rank."""
    g = m.group[r]
    for i in range(m.overflow_order_at[g], m.overflow_order_at[g + 1]):
        p = m.overflow_order[i]
        if p != without and offered_allocation(m, r, p, ZERO):
            return True
    return False


@jit
def offered_room(m: State, r: int, p: int) -> int:
    """The room of a provider within reach of a request: none if it turns the request down."""
    return 0 if provider_declines(m, r, p) else room_within_reach(m, r, p)


@jit
def rank_providers(m: State, r: int, without: int) -> int:
    """Rank the providers in the order in which they are asked, without a holder who answered.

    Providers that rank alike stay in the order of `overflow.order`. The ranking is written into `ranking` of the
    state; gives how many it names. It is sorted while it is made, by insertion: there are few providers.
    """
    g, n = m.group[r], 0
    for i in range(m.overflow_order_at[g], m.overflow_order_at[g + 1]):
        if m.overflow_order[i] != without:
            m.ranking[n] = m.overflow_order[i]
            n += 1
    if m.has_user_policy:
        for i in range(n):
            p = m.ranking[i]
            describe_offer(m, r, p, i, offered_allocation(m, r, p, ZERO), offered_room(m, r, p))
        return m.user_policy(describe_request(m, r, n), 0.0, m.offers, m.ranking)
    policy = m.overflow_policy
    if policy == rules.IN_ORDER:
        return n
    at_once = rules.earliest_promise(m.now, m.wanted[r])
    for i in range(n):
        p = m.ranking[i]
        kw, promise, room = ZERO, ZERO, ZERO
        if rules.ranks_by_promise(policy):
            count = offered_allocation(m, r, p, ZERO)
            kw, promise = allocated_kw(m, count, ZERO), latest_promise_date(m, r, count, ZERO)
        if rules.ranks_by_room(policy):
            room = offered_room(m, r, p)
        last, date, last_key = rules.ranking_key(policy, kw, promise, room, m.price[p])
        k = i
        while k > 0 and comes_before(
            last, date, last_key, m.rank_last[k - 1], m.rank_date[k - 1], m.rank_last_key[k - 1]
        ):
            m.ranking[k], m.rank_last[k] = m.ranking[k - 1], m.rank_last[k - 1]
            m.rank_date[k], m.rank_last_key[k] = m.rank_date[k - 1], m.rank_last_key[k - 1]
            k -= 1
        m.ranking[k], m.rank_last[k], m.rank_date[k], m.rank_last_key[k] = p, last, date, last_key
        if rules.ranks_by_promise(policy) and kw == m.uncommitted[r] and promise == at_once:
            # Nobody can come before, so that the others need not be asked: they stay behind in their order.
            return n
    return n
