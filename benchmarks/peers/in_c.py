"""The workload as a loop in C, compiled here: the limit."""

import ctypes
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from peers.workload import Frames, Ints, Workload

PLACE = ("request", "stream", "provider", "site", "kw")
COLUMNS = {
    "requests": (
        *("right", "asked_first", "answered", "holder_kw", "first_kw", "reason"),
        *("committed_kw", "delivered_kw", "lost_kw", "first_delivery", "full_delivery", "status"),
    ),
    "commitments": (*PLACE, "committed", "promised"),
    "deliveries": (*PLACE, "start", "end", "promised"),
}
"""What the loop writes, in its order: what rofr records of requests."""


class NoCompiler(Exception):
    """There is nothing to compile C with."""


@cache
def loop() -> ctypes.CDLL:
    """The compiled loop. Raises NoCompiler where there is no `cc` (or what $CC names)."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise NoCompiler("no C compiler: install one, or name it in $CC")
    with TemporaryDirectory() as folder:
        made = Path(folder) / "loop.so"
        source = Path(__file__).with_name("loop.c")
        options = ("-O3", "-march=native", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC")
        subprocess.run([compiler, *options, str(source), "-o", str(made)], check=True)
        library = ctypes.CDLL(str(made))
    library.play.restype = ctypes.c_int64
    return library


def play(work: Workload) -> Frames:
    """The same rules and columns as ours, and no other rule."""
    n = len(work)
    tables = {name: np.empty((len(columns), n), dtype=np.int64) for name, columns in COLUMNS.items()}
    room, online = np.array(work.pools, dtype=np.int64), np.array(work.online, dtype=np.int64)
    done = loop().play(
        ctypes.c_int64(n),
        *(_at(column) for column in (work.asked, work.term, work.size)),
        ctypes.c_int32(len(room)),
        _at(room),
        ctypes.c_int64(len(online)),
        _at(online),
        ctypes.c_int64(work.building),
        ctypes.c_int64(work.end),
        *(_at(table) for table in tables.values()),
    )
    assert done == n, f"the loop served {done} of {n} requests"
    return {
        name: pl.DataFrame(dict(zip(COLUMNS[name], table, strict=True))) for name, table in tables.items()
    }


def _at(array: Ints) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
