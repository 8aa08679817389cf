"""When each building was to come, and when it came."""

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.building_dates import Percentiles, ScheduleRow, p10_p50_p90, schedule_rows
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import annotate_right_of_axes, shorten_names
from sim.show.plots.online_by_site import no_buildings_reason
from sim.show.plots.run_bands import run_caption

MAX_SCHEDULE_ROWS = 46
LANE_OFFSET = 0.17
"""How far above the middle of its line stands what was planned, and how far below what came."""
ONLINE_COLOUR, ENDED_COLOUR = style.PALETTE[0], style.PALETTE[5]
MARKER_STYLES: dict[str, dict[str, Any]] = {
    "planned": {"marker": "D", "markersize": 3.8, "color": style.INK, "markerfacecolor": "white"},
    "online": {"marker": "o", "markersize": 4, "color": ONLINE_COLOUR},
    "cancelled": {"marker": "x", "markersize": 5, "color": ENDED_COLOUR, "markeredgewidth": 1.6},
    "retired": {"marker": "s", "markersize": 4.5, "color": ENDED_COLOUR, "markerfacecolor": "white"},
}


def no_building_schedule_reason(run: RunResult) -> str | None:
    """Is there no building that was ever planned for a date?"""
    told = run.table("buildings").filter(pl.col("event") == "planned")
    return no_buildings_reason(run) or (
        None if told.height else "no building was announced in any replication"
    )


def plot_building_schedule(run: RunResult) -> Figure:
    """A Gantt chart: when buildings were first announced for, when they came, and by how much they slipped."""
    found = schedule_rows(run, MAX_SCHEDULE_ROWS)
    lines: list[ScheduleRow | str] = []
    for k, row in enumerate(found):
        if row.name != row.site and (k == 0 or found[k - 1].site != row.site):
            lines.append(row.site)
        lines.append(row)
    several = len(run.finished_replications) > 1
    first = float(date2num(run.scenario.start))  # type: ignore[no-untyped-call]
    days = (run.scenario.end - run.scenario.start) / timedelta(days=1)
    plans = [median for row in found for _, median, _ in row.planned_days if isfinite(median)]
    right = max(days, min(max(plans, default=0) * 1.02, days * 1.35))
    with style.house_style():
        fig = style.new_figure(10.6, 0.245 * len(lines) + 1.9)
        axes = fig.subplots()
        set_date_axis(axes, first, first + right, max_ticks=9)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        for y, line in enumerate(lines):
            if isinstance(line, ScheduleRow):
                _draw_row(axes, y, line, first, days, right)
            else:
                axes.axhspan(y - 0.5, y + 0.5, color="#EFEFEF", linewidth=0, zorder=0)
        if right > days:
            axes.axvline(first + days, color=style.INK, linewidth=1)
            axes.text(first + days, -0.75, "end of the run", ha="center", fontsize=8, color=style.FAINT_INK)
        _set_row_names(axes, lines)
        _draw_number_columns(axes, lines, several)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set_title("Buildings: first announced, and come online", pad=26)
        handles = _legend_handles(found, several)
        fig.legend(handles=handles, loc="outside upper left", ncols=len(handles))
        style.add_caption(fig, run_caption(run), *_notes(found, several))
    return fig


def _draw_row(
    axes: Axes, y: int, row: ScheduleRow, start_datenum: float, end_day: float, right_day: float
) -> None:
    """Planned above, come below, a line from one to the other (the flatter, the later), and their spread."""
    up, down = y - LANE_OFFSET, y + LANE_OFFSET

    def spread(found: Sequence[Percentiles], height: float, until: float, **how: Any) -> bool:
        """From the tenth percentile of the first to the ninetieth of the last; does it go on after that?"""
        low, high = found[0][0], max(q[2] for q in found)
        if isfinite(low) and low < high:
            ends = [start_datenum + low, start_datenum + min(high, until)]
            axes.plot(ends, [height, height], solid_capstyle="butt", alpha=0.3, **how)
        return isfinite(low) and high > until

    spread(
        row.planned_days,
        up,
        right_day,
        color=style.INK if _has_spread(row.planned_days) else "none",
        linewidth=1.4,
    )
    if spread(row.online_days, down, end_day, color=ONLINE_COLOUR, linewidth=4.2):
        axes.plot(
            start_datenum + end_day,
            down,
            marker=5,
            markersize=6,
            color=ONLINE_COLOUR,
            clip_on=False,
            zorder=5,
        )
    for (_, planned, _), (_, online, _) in zip(row.planned_days, row.online_days, strict=True):
        if isfinite(online):
            axes.plot(
                [start_datenum + planned, start_datenum + online],
                [up, down],
                color=style.FAINT_INK,
                linewidth=0.8,
                zorder=3,
            )
            _draw_marker(axes, "online", start_datenum + online, down)
        if planned <= right_day:
            _draw_marker(axes, "planned", start_datenum + planned, up)
    if any(right_day < planned and isfinite(planned) for _, planned, _ in row.planned_days):
        axes.plot(
            start_datenum + right_day, up, marker=5, markersize=6, color=style.INK, clip_on=False, zorder=5
        )
    for what, day in (("cancelled", row.cancelled_day), ("retired", row.retired_day)):
        if day is not None:
            _draw_marker(axes, what, start_datenum + day, down)


