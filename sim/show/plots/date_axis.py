"""Dates along an axis."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from matplotlib.axes import Axes
from matplotlib.dates import date2num, num2date


def set_date_axis(axes: Axes, begin_datenum: float, end_datenum: float, max_ticks: int = 7) -> None:
    """Dates along the bottom, from one to another (in matplotlib's days), with no more than `most` of them.

    They are fixed here, since to look for them anew at every drawing of every panel takes long.
    """
    first, last = (at.replace(tzinfo=None) for at in num2date([begin_datenum, end_datenum]))  # type: ignore[no-untyped-call]
    dates = date_ticks(first, last, max_ticks)
    axes.set_xticks(date2num(dates), date_labels(dates))  # type: ignore[no-untyped-call]
    axes.set_xlim(begin_datenum, end_datenum)


TICK_STEPS: tuple[timedelta | int, ...] = (
    *(timedelta(minutes=n) for n in (1, 5, 15, 30, 60, 180, 360, 720)),
    *(timedelta(days=n) for n in (1, 2, 7, 14)),
    *(1, 2, 3, 6),
    *(12 * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)
"""By what dates along an axis may be apart: times (whole days and weeks from a Monday on), or months."""


def date_ticks(begin: datetime, end: datetime, max_ticks: int) -> list[datetime]:
    """Which round dates stand along an axis? As many as there may be."""
    monday, dates = datetime(1, 1, 1), []
    for step in TICK_STEPS:
        if isinstance(step, timedelta):
            if (end - begin) / step > max_ticks:
                continue
            first = -((monday - begin) // step)
            dates = [monday + k * step for k in range(first, (end - monday) // step + 1)]
        else:
            months = range(
                -(-(begin.year * 12 + begin.month - 1) // step) * step, end.year * 12 + end.month, step
            )
            dates = [at for m in months if begin <= (at := datetime(m // 12, m % 12 + 1, 1)) <= end]
        if len(dates) <= max_ticks:
            break
    return dates


def date_labels(dates: Sequence[datetime]) -> list[str]:
    """What dates along an axis are called: as short as they can be, and what they have in common said once."""
    if all((d.month, d.day, d.hour, d.minute, d.second) == (1, 1, 0, 0, 0) for d in dates):
        return [f"{d:%Y}" for d in dates]
    whole_days = all((d.hour, d.minute, d.second) == (0, 0, 0) for d in dates)
    if whole_days and all(d.day == 1 for d in dates):
        fine, coarse = "{0:%b}", "{0:%Y}"
    else:
        fine, coarse = ("{0.day} {0:%b}", "{0:%Y}") if whole_days else ("{0:%H:%M}", "{0.day} {0:%b %Y}")
    said, names = "", []
    for d in dates:
        above = coarse.format(d)
        names.append(fine.format(d) + (f"\n{above}" if above != said else ""))
        said = above
    return names
