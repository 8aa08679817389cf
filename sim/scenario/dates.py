"""Dates: which instant does `2026-04-27` name, in UTC?"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sim.scenario.faults import wrong
from sim.scenario.laws import Law, unwrapped

INSTANT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?"
)


@dataclass(frozen=True)
class Date:
    """When? A date, and where it is not certain the law of what is added to it."""

    at: datetime
    """In UTC, without a zone."""
    plus: Law | None = None

    def refs(self) -> set[str]:
        """Which numbers of `uncertain` it uses."""
        return self.plus.refs() if self.plus else set()


def read_date(written: object, read_plus: Callable[[object], Law]) -> Date:
    """Which date is written? `read_plus` reads the law of what is added."""
    written = unwrapped(written)
    if isinstance(written, Date):
        return written
    if not isinstance(written, dict):
        return Date(instant(written))
    if unknown := set(written) - {"date", "plus"}:
        raise wrong(f"is no date: unknown key {min(unknown)}", "write {date: 2026-04-27, plus: LAW}", written)
    if "date" not in written:
        raise wrong("is no date", "write {date: 2026-04-27, plus: LAW}", written)
    plus = written.get("plus")
    return Date(instant(written["date"]), None if plus is None else read_plus(plus))


def instant(written: object) -> datetime:
    """Which instant is written, in UTC? Raises `Wrong` for what is no date, or a day that does not exist."""
    if isinstance(written, datetime):
        return written.astimezone(UTC).replace(tzinfo=None) if written.tzinfo else written
    if isinstance(written, date):
        return datetime.combine(written, time())
    match = INSTANT.fullmatch(str(written).strip())
    if match is None:
        raise wrong("is no date", "write it as 2026-04-27 (or 2026-04-27T12:00:00Z)", written)
    year, month, day = (int(part) for part in match.groups()[:3])
    if not 1 <= year <= 9000 or not 1 <= month <= 12:
        raise wrong("is a date that does not exist", "write year, month and day, as 2026-04-27", written)
    if not 1 <= day <= (last := calendar.monthrange(year, month)[1]):
        raise wrong("is a date that does not exist", f"that month has {last} days", written)
    hour, minute, second, zone = match[4] or "0", match[5] or "00", match[6] or "00", match[7] or ""
    text = f"{year:04}-{month:02}-{day:02}T{int(hour):02}:{minute}:{second}{zone.replace('Z', '+00:00')}"
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError:
        raise wrong("is a time that does not exist", "write it as 2026-04-27T12:00:00Z", written) from None
