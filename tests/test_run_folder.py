"""The folder of a run: nothing of before stays, nothing is mixed, and what is broken is named and played again."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import SMALL
from crashing import DIED, Job, run_jobs
from typer.testing import CliRunner

from sim.cli.main import app
from sim.results.files import OutputError
from sim.results.folders import recover_folder
from sim.results.manifest import check_file, foreign_files, read_manifest, write_manifest
from sim.results.run import read_run
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.study.interrupts import stop_at_once
from sim.study.replications import batch_player
from sim.study.run import run_scenario

RUN = ["run", "small.yaml", "--replications", "2", "--workers", "1", "--engine", "simpy"]
PLAN = [
    "plan", "small.yaml", "--lever", "sites.West.online", "--from", "100 MW", "--to", "200 MW", "--step", "100 MW",
    "--target", "online_mw.mean > 300", "--probability", "50%", "--replications", "8",
    "--workers", "1", "--engine", "simpy",
]  # fmt: skip
COMPARE = ["compare", "small.yaml", "--set", "sites.West.online=260 MW", *RUN[2:]]


def command(*words: str) -> str:
    """Run a command in this process, and return what it says on standard error. Raises its error."""
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stderr


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def test_nothing_of_an_earlier_run_stays(here: Path) -> None:
    command(*RUN, "--plots", "backlog")
    assert (here / "runs/small/plots/backlog.png").is_file()
    assert "Replaces the run in runs/small (small, 2 replications, scenario " in command(
        *RUN, "--plots", "none", "--tables", "summary"
    )
    assert {path.name for path in (here / "runs/small").iterdir()} == {
        "scenario.yaml", "provenance.json", "summary.json", "manifest.json",
        "metrics.parquet", "drawn.parquet", "bands.parquet",
    }  # fmt: skip
    assert os.listdir(here / "runs") == ["small"]


def test_nothing_of_an_earlier_plan_stays(here: Path) -> None:
    command(*PLAN)
    assert (here / "runs/plan-small/response.png").is_file()
    command(*PLAN, "--no-plots")
    assert {path.name for path in (here / "runs/plan-small").iterdir()} == {"plan.json", "manifest.json"}


@pytest.mark.parametrize("words", [RUN, PLAN, COMPARE])
def test_a_query_writes_no_files(here: Path, words: list[str]) -> None:
    done = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(done.stdout)
    assert os.listdir(here) == ["small.yaml"]
    command(*words, "--json", "--out", "there")
    assert read_manifest(here / "there").files


def test_a_query_draws_no_pictures(here: Path) -> None:
    done = CliRunner().invoke(app, [*RUN, "--json", "--plots", "backlog"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "pictures are drawn into a folder alone; name one with --out" in done.stderr


def test_a_plot_that_cannot_be_drawn_costs_no_run(here: Path) -> None:
    done = CliRunner().invoke(app, [*RUN, "--tables", "summary", "--plots", "backlog,declined"])
    assert "the plot declined is left out" in str(done.exception)
    assert len(read_run(here / "runs/small").finished_replications) == 2
    assert (here / "runs/small/plots/backlog.svg").is_file()


def test_sim_plot_leaves_the_users_files(here: Path) -> None:
    command(*RUN, "--plots", "none")
    (here / "runs/small/notes.md").write_text("mine")
    for _ in range(2):
        command("plot", "runs/small", "--plots", "backlog")
    assert (here / "runs/small/notes.md").read_text() == "mine"
    assert foreign_files(here / "runs/small") == ["notes.md"]
    assert "plots/backlog.png" in read_manifest(here / "runs/small").files
    assert os.listdir(here / "runs") == ["small"]
    with pytest.raises(OutputError, match=r"runs/small/notes\.md: is a file of yours in a run"):
        command(*RUN)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("metrics.parquet", flip),
        ("metrics.parquet", Path.unlink),
        ("provenance.json", flip),
        ("provenance.json", lambda path: path.write_text("{")),
        ("scenario.yaml", flip),
        ("manifest.json", flip),
        ("manifest.json", lambda path: path.write_text("")),
        ("manifest.json", Path.unlink),
    ],
)
def test_what_is_broken_is_named_and_played_again(
    here: Path, name: str, spoil: Callable[[Path], object]
) -> None:
    command(*RUN, "--plots", "none")
    whole = (here / "runs/small/metrics.parquet").read_bytes()
    spoil(here / "runs/small" / name)
    with pytest.raises(OutputError, match="the command that wrote it plays it again") as caught:
        read_run(here / "runs/small")
    assert name in str(caught.value)
    command(*RUN, "--plots", "none")
    assert len(read_run(here / "runs/small").finished_replications) == 2
    assert (here / "runs/small/metrics.parquet").read_bytes() == whole


def test_a_table_that_broke_later_is_named(here: Path) -> None:
    command(*RUN, "--plots", "none")
    run = read_run(here / "runs/small")
    flip(here / "runs/small/requests.parquet")
    with pytest.raises(OutputError, match=r"requests\.parquet: is broken \(its checksum is another"):
        run.table("requests")
    (here / "runs/small/backlog.parquet").write_bytes((here / "runs/small/releases.parquet").read_bytes())
    with pytest.raises(OutputError, match=r"backlog\.parquet: is broken"):
        run.table("backlog")


def test_parts_of_two_runs_are_told_apart(here: Path) -> None:
    """A whole manifest of mixed files, as a hand could make it."""
    command(*RUN, "--plots", "none")
    command(*RUN, "--replications", "3", "--plots", "none", "--out", "three")
    (here / "three/metrics.parquet").replace(here / "runs/small/metrics.parquet")
    write_manifest(here / "runs/small", "run")
    with pytest.raises(OutputError, match="its tables are of another run than its provenance"):
        read_run(here / "runs/small")


def test_a_name_with_brackets_is_no_pattern(small: ScenarioFile, tmp_path: Path) -> None:
    run_scenario(small, replications=2, workers=1, out=tmp_path / "x1")
    run_scenario(small, replications=3, workers=1, out=tmp_path / "x[1]")
    assert read_run(tmp_path / "x[1]").table("metrics")["replication"].n_unique() == 3
    assert read_run(tmp_path / "x1").table("metrics")["replication"].n_unique() == 2
    (tmp_path / "y1").mkdir()
    with pytest.raises(OutputError, match=r"y\[1\]: holds no run of sim"):
        read_run(tmp_path / "y[1]")


def test_a_tilde_is_the_home_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here / "home"))
    command(*RUN, "--plots", "none", "--out", "~/mine")
    assert (here / "home/mine/provenance.json").is_file()
    assert read_run(Path("~/mine")).provenance["finished"] == 2


def test_a_comparison_takes_its_own_runs_along(here: Path) -> None:
    wide = ["--set", "sites.West.online=260 MW"]
    command("compare", "small.yaml", *wide, *RUN[2:], "--out", "c")
    assert read_manifest(here / "c").folders == ("a", "b")
    command("compare", "c/a", "c/b", "--out", "c", "--no-plots")
    assert {path.name for path in (here / "c").iterdir()} == {"a", "b", "comparison.json", "manifest.json"}
    assert len(read_run(here / "c/b").finished_replications) == 2
    with pytest.raises(
        OutputError, match="c/b: takes part, and would be replaced by a run of this comparison"
    ):
        command("compare", "c/b", "--set", "sites.West.online=220 MW", "--out", "c")
    with pytest.raises(OutputError, match="c: holds a comparison of sim, not a run; its runs are in a, b"):
        read_run(here / "c")


# ------------------------------------------------------------------------------ a process that dies, or has no room


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds, each file checked against its manifest."""
    manifest = read_manifest(folder)
    assert foreign_files(folder) == []
    return {name: check_file(folder, manifest, name).read_bytes() for name in manifest.files}


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


