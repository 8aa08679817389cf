"""A plot: what it needs, whether it has anything to show, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.show.plots.figure_files import NothingToShow


@dataclass(frozen=True)
class Plot:
    """A picture of a run. `idle` says why there is nothing to show, or None; it is asked once `needs` are there."""

    name: str
    required_tables: tuple[str, ...]
    """The tables that it is drawn from."""
    draw: Callable[[RunResult], Figure]
    empty_reason: Callable[[RunResult], str | None]

    def missing_tables(self, run: RunResult) -> list[str]:
        """Which of its tables were not kept?"""
        return [table for table in self.required_tables if not run.has_table(table)]

    def unavailable_reason(self, run: RunResult) -> str | None:
        """Why can it not be drawn of this run? None if it can."""
        lacking = self.missing_tables(run)
        if lacking:
            kept = "summary" if set(self.required_tables) <= {"bands", "metrics"} else "all"
            several = len(lacking) > 1
            named = ", ".join(lacking[:-1]) + (" and " if several else "") + lacking[-1]
            return (
                f"it needs the table{'s' if several else ''} {named}, which {'were' if several else 'was'} not kept;"
                f" run with --tables {kept}"
            )
        return self.empty_reason(run)

    def __call__(self, run: RunResult) -> Figure:
        """Draw it. Raises NothingToShow, with the reason, where it does not apply."""
        reason = self.unavailable_reason(run)
        if reason is not None:
            raise NothingToShow(f"the plot {self.name} is left out: {reason}")
        return self.draw(run)
