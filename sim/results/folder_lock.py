"""The lock of a folder of output: one process writes it, and another is told at once who does."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from sim.results.files import ANOTHER_FOLDER, OutputError, report_os_errors
from sim.scenario.text import printable


class FolderInUseError(OutputError):
    """Another process writes the folder; the message says which."""


@contextmanager
def lock_folder(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Keep other processes from writing a folder, which need not be there yet; its parent is made.

    The lock is the system's, so that it ends with the process, however that ends; the file of it lies beside the
    folder, says who holds it, and is removed at the end. Raises FolderInUseError where another holds it.
    """
    path = _lock_path(folder)
    with report_os_errors(path, ANOTHER_FOLDER):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _acquire_lock(folder, path, wait_s)
    try:
        yield
    finally:
        # While it is still held: whoever waits for this file sees that it is gone, and makes another.
        with suppress(OSError):
            path.unlink()
        lock.release()


def _lock_path(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _acquire_lock(folder: Path, path: Path, wait_s: float) -> BaseFileLock:
    lock = FileLock(path, timeout=wait_s, on_acquired=_write_holder)
    for last_try in (False, False, True):
        try:
            lock.acquire()
            return lock
        except Timeout:
            # Where the file is gone, its holder has just ended.
            if path.exists() or last_try:
                raise FolderInUseError(
                    f"{folder}: {_holder(path)} is writing there; wait for it, or {ANOTHER_FOLDER}"
                ) from None
    raise AssertionError("returned or raised")


def _write_holder(descriptor: int) -> None:
    """Write into the file of a lock who holds it."""
    command = " ".join(["sim" if Path(sys.argv[0]).name == "sim" else sys.argv[0], *sys.argv[1:]])
    holder = {
        "command": command,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    }
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps(holder).encode())


def _holder(path: Path) -> str:
    """Say who holds a lock, as far as its file tells."""
    try:
        holder = json.loads(path.read_bytes())
        host = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
        return printable(
            f'"{holder["command"]}" (process {int(holder["pid"])}{host}, since {holder["since"]})'
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
