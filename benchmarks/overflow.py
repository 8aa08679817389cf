"""How fast are the two clocks? Against other simulators, and a loop in C as the limit, in one alternating run.

`uv run --group benchmarks python benchmarks/overflow.py` prints the table of the README. The workload and its
rules are told in `peers/workload.py`. Every peer is given the same inputs in arrays, and leaves frames in memory;
nothing is written. Before a time is printed each must have served every request at the same time from the same
pool, and the C loop and ours must have left equal tables, in all of their columns.

In a round the peers play one after the other, each round beginning with another. A time is the median over the
rounds, in processor time; a ratio is the median of the ratios within the rounds. What compiles has compiled
before. A peer that is slow plays no more than 100,000 requests, and is compared by the request.
"""

import argparse
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from statistics import median

import memory
from peers import in_c, in_simpy, ours
from peers.workload import Frames, Workload, differing, found

SLOW = 100_000
IDIOMATIC, BY_HAND, CIW = "idiomatic SimPy (a process a request)", "SimPy by hand (counts)", "Ciw"
PROCESSES, EVENTS, LIMIT = "Cimba (a process a request)", "Cimba by hand (events, counts)", "C by hand, -O3"
OURS, COMPILED = "rofr on SimPy's clock", "rofr compiled"
WORDS = "rofr compiled, to tables in words"


@dataclass(frozen=True)
class Peer:
    """Someone who plays the workload; with so many requests and sizes at the most."""

    play: Callable[[Workload], Frames]
    most: int = 1 << 62
    largest: int = 8


def peers() -> tuple[dict[str, Peer], list[str]]:
    """Who can play here; and why others cannot."""
    there = {IDIOMATIC: Peer(in_simpy.idiomatic, SLOW), BY_HAND: Peer(in_simpy.by_hand, SLOW)}
    absent = []
    if find_spec("ciw"):
        from peers import in_ciw

        there[CIW] = Peer(in_ciw.play, SLOW, largest=1)
    else:
        absent.append("Ciw is not installed: uv run --group benchmarks ...")
    if find_spec("cimba"):
        from peers import in_cimba

        there[PROCESSES] = Peer(in_cimba.processes, largest=1)
        there[EVENTS] = Peer(in_cimba.events)
    else:
        absent.append("Cimba is not installed: uv run --group benchmarks ...")
    there[OURS] = Peer(ours.on_simpy)
    if ours.has_compiled():
        there[COMPILED] = Peer(ours.compiled)
        there[WORDS] = Peer(partial(ours.in_words, engine="compiled"))
    else:
        absent.append("rofr has no compiled clock yet: engine='compiled' played on SimPy's.")
    try:
        in_c.loop()
        there[LIMIT] = Peer(in_c.play)
    except in_c.NoCompiler as error:
        absent.append(f"The limit is missing: {error}.")
    return there, absent


