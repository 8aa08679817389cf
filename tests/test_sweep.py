"""Sweeps: the same numbers whoever plays them and however often they are killed, and nothing lost."""

import errno
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from conftest import SMALL
from sweeping import WHOLE, digests, swept, written

import sim
from sim.cli.main import main
from sim.results.files import OutputError
from sim.results.summary import sample_statistics
from sim.scenario import source_code
from sim.scenario.faults import ScenarioError
from sim.scenario.sweep import read_sweep
from sim.study import chunks, replications, sweep, sweep_store
from sim.study.run import run_scenario


def command(*words: str, cwd: Path, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim", "sweep", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        **how,
    )


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, str]:
    """The files of the small sweep, played by one worker without a break."""
    sweep.run_sweep(swept(tmp_path), out=tmp_path / "whole", workers=1)
    return digests(tmp_path / "whole")


def test_the_same_bytes_whatever_the_workers_and_the_shards(tmp_path: Path, whole: dict[str, str]) -> None:
    assert set(whole) == {
        "manifest.json", "sweep.json", "scenario.yaml", "points.parquet", "runs.parquet", "estimates.parquet"
    }  # fmt: skip
    read = swept(tmp_path)
    sweep.run_sweep(read, out=tmp_path / "two", workers=2)
    assert digests(tmp_path / "two") == whole
    shards = [tmp_path / f"{k}" for k in (1, 2, 3)]
    for k, folder in enumerate(shards, start=1):
        sweep.run_sweep(read, out=folder, workers=1, shard=(k, 3))
    with pytest.raises(
        OutputError, match=r"\d+ of 80 pieces are in none of these folders; name the folders of all"
    ):
        sweep.merge_shards(read, shards[:2], tmp_path / "joined")
    sweep.merge_shards(read, shards, tmp_path / "joined")
    assert digests(tmp_path / "joined") == whole


def test_the_same_bytes_on_either_clock(tmp_path: Path, whole: dict[str, str]) -> None:
    found = sweep.run_sweep(swept(tmp_path), out=tmp_path / "compiled", workers=1, engine="compiled")
    assert digests(tmp_path / "compiled") == whole
    assert found.engine_choice is not None
    assert (found.engine_choice.engine, found.engine_choice.reason) == ("compiled", "as asked for")


