"""Does a run hold what its scenario expects? Statements such as `unserved_mw.mean.p90 < 2000`."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.results.summary import SampleStatistics, Summary
from sim.scenario.expectations import parse_expectation
from sim.scenario.faults import UserError, suggestion


class UnknownMetricError(UserError, ValueError):
    """A statement names a metric that the run does not have."""


@dataclass(frozen=True)
class ExpectationVerdict:
    """Whether a statement holds, and what was found."""

    statement: str
    found: float | None
    holds: bool


def judge_expectation(statement: str, summary: Summary) -> ExpectationVerdict:
    """Does a statement hold of a summary? Raises NoMetric where it names none of the run."""
    expected = parse_expectation(statement)
    if expected.metric not in summary:
        raise UnknownMetricError(
            f'expect: "{statement}": there is no metric {expected.metric}{suggest_metric(expected.metric, summary)}'
        )
    value = _statistic_value(summary[expected.metric], expected.statistic)
    return ExpectationVerdict(statement, value, value is not None and expected.holds(value))


def suggest_metric(name: str, names: Iterable[str]) -> str:
    """Which metric may have been meant?"""
    return f"; {suggestion(name, names)}"


def _statistic_value(statistics: SampleStatistics, statistic: str) -> float | None:
    if statistic in ("ci_low", "ci_high"):
        interval = statistics["ci95"]
        return None if interval is None else interval[statistic == "ci_high"]
    value = statistics[statistic]  # type: ignore[literal-required]
    return None if value is None else float(value)