class Race:
    """Some peers on one workload: equal first, then timed."""

    def __init__(self, peers: dict[str, Peer], requests: int, largest: int, rounds: int) -> None:
        self.peers = {name: peer for name, peer in peers.items() if largest <= peer.largest}
        self.largest = largest
        self.plays = {name: min(requests, peer.most) for name, peer in self.peers.items()}
        self._works = {n: Workload(n, largest) for n in set(self.plays.values())}
        for n in self._works:
            self._agree(n)
        names = list(self.peers)
        self.rounds = [self._round(names[k:] + names[:k]) for k in (r % len(names) for r in range(rounds))]

    def _agree(self, n: int) -> None:
        """Stop where a peer differs from ours on SimPy's clock, and say where first."""
        reference = ours.on_simpy(self._works[n])
        for name, peer in self.peers.items():
            if self.plays[name] != n:
                continue
            frames = peer.play(self._works[n])
            tables = [(found(reference), found(frames))]
            if name in (COMPILED, LIMIT):
                tables += [(reference[table], frames[table]) for table in ours.TABLES]
            for mine, theirs in tables:
                if (where := differing(mine, theirs)) is not None:
                    raise SystemExit(f"{OURS} and {name} differ on {n:,} requests: {where}")

    def _round(self, names: list[str]) -> dict[str, float]:
        """Microseconds a request of each peer."""
        took = {}
        for name in names:
            work, play = self._works[self.plays[name]], self.peers[name].play
            gc.collect()
            began = time.process_time()
            frames = play(work)
            took[name] = (time.process_time() - began) / len(work) * 1e6
            del frames
        return took

    def took(self, name: str) -> float:
        """Microseconds a request."""
        return median(took[name] for took in self.rounds)

    def ratio(self, name: str, other: str) -> float | None:
        """How many times as fast as another is a peer?"""
        if name not in self.peers or other not in self.peers:
            return None
        return median(took[other] / took[name] for took in self.rounds)

    def sizes(self) -> str:
        """Which sizes are asked for, in words."""
        return "size 1" if self.largest == 1 else f"sizes 1 to {self.largest}"

    def table(self) -> str:
        """A row for each peer."""
        asked = max(self.plays.values())
        lines = [
            f"{asked:,} requests of {self.sizes()}\n",
            f"| {'peer':37} | us a request | times idiomatic | of C |",
            f"|{'-' * 39}|-------------:|----------------:|-----:|",
        ]
        for name in self.peers:
            star = " *" if self.plays[name] < asked else ""
            times, share = self.ratio(name, IDIOMATIC), self.ratio(name, LIMIT)
            of_limit = "" if share is None else f"{share:4.0%}" if share >= 0.1 else f"{share:.1%}"
            lines.append(f"| {name + star:37} | {self.took(name):12.2f} | {times:15.1f} | {of_limit:>4} |")
        if min(self.plays.values()) < asked:
            lines.append(f"\n\\* played with {SLOW:,} requests.")
        if self.largest > 1:
            lines.append("\nCiw (one server a customer) and Cimba's acquire_any (one unit) know no sizes.")
        return "\n".join(lines)


def goals(races: list[Race], requests: int) -> str:
    """What was asked of the two clocks, and what was found: times on each workload, bytes on the largest."""
    lines = ["| asked | " + " | ".join(race.sizes() for race in races) + " |"]
    lines.append("|---|" + "--:|" * len(races))
    for text, name, other in (
        ("compiled: 100 times idiomatic SimPy", COMPILED, IDIOMATIC),
        ("compiled: 10 times Cimba, a process a request", COMPILED, PROCESSES),
        ("compiled: 10 times Cimba by hand", COMPILED, EVENTS),
        ("compiled: 0.4 of C", COMPILED, LIMIT),
        ("SimPy's clock: 6 times idiomatic SimPy", OURS, IDIOMATIC),
    ):
        ratios = (race.ratio(name, other) for race in races)
        cells = ["" if ratio is None else f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}" for ratio in ratios]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    if memory.REFERENCES.exists():
        for name, engine in ((COMPILED, "compiled"), (OURS, "simpy")):
            if name in races[0].peers:
                costs = [memory.measured(engine, requests, race.largest) for race in races]
                for text, cells in (
                    ("250 bytes recorded a request", [cost.recorded for cost in costs]),
                    ("600 at the peak", [cost.peak for cost in costs]),
                    ("(and until the frames stand)", [cost.peak_with_frames for cost in costs]),
                ):
                    lines.append(f"| {name}: {text} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print a table for each number of requests and each range of sizes, and how the goals are met."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--requests", type=int, nargs="+", default=[100_000, 1_000_000])
    options.add_argument(
        "--sizes", type=int, nargs="+", default=[1, 8], help="the largest size (default: 1 8)"
    )
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--quick", action="store_true", help="few requests, one round: does it run?")
    asked = options.parse_args()
    if asked.quick:
        asked.requests, asked.rounds = [1_000], 1
    there, absent = peers()
    print(f"Median of {asked.rounds} alternating rounds, processor time.")
    for note in absent:
        print(note)
    races: list[Race] = []
    for requests in asked.requests:
        races = [Race(there, requests, largest, asked.rounds) for largest in asked.sizes]
        for race in races:
            print(f"\n{race.table()}", flush=True)
    if not asked.quick:
        print(f"\nWhat was asked, at {asked.requests[-1]:,} requests\n\n{goals(races, asked.requests[-1])}")


if __name__ == "__main__":
    main()
