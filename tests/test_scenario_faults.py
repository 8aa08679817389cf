# ruff: noqa: E501  (a sentence stands in one line)
"""The sentences of a faulty scenario: all at once, each once, at its line."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.faults import Fault, Place, ScenarioError, suggestion
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import to_node

SMALL = Path(__file__).parent / "data" / "small.yaml"
SMALL_PLACE = Place("small.yaml", 1)

CASES = """
end = 2024-01-01
    end: "2024-01-01": is not after start; write a date after 2025-01-01
measure_from = 2027-01-01
    measure_from: "2027-01-01": is not between start and end; write a date from 2025-01-01 to 2027-01-01
report_at = [2025-06-01, 2027-06-01]
    report_at.1: "2027-06-01": is not between start and end; write a date from 2025-01-01 to 2027-01-01
report_at = 2025-06-01
    report_at: "2025-06-01": is not a list; write [2025-06-01]
seed = -1
    seed: "-1": must not be below 0; write 0, or more
replications = 1_000
    replications: "1_000": is not a whole number; write a number such as 8
uncertain.later = 5 GWh
    uncertain.later: "5 GWh": is not a quantity that a scenario can state; write a power, a duration, ...
uncertain.later = {uniform: {low: $later, high: 3}}
    uncertain.later.uniform.low: "$later": names no number of uncertain before it; choose one of growth, delay
uncertain.delay = 3 MW
    sites.East.buildings.Annex.phases.fit out.takes: "$delay": is a power, expected a duration; state delay as 18 mo
uncertain = null
    demand.chat.arrivals.poisson.growth: "$growth": names no number of uncertain; there is none to choose from
    sites.East.buildings.Annex.phases.fit out.takes: "$delay": names no number of uncertain; there is none to choose from
hardware.h100.it_kw_per_gpu = 1.3 MWh
    hardware.h100.it_kw_per_gpu: "1.3 MWh": is an energy, expected a power; write it as 2.09 kW
demand.chat = {customer: Lab}
    demand.chat: asks for nothing; write arrivals or in_place
demand.chat.arrivals = {}
    demand.chat.arrivals: are not stated; write one of poisson, curve, deals, trace
demand.chat.arrivals = {poisson: {rate: 1 /mo}, curve: {points: {2025-01-01: 1 MW}}}
    demand.chat.arrivals: are stated in 2 ways: poisson, curve; write one of poisson, curve, deals, trace
demand.chat.arrivals = {deals: {}}
    demand.chat.arrivals.deals: has no deal; write NAME: {asked: 2025-03-01}
demand.chat.arrivals = {poisson: {rate: 1 MW}}
    demand.chat.arrivals.poisson.rate: "1 MW": is a power, expected a rate; write it as 2 /mo
demand.chat.arrivals = {poisson: {rate: 10 /s}}
    demand.chat: makes for 6.3e+08 requests, more than 1e+08; ask for fewer and larger ones
demand.chat.arrivals = {poisson: {rate: 1 /d, growth: 1e9}}
    demand.chat: makes for 1.7e+19 requests, more than 1e+08; ask for fewer and larger ones
demand.chat.arrivals = {curve: {points: {2025-01-01: 1 MW, 2025-01-01T00:00: 2 MW}}}
    demand.chat.arrivals.curve.points.2025-01-01T00:00: "2025-01-01T00:00": is a duplicate date; write it once
demand.chat.arrivals = {curve: {points: {2025-01-01: 0 MW}}}
    demand.chat.arrivals.curve.points.2025-01-01: "0 MW": must be above 0; write a power such as 105 MW
demand.chat.arrivals = {curve: {points: [1 MW]}}
    demand.chat.arrivals.curve.points: "[1 MW]": is not a map of dates; write {2026-01-01: 105 MW, ...}
demand.chat.arrivals = {deals: {a: {asked: 2025-03-01, wanted: 2025-02-01}}}
    demand.chat.arrivals.deals.a.wanted: "2025-02-01": is wanted before it is asked; write a date from 2025-03-01
demand.chat.arrivals = {deals: {a: {asked: 2025-03-01, ramp: {2025-02-01: 1 MW}, size: 3 MW}}}
    demand.chat.arrivals.deals.a.size: "3 MW": has no meaning beside a ramp; remove it
    demand.chat.arrivals.deals.a.ramp: "2025-02-01": is wanted before it is asked; write a date from 2025-03-01
