"""What a distribution gives: its support, mean, median and quantiles.

Each function looks the family up with `FAMILIES[...]` and leaves the answer to its row. A family that is none is a
KeyError in all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim.scenario.distribution_families import FAMILIES
from sim.scenario.distributions import Distribution, UncertainNumbers, UncertainReference

if TYPE_CHECKING:
    from sim.scenario.distribution_family import FloatArray


def support(distribution: Distribution, uncertain: UncertainNumbers) -> tuple[float, float]:
    """The least and the largest value of a distribution, or the bounds of them; NaN where a reference is unknown."""

    def bounds(part: Any) -> tuple[float, float]:
        if isinstance(part, Distribution):
            return support(part, uncertain)
        if isinstance(part, UncertainReference):
            referred = uncertain.get(part.name)
            return support(referred, uncertain) if referred else (math.nan, math.nan)
        return part, part

    return FAMILIES[distribution.family].support(distribution.params, bounds)


def can_be_zero(distribution: Distribution, uncertain: UncertainNumbers) -> bool:
    """Whether a distribution that is never below 0 gives exactly 0 with some probability.

    One whose support is 0 alone gives nothing else, whatever its family.
    """
    if support(distribution, uncertain) == (0, 0):
        return True

    def is_zero(atom: Any) -> bool:
        if isinstance(atom, Distribution):
            return can_be_zero(atom, uncertain)
        if isinstance(atom, UncertainReference):
            referred = uncertain.get(atom.name)
            return referred is not None and can_be_zero(referred, uncertain)
        return bool(atom == 0)

    return any(map(is_zero, FAMILIES[distribution.family].atoms(distribution.params)))


def mean(distribution: Distribution, uncertain: UncertainNumbers) -> float:
    """The mean of a distribution; NaN where a reference is unknown, infinite where it is beyond a float.

    An uncertain parameter counts with its own mean, so that this is the mean at the mean parameters.
    """

    def mean_of(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(mean_of(each) for each in part)
        if isinstance(part, Distribution):
            return mean(part, uncertain)
        if isinstance(part, UncertainReference):
            referred = uncertain.get(part.name)
            return mean(referred, uncertain) if referred else math.nan
        return float(part)

    params = {name: mean_of(part) for name, part in distribution.params.items()}
    try:
        return FAMILIES[distribution.family].mean(params)
    except OverflowError:
        return math.inf


def quantile(distribution: Distribution, u: FloatArray, uncertain_values: Mapping[str, float]) -> FloatArray:
    """The values of a distribution at the probabilities `u`.

    `u` is `(n,)` in [0, 1); `uncertain_values` holds the numbers of `uncertain` in this replication. Gives `(n,)`
    in the canonical unit of the dimension. The formulas are the inverses of the distribution functions in
    Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", with the special functions of scipy.
    What is beyond a float is infinite or NaN, without a warning: whoever draws looks at the limits.
    """
    import numpy as np

    params = _parameter_values(distribution, uncertain_values)
    try:
        with np.errstate(all="ignore"):
            return FAMILIES[distribution.family].quantile(
                u, params, lambda nested, at: quantile(nested, at, uncertain_values)
            )
    except (OverflowError, ZeroDivisionError):  # from parameters at the ends of what a float holds
        return np.full(u.shape, np.nan)


def _parameter_values(distribution: Distribution, uncertain_values: Mapping[str, float]) -> dict[str, Any]:
    """The parameters of a distribution in this replication."""
    # Most parameters are plain floats; the test by type spares them a call, since this runs for each draw.
    return {
        name: value if type(value) is float else parameter_value(value, uncertain_values)
        for name, value in distribution.params.items()
    }


def parameter_value(value: Any, uncertain_values: Mapping[str, float]) -> Any:
    """The value of a parameter in this replication, where it may be `$name`; an array for a tuple of them."""
    if isinstance(value, UncertainReference):
        return uncertain_values[value.name]
    if isinstance(value, tuple):
        import numpy as np

        return np.array([parameter_value(v, uncertain_values) for v in value], dtype=np.float64)
    return value


def median(distribution: Distribution, uncertain_values: Mapping[str, float]) -> float:
    """The median of a distribution in this replication, in the canonical unit of its dimension."""
    references = sorted(distribution.references())
    return _median(distribution, tuple((name, uncertain_values[name]) for name in references))


@lru_cache(maxsize=1024)
def _median(distribution: Distribution, uncertain_values: tuple[tuple[str, float], ...]) -> float:
    numbers = dict(uncertain_values)
    return FAMILIES[distribution.family].median(
        _parameter_values(distribution, numbers), lambda u: quantile(distribution, u, numbers)
    )
