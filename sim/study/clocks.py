"""On which clock is the market played? SimPy's begins at once; the compiled one has to be loaded, or compiled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sim.model.compiled import cache
from sim.model.run import Engine
from sim.scenario.demand import expected_requests
from sim.scenario.schema import ScenarioFile

Asked = Literal["auto", "simpy", "compiled"]

PAYS, PAYS_TO_COMPILE = 300_000, 3_000_000
"""From how many events on is the compiled clock sooner done: where it is compiled already, and where it is not?"""

A_REQUEST, A_BUILDING = 3, 6
"""Events of each, roughly: asked, delivered, ended; begun, announced, three phases, online."""

WHOLE_THREADS = 50_000
"""From how many requests a replication on is so much of it compiled that threads do as well as processes?"""


@dataclass(frozen=True)
class Clock:
    """The clock that is played on, what was asked for, and why it is this one."""

    engine: Engine
    asked: str
    why: str


def requests(scenario: ScenarioFile) -> float:
    """How many requests are to be expected in a replication?"""
    span = scenario.end - scenario.start
    return sum(expected_requests(stream, span, scenario.uncertain) for stream in scenario.demand.values())


def events(scenario: ScenarioFile) -> float:
    """How many events are to be expected in a replication, roughly?"""
    buildings = sum(b.count for site in scenario.sites.values() for b in site.buildings.values())
    return A_REQUEST * requests(scenario) + A_BUILDING * buildings


def clock(asked: str, scenarios: Sequence[ScenarioFile], replications: int, own: bool = False) -> Clock:
    """On which clock are these played? `own`: with a policy or an answer of the user's.

    Raises ValueError for a clock that there is not.
    """
    if asked not in get_args(Asked):
        raise ValueError(f"engine={asked!r}: write one of {', '.join(get_args(Asked))}")
    if asked != "auto":
        return Clock("compiled" if asked == "compiled" else "simpy", asked, "as asked for")
    if own:
        return Clock("simpy", asked, "a function of your own is played without compiling it")
    expected = replications * sum(events(scenario) for scenario in scenarios)
    pays = PAYS if cache.is_there() else PAYS_TO_COMPILE
    told = f"about {float(f'{expected:.2g}'):,.0f} events are expected, and compiling pays from {pays:,} on"
    if pays == PAYS_TO_COMPILE:
        told += " where nothing is compiled yet"
    return Clock("compiled" if expected >= pays else "simpy", asked, told)
