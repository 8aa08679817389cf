"""A user's own policy and answer on the compiled clock: compiled as they stand, and told the same as on SimPy's.

Between the market and the user's function stands one function of numbers for each of the two, so that the market
itself need not be compiled anew. It turns numbers into the records that the user's function is promised.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from sim.model import own
from sim.model.compiled.compiler import OFF, of_form
from sim.model.compiled.names import (
    ASKED_AT,
    GIVES_UP,
    GROUP,
    HOW_MANY,
    NOW,
    NUMBER,
    SIZE,
    TERM,
    UNCOMMITTED,
    WANTED,
)
from sim.model.compiled.state import Function, Ints, Table
from sim.model.future import Future
from sim.model.own import Answer, Policy
from sim.model.rules import NEVER
from sim.model.time import DAY
from sim.scenario.faults import UserError


def _named(record: type) -> Any:
    """The same record as one that the compiler knows."""
    return namedtuple(record.__name__, [field.name for field in fields(record)])


Request, Offer = _named(own.Request), _named(own.Offer)


class NotCompiled(UserError):
    """A user's own function cannot be compiled; the message says why, and what to do."""

    def __init__(self, kind: str, function: Callable[..., Any], error: Exception) -> None:
        name = getattr(function, "__qualname__", repr(function))
        why = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        super().__init__(
            f"the {kind} {name} cannot be compiled ({why}); run it on SimPy's clock:"
            ' engine="simpy", or --engine simpy'
        )


def _none(facts: Ints, draw: float, offers: Table, ranking: Ints) -> int:
    return 0


NOBODYS: Function = of_form(_none, kept=True)
"""Stands in the state where the user gave no function."""


def policy_of(policy: Policy, future: Future) -> Function:
    """A user's policy as a function of numbers, which writes the ranking and gives how many it names.

    Raises NotCompiled.
    """
    names = tuple(seller.name for seller in future.providers)
    request, offer = _request(future), _offer(future)
    function = _of_the_user(policy)

    def ranked(facts: Ints, draw: float, offers: Table, ranking: Ints) -> int:
        count = facts[HOW_MANY]
        n = 0
        for name in function(request(facts, draw), [offer(offers[i]) for i in range(count)]):
            p = -1
            for i in range(count):
                if names[offers[i, 0]] == name:
                    p = offers[i, 0]
            for i in range(n):
                if ranking[i] == p:
                    p = -1
            if p < 0:
                raise ValueError("the policy may name each provider that it is offered once, and no other")
            ranking[n] = p
            n += 1
        return n

    return _typed("policy", policy, ranked)


def answer_of(answer: Answer, future: Future) -> Function:
    """A user's answer as a function of numbers, which gives how many kW. Raises NotCompiled."""
    request, offer = _request(future), _offer(future)
    function = _of_the_user(answer)

    def answered(facts: Ints, draw: float, offers: Table, ranking: Ints) -> int:
        return int(function(request(facts, draw), offer(offers[0])))

    return _typed("answer", answer, answered)


def _of_the_user(function: Any) -> Any:
    from numba import njit

    return function if OFF else njit(getattr(function, "py_func", function))


def _typed(kind: str, function: Any, adapter: Callable[..., int]) -> Function:
    from numba.core.errors import NumbaError

    try:
        return of_form(adapter)
    except (NumbaError, TypeError, NotImplementedError) as error:
        raise NotCompiled(kind, function, error) from None


def _known(values: Sequence[Any]) -> Any:
    """A compiled look into values by their number, some of which may be None."""
    from numba.extending import register_jitable

    known = tuple(value is not None for value in values)
    if not any(known):
        return register_jitable(lambda _: None)
    some = next(value for value in values if value is not None)
    filled = tuple(some if value is None else value for value in values)
    if all(known):
        return register_jitable(lambda k: filled[k])

    def look(k: int) -> Any:
        return filled[k] if known[k] else None

    return register_jitable(look)


def _request(future: Future) -> Any:
    """A function that makes the record of a request out of numbers."""
    from numba.extending import register_jitable

    groups = future.groups
    stream = _known([future.streams[group.stream] for group in groups])
    customer = _known([group.customer for group in groups])
    class_ = _known([group.class_ for group in groups])

    def day(at: int) -> Any:
        return None if at == NEVER else at / DAY

    gives_up = register_jitable(day)

    def request(facts: Ints, draw: float) -> Any:
        group = facts[GROUP]
        return Request(
            facts[NUMBER],
            stream(group),
            customer(group),
            class_(group),
            facts[ASKED_AT] / DAY,
            facts[WANTED] / DAY,
            gives_up(facts[GIVES_UP]),
            facts[TERM] / DAY,
            facts[SIZE],
            facts[UNCOMMITTED],
            draw,
            facts[NOW] / DAY,
        )

    return register_jitable(request)


def _offer(future: Future) -> Any:
    """A function that makes the record of an offer out of numbers."""
    from numba.extending import register_jitable

    name = _known([seller.name for seller in future.providers])
    price = _known([seller.price for seller in future.providers])

    def day(at: int) -> Any:
        return None if at == NEVER else at / DAY

    promised = register_jitable(day)

    def offer(numbers: Ints) -> Any:
        return Offer(name(numbers[0]), numbers[1], promised(numbers[2]), numbers[3], price(numbers[0]))

    return register_jitable(offer)
