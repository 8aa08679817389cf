"""A comparison on the terminal: what differs beyond doubt, what perhaps, what cannot be told, and what is equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_figures, scale_to_unit
from sim.show.notebook import console_html
from sim.show.pages.run import precision_lines
from sim.study.compare import ComparisonResult, PairedComparison, differences_in_report
from sim.study.paired_difference import SIGNIFICANCE_LEVEL, PairedDifference, round_up_to_two_figures
from sim.study.precision import MAX_REPLICATIONS

if TYPE_CHECKING:
    pass

DifferenceCells = tuple[str, str, str, str, str, str]
"""A row of the page, in words."""
MAX_KEYS = 12
CERTAINTY_HEADINGS = (
    "Different, beyond doubt",
    "Perhaps different: alone it would be sure, among so many metrics it is not",
    "Not to be told from noise yet",
    "Only in one of the two",
)


def render_compare(comparison: ComparisonResult, console: Console) -> None:
    """Print what differs, pair by pair."""
    for pair in comparison.pairs:
        shown = differences_in_report(comparison, pair)
        console.print(Text.assemble(("a  ", "bold"), pair.a))
        console.print(Text.assemble(("b  ", "bold"), pair.b))
        console.print(Text(_replications_line(comparison)))
        for line in _key_lines(pair):
            console.print(Text(line, style="dim"), soft_wrap=True)
        console.print()
        console.print(Text(_verdict_line(shown), style="bold"))
        console.print()
        for part in _difference_tables(shown):
            console.print(part)
        if equal := [d.metric for d in shown if d.equal]:
            console.print(Text.assemble(("Exactly equal  ", "bold"), ", ".join(equal)))
        console.print()
    for line in _footer_lines(comparison):
        console.print(line, style="dim", highlight=False)


def compare_html(comparison: ComparisonResult) -> str:
    """The same for a notebook."""
    return console_html(lambda console: render_compare(comparison, console))


def _replications_line(comparison: ComparisonResult) -> str:
    told = comparison.provenance
    n = told["finished"]
    often = "1 replication" if n == 1 else f"{n:,} replications"
    return f"{often} each, in the same futures (seed {told['seed']}); ± is half of a 95 % interval"


def _key_lines(pair: PairedComparison) -> Iterable[str]:
    """What is assumed otherwise, key by key."""
    if not pair.differing_keys:
        yield "the two assume the same"
    for key, mine, theirs in pair.differing_keys[:MAX_KEYS]:
        yield f"{key}: {mine} -> {theirs}"
    if (more := len(pair.differing_keys) - MAX_KEYS) > 0:
        yield f"... and {more} keys more (sim show A --diff B)"


def _certainty(d: PairedDifference) -> int:
    if d.diff is None:
        return 3
    if d.significant:
        return 0
    return 1 if d.ci95 is not None and not d.ci95[0] <= 0 <= d.ci95[1] else 2


def _verdict_line(differences: Sequence[PairedDifference]) -> str:
    """What is beyond doubt, in words."""
    sure = [f"{d.metric} {d.verdict}" for d in differences if d.significant]
    if not sure:
        return (
            "Nothing differs beyond doubt."
            if any(not d.equal for d in differences)
            else "All is exactly equal."
        )
    return f"Beyond doubt, b has {'; '.join(sure)}."


def _difference_tables(differences: Sequence[PairedDifference]) -> Iterable[RenderableType]:
    """A row for each metric that is not equal, under a heading for each group by what can be said of it."""
    other = [d for d in differences if not d.equal]
    cells = {d.metric: _difference_cells(d) for d in other}
    header = ("", "a", "b", "b less a", "saved", "to be sure")
    if other:
        yield _aligned_table([header], [*cells.values(), header], style="dim")
    for k, heading in enumerate(CERTAINTY_HEADINGS):
        if group := [d for d in other if _certainty(d) == k]:
            yield Text(heading, style="bold")
            yield _aligned_table(
                [cells[d.metric] for d in group], [*cells.values(), header], "green" if k == 0 else ""
            )


def _aligned_table(
    rows: Sequence[DifferenceCells], width_rows: Sequence[DifferenceCells], style: str
) -> Table:
    """Some rows, as wide as all that stand above and below."""
    table = Table.grid(padding=(0, 1))
    for k, _ in enumerate(rows[0]):
        width = max(len(row[k]) for row in width_rows)
        table.add_column(justify="right" if k else "left", width=width, overflow="fold", no_wrap=k > 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row), style=style)
    return table


def _difference_cells(d: PairedDifference) -> DifferenceCells:
    """A row of the table: numbers in the unit of the metric, in one step for the whole row."""
    most = max(abs(x) for x in (d.a, d.b, d.diff) if x is not None)
    _, unit = scale_to_unit(0, d.unit, most)

    def said(value: float | None) -> str:
        return (
            "-" if value is None else format_figures(scale_to_unit(value, d.unit, most)[0]).replace("-", "−")
        )

    change = "-"
    if d.diff is not None:
        half = "" if d.ci95 is None else f" ± {said((d.ci95[1] - d.ci95[0]) / 2)}"
        change = f"{'+' if d.diff > 0 else ''}{said(d.diff)}{half} {unit.replace('%', 'pt')}".replace(
            "-", "−"
        )
    return (
        f" {d.metric}",
        said(d.a),
        said(d.b),
        change.rstrip(),
        _format_saving(d.variance_reduction),
        _format_replications_needed(d),
    )


def _format_replications_needed(d: PairedDifference) -> str:
    if d.replications_needed is None:
        return ""
    return (
        f"> {MAX_REPLICATIONS:,}"
        if d.replications_needed > MAX_REPLICATIONS
        else f"~{round_up_to_two_figures(d.replications_needed):,}"
    )


def _format_saving(share: float | None) -> str:
    return "-" if share is None else f"{format_figures(100 * share, 2)} %"


def _footer_lines(comparison: ComparisonResult) -> Iterable[str]:
    """How to read it, and where it is."""
    told = comparison.provenance
    first, *others = ((name, len(names)) for name, names in comparison.metric_families.items())
    yield f"Corrected for {first[1]} metrics (Holm, {SIGNIFICANCE_LEVEL:.0%})" + "".join(
        f"; {n} {name}, corrected by themselves, are in comparison.json" for name, n in others if n
    )
    every = (d for pair in comparison.pairs for d in differences_in_report(comparison, pair) if not d.equal)
    if saved := [d.variance_reduction for d in every if d.variance_reduction is not None]:
        yield f"saved: how much of the variance the same futures save; {_format_saving(median(saved))} in the median"
    yield "to be sure: replications that find a difference like the one seen 4 times in 5"
    if comparison.interrupted:
        n, asked = told["finished"], told["replications"]
        yield f"Interrupted: {n} of {asked} replications are finished in all of them, and are kept"
    if "precision" in told:
        yield from precision_lines(told["precision"], told["finished"])
    if comparison.folder is not None:
        yield f"What it left is in {comparison.folder}"
