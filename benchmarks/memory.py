"""How much memory does a market take for each request? Asked of a process of its own.

`uv run python benchmarks/memory.py ENGINE REQUESTS [LARGEST [SITES]]` prints one JSON object, after a small run
that lets the compiler work: the seconds of playing, the bytes that are recorded for each request, and the most
that the process grew by for each, over what the inputs take, until the columns and until the frames stand.
"""

import gc
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from peers import ours
from peers.workload import Workload

from sim.model.run import Engine

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Cost:
    """What playing a workload takes: seconds in all, and bytes for each request."""

    seconds: float
    recorded: float
    peak: float
    peak_with_frames: float


def measured(engine: Engine, requests: int, largest: int = 1, sites: int | None = None) -> Cost:
    """Play a workload in a process of its own."""
    words = [sys.executable, __file__, engine, str(requests), str(largest)]
    if sites is not None:
        words.append(str(sites))
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(**json.loads(done.stdout))


def workload(requests: int, largest: int = 1, sites: int | None = None) -> Workload:
    """The shared workload; or one with so many sites, and as much asked for as they can serve."""
    if sites is None:
        return Workload(requests, largest)
    return Workload(requests, largest, pools=(12,) * sites, arrivals=10 * sites)


def cost(engine: Engine, work: Workload) -> Cost:
    """Play a workload here."""
    n = len(work)
    gc.collect()
    _forget_peak()
    before = _kilobytes("VmRSS")
    began = time.process_time()
    run = ours.run(work, engine)
    seconds = time.process_time() - began
    peak = _kilobytes("VmHWM")
    recorded = sum(column.nbytes for name in ours.TABLES for column in getattr(run, name).columns.values())
    frames = ours.recorded(run)
    assert all(len(frame) == n for frame in frames.values())
    with_frames = _kilobytes("VmHWM")
    return Cost(seconds, recorded / n, 1024 * (peak - before) / n, 1024 * (with_frames - before) / n)


def _forget_peak() -> None:
    """Let the most that the process ever had begin anew."""
    if not REFERENCES.exists():
        sys.exit("memory is measured through /proc, so on Linux only")
    REFERENCES.write_text("5", encoding="ascii")


def _kilobytes(what: str) -> int:
    (line,) = (line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith(what))
    return int(line.split()[1])


def main(engine: Engine, requests: str, largest: str = "1", sites: str = "") -> None:
    """Print what a workload costs."""
    which = (int(largest), int(sites) if sites else None)
    cost(engine, workload(1_000, *which))
    print(json.dumps(asdict(cost(engine, workload(int(requests), *which)))))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]
