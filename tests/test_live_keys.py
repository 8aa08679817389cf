"""Every key of the format is alive: something in the results changes when it does.

The schema is walked, so a new key fails here until it has a scenario in which it matters. Columns of `requests` that
only repeat what was written do not count, nor does the table `drawn`.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.distribution_families import FAMILIES
from sim.scenario.faults import to_flow_style
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.schema_objects import describe_objects
from sim.study.run import run_scenario

WORLD = Path(__file__).parent / "data" / "world.yaml"
Overrides = dict[str, Any]
CHAT, REFUSAL, HALL = "demand.chat", "rights.refusal", "sites.East.buildings.Hall"
ANNEX, CHIPS = "sites.East.buildings.Annex", "supplies.chips"
SCARCE: Overrides = {"sites.West.online": "90 MW", "sites.East": "{online: 30 MW}", "demand.train": None}
"""Hardly any capacity: requests wait, and are lost."""
DELAYED: Overrides = {
    "delays": "{late: {stretch: {median: 1.2, sigma: 0.3, grace: 30 d}}}",
    f"{HALL}.slip": "{delay: late}",
}
LATER = "{online: 30 MW, buildings: {Hall: {it_power: 90 MW, planned: 2025-06-01}}}"
TWO_SITES: Overrides = SCARCE | {"providers.Neo.sites": ["West", "East"], "sites.East": LATER}
"""The same, of which one provider sells two sites, so that it matters at which it places, and what may move."""
RECORD = f"{CHAT}.arrivals.trace"
COLUMNS = "{asked: days, size: kw, term: hours, class: class, customer: customer, priority: priority}"
TRACED: Overrides = {
    f"{CHAT}.arrivals": f"{{trace: {{file: record.csv, format: csv, time_unit: d, columns: {COLUMNS}}}}}"
}
OFFICE = (
    "file: office.csv, format: csv, separator: ;, dates: '%d/%m/%Y', time_unit: d,"
    " columns: {asked: day, size: kw, term: days}"
)
WRITTEN_OUT: Overrides = {f"{CHAT}.arrivals": f"{{trace: {{{OFFICE}}}}}"}
RECORDED = """\
days,hours,kw,more,class,customer,priority,later
10,900,20000,25000,inference,Lab,0,70
40,500,60000,30000,training,Bank,1,80
50,700,60000,40000,training,Lab,2,90
"""

LIVE: dict[str, tuple[str, Any] | tuple[str, Any, Overrides]] = {
    "start": ("start", "2025-02-01"),
    "end": ("end", "2026-06-01"),
    "measure_from": ("measure_from", "2025-06-01"),
    "report_at": ("report_at", ["2025-12-31"]),
    "seed": ("seed", 4),
    "replications": ("replications", 3),
    "uncertain": ("uncertain.growth", "{uniform: {low: 2, high: 3}}"),
    "hardware": ("hardware.old", "{it_kw_per_gpu: 1, h100e_per_it_mw: 10}"),
    "demand": ("demand.more", "{customer: Lab, in_place: {West: 1 MW}, term: 1 y}"),
    "providers": ("providers.Late", "{sites: [West]}", {"overflow.policy": "most room"}),
    "rights": ("rights.refusal", None),
    "overflow": ("overflow", "{policy: in order}"),
    "waiting": ("waiting", "{bypass: false}", {"rights": None, "demand.train.split": "never"}),
    "supplies": (CHIPS, "{unit: GPU, initial: 100000}"),
    "sites": ("sites.West", "{online: 300 MW}"),
    "delays": ("delays.late.stretch.median", 2, DELAYED),
    "contracts": ("contracts", None),
    "expect": ("expect", ["unserved_mw.mean.p90 < 0"]),
    # Hardware
    "hardware.NAME.it_kw_per_gpu": ("hardware.new.it_kw_per_gpu", 0.5),
    "hardware.NAME.h100e_per_it_mw": ("hardware.new.h100e_per_it_mw", 1000),
    # Demand
    "demand.NAME.customer": (f"{CHAT}.customer", "Bank"),
    "demand.NAME.class": (f"{CHAT}.class", "training"),
    "demand.NAME.arrivals": (f"{CHAT}.arrivals", "{poisson: {rate: 1 /mo}}"),
    "demand.NAME.in_place": (f"{CHAT}.in_place.West", "70 MW"),
    "demand.NAME.size": (f"{CHAT}.size", "20 MW"),
    "demand.NAME.term": (f"{CHAT}.term", "1 y"),
    "demand.NAME.lead": (f"{CHAT}.lead", "60 d"),
    "demand.NAME.patience": (f"{CHAT}.patience", "20 d"),
    "demand.NAME.split": (f"{CHAT}.split", "never"),
    "demand.NAME.block": (f"{CHAT}.block", "7 MW"),
    "demand.NAME.priority": (f"{CHAT}.priority", 9, SCARCE),
    "demand.NAME.only": (f"{CHAT}.only", ["Big"]),
    "demand.NAME.arrivals.poisson": (f"{CHAT}.arrivals", "{curve: {points: {2025-01-01: 60 MW}}}"),
    "demand.NAME.arrivals.poisson.rate": (f"{CHAT}.arrivals.poisson.rate", "5 /mo"),
    "demand.NAME.arrivals.poisson.growth": (f"{CHAT}.arrivals.poisson.growth", 9),
    "demand.NAME.arrivals.curve": ("demand.train.arrivals", "{poisson: {rate: 1 /mo}}"),
    "demand.NAME.arrivals.curve.points": ("demand.train.arrivals.curve.points", "{2025-01-01: 90 MW}"),
    "demand.NAME.arrivals.curve.growth": ("demand.train.arrivals.curve.growth", 4),
    "demand.NAME.arrivals.deals": (
        "demand.deals.arrivals", "{poisson: {rate: 1 /mo}}", {"demand.deals.size": "1 MW"},
    ),
    "demand.NAME.arrivals.deals.NAME.asked": ("demand.deals.arrivals.deals.First.asked", "2025-03-01"),
    "demand.NAME.arrivals.deals.NAME.wanted": ("demand.deals.arrivals.deals.First.wanted", "2025-05-01"),
    "demand.NAME.arrivals.deals.NAME.size": ("demand.deals.arrivals.deals.First.size", "19 MW"),
    "demand.NAME.arrivals.deals.NAME.term": ("demand.deals.arrivals.deals.First.term", "3 mo"),
    "demand.NAME.arrivals.deals.NAME.ramp": ("demand.deals.arrivals.deals.Second.ramp", "{2025-07-01: 9 MW}"),
    # Traces
    "demand.NAME.arrivals.trace": (f"{CHAT}.arrivals", "{poisson: {rate: 1 /mo}}", TRACED),
    "demand.NAME.arrivals.trace.file": (f"{RECORD}.file", "other.csv", TRACED),
    "demand.NAME.arrivals.trace.format": (RECORD, "{file: record.swf, format: swf, time_unit: d}", TRACED),
    "demand.NAME.arrivals.trace.from": (f"{RECORD}.from", "2025-05-01", TRACED),
    "demand.NAME.arrivals.trace.kw_per_unit": (f"{RECORD}.kw_per_unit", 2, TRACED),
    "demand.NAME.arrivals.trace.time_unit": (f"{RECORD}.time_unit", "h", TRACED),
    "demand.NAME.arrivals.trace.columns": (f"{RECORD}.columns", "{asked: days, size: more, term: hours}", TRACED),
    "demand.NAME.arrivals.trace.separator": (RECORD, f"{{{OFFICE}}}", TRACED),
    "demand.NAME.arrivals.trace.decimal": (RECORD, f"{{{OFFICE}, thousands: '.', decimal: ','}}", WRITTEN_OUT),
    "demand.NAME.arrivals.trace.thousands": (RECORD, f"{{{OFFICE}, thousands: '.', decimal: ','}}", WRITTEN_OUT),
    "demand.NAME.arrivals.trace.dates": (f"{RECORD}.dates", "'%m/%d/%Y'", WRITTEN_OUT),
    "demand.NAME.arrivals.trace.columns.wanted": (f"{RECORD}.columns.wanted", "later", TRACED),
    "demand.NAME.arrivals.trace.columns.ended": (
        f"{RECORD}.columns", "{asked: days, wanted: days, size: kw, ended: hours}", TRACED,
    ),
    "demand.NAME.arrivals.trace.columns.asked": (f"{RECORD}.columns.asked", "hours", TRACED),
    "demand.NAME.arrivals.trace.columns.size": (f"{RECORD}.columns.size", "more", TRACED),
    "demand.NAME.arrivals.trace.columns.term": (f"{RECORD}.columns.term", "days", TRACED),
    "demand.NAME.arrivals.trace.columns.class": (f"{RECORD}.columns.class", None, TRACED),
    "demand.NAME.arrivals.trace.columns.customer": (f"{RECORD}.columns.customer", None, TRACED),
    "demand.NAME.arrivals.trace.columns.priority": (f"{RECORD}.columns.priority", None, TRACED | SCARCE),
    # Providers
    "providers.NAME.sites": ("providers.Neo.sites", ["West", "East"]),
    "providers.NAME.site_policy": ("providers.Neo.site_policy", "in order", TWO_SITES),
    "providers.NAME.appetite": ("providers.Neo.appetite", "30 %"),
    "providers.NAME.presells": ("providers.Neo.presells", "0 d"),
    "providers.NAME.price": ("providers.Neo.price", "12 M$/MW/y"),
    "providers.NAME.cost": ("providers.Big.cost", "9 M$/MW/y"),
    "providers.NAME.keeps_back": ("providers.Big.keeps_back", "30 MW"),
    # Rights
    "rights.NAME.holder": (f"{REFUSAL}.holder", "Neo"),
    "rights.NAME.kind": (REFUSAL, "{holder: Big, kind: exclusive}", {REFUSAL: "{holder: Big, kind: first refusal}"}),
    "rights.NAME.over": (f"{REFUSAL}.over", None),
    "rights.NAME.from": (f"{REFUSAL}.from", "2025-04-01"),
    "rights.NAME.until": (f"{REFUSAL}.until", "2025-08-01"),
    "rights.NAME.window": (f"{REFUSAL}.window", "30 d"),
    "rights.NAME.appetite": (f"{REFUSAL}.appetite", "{inference: 20 %}"),
    "rights.NAME.max_utilization": (f"{REFUSAL}.max_utilization", "60 %"),
    "rights.NAME.max_delay": (f"{REFUSAL}.max_delay", "0 d", SCARCE),
    "rights.NAME.partial": (f"{REFUSAL}.partial", False, SCARCE),
    "rights.NAME.holds_capacity": (f"{REFUSAL}.holds_capacity", True),
    "rights.NAME.over.customer": (f"{REFUSAL}.over", "{customer: Lab}", {f"{REFUSAL}.over": None}),
    "rights.NAME.over.classes": (f"{REFUSAL}.over.classes", ["training"]),
    # The market
    "overflow.policy": ("overflow.policy", "cheapest", {"providers.Big.price": "1 M$/MW/y"}),
    "overflow.order": ("overflow.order", ["Neo"]),
    "milestones": ("milestones", "{grown: in_service_mw >= 100 MW}"),
    "waiting.bypass": ("waiting.bypass", False, {"rights": None, "demand.train.split": "never"}),
    "waiting.moves": ("waiting.moves", False, TWO_SITES),
    "contracts.NAME.customer": ("contracts.promise.customer", "Bank"),
    "contracts.NAME.provider": ("contracts.promise.provider", "Neo"),
    "contracts.NAME.take_or_pay": ("contracts.promise.take_or_pay", "11 B$"),
    "contracts.NAME.schedule": (
        "contracts.promise.schedule", "{2025-03-01: 1 B$, 2026-03-01: 9 B$}",
        {"contracts.promise.take_or_pay": None, "contracts.promise.from": None,
         "contracts.promise.schedule": "{2025-03-01: 9 B$, 2026-03-01: 1 B$}"},
    ),
    "contracts.NAME.counts": ("contracts.promise.counts", ["train"]),
    "contracts.NAME.late_counts": ("contracts.promise.late_counts", False, {"contracts.promise.provider": "Neo"}),
    "contracts.NAME.settled": ("contracts.promise.settled", "yearly"),
    "contracts.NAME.from": ("contracts.promise.from", "2025-04-01"),
    "contracts.NAME.until": ("contracts.promise.until", "2028-01-01"),
    # Supplies
    "supplies.NAME.unit": (f"{CHIPS}.unit", "kGPU", {f"{CHIPS}.arrives.amount": 1500}),
    "supplies.NAME.initial": (f"{CHIPS}.initial", 100_000),
    "supplies.NAME.arrives": (f"{CHIPS}.arrives", "{2025-03-01: 50000}"),
    "supplies.NAME.returned": ("supplies.crews.returned", False),
    "supplies.NAME.arrives.from": (f"{CHIPS}.arrives.from", "2025-08-01"),
    "supplies.NAME.arrives.every": (f"{CHIPS}.arrives.every", "3 mo"),
    "supplies.NAME.arrives.amount": (f"{CHIPS}.arrives.amount", 500),
    # Sites
    "sites.NAME.online": ("sites.West.online", "150 MW"),
    "sites.NAME.hardware": ("sites.West.hardware", "new"),
    "sites.NAME.pue": ("sites.West.pue", 1.4),
    "sites.NAME.buildings": ("sites.West.buildings", None),
    "sites.NAME.outages": ("sites.West.outages", None),
    "sites.NAME.outages.every": ("sites.West.outages.every", "100 d"),
    "sites.NAME.outages.lasts": ("sites.West.outages.lasts", "9 d"),
    "sites.NAME.outages.takes": ("sites.West.outages.takes", "90 MW"),
    "sites.NAME.buildings.NAME.it_power": (f"{HALL}.it_power", "10 MW"),
    "sites.NAME.buildings.NAME.power": ("sites.West.buildings.Yard.power", "41 MW"),
    "sites.NAME.buildings.NAME.count": (f"{HALL}.count", 2),
    "sites.NAME.buildings.NAME.every": (f"{HALL}.every", "90 d"),
    "sites.NAME.buildings.NAME.hardware": (f"{HALL}.hardware", "new"),
    "sites.NAME.buildings.NAME.capex": ("sites.West.buildings.Yard.capex", "12 M$/MW"),
    "sites.NAME.buildings.NAME.planned": (f"{HALL}.planned", "2025-06-01"),
    "sites.NAME.buildings.NAME.slip": (f"{HALL}.slip", "0 d"),
    "sites.NAME.buildings.NAME.told": (f"{HALL}.told", "2024-02-01", DELAYED),
    "sites.NAME.buildings.NAME.phases": (f"{ANNEX}.phases", "{all: {takes: 1 mo}}"),
    "sites.NAME.buildings.NAME.begins": (f"{ANNEX}.begins", "2025-05-01"),
    "sites.NAME.buildings.NAME.after": (
        f"{ANNEX}.after", "West.Barn", {f"{ANNEX}.begins": None, f"{ANNEX}.after": "Hall 2"},
    ),
    "sites.NAME.buildings.NAME.when": ("sites.East.buildings.Tower.when", "committed > 90 %"),
    "sites.NAME.buildings.NAME.review": (f"{HALL}.review", "10 d"),
    "sites.NAME.buildings.NAME.cancelled": (f"{HALL}.cancelled", "2025-04-01"),
    "sites.NAME.buildings.NAME.retired": ("sites.West.buildings.Yard.retired", "2026-02-01"),
    "sites.NAME.buildings.NAME.cancelled.chance": ("sites.West.buildings.Barn.cancelled.chance", 1),
    "sites.NAME.buildings.NAME.cancelled.on": (
        "sites.West.buildings.Barn.cancelled.on", "2025-02-01", {"sites.West.buildings.Barn.cancelled.chance": 1},
    ),
    "sites.NAME.buildings.NAME.retired.chance": (
        f"{HALL}.retired.chance", 0, {f"{HALL}.retired": "{chance: 1, on: 2025-12-01}"},
    ),
    "sites.NAME.buildings.NAME.retired.on": (
        f"{HALL}.retired.on", "2026-02-01", {f"{HALL}.retired": "{chance: 1, on: 2025-12-01}"},
    ),
    "sites.NAME.buildings.NAME.phases.NAME.takes": (f"{ANNEX}.phases.shell.takes", "3 mo"),
    "sites.NAME.buildings.NAME.phases.NAME.needs": (f"{ANNEX}.phases.fit out.needs", None),
}  # fmt: skip
"""For each key: a path, what is to stand there in place of what does, and what is to hold before and after."""

GUARDING = [f"demand.NAME.arrivals.trace.{key}" for key in ("sha256", "sheet", "unusable")]
"""Keys that only refuse what is not as they say, or are about other files: see `test_traces`, `test_office_tables`.
"""
DESCRIBING: dict[str, tuple[str, Any]] = {
    "title": ("title", "Another"),
    "sites.NAME.owner": ("sites.West.owner", "somebody"),
    "sites.NAME.location": ("sites.West.location", "somewhere"),
    "sites.NAME.buildings.NAME.area": (f"{HALL}.area", "1 m2"),
}
"""Keys that are known to change nothing, like those of `DESCRIPTION` in every object."""


def every_key() -> list[str]:
    """The paths of all keys, but for those that every object has."""
    return [
        f"{path}.{key.name}".removeprefix(".")
        for each in describe_objects(ScenarioFile)
        for path in each.paths
        for key in each.keys
    ]


ECHOED = [
    "stream", "number", "deal", "customer", "class", "only", "asked", "wanted", "gives_up", "size_kw", "block_kw",
    "split", "priority", "term", "window", "appetite_draw",
]  # fmt: skip
"""Columns of `requests` that hold what was written or drawn."""
EVENTS = ("commitments", "deliveries", "releases", "buildings", "capacity", "backlog")
FILES = {
    "world.yaml": WORLD.read_text(),
    "a.csv": "days,more\n5,6\n9,12\n",
    "b.csv": "days\n7\n9\n",
    "record.csv": RECORDED,
    "office.csv": "day;kw;days\n03/04/2025;20.000;900\n05/06/2025;60.000;500\n",
    "other.csv": RECORDED.replace("40,", "45,"),
    "record.swf": "1 0 -1 900 20000" + 13 * " -1" + "\n",
}
Results = tuple[dict[str, list[float | None]], list[bool], dict[str, pl.DataFrame]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioFile]:
    folder = tmp_path_factory.mktemp("live")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # what is set on the command line finds its files from here
        yield read_scenario("world.yaml")


@cache
def results(scenario: ScenarioFile) -> Results:
    """What comes of a scenario: its metrics, verdicts, and tables."""
    done = run_scenario(scenario, workers=1)
    tables = {name: done.table(name) for name in EVENTS} | {"requests": done.table("requests").drop(ECHOED)}
    return done.metric_values, [verdict.holds for verdict in done.verdicts()], tables


def differ(before: Results, after: Results) -> bool:
    tables = any(not before[2][name].equals(after[2][name]) for name in before[2])
    return tables or before[:2] != after[:2]


def test_every_key_is_proven_alive_or_known_to_describe() -> None:
    assert sorted([*LIVE, *DESCRIBING, *GUARDING]) == sorted(set(every_key()))


@pytest.mark.parametrize("key", LIVE)
def test_a_key_changes_the_results(world: ScenarioFile, key: str) -> None:
    path, value, *given = LIVE[key]
    before = world.replace(given[0]) if given else world
    assert differ(results(before), results(before.replace({path: value}))), "it changes nothing"


def test_what_only_describes_changes_nothing(world: ScenarioFile) -> None:
    assert not differ(results(world), results(world.replace(dict(DESCRIBING.values()))))


def test_sources_may_stand_in_every_object_and_change_nothing(world: ScenarioFile) -> None:
    kinds = {each.object_type for each in describe_objects(ScenarioFile)}
    for kind in kinds:
        assert set(kind.field_by_key()) > DESCRIPTION_KEYS
    described = dict.fromkeys(DESCRIPTION_KEYS, "assumed")
    parts = (
        "demand.chat",
        "rights.refusal.over",
        "sites.East",
        HALL,
        f"{ANNEX}.phases.shell",
        "contracts.promise",
    )
    changed = world.replace({f"{part}.{key}": value for part in parts for key, value in described.items()})
    assert not differ(results(world), results(changed))


# What stands inside a quantity: laws, and dates that are not certain.

SAMPLES = {
    "low": ("10 d", "12 d"), "mode": ("15 d", "16 d"), "high": ("20 d", "25 d"), "mean": ("15 d", "20 d"),
    "median": ("15 d", "20 d"), "scale": ("15 d", "20 d"), "sigma": ("0.5", "0.8"), "cv": ("0.4", "0.6"),
    "shape": ("2", "3"),
}  # fmt: skip
"""For each parameter of a law, what stands there, and what is to stand there."""

OTHERS = {
    "constant": ("{constant: 5 d}", "{constant: 6 d}"),
    "discrete.values": ("{discrete: {values: [5 d, 9 d]}}", "{discrete: {values: [5 d, 8 d]}}"),
    "discrete.weights": (
        "{discrete: {values: [5 d, 9 d]}}", "{discrete: {values: [5 d, 9 d], weights: [9, 1]}}",
    ),
    "empirical.values": ("{empirical: {values: [5 d, 9 d]}}", "{empirical: {values: [5 d, 8 d]}}"),
    "empirical.unit": ("{empirical: {values: [5, 9], unit: d}}", "{empirical: {values: [5, 9], unit: wk}}"),
    "empirical.file": (
        "{empirical: {file: a.csv, column: days, unit: d}}", "{empirical: {file: b.csv, column: days, unit: d}}",
    ),
    "empirical.column": (
        "{empirical: {file: a.csv, column: days, unit: d}}", "{empirical: {file: a.csv, column: more, unit: d}}",
    ),
    "chance": ("{chance: 40 %, then: 9 d, else: 5 d}", "{chance: 50 %, then: 9 d, else: 5 d}"),
    "chance.then": ("{chance: 40 %, then: 9 d, else: 5 d}", "{chance: 40 %, then: 8 d, else: 5 d}"),
    "chance.else": ("{chance: 40 %, then: 9 d, else: 5 d}", "{chance: 40 %, then: 9 d}"),
}  # fmt: skip


def changed_laws() -> dict[str, tuple[str, str]]:
    """For each part of each law, one and the same with this part changed."""
    found = dict(OTHERS)
    for kind, family in FAMILIES.items():
        for parameters in family.parametrizations:
            way = [each.name for each in parameters]
            stated = {name: SAMPLES[name][0] for name in way}
            for name in way:
                law = {kind: stated}, {kind: stated | {name: SAMPLES[name][1]}}
                found[f"{kind}({', '.join(way)}).{name}"] = (to_flow_style(law[0]), to_flow_style(law[1]))
    assert {re.split(r"\W", name)[0] for name in found} == set(FAMILIES)
    return found


@pytest.mark.parametrize(("before", "after"), changed_laws().values(), ids=changed_laws())
def test_every_part_of_a_law_changes_the_results(world: ScenarioFile, before: str, after: str) -> None:
    one, other = (world.replace({f"{CHAT}.lead": law}) for law in (before, after))
    assert differ(results(one), results(other))


def test_both_parts_of_a_date_change_the_results(world: ScenarioFile) -> None:
    dates = ("{date: 2025-04-01}", "{date: 2025-04-11}", "{date: 2025-04-01, plus: 10 d}")
    first, later, plus = (results(world.replace({f"{REFUSAL}.from": date})) for date in dates)
    assert differ(first, later)
    assert not differ(later, plus)
