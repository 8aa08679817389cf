"""Exact solutions of simple markets by continuous-time Markov chains, where there is no closed formula.

Loads, servers and shares as in `formulas`; terms are exponential, and times are in mean terms.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from math import fsum
from typing import NamedTuple, TypeVar

import numpy as np
from scipy import linalg

from sim.model.arrays import FloatArray

ChainState = TypeVar("ChainState", bound=Hashable)


def birth_death_distribution(births: Sequence[float], deaths: Sequence[float]) -> FloatArray:
    """Stationary distribution of a birth-death chain, as `(len(births) + 1,)`, by its product form.

    The chain moves from n to n + 1 at the rate `births[n]`, and back at `deaths[n]` (Feller 1950, XVII).
    """
    weights = np.cumprod([1.0, *(birth / death for birth, death in zip(births, deaths, strict=True))])
    probabilities: FloatArray = weights / weights.sum()
    return probabilities


def stationary_distribution(
    initial: ChainState, transitions: Callable[[ChainState], Iterable[tuple[ChainState, float]]]
) -> dict[ChainState, float]:
    """Stationary distribution of a finite Markov chain, by state, from the transitions (next state, rate) of each.

    Solves the balance equations. They are dependent, so that the first is replaced by the sum of all probabilities.
    """
    index = {initial: 0}
    states = [initial]
    rates: list[tuple[int, int, float]] = []
    for state in states:  # grows while it is read, until no transition leads to a new state
        for following, rate in transitions(state):
            if following not in index:
                index[following] = len(states)
                states.append(following)
            rates.append((index[state], index[following], rate))
    balance = np.zeros((len(states), len(states)))
    for source, target, rate in rates:
        balance[target, source] += rate
        balance[source, source] -= rate
    balance[0] = 1.0
    right_side = np.zeros(len(states))
    right_side[0] = 1.0
    return dict(zip(states, np.linalg.solve(balance, right_side).tolist(), strict=True))


def transient_distribution(
    initial: FloatArray, generator: FloatArray, mean_terms: float
) -> tuple[FloatArray, FloatArray]:
    """Distribution over the states after a time, and mean time spent in each until then; both `(n_states,)`.

    Kolmogorov's forward equations by the exponential of the generator (rates from
    the row's state to the column's), and their integral by that of a block matrix (Van Loan, "Computing integrals
    involving the matrix exponential", 1978).
    """
    n = len(initial)
    block = np.zeros((2 * n, 2 * n))
    block[:n, :n], block[:n, n:] = generator, np.eye(n)
    exponential = linalg.expm(block * mean_terms)
    return initial @ exponential[:n, :n], initial @ exponential[:n, n:]


class SoleHolder(NamedTuple):
    """Share of requests that the holder declines, and share that is lost."""

    declined: float
    lost: float


def solve_sole_holder(servers: int, rate: float, window: float, max_unanswered: int = 40) -> SoleHolder:
    """Solve a market whose only provider holds a right of first refusal, and holds capacity during the window.

    A request that finds no room when it is asked is declined at its answer; but it is then on the waiting list for an
    instant, where the holder is asked again, now without a hold. Windows and terms are exponential, `rate` and the
    mean `window` in mean terms. The states are (servers held, servers busy, requests that found no room and are still
    unanswered), the last truncated at `max_unanswered`.
    """

    def transitions(state: tuple[int, int, int]) -> Iterable[tuple[tuple[int, int, int], float]]:
        held, busy, unanswered = state
        if held + busy < servers:
            yield (held + 1, busy, unanswered), rate
        elif unanswered < max_unanswered:
            yield (held, busy, unanswered + 1), rate
        if held:
            yield (held - 1, busy + 1, unanswered), held / window
        if busy:
            yield (held, busy - 1, unanswered), float(busy)
        if unanswered:
            # declined, then asked again off the waiting list: served if there is room by now, else lost
            yield (held, min(busy + 1, servers - held), unanswered - 1), unanswered / window

    distribution = stationary_distribution((0, 0, 0), transitions)
    full = {state: p for state, p in distribution.items() if state[0] + state[1] == servers}
    loss_rate = fsum(p * state[2] / window for state, p in full.items())
    return SoleHolder(fsum(full.values()), loss_rate / rate)


class SharedOverflow(NamedTuple):
    """Share of each stream that is lost, and mean number in service at the shared group."""

    lost: tuple[float, float]
    in_service: float


def solve_shared_overflow(
    primaries: tuple[int, int], loads: tuple[float, float], servers: int
) -> SharedOverflow:
    """Solve two streams, each with a primary group of its own, that overflow into a third group which they share.

    The states are the numbers in service at the first primary group, at the second, and at the shared group.
    """
    sizes = (*primaries, servers)

    def transitions(state: tuple[int, int, int]) -> Iterable[tuple[tuple[int, int, int], float]]:
        for stream, load in enumerate(loads):
            group = stream if state[stream] < sizes[stream] else 2
            if state[group] < sizes[group]:
                yield neighbour(state, group, 1), load
        for group, busy in enumerate(state):
            if busy:
                yield neighbour(state, group, -1), float(busy)

    def neighbour(state: tuple[int, int, int], group: int, change: int) -> tuple[int, int, int]:
        first, second, shared = (busy + change * (k == group) for k, busy in enumerate(state))
        return first, second, shared

    distribution = stationary_distribution((0, 0, 0), transitions)
    first_lost, second_lost = (
        fsum(p for state, p in distribution.items() if state[stream] == sizes[stream] and state[2] == servers)
        for stream in (0, 1)
    )
    return SharedOverflow((first_lost, second_lost), fsum(p * state[2] for state, p in distribution.items()))


class CapacitySteps(NamedTuple):
    """Measures of a loss system whose number of servers changes in steps.

    The mean number in service at the end of each step; the share of all requests that is lost; and the mean number in
    service beyond the servers there are, integrated over time, in mean terms.
    """

    in_service: list[float]
    lost: float
    interrupted: float


def solve_capacity_steps(load: float, steps: Sequence[tuple[int, float]]) -> CapacitySteps:
    """Solve a loss system that starts empty and whose number of servers rises and falls in steps.

    Each step is (servers, duration in mean terms). Where servers are taken away nobody is evicted: requests in
    service stay for their terms, and none is admitted until fewer are in service than there are servers. Within a
    step the number in service is a birth-death chain whose births stop at the servers of the step.
    """
    number = np.arange(max(servers for servers, _ in steps) + 1.0)
    distribution = np.where(number == 0, 1.0, 0.0)
    in_service, lost, interrupted = [], 0.0, 0.0
    for servers, terms in steps:
        births = np.where(number[:-1] < servers, load, 0.0)
        generator = np.diag(births, 1) + np.diag(number[1:], -1)
        generator -= np.diag(generator.sum(axis=1))
        distribution, spent = transient_distribution(distribution, generator, terms)
        in_service.append(float(distribution @ number))
        lost += float(spent[number >= servers].sum())
        interrupted += float(spent @ np.maximum(number - servers, 0))
    return CapacitySteps(in_service, lost / fsum(terms for _, terms in steps), interrupted)
