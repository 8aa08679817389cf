"""Exact formulas of queueing theory for simple markets, with which simulated metrics are compared.

A load is in erlangs: the arrival rate times the mean term. A server is room for one request. Arrivals are Poisson, so
that shares of requests are also shares of time (PASTA: Wolff 1982).
"""

from collections.abc import Sequence
from math import exp, fsum
from typing import NamedTuple

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.verify.markov import birth_death_distribution

TRUNCATION_PROBABILITY = 1e-14
"""An infinite chain is truncated where a state is less likely than this share of the likeliest."""


def littles_law(rate: float, days: float) -> float:
    """Mean number in a system where `rate` arrive a day and stay for `days` on average: L = rate W (Little 1961)."""
    return rate * days


# Loss systems


def erlang_b(servers: int, load: float) -> float:
    """Blocking probability of M/G/n/n, the share of requests that find all servers busy and are lost (Erlang B).

    Erlang 1917, by the recursion B(n) = A B(n-1) / (n + A B(n-1)); insensitive to the distribution of terms
    beyond its mean (Sevastyanov 1957).
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


class OverflowMoments(NamedTuple):
    """Mean and variance of the number in service in an infinite group that an overflow is offered to."""

    mean: float
    variance: float

    @property
    def peakedness(self) -> float:
        """Variance over mean: 1 for Poisson arrivals, above 1 for overflow, which comes in bursts."""
        return self.variance / self.mean


def continued_erlang_b(servers: float, load: float) -> float:
    """Erlang B continued to a real number of servers: A^x exp(-A) / Gamma(x + 1, A) (Jagerman 1974)."""
    log_numerator = servers * np.log(load) - load - special.gammaln(servers + 1)
    return float(np.exp(log_numerator) / special.gammaincc(servers + 1, load))


def riordan_moments(servers: float, load: float) -> OverflowMoments:
    """Moments of the overflow from a group of servers, with exponential terms.

    m = A B and v = m (1 - m + A / (N + 1 - A + m)): Riordan, in Wilkinson, "Theories for toll traffic
    engineering in the U.S.A.", Bell System Technical Journal 35 (1956), appendix I.
    """
    mean = load * continued_erlang_b(servers, load)
    return OverflowMoments(mean, mean * (1 - mean + load / (servers + 1 - load + mean)))


def equivalent_random_group(overflow: OverflowMoments) -> tuple[float, float]:
    """Servers and load of the group whose overflow has these moments (the equivalent random group).

    The number of servers is real; the equations of Riordan are solved from the approximation of Rapp 1964.
    """
    from scipy import optimize

    mean, peak = overflow.mean, overflow.peakedness
    load = overflow.variance + 3 * peak * (peak - 1)
    start = (load * (mean + peak) / (mean + peak - 1) - mean - 1, load)

    def residuals(group: FloatArray) -> tuple[float, float]:
        moments = riordan_moments(*group.tolist())
        return moments.mean - mean, moments.variance - overflow.variance

    servers, load = optimize.fsolve(residuals, start, xtol=1e-12)
    return float(servers), float(load)


def wilkinson_lost_load(overflows: Sequence[OverflowMoments], servers: int) -> float:
    """Load in erlangs that a group loses which several independent streams overflow into: approximate.

    The group is put behind the one whose overflow has the same mean and variance as all streams together (the
    equivalent random method: Wilkinson 1956). Exact for one stream.
    """
    total = OverflowMoments(sum(each.mean for each in overflows), sum(each.variance for each in overflows))
    primary, load = equivalent_random_group(total)
    return load * continued_erlang_b(primary + servers, load)


def kaufman_roberts(servers: int, groups: Sequence[tuple[float, int]]) -> list[float]:
    """Blocking probability of each group of requests, where a request takes `size` servers at once.

    `groups` are (load, size), in the order of the result. j q(j) = sum of A b q(j - b): Kaufman 1981, Roberts 1981.
    """
    q = [1.0]
    for j in range(1, servers + 1):
        q.append(sum(load * size * q[j - size] for load, size in groups if size <= j) / j)
    return [fsum(q[max(0, servers - size + 1) :]) / fsum(q) for _, size in groups]


class ReservationLoss(NamedTuple):
    """Blocking probabilities of own and of other requests where some servers are reserved for the own."""

    own: float
    others: float


def trunk_reservation(servers: int, n_reserved: int, own_load: float, other_load: float) -> ReservationLoss:
    """Blocking probabilities under trunk reservation: others get a server only while more than `n_reserved` are free.

    With exponential terms of one mean, the number of busy servers is a birth-death chain (Feller 1950, XVII).
    """
    births = [own_load + (other_load if servers - n > n_reserved else 0.0) for n in range(servers)]
    busy = birth_death_distribution(births, [n + 1.0 for n in range(servers)])
    return ReservationLoss(float(busy[-1]), fsum(busy[servers - n_reserved :]))


# Waiting lists


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/n (Erlang C), for a load below the number of servers.

    Erlang 1917, by way of B: C = N B / (N - A (1 - B)).
    """
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_mean_wait(servers: int, load: float) -> float:
    """Mean wait of a request in M/M/n, in mean terms: W = C / (N - A) (Erlang 1917)."""
    return erlang_c(servers, load) / (servers - load)


