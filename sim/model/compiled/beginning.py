"""The compiled market at its start: a state made of what a future says."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

from sim.model.compiled.agenda import plan_to
from sim.model.compiled.compiler import compiled, of_form
from sim.model.compiled.names import END, HOW_MANY, LEFT, LOOK, NEVER, NOBODY, OFFER_ROOM, POLICIES, WHY, ZERO
from sim.model.compiled.own import NOBODYS, Own
from sim.model.compiled.state import KNOWS_OWN, Floats, Function, Ints, State, Table, blank, lent
from sim.model.future import Future
from sim.model.ledger import WHOLLY


def begun(future: Future, own: Own) -> State:
    """The state of a market before its first instant, with the user's own functions, which it does not keep alive."""
    requests, groups = future.requests, future.groups
    sellers, rights, sites = future.providers, future.rights, future.sites
    priorities = sorted({-group.priority for group in groups})
    state = made(
        future.calendar.end,
        int(future.bypass),
        np.append(requests.asked, (NEVER, NEVER)),
        requests.wanted,
        requests.gives_up,
        requests.size_kw,
        requests.block_kw,
        requests.term,
        requests.draw,
        requests.group,
        np.array(requests.windows, dtype=np.int64).reshape(len(rights), len(requests)),
    )
    know_groups(
        state,
        whole(priorities.index(-group.priority) for group in groups),
        whole(group.stream for group in groups),
        whole(group.split for group in groups),
        whole(group.own for group in groups),
        *lists(group.rights for group in groups),
        lists(group.appetite for group in groups)[1],
        *lists(group.order for group in groups),
    )
    know_sellers(
        state,
        *lists(seller.sites for seller in sellers),
        whole(seller.presells for seller in sellers),
        whole(seller.keeps_back for seller in sellers),
        np.array([np.inf if seller.price is None else seller.price for seller in sellers], dtype=np.float64),
        POLICIES.get(future.policy, 0),
        whole(max((p.presells for p in sellers if s in p.sites), default=0) for s in range(len(sites))),
    )
    know_rights(
        state,
        whole(right.holder for right in rights),
        whole(right.exclusive for right in rights),
        whole(right.begins for right in rights),
        whole(right.ends for right in rights),
        whole(right.max_utilization for right in rights),
        whole(right.max_delay for right in rights),
        whole(right.partial for right in rights),
        whole(right.holds for right in rights),
    )
    know_sites(state, whole(site.online for site in sites))
    know_own(
        state,
        int(own.policy is not None),
        own.policy or NOBODYS,
        int(own.answer is not None),
        own.answer or NOBODYS,
    )
    return state


def whole(numbers: Iterable[int]) -> Ints:
    """Whole numbers as an array."""
    return np.array(list(numbers), dtype=np.int64)


def lists(parts: Iterable[Sequence[int]]) -> tuple[Ints, Ints]:
    """Lists of whole numbers, one after the other: where each begins, and all of them."""
    parts = list(parts)
    at = list(accumulate((len(part) for part in parts), initial=0))
    return whole(at), whole(number for part in parts for number in part)


@compiled
def made(
    end: int,
    bypass: int,
    asked: Ints,
    wanted: Ints,
    gives_up: Ints,
    size: Ints,
    block: Ints,
    term: Ints,
    draw: Floats,
    group: Ints,
    windows: Table,
) -> State:
    """A state that knows what is asked, and of which nothing has become yet."""
    m, n = blank(), len(wanted)
    m.now, m.end, m.next, m.bypass = 0, end, 0, bypass
    m.grown, m.turned, m.news = 0, 0, 1
    m.asked, m.wanted, m.gives_up = asked, wanted, gives_up
    m.size, m.block, m.term, m.draw = size, block, term, draw
    m.group, m.windows = group, windows
    m.uncommitted, m.undelivered = size.copy(), size.copy()
    m.lost = np.zeros(n, np.int64)
    m.right = np.full(n, NOBODY, np.int64)
    m.asked_first = np.full(n, NOBODY, np.int64)
    m.answered = np.full(n, NEVER, np.int64)
    m.holder_kw = np.zeros(n, np.int64)
    m.first_kw = np.zeros(n, np.int64)
    m.reason = np.full(n, WHOLLY, np.int64)
    m.ends_at, m.ends_what, m.n_ends = np.empty(64, np.int64), np.empty(64, np.int64), 0
    m.agenda_at, m.agenda_what, m.n_agenda = np.empty(64, np.int64), np.empty(64, np.int64), 0
    m.waiting, m.head, m.tail = np.empty(64, np.int64), 0, 0
    m.due, m.n_due = np.empty(16, np.int64), 0
    m.giving, m.n_giving = np.empty(16, np.int64), 0
    m.commitments, m.n_commitments = np.empty((LEFT + 1, n + 16), np.int64), 0
    m.deliveries, m.n_deliveries = np.empty((END + 1, n + 16), np.int64), 0
    m.releases, m.n_releases = np.empty((WHY + 1, 16), np.int64), 0
    m.watch_site, m.watch_share = np.empty(0, np.int64), np.empty(0, np.int64)
    return m


