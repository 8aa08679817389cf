"""Laws of delay in words: how late a building comes at its lead."""

from datetime import datetime

import numpy as np

from sim.model.calendar import DAY_US, MICROSECOND
from sim.model.delays import delayed_dates
from sim.results.formatting import format_duration, format_percent
from sim.scenario.construction import Building
from sim.scenario.delays import Stretch
from sim.scenario.distribution_properties import median
from sim.scenario.schema import ScenarioFile

DESCRIBED_PROBABILITIES = (0.1, 0.5, 0.9)
PROBABILITY_GRID = (np.arange(2000) + 0.5) / 2000
"""Fine enough for whole days; a chance of two laws is no rising function of the probability."""


def describe_delay(scenario: ScenarioFile, building: Building) -> str:
    """Say how late a building comes by its delay: p10, p50 and p90 at its lead, and whether at all.

    Numbers of `uncertain` count with their medians.
    """
    assert building.delay is not None
    assert building.planned is not None
    delay = scenario.delays[building.delay]
    values: dict[str, float] = {}
    for name, distribution in scenario.uncertain.items():  # each may use those before it
        values[name] = median(distribution, values)
    lead, slips = lead_and_slips(scenario, building, values)
    parts = [f"p10, p50, p90: {', '.join(f'{days:+.0f}' for days in slips)} days"]
    if isinstance(delay.law, Stretch):
        parts[0] += f" at a lead of {format_duration(lead * DAY_US)}"
    for words, share in (
        ("never", delay.never),
        ("one luck at a site", delay.site_share),
        ("one luck for all", delay.all_share),
    ):
        if value := median(share, values):
            parts.append(f"{format_percent(value)} {words}")
    return ", ".join(parts)


def lead_and_slips(
    scenario: ScenarioFile, building: Building, values: dict[str, float]
) -> tuple[float, list[float]]:
    """How long before its planned date a building's date was told, and its slips at three probabilities, in days."""
    assert building.delay is not None
    assert building.planned is not None
    start = scenario.start

    def since_start(at: datetime) -> float:
        return (at - start) / MICROSECOND

    planned = since_start(building.planned.at)
    told = min(planned, 0.0 if building.told is None else since_start(building.told.at))
    n = len(PROBABILITY_GRID)
    dates = delayed_dates(
        scenario.delays[building.delay].law,
        PROBABILITY_GRID,
        np.full(n, planned),
        np.full(n, told),
        values,
        lambda _, part: median(part, values),
    )
    slips = np.quantile((dates - planned) / DAY_US, DESCRIBED_PROBABILITIES)
    return (planned - told) / DAY_US, slips.tolist()
