"""A comparison on the terminal: what differs beyond doubt, what perhaps, what cannot be told, and what is equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.show.notebook import as_html
from sim.show.page import precision_lines
from sim.show.report import NothingToShow, figures_to
from sim.study.amounts import figures, scaled
from sim.study.comparison import Comparison, Pair
from sim.study.difference import LEVEL, Difference, roughly
from sim.study.precision import MOST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cells = tuple[str, str, str, str, str, str]
"""A row of the page, in words."""
MOST_KEYS = 12
GROUPS = (
    "Different, beyond doubt",
    "Perhaps different: alone it would be sure, among so many metrics it is not",
    "Not to be told from noise yet",
    "Only in one of the two",
)


def page(comparison: Comparison, console: Console) -> None:
    """Print what differs, pair by pair."""
    for pair in comparison.pairs:
        shown = told_of(comparison, pair)
        console.print(Text.assemble(("a  ", "bold"), pair.a))
        console.print(Text.assemble(("b  ", "bold"), pair.b))
        console.print(Text(_futures(comparison)))
        for line in _keys(pair):
            console.print(Text(line, style="dim"), soft_wrap=True)
        console.print()
        console.print(Text(_story(shown), style="bold"))
        console.print()
        for part in _tables(shown):
            console.print(part)
        if equal := [d.metric for d in shown if d.equal]:
            console.print(Text.assemble(("Exactly equal  ", "bold"), ", ".join(equal)))
        console.print()
    for line in _footing(comparison):
        console.print(line, style="dim", highlight=False)


def page_html(comparison: Comparison) -> str:
    """The same for a notebook."""
    return as_html(lambda console: page(comparison, console))


def drawn(comparison: Comparison, name: str) -> Figure:
    """Draw a picture. Raises NothingToShow, with the reason, where there is nothing to show."""
    from sim.show.plots.differences import PICTURES

    draw, idle = PICTURES[name]
    if reason := idle(comparison):
        raise NothingToShow(f"the plot {name} is left out: {reason}")
    return draw(comparison)


def pictures_to(comparison: Comparison, folder: Path) -> list[Path]:
    """Draw the pictures that have something to show, and remove what an earlier comparison left of the others."""
    from sim.show.plots.differences import PICTURES

    figures = (
        (name, None if idle(comparison) else draw(comparison)) for name, (draw, idle) in PICTURES.items()
    )
    return figures_to(figures, folder)


def told_of(comparison: Comparison, pair: Pair) -> list[Difference]:
    """The differences that a page or a plot tells: of the first family, where any of the two has a value."""
    first = next(iter(comparison.families.values()))
    found = [pair.differences[name] for name in first]
    return [d for d in found if d.a is not None or d.b is not None]


def _futures(comparison: Comparison) -> str:
    told = comparison.provenance
    n = told["finished"]
    often = "1 replication" if n == 1 else f"{n:,} replications"
    return f"{often} each, in the same futures (seed {told['seed']}); ± is half of a 95 % interval"


def _keys(pair: Pair) -> Iterable[str]:
    """What is assumed otherwise, key by key."""
    if not pair.keys:
        yield "the two assume the same"
    for key, mine, theirs in pair.keys[:MOST_KEYS]:
        yield f"{key}: {mine} -> {theirs}"
    if (more := len(pair.keys) - MOST_KEYS) > 0:
        yield f"... and {more} keys more (sim show A --diff B)"


def _group(d: Difference) -> int:
    if d.diff is None:
        return 3
    if d.sure:
        return 0
    return 1 if d.ci95 is not None and not d.ci95[0] <= 0 <= d.ci95[1] else 2


def _story(shown: Sequence[Difference]) -> str:
    """What is beyond doubt, in words."""
    sure = [f"{d.metric} {d.verdict}" for d in shown if d.sure]
    if not sure:
        return "Nothing differs beyond doubt." if any(not d.equal for d in shown) else "All is exactly equal."
    return f"Beyond doubt, b has {'; '.join(sure)}."


def _tables(shown: Sequence[Difference]) -> Iterable[RenderableType]:
    """A row for each metric that is not equal, under a heading for each group by what can be said of it."""
    other = [d for d in shown if not d.equal]
    cells = {d.metric: _cells(d) for d in other}
    header = ("", "a", "b", "b less a", "saved", "to be sure")
    if other:
        yield _table([header], [*cells.values(), header], style="dim")
    for k, heading in enumerate(GROUPS):
        if group := [d for d in other if _group(d) == k]:
            yield Text(heading, style="bold")
            yield _table(
                [cells[d.metric] for d in group], [*cells.values(), header], "green" if k == 0 else ""
            )


def _table(rows: Sequence[Cells], alike: Sequence[Cells], style: str) -> Table:
    """Some rows, as wide as all that stand above and below."""
    table = Table.grid(padding=(0, 1))
    for k, _ in enumerate(rows[0]):
        width = max(len(row[k]) for row in alike)
        table.add_column(justify="right" if k else "left", width=width, overflow="fold", no_wrap=k > 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row), style=style)
    return table


def _cells(d: Difference) -> Cells:
    """A row of the table: numbers in the unit of the metric, in one step for the whole row."""
    most = max(abs(x) for x in (d.a, d.b, d.diff) if x is not None)
    _, unit = scaled(0, d.unit, most)

    def said(value: float | None) -> str:
        return "-" if value is None else figures(scaled(value, d.unit, most)[0]).replace("-", "−")

    change = "-"
    if d.diff is not None:
        half = "" if d.ci95 is None else f" ± {said((d.ci95[1] - d.ci95[0]) / 2)}"
        change = f"{'+' if d.diff > 0 else ''}{said(d.diff)}{half} {unit.replace('%', 'pt')}".replace(
            "-", "−"
        )
    return f" {d.metric}", said(d.a), said(d.b), change.rstrip(), _percent(d.saved), _needed(d)


def _needed(d: Difference) -> str:
    if d.replications_needed is None:
        return ""
    return f"> {MOST:,}" if d.replications_needed > MOST else f"~{roughly(d.replications_needed):,}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{figures(100 * share, 2)} %"


def _footing(comparison: Comparison) -> Iterable[str]:
    """How to read it, and where it is."""
    told = comparison.provenance
    first, *others = ((name, len(names)) for name, names in comparison.families.items())
    yield f"Corrected for {first[1]} metrics (Holm, {LEVEL:.0%})" + "".join(
        f"; {n} {name}, corrected by themselves, are in comparison.json" for name, n in others if n
    )
    every = (d for pair in comparison.pairs for d in told_of(comparison, pair) if not d.equal)
    if saved := [d.saved for d in every if d.saved is not None]:
        yield f"saved: how much of the variance the same futures save; {_percent(median(saved))} in the median"
    yield "to be sure: replications that find a difference like the one seen 4 times in 5"
    if comparison.interrupted:
        n, asked = told["finished"], told["replications"]
        yield f"Interrupted: {n} of {asked} replications are finished in all of them, and are kept"
    if "precision" in told:
        yield from precision_lines(told["precision"], told["finished"])
    if comparison.folder is not None:
        yield f"What it left is in {comparison.folder}"
