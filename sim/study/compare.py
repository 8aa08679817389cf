"""Comparisons: scenarios played with common random numbers, and what differs between the first and each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any, Unpack

import polars as pl

from sim.results.files import MAKE_ROOM, OutputError, report_os_errors, write_json
from sim.results.folders import StagedFolder, copy_tree, stage_folder
from sim.results.run import RunResult, has_reached_precision, was_interrupted
from sim.results.statistics import MetricSamples
from sim.results.store import RunStore
from sim.results.tables import TableSelection
from sim.scenario.source_code import code_fingerprint
from sim.study.comparison_cautions import comparison_cautions
from sim.study.comparison_inputs import (
    ComparisonError,
    ComparisonSide,
    check_number_of_sides,
    common_replications,
    common_seed,
    differing_keys,
    metric_families,
    metric_names_of,
    scenario_of,
    side_names,
)
from sim.study.engines import choose_engine
from sim.study.options import RunKeywords, RunOptions
from sim.study.paired_difference import (
    DifferenceBand,
    PairedDifference,
    difference_band,
    differences_by_metric,
    pairwise_differences,
)
from sim.study.precision import (
    PrecisionSpec,
    StoppingRule,
    check_precision_metrics,
    parse_precision,
    stopping_rule,
)
from sim.study.replications import RunTask
from sim.study.run import finish_run
from sim.study.run_in_progress import MetricValues, RunInProgress, play_until

COMPARISON_FILE = "comparison.json"


@dataclass(frozen=True)
class PairedComparison:
    """The comparison of a scenario, b, with the first, a."""

    a: str
    b: str
    differences: dict[str, PairedDifference]
    """By metric, family by family."""
    differing_keys: list[tuple[str, str, str]]
    """The keys that differ: the path, and its value in a and in b."""
    cautions: tuple[str, ...]
    """What is unlike beside the keys that one of them changes: the span, or the base."""
    unserved_difference: DifferenceBand | None = None
    """The difference of unserved power over time; None where sample paths were not kept, or the spans differ."""


@dataclass
class ComparisonResult:
    """The results of scenarios played over the same futures, and the comparison of each other with the first."""

    names: list[str]
    results: list[RunResult]
    pairs: list[PairedComparison]
    provenance: dict[str, Any]
    metric_families: dict[str, list[str]]
    """Families of metrics, each corrected for its size: those of a report and all others, or those asked for."""
    folder: Path | None = None

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before all replications were finished."""
        return was_interrupted(self.provenance)

    @property
    def precision_reached(self) -> bool:
        """Whether the differences have the precision that was asked for, if any was."""
        return has_reached_precision(self.provenance)

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each metric of each pair."""
        rows = [
            {"a": pair.a, "b": pair.b, "metric": name, **_difference_row(difference)}
            for pair in self.pairs
            for name, difference in pair.differences.items()
        ]
        # Stated, since a column that has no value in any row has no type of its own.
        floats = ("mean_a", "mean_b", "diff", "low", "high", "sd", "p", "p_holm", "saved")
        dtypes: dict[str, Any] = {**dict.fromkeys(floats, pl.Float64), "replications_needed": pl.Int64}
        return pl.DataFrame(rows, schema_overrides=dtypes, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as one object, as in `comparison.json`; several pairs are in a list."""
        pairs = [
            {
                "a": pair.a,
                "b": pair.b,
                "metrics": {
                    name: {**_difference_object(pair.differences[name]), "family": family}
                    for family, names in self.metric_families.items()
                    for name in names
                },
                "cautions": list(pair.cautions),
                "keys": [key for key, _, _ in pair.differing_keys],
                "values": {key: [in_a, in_b] for key, in_a, in_b in pair.differing_keys},
            }
            for pair in self.pairs
        ]
        return {**self.provenance, **(pairs[0] if len(pairs) == 1 else {"comparisons": pairs})}


