"""Money by contract, in timelines worked out by hand: what is due, spent, late and owed.

The price is 1 $ per kW and day everywhere (365.25 k$/MW/y), so that dollars are kW-days. Day 0 is 2026-01-01.
"""

from pathlib import Path

import pytest

from sim.model.run import Engine
from sim.model.sampling import sample_inputs
from sim.results.settlements import exclusive_spans
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.warnings import scenario_warnings
from sim.show.describe import describe_scenario
from sim.study.run import run_scenario

LATE = """\
start: 2026-01-01
end: 2027-07-01
replications: 1
demand:
  first: {customer: Lab, size: 10 MW, term: 100 d, arrivals: {deals: {d: {asked: 2026-01-01}}}}
  second: {customer: Lab, size: 20 MW, term: 1 y, arrivals: {deals: {d: {asked: 2027-01-01}}}}
providers: {P: {sites: [A, B], presells: 3 y, price: 365.25 k$/MW/y, cost: 36.525 k$/MW/y}}
sites:
  A: {buildings: {hall: {it_power: 10 MW, planned: 2026-03-02, slip: 30 d}}}
  B: {buildings: {hall: {it_power: 20 MW, planned: 2026-12-31}}}
contracts: {c: {customer: Lab, provider: P, take_or_pay: 7.3 M$, until: 2028-01-01, settled: yearly}}
"""
SCHEDULE = """\
start: 2026-01-01
end: 2027-01-11
replications: 1
demand:
  base: {customer: Lab, in_place: {A: 5 MW}, term: 9 y}
  new: {customer: Lab, size: 2 MW, term: 9 y, arrivals: {deals: {d: {asked: 2026-01-01}}}}
  other: {customer: Bank, size: 1 MW, term: 9 y, arrivals: {deals: {d: {asked: 2026-01-01}}}}
providers: {P: {sites: [A], price: 365.25 k$/MW/y}}
sites: {A: {online: 10 MW}}
contracts:
  c:
    customer: Lab
    provider: P
    schedule: {2026-01-01: 3.65 M$, 2027-01-01: 36.5 M$}
    until: 2028-01-01
    counts: [base]
"""
ALONE = """\
start: 2026-01-01
end: 2027-01-01
replications: 1
demand: {s: {customer: Lab, size: 10 MW, term: 300 d, arrivals: {deals: {d: {asked: 2026-01-11}}}}}
providers:
  P: {sites: [A], price: 365.25 k$/MW/y}
  Q: {sites: [B], presells: 1 y, price: 365.25 k$/MW/y}
overflow: {policy: in order}
sites: {A: {online: 4 MW}, B: {online: 10 MW}}
rights: {r: {holder: P, kind: exclusive, until: 2026-04-11}}
contracts: {c: {customer: Lab, provider: P, take_or_pay: 2 M$, until: 2026-07-20}}
"""
BANK = {
    "customer": "Bank", "size": "20 MW", "term": "30 d", "only": ["P"],
    "arrivals": {"deals": {"d": {"asked": "2026-01-01"}}},
}  # fmt: skip
FIRST = {"holder": "Q", "kind": "first refusal", "until": "2026-02-10"}
LAST = {"holder": "P", "kind": "exclusive", "until": "2026-04-11"}
HALL = {"buildings": {"hall": {"it_power": "10 MW", "planned": "2026-03-22"}}}


def scenario_of(text: str, folder: Path, **overrides: object) -> ScenarioFile:
    path = folder / "hand.yaml"
    path.write_text(text)
    return read_scenario(path).replace({key.replace("__", "."): value for key, value in overrides.items()})


def money(scenario: ScenarioFile, engine: Engine = "simpy") -> dict[str, float]:
    """The metrics of the only replication."""
    values = run_scenario(scenario, workers=1, engine=engine).metric_values
    return {name: column[0] for name, column in values.items() if column[0] is not None}


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_settled_yearly_and_late(tmp_path: Path, engine: Engine) -> None:
    """10,000 $ a day are due. The hall of day 60 comes on day 90; the first year is not made good by the second.

    2026: due 3.65 M$; 10 MW from day 90 to 190 are 1.0 M$; 10 MW late from day 60 to 90 are 0.3 M$; owed 2.35 M$
    2027: due 1.81 M$ for the 181 days to the end of the run; 20 MW are 3.62 M$; owed 0
    """
    found = money(scenario_of(LATE, tmp_path), engine)
    assert found["provider.P.spend"] == pytest.approx(4.62e6)
    assert found["provider.P.take_or_pay"] == found["take_or_pay"] == pytest.approx(2.35e6)
    assert found["provider.P.revenue"] == found["revenue"] == pytest.approx(6.97e6)
    # A tenth of a $ per kW and day: 10 MW online from day 90 to 546, and 20 MW from day 364.
    assert found["provider.P.margin"] == found["margin"] == pytest.approx(6.97e6 - 456e3 - 364e3)


