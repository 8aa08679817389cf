"""What people and builders see of a sweep: pages, plots, verdicts; and the examples of its documentation."""

import re
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as xml

import polars as pl
import pytest
from conftest import SMALL
from rich.console import Console
from sweeping import WHOLE, swept

from sim.cli.main import main
from sim.results.formatting import format_compact
from sim.scenario.sweep import read_sweep
from sim.show.factor_labels import label_factors, label_point
from sim.show.pages.junit import JUnitCase, append_step_summary, write_junit
from sim.show.pages.sweep import render_sweep
from sim.show.plots.heat_maps import no_heat_maps_reason, plot_heat_maps
from sim.show.plots.responses import plot_responses
from sim.show.plots.trade_offs import no_trade_offs_reason, plot_trade_offs
from sim.study import sweep
from sim.study.sweep import prepare_sweep
from sim.study.sweep_result import SweepResult

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def result(tmp_path: Path) -> SweepResult:
    """The small sweep, with a statement that fails at some points."""
    text = WHOLE.replace("requests.mean > 10", "unserved_mw.mean.p50 < 110")
    return sweep.run_sweep(swept(tmp_path, text), workers=1)


def page_text(result: SweepResult) -> str:
    console = Console(width=100, record=True, file=StringIO())
    render_sweep(result, console)
    return " ".join(console.export_text().replace("│", " ").split())


def test_the_page_tells_where_outcomes_are_least_and_most(result: SweepResult) -> None:
    page = page_text(result)
    assert "small: 16 points (grid), 5 replications at each, seed 1" in page
    assert "lever rights.refusal.window: 0 d, 20 d, 40 d, 60 d" in page
    assert "uncertainty uncertain.growth: 1.707 to 2.293" in page
    means = result.estimates.filter(pl.col("metric") == "unserved_mw.mean").sort("mean", "point")
    for word, row in (("least", means.row(0, named=True)), ("most", means.row(-1, named=True))):
        interval = f"{format_compact(row['mean'])} ± {format_compact(row['ci_high'] - row['mean'])}"
        line = f"{word} {interval} {label_point(result, row['point'])}"
        assert line in page
    fails = [verdict for verdict in result.verdicts() if not verdict.holds]
    worst = max(fails, key=lambda verdict: verdict.found or 0)
    assert (
        f"FAILS at {len(fails)} of 16 points: unserved_mw.mean.p50 < 110 (found {worst.found:,.6g} at" in page
    )


def test_a_single_factor_is_told_value_by_value(tmp_path: Path) -> None:
    text = WHOLE.replace("grid: {levels: 2}", "grid: {}")
    alone = re.sub(r"  rights.refusal.until.*\n|uncertainties:\n.*\n", "", text)
    page = page_text(sweep.run_sweep(swept(tmp_path, alone), workers=1))
    assert re.search(r"window .* 0 d +[\d.]+ ± [\d.]+ .* 20 d .* 40 d .* 60 d", page), page


def test_factors_are_called_by_as_little_as_tells_them_apart(tmp_path: Path) -> None:
    text = """\
scenario: small.yaml
levers:
  rights.refusal.window: [1 d, 2 d]
  demand.chat.lead: [1 d, 2 d]
  demand.own.lead: [1 d, 2 d]
  demand.chat.size.lognormal.median: [1 MW, 2 MW]
  how dear: {paths: [providers.Big.price], values: [1 M$/MW/y, 2 M$/MW/y]}
design: one at a time
replications: 1
outcomes: [requests]
"""
    found = sweep.run_sweep(swept(tmp_path, text), workers=1)
    assert list(label_factors(found).values()) == [
        "window",
        "chat lead",
        "own lead",
        "size lognormal median",
        "how dear",
    ]
    assert label_point(found, 0) == "the scenario as it is"
    assert label_point(found, 3) == "chat lead 1 d"


def test_a_heat_map_holds_the_means(result: SweepResult) -> None:
    figure = plot_heat_maps(result)
    panel = figure.axes[0]
    means = (
        result.estimates.filter(pl.col("metric") == "unserved_mw.mean")
        .join(result.points, on="point")
        .group_by("rights.refusal.window", "rights.refusal.until")
        .agg(pl.col("mean").mean())
        .sort("rights.refusal.window", "rights.refusal.until")
    )
    assert [text.get_text() for text in panel.texts] == [format_compact(mean) for mean in means["mean"]]
    assert panel.get_ylabel() == "window (d)"
    assert [label.get_text() for label in panel.get_yticklabels()] == ["0", "20", "40", "60"]


def test_each_design_has_its_plots(result: SweepResult, tmp_path: Path) -> None:
    """Curves over a grid, clouds elsewhere; a single factor has no heat map; one outcome no trade-off."""
    assert len(plot_responses(result).axes) == 3 * 3
    assert len(plot_trade_offs(result).axes) == 2
    text = WHOLE.replace("grid: {levels: 2}", "latin hypercube: {points: 20}").replace("tions: 5", "tions: 1")
    spread = sweep.run_sweep(swept(tmp_path, text), workers=1)
    assert no_heat_maps_reason(spread) == "it needs a grid of two factors, and the design is: latin hypercube"
    dots = plot_responses(spread).axes[0].collections[0]
    assert len(dots.get_offsets()) == 20
    one = re.sub("outcomes: .*\nexpect: .*\n", "outcomes: [requests]\n", text)
    single = sweep.run_sweep(swept(tmp_path, one), workers=1)
    assert no_trade_offs_reason(single) == "it needs two outcomes that differ between points"


def test_junit_and_markdown_take_any_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        JUnitCase('a < "b" & c'),
        JUnitCase("d | e", "found\x00 <3>\nand more"),
        JUnitCase("f", "was not played", is_error=True),
    ]
    write_junit(tmp_path / "deep" / "j.xml", "a & b", cases)
    suite = xml.parse(tmp_path / "deep" / "j.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [case.get("name") for case in suite] == ['a < "b" & c', "d | e", "f"]
    assert suite[1][0].tag == "failure" and suite[2][0].tag == "error"  # noqa: PT018
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "s.md"))
    append_step_summary("Title", cases)
    append_step_summary("Another", cases[:1])
    summary = (tmp_path / "s.md").read_text()
    assert "### Title\n\n1 of 3 checks hold.\n\n| check | found |\n|---|---|\n| d \\| e |" in summary
    assert "### Another\n\n1 of 1 checks hold." in summary


def test_a_run_is_checked_for_builders_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.yaml").write_text(SMALL + "expect: [requests.mean > 10, unserved_mw.mean.p90 < 0]\n")
    monkeypatch.chdir(tmp_path)
    words = [
        "run",
        "small.yaml",
        "--replications",
        "2",
        "--workers",
        "1",
        "--plots",
        "none",
        "--tables",
        "none",
    ]
    monkeypatch.setattr(sys, "argv", ["sim", *words, "--check", "--junit", "j.xml"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    suite = xml.parse("j.xml").getroot()[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("small", "2", "1")


def test_the_example_of_the_documentation_can_be_played(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "studies.md").read_text(), re.DOTALL)
    assert example is not None
    path = tmp_path / "example.yaml"
    path.write_text(
        example[1].replace("../announced-2025.yaml", str(ROOT / "scenarios" / "announced-2025.yaml"))
    )
    study, u = prepare_sweep(read_sweep(path))
    assert u.shape == (200, 5)
    assert not study.points.rereads_points
