"""The pages read closed lists: each table of phrases has all members of its list, and refuses any other."""

from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import SMALL
from rich.console import Console

from sim.explain.commitments import STEP_OF_RELEASE
from sim.explain.explanation import IDENTITY_COLUMNS, OUTCOME_COLUMNS
from sim.explain.record import TimelineEvent
from sim.explain.timeline import EVENT_ORDER, ORDER_ALIASES
from sim.model.outcomes import REFUSAL_REASONS, RELEASE_REASONS, REQUEST_STATUSES
from sim.model.run import Engine
from sim.scenario.overflow_policies import OVERFLOW_POLICIES
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.splits import SPLITS
from sim.show.describe import describe_scenario
from sim.show.factor_labels import label_path
from sim.show.metric_labels import label_metric
from sim.show.pages.analysis import render_analysis
from sim.show.pages.explain import DIFFERENCE_LABELS
from sim.show.pages.explain_decisions import narrate_answer, narrate_overflow
from sim.show.pages.explain_narrative import NARRATORS
from sim.show.pages.run import ENGINE_LABELS
from sim.show.pages.sensitivity import DESIGN_LAYOUTS, SCREENING_NOTES
from sim.show.pages.tables import print_table
from sim.study.effects import EFFECT_VERDICTS, SensitivityMethod
from sim.study.replications import metric_names
from sim.study.run import run_scenario
from sim.verify.verification import REPLICATION_MULTIPLIERS

AT = datetime(2025, 1, 1)
STATE = {
    "price": 0.05, "room_kw": 7_000, "would_take_kw": 3_000, "promised": AT, "keeps_back_kw": 0, "draw": None,
    "sites": [{"site": "West", "room_kw": 7_000, "online_kw": 7_000, "planned_kw": 0, "within_reach_kw": 0,
               "committed_kw": 0, "held_kw": 0}],
}  # fmt: skip
ROW = {"size_kw": 5_000, "split": "anywhere", "block_kw": 1, "wanted": AT, "holder": "H"}


def overflow(policy: str) -> list[str]:
    """The lines of an overflow of 3 MW that the first provider takes, so that the second is not asked."""
    ranking = [
        {"provider": "A", "seen": STATE, "offered_kw": 3_000, "taken_kw": 3_000, "promises": []},
        {"provider": "B", "seen": STATE, "offered_kw": 0, "taken_kw": 0, "promises": []},
    ]
    facts = {"policy": policy, "ranking": ranking, "left_kw": 3_000, "overflow": True, "first_round": True}
    return narrate_overflow(TimelineEvent(AT, "offered", facts), ROW)


def test_every_member_of_a_closed_list_has_its_words() -> None:
    assert NARRATORS.keys() == {*EVENT_ORDER, *ORDER_ALIASES, "outcome"} - {*ORDER_ALIASES.values()}
    assert STEP_OF_RELEASE.keys() == set(RELEASE_REASONS)
    assert ENGINE_LABELS.keys() == REPLICATION_MULTIPLIERS.keys() == set(get_args(Engine))
    assert DESIGN_LAYOUTS.keys() == set(get_args(SensitivityMethod)) - {"both"}
    assert SCREENING_NOTES.keys() == set(EFFECT_VERDICTS) - {"too few points to tell"}


def test_the_columns_that_are_compared_are_those_of_the_table(small: ScenarioFile) -> None:
    columns = set(run_scenario(small, replications=1, workers=1).table("requests").columns)
    assert {*IDENTITY_COLUMNS, *OUTCOME_COLUMNS} <= columns
    assert DIFFERENCE_LABELS.keys() <= {*IDENTITY_COLUMNS, *OUTCOME_COLUMNS, "promised", "delivered"}


@pytest.mark.parametrize("policy", OVERFLOW_POLICIES)
def test_each_policy_is_told_by_its_row(policy: str) -> None:
    words = {"price": "0.01826 M$/MW/y", "room": "7 MW", "would_take": "3 MW for 2025-01-01"}
    row = OVERFLOW_POLICIES[policy]
    basis, not_asked = (
        f" ({phrase.format(**words)})" if phrase else "" for phrase in (row.basis, row.basis_not_asked)
    )
    assert overflow(policy) == [
        f"Overflow: 3 MW offered {row.offered}:",
        f"  1. A takes 3 MW{basis}",
        f"  not asked any more: B{not_asked}",
    ]


def test_a_new_policy_needs_no_change_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = replace(OVERFLOW_POLICIES["most room"], name="least room", offered="to who has least room first")
    monkeypatch.setitem(OVERFLOW_POLICIES, "least room", policy)  # type: ignore[arg-type]
    assert overflow("least room")[0] == "Overflow: 3 MW offered to who has least room first:"


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(KeyError, match="largest"):
        overflow("largest")


