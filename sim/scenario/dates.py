"""Dates: which instant does `2026-04-27` name, in UTC?"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sim.scenario.faults import Gathering, wrong
from sim.scenario.laws import Law
from sim.scenario.statements import Reading, read_law, unwrapped, wrapping

TIME = r"(\d\d?):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\s*(Z|[+-]\d\d(?::?\d\d)?)?"
INSTANT = re.compile(rf"(\d{{4}})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s+){TIME})?")


@dataclass(frozen=True)
class Date:
    """When? A date, and where it is not certain the law of what is added to it."""

    at: datetime
    """In UTC, without a zone."""
    plus: Law | None = None

    def refs(self) -> set[str]:
        """Which numbers of `uncertain` it uses."""
        return self.plus.refs() if self.plus else set()


def read_date(written: object, reading: Reading) -> Date:
    """Which date is written? `reading` reads the law of what is added to it."""
    stated = unwrapped(written)
    if isinstance(stated, Date):
        return stated
    gathering = Gathering()
    with gathering.under(*wrapping(written)):
        return stated_date(stated, reading) if isinstance(stated, Mapping) else Date(instant(stated))
    raise gathering.error()


def stated_date(stated: Mapping[str, object], reading: Reading) -> Date:
    """Which date is stated by a map?"""
    if not {"date"} <= set(stated) <= {"date", "plus"}:
        raise wrong("is no date", "write {date: 2026-04-27} or {date: 2026-04-27, plus: LAW}", stated)
    at, plus = datetime.min, None
    gathering = Gathering()
    with gathering.under("date"):
        at = instant(stated["date"])
    with gathering.under("plus"):
        plus = read_law(stated["plus"], reading) if "plus" in stated else None
    gathering.settle()
    return Date(at, plus)


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
