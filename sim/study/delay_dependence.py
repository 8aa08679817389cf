"""What the delays of a site's buildings, and of all, have in common, as `together` states it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.study.delay_likelihood import DELAY_MODELS, TINY
from sim.study.tellings import DelayObservations


@dataclass(frozen=True)
class TogetherEstimate:
    """The shares of the variance of a normal score that the buildings of a site, and all, have in common."""

    site: float
    all: float
    se: float
    """Of their sum, within sites; NaN where it was not estimated."""
    sites: int
    """Sites in which two or more milestones say something, and one was seen."""
    rests_on: str
    """data or prior; nothing, where there is neither."""


LEAST_PAIR_SITES = 5
SHARES = np.linspace(0.0, 0.98, 99)


def estimate_common_share(law: str, values: FloatArray, seen: DelayObservations) -> tuple[float, float, int]:
    """The share of the variance that the milestones of a site have in common, its standard error, and the sites.

    By maximum likelihood of normal scores with one common factor, integrated by Gauss-Hermite quadrature; the first
    telling of each milestone counts. NaN where fewer than LEAST_PAIR_SITES sites say something.
    """
    first = np.unique(seen.milestone, return_index=True)[1]
    mask = np.zeros(len(seen.lead), dtype=bool)
    mask[first] = True
    seen = seen.subset(mask)
    is_exact = seen.low == seen.high
    sites = [
        site
        for site in np.unique(seen.site)
        if (seen.site == site).sum() >= 2 and is_exact[seen.site == site].any()
    ]
    if len(sites) < LEAST_PAIR_SITES:
        return np.nan, np.nan, len(sites)
    model = DELAY_MODELS[law]
    z_low = -special.ndtri_exp(np.minimum(model.log_survival(values, seen.low, seen.lead), -1e-12))
    at_high = model.log_survival(values, np.where(np.isinf(seen.high), seen.lead, seen.high), seen.lead)
    z_high = np.where(np.isinf(seen.high), np.inf, -special.ndtri_exp(np.minimum(at_high, -1e-12)))
    is_atom = is_exact & (seen.low <= seen.lead) & (law == "slip")  # on time: anywhere below the chance
    z_low, is_exact = np.where(is_atom, -np.inf, z_low), is_exact & ~is_atom
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    total = np.zeros(len(SHARES))
    for site in sites:
        at = seen.site == site
        for j, share in enumerate(SHARES):
            width, shift = np.sqrt(1 - share), np.sqrt(share) * nodes[:, None]
            low, high = (z_low[at] - shift) / width, (z_high[at] - shift) / width
            between = np.log(np.maximum(special.ndtr(-low) - special.ndtr(-high), TINY))
            known = np.where(is_exact[at], z_low[at], 0.0)
            density = -0.5 * ((known - shift) / width) ** 2 + 0.5 * known**2 - np.log(width)
            each = np.where(is_exact[at], density, between)
            total[j] += special.logsumexp(each.sum(axis=1), b=weights)
    chance = np.exp(total - total.max())
    chance /= chance.sum()
    best = float(SHARES[total.argmax()])
    mean = float(chance @ SHARES)
    return best, float(np.sqrt(chance @ (SHARES - mean) ** 2)), len(sites)


def estimate_together(
    law: str, values: FloatArray, seen: DelayObservations, prior: tuple[float, float] | None
) -> TogetherEstimate:
    """What sites and all have in common: within sites by the data where they allow; what all share, by the prior.

    Data of one region and a few months cannot tell what all have in common from the law itself.
    """
    common, se, sites = estimate_common_share(law, values, seen)
    if np.isnan(common):
        site, every = prior or (0.0, 0.0)
        return TogetherEstimate(site, every, np.nan, sites, "prior" if prior else "nothing")
    every = min(prior[1] if prior else 0.0, common)
    return TogetherEstimate(common - every, every, se, sites, "data")
