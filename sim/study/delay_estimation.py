"""Maximum likelihood for laws of delay, with priors; standard errors over sites, and scores of sites left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from sim.model.arrays import FloatArray
from sim.study.delay_likelihood import DELAY_MODELS, DelayModel, log_likelihood, log_scores
from sim.study.tellings import DelayObservations

STEP = 1e-4
"""Of the free parameters, for differences."""
WIDEST_ERROR = 2.0
"""A standard error of a logarithm beyond which the data are said not to bound a parameter: a factor of 7."""
PRIOR_RULES, DATA_RULE = 0.2, 0.8
"""The share of the prior's variance that data take away: below the first it decides, above the second they."""


@dataclass(frozen=True)
class ParameterPrior:
    """A log-normal prior; of a share, a normal one of the logarithm of its odds."""

    value: float
    """Its median."""
    log_sd: float


@dataclass(frozen=True)
class ParameterEstimate:
    """A parameter of a law as it was fitted."""

    name: str
    unit: str
    value: float
    se: float
    """Of the value, from that of its logarithm (of a share: of its odds)."""
    low: float
    high: float
    """The ends of the 95 % interval."""
    prior: ParameterPrior | None
    rests_on: str
    """data, prior, both; or nothing, where the data do not bound it and there is no prior."""

    @property
    def is_bounded(self) -> bool:
        """Whether anything says how large it is."""
        return self.rests_on != "nothing"


@dataclass(frozen=True)
class DelayEstimate:
    """A law of delay that was fitted to what became of tellings."""

    law: str
    parameters: tuple[ParameterEstimate, ...]
    log_likelihood: float
    """Weighted, so that each milestone counts once."""
    score: float
    """The log score of a milestone, in the mean, of sites that were left out of the fit."""
    site_scores: FloatArray
    """The sums over the milestones of each site, `(n_sites,)`."""

    @property
    def is_bounded(self) -> bool:
        """Whether each of its parameters is."""
        return all(each.is_bounded for each in self.parameters)

    @property
    def values(self) -> FloatArray:
        """Its parameters, `(n_parameters,)`."""
        return np.array([each.value for each in self.parameters])


