"""The tails of the laws of a scenario: which may give what cannot be simulated, such as a power of 1e80 MW.

A draw beyond the limits ends a run; `sim check` looks ahead, at one draw of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.dates import Date
from sim.scenario.delays import STRETCH_KEYS, Delay, Stretch
from sim.scenario.distribution_properties import median, quantile
from sim.scenario.distributions import Distribution
from sim.scenario.factors import DISPLAY_UNIT_BY_DIMENSION, canonical_scale
from sim.scenario.faults import Complaint, KeyPath
from sim.scenario.fields import SchemaObject
from sim.scenario.schema import ScenarioFile
from sim.scenario.supplies import DatedArrivals, Need
from sim.scenario.units import max_size

TAIL_SHARE = 0.001
"""The share of draws beyond the limits from which on it is warned."""
N_PROBABILITIES = 8000
"""Probabilities at which a law is looked at; of some, such as a chance, the values do not rise with them."""
WIDE_SIGMA = 5.0
"""A sigma of a lognormal law from which on a percentage is probably meant."""


def quantity_text(value: float, distribution: Distribution) -> str:
    """A number in the canonical unit of a distribution, in the unit in which such quantities are shown."""
    unit = DISPLAY_UNIT_BY_DIMENSION.get(distribution.dimension, "")
    return f"{value / canonical_scale(distribution):.4g} {unit}".strip()


def tail_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """A warning for each law of which one draw in a thousand, or more, is beyond what can be simulated.

    Uncertain numbers count with their medians, but where they themselves are beyond it.
    """
    import numpy as np

    probabilities = (np.arange(N_PROBABILITIES) + 0.5) / N_PROBABILITIES
    medians: dict[str, float] = {}
    for path, law in iterate_distributions(scenario, ()):
        if law.is_constant and path[0] != "uncertain":
            continue
        if path[0] == "uncertain":
            medians[str(path[1])] = median(law, medians)
        # Those that are no numbers come last.
        values = np.sort(np.abs(quantile(law, probabilities, medians)))
        value = float(values[-round(TAIL_SHARE * N_PROBABILITIES)])
        if not value <= max_size(law.dimension):
            message = f"gives {quantity_text(value, law)} or more in one draw of a thousand"
            message += ", beyond what can be simulated: such a draw ends the run"
            yield Complaint(message, _narrower(law), None, path)


def _narrower(law: Distribution) -> str:
    """What to write instead of a law whose tail is too long."""
    sigma = law.params.get("sigma")
    if law.family == "lognormal" and isinstance(sigma, float) and sigma >= WIDE_SIGMA:
        return f"write a narrower law, such as sigma: {sigma / 100:g}"
    return "write a narrower law"


def iterate_distributions(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, Distribution]]:
    """The distributions in a part of a scenario, those that are certain too, each with its path."""
    match value:
        case Distribution():
            yield path, value
        case SchemaObject():
            for key, name in value.field_by_key().items():
                yield from iterate_distributions(getattr(value, name), (*path, key))
        case dict():
            for key, part in value.items():
                yield from iterate_distributions(part, (*path, str(key)))
        case Delay(law=law):
            yield from iterate_distributions(law, path)
            yield from iterate_distributions(value.never, (*path, "never"))
            yield from iterate_distributions(value.site_share, (*path, "together", "site"))
            yield from iterate_distributions(value.all_share, (*path, "together", "all"))
        case Stretch():
            for key in STRETCH_KEYS:
                yield from iterate_distributions(getattr(value, key), (*path, "stretch", key))
        case Date(plus=plus):
            yield from iterate_distributions(plus, (*path, "plus"))
        case Need(amount=amount):
            yield from iterate_distributions(amount, path)
        case DatedArrivals(amounts=amounts):
            yield from iterate_distributions(amounts, path)
        case tuple():
            for part in value:
                if isinstance(part, tuple) and len(part) == 2:
                    at, law = part
                    yield from iterate_distributions(law, (*path, f"{at:%Y-%m-%d}"))
