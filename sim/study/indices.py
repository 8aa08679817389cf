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

from sim.model.arrays import Floats

RESAMPLES = 1000
SPAN = 0.8
"""A swing goes from the value with a tenth below it to the one with a tenth above."""
LEAST_FUTURES = 3
"""With fewer futures it cannot be told how far an estimate is theirs."""
WHOLE = 1.01
"""No share is above 1; less than a hundredth beyond it is not held against an estimate."""


@dataclass(frozen=True)
class Index:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half its interval."""
        return (self.high - self.low) / 2

    @property
    def sure(self) -> bool:
        """Does the interval leave 0 out, so that it is no noise?"""
        return self.low > 0 or self.high < 0

    @property
    def above_whole(self) -> bool:
        """Does the interval lie where no share can be?"""
        return self.low > WHOLE

    @property
    def nothing(self) -> bool:
        """Is it 0, and nothing else in any future or part of the design?"""
        return self.value == self.low == self.high == 0


def unlike(x: Floats, y: Floats) -> Floats:
    """The products of two outcomes in unlike futures, in the mean over all pairs of these (the last axis)."""
    n = x.shape[-1]
    if n == 1:
        found: Floats = x[..., 0] * y[..., 0]
        return found
    pairs: Floats = (x.sum(-1) * y.sum(-1) - (x * y).sum(-1)) / (n * (n - 1))
    return pairs


Terms = Callable[[Floats], tuple[Floats, Floats]]
"""Of an outcome, what is over and under a ratio, `(n_blocks, n_estimates)` each; that of their means is sought."""


def estimated(terms: Terms, y: Floats, seed: int = 0) -> list[Index]:
    """Ratios of means over the blocks of a design, with intervals for the choice both of the points and the futures.

    The one is resampled (bootstrap over blocks), the other left out one by one (jackknife); by Student's t, with the
    degrees of freedom of Welch and Satterthwaite.
    """
    over, under = terms(y)
    blocks, futures = y.shape[0], y.shape[-1]
    value = _ratio(over.mean(0), under.mean(0))
    draws = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), RESAMPLES) / blocks
    of_points = _ratio(draws @ over, draws @ under).var(0, ddof=1)
    of_futures = np.zeros_like(value)
    if futures >= LEAST_FUTURES:
        left = [_ratio(*(part.mean(0) for part in terms(np.delete(y, k, axis=-1)))) for k in range(futures)]
        of_futures = (futures - 1) * np.var(left, axis=0)
    both = of_points + of_futures
    share = np.divide(of_futures, both, out=np.zeros_like(both), where=both > 0)
    freedom = 1 / ((1 - share) ** 2 / max(blocks - 1, 1) + share**2 / max(futures - 1, 1))
    half = special.stdtrit(freedom, 0.975) * np.sqrt(both)
    return [Index(float(v), float(v - h), float(v + h)) for v, h in zip(value, half, strict=True)]


def _ratio(over: Floats, under: Floats) -> Floats:
    """One over the other, 0 where there is nothing to be a share of."""
    over, under = np.broadcast_arrays(over, under)
    found: Floats = np.divide(over, under, out=np.zeros(over.shape), where=under > 0)
    return found


def first_order(y: Floats) -> tuple[Floats, Floats]:
    """What part of the variance goes with each factor alone? Saltelli et al. 2010, from Sobol's design."""
    a, changed, b = _parts(y)
    centre = y.mean(axis=(0, 1))
    return unlike(np.broadcast_to(b - centre, changed.shape), changed - a), _variance(y)


def total_order(y: Floats) -> tuple[Floats, Floats]:
    """What part of the variance is there only because of each factor, with all it interacts in? Jansen 1999."""
    a, changed, _ = _parts(y)
    return unlike(changed - a, changed - a) / 2, _variance(y)


def _parts(y: Floats) -> tuple[Floats, Floats, Floats]:
    """The points of A, those with one factor of B each, and those of B."""
    return y[:, :1], y[:, 1:-1], y[:, -1:]


def _variance(y: Floats) -> Floats:
    """By block, the variance of the mean over futures between the points of A and B."""
    ends = y[:, [0, -1]]
    far = ends - ends.mean(axis=(0, 1))
    found: Floats = unlike(far, far).mean(axis=1, keepdims=True)
    return found


def changes(design: str, u: Floats, y: Floats) -> tuple[Floats, Floats]:
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


def swings(design: str, u: Floats) -> Terms:
    """What does the outcome do in the mean while each factor alone goes from low to high (least squares)?"""

    def terms(y: Floats) -> tuple[Floats, Floats]:
        moved, changed = changes(design, u, y)
        return SPAN * moved * changed.mean(-1), moved**2

    return terms


def strengths(u: Floats) -> Terms:
    """The mean square of what the outcome does where a factor alone is moved by half its probability."""

    def terms(y: Floats) -> tuple[Floats, Floats]:
        _, changed = changes("morris", u, y)
        return unlike(changed, changed), np.ones((len(y), 1))

    return terms


def between(y: Floats) -> float:
    """The variance of the mean over futures between all points of a design, free of the luck of these."""
    points = y.reshape(-1, y.shape[-1])
    centred = points - points.mean(axis=0)
    return max(0.0, float(unlike(centred, centred).mean()))


def noise_share(y: Floats) -> float | None:
    """Which part of the variance of single runs is the luck of the futures, and no factor's? None if untold."""
    if y.shape[-1] < LEAST_FUTURES:
        return None
    points = y.reshape(-1, y.shape[-1])
    luck = float(points.var(axis=-1, ddof=1).mean())
    factors = between(y)
    return luck / (luck + factors) if luck + factors > 0 else None
