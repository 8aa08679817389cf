"""`sim sensitivity`: indices that are known, through the code that scenarios go through; noise told from effect."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from SALib.analyze import morris, sobol
from SALib.test_functions import Ishigami, Sobol_G
from typer.testing import CliRunner

import sim
from sim.cli.main import app
from sim.model.arrays import FloatArray
from sim.results.expectations import UnknownMetricError
from sim.scenario.designs import Design
from sim.scenario.distributions import Distribution
from sim.scenario.factors import Factor, distribution_factor
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.scenario.source_code import code_fingerprint
from sim.scenario.sweep import read_sweep
from sim.show.pages.sensitivity import render_sensitivity
from sim.study.design import sample_design
from sim.study.effects import (
    DesignEvaluation,
    DesignEvaluator,
    FactorEffect,
    MissingPartsError,
    OutcomeEffects,
    analyse_design,
    analyse_effects,
    function_evaluator,
)
from sim.study.sensitivity import Sensitivity, analyse_sensitivity
from sim.study.sensitivity_indices import (
    elementary_changes,
    estimate_ratios,
    first_order_terms,
    mean_cross_product,
    noise_share,
    total_order_terms,
)

A = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
"""Sobol's G: the smaller, the more a factor matters."""


def uniform(name: str, low: float, high: float) -> Factor:
    return distribution_factor(name, (name,), Distribution("uniform", {"low": low, "high": high}, "number"))


ANGLES = [uniform(name, -np.pi, np.pi) for name in ("x1", "x2", "x3")]
UNITS = [uniform(f"x{k}", 0, 1) for k in range(1, 9)]


def noisy(
    function: Callable[[FloatArray], FloatArray], shared: float, own: float
) -> Callable[[FloatArray, int], FloatArray]:
    """The same with the luck of a future: some that hits all points alike, and some that does not."""

    def played(x: FloatArray, future: int) -> FloatArray:
        rng = np.random.default_rng([future, len(x)])
        found: FloatArray = function(x) + shared * rng.normal() + own * rng.normal(size=len(x))
        return found

    return played


def ishigami() -> dict[str, tuple[float, float]]:
    """First and total order, by hand: a = 7, b = 0.1 (Ishigami and Homma, 1990)."""
    a, b, pi = 7.0, 0.1, np.pi
    alone = {"x1": 0.5 * (1 + b * pi**4 / 5) ** 2, "x2": a**2 / 8, "x3": 0.0}
    both = b**2 * pi**8 * (1 / 18 - 1 / 50)
    whole = sum(alone.values()) + both
    return {name: (v / whole, (v + (both if name != "x2" else 0)) / whole) for name, v in alone.items()}


def sobol_g() -> dict[str, tuple[float, float]]:
    """First and total order, by hand (Sobol, 1993)."""
    parts = 1 / (3 * (1 + A) ** 2)
    whole = np.prod(1 + parts) - 1
    return {
        f"x{k}": (v / whole, v * np.prod(np.delete(1 + parts, k - 1)) / whole)
        for k, v in enumerate(parts, start=1)
    }


def found_of(
    function: Callable[[FloatArray, int], FloatArray],
    factors: list[Factor],
    points: int,
    futures: int,
    seed: int = 1,
) -> OutcomeEffects:
    """What Sobol's indices say of a function, by the way that scenarios go."""
    (last,) = analyse_effects(
        factors, function_evaluator(function, factors, futures, seed), "sobol", points=points
    )
    return last.outcome_effects[0]


def by_name(findings: OutcomeEffects) -> dict[str, FactorEffect]:
    return {effect.factor: effect for effect in findings.effects}


# ------------------------------------------------------------------------------------------------ known indices


@pytest.mark.parametrize(
    ("function", "factors", "exact"),
    [(Ishigami.evaluate, ANGLES, ishigami()), (Sobol_G.evaluate, UNITS, sobol_g())],
    ids=["Ishigami", "Sobol G"],
)
def test_known_indices(
    function: Callable[[FloatArray], FloatArray], factors: list[Factor], exact: dict[str, tuple[float, float]]
) -> None:
    findings = found_of(lambda x, future: function(x), factors, 1024, 1)
    for effect in findings.effects:
        first, total = exact[effect.factor]
        assert effect.first is not None
        assert effect.total is not None
        assert effect.first.value == pytest.approx(first, abs=0.02)
        assert effect.total.value == pytest.approx(total, abs=0.02)
        assert effect.first.low <= first <= effect.first.high
    assert [effect.factor for effect in findings.effects][:2] == ["x1", "x2"]
    assert findings.noise is None


