"""Dates: instants in UTC, and what is added where they are not certain."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sim.scenario.description_keys import unwrap_value, value_path
from sim.scenario.distribution_reader import read_distribution
from sim.scenario.distributions import Distribution
from sim.scenario.faults import ComplaintCollector, invalid_value
from sim.scenario.number_reader import NumberReader

TIME_PATTERN = r"(\d\d?):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?\s*(Z|[+-]\d\d(?::?\d\d)?)?"
INSTANT_PATTERN = re.compile(rf"(\d{{4}})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s+){TIME_PATTERN})?", re.ASCII)


@dataclass(frozen=True)
class Date:
    """A date, and where it is not certain the distribution of what is added to it."""

    at: datetime
    """In UTC, without a zone."""
    plus: Distribution | None = None

    def references(self) -> set[str]:
        """The names of the numbers of `uncertain` that it uses."""
        return self.plus.references() if self.plus else set()


def read_date(written: object, number_reader: NumberReader) -> Date:
    """The date that is written; `number_reader` reads the duration that is added to it. Raises InvalidValueError."""
    content = unwrap_value(written)
    if isinstance(content, Date):
        return content
    collector = ComplaintCollector()
    with collector.under(*value_path(written)):
        return (
            read_date_map(content, number_reader)
            if isinstance(content, Mapping)
            else Date(parse_instant(content))
        )
    raise collector.error()


def read_date_map(content: Mapping[str, object], number_reader: NumberReader) -> Date:
    """The date that a map states, such as `{date: 2026-04-27, plus: 10 d}`."""
    if not {"date"} <= set(content) <= {"date", "plus"}:
        raise invalid_value(
            "is not a date", "write {date: 2026-04-27} or {date: 2026-04-27, plus: LAW}", content
        )
    at, plus = datetime.min, None
    collector = ComplaintCollector()
    with collector.under("date"):
        at = parse_instant(content["date"])
    with collector.under("plus"):
        plus = read_distribution(content["plus"], number_reader) if "plus" in content else None
    collector.raise_if_any()
    return Date(at, plus)


def parse_instant(written: object) -> datetime:
    """An instant in UTC, without a zone. Raises InvalidValueError for no date, or one that does not exist."""
    if isinstance(written, datetime):
        try:
            return written.astimezone(UTC).replace(tzinfo=None) if written.tzinfo else written
        except OverflowError:
            raise invalid_value(
                "is a date that does not exist in UTC", "write another date", written.isoformat()
            ) from None
    if isinstance(written, date):
        return datetime.combine(written, time())
    match = INSTANT_PATTERN.fullmatch(str(written).strip())
    if match is None:
        raise invalid_value("is not a date", "write it as 2026-04-27 (or 2026-04-27T12:00:00Z)", written)
    year, month, day = (int(part) for part in match.groups()[:3])
    if not 1 <= year <= 9000 or not 1 <= month <= 12:
        raise invalid_value(
            "is a date that does not exist", "write year, month and day, as 2026-04-27", written
        )
    if not 1 <= day <= (last := calendar.monthrange(year, month)[1]):
        raise invalid_value("is a date that does not exist", f"that month has {last} days", written)
    hour, minute, second, zone = match[4] or "0", match[5] or "00", match[6] or "00", match[7] or ""
    text = f"{year:04}-{month:02}-{day:02}T{int(hour):02}:{minute}:{second}{zone.replace('Z', '+00:00')}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_value(
            "is a time that does not exist", "write it as 2026-04-27T12:00:00Z", written
        ) from None
    return parse_instant(at)
