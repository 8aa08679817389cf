"""The state of the compiled market: all of its numbers in arrays, behind one pointer.

The fields of `State` stand here once, with what they mean; the compiler is told of the same ones. Letters that
stand for numbers throughout this room: request `r`, site `s`, provider `p`, right `k`, commitment `c`, group `g`,
and `m` for the state itself. With the
compiler off, `State` is a plain object, and the same functions run on it.
"""

from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import numba
import numpy as np
import numpy.typing as npt

from sim.model.compiled.compiler import COMPILER_OFF, USER_FUNCTION_SIGNATURE

Int64Vector = Annotated[npt.NDArray[np.int64], "int64", 1]
Float64Vector = Annotated[npt.NDArray[np.float64], "float64", 1]
Float64Matrix = Annotated[npt.NDArray[np.float64], "float64", 2]
Int64Matrix = Annotated[npt.NDArray[np.int64], "int64", 2]
"""Rows of whole numbers; what the rows are is said in `codes`."""
UserFunction = Annotated[Callable[..., int], USER_FUNCTION_SIGNATURE]
"""A user's own policy or answer, as a compiled function of numbers."""


class State:
    """One replication of the market. Requests, sites, providers, rights and groups by their numbers.

    Lists of different lengths stand one after the other in one array: those of `k` from `NAME_at[k]` up to
    `NAME_at[k + 1]`. What grows is filled up to a number of the same name with `n_` before it.
    """

    # The clock
    now: int
    end: int
    next_request: int
    """The first request that has not been asked."""
    capacity_increased: int
    """Whether there is room, or a right, that the waiting list has not seen."""
    world_changed: int
    """Whether there is something to process that stands in no agenda."""
    bypass: int
    moves: int
    """Whether anything may move: only where some provider has several sites."""

    # What was asked, by request
    asked: Int64Vector
    """With NEVER twice after the last."""
    wanted: Int64Vector
    gives_up: Int64Vector
    size_kw: Int64Vector
    block_kw: Int64Vector
    term: Int64Vector
    appetite_draws: Float64Matrix
    """In the rows of `draw_row`, by request."""
    group: Int64Vector
    windows: Int64Matrix
    """By right and request."""

    # What became of it, by request
    is_waiting: Int64Vector
    """Whether it stands in the waiting list."""
    uncommitted: Int64Vector
    undelivered: Int64Vector
    lost: Int64Vector
    right: Int64Vector
    asked_first: Int64Vector
    answered: Int64Vector
    holder_kw: Int64Vector
    first_kw: Int64Vector
    reason: Int64Vector

    # Groups of requests that the rules treat alike
    priority_rank: Int64Vector
    """By priority: the place among all priorities, the highest first."""
    stream: Int64Vector
    split: Int64Vector
    own_provider: Int64Vector
    rights_at: Int64Vector
    rights: Int64Vector
    appetite: Int64Vector
    provider_appetite: Int64Matrix
    """By group and provider."""
    overflow_order_at: Int64Vector
    overflow_order: Int64Vector

    # Providers
    sites_at: Int64Vector
    sites: Int64Vector
    ranks_sites: Int64Vector
    """Whether the sites of a provider are ranked for each placing: only where it has several."""
    draw_row: Int64Vector
    """The row of a provider in `appetite_draws`, or NOBODY."""
    presells: Int64Vector
    keeps_back: Int64Vector
    price: Float64Vector
    overflow_policy: int
    """A code of `rules.OVERFLOW_POLICY_CODES`."""
    has_user_policy: int
    has_user_answer: int
    """Whether the user has given a policy, an answer; if so, these are they."""
    user_policy: UserFunction
    user_answer: UserFunction

    # Rights
    holder: Int64Vector
    is_exclusive: Int64Vector
    answers_first: Int64Vector
    begins: Int64Vector
    ends: Int64Vector
    max_utilization: Int64Vector
    max_delay: Int64Vector
    partial: Int64Vector
    holds_capacity: Int64Vector

    # Sites
    online: Int64Vector
    outage_kw: Int64Vector
    committed: Int64Vector
    held: Int64Vector
    in_service: Int64Vector
    longest_presale: Int64Vector
    """The longest time ahead that anyone sells there."""
    sites_to_move_to: Int64Vector
    """The sites of all providers that have several."""
    plan_date: Int64Matrix
    plan_kw: Int64Matrix
    n_plan: Int64Vector
    is_site_to_deliver: Int64Vector
    """Whether a delivery may be possible that was not before; such sites are listed in `sites_to_deliver`."""
    sites_to_deliver: Int64Vector
    n_sites_to_deliver: int
    sites_to_release: Int64Vector
    """The reason for which commitments of a site may have to be released in this instant, or NOBODY."""
    any_site_to_release: int

    # Armed triggers: the site, and the share of it that has to be committed
    trigger_site: Int64Vector
    trigger_share: Int64Vector

    # What is due: two heaps, each as two parallel arrays
    delivery_ends_at: Int64Vector
    delivery_ends_item: Int64Vector
    """Site and kW of a delivery that ends, packed."""
    n_delivery_ends: int
    agenda_at: Int64Vector
    agenda_item: Int64Vector
    """Step, rank of the priority, and request or site, packed."""
    n_agenda: int

    # The waiting list of who has uncommitted kW, or may move: packed places, in order, from `head` up to `tail`
    waiting: Int64Vector
    head: int
    tail: int
    newly_wanted: Int64Vector
    """Requests that are wanted from this instant on, and may move."""
    n_newly_wanted: int
    first_movable: Int64Vector
    """By request: the first of its commitments at providers with several sites that had undelivered kW, or NOBODY;
    the next stands in a row of `commitments`."""
    last_movable: Int64Vector
    vacated_kw: Int64Vector
    """By site: kW that moved away in this walk of the waiting list, and count as committed there until its end."""
    any_vacated: int

    # By site: the commitments with undelivered kW, in the order of delivery, each list with some space to grow
    queue: Int64Vector
    queue_at: Int64Vector
    queue_space: Int64Vector
    n_queue: Int64Vector
    queue_end: int
    undelivered_rows: int
    """How many commitments stand in the queues."""

    # kW held for requests whose answer is pending: (site, kW), from `hold_at` on
    hold_at: Int64Vector
    n_hold: Int64Vector
    hold_site: Int64Vector
    hold_kw: Int64Vector
    n_holds: int

    # What is written down: a row for each column, so that a column is one piece of memory
    commitments: Int64Matrix
    n_commitments: int
    deliveries: Int64Matrix
    n_deliveries: int
    releases: Int64Matrix
    n_releases: int

    # Space to work in
    allocated_site: Int64Vector
    allocated_kw: Int64Vector
    ranking: Int64Vector
    rank_last: Int64Vector
    rank_date: Int64Vector
    rank_last_key: Float64Vector
    ranked_sites: Int64Vector
    site_rank_last: Int64Vector
    site_rank_date: Int64Vector
    site_rank_last_key: Float64Vector
    request_facts: Int64Vector
    offers: Int64Matrix
    due_answers: Int64Vector
    n_due_answers: int
    give_ups: Int64Vector
    n_give_ups: int


