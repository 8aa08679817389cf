"""The page of `compare`: for each pair, the metrics that differ, by the certainty of the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import (
    format_count,
    format_figures,
    format_percent_2,
    scale_to_unit,
    typographic_minus,
    with_half_width,
    with_sign,
)
from sim.show.notebook import console_html
from sim.show.pages.precision import precision_lines
from sim.study.compare import ComparisonResult, PairedComparison, differences_in_report
from sim.study.paired_difference import SIGNIFICANCE_LEVEL, PairedDifference, round_up_to_two_figures
from sim.study.precision import MAX_REPLICATIONS

DifferenceCells = tuple[str, str, str, str, str, str]
"""A row of the table as text: metric, a, b, b less a, saved, to be sure."""
MAX_KEYS = 12
CERTAINTY_HEADINGS = (
    "Different, beyond doubt",
    "Perhaps different: alone it would be sure, among so many metrics it is not",
    "Not to be told from noise yet",
    "Only in one of the two",
)
"""The headings of the groups of metrics, by the number that `_certainty` gives."""


def render_compare(comparison: ComparisonResult, console: Console) -> None:
    """Print the page of a comparison, pair by pair."""
    for pair in comparison.pairs:
        differences = differences_in_report(comparison, pair)
        console.print(Text.assemble(("a  ", "bold"), pair.a))
        console.print(Text.assemble(("b  ", "bold"), pair.b))
        console.print(Text(_replications_line(comparison)))
        for caution in pair.cautions:
            console.print(Text(caution, style="yellow"))
        for line in _key_lines(pair):
            console.print(Text(line, style="dim"), soft_wrap=True)
        console.print()
        console.print(Text(_verdict_line(differences), style="bold"))
        console.print()
        for part in _difference_tables(differences):
            console.print(part)
        if equal := [d.metric for d in differences if d.equal]:
            console.print(Text.assemble(("Exactly equal  ", "bold"), ", ".join(equal)))
        for d in differences:
            if d.is_partial:
                console.print(Text(f"{d.metric} is {d.coverage}", style="yellow"))
        console.print()
    for line in _footer_lines(comparison):
        console.print(line, style="dim", highlight=False)


def compare_html(comparison: ComparisonResult) -> str:
    """Return the page as HTML for a notebook."""
    return console_html(lambda console: render_compare(comparison, console))


def _replications_line(comparison: ComparisonResult) -> str:
    provenance = comparison.provenance
    replications = format_count(provenance["finished"], "replication")
    seed = provenance["seed"]
    return f"{replications} each, in the same futures (seed {seed}); ± is half of a 95 % interval"


def _key_lines(pair: PairedComparison) -> Iterable[str]:
    """Yield the keys in which the two scenarios differ; of many only the first."""
    if not pair.differing_keys:
        yield "the two assume the same"
    for key, value_a, value_b in pair.differing_keys[:MAX_KEYS]:
        yield f"{key}: {value_a} -> {value_b}"
    if (more := len(pair.differing_keys) - MAX_KEYS) > 0:
        yield f"... and {more} keys more (sim show A --diff B)"


def _certainty(d: PairedDifference) -> int:
    """Return the group of a metric, as an index of CERTAINTY_HEADINGS."""
    if d.diff is None:
        return 3
    if d.significant:
        return 0
    return 1 if d.ci95 is not None and not d.ci95[0] <= 0 <= d.ci95[1] else 2


def _verdict_line(differences: Sequence[PairedDifference]) -> str:
    """Return the sentence about the differences that are significant."""
    significant = [f"{d.metric} {d.verdict}" for d in differences if d.significant]
    if not significant:
        return (
            "Nothing differs beyond doubt."
            if any(not d.equal for d in differences)
            else "All is exactly equal."
        )
    return f"Beyond doubt, b has {'; '.join(significant)}."


def _difference_tables(differences: Sequence[PairedDifference]) -> Iterable[RenderableType]:
    """Lay out a row for each metric that is not equal, in groups by the certainty of the difference."""
    unequal = [d for d in differences if not d.equal]
    cells = {d.metric: _difference_cells(d) for d in unequal}
    header = ("", "a", "b", "b less a", "saved", "to be sure")
    if unequal:
        yield _aligned_table([header], [*cells.values(), header], style="dim")
    for k, heading in enumerate(CERTAINTY_HEADINGS):
        if group := [d for d in unequal if _certainty(d) == k]:
            yield Text(heading, style="bold")
            yield _aligned_table(
                [cells[d.metric] for d in group], [*cells.values(), header], "green" if k == 0 else ""
            )


def _aligned_table(
    rows: Sequence[DifferenceCells], width_rows: Sequence[DifferenceCells], style: str
) -> Table:
    """Lay out some rows with columns as wide as `width_rows` need, so that several tables align."""
    table = Table.grid(padding=(0, 1))
    for k, _ in enumerate(rows[0]):
        width = max(len(row[k]) for row in width_rows)
        table.add_column(justify="right" if k else "left", width=width, overflow="fold", no_wrap=k > 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row), style=style)
    return table


def _difference_cells(d: PairedDifference) -> DifferenceCells:
    """Format a row: all its numbers in one unit, that suits the largest."""
    largest = max(abs(x) for x in (d.a, d.b, d.diff) if x is not None)
    _, unit = scale_to_unit(0, d.unit, largest)

    def scaled(value: float | None) -> str:
        if value is None:
            return "-"
        return typographic_minus(format_figures(scale_to_unit(value, d.unit, largest)[0]))

    change = "-"
    if d.diff is not None:
        change = with_sign(scaled(d.diff), d.diff)
        if d.ci95 is not None and d.sd != 0:
            change = with_half_width(change, scaled((d.ci95[1] - d.ci95[0]) / 2))
        # points are short here, as the column is narrow
        change = typographic_minus(f"{change} {unit.replace('%', 'pt')}".rstrip())
        if d.sd == 0:
            change += ", always"
    return (
        f" {d.metric}",
        scaled(d.a),
        scaled(d.b),
        change,
        format_percent_2(d.variance_reduction),
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


def _footer_lines(comparison: ComparisonResult) -> Iterable[str]:
    """Yield how to read the page, and where the files are."""
    provenance = comparison.provenance
    reported, *others = ((name, len(names)) for name, names in comparison.metric_families.items())
    yield f"Corrected for {reported[1]} metrics (Holm, {SIGNIFICANCE_LEVEL:.0%})" + "".join(
        f"; {n} {name}, corrected by themselves, are in comparison.json" for name, n in others if n
    )
    unequal = (d for pair in comparison.pairs for d in differences_in_report(comparison, pair) if not d.equal)
    if reductions := [d.variance_reduction for d in unequal if d.variance_reduction is not None]:
        saving = format_percent_2(median(reductions))
        yield f"saved: how much of the variance the same futures save; {saving} in the median"
    if any(
        d.sd == 0 for pair in comparison.pairs for d in differences_in_report(comparison, pair) if not d.equal
    ):
        yield "always: the same in every future"
    yield "to be sure: replications that find a difference like the one seen 4 times in 5"
    if comparison.interrupted:
        n, n_requested = provenance["finished"], provenance["replications"]
        yield f"Interrupted: {n} of {n_requested} replications are finished in all of them, and are kept"
    if "precision" in provenance:
        yield from precision_lines(provenance["precision"], provenance["finished"])
    if comparison.folder is not None:
        yield f"What it left is in {comparison.folder}"