def _difference_row(d: PairedDifference) -> dict[str, Any]:
    low, high = d.ci95 or (None, None)
    counts = {"n": d.n, "n_a": d.n_a, "n_b": d.n_b}
    means = {"unit": d.unit, **counts, "mean_a": d.a, "mean_b": d.b, "diff": d.diff, "low": low, "high": high}
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
    tables: TableSelection = "summary",
    precision: PrecisionSpec = (),
    metrics: Iterable[str] = (),
    out: Path | None = None,
    add_files: Callable[[ComparisonResult, Path], None] | None = None,
    **keywords: Unpack[RunKeywords],
) -> ComparisonResult:
    """Compare each scenario with the first, over the same futures; the keywords are those of `RunOptions`.

    The seed and the number of replications are those of a saved run, if there is one, else those that the first
    scenario states. `precision` is of the differences; `metrics` are patterns as in a shell. With `out` the runs
    go to folders in it, named a, b, ..., and it takes its place when it is whole (`add_files` puts pictures into the
    path that it is given before). A Ctrl-C ends it, and what was finished in all is compared.
    Raises ComparisonError, PrecisionError, OutputError, or ValueError for numbers that cannot be.
    """
    options = RunOptions(**keywords)
    targets = parse_precision(precision)
    rule = stopping_rule(targets, options.replications)
    check_number_of_sides(sides)
    saved = [side for side in sides if isinstance(side, RunResult)]
    seed = common_seed(saved, options.seed, scenario_of(sides[0]).seed)
    n = common_replications(saved, options.replications, scenario_of(sides[0]).replications)
    if rule is not None and saved:
        raise ComparisonError(
            "a precision is reached by playing on, and a saved run cannot be; name its scenario file"
        )
    available = [metric_names_of(side) for side in sides]
    families = metric_families(tuple(metrics), available)
    for names in available:
        check_precision_metrics(targets, names)
    first, most = (n, n) if rule is None else (rule.looks[0], rule.max_replications)
    engine_choice = choose_engine(options.engine, [scenario_of(side) for side in sides], first)
    with ExitStack() as stack:
        staged = (
            None if out is None else stack.enter_context(stage_folder(out, "comparison", COMPARISON_FILE))
        )
        runs = {
            k: RunInProgress(RunTask(side, seed, tables, engine=engine_choice.engine), _side_store(staged, k))
            for k, side in enumerate(sides)
            if not isinstance(side, RunResult)
        }
        _keep_saved_sides(staged, saved)
        n_replications = _play_sides(list(runs.values()), first, most, rule, options)
        unserved = [
            _unserved_difference(runs[0], runs[k]) if 0 in runs and k in runs else None
            for k in range(1, len(sides))
        ]
        # Only now, since a run that is finished no longer has the sample paths that these bands take.
        results = [
            side if isinstance(side, RunResult) else finish_run(runs[k], n_replications, engine_choice, {})
            for k, side in enumerate(sides)
        ]
        comparison = _build_result(results, n_replications, rule, families, unserved)
        if staged is not None:
            _commit_comparison(staged, comparison, [results[k] for k in runs], add_files)
    return comparison


def _side_store(staged: StagedFolder | None, side: int) -> RunStore | None:
    """Return the folder of a side that is played, within that of the comparison; None where it has none."""
    if staged is None:
        return None
    letter = ascii_lowercase[side]
    return RunStore(staged.path / letter, staged.folder / letter)


def _keep_saved_sides(staged: StagedFolder | None, saved: Sequence[RunResult]) -> None:
    """Take the saved runs that lie in the folder which the comparison replaces over into the new one."""
    for run in saved if staged is not None else ():
        assert staged is not None
        if run.folder is None or not run.folder.resolve().is_relative_to(staged.folder.resolve()):
            continue
        target = staged.path / run.folder.resolve().relative_to(staged.folder.resolve())
        if target.exists():
            raise OutputError(
                f"{run.folder}: takes part, and would be replaced by a run of this comparison; name another folder"
                " with --out"
            )
        with report_os_errors(staged.folder, MAKE_ROOM):
            target.mkdir(parents=True)
            copy_tree(run.folder, target)


def _commit_comparison(
    staged: StagedFolder,
    comparison: ComparisonResult,
    own_results: Sequence[RunResult],
    add_files: Callable[[ComparisonResult, Path], None] | None,
) -> None:
    """Write a comparison beside the runs that were played for it, and let all take their place."""
    with report_os_errors(staged.folder, MAKE_ROOM):
        write_json(staged.path / COMPARISON_FILE, comparison.to_dict())
    if add_files is not None and not comparison.interrupted:
        add_files(comparison, staged.path)
    comparison.folder = staged.commit(comparison.interrupted)
    for result in own_results:
        assert result.folder is not None, "was written"
        result.folder = comparison.folder / result.folder.name


