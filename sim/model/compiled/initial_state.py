"""The compiled market at its start: a state made of the inputs of a replication."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

from sim.model.compiled.agenda import add_to_agenda
from sim.model.compiled.callbacks import NO_FUNCTION, CompiledCallbacks
from sim.model.compiled.codes import (
    N_COMMITMENT_ROWS,
    N_DELIVERY_ROWS,
    N_FACTS,
    N_OFFER_COLUMNS,
    N_RELEASE_ROWS,
    NEVER,
    NOBODY,
    NOT_LIMITED,
    STEP_WORLD,
    ZERO,
)
from sim.model.compiled.compiler import jit, jit_with_signature
from sim.model.compiled.state import (
    SET_CALLBACKS_SIGNATURE,
    Float64Matrix,
    Float64Vector,
    Int64Matrix,
    Int64Vector,
    State,
    UserFunction,
    blank_state,
    borrow,
)
from sim.model.rules import OVERFLOW_POLICY_CODES
from sim.model.sampled_inputs import SampledInputs


def initial_state(inputs: SampledInputs, callbacks: CompiledCallbacks) -> State:
    """The state of a market before its first instant. Raises KeyError for a policy without a rule.

    It does not keep the user's own functions alive: whoever holds it must.
    """
    requests, groups = inputs.requests, inputs.groups
    providers, rights = inputs.providers, inputs.rights
    draw_row = {p: row for row, p in enumerate(requests.appetite_draws)}
    priorities = sorted({-group.priority for group in groups})
    state = new_state(
        inputs.calendar.end,
        int(inputs.bypass),
        int(inputs.may_move()),
        np.append(requests.asked, (NEVER, NEVER)),
        requests.wanted,
        requests.gives_up,
        requests.size_kw,
        requests.block_kw,
        requests.term,
        np.array(list(requests.appetite_draws.values()), dtype=np.float64).reshape(
            len(draw_row), len(requests)
        ),
        requests.group,
        np.array(requests.windows, dtype=np.int64).reshape(len(rights), len(requests)),
    )
    _, appetite = flatten_lists(group.appetite for group in groups)
    set_groups(
        state,
        int_array(priorities.index(-group.priority) for group in groups),
        int_array(group.stream for group in groups),
        int_array(group.split for group in groups),
        int_array(group.own_provider for group in groups),
        *flatten_lists(group.rights for group in groups),
        appetite,
        np.array([group.provider_appetite for group in groups], dtype=np.int64).reshape(
            len(groups), len(providers)
        ),
        *flatten_lists(group.overflow_order for group in groups),
    )
    set_providers(
        state,
        *flatten_lists(provider.sites for provider in providers),
        int_array(inputs.ranks_sites()),
        int_array(draw_row.get(p, NOBODY) for p in range(len(providers))),
        int_array(provider.presells for provider in providers),
        int_array(provider.keeps_back for provider in providers),
        np.array(inputs.ranking_prices(), dtype=np.float64),
        OVERFLOW_POLICY_CODES[inputs.overflow_policy],
        int_array(inputs.longest_presales()),
        int_array(inputs.sites_of_several()),
    )
    set_rights(
        state,
        int_array(right.holder for right in rights),
        int_array(right.is_exclusive for right in rights),
        int_array(right.answers_first for right in rights),
        int_array(right.begins for right in rights),
        int_array(right.ends for right in rights),
        int_array(right.max_utilization for right in rights),
        int_array(right.max_delay for right in rights),
        int_array(right.partial for right in rights),
        int_array(right.holds_capacity for right in rights),
    )
    set_sites(state, int_array(site.online_kw for site in inputs.sites))
    set_callbacks(
        state,
        int(callbacks.policy is not None),
        callbacks.policy or NO_FUNCTION,
        int(callbacks.answer is not None),
        callbacks.answer or NO_FUNCTION,
    )
    return state


def int_array(numbers: Iterable[int]) -> Int64Vector:
    """Whole numbers as an array."""
    return np.array(list(numbers), dtype=np.int64)


def flatten_lists(parts: Iterable[Sequence[int]]) -> tuple[Int64Vector, Int64Vector]:
    """Lists of whole numbers as two arrays: where each begins, and all of them one after the other."""
    parts = list(parts)
    at = list(accumulate((len(part) for part in parts), initial=0))
    return int_array(at), int_array(number for part in parts for number in part)


@jit
def new_state(
    end: int,
    bypass: int,
    moves: int,
    asked: Int64Vector,
    wanted: Int64Vector,
    gives_up: Int64Vector,
    size_kw: Int64Vector,
    block_kw: Int64Vector,
    term: Int64Vector,
    appetite_draws: Float64Matrix,
    group: Int64Vector,
    windows: Int64Matrix,
) -> State:
    """A state with all that is asked, of which nothing has become yet."""
    m, n = blank_state(), len(wanted)
    m.now, m.end, m.next_request, m.bypass, m.moves = 0, end, 0, bypass, moves
    m.capacity_increased, m.world_changed = 0, 1
    m.asked, m.wanted, m.gives_up = asked, wanted, gives_up
    m.size_kw, m.block_kw, m.term, m.appetite_draws = size_kw, block_kw, term, appetite_draws
    m.group, m.windows = group, windows
    m.is_waiting = np.zeros(n, np.int64)
    m.uncommitted, m.undelivered = size_kw.copy(), size_kw.copy()
    m.lost = np.zeros(n, np.int64)
    m.right = np.full(n, NOBODY, np.int64)
    m.asked_first = np.full(n, NOBODY, np.int64)
    m.answered = np.full(n, NEVER, np.int64)
    m.holder_kw = np.zeros(n, np.int64)
    m.first_kw = np.zeros(n, np.int64)
    m.reason = np.full(n, NOT_LIMITED, np.int64)
    m.delivery_ends_at, m.delivery_ends_item, m.n_delivery_ends = (
        np.empty(64, np.int64),
        np.empty(64, np.int64),
        0,
    )
    m.agenda_at, m.agenda_item, m.n_agenda = np.empty(64, np.int64), np.empty(64, np.int64), 0
    m.waiting, m.head, m.tail = np.empty(64, np.int64), 0, 0
    m.newly_wanted, m.n_newly_wanted = np.empty(16, np.int64), 0
    m.first_movable = np.full(n if moves else 0, NOBODY, np.int64)
    m.last_movable = np.full(n if moves else 0, NOBODY, np.int64)
    m.due_answers, m.n_due_answers = np.empty(16, np.int64), 0
    m.give_ups, m.n_give_ups = np.empty(16, np.int64), 0
    m.commitments, m.n_commitments = np.empty((N_COMMITMENT_ROWS, n + 16), np.int64), 0
    m.deliveries, m.n_deliveries = np.empty((N_DELIVERY_ROWS, n + 16), np.int64), 0
    m.releases, m.n_releases = np.empty((N_RELEASE_ROWS, 16), np.int64), 0
    m.trigger_site, m.trigger_share = np.empty(0, np.int64), np.empty(0, np.int64)
    return m


@jit
def set_groups(
    m: State,
    priority_rank: Int64Vector,
    stream: Int64Vector,
    split: Int64Vector,
    own_provider: Int64Vector,
    rights_at: Int64Vector,
    rights: Int64Vector,
    appetite: Int64Vector,
    provider_appetite: Int64Matrix,
    overflow_order_at: Int64Vector,
    overflow_order: Int64Vector,
) -> None:
    """Set the groups of requests."""
    m.priority_rank, m.stream, m.split, m.own_provider = priority_rank, stream, split, own_provider
    m.rights_at, m.rights, m.appetite = rights_at, rights, appetite
    m.provider_appetite = provider_appetite
    m.overflow_order_at, m.overflow_order = overflow_order_at, overflow_order


@jit
def set_providers(
    m: State,
    sites_at: Int64Vector,
    sites: Int64Vector,
    ranks_sites: Int64Vector,
    draw_row: Int64Vector,
    presells: Int64Vector,
    keeps_back: Int64Vector,
    price: Float64Vector,
    overflow_policy: int,
    longest_presale: Int64Vector,
    sites_to_move_to: Int64Vector,
) -> None:
    """Set the providers, and how they are ranked."""
    n = len(presells)
    m.sites_at, m.sites, m.presells, m.keeps_back = sites_at, sites, presells, keeps_back
    m.ranks_sites, m.draw_row, m.sites_to_move_to = ranks_sites, draw_row, sites_to_move_to
    m.price, m.overflow_policy, m.longest_presale = price, overflow_policy, longest_presale
    m.ranking, m.rank_last = np.empty(n, np.int64), np.empty(n, np.int64)
    m.rank_date, m.rank_last_key = np.empty(n, np.int64), np.empty(n, np.float64)
    n_sites = len(longest_presale)
    m.ranked_sites, m.site_rank_last = np.empty(n_sites, np.int64), np.empty(n_sites, np.int64)
    m.site_rank_date, m.site_rank_last_key = np.empty(n_sites, np.int64), np.empty(n_sites, np.float64)
    m.request_facts, m.offers = (
        np.empty(N_FACTS, np.int64),
        np.empty((n, N_OFFER_COLUMNS), np.int64),
    )


@jit
def set_rights(
    m: State,
    holder: Int64Vector,
    is_exclusive: Int64Vector,
    answers_first: Int64Vector,
    begins: Int64Vector,
    ends: Int64Vector,
    max_utilization: Int64Vector,
    max_delay: Int64Vector,
    partial: Int64Vector,
    holds_capacity: Int64Vector,
) -> None:
    """Set the rights, and have the waiting list walked when one begins or ends."""
    m.holder, m.is_exclusive, m.answers_first = holder, is_exclusive, answers_first
    m.begins, m.ends = begins, ends
    m.max_utilization, m.max_delay, m.partial, m.holds_capacity = (
        max_utilization,
        max_delay,
        partial,
        holds_capacity,
    )
    n = len(m.wanted) if holds_capacity.any() else 0
    m.hold_at, m.n_hold = np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.hold_site, m.hold_kw, m.n_holds = np.empty(16, np.int64), np.empty(16, np.int64), 0
    for k in range(len(holder)):
        if begins[k] > 0:
            add_to_agenda(borrow(m), begins[k], STEP_WORLD, ZERO, ZERO)
        if ends[k] > 0:
            add_to_agenda(borrow(m), ends[k], STEP_WORLD, ZERO, ZERO)


@jit
def set_sites(m: State, online: Int64Vector) -> None:
    """Set the sites, where nothing is planned, committed or in service yet."""
    n = len(online)
    m.online, m.outage_kw = online, np.zeros(n, np.int64)
    m.committed, m.held, m.in_service = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.plan_date, m.plan_kw = np.empty((n, 4), np.int64), np.empty((n, 4), np.int64)
    m.n_plan = np.zeros(n, np.int64)
    m.is_site_to_deliver, m.sites_to_deliver, m.n_sites_to_deliver = (
        np.zeros(n, np.int64),
        np.empty(n, np.int64),
        0,
    )
    m.sites_to_release, m.any_site_to_release = np.full(n, NOBODY, np.int64), 0
    m.vacated_kw, m.any_vacated = np.zeros(n, np.int64), 0
    m.queue, m.queue_end, m.undelivered_rows = np.empty(64, np.int64), 0, 0
    m.queue_at, m.queue_space = np.zeros(n, np.int64), np.zeros(n, np.int64)
    m.n_queue = np.zeros(n, np.int64)
    m.allocated_site, m.allocated_kw = np.empty(2 * n, np.int64), np.empty(2 * n, np.int64)


def _set_callbacks(
    m: State, has_user_policy: int, user_policy: UserFunction, has_user_answer: int, user_answer: UserFunction
) -> None:
    """Set the user's own functions."""
    m.has_user_policy, m.user_policy = has_user_policy, user_policy
    m.has_user_answer, m.user_answer = has_user_answer, user_answer


# Of one signature: otherwise there were a version for each function of a user's, and those in the cache break the
# next run.
set_callbacks = jit_with_signature(_set_callbacks, SET_CALLBACKS_SIGNATURE, cache=True)
