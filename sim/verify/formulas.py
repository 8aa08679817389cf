"""What is known exactly about simple markets: the formulas that a simulation is held against.

A load is in erlangs: requests in a time, times the mean term. A server is room for one request. Shares of
requests are shares of those asked (Poisson arrivals see time averages: Wolff 1982).
"""

from collections.abc import Sequence
from math import exp, fsum
from typing import NamedTuple

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.verify.markov import birth_death_distribution

TRUNCATION_PROBABILITY = 1e-14
"""The probability of a state at which an endless chain is cut off."""


def littles_law(rate: float, days: float) -> float:
    """How many are there on average, if `rate` come a day and each stays for so many? (Little 1961.)"""
    return rate * days


# Loss systems


def erlang_b(servers: int, load: float) -> float:
    """Which share finds all servers taken, and is lost? For terms of any law with the mean.

    Erlang 1917, by the recursion B(n) = A B(n-1) / (n + A B(n-1)); insensitive to the law (Sevastyanov 1957).
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


class OverflowMoments(NamedTuple):
    """How many would be in service on average in an endless second group, and their variance."""

    mean: float
    variance: float

    @property
    def peakedness(self) -> float:
        """Variance over mean: above 1, since what overflows comes in bursts."""
        return self.variance / self.mean


def continued_erlang_b(servers: float, load: float) -> float:
    """Erlang B for any real number of servers: A^x exp(-A) / Gamma(x + 1, A) (Jagerman 1974)."""
    above = servers * np.log(load) - load - special.gammaln(servers + 1)
    return float(np.exp(above) / special.gammaincc(servers + 1, load))


def riordan_moments(servers: float, load: float) -> OverflowMoments:
    """What does a group of servers let overflow? For exponential terms.

    m = A B and v = m (1 - m + A / (N + 1 - A + m)): Riordan, in Wilkinson, "Theories for toll traffic
    engineering in the U.S.A.", Bell System Technical Journal 35 (1956), appendix I.
    """
    mean = load * continued_erlang_b(servers, load)
    return OverflowMoments(mean, mean * (1 - mean + load / (servers + 1 - load + mean)))


def equivalent_random_group(overflow: OverflowMoments) -> tuple[float, float]:
    """Which group, of how many servers and under which load, would let overflow the same mean and variance?

    The servers are a real number; the equations of Riordan are solved from the start of Rapp 1964.
    """
    from scipy import optimize

    mean, peak = overflow.mean, overflow.peakedness
    load = overflow.variance + 3 * peak * (peak - 1)
    start = (load * (mean + peak) / (mean + peak - 1) - mean - 1, load)

    def off(group: FloatArray) -> tuple[float, float]:
        found = riordan_moments(*group.tolist())
        return found.mean - mean, found.variance - overflow.variance

    servers, load = optimize.fsolve(off, start, xtol=1e-12)
    return float(servers), float(load)


def wilkinson_lost_load(overflows: Sequence[OverflowMoments], servers: int) -> float:
    """About how many erlangs does a group lose that several streams overflow into, independent of each other?

    An approximation, not exact but for one stream: the group stands behind the one that would let overflow the same
    mean and variance as all of them (the equivalent random method: Wilkinson 1956).
    """
    together = OverflowMoments(sum(each.mean for each in overflows), sum(each.variance for each in overflows))
    primary, load = equivalent_random_group(together)
    return load * continued_erlang_b(primary + servers, load)


def kaufman_roberts(servers: int, groups: Sequence[tuple[float, int]]) -> list[float]:
    """Which share of each group is lost, if a request of it takes `size` servers at once?

    `groups` are (load, size). j q(j) = sum of A b q(j - b): Kaufman 1981, Roberts 1981.
    """
    q = [1.0]
    for j in range(1, servers + 1):
        q.append(sum(load * size * q[j - size] for load, size in groups if size <= j) / j)
    return [fsum(q[max(0, servers - size + 1) :]) / fsum(q) for _, size in groups]


class ReservationLoss(NamedTuple):
    """The shares lost where some servers are kept back for the provider's own requests."""

    own: float
    others: float


