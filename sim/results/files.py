"""Files and folders of results: whether a folder may be used, and files that are written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.scenario.faults import UserError

ANOTHER_FOLDER = "name another folder with --out"
MAKE_ROOM = f"make room, or {ANOTHER_FOLDER}"


class OutputError(UserError):
    """The folder for results cannot be used; the message says why, and what to do."""


def check_output_folder(
    folder: Path,
    kind: str,
    is_own: bool,
    allowed_entries: Collection[str] = (),
    *,
    file_remedy: str = "name a folder for the results",
    remedy: str = "name another folder",
) -> None:
    """Check that a folder does not exist, is empty, or holds output of the same kind; nothing is made.

    `is_own` says that it holds earlier output of this kind (a run, a sweep, ...); `allowed_entries` are names that
    may stand in it without that. Raises OutputError where it is a file, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; {file_remedy}")
    if is_own or not folder.is_dir():
        return
    if any(entry.name not in allowed_entries for entry in folder.iterdir()):
        raise OutputError(f"{folder}: holds files that are not a {kind} of sim; {remedy}")


def check_writable(folder: Path, *parts: Path) -> None:
    """Check that files can be written in a folder and in parts of it. Raises OutputError, which names the folder."""
    if not all(os.access(each, os.W_OK) for each in parts or (folder,)):
        raise OutputError(f"{folder}: cannot be written; {ANOTHER_FOLDER}")


def check_analysis_folder(folder: Path, name: str, allowed_entries: Collection[str] = ()) -> Path:
    """Check that a folder can hold the analysis `name`.json, before anything is played for it; nothing is made.

    An earlier analysis of the same name may be there, or only `allowed_entries`, which this analysis puts there
    before it has its answer. Raises OutputError where the folder holds something else, or cannot be written.
    """
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    # A folder that is still to be made is judged by the nearest one that exists, in which it would be made.
    is_own = nearest != folder or (folder / f"{name}.json").exists()
    check_output_folder(
        nearest, name, is_own, allowed_entries, file_remedy="name a folder with --out", remedy=ANOTHER_FOLDER
    )
    check_writable(folder, nearest)
    return folder


def write_analysis(folder: Path, name: str, content: Mapping[str, Any]) -> Path:
    """Write an analysis as one JSON object, and return its path. Raises OutputError where it cannot be written."""
    path = folder / f"{name}.json"
    with report_unusable(path):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, content)
    return path


@contextmanager
def report_unusable(path: Path) -> Iterator[None]:
    """Turn an OSError into an OutputError that asks for another folder."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}; {ANOTHER_FOLDER}") from None


@contextmanager
def report_os_errors(path: Path, remedy: str) -> Iterator[None]:
    """Turn an OSError into an OutputError: which file cannot be written, what the system says, and the remedy."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{_shown(path)}: cannot be written ({error.strerror or error}); {remedy}"
        ) from None


def _shown(path: Path) -> str:
    """Write a path as users know it: a folder that is written beside its place by the name that it is to have."""
    return str(Path(*(re.sub(r"\.(.+)\.[0-9a-f]{16}\.new", r"\1", part) for part in path.parts)))


def user_path(path: str | Path) -> Path:
    """Return a path that a user names, with a leading ~ as the home folder. Raises OutputError for an unknown one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise OutputError(f"{path}: there is no such home folder; write the path out") from None


def path_beside(path: Path, ending: str) -> Path:
    """Return an unpredictable hidden path beside another one, so that nobody can have put a link or file there."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.{ending}")


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield the path of an empty file beside `path`, and rename it to `path` at the end, synced to the disk.

    So this file is whole or not there at all, whenever the machine stops. Its name is unpredictable, and it is made
    anew, so that no link is followed. Where the block fails, what it wrote is removed. Raises OSError.
    """
    if path.is_dir():  # or else the system complains of the name beside it
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    beside = path_beside(path, "new")
    # Not by tempfile, whose files nobody else may read: the umask decides, as for any other file.
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield beside
        sync_file(beside)
        os.replace(beside, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk. Raises OSError, as where the disk is full after all."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do so for folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems of a network cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with replace_file(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON file; None where there is none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
