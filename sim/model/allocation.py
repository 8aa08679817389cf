"""Allocation: how many kW a provider takes of a request, at which of its sites, and for when it promises them.

Nothing here changes the state. The rules are those of `sim.model.rules`; here stands what they are asked.
"""

from collections.abc import Sequence

from sim.model import rules
from sim.model.ledger import NOBODY
from sim.model.rules import NEVER
from sim.model.state import Allocation, HeldCapacity, MarketState


def planned_kw(m: MarketState, s: int, date: int) -> int:
    """The kW that are planned to be online at a site by a date."""
    dates = m.plan_date[s]
    return rules.planned_by(dates, m.plan_kw[s], date) if dates else 0


def site_room(m: MarketState, s: int, horizon: int) -> int:
    """The kW that can still be promised at a site, of what is online and planned by a date."""
    return rules.room(m.online[s], planned_kw(m, s, horizon), m.committed[s], m.held[s])


def provider_room(m: MarketState, p: int, horizon: int) -> int:
    """The room of all sites of a provider."""
    return sum(site_room(m, s, horizon) for s in m.sites_of[p])


def room_within_reach(m: MarketState, r: int, p: int) -> int:
    """The room of a provider up to the last date that it may promise to a request."""
    return provider_room(m, p, rules.horizon(m.now, m.presells[p], m.gives_up[r]))


def most_room(m: MarketState) -> int:
    """The most kW that anyone could place at one site."""
    most = 0
    for s, presells in enumerate(m.longest_presale):
        free = site_room(m, s, m.now + presells)
        most = max(most, free)
    return most


def least_useful_room(m: MarketState, r: int) -> int:
    """The least room at one site with which anything of a request could be placed."""
    left = m.uncommitted[r]
    return min(m.block_kw[r], left) if rules.may_take_part(m.split[r]) else left


def held_at_site(m: MarketState, held: HeldCapacity, s: int) -> int:
    """The kW that were held for a request at a site."""
    return held.get(s, 0)


def provider_declines(m: MarketState, r: int, p: int) -> bool:
    """Whether a provider turns a request down for want of appetite, where no right of its own decides."""
    appetite = m.group[r].provider_appetite[p]
    return appetite < rules.MILLION and rules.declines(m.appetite_draws[p][r], appetite)


def offered_allocation(m: MarketState, r: int, p: int) -> Allocation:
    """What a provider would take of a request that is offered to it: nothing if it has no appetite for it."""
    declines = m.may_decline[p] and provider_declines(m, r, p)
    return [] if declines else allocate(m, r, p, m.gives_up[r])


def allocate(
    m: MarketState, r: int, p: int, latest: int, cap: int = NEVER, held: HeldCapacity | None = None
) -> Allocation:
    """Allocate what is uncommitted of a request to the sites of a provider, in the order of its site policy.

    No site promises after `latest`, all together take no more than `cap` kW, and each no more than is `held` there.
    """
    now, left = m.now, m.uncommitted[r]
    if m.keeps_back[p] and m.group[r].own_provider != p:
        room = provider_room(m, p, rules.horizon(now, m.presells[p], latest))
        cap = min(cap, rules.room_for_others(room, m.keeps_back[p]))
    allocation: Allocation = []
    for s in rank_sites(m, r, p, latest, cap, held) if m.ranks_sites[p] else m.sites_of[p]:
        # `site_room`, written out: this loop is what the market does most, and most sites have no plan.
        planned = 0
        if m.plan_date[s]:
            horizon = rules.horizon(now, m.presells[p], latest)
            planned = rules.planned_by(m.plan_date[s], m.plan_kw[s], horizon)
        free = rules.room(m.online[s], planned, m.committed[s], m.held[s])
        if free == 0:
            continue
        free = free if free < cap else cap
        if held is not None:
            free = min(free, held_at_site(m, held, s))
        kw = rules.allocate_at_site(m.split[r], m.block_kw[r], left, free)
        if kw:
            allocation.append((s, kw))
            left -= kw
            cap -= kw
            if not left:
                break
    return allocation


def rank_sites(
    m: MarketState, r: int, p: int, latest: int, cap: int, held: HeldCapacity | None
) -> Sequence[int]:
    """Rank the sites of a provider by what each would take alone, and for when it would promise that.

    Sites that rank alike stay as they are listed.
    """
    left, horizon = m.uncommitted[r], rules.horizon(m.now, m.presells[p], latest)
    at_once = rules.earliest_promise(m.now, m.wanted[r])
    ranks: list[tuple[tuple[int, int, float], int, int]] = []
    for place, s in enumerate(m.sites_of[p]):
        free = min(site_room(m, s, horizon), cap)
        if held is not None:
            free = min(free, held_at_site(m, held, s))
        kw = rules.allocate_at_site(m.split[r], m.block_kw[r], left, free)
        promise = promise_date(m, r, s, kw) if kw else NEVER
        if kw == left and promise == at_once:
            return (s,)  # it comes first, and takes all
        ranks.append((rules.ranking_key(rules.SOONEST, kw, promise, 0, 0.0), place, s))
    return [s for _, _, s in sorted(ranks)]


def allocated_kw(allocation: Allocation) -> int:
    """The kW of an allocation at all sites."""
    return sum([kw for _, kw in allocation])


def promise_date(m: MarketState, r: int, s: int, kw: int) -> int:
    """The date that a site would promise for kW more; NEVER if no plan covers them."""
    need = m.committed[s] + m.held[s] + kw
    return rules.cover_date(m.now, m.wanted[r], need, m.online[s], m.plan_date[s], m.plan_kw[s])


def latest_promise_date(m: MarketState, r: int, allocation: Allocation) -> int:
    """The latest date that would be promised for an allocation; NEVER for an empty one."""
    return max((promise_date(m, r, s, kw) for s, kw in allocation), default=NEVER)


def right_in_force(m: MarketState, r: int) -> int:
    """The first right in file order that is in force and covers a request; NOBODY if there is none."""
    first = NOBODY
    for k in m.group[r].rights:
        right = m.inputs.rights[k]
        if rules.in_force(m.now, right.begins, right.ends):
            first = k
            break
    if m.observer is not None:
        m.observer.on_right_in_force(r, first)
    return first
