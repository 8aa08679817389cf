"""The ranking of the overflow: whether anyone takes anything, and in which order the providers are asked."""

from collections.abc import Sequence

from sim.model import rules
from sim.model.allocation import (
    allocated_kw,
    latest_promise_date,
    offered_allocation,
    provider_declines,
    room_within_reach,
)
from sim.model.callback_arguments import describe_offer, describe_request
from sim.model.callbacks import parse_ranking
from sim.model.ledger import NOBODY
from sim.model.state import MarketState


def has_taker(m: MarketState, r: int, without: int) -> bool:
    """Whether anyone but `without` would take anything; if not, there is nothing to rank."""
    found = any(p != without and offered_allocation(m, r, p) for p in m.group[r].overflow_order)
    if m.observer is not None:
        m.observer.on_has_taker(r, without, found)
    return found


def rank_providers(m: MarketState, r: int, without: int) -> Sequence[int]:
    """Rank the providers in the order in which they are asked, without a holder who answered.

    Providers that rank alike stay in the order of `overflow.order`.
    """
    order: Sequence[int] = m.group[r].overflow_order
    if without != NOBODY:
        order = [p for p in order if p != without]
    if m.user_policy is not None:
        offers = [describe_offer(m, r, p, offered_allocation(m, r, p), offered_room(m, r, p)) for p in order]
        numbers = {m.inputs.providers[p].name: p for p in order}
        order = parse_ranking(m.user_policy(describe_request(m, r, 0.0), offers), numbers)
    elif m.overflow_policy != rules.IN_ORDER:
        order = _rank_by_policy(m, r, order)
    if m.observer is not None:
        m.observer.on_ranking(r, order)
    return order


def offered_room(m: MarketState, r: int, p: int) -> int:
    """The room of a provider within reach of a request: none if it turns the request down."""
    return 0 if provider_declines(m, r, p) else room_within_reach(m, r, p)


def _rank_by_policy(m: MarketState, r: int, order: Sequence[int]) -> Sequence[int]:
    """The order of providers by `rules.ranking_key`."""
    policy, left = m.overflow_policy, m.uncommitted[r]
    at_once = rules.earliest_promise(m.now, m.wanted[r])
    by_promise, by_room = rules.ranks_by_promise(policy), rules.ranks_by_room(policy)
    ranks: list[tuple[tuple[int, int, float], int, int]] = []
    for place, p in enumerate(order):
        kw = promise = room = 0
        if by_promise:
            allocation = offered_allocation(m, r, p)
            kw, promise = allocated_kw(allocation), latest_promise_date(m, r, allocation)
            if kw == left and promise == at_once:
                # Nobody can come before, so that the others need not be asked: they stay behind in their order.
                return [p, *(before for _, _, before in sorted(ranks)), *order[place + 1 :]]
        if by_room:
            room = offered_room(m, r, p)
        ranks.append((rules.ranking_key(policy, kw, promise, room, m.price[p]), place, p))
    return [p for _, _, p in sorted(ranks)]
