"""The folder of a sweep: pieces as they are finished, whatever happens; joined to one table when none is missing.

Every file is whole or not there: it is written beside its place and renamed. Pieces are compacted as they come, so
that there are never more than a few hundred files. What stands in the folder depends on the sweep alone, never on
who played it, in which order, or how often it was killed.
"""

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from sim.results.files import OutputError, read_json, report_os_errors, write_json

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
"""What a sweep leaves in its folder."""
CHUNKS_PER_BLOCK = 64
"""So many pieces are compacted into one file."""
CHUNK_FILE_PATTERN = re.compile(r"(\d+)-(\d+)\.parquet")


RESUME_REMEDY = (
    "make room, or name another folder with --out;"
    " what was finished is kept, and the same command goes on from there"
)
"""What to do where a file of a sweep cannot be written."""


class NoRunsError(OutputError):
    """No run of a sweep is finished yet."""


class SweepStore:
    """The folder of one sweep while it is being played.

    `told` says what the sweep is; `told["identity"]` is what its numbers depend on.
    """

    def __init__(self, folder: Path, description: dict[str, Any], fresh: bool = False) -> None:
        """Raises OutError where the folder holds something else, or another sweep, or cannot be written."""
        self.folder = folder
        self.chunks_folder = folder / CHUNKS_FOLDER
        with report_os_errors(folder, RESUME_REMEDY):
            if folder.exists() and not folder.is_dir():
                raise OutputError(f"{folder}: is a file; name a folder for the results")
            before = read_sweep_description(folder)
            if (
                before is None
                and folder.is_dir()
                and any(each.name not in SWEEP_FOLDER_ENTRIES for each in folder.iterdir())
            ):
                raise OutputError(
                    f"{folder}: holds files that are no sweep of sim; name another folder with --out"
                )
            if fresh:
                self.clear()
            elif before is not None and before["identity"] != description["identity"]:
                raise OutputError(f"{folder}: holds another sweep ({describe_mismatch(before['identity'], description['identity'])});"
                               " start anew with --fresh, or name another folder with --out")  # fmt: skip
            self.chunks_folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK) or not os.access(self.chunks_folder, os.W_OK):
                raise OutputError(f"{folder}: cannot be written; name another folder with --out")
            for beside in [*folder.glob(".*.new"), *self.chunks_folder.glob(".*.new")]:
                beside.unlink()
            write_json(folder / SWEEP_FILE, description)

    def clear(self) -> None:
        """Leave nothing of an earlier sweep."""
        for name in SWEEP_FOLDER_ENTRIES:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep others from playing into the same folder. Raises OutError where one does."""
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
        """Is nothing missing?"""
        return (self.folder / RUNS_FILE).is_file()

    def finished_chunks(self) -> set[int]:
        """Which pieces are there?"""
        return {number for held in chunk_files(self.chunks_folder) for number in held}

    def write_chunk(self, chunk: int, frame: pl.DataFrame) -> None:
        """Write a piece, and compact its block once all of that is there."""
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
        """Remove the pieces that stand in a compacted file too."""
        kept = set(chunk_files(self.chunks_folder).values())
        for path in self.chunks_folder.glob("*.parquet"):
            if path not in kept:
                path.unlink()

    def write_table(self, frame: pl.DataFrame, path: Path) -> None:
        """Write a table, whole or not at all."""
        beside = path.with_name(f".{path.name}.new")
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        with report_os_errors(path, RESUME_REMEDY):
            try:
                beside.write_bytes(buffer.getbuffer())
                beside.replace(path)
            except OSError:
                beside.unlink(missing_ok=True)
                raise

    def import_chunks(self, source: Path) -> None:
        """Take over the pieces of another folder of the same sweep. Raises OutError where it holds none."""
        told, mine = read_sweep_description(source), read_sweep_description(self.folder)
        assert mine is not None, "was written"
        if told is None:
            raise OutputError(
                f"{source}: holds no sweep; name the folders that sim sweep --shard has written"
            )
        if told["identity"] != mine["identity"]:
            raise OutputError(
                f"{source}: holds another sweep ({describe_mismatch(told['identity'], mine['identity'])});"
                " play it again with the same sweep, scenario and version"
            )
        if source.resolve() == self.folder.resolve():
            return
        if (source / RUNS_FILE).is_file():
            self.write_table(pl.read_parquet(source / RUNS_FILE), self.folder / RUNS_FILE)
            return
        for held, path in chunk_files(source / CHUNKS_FOLDER).items():
            if not set(held) <= self.finished_chunks():
                self.write_table(pl.read_parquet(path), self.chunks_folder / chunk_file_name(held))

    def join_chunks(self) -> None:
        """Join all pieces to one table, in the order of points and replications, and leave that alone."""
        if not self.complete:
            beside = self.folder / f".{RUNS_FILE}.new"
            with report_os_errors(self.folder / RUNS_FILE, RESUME_REMEDY):
                try:
                    scan_runs(self.folder).sink_parquet(beside, maintain_order=True, row_group_size=100_000)
                except pl.exceptions.PolarsError as error:
                    raise OSError(str(error)) from None
                beside.replace(self.folder / RUNS_FILE)
        shutil.rmtree(self.chunks_folder, ignore_errors=True)


def chunk_file_name(chunks: range) -> str:
    """The file of some pieces."""
    return f"{chunks.start:07d}-{chunks.stop - 1:07d}.parquet"


def chunk_files(folder: Path) -> dict[range, Path]:
    """The files of pieces, by the numbers of the pieces that each holds; those compacted already left out."""
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        if match := CHUNK_FILE_PATTERN.fullmatch(path.name):
            found[range(int(match[1]), int(match[2]) + 1)] = path
    wide = [held for held in found if len(held) > 1]
    return {
        held: path
        for held, path in found.items()
        if len(held) > 1 or not any(held.start in other for other in wide)
    }


def scan_runs(folder: Path) -> pl.LazyFrame:
    """All runs that are there, in order. Raises NoRuns where there are none."""
    if (folder / RUNS_FILE).is_file():
        return pl.scan_parquet(folder / RUNS_FILE)
    files = chunk_files(folder / CHUNKS_FOLDER)
    if not files:
        raise NoRunsError(f"{folder}: holds no finished runs yet")
    return pl.scan_parquet([files[held] for held in sorted(files, key=lambda each: each.start)])


def query_runs(folder: Path, query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What is asked of all runs that are there, even while files are being compacted under the reader."""
    for patience in (2, 1, 0):
        try:
            return query(scan_runs(folder)).collect()
        except (FileNotFoundError, pl.exceptions.PolarsError):
            if not patience:
                raise
    raise AssertionError("returned or raised")


def read_sweep_description(folder: Path) -> dict[str, Any] | None:
    """What the sweep in a folder is, if there is one."""
    return read_json(folder / SWEEP_FILE)


def describe_mismatch(other: dict[str, Any], mine: dict[str, Any]) -> str:
    """In which words do two sweeps differ?"""
    return ", ".join(key for key in mine if other.get(key) != mine[key]) + " differ"
