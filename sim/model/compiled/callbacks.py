"""A user's own policy and answer on the compiled clock: compiled as they stand, and given the same records.

Between the market and the user's function stands an adapter of numbers for each of the two, so that the market
itself need not be compiled anew. It turns numbers into the records that the user's function takes.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isnan
from typing import Any

from sim.model import callbacks as records
from sim.model.calendar import DAY_US
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.compiled.codes import (
    FACT_ASKED,
    FACT_GIVES_UP,
    FACT_GROUP,
    FACT_N_OFFERS,
    FACT_NOW,
    FACT_REQUEST,
    FACT_SIZE_KW,
    FACT_TERM,
    FACT_UNCOMMITTED_KW,
    FACT_WANTED,
    OFFER_KW,
    OFFER_PROMISED,
    OFFER_PROVIDER,
    OFFER_ROOM_KW,
)
from sim.model.compiled.compiler import COMPILER_OFF, jit_with_signature
from sim.model.compiled.state import Int64Matrix, Int64Vector, UserFunction
from sim.model.rules import NEVER
from sim.model.sampled_inputs import SampledInputs
from sim.scenario.faults import UserError


def _namedtuple_of(record: type) -> Any:
    """A record as a named tuple, which the compiler knows."""
    return namedtuple(record.__name__, [field.name for field in fields(record)])


Request, Offer = _namedtuple_of(records.Request), _namedtuple_of(records.Offer)


class NotCompilableError(UserError):
    """A user's own function cannot be compiled; the message says why, and what to do."""

    def __init__(self, kind: str, function: Callable[..., Any], why: str) -> None:
        name = getattr(function, "__qualname__", type(function).__name__)
        super().__init__(
            f"the {kind} {name} cannot be compiled: {why}; play it on SimPy's clock:"
            ' --engine simpy, or engine="simpy" in Python'
        )


@dataclass(frozen=True)
class CallbackNames:
    """The names and prices that a user's own function is told: by group, and by provider."""

    streams: tuple[str, ...]
    customers: tuple[str, ...]
    classes: tuple[str | None, ...]
    providers: tuple[str, ...]
    prices: tuple[float | None, ...]


@dataclass(frozen=True)
class CompiledCallbacks:
    """The user's own policy and answer, if any, as functions of numbers."""

    policy: UserFunction | None
    answer: UserFunction | None


def compile_callbacks(
    inputs: SampledInputs, policy: UserPolicy | None, answer: UserAnswer | None
) -> CompiledCallbacks:
    """The user's own functions, for a market. Raises NotCompilableError where one cannot be compiled."""
    if policy is None and answer is None:
        return CompiledCallbacks(None, None)
    groups, providers = inputs.groups, inputs.providers
    names = CallbackNames(
        streams=tuple(inputs.streams[group.stream] for group in groups),
        customers=tuple(group.customer for group in groups),
        classes=tuple(group.class_ for group in groups),
        providers=tuple(provider.name for provider in providers),
        prices=tuple(provider.price for provider in providers),
    )
    return CompiledCallbacks(
        None if policy is None else compile_policy(policy, names),
        None if answer is None else compile_answer(answer, names),
    )


def _no_function(facts: Int64Vector, draw: float, offers: Int64Matrix, ranking: Int64Vector) -> int:
    return 0


NO_FUNCTION: UserFunction = jit_with_signature(_no_function, cache=True)
"""Stands in the state where the user gave no function."""


@lru_cache(maxsize=16)
def compile_policy(policy: UserPolicy, callback_names: CallbackNames) -> UserFunction:
    """A user's policy as a function of numbers, which writes the ranking and gives how many it names.

    Raises NotCompilableError.
    """
    names = callback_names.providers
    request, offer = _request_builder(callback_names), _offer_builder(callback_names)
    function = _jit_user_function("policy", policy)

    def ranked(facts: Int64Vector, draw: float, offers: Int64Matrix, ranking: Int64Vector) -> int:
        count = facts[FACT_N_OFFERS]
        n = 0
        for name in function(request(facts, draw), [offer(offers[i]) for i in range(count)]):
            p = -1
            for i in range(count):
                if names[offers[i, OFFER_PROVIDER]] == name:
                    p = offers[i, OFFER_PROVIDER]
            for i in range(n):
                if ranking[i] == p:
                    p = -1
            if p < 0:
                raise ValueError("the policy may name each provider that it is offered once, and no other")
            ranking[n] = p
            n += 1
        return n

    return _jit_adapter("policy", policy, function, ranked)


