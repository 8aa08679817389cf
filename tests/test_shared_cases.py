"""The collection of inputs that once failed, each with what is right for it; skipped where it is absent."""

from pathlib import Path

import pytest
from conftest import Sim

from sim.model.run import Run, play
from sim.scenario.reading import read_scenario

CASES = Path(__file__).parents[2] / "shared" / "cases"
HOUR = 3_600_000_000

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the collection of cases is not in {CASES}")

COMMANDS: dict[str, tuple[str, int, str]] = {
    "ascii": ("run", 0, ""),
    "ascii_sweep": ("sweep", 0, "ascii_sweep"),
    "ciw260": ("run", 0, ""),
    "csv_backslash_quotes": ("check", 0, "5 requests"),
    "csv_duplicate_header": (
        "check",
        2,
        "csv_duplicate_header.csv:1: demand.jobs.arrivals.trace.columns.size",
    ),
    "csv_inch": ("check", 0, "2 requests"),
    "csv_short_row": ("check", 2, "csv_short_row.csv:3: demand.jobs.arrivals.trace"),
    "nested_base": ("run", 0, ""),
    "nested_levers": ("sweep", 2, "overlaps with sites.S.online"),
    "no_request": ("run", 0, ""),
    "parquet_duration_as_size": ("check", 2, "is a column of Duration"),
    "provider_total": ("run", 0, ""),
    "sens_base_fail": ("run", 0, ""),
    "sens_base_null": ("run", 0, ""),
    "sens_failed_points": ("sweep", 0, "in place there"),
    "sha256_uppercase": ("check", 0, "is right"),
    "simmer246": ("run", 0, ""),
    "title_brackets": ("check", 0, "Plan [draft] [/b]"),
    "yyyymmdd": ("check", 2, "holds dates written as YYYYMMDD"),
}
"""For each case: the command that it is given to, its exit code, and a phrase of what it prints."""


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call_sim: Sim) -> Sim:
    """The command, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    return call_sim


def test_every_case_has_a_row() -> None:
    assert sorted(COMMANDS) == sorted(each.stem for each in CASES.glob("*.yaml"))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_ends_as_it_should(sim: Sim, name: str) -> None:
    command, expected_code, phrase = COMMANDS[name]
    words = [command, str(CASES / f"{name}.yaml")]
    if command != "check":
        words += ["--out", "out", "--workers", "1"] + ["--plots", "none"] * (command == "run")
    code, printed, complaint = sim(*words)
    assert code == expected_code, complaint
    assert phrase in printed + complaint
    assert "Traceback" not in printed + complaint
    if code == 2:
        assert printed == ""
        assert complaint.count("\n") == 1, "one fault, one line"


def run_of(name: str) -> Run:
    return play(read_scenario(CASES / f"{name}.yaml"), 1, 0)


def test_rows_with_quotes_are_all_there() -> None:
    inputs = run_of("csv_backslash_quotes").inputs.requests
    assert inputs.size_kw.tolist() == [10, 20, 30, 40, 50]
    assert run_of("csv_inch").inputs.requests.size_kw.tolist() == [10, 20]


def test_nothing_is_evicted_when_buildings_retire_and_nothing_new_is_served_until_there_is_room() -> None:
    """Three halls serve three requests; two of the halls retire, and the last one before the third request ends."""
    run = run_of("simmer246")
    assert run.requests["delivered_kw"].tolist() == [1000, 1000, 1000, 0, 0]
    assert (run.deliveries["end"] - run.deliveries["start"]).tolist() == [8 * 24 * HOUR] * 3


def test_a_request_that_is_asked_as_another_ends_is_served_at_once() -> None:
    run = run_of("ciw260")
    assert run.inputs.requests.asked.tolist() == [k * HOUR for k in range(24)]
    assert run.requests["full_delivery"].tolist() == [k * HOUR for k in range(24)]
