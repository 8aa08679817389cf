"""The folder of a sweep: chunks as they are finished, joined to one table when none is missing.

Every file is whole or not there: it is written beside its place and renamed. It is put into the manifest before it is
renamed, and a file of chunks vouches for itself by its name; so whatever is neither belongs to somebody else, and
what is broken is known before it is used, and made again.

Chunks are compacted into blocks as they come, so that there are never more than a few hundred files. The content of
the folder depends on the sweep alone, never on who played it, in which order, or how often it was killed.
"""

import hashlib
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from sim.results.files import (
    ANOTHER_FOLDER,
    OutputError,
    check_can_be_made,
    check_writable,
    path_beside,
    replace_file,
    report_os_errors,
)
from sim.results.folder_lock import lock_folder
from sim.results.manifest import (
    MANIFEST_FILE,
    FileRecord,
    file_record,
    folder_files,
    has_manifest,
    read_manifest,
    save_manifest,
)
from sim.results.store import SCENARIO_FILE
from sim.study.chunk_files import (
    CHUNK_FILE_PATTERN,
    ChunkFile,
    all_chunk_files,
    chunk_file_name,
    current_chunk_files,
    hash_identity,
)
from sim.study.sweep_files import (
    CHUNKS_FOLDER,
    ESTIMATES_FILE,
    POINTS_FILE,
    RUNS_FILE,
    SWEEP_FILE,
    broken_chunk_error,
    check_sweep_file,
    describe_mismatch,
    read_identity,
    read_sweep_description,
    row_group_size,
    scan_tables,
    sweep_manifest,
    table_bytes,
)

CHUNKS_PER_BLOCK = 64
"""The number of chunks that are compacted into one file."""
STALE_FILE_PATTERN = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{16}\.new")
"""A file that a killed process was writing beside the one of that name."""

FILES_OF_A_SWEEP = {
    MANIFEST_FILE, SWEEP_FILE, POINTS_FILE, SCENARIO_FILE, RUNS_FILE, ESTIMATES_FILE,
}  # fmt: skip

RESUME_REMEDY = (
    "make room, or name another folder with --out;"
    " what was finished is kept, and the same command goes on from there"
)
"""The remedy where a file of a sweep cannot be written."""
START_ANEW = f"start anew with --fresh, or {ANOTHER_FOLDER}"
UNKNOWN_OWNER = f"nothing says which files are this sweep's; move the folder away, or {ANOTHER_FOLDER}"


def report_broken(path: Path, consequence: str) -> None:
    """Say on standard error that a file is broken, and what is done about it."""
    sys.stderr.write(f"{path}: is broken; {consequence}\n")


def bytes_record(content: bytes) -> FileRecord:
    """Return the record of a file with this content."""
    return FileRecord(len(content), hashlib.sha256(content).hexdigest())