@lru_cache(maxsize=16)
def compile_answer(answer: UserAnswer, callback_names: CallbackNames) -> UserFunction:
    """A user's answer as a function of numbers, which gives how many kW. Raises NotCompilableError."""
    request, offer = _request_builder(callback_names), _offer_builder(callback_names)
    function = _jit_user_function("answer", answer)

    def answered(facts: Int64Vector, draw: float, offers: Int64Matrix, ranking: Int64Vector) -> int:
        kw = function(request(facts, draw), offer(offers[0]))
        if isnan(kw):
            raise ValueError("the answer returned nan; it must return a number of kW")
        return int(min(kw, NEVER))

    return _jit_adapter("answer", answer, function, answered)


def _jit_user_function(kind: str, function: Any) -> Any:
    """A user's function, compiled for the types with which it is called."""
    from numba import njit

    if COMPILER_OFF:
        return function
    try:
        return njit(getattr(function, "py_func", function))
    except TypeError:
        raise NotCompilableError(kind, function, "it is not a plain function") from None


def _jit_adapter(
    kind: str, user_function: Callable[..., Any], function: Any, adapter: Callable[..., int]
) -> UserFunction:
    """Compile an adapter, and with it the user's function."""
    if COMPILER_OFF:
        return adapter
    from numba import types

    returned = {
        "policy": (types.Sequence, "a list of provider names"),
        "answer": (types.Number | types.Boolean, "a number of kW"),
    }
    why, compiled = "", adapter
    try:
        compiled = jit_with_signature(adapter)
    except Exception as error:  # of many kinds, from any part of the compiler
        why = _compiler_complaint(error)
    allowed, what = returned[kind]
    if not all(isinstance(known.return_type, allowed) for known in function.nopython_signatures):
        why = f"it must return {what}"
    if why:
        raise NotCompilableError(kind, user_function, why)
    return compiled


def _compiler_complaint(error: Exception) -> str:
    """The line of the compiler's message that says what is wrong."""
    if isinstance(error, RuntimeError):
        return "the compiler itself fails over it"
    lines = (line.strip() for line in str(error).splitlines())
    telling = (line for line in lines if line and not line.startswith("Failed in nopython mode"))
    line = next(telling, type(error).__name__).rstrip(".")
    return re.sub(
        r"No implementation of function Function\(<.*?(\w+)'?>\).*", r"it knows no such use of \1", line
    )


def _lookup_by_number(values: Sequence[Any]) -> Any:
    """A compiled lookup of values by their number, some of which may be None."""
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


def _request_builder(callback_names: CallbackNames) -> Any:
    """A function that makes the record of a request out of numbers."""
    from numba.extending import register_jitable

    stream, customer, class_ = (
        _lookup_by_number(callback_names.streams),
        _lookup_by_number(callback_names.customers),
        _lookup_by_number(callback_names.classes),
    )

    def day(at: int) -> Any:
        return None if at == NEVER else at / DAY_US

    gives_up = register_jitable(day)

    def request(facts: Int64Vector, draw: float) -> Any:
        group = facts[FACT_GROUP]
        return Request(
            facts[FACT_REQUEST],
            stream(group),
            customer(group),
            class_(group),
            facts[FACT_ASKED] / DAY_US,
            facts[FACT_WANTED] / DAY_US,
            gives_up(facts[FACT_GIVES_UP]),
            facts[FACT_TERM] / DAY_US,
            facts[FACT_SIZE_KW],
            facts[FACT_UNCOMMITTED_KW],
            draw,
            facts[FACT_NOW] / DAY_US,
        )

    return register_jitable(request)


def _offer_builder(callback_names: CallbackNames) -> Any:
    """A function that makes the record of an offer out of numbers."""
    from numba.extending import register_jitable

    name, price = _lookup_by_number(callback_names.providers), _lookup_by_number(callback_names.prices)

    def day(at: int) -> Any:
        return None if at == NEVER else at / DAY_US

    promised = register_jitable(day)

    def offer(numbers: Int64Vector) -> Any:
        p = numbers[OFFER_PROVIDER]
        return Offer(
            name(p), numbers[OFFER_KW], promised(numbers[OFFER_PROMISED]), numbers[OFFER_ROOM_KW], price(p)
        )

    return register_jitable(offer)
