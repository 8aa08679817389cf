"""TODO."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.scenario.distributions import Distribution, UncertainReference

QuantileFunction = Callable[[FloatArray, Any, Mapping[str, float]], Any]


MIDPOINTS = (np.arange(1 << 14) + 0.5) / (1 << 14)
"""Probabilities by which the median of a mixture is found, to a ten-thousandth in probability."""


def median(distribution: Distribution, uncertain_values: Mapping[str, float]) -> float:
    """What does a law give as often less as more? In the law's own unit.

    The values of a `chance` do not rise with the probability; so its median is that of its values in order.
    """
    return _median(
        distribution, tuple((name, uncertain_values[name]) for name in sorted(distribution.references()))
    )


@lru_cache(maxsize=1024)
def _median(distribution: Distribution, uncertain_values: tuple[tuple[str, float], ...]) -> float:
    numbers = dict(uncertain_values)
    if distribution.family == "chance":
        return float(np.quantile(quantile(distribution, MIDPOINTS, numbers), 0.5, method="inverted_cdf"))
    return float(quantile(distribution, np.array([0.5]), numbers)[0])


def quantile(distribution: Distribution, u: FloatArray, uncertain_values: Mapping[str, float]) -> FloatArray:
    """Which values does a law give at the probabilities `u`?

    `u` is `(n,)` in [0, 1); `numbers` holds the values of `uncertain` in this replication. Gives `(n,)` in the
    canonical unit of the law's dimension. The formulas are the inverses of the distribution functions in
    Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", with the special functions of scipy.
    """
    p = {
        name: value if type(value) is float else parameter_value(value, uncertain_values)
        for name, value in distribution.params.items()
    }
    values: FloatArray = QUANTILE_FUNCTIONS[distribution.family](u, p, uncertain_values)
    return values


def parameter_value(value: Any, uncertain_values: Mapping[str, float]) -> Any:
    """What does a parameter stand for in this replication, where it is `$name`?"""
    if isinstance(value, UncertainReference):
        return uncertain_values[value.name]
    if isinstance(value, tuple):
        return np.array([parameter_value(v, uncertain_values) for v in value], dtype=np.float64)
    return value


def _constant_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    return np.full(u.shape, p["value"], dtype=np.float64)


def _uniform_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    return p["low"] + u * (p["high"] - p["low"])


def _triangular_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < turn, rising, falling)


def _pert_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    a = 1 + 4 * (mode - low) / (high - low)
    b = 1 + 4 * (high - mode) / (high - low)
    return low + (high - low) * special.betaincinv(a, b, u)


def _exponential_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    return -p["mean"] * np.log1p(-u)


def _lognormal_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    if "median" in p:
        mid, sigma = p["median"], p["sigma"]
    else:
        sigma = np.sqrt(np.log1p(p["cv"] ** 2))
        mid = p["mean"] * np.exp(-(sigma**2) / 2)
    return mid * np.exp(sigma * special.ndtri(np.maximum(u, 2.0**-54)))


def _gamma_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    if "shape" in p:
        shape, scale = p["shape"], p["scale"]
    else:
        shape = p["cv"] ** -2.0
        scale = p["mean"] / shape
    return scale * special.gammaincinv(shape, u)


def _weibull_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    return p["scale"] * (-np.log1p(-u)) ** (1 / p["shape"])


def _discrete_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    upto = np.cumsum(p["weights"])
    return p["values"][np.searchsorted(upto / upto[-1], u, side="right")]


def _empirical_quantile(u: FloatArray, p: Any, _: Any) -> Any:
    values = np.sort(p["values"])
    return values[(u * len(values)).astype(np.int64)]


def _chance_quantile(u: FloatArray, p: Any, numbers: Mapping[str, float]) -> Any:
    chance = p["chance"]
    hit = u < chance
    within = np.where(
        hit, u / chance if chance > 0 else 0.0, (u - chance) / (1 - chance) if chance < 1 else 0.0
    )
    within = np.clip(within, 0.0, np.nextafter(1.0, 0.0))
    return np.where(hit, quantile(p["then"], within, numbers), quantile(p["else"], within, numbers))


QUANTILE_FUNCTIONS: dict[str, QuantileFunction] = {
    "constant": _constant_quantile,
    "uniform": _uniform_quantile,
    "triangular": _triangular_quantile,
    "pert": _pert_quantile,
    "exponential": _exponential_quantile,
    "lognormal": _lognormal_quantile,
    "gamma": _gamma_quantile,
    "weibull": _weibull_quantile,
    "discrete": _discrete_quantile,
    "empirical": _empirical_quantile,
    "chance": _chance_quantile,
}
