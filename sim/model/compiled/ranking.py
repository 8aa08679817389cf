"""The ranking of the overflow: whether anyone takes anything, and in which order the providers are asked."""

from sim.model import rules
from sim.model.compiled.allocation import allocate, allocated_kw, latest_promise_date, room_within_reach
from sim.model.compiled.callback_arguments import describe_offer, describe_request
from sim.model.compiled.codes import NEVER, NOBODY, ZERO
from sim.model.compiled.compiler import jit
from sim.model.compiled.state import State


@jit
def has_taker(m: State, r: int, without: int) -> bool:
    """Whether anyone but `without` would take anything; if not, there is nothing to rank."""
    g = m.group[r]
    for i in range(m.overflow_order_at[g], m.overflow_order_at[g + 1]):
        p = m.overflow_order[i]
        if p != without and allocate(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO):
            return True
    return False


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
            describe_offer(
                m, r, m.ranking[i], i, allocate(m, r, m.ranking[i], m.gives_up[r], NEVER, NOBODY, ZERO)
            )
        return m.user_policy(describe_request(m, r, n), m.appetite_draw[r], m.offers, m.ranking)
    policy = m.overflow_policy
    if policy == rules.IN_ORDER:
        return n
    at_once = rules.earliest_promise(m.now, m.wanted[r])
    for i in range(n):
        p = m.ranking[i]
        kw, promise, room = ZERO, ZERO, ZERO
        if rules.ranks_by_promise(policy):
            count = allocate(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO)
            kw, promise = allocated_kw(m, count, ZERO), latest_promise_date(m, r, count, ZERO)
        if rules.ranks_by_room(policy):
            room = room_within_reach(m, r, p)
        last, date, price = rules.ranking_key(policy, kw, m.uncommitted[r], promise, room, m.price[p])
        k = i
        while k > 0 and _comes_before(
            last, date, price, m.rank_last[k - 1], m.rank_date[k - 1], m.rank_price[k - 1]
        ):
            m.ranking[k], m.rank_last[k] = m.ranking[k - 1], m.rank_last[k - 1]
            m.rank_date[k], m.rank_price[k] = m.rank_date[k - 1], m.rank_price[k - 1]
            k -= 1
        m.ranking[k], m.rank_last[k], m.rank_date[k], m.rank_price[k] = p, last, date, price
        if rules.ranks_by_promise(policy) and kw == m.uncommitted[r] and promise == at_once:
            # Nobody can come before, so that the others need not be asked: they stay behind in their order.
            return n
    return n


@jit
def _comes_before(
    last: int, date: int, price: float, than_last: int, than_date: int, than_price: float
) -> bool:
    """Whether one `rules.ranking_key` is less than another."""
    if last != than_last:
        return last < than_last
    if date != than_date:
        return date < than_date
    return price < than_price
