"""The folder of a run: parts as batches finish, joined at the end; every file is whole or not there at all."""

import shutil
from pathlib import Path

import polars as pl

from sim.results.files import (
    OutputError,
    check_output_folder,
    check_writable,
    replace_file,
    report_unusable,
)
from sim.results.tables import Frames

PARTS_FOLDER = "parts"
PROVENANCE_FILE = "provenance.json"
SCENARIO_FILE = "scenario.yaml"
SUMMARY_FILE = "summary.json"


class RunStore:
    """The folder of one run while it is being written."""

    def __init__(self, folder: Path) -> None:
        """Make the folder. Raises OutputError where it holds something else, or cannot be written."""
        self.folder = folder
        with report_unusable(folder):
            check_output_folder(folder, "run", is_run_folder(folder))
            folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder)
            shutil.rmtree(folder / PARTS_FOLDER, ignore_errors=True)
            (folder / PARTS_FOLDER).mkdir()

    def write_batch(self, first_replication: int, frames: Frames) -> None:
        """Write the tables of a batch, named by its first replication. Raises OutputError."""
        for name, frame in frames.items():
            path = self.folder / PARTS_FOLDER / f"{name}-{first_replication:09d}.parquet"
            try:
                with replace_file(path) as beside:
                    frame.write_parquet(beside)
            except OSError as error:
                raise OutputError(
                    f"{path}: cannot be written ({error}); what was finished before is kept"
                ) from None

    def scan_parts(self, name: str) -> pl.LazyFrame | None:
        """Scan the parts of a table, in the order of the replications; None where there are none."""
        return scan_parts(self.folder, name)

    def join_parts(self, names: tuple[str, ...]) -> None:
        """Join the parts of the tables that a run leaves, and remove other tables of an earlier run."""
        for path in self.folder.glob("*.parquet"):
            if path.stem not in names:
                path.unlink()
        for name in names:
            table = self.scan_parts(name)
            if table is not None:
                self.write_table(name, table)

    def write_table(self, name: str, frame: pl.LazyFrame) -> None:
        """Write a whole table, without holding it in memory."""
        with replace_file(self.folder / f"{name}.parquet") as beside:
            frame.sink_parquet(beside, maintain_order=True, row_group_size=250_000)

    def remove_parts(self) -> None:
        """Remove the parts, once they are joined."""
        shutil.rmtree(self.folder / PARTS_FOLDER, ignore_errors=True)


def scan_parts(folder: Path, name: str) -> pl.LazyFrame | None:
    """Scan the parts of a table in a folder, in the order of the replications; None where there are none."""
    files = sorted((folder / PARTS_FOLDER).glob(f"{name}-*.parquet"))
    return pl.scan_parquet(files) if files else None


def is_run_folder(folder: Path) -> bool:
    """Whether a folder holds a run, finished or not."""
    return (folder / PROVENANCE_FILE).is_file() or (folder / PARTS_FOLDER).is_dir()


def read_run_table(folder: Path, name: str) -> pl.DataFrame | None:
    """Read a table of a saved run, or the parts of it that are there; None where it was not kept."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return pl.read_parquet(path)
    parts = scan_parts(folder, name)
    return None if parts is None else parts.collect()
