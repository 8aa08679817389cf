"""Verdicts on the expectations of a scenario, such as `unserved_mw.mean.p90 < 2000`, from the summary of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.results.metrics import present_name
from sim.results.summary import SampleStatistics, Summary
from sim.scenario.expectations import Expectation, parse_expectation
from sim.scenario.faults import UserError, suggestion


class UnknownMetricError(UserError, ValueError):
    """A statement names a metric that the run does not have."""


@dataclass(frozen=True)
class ExpectationVerdict:
    """Whether a statement holds, the value it was judged by, and at which point of a sweep (None for a run)."""

    statement: str
    found: float | None
    holds: bool
    point: int | None = None


def judge_value(
    statement: str, expectation: Expectation, value: float | None, point: int | None = None
) -> ExpectationVerdict:
    """Judge a statement by a value; without a value it does not hold."""
    return ExpectationVerdict(statement, value, value is not None and expectation.holds(value), point)


def judge_expectation(statement: str, summary: Summary) -> ExpectationVerdict:
    """Judge a statement by a summary. Raises UnknownMetricError where it names a metric that is not there."""
    expectation = parse_expectation(statement)
    metric = expectation.metric
    if metric not in summary:
        raise UnknownMetricError(f'expect: "{statement}": {unknown_metric_text(metric, summary)}')
    return judge_value(statement, expectation, _statistic_value(summary[metric], expectation.statistic))


def unknown_metric_text(name: str, names: Iterable[str]) -> str:
    """State that there is no metric of this name, and which of `names` may have been meant."""
    return f"there is no metric {name}; {unknown_metric_remedy(name, names)}"


def unknown_metric_remedy(name: str, names: Iterable[str]) -> str:
    """State what to write in place of a name of no metric: what it is called now, or what may have been meant."""
    names, present = list(names), present_name(name)
    # A pattern (`margin.*`) names none, but fits some.
    if present is not None and (present in names or any(fnmatchcase(each, present) for each in names)):
        return f"it is called {present} now"
    return suggestion(name, names)


def _statistic_value(statistics: SampleStatistics, statistic: str) -> float | None:
    if statistic in ("ci_low", "ci_high"):
        interval = statistics["ci95"]
        return None if interval is None else interval[statistic == "ci_high"]
    value = statistics[statistic]  # type: ignore[literal-required]
    return None if value is None else float(value)
