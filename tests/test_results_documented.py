"""Every column of every table, and every metric, stands in docs/results.md."""

import re
from pathlib import Path

import pytest

from sim.results.metrics import NAMED_KINDS
from sim.results.run import RunResult
from sim.results.tables import DERIVED_TABLES, RUN_TABLES
from sim.scenario.reading import read_scenario
from sim.study.run import run_scenario

ROOT = Path(__file__).parents[1]
TABLES, _, METRICS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8").partition("## Metrics")
DATED = re.compile(r"\.(mean|max|end|p50|p95|max_days|at\.\d{4}-\d\d-\d\d)$")


@pytest.fixture(scope="module")
def run() -> RunResult:
    return run_scenario(read_scenario(ROOT / "scenarios" / "announced-2025.yaml"), replications=1, workers=1)


def described_columns(table: str) -> str:
    """What the page says of a table's columns."""
    found = re.search(rf"`{table}`(?: \(|: )(.*?)(?=·|\n- |\n\n|$)", TABLES, re.DOTALL)
    assert found, f"docs/results.md does not tell of the table {table}"
    return found.group(1)


@pytest.mark.parametrize("table", [*RUN_TABLES, *DERIVED_TABLES])
def test_every_column_is_documented(run: RunResult, table: str) -> None:
    words = set(re.findall(r"\w+", described_columns(table))) | {"replication"}
    assert [column for column in run.table(table).columns if column not in words] == []


def family(metric: str) -> str:
    """A metric without its statistic or date, and without the name of what it is of."""
    first, *rest = DATED.sub("", metric).split(".")
    if first in NAMED_KINDS:
        rest[0] = "NAME"
    return ".".join([first, *rest])


def test_every_metric_is_documented(run: RunResult) -> None:
    families = {family(metric) for metric in run.metric_values}
    last_words = {each: each.rpartition(".")[2] for each in families}
    reasons = {
        f"declined_share.{reason}" for reason in ("appetite", "room", "utilization", "delay", "partial")
    }
    missing = [
        each
        for each, last in sorted(last_words.items())
        if each not in reasons and not re.search(rf"(?<![\w]){re.escape(last)}(?![\w])", METRICS)
    ]
    assert missing == []
    assert "spilled_share" in families
    assert family("provider.Oracle.idle_mw.at.2025-12-31") == "provider.NAME.idle_mw"
