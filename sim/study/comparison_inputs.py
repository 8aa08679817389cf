"""What can be compared: which scenarios and saved runs, over which futures, in which metrics?"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from sim.results.run import RunResult
from sim.scenario.faults import UserError, suggestion
from sim.scenario.schema import ScenarioFile
from sim.study.replications import metric_names

ComparisonSide = ScenarioFile | RunResult
"""What is compared: a scenario to be played, or a run that was."""
MAX_SIDES = 26
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
    "spend.total",
    "margin.*",
    "capex.total",
)
"""The metrics that a report tells."""


class ComparisonError(UserError, ValueError):
    """What was given cannot be compared; the message says why, and what to do."""


def check_number_of_sides(sides: Sequence[ComparisonSide]) -> None:
    """Are there enough of them, and not too many? Raises NoComparison."""
    if len(sides) < 2:
        raise ComparisonError("one scenario alone cannot be compared; name another, or change it with --set")
    if len(sides) > MAX_SIDES:
        raise ComparisonError(f"{len(sides)} scenarios are too many to compare; name {MAX_SIDES} or fewer")


def scenario_of(side: ComparisonSide) -> ScenarioFile:
    """The scenario of either kind."""
    return side.scenario if isinstance(side, RunResult) else side


def metric_names_of(side: ComparisonSide) -> list[str]:
    """Which metrics are there of either kind?"""
    return list(side.metric_values) if isinstance(side, RunResult) else metric_names(side)


def _location(outcome: RunResult) -> str:
    return str(outcome.folder or outcome.provenance["scenario"])


def common_seed(saved: Sequence[RunResult], seed: int | None, default: int) -> int:
    """Which seed do all have? Raises NoComparison where they have several."""
    for outcome in saved:
        if not outcome.metric_values:
            raise ComparisonError(
                f"{_location(outcome)}: its metrics were not kept; run it again with --tables summary"
            )
        theirs = int(outcome.provenance["seed"])
        if seed is not None and theirs != seed:
            raise ComparisonError(
                f"{_location(outcome)}: was played with seed {theirs}, and not with {seed}, so that it faces other"
                f" futures; run it again with --seed {seed}"
            )
        seed = theirs
    return default if seed is None else seed


def common_replications(saved: Sequence[RunResult], replications: int | None, default: int) -> int:
    """How many replications are compared? Raises NoComparison where a saved run has not as many."""
    for outcome in saved:
        there = len(outcome.finished_replications)
        if replications is not None and there < replications:
            raise ComparisonError(
                f"{_location(outcome)}: holds {there} replications, and not {replications};"
                f" run it again with --replications {replications}"
            )
    n = min((len(outcome.finished_replications) for outcome in saved), default=default)
    return n if replications is None else replications


def metric_families(patterns: Sequence[str], available: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Which metrics are compared, in which families? Those that a report tells and all others, or those asked for.

    Raises NoComparison for a pattern that names none.
    """
    every = list(dict.fromkeys(name for names in available for name in names))
    for pattern in patterns:
        if not matching_names(every, [pattern]):
            raise ComparisonError(
                f'metrics "{pattern}": no metric is called so; {suggestion(pattern, every)}'
            )
    if patterns:
        return {"asked for": matching_names(every, patterns)}
    headline = matching_names(every, HEADLINE_METRICS)
    return {"headline": headline, "others": [name for name in every if name not in headline]}


def matching_names(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Which metrics does a pattern name?"""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
