"""Comparisons: scenarios played in the same futures, and what differs between the first and each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from string import ascii_lowercase
from typing import Any

import polars as pl

from sim.scenario.differing import ABSENT, differences
from sim.study import store
from sim.study.clocks import clock
from sim.study.comparable import (
    NoComparison,
    Side,
    chosen,
    enough,
    how_many,
    metrics_of,
    one_seed,
    scenario_of,
)
from sim.study.difference import Difference, Gap, by_metric, gap_over_time, pairs
from sim.study.outcome import Outcome, ended, whole
from sim.study.precision import MOST, Precision, Rule, aims, settled
from sim.study.replications import Progress, Tables, Task
from sim.study.store import OutError
from sim.study.underway import Underway, Values, play_on

COMPARISON = "comparison.json"
IDLE = ("title", "seed", "replications", "expect")
"""Keys that change nothing here: they describe, or one of them holds for all that is compared."""


@dataclass(frozen=True)
class Pair:
    """One scenario against the first."""

    a: str
    b: str
    differences: dict[str, Difference]
    """By metric, family by family."""
    keys: list[tuple[str, str, str]]
    """What is assumed otherwise: the path, and what stands there in a and in b."""
    unserved: Gap | None = None
    """The difference of unserved power over time; None where what it takes was not kept, or the spans differ."""


@dataclass
class Comparison:
    """What came of scenarios in the same futures: the first, and each other against it."""

    names: list[str]
    outcomes: list[Outcome]
    pairs: list[Pair]
    provenance: dict[str, Any]
    families: dict[str, list[str]]
    """Metrics that are corrected for how many they are: those of a report, and all others; or those asked for."""
    folder: Path | None = None

    @property
    def interrupted(self) -> bool:
        """Was it stopped before all replications were finished?"""
        return bool(self.provenance["interrupted"])

    @property
    def precise(self) -> bool:
        """Was the precision reached that was asked for, if any was?"""
        return bool(self.provenance.get("precision", {}).get("reached", True))

    def frame(self) -> pl.DataFrame:
        """A row for each metric of each pair."""
        rows = [
            {"a": pair.a, "b": pair.b, "metric": name, **_row(difference)}
            for pair in self.pairs
            for name, difference in pair.differences.items()
        ]
        named = ("mean_a", "mean_b", "diff", "low", "high", "sd", "p", "p_holm", "saved")
        kinds: dict[str, Any] = {**dict.fromkeys(named, pl.Float64), "replications_needed": pl.Int64}
        return pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None)

    def told(self) -> dict[str, Any]:
        """All of it as one object, as in `comparison.json`; the pairs in a list where there are several."""
        each = [
            {
                "a": pair.a,
                "b": pair.b,
                "metrics": {
                    name: {**_object(pair.differences[name]), "family": family}
                    for family, names in self.families.items()
                    for name in names
                },
                "keys": [key for key, _, _ in pair.keys],
                "values": {key: [mine, theirs] for key, mine, theirs in pair.keys},
            }
            for pair in self.pairs
        ]
        return {**self.provenance, **(each[0] if len(each) == 1 else {"comparisons": each})}


def _row(d: Difference) -> dict[str, Any]:
    low, high = d.ci95 or (None, None)
    means = {"unit": d.unit, "n": d.n, "mean_a": d.a, "mean_b": d.b, "diff": d.diff, "low": low, "high": high}
    tested = {"sd": d.sd, "p": d.p, "p_holm": d.p_holm, "saved": d.saved}
    return {**means, **tested, "replications_needed": d.replications_needed, "verdict": d.verdict}


def _object(d: Difference) -> dict[str, Any]:
    row = _row(d)
    low, high = row.pop("low"), row.pop("high")
    row["a"], row["b"] = row.pop("mean_a"), row.pop("mean_b")
    return {**row, "ci95": None if low is None else [low, high], "differing": d.unlike}


def compare(
    sides: Sequence[Side],
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    tables: Tables = "summary",
    precision: Precision = (),
    metrics: Iterable[str] = (),
    out: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Is each scenario really another than the first? All are played in the same futures, in turn.

    The seed and the number of replications are those of a saved run, if there is one, else those that the first
    scenario states. `precision` is of the differences; `metrics` are patterns as in a shell. With `out` the runs
    go to folders in it, named a, b, ... A Ctrl-C ends it, and what was finished in all is compared.
    Raises NoComparison, PrecisionError, OutError, or ValueError for numbers that cannot be.
    """
    whole(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    sought = aims(precision)
    rule = Rule(sought, MOST if replications is None else replications) if sought else None
    enough(sides)
    metrics = tuple(metrics)
    saved = [side for side in sides if isinstance(side, Outcome)]
    seed = one_seed(saved, seed, scenario_of(sides[0]).seed)
    n = how_many(saved, replications, scenario_of(sides[0]).replications)
    if rule is not None and saved:
        raise NoComparison(
            "a precision is reached by playing on, and a saved run cannot be; name its scenario file"
        )
    there = [metrics_of(side) for side in sides]
    families = chosen(metrics, there)
    for each in there:
        settled(sought, each)
    if out is not None:
        _cleared(out, sides)
    on = clock(engine, [scenario_of(side) for side in sides], n if rule is None else rule.looks[0])
    runs = {
        k: Underway(
            Task(side, seed, tables, engine=on.engine), None if out is None else out / ascii_lowercase[k]
        )
        for k, side in enumerate(sides)
        if not isinstance(side, Outcome)
    }
    playing = list(runs.values())

    def further() -> int | None:
        if rule is None:
            return None
        values = [run.values() for run in playing]
        return rule.further([_sample(values[0], other, rule) for other in values[1:]])

    asked = n
    if playing:
        first, most = (n, n) if rule is None else (rule.looks[0], rule.most)
        asked = play_on(playing, first, most, further, workers, progress)
    if not all(run.finished for run in playing):
        raise KeyboardInterrupt
    gaps = [_unserved(runs[0], runs[k]) if 0 in runs and k in runs else None for k in range(1, len(sides))]
    outcomes = [
        side if isinstance(side, Outcome) else ended(runs[k], asked, on, {}) for k, side in enumerate(sides)
    ]
    return _compared(outcomes, asked, rule, families, gaps, out)


def _unserved(a: Underway, b: Underway) -> Gap | None:
    """How far do two runs lie apart over time in unserved power? None where it cannot be said."""
    x, y = (run.paths("unserved_mw") for run in (a, b))
    spans = [(run.task.scenario.start, run.task.scenario.end) for run in (a, b)]
    if x is None or y is None or spans[0] != spans[1]:
        return None
    shared = set(a.finished) & set(b.finished)
    of_a, of_b = ([k for k, r in enumerate(run.finished) if r in shared] for run in (a, b))
    return gap_over_time(x[of_a], y[of_b])


def _compared(
    outcomes: list[Outcome],
    asked: int,
    rule: Rule | None,
    families: dict[str, list[str]],
    gaps: Sequence[Gap | None],
    out: Path | None,
) -> Comparison:
    """What runs that have been played say of each other, over the replications that are finished in all."""
    shared, values = _shared(outcomes, asked)
    names = _names(outcomes)
    base = outcomes[0]
    found = [
        Pair(
            names[0],
            name,
            by_metric(values[0], theirs, families.values()),
            _keys(base, outcome),
            gap,
        )
        for name, outcome, theirs, gap in zip(names[1:], outcomes[1:], values[1:], gaps, strict=True)
    ]
    told: dict[str, Any] = {
        "scenarios": names,
        "seed": base.provenance["seed"],
        "replications": asked,
        "finished": len(shared),
        "interrupted": len(shared) < asked,
    }
    if rule is not None:
        samples = [_sample(values[0], other, rule) for other in values[1:]]
        told["precision"] = rule.ended(samples, len(shared))
    comparison = Comparison(names, outcomes, found, told, families, out)
    if out is not None:
        store.write_json(out / COMPARISON, comparison.told())
    return comparison


def _sample(a: Values, b: Values, rule: Rule) -> Mapping[str, list[float | None]]:
    """The differences that a precision is asked of."""
    return {aim.metric: pairs(a[aim.metric], b[aim.metric]) for aim in rule.sought}


def _shared(outcomes: Sequence[Outcome], asked: int) -> tuple[list[int], list[Values]]:
    """The replications that are finished in all, and the metrics of each over these."""
    everywhere = set.intersection(*(set(outcome.finished) for outcome in outcomes))
    shared = sorted(everywhere)[:asked]
    if not shared:
        raise NoComparison("no replication is finished in all of them; play them with more")
    kept, values = set(shared), []
    for outcome in outcomes:
        rows = [k for k, replication in enumerate(outcome.finished) if replication in kept]
        values.append({name: [column[k] for k in rows] for name, column in outcome.values.items()})
    return shared, values


def _keys(a: Outcome, b: Outcome) -> list[tuple[str, str, str]]:
    """What is assumed otherwise, without what only describes; a user's own function counts."""
    written = [each for each in differences(a.scenario, b.scenario) if each[0].split(".")[0] not in IDLE]
    own = [
        (word, _function(a, word), _function(b, word))
        for word in ("policy", "answer")
        if a.provenance.get(word) != b.provenance.get(word)
    ]
    return written + own


def _function(outcome: Outcome, word: str) -> str:
    """What a function of the user's is called."""
    told = outcome.provenance.get(word)
    return str(told["name"]) if told else ABSENT


def _names(outcomes: Sequence[Outcome]) -> list[str]:
    """What each is called, no two alike: by its name, what it sets anew, or a number."""
    base, names = outcomes[0], [str(outcomes[0].provenance["scenario"])]
    for k, outcome in enumerate(outcomes[1:], start=2):
        same = outcome.scenario.path == base.scenario.path
        name = names[0] if same else str(outcome.provenance["scenario"])
        if name in names:
            keys = _keys(base, outcome) if name == names[0] else []
            name += "".join(f", {_anew(key, theirs)}" for key, _, theirs in keys if len(keys) < 3)
        names.append(name if name not in names else f"{name} ({k})")
    return names


def _anew(key: str, value: str) -> str:
    """What a key is set to, or that it is taken away."""
    return f"without {key}" if value == ABSENT else f"{key}={value}"


def _cleared(out: Path, sides: Sequence[Side]) -> None:
    """Make room for a comparison where none is, or an earlier one. Raises OutError where something else is."""
    mine = [out / letter for letter in ascii_lowercase if store.is_run(out / letter)]
    given = [side.folder.resolve() for side in sides if isinstance(side, Outcome) and side.folder is not None]
    try:
        if out.exists() and not out.is_dir():
            raise OutError(f"{out}: is a file; name a folder for the results")
        if out.is_dir() and any(out.iterdir()) and not mine and not (out / COMPARISON).is_file():
            raise OutError(f"{out}: holds files that are no comparison of sim; name another folder")
        for k, letter in enumerate(ascii_lowercase):
            folder = out / letter
            if folder in mine and folder.resolve() not in given and k >= len(sides):
                rmtree(folder)
        out.mkdir(parents=True, exist_ok=True)
        (out / COMPARISON).unlink(missing_ok=True)
    except OSError as error:
        raise OutError(f"{out}: {error.strerror}; name another folder with --out") from None
