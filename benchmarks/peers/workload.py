"""What every peer is given, and what it must find.

Ordered overflow: four pools, of which the last is empty at first and grows by ten buildings; 100 arrivals per
mean term; one waiting list, first come first served. With one size the pools hold 40, 20, 20 and 0 units and a
building brings 4. With sizes 1 to 8 all of that is 4.5 times as large, so that the load is alike, and a request
is served whole: it takes the first pool in order with room for all of it (`split: one site`), and who does not
fit holds up all who came later, even those who would fit (`bypass: false`). So there is one right answer, and
every peer must come to it: when each request begins to be served, and by which pool.

Times are whole microseconds, so fine (a mean term is 10^10 of them, some three hours) that no two events fall
on the same one: no peer is asked to break ties as we do. They stay below 2^53, so floats hold them too.
"""

from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

MEAN_TERM = 10_000_000_000
POOLS = (40, 20, 20, 0)
BUILDINGS, UNITS = 10, 4
START = datetime(2025, 1, 1)
"""When time 0 is, where time has a date."""
ARRIVALS = 100
"""How many requests are asked in a mean term."""
Ints: TypeAlias = npt.NDArray[np.int64]
Frames: TypeAlias = dict[str, pl.DataFrame]
"""What a peer leaves in memory: `served`, or all the tables that we record."""


class Workload:
    """Arrivals, terms and sizes in arrays, and when the buildings come online."""

    def __init__(
        self,
        n: int,
        largest: int = 1,
        pools: tuple[int, ...] = POOLS,
        arrivals: int = ARRIVALS,
        seed: int = 1,
    ) -> None:
        draw = np.random.default_rng(seed)
        self.largest = largest
        gaps = draw.exponential(MEAN_TERM / arrivals, n)
        self.asked: Ints = np.cumsum(gaps).astype(np.int64) + np.arange(n)
        self.term: Ints = draw.exponential(MEAN_TERM, n).astype(np.int64) + 1
        self.size: Ints = draw.integers(1, largest + 1, n)
        scale = (1 + largest) / 2
        self.pools = tuple(int(scale * units) for units in pools)
        self.building = int(scale * UNITS)
        """How many units a building brings."""
        self.online = [2 * MEAN_TERM * (k + 1) + 1 for k in range(BUILDINGS)]
        self.end = int(self.asked[-1] + 60 * MEAN_TERM)

    def __len__(self) -> int:
        return len(self.asked)


def served(work: Workload, start: Ints, pool: Ints) -> Frames:
    """What a peer found, by request, as a frame."""
    return {"served": pl.DataFrame({"start": start, "pool": pool, "end": start + work.term})}


def found(frames: Frames) -> pl.DataFrame:
    """When was each request served, and by which pool? Whatever tables a peer leaves, in numbers or in words."""
    if "served" in frames:
        return frames["served"]
    rows = frames["deliveries"].sort("request")
    if rows["provider"].dtype == pl.String:
        microseconds = [(pl.col(time) - START).dt.total_microseconds() for time in ("start", "end")]
        pool = pl.col("provider").str.strip_prefix(name("")).cast(pl.Int64)
        rows = rows.with_columns(*microseconds, provider=pool)
    return rows.select("start", pool="provider", end="end")


def name(pool: int | str) -> str:
    """What a pool is called, where it has a name."""
    return f"pool {pool}"


def differing(mine: pl.DataFrame, theirs: pl.DataFrame) -> str | None:
    """What is the first difference between two frames? None if they are equal, in whatever order of columns."""
    if set(mine.columns) != set(theirs.columns):
        return f"columns {mine.columns} against {theirs.columns}"
    if len(mine) != len(theirs):
        return f"{len(mine)} rows against {len(theirs)}"
    first, where = len(mine), ""
    for name in mine.columns:
        rows = np.flatnonzero(mine[name].to_numpy() != theirs[name].to_numpy())
        if len(rows) and rows[0] < first:
            first, where = int(rows[0]), name
    return f"row {first}, {where}: {mine[where][first]} against {theirs[where][first]}" if where else None
