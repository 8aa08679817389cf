"""How long do a hundred replications of the announced scenario take, and where does the time go?

`uv run python benchmarks/announced.py [REPLICATIONS]` prints it.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.model.metrics import metrics, window
from sim.model.run import played
from sim.model.sampling import future
from sim.model.series import series
from sim.scenario.reading import load
from sim.study import bands, frames
from sim.study.outcome import run

SCENARIO = Path(__file__).parents[1] / "scenarios" / "announced-2025.yaml"


def main(replications: int = 100) -> None:
    """Print the whole, with all cores and every table, and the parts of one replication on one core."""
    scenario = load(SCENARIO)
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        run(scenario, replications=replications, out=Path(folder) / "run")
        print(f"{replications} replications, all tables, all cores: {time.perf_counter() - began:.1f} s\n")
    parts = dict.fromkeys(("draws", "world and market", "metrics", "bands", "tables"), 0.0)
    n = min(replications, 30)
    for k in range(n):
        marks = [time.process_time()]
        drawn = future(scenario, scenario.seed, k)
        marks.append(time.process_time())
        found = played(drawn, k)
        marks.append(time.process_time())
        changes = series(found)
        metrics(found, changes, window(found, scenario.measure_from, scenario.report_at))
        marks.append(time.process_time())
        bands.path_rows(k, bands.paths(found, changes))
        marks.append(time.process_time())
        frames.requests(found)
        marks.append(time.process_time())
        for part, before, after in zip(parts, marks, marks[1:], strict=False):
            parts[part] += after - before
    print("| part of a replication | ms |\n|---|--:|")
    for part, seconds in parts.items():
        print(f"| {part} | {seconds / n * 1000:.1f} |")
    print(f"| together | {sum(parts.values()) / n * 1000:.1f} |")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
