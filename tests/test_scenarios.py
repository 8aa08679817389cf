"""The shipped scenarios: do they load, hold what they expect, fit what is known, and differ as their names say?

Differences are paired: the same seed gives both sides the same future, replication by replication.
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sim.results.run import RunResult
from sim.scenario.reading import read_scenario, read_yaml_file
from sim.scenario.schema import ScenarioFile
from sim.study.run import run_scenario

SCENARIOS = Path(__file__).parent.parent / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
REPLICATIONS = 40
UP, DOWN = 1, -1
IT = 1.3
"""Facility power for each IT power, where a source does not say which it means: the median of 66 sites (Epoch AI)."""

WHAT_IFS = {
    "abilene-late": ("as-built-2026", "customer.OpenAI.unserved_mw.mean", UP),
    "copilot-surge": ("as-built-2026", "customer.OpenAI.unserved_mw.mean", UP),
    "announced-2025-hindsight": ("announced-2025", "customer.OpenAI.unserved_mw.mean", UP),
    "as-known-2025-12": ("as-built-2026", "site.Abilene.online_mw.at.2026-12-31", UP),
    "demand-boom": ("announced-2025-hindsight", "customer.OpenAI.unserved_mw.mean", UP),
    "demand-slump": ("announced-2025", "provider.Stargate.idle_mw", UP),
    "exclusive-kept": ("as-built-2026", "customer.OpenAI.unserved_mw.mean", UP),
    "microsoft-keen": ("announced-2025", "provider.Microsoft.share", UP),
    "no-right": ("announced-2025", "stream.api.unserved_mw.end", DOWN),
    "rofr-kept": ("as-built-2026", "stream.training.unserved_mw.mean", UP),
    "stargate-unfunded": ("announced-2025-hindsight", "provider.Stargate.in_service_mw.mean", DOWN),
    "texas-freeze": ("as-built-2026", "customer.OpenAI.unserved_mw.mean", UP),
}
"""Each what-if, the scenario that it changes, and where its name says that it leads."""


@cache
def scenario(name: str) -> ScenarioFile:
    return read_scenario(SCENARIOS / f"{name}.yaml")


@cache
def outcome(name: str, replications: int = REPLICATIONS) -> RunResult:
    return run_scenario(scenario(name), replications=replications, seed=1, tables="none", workers=1)


def difference(one: RunResult, other: RunResult, metric: str) -> tuple[float, float]:
    """The mean of `one` less `other`, and half of its 95 % interval by Student's t, over the replications of both."""
    n = min(len(one.finished_replications), len(other.finished_replications))
    paired = np.array(one.metric_values[metric][:n], dtype=float) - np.array(
        other.metric_values[metric][:n], dtype=float
    )
    assert np.isfinite(paired).all(), f"{metric} has no value in some replication"
    half = stats.t.ppf(0.975, len(paired) - 1) * paired.std(ddof=1) / len(paired) ** 0.5
    return float(paired.mean()), float(half)


def mean(name: str, metric: str) -> float:
    found = outcome(name).summary()[metric]["mean"]
    assert found is not None
    return found


# Every scenario


@pytest.mark.parametrize("name", NAMES)
def test_loads_and_says_what_it_is(name: str) -> None:
    assert scenario(name).title
    first = (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")


def test_base_has_no_demand_and_runs() -> None:
    """It is there to be extended."""
    assert not scenario("base").demand
    assert outcome("base", 2).summary()["in_service_mw.mean"]["mean"] == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "base"])
