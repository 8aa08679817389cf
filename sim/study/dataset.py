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

from sim.study.store import OutError, read_json, telling, write_json

TOLD = "sweep.json"
RUNS = "runs.parquet"
POINTS = "points.parquet"
ESTIMATES = "estimates.parquet"
PARTS = "parts"
OWN = (TOLD, RUNS, POINTS, ESTIMATES, "scenario.yaml", PARTS, "plots", ".lock")
"""What a sweep leaves in its folder."""
BLOCK = 64
"""So many pieces are compacted into one file."""
PART = re.compile(r"(\d+)-(\d+)\.parquet")


GO_ON = (
    "make room, or name another folder with --out;"
    " what was finished is kept, and the same command goes on from there"
)
"""What to do where a file of a sweep cannot be written."""


class NoRuns(OutError):
    """No run of a sweep is finished yet."""


class Dataset:
    """The folder of one sweep while it is being played.

    `told` says what the sweep is; `told["identity"]` is what its numbers depend on.
    """

    def __init__(self, folder: Path, told: dict[str, Any], fresh: bool = False) -> None:
        """Raises OutError where the folder holds something else, or another sweep, or cannot be written."""
        self.folder = folder
        self.parts = folder / PARTS
        with telling(folder, GO_ON):
            if folder.exists() and not folder.is_dir():
                raise OutError(f"{folder}: is a file; name a folder for the results")
            before = told_of(folder)
            if before is None and folder.is_dir() and any(each.name not in OWN for each in folder.iterdir()):
                raise OutError(
                    f"{folder}: holds files that are no sweep of sim; name another folder with --out"
                )
            if fresh:
                self.clear()
            elif before is not None and before["identity"] != told["identity"]:
                raise OutError(f"{folder}: holds another sweep ({differing(before['identity'], told['identity'])});"
                               " start anew with --fresh, or name another folder with --out")  # fmt: skip
            self.parts.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK) or not os.access(self.parts, os.W_OK):
                raise OutError(f"{folder}: cannot be written; name another folder with --out")
            for beside in [*folder.glob(".*.new"), *self.parts.glob(".*.new")]:
                beside.unlink()
            write_json(folder / TOLD, told)

    def clear(self) -> None:
        """Leave nothing of an earlier sweep."""
        for name in OWN:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
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
                raise OutError(f"{self.folder}: another sim sweep is at work there; wait for it") from None
            yield

    @property
    def whole(self) -> bool:
        """Is nothing missing?"""
        return (self.folder / RUNS).is_file()

    def done(self) -> set[int]:
        """Which pieces are there?"""
        return {number for held in files_in(self.parts) for number in held}

    def keep(self, number: int, frame: pl.DataFrame) -> None:
        """Write a piece, and compact its block once all of that is there."""
        self.write(frame, self.parts / name(range(number, number + 1)))
        first = number // BLOCK * BLOCK
        block = [self.parts / name(range(k, k + 1)) for k in range(first, first + BLOCK)]
        if all(path.is_file() for path in block):
            self.write(pl.concat(map(pl.read_parquet, block)), self.parts / name(range(first, first + BLOCK)))
            self.sweep_out()

    def sweep_out(self) -> None:
        """Remove the pieces that stand in a compacted file too."""
        kept = set(files_in(self.parts).values())
        for path in self.parts.glob("*.parquet"):
            if path not in kept:
                path.unlink()

    def write(self, frame: pl.DataFrame, path: Path) -> None:
        """Write a table, whole or not at all."""
        beside = path.with_name(f".{path.name}.new")
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        with telling(path, GO_ON):
            try:
                beside.write_bytes(buffer.getbuffer())
                beside.replace(path)
            except OSError:
                beside.unlink(missing_ok=True)
                raise

    def take(self, other: Path) -> None:
        """Take over the pieces of another folder of the same sweep. Raises OutError where it holds none."""
        told, mine = told_of(other), told_of(self.folder)
        assert mine is not None, "was written"
        if told is None:
            raise OutError(f"{other}: holds no sweep; name the folders that sim sweep --shard has written")
        if told["identity"] != mine["identity"]:
            raise OutError(
                f"{other}: holds another sweep ({differing(told['identity'], mine['identity'])});"
                " play it again with the same sweep, scenario and version"
            )
        if other.resolve() == self.folder.resolve():
            return
        if (other / RUNS).is_file():
            self.write(pl.read_parquet(other / RUNS), self.folder / RUNS)
            return
        for held, path in files_in(other / PARTS).items():
            if not set(held) <= self.done():
                self.write(pl.read_parquet(path), self.parts / name(held))

    def join(self) -> None:
        """Join all pieces to one table, in the order of points and replications, and leave that alone."""
        if not self.whole:
            beside = self.folder / f".{RUNS}.new"
            with telling(self.folder / RUNS, GO_ON):
                try:
                    scan(self.folder).sink_parquet(beside, maintain_order=True, row_group_size=100_000)
                except pl.exceptions.PolarsError as error:
                    raise OSError(str(error)) from None
                beside.replace(self.folder / RUNS)
        shutil.rmtree(self.parts, ignore_errors=True)


def name(held: range) -> str:
    """The file of some pieces."""
    return f"{held.start:07d}-{held.stop - 1:07d}.parquet"


def files_in(parts: Path) -> dict[range, Path]:
    """The files of pieces, by the numbers of the pieces that each holds; those compacted already left out."""
    found = {}
    for path in sorted(parts.glob("*.parquet")):
        if match := PART.fullmatch(path.name):
            found[range(int(match[1]), int(match[2]) + 1)] = path
    wide = [held for held in found if len(held) > 1]
    return {
        held: path
        for held, path in found.items()
        if len(held) > 1 or not any(held.start in other for other in wide)
    }


def scan(folder: Path) -> pl.LazyFrame:
    """All runs that are there, in order. Raises NoRuns where there are none."""
    if (folder / RUNS).is_file():
        return pl.scan_parquet(folder / RUNS)
    files = files_in(folder / PARTS)
    if not files:
        raise NoRuns(f"{folder}: holds no finished runs yet")
    return pl.scan_parquet([files[held] for held in sorted(files, key=lambda each: each.start)])


def of_runs(folder: Path, ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What is asked of all runs that are there, even while files are being compacted under the reader."""
    for patience in (2, 1, 0):
        try:
            return ask(scan(folder)).collect()
        except (FileNotFoundError, pl.exceptions.PolarsError):
            if not patience:
                raise
    raise AssertionError("returned or raised")


def told_of(folder: Path) -> dict[str, Any] | None:
    """What the sweep in a folder is, if there is one."""
    return read_json(folder / TOLD)


def differing(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    """In which words do two sweeps differ?"""
    return ", ".join(key for key in mine if theirs.get(key) != mine[key]) + " differ"