class SweepStore:
    """The folder of one sweep while it is being played. Made by `lock_sweep_folder`."""

    def __init__(self, folder: Path, description: Mapping[str, Any], fresh: bool) -> None:
        """Make the folder, or look at what an earlier sweep has left, and mend it. Raises OutputError."""
        self.folder = folder
        self.chunks_folder = folder / CHUNKS_FOLDER
        self.identity = description["identity"]
        self.identity_hash = hash_identity(self.identity)
        self.n_runs = int(description["points"]) * int(self.identity["replications"])
        self._records: dict[str, FileRecord] = {}
        self._single_chunks = dict[int, ChunkFile]()
        with report_os_errors(folder, RESUME_REMEDY):
            is_known = self._open_manifest()
            content = (json.dumps(description, indent=1, allow_nan=False) + "\n").encode()
            if fresh and is_known:
                self._clear()
            else:
                self._check_identity(content, is_known)
            self.chunks_folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder, folder, self.chunks_folder)
            self._remove_stale_files()
            self.write_bytes(SWEEP_FILE, content)
            self._drop_broken_files()

    def _open_manifest(self) -> bool:
        """Read the manifest; return whether it says which files are the sweep's. Raises OutputError."""
        folder = self.folder
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: is a file; name a folder for the results")
        if not has_manifest(folder):
            files, nested = folder_files(folder) if folder.is_dir() else ([], [])
            if any(PurePosixPath(name).parts[0] != CHUNKS_FOLDER for name in (*files, *nested)):
                raise OutputError(f"{folder}: holds files that are not a sweep of sim; {ANOTHER_FOLDER}")
            return True
        try:
            manifest = read_manifest(folder)
        except OutputError:
            return False
        if manifest.kind != "sweep":
            raise OutputError(f"{folder}: holds a {manifest.kind} of sim, not a sweep; {ANOTHER_FOLDER}")
        self._records = dict(manifest.files)
        return True

    def _check_identity(self, content: bytes, is_known: bool) -> None:
        """Check that what the folder holds is of this sweep. Raises OutputError."""
        path = self.folder / SWEEP_FILE
        if is_known and SWEEP_FILE not in self._records:
            return  # nothing is there yet
        if is_known and not self._is_intact(SWEEP_FILE):
            # Not there yet, or broken: what it was is known by its checksum alone.
            if self._records[SWEEP_FILE] == bytes_record(content):
                return
            if read_identity(self.folder) == self.identity:
                return  # it was to be replaced by one that expects something else
            raise OutputError(f"{path}: is broken, and what it was is not what it is now; {START_ANEW}")
        before = read_identity(self.folder)
        if not is_known:
            if before is None:
                raise OutputError(f"{self.folder / MANIFEST_FILE}: is broken, and {UNKNOWN_OWNER}")
            if before == self.identity:
                report_broken(self.folder / MANIFEST_FILE, "what it vouched for is written again")
                return
        if before != self.identity:
            mismatch = describe_mismatch(before or {}, self.identity)
            raise OutputError(f"{self.folder}: {mismatch}; {START_ANEW}")

    def _clear(self) -> None:
        """Remove what the manifest, or its name, says is an earlier sweep's, and nothing else."""
        for name in self._records:
            path = self.folder / name
            # The manifest may come from anywhere.
            if path.parent.resolve().is_relative_to(self.folder.resolve()) and ".." not in path.parts:
                path.unlink(missing_ok=True)
        for each in all_chunk_files(self.chunks_folder):
            each.path.unlink(missing_ok=True)
        for name in {str(PurePosixPath(name).parent) for name in self._records} - {"."}:
            with suppress(OSError):  # somebody else's files are in it
                (self.folder / name).rmdir()
        (self.folder / MANIFEST_FILE).unlink(missing_ok=True)
        self._records = {}

    def _remove_stale_files(self) -> None:
        """Remove what a killed process has left of files that it was writing."""
        for folder in (self.folder, self.chunks_folder):
            for path in list(folder.iterdir()):
                match = STALE_FILE_PATTERN.fullmatch(path.name)
                if match and (
                    match["name"] in FILES_OF_A_SWEEP or CHUNK_FILE_PATTERN.fullmatch(match["name"])
                ):
                    path.unlink()

    def _drop_broken_files(self) -> None:
        """Look at every file; name those that are broken, and remove them, so that they are made again."""
        if self.complete and not self._is_intact(RUNS_FILE):
            report_broken(self.folder / RUNS_FILE, "its runs are played again")
            del self._records[RUNS_FILE]
            self._save_manifest()
            (self.folder / RUNS_FILE).unlink(missing_ok=True)
        for each in all_chunk_files(self.chunks_folder):
            if not each.is_intact(self.identity_hash):
                report_broken(each.path, "its runs are played again")
                each.path.unlink()
        self._single_chunks = {
            each.chunks.start: each
            for each in current_chunk_files(self.chunks_folder)
            if len(each.chunks) == 1
        }

    @property
    def complete(self) -> bool:
        """Whether no chunk is missing, so that they are joined."""
        return RUNS_FILE in self._records and (self.folder / RUNS_FILE).is_file()

    def finished_chunks(self) -> set[int]:
        """Return the numbers of the chunks that are finished."""
        return {number for each in current_chunk_files(self.chunks_folder) for number in each.chunks}

    def write_chunk(self, chunk: int, frame: pl.DataFrame) -> None:
        """Write a chunk, and compact its block once all chunks of that are there."""
        self._write_chunk_file(range(chunk, chunk + 1), table_bytes(frame))
        first = chunk // CHUNKS_PER_BLOCK * CHUNKS_PER_BLOCK
        block = range(first, first + CHUNKS_PER_BLOCK)
        if all(number in self._single_chunks for number in block):
            files = [self._single_chunks.pop(number) for number in block]
            frames = [pl.read_parquet(io.BytesIO(self._checked_bytes(each))) for each in files]
            self._write_chunk_file(block, table_bytes(pl.concat(frames)))
            for each in files:
                each.path.unlink()

    def _write_chunk_file(self, chunks: range, content: bytes | memoryview) -> None:
        path = self.chunks_folder / chunk_file_name(chunks, self.identity_hash, content)
        with report_os_errors(path, RESUME_REMEDY), replace_file(path) as beside:
            beside.write_bytes(content)
        if len(chunks) == 1:
            self._single_chunks[chunks.start] = ChunkFile(path, chunks, path.name.split(".")[1])

    def _checked_bytes(self, file: ChunkFile) -> bytes:
        """Read a file of chunks. Raises OutputError where it is broken."""
        content = file.path.read_bytes()
        if chunk_file_name(file.chunks, self.identity_hash, content) != file.path.name:
            raise broken_chunk_error(file)
        return content

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file, unless it is there as it should be. Raises OutputError."""
        path = self.folder / name
        if self._is_intact(name) and self._records[name] == bytes_record(content):
            return
        with self.replace(path) as beside:
            beside.write_bytes(content)

    @contextmanager
    def replace(self, path: Path) -> Iterator[Path]:
        """Yield a path beside a file of the folder, which takes its place, and is in the manifest before it does."""
        with report_os_errors(path, RESUME_REMEDY), replace_file(path) as beside:
            yield beside
            self._records[path.relative_to(self.folder).as_posix()] = file_record(beside)
            self._save_manifest()

    def _save_manifest(self) -> None:
        save_manifest(self.folder, sweep_manifest(self._records))

    def _is_intact(self, name: str) -> bool:
        path = self.folder / name
        return name in self._records and path.is_file() and file_record(path) == self._records[name]

    def has_estimates(self) -> bool:
        """Whether the estimates are there; where they are broken, that is said."""
        if self._is_intact(ESTIMATES_FILE):
            return True
        if ESTIMATES_FILE in self._records and (self.folder / ESTIMATES_FILE).is_file():
            report_broken(self.folder / ESTIMATES_FILE, "the estimates are made again")
        return False

    def import_chunks(self, source: Path) -> None:
        """Copy the chunks of another folder of the same sweep. Raises OutputError if it holds none, or is broken."""
        other = read_sweep_description(source)
        if other is None:
            raise OutputError(
                f"{source}: holds no sweep; name the folders that sim sweep --shard has written"
            )
        if other["identity"] != self.identity:
            mismatch = describe_mismatch(other["identity"], self.identity)
            raise OutputError(
                f"{source}: {mismatch}; play it again with the same sweep, scenario and version"
            )
        if source.resolve() == self.folder.resolve() or self.complete:
            return
        if (runs := check_sweep_file(source, RUNS_FILE)) is not None:
            with self.replace(self.folder / RUNS_FILE) as beside:
                beside.write_bytes(runs.read_bytes())
            return
        finished = self.finished_chunks()
        for each in current_chunk_files(source / CHUNKS_FOLDER):
            if not finished.issuperset(each.chunks):
                self._write_chunk_file(each.chunks, self._checked_bytes(each))

    def join_chunks(self) -> None:
        """Join all chunks to one table, in the order of points and replications, and remove them.

        Raises OutputError where it has not as many rows as the sweep has runs, or a chunk is broken.
        """
        if not self.complete:
            path = self.folder / RUNS_FILE
            files = current_chunk_files(self.chunks_folder)
            for each in files:
                if not each.is_intact(self.identity_hash):
                    raise broken_chunk_error(each)
            with self.replace(path) as beside:
                self.sink(scan_tables(each.path for each in files), beside)
                n_rows = scan_tables([beside]).select(pl.len()).collect().item()
                if n_rows != self.n_runs:
                    raise OutputError(
                        f"{path}: the pieces hold {n_rows} runs, and the sweep has {self.n_runs}; {START_ANEW}"
                    )
        for each in all_chunk_files(self.chunks_folder):
            each.path.unlink()
        with suppress(OSError):  # somebody else's files are in it
            self.chunks_folder.rmdir()

    def write_estimates(self, parts: Iterable[pl.DataFrame]) -> None:
        """Write the estimates, of which one part is held in memory at a time."""
        path, pieces = self.folder / ESTIMATES_FILE, list[Path]()
        try:
            with report_os_errors(path, RESUME_REMEDY):
                for part in parts:
                    pieces.append(path_beside(path, "new"))
                    pieces[-1].write_bytes(table_bytes(part))
            with self.replace(path) as beside:
                self.sink(scan_tables(pieces), beside)
        finally:
            for piece in pieces:
                piece.unlink(missing_ok=True)

    def sink(self, table: pl.LazyFrame, path: Path) -> None:
        """Write a table that is never held in memory as a whole. Raises OSError."""
        try:
            size = row_group_size(len(table.collect_schema()))
            table.sink_parquet(path, maintain_order=True, row_group_size=size)
        except pl.exceptions.PolarsError as error:
            raise OSError(str(error)) from None


@contextmanager
def lock_sweep_folder(folder: Path, description: Mapping[str, Any], fresh: bool) -> Iterator[SweepStore]:
    """Lock the folder of a sweep before anything in it is touched, and open it.

    `fresh` removes an earlier sweep. Raises OutputError where another process writes it, where it holds something
    else, or another sweep, or cannot be written.
    """
    check_can_be_made(folder)
    with lock_folder(folder.resolve()):
        yield SweepStore(folder, description, fresh)


def record_files(folder: Path, paths: Iterable[Path], below: str) -> None:
    """Put files below a folder of a sweep into its manifest, and take out those that are there no longer."""
    with lock_folder(folder.resolve(), wait_s=10.0), report_os_errors(folder, RESUME_REMEDY):
        records = {
            name: record
            for name, record in read_manifest(folder).files.items()
            if PurePosixPath(name).parts[0] != below or (folder / name).is_file()
        }
        records |= {path.relative_to(folder).as_posix(): file_record(path) for path in paths}
        save_manifest(folder, sweep_manifest(records))
