"""The files in the folder of a sweep, as whoever reads them finds them: checked, and scanned without being held."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.files import OutputError
from sim.results.manifest import (
    PLAY_AGAIN,
    FileRecord,
    Manifest,
    check_file,
    read_manifest,
)
from sim.study.chunk_files import ChunkFile, current_chunk_files, hash_identity

SWEEP_FILE = "sweep.json"
RUNS_FILE = "runs.parquet"
POINTS_FILE = "points.parquet"
ESTIMATES_FILE = "estimates.parquet"
CHUNKS_FOLDER = "parts"
PLOTS_FOLDER = "plots"

VALUES_PER_ROW_GROUP = 500_000
"""How many values of all columns of a table stand together in a file: what is read of it at a time."""


class NoRunsError(OutputError):
    """No run of a sweep is finished yet."""


def row_group_size(n_columns: int) -> int:
    """Return the number of rows that stand together in a file of so many columns."""
    return max(1_000, VALUES_PER_ROW_GROUP // n_columns)


def table_bytes(frame: pl.DataFrame) -> memoryview:
    """Return a table as it stands in a file. It is Python that writes these, whose error says that a disk is full."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, row_group_size=row_group_size(frame.width))
    return buffer.getbuffer()


def scan_tables(paths: Iterable[Path]) -> pl.LazyFrame:
    """Scan tables one after the other; no path is a pattern."""
    return pl.scan_parquet(list(paths), glob=False)


def sweep_manifest(records: Mapping[str, FileRecord]) -> Manifest:
    """Return the manifest of the folder of a sweep: it is whole where all runs are joined and estimated."""
    interrupted = not {RUNS_FILE, ESTIMATES_FILE} <= records.keys()
    return Manifest("sweep", interrupted, dict(sorted(records.items())))


@lru_cache(maxsize=100)
def _check_once(folder: Path, name: str, record: FileRecord, size: int, changed_ns: int) -> None:
    """Check a file of a sweep, once for each state of it. Raises OutputError where it is not what was written."""
    check_file(folder, sweep_manifest({name: record}), name)


def check_sweep_file(folder: Path, name: str) -> Path | None:
    """Return the path of a file of a sweep; None where it is not there yet. Raises OutputError where it is broken."""
    path, record = folder / name, read_manifest(folder).files.get(name)
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    if record is None:
        return None
    _check_once(folder, name, record, state.st_size, state.st_mtime_ns)
    return path


def read_sweep_description(folder: Path) -> dict[str, Any] | None:
    """Read the description of the sweep in a folder; None where there is none. Raises OutputError if it is broken."""
    path = folder / SWEEP_FILE
    if not path.is_file():
        return None
    if check_sweep_file(folder, SWEEP_FILE) is None:
        raise OutputError(f"{path}: is not of a sweep of sim; {PLAY_AGAIN}")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def read_identity(folder: Path) -> dict[str, Any] | None:
    """Read the identity of the sweep in a folder as it stands there, unchecked; None where nothing can be read."""
    try:
        identity = json.loads((folder / SWEEP_FILE).read_bytes())["identity"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return identity if isinstance(identity, dict) else None


def scan_runs(folder: Path) -> pl.LazyFrame:
    """Scan all finished runs, in the order of points and replications.

    Raises NoRunsError where there are none, OutputError where a file is broken.
    """
    runs = check_sweep_file(folder, RUNS_FILE)
    if runs is not None:
        return scan_tables([runs])
    files = current_chunk_files(folder / CHUNKS_FOLDER)
    description = read_sweep_description(folder)
    if not files or description is None:
        raise NoRunsError(f"{folder}: holds no finished runs yet")
    identity_hash = hash_identity(description["identity"])
    for each in files:
        if each.path.exists() and not each.is_intact(identity_hash):
            raise broken_chunk_error(each)
    return scan_tables(each.path for each in files)


def query_runs(folder: Path, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Collect a query of all finished runs. Raises as `scan_runs` does.

    It is tried anew where a sweep that is being played compacts or joins files while they are read.
    """
    for retries in (2, 1, 0):
        try:
            return query(scan_runs(folder)).collect(engine="streaming")
        except (FileNotFoundError, pl.exceptions.PolarsError):
            if not retries:
                raise
    raise AssertionError("returned or raised")


def broken_chunk_error(file: ChunkFile) -> OutputError:
    """Return the error that says that a file of chunks is broken."""
    return OutputError(f"{file.path}: is broken, or of another sweep (its checksum is another); {PLAY_AGAIN}")


def describe_mismatch(other: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Return in words what a folder holds whose sweep has another identity: the keys in which the two differ."""
    keys = [key for key in own if other.get(key) != own[key]]
    if keys == ["code"]:
        return f"was played by other sources of sim (code {other.get('code')}, and now {own['code']})"
    return f"holds another sweep ({', '.join(keys)} {'differs' if len(keys) == 1 else 'differ'})"
