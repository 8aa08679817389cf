"""Shared parts of the plots of a sweep: estimates beside the factors, the labels of both, title and caption."""

from textwrap import wrap
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from sim.results.formatting import format_count
from sim.show.factor_labels import label_factors
from sim.show.metric_labels import label_metric
from sim.show.plots.labels import short_hash, shorten
from sim.show.plots.style import add_caption
from sim.study.sweep_result import SweepResult

MAX_OUTCOMES = 4
MAX_VECTOR_DOTS = 2_000
"""More dots than this are one image in an SVG, which would be of many megabytes otherwise."""
MAX_FACTOR_LEVELS = 16
"""A factor with more values than this is no axis of a heat map, and its values are grouped in a scatter."""


def estimates_with_factors(sweep: SweepResult, metric: str) -> pl.DataFrame:
    """The estimates of a metric, with the values of the factors; a row for each point, in their order."""
    return sweep.estimates_of(metric).join(sweep.points, on="point", how="left").sort("point")


def factor_axis_label(sweep: SweepResult, factor: dict[str, Any]) -> str:
    """Label the axis of a factor: the end of its path, and its unit."""
    name = shorten(label_factors(sweep)[factor["name"]].replace("_", " "), 44)
    return f"{name} ({factor['unit']})" if factor["unit"] else name


def outcome_axis_label(sweep: SweepResult, metric: str, lines: bool = False) -> str:
    """Label the axis of an outcome in words, with its unit; in lines, for an axis that is short."""
    unit = next((each["unit"] for each in sweep.description["outcomes"] if each["name"] == metric), "")
    words = label_metric(metric)
    text = "\n".join(wrap(words, 26, max_lines=3, placeholder="…")) if lines else shorten(words, 56)
    return f"{text} ({unit})" if unit else text


def factor_levels(sweep: SweepResult, factor: dict[str, Any]) -> list[Any]:
    """The values that a factor takes: numbers and dates in rising order, texts as in the sweep."""
    column = sweep.points[factor["name"]].drop_nulls().unique(maintain_order=True)
    levels: list[Any] = (column if column.dtype == pl.String else column.sort()).to_list()
    return levels


def design_kind(sweep: SweepResult) -> str:
    """The kind of the design, as the sweep file names it."""
    return str(sweep.description["identity"]["design"]["kind"])


def add_sweep_title(fig: Figure, sweep: SweepResult) -> None:
    """Add the title of the sweep, or else its name."""
    fig.suptitle(sweep.description["title"] or sweep.name, x=0.01, ha="left")


def add_sweep_caption(fig: Figure, sweep: SweepResult, *notes: str) -> None:
    """Add the notes and the caption: the sweep, its scenario, its points and its replications."""
    replications = format_count(sweep.replications, "replication", grouping=False)
    add_caption(
        fig,
        f"sim sweep {sweep.name}: {sweep.description['scenario']}"
        f" ({short_hash(sweep.description['identity']['scenario'])}),"
        f" {len(sweep.points)} points ({design_kind(sweep)}),"
        f" {replications} at each, the same futures at all",
        *notes,
    )
