"""Allocation: how many kW a provider takes of a request, at which of its sites, and for when it promises them.

An allocation is written into `allocated_site` and `allocated_kw` of the state from `start` on; the functions that
make one give how many sites it names, `n`. So a second one can be made beside the first, to compare the two.
"""

from sim.model import rules
from sim.model.compiled.codes import (
    NEVER,
    NOBODY,
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
    return m.block_kw[r] if rules.may_take_part(m.split[m.group[r]]) else m.uncommitted[r]


@jit
def held_at_site(m: State, held_for: int, s: int) -> int:
    """The kW that were held for a request at a site."""
    for k in range(m.hold_at[held_for], m.hold_at[held_for] + m.n_hold[held_for]):
        if m.hold_site[k] == s:
            return m.hold_kw[k]
    return 0


@jit
def allocate(m: State, r: int, p: int, latest: int, cap: int, held_for: int, start: int) -> int:
    """Allocate what is uncommitted of a request to the sites of a provider, in the order of its sites.

    No site promises after `latest`, all together take no more than `cap` kW, and each no more than was held there
    for the request `held_for`, unless that is NOBODY.
    """
    g, left, n = m.group[r], m.uncommitted[r], start
    horizon = rules.horizon(m.now, m.presells[p], latest)
    if m.keeps_back[p] and m.own_provider[g] != p:
        cap = min(cap, rules.room_for_others(provider_room(m, p, horizon), m.keeps_back[p]))
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        s = m.sites[k]
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
