"""TODO."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sim.explain.decision_trace import Decision
from sim.model.calendar import MICROSECOND
from sim.model.rules import NEVER
from sim.model.sampled_inputs import SampledInputs
from sim.results.tables import Frames
from sim.scenario.faults import UserError
from sim.scenario.schema import ScenarioFile

DAY_LENGTH = timedelta(days=1)


TableRow = dict[str, Any]


@dataclass(frozen=True)
class TimelineEvent:
    """One thing that happened: power in kW, times as dates, durations in days."""

    at: datetime
    kind: str
    facts: dict[str, Any]


class ExplanationError(UserError):
    """There is no such request to tell of; the message says which there are."""


@dataclass
class ReplicationRecord:
    """One replication: its tables, and as far as it could be played again, what was seen.

    `notes` say what could not be had, and why.
    """

    scenario: ScenarioFile
    seed: int
    replication: int
    frames: Frames
    inputs: SampledInputs | None = None
    decisions: list[Decision] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    user_functions: tuple[str, ...] = ()
    """Which functions of the user's it was played with: `policy`, `answer`."""

    def rows(self, table: str, **where: Any) -> list[TableRow]:
        """The rows of a table with these values."""
        return self.frames[table].filter(**where).rows(named=True)

    def date(self, microseconds: int) -> datetime | None:
        """A date of the model's as one of the tables'; None for one that never comes."""
        return None if microseconds >= NEVER else self.scenario.start + microseconds * MICROSECOND