def _play_sides(
    runs: Sequence[RunInProgress], first: int, most: int, rule: StoppingRule | None, options: RunOptions
) -> int:
    """Play the sides that are no saved runs, in turn, and return how many replications were asked for in the end.

    Raises KeyboardInterrupt where one of them has none.
    """
    if not runs:
        return first

    def next_replications() -> int | None:
        if rule is None:
            return None
        values = [run.metric_values() for run in runs]
        return rule.next_replications([_precision_samples(values[0], other, rule) for other in values[1:]])

    n_replications = play_until(runs, first, most, next_replications, options.workers, options.progress)
    if not all(run.finished_replications for run in runs):
        raise KeyboardInterrupt
    return n_replications


def _unserved_difference(a: RunInProgress, b: RunInProgress) -> DifferenceBand | None:
    """Return the difference of two runs in unserved power over time; None where it cannot be taken."""
    x, y = (run.sample_paths("unserved_mw") for run in (a, b))
    spans = [(run.task.scenario.start, run.task.scenario.end) for run in (a, b)]
    if x is None or y is None or spans[0] != spans[1]:
        return None
    shared = set(a.finished_replications) & set(b.finished_replications)
    of_a, of_b = ([k for k, r in enumerate(run.finished_replications) if r in shared] for run in (a, b))
    return difference_band(x[of_a], y[of_b])


def _build_result(
    results: list[RunResult],
    n_replications: int,
    rule: StoppingRule | None,
    families: dict[str, list[str]],
    unserved: Sequence[DifferenceBand | None],
) -> ComparisonResult:
    """Compare runs that have been played, over the replications that are finished in all."""
    shared, values = _common_values(results, n_replications)
    names = side_names(results)
    base = results[0]
    pairs = []
    for name, result, values_b, band in zip(names[1:], results[1:], values[1:], unserved, strict=True):
        differences = differences_by_metric(values[0], values_b, families.values())
        keys = differing_keys(base, result)
        cautions = tuple(comparison_cautions(base, result, len(keys)))
        pairs.append(PairedComparison(names[0], name, differences, keys, cautions, band))
    provenance: dict[str, Any] = {
        "scenarios": names,
        "sha256": [result.provenance["sha256"] for result in results],
        "seed": base.provenance["seed"],
        "replications": n_replications,
        "finished": len(shared),
        "interrupted": len(shared) < n_replications,
        "code": code_fingerprint(),
    }
    if rule is not None:
        samples = [_precision_samples(values[0], other, rule) for other in values[1:]]
        provenance["precision"] = rule.report(samples, len(shared))
    return ComparisonResult(names, results, pairs, provenance, families)


def _precision_samples(a: MetricValues, b: MetricValues, rule: StoppingRule) -> MetricSamples:
    """Return the differences whose precision is asked for, by metric."""
    return {
        target.metric: pairwise_differences(a[target.metric], b[target.metric]) for target in rule.targets
    }


def _common_values(results: Sequence[RunResult], n_replications: int) -> tuple[list[int], list[MetricValues]]:
    """Return the replications that are finished in all, and the metrics of each over these."""
    common = set.intersection(*(set(result.finished_replications) for result in results))
    shared = sorted(common)[:n_replications]
    if not shared:
        raise ComparisonError("no replication is finished in all of them; play them with more")
    kept, values = set(shared), []
    for result in results:
        rows = [k for k, replication in enumerate(result.finished_replications) if replication in kept]
        values.append({name: [column[k] for k in rows] for name, column in result.metric_values.items()})
    return shared, values


def differences_in_report(comparison: ComparisonResult, pair: PairedComparison) -> list[PairedDifference]:
    """Return the differences that pages and plots show: of the first family, where a or b has a value."""
    first = next(iter(comparison.metric_families.values()))
    differences = [pair.differences[name] for name in first]
    return [d for d in differences if d.a is not None or d.b is not None]
