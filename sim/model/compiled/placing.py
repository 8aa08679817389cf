"""Who takes how much of a request, and who is asked first: the questions of the market, put to the same rules.

What a provider would take is written into the space of the state from `start` on, a (site, kW) each; the
functions give how many there are.
"""

from sim.model import rules
from sim.model.compiled.compiler import compiled
from sim.model.compiled.names import (
    ASKED_AT,
    CHEAPEST,
    GIVES_UP,
    GROUP,
    HOW_MANY,
    IN_ORDER,
    MOST_ROOM,
    NEVER,
    NOBODY,
    NOW,
    NUMBER,
    OFFER_DATE,
    OFFER_KW,
    OFFER_OF,
    OFFER_ROOM,
    SIZE,
    SOONEST,
    TERM,
    UNCOMMITTED,
    WANTED,
    ZERO,
)
from sim.model.compiled.state import Ints, State


@compiled
def planned(m: State, s: int, date: int) -> int:
    """How many kW are planned to be online at a site by a date?"""
    n = m.n_plan[s]
    return rules.planned_by(m.plan_date[s, :n], m.plan_kw[s, :n], date) if n else 0  # type: ignore[arg-type]


@compiled
def room(m: State, s: int, horizon: int) -> int:
    """How many kW can still be promised at a site, of what is online and planned by a date?"""
    return rules.room(m.online[s], planned(m, s, horizon), m.committed[s], m.held[s])


@compiled
def rooms(m: State, p: int, horizon: int) -> int:
    """How much room is there at all sites of a provider?"""
    total = 0
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        total += room(m, m.sites[k], horizon)
    return total


@compiled
def most_room(m: State) -> int:
    """How many kW could anyone place at one site at the most?"""
    most = 0
    for s in range(len(m.online)):
        most = max(most, room(m, s, m.now + m.presells_at[s]))
    return most


@compiled
def least(m: State, r: int) -> int:
    """The least room at one site with which anything of a request could be placed."""
    return m.block[r] if m.split[m.group[r]] == rules.ANYWHERE else m.uncommitted[r]


@compiled
def held_there(m: State, holds: int, s: int) -> int:
    """How many kW were held at a site for a request?"""
    for k in range(m.hold_at[holds], m.hold_at[holds] + m.n_hold[holds]):
        if m.hold_site[k] == s:
            return m.hold_kw[k]
    return 0


@compiled
def takes(m: State, r: int, p: int, latest: int, cap: int, holds: int, start: int) -> int:
    """What does a provider take of a request by the placing rule? Its sites in its order.

    `holds` is the request for which kW were held that limit it, or NOBODY.
    """
    g, left, n = m.group[r], m.uncommitted[r], start
    horizon = rules.horizon(m.now, m.presells[p], latest)
    if m.keeps_back[p] and m.own[g] != p:
        cap = min(cap, rules.beyond_kept(rooms(m, p, horizon), m.keeps_back[p]))
    for k in range(m.sites_at[p], m.sites_at[p + 1]):
        s = m.sites[k]
        free = min(room(m, s, horizon), cap)
        if free == 0:
            continue
        if holds != NOBODY:
            free = min(free, held_there(m, holds, s))
        kw = rules.takes(m.split[g], m.block[r], left, free)
        if kw:
            m.take_site[n], m.take_kw[n] = s, kw
            n += 1
            left -= kw
            cap -= kw
            if left == 0:
                break
    return n - start


@compiled
def taken(m: State, n: int, start: int) -> int:
    """How many kW are taken in all?"""
    total = 0
    for k in range(start, start + n):
        total += m.take_kw[k]
    return total


@compiled
def promised(m: State, r: int, s: int, kw: int) -> int:
    """When would a site promise so much?"""
    n = m.n_plan[s]
    need = m.committed[s] + m.held[s] + kw
    dates, sizes = m.plan_date[s, :n], m.plan_kw[s, :n]
    return rules.promised(m.now, m.wanted[r], need, m.online[s], dates, sizes)  # type: ignore[arg-type]


