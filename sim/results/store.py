"""A run on disk: parts as batches finish, joined at the end; every file whole or not there at all."""

import os
import shutil
from pathlib import Path

import polars as pl

from sim.results.files import OutputError
from sim.results.tables import Frames

PARTS_FOLDER = "parts"
PROVENANCE_FILE = "provenance.json"
SUMMARY_FILE = "summary.json"


class RunStore:
    """The folder of one run while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Raises OutError where the folder holds something else, or cannot be written."""
        self.folder = folder
        try:
            if folder.exists() and not folder.is_dir():
                raise OutputError(f"{folder}: is a file; name a folder for the results")
            if folder.is_dir() and any(folder.iterdir()) and not is_run_folder(folder):
                raise OutputError(f"{folder}: holds files that are no run of sim; name another folder")
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise OutputError(f"{folder}: cannot be written; name another folder with --out")
            shutil.rmtree(folder / PARTS_FOLDER, ignore_errors=True)
            (folder / PARTS_FOLDER).mkdir()
        except OSError as error:
            raise OutputError(f"{folder}: {error.strerror}; name another folder with --out") from None

    def write_batch(self, first_replication: int, frames: Frames) -> None:
        """Write the tables of a batch, named by its first replication."""
        for name, frame in frames.items():
            path = self.folder / PARTS_FOLDER / f"{name}-{first_replication:09d}.parquet"
            beside = path.with_suffix(".new")
            try:
                frame.write_parquet(beside)
                beside.replace(path)
            except OSError as error:
                raise OutputError(
                    f"{path}: cannot be written ({error}); what was finished before is kept"
                ) from None

    def scan_parts(self, name: str) -> pl.LazyFrame | None:
        """All that is there of a table, in the order of the replications; None if nothing is."""
        return scan_parts(self.folder, name)

    def join_parts(self, names: tuple[str, ...]) -> None:
        """Join the parts of the tables that a run leaves behind, in place of those of an earlier run."""
        for path in self.folder.glob("*.parquet"):
            if path.stem not in names:
                path.unlink()
        for name in names:
            whole = self.scan_parts(name)
            if whole is not None:
                self.write_table(name, whole)

    def write_table(self, name: str, frame: pl.LazyFrame) -> None:
        """Write a whole table."""
        path = self.folder / f"{name}.parquet"
        beside = path.with_name(f".{path.name}.new")
        frame.sink_parquet(beside, maintain_order=True, row_group_size=250_000)
        beside.replace(path)

    def remove_parts(self) -> None:
        """Leave only what was joined."""
        shutil.rmtree(self.folder / PARTS_FOLDER, ignore_errors=True)


def scan_parts(folder: Path, name: str) -> pl.LazyFrame | None:
    """The parts of a table in a folder, in the order of the replications."""
    files = sorted((folder / PARTS_FOLDER).glob(f"{name}-*.parquet"))
    return pl.scan_parquet(files) if files else None


def is_run_folder(folder: Path) -> bool:
    """Did `sim run` make this folder, to its end or not?"""
    return (folder / PROVENANCE_FILE).is_file() or (folder / PARTS_FOLDER).is_dir()


def read_run_table(folder: Path, name: str) -> pl.DataFrame | None:
    """A table of a saved run, or what is there of it; None where it was not kept."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return pl.read_parquet(path)
    parts = scan_parts(folder, name)
    return None if parts is None else parts.collect()
