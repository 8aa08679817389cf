"""Allocation: how many kW a provider takes of a request, at which of its sites, and for when it promises them.

An allocation is written into `allocated_site` and `allocated_kw` of the state from `start` on; the functions that
make one give how many sites it names, `n`. So a second one can be made beside the first, to compare the two.
"""

from sim.model import rules
from sim.model.compiled.codes import (
    NEVER,
    NOBODY,
    ZERO,
)
from sim.model.compiled.compiler import jit
from sim.model.compiled.state import State


@jit
def planned_kw(m: State, s: int, date: int) -> int:
    """The kW that are planned to be online at a site by a date."""
    n = m.n_plan[s]
    return rules.planned_by(m.plan_date[s, :n], m.plan_kw[s, :n], date) if n else 0  # type: ignore[arg-type]


@jit
def site_room(m: State, s: int, horizon: int) -> int:
    """The kW that can still be promised at a site, of what is online and planned by a date."""
    return rules.room(m.online[s], planned_kw(m, s, horizon), m.committed[s], m.held[s])


@jit
def provider_room(m: State, p: int, horizon: int) -> int:
    """The room of all sites of a provider."""
    total = 0
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        total += site_room(m, m.sites[k], horizon)
    return total


@jit
def room_within_reach(m: State, r: int, p: int) -> int:
    """The room of a provider up to the last date that it may promise to a request."""
    return provider_room(m, p, rules.horizon(m.now, m.presells[p], m.gives_up[r]))


@jit
def most_room(m: State) -> int:
    """The most kW that anyone could place at one site."""
    most = 0
    for s in range(len(m.online)):
        most = max(most, site_room(m, s, m.now + m.longest_presale[s]))
    return most


@jit
def least_useful_room(m: State, r: int) -> int:
    """The least room at one site with which anything of a request could be placed."""
    left = m.uncommitted[r]
    return min(m.block_kw[r], left) if rules.may_take_part(m.split[m.group[r]]) else left


@jit
def held_at_site(m: State, held_for: int, s: int) -> int:
    """The kW that were held for a request at a site."""
    for k in range(m.hold_at[held_for], m.hold_at[held_for] + m.n_hold[held_for]):
        if m.hold_site[k] == s:
            return m.hold_kw[k]
    return 0


@jit
def provider_declines(m: State, r: int, p: int) -> bool:
    """Whether a provider turns a request down for want of appetite, where no right of its own decides."""
    appetite = m.provider_appetite[m.group[r], p]
    return appetite < rules.MILLION and rules.declines(m.appetite_draws[m.draw_row[p], r], appetite)


@jit
def offered_allocation(m: State, r: int, p: int, start: int) -> int:
    """What a provider would take of a request that is offered to it: nothing if it has no appetite for it."""
    return 0 if provider_declines(m, r, p) else allocate(m, r, p, m.gives_up[r], NEVER, NOBODY, start)


@jit
def allocate(m: State, r: int, p: int, latest: int, cap: int, held_for: int, start: int) -> int:
    """Allocate what is uncommitted of a request to the sites of a provider, in the order of its site policy.

    No site promises after `latest`, all together take no more than `cap` kW, and each no more than was held there
    for the request `held_for`, unless that is NOBODY.
    """
    g, left, n = m.group[r], m.uncommitted[r], start
    horizon = rules.horizon(m.now, m.presells[p], latest)
    if m.keeps_back[p] and m.own_provider[g] != p:
        cap = min(cap, rules.room_for_others(provider_room(m, p, horizon), m.keeps_back[p]))
    ranked = m.ranks_sites[p]
    n_sites = rank_sites(m, r, p, horizon, cap, held_for) if ranked else m.sites_at[p + 1] - m.sites_at[p]
    for k in range(n_sites):
        s = m.ranked_sites[k] if ranked else m.sites[m.sites_at[p] + k]
        free = min(site_room(m, s, horizon), cap)
        if free == 0:
            continue
        if held_for != NOBODY:
            free = min(free, held_at_site(m, held_for, s))
        kw = rules.allocate_at_site(m.split[g], m.block_kw[r], left, free)
        if kw:
            m.allocated_site[n], m.allocated_kw[n] = s, kw
            n += 1
            left -= kw
            cap -= kw
            if left == 0:
                break
    return n - start


