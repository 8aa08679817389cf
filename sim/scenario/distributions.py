"""Laws: what is stated about a quantity that may vary?

A number that is certain is a constant law. Parameters are held in the canonical unit of the law's dimension.
How a law is written is read in `statements`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PARAMETRIZATIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "uniform": (("low", "high"),),
    "triangular": (("low", "mode", "high"),),
    "pert": (("low", "mode", "high"),),
    "exponential": (("mean",),),
    "lognormal": (("median", "sigma"), ("mean", "cv")),
    "gamma": (("shape", "scale"), ("mean", "cv")),
    "weibull": (("shape", "scale"),),
}
"""The parameters of each law that has some, in the ways in which they may be stated."""

FAMILY_NAMES = ("constant", *PARAMETRIZATIONS, "discrete", "empirical", "chance")
PLAIN_PARAMETERS = frozenset({"sigma", "cv", "shape"})
"""Parameters that are plain numbers, whatever the law is a law of."""


@dataclass(frozen=True)
class UncertainReference:
    """Which number of `uncertain` stands here, and in which dimension is it read?"""

    name: str
    dimension: str


NumberOrReference = float | UncertainReference


@dataclass(frozen=True)
class Distribution:
    """How is a quantity distributed?

    `params` hold numbers or references in the canonical unit; `values` and `weights` are tuples of them, and
    the `then` and `else` of a chance are laws.
    """

    family: str
    params: Mapping[str, Any]
    dimension: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", dict(self.params))

    def __hash__(self) -> int:
        return hash((self.family, tuple(self.params.items()), self.dimension))

    @property
    def constant(self) -> float | None:
        """Its value, where it is a number that is certain."""
        value = self.params["value"] if self.family == "constant" else None
        return None if value is None or isinstance(value, UncertainReference) else float(value)

    def references(self) -> set[str]:
        """Which numbers of `uncertain` does it use?"""
        return {part.name for part in self._numbers() if isinstance(part, UncertainReference)}

    def _numbers(self) -> Iterator[object]:
        """Its numbers, one by one."""
        for part in self.params.values():
            if isinstance(part, Distribution):
                yield from part._numbers()
            elif isinstance(part, tuple):
                yield from part
            else:
                yield part


UncertainNumbers = Mapping[str, "Distribution | None"]
"""The laws of `uncertain` by name; None for one that is declared, but faulty."""


def support(distribution: Distribution, uncertain: UncertainNumbers) -> tuple[float, float]:
    """Between which numbers, ends included, does a law lie? NaN where a reference does not tell."""
    params = distribution.params
    if distribution.family == "chance":
        then, other = support(params["then"], uncertain), support(params["else"], uncertain)
        return min(then[0], other[0]), max(then[1], other[1])
    if distribution.family in {"uniform", "triangular", "pert"}:
        return number_bounds(params["low"], uncertain)[0], number_bounds(params["high"], uncertain)[1]
    if distribution.family in {"constant", "discrete", "empirical"}:
        found = [number_bounds(each, uncertain) for each in params.get("values", (params.get("value"),))]
        return min(low for low, _ in found), max(high for _, high in found)
    return 0.0, math.inf


def number_bounds(number: NumberOrReference, uncertain: UncertainNumbers) -> tuple[float, float]:
    """Between which numbers does a number or a reference lie?"""
    if not isinstance(number, UncertainReference):
        return number, number
    law = uncertain.get(number.name)
    return support(law, uncertain) if law else (math.nan, math.nan)


def can_be_zero(distribution: Distribution, uncertain: UncertainNumbers) -> bool:
    """Does a law that is never below 0 give exactly 0 with some chance?"""
    if distribution.family == "chance":
        return can_be_zero(distribution.params["then"], uncertain) or can_be_zero(
            distribution.params["else"], uncertain
        )
    for part in distribution.params.get("values", (distribution.params.get("value"),)):
        referred = uncertain.get(part.name) if isinstance(part, UncertainReference) else None
        if part == 0 or (referred and can_be_zero(referred, uncertain)):
            return True
    return False


def mean(distribution: Distribution, uncertain: UncertainNumbers) -> float:
    """What does a law give on average? NaN where a reference does not tell."""

    def of(part: Any) -> float:
        if isinstance(part, Distribution):
            return mean(part, uncertain)
        if isinstance(part, UncertainReference):
            referred = uncertain.get(part.name)
            return mean(referred, uncertain) if referred else math.nan
        return float(part)

    if distribution.family in {"discrete", "empirical"}:
        values = [of(each) for each in distribution.params["values"]]
        weights = [of(each) for each in distribution.params.get("weights", (1.0,) * len(values))]
        return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
    p = {name: of(part) for name, part in distribution.params.items()}
    if "mean" in p:
        return p["mean"]
    match distribution.family:
        case "constant":
            return p["value"]
        case "uniform":
            return (p["low"] + p["high"]) / 2
        case "triangular":
            return (p["low"] + p["mode"] + p["high"]) / 3
        case "pert":
            return (p["low"] + 4 * p["mode"] + p["high"]) / 6
        case "lognormal":
            return p["median"] * math.exp(p["sigma"] ** 2 / 2)
        case "gamma":
            return p["shape"] * p["scale"]
        case "weibull":
            return p["scale"] * math.gamma(1 + 1 / p["shape"])
        case _:
            return p["chance"] * p["then"] + (1 - p["chance"]) * p["else"]