def test_holds_what_it_expects_and_adds_up(name: str) -> None:
    """What providers serve, customers use and sites carry is the same; so is what is idle; no share is above 1."""
    assert 2 <= len(scenario(name).expect) <= 4
    assert not [verdict for verdict in outcome(name).verdicts() if not verdict.holds]
    values = outcome(name).metric_values

    def total(kind: str, end: str) -> npt.NDArray[np.float64]:
        found = [v for metric, v in values.items() if metric.startswith(f"{kind}.") and metric.endswith(end)]
        return np.sum(np.array(found, dtype=float), axis=0)

    for kind in ("provider", "customer", "site", "stream"):
        assert total(kind, ".in_service_mw.mean") == pytest.approx(np.array(values["in_service_mw.mean"]))
    assert total("provider", ".idle_mw") == pytest.approx(np.array(values["idle_mw.mean"]))
    shares = {
        metric: v for metric, v in values.items() if metric.endswith("share") or metric == "utilization"
    }
    over = {m: v for m, v in shares.items() if any(each is not None and not 0 <= each <= 1 for each in v)}
    assert not over


# What-ifs


def test_every_what_if_is_tested_against_what_it_extends() -> None:
    extends = {
        path.stem: (read_yaml_file(path).to_plain().get("extends") or "").removesuffix(".yaml")
        for path in SCENARIOS.glob("*.yaml")
    }
    assert {name: base for name, base in extends.items() if base not in ("", "base")} == {
        name: base for name, (base, _, _) in WHAT_IFS.items()
    }


@pytest.mark.parametrize("name", WHAT_IFS)
def test_moves_as_its_name_says(name: str) -> None:
    base, metric, way = WHAT_IFS[name]
    found, half = difference(outcome(name), outcome(base), metric)
    assert found * way > half, f"{metric}: {found:.4g} +- {half:.2g}"


# What is known


@pytest.mark.parametrize(("date", "gw"), [("2024-12-31", 0.6), ("2025-12-31", 1.9)])
def test_openai_uses_what_it_says(date: str, gw: float) -> None:
    """OpenAI, "A business that scales with the value of intelligence", January 2026.

    It used 0.6 GW at the end of 2024 and 1.9 GW at the end of 2025 (told at https://the-decoder.com/openai-says-it-
    could-have-grown-even-faster-if-only-it-had-more-compute/). It does not say whether that is IT power; so it is
    divided by 1.3, and a quarter either way is allowed.
    """
    assert mean("as-built-2026", f"customer.OpenAI.in_service_mw.at.{date}") == pytest.approx(
        1000 * gw / IT, rel=0.25
    )


@pytest.mark.parametrize(("date", "facility_mw"), [("2025-12-31", 295), ("2026-09-30", 590)])
def test_stargate_runs_what_was_seen(date: str, facility_mw: float) -> None:
    """Epoch AI, Frontier Data Centers, vintages of July and August 2026 (https://epoch.ai/data/data-centers).

    Of all of Stargate's campuses Abilene alone runs: two buildings, 295 MW of the facility (211 MW of IT power), at
    the end of 2025, and four, 590 MW (421 MW), in September 2026. Abilene's facility power is 1.4 times its IT power.
    """
    campuses = (
        "Abilene",
        "Shackelford",
        "Dona Ana",
        "Saline",
        "Port Washington",
        "UAE",
        "Lordstown",
        "Milam",
    )
    online_mw = sum(mean("as-built-2026", f"site.{site}.online_mw.at.{date}") for site in campuses)
    assert online_mw == pytest.approx(facility_mw / 1.4, rel=0.15)


def test_abilene_comes_on_its_dates() -> None:
    """Epoch AI, Frontier Data Centers, 2026-07 and 2026-08: in service from 2025-09-26, 2025-12-24 and 2026-05-23.

    A building has 105 MW of IT power; the last came with another.
    """
    dates = {"2025-09-25": 0, "2025-09-26": 105, "2025-12-24": 210, "2026-05-23": 420}
    seen = run_scenario(
        scenario("as-built-2026").replace({"report_at": list(dates)}),
        replications=2,
        tables="none",
        workers=1,
    )
    assert {date: seen.metric_values[f"site.Abilene.online_mw.at.{date}"] for date in dates} == {
        date: [online_mw, online_mw] for date, online_mw in dates.items()
    }


