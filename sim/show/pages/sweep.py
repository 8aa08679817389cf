"""What a sweep has found, on the terminal: where each outcome is least and most, and what is expected of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.results.expectations import ExpectationVerdict
from sim.results.formatting import format_compact, format_factor_value, format_found
from sim.show.factor_labels import label_factors, label_point
from sim.show.notebook import console_html
from sim.study.sweep_result import SweepResult

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SWEEP_ROWS = 12
"""So many points are told one by one."""


def format_mean_interval(row: dict[str, Any]) -> str:
    """A mean, and how far its interval reaches to either side."""
    if row["ci_high"] is None:
        return format_compact(row["mean"])
    return f"{format_compact(row['mean'])} ± {format_compact(row['ci_high'] - row['mean'])}"


def render_sweep(sweep: SweepResult, console: Console) -> None:
    """Print what a sweep has found."""
    found = sweep.estimates
    parts: list[RenderableType] = [Text(_study_line(sweep)), Text("")]
    for each in sweep.factors:
        parts.append(Text.assemble((each["kind"].ljust(12), "dim"), _factor_line(sweep, each)))
    parts += [
        Text(""),
        *([_response_table(sweep, found)] if len(sweep.factors) == 1 else _extremes_tables(sweep, found)),
    ]
    failed = sweep.failures
    if len(failed):
        n, first = int(failed["runs"].sum()), failed.row(0, named=True)
        parts += [
            Text(""),
            Text(
                f"{n} of {sweep.n_finished} runs failed, at {len(failed)} of {len(sweep.points)} points",
                "bold red",
            ),
            Text(f"first at {label_point(sweep, first['point'])}:"),
            Text(f"  {first['error']}"),
        ]
    verdicts = sweep.verdicts()
    parts += [Text("")] if verdicts else []
    for statement, (text, style) in expectation_lines(sweep, verdicts).items():
        parts.append(Text(f"{text}: {statement}" if style == "green" else f"{text}", style=style))
    console.print(Panel(Group(*parts), title=sweep.description["title"] or sweep.name, title_align="left"))
    on = (
        ""
        if sweep.engine_choice is None
        else f"; engine {sweep.engine_choice.engine} ({sweep.engine_choice.reason})"
    )
    console.print(f"Runs, points and estimates are in {sweep.folder}{on}", style="dim")


def sweep_html(sweep: SweepResult) -> str:
    """The same for a notebook."""
    return console_html(lambda console: render_sweep(sweep, console))


def _study_line(sweep: SweepResult) -> str:
    """How much was played, of what."""
    design = sweep.description["identity"]["design"]["kind"]
    runs = f"{len(sweep.points):,} points ({design}), {sweep.replications} replications at each"
    return f"{sweep.description['scenario']}: {runs}, seed {sweep.description['identity']['seed']}"


def _factor_line(sweep: SweepResult, factor: dict[str, Any]) -> str:
    """A factor, and from where to where it goes."""
    column = sweep.points[factor["name"]].drop_nulls()
    distinct = column.unique(maintain_order=True)
    if len(distinct) <= 8 and factor["kind"] == "lever":
        return f"{factor['name']}: {', '.join(format_factor_value(x, factor['unit']) for x in distinct)}"
    low, high = column.min(), column.max()
    return f"{factor['name']}: {format_factor_value(low, factor['unit'])} to {format_factor_value(high, factor['unit'])}"


def _response_table(sweep: SweepResult, estimates: pl.DataFrame) -> Table:
    """A row for each value of the only factor: the mean of each outcome, and its interval."""
    table = Table(box=None, pad_edge=False)
    each = sweep.factors[0]
    table.add_column(label_factors(sweep)[each["name"]])
    outcomes = sweep.outcomes[:4]
    for metric in outcomes:
        table.add_column(metric.replace(".", ".\n"), justify="right")
    shown = sweep.points.sort(each["name"])["point"].to_list()
    step = max(1, -(-len(shown) // MAX_SWEEP_ROWS))
    for point in shown[::step]:
        rows = {
            row["metric"]: row for row in estimates.filter(pl.col("point") == point).iter_rows(named=True)
        }
        at = format_factor_value(sweep.points[each["name"]][point], each["unit"])
        table.add_row(at, *(format_mean_interval(rows[metric]) for metric in outcomes))
    return table


def _extremes_tables(sweep: SweepResult, estimates: pl.DataFrame) -> Iterable[RenderableType]:
    """For each outcome: where its mean is least, and where it is most."""
    for metric in sweep.outcomes[:MAX_SWEEP_ROWS]:
        rows = estimates.filter((pl.col("metric") == metric) & pl.col("mean").is_not_null()).sort(
            "mean", "point"
        )
        yield Text(metric, style="bold")
        table = Table.grid(padding=(0, 2), pad_edge=False)
        for name, justify, width in (("", "left", 7), ("", "right", 18), ("", "left", None)):
            table.add_column(name, justify=justify, min_width=width)  # type: ignore[arg-type]
        if not len(rows):
            table.add_row("  -", "", "no value at any point")
        elif rows["mean"].n_unique() == 1:
            table.add_row("  all", format_mean_interval(rows.row(0, named=True)), "at every point")
        else:
            for word, row in (("  least", rows.row(0, named=True)), ("  most", rows.row(-1, named=True))):
                table.add_row(word, format_mean_interval(row), label_point(sweep, row["point"]))
        yield table
    if len(sweep.outcomes) > MAX_SWEEP_ROWS:
        yield Text(
            f"and {len(sweep.outcomes) - MAX_SWEEP_ROWS} more outcomes, in estimates.parquet", style="dim"
        )


def expectation_lines(
    sweep: SweepResult, verdicts: Iterable[ExpectationVerdict]
) -> dict[str, tuple[str, str]]:
    """What became of each statement, in words, and its colour."""
    told: dict[str, tuple[str, str]] = {}
    by_statement: dict[str, list[ExpectationVerdict]] = {}
    for each in verdicts:
        by_statement.setdefault(each.statement, []).append(each)
    for statement, each_point in by_statement.items():
        wrong = [each for each in each_point if not each.holds]
        if not wrong:
            told[statement] = (f"holds at all {len(each_point)} points", "green")
            continue
        worst = worst_failure(wrong)
        assert worst.point is not None, "a verdict of a sweep"
        what = f"{statement} ({format_found(worst.found)} at {label_point(sweep, worst.point)})"
        told[statement] = (
            f"FAILS at {len(wrong)} of {len(each_point)} points: {what}",
            "bold red",
        )
    return told


def worst_failure(failures: Sequence[ExpectationVerdict]) -> ExpectationVerdict:
    """Which failure is farthest from what was expected? One without a value first."""
    from sim.scenario.expectations import parse_expectation

    bound = parse_expectation(failures[0].statement).bound
    return max(failures, key=lambda each: math.inf if each.found is None else abs(each.found - bound))


def sweep_to_dict(sweep: SweepResult) -> dict[str, Any]:
    """The same as one JSON object."""
    found, asked = sweep.n_finished, sweep.n_runs
    shown: dict[str, Any] = {
        "sweep": sweep.name,
        "out": str(sweep.folder),
        "points": len(sweep.points),
        "replications": sweep.replications,
        "runs": asked,
        "finished": found,
        "interrupted": sweep.interrupted,
        "failed": int(sweep.failures["runs"].sum()) if found else 0,
        "factors": sweep.factors,
        "outcomes": {},
        "expect": [],
    }
    if found < asked:
        return shown
    estimates = sweep.estimates.filter(pl.col("mean").is_not_null())
    for metric in sweep.outcomes:
        rows = estimates.filter(pl.col("metric") == metric).sort("mean", "point")
        ends = (("least", 0), ("most", len(rows) - 1)) if len(rows) else ()
        shown["outcomes"][metric] = {
            name: {key: x for key, x in rows.row(k, named=True).items() if key != "metric"}
            for name, k in ends
        }
    verdicts = sweep.verdicts()
    for statement in sweep.description["expect"]:
        wrong = [each.point for each in verdicts if each.statement == statement and not each.holds]
        shown["expect"].append({"statement": statement, "holds": not wrong, "fails_at": wrong})
    return shown
