"""How do time and memory grow with the number of requests, and of sites?

`uv run python benchmarks/growth.py` prints them as tables: the shared workload of ordered overflow (see
`peers/workload.py`) at 10^4 to 10^7 requests; and 10^5 requests at 10, 100 and 1,000 sites that hold 12 units
each, with 10 requests a site in a mean term, so that a request looks at most of them before it finds room.
Each is played once, in a process of its own (see `memory.py`), after a small run that lets the compiler work.
"""

import argparse

import memory
from peers import ours

HEADER = "| {what} | clock | us a request | recorded, bytes a request | at the peak, bytes a request |"
REQUESTS, SITES = (10_000, 100_000, 1_000_000, 10_000_000), (10, 100, 1_000)
MOST_ON_SIMPY = 1_000_000


def row(count: int, engine: str, requests: int, sites: int | None = None) -> str:
    """One line of a table."""
    cost = memory.measured(engine, requests, sites=sites)
    microseconds = cost.seconds / requests * 1e6
    return f"| {count:,} | {engine} | {microseconds:.3f} | {cost.recorded:.0f} | {cost.peak:.0f} |"


def main() -> None:
    """Print a table over requests, and one over sites."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="few of both: does it run?")
    quick = options.parse_args().quick
    engines = ("compiled", "simpy") if not quick and ours.has_compiled() else ("simpy",)
    for what, counts in (("requests", (1_000,) if quick else REQUESTS), ("sites", (10,) if quick else SITES)):
        print(HEADER.format(what=what))
        print("|--:|---|--:|--:|--:|")
        for engine in engines:
            for count in counts:
                if what == "sites":
                    print(row(count, engine, 1_000 if quick else 100_000, sites=count), flush=True)
                elif engine == "compiled" or count <= MOST_ON_SIMPY:
                    print(row(count, engine, count), flush=True)
        print()


if __name__ == "__main__":
    main()