def _field_types() -> list[tuple[str, Any]]:
    """The fields of the state, each with the type that the compiler gives it."""
    kinds: list[tuple[str, Any]] = []
    for name, hint in get_type_hints(State, include_extras=True).items():
        if hint is int:
            kinds.append((name, numba.int64))
        elif hint is UserFunction:
            kinds.append((name, numba.types.FunctionType(USER_FUNCTION_SIGNATURE)))
        else:
            element, dimensions = hint.__metadata__
            kinds.append((name, numba.types.Array(getattr(numba, element), dimensions, "C")))
    return kinds


SET_CALLBACKS_SIGNATURE: Any = None
"""The signature of `initial_state.set_callbacks`."""

if COMPILER_OFF:

    def blank_state() -> State:
        """A state in which nothing is set."""
        return State()

    def borrow(m: State) -> State:
        """The state for the time of a call."""
        return m
else:
    from numba.experimental import structref
    from numba.extending import register_jitable

    from sim.model.compiled.borrowing import borrow_struct

    @structref.register
    class StateType(numba.types.StructRef):
        """The state as the compiler knows it."""

        def __init__(self, fields: list[tuple[str, Any]]) -> None:
            super().__init__(fields)  # type: ignore[no-untyped-call]
            self.name = "rofr.State"  # stands in every symbol, where all the fields would be slow to read

    class StateProxy(structref.StructRefProxy):
        """The state as Python holds it: a pointer."""

    structref.define_boxing(StateType, StateProxy)  # type: ignore[no-untyped-call]
    STATE = StateType(_field_types())
    _user_function_type = numba.types.FunctionType(USER_FUNCTION_SIGNATURE)
    SET_CALLBACKS_SIGNATURE = numba.void(
        STATE, numba.int64, _user_function_type, numba.int64, _user_function_type
    )

    @register_jitable
    def blank_state() -> State:
        """A state in which nothing is set."""
        return structref.new(STATE)  # type: ignore[call-arg]

    @register_jitable
    def borrow(m: State) -> State:
        """The state for the time of a call: whoever lends it holds it, so no one else counts who does."""
        return borrow_struct(m)  # type: ignore[call-arg]
