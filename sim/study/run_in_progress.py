"""Runs under way: what has been played so far, of one scenario or of several side by side, and where it is kept."""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.results.files import OutputError
from sim.results.integrals import Metrics
from sim.results.store import PARTS_FOLDER, RunStore
from sim.study.executors import stop_on_interrupt
from sim.study.replications import Batch, ProgressCallback, RunTask, batch_player

MetricValues = dict[str, list[float | None]]
"""Every metric, as one value a replication; None where it has none."""


class RunInProgress:
    """A run that is being played: its metrics, and its tables in memory or in a folder."""

    def __init__(self, task: RunTask, out: Path | None = None) -> None:
        """Raises OutError where the folder cannot be used."""
        self.task = task
        self.store = None if out is None else RunStore(out)
        self._metrics: dict[int, Metrics] = {}
        self._tables: dict[int, dict[str, pl.DataFrame]] = {}

    def add_batch(self, batch: Batch) -> None:
        """Keep what a batch has brought."""
        self._metrics |= dict(zip(batch.replications, batch.metrics, strict=True))
        first = batch.replications[0]
        if self.store is None:
            self._tables[first] = batch.tables
        else:
            self.store.write_batch(first, batch.tables)

    @property
    def finished_replications(self) -> list[int]:
        """Which replications are finished, in order."""
        return sorted(self._metrics)

    def metric_values(self) -> MetricValues:
        """Every metric, over the replications that are finished."""
        found = [self._metrics[k] for k in self.finished_replications]
        return {name: [each[name] for each in found] for name in (found[0] if found else ())}

    def table(self, name: str) -> pl.DataFrame | None:
        """What is in memory of a table, in the order of the replications; None if nothing is."""
        parts = [self._tables[first] for first in sorted(self._tables)]
        found = [part[name] for part in parts if name in part]
        return pl.concat(found) if found else None

    def sample_paths(self, series: str) -> FloatArray | None:
        """A series over time, as `(n_finished, POINTS)` in MW, in the order of the replications; None if not kept."""
        table = self.table("paths")
        kept = (
            self.store.scan_parts("paths")
            if self.store is not None
            else None
            if table is None
            else table.lazy()
        )
        if kept is None:
            return None
        rows = kept.filter(pl.col("series") == series).sort("replication").select("mw").collect()
        return rows["mw"].to_numpy().astype(np.float64)


def play_until(
    runs: Sequence[RunInProgress],
    first_replications: int,
    max_replications: int,
    next_replications: Callable[[], int | None],
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> int:
    """Play runs side by side up to `first` replications, and then as far as `further` says, until it says None.

    Gives how many were asked for in the end. A Ctrl-C ends it, and what is finished is kept. Raises OutError
    where a worker dies, ValueError for a function that cannot be sent to several workers.
    """
    asked, played = first_replications, 0
    upto: int | None = first_replications
    try:
        with (
            stop_on_interrupt() as stop,
            batch_player([run.task for run in runs], max_replications, workers) as play,
        ):
            while upto is not None and not stop.requested:
                done, asked = played * len(runs), upto
                if progress is not None:
                    progress(done, asked * len(runs))
                for which, batch in play(asked - played, played, stop):
                    runs[which].add_batch(batch)
                    done += len(batch.replications)
                    if progress is not None:
                        progress(done, asked * len(runs))
                played = asked
                if all(len(run.finished_replications) == asked for run in runs):
                    upto = next_replications()
    except BrokenExecutor:
        parts = [str(run.store.folder / PARTS_FOLDER) for run in runs if run.store is not None]
        kept = f"; what was finished is in {' and '.join(parts)}" if parts else ""
        raise OutputError(f"a worker died, perhaps for want of memory{kept}; try fewer workers") from None
    return asked if upto is None else upto
