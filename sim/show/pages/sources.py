"""The page of `sources`: the quantities of a scenario with their sources, and how many have which confidence."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from sim.scenario.sources import SourcedQuantity
from sim.show.pages.tables import print_table

SOURCES_COLUMNS = ("quantity", "value", "confidence", "source")


def render_sources(rows: Sequence[SourcedQuantity], console: Console) -> None:
    """Print a row for each quantity, and mark those without a source."""
    cells = [
        (q.path, q.value, q.confidence or "-", q.source or f"NO SOURCE {q.note or ''}".strip()) for q in rows
    ]
    print_table(SOURCES_COLUMNS, cells, console)


def count_by_confidence(quantities: Sequence[SourcedQuantity]) -> Counter[str]:
    """Count quantities by their confidence; `none` is that of a quantity which states none."""
    return Counter(quantity.confidence or "none" for quantity in quantities)


def sources_footer(quantities: Sequence[SourcedQuantity], assumptions: Sequence[SourcedQuantity]) -> str:
    """Return the line that says how many quantities there are, by confidence, and how many have no source."""
    counts = ", ".join(f"{n} {word}" for word, n in count_by_confidence(quantities).most_common())
    return f"{len(quantities)} quantities: {counts}; {len(assumptions)} have no source"
