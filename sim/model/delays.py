"""When planned buildings come online by a named law of delay, and which never do.

One uniform number decides all about a building. It is made of normal scores, of which the buildings of a site, and
all that use the delay, have a part in common (a Gaussian copula with two common factors); each part has a stream of
its own, so that adding a building disturbs no other draw.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.model.calendar import YEAR_US
from sim.model.random_streams import DrawError, Sampler
from sim.model.rounding import round_half_up
from sim.scenario.delays import Delay, Stretch
from sim.scenario.distribution_properties import parameter_value, quantile
from sim.scenario.distributions import Distribution
from sim.scenario.units import max_size

LEAST_UNIFORM, LARGEST_UNIFORM = 2.0**-54, 1 - 2.0**-53
BISECTIONS = 60
"""Halvings of the interval of probabilities: to less than the distance of two float64."""
SHARE_ROUNDING = 1e-9
"""By so much may shares that are the whole in sum be beyond it, since decimals are rounded."""


def sample_delayed_dates(
    draws: Sampler,
    name: str,
    delay: Delay,
    path: str,
    planned: Sequence[int],
    told: Sequence[int],
) -> list[int | None]:
    """Sample when each building of a group comes online; None for one that never does.

    `planned` and `told` are the dates in microseconds since the start, `(n,)` each; `path` is the group's in the
    scenario. What comes, comes after both `told` and the start: the law is conditioned on that.
    """
    u = common_uniforms(draws, name, delay, path, len(planned))
    never = draws.draw_once(f"delays.{name}.never", delay.never)
    comes = u < 1 - never
    v = np.divide(u, 1 - never, out=np.zeros_like(u), where=comes)
    dates = delayed_dates(
        delay.law,
        v,
        np.array(planned, dtype=np.float64),
        np.array(told, dtype=np.float64),
        draws.uncertain_values,
        lambda key, part: draws.draw_once(f"delays.{name}.stretch.{key}", part),
    )
    for at, plan in zip(dates.tolist(), planned, strict=True):
        if not abs(at - plan) <= max_size("duration"):  # NaN too: a stretch of a lead of 0
            raise DrawError(f"delays.{name}", f"{(at - plan) / YEAR_US:.3g} y", draws.replication)
    return [
        round_half_up(at) if is_online else None for at, is_online in zip(dates.tolist(), comes, strict=True)
    ]


def delayed_dates(
    law: Distribution | Stretch,
    v: FloatArray,
    planned: FloatArray,
    told: FloatArray,
    uncertain_values: Mapping[str, float],
    value_of: Callable[[str, Distribution], float],
) -> FloatArray:
    """The dates at the probabilities `v` of a law, given that they lie after both `told` and the start (0).

    All arrays are `(n,)`, dates in microseconds; `value_of` gives the parameters of a stretch by their names. A law
    that has nothing after that gives the later of the two.
    """
    floors = np.maximum(told, 0.0)
    if not isinstance(law, Stretch):
        slips = conditional_quantile(law, v, floors - planned, uncertain_values)
        return np.maximum(planned + slips, floors)
    median, sigma, grace = (value_of(key, getattr(law, key)) for key in ("median", "sigma", "grace"))
    lead = planned - told
    below = special.ndtr(stretch_scores(median, sigma, grace, floors - told, lead))
    scores = _normal_scores(np.minimum(below + v * (1 - below), LARGEST_UNIFORM))
    return np.maximum(told - grace + (lead + grace) * median * np.exp(sigma * scores), floors)


def stretch_scores(median: float, sigma: float, grace: float, t: FloatArray, lead: FloatArray) -> FloatArray:
    """The normal scores by a stretch of times `t` since the telling, `(n,)`, in the unit of `lead` and `grace`.

    Minus infinity at the telling where grace is 0: nothing lies below it. NaN without lead and grace.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((np.log((t + grace) / (lead + grace)) - np.log(median)) / sigma)


