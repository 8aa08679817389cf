"""The page of `sweep`: the least and the most of each outcome, failures, and what is expected of the sweep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.expectations import ExpectationVerdict
from sim.results.formatting import format_factor_value, format_found, format_mean_interval
from sim.scenario.expectations import parse_expectation
from sim.show.console import titled_panel
from sim.show.factor_labels import label_factors, label_point
from sim.show.notebook import console_html
from sim.study.sweep_result import SweepResult

MAX_SWEEP_ROWS = 12
"""The number of points, or of outcomes, that the page has rows for."""
MAX_SWEEP_COLUMNS = 4
"""The number of outcomes that the table of a single factor has columns for."""
MAX_LISTED_VALUES = 8
"""The number of values up to which those of a lever are listed."""


def render_sweep(sweep: SweepResult, console: Console) -> None:
    """Print the page of a sweep."""
    parts: list[RenderableType] = [Text(_study_line(sweep)), Text("")]
    for factor in sweep.factors:
        parts.append(Text.assemble((factor["kind"].ljust(12), "dim"), _factor_line(sweep, factor)))
    parts.append(Text(""))
    if len(sweep.factors) == 1:
        parts.append(_response_table(sweep))
    else:
        parts += _extremes_tables(sweep)
    parts += _omission_lines(sweep)
    parts += _failure_lines(sweep)
    verdicts = sweep.verdicts()
    parts += [Text("")] if verdicts else []
    parts += expectation_lines(sweep, verdicts)
    console.print(titled_panel(Group(*parts), sweep.description["title"] or sweep.name))
    engine = ""
    if sweep.engine_choice is not None:
        engine = f"; engine {sweep.engine_choice.engine} ({sweep.engine_choice.reason})"
    console.print(f"Runs, points and estimates are in {sweep.folder}{engine}", style="dim")


def sweep_html(sweep: SweepResult) -> str:
    """Return the page as HTML for a notebook."""
    return console_html(lambda console: render_sweep(sweep, console))


def _study_line(sweep: SweepResult) -> str:
    """Return the line that says which scenario, design, replications and seed this is."""
    design = sweep.description["identity"]["design"]["kind"]
    runs = f"{len(sweep.points):,} points ({design}), {sweep.replications} replications at each"
    return f"{sweep.description['scenario']}: {runs}, seed {sweep.description['identity']['seed']}"


def _factor_line(sweep: SweepResult, factor: dict[str, Any]) -> str:
    """Return a factor with its values, or with the range that it goes over."""
    column = sweep.points[factor["name"]].drop_nulls()
    distinct = column.unique(maintain_order=True)
    if len(distinct) <= MAX_LISTED_VALUES and factor["kind"] == "lever":
        return f"{factor['name']}: {', '.join(format_factor_value(x, factor['unit']) for x in distinct)}"
    low, high = (format_factor_value(x, factor["unit"]) for x in (column.min(), column.max()))
    return f"{factor['name']}: {low} to {high}"


def _failure_lines(sweep: SweepResult) -> Iterator[Text]:
    """Yield how many runs failed, and the first error; nothing if none did."""
    failures = sweep.failures
    if not len(failures):
        return
    n, first = int(failures["runs"].sum()), failures.row(0, named=True)
    yield Text("")
    yield Text(
        f"{n} of {sweep.n_finished} runs failed, at {len(failures)} of {len(sweep.points)} points", "bold red"
    )
    yield Text(f"first at {label_point(sweep, first['point'])}:")
    yield Text(f"  {first['error']}")


def _omission_lines(sweep: SweepResult) -> Iterator[Text]:
    """Yield a line for each outcome that is shown of which some runs have no value."""
    extremes = sweep.extremes()
    for metric in sweep.outcomes[: MAX_SWEEP_COLUMNS if len(sweep.factors) == 1 else MAX_SWEEP_ROWS]:
        runs, points = (extremes[metric][key] for key in ("runs", "points"))
        if runs:
            at = f"; at {points:,} of {len(sweep.points):,} points none has" if points else ""
            yield Text(
                f"{metric}: {runs:,} of {sweep.n_runs:,} runs have no value, and are left out{at}", "yellow"
            )


def _response_table(sweep: SweepResult) -> Table:
    """Lay out a row for each value of the only factor, with the mean of each outcome and its interval."""
    table = Table(box=None, pad_edge=False)
    factor = sweep.factors[0]
    name, unit = factor["name"], factor["unit"]
    table.add_column(label_factors(sweep)[name])
    outcomes = sweep.outcomes[:MAX_SWEEP_COLUMNS]
    for metric in outcomes:
        table.add_column(metric.replace(".", ".\n"), justify="right")
    points = sweep.points.sort(name)["point"].to_list()
    step = max(1, -(-len(points) // MAX_SWEEP_ROWS))
    chosen = points[::step]
    estimates = sweep.scan_estimates().filter(pl.col("point").is_in(chosen)).collect(engine="streaming")
    rows = {(row["point"], row["metric"]): row for row in estimates.iter_rows(named=True)}
    for point in chosen:
        value = format_factor_value(sweep.points[name][point], unit)
        table.add_row(value, *(_format_estimate(rows[point, metric]) for metric in outcomes))
    return table


def _extremes_tables(sweep: SweepResult) -> Iterable[RenderableType]:
    """Yield for each outcome its name and a table of the points at which its mean is least and most."""
    by_metric = sweep.extremes()
    for metric in sweep.outcomes[:MAX_SWEEP_ROWS]:
        extremes = by_metric[metric]
        yield Text(metric, style="bold")
        table = Table.grid(padding=(0, 2), pad_edge=False)
        table.add_column(justify="left", min_width=7)
        table.add_column(justify="right", min_width=18)
        table.add_column(justify="left")
        if extremes["least"] is None:
            table.add_row("  -", "", "no value at any point")
        elif not extremes["varies"]:
            estimate = _format_estimate(sweep.estimate_at(metric, extremes["least"]))
            table.add_row(
                "  all", estimate, "at every point" if not extremes["points"] else "where it has any"
            )
        else:
            for end in ("least", "most"):
                point = extremes[end]
                estimate = _format_estimate(sweep.estimate_at(metric, point))
                table.add_row(f"  {end}", estimate, label_point(sweep, point))
        yield table
    if len(sweep.outcomes) > MAX_SWEEP_ROWS:
        yield Text(
            f"and {len(sweep.outcomes) - MAX_SWEEP_ROWS} more outcomes, in estimates.parquet", style="dim"
        )


def _format_estimate(row: dict[str, Any]) -> str:
    return format_mean_interval(row["mean"], row["ci_high"])


def expectation_lines(sweep: SweepResult, verdicts: Iterable[ExpectationVerdict]) -> Iterator[Text]:
    """Yield a line for each statement: at how many points it holds, or fails and where worst."""
    by_statement: dict[str, list[ExpectationVerdict]] = {}
    for verdict in verdicts:
        by_statement.setdefault(verdict.statement, []).append(verdict)
    for statement, at_points in by_statement.items():
        failures = [verdict for verdict in at_points if not verdict.holds]
        if not failures:
            yield Text(f"holds at all {len(at_points)} points: {statement}", style="green")
            continue
        worst = worst_failure(failures)
        assert worst.point is not None, "a verdict of a sweep"
        found = f"{format_found(worst.found)} at {label_point(sweep, worst.point)}"
        yield Text(
            f"FAILS at {len(failures)} of {len(at_points)} points: {statement} ({found})", style="bold red"
        )


def worst_failure(failures: Sequence[ExpectationVerdict]) -> ExpectationVerdict:
    """Return the failure of a statement that is farthest from its bound; one without a value before all others."""
    bound = parse_expectation(failures[0].statement).bound
    return max(
        failures, key=lambda verdict: math.inf if verdict.found is None else abs(verdict.found - bound)
    )
