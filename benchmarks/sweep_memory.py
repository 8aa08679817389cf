"""How much memory does the process take that gives out the work of a sweep, and joins, estimates and draws it?

`uv run python benchmarks/sweep_memory.py [RUNS ...]` (5,000 and 100,000) plays a small sweep of so many runs by two
workers, all metrics kept, five replications at a point, and prints the peak of the process that the user started, its
page and pictures included, as a table. It should be below 300 MB, and not grow with the runs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

SCENARIO = """\
start: 2025-01-01
end: 2026-01-01
demand:
  chat: {customer: Lab, arrivals: {poisson: {rate: 1 /mo}}, size: 20 MW, term: 1 y, patience: 60 d}
providers: {Big: {sites: [West]}, Neo: {sites: [East]}}
sites: {West: {online: 60 MW}, East: {online: 40 MW}}
"""
SWEEP = """\
scenario: scenario.yaml
levers:
  sites.West.online: {{from: 10 MW, to: 90 MW}}
  sites.East.online: {{from: 10 MW, to: 90 MW}}
design: {{latin hypercube: {{points: {points}}}}}
replications: 5
"""
COMMAND = """
import resource, sys
from sim.cli.main import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=open(sys.argv[2] + ".kib", "w"))
"""
LIMIT_MB = 300


def peak_mb(runs: int, folder: Path) -> float:
    """The peak of the process that plays a sweep of so many runs, in MB."""
    (folder / "scenario.yaml").write_text(SCENARIO)
    (folder / "sweep.yaml").write_text(SWEEP.format(points=runs // 5))
    words = ["sweep", str(folder / "sweep.yaml"), "--out", str(folder / str(runs)), "--workers", "2"]
    subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "--engine", "compiled"], check=True, stdout=subprocess.DEVNULL
    )
    return int((folder / "sweep.yaml.kib").read_text()) * 1024 / 1e6


def main() -> None:
    """Print the peak for each number of runs."""
    counts = [int(word) for word in sys.argv[1:]] or [5_000, 100_000]
    print(f"| runs | MB at the peak (limit {LIMIT_MB}) |\n|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for runs in counts:
            print(f"| {runs:,} | {peak_mb(runs, Path(folder)):.0f} |", flush=True)


if __name__ == "__main__":
    main()
