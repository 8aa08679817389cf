"""A user's own policy and answer on the compiled clock: compiled as they stand, and told the same as on SimPy's.

Between the market and the user's function stands one function of numbers for each of the two, so that the market
itself need not be compiled anew. It turns numbers into the records that the user's function is promised.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isnan
from typing import Any

from sim.model import own as records
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


Request, Offer = _named(records.Request), _named(records.Offer)


class NotCompiled(UserError):
    """A user's own function cannot be compiled; the message says why, and what to do."""

    def __init__(self, kind: str, function: Callable[..., Any], why: str) -> None:
        name = getattr(function, "__qualname__", type(function).__name__)
        super().__init__(
            f"the {kind} {name} cannot be compiled: {why}; play it on SimPy's clock:"
            ' --engine simpy, or engine="simpy" in Python'
        )


@dataclass(frozen=True)
class Names:
    """What a user's own function is told that is no number of a request: by group, and by provider."""

    streams: tuple[str, ...]
    customers: tuple[str, ...]
    classes: tuple[str | None, ...]
    providers: tuple[str, ...]
    prices: tuple[float | None, ...]


@dataclass(frozen=True)
class Own:
    """The user's own policy and answer, if any, as functions of numbers."""

    policy: Function | None
    answer: Function | None


def own(future: Future, policy: Policy | None, answer: Answer | None) -> Own:
    """The user's own functions, for the market of a future. Raises NotCompiled where one cannot be compiled."""
    if policy is None and answer is None:
        return Own(None, None)
    groups, sellers = future.groups, future.providers
    names = Names(
        streams=tuple(future.streams[group.stream] for group in groups),
        customers=tuple(group.customer for group in groups),
        classes=tuple(group.class_ for group in groups),
        providers=tuple(seller.name for seller in sellers),
        prices=tuple(seller.price for seller in sellers),
    )
    return Own(
        None if policy is None else policy_of(policy, names),
        None if answer is None else answer_of(answer, names),
    )


def _none(facts: Ints, draw: float, offers: Table, ranking: Ints) -> int:
    return 0


NOBODYS: Function = of_form(_none, kept=True)
"""Stands in the state where the user gave no function."""


@lru_cache(maxsize=16)
def policy_of(policy: Policy, told: Names) -> Function:
    """A user's policy as a function of numbers, which writes the ranking and gives how many it names.

    Raises NotCompiled.
    """
    names = told.providers
    request, offer = _request(told), _offer(told)
    function = _of_the_user("policy", policy)

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

    return _typed("policy", policy, function, ranked)


@lru_cache(maxsize=16)
def answer_of(answer: Answer, told: Names) -> Function:
    """A user's answer as a function of numbers, which gives how many kW. Raises NotCompiled."""
    request, offer = _request(told), _offer(told)
    function = _of_the_user("answer", answer)

    def answered(facts: Ints, draw: float, offers: Table, ranking: Ints) -> int:
        kw = function(request(facts, draw), offer(offers[0]))
        if isnan(kw):
            raise ValueError("the answer returned nan; it must return a number of kW")
        return int(min(kw, NEVER))

    return _typed("answer", answer, function, answered)


def _of_the_user(kind: str, function: Any) -> Any:
    """A user's function, to be compiled with the types with which it is called."""
    from numba import njit

    if OFF:
        return function
    try:
        return njit(getattr(function, "py_func", function))
    except TypeError:
        raise NotCompiled(kind, function, "it is no plain function") from None


def _typed(kind: str, given: Callable[..., Any], function: Any, adapter: Callable[..., int]) -> Function:
    """Compile the function that stands between, and with it the user's."""
    if OFF:
        return adapter
    from numba import types

    returned = {
        "policy": (types.Sequence, "a list of provider names"),
        "answer": (types.Number | types.Boolean, "a number of kW"),
    }
    why, between = "", adapter
    try:
        between = of_form(adapter)
    except Exception as error:  # of many kinds, from any part of the compiler
        why = _why(error)
    allowed, what = returned[kind]
    if not all(isinstance(known.return_type, allowed) for known in function.nopython_signatures):
        why = f"it must return {what}"
    if why:
        raise NotCompiled(kind, given, why)
    return between


def _why(error: Exception) -> str:
    """The line of the compiler's complaint that says what is wrong."""
    if isinstance(error, RuntimeError):
        return "the compiler itself fails over it"
    lines = (line.strip() for line in str(error).splitlines())
    telling = (line for line in lines if line and not line.startswith("Failed in nopython mode"))
    line = next(telling, type(error).__name__).rstrip(".")
    return re.sub(
        r"No implementation of function Function\(<.*?(\w+)'?>\).*", r"it knows no such use of \1", line
    )


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


def _request(told: Names) -> Any:
    """A function that makes the record of a request out of numbers."""
    from numba.extending import register_jitable

    stream, customer, class_ = _known(told.streams), _known(told.customers), _known(told.classes)

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


def _offer(told: Names) -> Any:
    """A function that makes the record of an offer out of numbers."""
    from numba.extending import register_jitable

    name, price = _known(told.providers), _known(told.prices)

    def day(at: int) -> Any:
        return None if at == NEVER else at / DAY

    promised = register_jitable(day)

    def offer(numbers: Ints) -> Any:
        return Offer(name(numbers[0]), numbers[1], promised(numbers[2]), numbers[3], price(numbers[0]))

    return register_jitable(offer)