SHORT_RUN = [*RUN, "--tables", "summary", "--plots", "none"]
SHORT_PLAN = [*PLAN, "--no-plots"]


@needs_fork
def test_a_crash_of_a_run_leaves_the_old_or_the_new(here: Path) -> None:
    """Killed at a few points of its work, and at some of its end, where the folders are swapped."""
    check_crashes(
        here, SHORT_RUN, lambda n: sorted({*range(1, n, max(1, n // 4)), *range(max(1, n - 36), n, 4), n})
    )


@needs_fork
def test_a_crash_of_a_plan_leaves_the_old_or_the_new(here: Path) -> None:
    check_crashes(here, SHORT_PLAN, lambda n: sorted({*range(1, n, 4), n}))


@needs_fork
@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("CRASHES"), reason="set CRASHES to kill a run and a plan at every operation"
)
@pytest.mark.parametrize("words", [SHORT_RUN, SHORT_PLAN])
def test_a_crash_anywhere_leaves_the_old_or_the_new(here: Path, words: list[str]) -> None:
    check_crashes(here, words, lambda n: list(range(1, n + 1)))


def check_crashes(here: Path, words: list[str], points_of: Callable[[int], list[int]]) -> None:
    """Kill a command that replaces a result, at some operations on files: what opens is whole, and replaceable."""
    old_words, new_words = [*words, "--seed", "1", "--out"], [*words, "--seed", "2", "--out"]
    [_, replaced, _] = run_jobs(
        [{"words": [*old_words, "old"]}, {"words": [*new_words, "old"]}, {"words": [*old_words, "old"]}], here
    )
    shutil.copytree("old", "new")
    points = points_of(replaced["operations"])
    assert len(points) >= 10
    for k in points:
        shutil.copytree("old", f"at-{k}/out")
    died = run_jobs([{"words": [*new_words, f"at-{k}/out"], "die_at": k} for k in points], here)
    assert [each["code"] for each in died] == [DIED] * len(points)
    run_jobs([{"words": [*new_words, "new"]}], here)
    old, new = files(here / "old"), files(here / "new")
    assert old != new
    states = []
    for k in points:
        recover_folder(here / f"at-{k}/out")
        found = files(here / f"at-{k}/out")
        states.append("old" if found == old else "new" if found == new else "mixed")
    assert states == sorted(states, reverse=True)
    assert set(states) == {"old", "new"}
    turn = states.index("new")
    again = [points[0], points[turn - 1], points[turn], points[-1]]
    outcomes = run_jobs([{"words": [*new_words, f"at-{k}/out"]} for k in again], here)
    assert {each["code"] for each in outcomes} == {0}
    for k in again:
        assert files(here / f"at-{k}/out") == new
        assert os.listdir(here / f"at-{k}") == ["out"]


def test_several_at_once_are_one(here: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "sim",
        *RUN,
        "--plots",
        "none",
        "--replications",
        "40",
        "--tables",
        "summary",
    ]
    processes = [
        subprocess.Popen(
            [*words, "--seed", str(k)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for k in range(3)
    ]
    told = [process.communicate(timeout=120) for process in processes]
    codes = [process.returncode for process in processes]
    assert set(codes) <= {0, 2}, told
    assert 0 in codes
    for code, (_, wrong) in zip(codes, told, strict=True):
        if code == 2:
            assert "is writing there; wait for it, or name another folder with --out" in wrong
            assert "Traceback" not in wrong
    run = read_run(here / "runs/small")
    assert len(run.finished_replications) == 40
    assert run.provenance["seed"] in [k for k, code in enumerate(codes) if code == 0]
    assert os.listdir(here / "runs") == ["small"]


@needs_fork
def test_a_full_disk_is_one_line_and_costs_nothing(here: Path) -> None:
    commands = [[*words, "--out", words[0]] for words in (RUN, PLAN, COMPARE)]
    assert {each["code"] for each in run_jobs([{"words": words} for words in commands], here)} == {0}
    before = {words[0]: files(here / words[0]) for words in commands}
    jobs: list[Job] = [{"words": words, "size_limit": limit} for words in commands for limit in (20, 5_000)]
    outcomes = run_jobs(jobs, here)
    assert {each["code"] for each in outcomes} == {2}
    for outcome in outcomes:
        [line] = [line for line in outcome["stderr"].splitlines() if not line.startswith("Replaces")]
        assert re.search(r"cannot be written \(.+\); (make room, or|name another folder with --out)", line)
        assert ".new" not in line
    # A run whose pictures find no room is kept without them.
    for name, content in before.items():
        kept = {key: value for key, value in content.items() if name != "run" or "plots/" not in key}
        assert kept.items() <= files(here / name).items()
    assert sorted(os.listdir(here)) == ["compare", "plan", "run", "small.yaml"]


def test_an_interrupt_that_is_swallowed_is_raised_at_the_end() -> None:
    """As in a destructor or a callback of the compiler, which print an exception and go on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        with pytest.raises(KeyboardInterrupt), stop_at_once(), suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        assert signal.getsignal(number) == before


def test_a_worker_that_dies_leaves_what_was_finished(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a run that was whole before stands."""

    @contextmanager
    def dying_player(*arguments: Any) -> Iterator[Any]:
        with batch_player(*arguments) as play:

            def play_one_and_die(*asked: Any) -> Iterator[Any]:
                yield next(iter(play(*asked)))
                raise BrokenExecutor("killed")

            yield play_one_and_die

    command(*RUN, "--plots", "none", "--out", "whole")
    whole = files(here / "whole")
    monkeypatch.setattr("sim.study.run_in_progress.batch_player", dying_player)
    scenario = read_scenario(here / "small.yaml")
    for name, kept in (("new", "new"), ("whole", "whole.partial")):
        with pytest.raises(OutputError, match=f"a worker died, .*; what was finished is in .*{kept}$"):
            run_scenario(scenario, replications=40, out=here / name, workers=1, engine="simpy")
        result = read_run(here / kept)
        assert result.interrupted
        n = len(result.finished_replications)
        assert 0 < n < 40
        assert result.table("requests")["replication"].n_unique() == n
    assert files(here / "whole") == whole
