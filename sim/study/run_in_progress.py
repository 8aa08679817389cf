"""Runs in progress: the batches played so far, of one scenario or of several, in memory or in a folder."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.results.integrals import Metrics
from sim.results.store import RunStore
from sim.study.executors import report_broken_pool
from sim.study.interrupts import stop_on_interrupt
from sim.study.replications import Batch, ProgressCallback, RunTask, batch_player

MetricValues = dict[str, list[float | None]]
"""Every metric, as one value a finished replication, in their order; None where it has none."""


class RunInProgress:
    """A run that is being played: its metrics, and its tables in memory or in a folder."""

    def __init__(self, task: RunTask, run_store: RunStore | None = None) -> None:
        self.task = task
        self.store = run_store
        self._metrics: dict[int, Metrics] = {}
        self._tables: dict[int, dict[str, pl.DataFrame]] = {}

    def add_batch(self, batch: Batch) -> None:
        """Keep the metrics and tables of a batch."""
        self._metrics |= dict(zip(batch.replications, batch.metrics, strict=True))
        first = batch.replications[0]
        if self.store is None:
            self._tables[first] = batch.tables
        else:
            self.store.write_batch(first, batch.tables)

    @property
    def finished_replications(self) -> list[int]:
        """The numbers of the finished replications, in order."""
        return sorted(self._metrics)

    def metric_values(self) -> MetricValues:
        """Return every metric over the finished replications."""
        rows = [self._metrics[k] for k in self.finished_replications]
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}

    def table(self, name: str) -> pl.DataFrame | None:
        """Return a table as far as it is in memory, in the order of the replications; None if no part of it is."""
        batches = [self._tables[first] for first in sorted(self._tables)]
        parts = [batch[name] for batch in batches if name in batch]
        return pl.concat(parts) if parts else None

    def sample_paths(self, series: str) -> FloatArray | None:
        """Return a series, `(n_finished, GRID_POINTS)` in MW, in the order of the replications; None if not kept."""
        if self.store is not None:
            paths = self.store.scan_parts("paths")
        else:
            table = self.table("paths")
            paths = None if table is None else table.lazy()
        if paths is None:
            return None
        rows = paths.filter(pl.col("series") == series).sort("replication").select("mw").collect()
        return rows["mw"].to_numpy().astype(np.float64)


def play_until(
    runs: Sequence[RunInProgress],
    first_replications: int,
    max_replications: int,
    next_replications: Callable[[], int | None],
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> int:
    """Play runs side by side, first so many replications, then up to the number that `next_replications` returns.

    It is called when all runs have as many, and returns None where there are enough; `max_replications` is the most
    that it may return. Returns how many were asked for in the end. A Ctrl-C ends it, and what is finished is kept.
    Raises OutputError where a worker dies, ValueError for a function that cannot be sent to several workers.
    """
    asked, played = first_replications, 0
    upto: int | None = first_replications
    with (
        report_broken_pool(),
        stop_on_interrupt() as stop,
        batch_player([run.task for run in runs], max_replications, workers) as play,
    ):
        while upto is not None and not stop.requested:
            done, asked = played * len(runs), upto
            if progress is not None:
                progress(done, asked * len(runs))
            for task_index, batch in play(asked - played, played, stop):
                runs[task_index].add_batch(batch)
                done += len(batch.replications)
                if progress is not None:
                    progress(done, asked * len(runs))
            played = asked
            if all(len(run.finished_replications) == asked for run in runs):
                upto = next_replications()
    return asked if upto is None else upto