demand.chat.size = null
    demand.chat.size: is missing, and its requests need it; write size: 300 MW
demand.chat.term = null
    demand.chat.term: is missing, and what is in place needs it; write term: 5 y
demand.chat.customer = null
    demand.chat.customer: is missing; write customer: ...
demand.chat.in_place = {East: 1 MW}
    sites.East.online: "0 MW": is less than the 1 MW that are in place there; write more, or less in place
demand.chat.in_place = {East: 1 MW, Wst: 2 MW}
    demand.chat.in_place.Wst: "Wst": is not a site that a provider sells from; did you mean West?
demand.chat.size = {lognormal: {median: 300 MW, sigma: 0}}
    demand.chat.size.lognormal.sigma: "0": must be above 0, since it is a sigma; write a positive number
demand.chat.size = {uniform: {low: -1 MW, high: 5 MW}}
    demand.chat.size: "{uniform: {low: -1 MW, high: 5 MW}}": must be above 0; write a power such as 105 MW
demand.chat.lead = -9 mo
    demand.chat.lead: "-9 mo": must not be below 0; write a duration such as 18 mo
demand.chat.patience = NaN
    demand.chat.patience: "NaN": is not a duration; write a finite number, or leave the key out
demand.chat.block = 0 kW
    demand.chat.block: "0 kW": must be above 0; write a power such as 105 MW
demand.chat.split = nevr
    demand.chat.split: "nevr": is not a valid value; did you mean never?
demand.chat.priority = high
    demand.chat.priority: "high": is not a whole number; write a number such as 8
demand.chat.only = Big
    demand.chat.only: "Big": is not a list; write [Big]
demand.chat.only = [Big, Bigg, Big]
    demand.chat.only.1: "Bigg": names no provider; did you mean Big?
    demand.chat.only.2: "Big": is a duplicate; write it once
demand.chat.confidence = certain
    demand.chat.confidence: "certain": is not a valid value; choose one of reported, estimated, inferred, assumed
demand.code = text
    demand.code: "text": does not state a stream; write {customer: ..., ...}
providers.Neo.sites = [East, Wst]
    providers.Neo.sites.1: "Wst": names no site; did you mean West?
providers.Neo.presells = 12
    providers.Neo.presells: "12": has no unit, expected a duration; write its unit, as in 18 mo
providers.Neo.price = 11.6 M$/MW
    providers.Neo.price: "11.6 M$/MW": is a cost per power, expected a price; write it as 13.3 M$/MW/y
rights.first refusal.holder = big
    rights.first refusal.holder: "big": names no provider; did you mean Big?
providers.Big.site_policy = largest
    providers.Big.site_policy: "largest": is not a valid value; choose one of soonest, in order
providers.Big.appetite = {inference: 120 %}
    providers.Big.appetite.inference: "120 %": must be between 0 % and 100 %; write a share such as 95 %
providers.Big.appetite = {infrence: 20 %}
    providers.Big.appetite.infrence: "infrence": is not a class that is asked for; did you mean inference?
rights.first refusal.kind = exclusive
    rights.first refusal.window: "30 d": has no meaning for an exclusive right; remove it
rights.first refusal.kind = first
    rights.first refusal.kind: "first": is not a valid value; choose one of exclusive, first refusal
rights.first refusal.over = {customer: Laboratory, class: inference}
    rights.first refusal.over.class: "inference": is not a key of over; did you mean classes?
    rights.first refusal.over.customer: "Laboratory": is not a customer of any stream; choose one of Lab
rights.first refusal.over.classes = inference
    rights.first refusal.over.classes: "inference": is not a list; write [inference]
rights.first refusal.appetite = 120 %
    rights.first refusal.appetite: "120 %": must be between 0 % and 100 %; write a share such as 95 %
rights.first refusal.appetite = 80
    rights.first refusal.appetite: "80": must be between 0 % and 100 %; write 80 %
rights.first refusal.appetite = {lognormal: {mean: 50 %, cv: 1}}
    rights.first refusal.appetite: "{lognormal: {mean: 50 %, cv: 1}}": must be between 0 % and 100 %; write a share such as 95 %
rights.first refusal.appetite = {infrence: 20 %}
    rights.first refusal.appetite.infrence: "infrence": is not a class that the right covers; did you mean inference?
    rights.first refusal.appetite: does not state the class inference; write inference: 80 %
