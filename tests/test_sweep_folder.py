"""The folder of a sweep: whose it is, whether what stands in it is what was written, and what a crash leaves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from sweeping import WHOLE, digests, swept, written

import sim
from sim.results.files import OutputError
from sim.results.manifest import Manifest, foreign_files, read_manifest, save_manifest
from sim.scenario.sweep import SweepExperiment
from sim.study import sweep, sweep_store
from sim.study.run import run_scenario

FEW = WHOLE.replace("replications: 5", "replications: 1").replace("steps: 4", "steps: 2").replace(
    "{grid: {levels: 2}}", "{latin hypercube: {points: 10}}"
)  # fmt: skip
"""Ten runs, each a piece of its own."""


def few(folder: Path, text: str = FEW) -> SweepExperiment:
    return swept(folder, text)


@pytest.fixture
def blocks_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_store, "CHUNKS_PER_BLOCK", 4)


def half(read: SweepExperiment, out: Path) -> None:
    """Play half of a sweep, and leave it so."""
    sweep.run_sweep(read, out=out, workers=1, shard=(1, 2))


def parts(out: Path) -> list[Path]:
    return sorted((out / "parts").glob("0*.parquet"))


def read_all(out: Path) -> list[pl.DataFrame]:
    opened = sim.open_sweep(out)
    return [opened.points, opened.runs, opened.estimates]


def flip(path: Path) -> None:
    """Change a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_fresh_and_merge_leave_files_of_others(tmp_path: Path) -> None:
    """A thesis among the plots, notes in the parts, and shards in the folder into which they are merged."""
    read, out = few(tmp_path), tmp_path / "out"
    shards = [out / "parts" / "1", out / "parts" / "2"]
    for k, folder in enumerate(shards, start=1):
        sweep.run_sweep(read, out=folder, workers=1, shard=(k, 2))
    sweep.merge_shards(read, shards, out)
    before = [digests(folder) for folder in shards]
    (out / "plots").mkdir()
    strangers = [out / "plots" / "thesis.txt", out / "thesis.txt", out / "parts" / "0000000-0000000.parquet"]
    for path in strangers:
        path.write_text("mine")
    (out / "plots" / "responses.png").write_text("ours")
    sweep_store.record_files(out, [out / "plots" / "responses.png"], below="plots")
    assert sorted(foreign_files(out)) == sorted(
        [str(path.relative_to(out)) for path in strangers] + ["parts/1", "parts/2"]
    )
    sweep.run_sweep(read, out=out, workers=1, fresh=True)
    sweep.merge_shards(read, shards, out, fresh=True)
    assert [path.read_text() for path in strangers] == ["mine"] * 3
    assert [digests(folder) for folder in shards] == before
    assert not (out / "plots" / "responses.png").exists()
    sweep.run_sweep(read, out=tmp_path / "alone", workers=1)
    assert {name: hash for name, hash in digests(out).items() if name in digests(tmp_path / "alone")} == (
        digests(tmp_path / "alone")
    )


def test_a_manifest_from_elsewhere_removes_nothing_elsewhere(tmp_path: Path) -> None:
    read, out = few(tmp_path), tmp_path / "out"
    half(read, out)
    (tmp_path / "secret").write_text("mine")
    (out / "plots").symlink_to(tmp_path)
    found = read_manifest(out)
    record = found.files["sweep.json"]
    names = ("../secret", str(tmp_path / "secret"), "plots/secret", "parts/../../secret")
    save_manifest(out, Manifest("sweep", True, {**found.files, **dict.fromkeys(names, record)}))
    sweep.run_sweep(read, out=out, workers=1, fresh=True)
    assert (tmp_path / "secret").read_text() == "mine"


def test_fresh_beside_a_running_sweep_is_refused_before_anything_is_removed(tmp_path: Path) -> None:
    read, out = few(tmp_path), tmp_path / "out"
    seen = []

    def second(finished: int, total: int) -> None:
        if finished == 5:
            before = digests(out)
            with pytest.raises(OutputError, match="is writing there; wait for it, or name another folder"):
                sweep.run_sweep(read, out=out, workers=1, fresh=True)
            with pytest.raises(OutputError, match="is writing there"):
                sweep.merge_shards(read, [out], out, fresh=True)
            assert digests(out) == before
            seen.append(len(before))

    sweep.run_sweep(read, out=out, workers=1, progress=second)
    assert seen == [4 + 5]
    assert os.listdir(tmp_path).count(".out.lock") == 0


