"""Does a scenario hold what it expects? Statements such as `unserved_mw.mean.p90 < 2000`."""

import operator
import re
from dataclasses import dataclass

from sim.study.summary import Statistics, Summary

COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
STATEMENT = re.compile(r"\s*(?P<metric>.+)\.(?P<statistic>\w+)\s*(?P<sign><=|>=|<|>)\s*(?P<bound>\S+)\s*")
STATISTICS = ("mean", "sd", "p10", "p50", "p90", "n", "ci_low", "ci_high")


@dataclass(frozen=True)
class Verdict:
    """Whether a statement holds, and what was found."""

    statement: str
    found: float | None
    holds: bool


def judged(statement: str, found: Summary) -> Verdict:
    """Does a statement hold of a summary? Raises ValueError where it names no metric, or no statistic of one."""
    match = STATEMENT.fullmatch(statement)
    if match is None:
        raise ValueError(f'"{statement}": is no statement; write METRIC.STATISTIC < NUMBER')
    metric, statistic = match["metric"], match["statistic"]
    if statistic not in STATISTICS:
        raise ValueError(f'"{statement}": {statistic} is no statistic; one of {", ".join(STATISTICS)}')
    if metric not in found:
        raise ValueError(f'"{statement}": there is no metric {metric}')
    try:
        bound = float(match["bound"])
    except ValueError:
        raise ValueError(f'"{statement}": {match["bound"]} is no number') from None
    value = _value(found[metric], statistic)
    holds = value is not None and COMPARISONS[match["sign"]](value, bound)
    return Verdict(statement, value, bool(holds))


def _value(statistics: Statistics, statistic: str) -> float | None:
    if statistic in ("ci_low", "ci_high"):
        interval = statistics["ci95"]
        return None if interval is None else interval[statistic == "ci_high"]
    value = statistics[statistic]  # type: ignore[literal-required]
    return None if value is None else float(value)