@pytest.mark.parametrize(
    ("overrides", "owed_usd"),
    [
        ({"contracts__c__settled": "at the end"}, 5.46e6 - 1.0e6 - 0.3e6 - 3.62e6),
        ({"contracts__c__late_counts": False}, 2.65e6),
        # 2026 is settled on 1 January 2027, and what a settlement ends lies before it.
        ({"measure_from": "2027-01-01"}, 0.0),
        ({"measure_from": "2026-12-31"}, 2.35e6),
        # From day 0 to 181: 10,000 $ a day, 0.91 M$ spent from day 90 on, 0.3 M$ late. Nothing is due afterwards.
        ({"contracts__c__until": "2026-07-01", "contracts__c__take_or_pay": "1.81 M$"}, 0.6e6),
        # 60 days late until the hall is given up on day 120; nobody promised it afterwards.
        ({"sites__A__buildings__hall__slip": "300 d", "sites__A__buildings__hall__cancelled": "2026-05-01",
          "sites__B": "{online: 0 MW}", "contracts__c__until": "2026-07-01", "contracts__c__take_or_pay": "1.81 M$"},
         1.21e6),
        # It gives up on day 70, ten days after the promise.
        ({"demand__first__patience": "70 d", "contracts__c__until": "2026-07-01",
          "contracts__c__take_or_pay": "1.81 M$"}, 1.71e6),
        # Only P may serve it: then all 90 days from when it is wanted are late, those after the promise once.
        ({"demand__first__only": ["P"]}, 1.75e6),
        # What is late for the Bank is no relief to Lab. (In 2027 Lab spends less, but still more than is due.)
        ({"demand__bank": BANK}, 2.35e6),
        # Its own demand pays nothing, and is owed nothing for.
        ({"demand__first__customer": "P", "demand__second__customer": "P", "contracts__c__customer": "P"}, 5.46e6),
    ],
)  # fmt: skip
def test_other_terms(tmp_path: Path, overrides: dict[str, object], owed_usd: float) -> None:
    """As above, but for what is set: each case says what it changes."""
    assert money(scenario_of(LATE, tmp_path, **overrides))["take_or_pay"] == pytest.approx(owed_usd)


def test_a_schedule_and_the_streams_that_count(tmp_path: Path) -> None:
    """Due: 3.65 M$ for 2026, and a 36.5th of 36.5 M$ for ten days of 2027. 5 MW in place count for 375 days.

    The 2 MW of another stream of the same customer do not count, unless they are named; those of the Bank never do.
    """
    scenario = scenario_of(SCHEDULE, tmp_path)
    assert money(scenario)["take_or_pay"] == pytest.approx(4.65e6 - 1.875e6)
    for counts in (["base", "new"], None):
        both = scenario.replace({"contracts.c.counts": counts})
        assert money(both)["take_or_pay"] == pytest.approx(4.65e6 - 1.875e6 - 0.75e6)
    yearly = scenario.replace({"contracts.c.settled": "yearly", "contracts.c.schedule.2027-01-01": "0 $"})
    assert money(yearly)["take_or_pay"] == pytest.approx(3.65e6 - 1.825e6)


@pytest.mark.parametrize(
    ("overrides", "late_usd"),
    [
        # P has 4 MW of 10 on day 10, and until day 100 nobody else may serve the rest.
        ({}, 6_000 * 90),
        ({"rights__r__until": "2026-02-10"}, 6_000 * 30),
        ({"contracts__c__late_counts": False}, 0),
        # It gives up the rest after 30 days.
        ({"demand__s__patience": "30 d"}, 6_000 * 30),
        # Q answers first to day 40, takes 2 MW of 10, and leaves 4 to P; then P is alone, and 4 MW wait to day 100.
        ({"rights": {"q": FIRST, "r": LAST}, "sites__B__online": "2 MW"}, 4_000 * 60),
        # What Q promised before P was alone, for its hall of day 80, is not P's to serve: none of it is late by P.
        ({"sites__B": HALL, "rights__r__from": "2026-02-10"}, 0),
    ],
)  # fmt: skip
def test_late_where_nobody_else_may_serve(
    tmp_path: Path, overrides: dict[str, object], late_usd: float
) -> None:
    """2 M$ are due by day 200, 4 MW for 190 days are spent with P, and what is late comes off."""
    scenario = scenario_of(ALONE, tmp_path, **overrides)
    assert money(scenario)["take_or_pay"] == pytest.approx(2e6 - 4_000 * 190 - late_usd)


def test_late_where_only_one_may_serve(tmp_path: Path) -> None:
    """Of 10 MW, P serves 4 from day 10, 4 from day 60 and 2 from day 110, each for 50 days.

    Until then they are late: 6 MW for 50 days, and 2 MW for 50 more.
    """
    scenario = scenario_of(ALONE, tmp_path, rights=None, demand__s__only=["P"], demand__s__term="50 d")
    assert money(scenario)["take_or_pay"] == pytest.approx(2e6 - 500e3 - 300e3 - 100e3)


def test_when_one_alone_may_serve(tmp_path: Path) -> None:
    """The first right in force decides: Q answers first to day 40, P is alone to day 100, then nobody is."""
    scenario = scenario_of(ALONE, tmp_path, rights={"q": FIRST, "r": LAST})
    inputs = sample_inputs(scenario, 1, 0)
    day = 86_400_000_000
    assert exclusive_spans(inputs, inputs.groups[0], 0) == [(40 * day, 100 * day)]
    assert exclusive_spans(inputs, inputs.groups[0], 1) == []


def test_contracts_in_words(tmp_path: Path) -> None:
    words = [dict(describe_scenario(scenario_of(text, tmp_path)))["Contract c"] for text in (LATE, SCHEDULE)]
    assert words == [
        "Lab owes P 0.0073 B$, used or not, from the start until 2028-01-01; all its use there counts towards it,"
        " and what comes late; settled yearly",
        "Lab owes P 0.00365 B$ from 2026-01-01 and 0.0365 B$ from 2027-01-01, used or not, each amount until the next"
        " until 2028-01-01; its use there by base counts towards it, and what comes late; settled at the end",
    ]


def test_a_contract_that_is_over_before_the_start_is_warned_of(tmp_path: Path) -> None:
    scenario = scenario_of(LATE, tmp_path, contracts__c__from="2024-01-01", contracts__c__until="2025-01-01")
    expected = 'contracts.c.until: "2025-01-01": has no effect: the contract ends before the start'
    assert [str(each).partition(": ")[2] for each in scenario_warnings(scenario)] == [expected]
    assert money(scenario)["take_or_pay"] == 0
