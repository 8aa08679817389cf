"""Does the simulation find what is known exactly?

A case is a scenario like a user's, played by the same path as a user's, with exact values for some of its metrics
or for what its tables say. A value holds if the exact one lies within the interval of the simulated mean, and if
that interval is so tight that a wrong rule could not pass.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from sim.model.run import Engine
from sim.model.time import DAY
from sim.scenario.faults import Place, UserError
from sim.scenario.reading import understood
from sim.scenario.written import as_written
from sim.study.executors import cores, crew, finished, stoppable
from sim.study.outcome import Outcome, ended
from sim.study.replications import Piece, Progress, Tables, Task, batches, play_piece
from sim.study.underway import Underway

CLOCKS: dict[Engine, int] = {"simpy": 1}
"""The clocks of the market, and how many times the replications of a case are played on each."""

FALSE_ALARMS = 1 / 2000
"""How often may a right simulator fail where all cases are played on all clocks? Half of what is said to users,
since the mean of many replications is only nearly normal."""

NOISE = 1e-9
"""What a float may be off, as a share of the exact value, where every replication gives the same."""

Reading = Callable[[Outcome], Sequence[float]]
"""What the tables of a run say: one value a replication."""


@dataclass(frozen=True)
class Check:
    """One exact value: of a metric, of the product of several, or of what is read in the tables.

    `within` is how wide the interval may be to either side, as a share of the exact value. `rivals` are values
    that wrong rules would give, by name; all have to lie outside the interval.
    """

    what: str
    formula: str
    read: str | tuple[str, ...] | Reading
    exact: float
    within: float = 0.02
    rivals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A scenario, as the keys of its file, and what is known exactly about it."""

    name: str
    scenario: Mapping[str, Any]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Finding:
    """What the simulation says to a check: the mean over the replications, and half the width of its interval."""

    check: Check
    mean: float
    half: float
    replications: int

    @property
    def contains(self) -> bool:
        """Does the interval contain the exact value?"""
        return abs(self.mean - self.check.exact) <= max(self.half, NOISE * abs(self.check.exact))

    @property
    def tight(self) -> bool:
        """Is the interval as tight as it should be, and does it leave out every rival?"""
        apart = all(abs(self.mean - rival) > self.half for rival in self.check.rivals.values())
        return self.half <= self.check.within * abs(self.check.exact) and apart

    @property
    def verdict(self) -> str:
        """Is it as the formula says, is it not, or can this not be said?"""
        return ("exact" if self.tight else "too wide") if self.contains else "WRONG"

    def __str__(self) -> str:
        check = self.check
        return (
            f"{check.what} ({check.formula}): exact {check.exact:.5g}, simulated {self.mean:.5g} +- {self.half:.2g},"
            f" {self.half / abs(check.exact):.1%} of at most {check.within:.0%}: {self.verdict}"
        )


@dataclass(frozen=True)
class Examined:
    """What one clock says to a case: its findings, and every metric as one value a replication."""

    case: str
    clock: Engine
    findings: list[Finding]
    values: Mapping[str, Sequence[float | None]]


def confidence(everything: Iterable[Case]) -> float:
    """Of what confidence is each interval, so that all of all cases, on all clocks, seldom fail by chance?

    The chance is split evenly (Bonferroni), and always by all cases, so that a case picked alone is judged alike.
    """
    return 1 - FALSE_ALARMS / (len(CLOCKS) * sum(len(case.checks) for case in everything))


