"""The sources of numbers, the warnings about keys without effect, and the bounds that are expected."""

from pathlib import Path

import pytest

from sim.scenario.expectations import Expectation, parse_expectation
from sim.scenario.faults import InvalidValueError
from sim.scenario.reading import read_scenario
from sim.scenario.sources import SourcedQuantity, list_assumptions, list_quantities
from sim.scenario.warnings import scenario_warnings

DATA = Path(__file__).parent / "data"

TEXT = """\
start: 2025-01-01
end: 2027-01-01
source: the whole file
uncertain:
  growth: {uniform: {low: 1, high: 2}, source: a study, confidence: estimated}
demand:
  chat:
    customer: Lab
    source: a filing
    confidence: reported
    arrivals:
      curve: {points: {2025-01-01: 100 MW, 2026-01-01: {value: 200 MW, source: a talk}}, growth: $growth}
    size: {value: {lognormal: {median: 3 MW, sigma: 1}}, confidence: assumed}
    term: {value: 5 y, note: a guess}
    only: [Big]
providers: {Big: {sites: [West], presells: 6 mo}}
rights:
  first:
    holder: Big
    kind: first refusal
    over: {classes: [a]}
    appetite: {value: {a: 20 %}, source: an interview}
    until: {date: 2026-01-01, plus: 30 d, confidence: inferred}
supplies:
  chips: {unit: GPU, arrives: {2025-06-01: 3, 2025-07-01: {value: 4, source: a blog}}}
  crews: {unit: crew, arrives: {from: 2025-06-01, every: 1 mo, amount: 2}}
hardware: {h100: {it_kw_per_gpu: 1.3}}
sites:
  West:
    hardware: h100
    buildings:
      Hall:
        it_power: 5 MW
        count: 2
        when: committed > 80 %
        cancelled: {chance: 5 %, on: 2026-06-01}
        phases: {a: {takes: 3 mo, needs: {chips: fill, crews: 1}, source: a permit}}
expect: [unserved_mw.mean.p90 < 2000]
"""


@pytest.fixture
def stated(tmp_path: Path) -> Path:
    path = tmp_path / "stated.yaml"
    path.write_text(TEXT)
    return path


def test_every_quantity_is_told_with_its_source(stated: Path) -> None:
    found = {
        each.path: (each.value, each.source, each.confidence)
        for each in list_quantities(read_scenario(stated))
    }
    whole = ("the whole file", None)
    assert found == {
        "uncertain.growth": ("{uniform: {low: 1, high: 2}}", "a study", "estimated"),
        "hardware.h100.it_kw_per_gpu": ("1.3", *whole),
        "demand.chat.arrivals.curve.points.2025-01-01": ("100 MW", "a filing", "reported"),
        "demand.chat.arrivals.curve.points.2026-01-01": ("200 MW", "a talk", None),
        "demand.chat.arrivals.curve.growth": ("$growth", "a study", "estimated"),
        "demand.chat.size": ("{lognormal: {median: 3 MW, sigma: 1}}", None, "assumed"),
        "demand.chat.term": ("5 y", "a filing", "reported"),
        "providers.Big.presells": ("6 mo", *whole),
        "rights.first.until": ("{date: 2026-01-01, plus: 30 d}", None, "inferred"),
        "rights.first.appetite.a": ("20 %", "an interview", None),
        "supplies.chips.arrives.2025-06-01": ("3", *whole),
        "supplies.chips.arrives.2025-07-01": ("4", "a blog", None),
        "supplies.crews.arrives.from": ("2025-06-01", *whole),
        "supplies.crews.arrives.every": ("1 mo", *whole),
        "supplies.crews.arrives.amount": ("2", *whole),
        "sites.West.buildings.Hall.it_power": ("5 MW", *whole),
        "sites.West.buildings.Hall.phases.a.takes": ("3 mo", "a permit", None),
        "sites.West.buildings.Hall.phases.a.needs.crews": ("1", "a permit", None),
        "sites.West.buildings.Hall.when": ("committed > 80 %", *whole),
        "sites.West.buildings.Hall.cancelled.chance": ("5 %", *whole),
        "sites.West.buildings.Hall.cancelled.on": ("2026-06-01", *whole),
    }


def test_a_note_of_its_own_stays_beside_the_source_of_the_whole(stated: Path) -> None:
    terms = [each for each in list_quantities(read_scenario(stated)) if each.path == "demand.chat.term"]
    assert terms == [SourcedQuantity("demand.chat.term", "5 y", "a filing", "reported", "a guess")]


