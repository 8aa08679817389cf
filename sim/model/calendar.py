"""The calendar: dates and durations as whole microseconds since the start of the scenario."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sim.model.random_streams import Sampler
from sim.model.rounding import round_half_up
from sim.scenario.dates import Date

MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
YEAR_US = 31_557_600_000_000
"""A year of 365.25 days."""


@dataclass(frozen=True)
class Calendar:
    """The span of a run: `start` in UTC, and `end` in microseconds after it."""

    start: datetime
    end: int

    @classmethod
    def between(cls, start: datetime, end: datetime) -> "Calendar":
        """The calendar of a run from `start` up to `end`."""
        return cls(start, (end - start) // MICROSECOND)

    @property
    def start_us(self) -> int:
        """The start in microseconds since 1970."""
        return (self.start - datetime(1970, 1, 1)) // MICROSECOND

    def since_start(self, at: datetime) -> int:
        """The microseconds from the start to a date; negative before the start."""
        return (at - self.start) // MICROSECOND

    def date(self, microseconds: int) -> datetime:
        """The date so many microseconds after the start."""
        return self.start + timedelta(microseconds=microseconds)

    def sample_date(self, draws: Sampler, path: str, date: Date) -> int:
        """Sample a date that may have a drawn part, in microseconds since the start."""
        at = self.since_start(date.at)
        return at if date.plus is None else at + round_half_up(draws.draw_once(f"{path}.plus", date.plus))

    def next_midnight(self, now: int) -> int:
        """The first midnight (UTC) after a time."""
        offset = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        into = (self.start - offset) // MICROSECOND
        return ((now + into) // DAY_US + 1) * DAY_US - into
