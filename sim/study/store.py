"""A run on disk: parts as batches finish, joined at the end; every file whole or not there at all."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from sim.scenario.faults import UserError
from sim.study.frames import Frames

PARTS = "parts"
PROVENANCE = "provenance.json"
SUMMARY = "summary.json"


class OutError(UserError):
    """The folder for results cannot be used; the message says why, and what to do."""


@contextmanager
def telling(path: Path, remedy: str) -> Iterator[None]:
    """Tell in a line what the system says of a file that cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise OutError(f"{path}: cannot be written ({error.strerror or error}); {remedy}") from None


def written(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def write_json(path: Path, what: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    written(path, json.dumps(what, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """What a JSON file holds; None where there is none."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


class Store:
    """The folder of one run while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Raises OutError where the folder holds something else, or cannot be written."""
        self.folder = folder
        try:
            if folder.exists() and not folder.is_dir():
                raise OutError(f"{folder}: is a file; name a folder for the results")
            if folder.is_dir() and any(folder.iterdir()) and not is_run(folder):
                raise OutError(f"{folder}: holds files that are no run of sim; name another folder")
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise OutError(f"{folder}: cannot be written; name another folder with --out")
            shutil.rmtree(folder / PARTS, ignore_errors=True)
            (folder / PARTS).mkdir()
        except OSError as error:
            raise OutError(f"{folder}: {error.strerror}; name another folder with --out") from None

    def keep(self, first: int, frames: Frames) -> None:
        """Write the tables of a batch, named by its first replication."""
        for name, frame in frames.items():
            path = self.folder / PARTS / f"{name}-{first:09d}.parquet"
            beside = path.with_suffix(".new")
            try:
                frame.write_parquet(beside)
                beside.replace(path)
            except OSError as error:
                raise OutError(
                    f"{path}: cannot be written ({error}); what was finished before is kept"
                ) from None

    def parts(self, name: str) -> pl.LazyFrame | None:
        """All that is there of a table, in the order of the replications; None if nothing is."""
        return parts_of(self.folder, name)

    def join(self, names: tuple[str, ...]) -> None:
        """Join the parts of the tables that a run leaves behind, in place of those of an earlier run."""
        for path in self.folder.glob("*.parquet"):
            if path.stem not in names:
                path.unlink()
        for name in names:
            whole = self.parts(name)
            if whole is not None:
                self.table(name, whole)

    def table(self, name: str, frame: pl.LazyFrame) -> None:
        """Write a whole table."""
        path = self.folder / f"{name}.parquet"
        beside = path.with_name(f".{path.name}.new")
        frame.sink_parquet(beside, maintain_order=True, row_group_size=250_000)
        beside.replace(path)

    def done(self) -> None:
        """Leave only what was joined."""
        shutil.rmtree(self.folder / PARTS, ignore_errors=True)


def parts_of(folder: Path, name: str) -> pl.LazyFrame | None:
    """The parts of a table in a folder, in the order of the replications."""
    files = sorted((folder / PARTS).glob(f"{name}-*.parquet"))
    return pl.scan_parquet(files) if files else None


def is_run(folder: Path) -> bool:
    """Did `sim run` make this folder, to its end or not?"""
    return (folder / PROVENANCE).is_file() or (folder / PARTS).is_dir()


def read_table(folder: Path, name: str) -> pl.DataFrame | None:
    """A table of a saved run, or what is there of it; None where it was not kept."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return pl.read_parquet(path)
    parts = parts_of(folder, name)
    return None if parts is None else parts.collect()