@pytest.mark.parametrize(("shared", "own"), [(20.0, 0.0), (0.0, 3.0), (10.0, 2.0)])
def test_noise_makes_no_index_larger(shared: float, own: float) -> None:
    """Without care, noise of 3 in the mean of eight futures would raise every total index by 0.08."""
    function = noisy(Ishigami.evaluate, shared, own)
    effects = by_name(found_of(function, ANGLES, 1024, 8))
    for name, (first, total) in ishigami().items():
        effect = effects[name]
        assert effect.first is not None
        assert effect.total is not None
        assert effect.first.value == pytest.approx(first, abs=0.04)
        assert effect.total.value == pytest.approx(total, abs=0.04)


def test_what_is_noise_is_called_noise() -> None:
    """Four factors of which two do nothing, under noise as large as all effects: never sure of the idle ones."""
    factors = [uniform(f"x{k}", 0, 1) for k in range(4)]
    sure = {factor.name: 0 for factor in factors}
    for seed in range(40):
        function = noisy(lambda x: 3 * x[:, 0] + x[:, 1], 5.0, 1.0)
        effects = found_of(lambda x, f, s=seed, g=function: g(x, 100 * s + f), factors, 64, 5, seed).effects
        for effect in effects:
            sure[effect.factor] += effect.distinguishable
    assert sure["x0"] >= 37
    assert sure["x1"] > 20
    assert sure["x2"] + sure["x3"] <= 13  # of 80, by two intervals of 95 % each


def test_intervals_cover() -> None:
    """Of a line under noise, in which each index is known: 0.9 and 0.1."""
    factors = [uniform("x0", 0, 1), uniform("x1", 0, 1)]
    covered = []
    for seed in range(60):
        function = noisy(lambda x: 3 * x[:, 0] + x[:, 1], 2.0, 0.5)
        findings = found_of(lambda x, f, s=seed, g=function: g(x, 100 * s + f), factors, 64, 6, seed)
        effects = by_name(findings)
        for name, exact in (("x0", 0.9), ("x1", 0.1)):
            for index in (effects[name].first, effects[name].total):
                assert index is not None
                covered.append(index.low <= exact <= index.high)
    assert np.mean(covered) > 0.9


def test_the_share_of_noise() -> None:
    """A variance of 25/12 by the factor, 4 by the luck of a future, 1 by that of a run."""
    rng = np.random.default_rng(3)
    y = 5 * rng.random((400, 3, 1)) + 2 * rng.normal(size=(1, 1, 60)) + rng.normal(size=(400, 3, 60))
    exact = 5 / (5 + 25 / 12)
    assert noise_share(y) == pytest.approx(exact, abs=0.08)
    assert noise_share(y[..., :2]) is None


def test_swings_of_a_line() -> None:
    """From a tenth to nine tenths a line with slope 10 rises by 8, whatever noise hits all points alike."""
    factors = [uniform("up", 0, 1), uniform("down", 0, 1), uniform("idle", 0, 1)]
    function = noisy(lambda x: 10 * x[:, 0] - 5 * x[:, 1], 9.0, 0.0)
    for method in ("sobol", "morris"):
        (found,) = analyse_effects(factors, function_evaluator(function, factors, 4, 2), method)  # type: ignore[arg-type]
        swings = {name: effect.swing for name, effect in by_name(found.outcome_effects[0]).items()}
        assert swings["up"].value == pytest.approx(8)
        assert swings["down"].value == pytest.approx(-4)
        assert (swings["idle"].value, swings["idle"].excludes_zero) == (0, False)


# -------------------------------------------------------------------------- as SALib's, where there is no noise


def test_sobol_is_that_of_salib() -> None:
    u = sample_design(Design("sobol", {"points": 128, "second_order": 0}), ANGLES, 5)
    y = Ishigami.evaluate((2 * u - 1) * np.pi)
    problem: dict[str, Any] = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, y, calc_second_order=False, seed=1, num_resamples=1000)
    for terms, key in ((first_order_terms, "S1"), (total_order_terms, "ST")):
        ours = estimate_ratios(terms, y.reshape(128, 5, 1))
        assert [index.value for index in ours] == pytest.approx(theirs[key], rel=1e-12)
        assert [(i.high - i.low) / 2 for i in ours] == pytest.approx(theirs[f"{key}_conf"], rel=0.25)


