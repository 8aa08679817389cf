"""Names of metrics: units whatever a thing is called, old names answered with the new, and names that would meet."""

from pathlib import Path

import polars as pl
import pytest

from sim.results.expectations import UnknownMetricError, unknown_metric_text
from sim.results.files import OutputError
from sim.results.manifest import write_manifest
from sim.results.metrics import metric_unit, present_name
from sim.results.run import read_run, write_run
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.sweep import read_sweep
from sim.study.precision import PrecisionError, check_precision_metrics, parse_precision
from sim.study.run import run_scenario
from sim.study.sweep import prepare_sweep

TOTAL = """\
start: 2026-01-01
end: 2027-01-01
replications: 1
report_at: [2026-06-01]
demand:
  base: {customer: Holidays, in_place: {S: 100 MW, T: 50 MW}, term: 20 y}
  one: {customer: Other, size: 1 MW, term: 1 d, only: ["a|b", total], arrivals: {deals: {d: {asked: 2026-06-01}}}}
providers:
  total: {sites: [S], price: 12 M$/MW/y, cost: 6 M$/MW/y}
  "a|b": {sites: [T], price: 12 M$/MW/y}
sites: {S: {online: 100 MW}, T: {online: 60 MW}}
"""


@pytest.fixture
def total(tmp_path: Path) -> Path:
    path = tmp_path / "total.yaml"
    path.write_text(TOTAL)
    return path


def test_a_provider_called_total(total: Path) -> None:
    """S serves 100 MW and T 50 MW for 365 days, and T 1 MW for a day more: 12 M$ a MW and 365.25 days."""
    run = run_scenario(read_scenario(total), workers=1)
    found = {name: column[0] for name, column in run.metric_values.items()}
    price_usd = 12e6 / 365.25
    assert found["provider.total.spend"] == pytest.approx(100 * 365 * price_usd)
    assert found["provider.a|b.spend"] == pytest.approx((50 * 365 + 1) * price_usd)
    assert found["spend"] == pytest.approx((150 * 365 + 1) * price_usd)
    assert found["provider.total.served_share"] == pytest.approx(36500 / (150 * 365 + 1))
    assert found["provider.total.margin"] == pytest.approx(50 * 365 * price_usd)
    assert run.table("requests")["only"].to_list() == [["a|b", "total"]]
    assert run.table("requests").schema["only"] == pl.List(pl.String)
    units = {name: statistics["unit"] for name, statistics in run.summary().items()}
    assert (units["customer.Holidays.spend"], units["customer.Holidays.lost_share"]) == ("$", "share")


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("spend", "$"),
        ("provider.Timeshare.spend", "$"),
        ("provider.Holidays.idle_mw", "MW"),
        ("site.spend.online_mw.at.2026-12-31", "MW"),
        ("customer.days.wait_days.p95", "d"),
        ("stream.h100e.asked_mw", "MW"),
        ("h100e.in_service.end", "H100e"),
        ("unserved_mw.max_days", "d"),
        ("declined_share.room", "share"),
    ],
)
def test_the_unit_of_a_metric(metric: str, unit: str) -> None:
    assert metric_unit(metric) == unit


def test_no_unit_follows_from_the_name_of_a_thing() -> None:
    with pytest.raises(KeyError):
        metric_unit("provider.spend.colour")


@pytest.mark.parametrize(
    ("old", "present"),
    [
        ("spend.total", "spend"),
        ("capex.total", "capex"),
        ("spend.Neo", "provider.Neo.spend"),
        ("margin.total", "provider.total.margin"),
        ("take_or_pay.A b", "provider.A b.take_or_pay"),
        ("margin.*", "provider.*.margin"),
        ("spend", None),
        ("provider.Neo.spend", None),
        ("spend.Neo.p90", None),
    ],
)
def test_what_an_old_name_is_now(old: str, present: str | None) -> None:
    assert present_name(old) == present


def test_an_old_name_is_answered_with_the_new_one(total: Path) -> None:
    scenario = read_scenario(total)
    run = run_scenario(scenario.replace({"expect": ["spend.total.mean < 1"]}), workers=1)
    with pytest.raises(UnknownMetricError) as expectation:
        run.verdicts()
    assert str(expectation.value) == (
        'expect: "spend.total.mean < 1": there is no metric spend.total; it is called spend now'
    )
    with pytest.raises(PrecisionError, match=r"margin.total; it is called provider.total.margin now"):
        check_precision_metrics(parse_precision(["margin.total:5%"]), run.metric_values)
    sweep = total.with_name("sweep.yaml")
    sweep.write_text(
        "scenario: total.yaml\nlevers: {providers.total.price: [1 M$/MW/y, 2 M$/MW/y]}\n"
        "design: grid\noutcomes: [spend, spend.total]\n"
    )
    with pytest.raises(ScenarioError) as outcome:
        prepare_sweep(read_sweep(sweep))
    assert str(outcome.value).endswith("there is no metric spend.total; it is called spend now")
    assert ":4: outcomes.1: " in str(outcome.value)


def test_of_an_old_name_that_no_provider_bears_the_nearest_is_told() -> None:
    assert unknown_metric_text("margin.Neo", ["provider.Bob.margin"]).startswith(
        "there is no metric margin.Neo; "
    )
    assert "now" not in unknown_metric_text("margin.Neo", ["provider.Bob.margin"])


def test_a_run_that_was_saved_with_old_names(total: Path, tmp_path: Path) -> None:
    run = run_scenario(read_scenario(total), workers=1)
    write_run(run, tmp_path / "saved")
    names = pl.col("metric").replace({"spend": "spend.total"})
    pl.read_parquet(tmp_path / "saved" / "metrics.parquet").with_columns(names).write_parquet(
        tmp_path / "saved" / "metrics.parquet"
    )
    write_manifest(tmp_path / "saved", "run")
    with pytest.raises(
        OutputError, match=r"whose metric spend.total is called spend now; run it again: sim run "
    ):
        read_run(tmp_path / "saved")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '"a|b": {',
            '"a:b": {sites: [T]}\n  "a|b": {',
            '11: providers.a|b: "a|b": is the same as a:b in the name of a file (a-b); write another name',
        ),
        (
            "[2026-06-01]",
            '["2026-06-01T12:00:00.1Z", "2026-06-01T12:00:00.2Z"]',
            '4: report_at.1: "2026-06-01 12:00:00.200000": is in the same second as one before it; write it once',
        ),
    ],
)
def test_names_that_would_meet(total: Path, old: str, new: str, expected: str) -> None:
    assert old in TOTAL
    total.write_text(TOTAL.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(total)
    assert str(error.value) == f"{total}:{expected}"
