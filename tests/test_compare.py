"""Comparisons: paired in the same futures, corrected for how many metrics there are, and told in words."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from conftest import SMALL
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner

import sim
from sim.cli.main import app
from sim.model.callbacks import Offer, Request
from sim.results.files import OutputError
from sim.results.run import read_run
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.show.pages.compare import render_compare
from sim.show.plots.compare import plot_differences, plot_over_time, scenario_labels
from sim.study.compare import compare_scenarios
from sim.study.comparison_inputs import ComparisonError
from sim.study.paired_difference import (
    PairedDifference,
    adjust_for_multiplicity,
    differences_by_metric,
    holm_adjusted_p,
    paired_difference,
    replications_needed,
    round_up_to_two_figures,
)
from sim.study.run import run_scenario

ANNOUNCED = Path("scenarios/announced-2025.yaml").resolve()
WINDOW = {"rights.refusal.window": "60 d"}
A = [10.0, 14.0, 9.0, 12.0, 30.0, 11.0]
B = [9.0, 12.5, 8.5, 10.0, 28.0, 10.5]


def test_a_paired_difference_by_hand() -> None:
    d = np.subtract(B, A)
    found = paired_difference("unserved_mw.mean", A, B)
    test = stats.ttest_rel(B, A)
    assert (found.n, found.replications, found.unit) == (6, 6, "MW")
    assert (found.a, found.b) == (pytest.approx(np.mean(A)), pytest.approx(np.mean(B)))
    assert found.diff == pytest.approx(d.mean())
    assert found.p == pytest.approx(test.pvalue)
    assert found.ci95 == pytest.approx(test.confidence_interval(0.95))
    assert found.variance_reduction == pytest.approx(
        1 - d.var(ddof=1) / (np.var(A, ddof=1) + np.var(B, ddof=1))
    )


def test_only_pairs_count() -> None:
    found = paired_difference("wait_days.mean", [*A, None, 5.0, None], [*B, 5.0, None, None])
    assert (found.n, found.replications) == (6, 9)
    assert (found.n_a, found.n_b) == (7, 7)
    assert replace(found, replications=6, n_a=6, n_b=6) == paired_difference("wait_days.mean", A, B)
    assert found.verdict.endswith(", of the 6 in 9 replications in which both have it (a in 7, b in 7)")


def test_holm_by_hand() -> None:
    """Five tests: the least times 5, the next times 4, ..., and never below what stands before it."""
    assert holm_adjusted_p([0.02, 0.001, 0.9, 0.011, 0.012]) == pytest.approx(
        [0.044, 0.005, 0.9, 0.044, 0.044]
    )
    assert holm_adjusted_p([0.6, 0.7]) == [1.0, 1.0]
    assert holm_adjusted_p([]) == []


def test_what_is_equal_does_not_count_among_the_tests() -> None:
    one = paired_difference("unserved_mw.mean", A, B)
    same = paired_difference("requests", A, A)
    (lone,) = adjust_for_multiplicity([one])
    first, second, third = adjust_for_multiplicity([one, same, replace(same, metric="asked_mw")])
    assert first == lone
    assert lone.p_holm == lone.p
    assert second.p_holm == third.p_holm == 1.0
    two, _ = adjust_for_multiplicity([one, replace(one, metric="lost_share")])
    assert two.p_holm == pytest.approx(2 * (one.p or 0))


def test_the_replications_needed_find_the_difference_four_times_in_five() -> None:
    """Normal differences of mean 1 and standard deviation 4: a t test at 5 % of as many as are said to be needed."""
    seen = PairedDifference("unserved_mw.mean", "MW", 30, 30, 10.0, 11.0, diff=1.0, sd=4.0)
    needed = replications_needed(seen)
    assert needed == 128
    draws = np.random.default_rng(1).normal(1, 4, (4000, needed))
    found = np.mean(stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05)
    assert found == pytest.approx(0.8, abs=0.02)
    assert replications_needed(replace(seen, replications=60)) == 256, "half of them have no value"
    assert replications_needed(replace(seen, diff=0.0)) is None
    assert replications_needed(replace(seen, diff=100.0)) == 31, "more than there are"


BASE = PairedDifference(
    "unserved_mw.mean", "MW", 50, 50, 300.0, 180.0, -120.0, 20.0, (-130.0, -110.0), p=0.0, n_differing=50
)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"p_holm": 0.001}, "lower by 120 MW"),
        ({"p_holm": 0.049, "diff": 1234.4}, "higher by 1,234 MW"),
        ({"p_holm": 0.001, "unit": "share", "diff": 0.0123}, "higher by 1.23 points"),
        ({"p_holm": 0.001, "unit": "$", "diff": -2.14e9}, "lower by 2.14 B$"),
        ({"p_holm": 0.001, "unit": "d", "diff": -14.2}, "lower by 14.2 days"),
        ({"p_holm": 0.001, "unit": "count", "diff": 3.0}, "higher by 3.00"),
        (
            {"p_holm": 0.06, "replications_needed": 113},
            "perhaps lower by 120 MW; to be sure would take about 120 replications",
        ),
        ({"p_holm": 0.06, "replications_needed": None}, "perhaps lower by 120 MW"),
        (
            {"p_holm": 1.0, "ci95": (-9.0, 4.0), "replications_needed": 791},
            "not distinguishable: would take about 800 replications",
        ),
        (
            {"p_holm": 1.0, "ci95": (-9.0, 4.0), "replications_needed": 10_001},
            "no difference seen: at most 9.00 MW",
        ),
        ({"n_differing": 0, "diff": 0.0}, "exactly equal"),
        ({"n": 1, "replications": 1, "ci95": None}, "lower by 120 MW in the one replication that there is"),
        ({"diff": None, "a": None, "n": 0}, "only in b"),
        ({"diff": None, "b": None, "n": 0}, "only in a"),
        ({"diff": None, "a": None, "b": None, "n": 0}, "no value in either"),
        ({"diff": None, "n": 0}, "never a value in both"),
    ],
)
def test_verdicts(changes: dict[str, object], verdict: str) -> None:
    assert replace(BASE, **changes).verdict == verdict


def test_numbers_of_replications_are_rounded_up() -> None:
    assert [round_up_to_two_figures(n) for n in (3, 17, 99, 101, 791, 4201)] == [3, 17, 99, 110, 800, 4300]


def test_a_sum_in_another_order_is_no_difference() -> None:
    other = [a * (1 + 4e-16) for a in A]
    assert any(a != b for a, b in zip(A, other, strict=True))
    assert paired_difference("spend", A, other).verdict == "exactly equal"
    assert paired_difference("spend", A, [a * (1 + 1e-9) for a in A]).verdict != "exactly equal"


def test_a_metric_of_one_scenario_alone() -> None:
    mine, theirs = "provider.Neo.share", "provider.Orb.share"
    found = differences_by_metric({mine: [1.0, 3.0]}, {theirs: [2.0, 2.0]}, [[mine], [theirs]])
    assert (found[mine].a, found[mine].b, found[mine].verdict) == (2.0, None, "only in a")
    assert (found[theirs].a, found[theirs].b, found[theirs].verdict) == (None, 2.0, "only in b")


def test_a_scenario_with_itself_is_exactly_equal(small: ScenarioFile) -> None:
    found = compare_scenarios([small, small], replications=8, workers=1, tables="none")
    told = found.to_dict()
    assert told["keys"] == []
    assert len(told["metrics"]) > 100
    for name, each in told["metrics"].items():
        if each["n"]:
            assert each["diff"] == 0.0, name
            assert each["ci95"] in ([0.0, 0.0], None), name
            assert (each["verdict"], each["p_holm"], each["replications_needed"]) == (
                "exactly equal",
                1.0,
                None,
            )
        else:
            assert each["verdict"] == "no value in either", name


def test_pairing_narrows_the_interval_to_a_third() -> None:
    """Announced against a window of 90 days: the same futures leave at most a third of the unpaired interval."""
    announced = read_scenario(ANNOUNCED)
    found = compare_scenarios(
        [announced, announced.replace({"rights.first refusal.window": "90 d"})],
        replications=25, tables="none", metrics=["unserved_mw.mean"],
    )  # fmt: skip
    d = found.pairs[0].differences["unserved_mw.mean"]
    x, y = (np.array(o.metric_values["unserved_mw.mean"], dtype=float) for o in found.results)
    low, high = stats.ttest_ind(y, x, equal_var=False).confidence_interval(0.95)
    assert d.ci95 is not None
    assert d.ci95[1] - d.ci95[0] <= (high - low) / 3
    assert (d.variance_reduction or 0) > 1 - 1 / 9


def test_what_is_taken_away_is_said_so(small: ScenarioFile) -> None:
    """In the name, and in words in legends and titles."""
    without = small.replace({"rights.refusal": None})
    found = compare_scenarios([small, without], replications=3, workers=1)
    assert found.names == ["small", "small, without rights.refusal"]
    assert [pair.b for pair in found.pairs] == found.names[1:]
    labels = ["A small world", "A small world, without right refusal"]
    assert plot_differences(found).get_suptitle() == f"{labels[1]}\nagainst {labels[0]}"
    legend = [text.get_text() for text in plot_over_time(found).legends[0].get_texts()]
    assert legend == labels
    same = compare_scenarios([small, small, without], replications=3, workers=1)
    assert scenario_labels(same) == same.names, "two titles are alike"
    legend = [text.get_text() for text in plot_over_time(same).legends[0].get_texts()]
    assert legend[1] == f"{same.names[1]} (the same as {same.names[0]})", "equal curves are told apart"


def test_it_is_the_same_as_runs_that_were_saved(small: ScenarioFile, tmp_path: Path) -> None:
    changed = small.replace(WINDOW)
    played = compare_scenarios([small, changed], replications=12, workers=2, out=tmp_path / "both")
    saved = [read_run(tmp_path / "both" / letter) for letter in "ab"]
    apart = [run_scenario(s, replications=12, workers=1, tables="summary") for s in (small, changed)]
    told = played.to_dict()
    assert told == compare_scenarios(saved).to_dict() == compare_scenarios(apart).to_dict()
    assert told == compare_scenarios([saved[0], changed], workers=1).to_dict(), (
        "one saved, one played: with its seed and number"
    )
    assert json.loads((tmp_path / "both" / "comparison.json").read_text()) == told
    assert told["keys"] == ["rights.refusal.window"]
    assert told["values"] == {"rights.refusal.window": ["{uniform: {low: 1 d, high: 20 d}}", "60 d"]}
    assert told["scenarios"] == ["small", "small, rights.refusal.window=60 d"]
    found = paired_difference(
        "lost_share", apart[0].metric_values["lost_share"], apart[1].metric_values["lost_share"]
    )
    each = told["metrics"]["lost_share"]
    assert found.ci95 is not None
    assert {"a", "b", "diff", "ci95", "p_holm", "verdict", "replications_needed"} <= set(each)
    assert (each["a"], each["b"], each["diff"], each["ci95"]) == (
        found.a,
        found.b,
        found.diff,
        list(found.ci95),
    )


def test_only_replications_that_both_have_are_paired(small: ScenarioFile) -> None:
    """A run that was interrupted is paired by the numbers of its replications, not by their places."""
    whole = run_scenario(small, replications=8, workers=1, tables="summary")
    part = run_scenario(small.replace(WINDOW), replications=8, workers=1, tables="summary")
    keep = [1, 4, 6]
    part.finished_replications = keep
    part.metric_values = {name: [column[k] for k in keep] for name, column in part.metric_values.items()}
    found = compare_scenarios([whole, part])
    d = found.pairs[0].differences["in_service_mw.mean"]
    assert d.n == found.provenance["finished"] == 3
    assert d.a == pytest.approx(np.mean([whole.metric_values["in_service_mw.mean"][k] for k in keep]))


def test_several_are_each_compared_with_the_first(small: ScenarioFile) -> None:
    others = [small.replace({"sites.West.online": f"{mw} MW"}) for mw in (250, 300)]
    found = compare_scenarios(
        [small, *others], replications=5, workers=1, tables="none", metrics=["*_mw.mean"]
    )
    told = found.to_dict()
    assert [(each["a"], each["b"]) for each in told["comparisons"]] == [
        ("small", "small, sites.West.online=250 MW"),
        ("small", "small, sites.West.online=300 MW"),
    ]
    alone = compare_scenarios(
        [small, others[1]], replications=5, workers=1, tables="none", metrics=["*_mw.mean"]
    )
    assert told["comparisons"][1]["metrics"] == alone.to_dict()["metrics"]
    assert set(alone.to_dict()["metrics"]) == {
        m for m in alone.results[0].metric_values if m.endswith("_mw.mean")
    }
    assert found.frame.height == 2 * len(alone.to_dict()["metrics"])


def test_scenarios_of_unlike_providers(small: ScenarioFile) -> None:
    """A metric that a pair lacks, since only a third scenario has it, has no value in either; nothing is lost."""
    renamed = [
        read_scenario(_written(small, name, SMALL.replace("Neo:", f"{name}:"))) for name in ("Orb", "Pod")
    ]
    found = compare_scenarios([small, *renamed], replications=3, workers=1, tables="none")
    verdicts = {
        (pair.b, name): pair.differences[f"provider.{name}.share"].verdict
        for pair in found.pairs
        for name in ("Neo", "Orb", "Pod")
    }
    assert verdicts == {
        ("Orb", "Neo"): "only in a",
        ("Orb", "Orb"): "only in b",
        ("Orb", "Pod"): "no value in either",
        ("Pod", "Neo"): "only in a",
        ("Pod", "Orb"): "no value in either",
        ("Pod", "Pod"): "only in b",
    }
    row = found.to_dict()["comparisons"][0]["metrics"]["provider.Pod.share"]
    assert (row["a"], row["b"], row["diff"], row["n"], row["n_a"], row["n_b"]) == (None, None, None, 0, 0, 0)
    assert found.frame.height == 2 * len(found.to_dict()["comparisons"][0]["metrics"])


def _written(small: ScenarioFile, name: str, text: str) -> Path:
    path = small.path.with_name(f"{name}.yaml")
    path.write_text(text)
    return path


def test_unlike_spans_and_bases_are_said(small: ScenarioFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of scenarios that extend another base, the header names the one that was probably meant."""
    monkeypatch.chdir(small.path.parent)
    for name, text in (
        ("other", SMALL.replace("start: 2025-01-01", "start: 2025-01-01\nmeasure_from: 2025-02-01")),
        ("late", "extends: other.yaml\nsites: {East: {buildings: {Hall: {planned: 2025-05-01}}}}"),
        ("later", "extends: other.yaml\nsites: {East: {buildings: {Hall: {planned: 2025-06-01}}}}"),
        ("long", "extends: later.yaml\nend: 2026-02-01"),
    ):
        Path(f"{name}.yaml").write_text(text)

    def cautions(*names: str) -> list[tuple[str, ...]]:
        sides = [read_scenario(f"{name}.yaml") for name in names]
        return [
            pair.cautions for pair in compare_scenarios(sides, replications=2, workers=1, tables="none").pairs
        ]

    spans = (
        "Other spans: a is 2025-01-01 to 2026-01-01, b is 2025-01-01 to 2026-01-01, measured from 2025-02-01. Means"
        " over time, totals and dates are of these, so that some of each difference is due to the span alone; set"
        " start, end and measure_from alike (--set end=DATE sets it in all)."
    )
    bases = (
        "Other bases: late extends other.yaml, on which the other does not stand; 2 keys differ. Probably meant:"
        " sim compare other.yaml late.yaml"
    )
    assert cautions("small", "other") == [(spans,)], "both stand alone, as versions of a file may"
    assert cautions("small", "late") == [(spans, bases)]
    assert cautions("other", "late", "later") == [(), ()]
    assert cautions("later", "late") == [()], "both change one base"
    ((only,),) = cautions("other", "long")
    assert only.startswith(
        "Other spans: a is 2025-01-01 to 2026-01-01, measured from 2025-02-01, b is 2025-01-01 to"
    )
    ((turned, _),) = [each[::-1] for each in cautions("late", "small")]
    assert turned == bases
    found = compare_scenarios([small, read_scenario("late.yaml")], replications=2, workers=1, tables="none")
    assert found.to_dict()["cautions"] == [spans, bases]
    console = Console(width=400, file=StringIO(), record=True)
    render_compare(found, console)
    assert bases in console.export_text()