rights.first refusal = {holder: Big, kind: first refusal, appetite: {value: {training: 20 %}}}
    rights.first refusal.appetite.value.training: "training": is not a class that the right covers; choose one of inference
    rights.first refusal.appetite.value: does not state the class inference; write inference: 80 %
rights.first refusal.max_delay = matches
    rights.first refusal.max_delay: "matches": is not a duration; write it as 18 mo, or match, or never
rights.first refusal.partial = yes
    rights.first refusal.partial: "yes": is neither true nor false; write true
rights.first refusal.holds_capacity = off
    rights.first refusal.holds_capacity: "off": is neither true nor false; write false
overflow.policy = fastest
    overflow.policy: "fastest": is not a valid value; choose one of soonest, cheapest, most room, in order
overflow.order = [Oracle]
    overflow.order.0: "Oracle": names no provider; choose one of Big, Neo
waiting.bypass = false
    waiting.bypass: "false": cannot be false where there is a first refusal (first refusal); remove the right, or let others pass: bypass: true
supplies.fund.unit = dollars
    supplies.fund.initial: "1 B$": is an amount of money, expected a count of dollars; write it as 4 dollars
    sites.East.buildings.Annex.phases.shell.needs.fund: "10 M$/MW": is a cost per power, expected a count of dollars per MW; write it as 1 /MW
supplies.fund.unit = gpu
    supplies.fund.unit: "gpu": has the unknown unit gpu; did you mean GPU?
supplies.fund.initial = -1 B$
    supplies.fund.initial: "-1 B$": must not be below 0; write an amount of money such as 100 B$
supplies.chips.arrives = {every: 0 d, amount: 3 $, frm: 2025-01-01}
    supplies.chips.arrives.frm: "2025-01-01": is not a key of regular arrivals; did you mean from?
    supplies.chips.arrives.from: is missing; write from: ...
    supplies.chips.arrives.every: "0 d": must be above 0; write a duration such as 18 mo
    supplies.chips.arrives.amount: "3 $": is an amount of money, expected a count of GPUs; write it as 30000 GPU
supplies.grid.arrives = {2025-06-31: 200, 2025-07-01: 3 GPU}
    supplies.grid.arrives.2025-06-31: "2025-06-31": is a date that does not exist; that month has 30 days
    supplies.grid.arrives.2025-07-01: "3 GPU": is a count of GPUs, expected a power; write it as 105 MW
sites.West.online = 50 MW
    sites.West.online: "50 MW": is less than the 100 MW that are in place there; write more, or less in place
sites.West.online = 1.2 - 1.4 GW
    sites.West.online: "1.2 - 1.4 GW": is a range; write a law, such as {uniform: {low: 105 MW, high: ...}}
sites.West.hardware = h200
    sites.West.hardware: "h200": names no hardware; did you mean h100?
sites.West.pue = 0.9
    sites.West.pue: "0.9": must not be below 1; write a number such as 1.4
sites.West.outages = {every: 90 d, lasts: 3 h, takes: 5 h}
    sites.West.outages.takes: "5 h": is a duration, expected a share; write it as 95 %
sites.West.outages = {every: 0 d, last: 3 h, takes: 500 %}
    sites.West.outages.last: "3 h": is not a key of outages; did you mean lasts?
    sites.West.outages.every: "0 d": must be above 0; write a duration such as 18 mo
    sites.West.outages.lasts: is missing; write lasts: ...
    sites.West.outages.takes: "500 %": must be between 0 % and 100 %; write a share such as 95 %
sites.East.buildings.Hall = {planned: 2026-01-01}
    sites.East.buildings.Hall: has no power; write one of it_power and power
sites.East.buildings.Hall = {it_power: 1 MW, power: 2 MW}
    sites.East.buildings.Hall: has both it_power and power; write one of it_power and power
    sites.East.buildings.Hall: has neither planned nor phases; write planned: DATE, or phases and when they begin
sites.East.buildings.Hall.it_power = $growth
    sites.East.buildings.Hall.it_power: "$growth": is a number, expected a power; state growth as 105 MW
sites.East.buildings.Hall.planned = 2025-02-30
    sites.East.buildings.Hall.planned: "2025-02-30": is a date that does not exist; that month has 28 days
sites.East.buildings.Hall.begins = 2025-02-01
    sites.East.buildings.Hall.begins: "2025-02-01": has no meaning without phases; remove it
sites.East.buildings.Hall.every = 30 d
    sites.East.buildings.Hall.every: "30 d": has no meaning for one building; remove it
