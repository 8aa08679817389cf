"""Dates: the instants that they name, and the sentences for wrong ones."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from sim.scenario.dates import Date, parse_instant, read_date
from sim.scenario.distributions import Distribution
from sim.scenario.faults import InvalidValueError
from sim.scenario.number_reader import NumberReader
from sim.scenario.units import MEASURES

READING = NumberReader(MEASURES["duration"])


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("2026-04-27", datetime(2026, 4, 27)),
        ("2026-4-7", datetime(2026, 4, 7)),
        ("2024-02-29", datetime(2024, 2, 29)),
        (date(2026, 4, 27), datetime(2026, 4, 27)),
        (datetime(2026, 4, 27, 3), datetime(2026, 4, 27, 3)),
        (datetime(2026, 4, 27, 3, tzinfo=UTC), datetime(2026, 4, 27, 3)),
        (datetime(2026, 4, 27, 3, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 4, 27, 1)),
        ("2026-04-27T12:30:00Z", datetime(2026, 4, 27, 12, 30)),
        ("2026-04-27 12:30", datetime(2026, 4, 27, 12, 30)),
        ("2026-04-27 23:00:00-05:00", datetime(2026, 4, 28, 4)),
        ("2026-04-27t12:30:00.25 +02", datetime(2026, 4, 27, 10, 30, 0, 250_000)),
    ],
)
def test_instants_are_in_utc(written: object, named: datetime) -> None:
    assert parse_instant(written) == named


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("2025-02-29", "is a date that does not exist; that month has 28 days"),
        ("2025-04-31", "is a date that does not exist; that month has 30 days"),
        ("2025-13-01", "is a date that does not exist; write year, month and day, as 2026-04-27"),
        ("0000-01-01", "is a date that does not exist; write year, month and day, as 2026-04-27"),
        ("2025-01-01T25:00", "is a time that does not exist; write it as 2026-04-27T12:00:00Z"),
        ("2025-01-01T12:00+99:00", "is a time that does not exist; write it as 2026-04-27T12:00:00Z"),
        ("Q3 2025", "is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)"),
        ("2025-09", "is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)"),
        ("20250901", "is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)"),
        (
            {"date": "2025-01-01", "pls": "3 d"},
            "is not a date; write {date: 2026-04-27} or {date: 2026-04-27, plus: LAW}",
        ),
        ({"plus": "3 d"}, "is not a date; write {date: 2026-04-27} or {date: 2026-04-27, plus: LAW}"),
        (["2025-01-01"], "is not a date; write it as 2026-04-27 (or 2026-04-27T12:00:00Z)"),
    ],
)
def test_a_wrong_date_is_told_so(written: object, sentence: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_date(written, READING)
    (complaint,) = caught.value.complaints
    assert f"{complaint.message}; {complaint.remedy}" == sentence


def test_a_date_may_be_uncertain_and_described() -> None:
    plus = Distribution("uniform", {"low": 0.0, "high": 86_400e6}, "duration")
    stated = {"date": "2026-04-27", "plus": {"uniform": {"low": "0 d", "high": "1 d"}}, "source": "a letter"}
    assert read_date(stated, READING) == Date(datetime(2026, 4, 27), plus)
    assert read_date({"date": "2026-04-27"}, READING) == Date(datetime(2026, 4, 27))
    assert read_date({"value": "2026-04-27", "note": "x"}, READING) == Date(datetime(2026, 4, 27))


def test_both_parts_of_a_date_may_be_wrong() -> None:
    with pytest.raises(InvalidValueError) as caught:
        read_date({"value": {"date": "2026-04-31", "plus": "3 MW"}, "note": "x"}, READING)
    assert [each.path for each in caught.value.complaints] == [("value", "date"), ("value", "plus")]
