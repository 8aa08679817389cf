"""The manifest of a folder of output: of what kind it is, whether it is whole, and the checksum of every file in it.

It is read before anything else is, so that what is broken, missing or foreign is named and never used. What stands in
the folder and in no manifest belongs to somebody else.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sim.results.files import OutputError, write_json

MANIFEST_FILE = "manifest.json"
MANIFEST_FORMAT = 1
OutputKind = Literal["run", "comparison", "sweep", "plan", "value", "sensitivity"]
PLAY_AGAIN = "the command that wrote it plays it again"

_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""The files that file managers leave by themselves: nobody's work, and of no account."""
_BESIDE_FILES = re.compile(r"\..+\.(lock|swap|[0-9a-f]{16}\.(new|old))")
"""What a lock or a swap of something in the folder may have left; see `folders`."""


@dataclass(frozen=True)
class FileRecord:
    """A file as it was written."""

    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a folder of output holds."""

    kind: OutputKind
    interrupted: bool
    """Whether it was stopped before it was whole."""
    files: Mapping[str, FileRecord]
    """By the path in the folder, with slashes."""
    folders: tuple[str, ...] = ()
    """Folders in it that have a manifest of their own."""


def file_record(path: Path) -> FileRecord:
    """Read a file for its size and its checksum."""
    with path.open("rb") as file:
        return FileRecord(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def folder_files(folder: Path) -> tuple[list[str], list[str]]:
    """List the files below a folder, and the folders in it that have a manifest of their own, which are not entered.

    A link counts as a file; what file managers, locks and swaps leave does not.
    """
    files, nested = [], []
    for root, folders, names in os.walk(folder):
        for name in list(folders):
            path = Path(root, name)
            if path.is_symlink():
                names.append(name)
            elif (path / MANIFEST_FILE).is_file():
                nested.append(path.relative_to(folder).as_posix())
            elif not _BESIDE_FILES.fullmatch(name):
                continue
            folders.remove(name)
        files += [
            Path(root, name).relative_to(folder).as_posix()
            for name in names
            if name not in _SYSTEM_FILES and not _BESIDE_FILES.fullmatch(name)
        ]
    return sorted(files), sorted(nested)


def write_manifest(
    folder: Path,
    kind: OutputKind,
    interrupted: bool = False,
    known: Manifest | None = None,
    foreign: Collection[str] = (),
) -> Manifest:
    """Write the manifest of all that is in a folder, but for the files of others (`foreign`). Raises OSError.

    The files of a `known` manifest are not read again.
    """
    files, nested = folder_files(folder)
    records = dict(known.files) if known is not None else {}
    for name in files:
        if name not in (MANIFEST_FILE, *foreign) and name not in records:
            records[name] = file_record(folder / name)
    nested = [name for name in nested if name not in foreign]
    manifest = Manifest(kind, interrupted, dict(sorted(records.items())), tuple(nested))
    save_manifest(folder, manifest)
    return manifest


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest into its folder. Raises OSError."""
    content = _to_dict(manifest)
    write_json(folder / MANIFEST_FILE, {**content, "sha256": _content_hash(content)})


def _to_dict(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": MANIFEST_FORMAT,
        "kind": manifest.kind,
        "interrupted": manifest.interrupted,
        "files": {name: vars(record) for name, record in manifest.files.items()},
        "folders": list(manifest.folders),
    }


def _content_hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def has_manifest(folder: Path) -> bool:
    """Whether a folder has a manifest, broken or not."""
    return (folder / MANIFEST_FILE).is_file()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder. Raises OutputError where there is none, or it is broken."""
    path = folder / MANIFEST_FILE
    try:
        content = json.loads(path.read_bytes())
        checksum = content.pop("sha256")
        if checksum != _content_hash(content):
            raise ValueError("another checksum")
        if content["format"] != MANIFEST_FORMAT:
            raise OutputError(f"{path}: is of another version of sim; {PLAY_AGAIN}")
        files = {name: FileRecord(**record) for name, record in content["files"].items()}
        return Manifest(content["kind"], content["interrupted"], files, tuple(content["folders"]))
    except FileNotFoundError:
        raise OutputError(
            f"{folder}: has no {MANIFEST_FILE}, so nothing vouches for it; {PLAY_AGAIN}"
        ) from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); let it be read") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise OutputError(f"{path}: is broken; {PLAY_AGAIN}") from None


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Check that every file is there, and as large as it was written. Raises OutputError, which names the first."""
    for name, record in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise OutputError(f"{path}: is missing; {PLAY_AGAIN}")
        if path.stat().st_size != record.size:
            raise OutputError(
                f"{path}: is broken ({path.stat().st_size} bytes, {record.size} were written); {PLAY_AGAIN}"
            )


def check_file(folder: Path, manifest: Manifest, name: str) -> Path:
    """Check a file against its checksum, and return its path. Raises OutputError where it is not what was written."""
    path = folder / name
    if name not in manifest.files:
        raise OutputError(f"{path}: is not in {folder / MANIFEST_FILE}, so it is of something else")
    try:
        broken = file_record(path) != manifest.files[name]
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}); {PLAY_AGAIN}") from None
    if broken:
        raise OutputError(
            f"{path}: is broken (its checksum is another than when it was written); {PLAY_AGAIN}"
        )
    return path


def foreign_files(folder: Path) -> list[str]:
    """List the files below a folder that are in no manifest. Raises OutputError where one is missing or broken."""
    manifest = read_manifest(folder)
    files, nested = folder_files(folder)
    found = [name for name in files if name not in manifest.files and name != MANIFEST_FILE]
    for name in nested:
        if name in manifest.folders:
            found += [f"{name}/{each}" for each in foreign_files(folder / name)]
        else:
            found.append(name)
    return found
