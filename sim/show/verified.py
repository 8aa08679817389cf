"""What `sim verify` found, as people see it: a table, and what it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from sim.study.verification import Examined, Finding

HEADER = ("case", "what", "formula", "exact", "clock", "simulated", "from", "to", "verdict")
STYLES = {"exact": "green", "too wide": "yellow", "WRONG": "bold red"}


def rows(found: Sequence[Examined]) -> Iterator[tuple[str, ...]]:
    """A row for each check, and there one for each clock."""
    for case, played in groupby(found, lambda each: each.case):
        clocks = list(played)
        for k, finding in enumerate(clocks[0].findings):
            check = finding.check
            for each in clocks:
                said = each.findings[k]
                yield (case, check.what, check.formula, _number(check.exact), each.clock, *_cells(said))


def told(found: Sequence[Examined]) -> Iterator[dict[str, object]]:
    """The same for a program."""
    for each in found:
        for finding in each.findings:
            check, half = finding.check, finding.half
            yield {
                "case": each.case,
                "what": check.what,
                "formula": check.formula,
                "exact": check.exact,
                "clock": each.clock,
                "simulated": finding.mean,
                "interval": [finding.mean - half, finding.mean + half],
                "replications": finding.replications,
                "verdict": finding.verdict,
            }


def _cells(finding: Finding) -> tuple[str, ...]:
    numbers = (finding.mean, finding.mean - finding.half, finding.mean + finding.half)
    return (*map(_number, numbers), finding.verdict)


def _number(value: float) -> str:
    return f"{value:.5g}"


def table(found: Sequence[Examined]) -> Table:
    """The table for a terminal: each case under its name, and the verdicts in colours."""
    shown = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("", "exact", "clock", "simulated", "interval", "verdict"):
        shown.add_column(
            name, justify="right" if name in ("exact", "simulated") else "left", no_wrap=bool(name)
        )
    case = what = ""
    for row in rows(found):
        if row[0] != case:
            case, what = row[0], ""
            shown.add_row(Text(case, style="bold"))
        new, what = row[1] != what, row[1]
        told = (f"  {what}", row[3]) if new else ("", "")
        interval = f"{row[6]} to {row[7]}"
        shown.add_row(*map(Text, (*told, row[4], row[5], interval)), Text(row[8], style=STYLES[row[8]]))
    return shown


def footing(
    found: Sequence[Examined], asked: int, differing: Iterable[str], confidence: float, seed: int
) -> Iterable[str]:
    """How many hold, of how many cases that were asked for, whether the clocks agree, and what the intervals are."""
    findings = [finding for each in found for finding in each.findings]
    held = sum(finding.verdict == "exact" for finding in findings)
    cut = f"; interrupted, {asked - len(found)} of {asked} cases are left out" if len(found) < asked else ""
    yield f"{held} of {len(findings)} checks hold; {len(findings) - held} fail{cut}"
    if len({each.clock for each in found}) > 1:
        if differing:
            yield f"The clocks differ on the same futures in: {'; '.join(differing)}"
        else:
            yield "On the futures that both clocks played, every metric is the same to the last bit"
    yield (
        f"Seed {seed} gives these numbers again. Each interval is that of the mean by Student's t at"
        f" {confidence:.5%}, split over all checks and clocks (Bonferroni), so that a right simulator fails on less"
        " than one seed in 1,000; and each has to be tight enough to leave the wrong rules out"
    )
