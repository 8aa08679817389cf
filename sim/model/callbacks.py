"""A user's own overflow policy, and answer of a holder: plain functions of small named records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from numbers import Real

from sim.model.rules import NEVER


@dataclass(frozen=True, slots=True)
class Request:
    """A request, as far as a function may know it. Times in days since the scenario's start, powers in kW.

    `appetite_draw` is that of the holder who answers; 0 for a policy, since each provider has one of its own.
    """

    number: int
    stream: str
    customer: str
    class_: str | None
    asked_day: float
    wanted_day: float
    gives_up_day: float | None
    term_days: float
    size_kw: int
    uncommitted_kw: int
    appetite_draw: float
    now_day: float


@dataclass(frozen=True, slots=True)
class Offer:
    """The offer of a provider: what it could do for a request now.

    `kw` is what it would take by the rules (a holder: its appetite apart), `promised_day` the latest day that it
    would promise (None if it takes nothing), `room_kw` the room of all its sites (0 where it has no appetite).
    """

    provider: str
    kw: int
    promised_day: float | None
    room_kw: int
    price_usd_per_kw_day: float | None


UserPolicy = Callable[[Request, Sequence[Offer]], Sequence[str]]
"""An overflow policy: the names of the providers in the order in which they are asked; who is left out is not."""

UserAnswer = Callable[[Request, Offer], float]
"""The answer of the holder of a first refusal: how many kW it takes, in place of its appetite and its limits.

It takes whole blocks, and no more than its sites have room for (or was held for it).
"""


def parse_ranking(ranking: Sequence[str], numbers: dict[str, int]) -> list[int]:
    """The ranking of a policy, as numbers. Raises ValueError for anything but a list of offered names, each once."""
    if not isinstance(ranking, list | tuple) or not all(isinstance(name, str) for name in ranking):
        raise ValueError(f"the policy returned {ranking!r}; it must return a list of provider names")
    if any(name not in numbers for name in ranking) or len(set(ranking)) < len(ranking):
        raise ValueError(
            f"the policy ranked {list(ranking)}; it may name each of {list(numbers)} once, and no other"
        )
    return [numbers[name] for name in ranking]


def parse_answer(answer: float) -> int:
    """The answer of a holder in whole kW, not below 0. Raises ValueError where it is no number."""
    if not isinstance(answer, Real) or isnan(answer):
        raise ValueError(f"the answer returned {answer!r}; it must return a number of kW")
    return max(0, int(min(answer, NEVER)))
