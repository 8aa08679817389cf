"""The lines about the precision that was asked for, which the pages of runs and comparisons share."""

from collections.abc import Iterable
from typing import Any


def precision_lines(precision: dict[str, Any], n_replications: int) -> Iterable[str]:
    """Yield whether the precision was reached, and for each metric; `precision` is that of the provenance."""
    outcome = f"was reached with {n_replications:,} replications (at least {precision['least']:,}"
    if not precision["reached"]:
        outcome = f"was NOT reached with {n_replications:,} replications (at most {precision['most']:,}"
    yield f"The precision asked for {outcome} are played)"
    for metric in precision["metrics"]:
        yield f"  {'reached' if metric['reached'] else 'missed'}: {metric['told']}"
