"""What is drawn: named streams of uniforms, and the inverse distribution functions that turn them into values.

Everything is drawn before the clock starts, by inverse transform, from streams seeded by (seed, replication,
name of the quantity) and never by the order of creation. So adding a site disturbs no other draw, and two
scenarios with the same seed face the same future.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.model.arrays import Floats
from sim.scenario.laws import Law, Ref

Quantile = Callable[[Floats, Any, Mapping[str, float]], Any]


NOTHING = np.zeros(4, dtype=np.uint64)
"""Counter and buffer of a bit generator that has given nothing yet."""


class Stream:
    """The uniforms of one named quantity: its n-th variate for the n-th request, building or event."""

    def __init__(self, seed: int, replication: int, name: str) -> None:
        self._bits = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._bits)
        self.begin(seed, replication, name)

    def begin(self, seed: int, replication: int, name: str) -> None:
        """Be the stream of another quantity, from its beginning: for a tenth of the time of making one."""
        digest = blake2b(f"{seed}/{replication}/{name}".encode(), digest_size=16).digest()
        key = np.frombuffer(digest, dtype="<u8")
        self._bits.state = {
            "bit_generator": "Philox",
            "state": {"counter": NOTHING, "key": key},
            "buffer": NOTHING,
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def uniforms(self, n: int) -> Floats:
        """The next `n` float64 in [0, 1), as `(n,)`."""
        return self._generator.random(n)


MIDPOINTS = (np.arange(1 << 14) + 0.5) / (1 << 14)
"""Probabilities by which the median of a mixture is found, to a ten-thousandth in probability."""


def median(law: Law, numbers: Mapping[str, float]) -> float:
    """What does a law give as often less as more? In the law's own unit.

    The values of a `chance` do not rise with the probability; so its median is that of its values in order.
    """
    return _median(law, tuple((name, numbers[name]) for name in sorted(law.refs())))


@lru_cache(maxsize=1024)
def _median(law: Law, known: tuple[tuple[str, float], ...]) -> float:
    numbers = dict(known)
    if law.kind == "chance":
        return float(np.quantile(quantile(law, MIDPOINTS, numbers), 0.5, method="inverted_cdf"))
    return float(quantile(law, np.array([0.5]), numbers)[0])


def quantile(law: Law, u: Floats, numbers: Mapping[str, float]) -> Floats:
    """Which values does a law give at the probabilities `u`?

    `u` is `(n,)` in [0, 1); `numbers` holds the values of `uncertain` in this replication. Gives `(n,)` in the
    canonical unit of the law's dimension. The formulas are the inverses of the distribution functions in
    Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", with the special functions of scipy.
    """
    p = {
        name: value if type(value) is float else resolved(value, numbers)
        for name, value in law.params.items()
    }
    values: Floats = _QUANTILES[law.kind](u, p, numbers)
    return values


def resolved(value: Any, numbers: Mapping[str, float]) -> Any:
    """What does a parameter stand for in this replication, where it is `$name`?"""
    if isinstance(value, Ref):
        return numbers[value.name]
    if isinstance(value, tuple):
        return np.array([resolved(v, numbers) for v in value], dtype=np.float64)
    return value


def _constant(u: Floats, p: Any, _: Any) -> Any:
    return np.full(u.shape, p["value"], dtype=np.float64)


def _uniform(u: Floats, p: Any, _: Any) -> Any:
    return p["low"] + u * (p["high"] - p["low"])


def _triangular(u: Floats, p: Any, _: Any) -> Any:
    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < turn, rising, falling)


def _pert(u: Floats, p: Any, _: Any) -> Any:
    low, mode, high = p["low"], p["mode"], p["high"]
    if high == low:
        return np.full(u.shape, low, dtype=np.float64)
    a = 1 + 4 * (mode - low) / (high - low)
    b = 1 + 4 * (high - mode) / (high - low)
    return low + (high - low) * special.betaincinv(a, b, u)


def _exponential(u: Floats, p: Any, _: Any) -> Any:
    return -p["mean"] * np.log1p(-u)


def _lognormal(u: Floats, p: Any, _: Any) -> Any:
    if "median" in p:
        mid, sigma = p["median"], p["sigma"]
    else:
        sigma = np.sqrt(np.log1p(p["cv"] ** 2))
        mid = p["mean"] * np.exp(-(sigma**2) / 2)
    return mid * np.exp(sigma * special.ndtri(np.maximum(u, 2.0**-54)))


def _gamma(u: Floats, p: Any, _: Any) -> Any:
    if "shape" in p:
        shape, scale = p["shape"], p["scale"]
    else:
        shape = p["cv"] ** -2.0
        scale = p["mean"] / shape
    return scale * special.gammaincinv(shape, u)


def _weibull(u: Floats, p: Any, _: Any) -> Any:
    return p["scale"] * (-np.log1p(-u)) ** (1 / p["shape"])


def _discrete(u: Floats, p: Any, _: Any) -> Any:
    upto = np.cumsum(p["weights"])
    return p["values"][np.searchsorted(upto / upto[-1], u, side="right")]


def _empirical(u: Floats, p: Any, _: Any) -> Any:
    values = np.sort(p["values"])
    return values[(u * len(values)).astype(np.int64)]


def _chance(u: Floats, p: Any, numbers: Mapping[str, float]) -> Any:
    chance = p["chance"]
    hit = u < chance
    within = np.where(
        hit, u / chance if chance > 0 else 0.0, (u - chance) / (1 - chance) if chance < 1 else 0.0
    )
    within = np.clip(within, 0.0, np.nextafter(1.0, 0.0))
    return np.where(hit, quantile(p["then"], within, numbers), quantile(p["else"], within, numbers))


_QUANTILES: dict[str, Quantile] = {
    "constant": _constant,
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "exponential": _exponential,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "discrete": _discrete,
    "empirical": _empirical,
    "chance": _chance,
}


class Draws:
    """All draws of one replication, and the record of those that are made once."""

    def __init__(self, seed: int, replication: int, uncertain: Mapping[str, Law]) -> None:
        self.seed, self.replication = seed, replication
        self.numbers: dict[str, float] = {}
        self._once: dict[str, float] = {}
        self.drawn: list[tuple[str, float, str]] = []
        """(path as in `--set`, value, dimension) of every law drawn once a replication, in the order drawn."""
        self._reused = Stream(seed, replication, "")
        for name, law in uncertain.items():
            self.numbers[name] = self.once(f"uncertain.{name}", law)

    def stream(self, name: str) -> Stream:
        """The stream of the quantity `name`, from its beginning."""
        return Stream(self.seed, self.replication, name)

    def uniforms(self, name: str, n: int) -> Floats:
        """The first `n` uniforms of the quantity `name`, as `(n,)`."""
        self._reused.begin(self.seed, self.replication, name)
        return self._reused.uniforms(n)

    def once(self, path: str, law: Law) -> float:
        """The value that a quantity has in this replication, in its canonical unit; recorded if it is a law."""
        if law.kind == "constant":
            return float(resolved(law.params["value"], self.numbers))
        if path not in self._once:
            value = float(quantile(law, self.uniforms(path, 1), self.numbers)[0])
            self._once[path] = value
            self.drawn.append((path, value, law.dimension))
        return self._once[path]

    def many(self, path: str, law: Law, n: int) -> Floats:
        """The first `n` variates of a quantity that is drawn for each request, building or event, as `(n,)`."""
        if law.kind == "constant":
            return np.full(n, resolved(law.params["value"], self.numbers), dtype=np.float64)
        return quantile(law, self.uniforms(path, n), self.numbers)

    def wholes(self, path: str, law: Law, n: int) -> list[int]:
        """The same as whole numbers, for the few of them that buildings need."""
        if law.kind == "constant":
            return [whole(self.once(path, law))] * n
        return [floor(value + 0.5) for value in self.many(path, law, n).tolist()]

    def endless(self, path: str, law: Law) -> Iterator[float]:
        """The variates of a quantity that is drawn for each event, one after the other."""
        if law.kind == "constant":
            value = float(resolved(law.params["value"], self.numbers))
            while True:
                yield value
        stream = self.stream(path)
        while True:
            yield from quantile(law, stream.uniforms(16), self.numbers).tolist()

    def median(self, law: Law) -> float:
        """The median of a law in this replication, in its canonical unit."""
        return median(law, self.numbers)


def half_up(values: Floats) -> npt.NDArray[np.int64]:
    """Whole numbers, rounded half up, as every quantity enters the model."""
    return np.floor(values + 0.5).astype(np.int64)


def whole(value: float) -> int:
    """One whole number, rounded half up, as every quantity enters the model."""
    return floor(value + 0.5)
