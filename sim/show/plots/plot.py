"""A plot: the tables that it is drawn from, whether it has anything to show, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from sim.results.formatting import join_words
from sim.results.run import RunResult
from sim.scenario.faults import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Subject = TypeVar("_Subject")


class NothingToShow(UserError, ValueError):
    """A plot was asked for that does not exist, or has nothing to show of its subject; the message says why."""


@dataclass(frozen=True)
class Plot(Generic[_Subject]):
    """A picture of a run, a comparison, a sweep or an analysis, by the name that users type."""

    name: str
    required_tables: tuple[str, ...]
    """The tables of a run that it is drawn from; none for subjects that keep no tables."""
    draw: Callable[[_Subject], Figure]
    empty_reason: Callable[[_Subject], str | None]
    """Why there is nothing to show, or None; called only once the tables are known to be there."""

    def missing_tables(self, subject: _Subject) -> list[str]:
        """List the required tables that were not kept."""
        if not self.required_tables:
            return []
        assert isinstance(subject, RunResult), f"{self.name}: only runs keep tables"
        return [table for table in self.required_tables if not subject.has_table(table)]

    def unavailable_reason(self, subject: _Subject) -> str | None:
        """Say why it cannot be drawn of this subject; None if it can."""
        missing = self.missing_tables(subject)
        if missing:
            selection = "summary" if set(self.required_tables) <= {"bands", "metrics"} else "all"
            several = len(missing) > 1
            return (
                f"it needs the table{'s' if several else ''} {join_words(missing)}, which"
                f" {'were' if several else 'was'} not kept; run with --tables {selection}"
            )
        return self.empty_reason(subject)

    def __call__(self, subject: _Subject) -> Figure:
        """Draw it. Raises NothingToShow, with the reason, where there is nothing to draw."""
        reason = self.unavailable_reason(subject)
        if reason is not None:
            raise NothingToShow(self.omission(reason))
        return self.draw(subject)

    def omission(self, reason: str) -> str:
        """The sentence that tells a user that the plot is left out, and why."""
        return f"the plot {self.name} is left out: {reason}"


def plots_by_name(*plots: Plot[_Subject]) -> dict[str, Plot[_Subject]]:
    """The table of the plots of one kind of subject, in the order in which they are shown."""
    return {plot.name: plot for plot in plots}
