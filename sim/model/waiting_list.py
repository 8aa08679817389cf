"""The waiting list: requests with uncommitted kW, and those that may move, by priority, then number."""

from bisect import bisect_left, insort

from sim.model.state import MarketState


def waiting_list_is_due(m: MarketState) -> bool:
    """Whether the waiting list has to be walked: someone waits, and something may be placed that was not before."""
    return bool(m.waiting) and (m.capacity_increased or m.has_user_functions)


def has_unplaced(m: MarketState) -> bool:
    """Whether anyone on the waiting list is not fully committed."""
    return any(m.uncommitted[r] for _, r in m.waiting)


def waiting_key(m: MarketState, r: int) -> tuple[int, int]:
    """The place of a request in the waiting list."""
    return m.priority_rank[r], r


def join_waiting_list(m: MarketState, r: int) -> None:
    """Put a request into the waiting list, unless it stands there."""
    if not m.is_waiting[r]:
        m.is_waiting[r] = True
        insort(m.waiting, waiting_key(m, r))


def leave_waiting_list(m: MarketState, r: int) -> None:
    """Take a request out of the waiting list, if it stands there."""
    if m.is_waiting[r]:
        m.is_waiting[r] = False
        del m.waiting[bisect_left(m.waiting, waiting_key(m, r))]
