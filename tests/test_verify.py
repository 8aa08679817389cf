"""`sim verify`: what is right holds, what is wrong is seen, and nothing is in doubt about how sure it is."""

import json
import os
import signal
from dataclasses import replace
from functools import partial
from io import StringIO

import pytest
from conftest import Sim
from rich.console import Console
from scipy import stats

from sim.cli import completion
from sim.model import rules
from sim.show.pages import verify
from sim.study.replications import Batch, RunTask, play_batch
from sim.verify import verification
from sim.verify.catalogue import CASE_GROUPS, UnknownCaseError, all_cases, select_cases
from sim.verify.verification import CaseResult, CheckResult, ExactCheck, ReferenceCase

QUICK = "loss, constant terms"


@pytest.fixture
def sim(call_sim: Sim) -> Sim:
    """The command `sim verify`."""
    return partial(call_sim, "verify")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick case alone, with a twentieth of its replications, and no rivals that these could not tell."""
    one = next(case for case in all_cases() if case.name == QUICK)
    checks = tuple(replace(check, tolerance=1.0, rivals={}) for check in one.checks)
    small = replace(one, scenario={**one.scenario, "replications": 9}, checks=checks)
    monkeypatch.setattr("sim.verify.catalogue.CASE_GROUPS", (lambda: [small],))


# The command


def test_a_table_of_what_is_exact(sim: Sim, few: None) -> None:
    code, output, complaint = sim("--engine", "simpy")
    header, *rows, held, how_sure = output.splitlines()
    assert (code, complaint) == (0, "")
    assert header.split("\t") == list(verify.VERIFY_COLUMNS)
    assert [row.split("\t")[:5] for row in rows] == [
        [QUICK, "share lost", "Erlang B", "0.34366", "simpy"],
        [QUICK, "MW in service", "A (1 - B)", "4.7257", "simpy"],
    ]
    for row in rows:
        *_, exact, _, simulated, low, high, verdict = row.split("\t")
        assert float(low) <= float(exact) <= float(high)
        assert float(simulated) == pytest.approx((float(low) + float(high)) / 2, rel=1e-3)
        assert verdict == "exact"
    assert held == "2 of 2 checks hold; 0 fail"
    assert how_sure.startswith("Seed 0 gives these numbers again. ")
    assert "a right simulator fails on less than one seed in 1,000" in how_sure


def test_json_is_one_object(sim: Sim, few: None) -> None:
    code, output, complaint = sim("--engine", "simpy", "--json", "--seed", "3", "--workers", "1")
    found = json.loads(output)
    assert (code, complaint) == (0, "")
    assert (found["right"], found["seed"], found["unlike"], found["interrupted"]) == (True, 3, {}, False)
    assert found["confidence"] == verification.bonferroni_confidence_level(all_cases(3))
    assert [check["what"] for check in found["checks"]] == ["share lost", "MW in service"]
    for check in found["checks"]:
        low, high = check["interval"]
        assert low <= check["exact"] <= high
        assert low < check["simulated"] < high
        assert (check["case"], check["replications"], check["verdict"]) == (QUICK, 9, "exact")


def test_the_same_seed_gives_the_same_numbers(sim: Sim, few: None) -> None:
    """Whatever the number of workers; and another seed gives others."""
    first = sim("--engine", "simpy", "--workers", "1")
    assert first == sim("--engine", "simpy", "--workers", "2")
    assert first[1] != sim("--engine", "simpy", "--workers", "1", "--seed", "1")[1]


def test_a_wrong_rule_fails(sim: Sim, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that finds 1 MW of room too little."""
    right = rules.room
    monkeypatch.setattr(rules, "room", lambda online, *more: right(online - 1000, *more))
    code, output, _ = sim("--engine", "simpy", "--workers", "1")
    assert code == 1
    assert [row.rpartition("\t")[2] for row in output.splitlines()[1:3]] == ["WRONG", "WRONG"]
    assert "0 of 2 checks hold; 2 fail" in output
    code, output, _ = sim("--engine", "simpy", "--workers", "1", "--json")
    assert (code, json.loads(output)["right"]) == (1, False)