def test_what_is_assumed_or_said_by_nobody_is_unsourced(stated: Path) -> None:
    assert [each.path for each in list_assumptions(read_scenario(stated))] == ["demand.chat.size"]
    stated.write_text(TEXT.replace("source: the whole file\n", ""))
    without = [each.path for each in list_assumptions(read_scenario(stated))]
    assert "providers.Big.presells" in without
    assert "demand.chat.term" not in without
    assert "rights.first.until" not in without


def test_every_path_that_is_told_can_be_set(stated: Path) -> None:
    scenario = read_scenario(stated)
    for each in list_quantities(scenario):
        again = scenario.replace({each.path: each.value})
        assert {each.path for each in list_quantities(again)} == {
            each.path for each in list_quantities(scenario)
        }


def test_an_empty_set_of_numbers_has_no_sources(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("start: 2025-01-01\nend: 2026-01-01\n")
    assert list_quantities(read_scenario(path)) == []


def test_what_has_no_effect_is_remarked_on() -> None:
    told = scenario_warnings(
        read_scenario(
            DATA / "small.yaml",
            {
                "rights.first refusal.window": "0 d",
                "rights.first refusal.holds_capacity": True,
                "rights.first refusal.over.classes": ["inference", "training"],
                "rights.first refusal.until": "2024-01-01",
                "rights.late": {"holder": "Big", "kind": "exclusive", "from": "2028-01-01"},
                "overflow.order": ["Big"],
                "supplies.crews": {"unit": "crew"},
                "uncertain.unused": 3,
                "sites.North": {"online": "1 MW"},
                "providers.Big.keeps_back": "5 MW",
            },
        )
    )
    assert [str(each).removeprefix("--set: ") for each in told] == [
        'rights.first refusal.holds_capacity: "true": has no effect, since the window is 0: '
        "the holder answers at once; write a window, or remove it",
        'rights.first refusal.over.classes.1: "training": is a class that no stream of the customer has; '
        "check the classes of demand",
        'rights.first refusal.until: "2024-01-01": has no effect: the right ends before the start',
        'rights.late.from: "2028-01-01": has no effect: the right begins after the end',
        f"{DATA}/small.yaml:23: providers.Neo: is never asked; name it in the order of overflow",
        "providers.Big.keeps_back: is kept back for its own demand, and there is none: nobody ever gets it;"
        " write a stream of demand with customer: Big, or remove it",
        "sites.North: is a site that no provider sells from; name it in the sites of a provider",
        "supplies.crews: is a supply that no phase needs; name it in needs",
        "uncertain.unused: is used nowhere; write $unused where it counts",
    ]


def test_what_is_kept_back_for_own_demand_is_not_remarked_on() -> None:
    own = {"customer": "Big", "size": "1 MW", "term": "1 y", "arrivals": {"poisson": {"rate": "1 /mo"}}}
    scenario = read_scenario(DATA / "small.yaml", {"providers.Big.keeps_back": "5 MW", "demand.own": own})
    assert not any("keeps_back" in str(each) for each in scenario_warnings(scenario))


def test_a_scenario_in_which_all_counts_has_no_remarks() -> None:
    assert scenario_warnings(read_scenario(DATA / "small.yaml")) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("unserved_mw.mean.p90 < 2000", Expectation("unserved_mw.mean", "p90", "<", 2000)),
        ("provider.Big Cloud.share.ci_low>=.2", Expectation("provider.Big Cloud.share", "ci_low", ">=", 0.2)),
        ("lost_share.mean == 0", Expectation("lost_share", "mean", "==", 0)),
        ("spend.ci_high <= 1e9", Expectation("spend", "ci_high", "<=", 1e9)),
        ("idle_mw.at.2026-01-01.p50 > -3.5", Expectation("idle_mw.at.2026-01-01", "p50", ">", -3.5)),
    ],
)
def test_expectations_have_a_small_grammar(written: str, expected: Expectation) -> None:
    assert parse_expectation(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x < 3",
        "a.mean << 3",
        "a.mean < b",
        "a.mean < 3; import os",
        "a.mean != 3",
        "a.median < 3",
        ".mean < 3",
    ],
)
def test_what_is_no_expectation(written: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_expectation(written)


def test_an_expectation_holds_or_not() -> None:
    for op, below, at, above in (
        ("<", True, False, False), ("<=", True, True, False), ("==", False, True, False),
        (">=", False, True, True), (">", False, False, True),
    ):  # fmt: skip
        bound = parse_expectation(f"x.mean {op} 2")
        assert [bound.holds(value) for value in (1.0, 2.0, 3.0)] == [below, at, above]
