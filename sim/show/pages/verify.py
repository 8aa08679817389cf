"""What `sim verify` found, as people see it: a table, and what it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from sim.verify.verification import CaseResult, CheckResult

VERIFY_COLUMNS = ("case", "what", "formula", "exact", "clock", "simulated", "from", "to", "verdict")
VERDICT_STYLES = {"exact": "green", "too wide": "yellow", "WRONG": "bold red"}


def verify_rows(results: Sequence[CaseResult]) -> Iterator[tuple[str, ...]]:
    """A row for each check, and there one for each clock."""
    for case, played in groupby(results, lambda each: each.case):
        clocks = list(played)
        for k, finding in enumerate(clocks[0].check_results):
            check = finding.check
            for each in clocks:
                said = each.check_results[k]
                yield (
                    case,
                    check.label,
                    check.formula,
                    _format_number(check.exact),
                    each.engine,
                    *_number_cells(said),
                )


def verify_to_dicts(results: Sequence[CaseResult]) -> Iterator[dict[str, object]]:
    """The same for a program."""
    for each in results:
        for finding in each.check_results:
            check, half = finding.check, finding.half_width
            yield {
                "case": each.case,
                "what": check.label,
                "formula": check.formula,
                "exact": check.exact,
                "clock": each.engine,
                "simulated": finding.mean,
                "interval": [finding.mean - half, finding.mean + half],
                "replications": finding.replications,
                "verdict": finding.verdict,
            }


def _number_cells(result: CheckResult) -> tuple[str, ...]:
    numbers = (result.mean, result.mean - result.half_width, result.mean + result.half_width)
    return (*map(_format_number, numbers), result.verdict)


def _format_number(value: float) -> str:
    return f"{value:.5g}"


def verify_table(results: Sequence[CaseResult]) -> Table:
    """The table for a terminal: each case under its name, and the verdicts in colours."""
    shown = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("", "exact", "clock", "simulated", "interval", "verdict"):
        shown.add_column(
            name, justify="right" if name in ("exact", "simulated") else "left", no_wrap=bool(name)
        )
    case = what = ""
    for row in verify_rows(results):
        if row[0] != case:
            case, what = row[0], ""
            shown.add_row(Text(case, style="bold"))
        new, what = row[1] != what, row[1]
        told = (f"  {what}", row[3]) if new else ("", "")
        interval = f"{row[6]} to {row[7]}"
        shown.add_row(
            *map(Text, (*told, row[4], row[5], interval)), Text(row[8], style=VERDICT_STYLES[row[8]])
        )
    return shown


def verify_footer(
    results: Sequence[CaseResult],
    n_requested: int,
    differing_cases: Iterable[str],
    confidence_level: float,
    seed: int,
) -> Iterable[str]:
    """How many hold, of how many cases that were asked for, whether the clocks agree, and what the intervals are."""
    findings = [finding for each in results for finding in each.check_results]
    held = sum(finding.verdict == "exact" for finding in findings)
    cut = (
        f"; interrupted, {n_requested - len(results)} of {n_requested} cases are left out"
        if len(results) < n_requested
        else ""
    )
    yield f"{held} of {len(findings)} checks hold; {len(findings) - held} fail{cut}"
    if len({each.engine for each in results}) > 1:
        if differing_cases:
            yield f"The clocks differ on the same futures in: {'; '.join(differing_cases)}"
        else:
            yield "On the futures that both clocks played, every metric is the same to the last bit"
    yield (
        f"Seed {seed} gives these numbers again. Each interval is that of the mean by Student's t at"
        f" {confidence_level:.5%}, split over all checks and clocks (Bonferroni), so that a right simulator fails on less"
        " than one seed in 1,000; and each has to be tight enough to leave the wrong rules out"
    )