sites.East.buildings.Hall.count = 0
    sites.East.buildings.Hall.count: "0": must not be below 1; write 1, or more
sites.East.buildings.Hall.review = {chance: 40 %, then: 90 d}
    sites.East.buildings.Hall.review: "{chance: 40 %, then: 90 d}": must be above 0; write a duration such as 18 mo
sites.East.buildings.Hall.cancelled = {chance: 3, on: 2026-02-30}
    sites.East.buildings.Hall.cancelled.chance: "3": must be between 0 % and 100 %; write 3 %
    sites.East.buildings.Hall.cancelled.on: "2026-02-30": is a date that does not exist; that month has 28 days
sites.East.buildings.Annex 2 = {it_power: 1 MW, planned: 2026-01-01}
    sites.East.buildings.Annex 2: is also the name of building 2 of Annex; write another name
sites.East.buildings.Annex.slip = 3 d
    sites.East.buildings.Annex.slip: "3 d": has no meaning with phases, whose durations say when it comes online; remove it
sites.East.buildings.Annex.begins = 2025-06-01
    sites.East.buildings.Annex: has phases that begin in 2 ways: begins, after; write one of begins, after, when
sites.East.buildings.Annex.after = null
    sites.East.buildings.Annex: has phases, but does not say when they begin; write one of begins, after, when
sites.East.buildings.Annex.after = Hal
    sites.East.buildings.Annex.after: "Hal": names no building; did you mean Hall?
sites.East.buildings.Annex.after = West.Hall
    sites.East.buildings.Annex.after: "West.Hall": names no building; did you mean East.Hall?
sites.East.buildings.Annex.after = East.Annex
    sites.East.buildings.Annex.after: "East.Annex": never begins: East.Annex after East.Annex; let one begin on a date
sites.East.buildings.Annex.phases = {}
    sites.East.buildings.Annex.phases: has no phase; write NAME: {takes: 12 mo}
sites.East.buildings.Annex.phases.shell.needs = {fnd: 1, chips: 1 /MW, grid: fill, fund: 3 GPU}
    sites.East.buildings.Annex.phases.shell.needs.grid: "fill": asks for GPUs, but grid is counted in MW; write an amount
    sites.East.buildings.Annex.phases.shell.needs.fnd: "fnd": names no supply; did you mean fund?
    sites.East.buildings.Annex.phases.shell.needs.fund: "3 GPU": is a count of GPUs, expected an amount of money; write it as 100 B$
sites.East.hardware = null
    sites.East.buildings.Annex.phases.fit out.needs.chips: "fill": asks for the GPUs that fill the building, whose hardware is not stated; write hardware for the building or its site
hardware.h100.it_kw_per_gpu = null
    sites.East.buildings.Annex.phases.fit out.needs.chips: "fill": asks for GPUs, but the hardware h100 does not say what one draws; write it_kw_per_gpu for it
sites.East.buildings.Yard = {it_power: 1 MW, phases: {a: {takes: 1 mo}}, when: sold > 3, count: 2, every: 3 d}
    sites.East.buildings.Yard.every: "3 d": has no meaning with when, by which one begins after the other; remove it
    sites.East.buildings.Yard.when: "sold > 3": is not a valid trigger; write committed > 80 %
sites.East.buildings.Yard = {it_power: 1 MW, phases: {a: {takes: 1 mo}}, when: committed > 180 %}
    sites.East.buildings.Yard.when: "committed > 180 %": must be between 0 % and 100 %; write committed > 80 %
sites.a.b = {}
    sites.a.b: is not a path of this scenario: there is no a in sites; choose one of West, East
contracts.take or pay.take_or_pay = $250B
    contracts.take or pay.take_or_pay: "$250B": is not an amount of money; write 250 B$
contracts.take or pay.provider = Nobody
    contracts.take or pay.provider: "Nobody": names no provider; choose one of Big, Neo
expect = [unserved < 3, a.mean.p90 = 3, a.mean.p95 < 3]
    expect.0: "unserved < 3": is not a valid expectation; write METRIC.STATISTIC < NUMBER, as unserved_mw.mean.p90 < 2000
    expect.1: "a.mean.p90 = 3": is not a valid expectation; write METRIC.STATISTIC < NUMBER, as unserved_mw.mean.p90 < 2000
    expect.2: "a.mean.p95 < 3": does not end in a statistic, but in p95; did you mean p90?