def test_morris_is_that_of_salib() -> None:
    u = sample_design(Design("morris", {"trajectories": 20, "levels": 4}), ANGLES, 5)
    y = Ishigami.evaluate((2 * u - 1) * np.pi)
    problem: dict[str, Any] = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3}
    theirs = morris.analyze(problem, u, y, num_levels=4, seed=1)
    (found,) = analyse_effects(
        ANGLES, function_evaluator(lambda x, _: Ishigami.evaluate(x), ANGLES, 1, 5), "morris", trajectories=20
    )
    effects = by_name(found.outcome_effects[0])
    scale = 4 / (2 * 3)  # SALib divides by the step, which is two thirds of its range
    assert [effects[name].mu_star for name in problem["names"]] == pytest.approx(theirs["mu_star"] * scale)
    assert [effects[name].sigma for name in problem["names"]] == pytest.approx(theirs["sigma"] * scale)
    moved, changed = elementary_changes("morris", u.reshape(20, 4, 3), y.reshape(20, 4, 1))
    assert (np.sign(moved) * changed[..., 0]).mean(0) == pytest.approx(theirs["mu"] * scale, abs=1e-12)
    assert np.abs(moved) == pytest.approx(0.5)


def test_unlike_futures_by_hand() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 7.0])
    pairs = [x[i] * y[j] for i in range(3) for j in range(3) if i != j]
    assert mean_cross_product(x, y) == pytest.approx(np.mean(pairs))
    assert mean_cross_product(x[:1], y[:1]) == 3.0


# ---------------------------------------------------------------------------------------------------- screening


def test_screening_leaves_what_matters() -> None:
    """Of twelve factors three matter; the others are never evaluated again."""
    factors = [uniform(f"x{k}", 0, 1) for k in range(12)]
    function = noisy(lambda x: 4 * x[:, 2] + 3 * x[:, 5] * x[:, 7], 2.0, 0.1)
    first, last = analyse_effects(factors, function_evaluator(function, factors, 5, 1), keep=5, points=128)
    assert (first.design.kind, len(first.factors), first.points) == ("morris", 12, 130)
    assert {"x2", "x5", "x7"} <= set(last.factors)
    assert len(last.factors) <= 5
    assert last.points == 128 * (len(last.factors) + 2)
    assert last.outcome_effects[0].effects[0].factor == "x2"


def test_shares_above_1_are_too_few_points() -> None:
    """By 8 points the one factor that does anything has 1.76 ± 0.38 of the variance; by 16 no such thing is seen."""
    factors = [uniform(f"x{k}", 0, 1) for k in range(3)]
    few, more = (found_of(lambda x, future: x[:, 0], factors, points, 1, 8) for points in (8, 16))
    effect = few.effects[0]
    assert effect.total is not None
    assert effect.total.low > 1
    assert effect.swing.excludes_zero
    assert [each.verdict for each in few.effects] == ["too few points to tell", *["no effect at all"] * 2]
    assert not effect.distinguishable
    assert [each.verdict for each in more.effects] == ["more than noise", *["no effect at all"] * 2]


def test_what_the_screening_left_out_is_told_apart() -> None:
    """Four factors matter, of which two have a place; one is the luck of the futures, one does nothing."""
    factors = [uniform(f"x{k}", 0, 1) for k in range(6)]

    def function(x: FloatArray, future: int) -> FloatArray:
        noise = np.random.default_rng(future).normal() * x[:, 4]
        return 9 * x[:, 0] + 8 * x[:, 1] + 2 * x[:, 2] + x[:, 3] + noise

    stages = analyse_effects(factors, function_evaluator(function, factors, 6, 1), keep=2, points=16)
    found = Sensitivity("some", "small", "0" * 64, 1, 6, dict.fromkeys(stages[0].factors, ("0", "1")), stages)
    assert found.dropped_factors == {
        "x2": "more than noise",
        "x3": "more than noise",
        "x4": "not distinguishable from noise",
        "x5": "no effect at all",
    }
    assert found.to_dict()["dropped_as"] == found.dropped_factors
    console = Console(width=200, file=StringIO(), record=True)
    render_sensitivity(found, console)
    page = console.export_text()
    for said in (
        "Left out by the screening though more than noise, since --keep has no place for more: x2, x3 ",
        "Left out by the screening as not distinguishable from noise: x4 ",
        "Left out by the screening as without any effect at all: x5 ",
    ):
        assert said in page