class FitProblem:
    """A law, what was observed, and the priors: the penalised likelihood and its derivatives, in free parameters."""

    def __init__(
        self, model: DelayModel, seen: DelayObservations, priors: Mapping[str, ParameterPrior] | None
    ) -> None:
        self.model, self.seen, self.priors = model, seen, priors or {}
        k = len(model.parameters)
        self.bounds = [(p.to_free(p.low), p.to_free(p.high)) for p in model.parameters]
        self.centre, self.precision = np.zeros(k), np.zeros(k)
        for j, parameter in enumerate(model.parameters):
            if prior := self.priors.get(parameter.name):
                self.centre[j], self.precision[j] = parameter.to_free(prior.value), prior.log_sd**-2

    def terms(self, free: FloatArray) -> FloatArray:
        """The weighted log likelihood of each observation, `(n,)`."""
        return self.seen.weight * log_likelihood(self.model, self.model.values(free), self.seen)

    def objective(self, free: FloatArray) -> float:
        """Minus the penalised log likelihood."""
        loss = -self.terms(free).sum() + 0.5 * (self.precision * (free - self.centre) ** 2).sum()
        return float(loss) if np.isfinite(loss) else 1e12

    def derivatives(self, free: FloatArray) -> FloatArray:
        """The derivatives of the terms, `(n, n_parameters)`."""
        columns = []
        for j in range(len(free)):
            step = np.zeros(len(free))
            step[j] = STEP
            columns.append((self.terms(free + step) - self.terms(free - step)) / (2 * STEP))
        return np.stack(columns, axis=1)

    def information(self, free: FloatArray) -> FloatArray:
        """Minus the second derivatives of the penalised log likelihood, `(n_parameters, n_parameters)`."""
        k, step = len(free), 1e-3
        total = np.zeros((k, k))
        for j in range(k):
            shift = np.zeros(k)
            shift[j] = step
            total[j] = -(self.derivatives(free + shift) - self.derivatives(free - shift)).sum(axis=0) / (
                2 * step
            )
        return (total + total.T) / 2 + np.diag(self.precision)

    def maximise(self, start: FloatArray | None = None) -> FloatArray:
        """The free parameters of the largest penalised likelihood."""
        starts = [start] if start is not None else self.starts()
        found = [
            optimize.minimize(
                self.objective, each, method="L-BFGS-B", jac="3-point", bounds=self.bounds,
                options={"ftol": 1e-12, "gtol": 1e-7},
            )
            for each in starts
        ]  # fmt: skip
        return np.asarray(min(found, key=lambda each: each.fun).x)

    def starts(self) -> list[FloatArray]:
        """Where searches begin: the priors or the usual, and from there twice and half as wide."""
        first = np.array([p.to_free(p.start) for p in self.model.parameters])
        first = np.where(self.precision > 0, self.centre, first)
        return [first, first + 0.7, first - 0.7]

    def errors(self, free: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard errors of free parameters, and those if the buildings were independent; infinite if not bounded.

        The first are of the sandwich over sites, H^-1 (sum over sites of g g' + prior) H^-1, and not below
        the second.
        """
        ends = np.array(self.bounds)
        inside = np.abs(free[:, None] - ends).min(axis=1) > 1e-3
        inside |= self.precision > 0
        se, plain = np.full(len(free), np.inf), np.full(len(free), np.inf)
        information = self.information(free)[np.ix_(inside, inside)]
        if not inside.any() or np.linalg.eigvalsh(information).min() < 1e-6:
            return se, plain
        sites, site = np.unique(self.seen.site, return_inverse=True)
        scores = np.zeros((len(sites), int(inside.sum())))
        np.add.at(scores, site, self.derivatives(free)[:, inside])
        inverse = np.linalg.inv(information)
        meat = scores.T @ scores * len(sites) / max(1, len(sites) - 1) + np.diag(self.precision[inside])
        plain[inside] = np.sqrt(np.diag(inverse))
        se[inside] = np.maximum(np.sqrt(np.diag(inverse @ meat @ inverse)), plain[inside])
        return se, plain


def estimate_delay(
    law: str, seen: DelayObservations, priors: Mapping[str, ParameterPrior] | None, score: bool = True
) -> DelayEstimate:
    """Fit a law by maximum likelihood, penalised by the priors, and score it on each site that is left out."""
    model = DELAY_MODELS[law]
    problem = FitProblem(model, seen, priors)
    free = problem.maximise()
    se, plain = problem.errors(free)
    n_sites = seen.n_sites
    wide = stats.norm.ppf(0.975) if priors else stats.t.ppf(0.975, max(1, n_sites - 1))
    parameters = []
    for j, parameter in enumerate(model.parameters):
        value = parameter.to_value(free[j])
        slope = value * (1 - value) if parameter.is_share else value
        low, high = (parameter.to_value(free[j] + sign * wide * se[j]) for sign in (-1, 1))
        rests_on = _rests_on(float(plain[j]), float(se[j]), problem.priors.get(parameter.name))
        parameters.append(
            ParameterEstimate(
                parameter.name, parameter.unit, value, slope * float(se[j]), low, high,
                problem.priors.get(parameter.name), rests_on,
            )
        )  # fmt: skip
    site_scores = _score_sites(problem, free) if score else np.zeros(0)
    n = float(seen.weight.sum())
    return DelayEstimate(
        law,
        tuple(parameters),
        float(problem.terms(free).sum()),
        float(site_scores.sum() / max(1.0, n)) if score else np.nan,
        site_scores,
    )


def _rests_on(plain: float, se: float, prior: ParameterPrior | None) -> str:
    """What a parameter rests on, by the share of the prior's variance that the data take away."""
    if prior is None:
        return "data" if se < WIDEST_ERROR else "nothing"
    share = 1 - (plain / prior.log_sd) ** 2
    return "prior" if share < PRIOR_RULES else "data" if share > DATA_RULE else "both"


def _score_sites(problem: FitProblem, free: FloatArray) -> FloatArray:
    """The log scores of each site, weighted, by the fit to all others, `(n_sites,)`."""
    seen, totals = problem.seen, []
    for site in np.unique(seen.site):
        is_out = seen.site == site
        others, out = seen.subset(~is_out), seen.subset(is_out)
        values = problem.model.values(FitProblem(problem.model, others, problem.priors).maximise(free))
        totals.append(float((out.weight * log_scores(problem.model, values, out)).sum()))
    return np.array(totals)
