"""Comparisons: scenarios played in the same futures, and what differs between the first and each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import polars as pl

from sim.results import store
from sim.results.files import OutputError, write_json
from sim.results.run import RunResult
from sim.results.tables import TableSelection
from sim.scenario.differences import ABSENT, assumption_differences
from sim.study.comparison_inputs import (
    ComparisonError,
    ComparisonSide,
    check_number_of_sides,
    common_replications,
    common_seed,
    metric_families,
    metric_names_of,
    scenario_of,
)
from sim.study.engines import choose_engine
from sim.study.options import check_whole_numbers
from sim.study.paired_difference import (
    DifferenceBand,
    PairedDifference,
    difference_band,
    differences_by_metric,
    pairwise_differences,
)
from sim.study.precision import (
    MAX_REPLICATIONS,
    PrecisionSpec,
    StoppingRule,
    check_precision_metrics,
    parse_precision,
)
from sim.study.replications import ProgressCallback, RunTask
from sim.study.run import finish_run
from sim.study.run_in_progress import MetricValues, RunInProgress, play_until

if TYPE_CHECKING:
    pass

COMPARISON_FILE = "comparison.json"
DESCRIPTIVE_KEYS = ("title", "seed", "replications", "expect")
"""Keys that change nothing here: they describe, or one of them holds for all that is compared."""


@dataclass(frozen=True)
class PairedComparison:
    """One scenario against the first."""

    a: str
    b: str
    differences: dict[str, PairedDifference]
    """By metric, family by family."""
    differing_keys: list[tuple[str, str, str]]
    """What is assumed otherwise: the path, and what stands there in a and in b."""
    unserved_difference: DifferenceBand | None = None
    """The difference of unserved power over time; None where what it takes was not kept, or the spans differ."""


@dataclass
class ComparisonResult:
    """What came of scenarios in the same futures: the first, and each other against it."""

    names: list[str]
    results: list[RunResult]
    pairs: list[PairedComparison]
    provenance: dict[str, Any]
    metric_families: dict[str, list[str]]
    """Metrics that are corrected for how many they are: those of a report, and all others; or those asked for."""
    folder: Path | None = None

    @property
    def interrupted(self) -> bool:
        """Was it stopped before all replications were finished?"""
        return bool(self.provenance["interrupted"])

    @property
    def precision_reached(self) -> bool:
        """Was the precision reached that was asked for, if any was?"""
        return bool(self.provenance.get("precision", {}).get("reached", True))

    def frame(self) -> pl.DataFrame:
        """A row for each metric of each pair."""
        rows = [
            {"a": pair.a, "b": pair.b, "metric": name, **_difference_row(difference)}
            for pair in self.pairs
            for name, difference in pair.differences.items()
        ]
        named = ("mean_a", "mean_b", "diff", "low", "high", "sd", "p", "p_holm", "saved")
        kinds: dict[str, Any] = {**dict.fromkeys(named, pl.Float64), "replications_needed": pl.Int64}
        return pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """All of it as one object, as in `comparison.json`; the pairs in a list where there are several."""
        each = [
            {
                "a": pair.a,
                "b": pair.b,
                "metrics": {
                    name: {**_difference_object(pair.differences[name]), "family": family}
                    for family, names in self.metric_families.items()
                    for name in names
                },
                "keys": [key for key, _, _ in pair.differing_keys],
                "values": {key: [mine, theirs] for key, mine, theirs in pair.differing_keys},
            }
            for pair in self.pairs
        ]
        return {**self.provenance, **(each[0] if len(each) == 1 else {"comparisons": each})}


def _difference_row(d: PairedDifference) -> dict[str, Any]:
    low, high = d.ci95 or (None, None)
    means = {"unit": d.unit, "n": d.n, "mean_a": d.a, "mean_b": d.b, "diff": d.diff, "low": low, "high": high}
    tested = {"sd": d.sd, "p": d.p, "p_holm": d.p_holm, "saved": d.variance_reduction}
    return {**means, **tested, "replications_needed": d.replications_needed, "verdict": d.verdict}


def _difference_object(d: PairedDifference) -> dict[str, Any]:
    row = _difference_row(d)
    low, high = row.pop("low"), row.pop("high")
    row["a"], row["b"] = row.pop("mean_a"), row.pop("mean_b")
    return {**row, "ci95": None if low is None else [low, high], "differing": d.n_differing}


def compare_scenarios(
    sides: Sequence[ComparisonSide],
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    tables: TableSelection = "summary",
    precision: PrecisionSpec = (),
    metrics: Iterable[str] = (),
    out: Path | None = None,
    progress: ProgressCallback | None = None,
) -> ComparisonResult:
    """Is each scenario really another than the first? All are played in the same futures, in turn.

    The seed and the number of replications are those of a saved run, if there is one, else those that the first
    scenario states. `precision` is of the differences; `metrics` are patterns as in a shell. With `out` the runs
    go to folders in it, named a, b, ... A Ctrl-C ends it, and what was finished in all is compared.
    Raises NoComparison, PrecisionError, OutError, or ValueError for numbers that cannot be.
    """
    check_whole_numbers(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    sought = parse_precision(precision)
    rule = (
        StoppingRule(sought, MAX_REPLICATIONS if replications is None else replications) if sought else None
    )
    check_number_of_sides(sides)
    metrics = tuple(metrics)
    saved = [side for side in sides if isinstance(side, RunResult)]
    seed = common_seed(saved, seed, scenario_of(sides[0]).seed)
    n = common_replications(saved, replications, scenario_of(sides[0]).replications)
    if rule is not None and saved:
        raise ComparisonError(
            "a precision is reached by playing on, and a saved run cannot be; name its scenario file"
        )
    there = [metric_names_of(side) for side in sides]
    families = metric_families(metrics, there)
    for each in there:
        check_precision_metrics(sought, each)
    if out is not None:
        _prepare_folder(out, sides)
    on = choose_engine(engine, [scenario_of(side) for side in sides], n if rule is None else rule.looks[0])
    runs = {
        k: RunInProgress(
            RunTask(side, seed, tables, engine=on.engine), None if out is None else out / ascii_lowercase[k]
        )
        for k, side in enumerate(sides)
        if not isinstance(side, RunResult)
    }
    playing = list(runs.values())

    def further() -> int | None:
        if rule is None:
            return None
        values = [run.metric_values() for run in playing]
        return rule.next_replications([_precision_samples(values[0], other, rule) for other in values[1:]])

    asked = n
    if playing:
        first, most = (n, n) if rule is None else (rule.looks[0], rule.max_replications)
        asked = play_until(playing, first, most, further, workers, progress)
    if not all(run.finished_replications for run in playing):
        raise KeyboardInterrupt
    gaps = [
        _unserved_difference(runs[0], runs[k]) if 0 in runs and k in runs else None
        for k in range(1, len(sides))
    ]
    outcomes = [
        side if isinstance(side, RunResult) else finish_run(runs[k], asked, on, {})
        for k, side in enumerate(sides)
    ]
    return _build_result(outcomes, asked, rule, families, gaps, out)


def _unserved_difference(a: RunInProgress, b: RunInProgress) -> DifferenceBand | None:
    """How far do two runs lie apart over time in unserved power? None where it cannot be said."""
    x, y = (run.sample_paths("unserved_mw") for run in (a, b))
    spans = [(run.task.scenario.start, run.task.scenario.end) for run in (a, b)]
    if x is None or y is None or spans[0] != spans[1]:
        return None
    shared = set(a.finished_replications) & set(b.finished_replications)
    of_a, of_b = ([k for k, r in enumerate(run.finished_replications) if r in shared] for run in (a, b))
    return difference_band(x[of_a], y[of_b])


def _build_result(
    outcomes: list[RunResult],
    n_replications: int,
    rule: StoppingRule | None,
    families: dict[str, list[str]],
    unserved: Sequence[DifferenceBand | None],
    out: Path | None,
) -> ComparisonResult:
    """What runs that have been played say of each other, over the replications that are finished in all."""
    shared, values = _common_values(outcomes, n_replications)
    names = _side_names(outcomes)
    base = outcomes[0]
    found = [
        PairedComparison(
            names[0],
            name,
            differences_by_metric(values[0], theirs, families.values()),
            _differing_keys(base, outcome),
            gap,
        )
        for name, outcome, theirs, gap in zip(names[1:], outcomes[1:], values[1:], unserved, strict=True)
    ]
    told: dict[str, Any] = {
        "scenarios": names,
        "seed": base.provenance["seed"],
        "replications": n_replications,
        "finished": len(shared),
        "interrupted": len(shared) < n_replications,
    }
    if rule is not None:
        samples = [_precision_samples(values[0], other, rule) for other in values[1:]]
        told["precision"] = rule.report(samples, len(shared))
    comparison = ComparisonResult(names, outcomes, found, told, families, out)
    if out is not None:
        write_json(out / COMPARISON_FILE, comparison.to_dict())
    return comparison


def _precision_samples(
    a: MetricValues, b: MetricValues, rule: StoppingRule
) -> Mapping[str, list[float | None]]:
    """The differences that a precision is asked of."""
    return {aim.metric: pairwise_differences(a[aim.metric], b[aim.metric]) for aim in rule.targets}


def _common_values(
    outcomes: Sequence[RunResult], n_replications: int
) -> tuple[list[int], list[MetricValues]]:
    """The replications that are finished in all, and the metrics of each over these."""
    everywhere = set.intersection(*(set(outcome.finished_replications) for outcome in outcomes))
    shared = sorted(everywhere)[:n_replications]
    if not shared:
        raise ComparisonError("no replication is finished in all of them; play them with more")
    kept, values = set(shared), []
    for outcome in outcomes:
        rows = [k for k, replication in enumerate(outcome.finished_replications) if replication in kept]
        values.append({name: [column[k] for k in rows] for name, column in outcome.metric_values.items()})
    return shared, values


def _differing_keys(a: RunResult, b: RunResult) -> list[tuple[str, str, str]]:
    """What is assumed otherwise, without what only describes; a user's own function counts."""
    written = [
        each
        for each in assumption_differences(a.scenario, b.scenario)
        if each[0].split(".")[0] not in DESCRIPTIVE_KEYS
    ]
    own = [
        (word, _function_name(a, word), _function_name(b, word))
        for word in ("policy", "answer")
        if a.provenance.get(word) != b.provenance.get(word)
    ]
    return written + own


