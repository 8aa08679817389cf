# ruff: noqa: E501  (a table of values stands in few lines)
"""Broken scenario and sweep files: what is right, changed at random; and what the program says to each.

`python tests/mutants.py SEED FIRST N` reads N of them in this process, each with a deadline, and with a limit on memory
for all; those that are right and small are played. It prints a line of JSON for each that ends neither in success nor
in an error of the user's. A mutant depends on the seed and its number alone; `--show SEED NUMBER` prints it.
"""

import gc
import json
import random
import resource
import signal
import sys
import tempfile
import traceback
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from conftest import SMALL

from sim.scenario.faults import ScenarioError, UserError
from sim.scenario.reading import read_scenario
from sim.scenario.sweep import read_sweep
from sim.scenario.text import printable
from sim.scenario.warnings import scenario_warnings
from sim.scenario.yaml_reader import parse_yaml
from sim.scenario.yaml_writer import dump_yaml

DEADLINE_S = 10
MEMORY_BYTES = 2**30
"""How much more than at the beginning the address space may hold."""
MAX_PLAYED_EVENTS = 3_000
SHELF = Path(__file__).parents[1] / "scenarios"
WORLD = """\
start: 2025-01-01
end: 2027-01-01
uncertain: {factor: {triangular: {low: 1, mode: 1.5, high: 3}}, slow: {uniform: {low: 10 d, high: 20 d}}}
hardware: {gb200: {it_kw_per_gpu: 2.1 kW, h100e_per_it_mw: 1200}}
report_at: [2025-12-31]
demand:
  curve:
    customer: Lab
    class: training
    arrivals: {curve: {points: {2025-01-21: 0.2 GW, 2026-01-01: 0.4 GW}, growth: $factor}}
    in_place: {West: 100 MW}
    size: {discrete: {values: [20 MW, 50 MW], weights: [3, 1]}}
    term: {chance: 40 %, then: 1 y, else: {gamma: {mean: 2 y, cv: 0.5}}}
    split: one site
    only: [Big, Neo]
  deals:
    customer: Lab
    size: 5 MW
    term: 2 y
    arrivals:
      deals:
        first: {asked: 2025-02-01, wanted: {date: 2025-03-01, plus: $slow}}
        second: {asked: 2025-02-01, ramp: {2025-03-01: 10 MW, 2026-03-01: 20 MW}}
providers:
  Big: {sites: [West], presells: 1 y, price: 12 M$/MW/y, keeps_back: 10 MW}
  Neo: {sites: [East, West]}
rights:
  refusal: {holder: Big, kind: first refusal, over: {classes: [training]}, window: {weibull: {scale: 10 d, shape: 2}},
            appetite: {training: 60 %}, max_delay: match, holds_capacity: true}
  last: {holder: Neo, kind: exclusive, from: 2026-06-01, until: {date: 2026-09-01, plus: 3 mo}}
overflow: {policy: most room, order: [Neo, Big]}
supplies:
  chips: {unit: GPU, initial: 10000, arrives: {from: 2025-03-01, every: 1 mo, amount: 5000}}
  crews: {unit: crew, initial: 2, returned: true}
  fund: {unit: $, arrives: {2025-06-01: 1 B$}}
sites:
  West: {online: 300 MW, pue: 1.2, outages: {every: {exponential: {mean: 90 d}}, lasts: 3 d, takes: 20 MW}}
  East:
    hardware: gb200
    buildings:
      Hall: {count: 3, it_power: 50 MW, planned: 2025-06-01, every: 60 d, slip: {lognormal: {median: 30 d, sigma: 0.5}},
             review: 30 d, retired: {chance: 10 %, on: 2026-06-01}}
      Annex:
        count: 2
        power: 60 MW
        when: committed > 60 %
        phases:
          shell: {takes: {pert: {low: 3 mo, mode: 4 mo, high: 9 mo}}, needs: {crews: 1, fund: 1 M$/MW}}
          fit out: {takes: {empirical: {values: [30, 60], unit: d}}, needs: {chips: fill}}
      Last: {it_power: 10 MW, after: Annex, phases: {all: {takes: 1 mo}}, cancelled: 2026-10-01}
contracts: {deal: {customer: Lab, provider: Big, take_or_pay: 1 B$, from: 2025-06-01, until: 2026-06-01}}
expect: [unserved_mw.mean.p90 < 2000]
"""
SWEEP = """\
scenario: small.yaml
replications: 3
outcomes: [unserved_mw.mean, lost_share]
levers:
  rights.refusal.window: {from: 1 d, to: 9 d, steps: 3}
  early: {paths: [sites.East.buildings.Hall.planned], values: [2025-01-15, 2025-03-01]}
uncertainties:
  demand.chat.size: {triangular: {low: 10 MW, mode: 20 MW, high: 50 MW}}
design: {latin hypercube: {points: 8}}
expect: [unserved_mw.mean.p90 < 2000]
"""
NUMBERS = (
    *("0", "-1", "-0", "0.5", "1e-300", "5e-324", "1e300", "1e999", "1e15", "999999999999999", str(2**31), str(2**63), str(2**64)),
    *("9" * 40, "9" * 5000, "0x10", "1_000", "1,5", ".inf", "nan", "-inf", "٣", "½", "1e-9", "0.1 + 0.2", "100", "1e8", "1e9"),
)  # fmt: skip
UNITS = (
    *("kW", "MW", "TW", "us", "s", "d", "mo", "y", "%", "$", "M$/MW/y", "/d", "/us", "GPU", "MWh", "m2", "", "kw", "GW/d/d/d"),
    *("per MW", "/", "//", "MW/", "us/us", "µs", "$" * 30),
)  # fmt: skip
DATES = (
    *("0001-01-01", "0001-01-01T00:00+14:00", "9000-12-31", "9999-12-31", "2025-02-30", "2025-1-1", "2025-01-01T24:00"),
    *("2025-01-01T00:00:00.000001Z", "2025-01-01 12:00 -23:59", "1969-07-20", "٢٠٢٥-٠١-٠١", "never", "2025-06-01"),
)  # fmt: skip
TEXTS = (
    *("", " ", "null", "~", "true", "false", "yes", "\u202eabc", "e\u0301", "\u00e9", "a.b", "..", "a/b", "../../etc/passwd", "/dev/zero"),
    *("\x00", "\x1b[31m", "a\nb", "\u2028", "\ufeff", "\U0001f600", "x" * 300, "x" * 100_000, "$factor", "$", "$$", "$nowhere", "[/b]"),
    *("__class__", "{{1+1}}", "<<", "!!python/object:os.system", "&a", "*a", "West", "East", "Big", "Lab", "match", "fill", "all"),
    *("committed > 80 %", "committed > -1 %", "unserved_mw.mean.p90 < 1e999", "metric.mean < 3"),
)  # fmt: skip
SIGNS = "{}[]:,&*!|>%@`\t\"'#?-\u0085\ufeff\x00\x7f \n"
Rng = random.Random


