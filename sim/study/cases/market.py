"""What the cases have in common: simple markets, as the keys of a scenario file."""

from collections.abc import Mapping
from typing import Any

TERM = 1
"""The mean term of nearly every request, in days."""
EXPONENTIAL = {"exponential": {"mean": f"{TERM} d"}}
ENDLESS = 1000
"""MW at a site where there is always room."""

Written = dict[str, Any]


def stream(load: float, **keys: Any) -> Written:
    """A stream of requests of 1 MW that gives so many erlangs; lost if not served at once."""
    return {
        "customer": "Lab",
        "arrivals": {"poisson": {"rate": f"{load / TERM} /d"}},
        "size": "1 MW",
        "term": EXPONENTIAL,
        "patience": "0 d",
    } | keys


def market(demand: Written, online: Mapping[str, int], replications: int = 100, **keys: Any) -> Written:
    """A market for two years, watched from its second month on: each provider has one site of so many MW."""
    return {
        "start": "2025-01-01",
        "end": "2027-01-01",
        "measure_from": "2025-02-01",
        "replications": replications,
        "demand": demand,
        "providers": {name: {"sites": [f"{name} site"]} for name in online},
        "sites": {f"{name} site": {"online": f"{mw} MW"} for name, mw in online.items()},
        "overflow": {"policy": "in order"},
    } | keys
