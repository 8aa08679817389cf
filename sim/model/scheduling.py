"""The one way into SimPy's clock, and the order in which things go within an instant."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

SUPPLY_PRIORITY, CLOSING_PRIORITY, MARKET_PRIORITY = 2, 3, 4
"""Priorities within an instant, after SimPy's own: supplies serve, buildings are called off, the market acts."""

ProcessGenerator = Generator[simpy.Event, Any, None]


def schedule(
    env: simpy.Environment, delay: int, priority: int, callback: Callable[[simpy.Event], None]
) -> None:
    """Let something happen after a delay, at a place of its own within the instant.

    Whole microseconds only, since one float would turn the clock into floats.
    """
    assert type(delay) is int, f"a delay of {delay!r} is no whole number of microseconds"
    event = simpy.Event(env)
    event._ok, event._value = True, None
    event.callbacks = [callback]
    env.schedule(event, priority, delay)  # type: ignore[arg-type]
