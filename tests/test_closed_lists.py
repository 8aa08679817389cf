"""Closed lists are closed: what one file adds alone is refused by all others, and never played as something else."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import alike
import numpy as np
import pytest

from sim.model import capacity_events, outcomes, rules
from sim.model.arrivals import SPLIT_CODES
from sim.model.capacity_events import EVENT_NAMES, EventKind, enters_plan, leaves_plan, power_after
from sim.model.compiled import cache, codes
from sim.model.ledger import COMMITMENT_COLUMNS, DELIVERY_COLUMNS, RELEASE_COLUMNS
from sim.model.run import Engine, Run, play, play_inputs
from sim.model.sampling import sample_inputs
from sim.results.tables import name_column
from sim.scenario.overflow_policies import OVERFLOW_POLICIES, OverflowPolicy
from sim.scenario.reading import read_scenario
from sim.scenario.right_kinds import RIGHT_KINDS
from sim.scenario.schema import ScenarioFile
from sim.scenario.site_policies import SITE_POLICIES
from sim.scenario.splits import SPLITS

ENGINES: tuple[Engine, ...] = get_args(Engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_policy_that_only_the_scenario_knows_is_refused_by_both_clocks(
    small: ScenarioFile, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    """Not played as another, as a policy with no code once was: as `in order`, or as `soonest`."""
    policy = OverflowPolicy("largest", offered="to the largest first", basis="", basis_not_asked="")
    monkeypatch.setitem(OVERFLOW_POLICIES, "largest", policy)  # type: ignore[arg-type]
    inputs = replace(sample_inputs(small, 1, 0), overflow_policy="largest")
    with pytest.raises(KeyError, match="largest"):
        play_inputs(inputs, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_site_policy_that_only_the_scenario_knows_is_refused_by_both_clocks(
    small: ScenarioFile, engine: Engine
) -> None:
    inputs = sample_inputs(small, 1, 0)
    providers = [replace(each, sites=(0, 1), site_policy="largest") for each in inputs.providers]
    with pytest.raises(KeyError, match="largest"):
        play_inputs(replace(inputs, providers=providers), engine=engine)


@pytest.mark.parametrize("policy", OVERFLOW_POLICIES)
def test_every_policy_is_played_alike_by_both_clocks(small: ScenarioFile, policy: str) -> None:
    scenario = small.replace({"overflow.policy": policy})
    alike.check(*(play(scenario, 1, 0, engine=engine) for engine in ENGINES))


FIRST_ASKED = {"soonest": "Soon", "cheapest": "Cheap", "most room": "Large", "in order": "First"}
"""Of four providers that differ in one thing each; a policy that asks another first than it should is seen here."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("policy", OVERFLOW_POLICIES)
def test_every_policy_asks_whom_it_should(policy: str, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "four.yaml"
    path.write_text(
        """
start: 2026-01-01
end: 2028-01-01
demand:
  d: {customer: Lab, size: 10 MW, term: 1 y, arrivals: {deals: {one: {asked: 2026-02-01}}}}
providers:
  First: {sites: [A], presells: 2 y, price: 9 M$/MW/y}
  Soon: {sites: [B], presells: 2 y, price: 9 M$/MW/y}
  Cheap: {sites: [C], presells: 2 y, price: 8 M$/MW/y}
  Large: {sites: [D], presells: 2 y, price: 9 M$/MW/y}
sites:
  A: {buildings: {b: {it_power: 20 MW, planned: 2026-08-01}}}
  B: {buildings: {b: {it_power: 20 MW, planned: 2026-07-01}}}
  C: {buildings: {b: {it_power: 20 MW, planned: 2026-09-01}}}
  D: {buildings: {b: {it_power: 30 MW, planned: 2026-09-01}}}
"""
    )
    scenario = read_scenario(path).replace({"overflow.policy": policy})
    run = play(scenario, 1, 0, engine=engine)
    names = [provider.name for provider in run.inputs.providers]
    assert [names[p] for p in run.requests["asked_first"].tolist()] == [FIRST_ASKED[policy]]


@pytest.mark.parametrize("kind", RIGHT_KINDS)
def test_every_kind_of_right_is_played_alike_by_both_clocks(small: ScenarioFile, kind: str) -> None:
    """The flags alone are set, and for each clock anew, since a run uses the draws of its outages up."""
    flags = {name: getattr(RIGHT_KINDS[kind], name) for name in ("answers_first", "is_exclusive")}

    def played(engine: Engine) -> Run:
        inputs = sample_inputs(small, 1, 0)
        rights = [replace(right, **flags) for right in inputs.rights]
        return play_inputs(replace(inputs, rights=rights), engine=engine)

    alike.check(*(played(engine) for engine in ENGINES))


def test_the_rules_have_a_code_for_each_policy_and_each_split() -> None:
    assert rules.OVERFLOW_POLICY_CODES.keys() == OVERFLOW_POLICIES.keys()
    assert SPLIT_CODES.keys() == SPLITS.keys()
    assert rules.SITE_POLICY_CODES.keys() == SITE_POLICIES.keys()
    assert rules.SITE_POLICY_CODES.items() <= rules.OVERFLOW_POLICY_CODES.items(), "one rule by one name"
    for table in (rules.OVERFLOW_POLICY_CODES, SPLIT_CODES):
        assert sorted(table.values()) == list(range(len(table)))


def test_the_rules_refuse_a_policy_or_a_split_without_a_rule() -> None:
    for policy in rules.OVERFLOW_POLICY_CODES.values():
        rules.ranking_key(policy, 1, 1, 1, 1.0)
    for split in SPLIT_CODES.values():
        assert not (rules.may_take_part(split) and rules.starts_whole(split))
    with pytest.raises(ValueError, match="an unknown overflow policy"):
        rules.ranking_key(len(OVERFLOW_POLICIES), 1, 1, 1, 1.0)
    for rests_on in (rules.ranks_by_promise, rules.ranks_by_room):
        with pytest.raises(ValueError, match="an unknown overflow policy"):
            rests_on(len(OVERFLOW_POLICIES))
    for ask in (rules.may_take_part, rules.starts_whole):
        with pytest.raises(ValueError, match="an unknown split"):
            ask(len(SPLITS))


def test_an_unknown_engine_is_refused(small: ScenarioFile) -> None:
    with pytest.raises(ValueError, match="there is no engine 'fastest'; write one of simpy, compiled"):
        play(small, 1, 0, engine="fastest")  # type: ignore[arg-type]


def test_a_number_without_a_name_is_refused() -> None:
    assert name_column(["a", "b"], np.array([1, -1, 0])).to_list() == ["b", None, "a"]
    with pytest.raises(ValueError, match="no name for 2: there are 2, counted from 0"):
        name_column(["a", "b"], np.array([0, 2]))


def test_every_code_has_its_word() -> None:
    assert EVENT_NAMES == ("planned", "restored", "online", "cancelled", "retired", "planned", "outage")
    assert outcomes.REFUSAL_REASONS == ("none", "appetite", "room", "utilization", "delay", "partial")
    assert outcomes.RELEASE_REASONS == ("gave up", "cancelled", "retired", "moved")
    assert outcomes.REQUEST_STATUSES == ("served", "waiting", "part served", "lost")


def test_power_after_an_event() -> None:
    """kW online and out, from 10 kW online and 4 out: each kind of event in turn."""
    after = {kind: power_after(kind, 3, 10, 4) for kind in EventKind}
    assert after == {
        EventKind.ANNOUNCED: (10, 4),
        EventKind.RESTORED: (13, 0),
        EventKind.ONLINE: (13, 4),
        EventKind.CANCELLED: (10, 4),
        EventKind.RETIRED: (7, 4),
        EventKind.REPLANNED: (10, 4),
        EventKind.OUTAGE: (7, 3),
    }
    assert power_after(EventKind.RETIRED, 12, 10, 4) == (0, 2), "no more is out than is left"


def test_an_event_of_no_kind_is_refused() -> None:
    for ask in (lambda kind: power_after(kind, 3, 10, 4), enters_plan, leaves_plan):
        with pytest.raises(AssertionError):
            ask(len(EventKind))  # type: ignore[arg-type]
    assert not set(capacity_events.PLANNED_KINDS) & set(capacity_events.UNPLANNED_KINDS)


@pytest.mark.parametrize("policy", ["in order", "soonest", "cheapest", "most room"])
def test_the_ranking_of_providers(policy: str) -> None:
    """Three providers: (allocated, promise, room, price)."""
    offers = {"none": (0, rules.NEVER, 9, 2.0), "part": (5, 3, 5, 1.0), "all": (8, 6, 7, 3.0)}
    code = rules.OVERFLOW_POLICY_CODES[policy]
    keys = {
        name: rules.ranking_key(code, kw, promise, room, price)
        for name, (kw, promise, room, price) in offers.items()
    }
    assert (
        sorted(keys, key=keys.__getitem__)
        == {
            "in order": ["none", "part", "all"],
            "soonest": ["part", "all", "none"],
            "cheapest": ["part", "none", "all"],
            "most room": ["none", "all", "part"],
        }[policy]
    )


def test_the_columns_of_the_compiled_market_are_those_of_the_ledger() -> None:
    for prefix, columns in (
        ("COMMITMENT", COMMITMENT_COLUMNS),
        ("DELIVERY", DELIVERY_COLUMNS),
        ("RELEASE", RELEASE_COLUMNS),
    ):
        for k, column in enumerate(columns):
            assert getattr(codes, f"{prefix}_{column.upper()}") == k
    assert (
        len(COMMITMENT_COLUMNS) + 2 == codes.N_COMMITMENT_ROWS
    )  # and the undelivered kW, and the next to move
    assert len(DELIVERY_COLUMNS) == codes.N_DELIVERY_ROWS
    assert len(RELEASE_COLUMNS) == codes.N_RELEASE_ROWS


def test_compiled_code_is_kept_by_all_that_it_takes_numbers_from() -> None:
    files = {"/".join(path.parts[-2:]) for path in cache.compiled_sources()}
    assert {f"model/{name}.py" for name in ("rules", "ledger", "capacity_events", "outcomes")} <= files
    assert {"compiled/codes.py", "scenario/market.py", "scenario/distributions.py"} <= files
    assert all(path.exists() for path in cache.compiled_sources())


def test_soonest_ranks_by_date_then_by_kw() -> None:
    """Who would take something comes before who would take nothing, whatever they promise."""
    for (kw, date), (other_kw, other_date) in product(product(range(3), (4, 5)), repeat=2):
        key, other_key = (
            rules.ranking_key(rules.SOONEST, a, at if a else rules.NEVER, 0, 0.0)
            for a, at in ((kw, date), (other_kw, other_date))
        )
        first = (kw == 0, date if kw else 0, -kw) < (other_kw == 0, other_date if other_kw else 0, -other_kw)
        assert (key < other_key) == first
