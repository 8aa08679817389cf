"""Where does the time of a run go? Asked of a process of its own, by looking at what it is doing.

`uv run python benchmarks/parts.py SCENARIO REPLICATIONS TABLES ENGINE` prints one JSON object: the seconds of
processor time by part, from the first import to the last file. A thousand times in a second of it a signal looks
which room is at work, and puts down to it what has passed since the last look; the innermost room counts, and
what is called of a library counts for the room that calls it.
"""

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

ROOMS = {
    "draws": (
        *("model/random_streams", "model/quantiles", "model/rounding", "model/calendar"),
        *("model/sampl", "model/arrivals", "model/construction"),
    ),
    "market": (
        *("model/market", "model/compiled", "model/agenda", "model/allocation", "model/callback"),
        *("model/commitments", "model/deliver", "model/holder_answers", "model/initial_state"),
        *("model/instants", "model/ledger", "model/ranking", "model/rounds", "model/rules", "model/sites"),
        *("model/state", "model/waiting_list"),
    ),
    "columns": ("model/run",),
    "metrics": (
        *("results/metrics", "results/time_series", "results/integrals", "results/cost_metrics"),
        *("results/power_metrics", "results/request_metrics", "results/summary", "study/precision"),
    ),
    "tables": ("results/tables", "results/bands", "results/files", "results/store", "results/run"),
    "world": ("model/",),
    "import": ("<frozen importlib",),
    "read": ("scenario/",),
}
"""The parts, each with how the names of its files begin; the first that fits counts."""
PARTS = ("import", "read", "draws", "world", "market", "columns", "metrics", "tables", "rest")
HOME = str(Path(__file__).parents[1] / "sim")


def part_of(frame: FrameType | None) -> str:
    """Which part is at work? A room that reads scenarios is only if no other has asked it to."""
    seen = "rest"
    while frame is not None:
        code = frame.f_code
        file = code.co_filename.removeprefix(HOME).lstrip("/\\").replace("\\", "/")
        if file == "model/run.py" and code.co_name in ("play", "play_inputs"):
            return "world"  # SimPy's own loop, which the world and the market are called from
        for part, beginnings in ROOMS.items():
            if file.startswith(beginnings) and code.co_name != "<module>":
                if part != "read":
                    return part
                seen = part
        frame = frame.f_back
    return seen


@contextmanager
def watched() -> Iterator[Counter[str]]:
    """Count the seconds of each part, from here on."""
    spent: Counter[str] = Counter()
    last = time.process_time()

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.process_time()
        spent[part_of(frame)] += now - last
        last = now

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    try:
        yield spent
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        look(signal.SIGPROF, None)


def main(scenario: str, replications: str, tables: str, engine: str) -> None:
    """Print the seconds of each part of a run in this process."""
    with TemporaryDirectory() as folder, watched() as spent:
        from sim.scenario.reading import read_scenario
        from sim.study.run import run_scenario

        run_scenario(
            read_scenario(Path(scenario)),
            replications=int(replications),
            tables=tables,  # type: ignore[arg-type]
            workers=1,
            engine=engine,
            out=Path(folder) / "run",
        )
    print(json.dumps({part: spent[part] for part in PARTS}))


if __name__ == "__main__":
    main(*sys.argv[1:])
