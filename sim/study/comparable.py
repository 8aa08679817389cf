"""What can be compared: which scenarios and saved runs, over which futures, in which metrics?"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from sim.scenario.faults import UserError, meant
from sim.scenario.schema import ScenarioFile
from sim.study.expect import known
from sim.study.outcome import Outcome

Side = ScenarioFile | Outcome
"""What is compared: a scenario to be played, or a run that was."""
MOST_SIDES = 26
HEADLINE = (
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


class NoComparison(UserError, ValueError):
    """What was given cannot be compared; the message says why, and what to do."""


def enough(sides: Sequence[Side]) -> None:
    """Are there enough of them, and not too many? Raises NoComparison."""
    if len(sides) < 2:
        raise NoComparison("one scenario alone cannot be compared; name another, or change it with --set")
    if len(sides) > MOST_SIDES:
        raise NoComparison(f"{len(sides)} scenarios are too many to compare; name {MOST_SIDES} or fewer")


def scenario_of(side: Side) -> ScenarioFile:
    """The scenario of either kind."""
    return side.scenario if isinstance(side, Outcome) else side


def metrics_of(side: Side) -> list[str]:
    """Which metrics are there of either kind?"""
    return list(side.values) if isinstance(side, Outcome) else known(side)


def _place(outcome: Outcome) -> str:
    return str(outcome.folder or outcome.provenance["scenario"])


def one_seed(saved: Sequence[Outcome], seed: int | None, stated: int) -> int:
    """Which seed do all have? Raises NoComparison where they have several."""
    for outcome in saved:
        if not outcome.values:
            raise NoComparison(
                f"{_place(outcome)}: its metrics were not kept; run it again with --tables summary"
            )
        theirs = int(outcome.provenance["seed"])
        if seed is not None and theirs != seed:
            raise NoComparison(
                f"{_place(outcome)}: was played with seed {theirs}, and not with {seed}, so that it faces other"
                f" futures; run it again with --seed {seed}"
            )
        seed = theirs
    return stated if seed is None else seed


def how_many(saved: Sequence[Outcome], replications: int | None, stated: int) -> int:
    """How many replications are compared? Raises NoComparison where a saved run has not as many."""
    for outcome in saved:
        there = len(outcome.finished)
        if replications is not None and there < replications:
            raise NoComparison(
                f"{_place(outcome)}: holds {there} replications, and not {replications};"
                f" run it again with --replications {replications}"
            )
    n = min((len(outcome.finished) for outcome in saved), default=stated)
    return n if replications is None else replications


def chosen(patterns: Sequence[str], there: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Which metrics are compared, in which families? Those that a report tells and all others, or those asked for.

    Raises NoComparison for a pattern that names none.
    """
    every = list(dict.fromkeys(name for names in there for name in names))
    for pattern in patterns:
        if not named(every, [pattern]):
            raise NoComparison(f'metrics "{pattern}": no metric is called so; {meant(pattern, every)}')
    if patterns:
        return {"asked for": named(every, patterns)}
    headline = named(every, HEADLINE)
    return {"headline": headline, "others": [name for name in every if name not in headline]}


def named(every: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Which metrics does a pattern name?"""
    return [name for name in every if any(fnmatchcase(name, pattern) for pattern in patterns)]
