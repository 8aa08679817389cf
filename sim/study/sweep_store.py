"""The folder of a sweep: chunks as they are finished, joined to one table when none is missing.

Every file is whole or not there: it is written beside its place and renamed. Chunks are compacted into blocks as they
come, so that there are never more than a few hundred files. The content of the folder depends on the sweep alone,
never on who played it, in which order, or how often it was killed.
"""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.files import (
    ANOTHER_FOLDER,
    OutputError,
    check_output_folder,
    check_writable,
    read_json,
    replace_file,
    report_os_errors,
    write_json,
)

SWEEP_FILE = "sweep.json"
RUNS_FILE = "runs.parquet"
POINTS_FILE = "points.parquet"
ESTIMATES_FILE = "estimates.parquet"
CHUNKS_FOLDER = "parts"
SWEEP_FOLDER_ENTRIES = (
    SWEEP_FILE,
    RUNS_FILE,
    POINTS_FILE,
    ESTIMATES_FILE,
    "scenario.yaml",
    CHUNKS_FOLDER,
    "plots",
    ".lock",
)
"""The entries of the folder of a sweep."""
CHUNKS_PER_BLOCK = 64
"""The number of chunks that are compacted into one file."""
CHUNK_FILE_PATTERN = re.compile(r"(\d+)-(\d+)\.parquet")
"""The first and the last chunk of a file."""

RESUME_REMEDY = (
    "make room, or name another folder with --out;"
    " what was finished is kept, and the same command goes on from there"
)
"""The remedy where a file of a sweep cannot be written."""


class NoRunsError(OutputError):
    """No run of a sweep is finished yet."""


