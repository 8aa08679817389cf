"""The tables of a run in its folder: parts as batches finish, joined at the end."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from sim.results.files import MAKE_ROOM, OutputError
from sim.results.manifest import PLAY_AGAIN, Manifest, check_file
from sim.results.tables import Frames

PARTS_FOLDER = "parts"
PROVENANCE_FILE = "provenance.json"
SCENARIO_FILE = "scenario.yaml"
SUMMARY_FILE = "summary.json"


class RunStore:
    """The folder of one run while it is being written: a staging folder, or one in it."""

    def __init__(self, folder: Path, place: Path) -> None:
        """Make the folder of the parts; `place` is where the folder is to stand. Raises OutputError."""
        self.folder, self.place = folder, place
        with report_write_errors(place):
            (folder / PARTS_FOLDER).mkdir(parents=True)

    def write_batch(self, first_replication: int, frames: Frames) -> None:
        """Write the tables of a batch, named by its first replication. Raises OutputError."""
        for name, frame in frames.items():
            path = self.folder / PARTS_FOLDER / f"{name}-{first_replication:09d}.parquet"
            with report_write_errors(self.place / f"{name}.parquet"):
                frame.write_parquet(path)

    def scan_parts(self, name: str) -> pl.LazyFrame | None:
        """Scan the parts of a table, in the order of the replications; None where there are none."""
        files = sorted((self.folder / PARTS_FOLDER).glob(f"{name}-*.parquet"))
        return pl.scan_parquet(files, glob=False) if files else None

    def join_parts(self, names: tuple[str, ...]) -> None:
        """Join the parts of the tables that a run leaves."""
        for name in names:
            table = self.scan_parts(name)
            if table is not None:
                self.write_table(name, table)

    def write_table(self, name: str, frame: pl.LazyFrame) -> None:
        """Write a whole table, without holding it in memory. Raises OutputError."""
        file_name = f"{name}.parquet"
        with report_write_errors(self.place / file_name):
            frame.sink_parquet(self.folder / file_name, maintain_order=True, row_group_size=250_000)

    def remove_parts(self) -> None:
        """Remove the parts, once they are joined."""
        shutil.rmtree(self.folder / PARTS_FOLDER, ignore_errors=True)


@contextmanager
def report_write_errors(path: Path) -> Iterator[None]:
    """Turn what the system or polars says of a table that cannot be written into an OutputError."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).splitlines()[0]
        raise OutputError(f"{path}: cannot be written ({reason}); {MAKE_ROOM}") from None


def read_run_table(folder: Path, manifest: Manifest, name: str) -> pl.DataFrame | None:
    """Read a table of a saved run; None where it was not kept. Raises OutputError where it is broken."""
    file_name = f"{name}.parquet"
    if file_name not in manifest.files:
        return None
    path = check_file(folder, manifest, file_name)
    try:
        return pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError):
        raise OutputError(f"{path}: is no table that can be read; {PLAY_AGAIN}") from None
