"""What a Markov chain says exactly of a simple market, where no formula is short enough: how likely is each state?

Loads, servers and shares as in `theory`; terms are exponential, and times are in mean terms.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from math import fsum
from typing import NamedTuple, TypeVar

import numpy as np
from scipy import linalg

from sim.model.arrays import FloatArray

ChainState = TypeVar("ChainState", bound=Hashable)


def birth_death_distribution(births: Sequence[float], deaths: Sequence[float]) -> FloatArray:
    """How likely is each number, if it goes from n to n + 1 at `births[n]`, and back at `deaths[n]`?

    As `(len(births) + 1,)`: the product form of any chain that moves by one (Feller 1950, XVII).
    """
    weights = np.cumprod([1.0, *(up / down for up, down in zip(births, deaths, strict=True))])
    chances: FloatArray = weights / weights.sum()
    return chances


def stationary_distribution(
    initial: ChainState, transitions: Callable[[ChainState], Iterable[tuple[ChainState, float]]]
) -> dict[ChainState, float]:
    """How likely is each state of a finite Markov chain, from its states' moves as (next state, rate)?

    Solves the balance equations, with the sum of all in place of one of them.
    """
    states = {initial: 0}
    found = [initial]
    rows: list[tuple[int, int, float]] = []
    for state in found:
        for following, rate in transitions(state):
            if following not in states:
                states[following] = len(found)
                found.append(following)
            rows.append((states[state], states[following], rate))
    balance = np.zeros((len(found), len(found)))
    for source, target, rate in rows:
        balance[target, source] += rate
        balance[source, source] -= rate
    balance[0] = 1.0
    right = np.zeros(len(found))
    right[0] = 1.0
    return dict(zip(found, np.linalg.solve(balance, right).tolist(), strict=True))


def transient_distribution(
    initial: FloatArray, generator: FloatArray, mean_terms: float
) -> tuple[FloatArray, FloatArray]:
    """How likely is each state after a time, and how long was each held on average until then?

    Both as `begin`, `(n_states,)`. Kolmogorov's forward equations by the exponential of the generator (rates from
    the row's state to the column's), and their integral by that of a block matrix (Van Loan, "Computing integrals
    involving the matrix exponential", 1978).
    """
    n = len(initial)
    both = np.zeros((2 * n, 2 * n))
    both[:n, :n], both[:n, n:] = generator, np.eye(n)
    grown = linalg.expm(both * mean_terms)
    return initial @ grown[:n, :n], initial @ grown[:n, n:]


class SoleHolder(NamedTuple):
    """The share that the holder declines, and the share that is lost."""

    declined: float
    lost: float


def solve_sole_holder(servers: int, rate: float, window: float, max_unanswered: int = 40) -> SoleHolder:
    """What comes of requests to a sole provider that holds capacity for a window, and serves nobody else?

    Who found no room when asking is declined at the answer; but is then on the waiting list for an instant,
    where the holder is asked again, now without a hold. Windows and terms are exponential, `rate` and the mean
    `window` in mean terms; a chain of (held, in service, asked in vain and still unanswered, at `most`).
    """

    def moves(state: tuple[int, int, int]) -> Iterable[tuple[tuple[int, int, int], float]]:
        held, served, vain = state
        if held + served < servers:
            yield (held + 1, served, vain), rate
        elif vain < max_unanswered:
            yield (held, served, vain + 1), rate
        if held:
            yield (held - 1, served + 1, vain), held / window
        if served:
            yield (held, served - 1, vain), float(served)
        if vain:
            yield (held, min(served + 1, servers - held), vain - 1), vain / window

    chances = stationary_distribution((0, 0, 0), moves)
    full = {state: p for state, p in chances.items() if state[0] + state[1] == servers}
    given_up = fsum(p * state[2] / window for state, p in full.items())
    return SoleHolder(fsum(full.values()), given_up / rate)


class SharedOverflow(NamedTuple):
    """The share of each stream that is lost, and how many are in service at the shared group on average."""

    lost: tuple[float, float]
    in_service: float


def solve_shared_overflow(
    primaries: tuple[int, int], loads: tuple[float, float], servers: int
) -> SharedOverflow:
    """What comes of two streams, each with a group of its own, that overflow into a third which they share?

    The balance equations of the chain of (in service at the one, at the other, at the shared group).
    """
    sizes = (*primaries, servers)

    def moves(state: tuple[int, int, int]) -> Iterable[tuple[tuple[int, int, int], float]]:
        for own, load in enumerate(loads):
            asked = own if state[own] < sizes[own] else 2
            if state[asked] < sizes[asked]:
                yield changed(state, asked, 1), load
        for group, busy in enumerate(state):
            if busy:
                yield changed(state, group, -1), float(busy)

    def changed(state: tuple[int, int, int], group: int, by: int) -> tuple[int, int, int]:
        one, other, shared = (busy + by * (k == group) for k, busy in enumerate(state))
        return one, other, shared

    chances = stationary_distribution((0, 0, 0), moves)
    one, other = (
        fsum(p for state, p in chances.items() if state[own] == sizes[own] and state[2] == servers)
        for own in (0, 1)
    )
    return SharedOverflow((one, other), fsum(p * state[2] for state, p in chances.items()))


class CapacitySteps(NamedTuple):
    """What comes of capacity in steps.

    How many are in service on average at the end of each step; the share of all requests that is lost; and for how
    many mean terms of a server more were in service than there were servers.
    """

    in_service: list[float]
    lost: float
    interrupted: float


def solve_capacity_steps(load: float, steps: Sequence[tuple[int, float]]) -> CapacitySteps:
    """What comes of requests while capacity rises and falls, from an empty site on?

    Each step is (servers, mean terms that it lasts). Where servers are taken away nobody is evicted: who is in
    service stays for the term, and nobody new comes in before fewer are there than servers. The number in
    service is a birth-death chain whose births end at the servers of the step; and who asks sees it as it is.
    """
    number = np.arange(max(servers for servers, _ in steps) + 1.0)
    chances = np.where(number == 0, 1.0, 0.0)
    in_service, lost, interrupted = [], 0.0, 0.0
    for servers, terms in steps:
        births = np.where(number[:-1] < servers, load, 0.0)
        generator = np.diag(births, 1) + np.diag(number[1:], -1)
        chances, spent = transient_distribution(chances, generator - np.diag(generator.sum(axis=1)), terms)
        in_service.append(float(chances @ number))
        lost += float(spent[number >= servers].sum())
        interrupted += float(spent @ np.maximum(number - servers, 0))
    return CapacitySteps(in_service, lost / fsum(terms for _, terms in steps), interrupted)
