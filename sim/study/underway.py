"""Runs under way: what has been played so far, of one scenario or of several side by side, and where it is kept."""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import polars as pl

from sim.model.arrays import Floats
from sim.model.metrics import Metrics
from sim.study.executors import stoppable
from sim.study.replications import Batch, Progress, Task, playing
from sim.study.store import PARTS, OutError, Store

Values = dict[str, list[float | None]]
"""Every metric, as one value a replication; None where it has none."""


class Underway:
    """A run that is being played: its metrics, and its tables in memory or in a folder."""

    def __init__(self, task: Task, out: Path | None = None) -> None:
        """Raises OutError where the folder cannot be used."""
        self.task = task
        self.keep = None if out is None else Store(out)
        self._found: dict[int, Metrics] = {}
        self._memory: dict[int, dict[str, pl.DataFrame]] = {}

    def take(self, batch: Batch) -> None:
        """Keep what a batch has brought."""
        self._found |= dict(zip(batch.replications, batch.metrics, strict=True))
        first = batch.replications[0]
        if self.keep is None:
            self._memory[first] = batch.frames
        else:
            self.keep.keep(first, batch.frames)

    @property
    def finished(self) -> list[int]:
        """Which replications are finished, in order."""
        return sorted(self._found)

    def values(self) -> Values:
        """Every metric, over the replications that are finished."""
        found = [self._found[k] for k in self.finished]
        return {name: [each[name] for each in found] for name in (found[0] if found else ())}

    def table(self, name: str) -> pl.DataFrame | None:
        """What is in memory of a table, in the order of the replications; None if nothing is."""
        parts = [self._memory[first] for first in sorted(self._memory)]
        found = [part[name] for part in parts if name in part]
        return pl.concat(found) if found else None

    def paths(self, series: str) -> Floats | None:
        """A series over time, as `(n_finished, POINTS)` in MW, in the order of the replications; None if not kept."""
        table = self.table("paths")
        kept = self.keep.parts("paths") if self.keep is not None else None if table is None else table.lazy()
        if kept is None:
            return None
        rows = kept.filter(pl.col("series") == series).sort("replication").select("mw").collect()
        return rows["mw"].to_numpy().astype(np.float64)


def play_on(
    runs: Sequence[Underway],
    first: int,
    most: int,
    further: Callable[[], int | None],
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Play runs side by side up to `first` replications, and then as far as `further` says, until it says None.

    Gives how many were asked for in the end. A Ctrl-C ends it, and what is finished is kept. Raises OutError
    where a worker dies, ValueError for a function that cannot be sent to several workers.
    """
    asked, played = first, 0
    upto: int | None = first
    try:
        with (
            stoppable() as stop,
            playing([run.task for run in runs], most, workers) as play,
        ):
            while upto is not None and not stop.asked:
                done, asked = played * len(runs), upto
                if progress is not None:
                    progress(done, asked * len(runs))
                for which, batch in play(asked - played, played, stop):
                    runs[which].take(batch)
                    done += len(batch.replications)
                    if progress is not None:
                        progress(done, asked * len(runs))
                played = asked
                if all(len(run.finished) == asked for run in runs):
                    upto = further()
    except BrokenExecutor:
        parts = [str(run.keep.folder / PARTS) for run in runs if run.keep is not None]
        kept = f"; what was finished is in {' and '.join(parts)}" if parts else ""
        raise OutError(f"a worker died, perhaps for want of memory{kept}; try fewer workers") from None
    return asked if upto is None else upto
