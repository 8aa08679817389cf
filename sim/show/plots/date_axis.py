"""An axis of dates: round ticks, with labels that say what they share once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from matplotlib.axes import Axes
from matplotlib.dates import date2num, num2date


def set_date_axis(axes: Axes, begin_datenum: float, end_datenum: float, max_ticks: int = 7) -> None:
    """Show dates along the bottom, from one date number of matplotlib to another, with at most `max_ticks` of them.

    The ticks are fixed here, since matplotlib's own locator would look for them anew at every drawing of every panel,
    which takes long.
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
"""The steps from one date to the next, in rising order: durations (whole days and weeks from a Monday on), or
numbers of months."""


def date_ticks(begin: datetime, end: datetime, max_ticks: int) -> list[datetime]:
    """Choose round dates within a span: those of the finest step that gives at most `max_ticks` of them.

    Of a span that is longer than all steps allow, the dates of the coarsest step are returned.
    """
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
    """Label dates as briefly as they allow; the year or the day stands below the first date that has it."""
    if all((d.month, d.day, d.hour, d.minute, d.second) == (1, 1, 0, 0, 0) for d in dates):
        return [f"{d:%Y}" for d in dates]
    whole_days = all((d.hour, d.minute, d.second) == (0, 0, 0) for d in dates)
    if whole_days and all(d.day == 1 for d in dates):
        fine, coarse = "{0:%b}", "{0:%Y}"
    else:
        fine, coarse = ("{0.day} {0:%b}", "{0:%Y}") if whole_days else ("{0:%H:%M}", "{0.day} {0:%b %Y}")
    previous, labels = "", []
    for d in dates:
        second_line = coarse.format(d)
        labels.append(fine.format(d) + (f"\n{second_line}" if second_line != previous else ""))
        previous = second_line
    return labels
