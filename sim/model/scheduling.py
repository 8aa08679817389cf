"""The one way into SimPy's clock, and the order of events within an instant."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

WORLD_PRIORITY, SUPPLY_PRIORITY, CLOSING_PRIORITY, MARKET_PRIORITY = 1, 2, 3, 4
"""Priorities within an instant: what time brings (SimPy's own priority for timeouts), supplies serve, buildings are
cancelled or retired, the market acts.
"""

ProcessGenerator = Generator[simpy.Event, Any, None]


def schedule(
    env: simpy.Environment, delay: int, priority: int, callback: Callable[[simpy.Event], None]
) -> None:
    """Schedule a callback after a delay, with a priority within the instant.

    Whole microseconds only, since one float would turn the clock into floats.
    """
    assert type(delay) is int, f"a delay of {delay!r} is no whole number of microseconds"
    event = simpy.Event(env)
    event._ok, event._value = True, None
    event.callbacks = [callback]
    env.schedule(event, priority, delay)  # type: ignore[arg-type]