def test_a_shard_may_have_nothing_to_do(tmp_path: Path) -> None:
    """Two runs in three parts: the third is empty, and is joined like the others."""
    text = WHOLE.replace("grid: {levels: 2}", "latin hypercube: {points: 2}").replace("tions: 5", "tions: 1")
    path = written(tmp_path, text)
    for k in (1, 2, 3):
        done = command(
            str(path), "--shard", f"{k}/3", "--out", f"{k}", "--workers", "1", "--json", cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["finished"] == (k < 3)
    folders = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    assert sweep.merge_shards(read_sweep(path), folders, tmp_path / "out").n_finished == 2


def test_a_piece_is_compacted_without_a_trace(
    tmp_path: Path, whole: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_store, "CHUNKS_PER_BLOCK", 8)
    most = 0

    def seen(done: int, total: int) -> None:
        nonlocal most
        most = max(most, len(list((tmp_path / "out" / "parts").glob("*.parquet"))))

    sweep.run_sweep(swept(tmp_path), out=tmp_path / "out", workers=1, progress=seen)
    assert digests(tmp_path / "out") == whole
    assert most == 9 + 7, "nine blocks of eight, and seven pieces before they too are a block"


def test_many_runs_leave_few_files() -> None:
    """A hundred thousand runs: 400 pieces, which stand in 6 compacted files and fewer than 64 others."""
    assert chunks.chunk_count(100_000) == 400
    assert max(len(chunks.chunk_runs(k, 100_000)) for k in range(400)) == 250
    for runs in (1, 255, 257, 1000, 99_999):
        assert [run for k in range(chunks.chunk_count(runs)) for run in chunks.chunk_runs(k, runs)] == list(
            range(runs)
        )


KILLED = """
import sys
from pathlib import Path
from sim.scenario.sweep import read_sweep
from sim.study.sweep import run_sweep
run_sweep(read_sweep(Path(sys.argv[1])), out=Path(sys.argv[2]), workers=int(sys.argv[3]))
"""


@pytest.mark.slow
def test_killed_ten_times_it_ends_equal(tmp_path: Path) -> None:
    """SIGKILL at random points, between and within pieces; then once to the end."""
    text = WHOLE.replace("replications: 5", "replications: 60")
    path, out = written(tmp_path, text), tmp_path / "out"
    rng = random.Random(5)
    words = [sys.executable, "-c", KILLED, str(path), str(out)]
    for turn in range(10):
        process = subprocess.Popen([*words, "2" if turn in (3, 7) else "1"], start_new_session=True)
        there, deadline = done(out), time.monotonic() + 60
        while (
            done(out) <= there + rng.randrange(3) and process.poll() is None and time.monotonic() < deadline
        ):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 10 <= done(out) < 240, "it was killed in the middle"
    subprocess.run([*words, "2"], check=True)
    sweep.run_sweep(read_sweep(path), out=tmp_path / "whole", workers=2)
    assert digests(out) == digests(tmp_path / "whole")


def done(out: Path) -> int:
    """How many pieces are there?"""
    return len(list((out / "parts").glob("0*.parquet")))


def test_ctrl_c_keeps_what_was_finished(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE.replace("replications: 5", "replications: 400"))
    words = [sys.executable, "-m", "sim", "sweep", str(path), "--out", "out", "--workers", "2"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and done(tmp_path / "out") < 2:
        time.sleep(0.02)
    running = sim.open_sweep(tmp_path / "out")
    assert len(running.runs) > 0, "what is finished can be read while it runs"
    assert 25 <= running.estimates["n"].max() <= 400
    os.killpg(process.pid, signal.SIGINT)
    _, wrong = process.communicate(timeout=60)
    assert process.returncode == 130, wrong
    assert "Traceback" not in wrong
    assert "are kept in out; the same command goes on from there" in wrong


def test_every_point_faces_the_same_futures(tmp_path: Path) -> None:
    """A run of a sweep is the run that `sim run` would play of that scenario, replication by replication."""
    found = sweep.run_sweep(swept(tmp_path), out=tmp_path / "out", workers=1)
    row = found.points.filter(pl.col("rights.refusal.window") == 40.0).row(0, named=True)
    there = {"rights.refusal.window": "40 d", "rights.refusal.until": "2025-03-01",
             "uncertain.growth": row["uncertain.growth"]}  # fmt: skip
    alone = run_scenario(
        read_sweep(tmp_path / "whole.yaml").scenario.replace(there), replications=5, workers=1
    )
    runs = found.runs.filter(pl.col("point") == row["point"])
    assert runs["rights.refusal.until"].to_list() == [row["rights.refusal.until"]] * 5
    for metric in found.outcomes:
        assert runs[metric].to_list() == alone.metric_values[metric]
        told = sample_statistics("", alone.metric_values[metric])
        said = found.estimates.filter((pl.col("point") == row["point"]) & (pl.col("metric") == metric))
        one = said.row(0, named=True)
        assert [one[key] for key in ("mean", "sd", "p10", "p90", "n")] == pytest.approx(
            [told["mean"], told["sd"], told["p10"], told["p90"], told["n"]], rel=1e-12
        )
        assert [one["ci_low"], one["ci_high"]] == pytest.approx(told["ci95"], rel=1e-12)


CONTRADICTS = """\
scenario: small.yaml
levers:
  sites.West.online: [40 MW, 200 MW]
  demand.chat.in_place: [{West: 10 MW}, {West: 50 MW}]
design: grid
replications: 2
outcomes: [requests]
"""


def test_a_point_that_contradicts_itself_is_recorded_and_stops_nothing(tmp_path: Path) -> None:
    """40 MW online cannot hold 50 MW in place: each alone is right; the words are those of `sim check`."""
    text = SMALL.replace("in_place: {West: 50 MW}", "in_place: {West: 5 MW}")
    read = swept(tmp_path, CONTRADICTS, text)
    found = sweep.run_sweep(read, workers=1)
    together = {"sites.West.online": "40 MW", "demand.chat.in_place": {"West": "50 MW"}}
    with pytest.raises(ScenarioError) as wrong:
        read.scenario.replace(together)
    assert found.failures.rows() == [(1, 2, str(wrong.value))]
    assert "is less than the 50 MW that are in place there" in str(wrong.value)
    assert found.runs["requests"].null_count() == 2
    assert found.n_finished == found.n_runs == 8


def test_a_run_that_fails_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play = replications.play

    def fails(scenario: object, seed: int, replication: int, **how: object) -> object:
        if replication == 3:
            raise ZeroDivisionError("a defect of ours")
        return play(scenario, seed, replication, **how)

    monkeypatch.setattr(replications, "play", fails)
    found = sweep.run_sweep(swept(tmp_path), workers=1)
    assert found.failures["runs"].to_list() == [1] * 16
    assert found.failures["error"].unique().to_list() == ["ZeroDivisionError: a defect of ours"]
    assert found.estimates["n"].max() == 4


def test_another_sweep_does_not_mix_with_old_results(tmp_path: Path, whole: dict[str, str]) -> None:
    out = tmp_path / "whole"
    changed = swept(
        tmp_path, WHOLE.replace("steps: 4", "steps: 5"), SMALL.replace("5 MW, term", "6 MW, term")
    )
    sentence = (
        r"whole: holds another sweep \(scenario, levers differ\); start anew with --fresh, or name another"
    )
    with pytest.raises(OutputError, match=sentence):
        sweep.run_sweep(changed, out=out, workers=1)
    assert digests(out) == whole, "nothing is lost"
    assert len(sweep.run_sweep(changed, out=out, workers=1, fresh=True).points) == 20
    expecting = swept(tmp_path, WHOLE.replace("requests.mean > 10", "requests.mean > 20"))
    with pytest.raises(OutputError, match="holds another sweep"):
        sweep.run_sweep(expecting, out=out, workers=1)


def test_a_sweep_of_edited_sources_is_not_mixed_with_what_was_before(tmp_path: Path) -> None:
    """Killed, the sources edited, and resumed: refused, and played anew with --fresh. What only shows may change."""
    package = Path(sim.__file__).parent
    shutil.copytree(package, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    words = [str(written(tmp_path)), "--out", "out", "--workers", "1", "--no-plots"]
    assert command(*words, "--shard", "1/2", cwd=tmp_path).returncode == 0
    for edited, sentence in (
        ("show/console.py", ""),
        (
            "model/rules.py",
            r"out: was played by other sources of sim \(code [0-9a-f]{16}, and now [0-9a-f]{16}\);"
            " start anew with --fresh, or name another folder with --out",
        ),
    ):
        with (tmp_path / "sim" / edited).open("a") as source:
            source.write("# edited\n")
        done = command(*words, "--shard", "1/2", cwd=tmp_path)
        assert done.returncode == (2 if sentence else 0), done.stderr
        assert re.search(sentence, " ".join(done.stderr.replace("│", " ").split()))
    assert command(*words, "--fresh", cwd=tmp_path).returncode == 0
    assert len(sim.open_sweep(tmp_path / "out").runs) == 80


def test_the_fingerprint_is_of_all_that_decides_numbers(tmp_path: Path) -> None:
    """The same sources with the line ends of Windows have the same one; any other byte gives another."""
    (tmp_path / "a.py").write_bytes(b"x = 1\ny = 2\n")
    (tmp_path / "b.py").write_bytes(b"x = 1\r\ny = 2\r\n")
    (tmp_path / "c.py").write_bytes(b"x = 1\ny = 3\n")
    a, b, c = (source_code.hash_sources([tmp_path / f"{name}.py"]).hexdigest() for name in "abc")
    assert a == b != c
    package = Path(sim.__file__).parent
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").is_file()}
    # The other rooms make no numbers that are stored: a new room is to be put on one side.
    assert rooms - {"cli", "show", "explain", "verify"} == set(source_code.NUMERICAL_ROOMS)
    assert re.fullmatch("[0-9a-f]{16}", source_code.code_fingerprint())


def test_every_stored_result_states_its_code(tmp_path: Path, whole: dict[str, str]) -> None:
    scenario = sim.load(tmp_path / "small.yaml")
    own = source_code.code_fingerprint()
    assert scenario.run(replications=2, workers=1).run.provenance["code"] == own
    sim.compare(scenario, scenario.replace({"seed": 1}), replications=2, workers=1, out=tmp_path / "both")
    for file, keys in (
        ("both/comparison.json", ("code",)),
        ("whole/sweep.json", ("identity", "code")),
    ):
        content = json.loads((tmp_path / file).read_text())
        for key in keys:
            content = content[key]
        assert content == own, file


def test_what_is_expected_can_change_without_playing_again(tmp_path: Path, whole: dict[str, str]) -> None:
    told = swept(
        tmp_path, WHOLE.replace("requests.mean > 10", "requests.mean > 1e9, declined_share.mean < 2")
    )
    found = sweep.run_sweep(told, out=tmp_path / "whole", workers=1)
    assert [v.holds for v in found.verdicts()] == [False] * 16 + [True] * 16
    changed = {name for name, digest in digests(found.folder).items() if digest != whole[name]}
    assert changed == {"sweep.json", "manifest.json"}


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(
            OutputError, match="holds files that are not a sweep of sim; name another folder with --out"
        ):
            sweep.run_sweep(swept(tmp_path), out=tmp_path / "precious", fresh=fresh)
    with pytest.raises(OutputError, match="is a file; name a folder"):
        sweep.run_sweep(swept(tmp_path), out=tmp_path / "precious" / "thesis.txt")
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "mine"


def test_a_full_disk_loses_nothing(
    tmp_path: Path, whole: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, writing, n = swept(tmp_path), Path.write_bytes, 0

    def full(path: Path, data: object) -> int:
        nonlocal n
        n += 1
        if n > 30:
            writing(path, b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return writing(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError) as wrong:
        sweep.run_sweep(read, out=tmp_path / "out", workers=1)
    assert str(wrong.value).endswith(
        "cannot be written (No space left on device); make room, or name another folder with --out;"
        " what was finished is kept, and the same command goes on from there"
    )
    assert done(tmp_path / "out") == 30 - 3, "a description, points, a scenario, and then pieces"
    assert not list((tmp_path / "out" / "parts").glob(".*"))
    monkeypatch.undo()
    sweep.run_sweep(read, out=tmp_path / "out", workers=1)
    assert digests(tmp_path / "out") == whole


def test_a_read_only_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path))
    with pytest.raises(OutputError, match="locked: cannot be written; name another folder with --out"):
        sweep.run_sweep(swept(tmp_path), out=tmp_path / "locked", workers=1)


def test_two_at_once_in_one_folder_are_kept_apart(tmp_path: Path) -> None:
    read = swept(tmp_path)

    def second(finished: int, total: int) -> None:
        if finished == 1:
            with pytest.raises(
                OutputError, match=r"out: .* \(process \d+, since .*\) is writing there; wait for it"
            ):
                sweep.run_sweep(read, out=tmp_path / "out", workers=1)

    sweep.run_sweep(read, out=tmp_path / "out", workers=1, progress=second)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory; name a sweep file"),
        (
            ["small.yaml"],
            "small.yaml: is a scenario, not a sweep; name a sweep file, which says scenario: small.yaml; sim run"
            " plays a scenario",
        ),
        (["whole.yaml", "--shard", "9/8"], '--shard "9/8": write K/N, from 1/8 to 8/8'),
        (["whole.yaml", "--shard", "1/8", "--check"], "--check looks at all points; merge the shards first"),
        (["whole.yaml", "--merge"], "--merge: name the folders of the shards"),
        (["whole.yaml", "--merge", "a", "--workers", "2"], "--merge plays nothing; leave --workers out"),
        (["whole.yaml", "--merge", "a", "--engine", "simpy"], "--merge plays nothing; leave --engine out"),
        (["whole.yaml", "somewhere"], "folders are named with --merge only"),
        (
            ["whole.yaml", "--merge", "nowhere"],
            "nowhere: holds no sweep; name the folders that sim sweep --shard",
        ),
        (["whole.yaml", "--out", "small.yaml/x"], "cannot be written (Not a directory)"),
        (
            ["whole.yaml", "--cluster", "here"],
            '--cluster "here": is not the address of a cluster; write local:8 for eight processes',
        ),
    ],
)
def test_bad_input_gets_one_clear_error(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sim", "sweep", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_check_tells_builders_what_failed(tmp_path: Path) -> None:
    """JUnit and Markdown name the points that fail, the exit code is 1; without --check it is 0."""
    path = written(
        tmp_path, WHOLE.replace("requests.mean > 10", "unserved_mw.mean.p50 < 110, requests.mean > 10")
    )
    environment = os.environ | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    words = [str(path), "--out", "out", "--workers", "1", "--no-plots"]
    shown = command(*words, "--json", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    told = json.loads(shown.stdout)
    assert (told["finished"], told["failed"], told["points"]) == (80, 0, 16)
    fails_at = told["expect"][0]["fails_at"]
    assert 0 < len(fails_at) < 16, told
    assert told["expect"][1] == {"statement": "requests.mean > 10", "holds": True, "fails_at": []}
    checked = command(*words, "--check", "--junit", "reports/j.xml", cwd=tmp_path, env=environment)
    assert checked.returncode == 1, checked.stderr
    assert f"FAILS at {len(fails_at)} of 16 points: unserved_mw.mean.p50 < 110" in " ".join(
        checked.stdout.replace("│", " ").split()
    )
    junit = (tmp_path / "reports" / "j.xml").read_text()
    assert f'<testsuite name="whole" tests="32" failures="{len(fails_at)}" errors="0">' in junit
    assert 'name="unserved_mw.mean.p50 &lt; 110 at window 0 d, until 2025-03-01, growth 1.707"' in junit
    summary = (tmp_path / "summary.md").read_text()
    assert f"{32 - len(fails_at)} of 32 checks hold." in summary
    assert summary.count(r"| unserved\_mw.mean.p50 \< 110 at window") == len(fails_at)


def test_sweeps_in_python(tmp_path: Path) -> None:
    found = sim.sweep(written(tmp_path), workers=1, out=tmp_path / "out")
    assert repr(found) == "<Sweep whole: 16 points, 80 of 80 runs>"
    assert found.points.columns == [
        "point",
        "rights.refusal.window",
        "rights.refusal.until",
        "uncertain.growth",
    ]
    assert found.points["rights.refusal.window"].unique().sort().to_list() == [0.0, 20.0, 40.0, 60.0]
    assert found.points.schema["rights.refusal.until"] == pl.Date
    assert found.runs.columns == [
        "point", "replication", "rights.refusal.window", "rights.refusal.until", "uncertain.growth", "error",
        "unserved_mw.mean", "declined_share", "short.first_days", "requests",
    ]  # fmt: skip
    assert found.runs["error"].null_count() == 80
    assert "A small sweep" in found._repr_html_()
    for name in ("heat_maps", "responses", "trade_offs"):
        assert getattr(found.plot, name)().axes


def test_numbers_that_cannot_be(tmp_path: Path) -> None:
    path = written(tmp_path)
    with pytest.raises(ValueError, match="replications=0: write a whole number, 1 or more"):
        sim.sweep(path, replications=0)
    with pytest.raises(ValueError, match="workers=0: write a whole number, 1 or more"):
        sim.sweep(path, workers=0)
