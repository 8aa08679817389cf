"""The folder of an answer: may it be used, and what is put there?"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.scenario.faults import UserError


def check_analysis_folder(folder: Path, name: str, allowed_entries: Collection[str] = ()) -> Path:
    """The folder, found fit to hold the answer `name`.json before any work is done for it; nothing is made yet.

    An earlier answer may be there, or only what is its `own`, as it is before the answer is known. Raises OutError
    where the folder holds something else, or cannot be written.
    """
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    if not there.is_dir():
        raise OutputError(f"{there}: is a file; name a folder with --out")
    held = {each.name for each in folder.iterdir()} if there == folder else set()
    if held - set(allowed_entries) and f"{name}.json" not in held:
        raise OutputError(f"{folder}: holds files that are no {name} of sim; name another folder with --out")
    if not os.access(there, os.W_OK):
        raise OutputError(f"{folder}: cannot be written; name another folder with --out")
    return folder


def write_analysis(folder: Path, name: str, content: Mapping[str, Any]) -> Path:
    """Write an answer as one JSON object. Raises OutError where it cannot be written."""
    path = folder / f"{name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, content)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}; name another folder with --out") from None
    return path


class OutputError(UserError):
    """The folder for results cannot be used; the message says why, and what to do."""


@contextmanager
def report_os_errors(path: Path, remedy: str) -> Iterator[None]:
    """Tell in a line what the system says of a file that cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); {remedy}") from None


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """What a JSON file holds; None where there is none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
