"""A plot: what it needs, whether it has anything to show, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from sim.show.report import NothingToShow
from sim.study.outcome import Outcome


@dataclass(frozen=True)
class Plot:
    """A picture of a run. `idle` says why there is nothing to show, or None; it is asked once `needs` are there."""

    name: str
    needs: tuple[str, ...]
    """The tables that it is drawn from."""
    draw: Callable[[Outcome], Figure]
    idle: Callable[[Outcome], str | None]

    def lacking(self, outcome: Outcome) -> list[str]:
        """Which of its tables were not kept?"""
        return [table for table in self.needs if not outcome.has(table)]

    def applies(self, outcome: Outcome) -> str | None:
        """Why can it not be drawn of this run? None if it can."""
        lacking = self.lacking(outcome)
        if lacking:
            kept = "summary" if set(self.needs) <= {"bands", "metrics"} else "all"
            several = len(lacking) > 1
            named = ", ".join(lacking[:-1]) + (" and " if several else "") + lacking[-1]
            return (
                f"it needs the table{'s' if several else ''} {named}, which {'were' if several else 'was'} not kept;"
                f" run with --tables {kept}"
            )
        return self.idle(outcome)

    def __call__(self, outcome: Outcome) -> Figure:
        """Draw it. Raises NothingToShow, with the reason, where it does not apply."""
        reason = self.applies(outcome)
        if reason is not None:
            raise NothingToShow(f"the plot {self.name} is left out: {reason}")
        return self.draw(outcome)
