"""Indices: how much of what an outcome does is due to each factor, and how much to the luck of the futures?

An outcome is `(n_blocks, n_rows, n_futures)`: the points of a design block by block (of Sobol's design A, then A with
one factor of B after the other, then B; of Morris's a trajectory), in the same futures at every point. What is asked
is how the mean over all futures goes with the factors. Products are taken of unlike futures alone, so that the luck
of a future never multiplies itself: then noise, however large, makes no index larger, as it does where squares are
taken of means. Without noise, with one future, these are the estimators of SALib, to which the tests hold them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray

BOOTSTRAP_RESAMPLES = 1000
SWING_SPAN = 0.8
"""A swing goes from the value with a tenth below it to the one with a tenth above."""
MIN_FUTURES = 3
"""With fewer futures it cannot be told how far an estimate is theirs."""
MAX_SHARE = 1.01
"""No share is above 1; less than a hundredth beyond it is not held against an estimate."""


@dataclass(frozen=True)
class IndexEstimate:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half its interval."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Does the interval leave 0 out, so that it is no noise?"""
        return self.low > 0 or self.high < 0

    @property
    def exceeds_one(self) -> bool:
        """Does the interval lie where no share can be?"""
        return self.low > MAX_SHARE

    @property
    def is_zero(self) -> bool:
        """Is it 0, and nothing else in any future or part of the design?"""
        return self.value == self.low == self.high == 0


def mean_cross_product(x: FloatArray, y: FloatArray) -> FloatArray:
    """The products of two outcomes in unlike futures, in the mean over all pairs of these (the last axis)."""
    n = x.shape[-1]
    if n == 1:
        found: FloatArray = x[..., 0] * y[..., 0]
        return found
    pairs: FloatArray = (x.sum(-1) * y.sum(-1) - (x * y).sum(-1)) / (n * (n - 1))
    return pairs


RatioTerms = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""Of an outcome, what is over and under a ratio, `(n_blocks, n_estimates)` each; that of their means is sought."""


def estimate_ratios(terms: RatioTerms, y: FloatArray, seed: int = 0) -> list[IndexEstimate]:
    """Ratios of means over the blocks of a design, with intervals for the choice both of the points and the futures.

    The one is resampled (bootstrap over blocks), the other left out one by one (jackknife); by Student's t, with the
    degrees of freedom of Welch and Satterthwaite.
    """
    over, under = terms(y)
    blocks, futures = y.shape[0], y.shape[-1]
    value = _ratio(over.mean(0), under.mean(0))
    draws = (
        np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), BOOTSTRAP_RESAMPLES)
        / blocks
    )
    of_points = _ratio(draws @ over, draws @ under).var(0, ddof=1)
    of_futures = np.zeros_like(value)
    if futures >= MIN_FUTURES:
        left = [_ratio(*(part.mean(0) for part in terms(np.delete(y, k, axis=-1)))) for k in range(futures)]
        of_futures = (futures - 1) * np.var(left, axis=0)
    both = of_points + of_futures
    share = np.divide(of_futures, both, out=np.zeros_like(both), where=both > 0)
    freedom = 1 / ((1 - share) ** 2 / max(blocks - 1, 1) + share**2 / max(futures - 1, 1))
    half = special.stdtrit(freedom, 0.975) * np.sqrt(both)
    return [IndexEstimate(float(v), float(v - h), float(v + h)) for v, h in zip(value, half, strict=True)]


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    """One over the other, 0 where there is nothing to be a share of."""
    over, under = np.broadcast_arrays(over, under)
    found: FloatArray = np.divide(over, under, out=np.zeros(over.shape), where=under > 0)
    return found


def first_order_terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What part of the variance goes with each factor alone? Saltelli et al. 2010, from Sobol's design."""
    a, changed, b = _saltelli_parts(y)
    centre = y.mean(axis=(0, 1))
    return mean_cross_product(np.broadcast_to(b - centre, changed.shape), changed - a), _block_variance(y)


def total_order_terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What part of the variance is there only because of each factor, with all it interacts in? Jansen 1999."""
    a, changed, _ = _saltelli_parts(y)
    return mean_cross_product(changed - a, changed - a) / 2, _block_variance(y)


def _saltelli_parts(y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The points of A, those with one factor of B each, and those of B."""
    return y[:, :1], y[:, 1:-1], y[:, -1:]


def _block_variance(y: FloatArray) -> FloatArray:
    """By block, the variance of the mean over futures between the points of A and B."""
    ends = y[:, [0, -1]]
    far = ends - ends.mean(axis=(0, 1))
    found: FloatArray = mean_cross_product(far, far).mean(axis=1, keepdims=True)
    return found


def elementary_changes(design: str, u: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What changes where a factor alone is moved: its probability `(n_blocks, d)`, and the outcome in each future."""
    if design == "sobol":
        d = u.shape[-1]
        moved = np.stack([u[:, j + 1, j] - u[:, 0, j] for j in range(d)], axis=1)
        return moved, y[:, 1:-1] - y[:, :1]
    steps = np.diff(u, axis=1)
    which = np.argmax(np.abs(steps), axis=-1)
    order = np.argsort(which, axis=1)
    moved = np.take_along_axis(steps, which[..., None], axis=-1)[..., 0]
    found = np.take_along_axis(np.diff(y, axis=1), order[..., None], axis=1)
    return np.take_along_axis(moved, order, axis=1), found


def swing_terms(design: str, u: FloatArray) -> RatioTerms:
    """What does the outcome do in the mean while each factor alone goes from low to high (least squares)?"""

    def terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
        moved, changed = elementary_changes(design, u, y)
        return SWING_SPAN * moved * changed.mean(-1), moved**2

    return terms


def strength_terms(u: FloatArray) -> RatioTerms:
    """The mean square of what the outcome does where a factor alone is moved by half its probability."""

    def terms(y: FloatArray) -> tuple[FloatArray, FloatArray]:
        _, changed = elementary_changes("morris", u, y)
        return mean_cross_product(changed, changed), np.ones((len(y), 1))

    return terms


def variance_between_points(y: FloatArray) -> float:
    """The variance of the mean over futures between all points of a design, free of the luck of these."""
    points = y.reshape(-1, y.shape[-1])
    centred = points - points.mean(axis=0)
    return max(0.0, float(mean_cross_product(centred, centred).mean()))


def noise_share(y: FloatArray) -> float | None:
    """Which part of the variance of single runs is the luck of the futures, and no factor's? None if untold."""
    if y.shape[-1] < MIN_FUTURES:
        return None
    points = y.reshape(-1, y.shape[-1])
    luck = float(points.var(axis=-1, ddof=1).mean())
    factors = variance_between_points(y)
    return luck / (luck + factors) if luck + factors > 0 else None
