"""The choice of the engine: SimPy's begins at once; the compiled one has to be loaded, or compiled, first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sim.model.compiled import cache
from sim.model.run import Engine
from sim.scenario.demand import expected_requests
from sim.scenario.schema import ScenarioFile

EngineSetting = Literal["auto", "simpy", "compiled"]

MIN_EVENTS_COMPILED = 300_000
"""The number of events from which on the compiled engine is done sooner, where it is compiled already."""
MIN_EVENTS_TO_COMPILE = 3_000_000
"""The same where it has to be compiled first."""

EVENTS_PER_REQUEST = 3
"""Roughly: asked, delivered, ended."""
EVENTS_PER_BUILDING = 6
"""Roughly: begun, announced, three phases, online."""

MIN_REQUESTS_FOR_THREADS = 50_000
"""The requests a replication from which on so much of it is compiled that threads do as well as processes."""


@dataclass(frozen=True)
class EngineSelection:
    """The engine that plays, the one that was asked for, and why it is this one."""

    engine: Engine
    requested: str
    reason: str


def expected_request_count(scenario: ScenarioFile) -> float:
    """Return the expected number of requests in a replication."""
    span = scenario.end - scenario.start
    return sum(expected_requests(stream, span, scenario.uncertain) for stream in scenario.demand.values())


def expected_event_count(scenario: ScenarioFile) -> float:
    """Return the expected number of events in a replication, roughly."""
    buildings = sum(b.count for site in scenario.sites.values() for b in site.buildings.values())
    return EVENTS_PER_REQUEST * expected_request_count(scenario) + EVENTS_PER_BUILDING * buildings


def choose_engine(
    requested: str, scenarios: Sequence[ScenarioFile], replications: int, has_user_function: bool = False
) -> EngineSelection:
    """Choose the engine for so many replications of each scenario.

    A policy or an answer of the user's (`has_user_function`) is played by SimPy's, unless another is asked for.
    Raises ValueError for an engine that there is not.
    """
    if requested not in get_args(EngineSetting):
        raise ValueError(f"engine={requested!r}: write one of {', '.join(get_args(EngineSetting))}")
    if requested != "auto":
        return EngineSelection("compiled" if requested == "compiled" else "simpy", requested, "as asked for")
    if has_user_function:
        return EngineSelection("simpy", requested, "a function of your own is played without compiling it")
    expected = replications * sum(expected_event_count(scenario) for scenario in scenarios)
    pays = MIN_EVENTS_COMPILED if cache.is_compiled() else MIN_EVENTS_TO_COMPILE
    reason = f"about {float(f'{expected:.2g}'):,.0f} events are expected, and compiling pays from {pays:,} on"
    if pays == MIN_EVENTS_TO_COMPILE:
        reason += " where nothing is compiled yet"
    return EngineSelection("compiled" if expected >= pays else "simpy", requested, reason)