def test_a_difference_of_a_part_of_the_futures_says_so(small: ScenarioFile) -> None:
    """More capacity is short in fewer futures: the date of the first shortage is compared where both are short."""
    more = small.replace({"sites.West.online": "330 MW", "rights.refusal": None})
    found = compare_scenarios([small, more], replications=30, workers=1, tables="none")
    d = found.pairs[0].differences["short.first_days"]
    assert 0 < d.n < 30
    coverage = f"of the {d.n} in 30 replications in which both have it (a in {d.n_a}, b in {d.n_b})"
    assert coverage in d.verdict
    assert coverage in found.to_dict()["metrics"]["short.first_days"]["verdict"]
    console = Console(width=200, file=StringIO(), record=True)
    render_compare(found, console)
    assert f"short.first_days is {coverage}" in console.export_text()


def test_how_far_apart_over_time(small: ScenarioFile, tmp_path: Path) -> None:
    """The mean difference is that of the bands, narrow where all is alike, whether in memory or in a folder."""
    changed = small.replace(WINDOW)
    played = [
        compare_scenarios([small, changed], replications=10, workers=1, out=out)
        for out in (None, tmp_path / "out")
    ]
    gap, again = (each.pairs[0].unserved_difference for each in played)
    assert gap is not None
    assert again is not None
    assert np.array_equal(gap.low, again.low)
    means = [
        outcome.table("bands").filter(pl.col("series") == "unserved_mw")["mean"].to_numpy()
        for outcome in played[0].results
    ]
    assert gap.diff == pytest.approx(means[1] - means[0], abs=1e-4)
    alike = means[0] == means[1]
    assert 0 < alike.sum() < len(alike)
    assert (gap.high - gap.low)[~alike].max() > 0
    assert (
        compare_scenarios([small, changed], replications=3, workers=1, tables="none")
        .pairs[0]
        .unserved_difference
        is None
    )
    shorter = compare_scenarios([small, small.replace({"end": "2025-10-01"})], replications=3, workers=1)
    assert shorter.pairs[0].unserved_difference is None