@compiled
def know_groups(
    m: State,
    rank: Ints,
    stream: Ints,
    split: Ints,
    own: Ints,
    rights_at: Ints,
    rights: Ints,
    appetite: Ints,
    order_at: Ints,
    order: Ints,
) -> None:
    """Let the state know the groups of requests."""
    m.rank, m.stream, m.split, m.own = rank, stream, split, own
    m.rights_at, m.rights, m.appetite = rights_at, rights, appetite
    m.order_at, m.order = order_at, order


@compiled
def know_sellers(
    m: State,
    sites_at: Ints,
    sites: Ints,
    presells: Ints,
    keeps_back: Ints,
    price: Floats,
    policy: int,
    presells_at: Ints,
) -> None:
    """Let the state know the providers, and how they are ranked."""
    n = len(presells)
    m.sites_at, m.sites, m.presells, m.keeps_back = sites_at, sites, presells, keeps_back
    m.price, m.policy, m.presells_at = price, policy, presells_at
    m.ranking, m.rank_last = np.empty(n, np.int64), np.empty(n, np.int64)
    m.rank_date, m.rank_price = np.empty(n, np.int64), np.empty(n, np.float64)
    m.facts, m.offers = np.empty(HOW_MANY + 1, np.int64), np.empty((n, OFFER_ROOM + 1), np.int64)


@compiled
def know_rights(
    m: State,
    holder: Ints,
    exclusive: Ints,
    begins: Ints,
    ends: Ints,
    max_utilization: Ints,
    max_delay: Ints,
    partial: Ints,
    holds: Ints,
) -> None:
    """Let the state know the rights, and look again when one begins or ends."""
    m.holder, m.exclusive, m.begins, m.ends = holder, exclusive, begins, ends
    m.max_utilization, m.max_delay, m.partial, m.holds = max_utilization, max_delay, partial, holds
    n = len(m.wanted) if holds.any() else 0
    m.hold_at, m.n_hold = np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.hold_site, m.hold_kw, m.n_holds = np.empty(16, np.int64), np.empty(16, np.int64), 0
    for k in range(len(holder)):
        if begins[k] > 0:
            plan_to(lent(m), begins[k], LOOK, ZERO, ZERO)
        if ends[k] > 0:
            plan_to(lent(m), ends[k], LOOK, ZERO, ZERO)


@compiled
def know_sites(m: State, online: Ints) -> None:
    """Let the state know the sites, where nothing is planned, promised or in service yet."""
    n = len(online)
    m.online, m.out = online, np.zeros(n, np.int64)
    m.committed, m.held, m.in_service = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.plan_date, m.plan_kw = np.empty((n, 4), np.int64), np.empty((n, 4), np.int64)
    m.n_plan = np.zeros(n, np.int64)
    m.is_stirred, m.stirred, m.n_stirred = np.zeros(n, np.int64), np.empty(n, np.int64), 0
    m.fallen, m.any_fallen = np.full(n, NOBODY, np.int64), 0
    m.queue, m.queue_end, m.undelivered_rows = np.empty(64, np.int64), 0, 0
    m.queue_at, m.queue_space = np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.n_queue = np.zeros(n, np.int64)
    m.take_site, m.take_kw = np.empty(2 * n, np.int64), np.empty(2 * n, np.int64)


def _know_own(m: State, own_policy: int, ranked: Function, own_answer: int, answered_by: Function) -> None:
    """Let the state know the user's own functions."""
    m.own_policy, m.ranked = own_policy, ranked
    m.own_answer, m.answered_by = own_answer, answered_by


# Of one form: else there were a version for each function of a user's, and those in the cache break the next run.
know_own = of_form(_know_own, KNOWS_OWN, kept=True)