def mmc_wait_tail(servers: int, load: float, terms: float) -> float:
    """Probability of waiting longer than `terms` mean terms in M/M/n, first come, first served: C exp(-(N - A) t)."""
    return erlang_c(servers, load) * exp(-(servers - load) * terms)


def md1_mean_wait(load: float) -> float:
    """Mean wait in M/D/1, in terms: W = A / (2 (1 - A)).

    Pollaczek 1930 and Khinchine 1932, for terms without variance.
    """
    return load / (2 * (1 - load))


def mmc_priority_mean_waits(servers: int, loads: Sequence[float]) -> list[float]:
    """Mean wait of each group in M/M/n with priorities, in mean terms, from the highest priority to the lowest.

    W(k) = W0 / ((1 - S(k-1)) (1 - S(k))), with S(k) the load per server of the first k groups and W0 the mean wait
    until the next server is free: Cobham 1954. No service is preempted; terms are exponential with one mean.
    """
    first = erlang_c(servers, sum(loads)) / servers
    used = [sum(loads[:k]) / servers for k in range(len(loads) + 1)]
    return [first / ((1 - used[k]) * (1 - used[k + 1])) for k in range(len(loads))]


class RenegingQueue(NamedTuple):
    """Probability of delay, probability of reneging, and mean number waiting."""

    delay_probability: float
    reneging_probability: float
    mean_queue_length: float


def erlang_a(servers: int, load: float, patience: float) -> RenegingQueue:
    """Measures of M/M/n+M (Erlang A): requests renege after an exponential patience, its mean in mean terms.

    The birth-death chain of Palm 1957; with q waiting, q / patience renege in a mean term.
    """
    deaths: list[float] = []
    weight = peak = 1.0
    # weights rise up to the number where deaths outrun births: the chain may be truncated only beyond it
    while weight > TRUNCATION_PROBABILITY * peak or len(deaths) < servers + load:
        deaths.append(min(len(deaths) + 1, servers) + max(0, len(deaths) + 1 - servers) / patience)
        weight *= load / deaths[-1]
        peak = max(peak, weight)
    busy = birth_death_distribution([load] * len(deaths), deaths)
    waiting = float(busy @ np.maximum(np.arange(len(busy)) - servers, 0))
    return RenegingQueue(fsum(busy[servers:]), waiting / patience / load, waiting)


# Infinite servers


def growing_mean_in_service(rate: float, growth: float, mean_term: float, at: float) -> float:
    """Mean number in service at a time in Mt/M/infinity that starts empty at time 0.

    The arrival rate is `rate` x `growth` ^ time: the integral of rate(s) exp(-(t - s) / mean) over
    s from 0 to t, for a Poisson number (Eick, Massey and Whitt, "The physics of the Mt/G/infinity queue", 1993).
    """
    log_growth = np.log(growth)
    return float(rate * (growth**at - exp(-at / mean_term)) / (log_growth + 1 / mean_term))