def _function_name(outcome: RunResult, word: str) -> str:
    """What a function of the user's is called."""
    told = outcome.provenance.get(word)
    return str(told["name"]) if told else ABSENT


def _side_names(outcomes: Sequence[RunResult]) -> list[str]:
    """What each is called, no two alike: by its name, what it sets anew, or a number."""
    base, names = outcomes[0], [str(outcomes[0].provenance["scenario"])]
    for k, outcome in enumerate(outcomes[1:], start=2):
        same = outcome.scenario.path == base.scenario.path
        name = names[0] if same else str(outcome.provenance["scenario"])
        if name in names:
            keys = _differing_keys(base, outcome) if name == names[0] else []
            name += "".join(f", {_override_text(key, theirs)}" for key, _, theirs in keys if len(keys) < 3)
        names.append(name if name not in names else f"{name} ({k})")
    return names


def _override_text(key: str, value: str) -> str:
    """What a key is set to, or that it is taken away."""
    return f"without {key}" if value == ABSENT else f"{key}={value}"


def _prepare_folder(out: Path, sides: Sequence[ComparisonSide]) -> None:
    """Make room for a comparison where none is, or an earlier one. Raises OutError where something else is."""
    mine = [out / letter for letter in ascii_lowercase if store.is_run_folder(out / letter)]
    given = [
        side.folder.resolve() for side in sides if isinstance(side, RunResult) and side.folder is not None
    ]
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out}: is a file; name a folder for the results")
        if out.is_dir() and any(out.iterdir()) and not mine and not (out / COMPARISON_FILE).is_file():
            raise OutputError(f"{out}: holds files that are no comparison of sim; name another folder")
        for k, letter in enumerate(ascii_lowercase):
            folder = out / letter
            if folder in mine and folder.resolve() not in given and k >= len(sides):
                rmtree(folder)
        out.mkdir(parents=True, exist_ok=True)
        (out / COMPARISON_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror}; name another folder with --out") from None


def differences_in_report(comparison: ComparisonResult, pair: PairedComparison) -> list[PairedDifference]:
    """The differences that a page or a plot tells: of the first family, where any of the two has a value."""
    first = next(iter(comparison.metric_families.values()))
    found = [pair.differences[name] for name in first]
    return [d for d in found if d.a is not None or d.b is not None]
