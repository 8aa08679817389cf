"""What the Python package offers: its public names, tables and plots, each with a docstring."""

import inspect
import subprocess
import sys
from typing import Any

import polars as pl
import pytest

import sim
from sim import api
from sim.results.tables import DERIVED_TABLES, RUN_TABLES
from sim.show import plot_methods
from sim.show.plots.compare import COMPARE_PLOTS
from sim.show.plots.fit import FIT_PLOTS
from sim.show.plots.plan import PLAN_PLOTS
from sim.show.plots.run import RUN_PLOTS
from sim.show.plots.sensitivity import SENSITIVITY_PLOTS
from sim.show.plots.sweep import SWEEP_PLOTS
from sim.show.plots.value import VALUE_PLOTS

RESULTS = (
    api.Result,
    api.Comparison,
    api.Sweep,
    api.ValueAnalysis,
    api.PlanAnalysis,
    api.SensitivityAnalysis,
    api.DelayFit,
)
PLOTS = {
    plot_methods.RunPlots: RUN_PLOTS,
    plot_methods.ComparisonPlots: COMPARE_PLOTS,
    plot_methods.SweepPlots: SWEEP_PLOTS,
    plot_methods.ValuePlots: VALUE_PLOTS,
    plot_methods.PlanPlots: PLAN_PLOTS,
    plot_methods.FitPlots: FIT_PLOTS,
    plot_methods.SensitivityPlots: SENSITIVITY_PLOTS,
}


def public(kind: type) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def test_the_public_names() -> None:
    assert sim.__all__ == sorted(sim.__all__)
    assert [name for name in sim.__all__ if not getattr(sim, name).__doc__] == []
    assert sim.open is sim.open_run
    assert set(sim.__all__) == {
        "Comparison", "DelayFit", "Explanation", "PlanAnalysis", "Result", "Scenario", "SensitivityAnalysis",
        "Sweep", "ValueAnalysis", "compare", "fit", "load", "open", "open_run", "open_sweep", "plan", "sensitivity",
        "sweep", "value",
    }  # fmt: skip


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_all_results_have_one_shape(kind: type) -> None:
    there = public(kind)
    assert isinstance(there["frame"], property)
    assert isinstance(there["plot"], property)
    assert callable(there["summary"])
    assert callable(there["to_dict"])
    assert [name for name, member in there.items() if not inspect.getdoc(member)] == []
    assert not hasattr(kind, "__getattr__"), "editors cannot complete what is looked up"


def test_every_table_of_a_run_is_a_property() -> None:
    for name in (*RUN_TABLES, *DERIVED_TABLES):
        member = getattr(api.Result, name)
        assert isinstance(member, property), name
        assert member.__doc__, name


@pytest.mark.parametrize(("kind", "plots"), PLOTS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_every_plot_is_a_method(kind: type, plots: dict[str, Any]) -> None:
    assert list(dict.fromkeys(name for name in vars(kind) if not name.startswith("_"))) == list(plots)
    assert [name for name, member in public(kind).items() if not member.__doc__] == []


def test_a_result_shows_the_same_in_every_form(small: Any) -> None:
    result = sim.Scenario(small).run(replications=3, workers=1)
    assert result.frame["metric"].to_list() == list(result.summary())
    row = result.frame.row(by_predicate=pl.col("metric") == "online_mw.mean", named=True)
    wanted = result.summary()["online_mw.mean"]
    assert (row["mean"], row["sd"], row["n"], row["p90"]) == tuple(
        wanted[k] for k in ("mean", "sd", "n", "p90")
    )
    assert [row["ci_low"], row["ci_high"]] == wanted["ci95"]
    told = result.to_dict()
    assert told["metrics"] == result.summary()
    assert told["seed"] == result.provenance["seed"]
    assert result.plot.backlog().axes
    assert result.requests.equals(result.run.table("requests"))


def test_the_sources_of_a_scenario_are_a_frame(small: Any) -> None:
    sources = sim.Scenario(small).sources
    assert sources.columns == ["path", "value", "source", "confidence", "note"]
    assert "sites.West.online" in sources["path"]


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("numpy", "polars", "matplotlib", "pydantic", "scipy", "numba")
    code = f"import sys, sim; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
