"""What the compiled market holds: all of its numbers in arrays, behind one pointer.

The fields of `State` stand here once, with what they mean; the compiler is told of the same ones. With the
compiler off, `State` is a plain object, and the same functions run on it.
"""

from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import numba
import numpy as np
import numpy.typing as npt

from sim.model.compiled.compiler import FUNCTION, OFF

Ints = Annotated[npt.NDArray[np.int64], "int64", 1]
Floats = Annotated[npt.NDArray[np.float64], "float64", 1]
Table = Annotated[npt.NDArray[np.int64], "int64", 2]
"""Rows of whole numbers; what the columns are is said in `names`."""
Function = Annotated[Callable[..., int], FUNCTION]
"""A user's own policy or answer, as a compiled function of numbers."""


class State:
    """One replication of the market. Requests, sites, providers, rights and groups by their numbers.

    Lists of different lengths stand one after the other in one array: those of `k` from `NAME_at[k]` up to
    `NAME_at[k + 1]`. What grows is filled up to a number of the same name with `n_` before it.
    """

    # The clock
    now: int
    end: int
    next: int
    """The first request that has not been asked."""
    grown: int
    """Is there room, or a right, that the waiting list has not seen?"""
    turned: int
    """Does another right, or none, decide over a request from the next instant on?"""
    news: int
    """Is there something to take in that stands in no agenda?"""
    bypass: int

    # What was asked, by request
    asked: Ints
    """With NEVER twice after the last."""
    wanted: Ints
    gives_up: Ints
    size: Ints
    block: Ints
    term: Ints
    draw: Floats
    group: Ints
    windows: Table
    """By right and request."""

    # What became of it, by request
    uncommitted: Ints
    undelivered: Ints
    lost: Ints
    right: Ints
    asked_first: Ints
    answered: Ints
    holder_kw: Ints
    first_kw: Ints
    reason: Ints

    # Groups of requests that the rules treat alike
    rank: Ints
    """By priority: the place among all priorities, the highest first."""
    stream: Ints
    split: Ints
    own: Ints
    rights_at: Ints
    rights: Ints
    appetite: Ints
    order_at: Ints
    order: Ints

    # Providers
    sites_at: Ints
    sites: Ints
    presells: Ints
    keeps_back: Ints
    price: Floats
    policy: int
    """One of those in `names`."""
    own_policy: int
    own_answer: int
    """Has the user given a policy, an answer? If so, these are they."""
    ranked: Function
    answered_by: Function

    # Rights
    holder: Ints
    exclusive: Ints
    begins: Ints
    ends: Ints
    max_utilization: Ints
    max_delay: Ints
    partial: Ints
    holds: Ints

    # Sites
    online: Ints
    out: Ints
    committed: Ints
    held: Ints
    in_service: Ints
    presells_at: Ints
    """The longest time ahead that anyone sells there."""
    plan_date: Table
    plan_kw: Table
    n_plan: Ints
    is_stirred: Ints
    """Is a delivery possible at a site that was not before? Where it is, is listed in `stirred`."""
    stirred: Ints
    n_stirred: int
    fallen: Ints
    """Why promises of a site may have to be released in this instant: what fell away there, or -1."""
    any_fallen: int

    # Triggers that look: the site, and the share of it that has to be committed
    watch_site: Ints
    watch_share: Ints

    # What is due: two heaps, each as two parallel arrays
    ends_at: Ints
    ends_what: Ints
    """Site and kW of a delivery that ends, packed."""
    n_ends: int
    agenda_at: Ints
    agenda_what: Ints
    """Step, rank of the priority, and request or site, packed."""
    n_agenda: int

    # The waiting list: packed places, in order, from `head` up to `tail`
    waiting: Ints
    head: int
    tail: int

    # By site: the commitments with undelivered kW, in the order of delivery, each list with some space to grow
    queue: Ints
    queue_at: Ints
    queue_space: Ints
    n_queue: Ints
    queue_end: int
    undelivered_rows: int
    """How many commitments stand in the queues."""

    # kW held for requests whose answer is pending: (site, kW), from `hold_at` on
    hold_at: Ints
    n_hold: Ints
    hold_site: Ints
    hold_kw: Ints
    n_holds: int

    # What is written down: a row for each column, so that a column is one piece of memory
    commitments: Table
    n_commitments: int
    deliveries: Table
    n_deliveries: int
    releases: Table
    n_releases: int

    # Space to work in
    take_site: Ints
    take_kw: Ints
    ranking: Ints
    rank_last: Ints
    rank_date: Ints
    rank_price: Floats
    facts: Ints
    offers: Table
    due: Ints
    n_due: int
    giving: Ints
    n_giving: int


def _kinds() -> list[tuple[str, Any]]:
    """The fields of the state, each with the type that the compiler gives it."""
    kinds: list[tuple[str, Any]] = []
    for name, hint in get_type_hints(State, include_extras=True).items():
        if hint is int:
            kinds.append((name, numba.int64))
        elif hint is Function:
            kinds.append((name, numba.types.FunctionType(FUNCTION)))
        else:
            element, dimensions = hint.__metadata__
            kinds.append((name, numba.types.Array(getattr(numba, element), dimensions, "C")))
    return kinds


KNOWS_OWN: Any = None
"""The form of a function that is told of the user's own; see `beginning`."""

if OFF:

    def blank() -> State:
        """A state in which nothing is set."""
        return State()

    def lent(m: State) -> State:
        """The state for the time of a call."""
        return m
else:
    from numba.experimental import structref
    from numba.extending import register_jitable

    from sim.model.compiled.lending import lend

    @structref.register
    class StateType(numba.types.StructRef):
        """The state as the compiler knows it."""

        def __init__(self, fields: list[tuple[str, Any]]) -> None:
            super().__init__(fields)  # type: ignore[no-untyped-call]
            self.name = "rofr.State"  # stands in every symbol, where all the fields would be slow to read

    class StateProxy(structref.StructRefProxy):
        """The state as Python holds it: a pointer."""

    structref.define_boxing(StateType, StateProxy)  # type: ignore[no-untyped-call]
    STATE = StateType(_kinds())
    _function = numba.types.FunctionType(FUNCTION)
    KNOWS_OWN = numba.void(STATE, numba.int64, _function, numba.int64, _function)

    @register_jitable
    def blank() -> State:
        """A state in which nothing is set."""
        return structref.new(STATE)  # type: ignore[call-arg]

    @register_jitable
    def lent(m: State) -> State:
        """The state for the time of a call: whoever lends it holds it, so no one else counts who does."""
        return lend(m)  # type: ignore[call-arg]