def test_what_is_too_wide_to_say_fails(sim: Sim, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval that would let a wrong rule through proves nothing."""
    (only,) = all_cases()
    rival = {"a rule that is nearly the same": only.checks[0].exact * 1.001}
    strict = replace(only, checks=(replace(only.checks[0], rivals=rival), only.checks[1]))
    monkeypatch.setattr("sim.verify.catalogue.CASE_GROUPS", (lambda: [strict],))
    code, output, _ = sim("--engine", "simpy", "--workers", "1")
    assert code == 1
    assert [row.rpartition("\t")[2] for row in output.splitlines()[1:3]] == ["too wide", "exact"]


def test_names_that_are_not_there(sim: Sim) -> None:
    assert sim("two size", "three sizes") == (
        2,
        "",
        'there is no case "three sizes"; did you mean "two sizes"?\n',
    )
    code, _, complaint = sim("zzz")
    assert code == 2
    assert complaint.startswith('there is no case "zzz"; there are: loss, exponential terms; loss, lognormal')
    code, output, complaint = sim("--engine", "fast")
    assert (code, output) == (2, "")
    assert "--engine" in complaint


def test_ctrl_c_tells_what_was_finished(sim: Sim, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes in the midst of the second case: the first is told, and the exit code is 130."""
    (one,) = all_cases()
    two = [one, replace(one, name="another")]
    monkeypatch.setattr("sim.verify.catalogue.CASE_GROUPS", (lambda: two,))
    played = 0

    def interrupted(task: RunTask, replications: range) -> Batch:
        nonlocal played
        played += 1
        if played % 18 == 12:
            os.kill(os.getpid(), signal.SIGINT)
        return play_batch(task, replications)

    monkeypatch.setattr(verification, "play_batch", interrupted)
    code, output, complaint = sim("--engine", "simpy", "--workers", "1")
    assert code == 130
    assert complaint.strip() == "Stopping after what has begun; Ctrl-C again stops at once"
    assert {row.split("\t")[0] for row in output.splitlines()[1:3]} == {QUICK}
    assert output.splitlines()[3] == "2 of 2 checks hold; 0 fail; interrupted, 1 of 2 cases are left out"
    played = 0
    code, output, _ = sim("--engine", "simpy", "--workers", "1", "--json")
    found = json.loads(output)
    assert (code, found["interrupted"], found["right"], len(found["checks"])) == (130, True, False, 2)


# The cases


def test_cases_by_their_names_and_how_they_begin() -> None:
    everything = all_cases()
    assert select_cases(everything, []) == everything
    assert [case.name for case in select_cases(everything, ["two", "LOSS, c"])] == [
        "loss, constant terms",
        "two sizes",
        "two priorities",
    ]
    with pytest.raises(
        UnknownCaseError, match=r'^there is no case "los, constant"; did you mean "loss, constant terms"\?$'
    ):
        select_cases(everything, ["two sizes", "los, constant"])


def test_a_shell_completes_the_names_that_there_are() -> None:
    assert list(completion.REFERENCE_CASE_NAMES) == [case.name for case in all_cases()]
    assert completion.complete_case_names("two") == ["two sizes", "two priorities"]


def test_no_two_cases_share_a_seed() -> None:
    seeds = [case.scenario["seed"] for seed in range(3) for case in all_cases(seed)]
    assert len(set(seeds)) == len(seeds) == 3 * len(all_cases())
    assert sum(len(group()) for group in CASE_GROUPS) == len(all_cases())


# How sure it is


def finding(mean: float, half: float, **keys: object) -> CheckResult:
    return CheckResult(replace(ExactCheck("share", "A", "lost_share", 1.0, 0.1), **keys), mean, half, 30)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mean", "half", "rivals", "verdict"),
    [
        (1.0, 0.09, {}, "exact"),
        (1.04, 0.05, {}, "exact"),
        (1.06, 0.05, {}, "WRONG"),
        (0.94, 0.05, {"other": 0.9}, "WRONG"),
        (1.0, 0.11, {}, "too wide"),
        (1.0, 0.09, {"other": 1.08}, "too wide"),
        (1.0, 0.09, {"other": 1.11}, "exact"),
        (0.99, 0.05, {"other": 1.2, "another": 0.95}, "too wide"),
    ],
)
def test_verdicts(mean: float, half: float, rivals: dict[str, float], verdict: str) -> None:
    assert finding(mean, half, rivals=rivals).verdict == verdict


def test_what_every_replication_gives_alike_may_be_off_by_a_rounding() -> None:
    assert finding(1.0 + 1e-10, 0.0).verdict == "exact"
    assert finding(1.0 + 1e-8, 0.0).verdict == "WRONG"


def test_all_checks_together_seldom_fail_by_chance() -> None:
    """Split over all checks on all clocks, whichever are picked: once in 2,000, which leaves half for tails."""
    checks = sum(len(case.checks) for case in all_cases()) * len(verification.REPLICATION_MULTIPLIERS)
    alone = 1 - verification.bonferroni_confidence_level(all_cases())
    assert 1 - (1 - alone) ** checks == pytest.approx(1 / 2000, rel=1e-3)
    assert stats.norm.isf(alone / 2) == pytest.approx(4.56, abs=0.1)


