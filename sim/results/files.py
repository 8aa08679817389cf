"""Files and folders of results: whether a folder may be used, and files that are written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sim.scenario.faults import UserError

ANOTHER_FOLDER = "name another folder with --out"
MAKE_ROOM = f"make room, or {ANOTHER_FOLDER}"


class OutputError(UserError):
    """The folder for results cannot be used; the message says why, and what to do."""


def check_writable(folder: Path, *parts: Path) -> None:
    """Check that files can be written in a folder and in parts of it. Raises OutputError, which names the folder."""
    if not all(os.access(each, os.W_OK) for each in parts or (folder,)):
        raise OutputError(f"{folder}: cannot be written; {ANOTHER_FOLDER}")


def check_can_be_made(folder: Path) -> None:
    """Check that nothing but folders stands above one that is to be made. Raises OutputError."""
    above = next(each for each in folder.absolute().parents if os.path.lexists(each))
    if not above.is_dir():
        raise OutputError(f"{folder}: cannot be written (Not a directory); {ANOTHER_FOLDER}")


@contextmanager
def report_os_errors(path: Path, remedy: str) -> Iterator[None]:
    """Turn an OSError into an OutputError: which file cannot be written, what the system says, and the remedy."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{_path_for_users(path)}: cannot be written ({error.strerror or error}); {remedy}"
        ) from None


def _path_for_users(path: Path) -> str:
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
