"""The record of one replication that an explanation is made from, and the events of a timeline."""

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
"""A day as the difference of two dates of a table; durations of facts are in days."""

TableRow = dict[str, Any]
"""A row of a table of results, by column."""


@dataclass(frozen=True)
class TimelineEvent:
    """One event of a request, with its facts: power in kW, times as dates, durations in days."""

    at: datetime
    kind: str
    facts: dict[str, Any]


class ExplanationError(UserError):
    """A request or a replication cannot be explained, or is not there; the message says which there are."""


@dataclass
class ReplicationRecord:
    """The tables of one replication; and the decisions over a request, as far as it could be simulated again.

    `notes` say what is missing, and why. `inputs` is None where the replication could not be simulated again.
    """

    scenario: ScenarioFile
    seed: int
    replication: int
    frames: Frames
    inputs: SampledInputs | None = None
    decisions: list[Decision] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    user_functions: tuple[str, ...] = ()
    """The functions of the user's that the run was made with: `policy`, `answer`."""

    def rows(self, table: str, **where: Any) -> list[TableRow]:
        """Return the rows of a table in which some columns have given values, in their order."""
        return self.frames[table].filter(**where).rows(named=True)

    def date(self, microseconds: int) -> datetime | None:
        """Convert a time of the model to a date as in the tables; None for NEVER."""
        return None if microseconds >= NEVER else self.scenario.start + microseconds * MICROSECOND