def test_nothing_stands_out() -> None:
    factors = [uniform(f"x{k}", 0, 1) for k in range(9)]
    stages = analyse_effects(
        factors, function_evaluator(noisy(lambda x: 0 * x[:, 0], 1.0, 1.0), factors, 6, 4)
    )
    assert [each.design.kind for each in stages] in (["morris"], ["morris", "sobol"])
    sure = [effect.factor for effect in stages[0].outcome_effects[0].effects if effect.distinguishable]
    assert len(sure) <= 2


def test_parts_without_a_value_are_left_out() -> None:
    u = sample_design(Design("sobol", {"points": 64, "second_order": 0}), ANGLES, 5)
    y = Ishigami.evaluate((2 * u - 1) * np.pi)[:, None].repeat(3, axis=1)
    y[7, 1] = np.nan
    found = analyse_design(
        Design("sobol", {"points": 64}), ANGLES, u, {"some": y, "none": y * np.nan, "flat": 0 * y[:, :1]}
    )
    assert [(findings.outcome, findings.blocks) for findings in found.outcome_effects] == [("some", 63)]
    assert found.omission_reasons["none"] == (
        "64 of 64 base points are left out: it has no value at 320 points, at the end of no factor in particular;"
        " more than 25 % may not be"
    )
    assert found.omission_reasons["flat"] == "it is the same at every point"
    assert set(found.missing_parts) == {"some", "none"}
    assert found.missing_parts["some"].points_without_value == (7,)


def corner_evaluator(threshold: float, error: str | None) -> DesignEvaluator:
    """What fails, or has no value, where x1 is high and x3 low."""

    def evaluate(design: Design, factors: Any) -> DesignEvaluation:
        u, outcomes, _ = function_evaluator(lambda x, _: Ishigami.evaluate(x), ANGLES, 3, 5)(design, factors)
        corner = (u[:, 0] > threshold) & (u[:, 2] < 1 - threshold)
        outcomes["value"][corner, -1] = np.nan
        return u, outcomes, dict.fromkeys(np.flatnonzero(corner).tolist(), error) if error else {}

    return evaluate


@pytest.mark.parametrize("error", [None, "S: is too full"])
@pytest.mark.parametrize(("method", "word"), [("sobol", "base points"), ("morris", "trajectories")])
def test_where_the_missing_parts_lie_is_said(method: str, word: str, error: str | None) -> None:
    """Of 64 base points, or 40 trajectories, up to a quarter is left out, and page and objects say it alike."""
    evaluate = corner_evaluator(0.82, error)
    stages = analyse_effects(ANGLES, evaluate, method, points=64, trajectories=40, levels=8)  # type: ignore[arg-type]
    found = Sensitivity("some", "small", "0" * 64, 1, 3, dict.fromkeys(stages[0].factors, ("0", "1")), stages)
    missing = found.last_stage.missing_parts["value"]
    assert 0 < missing.parts <= missing.of / 4
    assert missing.ends == {"x1": "upper", "x3": "lower"}
    n = len(missing.failed_points if error else missing.points_without_value)
    assert n >= missing.parts
    reason = f"a run failed at {n} points" if error else f"it has no value at {n} points"
    note = (
        f"Of value all is said of a part of the design alone: {missing.parts} of {missing.of} {word} are left out:"
        f" {reason}, at the upper end of x1 and the lower end of x3"
        + (" (the first failure: S: is too full)." if error else ".")
    )
    assert list(found.notes()) == [note]
    assert found.to_dict()["stages"][0]["left_out"]["value"]["parts"] == missing.parts
    assert found.frame["blocks_left_out"].unique().to_list() == [missing.parts]
    console = Console(width=300, file=StringIO(), record=True)
    render_sensitivity(found, console)
    assert note in console.export_text()