def test_the_interval_is_students() -> None:
    """Nine numbers with mean 5 and standard deviation sqrt(7.5): t(8) at 95 % is 2.306."""
    numbers = [float(n) for n in range(1, 10)]

    values = {"lost_share": numbers, "asked_mw": [2.0] * 9}
    one = verification.evaluate_check(ExactCheck("share", "A", "lost_share", 5.0), values, 0.95)
    assert (one.mean, one.half_width, one.replications) == (
        5.0,
        pytest.approx(2.306 * 7.5**0.5 / 3, rel=1e-3),
        9,
    )
    product = verification.evaluate_check(
        ExactCheck("MW", "A", ("lost_share", "asked_mw"), 10.0), values, 0.95
    )
    assert (product.mean, product.half_width) == (10.0, pytest.approx(2 * one.half_width))


# Both clocks


def played(case: str, clock: str, **values: list[float | None]) -> CaseResult:
    return CaseResult(case, clock, [finding(1.0, 0.05)], values)  # type: ignore[arg-type]


def test_clocks_are_alike_on_the_futures_that_both_played() -> None:
    """To the last bit, also where a metric has no value; the one may have played more."""
    simpy = played("a", "simpy", lost=[0.1, None], waits=[1.0, 2.0])
    assert (
        verification.differing_metrics(
            [simpy, played("a", "compiled", lost=[0.1, None, 0.3], waits=[1, 2, 3])]
        )
        == {}
    )
    off = played("a", "compiled", lost=[0.1, 0.0, 0.3], waits=[1.0, 2.0, 3.0])
    assert verification.differing_metrics([simpy, off]) == {"a": ["lost"]}
    bit = played("a", "compiled", lost=[0.1, None], waits=[1.0, 2.0000000000000004])
    assert verification.differing_metrics([simpy, bit]) == {"a": ["waits"]}
    assert verification.differing_metrics([simpy, played("b", "compiled", lost=[0.2], waits=[5.0])]) == {}


def test_clocks_that_differ_fail(sim: Sim, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where both hold by theory."""
    found = [played(QUICK, "simpy", lost=[0.1]), played(QUICK, "compiled", lost=[0.2])]
    monkeypatch.setattr(verification, "verify_cases", lambda *_, **__: found)
    code, output, _ = sim("--json", "--engine", "simpy")
    assert (code, json.loads(output)["right"], json.loads(output)["unlike"]) == (1, False, {QUICK: ["lost"]})
    assert "The clocks differ on the same futures in: loss, constant terms" in sim("--engine", "simpy")[1]


def test_the_table_for_a_terminal() -> None:
    """Each case once, under it a row for each clock; the verdicts in colours."""
    wrong = CheckResult(ExactCheck("MW", "A", "x", 2.0), 3.0, 0.1, 30)
    found = [
        CaseResult("a case", clock, [finding(1.0, 0.05), wrong], {})  # type: ignore[arg-type]
        for clock in ("simpy", "compiled")
    ]
    console = Console(file=StringIO(), width=80, record=True, force_terminal=True, color_system="standard")
    console.print(verify.verify_table(found))
    text = console.export_text(clear=False)
    assert [line.split() for line in text.splitlines()] == [
        ["exact", "clock", "simulated", "interval", "verdict"],
        ["a", "case"],
        ["share", "1", "simpy", "1", "0.95", "to", "1.05", "exact"],
        ["compiled", "1", "0.95", "to", "1.05", "exact"],
        ["MW", "2", "simpy", "3", "2.9", "to", "3.1", "WRONG"],
        ["compiled", "3", "2.9", "to", "3.1", "WRONG"],
    ]
    coloured = console.export_text(styles=True)
    assert "\x1b[32mexact" in coloured
    assert "\x1b[1;31mWRONG" in coloured


def test_a_case_of_ones_own_is_judged_by_the_same_path() -> None:
    """No arrivals but one deal of 2 MW in a site of 3: known exactly, whatever the seed."""
    scenario = {
        "start": "2025-01-01",
        "end": "2025-01-11",
        "replications": 3,
        "demand": {
            "deal": {
                "customer": "Lab",
                "arrivals": {"deals": {"one": {"asked": "2025-01-03", "size": "2 MW", "term": "5 d"}}},
            }
        },
        "providers": {"One": {"sites": ["Here"]}},
        "sites": {"Here": {"online": "3 MW"}},
    }
    check = ExactCheck("MW in service", "2 MW for 5 of 10 d", "in_service_mw.mean", 1.0, 1e-9)
    (case_result,) = verification.verify_cases(
        [ReferenceCase("a deal", scenario, (check,))], ["simpy"], 0.999, workers=1
    )
    (check_result,) = case_result.check_results
    assert (check_result.verdict, check_result.half_width) == ("exact", 0.0)