"""
PAIRS = re.findall(r"^(\S.*?) = (.*)\n((?:    .*\n)+)", CASES, re.MULTILINE)


def sentences(overrides: dict[str, object]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(SMALL, overrides)
    return [re.sub(r"^(--set|.*small\.yaml:\d+): ", "", line) for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("path", "value", "expected"), PAIRS, ids=[f"{path}={value}" for path, value, _ in PAIRS]
)
def test_the_sentence_of_each_fault(path: str, value: str, expected: str) -> None:
    assert sorted(sentences({path: value})) == sorted(line.strip() for line in expected.splitlines())


def test_buildings_may_not_wait_for_each_other_in_a_round() -> None:
    phases = "phases: {a: {takes: 1 mo}}"
    one = f"{{it_power: 1 MW, after: East.Two, {phases}}}"
    two = f"{{it_power: 1 MW, after: West.One, {phases}}}"
    third = f"{{it_power: 1 MW, after: Two, {phases}}}"
    overrides = {
        "sites.West.buildings": f"{{One: {one}}}",
        "sites.East.buildings.Two": two,
        "sites.East.buildings.Three": third,
    }
    assert sentences(overrides) == [
        'sites.East.buildings.Two.after: "West.One": never begins: East.Two after West.One after East.Two; let one begin on a date'
    ]


def test_a_fault_says_what_it_knows() -> None:
    assert str(
        Fault("a.yaml", 12, "sites.A.pue", "1.4 MW", "is a power, expected a number", "write 1.4")
    ) == ('a.yaml:12: sites.A.pue: "1.4 MW": is a power, expected a number; write 1.4')
    assert str(Fault("a.yaml", None, "", None, "cannot be read")) == "a.yaml: cannot be read"
    with pytest.raises(ScenarioError) as caught:
        read_scenario(SMALL, {"sites.West.pue": "0.8"})
    assert caught.value.faults == (
        Fault("--set", None, "sites.West.pue", "0.8", "must not be below 1", "write a number such as 1.4"),
    )
    fault = Fault("a.yaml", 1, "seed", "x", "is wrong")
    assert ScenarioError([fault, fault]).faults == (fault,)


@pytest.mark.parametrize(
    ("word", "known", "remedy"),
    [
        ("windw", ["window", "until"], "did you mean window?"),
        ("MICROSOFT", ["Microsoft", "Oracle"], "did you mean Microsoft?"),
        ("zzz", ["window", "until"], "choose one of window, until"),
        (
            "zzz",
            [f"n{number}" for number in range(13)],
            "choose one of n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, ...",
        ),
        ("zzz", [], "there is none to choose from"),
    ],
)
def test_what_was_meant(word: str, known: list[str], remedy: str) -> None:
    assert suggestion(word, known) == remedy


NASTY: list[Any] = [
    None, "", "x", "5", "-1", "1e9 GW", "$growth", "$nope", "$", "nan", "a.b", "2026-02-30", "1 /MW", "fill", "%",
    [], ["a"], [{}], [["b"]], {}, {"value": {}}, {"value": ["a"]}, {"value": "3 MW", "confidence": "z"},
    {"date": "x"}, {"chance": "x"}, {"uniform": []}, {"uniform": {"low": "1 d", "high": "$growth"}},
    {"empirical": {"file": ["a"]}}, {"discrete": {"values": ["1 d"], "weights": {"a": "b"}}}, {"5": {"6": {"7": "8"}}},
]  # fmt: skip


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path in a tree, its root left out."""
    for key, part in (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    ):
        yield (*path, key)
        yield from places(part, (*path, key))


def test_no_nonsense_ends_in_anything_but_sentences_of_ours() -> None:
    tree = read_scenario(SMALL).tree
    read = 0
    for number, path in enumerate(places(tree)):
        for value in NASTY[number % 3 :: 3]:
            changed = copy.deepcopy(tree)
            part = changed
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = value
            try:
                scenario = ScenarioFile.from_node(to_node(changed, SMALL_PLACE), SMALL, {})
            except ScenarioError as error:
                told = str(error)
                assert "Input should" not in told, (path, value, told)
                assert "Value error" not in told, (path, value, told)
            else:
                read += 1
                assert (
                    ScenarioFile.from_node(to_node(scenario.resolved_tree(), SMALL_PLACE), SMALL, {})
                    == scenario
                ), (
                    path,
                    value,
                )
    assert read > 20
