"""TODO."""

from __future__ import annotations

from sim.results.formatting import format_factor_value
from sim.scenario.distribution_families import FAMILIES
from sim.study.sweep_result import SweepResult

DISTRIBUTION_PARAMETERS = {
    parameter.name for family in FAMILIES.values() for way in family.parametrizations for parameter in way
}
"""What stands at the end of a path into a law, and says little alone."""


MAX_NAMED_FACTORS = 5
"""With more factors than this, a point is told by its number."""


def label_factors(sweep: SweepResult) -> dict[str, str]:
    """The factors in words: as much of the end of each path as tells it from the others."""
    names = [each["name"] for each in sweep.factors]
    least = {
        name: 3 if name.rpartition(".")[2] in DISTRIBUTION_PARAMETERS else 2 if name.count(".") > 2 else 1
        for name in names
    }
    told = {}
    for name in names:
        parts = name.split(".")
        ends = [" ".join(parts[-n:]) for n in range(min(least[name], len(parts)), len(parts) + 1)]
        others = [" ".join(other.split(".")) for other in names if other != name]
        unique = (end for end in ends if not any(f" {other}".endswith(f" {end}") for other in others))
        told[name] = next(unique, ends[-1])
    return told


def label_point(sweep: SweepResult, point: int) -> str:
    """The values of the factors at a point, where they are few; else its number."""
    if len(sweep.factors) > MAX_NAMED_FACTORS:
        return f"point {point}"
    row, called = sweep.points.row(point, named=True), label_factors(sweep)
    told = [
        f"{called[each['name']]} {format_factor_value(row[each['name']], each['unit'])}"
        for each in sweep.factors
        if row[each["name"]] is not None
    ]
    return ", ".join(told) or "the scenario as it is"
