"""`sim plan`: a search along a lever against answers that are known, and its words."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim.cli.main import app
from sim.results.expectations import UnknownMetricError
from sim.scenario.faults import ScenarioError
from sim.scenario.schema import ScenarioFile
from sim.show.pages.plan import plan_warnings
from sim.study.lever_range import LeverError, parse_lever_range
from sim.study.plan import PlanError, Target, parse_chance_constraint, parse_target, plan_lever
from sim.study.plan_search import (
    EVIDENCE_AGAINST,
    EVIDENCE_OPEN,
    ChanceConstraint,
    Indicators,
    LeverSearch,
    TargetEvaluator,
    Trial,
    clopper_pearson_interval,
    min_futures_to_confirm,
)
from sim.verify.formulas import erlang_b

LOSS = """\
start: 2025-01-01
end: 2026-07-01
seed: 3
demand:
  calls:
    customer: Lab
    arrivals: {poisson: {rate: 10 /d}}
    size: 1 kW
    term: {exponential: {mean: 1 d}}
    patience: 0 d
providers: {Big: {sites: [West]}}
sites: {West: {online: 18 kW}}
"""


@pytest.fixture
def loss(tmp_path: Path) -> ScenarioFile:
    path = tmp_path / "loss.yaml"
    path.write_text(LOSS)
    return sim.load(path).file


def thresholds(seed: int, n: int) -> TargetEvaluator:
    """A target that holds in a future from its own threshold on, which is uniform over 0 to 100."""
    least = np.random.default_rng(seed).uniform(0, 100, n)
    return lambda values, futures: {k: k >= least[futures.start : futures.stop] for k in values}


# ------------------------------------------------------------------------------------------------- the search


def test_the_interval_covers_a_known_root() -> None:
    """The target holds at k with probability k %, so that 80 is the first with 80 %."""
    covered, answers = 0, []
    for seed in range(400):
        search = LeverSearch(101, thresholds(seed, 150), ChanceConstraint(0.8, 150))
        open_, answer, shown = search.bisect("least")
        assert open_ is not None
        assert answer is not None
        assert open_ <= answer <= (shown or 100)
        covered += open_ <= 80 <= (100 if shown is None else shown)
        answers.append(answer)
    assert 0.94 <= covered / 400 <= 0.995  # 95 % or more; not much more, or it would be too wide
    assert abs(np.mean(answers) - 80) < 1


def test_the_search_finds_what_playing_everything_finds() -> None:
    for seed in range(20):
        bar, holds = ChanceConstraint(0.7, 60), thresholds(seed, 60)
        levels = [bar.evidence(int(holds([k], range(60))[k].sum())) for k in range(101)]
        first = [next((k for k, level in enumerate(levels) if level >= least), None) for least in (1, 2, 3)]
        search = LeverSearch(101, holds, bar)
        assert list(search.bisect("least")) == first
        assert len(search.trials) < 30
        last = [None if k is None else 100 - k for k in first]

        def mirror(
            values: Sequence[int], futures: range, holds: TargetEvaluator = holds
        ) -> dict[int, Indicators]:
            return {k: holds([100 - k], futures)[100 - k] for k in values}

        mirrored = LeverSearch(101, mirror, bar)
        assert not mirrored.is_increasing()
        assert list(mirrored.bisect("most")) == last


def test_a_value_is_played_no_longer_than_it_may_change_what_is_said() -> None:
    played: dict[int, int] = {}

    def holds(values: Sequence[int], futures: range) -> dict[int, Indicators]:
        for k in values:
            played[k] = played.get(k, 0) + len(futures)
        return {k: np.full(len(futures), k > 50) for k in values}

    search = LeverSearch(101, holds, ChanceConstraint(0.9, 1000))
    assert search.bisect("least") == (51, 51, 51)
    assert played[0] < 200
    assert played[51] > 900
    assert {k: each.n_futures for k, each in search.trials.items()} == played


def test_no_value_and_every_value() -> None:
    never = LeverSearch(
        9, lambda values, f: {k: np.zeros(len(f), bool) for k in values}, ChanceConstraint(0.9, 50)
    )
    assert never.bisect("least") == (None, None, None)
    always = LeverSearch(
        9, lambda values, f: {k: np.ones(len(f), bool) for k in values}, ChanceConstraint(0.9, 50)
    )
    assert always.bisect("least") == (0, 0, 0)
    assert always.bisect("most") == (8, 8, 8)


def test_what_is_not_monotone_is_seen() -> None:
    """It holds in the middle of the range alone."""
    rng = np.random.default_rng(1).random(100)

    def holds(values: Sequence[int], futures: range) -> dict[int, Indicators]:
        return {k: rng[futures.start : futures.stop] < 1 - abs(k - 50) / 50 for k in values}

    search = LeverSearch(101, holds, ChanceConstraint(0.8, 100))
    _, answer, _ = search.bisect("least")
    assert answer is not None
    assert 35 <= answer <= 45
    assert (50, 100) in search.reversals("least")
    assert not LeverSearch(101, thresholds(1, 100), ChanceConstraint(0.8, 100)).reversals("least")


def test_intervals_of_a_share() -> None:
    assert clopper_pearson_interval(0, 10) == pytest.approx((0, 0.3085), abs=1e-4)
    assert clopper_pearson_interval(10, 10) == pytest.approx((0.6915, 1), abs=1e-4)
    assert clopper_pearson_interval(8, 10) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert [min_futures_to_confirm(q) for q in (0.5, 0.9, 0.99)] == [6, 36, 368]
    assert ChanceConstraint(0.9, 36).thresholds[2] == 36
    assert ChanceConstraint(0.9, 35).thresholds[2] == 36  # never


# -------------------------------------------------------------------------------------------------- the lever


@pytest.mark.parametrize(
    ("low", "high", "step", "values"),
    [
        ("1", "3", None, ("1", "2", "3")),
        ("0 d", "20 d", "7 d", ("0 d", "7 d", "14 d", "20 d")),
        ("0", "0.2 GW", "100 MW", ("0 MW", "100 MW", "200 MW")),
        ("10 %", "20 %", "5 %", ("10 %", "15 %", "20 %")),
        ("1 y", "18 mo", "2 mo", ("12 mo", "14 mo", "16 mo", "18 mo")),
        ("0.5", "1", "0.25", ("0.5", "0.75", "1")),
        ("2025-01-30", "2025-04-01", "1 mo", ("2025-01-30", "2025-03-01", "2025-04-01")),
        ("2025-01-01", "2025-01-03", None, ("2025-01-01", "2025-01-02", "2025-01-03")),
    ],
)
def test_values_of_a_range(low: str, high: str, step: str | None, values: tuple[str, ...]) -> None:
    assert parse_lever_range("x", low, high, step).values == values


@pytest.mark.parametrize(
    ("low", "high", "count", "step"),
    [
        ("0 d", "90 d", 91, "1 d"),
        ("0 h", "5 h", 101, "0.05 h"),
        ("1 GW", "8 GW", 141, "0.05 GW"),
        ("10 %", "90 %", 81, "1 %"),
        ("1.2", "2.4", 121, "0.01"),
    ],
)
def test_steps_where_none_is_stated(low: str, high: str, count: int, step: str) -> None:
    found = parse_lever_range("x", low, high)
    assert (len(found.values), found.step) == (count, step)


@pytest.mark.parametrize(
    ("low", "high", "step", "said"),
    [
        ("9 d", "1 d", None, "x: 9 d to 1 d is not a range; write the lower end first"),
        ("1 d", "9 MW", None, "x: 1 d to 9 MW are not of one kind"),
        ("1", "9 MW", None, "x: 1 to 9 MW are not of one kind"),
        ("1 d", "9 d", "1 MW", "x: 1 d to 9 d by 1 MW are not of one kind"),
        ("1 d", "9 d", "0 d", "x: the step 0 d does not lead on; write one above 0"),
        ("1 d", "9 d", "0", "x: the step 0 has no unit; write it as 1 d is written"),
        ("few", "9 d", None, '"few": is not a quantity; write it as 105 MW'),
        ("2025-01-01", "9 d", None, '"9 d": is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)'),
        (
            "0 d",
            "9000 d",
            "1 min",
            "x: 0 d to 9000 d by 1 min are more than 100,000 values; write a larger step",
        ),
    ],
)
def test_ranges_that_are_none(low: str, high: str, step: str | None, said: str) -> None:
    with pytest.raises(LeverError) as error:
        parse_lever_range("x", low, high, step)
    assert str(error.value) == said


# ----------------------------------------------------------------------------------------------- of a scenario


def test_erlang_b_dimensioned(loss: ScenarioFile) -> None:
    """Ten Erlangs lose less than a hundredth from 18 on; in most futures of two years, that is what is found."""
    assert erlang_b(17, 10) > 0.01 > erlang_b(18, 10)
    found = plan_lever(
        loss, "sites.West.online", "14 kW", "22 kW", "lost_share < 0.01", "50 %",
        step="1 kW", replications=12, workers=1,
    )  # fmt: skip
    assert (found.sought, found.answer, found.current_value) == ("least", 4, "18 kW")
    assert found.lever_value(found.answer) == "18 kW"
    assert found.interval[0] in ("17 kW", "18 kW")
    assert found.interval[1] in ("18 kW", "19 kW")
    shares = [each.share for each in found.trials]
    assert shares == sorted(shares)
    assert found.verdict.startswith("At least 18 kW (")
    assert not found.reversals


def test_the_most_that_will_do(loss: ScenarioFile) -> None:
    """The other way about: how many may come a day, before more than a hundredth are lost?"""
    found = plan_lever(
        loss, "demand.calls.arrivals.poisson.rate", "8 /d", "12 /d", "lost_share < 0.01", "50 %",
        step="1 /d", replications=8, workers=1,
    )  # fmt: skip
    assert found.sought == "most"
    assert erlang_b(18, 10) < 0.01 < erlang_b(18, 11)
    assert found.lever_value(found.answer) == "10 /d"
    assert found.verdict.startswith("At most 10 /d (")


def test_workers_leave_no_trace(small: ScenarioFile) -> None:
    one, two = (
        plan_lever(small, "sites.West.online", "150 MW", "350 MW", "unserved_mw.mean < 10", replications=40,
             step="100 MW", workers=workers).to_dict()
        for workers in (1, 2)
    )  # fmt: skip
    assert one == two


def test_none_in_the_range_and_all_of_it(small: ScenarioFile) -> None:
    ask = {"replications": 40, "workers": 1, "step": "50 MW"}
    found = plan_lever(small, "sites.West.online", "60 MW", "110 MW", "unserved_mw.max < 0", **ask)
    assert found.answer is None
    assert found.interval == (None, None)
    assert found.verdict == (
        "No value from 60 MW to 110 MW will do: unserved_mw.max < 0 in 90 % of futures is not reached;"
        " most often it holds at 60 MW, in 0 % of 25 futures"
    )
    found = plan_lever(small, "sites.West.online", "60 MW", "110 MW", "unserved_mw.max >= 0", **ask)
    assert found.verdict == (
        "60 MW, the least of the range, will do already: unserved_mw.max >= 0 in 90 % of futures"
    )
    assert found.interval == ("60 MW", "60 MW")


def test_open_is_not_said_with_will_not_do(small: ScenarioFile) -> None:
    """None is seen to do, and one may: both in one sentence that does not contradict itself."""
    trials = tuple(
        Trial(k, np.arange(200) < held, evidence)
        for k, held, evidence in ((0, 100, EVIDENCE_AGAINST), (1, 176, EVIDENCE_OPEN))
    )
    found = plan_lever(
        small,
        "sites.West.online",
        "60 MW",
        "110 MW",
        "unserved_mw.max < 0",
        step="50 MW",
        replications=40,
        workers=1,
    )
    assert replace(found, first_open=1, trials=trials).verdict == (
        "No value from 60 MW to 110 MW reaches unserved_mw.max < 0 in 90 % of futures in those played; most often it"
        " holds at 110 MW, in 88 % of 200 futures. That 110 MW would with more futures is not ruled out"
    )


def test_futures_without_the_metric_are_counted(small: ScenarioFile) -> None:
    """A replication in which nothing is delivered has no wait: it does not hold, and page and JSON say so."""
    scarce = small.replace(dict.fromkeys(("sites.East.buildings", "demand.own", "demand.chat.in_place")))
    path, target = "sites.West.online", "wait_days.mean < 1000"
    found = plan_lever(scarce, path, "0 MW", "150 MW", target, step="75 MW", replications=40, workers=1)
    row = found.to_dict()["tried"][0]
    assert (row["value"], row["without_value"]) == ("0 MW", row["replications"])
    (note, *_) = plan_warnings(found)
    assert note.startswith("wait_days.mean has no value in some futures, which count as not holding: ")
    assert f"{row['replications']} of {row['replications']} at 0 MW" in note
    with pytest.raises(
        PlanError, match=r"has no value in any future, from 0 MW to 0\.5 MW; name a metric that has"
    ):
        plan_lever(scarce, path, "0 MW", "0.5 MW", target, step="0.5 MW", replications=40, workers=1)


@pytest.mark.parametrize(
    ("metric", "value"),
    [("short.first_days", math.inf), ("milestone.m.days", math.inf), ("wait_days.mean", None)],
)
def test_what_never_comes_is_infinitely_late(metric: str, value: float | None) -> None:
    assert Target(metric, "<", 700.0).value_in({metric: None}) == value
    assert not Target(metric, "<", 700.0).holds({metric: None})
    assert Target(metric, ">", 700.0).holds({metric: None}) == (value is not None)


def test_never_short_is_short_late(small: ScenarioFile) -> None:
    """`short.first_days` is null where nothing is ever short, and a target that asks for late is then met."""
    rich = small.replace({"sites.West.online": "100 GW", "sites.East.buildings": None})
    found = plan_lever(
        rich,
        "sites.West.online",
        "100 GW",
        "100.5 GW",
        "short.first_days > 300",
        step="0.5 GW",
        replications=36,
        workers=1,
    )
    assert found.trials[0].share > 0.9
    found = plan_lever(
        rich,
        "sites.West.online",
        "100 GW",
        "100.5 GW",
        "late_days.mean > 300",
        step="0.5 GW",
        replications=36,
        workers=1,
    )
    assert found.trials[0].share == 0


def test_a_date_keeps_what_is_added_to_it(small: ScenarioFile) -> None:
    law = {"date": "2025-03-01", "plus": {"exponential": {"mean": "30 d"}}}
    drawn = small.replace({"sites.East.buildings.Hall.planned": law})
    found = plan_lever(
        drawn, "sites.East.buildings.Hall.planned", "2025-03-01", "2025-11-01", "online_mw.mean > 240",
        step="4 mo", replications=36, workers=1, seed=5,
    )  # fmt: skip
    assert found.lever.path == "sites.East.buildings.Hall.planned.date"
    assert found.sought == "most"
    assert found.current_value == "2025-03-01"


def test_buildings_from_none_on(small: ScenarioFile) -> None:
    """Of three halls of 50 MW, 60 days one after the other; one alone has no `every`, and none is no building."""
    path = "sites.East.buildings.Hall.count"
    bare = small.replace({"sites.West.outages": None, "sites.East.buildings.Hall.slip": "0 d"})
    found = plan_lever(bare, path, "0", "4", "site.East.online_mw.end > 60", replications=36, workers=1)
    assert [each.share for each in found.trials] == [0, 0, 1, 1, 1]
    assert (found.lever_value(found.answer), found.interval, found.current_value) == ("2", ("2", "2"), "3")
    with pytest.raises(ScenarioError, match="there is no Hal in sites"):
        plan_lever(small, "sites.East.buildings.Hal.count", "0", "4", "online_mw.mean > 60")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"target": "unserved_mw.mean"}, PlanError, 'target "unserved_mw.mean": is none; write METRIC < NUMBER, as'),
        ({"target": "unservd_mw.mean < 5"}, UnknownMetricError, "did you mean unserved_mw.mean?"),
        (
            {"target": "unserved_mw.mean.p90 < 5"},
            UnknownMetricError,
            "target: unserved_mw.mean.p90 is a statistic over futures; write unserved_mw.mean, ",
        ),
        ({"probability": "100 %"}, PlanError, 'probability "100 %": is not between 0 % and 100 %; write a share'),
        ({"probability": "often"}, PlanError, 'probability "often": is not between 0 % and 100 %; write a share'),
        ({"replications": 20}, PlanError, "replications 20: are too few to show that a target holds in 90 %"),
        ({"path": "seed"}, PlanError, "seed: changes nothing in a future; name a key of what is simulated"),
        (
            {"path": "sites.Wst.online"},
            ScenarioError,
            "--lever: sites.Wst.online: is not a path of this scenario: there is no Wst in sites; did you mean",
        ),
        ({"low": "1 MW"}, ScenarioError, "is less than the 50 MW that are in place there"),
        ({"low": "1 d", "high": "9 d"}, ScenarioError, '--lever: sites.West.online: "1 d": is a duration, exp'),
    ],
)  # fmt: skip
def test_plans_that_cannot_be_made(
    small: ScenarioFile, change: dict[str, str], error: type[Exception], said: str
) -> None:
    ask = {
        "path": "sites.West.online", "low": "100 MW", "high": "200 MW", "target": "unserved_mw.mean < 5",
        "probability": "90 %", "replications": 40, **change,
    }  # fmt: skip
    with pytest.raises(error) as found:
        plan_lever(small, **ask, workers=1)  # type: ignore[arg-type]
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sought": "lest"}, "sought='lest': write least or most"),
        ({"workers": 0}, "workers=0: write a whole number, 1 or more"),
        ({"replications": 40.5}, "replications=40.5: write a whole number, 1 or more"),
    ],
)
def test_settings_that_cannot_be(small: ScenarioFile, change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan_lever(small, "sites.West.online", "100 MW", "200 MW", "unserved_mw.mean < 5", **change)  # type: ignore[arg-type]


def test_how_targets_and_bars_are_read() -> None:
    assert str(parse_target(" customer.Lab.lost_share<=0.05 ")) == "customer.Lab.lost_share <= 0.05"
    assert (
        parse_chance_constraint("90 %", None)
        == parse_chance_constraint(0.9, 200)
        == ChanceConstraint(0.9, 200)
    )
    assert parse_chance_constraint("99 %", None).futures == 736


# -------------------------------------------------------------------------------------------- the command line

WORDS = [
    "--lever", "sites.West.online", "--from", "100 MW", "--to", "400 MW", "--step", "100 MW",
    "--target", "online_mw.mean > 300", "--replications", "40", "--workers", "1",
]  # fmt: skip


def test_the_command(small: ScenarioFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plan", str(small.path), *WORDS])
    assert done.exit_code == 0, done.output
    assert "The answer and its pictures are in runs/plan-small" in done.stdout
    kept = json.loads((tmp_path / "runs/plan-small/plan.json").read_text())
    assert {path.name for path in (tmp_path / "runs/plan-small").iterdir()} == {
        "manifest.json", "plan.json", "response.png", "response.svg",
    }  # fmt: skip
    again = CliRunner().invoke(app, ["plan", str(small.path), *WORDS, "--json", "--no-plots"])
    assert kept["code"]
    assert json.loads(again.stdout) == kept
    assert kept["answer"] in done.stdout
    assert kept["now"] == "200 MW"


def test_a_folder_of_something_else_is_left_alone(small: ScenarioFile, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["plan", str(small.path), *WORDS, "--out", str(small.path.parent)])
    assert str(done.exception) == (
        f"{small.path.parent}: holds files that are not a plan of sim; name another folder with --out"
    )