def verified(
    chosen: Sequence[Case],
    clocks: Sequence[Engine],
    confidence: float,
    *,
    replications: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Examined]:
    """What do the clocks say to the cases? In the order of the cases, whoever plays them.

    Without `replications`, as many as each case asks for. A Ctrl-C ends it after what has begun, and gives the
    cases that are finished. Raises UserError where a worker died.
    """
    asked = [(case, clock) for case in chosen for clock in clocks]
    tasks = [_task(case, clock) for case, clock in asked]
    sizes = [replications or CLOCKS[task.engine] * task.scenario.replications for task in tasks]
    runs = [Underway(task) for task in tasks]
    sent = map(pickle.dumps, tasks)
    todo = [Piece(k, task, part) for k, task in enumerate(sent) for part in batches(sizes[k])]
    made: dict[int, Examined] = {}
    done = 0
    try:
        with stoppable() as stop, crew(min(cores() if workers is None else workers, len(todo))) as who:
            for piece, batch in finished(who, play_piece, todo, stop):
                run, (case, clock) = runs[piece.which], asked[piece.which]
                run.take(batch)
                if len(run.finished) == sizes[piece.which]:
                    made[piece.which] = examined(
                        case, clock, ended(run, len(run.finished), clock, {}), confidence
                    )
                done += len(piece.replications)
                if progress is not None:
                    progress(done, sum(sizes))
    except BrokenExecutor:
        raise UserError("a worker died, perhaps for want of memory; try fewer --workers") from None
    return [made[k] for k in sorted(made)]


def _task(case: Case, clock: Engine) -> Task:
    """A case on a clock, with the tables that its checks read."""
    scenario = understood(as_written(case.scenario, Place(case.name)), Path(f"{case.name}.yaml"), {})
    tables: Tables = "all" if any(callable(check.read) for check in case.checks) else "none"
    return Task(scenario, scenario.seed, tables, engine=clock)


def examined(case: Case, clock: Engine, outcome: Outcome, confidence: float) -> Examined:
    """What does a run of a case say to each of its checks?"""
    findings = [found(check, outcome, confidence) for check in case.checks]
    return Examined(case.name, clock, findings, outcome.values)


def found(check: Check, outcome: Outcome, confidence: float) -> Finding:
    """What do the replications say to a check? By Student's t over them."""
    if callable(check.read):
        values = np.array(check.read(outcome), dtype=np.float64)
    else:
        names = (check.read,) if isinstance(check.read, str) else check.read
        values = np.array([outcome.values[name] for name in names], dtype=np.float64).prod(axis=0)
    n = len(values)
    t = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    return Finding(check, float(values.mean()), t * float(values.std(ddof=1)) / n**0.5, n)


def unlike(found: Iterable[Examined]) -> dict[str, list[str]]:
    """By case: which metrics differ between the clocks, in the replications that both played?

    The clocks face the same futures there, so that not a bit may differ.
    """
    by_case: dict[str, list[Examined]] = {}
    for each in found:
        by_case.setdefault(each.case, []).append(each)
    return {
        case: names
        for case, played in by_case.items()
        if (names := [name for name in played[0].values if _differs(name, played)])
    }


def _differs(metric: str, played: Sequence[Examined]) -> bool:
    both = min(len(each.values[metric]) for each in played)
    return any(each.values[metric][:both] != played[0].values[metric][:both] for each in played)


# What is read in the tables


def squares_about(mw: float, site: str) -> Reading:
    """The mean over time of the square of the distance of what is in service at a site from some MW."""
    return partial(_squares_about, mw=mw, site=site)


def _squares_about(outcome: Outcome, mw: float, site: str) -> list[float]:
    begin, end = outcome.scenario.measure_from, outcome.scenario.end
    time = pl.col("time")
    until = time.shift(-1).over("replication").fill_null(end)
    lasts = (until.clip(begin, end) - time.clip(begin, end)).dt.total_microseconds()
    squares = (pl.col("in_service_kw") / 1000 - mw) ** 2
    rows = outcome.table("capacity").filter(pl.col("site") == site).with_columns(lasts=lasts)
    mean = ((squares * pl.col("lasts")).sum() / pl.col("lasts").sum()).alias("mean")
    return rows.group_by("replication", maintain_order=True).agg(mean)["mean"].to_list()


def waits_longer(days: float) -> Reading:
    """The share of the requests that are not delivered within so many days from when they are wanted."""
    return partial(_waits_longer, days=days)


def _waits_longer(outcome: Outcome, days: float) -> list[float]:
    begin, end = outcome.scenario.measure_from, outcome.scenario.end
    due = pl.col("wanted") + pl.duration(microseconds=round(days * DAY))
    rows = outcome.table("requests").filter(pl.col("asked") >= begin, due < end)
    share = (pl.col("first_delivery") > due).fill_null(True).mean().alias("share")
    return rows.group_by("replication", maintain_order=True).agg(share)["share"].to_list()
