"""What a sweep has found, on the terminal: where each outcome is least and most, and what is expected of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.scenario.laws import PARAMETERS
from sim.show.notebook import as_html
from sim.study.estimates import Verdict
from sim.study.swept import Swept

if TYPE_CHECKING:
    from collections.abc import Sequence

OF_LAWS = {name for ways in PARAMETERS.values() for way in ways for name in way}
"""What stands at the end of a path into a law, and says little alone."""
MOST_FACTORS = 5
"""With more factors than this, a point is told by its number."""
MOST_ROWS = 12
"""So many points are told one by one."""


def callings(done: Swept) -> dict[str, str]:
    """The factors in words: as much of the end of each path as tells it from the others."""
    names = [each["name"] for each in done.factors]
    least = {
        name: 3 if name.rpartition(".")[2] in OF_LAWS else 2 if name.count(".") > 2 else 1 for name in names
    }
    told = {}
    for name in names:
        parts = name.split(".")
        ends = [" ".join(parts[-n:]) for n in range(min(least[name], len(parts)), len(parts) + 1)]
        others = [" ".join(other.split(".")) for other in names if other != name]
        unique = (end for end in ends if not any(f" {other}".endswith(f" {end}") for other in others))
        told[name] = next(unique, ends[-1])
    return told


def value(shown: Any, unit: str) -> str:
    """A value of a factor, with its unit."""
    if shown is None:
        return "as it is"
    text = str(shown)
    if isinstance(shown, float):
        text = f"{shown:,.0f}" if abs(shown) >= 1e4 else f"{shown:.4g}"
    return f"{text} {unit}".strip()


def amount(x: float | None) -> str:
    """A number in few digits."""
    if x is None or math.isnan(x):
        return "-"
    for size, word in ((1e9, " B"), (1e6, " M")):
        if abs(x) >= size:
            return f"{x / size:,.3g}{word}"
    return f"{x:,.0f}" if abs(x) >= 100 or x == 0 else f"{x:.3g}"


def spread(row: dict[str, Any]) -> str:
    """A mean, and how far its interval reaches to either side."""
    if row["ci_high"] is None:
        return amount(row["mean"])
    return f"{amount(row['mean'])} ± {amount(row['ci_high'] - row['mean'])}"


def where(done: Swept, point: int) -> str:
    """The values of the factors at a point, where they are few; else its number."""
    if len(done.factors) > MOST_FACTORS:
        return f"point {point}"
    row, called = done.points.row(point, named=True), callings(done)
    told = [
        f"{called[each['name']]} {value(row[each['name']], each['unit'])}"
        for each in done.factors
        if row[each["name"]] is not None
    ]
    return ", ".join(told) or "the scenario as it is"


def page(done: Swept, console: Console) -> None:
    """Print what a sweep has found."""
    found = done.estimates
    parts: list[RenderableType] = [Text(_what(done)), Text("")]
    for each in done.factors:
        parts.append(Text.assemble((each["kind"].ljust(12), "dim"), _factor(done, each)))
    parts += [Text(""), *([_responses(done, found)] if len(done.factors) == 1 else _ends(done, found))]
    failed = done.failures
    if len(failed):
        n, first = int(failed["runs"].sum()), failed.row(0, named=True)
        parts += [
            Text(""),
            Text(
                f"{n} of {done.finished} runs failed, at {len(failed)} of {len(done.points)} points",
                "bold red",
            ),
            Text(f"first at {where(done, first['point'])}:"),
            Text(f"  {first['error']}"),
        ]
    verdicts = done.verdicts()
    parts += [Text("")] if verdicts else []
    for statement, (text, style) in said(done, verdicts).items():
        parts.append(Text(f"{text}: {statement}" if style == "green" else f"{text}", style=style))
    console.print(Panel(Group(*parts), title=done.told["title"] or done.name, title_align="left"))
    on = "" if done.clock is None else f"; engine {done.clock.engine} ({done.clock.why})"
    console.print(f"Runs, points and estimates are in {done.folder}{on}", style="dim")


def page_html(done: Swept) -> str:
    """The same for a notebook."""
    return as_html(lambda console: page(done, console))


def _what(done: Swept) -> str:
    """How much was played, of what."""
    design = done.told["identity"]["design"]["kind"]
    runs = f"{len(done.points):,} points ({design}), {done.replications} replications at each"
    return f"{done.told['scenario']}: {runs}, seed {done.told['identity']['seed']}"


def _factor(done: Swept, each: dict[str, Any]) -> str:
    """A factor, and from where to where it goes."""
    column = done.points[each["name"]].drop_nulls()
    distinct = column.unique(maintain_order=True)
    if len(distinct) <= 8 and each["kind"] == "lever":
        return f"{each['name']}: {', '.join(value(x, each['unit']) for x in distinct)}"
    low, high = column.min(), column.max()
    return f"{each['name']}: {value(low, each['unit'])} to {value(high, each['unit'])}"


def _responses(done: Swept, found: pl.DataFrame) -> Table:
    """A row for each value of the only factor: the mean of each outcome, and its interval."""
    table = Table(box=None, pad_edge=False)
    each = done.factors[0]
    table.add_column(callings(done)[each["name"]])
    outcomes = done.outcomes[:4]
    for metric in outcomes:
        table.add_column(metric.replace(".", ".\n"), justify="right")
    shown = done.points.sort(each["name"])["point"].to_list()
    step = max(1, -(-len(shown) // MOST_ROWS))
    for point in shown[::step]:
        rows = {row["metric"]: row for row in found.filter(pl.col("point") == point).iter_rows(named=True)}
        at = value(done.points[each["name"]][point], each["unit"])
        table.add_row(at, *(spread(rows[metric]) for metric in outcomes))
    return table


def _ends(done: Swept, found: pl.DataFrame) -> Iterable[RenderableType]:
    """For each outcome: where its mean is least, and where it is most."""
    for metric in done.outcomes[:MOST_ROWS]:
        rows = found.filter((pl.col("metric") == metric) & pl.col("mean").is_not_null()).sort("mean", "point")
        yield Text(metric, style="bold")
        table = Table.grid(padding=(0, 2), pad_edge=False)
        for name, justify, width in (("", "left", 7), ("", "right", 18), ("", "left", None)):
            table.add_column(name, justify=justify, min_width=width)  # type: ignore[arg-type]
        if not len(rows):
            table.add_row("  -", "", "no value at any point")
        elif rows["mean"].n_unique() == 1:
            table.add_row("  all", spread(rows.row(0, named=True)), "at every point")
        else:
            for word, row in (("  least", rows.row(0, named=True)), ("  most", rows.row(-1, named=True))):
                table.add_row(word, spread(row), where(done, row["point"]))
        yield table
    if len(done.outcomes) > MOST_ROWS:
        yield Text(f"and {len(done.outcomes) - MOST_ROWS} more outcomes, in estimates.parquet", style="dim")


def said(done: Swept, verdicts: Iterable[Verdict]) -> dict[str, tuple[str, str]]:
    """What became of each statement, in words, and its colour."""
    told: dict[str, tuple[str, str]] = {}
    by_statement: dict[str, list[Verdict]] = {}
    for each in verdicts:
        by_statement.setdefault(each.statement, []).append(each)
    for statement, each_point in by_statement.items():
        wrong = [each for each in each_point if not each.holds]
        if not wrong:
            told[statement] = (f"holds at all {len(each_point)} points", "green")
            continue
        worst = worst_of(wrong)
        what = f"{statement} ({in_words(worst.found)} at {where(done, worst.point)})"
        told[statement] = (
            f"FAILS at {len(wrong)} of {len(each_point)} points: {what}",
            "bold red",
        )
    return told


def in_words(found: float | None) -> str:
    """What was found where something was expected."""
    return "no value" if found is None else f"found {found:,.6g}"


def worst_of(wrong: Sequence[Verdict]) -> Verdict:
    """Which failure is farthest from what was expected? One without a value first."""
    from sim.scenario.expectations import parse_expectation

    bound = parse_expectation(wrong[0].statement).bound
    return max(wrong, key=lambda each: math.inf if each.found is None else abs(each.found - bound))


def as_object(done: Swept) -> dict[str, Any]:
    """The same as one JSON object."""
    found, asked = done.finished, done.asked
    shown: dict[str, Any] = {
        "sweep": done.name,
        "out": str(done.folder),
        "points": len(done.points),
        "replications": done.replications,
        "runs": asked,
        "finished": found,
        "interrupted": done.interrupted,
        "failed": int(done.failures["runs"].sum()) if found else 0,
        "factors": done.factors,
        "outcomes": {},
        "expect": [],
    }
    if found < asked:
        return shown
    estimates = done.estimates.filter(pl.col("mean").is_not_null())
    for metric in done.outcomes:
        rows = estimates.filter(pl.col("metric") == metric).sort("mean", "point")
        ends = (("least", 0), ("most", len(rows) - 1)) if len(rows) else ()
        shown["outcomes"][metric] = {
            name: {key: x for key, x in rows.row(k, named=True).items() if key != "metric"}
            for name, k in ends
        }
    verdicts = done.verdicts()
    for statement in done.told["expect"]:
        wrong = [each.point for each in verdicts if each.statement == statement and not each.holds]
        shown["expect"].append({"statement": statement, "holds": not wrong, "fails_at": wrong})
    return shown


def plots_to(done: Swept, folder: Path) -> list[Path]:
    """Draw all that a sweep has to show, each as PNG and SVG; what it has not is removed."""
    from sim.show.plots.swept import SWEPT
    from sim.show.report import figures_to

    return figures_to(((name, draw(done)) for name, draw in SWEPT.items()), folder)
