"""How long do a thousand replications take on one core, and where does the time go?

`uv run python benchmarks/replications.py` prints, for ordered overflow (some 3,000 requests, `overflow.yaml`) and
for the announced scenario, what the whole of `sim run` takes as a process, with its caches warm, and what its
parts take (see `parts.py`). The process and its children keep to one core.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import parts

HERE = Path(__file__).parent
OVERFLOW, ANNOUNCED = HERE / "overflow.yaml", HERE.parent / "scenarios" / "announced-2025.yaml"
RUNS = (
    (OVERFLOW, "none", "2.5 s in all"),
    (ANNOUNCED, "none", "6 ms each"),
    (ANNOUNCED, "summary", "12 ms each"),
)
"""Which runs, with which tables kept, and what they were asked to take."""


def whole(scenario: Path, replications: int, tables: str, engine: str) -> tuple[float, float]:
    """The seconds of a whole `sim run`: by the wall clock, and of the processor."""
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "sim", "run", str(scenario), "--tables", tables, "--plots", "none"]
        words += ["--replications", str(replications), "--workers", "1", "--engine", engine]
        used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([*words, "--out", str(Path(folder) / "run")], stdout=subprocess.DEVNULL, check=True)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def by_part(scenario: Path, replications: int, tables: str, engine: str) -> dict[str, float]:
    """The seconds of each part of a run, in a process of its own."""
    words = [sys.executable, parts.__file__, str(scenario), str(replications), tables, engine]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print what the runs take as wholes, and then by their parts."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--replications", type=int, default=1000)
    options.add_argument("--engine", choices=("auto", "simpy", "compiled"), default="auto")
    options.add_argument("--quick", action="store_true", help="two runs of few replications: do they run?")
    asked = options.parse_args()
    n, engine = 2 if asked.quick else asked.replications, asked.engine
    runs = RUNS[::2] if asked.quick else RUNS
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names = [f"{scenario.stem}, {tables}" for scenario, tables, _ in runs]

    print(f"{n:,} replications on one core, engine {engine}, the whole of `sim run`\n")
    print("| scenario, tables | s | of the processor | ms each | asked |\n|---|--:|--:|--:|---|")
    for name, (scenario, tables, limit) in zip(names, runs, strict=True):
        if not asked.quick:
            whole(scenario, 1, tables, engine)  # so that the caches are warm
        wall, used = whole(scenario, n, tables, engine)
        print(f"| {name} | {wall:.2f} | {used:.2f} | {wall / n * 1000:.2f} | {limit} |", flush=True)

    found = [by_part(scenario, n, tables, engine) for scenario, tables, _ in runs]
    print("\nWhere the time goes, in ms of processor time: once, and for each replication\n")
    print(f"| part | {' | '.join(names)} |\n|---|{'--:|' * len(runs)}")
    for part in parts.PARTS:
        once = part in ("import", "read")
        cells = " | ".join(f"{spent[part] * 1000 / (1 if once else n):.2f}" for spent in found)
        print(f"| {part}{' (once)' if once else ''} | {cells} |")
    each = [sum(spent[part] for part in parts.PARTS[2:]) / n * 1000 for spent in found]
    print(f"| a replication in all | {' | '.join(f'{cell:.2f}' for cell in each)} |")


if __name__ == "__main__":
    main()
