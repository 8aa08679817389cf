"""The page of `verify`: a table of the checks, and a footer that says what it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_significant
from sim.verify.verification import CaseResult, CheckResult

VERIFY_COLUMNS = ("case", "what", "formula", "exact", "clock", "simulated", "from", "to", "verdict")
VERDICT_STYLES = {"exact": "green", "too wide": "yellow", "WRONG": "bold red"}


def verify_rows(results: Sequence[CaseResult]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of text: for each check, one for each engine."""
    for case, group in groupby(results, lambda result: result.case):
        by_engine = list(group)
        for k, first in enumerate(by_engine[0].check_results):
            check = first.check
            for result in by_engine:
                yield (
                    case,
                    check.label,
                    check.formula,
                    _format_number(check.exact),
                    result.engine,
                    *_number_cells(result.check_results[k]),
                )


def verify_to_dicts(results: Sequence[CaseResult]) -> Iterator[dict[str, object]]:
    """Yield the rows as objects for JSON, with unrounded numbers."""
    for case in results:
        for result in case.check_results:
            check, half_width = result.check, result.half_width
            yield {
                "case": case.case,
                "what": check.label,
                "formula": check.formula,
                "exact": check.exact,
                "clock": case.engine,
                "simulated": result.mean,
                "interval": [result.mean - half_width, result.mean + half_width],
                "replications": result.replications,
                "verdict": result.verdict,
            }


def _number_cells(result: CheckResult) -> tuple[str, ...]:
    numbers = (result.mean, result.mean - result.half_width, result.mean + result.half_width)
    return (*map(_format_number, numbers), result.verdict)


def _format_number(value: float) -> str:
    return format_significant(value, 5)


def verify_table(results: Sequence[CaseResult]) -> Table:
    """Lay out the table for a terminal: each case under its name, and the verdicts in colours."""
    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("", "exact", "clock", "simulated", "interval", "verdict"):
        table.add_column(
            name, justify="right" if name in ("exact", "simulated") else "left", no_wrap=bool(name)
        )
    previous_case = previous_label = ""
    for case, label, _, exact, engine, mean, low, high, verdict in verify_rows(results):
        if case != previous_case:
            previous_case, previous_label = case, ""
            table.add_row(Text(case, style="bold"))
        # a check on a second engine does not repeat its label and exact value
        check = (f"  {label}", exact) if label != previous_label else ("", "")
        previous_label = label
        table.add_row(
            *map(Text, (*check, engine, mean, f"{low} to {high}")),
            Text(verdict, style=VERDICT_STYLES[verdict]),
        )
    return table


def verify_footer(
    results: Sequence[CaseResult],
    n_requested: int,
    differing_cases: Iterable[str],
    confidence_level: float,
    seed: int,
) -> Iterable[str]:
    """Yield how many checks hold, whether the engines agree, and what the seed and the intervals mean."""
    checks = [result for case in results for result in case.check_results]
    n_held = sum(result.verdict == "exact" for result in checks)
    interruption = (
        f"; interrupted, {n_requested - len(results)} of {n_requested} cases are left out"
        if len(results) < n_requested
        else ""
    )
    yield f"{n_held} of {len(checks)} checks hold; {len(checks) - n_held} fail{interruption}"
    if len({case.engine for case in results}) > 1:
        if differing_cases:
            yield f"The clocks differ on the same futures in: {'; '.join(differing_cases)}"
        else:
            yield "On the futures that both clocks played, every metric is the same to the last bit"
    yield (
        f"Seed {seed} gives these numbers again. Each interval is that of the mean by Student's t at"
        f" {confidence_level:.5%}, split over all checks and clocks (Bonferroni), so that a right simulator fails on"
        " less than one seed in 1,000; and each has to be tight enough to leave the wrong rules out"
    )
