"""Folders of output: one writer at a time, swapped in whole, with a manifest; no crash leaves a mixture."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.results import folder_lock, manifest
from sim.results.files import OutputError, replace_file, user_path, write_text
from sim.results.folder_lock import FolderInUseError, lock_folder
from sim.results.folders import StagedFolder, recover_folder, stage_folder

MARK = "provenance.json"


def write_output(folder: Path, text: str, interrupted: bool = False, *more: str) -> Path:
    with stage_folder(folder, "run", MARK) as staged:
        for name in (MARK, "a/b.txt", *more):
            (staged.path / name).parent.mkdir(exist_ok=True)
            (staged.path / name).write_text(text)
        return staged.commit(interrupted)


def content(folder: Path) -> dict[str, str]:
    """The files of a folder that its manifest vouches for."""
    recover_folder(folder)
    listed = manifest.read_manifest(folder)
    assert manifest.foreign_files(folder) == []
    return {name: manifest.check_file(folder, listed, name).read_text() for name in listed.files}


def test_what_is_written_takes_its_place_whole(tmp_path: Path) -> None:
    write_output(tmp_path / "out", "old", False, "plots/old.png")
    assert write_output(tmp_path / "out", "new") == tmp_path / "out"
    assert content(tmp_path / "out") == {MARK: "new", "a/b.txt": "new"}
    assert os.listdir(tmp_path) == ["out"]  # no lock, no note, no staging


def test_without_a_commit_nothing_changes(tmp_path: Path) -> None:
    write_output(tmp_path / "out", "old")
    with stage_folder(tmp_path / "out", "run", MARK) as staged:
        (staged.path / MARK).write_text("new")
    assert content(tmp_path / "out") == {MARK: "old", "a/b.txt": "old"}
    assert os.listdir(tmp_path) == ["out"]


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/sim", "run", "base\n.yaml"])
    with lock_folder(tmp_path / "out"):
        with pytest.raises(OutputError) as caught, stage_folder(tmp_path / "out", "run", MARK):
            raise AssertionError("is locked")
        message = str(caught.value)
        assert message.startswith(f'{tmp_path}/out: "sim run base�.yaml" (process {os.getpid()}, since 20')
        assert message.endswith("is writing there; wait for it, or name another folder with --out")
    write_output(tmp_path / "out", "new")


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from sim.results.folders import stage_folder\n"
        f"with stage_folder(Path(sys.argv[1]), 'run', {MARK!r}) as staged:\n"
        "    (staged.path / 'half').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "out")], check=False)
    assert sorted(name.rpartition(".")[2] for name in os.listdir(tmp_path)) == ["lock", "new"]
    write_output(tmp_path / "out", "new")
    assert os.listdir(tmp_path) == ["out"]


def test_many_at_once_are_one(tmp_path: Path) -> None:
    start, outcomes = threading.Barrier(8), []

    def write(k: int) -> None:
        start.wait()
        try:
            with stage_folder(tmp_path / "out", "run", MARK) as staged:
                ready.wait(2)
                (staged.path / MARK).write_text(str(k))
                staged.commit()
            outcomes.append(str(k))
        except FolderInUseError:
            outcomes.append("refused")
        finally:
            if len(outcomes) == 7:
                ready.set()

    ready = threading.Event()
    threads = [threading.Thread(target=write, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 7
    assert content(tmp_path / "out") == {MARK: next(each for each in outcomes if each != "refused")}


@pytest.mark.parametrize("name", ["notes.md", "plots/thesis.txt", "a/link"])
def test_a_file_of_the_users_is_never_removed(tmp_path: Path, name: str) -> None:
    write_output(tmp_path / "out", "old", False, "plots/x.png")
    path = tmp_path / "out" / name
    path.symlink_to("/etc") if name == "a/link" else path.write_text("mine")
    with pytest.raises(
        OutputError, match=f"out/{name}: is a file of yours in a run that is to be replaced; move"
    ):
        write_output(tmp_path / "out", "new")
    assert os.path.lexists(path)


def test_a_file_that_comes_meanwhile_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_output(tmp_path / "out", "old")
    with stage_folder(tmp_path / "out", "run", MARK) as staged:
        (staged.path / MARK).write_text("new")
        (tmp_path / "out" / "notes.md").write_text("mine")
        staged.commit()
    assert content(tmp_path / "out") == {MARK: "new"}
    assert (tmp_path / "out.before" / "notes.md").read_text() == "mine"
    assert f"is kept in {tmp_path}/out.before" in capsys.readouterr().err


def test_what_file_managers_leave_is_nobodys(tmp_path: Path) -> None:
    write_output(tmp_path / "out", "old")
    (tmp_path / "out" / ".DS_Store").write_text("")
    write_output(tmp_path / "out", "new")
    assert content(tmp_path / "out")[MARK] == "new"


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda out: out.write_text(""), "out: is a file; name another"),
        (
            lambda out: (out / "x").mkdir(parents=True),
            "out: holds files that are not a run of sim; name another",
        ),
        (
            lambda out: (out.mkdir(), manifest.write_manifest(out, "plan")),
            "out: holds a plan of sim, not a run; name",
        ),
    ],
)
def test_a_place_that_is_taken(tmp_path: Path, prepare: Callable[[Path], object], message: str) -> None:
    prepare(tmp_path / "out")
    with pytest.raises(OutputError, match=message):
        write_output(tmp_path / "out", "new")


@pytest.mark.parametrize("out", [".", ".."])
def test_the_folder_in_which_one_works_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    with pytest.raises(
        OutputError, match="is the folder in which you work, and is not replaced; name a folder in it"
    ):
        write_output(Path(out), "new")


def test_a_link_of_the_users_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "run")
    for text in ("old", "new"):
        write_output(tmp_path / "out", text)
    assert (tmp_path / "out").is_symlink()
    assert content(tmp_path / "disk" / "run")[MARK] == "new"


def test_an_interrupted_one_displaces_nothing_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert write_output(out, "half", True) == out
    assert write_output(out, "other half", True) == out
    assert write_output(out, "whole") == out
    assert write_output(out, "half", True) == tmp_path / "out.partial"
    assert capsys.readouterr().err == f"{out} keeps the whole run of before; this one is in {out}.partial\n"
    (tmp_path / "out.partial" / "notes.md").write_text("mine")
    assert write_output(out, "half", True) == tmp_path / "out.partial-2"
    assert content(out)[MARK] == "whole"


@pytest.mark.parametrize("name", [MARK, "a/b.txt", manifest.MANIFEST_FILE])
def test_a_broken_folder_is_put_aside_by_the_next(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_output(tmp_path / "out", "old")
    path = tmp_path / "out" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        OutputError, match=f"out/{name}: is broken .*the command that wrote it plays it again|is broken;"
    ):
        content(tmp_path / "out")
    write_output(tmp_path / "out", "new")
    assert content(tmp_path / "out")[MARK] == "new"
    if name == manifest.MANIFEST_FILE:  # then nobody knows whose the files are
        assert (tmp_path / "out.before" / "a" / "b.txt").is_file()
        assert "is not whole; it is kept in" in capsys.readouterr().err


def test_what_is_missing_or_cut_short_is_named(tmp_path: Path) -> None:
    write_output(tmp_path / "out", "old")
    listed = manifest.read_manifest(tmp_path / "out")
    (tmp_path / "out" / MARK).write_text("ol")
    with pytest.raises(OutputError, match=r"provenance.json: is broken \(2 bytes, 3 were written\)"):
        manifest.check_sizes(tmp_path / "out", listed)
    (tmp_path / "out" / MARK).unlink()
    with pytest.raises(OutputError, match=r"provenance.json: is missing"):
        manifest.check_sizes(tmp_path / "out", listed)
    with pytest.raises(OutputError, match=r"notes: is not in .*manifest.json, so it is of something else"):
        manifest.check_file(tmp_path / "out", listed, "notes")


CRASHES = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from crashing import crash_at
from test_folders import write_output
# One child for each point at which it is killed.
for k in range(1, 1000):
    root = Path(sys.argv[1]) / str(k)
    root.mkdir()
    write_output(root / "out", "old")
    child = os.fork()
    if child == 0:
        crash_at(k)
        write_output(root / "out", "new")
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        print(k)
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_crash_at_any_point_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    tests = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", CRASHES, str(tmp_path), tests], check=True, capture_output=True, text=True
    )
    points = int(done.stdout)
    assert points > 20
    states = []
    for k in range(1, points + 1):
        out = tmp_path / str(k) / "out"
        states.append(content(out)[MARK])
        assert set(content(out).values()) == {states[-1]}
        write_output(out, "newer")
        assert content(out) == {MARK: "newer", "a/b.txt": "newer"}
        assert os.listdir(out.parent) == ["out"], k
    assert states == sorted(states, reverse=True)  # the old up to some point, the new from there on
    assert {"old", "new"} == set(states)


def test_a_broken_note_of_a_swap_is_named(tmp_path: Path) -> None:
    write_output(tmp_path / "out", "old")
    (tmp_path / ".out.swap").write_text(json.dumps({"new": "../elsewhere", "old": "x"}))
    with pytest.raises(OutputError, match=r"\.out\.swap: is broken; remove it"):
        recover_folder(tmp_path / "out")


def test_no_link_is_followed_by_what_is_written_beside(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    for name in (".x.new", ".x.json.new", "x"):
        (tmp_path / name).symlink_to(tmp_path / "victim")
    write_text(tmp_path / "x", "text")
    assert (tmp_path / "victim").read_text() == "mine"
    assert (tmp_path / "x").read_text() == "text"
    with replace_file(tmp_path / "y") as first, replace_file(tmp_path / "y") as second:
        assert first != second
    assert (tmp_path / "y").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/runs") == tmp_path / "runs"
    with pytest.raises(
        OutputError, match="~nobody-of-that-name/x: there is no such home folder; write the path out"
    ):
        user_path("~nobody-of-that-name/x")


def test_a_read_only_parent_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(folder_lock, "FileLock", refuse)  # root, as whom tests may run, is refused nothing
    with pytest.raises(
        OutputError, match=r"cannot be written \(Permission denied\); name another folder with --out"
    ):
        write_output(tmp_path / "out", "new")


def test_a_folder_within_a_folder_has_its_own_manifest(tmp_path: Path) -> None:
    def write_both(staged: StagedFolder) -> None:
        (staged.path / MARK).write_text("x")
        write_output(staged.path / "a", "nested")
        staged.commit()

    for _ in range(2):
        with stage_folder(tmp_path / "out", "run", MARK) as staged:
            write_both(staged)
    assert manifest.read_manifest(tmp_path / "out").folders == ("a",)
    write_output(tmp_path / "out" / "a", "played anew")
    assert manifest.foreign_files(tmp_path / "out") == []
    (tmp_path / "out" / "a" / "notes").write_text("mine")
    assert manifest.foreign_files(tmp_path / "out") == ["a/notes"]
