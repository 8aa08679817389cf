"""Does a run hold what its scenario expects? Statements such as `unserved_mw.mean.p90 < 2000`."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.scenario.expectations import parse_expectation
from sim.scenario.faults import Fault, ScenarioError, UserError, meant
from sim.scenario.schema import ScenarioFile
from sim.study.replications import outcomes
from sim.study.summary import Statistics, Summary


class NoMetric(UserError, ValueError):
    """A statement names a metric that the run does not have."""


def known(scenario: ScenarioFile) -> list[str]:
    """Which metrics will the runs of a scenario have? One replication is played to know."""
    return list(outcomes(scenario, scenario.seed, 0))


def expected(scenario: ScenarioFile) -> None:
    """Does every statement name a metric that the scenario's runs will have? One replication is played to know.

    Raises ScenarioError with those that do not, where they are written.
    """
    if not scenario.expect:
        return
    names, faults = known(scenario), []
    for k, statement in enumerate(scenario.expect):
        metric = parse_expectation(statement).metric
        if metric not in names:
            place = scenario.written_at(("expect", k)).place
            message = f"there is no metric {metric}"
            faults.append(
                Fault(place.file, place.line, f"expect.{k}", statement, message, meant(metric, names))
            )
    if faults:
        raise ScenarioError(faults)


@dataclass(frozen=True)
class Verdict:
    """Whether a statement holds, and what was found."""

    statement: str
    found: float | None
    holds: bool


def judged(statement: str, found: Summary) -> Verdict:
    """Does a statement hold of a summary? Raises NoMetric where it names none of the run."""
    expected = parse_expectation(statement)
    if expected.metric not in found:
        raise NoMetric(
            f'expect: "{statement}": there is no metric {expected.metric}{near(expected.metric, found)}'
        )
    value = _value(found[expected.metric], expected.statistic)
    return Verdict(statement, value, value is not None and expected.holds(value))


def near(name: str, known: Iterable[str]) -> str:
    """Which metric may have been meant?"""
    return f"; {meant(name, known)}"


def _value(statistics: Statistics, statistic: str) -> float | None:
    if statistic in ("ci_low", "ci_high"):
        interval = statistics["ci95"]
        return None if interval is None else interval[statistic == "ci_high"]
    value = statistics[statistic]  # type: ignore[literal-required]
    return None if value is None else float(value)
