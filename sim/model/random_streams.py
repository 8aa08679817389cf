"""Named streams of uniform variates, and the sampler that turns them into the values of one replication.

Everything is drawn before the clock starts, by inverse transform, from streams seeded by (seed, replication,
name of the quantity) and never by the order of creation. So adding a site disturbs no other draw, and two
scenarios with the same seed face the same future.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import floor

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.rounding import round_half_up
from sim.scenario.distribution_properties import median, parameter_value, quantile
from sim.scenario.distributions import Distribution
from sim.scenario.tails import quantity_text
from sim.scenario.units import max_size


class DrawError(Exception):
    """What was drawn in a replication is beyond what can be simulated: the path, as in `--set`, and the value."""

    def __init__(self, path: str, value: str, replication: int, reason: str = "was drawn") -> None:
        super().__init__(path, value, replication, reason)
        self.path, self.value, self.replication, self.reason = path, value, replication, reason


ZERO_WORDS = np.zeros(4, dtype=np.uint64)
"""Counter and buffer of a bit generator from which nothing has been drawn."""


class RandomStream:
    """The uniform variates of one named quantity: the n-th is for the n-th request, building or event."""

    def __init__(self, seed: int, replication: int, name: str) -> None:
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)
        self.restart(seed, replication, name)

    def restart(self, seed: int, replication: int, name: str) -> None:
        """Become the stream of another quantity, from its beginning, in a tenth of the time of making one."""
        digest = blake2b(f"{seed}/{replication}/{name}".encode(), digest_size=16).digest()
        key = np.frombuffer(digest, dtype="<u8")
        self._bits.state = {
            "bit_generator": "Philox",
            "state": {"counter": ZERO_WORDS, "key": key},
            "buffer": ZERO_WORDS,
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def uniforms(self, n: int) -> FloatArray:
        """The next `n` float64 in [0, 1), as `(n,)`."""
        return self._generator.random(n)


class Sampler:
    """All draws of one replication, and the record of those that are made once a replication."""

    def __init__(self, seed: int, replication: int, uncertain: Mapping[str, Distribution]) -> None:
        self.seed, self.replication = seed, replication
        self.uncertain_values: dict[str, float] = {}
        self._values_by_path: dict[str, float] = {}
        self.recorded_draws: list[tuple[str, float, str]] = []
        """(path as in `--set`, value, dimension) of every distribution drawn once, in the order drawn."""
        # Lent to whatever is drawn at one go, since making a stream costs more than what it gives.
        self._shared_stream = RandomStream(seed, replication, "")
        for name, distribution in uncertain.items():  # each may use those before it
            self.uncertain_values[name] = self.draw_once(f"uncertain.{name}", distribution)

    def new_stream(self, name: str) -> RandomStream:
        """A stream of its own for the quantity `name`, from its beginning."""
        return RandomStream(self.seed, self.replication, name)

    def uniforms(self, name: str, n: int) -> FloatArray:
        """The first `n` uniform variates of the quantity `name`, as `(n,)`."""
        self._shared_stream.restart(self.seed, self.replication, name)
        return self._shared_stream.uniforms(n)

    def draw_once(self, path: str, distribution: Distribution) -> float:
        """The value of a quantity in this replication, in its canonical unit; recorded unless it is constant."""
        if distribution.is_constant:
            return float(parameter_value(distribution.params["value"], self.uncertain_values))
        if path not in self._values_by_path:
            value = float(self._quantile(path, distribution, self.uniforms(path, 1))[0])
            self._values_by_path[path] = value
            self.recorded_draws.append((path, value, distribution.dimension))
        return self._values_by_path[path]

    def variates(self, path: str, distribution: Distribution, n: int) -> FloatArray:
        """The first `n` variates of a quantity, as `(n,)`, in its canonical unit."""
        if distribution.is_constant:
            return np.full(
                n, parameter_value(distribution.params["value"], self.uncertain_values), dtype=np.float64
            )
        return self._quantile(path, distribution, self.uniforms(path, n))

    def _quantile(self, path: str, distribution: Distribution, u: FloatArray) -> FloatArray:
        """The values of a distribution at some probabilities. Raises DrawError for one that cannot be simulated."""
        values = quantile(distribution, u, self.uncertain_values)
        most = max_size(distribution.dimension)
        if len(values) and not (values.max() <= most and values.min() >= -most):  # NaN is in no range
            beyond = float(values[~(np.abs(values) <= most)][0])
            raise DrawError(path, quantity_text(beyond, distribution), self.replication)
        return values

    def integer_variates(self, path: str, distribution: Distribution, n: int) -> list[int]:
        """The first `n` variates as whole numbers, in a list, for the few that buildings need."""
        if distribution.is_constant:
            return [round_half_up(self.draw_once(path, distribution))] * n
        return [floor(value + 0.5) for value in self.variates(path, distribution, n).tolist()]

    def endless_variates(self, path: str, distribution: Distribution) -> Iterator[float]:
        """The variates of a quantity that is drawn for each event, one after the other without end."""
        if distribution.is_constant:
            value = float(parameter_value(distribution.params["value"], self.uncertain_values))
            while True:
                yield value
        stream = self.new_stream(path)
        while True:
            yield from self._quantile(path, distribution, stream.uniforms(16)).tolist()

    def median(self, distribution: Distribution) -> float:
        """The median of a distribution in this replication, in its canonical unit."""
        return median(distribution, self.uncertain_values)


@dataclass(frozen=True)
class EndlessVariates:
    """The variates of a quantity that is drawn for each event; whoever goes over them begins with the first."""

    sampler: Sampler
    path: str
    distribution: Distribution

    def __iter__(self) -> Iterator[float]:
        return self.sampler.endless_variates(self.path, self.distribution)