@pytest.mark.parametrize("reason", REFUSAL_REASONS[1:])
def test_each_reason_is_told(reason: str) -> None:
    facts = {
        "holder": "H", "first_round": True, "taken_kw": 0, "asked_kw": 5_000, "promises": [], "reason": reason,
    }  # fmt: skip
    (line,) = narrate_answer(TimelineEvent(AT, "answered", facts), ROW)
    assert line.startswith("H takes nothing, ")


def test_an_unknown_reason_status_or_split_is_refused() -> None:
    facts: dict[str, Any] = {
        "holder": "H", "first_round": True, "taken_kw": 0, "asked_kw": 5_000, "promises": [], "reason": "mood",
    }  # fmt: skip
    with pytest.raises(ValueError, match="not in tuple"):
        narrate_answer(TimelineEvent(AT, "answered", facts), ROW)
    assert "vanished" not in REQUEST_STATUSES
    with pytest.raises(ValueError, match="not in tuple"):
        NARRATORS["outcome"](TimelineEvent(AT, "outcome", {"status": "vanished"}), ROW)
    assert "by halves" not in SPLITS
    offer = {"provider": "A", "seen": STATE, "offered_kw": 3_000, "taken_kw": 0, "promises": []}
    facts = {
        "policy": "in order",
        "ranking": [offer],
        "left_kw": 3_000,
        "overflow": True,
        "first_round": True,
    }
    with pytest.raises(KeyError, match="by halves"):
        narrate_overflow(TimelineEvent(AT, "offered", facts), ROW | {"split": "by halves"})


def test_check_says_growth_dates_and_values_in_plain_numbers(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SAID)
    said = dict(describe_scenario(read_scenario(path)))
    assert said["Time"] == "2026-01-01 to 2027-01-01; 1 replication from seed 1"
    assert said["Demand jobs"].startswith(
        "Lab asks; at random, 6 /mo, times 2.5 a year, 40 MW (30 %) or 80 MW (70 %) each; for 3 mo;"
    )
    assert said["Demand deal"].startswith("Lab asks; by 1 deal; for 10 d, 20 d or 30 d;")
    assert said["Demand many"].startswith("Lab asks; by 2 deals; for one of 7 values from 1 d to 7 d;")
    assert "Lab owes P 3 B$, used or not, from 2026-02-01 until 2026-12-01" in said["Contract toll"]
    assert "Lab owes P 1 B$, used or not, from the start until the end" in said["Contract open"]
    assert said["Sources"].startswith("1 of ")
    assert " has a source; " in said["Sources"]


SAID = """\
start: 2026-01-01
end: 2027-01-01
replications: 1
demand:
  jobs:
    customer: Lab
    arrivals: {poisson: {rate: {value: 6 /mo, source: a filing}, growth: 2.5}}
    size: {discrete: {values: [40 MW, 80 MW], weights: [3, 7]}}
    term: 3 mo
  deal:
    customer: Lab
    size: 1 MW
    term: {empirical: {values: [10 d, 20 d, 30 d]}}
    arrivals: {deals: {a: {asked: 2026-02-01}}}
  many:
    customer: Lab
    size: 1 MW
    term: {empirical: {values: [1 d, 2 d, 3 d, 4 d, 5 d, 6 d, 7 d]}}
    arrivals: {deals: {a: {asked: 2026-02-01}, b: {asked: 2026-02-01}}}
providers: {P: {sites: [S]}}
sites: {S: {online: 300 MW}}
contracts:
  toll: {customer: Lab, provider: P, take_or_pay: 3 B$, from: 2026-02-01, until: 2026-12-01}
  open: {customer: Lab, provider: P, take_or_pay: 1 B$}
"""


def test_an_unknown_analysis_is_refused() -> None:
    with pytest.raises(AssertionError, match="Expected code to be unreachable"):
        render_analysis(SMALL, Console(file=StringIO()))  # type: ignore[arg-type]


def test_a_table_into_a_pipe_has_tabs_and_is_not_cut() -> None:
    out = StringIO()
    print_table(("key", "value"), [("long " * 60, 1)], Console(file=out, width=40))
    assert out.getvalue() == f"key\tvalue\n{'long ' * 60}\t1\n"


def test_every_metric_has_a_label_of_its_own_in_words(small: ScenarioFile) -> None:
    names = metric_names(small)
    labels = [label_metric(name) for name in names]
    assert len(set(labels)) == len(names)
    assert not any("_" in label for label in labels)
    assert label_metric("provider.Neo.in_service_mw.at.2025-12-31") == (
        "provider Neo: power in service, on 2025-12-31"
    )
    assert label_metric("declined_share.room") == "declined by the holder, for room"
    assert label_metric("something_new_mw.max") == "something new, peak"
    assert label_path("providers.Neo.keeps_back") == "provider Neo: keeps back"
    assert label_path("rights.first refusal.window") == "right first refusal: window"
    assert label_path("uncertain.my_growth") == "uncertain my_growth"
