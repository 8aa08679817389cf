"""Simple markets as the keys of a scenario file: what the reference cases have in common."""

from collections.abc import Mapping
from typing import Any

MEAN_TERM_DAYS = 1
"""The mean term of nearly every request, in days."""
EXPONENTIAL_TERM = {"exponential": {"mean": f"{MEAN_TERM_DAYS} d"}}
AMPLE_MW = 1000
"""The MW of a site where there is always room."""

ScenarioKeys = dict[str, Any]


def stream_keys(load: float, **keys: Any) -> ScenarioKeys:
    """Keys of a stream of requests of 1 MW with a load in erlangs; requests not served at once are lost."""
    return {
        "customer": "Lab",
        "arrivals": {"poisson": {"rate": f"{load / MEAN_TERM_DAYS} /d"}},
        "size": "1 MW",
        "term": EXPONENTIAL_TERM,
        "patience": "0 d",
    } | keys


def market_keys(
    demand: ScenarioKeys, online: Mapping[str, int], replications: int = 100, **keys: Any
) -> ScenarioKeys:
    """Keys of a market of two years, measured from its second month on, where each provider has one site.

    `online` gives the MW of the site by the name of the provider.
    """
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
