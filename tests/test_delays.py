"""Laws of delay: what they give at each lead, what is conditioned, what is shared, and what is refused."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import special, stats

from sim.model.delays import common_uniforms, conditional_quantile, probability_below
from sim.model.random_streams import Sampler
from sim.model.sampling import sample_inputs
from sim.scenario.distributions import Distribution
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.show.describe import describe_scenario
from sim.study.run import run_scenario

DAY_US = 86_400_000_000
HEAD = """\
start: 2026-01-01
end: 2029-01-01
demand: {jobs: {customer: Lab, arrivals: {poisson: {rate: 1 /mo}}, size: 1 MW, term: 30 d}}
providers: {P: {sites: [S, T]}}
"""
TWO_SITES = """\
sites:
  S:
    buildings:
      H: {count: 2, every: 60 d, it_power: 20 MW, planned: 2026-12-01, told: 2025-06-01, slip: {delay: hall}}
  T: {buildings: {H: {it_power: 20 MW, planned: 2027-12-01, slip: {delay: hall}}}}
"""


def scenario_of(tmp_path: Path, text: str) -> ScenarioFile:
    path = tmp_path / "scenario.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return read_scenario(path)


def slips(scenario: ScenarioFile, n: int) -> np.ndarray:
    """Slips in days, `(n, n_buildings)`, NaN where a building never comes."""
    return np.array(
        [
            [
                np.nan if b.comes_online is None else (b.comes_online - (b.planned or 0)) / DAY_US
                for b in sample_inputs(scenario, 1, k).buildings
            ]
            for k in range(n)
        ]
    )


def test_a_stretch_goes_by_the_lead(tmp_path: Path) -> None:
    """(came - told + grace) / (planned - told + grace) is lognormal, given that it comes after told and the start.

    The first hall was told 548 days before 2026-12-01, the one at T at the start, 699 days before its date.
    """
    scenario = scenario_of(
        tmp_path, f"delays: {{hall: {{stretch: {{median: 1.3, sigma: 0.4, grace: 30 d}}}}}}\n{TWO_SITES}"
    )
    drawn = slips(scenario, 4000)
    for column, lead, start_after_told in ((0, 548, 214), (2, 699, 0)):
        stretched = (drawn[:, column] + lead + 30) / (lead + 30)
        low = (start_after_told + 30) / (lead + 30)
        below = stats.norm.cdf(np.log(low / 1.3) / 0.4)
        expected = 1.3 * np.exp(0.4 * special.ndtri(below + np.array([0.1, 0.5, 0.9]) * (1 - below)))
        assert np.quantile(stretched, [0.1, 0.5, 0.9]) == pytest.approx(expected, rel=0.03)
        assert (stretched > low).all()


def test_a_plain_law_by_name_is_the_slip_that_states_it(tmp_path: Path) -> None:
    """The same draws, to the microsecond, where nothing is conditioned or shared."""
    law = "{chance: 75 %, then: {lognormal: {median: 88 d, sigma: 0.78}}, else: 0 d}"
    named = scenario_of(tmp_path, f"delays: {{hall: {law}}}\n{TWO_SITES}")
    stated = scenario_of(tmp_path, TWO_SITES.replace("{delay: hall}", law).replace(", told: 2025-06-01", ""))
    for k in range(50):
        assert sample_inputs(named, 1, k).buildings == sample_inputs(stated, 1, k).buildings


def test_together_correlates_as_its_shares_say(tmp_path: Path) -> None:
    """Rank correlation 6/pi x asin((site + all)/2) within a site, 6/pi x asin(all/2) between sites."""
    scenario = scenario_of(
        tmp_path,
        f"delays: {{hall: {{exponential: {{mean: 9 d}}, together: {{site: 50 %, all: 20 %}}}}}}\n{TWO_SITES}",
    )
    delay = scenario.delays["hall"]
    scores = np.array(
        [
            [
                *common_uniforms(draws, "hall", delay, "sites.S.buildings.H", 2),
                *common_uniforms(draws, "hall", delay, "sites.T.buildings.H", 1),
            ]
            for draws in (Sampler(1, k, {}) for k in range(4000))
        ]
    )
    found = stats.spearmanr(scores)[0]
    assert found[0, 1] == pytest.approx(6 / np.pi * np.arcsin(0.35), abs=0.05)
    assert found[0, 2] == pytest.approx(6 / np.pi * np.arcsin(0.10), abs=0.05)
    assert stats.kstest(scores[:, 0], "uniform").pvalue > 0.001


def test_a_building_added_disturbs_no_other_draw(tmp_path: Path) -> None:
    delays = "delays: {hall: {stretch: {median: 1.3, sigma: 0.4}, never: 5 %, together: {site: 50 %, all: 20 %}}}\n"
    more = TWO_SITES.replace(
        "sites:\n",
        "sites:\n  R: {buildings: {H: {it_power: 9 MW, planned: 2027-01-01, slip: {delay: hall}}}}\n",
    ).replace("count: 2", "count: 3")
    few, many = (
        slips(scenario_of(tmp_path, delays + TWO_SITES), 50),
        slips(scenario_of(tmp_path, delays + more), 50),
    )
    assert np.array_equal(few, many[:, [1, 2, 4]], equal_nan=True)


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_what_never_comes_is_cancelled_on_its_planned_date(tmp_path: Path, engine: str) -> None:
    scenario = scenario_of(
        tmp_path,
        "delays: {hall: {exponential: {mean: 9 d}, never: 40 %}}\n"
        "sites:\n  S: {buildings: {H: {count: 40, it_power: 1 MW, planned: 2026-12-01, slip: {delay: hall}}}}\n"
        "  T: {}\n",
    )
    inputs = sample_inputs(scenario, 1, 0)
    planned = inputs.buildings[0].planned
    dropped = [b for b in inputs.buildings if b.comes_online is None]
    assert 6 <= len(dropped) <= 26
    assert {b.cancelled for b in dropped} == {planned}
    found = run_scenario(scenario, replications=1, seed=1, engine=engine, workers=1)  # type: ignore[arg-type]
    told = found.table("buildings").filter(pl.col("event") == "cancelled")
    assert sorted(told["building"]) == sorted(b.name for b in dropped)
    assert {at.date().isoformat() for at in told["at"]} == {"2026-12-01"}


# Conditioning


def law(family: str, **params: object) -> Distribution:
    return Distribution(family, params, "duration")


CONDITIONED = {
    "uniform": law("uniform", low=-10.0, high=30.0),
    "exponential": law("exponential", mean=20.0),
    "discrete, not in order": law("discrete", values=(30.0, 0.0, 10.0), weights=(1.0, 2.0, 1.0)),
    "empirical": law("empirical", values=(5.0, 1.0, 40.0, 7.0)),
    "chance": law(
        "chance",
        chance=0.7,
        then=law("uniform", low=0.0, high=20.0),
        **{"else": law("discrete", values=(-5.0, 25.0), weights=(1.0, 1.0))},
    ),
}


@pytest.mark.parametrize("name", CONDITIONED)
@pytest.mark.parametrize("floor", [-20.0, 0.0, 7.0])
def test_a_conditional_law_is_the_law_without_what_lies_below(name: str, floor: float) -> None:
    v = (np.arange(20_000) + 0.5) / 20_000
    distribution = CONDITIONED[name]
    plain = conditional_quantile(distribution, v, np.full(len(v), -np.inf), {})
    above = plain[plain > floor]
    share_below = probability_below(distribution, np.array([floor]), {})[0]
    assert share_below == pytest.approx(1 - len(above) / len(plain), abs=1e-3)
    conditional = conditional_quantile(distribution, v, np.full(len(v), floor), {})
    assert (conditional > floor).all()
    assert np.quantile(conditional, [0.05, 0.35, 0.65, 0.95]) == pytest.approx(
        np.quantile(above, [0.05, 0.35, 0.65, 0.95]), rel=5e-3, abs=5e-3
    )


def test_a_law_with_nothing_after_the_floor_gives_the_floor() -> None:
    v = np.array([0.1, 0.9])
    for distribution in (law("constant", value=3.0), law("uniform", low=0.0, high=4.0)):
        assert conditional_quantile(distribution, v, np.array([9.0, 9.0]), {}).tolist() == [9.0, 9.0]


# What is refused, and told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("delays: {hall: {never: 2 %}}", "states no law"),
        ("delays: {hall: {stretch: {median: 1.3}}}", "does not state a stretch"),
        ("delays: {hall: {stretch: {median: 1.3 d, sigma: 0.4}}}", "delays.hall.stretch.median"),
        (
            "delays: {hall: {stretch: {median: 1.3, sigma: 0.4}, uniform: {low: 1 d, high: 2 d}}}",
            "beside stretch",
        ),
        ("delays: {hall: {exponential: {mean: 9 d}, never: 100 %}}", "leaves no building that comes"),
        (
            "delays: {hall: {exponential: {mean: 9 d}, together: {site: 80 %, all: 30 %}}}",
            "more than 100 % in sum",
        ),
        ("delays: {hall: {exponential: {mean: 9 d}, together: {region: 80 %}}}", "does not state shares"),
        ("delays: {hal: {exponential: {mean: 9 d}}}", "names no delay"),
    ],
)
def test_faults_say_what_to_write(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        scenario_of(tmp_path, f"{text}\n{TWO_SITES}")


def test_a_stretch_without_grace_needs_a_lead(tmp_path: Path) -> None:
    sites = (
        "sites: {S: {buildings: {H: {it_power: 1 MW, planned: 2025-12-01, slip: {delay: hall}}}}, T: {}}\n"
    )
    with pytest.raises(
        ScenarioError, match=r"has no grace, and H of S is not planned for later than it was told"
    ):
        scenario_of(tmp_path, "delays: {hall: {stretch: {median: 1.3, sigma: 0.4}}}\n" + sites)
    scenario_of(tmp_path, "delays: {hall: {stretch: {median: 1.3, sigma: 0.4, grace: 30 d}}}\n" + sites)


def test_never_may_be_drawn_as_certain(tmp_path: Path) -> None:
    """Warnings are errors here: nothing is divided by the 0 % that come."""
    never = "{discrete: {values: [0 %, 100 %]}}"
    scenario = scenario_of(
        tmp_path, f"delays: {{hall: {{exponential: {{mean: 9 d}}, never: {never}}}}}\n{TWO_SITES}"
    )
    is_missing = np.isnan(slips(scenario, 20))
    assert set(is_missing.sum(axis=1).tolist()) == {0, 3}, "all of a replication, or none"


def test_shares_of_together_that_are_drawn_as_too_much(tmp_path: Path) -> None:
    together = "{site: {discrete: {values: [20 %, 70 %]}}, all: 40 %}"
    text = f"delays: {{hall: {{exponential: {{mean: 9 d}}, together: {together}}}}}\n{TWO_SITES}"
    with pytest.raises(
        ScenarioError, match=r'delays.hall.together: "110.000%": is the sum of what was drawn'
    ):
        run_scenario(scenario_of(tmp_path, text), replications=20, seed=1)
    whole = text.replace("70 %", "60 %")
    run_scenario(scenario_of(tmp_path, whole), replications=5, seed=1)


def test_told_needs_a_delay(tmp_path: Path) -> None:
    hall = "{it_power: 1 MW, planned: 2026-12-01, told: 2026-01-01, slip: 9 d}"
    sites = f"sites: {{S: {{buildings: {{H: {hall}}}}}, T: {{}}}}\n"
    with pytest.raises(ScenarioError, match=r"told: .*has no meaning without slip: \{delay: NAME\}"):
        scenario_of(tmp_path, sites)


def test_check_tells_a_delay_at_the_lead_of_its_building(tmp_path: Path) -> None:
    scenario = scenario_of(
        tmp_path,
        "delays: {hall: {chance: 75 %, then: {uniform: {low: 0 d, high: 100 d}}, else: 0 d, never: 2 %}}\n"
        + TWO_SITES,
    )
    words = dict(describe_scenario(scenario))["Site S"]
    assert "late by hall (p10, p50, p90: +0, +33, +87 days, 2 % never)" in words