def test_beyond_a_quarter_nothing_is_said() -> None:
    """Of one outcome a note says why; where there is no other, the command refuses, and says what to write."""
    with pytest.raises(MissingPartsError) as refusal:
        analyse_effects(ANGLES, corner_evaluator(0.5, None), "sobol", points=64)
    assert "nothing can be said of value: " in str(refusal.value)
    assert str(refusal.value).endswith(
        "more than 25 % may not be; narrow the ranges of x1 and x3, so that every run goes through or name an outcome"
        " that has a value in every future, as --outcome unserved_mw.mean"
    )


# -------------------------------------------------------------------------------------------- of a scenario's sweep

SWEEP = """\
title: What matters in the small world
scenario: small.yaml
levers:
  sites.West.online: {from: 150 MW, to: 300 MW}
uncertainties:
  uncertain.growth: {uniform: {low: 1, high: 3}}
  rights.refusal.appetite: {uniform: {low: 30 %, high: 90 %}}
  providers.Neo.price: {uniform: {low: 10 M$/MW/y, high: 12 M$/MW/y}}
design: {sobol: {points: 16}}
replications: 4
seed: 7
outcomes: [online_mw.mean, provider.Neo.spend]
"""


@pytest.fixture
def what(small: ScenarioFile) -> Path:
    path = small.path.with_name("what.yaml")
    path.write_text(SWEEP)
    return path


def test_of_a_scenario(what: Path, tmp_path: Path) -> None:
    """What is online goes with the first site alone: its size less a fifth of it in outages."""
    found = analyse_sensitivity(read_sweep(what), out=tmp_path / "out", workers=1)
    online, spend = found.last_stage.outcome_effects
    assert (found.last_stage.points, found.replications, found.dropped_factors) == (16 * 6, 4, {})
    first = online.effects[0]
    assert first.factor == "sites.West.online"
    assert found.factor_ranges[first.factor] == ("165 MW", "285 MW")
    assert found.factor_ranges["rights.refusal.appetite"] == ("36 %", "84 %")
    assert first.swing.value == pytest.approx(120, rel=0.05)
    assert first.first is not None
    assert first.first.excludes_zero
    assert online.noise is not None
    assert [effect.distinguishable for effect in online.effects] == [True, False, False, False]
    assert [effect.verdict for effect in online.effects[1:]] == ["no effect at all"] * 3
    assert {effect.total.value for effect in online.effects[1:] if effect.total} == {0.0}
    assert "providers.Neo.price" in [effect.factor for effect in spend.effects if effect.distinguishable]


def test_it_goes_on_where_it_was_stopped(what: Path, tmp_path: Path) -> None:
    """The runs are a sweep's, and kept; other factors than before are played anew."""
    read = read_sweep(what, replications=3)
    done: list[tuple[int, int]] = []

    def told(*so_far: int) -> None:
        done.append((so_far[0], so_far[1]))

    first = analyse_sensitivity(read, out=tmp_path, points=4, workers=1, progress=told)
    assert done[0] == (0, 72)
    done.clear()
    again = analyse_sensitivity(read, out=tmp_path, points=4, workers=1, progress=told)
    assert done[0] == (72, 72)
    assert again.to_dict() == first.to_dict()
    screened = analyse_sensitivity(read, out=tmp_path, points=4, workers=1, keep=3, trajectories=4)
    assert [stage.design.kind for stage in screened.stages] == ["morris", "sobol"]
    assert 1 <= len(screened.last_stage.factors) <= 3
    assert set(screened.dropped_factors) == set(first.last_stage.factors) - set(screened.last_stage.factors)


def test_failed_runs_are_said_and_refused(small: ScenarioFile) -> None:
    """More in place than is online cannot be: a third of all base points meets that."""
    path = small.path.with_name("failing.yaml")
    path.write_text(
        "start: 2026-01-01\nend: 2027-01-01\n"
        "demand: {jobs: {customer: Lab, in_place: {S: 100 MW}, size: 40 MW, term: 3 mo,"
        " arrivals: {poisson: {rate: 6 /mo}}}}\n"
        "providers: {P: {sites: [S]}}\nsites: {S: {online: 300 MW}}\n"
    )
    sweep = path.with_name("corner.yaml")
    sweep.write_text(
        "scenario: failing.yaml\nreplications: 3\nuncertainties:\n"
        "  sites.S.online: {uniform: {low: 100 MW, high: 200 MW}}\n"
        "  demand.jobs.in_place.S: {uniform: {low: 50 MW, high: 150 MW}}\n"
        "design: {sobol: {points: 8}}\n"
    )
    with pytest.raises(MissingPartsError) as refusal:
        sim.sensitivity(sweep, workers=1)
    assert isinstance(refusal.value, UserError)  # which every command tells in a line, with exit 2
    assert str(refusal.value).startswith(
        "sensitivity: nothing can be said of unserved_mw.mean: 3 of 8 base points are left out: a run failed at 5"
        " points, at the lower end of sites.S.online and the upper end of demand.jobs.in_place.S (the first failure: "
    )