def test_a_precision_of_the_difference(small: ScenarioFile) -> None:
    changed = small.replace({"sites.West.online": "250 MW"})
    sought = {"unserved_mw.mean": 0.9}
    runs = [compare_scenarios([small, changed], workers=w, tables="none", precision=sought) for w in (1, 2)]
    assert runs[0].to_dict() == runs[1].to_dict()
    assert runs[0].precision_reached
    low, high = runs[0].pairs[0].differences["unserved_mw.mean"].ci95 or (0, 0)
    told = runs[0].provenance["precision"]["metrics"][0]
    assert told["half_width"] == pytest.approx((high - low) / 2)
    assert told["half_width"] <= 0.9
    assert 50 < runs[0].provenance["finished"] == runs[0].provenance["replications"] < 1000


def test_what_cannot_be_compared_is_told(small: ScenarioFile, tmp_path: Path) -> None:
    run = run_scenario(small, replications=3, workers=1, tables="none", out=tmp_path / "bare")
    other = run_scenario(small, replications=3, workers=1, seed=2, tables="none")
    bare = read_run(tmp_path / "bare")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("Dear")

    def told(*sides: object, **how: object) -> str:
        with pytest.raises((ComparisonError, OutputError)) as error:
            compare_scenarios(sides, **how)  # type: ignore[arg-type]
        return str(error.value)

    assert told(small) == "one scenario alone cannot be compared; name another, or change it with --set"
    assert told(*[small] * 27) == "27 scenarios are too many to compare; name 26 or fewer"
    assert told(small, bare) == (
        f"{tmp_path / 'bare'}: its metrics were not kept; run it again with --tables summary"
    )
    assert told(run, other) == (
        "small: was played with seed 2, and not with 1, so that it faces other futures; run it again with --seed 1"
    )
    assert told(run, small, replications=9) == (
        f"{tmp_path / 'bare'}: holds 3 replications, and not 9; run it again with --replications 9"
    )
    assert told(run, small, precision=["lost_share:5%"]) == (
        "a precision is reached by playing on, and a saved run cannot be; name its scenario file"
    )
    assert told(small, small, metrics=["lost_shore"]) == (
        'metrics "lost_shore": no metric is called so; did you mean lost_share?'
    )
    assert told(small, small, out=tmp_path / "full") == (
        f"{tmp_path / 'full'}: holds files that are not a comparison of sim; name another folder with --out"
    )


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL)
    Path("wide.yaml").write_text(SMALL.replace("online: 200 MW", "online: 260 MW"))

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["compare", *words, "--workers", "1"])
        return done.exit_code, done.stdout

    code, page = run("small.yaml", "wide.yaml", "--replications", "8")
    assert code == 0
    out = Path("runs/compare-small-wide")
    assert {each.name for each in out.iterdir()} == {"a", "b", "comparison.json", "manifest.json", "plots"}
    pictures = {each.name for each in (out / "plots").iterdir()}
    assert pictures == {f"{name}.{form}" for name in ("differences", "over_time") for form in ("png", "svg")}
    assert "sites.West.online: 200 MW -> 260 MW" in page
    assert "Beyond doubt, b has " in page
    assert "online_mw.mean higher by" in page
    assert "(Holm, 5%)" in page
    assert "how much of the variance the same futures save" in page
    code, text = run(str(out / "a"), "--set", "sites.West.online=260 MW", "--json", "--no-plots")
    told = json.loads(text)
    assert told["metrics"] == json.loads((out / "comparison.json").read_text())["metrics"]
    assert told["out"] is None
    assert not Path("runs/compare-a-online").exists(), "a query writes no files"
    assert told["keys"] == ["sites.West.online"]
    assert told["scenarios"] == ["small", "small, sites.West.online=260 MW"]
    code, text = run(
        "small.yaml", "wide.yaml", "--replications", "8", "--json", "--no-plots", "--out", "bare"
    )
    again = run("bare/a", "bare/b", "--json", "--no-plots")
    assert (code, again[0]) == (0, 0), "runs that were played for a comparison can be compared again"
    assert json.loads(again[1])["metrics"] == json.loads(text)["metrics"]


def last_first(request: Request, offers: list[Offer]) -> list[str]:
    return [offer.provider for offer in reversed(offers)]


def test_a_function_of_the_user_is_a_key(small: ScenarioFile) -> None:
    own = run_scenario(small, replications=3, workers=1, policy=last_first, tables="summary")
    pair = compare_scenarios([small, own], workers=1).pairs[0]
    assert pair.differing_keys == [("policy", "-", "last_first")]
    assert pair.b == "small, policy=last_first"
    assert pair.differences["provider.Neo.share"].n_differing > 0


def test_in_python(small: ScenarioFile) -> None:
    scenario = sim.Scenario(small)
    other = scenario.replace({"sites.West.online": "260 MW"})
    found = sim.compare(scenario, other.run(replications=6, workers=1), workers=1)
    assert found.keys == ["sites.West.online"]
    row = found.frame.row(by_predicate=pl.col("metric") == "online_mw.mean", named=True)
    assert row["verdict"].startswith("higher by")
    assert row["low"] <= row["diff"] <= row["high"]
    assert "online_mw.mean" in found._repr_html_()
    assert found.plot.differences().axes
    assert found.plot.over_time().axes
    assert repr(found) == "<Comparison of small, small, sites.West.online=260 MW: 6 replications each>"
