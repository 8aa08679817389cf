"""Runs of many replications: the same whatever the workers, flat in memory, and nothing lost."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import conserving
import numpy as np
import polars as pl
import pytest
from conftest import SMALL, written

from sim.model.run import play
from sim.results import store
from sim.results.files import OutputError
from sim.results.run import read_run, write_run
from sim.results.summary import sample_statistics
from sim.results.tables import RUN_TABLES
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.study.replications import batch_ranges
from sim.study.run import run_scenario

ANNOUNCED = Path("scenarios/announced-2025.yaml").resolve()


def digests(folder: Path) -> dict[str, str]:
    """What stands in a folder, file by file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def sim(*words: str, cwd: Path, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim", *words], cwd=cwd, capture_output=True, text=True, check=False, **how
    )


@pytest.mark.parametrize("replication", range(4))
def test_shipped_scenarios_conserve(replication: int) -> None:
    for path in sorted(ANNOUNCED.parent.glob("*.yaml")):
        conserving.check(play(read_scenario(path), 1, replication))


def test_the_same_bytes_whatever_the_workers(small: ScenarioFile, tmp_path: Path) -> None:
    for workers in (1, 2, 3):
        run_scenario(small, replications=130, workers=workers, out=tmp_path / str(workers))
    one = digests(tmp_path / "1")
    assert set(one) >= {"requests.parquet", "capacity.parquet", "bands.parquet", "summary.json"}
    assert one == digests(tmp_path / "2") == digests(tmp_path / "3")


def test_memory_and_folder_hold_the_same(small: ScenarioFile, tmp_path: Path) -> None:
    in_memory = run_scenario(small, workers=1)
    write_run(in_memory, tmp_path / "saved")
    run_scenario(small, workers=1, out=tmp_path / "run")
    saved, direct = read_run(tmp_path / "saved"), read_run(tmp_path / "run")
    for name in (*RUN_TABLES, "bands"):
        assert in_memory.table(name).equals(direct.table(name)), name
        assert saved.table(name).equals(direct.table(name)), name
    assert in_memory.summary() == direct.summary() == saved.summary()
    told = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert told == {"metrics": direct.summary()}


def test_rows_stand_in_the_order_of_the_design(small: ScenarioFile) -> None:
    found = run_scenario(small, replications=5, workers=1)
    for name, time_of in (("commitments", "committed"), ("deliveries", "start"), ("releases", "at")):
        keys = found.table(name).select("replication", time_of, "request").rows()
        assert keys == sorted(keys, key=lambda k: (k[0], k[1], -1 if k[2] is None else k[2])), name


def test_what_each_choice_of_tables_leaves(small: ScenarioFile, tmp_path: Path) -> None:
    kept = {"all": {*RUN_TABLES, "bands"}, "summary": {"drawn", "metrics", "bands"}, "none": set()}
    for tables, names in kept.items():
        run_scenario(small, replications=2, workers=1, tables=tables, out=tmp_path / "out")  # type: ignore[arg-type]
        assert {path.stem for path in (tmp_path / "out").glob("*.parquet")} == names, tables
        assert json.loads((tmp_path / "out" / "summary.json").read_text())["metrics"]["requests"]["n"] == 2


def test_tables_have_utc_timestamps_and_durations(small: ScenarioFile) -> None:
    requests = run_scenario(small, replications=1, workers=1).table("requests")
    assert requests.schema["asked"] == pl.Datetime("us", None)
    assert requests.schema["term"] == requests.schema["window"] == pl.Duration("us")
    assert (requests["wanted"] - requests["asked"]).unique().to_list()[0].days in (0, 30)


