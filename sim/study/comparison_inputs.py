"""Inputs of a comparison: scenarios and saved runs, their common seed and replications, metrics, and names."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from sim.results.expectations import unknown_metric_remedy
from sim.results.run import RunResult
from sim.scenario.differences import ABSENT, assumption_differences
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile
from sim.study.replications import metric_names

ComparisonSide = ScenarioFile | RunResult
"""A scenario to be played, or a run that was."""
MAX_SIDES = 26
"""The most sides; each has a folder of one letter."""
DESCRIPTIVE_KEYS = ("title", "seed", "replications", "expect")
"""Keys whose difference changes nothing: they describe, or one of them holds for all that is compared."""
HEADLINE_METRICS = (
    "short.first_days",
    "short.days",
    "unserved_mw.mean",
    "unserved_mw.max",
    "shortfall_mw.mean",
    "declined_share",
    "spilled_share",
    "lost_share",
    "waiting_share",
    "wait_days.mean",
    "late_days.mean",
    "online_mw.mean",
    "in_service_mw.mean",
    "idle_mw.mean",
    "utilization",
    "provider.*.share",
    "h100e.in_service.end",
    "spend",
    "provider.*.margin",
    "capex",
)
"""The metrics of a report, as patterns."""


class ComparisonError(UserError, ValueError):
    """The sides cannot be compared; the message says why, and what to do."""


def check_number_of_sides(sides: Sequence[ComparisonSide]) -> None:
    """Check that there are two sides or more, and not too many. Raises ComparisonError."""
    if len(sides) < 2:
        raise ComparisonError("one scenario alone cannot be compared; name another, or change it with --set")
    if len(sides) > MAX_SIDES:
        raise ComparisonError(f"{len(sides)} scenarios are too many to compare; name {MAX_SIDES} or fewer")


def scenario_of(side: ComparisonSide) -> ScenarioFile:
    """Return the scenario of a side."""
    return side.scenario if isinstance(side, RunResult) else side


def metric_names_of(side: ComparisonSide) -> list[str]:
    """Return the metrics of a side; of a scenario one replication is played to know."""
    return list(side.metric_values) if isinstance(side, RunResult) else metric_names(side)


def _location(run: RunResult) -> str:
    return str(run.folder or run.provenance["scenario"])


def common_seed(saved: Sequence[RunResult], seed: int | None, default: int) -> int:
    """Return the seed that all runs have. Raises ComparisonError where they have several, or no metrics."""
    for run in saved:
        if not run.metric_values:
            raise ComparisonError(
                f"{_location(run)}: its metrics were not kept; run it again with --tables summary"
            )
        run_seed = int(run.provenance["seed"])
        if seed is not None and run_seed != seed:
            raise ComparisonError(
                f"{_location(run)}: was played with seed {run_seed}, and not with {seed}, so that it faces other"
                f" futures; run it again with --seed {seed}"
            )
        seed = run_seed
    return default if seed is None else seed


def common_replications(saved: Sequence[RunResult], replications: int | None, default: int) -> int:
    """Return how many replications are compared. Raises ComparisonError where a saved run has fewer."""
    for run in saved:
        n_finished = len(run.finished_replications)
        if replications is not None and n_finished < replications:
            raise ComparisonError(
                f"{_location(run)}: holds {n_finished} replications, and not {replications};"
                f" run it again with --replications {replications}"
            )
    n = min((len(run.finished_replications) for run in saved), default=default)
    return n if replications is None else replications


def metric_families(patterns: Sequence[str], available: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Return the metrics that are compared, by family: those of a report and all others, or those asked for.

    Raises ComparisonError for a pattern that matches none.
    """
    all_names = list(dict.fromkeys(name for names in available for name in names))
    for pattern in patterns:
        if not matching_names(all_names, [pattern]):
            raise ComparisonError(
                f'metrics "{pattern}": no metric is called so; {unknown_metric_remedy(pattern, all_names)}'
            )
    if patterns:
        return {"asked for": matching_names(all_names, patterns)}
    headline = matching_names(all_names, HEADLINE_METRICS)
    return {"headline": headline, "others": [name for name in all_names if name not in headline]}


def matching_names(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that match a pattern, in their order."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def differing_keys(a: RunResult, b: RunResult) -> list[tuple[str, str, str]]:
    """Return the keys that differ, with their values in a and b, and the user's own functions that differ."""
    keys = [
        each
        for each in assumption_differences(a.scenario, b.scenario)
        if each[0].split(".")[0] not in DESCRIPTIVE_KEYS
    ]
    functions = [
        (word, _function_name(a, word), _function_name(b, word))
        for word in ("policy", "answer")
        if a.provenance.get(word) != b.provenance.get(word)
    ]
    return keys + functions


def _function_name(run: RunResult, word: str) -> str:
    """Return the name of a user's own policy or answer."""
    identity = run.provenance.get(word)
    return str(identity["name"]) if identity else ABSENT


def side_names(runs: Sequence[RunResult]) -> list[str]:
    """Return names of the sides, no two alike: the scenario's, with the few keys that it sets anew, or a number."""
    base, names = runs[0], [str(runs[0].provenance["scenario"])]
    for k, run in enumerate(runs[1:], start=2):
        is_same_file = run.scenario.path == base.scenario.path
        name = names[0] if is_same_file else str(run.provenance["scenario"])
        if name in names:
            keys = differing_keys(base, run) if name == names[0] else []
            name += "".join(f", {_override_text(key, value)}" for key, _, value in keys if len(keys) < 3)
        names.append(name if name not in names else f"{name} ({k})")
    return names


def _override_text(key: str, value: str) -> str:
    """Return what a key is set to, or that it is removed."""
    return f"without {key}" if value == ABSENT else f"{key}={value}"
