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

from sim.show.plots import style
from sim.show.plots.bands import footing
from sim.show.plots.buildings import nothing_built
from sim.show.plots.dates import in_dates
from sim.show.plots.labels import beside, shorts
from sim.show.plots.lives import Quantiles, Row, quantiles, rows
from sim.study.outcome import Outcome

MOST_LINES = 46
LANE = 0.17
"""How far above the middle of its line stands what was planned, and how far below what came."""
BLUE, RED = style.COLOURS[0], style.COLOURS[5]
MARKS: dict[str, dict[str, Any]] = {
    "planned": {"marker": "D", "markersize": 3.8, "color": style.INK, "markerfacecolor": "white"},
    "online": {"marker": "o", "markersize": 4, "color": BLUE},
    "cancelled": {"marker": "x", "markersize": 5, "color": RED, "markeredgewidth": 1.6},
    "retired": {"marker": "s", "markersize": 4.5, "color": RED, "markerfacecolor": "white"},
}


def nothing_announced(outcome: Outcome) -> str | None:
    """Is there no building that was ever planned for a date?"""
    told = outcome.table("buildings").filter(pl.col("event") == "planned")
    return nothing_built(outcome) or (None if told.height else "no building was announced in any replication")


def building_schedule(outcome: Outcome) -> Figure:
    """A Gantt chart: when buildings were first announced for, when they came, and by how much they slipped."""
    found = rows(outcome, MOST_LINES)
    lines: list[Row | str] = []
    for k, row in enumerate(found):
        if row.name != row.site and (k == 0 or found[k - 1].site != row.site):
            lines.append(row.site)
        lines.append(row)
    several = len(outcome.finished) > 1
    first = float(date2num(outcome.scenario.start))  # type: ignore[no-untyped-call]
    days = (outcome.scenario.end - outcome.scenario.start) / timedelta(days=1)
    plans = [median for row in found for _, median, _ in row.planned if isfinite(median)]
    right = max(days, min(max(plans, default=0) * 1.02, days * 1.35))
    with style.house():
        fig = style.figure(10.6, 0.245 * len(lines) + 1.9)
        axes = fig.subplots()
        in_dates(axes, first, first + right, most=9)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        for y, line in enumerate(lines):
            if isinstance(line, Row):
                _line(axes, y, line, first, days, right)
            else:
                axes.axhspan(y - 0.5, y + 0.5, color="#EFEFEF", linewidth=0, zorder=0)
        if right > days:
            axes.axvline(first + days, color=style.INK, linewidth=1)
            axes.text(first + days, -0.75, "end of the run", ha="center", fontsize=8, color=style.FAINT)
        _names(axes, lines)
        _numbers(axes, lines, several)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.set_title("Buildings: first announced, and come online", pad=26)
        handles = _legend(found, several)
        fig.legend(handles=handles, loc="outside upper left", ncols=len(handles))
        style.source(fig, footing(outcome), *_notes(found, several))
    return fig


def _line(axes: Axes, y: int, row: Row, first: float, end: float, right: float) -> None:
    """Planned above, come below, a line from one to the other (the flatter, the later), and their spread."""
    up, down = y - LANE, y + LANE

    def spread(found: Sequence[Quantiles], height: float, until: float, **how: Any) -> bool:
        """From the tenth percentile of the first to the ninetieth of the last; does it go on after that?"""
        low, high = found[0][0], max(q[2] for q in found)
        if isfinite(low) and low < high:
            ends = [first + low, first + min(high, until)]
            axes.plot(ends, [height, height], solid_capstyle="butt", alpha=0.3, **how)
        return isfinite(low) and high > until

    spread(row.planned, up, right, color=style.INK if _varies(row.planned) else "none", linewidth=1.4)
    if spread(row.online, down, end, color=BLUE, linewidth=4.2):
        axes.plot(first + end, down, marker=5, markersize=6, color=BLUE, clip_on=False, zorder=5)
    for (_, planned, _), (_, online, _) in zip(row.planned, row.online, strict=True):
        if isfinite(online):
            axes.plot(
                [first + planned, first + online], [up, down], color=style.FAINT, linewidth=0.8, zorder=3
            )
            _mark(axes, "online", first + online, down)
        if planned <= right:
            _mark(axes, "planned", first + planned, up)
    if any(right < planned and isfinite(planned) for _, planned, _ in row.planned):
        axes.plot(first + right, up, marker=5, markersize=6, color=style.INK, clip_on=False, zorder=5)
    for what, day in (("cancelled", row.cancelled_day), ("retired", row.retired_day)):
        if day is not None:
            _mark(axes, what, first + day, down)


