"""A correct scenario as the schema holds it, and the closed lists of the market."""

import json
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from sim.scenario.construction import Chance, Trigger
from sim.scenario.dates import Date
from sim.scenario.distributions import Distribution, UncertainReference
from sim.scenario.json_schema import editor_schema
from sim.scenario.overflow_policies import OVERFLOW_POLICIES, OverflowPolicy
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.splits import SPLITS, Split
from sim.scenario.supplies import DatedArrivals, Need, RegularArrivals

DATA = Path(__file__).parent / "data"
DAY = 86_400_000_000.0


def power(mw: float) -> Distribution:
    return Distribution("constant", {"value": mw * 1000}, "power")


def days(number: float) -> Distribution:
    return Distribution("constant", {"value": number * DAY}, "duration")


def share(value: float) -> Distribution:
    return Distribution("constant", {"value": value}, "share")


@pytest.fixture(scope="module")
def announced() -> ScenarioFile:
    return read_scenario(DATA / "announced.yaml")


def test_the_scenario_of_the_design_is_read(announced: ScenarioFile) -> None:
    assert announced.title == "As announced on 21 January 2025"
    assert (announced.start, announced.end) == (datetime(2025, 1, 21), datetime(2029, 1, 21))
    assert announced.report_at == (datetime(2025, 12, 31), datetime(2026, 12, 31))
    assert (announced.seed, announced.replications, announced.name) == (1, 100, "announced")
    assert announced.uncertain["growth"] == Distribution(
        "triangular", {"low": 1.8, "mode": 2.4, "high": 3.2}, "number"
    )
    assert announced.expect == ("unserved_mw.mean.p90 < 2000",)


def test_its_base_comes_first_in_every_map(announced: ScenarioFile) -> None:
    assert list(announced.hardware) == ["h100", "gb200"]
    assert list(announced.demand) == ["training", "inference"]
    assert list(announced.providers) == ["Microsoft", "CoreWeave", "Stargate", "Oracle"]
    assert list(announced.sites) == ["Fairwater", "Denton", "Milam", "Azure", "Abilene"]
    assert announced.providers["Microsoft"].sites == ("Azure", "Fairwater")


def test_its_demand(announced: ScenarioFile) -> None:
    stream = announced.demand["inference"]
    assert (stream.customer, stream.class_, stream.split, stream.priority) == (
        "OpenAI",
        "inference",
        "anywhere",
        0,
    )
    assert stream.arrivals is not None
    assert stream.arrivals.curve is not None
    assert stream.arrivals.curve.points == (
        (datetime(2025, 1, 21), power(400)),
        (datetime(2026, 1, 1), power(1200)),
    )
    assert stream.arrivals.curve.growth == Distribution(
        "constant", {"value": UncertainReference("growth", "number")}, "number"
    )
    assert stream.in_place == {"Azure": power(300)}
    assert stream.size == Distribution("lognormal", {"median": 300_000.0, "sigma": 0.8}, "power")
    assert (stream.term, stream.block) == (days(5 * 365.25), power(1))
    assert (stream.lead, stream.patience) == (days(0.75 * 365.25), days(365.25))
    assert announced.demand["training"].patience is None
    assert announced.demand["training"].block == power(0.001)


def test_its_rights(announced: ScenarioFile) -> None:
    api, refusal = announced.rights["API"], announced.rights["first refusal"]
    assert (api.kind, api.over.classes, api.from_, api.until) == (
        "exclusive", ("api",), None, Date(datetime(2026, 4, 27)),
    )  # fmt: skip
    assert refusal.from_ == Date(datetime(2025, 1, 21))
    assert refusal.window == Distribution("uniform", {"low": 7 * DAY, "high": 45 * DAY}, "duration")
    assert refusal.appetite == {"training": share(0.2), "inference": share(0.8)}
    assert (refusal.max_utilization, refusal.max_delay) == (share(0.95), days(90))
    assert (refusal.partial, refusal.holds_capacity) == (True, False)


