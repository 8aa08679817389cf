# ruff: noqa: E501  (a sentence stands in one line)
"""Milestones: when a level of power is first reached; and when what was asked in the run is first short."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sim.model.run import Engine, play
from sim.results.time_series import series
from sim.scenario.faults import ScenarioError
from sim.scenario.milestones import known_level_metrics
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.show.describe import describe_scenario
from sim.show.pages.run import render_run
from sim.study.replications import run_metrics
from sim.study.run import run_scenario

HAND = """\
start: 2026-01-01
end: 2027-01-01
replications: 1
report_at: [2026-06-01]
demand:
  first: {customer: Lab, size: 10 MW, term: 100 d, arrivals: {deals: {d: {asked: 2026-01-01}}}}
  second: {customer: Lab, size: 20 MW, term: 1 y, arrivals: {deals: {d: {asked: 2026-03-12}}}}
  third: {customer: Bank, size: 5 MW, term: 1 y, arrivals: {deals: {d: {asked: 2026-03-22}}}}
providers: {P: {sites: [S]}}
sites: {S: {online: 10 MW, buildings: {hall: {it_power: 20 MW, planned: 2026-03-02}}}}
"""
NAMES = {
    "providers": frozenset({"P"}),
    "sites": frozenset({"S"}),
    "customers": frozenset({"Lab", "Bank"}),
    "demand": frozenset({"first", "second", "third"}),
}
ENGINES: tuple[Engine, ...] = ("simpy", "compiled")


@pytest.fixture
def hand(tmp_path: Path) -> ScenarioFile:
    path = tmp_path / "hand.yaml"
    path.write_text(HAND)
    return read_scenario(path)


@pytest.mark.parametrize(
    ("milestone", "day"),
    [
        # 10 MW serve Lab from day 0 to 100; the hall comes on day 60; 20 MW more serve Lab from day 70; the 5 MW of
        # the Bank, asked on day 80, wait for the end of the first.
        ("in_service_mw >= 10 MW", 0),
        ("in_service_mw >= 10001 kW", 70),
        ("in_service_mw >= 0.03 GW", 70),
        ("in_service_mw >= 30", 70),
        ("in_service_mw >= 30.001 MW", None),
        ("customer.Lab.in_service_mw >= 30 MW", 70),
        ("customer.Bank.in_service_mw >= 5 MW", 100),
        ("customer.Bank.unserved_mw >= 5 MW", 80),
        ("stream.second.in_service_mw >= 1 kW", 70),
        ("stream.third.shortfall_mw >= 5 MW", 80),
        ("provider.P.in_service_mw >= 30 MW", 70),
        ("site.S.in_service_mw >= 30 MW", 70),
        ("site.S.online_mw >= 30 MW", 60),
        ("online_mw >= 30 MW", 60),
        ("idle_mw >= 20 MW", 60),
        ("committed_mw >= 30 MW", 70),
        ("unserved_mw >= 5 MW", 80),
        ("unserved_mw <= 0 MW", 0),
        ("site.S.in_service_mw <= 9 MW", None),
        ("customer.Lab.in_service_mw <= 9 MW", None),
        ("stream.first.in_service_mw <= 9 MW", 100),
    ],
)
def test_when_a_level_is_first_reached(hand: ScenarioFile, milestone: str, day: float | None) -> None:
    run = run_scenario(hand.replace({"milestones.m": milestone}), workers=1)
    assert run.metric_values["milestone.m.days"] == [day]
    assert run.summary()["milestone.m.days"]["unit"] == "d"


def test_the_compiled_clock_reaches_them_alike(hand: ScenarioFile) -> None:
    given = {f"m{k}": metric + " >= 5 MW" for k, metric in enumerate(known_level_metrics(NAMES))}
    scenario = hand.replace({"milestones": given})
    one, other = (run_scenario(scenario, workers=1, engine=engine) for engine in ENGINES)
    assert one.metric_values == other.metric_values


def test_every_level_that_has_a_date_may_be_a_milestone(hand: ScenarioFile) -> None:
    found = run_scenario(hand, workers=1).metric_values
    dated = {name.removesuffix(".at.2026-06-01") for name in found if name.endswith(".at.2026-06-01")}
    assert dated == set(known_level_metrics(NAMES))


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [
        ("soon", '"soon": is not a milestone; write METRIC >= NUMBER UNIT, as in_service_mw >= 10 GW, or METRIC <= NUMBER UNIT'),
        ("in_service_mw > 1 GW", '"in_service_mw > 1 GW": is not a milestone; write METRIC >= NUMBER UNIT, as in_service_mw >= 10 GW, or METRIC <= NUMBER UNIT'),
        ("in_service_mw >= much", '"much": is not a power; write it as 10 GW'),
        ("in_service_mw >= 3 d", '"3 d": is a duration, expected a power; write it as 10 GW'),
        ("customer.Lap.in_service_mw >= 1 GW", '"customer.Lap.in_service_mw >= 1 GW": is of customer.Lap.in_service_mw, which is no level of power; did you mean customer.Lab.in_service_mw?'),
        ("in_service_mw.mean >= 1 GW", '"in_service_mw.mean >= 1 GW": is of in_service_mw.mean, which is no level of power; did you mean in_service_mw?'),
        ("provider.P.idle_mw >= 1 GW", '"provider.P.idle_mw >= 1 GW": is of provider.P.idle_mw, which is no level of power; did you mean provider.P.in_service_mw?'),
    ],
)  # fmt: skip
def test_what_is_no_milestone(hand: ScenarioFile, milestone: str, expected: str) -> None:
    hand.path.write_text(f"{HAND}milestones:\n  m: {milestone}\n")
    with pytest.raises(ScenarioError) as error:
        read_scenario(hand.path)
    assert str(error.value) == f"{hand.path}:12: milestones.m: {expected}"


def test_page_one_tells_milestones_and_shortness_as_dates(hand: ScenarioFile) -> None:
    given = {"ten [b]": "in_service_mw  >= 30 MW", "never": "in_service_mw >= 1 GW"}
    run = run_scenario(hand.replace({"milestones": given, "replications": 2}), workers=1)
    console = Console(record=True, width=120)
    render_run(run, console)
    text = " ".join(console.export_text().split())
    dates = ", ".join(f"{p} 2026-03-12" for p in ("p10", "p50", "p90"))
    assert f"Milestone ten [b] in_service_mw >= 30 MW: {dates} (in every replication)" in text
    assert "Milestone never in_service_mw >= 1 GW: never reached" in text
    first = ", ".join(f"{p} 2026-03-22" for p in ("p10", "p50", "p90"))
    assert f"First short {first} (in every replication)" in text
    assert (
        dict(describe_scenario(run.scenario))["Milestone never"]
        == "the first day on which in_service_mw >= 1 GW"
    )


def test_resolved_and_saved_milestones_read_alike(hand: ScenarioFile, tmp_path: Path) -> None:
    scenario = hand.replace({"milestones.m": "in_service_mw >= 30 MW"})
    (tmp_path / "again.yaml").write_text(scenario.resolved_yaml())
    assert read_scenario(tmp_path / "again.yaml").milestones == scenario.milestones


def test_what_was_asked_before_the_start_makes_nobody_short(hand: ScenarioFile) -> None:
    """The Bank's 5 MW are unserved from day 80 to 100. Asked before the start, they would be no news of the run."""
    run = play(hand, 1, 0)
    found = run_metrics(hand, run, series(run))
    assert (found["short.first_days"], found["short.days"]) == (80, 20)
    bank = int(np.flatnonzero(run.inputs.requests.size_kw == 5_000)[0])
    run.inputs.requests.asked[bank] = -1
    found = run_metrics(hand, run, series(run))
    assert (found["short.first_days"], found["short.days"]) == (None, 0)
    assert found["unserved_mw.max"] == 5
