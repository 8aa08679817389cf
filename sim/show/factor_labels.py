"""Short labels for the factors and the points of a sweep."""

from __future__ import annotations

from sim.results.formatting import format_factor_value
from sim.scenario.distribution_families import FAMILIES
from sim.study.sweep_result import SweepResult

DISTRIBUTION_PARAMETERS = {
    parameter.name for family in FAMILIES.values() for way in family.parametrizations for parameter in way
}
"""Names at the end of a path into a distribution, which say little alone."""


KIND_WORDS = {
    "demand": "demand",
    "providers": "provider",
    "rights": "right",
    "sites": "site",
    "supplies": "supply",
    "contracts": "contract",
    "hardware": "hardware",
    "delays": "delay",
    "grids": "grid",
}
"""The word for a thing, by the map of a scenario in which it stands."""
MAX_NAMED_FACTORS = 5
"""With more factors than this, a point is called by its number."""


def label_path(path: str) -> str:
    """Label a path of a scenario in words: `providers.Neo.keeps_back` is `provider Neo: keeps back`."""
    kind, *rest = path.split(".")
    if kind not in KIND_WORDS or not rest:
        return " ".join([kind, *rest])
    name, *keys = rest
    words = " ".join(keys).replace("_", " ")
    return f"{KIND_WORDS[kind]} {name}" + (f": {words}" if words else "")


def label_factors(sweep: SweepResult) -> dict[str, str]:
    """A label for each factor: as much of the end of its path as distinguishes it from the others."""
    names = [each["name"] for each in sweep.factors]
    min_parts = {
        name: 3 if name.rpartition(".")[2] in DISTRIBUTION_PARAMETERS else 2 if name.count(".") > 2 else 1
        for name in names
    }
    labels = {}
    for name in names:
        parts = name.split(".")
        ends = [" ".join(parts[-n:]) for n in range(min(min_parts[name], len(parts)), len(parts) + 1)]
        others = [" ".join(other.split(".")) for other in names if other != name]
        unique = (end for end in ends if not any(f" {other}".endswith(f" {end}") for other in others))
        labels[name] = next(unique, ends[-1])
    return labels


def label_point(sweep: SweepResult, point: int) -> str:
    """A label for a point: the values of the factors, where they are few; else its number."""
    if len(sweep.factors) > MAX_NAMED_FACTORS:
        return f"point {point}"
    row, labels = sweep.points.row(point, named=True), label_factors(sweep)
    values = [
        f"{labels[each['name']]} {format_factor_value(row[each['name']], each['unit'])}"
        for each in sweep.factors
        if row[each["name"]] is not None
    ]
    return ", ".join(values) or "the scenario as it is"
