"""Plot of the building schedule: when each building was first announced for, and when it came online."""

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.results.formatting import MINUS
from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.building_dates import Percentiles, ScheduleRow, p10_p50_p90, schedule_rows
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import annotate_right_of_axes, shorten_names
from sim.show.plots.online_by_site import no_buildings_reason
from sim.show.plots.run_bands import has_spread, run_caption

MAX_SCHEDULE_ROWS = 46
LANE_OFFSET = 0.17
"""How far above the middle of its row a plan stands, and how far below it what came online."""
ONLINE_COLOUR, ENDED_COLOUR = style.PALETTE[0], style.PALETTE[5]
MARKER_STYLES: dict[str, dict[str, Any]] = {
    "planned": {"marker": "D", "markersize": 3.8, "color": style.INK, "markerfacecolor": "white"},
    "online": {"marker": "o", "markersize": 4, "color": ONLINE_COLOUR},
    "cancelled": {"marker": "x", "markersize": 5, "color": ENDED_COLOUR, "markeredgewidth": 1.6},
    "retired": {"marker": "s", "markersize": 4.5, "color": ENDED_COLOUR, "markerfacecolor": "white"},
}


def no_building_schedule_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: no building was ever planned for a date."""
    plans = run.table("buildings").filter(pl.col("event") == "planned")
    return no_buildings_reason(run) or (
        None if plans.height else "no building was announced in any replication"
    )


def plot_building_schedule(run: RunResult) -> Figure:
    """Draw a Gantt chart: when buildings were first announced for, when they came online, and their slip."""
    rows = schedule_rows(run, MAX_SCHEDULE_ROWS)
    lines = _with_site_headings(rows)
    several = has_spread(run)
    start = float(date2num(run.scenario.start))  # type: ignore[no-untyped-call]
    end_day = (run.scenario.end - run.scenario.start) / timedelta(days=1)
    plans = [median for row in rows for _, median, _ in row.planned_days if isfinite(median)]
    right_day = max(end_day, min(max(plans, default=0) * 1.02, end_day * 1.35))
    with style.house_style():
        fig = style.new_figure(10.6, 0.245 * len(lines) + 1.9)
        axes = fig.subplots()
        set_date_axis(axes, start, start + right_day, max_ticks=9)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        for y, line in enumerate(lines):
            if isinstance(line, ScheduleRow):
                _draw_row(axes, y, line, start, end_day, right_day)
            else:
                axes.axhspan(y - 0.5, y + 0.5, color="#EFEFEF", linewidth=0, zorder=0)
        if right_day > end_day:
            end = start + end_day
            axes.axvline(end, color=style.INK, linewidth=1)
            axes.text(end, -0.75, "end of the run", ha="center", fontsize=8, color=style.FAINT_INK)
        _set_row_names(axes, lines)
        _draw_number_columns(axes, lines, several)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set_title("Buildings: first announced, and come online", pad=26)
        handles = _legend_handles(rows, several)
        fig.legend(handles=handles, loc="outside upper left", ncols=len(handles))
        style.add_caption(fig, run_caption(run), *_notes(rows, several))
    return fig


def _with_site_headings(rows: Sequence[ScheduleRow]) -> list[ScheduleRow | str]:
    """Put the name of a site before the rows of its buildings; a row of the whole site needs none."""
    lines: list[ScheduleRow | str] = []
    for k, row in enumerate(rows):
        if row.name != row.site and (k == 0 or rows[k - 1].site != row.site):
            lines.append(row.site)
        lines.append(row)
    return lines


def _draw_row(
    axes: Axes, y: int, row: ScheduleRow, start_datenum: float, end_day: float, right_day: float
) -> None:
    """Draw plans above, dates online below, a line from one to the other (the flatter, the later), and spreads."""
    upper, lower = y - LANE_OFFSET, y + LANE_OFFSET
    _draw_spread(axes, row.planned_days, upper, start_datenum, right_day,
                 color=style.INK if _has_spread(row.planned_days) else "none", linewidth=1.4)  # fmt: skip
    if _draw_spread(axes, row.online_days, lower, start_datenum, end_day, color=ONLINE_COLOUR, linewidth=4.2):
        _draw_arrow(axes, start_datenum + end_day, lower, ONLINE_COLOUR)
    for (_, planned, _), (_, online, _) in zip(row.planned_days, row.online_days, strict=True):
        if isfinite(online):
            axes.plot(
                [start_datenum + planned, start_datenum + online], [upper, lower], color=style.FAINT_INK,
                linewidth=0.8, zorder=3,
            )  # fmt: skip
            _draw_marker(axes, "online", start_datenum + online, lower)
        if planned <= right_day:
            _draw_marker(axes, "planned", start_datenum + planned, upper)
    if any(right_day < planned and isfinite(planned) for _, planned, _ in row.planned_days):
        _draw_arrow(axes, start_datenum + right_day, upper, style.INK)
    for event, day in (("cancelled", row.cancelled_day), ("retired", row.retired_day)):
        if day is not None:
            _draw_marker(axes, event, start_datenum + day, lower)


def _draw_spread(
    axes: Axes,
    percentiles: Sequence[Percentiles],
    y: float,
    start_datenum: float,
    last_day: float,
    **line: Any,
) -> bool:
    """Draw a bar from the 10th percentile of the first building to the 90th of the last; returns whether it is cut.

    It is cut at `last_day`, where the 90th percentile is later or infinite.
    """
    low, high = percentiles[0][0], max(p90 for _, _, p90 in percentiles)
    if isfinite(low) and low < high:
        ends = [start_datenum + low, start_datenum + min(high, last_day)]
        axes.plot(ends, [y, y], solid_capstyle="butt", alpha=0.3, **line)
    return isfinite(low) and high > last_day


def _draw_arrow(axes: Axes, x: float, y: float, colour: str) -> None:
    """Mark at the right edge that something comes later."""
    axes.plot(x, y, marker=5, markersize=6, color=colour, clip_on=False, zorder=5)


def _has_spread(percentiles: Sequence[Percentiles]) -> bool:
    """Whether any of the days differs between replications."""
    return any(low < high for low, _, high in percentiles)


def _draw_marker(axes: Axes, event: str, x: float, y: float) -> None:
    axes.plot(x, y, linestyle="none", zorder=4, **MARKER_STYLES[event])


def _set_row_names(axes: Axes, lines: Sequence[ScheduleRow | str]) -> None:
    """Put the names of sites and buildings left of their lines."""
    short = shorten_names((line if isinstance(line, str) else line.name for line in lines), 30)
    names = [
        short[line]
        if isinstance(line, str)
        else short[line.name] + (f" ({line.count:,})" if line.count > 1 else "")
        for line in lines
    ]
    axes.set_yticks(range(len(lines)), names)
    axes.tick_params(axis="y", length=0)
    for line, label in zip(lines, axes.get_yticklabels(), strict=True):
        if isinstance(line, str):
            label.set_fontweight("bold")


def format_days_late(slip_days: Sequence[float], several: bool) -> str:
    """Format the days after the date first announced: the median, and of several the 10th to the 90th percentile."""
    if not slip_days:
        return "none came"
    digits = 0 if max(map(abs, slip_days)) >= 3 or not any(slip_days) else 2

    def signed(days: float) -> str:
        text = f"{abs(days):,.{digits}f}"
        # what rounds to 0 has no sign
        return text if not float(text.replace(",", "")) else f"{MINUS if days < 0 else '+'}{text}"

    low, median, high = map(signed, p10_p50_p90(slip_days))
    return f"{median} ({low} to {high})" if several else median


def _draw_number_columns(axes: Axes, lines: Sequence[ScheduleRow | str], several: bool) -> None:
    """Put columns of numbers right of the lines."""
    rows = [(y, line) for y, line in enumerate(lines) if isinstance(line, ScheduleRow)]

    def count(number: float) -> str:
        return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"

    slip = "days after first announced\nmedian (10 to 90 %)" if several else "days after\nfirst announced"
    columns = [
        (slip, 128 if several else 72, [format_days_late(row.slip_days, several) for _, row in rows]),
        ("online by\nthe end", 62, [f"{count(row.online_count)} of {row.count:,}" for _, row in rows]),
    ]
    for event, numbers in (
        ("cancelled", [row.cancelled_count for _, row in rows]),
        ("retired", [row.retired_count for _, row in rows]),
    ):
        if any(numbers):
            texts = [
                f"{count(n)} of {row.count:,}" if n else "" for n, (_, row) in zip(numbers, rows, strict=True)
            ]
            columns.append((event, 62, texts))
    edge = 0.0
    for heading, width, texts in columns:
        edge += width
        annotate_right_of_axes(
            axes, -0.8, heading, edge, ha="right", va="bottom", fontsize=8, color=style.FAINT_INK
        )
        for (y, _), text in zip(rows, texts, strict=True):
            annotate_right_of_axes(axes, y, text, edge, ha="right", fontsize=8)


def _legend_handles(rows: Sequence[ScheduleRow], several: bool) -> list[Line2D]:
    """The legend of the markers that are drawn."""
    median = ", median" if several else ""
    labels = {"planned": f"first announced for{median}", "online": f"came online{median}"}
    if any(row.cancelled_count for row in rows):
        labels["cancelled"] = f"cancelled{median}"
    if any(row.retired_count for row in rows):
        labels["retired"] = f"retired{median}"
    handles = [
        Line2D([], [], linestyle="none", label=label, **MARKER_STYLES[event])
        for event, label in labels.items()
    ]
    if several:
        handles.insert(
            2,
            Line2D([], [], color=ONLINE_COLOUR, alpha=0.3, linewidth=4.2, label="10 to 90 % of replications"),
        )
    return handles


def _notes(rows: Sequence[ScheduleRow], several: bool) -> list[str]:
    """The notes below the plot, on how to read it."""
    notes = []
    if any(row.count > 1 for row in rows):
        notes.append(
            "In brackets how many buildings a line stands for; its marks are the first of them, the second, and so"
            " on. Days after are weighted by power."
        )
    if several:
        notes.append(
            "Days after are over the buildings that came by the end; an arrow stands for what comes later."
        )
    return notes