def test_its_supplies(announced: ScenarioFile) -> None:
    shipments, fund, grid = (
        announced.supplies[name] for name in ("GB200 shipments", "Stargate fund", "Texas grid")
    )
    assert isinstance(shipments.arrives, RegularArrivals)
    assert shipments.arrives.amount.constant == 30_000
    assert shipments.arrives.every == days(365.25 / 12)
    assert fund.initial.constant == 100e9
    assert isinstance(grid.arrives, DatedArrivals)
    assert [(at, law.constant) for at, law in grid.arrives.amounts] == [
        (datetime(2025, 6, 1), 200_000),
        (datetime(2026, 3, 1), 1_000_000),
    ]
    assert announced.supplies["Abilene crews"].returned


def test_its_buildings(announced: ScenarioFile) -> None:
    first, expansion = announced.sites["Abilene"].buildings.values()
    assert (first.count, first.it_power, first.planned) == (8, power(105), Date(datetime(2025, 9, 26)))
    assert (first.every, first.review, first.slip.family) == (days(45), days(90), "triangular")
    assert first.capex == Distribution("constant", {"value": 37_900.0}, "capex")
    assert expansion.when == Trigger("committed", ">", 0.8)
    assert expansion.phases is not None
    shell, fit_out = expansion.phases.values()
    assert shell.needs["Abilene crews"] == Need(amount=Distribution("constant", {"value": 1.0}, "crew"))
    assert shell.needs["Stargate fund"].per_mw
    assert shell.needs["Stargate fund"].amount == Distribution("constant", {"value": 11.8e6}, "money per MW")
    assert fit_out.needs["GB200 shipments"] == Need(fill=True)
    assert fit_out.needs["Texas grid"].amount == Distribution("constant", {"value": 1000.0}, "power per MW")


def test_its_outages_and_contracts(announced: ScenarioFile) -> None:
    outages = announced.sites["Abilene"].outages
    assert outages is not None
    assert outages.takes == share(0.05)
    contract = announced.contracts["Azure commitment"]
    assert contract.take_or_pay.constant == 250e9
    assert contract.until == Date(datetime(2032, 12, 31))


def test_defaults_are_those_of_the_design() -> None:
    scenario = read_scenario(DATA / "small.yaml")
    assert (scenario.measure_from, scenario.seed, scenario.replications) == (scenario.start, 1, 100)
    assert (scenario.overflow.policy, scenario.overflow.order, scenario.waiting.bypass) == (
        "soonest",
        None,
        True,
    )
    stream = scenario.demand["chat"]
    assert (stream.lead, stream.patience, stream.block.constant, stream.only) == (days(0), None, 1, None)
    right = scenario.rights["first refusal"]
    assert (right.from_, right.until, right.max_delay) == (None, None, None)
    assert (right.appetite, right.max_utilization) == (None, share(1))
    provider = scenario.providers["Neo"]
    assert (provider.presells, provider.price, provider.keeps_back) == (days(0), None, power(0))
    assert scenario.sites["West"].pue.constant == 1
    assert scenario.sites["East"].online == power(0)


@pytest.mark.parametrize(
    ("path", "written", "found"),
    [
        ("demand.chat.patience", "never", None),
        ("rights.first refusal.max_delay", "match", "match"),
        ("rights.first refusal.max_delay", "never", None),
        ("rights.first refusal.until", "never", None),
        ("rights.first refusal.until", "{date: 2026-01-01}", Date(datetime(2026, 1, 1))),
        ("rights.first refusal.appetite", "{value: 50 %, source: a talk}", share(0.5)),
        ("sites.West.buildings.X", "{power: 14 MW, planned: 2026-01-01}", None),
        ("waiting.bypass", True, True),
        ("seed", 7, 7),
    ],
)
def test_what_may_be_written_in_several_ways(path: str, written: object, found: object) -> None:
    part: object = read_scenario(DATA / "small.yaml", {path: written})
    for key in path.split("."):
        part = part[key] if isinstance(part, dict) else getattr(part, key)
    assert found is None or part == found


