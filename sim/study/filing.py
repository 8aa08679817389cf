"""The folder of an answer: may it be used, and what is put there?"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sim.study.store import OutError, write_json


def usable(folder: Path, name: str, own: Collection[str] = ()) -> Path:
    """The folder, found fit to hold the answer `name`.json before any work is done for it; nothing is made yet.

    An earlier answer may be there, or only what is its `own`, as it is before the answer is known. Raises OutError
    where the folder holds something else, or cannot be written.
    """
    there = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    if not there.is_dir():
        raise OutError(f"{there}: is a file; name a folder with --out")
    held = {each.name for each in folder.iterdir()} if there == folder else set()
    if held - set(own) and f"{name}.json" not in held:
        raise OutError(f"{folder}: holds files that are no {name} of sim; name another folder with --out")
    if not os.access(there, os.W_OK):
        raise OutError(f"{folder}: cannot be written; name another folder with --out")
    return folder


def filed(folder: Path, name: str, answer: Mapping[str, Any]) -> Path:
    """Write an answer as one JSON object. Raises OutError where it cannot be written."""
    path = folder / f"{name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, answer)
    except OSError as error:
        raise OutError(f"{path}: {error.strerror}; name another folder with --out") from None
    return path