def test_few_futures_are_said_to_be_few(what: Path) -> None:
    found = analyse_sensitivity(
        read_sweep(what, replications=1), workers=1, points=16, outcomes=["online_mw.mean"]
    )
    assert list(found.notes()) == [
        "With 1 future at each point the luck of the futures cannot be told from the effects; take 3 replications"
        " or more, better 10."
    ]
    assert found.last_stage.outcome_effects[0].noise is None


def test_an_outcome_that_is_none(what: Path) -> None:
    with pytest.raises(UnknownMetricError) as error:
        analyse_sensitivity(read_sweep(what), outcomes=["provider.Neo.spent"])
    missing = 'outcome "provider.Neo.spent": there is no such metric'
    assert str(error.value) == f"{missing}; did you mean provider.Neo.spend?"
    with pytest.raises(UnknownMetricError) as error:
        analyse_sensitivity(read_sweep(what), outcomes=["spend.Neo"])
    assert str(error.value).endswith("; it is called provider.Neo.spend now")
    with pytest.raises(ValueError, match="method='soboll': write one of both, morris, sobol"):
        analyse_sensitivity(read_sweep(what), method="soboll")  # type: ignore[arg-type]


def test_the_command(what: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["sensitivity", str(what), "--points", "4", "--workers", "1", "--outcome", "online_mw.mean"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "runs/sensitivity-what"
    kept = json.loads((folder / "sensitivity.json").read_text())
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json", "sobol", "sensitivity.json", "tornado.png", "tornado.svg", "indices.png", "indices.svg",
    }  # fmt: skip
    assert "no effect at all:" in done.stdout
    assert "not distinguishable from noise" not in done.stdout
    again = CliRunner().invoke(app, [*words, "--json", "--no-plots"])
    assert json.loads(again.stdout) == kept
    assert kept["code"] == code_fingerprint()
    assert kept["stages"][0]["design"] == {"sobol": {"points": 4, "second_order": 0}}
    wrong = CliRunner().invoke(app, [*words, "--points", "9"], env={"COLUMNS": "200"})
    assert wrong.exit_code == 2
    assert "--points 9: is not a power of 2; write 8 or 16" in wrong.output


def test_of_morris_alone(what: Path) -> None:
    found: Sensitivity = analyse_sensitivity(read_sweep(what), method="morris", trajectories=5, workers=1)
    told = found.to_dict()
    row = told["stages"][0]["outcomes"]["online_mw.mean"]["factors"][0]
    assert (row["factor"], row["distinguishable"]) == ("sites.West.online", True)
    assert set(row) == {"factor", "distinguishable", "verdict", "swing", "strength", "mu_star", "sigma"}


def test_in_python(what: Path, small: ScenarioFile) -> None:
    found = sim.sensitivity(what, points=4, workers=1)
    assert found.frame.columns[:3] == ["design", "outcome", "factor"]
    assert "What matters" in found._repr_html_()
    assert found.plot.tornado().axes
    with pytest.raises(AttributeError, match="tornados"):
        found.plot.tornados()  # type: ignore[attr-defined]
    worth = sim.value(sim.Scenario(small), "refusal", windows=["0 d"], replications=3, workers=1)
    assert set(worth.frame["window"]) == {None, "0 d"}
    planned = sim.plan(
        sim.Scenario(small), "sites.West.online", "100 MW", "300 MW", "online_mw.mean > 200", step="100 MW",
        replications=40, workers=1,
    )  # fmt: skip
    assert planned.frame["value"].to_list() == ["100 MW", "200 MW", "300 MW"]
    assert planned.summary()["answer"] in planned.frame["value"]
    assert repr(planned) == "<PlanAnalysis of A small world>"
