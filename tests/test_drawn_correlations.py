"""What is drawn once a replication, and goes with what is unserved: named on page one, or said to be noise."""

from io import StringIO

import numpy as np
import polars as pl
import pytest
from rich.console import Console
from scipy import stats

from sim.results.drawn_correlations import rank_correlation
from sim.scenario.schema import ScenarioFile
from sim.show.pages.run import render_run
from sim.study.run import run_scenario


def test_ranks_are_correlated_as_scipy_does() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, 40).astype(float), rng.normal(size=40)
    assert rank_correlation(x, y) == pytest.approx(float(stats.spearmanr(x, y).statistic))


def test_what_goes_with_what_is_unserved_is_named(small: ScenarioFile) -> None:
    """Of the growth of demand and a rate that changes nothing, page one names the growth, and how to measure it."""
    scenario = small.replace({"uncertain.idle": {"uniform": {"low": 0, "high": 1}}})
    run = run_scenario(scenario, replications=60, workers=1, tables="summary")
    found = run.drawn_correlation()
    assert found is not None
    assert (found.name, found.n, found.quantities) == ("uncertain.growth", 60, 2)
    x = run.table("drawn").filter(pl.col("name") == "uncertain.growth").sort("replication")["value"]
    expected = stats.spearmanr(x.to_numpy(), np.array(run.metric_values["unserved_mw.mean"], dtype=float))
    assert found.rho == pytest.approx(float(expected.statistic))
    assert found.p == pytest.approx(2 * float(expected.pvalue), rel=1e-6)
    assert found.ci95[0] < found.rho < found.ci95[1]
    assert found.is_beyond_noise
    assert run.to_dict()["goes_with"] == found.to_dict()
    console = Console(width=250, file=StringIO(), record=True)
    render_run(run, console)
    page = console.export_text()
    assert (
        f"more of it the more uncertain.growth is (rank correlation {found.rho:+.2f}, 95 % interval " in page
    )
    assert (
        "sim sensitivity SWEEP, a file with scenario: small.yaml and uncertainties: {uncertain.growth: ...}"
        in page
    )


def test_what_goes_with_nothing_is_said_to(small: ScenarioFile) -> None:
    scenario = small.replace({
        "uncertain": {"idle": {"uniform": {"low": 0, "high": 1}}}, "demand.chat.arrivals.poisson.growth": 2,
    })  # fmt: skip
    run = run_scenario(scenario, replications=30, workers=1, tables="summary")
    console = Console(width=250, file=StringIO(), record=True)
    render_run(run, console)
    assert "goes with none of what is drawn beyond noise (uncertain.idle: " in console.export_text()
    few = run_scenario(scenario, replications=3, workers=1, tables="summary")
    assert few.drawn_correlation() is None
    assert few.to_dict()["goes_with"] is None