@jit
def rank_sites(m: State, r: int, p: int, horizon: int, cap: int, held_for: int) -> int:
    """Rank the sites of a provider by what each would take alone, and for when it would promise that.

    Sites that rank alike stay as they are listed. Written into `ranked_sites`; gives how many are named.
    """
    g, left, n = m.group[r], m.uncommitted[r], 0
    at_once = rules.earliest_promise(m.now, m.wanted[r])
    for i in range(m.sites_at[p], m.sites_at[p + 1]):
        s = m.sites[i]
        free = min(site_room(m, s, horizon), cap)
        if held_for != NOBODY:
            free = min(free, held_at_site(m, held_for, s))
        kw = rules.allocate_at_site(m.split[g], m.block_kw[r], left, free)
        promise = promise_date(m, r, s, kw) if kw else NEVER
        if kw == left and promise == at_once:
            m.ranked_sites[0] = s  # it comes first, and takes all
            return 1
        last, date, last_key = rules.ranking_key(rules.SOONEST, kw, promise, ZERO, 0.0)
        k = n
        while k > 0 and comes_before(
            last,
            date,
            last_key,
            m.site_rank_last[k - 1],
            m.site_rank_date[k - 1],
            m.site_rank_last_key[k - 1],
        ):
            m.ranked_sites[k], m.site_rank_last[k] = m.ranked_sites[k - 1], m.site_rank_last[k - 1]
            m.site_rank_date[k] = m.site_rank_date[k - 1]
            m.site_rank_last_key[k] = m.site_rank_last_key[k - 1]
            k -= 1
        m.ranked_sites[k], m.site_rank_last[k] = s, last
        m.site_rank_date[k], m.site_rank_last_key[k] = date, last_key
        n += 1
    return n


@jit
def comes_before(
    last: int, date: int, last_key: float, than_last: int, than_date: int, than_last_key: float
) -> bool:
    """Whether one `rules.ranking_key` is less than another."""
    if last != than_last:
        return last < than_last
    if date != than_date:
        return date < than_date
    return last_key < than_last_key


@jit
def allocated_kw(m: State, n: int, start: int) -> int:
    """The kW of an allocation at all sites."""
    total = 0
    for k in range(start, start + n):
        total += m.allocated_kw[k]
    return total


@jit
def promise_date(m: State, r: int, s: int, kw: int) -> int:
    """The date that a site would promise for kW more; NEVER if no plan covers them."""
    n = m.n_plan[s]
    need = m.committed[s] + m.held[s] + kw
    dates, sizes = m.plan_date[s, :n], m.plan_kw[s, :n]
    return rules.cover_date(m.now, m.wanted[r], need, m.online[s], dates, sizes)  # type: ignore[arg-type]


@jit
def latest_promise_date(m: State, r: int, n: int, start: int) -> int:
    """The latest date that would be promised for an allocation; NEVER for an empty one."""
    if n == 0:
        return NEVER
    latest = promise_date(m, r, m.allocated_site[start], m.allocated_kw[start])
    for k in range(start + 1, start + n):
        latest = max(latest, promise_date(m, r, m.allocated_site[k], m.allocated_kw[k]))
    return latest


@jit
def right_in_force(m: State, r: int) -> int:
    """The first right in file order that is in force and covers a request; NOBODY if there is none."""
    g = m.group[r]
    for i in range(m.rights_at[g], m.rights_at[g + 1]):
        k = m.rights[i]
        if rules.in_force(m.now, m.begins[k], m.ends[k]):
            return k
    return NOBODY