class SweepStore:
    """The folder of one sweep while it is being played."""

    def __init__(self, folder: Path, description: dict[str, Any], fresh: bool = False) -> None:
        """Make the folder, and write the description of the sweep; its `identity` is all that its numbers depend on.

        `fresh` removes an earlier sweep. Raises OutputError where the folder holds something else, or another sweep,
        or cannot be written.
        """
        self.folder = folder
        self.chunks_folder = folder / CHUNKS_FOLDER
        with report_os_errors(folder, RESUME_REMEDY):
            before = read_sweep_description(folder)
            is_own = before is not None
            check_output_folder(folder, "sweep", is_own, SWEEP_FOLDER_ENTRIES, remedy=ANOTHER_FOLDER)
            if fresh:
                self.clear()
            elif before is not None and before["identity"] != description["identity"]:
                mismatch = describe_mismatch(before["identity"], description["identity"])
                raise OutputError(f"{folder}: {mismatch}; start anew with --fresh, or {ANOTHER_FOLDER}")
            self.chunks_folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder, folder, self.chunks_folder)
            # A process that was killed may have left what `replace_file` had not renamed yet.
            for beside in [*folder.glob(".*.new"), *self.chunks_folder.glob(".*.new")]:
                beside.unlink()
            write_json(folder / SWEEP_FILE, description)

    def clear(self) -> None:
        """Remove all that an earlier sweep has left."""
        for name in SWEEP_FOLDER_ENTRIES:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from playing into the same folder. Raises OutputError where one does."""
        try:
            import fcntl
        except ImportError:  # a system without such locks
            yield
            return
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise OutputError(f"{self.folder}: another sim sweep is at work there; wait for it") from None
            yield

    @property
    def complete(self) -> bool:
        """Whether no chunk is missing, so that they are joined."""
        return (self.folder / RUNS_FILE).is_file()

    def finished_chunks(self) -> set[int]:
        """Return the numbers of the chunks that are finished."""
        return {number for chunks in chunk_files(self.chunks_folder) for number in chunks}

    def write_chunk(self, chunk: int, frame: pl.DataFrame) -> None:
        """Write a chunk, and compact its block once all chunks of that are there."""
        self.write_table(frame, self.chunks_folder / chunk_file_name(range(chunk, chunk + 1)))
        first = chunk // CHUNKS_PER_BLOCK * CHUNKS_PER_BLOCK
        block = [
            self.chunks_folder / chunk_file_name(range(k, k + 1))
            for k in range(first, first + CHUNKS_PER_BLOCK)
        ]
        if all(path.is_file() for path in block):
            self.write_table(
                pl.concat(map(pl.read_parquet, block)),
                self.chunks_folder / chunk_file_name(range(first, first + CHUNKS_PER_BLOCK)),
            )
            self.remove_compacted()

    def remove_compacted(self) -> None:
        """Remove the files of chunks that are in a compacted file too."""
        kept = set(chunk_files(self.chunks_folder).values())
        for path in self.chunks_folder.glob("*.parquet"):
            if path not in kept:
                path.unlink()

    def write_table(self, frame: pl.DataFrame, path: Path) -> None:
        """Write a table, whole or not at all. Raises OutputError."""
        buffer = io.BytesIO()  # written by Python, whose error says plainly that a disk is full
        frame.write_parquet(buffer)
        with report_os_errors(path, RESUME_REMEDY), replace_file(path) as beside:
            beside.write_bytes(buffer.getbuffer())

    def import_chunks(self, source: Path) -> None:
        """Copy the chunks of another folder of the same sweep. Raises OutputError where it holds none."""
        other, own = read_sweep_description(source), read_sweep_description(self.folder)
        assert own is not None, "was written"
        if other is None:
            raise OutputError(
                f"{source}: holds no sweep; name the folders that sim sweep --shard has written"
            )
        if other["identity"] != own["identity"]:
            mismatch = describe_mismatch(other["identity"], own["identity"])
            raise OutputError(
                f"{source}: {mismatch}; play it again with the same sweep, scenario and version"
            )
        if source.resolve() == self.folder.resolve():
            return
        if (source / RUNS_FILE).is_file():
            self.write_table(pl.read_parquet(source / RUNS_FILE), self.folder / RUNS_FILE)
            return
        for chunks, path in chunk_files(source / CHUNKS_FOLDER).items():
            if not set(chunks) <= self.finished_chunks():
                self.write_table(pl.read_parquet(path), self.chunks_folder / chunk_file_name(chunks))

    def join_chunks(self) -> None:
        """Join all chunks to one table, in the order of points and replications, and remove them."""
        if not self.complete:
            path = self.folder / RUNS_FILE
            with report_os_errors(path, RESUME_REMEDY), replace_file(path) as beside:
                try:
                    scan_runs(self.folder).sink_parquet(beside, maintain_order=True, row_group_size=100_000)
                except pl.exceptions.PolarsError as error:
                    raise OSError(str(error)) from None
        shutil.rmtree(self.chunks_folder, ignore_errors=True)


def chunk_file_name(chunks: range) -> str:
    """Return the name of the file of some chunks."""
    return f"{chunks.start:07d}-{chunks.stop - 1:07d}.parquet"


def chunk_files(folder: Path) -> dict[range, Path]:
    """Return the files of chunks by the numbers of their chunks, without those that are in a compacted file too."""
    files = {}
    for path in sorted(folder.glob("*.parquet")):
        if match := CHUNK_FILE_PATTERN.fullmatch(path.name):
            files[range(int(match[1]), int(match[2]) + 1)] = path
    blocks = [chunks for chunks in files if len(chunks) > 1]
    return {
        chunks: path
        for chunks, path in files.items()
        if len(chunks) > 1 or not any(chunks.start in block for block in blocks)
    }


def scan_runs(folder: Path) -> pl.LazyFrame:
    """Scan all finished runs, in the order of points and replications. Raises NoRunsError where there are none."""
    if (folder / RUNS_FILE).is_file():
        return pl.scan_parquet(folder / RUNS_FILE)
    files = chunk_files(folder / CHUNKS_FOLDER)
    if not files:
        raise NoRunsError(f"{folder}: holds no finished runs yet")
    return pl.scan_parquet([files[chunks] for chunks in sorted(files, key=lambda each: each.start)])


def query_runs(folder: Path, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Collect a query of all finished runs. Raises NoRunsError where there are none.

    It is tried anew where a sweep that is being played compacts or joins files while they are read.
    """
    for retries in (2, 1, 0):
        try:
            return query(scan_runs(folder)).collect()
        except (FileNotFoundError, pl.exceptions.PolarsError):
            if not retries:
                raise
    raise AssertionError("returned or raised")


def read_sweep_description(folder: Path) -> dict[str, Any] | None:
    """Read the description of the sweep in a folder; None where there is none."""
    return read_json(folder / SWEEP_FILE)


def describe_mismatch(other: dict[str, Any], own: dict[str, Any]) -> str:
    """Return in words what a folder holds whose sweep has another identity: the keys in which the two differ."""
    keys = [key for key in own if other.get(key) != own[key]]
    if keys == ["code"]:
        return f"was played by other sources of sim (code {other.get('code')}, and now {own['code']})"
    return f"holds another sweep ({', '.join(keys)} {'differs' if len(keys) == 1 else 'differ'})"
