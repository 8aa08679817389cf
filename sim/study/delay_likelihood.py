"""The laws of delay that can be fitted: their parameters, and the likelihood of what became of tellings.

All times are days since the telling, and all laws are conditioned on coming after it, as the sampling is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.model.delays import stretch_scores
from sim.study.tellings import DelayObservations

LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)
TINY = 1e-300


@dataclass(frozen=True)
class DelayParameter:
    """A parameter of a law: where a search begins, and how far it goes."""

    name: str
    start: float
    low: float
    high: float
    is_share: bool = False
    """A share is fitted as the logarithm of its odds, anything else as its logarithm."""
    unit: str = ""

    def to_free(self, value: float) -> float:
        """The logarithm of a value, or of its odds."""
        return float(special.logit(value) if self.is_share else np.log(value))

    def to_value(self, free: float) -> float:
        """The value of a logarithm, or of a logarithm of odds."""
        return float(special.expit(free) if self.is_share else np.exp(free))


@dataclass(frozen=True)
class DelayModel:
    """A law of delay: parameters, log survival beyond t (just after it), and log density at t, given lead.

    Both functions take values, t and lead, `(n,)` each, and give `(n,)`.
    """

    parameters: tuple[DelayParameter, ...]
    log_survival: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    log_density: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

    def values(self, free: FloatArray) -> FloatArray:
        """The values of free parameters, `(n_parameters,)`."""
        return np.array([p.to_value(each) for p, each in zip(self.parameters, free, strict=True)])


def _stretch_log_survival(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    median, sigma, grace = values
    above = special.log_ndtr(-stretch_scores(median, sigma, grace, t, lead))
    return np.asarray(
        above - special.log_ndtr(-stretch_scores(median, sigma, grace, np.zeros_like(lead), lead))
    )


def _stretch_log_density(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    median, sigma, grace = values
    z = stretch_scores(median, sigma, grace, t, lead)
    begin = special.log_ndtr(-stretch_scores(median, sigma, grace, np.zeros_like(lead), lead))
    return np.asarray(-0.5 * z**2 - LOG_ROOT_TWO_PI - np.log(sigma * (t + grace)) - begin)


def _ratio_log_survival(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    return _stretch_log_survival(np.append(values, 0.0), t, lead)


def _ratio_log_density(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    return _stretch_log_density(np.append(values, 0.0), t, lead)


def _slip_log_survival(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    chance, median, sigma = values
    late = np.maximum(t - lead, TINY)
    beyond = np.log(chance) + special.log_ndtr(-(np.log(late) - np.log(median)) / sigma)
    return np.asarray(np.where(t < lead, 0.0, beyond))


def _slip_log_density(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    chance, median, sigma = values
    late = np.maximum(t - lead, TINY)
    z = (np.log(late) - np.log(median)) / sigma
    density = np.log(chance) - 0.5 * z**2 - LOG_ROOT_TWO_PI - np.log(sigma * late)
    return np.asarray(np.where(t <= lead, np.log1p(-chance), density))


def _never_log_survival(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    never = values[3]
    return np.asarray(
        np.logaddexp(np.log(never), np.log1p(-never) + _stretch_log_survival(values[:3], t, lead))
    )


def _never_log_density(values: FloatArray, t: FloatArray, lead: FloatArray) -> FloatArray:
    return np.asarray(np.log1p(-values[3]) + _stretch_log_density(values[:3], t, lead))


STRETCH_MEDIAN = DelayParameter("median", 1.2, 0.05, 50.0)
STRETCH_SIGMA = DelayParameter("sigma", 0.5, 0.02, 5.0)
STRETCH_GRACE = DelayParameter("grace", 30.0, 0.1, 3650.0, unit="d")
NEVER_SHARE = DelayParameter("never", 0.03, 1e-5, 0.999, is_share=True)
STRETCH_PARAMETERS = (STRETCH_MEDIAN, STRETCH_SIGMA, STRETCH_GRACE)
SLIP_PARAMETERS = (
    DelayParameter("chance", 0.6, 1e-4, 0.9999, is_share=True),
    DelayParameter("median", 60.0, 0.5, 36500.0, unit="d"),
    DelayParameter("sigma", 0.8, 0.02, 5.0),
)
DELAY_MODELS = {
    "stretch": DelayModel(STRETCH_PARAMETERS, _stretch_log_survival, _stretch_log_density),
    "ratio": DelayModel((STRETCH_MEDIAN, STRETCH_SIGMA), _ratio_log_survival, _ratio_log_density),
    "slip": DelayModel(SLIP_PARAMETERS, _slip_log_survival, _slip_log_density),
    "late or never": DelayModel((*STRETCH_PARAMETERS, NEVER_SHARE), _never_log_survival, _never_log_density),
}
"""By name, the laws that can be fitted: by the lead with a grace, in proportion to it, not by it, or never at all."""


def log_likelihood(model: DelayModel, values: FloatArray, seen: DelayObservations) -> FloatArray:
    """The log likelihood of each observation, `(n,)`: a density where it is exact, else a probability."""
    is_exact = seen.low == seen.high
    beyond_low = model.log_survival(values, seen.low, seen.lead)
    exact = model.log_density(values, np.where(is_exact, seen.low, seen.lead), seen.lead)
    return np.where(is_exact, exact, _log_between(model, values, beyond_low, seen))


def _log_between(
    model: DelayModel, values: FloatArray, beyond_low: FloatArray, seen: DelayObservations
) -> FloatArray:
    """The log of the probability that it comes after `low`, and up to `high` where that is finite."""
    is_open = np.isinf(seen.high)
    high = np.where(is_open, seen.lead, seen.high)
    beyond_high = np.where(is_open, -np.inf, model.log_survival(values, high, seen.lead))
    share = -np.expm1(np.minimum(beyond_high - beyond_low, 0.0))
    return np.asarray(beyond_low + np.log(np.maximum(share, TINY)))


def log_scores(model: DelayModel, values: FloatArray, seen: DelayObservations) -> FloatArray:
    """The log probability of what became of each telling, `(n,)`, in events that mean the same for every law.

    Of what was late, the day on which it came; of what came by its planned date, that it was not late (a law that
    knows no early dates cannot say more); of what had not come by a look, that.
    """
    is_exact, is_late = seen.low == seen.high, seen.low > seen.lead
    low = np.where(is_exact, np.where(is_late, seen.low - 1, 0.0), seen.low)
    high = np.where(is_exact & ~is_late, seen.lead, seen.high)
    days = DelayObservations(seen.lead, low, high, seen.weight, seen.site, seen.milestone)
    beyond_low = np.where(is_exact & ~is_late, 0.0, model.log_survival(values, low, seen.lead))
    return _log_between(model, values, beyond_low, days)