def bases() -> list[tuple[str, str]]:
    """The files that are changed, small ones more often than shipped ones: names and texts."""
    shipped = [(each.name, each.read_text(encoding="utf-8")) for each in sorted(SHELF.glob("*.yaml"))]
    sweeps = [
        (f"sweeps/{each.name}", each.read_text(encoding="utf-8"))
        for each in sorted(SHELF.glob("sweeps/*.yaml"))
    ]
    small = [("small.yaml", SMALL), ("world.yaml", WORLD)] * (2 * len(shipped))
    return [*small, *[("sweeps/sweep.yaml", SWEEP)] * len(shipped), *shipped, *sweeps]


def write_shelf(folder: Path) -> None:
    """Write all that a mutant may refer to."""
    (folder / "sweeps").mkdir(parents=True)
    for name, text in bases():
        (folder / name).write_text(text, encoding="utf-8")
    for name, text in (("small.yaml", SMALL), ("world.yaml", WORLD)):
        (folder / "sweeps" / name).write_text(text, encoding="utf-8")


# Changes of trees


def slots(tree: Any) -> Iterator[tuple[Any, Any]]:
    """All places of a tree, each as the container and the key."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from slots(tree[key])


def random_law(rng: Rng, value: Any, depth: int = 0) -> Any:
    """A law around a value; its parameters may be laws themselves, or nonsense."""

    def part() -> Any:
        if rng.random() < 0.15 and depth < 3:
            return random_law(rng, value, depth + 1)
        return value if rng.random() < 0.5 else quantity(rng, value)

    number = lambda: rng.choice(["0.5", "1", "60", "1e-9", "1e9", "$factor", "1e-308"])  # noqa: E731
    return rng.choice([
        lambda: {"uniform": {"low": part(), "high": part()}},
        lambda: {"triangular": {"low": part(), "mode": part(), "high": part()}},
        lambda: {"pert": {"low": part(), "mode": part(), "high": part()}},
        lambda: {"exponential": {"mean": part()}},
        lambda: {"lognormal": {"median": part(), "sigma": number()}},
        lambda: {"lognormal": {"mean": part(), "cv": number()}},
        lambda: {"gamma": {"shape": number(), "scale": part()}},
        lambda: {"gamma": {"mean": part(), "cv": number()}},
        lambda: {"weibull": {"scale": part(), "shape": number()}},
        lambda: {"discrete": {"values": [part(), part()], "weights": [number(), number()]}},
        lambda: {"empirical": {"values": [part(), part()]}},
        lambda: {"empirical": {"file": rng.choice(TEXTS), "column": "x"}},
        lambda: {"chance": rng.choice(["0 %", "100 %", "50 %", "0.5"]), "then": part(), "else": random_law(rng, value, 9)},
        lambda: {"constant": part()},
        lambda: {"value": part(), "confidence": rng.choice(["assumed", "sure"]), "source": "x"},
    ])()  # fmt: skip


def quantity(rng: Rng, value: Any) -> Any:
    """A quantity with an extreme number or a wrong unit, else a date or a text."""
    number, _, unit = str(value).partition(" ") if isinstance(value, str) else ("1", "", "MW")
    kind = rng.random()
    if kind < 0.4:
        return f"{rng.choice(NUMBERS)} {unit}".strip()
    if kind < 0.6:
        return f"{number} {rng.choice(UNITS)}".strip()
    if kind < 0.75:
        return f"{rng.choice(NUMBERS)} {rng.choice(UNITS)}".strip()
    return rng.choice(DATES if kind < 0.87 else TEXTS)


def nest(rng: Rng, value: Any) -> Any:
    """A value deep within others."""
    for _ in range(rng.choice([1, 2, 5, 39, 60, 150])):
        value = {rng.choice(["value", "uniform", "x"]): value} if rng.random() < 0.7 else [value]
    return value


def change_tree(rng: Rng, tree: Any) -> None:
    """Change a tree in one place."""
    places = list(slots(tree))
    parent, key = rng.choice(places)
    other_parent, other_key = rng.choice(places)
    value = parent[key]

    def rename() -> None:
        if isinstance(parent, dict):
            entries = list(parent.items())
            name = rng.choice([*TEXTS, *DATES, str(other_key), unicodedata.normalize("NFD", f"{key}é")])
            parent.clear()
            parent.update((name if old == key else old, part) for old, part in entries)

    def set_to(new: Any) -> Callable[[], None]:
        return lambda: parent.__setitem__(key, new)

    def many() -> None:
        if isinstance(parent, dict):
            parent.update({f"{key} {k}": value for k in range(rng.choice([1, 30, 300]))})

    rng.choice([
        lambda: parent.pop(key),
        rename,
        many,
        set_to(quantity(rng, value)),
        set_to(quantity(rng, value)),
        set_to(quantity(rng, value)),
        set_to(random_law(rng, value)),
        set_to(random_law(rng, value)),
        set_to(nest(rng, value)),
        set_to(rng.choice([{}, [], None, {"a": "b"}, ["a"], [["a"]], {"value": value}, [value, value]])),
        set_to(deepcopy(other_parent[other_key])),  # a copy, since it may hold this place
        set_to(rng.choice(["1", "10000", "1e4", "9999", "1000000000"])),
    ])()  # fmt: skip


def change_text(rng: Rng, text: str) -> str:
    """A text, changed in one place."""
    lines = text.split("\n")
    k, at = rng.randrange(len(lines)), rng.randrange(len(text) + 1)
    match rng.randrange(7):
        case 0:
            lines.insert(rng.randrange(len(lines) + 1), lines[k])
        case 1:
            del lines[k]
        case 2:
            lines[k] = " " * rng.randrange(5) + lines[k].lstrip()
        case 3:
            return text[:at]
        case 4:
            return text[:at] + rng.choice(SIGNS) * rng.choice([1, 1, 1, 2, 3000]) + text[at:]
        case 5:
            return text[:at] + text[at + rng.randrange(1, 9) :]
        case _:
            name = rng.choice(
                ["mutant.yaml", "small.yaml", "base.yaml", ".", "..", "/dev/zero", "x" * 5000, "nowhere.yaml"]
            )
            lines.insert(0, f"{rng.choice(['extends', 'extends', 'scenario'])}: {name}")
    return "\n".join(lines)


def mutant(seed: int, number: int) -> tuple[str, str]:
    """The folder (of the shelf) and the text of a mutant."""
    rng = Rng(f"{seed}/{number}")
    name, text = rng.choice(bases())
    if rng.random() < 0.8:
        tree = parse_yaml(text, name).to_plain()
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            if tree and list(slots(tree)):
                change_tree(rng, tree)
        try:
            text = dump_yaml(tree)
        except (ValueError, RecursionError, UnicodeError):
            text = json.dumps(tree)
    if rng.random() < 0.3:
        text = change_text(rng, text)
    return str(Path(name).parent), text


# What is done with each


class TooLongError(BaseException):
    """A mutant took longer than its deadline."""


@contextmanager
def deadline(seconds: int) -> Iterator[None]:
    """Raise TooLongError in what takes longer."""

    def on_alarm(signum: int, frame: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def use_scenario(path: Path, plays: bool) -> str:
    """Do what `sim check` does, and perhaps `sim run` with one replication."""
    from sim.model.run import play
    from sim.results import bands, tables
    from sim.results.time_series import backlog_table, capacity_table, series
    from sim.show.describe import describe_scenario
    from sim.study.replications import run_metrics
    from sim.study.run import check_expected_metrics

    scenario = read_scenario(path)
    small = plays and is_small(scenario)
    if small:
        check_expected_metrics(scenario)
    list(map(str, scenario_warnings(scenario)))
    list(describe_scenario(scenario))
    if not small:
        return "read"
    run = play(scenario, scenario.seed, 0)
    changes = series(run)
    run_metrics(scenario, run, changes)
    bands.sample_paths(run, changes)
    tables.drawn_table(run)
    tables.event_tables(run, capacity_table(run, changes), backlog_table(run, changes))
    return "played"


def is_small(scenario: Any) -> bool:
    """Whether little is expected to happen in a scenario."""
    from sim.scenario import event_counts
    from sim.study.engines import expected_event_count

    span = scenario.start, scenario.end, scenario.uncertain
    n = expected_event_count(scenario) + sum(
        event_counts.expected_reviews(building, *span)
        for site in scenario.sites.values()
        for building in site.buildings.values()
    )
    n += sum(
        event_counts.expected_events(scenario.end - scenario.start, [site.outages.every, site.outages.lasts], scenario.uncertain)
        for site in scenario.sites.values()
        if site.outages
    )  # fmt: skip
    n += sum(
        event_counts.expected_events(scenario.end - supply.arrives.from_.at, [supply.arrives.every], scenario.uncertain)
        for supply in scenario.supplies.values()
        if hasattr(supply.arrives, "from_")
    )  # fmt: skip
    return n < MAX_PLAYED_EVENTS


def use_sweep(path: Path, plays: bool) -> str:
    """Read a sweep, and put its first and last point together."""
    from sim.study.design import number_of_points, sample_design
    from sim.study.sweep_points import prepare_points

    sweep = read_sweep(path)
    if not plays or number_of_points(sweep.design, sweep.factors) > MAX_PLAYED_EVENTS:
        return "read"
    points = prepare_points(sweep)
    u = sample_design(sweep.design, sweep.factors, sweep.seed)
    for row in {0, len(u) - 1}:
        points.scenario_at(u[row].tolist())
    return "points"


def outcome_of(path: Path, plays: bool) -> str:
    """How the reading of a file ends: in a word where that is right, else in what is wrong."""
    try:
        with deadline(DEADLINE_S):
            return use_sweep(path, plays) if path.parent.name == "sweeps" else use_scenario(path, plays)
    except UserError as error:
        message = str(error)
        lines = message.split("\n")
        n_faults = len(error.faults) if isinstance(error, ScenarioError) else 1
        if len(lines) != n_faults or not all(line.strip() and line == printable(line) for line in lines):
            return f"WRONG: {n_faults} faults in {len(lines)} lines: {message[:300]!r}"
        if any(len(line) > 2000 for line in lines):
            return f"WRONG: a line of {max(map(len, lines))} characters: {message[:300]!r}"
        return "refused"
    except TooLongError:
        return "WRONG: took longer than its deadline: " + traceback.format_exc()[-1500:]
    except BaseException:
        return "WRONG: " + traceback.format_exc()[-1500:]


def limit_memory() -> None:
    """Limit the memory of this process to what it has, and the allowance."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY_BYTES, resource.RLIM_INFINITY))


def main() -> None:
    """Read some mutants, and print what is wrong."""
    if sys.argv[1] == "--show":
        print(mutant(int(sys.argv[2]), int(sys.argv[3]))[1])
        return
    seed, first, n = map(int, sys.argv[1:4])
    warnings.simplefilter("error")
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder, "scenarios")
        write_shelf(shelf)
        use_scenario(shelf / "world.yaml", plays=True)  # so that all is imported before memory is limited
        use_sweep(shelf / "sweeps" / "sweep.yaml", plays=True)
        limit_memory()
        for number in range(first, first + n):
            where, text = mutant(seed, number)
            path = shelf / where / "mutant.yaml"
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            outcome = outcome_of(path, plays=True)
            word = outcome.partition(":")[0]
            counts[word] = counts.get(word, 0) + 1
            if word == "WRONG":
                print(json.dumps({"number": number, "outcome": outcome}), flush=True)
            if number % 50 == 0:
                gc.collect()
    print(json.dumps({"counts": counts}))


if __name__ == "__main__":
    main()
