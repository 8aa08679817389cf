"""Sensitivity indices of an outcome that is noisy: estimators from Morris's and Sobol's designs, and their intervals.

An outcome is `(n_blocks, n_rows, n_futures)`: the points of a design block by block (of Sobol's design A, then A with
one factor of B after the other, then B; of Morris's a trajectory), in the same futures at every point. The indices
are of the mean over all futures, as a function of the factors. Products are taken of different futures alone, so that
the noise of a future never multiplies itself: then noise, however large, makes no index larger, as it does where
squares are taken of means. Without noise, with one future, these are the estimators of SALib, to which the tests hold
them. d is the number of factors, j one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import FloatArray
from sim.results.statistics import t_quantile

BOOTSTRAP_RESAMPLES = 1000
SWING_SPAN = 0.8
"""The probability between the 10 % and the 90 % quantile of a factor, over which its swing is taken."""
MIN_FUTURES = 3
"""The fewest futures from which the part of an estimate that is due to them can be estimated."""
MAX_SHARE = 1.01
"""A share is never above 1; an estimate up to this is taken for rounding."""


@dataclass(frozen=True)
class IndexEstimate:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval excludes 0, so that the index is more than noise."""
        return self.low > 0 or self.high < 0

    @property
    def exceeds_one(self) -> bool:
        """Whether the whole interval lies above 1, where no share can be."""
        return self.low > MAX_SHARE

    @property
    def is_zero(self) -> bool:
        """Whether it is 0, in every future and part of the design."""
        return self.value == self.low == self.high == 0


def mean_cross_product(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the mean product of two outcomes in different futures (the last axis), over all pairs of these."""
    n = x.shape[-1]
    if n == 1:
        products: FloatArray = x[..., 0] * y[..., 0]
        return products
    pairs: FloatArray = (x.sum(-1) * y.sum(-1) - (x * y).sum(-1)) / (n * (n - 1))
    return pairs


RatioTerms = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Returns numerators and denominators, `(n_blocks, n_estimates)` each, the ratio of whose means is estimated."""


def estimate_ratios(terms: RatioTerms, y: FloatArray, seed: int = 0) -> list[IndexEstimate]:
    """Estimate ratios of means over the blocks of a design, with intervals for the sampling of points and of futures.

    The variance due to the points is by the bootstrap over blocks, that due to the futures by the jackknife; the
    interval is Student's t, with the degrees of freedom of Welch and Satterthwaite.
    """
    numerators, denominators = terms(y)
    n_blocks, n_futures = y.shape[0], y.shape[-1]
    value = _ratio(numerators.mean(0), denominators.mean(0))
    # The weight of each block in each resample: how often it was drawn.
    counts = np.random.default_rng(seed).multinomial(
        n_blocks, np.full(n_blocks, 1 / n_blocks), BOOTSTRAP_RESAMPLES
    )
    weights = counts / n_blocks
    points_variance = _ratio(weights @ numerators, weights @ denominators).var(0, ddof=1)
    futures_variance = np.zeros_like(value)
    if n_futures >= MIN_FUTURES:
        without_one = [
            _ratio(*(part.mean(0) for part in terms(np.delete(y, k, axis=-1)))) for k in range(n_futures)
        ]
        futures_variance = (n_futures - 1) * np.var(without_one, axis=0)
    variance = points_variance + futures_variance
    share = np.divide(futures_variance, variance, out=np.zeros_like(variance), where=variance > 0)
    freedom = 1 / ((1 - share) ** 2 / max(n_blocks - 1, 1) + share**2 / max(n_futures - 1, 1))
    half_width = t_quantile(freedom) * np.sqrt(variance)
    return [
        IndexEstimate(float(v), float(v - h), float(v + h)) for v, h in zip(value, half_width, strict=True)
    ]


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide, with 0 where the denominator is not above 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    ratio: FloatArray = np.divide(
        numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0
    )
    return ratio


def first_order_terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the terms of the first-order indices, from Sobol's design (Saltelli et al., 2010)."""
    a, changed, b = _saltelli_parts(y)
    centre = y.mean(axis=(0, 1))
    return mean_cross_product(np.broadcast_to(b - centre, changed.shape), changed - a), _block_variance(y)


def total_order_terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the terms of the total-order indices, from Sobol's design (Jansen, 1999)."""
    a, changed, _ = _saltelli_parts(y)
    return mean_cross_product(changed - a, changed - a) / 2, _block_variance(y)


def _saltelli_parts(y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split an outcome into its values at the points of A, at those with one factor of B each, and at those of B."""
    return y[:, :1], y[:, 1:-1], y[:, -1:]


def _block_variance(y: FloatArray) -> FloatArray:
    """Return by block the variance of the mean over futures, between the points of A and B, `(n_blocks, 1)`."""
    ends = y[:, [0, -1]]
    centred = ends - ends.mean(axis=(0, 1))
    variance: FloatArray = mean_cross_product(centred, centred).mean(axis=1, keepdims=True)
    return variance


def elementary_changes(design: str, u: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the changes where one factor alone is moved: of its probability, and of the outcome in each future.

    They are `(n_blocks, d)` and `(n_blocks, d, n_futures)`; `u` is `(n_blocks, n_rows, d)`.
    """
    if design == "sobol":
        d = u.shape[-1]
        moved = np.stack([u[:, j + 1, j] - u[:, 0, j] for j in range(d)], axis=1)
        return moved, y[:, 1:-1] - y[:, :1]
    steps = np.diff(u, axis=1)
    # A trajectory moves each factor once, in an order of its own; here the steps are put in the order of the factors.
    moved_factor = np.argmax(np.abs(steps), axis=-1)
    order = np.argsort(moved_factor, axis=1)
    moved = np.take_along_axis(steps, moved_factor[..., None], axis=-1)[..., 0]
    changed = np.take_along_axis(np.diff(y, axis=1), order[..., None], axis=1)
    return np.take_along_axis(moved, order, axis=1), changed


def swing_terms(design: str, u: FloatArray) -> RatioTerms:
    """Return the terms of the swings: the mean change while a factor goes over SWING_SPAN, by least squares."""

    def terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
        moved, changed = elementary_changes(design, u, y)
        return SWING_SPAN * moved * changed.mean(-1), moved**2

    return terms


def strength_terms(u: FloatArray) -> RatioTerms:
    """Return the terms of the strengths: the mean square of the change where a factor moves by half its range."""

    def terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
        _, changed = elementary_changes("morris", u, y)
        return mean_cross_product(changed, changed), np.ones((len(y), 1))

    return terms


def variance_between_points(y: FloatArray) -> float:
    """Return the variance, between the points of a design, of the mean over futures, free of their noise."""
    points = y.reshape(-1, y.shape[-1])
    centred = points - points.mean(axis=0)
    return max(0.0, float(mean_cross_product(centred, centred).mean()))


def noise_share(y: FloatArray) -> float | None:
    """Return the share of the variance of single runs that is due to the futures; None where it is not known."""
    if y.shape[-1] < MIN_FUTURES:
        return None
    points = y.reshape(-1, y.shape[-1])
    noise = float(points.var(axis=-1, ddof=1).mean())
    factors = variance_between_points(y)
    return noise / (noise + factors) if noise + factors > 0 else None