def trunk_reservation(servers: int, n_reserved: int, own_load: float, other_load: float) -> ReservationLoss:
    """Which share of its own requests, and of the others', does a provider lose that keeps servers back?

    The others get one only while more than `kept` are free. With exponential terms of one mean the number of
    servers taken is a birth-death chain: Feller 1950, XVII.
    """
    births = [own_load + (other_load if servers - n > n_reserved else 0.0) for n in range(servers)]
    busy = birth_death_distribution(births, [n + 1.0 for n in range(servers)])
    return ReservationLoss(float(busy[-1]), fsum(busy[servers - n_reserved :]))


# Waiting lists


def erlang_c(servers: int, load: float) -> float:
    """Which share has to wait, if nobody gives up? For exponential terms and a load below the servers.

    Erlang 1917, by way of B: C = N B / (N - A (1 - B)).
    """
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_mean_wait(servers: int, load: float) -> float:
    """How long does a request wait on average, in mean terms? W = C / (N - A) (Erlang 1917)."""
    return erlang_c(servers, load) / (servers - load)


def mmc_wait_tail(servers: int, load: float, terms: float) -> float:
    """Which share waits longer than so many mean terms, first come, first served? C exp(-(N - A) t)."""
    return erlang_c(servers, load) * exp(-(servers - load) * terms)


def md1_mean_wait(load: float) -> float:
    """How long does a request wait on average for one server, in terms, if all terms are the same?

    W = A / (2 (1 - A)): Pollaczek 1930 and Khinchine 1932, for a law without variance.
    """
    return load / (2 * (1 - load))


def mmc_priority_mean_waits(servers: int, loads: Sequence[float]) -> list[float]:
    """How long does each group wait on average, in mean terms, the highest priority first?

    W(k) = W0 / ((1 - S(k-1)) (1 - S(k))), with S(k) the load of the first k groups a server and W0 the wait
    until the next server is free: Cobham 1954. Nobody is interrupted; the terms are exponential with one mean.
    """
    first = erlang_c(servers, sum(loads)) / servers
    used = [sum(loads[:k]) / servers for k in range(len(loads) + 1)]
    return [first / ((1 - used[k]) * (1 - used[k + 1])) for k in range(len(loads))]


class RenegingQueue(NamedTuple):
    """The share that finds all servers taken, the share lost, and how many wait on average."""

    delay_probability: float
    reneging_probability: float
    mean_queue_length: float


def erlang_a(servers: int, load: float, patience: float) -> RenegingQueue:
    """What comes of requests that give up after an exponential patience, its mean given in mean terms?

    The birth-death chain of Palm 1957; with q waiting, q / patience give up in a term.
    """
    deaths: list[float] = []
    chance = peak = 1.0
    while chance > TRUNCATION_PROBABILITY * peak or len(deaths) < servers + load:
        deaths.append(min(len(deaths) + 1, servers) + max(0, len(deaths) + 1 - servers) / patience)
        chance *= load / deaths[-1]
        peak = max(peak, chance)
    busy = birth_death_distribution([load] * len(deaths), deaths)
    waiting = float(busy @ np.maximum(np.arange(len(busy)) - servers, 0))
    return RenegingQueue(fsum(busy[servers:]), waiting / patience / load, waiting)


# Room for all


def growing_mean_in_service(rate: float, growth: float, mean_term: float, at: float) -> float:
    """How many are in service at a time, if all are served from the time 0 on, and none before?

    The rate is `rate` x `growth` ^ time, the terms exponential: the integral of rate(s) exp(-(t - s) / mean) over
    s from 0 to t, for a Poisson number (Eick, Massey and Whitt, "The physics of the Mt/G/infinity queue", 1993).
    """
    steep = np.log(growth)
    return float(rate * (growth**at - exp(-at / mean_term)) / (steep + 1 / mean_term))