PEAK = """
import resource, sys
from pathlib import Path
from sim.scenario.reading import read_scenario
from sim.study.run import run_scenario
scenario, out = read_scenario(Path(sys.argv[1])), Path(sys.argv[3])
run_scenario(scenario, replications=int(sys.argv[2]), workers=1, tables="summary", out=out)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_replications(tmp_path: Path) -> None:
    """Ten times the replications under `--tables summary`: less than 15 MB more at the peak."""
    (tmp_path / "small.yaml").write_text(SMALL)

    def peak_kib(n: int) -> int:
        words = [sys.executable, "-c", PEAK, str(tmp_path / "small.yaml"), str(n), str(tmp_path / f"{n}")]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert peak_kib(500) - peak_kib(50) < 15_000


def test_statistics_of_a_metric() -> None:
    found = sample_statistics("MW", [4.0, None, 1.0, 3.0, 2.0])
    assert (found["n"], found["mean"], found["p50"]) == (4, 2.5, 2.5)
    assert found["sd"] == pytest.approx(1.2909944)
    assert found["ci95"] == pytest.approx([2.5 - 2.0542603, 2.5 + 2.0542603])  # t(3) at 97.5 % is 3.1824463
    assert (found["p10"], found["p90"]) == (pytest.approx(1.3), pytest.approx(3.7))
    assert sample_statistics("MW", [7.0])["ci95"] is None
    assert sample_statistics("MW", [None])["mean"] is None


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 1000, 100_000])
def test_batches_cover_every_replication_once(n: int) -> None:
    assert [k for batch in batch_ranges(n) for k in batch] == list(range(n))
    assert max(len(batch) for batch in batch_ranges(n)) <= 25


def test_a_user_function_replaces_the_policy(small: ScenarioFile) -> None:
    """A policy that asks only Neo; one that ranks a stranger is told so."""
    found = run_scenario(small, replications=3, workers=1, policy=only_neo)
    first = found.table("requests").filter(pl.col("right").is_null())["asked_first"].unique().to_list()
    assert first == ["Neo"]
    assert found.provenance["policy"]["name"] == "only_neo"
    assert len(found.provenance["policy"]["sha256"]) == 64
    with pytest.raises(
        ValueError, match=r"the policy ranked \['Nobody'\]; it may name each of \['Big', 'Neo'\]"
    ):
        run_scenario(small, replications=1, workers=1, policy=lambda request, offers: ["Nobody"])


@pytest.mark.parametrize("returned", [None, "Neo", [3]])
def test_a_policy_that_ranks_nobody_is_told_so(small: ScenarioFile, returned: object) -> None:
    with pytest.raises(ValueError, match=r"the policy returned .*; it must return a list of provider names"):
        run_scenario(small, replications=1, workers=1, policy=lambda request, offers: returned)  # type: ignore[arg-type,return-value]


def only_neo(request: object, offers: object) -> list[str]:
    return ["Neo"]


def test_a_user_function_replaces_the_answer(small: ScenarioFile) -> None:
    """A holder that takes nothing; and one that wants all, and gets what its sites have room for."""
    nothing = run_scenario(small, replications=3, workers=1, answer=lambda request, offer: 0)
    put = nothing.table("requests").filter(pl.col("window").is_not_null() & pl.col("answered").is_not_null())
    assert len(put)
    assert put["holder_kw"].sum() == 0
    assert put["reason"].unique().to_list() == ["appetite"]
    greedy = run_scenario(small, replications=3, workers=1, answer=lambda request, offer: 1e12)
    assert greedy.table("requests")["holder_kw"].sum() > 0
    conserving.check(play(small, 1, 0, answer=lambda request, offer: offer.room_kw))


def test_a_function_that_cannot_travel_is_refused_only_if_workers_are_asked_for(small: ScenarioFile) -> None:
    with pytest.raises(ValueError, match=r"define it in a \.py file and import it, or use workers=1"):
        run_scenario(small, replications=4, workers=2, policy=lambda request, offers: ["Neo"])
    assert run_scenario(
        small, replications=4, policy=lambda request, offers: ["Neo"]
    ).finished_replications == [0, 1, 2, 3]


def test_a_folder_with_other_files_is_left_alone(small: ScenarioFile, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files that are not a run of sim; name another folder"):
        run_scenario(small, replications=1, out=tmp_path / "precious")
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "mine"
    with pytest.raises(OutputError, match="is a file; name another folder with --out"):
        run_scenario(small, replications=1, out=tmp_path / "precious" / "thesis.txt")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_finished(tmp_path: Path, number: signal.Signals) -> None:
    """The process group gets the signal in the middle: exit 130, and what is there is whole and readable."""
    out = tmp_path / "out"
    words = [sys.executable, "-m", "sim", "run", str(ANNOUNCED), "--replications", "800", "--out", str(out)]
    words += ["--workers", "2", "--tables", "summary", "--plots", "none", "--engine", "simpy"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(tmp_path.glob(".out.*.new/parts/metrics-*.parquet")):
        time.sleep(0.05)
    os.killpg(process.pid, number)
    told, wrong = process.communicate(timeout=60)
    assert process.returncode == 130, wrong
    assert "Traceback" not in wrong
    kept = read_run(out)
    n = len(kept.finished_replications)
    assert 0 < n < 800
    assert f"Interrupted: {n} of 800 replications" in " ".join(told.split())
    assert kept.provenance["interrupted"] is True
    assert kept.table("metrics")["replication"].n_unique() == n
    assert not (out / store.PARTS_FOLDER).exists()
    assert os.listdir(tmp_path) == ["out"]
    assert np.isfinite(kept.summary()["requests"]["mean"] or np.nan)


def test_the_command_line_says_it_in_json(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL + "expect: [requests.mean > 10, unserved_mw.mean.p90 < 0]\n")
    done = sim("run", "small.yaml", "--json", "--replications", "3", "--plots", "none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["finished"], told["out"]) == (3, None)
    assert not (tmp_path / "runs").exists(), "a query writes no files"
    assert [e["holds"] for e in told["expect"]] == [True, False]
    checked = sim("run", "small.yaml", "--check", "--replications", "3", "--plots", "none", cwd=tmp_path)
    assert checked.returncode == 1
    assert "FAILS: unserved_mw.mean.p90 < 0" in checked.stdout
    again = sim("run", "runs/small/scenario.yaml", "--json", "--replications", "3", "--plots", "none",
                "--out", "again", cwd=tmp_path)  # fmt: skip
    assert json.loads(again.stdout)["metrics"] == told["metrics"], "the resolved scenario is the scenario"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "small.yaml", "--set", "rights.refusal.windw=9 d"], "did you mean rights.refusal.window"),
        (["run", "small.yaml", "--set", "nonsense"], "write PATH=VALUE"),
        (["run", "small.yaml", "--plots", "pie"], "there is no plot pie; there are supply_and_demand"),
        (["run", "small.yaml", "--tables", "none", "--plots", "supply_and_demand"], "--tables summary"),
        (
            ["run", "small.yaml", "--set", "demand.chat.in_place={West: 300 MW}"],
            'sites.West.online: "200 MW": is less than the 300 MW that are in place',
        ),
        (["run", "small.yaml", "--replications", "0"], "--replications"),
        (["run", "small.yaml", "--replications", "9" * 20], "99: are more than 100,000,000; ask for fewer"),
        (
            ["run", "small.yaml", "--replications", "1", "--plots", "none", "--junit", "."],
            ".: cannot be written (Is a directory); name another file with --junit",
        ),
    ],
)
def test_bad_input_gets_one_clear_error(words: list[str], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    done = sim(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_run_without_tables_has_no_plots_and_says_so(small: ScenarioFile, tmp_path: Path) -> None:
    run_scenario(small, replications=1, workers=1, tables="none", out=tmp_path / "out")
    done = sim("plot", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(
        "Left out, since their tables were not kept (run with --tables all): supply_"
    )


def test_help_is_quick(tmp_path: Path) -> None:
    """Help imports none of the heavy libraries, so that it answers at once."""
    heavy = ("numpy", "scipy", "polars", "matplotlib", "simpy", "pint", "pydantic", "rich.console", "numba")
    code = f"import sys, sim.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_script_needs_no_guard(small: ScenarioFile, tmp_path: Path) -> None:
    """Workers do not run the user's script again, so that it may start a run at its top level."""
    script = tmp_path / "script.py"
    script.write_text(
        f"import sim\nprint('once')\nprint(sim.load({str(small.path)!r}).run(replications=4, workers=2))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert re.fullmatch(r"once\n<Result of small: 4 replications, \d+ metrics>\n", done.stdout), done.stderr


def test_what_rounding_leaves_of_nothing_is_nothing(tmp_path: Path) -> None:
    """Where nobody waits, and where all is full, no metric tells of some 1e-15 MW, nor of less than nothing."""
    text = """\
start: 2025-01-01
end: 2026-01-01
demand:
  chat:
    customer: Lab
    arrivals: {poisson: {rate: 40 /mo}}
    size: {uniform: {low: 10 MW, high: 60 MW}}
    term: {uniform: {low: 10 d, high: 30 d}}
  always: {customer: Lab, arrivals: {poisson: {rate: 90 /mo}}, size: 60 MW, term: 9 y, only: [Full]}
providers:
  Full: {sites: [Small, Late]}
  Free: {sites: [Large]}
sites:
  Small: {online: 33.333 MW}
  Late: {buildings: {Hall: {it_power: 20 MW, planned: 2025-03-01, slip: {exponential: {mean: 9 d}}}}}
  Large: {online: 9 GW}
"""
    scenario = written(tmp_path)(text)
    found = run_scenario(scenario, replications=4, workers=1, tables="none").metric_values
    for name, values in found.items():
        assert all(value is None or value == 0 or abs(value) > 1e-6 for value in values), name
    assert min(found["customer.Lab.unserved_mw.mean"]) > 0
    free = run_scenario(scenario.replace({"demand.always": None}), replications=4, workers=1, tables="none")
    assert set(free.metric_values["unserved_mw.mean"]) == {0.0}