def _has_spread(percentiles: Sequence[Percentiles]) -> bool:
    """Is any of it not the same in all replications?"""
    return any(low < high for low, _, high in percentiles)


def _draw_marker(axes: Axes, event: str, x: float, y: float) -> None:
    axes.plot(x, y, linestyle="none", zorder=4, **MARKER_STYLES[event])


def _set_row_names(axes: Axes, lines: Sequence[ScheduleRow | str]) -> None:
    """The names of sites and buildings, left of their lines."""
    said = shorten_names((line if isinstance(line, str) else line.name for line in lines), 30)
    names = [
        said[line]
        if isinstance(line, str)
        else said[line.name] + (f" ({line.count:,})" if line.count > 1 else "")
        for line in lines
    ]
    axes.set_yticks(range(len(lines)), names)
    axes.tick_params(axis="y", length=0)
    for line, label in zip(lines, axes.get_yticklabels(), strict=True):
        if isinstance(line, str):
            label.set_fontweight("bold")


def format_days_late(slip_days: Sequence[float], several: bool) -> str:
    """Days after the date first announced, as text: the median, and what a tenth and nine tenths do not pass."""
    if not slip_days:
        return "none came"
    digits = 0 if max(map(abs, slip_days)) >= 3 or not any(slip_days) else 2

    def said(days: float) -> str:
        text = f"{abs(days):,.{digits}f}"
        return text if not float(text.replace(",", "")) else f"{'−' if days < 0 else '+'}{text}"

    low, median, high = map(said, p10_p50_p90(slip_days))
    return f"{median} ({low} to {high})" if several else median


def _draw_number_columns(axes: Axes, lines: Sequence[ScheduleRow | str], several: bool) -> None:
    """Columns of numbers, right of the lines."""
    found = [(y, line) for y, line in enumerate(lines) if isinstance(line, ScheduleRow)]

    def of(number: float) -> str:
        return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"

    slip = "days after first announced\nmedian (10 to 90 %)" if several else "days after\nfirst announced"
    columns = [
        (slip, 128 if several else 72, [format_days_late(row.slip_days, several) for _, row in found]),
        ("online by\nthe end", 62, [f"{of(row.online_count)} of {row.count:,}" for _, row in found]),
    ]
    for word, gone in (
        ("cancelled", [row.cancelled_count for _, row in found]),
        ("retired", [row.retired_count for _, row in found]),
    ):
        if any(gone):
            said = [f"{of(n)} of {row.count:,}" if n else "" for n, (_, row) in zip(gone, found, strict=True)]
            columns.append((word, 62, said))
    edge = 0.0
    for heading, width, texts in columns:
        edge += width
        annotate_right_of_axes(
            axes, -0.8, heading, edge, ha="right", va="bottom", fontsize=8, color=style.FAINT_INK
        )
        for (y, _), text in zip(found, texts, strict=True):
            annotate_right_of_axes(axes, y, text, edge, ha="right", fontsize=8)


def _legend_handles(rows: Sequence[ScheduleRow], several: bool) -> list[Line2D]:
    """What the marks mean."""
    median = ", median" if several else ""
    words = {"planned": f"first announced for{median}", "online": f"came online{median}"}
    if any(row.cancelled_count for row in rows):
        words["cancelled"] = f"cancelled{median}"
    if any(row.retired_count for row in rows):
        words["retired"] = f"retired{median}"
    marks = [
        Line2D([], [], linestyle="none", label=word, **MARKER_STYLES[what]) for what, word in words.items()
    ]
    if several:
        marks.insert(
            2,
            Line2D([], [], color=ONLINE_COLOUR, alpha=0.3, linewidth=4.2, label="10 to 90 % of replications"),
        )
    return marks


def _notes(rows: Sequence[ScheduleRow], several: bool) -> list[str]:
    """What to know to read it."""
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