@pytest.mark.parametrize("date", ["2025-12-31", "2026-09-30", "2026-12-31", "2027-12-31", "2028-12-31"])
def test_who_signed_serves(date: str) -> None:
    """Microsoft took none of the large blocks named while it had the right, nor later (press, 2025 and 2026).

    Who signed serves them, and others only beside them.
    """
    values = outcome("as-built-2026").metric_values
    signed = {
        "Oracle": ("Abilene", "Oracle"),
        "CoreWeave": ("CoreWeave",),
        "Google": ("Google",),
        "G42": ("UAE",),
        "SoftBank": ("SoftBank", "Ohio"),
        "AWS": ("AWS",),
        "AWS Trainium": ("AWS Trainium",),
        "Cerebras": ("Cerebras",),
        "OpenAI": ("Own campus",),
    }
    others_mw = np.array(values[f"customer.Others.in_service_mw.at.{date}"], dtype=float)
    beyond_mw = np.zeros_like(others_mw)
    for provider, streams in signed.items():
        theirs_mw = np.array(values[f"provider.{provider}.in_service_mw.at.{date}"], dtype=float)
        in_use_mw = np.sum([values[f"stream.{stream}.in_service_mw.at.{date}"] for stream in streams], axis=0)
        assert (theirs_mw >= in_use_mw - 1e-6).all(), provider
        if provider != "Oracle":  # who alone sells to OpenAI's ordinary growth too
            beyond_mw += theirs_mw - in_use_mw
    assert (beyond_mw <= others_mw + 1e-6).all()


# What each element of the announced world is for


def without_need(name: str, supply: str) -> dict[str, object]:
    """Nothing needs a supply any more."""
    return {
        f"sites.{site_name}.buildings.{building_name}.phases.{phase_name}.needs.{supply}": None
        for site_name, site in scenario(name).sites.items()
        for building_name, building in site.buildings.items()
        for phase_name, phase in (building.phases or {}).items()
        if supply in phase.needs
    }


ANNOUNCED, HINDSIGHT = "announced-2025", "announced-2025-hindsight"


def parts() -> dict[str, tuple[str, dict[str, object], str, int]]:
    """Each element of the announced world: the file that shows it, how it is taken out, and where that leads."""
    sellers = scenario(ANNOUNCED).providers["Microsoft"].sites
    home = [site for site in sellers if site not in ("CoreWeave", "Oracle cloud")]
    openai_short, microsoft_share = "customer.OpenAI.unserved_mw.mean", "provider.Microsoft.share"
    stargate_mw = "provider.Stargate.in_service_mw.mean"
    expansions = {
        f"sites.{name}.buildings.Expansion": None
        for name, site in scenario(HINDSIGHT).sites.items()
        if "Expansion" in site.buildings
    }
    return {
        "first refusal": (ANNOUNCED, {"rights.first refusal": None}, microsoft_share, DOWN),
        "API right": (ANNOUNCED, {"rights.API": None}, "stream.api.unserved_mw.mean", DOWN),
        "Copilot": (ANNOUNCED, {"demand.Copilot": None}, openai_short, DOWN),
        "Azure commitment": (ANNOUNCED, {"demand.Azure commitment": None}, openai_short, DOWN),
        "appetite": (ANNOUNCED, {"providers.Microsoft.appetite": None}, microsoft_share, UP),
        "cap": (ANNOUNCED, {"rights.first refusal.max_utilization": None}, "declined_share", DOWN),
        "keeps_back": (
            ANNOUNCED,
            {"providers.Microsoft.keeps_back": None},
            "customer.Microsoft.unserved_mw.mean",
            UP,
        ),
        "CoreWeave's and Oracle's new halls behind Azure": (
            ANNOUNCED,
            {"providers.Microsoft.sites": home},
            microsoft_share,
            DOWN,
        ),
        "CoreWeave beside Azure": (
            ANNOUNCED,
            {"sites.CoreWeave.buildings": None, "sites.Denton.buildings": None},
            openai_short,
            UP,
        ),
        "Oracle's cloud": (ANNOUNCED, {"sites.Oracle cloud.buildings": None}, openai_short, UP),
        "Abilene's next eight": (ANNOUNCED, {"sites.Abilene.buildings.Next eight": None}, stargate_mw, DOWN),
        "further campuses": (HINDSIGHT, {"providers.Stargate.sites": ["Abilene"]}, openai_short, UP),
        "from ten to twenty buildings": (HINDSIGHT, expansions, "provider.Stargate.share", DOWN),
        "fund": (HINDSIGHT, without_need(HINDSIGHT, "Stargate fund"), stargate_mw, UP),
        "shipments": (HINDSIGHT, without_need(HINDSIGHT, "GB200 shipments"), stargate_mw, UP),
    }


