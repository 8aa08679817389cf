"""The families of distributions: one row is all that the program knows of a family.

To add a family, add its row to FAMILIES, with the functions that it alone needs above. Nothing in a row has a
default, so one that leaves something out does not construct. `p` stands for the parameters by name, `u` for
probabilities in [0, 1), each as `(n,)`. Numpy and scipy are imported inside the functions that compute with
arrays, since a scenario is read without them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sim.scenario.distribution_family import (
    DistributionFamily,
    Parameter,
    Values,
    describe_by,
    describe_chance,
    describe_range,
    describe_value,
    describe_values,
    low_to_high,
    no_atoms,
    non_negative,
    span,
)
from sim.scenario.distributions import CONSTANT, Distribution
from sim.scenario.family_readers import (
    read_chance,
    read_constant,
    read_discrete,
    read_empirical,
    read_parameters,
    read_sole_key,
)

if TYPE_CHECKING:
    from sim.scenario.distribution_family import FloatArray

LOW = Parameter("low", is_plain=False, is_positive=False, example="9 mo")
MODE = Parameter("mode", is_plain=False, is_positive=False, example="12 mo")
HIGH = Parameter("high", is_plain=False, is_positive=False, example="18 mo")
MEAN = Parameter("mean", is_plain=False, is_positive=True, example="12 mo")
MEDIAN = Parameter("median", is_plain=False, is_positive=True, example="12 mo")
SCALE = Parameter("scale", is_plain=False, is_positive=True, example="6 mo")
SIGMA = Parameter("sigma", is_plain=True, is_positive=True, example="0.5")
CV = Parameter("cv", is_plain=True, is_positive=True, example="0.4")
SHAPE = Parameter("shape", is_plain=True, is_positive=True, example="2")


# Quantiles. Where a distribution has no width, the general formula would divide by it.


def _constant_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np

    return np.full(u.shape, p["value"], dtype=np.float64)


def _uniform_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    values: FloatArray = p["low"] + u * (p["high"] - p["low"])
    return values


def _triangular_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np

    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    values: FloatArray = np.where(u < turn, rising, falling)
    return values


def _pert_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np
    from scipy import special

    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    a = 1 + 4 * (mode - low) / (high - low)
    b = 1 + 4 * (high - mode) / (high - low)
    values: FloatArray = low + (high - low) * special.betaincinv(a, b, u)
    return values


def _exponential_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np

    values: FloatArray = -p["mean"] * np.log1p(-u)
    return values


def _lognormal_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np
    from scipy import special

    if "median" in p:
        center, sigma = p["median"], p["sigma"]
    else:
        sigma = np.sqrt(np.log1p(p["cv"] ** 2))
        center = p["mean"] * np.exp(-(sigma**2) / 2)
    # At u = 0 the normal quantile is infinite; half the smallest uniform above 0 stands for it.
    values: FloatArray = center * np.exp(sigma * special.ndtri(np.maximum(u, 2.0**-54)))
    return values


def _gamma_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    from scipy import special

    if "shape" in p:
        shape, scale = p["shape"], p["scale"]
    else:
        shape = p["cv"] ** -2.0
        scale = p["mean"] / shape
    values: FloatArray = scale * special.gammaincinv(shape, u)
    return values


def _weibull_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np

    values: FloatArray = p["scale"] * (-np.log1p(-u)) ** (1 / p["shape"])
    return values


def _discrete_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    """In the order in which the values are written, which need not rise."""
    import numpy as np

    cumulative = np.cumsum(p["weights"])
    values: FloatArray = p["values"][np.searchsorted(cumulative / cumulative[-1], u, side="right")]
    return values


def _empirical_quantile(u: FloatArray, p: Values, _: Any) -> FloatArray:
    import numpy as np

    ascending = np.sort(p["values"])
    values: FloatArray = ascending[(u * len(ascending)).astype(np.int64)]
    return values


def _chance_quantile(
    u: FloatArray, p: Values, quantile: Callable[[Distribution, FloatArray], FloatArray]
) -> FloatArray:
    """One probability chooses the branch, and its place within the branch is the probability there."""
    import numpy as np

    chance = p["chance"]
    is_then = u < chance
    within = np.where(
        is_then, u / chance if chance > 0 else 0.0, (u - chance) / (1 - chance) if chance < 1 else 0.0
    )
    # Rounding may give 1, at which many distributions are infinite.
    within = np.clip(within, 0.0, np.nextafter(1.0, 0.0))
    return np.where(is_then, quantile(p["then"], within), quantile(p["else"], within))


@cache
def _midpoints() -> FloatArray:
    """Probabilities by which the median of a mixture is found, to a ten-thousandth in probability."""
    import numpy as np

    midpoints: FloatArray = (np.arange(1 << 14) + 0.5) / (1 << 14)
    return midpoints


def _median_by_quantile(_: Values, quantile: Callable[[FloatArray], FloatArray]) -> float:
    import numpy as np

    return float(quantile(np.array([0.5]))[0])


def _median_of_ordered_values(p: Values, _: Any) -> float:
    """The median of weighted values, in whichever order they are written."""
    import numpy as np

    ascending = np.argsort(p["values"], kind="stable")
    ordered = {name: p[name][ascending] for name in ("values", "weights")}
    return float(_discrete_quantile(np.array([0.5]), ordered, None)[0])


def _median_by_grid(_: Values, quantile: Callable[[FloatArray], FloatArray]) -> float:
    """The median of values that do not rise with the probability: that of many of them in order."""
    import numpy as np

    return float(np.quantile(quantile(_midpoints()), 0.5, method="inverted_cdf"))


# Means


def _weighted_mean(values: tuple[float, ...], weights: tuple[float, ...]) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def _lognormal_mean(p: Values) -> float:
    mean: float = p["mean"] if "mean" in p else p["median"] * math.exp(p["sigma"] ** 2 / 2)
    return mean


def _gamma_mean(p: Values) -> float:
    mean: float = p["mean"] if "mean" in p else p["shape"] * p["scale"]
    return mean


def _weibull_mean(p: Values) -> float:
    mean: float = p["scale"] * math.gamma(1 + 1 / p["shape"])
    return mean


FAMILIES: Mapping[str, DistributionFamily] = {
    family.name: family
    for family in (
        DistributionFamily(
            name=CONSTANT,
            meaning="always this, as where the value is written alone",
            parametrizations=(),
            own_plain_keys=frozenset(),
            own_examples=("{constant: 12 mo}",),
            read=read_sole_key(read_constant),
            quantile=_constant_quantile,
            median=_median_by_quantile,
            mean=lambda p: p["value"],
            support=lambda p, bounds: bounds(p["value"]),
            atoms=lambda p: (p["value"],),
            describe=describe_value,
        ),
        DistributionFamily(
            name="uniform",
            meaning="anything between, equally likely",
            parametrizations=((LOW, HIGH),),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_uniform_quantile,
            median=_median_by_quantile,
            mean=lambda p: (p["low"] + p["high"]) / 2,
            support=low_to_high,
            atoms=no_atoms,
            describe=describe_range,
        ),
        DistributionFamily(
            name="triangular",
            meaning="between low and high, most likely at the mode",
            parametrizations=((LOW, MODE, HIGH),),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_triangular_quantile,
            median=_median_by_quantile,
            mean=lambda p: (p["low"] + p["mode"] + p["high"]) / 3,
            support=low_to_high,
            atoms=no_atoms,
            describe=describe_range,
        ),
        DistributionFamily(
            name="pert",
            meaning="the same, smoother, and nearer to the mode",
            parametrizations=((LOW, MODE, HIGH),),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_pert_quantile,
            median=_median_by_quantile,
            mean=lambda p: (p["low"] + 4 * p["mode"] + p["high"]) / 6,
            support=low_to_high,
            atoms=no_atoms,
            describe=describe_range,
        ),
        DistributionFamily(
            name="exponential",
            meaning="a time until something that may come at any moment",
            parametrizations=((MEAN,),),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_exponential_quantile,
            median=_median_by_quantile,
            mean=lambda p: p["mean"],
            support=non_negative,
            atoms=no_atoms,
            describe=describe_by("mean"),
        ),
        DistributionFamily(
            name="lognormal",
            meaning="a median times a random factor; `sigma` is the standard deviation of its logarithm,"
            " `cv` that of the value over its mean",
            parametrizations=((MEDIAN, SIGMA), (MEAN, CV)),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_lognormal_quantile,
            median=_median_by_quantile,
            mean=_lognormal_mean,
            support=non_negative,
            atoms=no_atoms,
            describe=describe_by("median", "mean"),
        ),
        DistributionFamily(
            name="gamma",
            meaning="a sum of `shape` exponential times of mean `scale`",
            parametrizations=((SHAPE, SCALE), (MEAN, CV)),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_gamma_quantile,
            median=_median_by_quantile,
            mean=_gamma_mean,
            support=non_negative,
            atoms=no_atoms,
            describe=describe_by("mean", "scale"),
        ),
        DistributionFamily(
            name="weibull",
            meaning="a time until something that gets more likely with age, where `shape` is above 1",
            parametrizations=((SHAPE, SCALE),),
            own_plain_keys=frozenset(),
            own_examples=(),
            read=read_sole_key(read_parameters),
            quantile=_weibull_quantile,
            median=_median_by_quantile,
            mean=_weibull_mean,
            support=non_negative,
            atoms=no_atoms,
            describe=describe_by("scale"),
        ),
        DistributionFamily(
            name="discrete",
            meaning="one of these, as likely as its weight; equally likely without `weights`",
            parametrizations=(),
            own_plain_keys=frozenset({"weights"}),
            own_examples=("{discrete: {values: [3 y, 5 y], weights: [1, 4]}}",),
            read=read_sole_key(read_discrete),
            quantile=_discrete_quantile,
            median=_median_of_ordered_values,
            mean=lambda p: _weighted_mean(p["values"], p["weights"]),
            support=lambda p, bounds: span(p["values"], bounds),
            atoms=lambda p: p["values"],
            describe=describe_values,
        ),
        DistributionFamily(
            name="empirical",
            meaning="one of those that were seen: written here, or in a column of a CSV file",
            parametrizations=(),
            own_plain_keys=frozenset(),
            own_examples=(
                "{empirical: {values: [10, 12.5, 30], unit: d}}",
                "{empirical: {file: delays.csv, column: days, unit: d}}",
            ),
            read=read_sole_key(read_empirical),
            quantile=_empirical_quantile,
            median=_median_by_quantile,
            mean=lambda p: _weighted_mean(p["values"], (1.0,) * len(p["values"])),
            support=lambda p, bounds: span(p["values"], bounds),
            atoms=lambda p: p["values"],
            describe=describe_values,
        ),
        DistributionFamily(
            name="chance",
            meaning="one law with this chance, else the other; 0 without `else`",
            parametrizations=(),
            own_plain_keys=frozenset({"chance"}),
            own_examples=("{chance: 40 %, then: 3 mo, else: 0 d}",),
            read=read_chance,
            quantile=_chance_quantile,
            median=_median_by_grid,
            mean=lambda p: p["chance"] * p["then"] + (1 - p["chance"]) * p["else"],
            support=lambda p, bounds: span((p["then"], p["else"]), bounds),
            atoms=lambda p: (p["then"], p["else"]),
            describe=describe_chance,
        ),
    )
}
"""By the word of the format, in the order in which they are listed, and in which the first that is written counts.

Look a family up with `FAMILIES[name]`, so that an unknown one is a KeyError.
"""