def test_an_outage_takes_a_share_or_a_power() -> None:
    for takes, dimension in (("5 %", "share"), ("0.05", "share"), ("20 MW", "power"), ("$delay", None)):
        outages = f"{{every: 90 d, lasts: 8 h, takes: {takes}}}"
        if dimension is None:
            with pytest.raises(Exception, match="is a duration, expected a share"):
                read_scenario(DATA / "small.yaml", {"sites.West.outages": outages})
        else:
            found = read_scenario(DATA / "small.yaml", {"sites.West.outages": outages}).sites["West"].outages
            assert found is not None
            assert found.takes.dimension == dimension


def test_a_building_may_be_cancelled_on_a_date_or_with_a_chance() -> None:
    hall = "sites.East.buildings.Hall"
    dated = read_scenario(DATA / "small.yaml", {f"{hall}.cancelled": "{date: 2026-01-01, plus: 30 d}"})
    assert dated.sites["East"].buildings["Hall"].cancelled == Date(datetime(2026, 1, 1), days(30))
    maybe = read_scenario(DATA / "small.yaml", {f"{hall}.retired": "{chance: 5 %, on: 2026-12-01}"})
    retired = maybe.sites["East"].buildings["Hall"].retired
    assert isinstance(retired, Chance)
    assert (retired.chance, retired.on) == (share(0.05), Date(datetime(2026, 12, 1)))


def test_deals_and_ramps() -> None:
    deals = {
        "a": {"asked": "2025-02-01", "wanted": "2025-03-01", "size": "5 MW"},
        "b": {"asked": "2025-02-01", "ramp": {"2025-09-01": "2 MW", "2025-05-01": "1 MW"}},
    }
    stream = read_scenario(DATA / "small.yaml", {"demand.chat.arrivals": {"deals": deals}}).demand["chat"]
    assert stream.arrivals is not None
    assert stream.arrivals.deals is not None
    assert stream.arrivals.deals["a"].wanted == Date(datetime(2025, 3, 1))
    assert stream.arrivals.deals["b"].ramp == (
        (datetime(2025, 5, 1), power(1)),
        (datetime(2025, 9, 1), power(2)),
    )


def test_everything_is_frozen(announced: ScenarioFile) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        announced.demand["inference"].size = None  # type: ignore[misc]


def test_every_field_says_what_it_is() -> None:
    written = editor_schema()
    assert json.loads(json.dumps(written)) == written
    for part in (written, *written["$defs"].values()):
        assert part["additionalProperties"] is False
        assert "required" not in part
        for name, field in part["properties"].items():
            assert field.get("description") or "$ref" in field, name
    assert written["$defs"]["Right"]["properties"]["kind"]["enum"] == ["exclusive", "first refusal", None]
    assert written["$defs"]["Right"]["type"] == ["object", "null"], "null removes a right"
    assert written["$defs"]["Right"]["properties"]["until"]["anyOf"][-1] == {"type": "null"}
    assert written["properties"]["rights"]["type"] == ["object", "null"]
    assert set(written["properties"]) == {"extends", *ScenarioFile.field_by_key()}


def test_a_policy_explains_itself_by_facts_that_are_known() -> None:
    soonest = OVERFLOW_POLICIES["soonest"]
    with pytest.raises(ValueError, match=r"'late': unknown facts \['distance'\]"):
        replace(soonest, name="late", basis="{distance} km")
    for missing in fields(OverflowPolicy):
        row = {name: value for name, value in vars(soonest).items() if name != missing.name}
        with pytest.raises(TypeError, match=missing.name):
            OverflowPolicy(**row)


def test_a_split_says_everything_of_itself() -> None:
    for missing in fields(Split):
        row = {name: value for name, value in vars(SPLITS["never"]).items() if name != missing.name}
        with pytest.raises(TypeError, match=missing.name):
            Split(**row)
