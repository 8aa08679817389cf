"""Moves: undelivered kW of requests that are wanted go to other sites of their provider, which are idle."""

from sim.model import rules
from sim.model.agenda import mark_site_to_deliver
from sim.model.commitments import commit_moved, write_release
from sim.model.delivery_queue import dequeue_commitment
from sim.model.ledger import promised_of, provider_of, site_of
from sim.model.outcomes import ReleaseReason
from sim.model.rules import NEVER
from sim.model.state import MarketState
from sim.model.waiting_list import join_waiting_list


def idle_kw(m: MarketState, s: int) -> int:
    """The kW that are online at a site and promised to nobody."""
    return rules.idle(m.online[s], m.committed[s], m.held[s])


def has_idle_site(m: MarketState) -> bool:
    """Whether anything could move: some site of a provider with several is idle."""
    return m.moves and any(idle_kw(m, s) for s in m.sites_to_move_to)


def movable_commitments(m: MarketState, r: int) -> list[int]:
    """The commitments of a request that may move, in the order made."""
    found = [c for c in m.movable.get(r, ()) if m.undelivered_of_commitment[c]]
    if found:
        m.movable[r] = found
    else:
        m.movable.pop(r, None)
    return found


def is_movable(m: MarketState, r: int) -> bool:
    """Whether a request may move: it is wanted, and has undelivered kW at a provider with several sites."""
    return m.moves and m.wanted[r] <= m.now and bool(movable_commitments(m, r))


def admit_newly_wanted(m: MarketState) -> None:
    """Put the requests that are wanted from now on, and may move, into the waiting list."""
    for r in m.newly_wanted:
        if is_movable(m, r):
            join_waiting_list(m, r)
            m.capacity_increased = m.capacity_increased or has_idle_alternative(m, r)
    m.newly_wanted.clear()


def has_idle_alternative(m: MarketState, r: int) -> bool:
    """Whether another site is idle that something of a request could move to."""
    return any(
        s != site_of(m, c) and idle_kw(m, s)
        for c in movable_commitments(m, r)
        for s in m.sites_of[provider_of(m, c)]
    )


def move_request(m: MarketState, r: int) -> bool:
    """Move what is undelivered of a request to idle sites of its providers; gives whether anything moved."""
    moved = False
    if is_movable(m, r):
        for c in movable_commitments(m, r):
            moved = move_commitment(m, r, c) or moved
    return moved


def move_commitment(m: MarketState, r: int, c: int) -> bool:
    """Move what is undelivered of a commitment to the other sites of its provider, as they are listed."""
    p, left, moved = provider_of(m, c), m.undelivered_of_commitment[c], False
    cap = room_to_move(m, r, p)
    for s in m.sites_of[p]:
        if s == site_of(m, c):
            continue
        free = min(idle_kw(m, s), cap)
        kw = rules.movable_kw(m.split[r], m.block_kw[r], left, free, m.size_kw[r], m.undelivered[r])
        if kw:
            move_kw(m, r, c, s, kw)
            left -= kw
            cap -= kw
            moved = True
            if not left:
                break
    return moved


def room_to_move(m: MarketState, r: int, p: int) -> int:
    """The kW of a request that may move among the sites of a provider: for others, less what it keeps back."""
    if not m.keeps_back[p] or m.group[r].own_provider == p:
        return NEVER
    return rules.room_for_others(sum(idle_kw(m, s) for s in m.sites_of[p]), m.keeps_back[p])


def move_kw(m: MarketState, r: int, c: int, s: int, kw: int) -> None:
    """Move kW of a commitment to another site, where they begin to serve: all that is promised there is online.

    They count as committed at the old site until the walk of the waiting list is over.
    """
    old = site_of(m, c)
    if kw == m.undelivered_of_commitment[c]:
        dequeue_commitment(m, old, c)
    m.undelivered_of_commitment[c] -= kw
    write_release(m, c, kw, ReleaseReason.MOVED)
    m.vacated.append((old, kw))
    mark_site_to_deliver(m, old)
    commit_moved(m, r, provider_of(m, c), s, kw, rules.moved_promise(m.now, promised_of(m, c)))


def vacate_sites(m: MarketState) -> None:
    """Let what has moved away no longer count as committed, since the walk is over."""
    if m.vacated:
        for s, kw in m.vacated:
            m.committed[s] -= kw
        m.vacated.clear()
        m.capacity_increased = True
