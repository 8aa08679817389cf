"""Worlds in which too much would happen are refused in a line; those in which much happens are read."""

import time
from pathlib import Path

import pytest
from conftest import SMALL

from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

HALL = "sites.East.buildings.Hall"
MANY = {"count": 10_000, "it_power": "1 MW", "planned": "2025-02-01"}
PHASES = {"p": {"takes": "1 y"}}


@pytest.fixture
def scenario(tmp_path: Path) -> ScenarioFile:
    path = tmp_path / "small.yaml"
    path.write_text(
        SMALL + "supplies: {chips: {unit: GPU, arrives: {from: 2025-01-01, every: 1 mo, amount: 1}}}\n"
    )
    return read_scenario(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"sites.West.outages": {"every": "1 us", "lasts": "1 us", "takes": "5 %"}},
            "--set: sites.West.outages.every: makes for 1.6e+13 outages and reviews, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {"sites.West.outages": {"every": {"exponential": {"mean": "1 us"}}, "lasts": "0 s", "takes": "5 %"}},
            "--set: sites.West.outages.every: makes for 1.6e+13 outages and reviews, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {f"{HALL}.review": "1 us"},
            "--set: sites.East.buildings.Hall.review: makes for 7.8e+12 outages and reviews, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {f"{HALL}.review": "1 s", f"{HALL}.count": 1, f"{HALL}.every": None, f"{HALL}.slip": None,
             f"{HALL}.phases": PHASES, f"{HALL}.begins": "2024-01-01"},
            "--set: sites.East.buildings.Hall.review: makes for 2.6e+07 outages and reviews, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {"supplies.chips.arrives": {"from": "2025-01-01", "every": "1 us", "amount": 1}},
            "--set: supplies.chips.arrives.every: makes for 3.2e+13 arrivals of supplies, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {"supplies.chips.arrives": {"from": "0001-01-01", "every": "10 min", "amount": 1}},
            "--set: supplies.chips.arrives.every: makes for 1.1e+08 arrivals of supplies, more than 1e+07;"
            " write a longer time between them",
        ),
        (
            {f"sites.East.buildings.h{k}": MANY for k in range(101)},
            "--set: sites.East.buildings.h0: makes for 1e+06 buildings with their phases and needs,"
            " more than 1e+06; build fewer and larger ones",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(
    scenario: ScenarioFile, changes: dict[str, object], said: str
) -> None:
    begun = time.perf_counter()
    with pytest.raises(ScenarioError) as caught:
        scenario.replace(changes)
    message = str(caught.value)
    assert message.split(": ", 1)[1] == said.split(": ", 1)[1]
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    "changes",
    [
        {"sites.West.outages": {"every": "1 h", "lasts": "1 min", "takes": "5 %"}},
        {"sites.West.outages.every": "{lognormal: {median: 1 us, sigma: 10}}"},
        {f"{HALL}.review": "1 h"},
        {f"{HALL}.review": "1 us", f"{HALL}.slip": "0 d"},  # nothing is late, so nothing is reviewed
        {f"{HALL}.review": "1 us", f"{HALL}.planned": "2027-01-01"},
        {"supplies.chips.arrives": {"from": "2025-01-01", "every": "1 min", "amount": 1}},
        {f"{HALL}.count": 10_000},
    ],
)  # fmt: skip
def test_worlds_in_which_much_happens_are_read(scenario: ScenarioFile, changes: dict[str, object]) -> None:
    scenario.replace(changes)