def common_uniforms(draws: Sampler, name: str, delay: Delay, path: str, n: int) -> FloatArray:
    """The uniform numbers of a group of buildings, `(n,)`, with what they have in common with others.

    u = Phi(sqrt(all) z_all + sqrt(site) z_site + sqrt(1 - all - site) z_own), with the shares of `together`. Raises
    DrawError where those that are drawn are more than 100 % in sum.
    """
    own = draws.uniforms(f"{path}.slip", n)
    site_share = draws.draw_once(f"delays.{name}.together.site", delay.site_share)
    all_share = draws.draw_once(f"delays.{name}.together.all", delay.all_share)
    if not site_share and not all_share:
        return own
    own_share = 1 - site_share - all_share
    if own_share < -SHARE_ROUNDING:
        total = f"{site_share + all_share:.3%}"
        raise DrawError(f"delays.{name}.together", total, draws.replication, "is the sum of what was drawn")
    scores = np.sqrt(max(0.0, own_share)) * _normal_scores(own)
    for share, stream in (
        (site_share, f"delays.{name}.together/{path.rpartition('.buildings.')[0]}"),
        (all_share, f"delays.{name}.together"),
    ):
        if share:
            scores = scores + np.sqrt(share) * _normal_scores(draws.uniforms(stream, 1))
    return np.minimum(np.asarray(special.ndtr(scores), dtype=np.float64), LARGEST_UNIFORM)


def _normal_scores(u: FloatArray) -> FloatArray:
    return np.asarray(special.ndtri(np.maximum(u, LEAST_UNIFORM)), dtype=np.float64)


def conditional_quantile(
    law: Distribution, v: FloatArray, floors: FloatArray, uncertain_values: Mapping[str, float]
) -> FloatArray:
    """The values of a law at the probabilities `v`, given that they lie above the floors; all are `(n,)`.

    A law that has nothing above its floor gives the floor.
    """
    below = probability_below(law, floors, uncertain_values)
    if not below.any():
        return quantile(law, v, uncertain_values)
    if law.family == "chance":
        chance, branches = _branches(law, uncertain_values)
        then, other = (
            weight * (1 - probability_below(branch, floors, uncertain_values))
            for weight, branch in zip((chance, 1 - chance), branches, strict=True)
        )
        total = np.where(then + other > 0, then + other, 1.0)
        share = then / total
        is_then = v < share
        within = np.where(
            is_then,
            v / np.where(share > 0, share, 1.0),
            (v - share) / np.where(share < 1, 1 - share, 1.0),
        )
        within = np.clip(within, 0.0, LARGEST_UNIFORM)
        values = np.where(
            is_then,
            *(conditional_quantile(branch, within, floors, uncertain_values) for branch in branches),
        )
    elif law.family == "discrete":
        atoms, weights = _atoms(law, uncertain_values)
        cumulative = np.cumsum(np.where(atoms > floors[:, None], weights, 0.0), axis=1)
        target = v * cumulative[:, -1]
        values = atoms[(cumulative <= target[:, None]).sum(axis=1).clip(max=len(atoms) - 1)]
    else:
        values = quantile(law, np.minimum(below + v * (1 - below), LARGEST_UNIFORM), uncertain_values)
    return np.where(below < 1, np.maximum(values, floors), floors)


def probability_below(
    law: Distribution, bounds: FloatArray, uncertain_values: Mapping[str, float]
) -> FloatArray:
    """The probability that a law gives a value at or below each of some bounds; both are `(n,)`.

    The laws of the format state quantiles alone, so that this is found by bisection.
    """
    if law.family == "chance":
        chance, (then, other) = _branches(law, uncertain_values)
        return chance * probability_below(then, bounds, uncertain_values) + (1 - chance) * probability_below(
            other, bounds, uncertain_values
        )
    if law.family == "discrete":
        atoms, weights = _atoms(law, uncertain_values)
        return np.asarray((weights * (atoms <= bounds[:, None])).sum(axis=1) / weights.sum())
    low, high = np.zeros(len(bounds)), np.ones(len(bounds))
    if not (quantile(law, low, uncertain_values) <= bounds).any():
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        is_below = quantile(law, np.minimum(middle, LARGEST_UNIFORM), uncertain_values) <= bounds
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.where(low >= LARGEST_UNIFORM, 1.0, low)


def _branches(
    law: Distribution, uncertain_values: Mapping[str, float]
) -> tuple[float, tuple[Distribution, Distribution]]:
    chance = float(parameter_value(law.params["chance"], uncertain_values))
    return chance, (law.params["then"], law.params["else"])


def _atoms(law: Distribution, uncertain_values: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
    """The values of a discrete law and their weights, `(n_values,)` each, in the order in which they are written."""
    atoms, weights = (parameter_value(law.params[key], uncertain_values) for key in ("values", "weights"))
    return atoms, weights