@pytest.mark.parametrize("n", [2, 3, 8])
def test_several_at_once_into_one_folder(tmp_path: Path, n: int) -> None:
    """One plays, the others are refused; or come after it, and find all played. Half of them would begin anew."""
    path = written(tmp_path, FEW)
    words = [sys.executable, "-m", "sim", "sweep", str(path), "--out", "out", "--workers", "1", "--no-plots"]
    processes = [
        subprocess.Popen(
            [*words, *(["--fresh"] if k % 2 else [])],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for k in range(n)
    ]  # fmt: skip
    wrong = [process.communicate(timeout=300)[1] for process in processes]
    assert {process.returncode for process in processes} <= {0, 2}
    assert 0 in {process.returncode for process in processes}
    for process, text in zip(processes, wrong, strict=True):
        assert process.returncode == 0 or "is writing there; wait for it" in " ".join(text.split()), text
    sweep.run_sweep(few(tmp_path), out=tmp_path / "alone", workers=1)
    assert digests(tmp_path / "out") == digests(tmp_path / "alone")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("parts", "parquet: is broken; its runs are played again"),
        ("manifest.json", "manifest.json: is broken; what it vouched for is written again"),
        ("points.parquet", ""),
        ("scenario.yaml", ""),
        ("sweep.json", ""),
    ],
)
@pytest.mark.usefixtures("blocks_of_four")
def test_what_is_broken_on_the_way_is_named_and_made_again(
    tmp_path: Path, name: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    read, out = few(tmp_path), tmp_path / "out"
    half(read, out)
    flip(parts(out)[1] if name == "parts" else out / name)
    if name != "scenario.yaml":  # which a reader of the sweep does not need
        with pytest.raises(OutputError, match=r"is broken.*; the command that wrote it plays it again"):
            read_all(out)
    sweep.run_sweep(read, out=out, workers=1)
    assert sentence in capsys.readouterr().err
    sweep.run_sweep(read, out=tmp_path / "alone", workers=1)
    assert digests(out) == digests(tmp_path / "alone")


@pytest.mark.parametrize("name", ["runs.parquet", "estimates.parquet", "points.parquet", "sweep.json"])
def test_what_is_broken_afterwards_is_named_and_made_again(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    read, out = few(tmp_path), tmp_path / "out"
    sweep.run_sweep(read, out=out, workers=1)
    before = digests(out)
    flip(out / name)
    with pytest.raises(OutputError, match=rf"{name}: is broken \(its checksum is another than"):
        read_all(out)
    sweep.run_sweep(read, out=out, workers=1)
    assert digests(out) == before
    told = {
        "runs.parquet": "its runs are played again",
        "estimates.parquet": "the estimates are made again",
    }
    assert told.get(name, "") in capsys.readouterr().err


def test_a_shard_that_is_broken_is_not_merged(tmp_path: Path) -> None:
    read = few(tmp_path)
    for k in (1, 2):
        sweep.run_sweep(read, out=tmp_path / str(k), workers=1, shard=(k, 2))
    flip(parts(tmp_path / "2")[3])
    with pytest.raises(OutputError, match=r"2/parts/0000007-0000007\.\w+\.parquet: is broken, or of another"):
        sweep.merge_shards(read, [tmp_path / "1", tmp_path / "2"], tmp_path / "out")
    sweep.run_sweep(read, out=tmp_path / "2", workers=1, shard=(2, 2))
    assert sweep.merge_shards(read, [tmp_path / "1", tmp_path / "2"], tmp_path / "out").n_finished == 10


def test_the_pieces_of_another_sweep_are_not_used(tmp_path: Path) -> None:
    """A piece vouches for its sweep, too: one that was copied in from another is played again."""
    read = few(tmp_path)
    other = few(tmp_path, FEW.replace("replications: 1", "replications: 1\nseed: 7"))
    half(read, tmp_path / "out")
    half(other, tmp_path / "other")
    for path in parts(tmp_path / "out"):
        path.unlink()
    for path in parts(tmp_path / "other"):
        shutil.copy(path, tmp_path / "out" / "parts")
    sweep.run_sweep(read, out=tmp_path / "out", workers=1)
    sweep.run_sweep(read, out=tmp_path / "alone", workers=1)
    assert digests(tmp_path / "out") == digests(tmp_path / "alone")


def test_rows_are_counted_when_they_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece with a row too few, under a checksum that is right, is not joined to a table with a row too few."""
    table = sweep.chunk_table
    monkeypatch.setattr(sweep, "chunk_table", lambda *given: table(*given).head(given[1].number != 3))
    with pytest.raises(
        OutputError, match=r"the pieces hold 9 runs, and the sweep has 10; start anew with --fr"
    ):
        sweep.run_sweep(few(tmp_path), out=tmp_path / "out", workers=1)
    assert not (tmp_path / "out" / "runs.parquet").exists()


@pytest.mark.parametrize(
    ("content", "fresh", "sentence"),
    [
        ({"sweep.json": "{}"}, False, "holds files that are not a sweep of sim; name another folder"),
        ({"sweep.json": "{}"}, True, "holds files that are not a sweep of sim; name another folder"),
        ({"sweep.json": "{", "manifest.json": "{"}, True, "manifest.json: is broken, and nothing says which"),
        ({"sweep.json": "{}", "manifest.json": "{}"}, False, "manifest.json: is broken, and nothing says"),
        ({"plots/thesis.txt": "mine"}, True, "holds files that are not a sweep of sim; name another folder"),
    ],
)  # fmt: skip
def test_a_folder_that_nobody_vouches_for_is_left_alone(
    tmp_path: Path, content: dict[str, str], fresh: bool, sentence: str
) -> None:
    out = tmp_path / "out"
    for name, text in content.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    with pytest.raises(OutputError, match=sentence):
        sweep.run_sweep(few(tmp_path), out=out, workers=1, fresh=fresh)
    assert {name: (out / name).read_text() for name in content} == content
    if "sweep.json" in content:
        with pytest.raises(
            OutputError, match=r"out: has no manifest.json, so nothing vouches|is broken; the com"
        ):
            sim.open_sweep(out)


def test_a_folder_of_a_run_is_not_a_sweeps(tmp_path: Path) -> None:
    run_scenario(few(tmp_path).scenario, replications=1, workers=1, out=tmp_path / "out")
    before = digests(tmp_path / "out")
    with pytest.raises(
        OutputError, match=r"holds a run of sim, not a sweep|holds files that are not a sweep"
    ):
        sweep.run_sweep(few(tmp_path), out=tmp_path / "out", workers=1, fresh=True)
    assert digests(tmp_path / "out") == before


def test_names_are_never_patterns(tmp_path: Path) -> None:
    """A folder `x[1]` is not `x1`, and is played into and read as any other."""
    read = few(tmp_path)
    for name in ("x1", "x[1]", "x*"):
        half(read, tmp_path / name)
        assert len(sim.open_sweep(tmp_path / name).runs) == 5
        sweep.run_sweep(read, out=tmp_path / name, workers=1)
    assert digests(tmp_path / "x[1]") == digests(tmp_path / "x*") == digests(tmp_path / "x1")
    shutil.rmtree(tmp_path / "x1")
    assert len(sim.open_sweep(tmp_path / "x[1]").estimates) == 10 * 4


CRASHES = """
import os, shutil, sys
from pathlib import Path
root, tests, fresh = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "fresh"
sys.path.insert(0, tests)
from crashing import crash_at
from test_sweep_folder import few
from sim.study import sweep, sweep_store
sweep_store.CHUNKS_PER_BLOCK = 4
read = few(root)
sweep.prepare_sweep(read)  # so that its imports and its first run are not made in each child
# One child for each point at which it is killed; nothing of this process has threads.
for k in range(1, 2000, int(sys.argv[4])):
    if fresh:
        shutil.copytree(root / "old", root / str(k) / "out")
    else:
        (root / str(k)).mkdir()
    child = os.fork()
    if child == 0:
        crash_at(k)
        sweep.run_sweep(read, out=root / str(k) / "out", workers=1, fresh=fresh)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(k)
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.usefixtures("blocks_of_four")
@pytest.mark.parametrize("kind", ["new", "fresh"])
def test_a_crash_at_any_point_loses_nothing(tmp_path: Path, kind: str) -> None:
    """Killed at every third operation on files; what opens is right, and the same command ends equal."""
    read, other = few(tmp_path), few(tmp_path, FEW.replace("levers:", "seed: 7\nlevers:"))
    sweep.run_sweep(other, out=tmp_path / "old", workers=1)
    rows = sweep.run_sweep(few(tmp_path), out=tmp_path / "whole", workers=1).runs
    old_rows = sim.open_sweep(tmp_path / "old").runs
    words = [sys.executable, "-c", CRASHES, str(tmp_path), str(Path(__file__).parent), kind, "3"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    points = range(1, int(done.stdout) + 1, 3)
    assert len(points) > 25
    finished = []
    for k in points:
        out = tmp_path / str(k) / "out"
        try:
            runs = sim.open_sweep(out).runs
        except OutputError:
            finished.append(-1)
        else:
            finished.append(len(runs))
            assert len(runs.join(rows, on=runs.columns, nulls_equal=True)) == len(runs) or runs.equals(
                old_rows
            )
        sweep.run_sweep(read, out=out, workers=1, fresh=kind == "fresh")
        assert digests(out) == digests(tmp_path / "whole"), k
        assert os.listdir(out.parent) == ["out"]
    assert max(finished) == 10
    assert len(set(finished)) > 5