@pytest.mark.parametrize("part", parts())
def test_every_element_of_the_announced_world_matters(part: str) -> None:
    """An element that moves nothing when it is taken out tells nothing; docs/model.md lists them."""
    name, overrides, metric, way = parts()[part]
    assert overrides
    without = run_scenario(
        scenario(name).replace(overrides), replications=40, seed=1, tables="none", workers=1
    )
    found, half = difference(without, outcome(name), metric)
    assert found * way > half, f"{metric} without {part}: {found:.4g} +- {half:.2g}"


def test_more_buildings_and_more_money_do_not_harm() -> None:
    """Paired, with the demand that came: what is taken out or added cannot have the opposite sign, beyond noise.

    A market that sells its sites in file order failed this: without Abilene's expansion OpenAI had 105 MW more, and
    unlimited money raised what stood idle.
    """
    base = outcome(HINDSIGHT)
    smaller = run_scenario(
        scenario(HINDSIGHT).replace({"sites.Abilene.buildings.Expansion": None}),
        replications=40,
        seed=1,
        tables="none",
        workers=1,
    )
    found, half = difference(smaller, base, "customer.OpenAI.in_service_mw.at.2028-12-31")
    assert found < half, f"OpenAI has {found:.4g} +- {half:.2g} MW more without Abilene's expansion"
    richer = run_scenario(
        scenario(HINDSIGHT).replace(without_need(HINDSIGHT, "Stargate fund")),
        replications=40,
        seed=1,
        tables="none",
        workers=1,
    )
    found, half = difference(richer, base, "unserved_mw.mean")
    assert found < half, f"{found:.4g} +- {half:.2g} MW more are unserved with money without limit"


def test_a_right_without_limits_costs_its_holder_nothing() -> None:
    """Paired: an option cannot hurt one who may always do as it would without. Limits of its own can."""
    unlimited, without = (
        run_scenario(
            scenario(ANNOUNCED).replace(overrides), replications=40, seed=1, tables="none", workers=1
        )
        for overrides in (
            {f"rights.first refusal.{key}": None for key in ("max_utilization", "max_delay")},
            {"rights.first refusal": None},
        )
    )
    found, half = difference(unlimited, without, "provider.Microsoft.margin")
    assert found > -half, f"Microsoft earns {found:.4g} +- {half:.2g} $ by its right"


def test_fairwater_fills() -> None:
    """Halls that were built for OpenAI's training do not stand empty while it waits."""
    for site in ("Fairwater Atlanta", "Fairwater Wisconsin"):
        assert (outcome("as-built-2026").summary()[f"site.{site}.utilization"]["p50"] or 0) > 0.8, site


def test_others_take_what_stands_idle_under_exclusivity() -> None:
    """Nine gigawatts that stand idle beside nine that wait are not believed by anybody."""
    assert mean("exclusive-kept", "idle_mw.at.2028-12-31") < 1500