def _varies(found: Sequence[Quantiles]) -> bool:
    """Is any of it not the same in all replications?"""
    return any(low < high for low, _, high in found)


def _mark(axes: Axes, what: str, x: float, y: float) -> None:
    axes.plot(x, y, linestyle="none", zorder=4, **MARKS[what])


def _names(axes: Axes, lines: Sequence[Row | str]) -> None:
    """The names of sites and buildings, left of their lines."""
    said = shorts((line if isinstance(line, str) else line.name for line in lines), 30)
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


def days_late(slips: Sequence[float], several: bool) -> str:
    """Days after the date first announced, as text: the median, and what a tenth and nine tenths do not pass."""
    if not slips:
        return "none came"
    digits = 0 if max(map(abs, slips)) >= 3 or not any(slips) else 2

    def said(days: float) -> str:
        text = f"{abs(days):,.{digits}f}"
        return text if not float(text.replace(",", "")) else f"{'−' if days < 0 else '+'}{text}"

    low, median, high = map(said, quantiles(slips))
    return f"{median} ({low} to {high})" if several else median


def _numbers(axes: Axes, lines: Sequence[Row | str], several: bool) -> None:
    """Columns of numbers, right of the lines."""
    found = [(y, line) for y, line in enumerate(lines) if isinstance(line, Row)]

    def of(number: float) -> str:
        return f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"

    slip = "days after first announced\nmedian (10 to 90 %)" if several else "days after\nfirst announced"
    columns = [
        (slip, 128 if several else 72, [days_late(row.slips, several) for _, row in found]),
        ("online by\nthe end", 62, [f"{of(row.came)} of {row.count:,}" for _, row in found]),
    ]
    for word, gone in (
        ("cancelled", [row.cancelled for _, row in found]),
        ("retired", [row.retired for _, row in found]),
    ):
        if any(gone):
            said = [f"{of(n)} of {row.count:,}" if n else "" for n, (_, row) in zip(gone, found, strict=True)]
            columns.append((word, 62, said))
    edge = 0.0
    for heading, width, texts in columns:
        edge += width
        beside(axes, -0.8, heading, edge, ha="right", va="bottom", fontsize=8, color=style.FAINT)
        for (y, _), text in zip(found, texts, strict=True):
            beside(axes, y, text, edge, ha="right", fontsize=8)


def _legend(found: Sequence[Row], several: bool) -> list[Line2D]:
    """What the marks mean."""
    median = ", median" if several else ""
    words = {"planned": f"first announced for{median}", "online": f"came online{median}"}
    if any(row.cancelled for row in found):
        words["cancelled"] = f"cancelled{median}"
    if any(row.retired for row in found):
        words["retired"] = f"retired{median}"
    marks = [Line2D([], [], linestyle="none", label=word, **MARKS[what]) for what, word in words.items()]
    if several:
        marks.insert(
            2, Line2D([], [], color=BLUE, alpha=0.3, linewidth=4.2, label="10 to 90 % of replications")
        )
    return marks


def _notes(found: Sequence[Row], several: bool) -> list[str]:
    """What to know to read it."""
    notes = []
    if any(row.count > 1 for row in found):
        notes.append(
            "In brackets how many buildings a line stands for; its marks are the first of them, the second, and so"
            " on. Days after are weighted by power."
        )
    if several:
        notes.append(
            "Days after are over the buildings that came by the end; an arrow stands for what comes later."
        )
    return notes