@compiled
def promise(m: State, r: int, n: int, start: int) -> int:
    """The latest date that a provider would promise for what it takes; NEVER if it takes nothing."""
    if n == 0:
        return NEVER
    latest = promised(m, r, m.take_site[start], m.take_kw[start])
    for k in range(start + 1, start + n):
        latest = max(latest, promised(m, r, m.take_site[k], m.take_kw[k]))
    return latest


@compiled
def in_force(m: State, r: int) -> int:
    """The first right in file order that is in force and covers a request."""
    g = m.group[r]
    for i in range(m.rights_at[g], m.rights_at[g + 1]):
        k = m.rights[i]
        if rules.in_force(m.now, m.begins[k], m.ends[k]):
            return k
    return NOBODY


# The ranking of the overflow


@compiled
def anyone(m: State, r: int, without: int) -> bool:
    """Would anyone take anything? If not, there is nothing to rank."""
    g = m.group[r]
    for i in range(m.order_at[g], m.order_at[g + 1]):
        p = m.order[i]
        if p != without and takes(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO):
            return True
    return False


@compiled
def ranking(m: State, r: int, without: int) -> int:
    """In which order are the providers asked? Ties in the order of `order`; without a holder who answered.

    Written into `ranking` of the state; gives how many there are.
    """
    g, n = m.group[r], 0
    for i in range(m.order_at[g], m.order_at[g + 1]):
        if m.order[i] != without:
            m.ranking[n] = m.order[i]
            n += 1
    if m.own_policy:
        for i in range(n):
            offer(m, r, m.ranking[i], i, takes(m, r, m.ranking[i], m.gives_up[r], NEVER, NOBODY, ZERO))
        return m.ranked(facts(m, r, n), m.draw[r], m.offers, m.ranking)
    if m.policy == IN_ORDER:
        return n
    for i in range(n):
        p = m.ranking[i]
        last, date = 0, 0
        price = 0.0
        if m.policy == CHEAPEST:
            price = m.price[p]
        elif m.policy == MOST_ROOM:
            date = -rooms(m, p, rules.horizon(m.now, m.presells[p], m.gives_up[r]))
        else:
            count = takes(m, r, p, m.gives_up[r], NEVER, NOBODY, ZERO)
            whole = taken(m, count, ZERO) == m.uncommitted[r]
            last = 2 * (count == 0) + (not whole)
            date = promise(m, r, count, ZERO)
        k = i
        while k > 0 and _before(
            last, date, price, m.rank_last[k - 1], m.rank_date[k - 1], m.rank_price[k - 1]
        ):
            m.ranking[k], m.rank_last[k] = m.ranking[k - 1], m.rank_last[k - 1]
            m.rank_date[k], m.rank_price[k] = m.rank_date[k - 1], m.rank_price[k - 1]
            k -= 1
        m.ranking[k], m.rank_last[k], m.rank_date[k], m.rank_price[k] = p, last, date, price
        if m.policy == SOONEST and last == 0 and date == rules.not_before(m.now, m.wanted[r]):
            return n
    return n


@compiled
def _before(last: int, date: int, price: float, than_last: int, than_date: int, than_price: float) -> bool:
    """Does a provider come before another: by its kind of taking, then its date, then its price?"""
    if last != than_last:
        return last < than_last
    if date != than_date:
        return date < than_date
    return price < than_price


# What a user's own function is told


@compiled
def facts(m: State, r: int, offers: int) -> Ints:
    """What a user's own function is told of a request, as numbers."""
    told = m.facts
    told[NUMBER], told[GROUP], told[NOW], told[HOW_MANY] = r, m.group[r], m.now, offers
    told[ASKED_AT], told[WANTED], told[GIVES_UP] = m.asked[r], m.wanted[r], m.gives_up[r]
    told[TERM], told[SIZE], told[UNCOMMITTED] = m.term[r], m.size[r], m.uncommitted[r]
    return told


@compiled
def offer(m: State, r: int, p: int, i: int, n: int) -> None:
    """Note what a provider, who would take what stands in the space of the state, could do for a request."""
    row = m.offers[i]
    row[OFFER_OF], row[OFFER_KW], row[OFFER_DATE] = p, taken(m, n, ZERO), promise(m, r, n, ZERO)
    row[OFFER_ROOM] = rooms(m, p, rules.horizon(m.now, m.presells[p], m.gives_up[r]))
