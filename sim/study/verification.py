"""Does the simulation find what is known exactly?

A case is a scenario like a user's, played by the same path as a user's, with exact values for some of its metrics
or for what its tables say. A value holds if the exact one lies within the interval of the simulated mean, and if
that interval is so tight that a wrong rule could not pass.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from sim.model.metrics import Metrics
from sim.model.run import Engine
from sim.model.time import DAY
from sim.scenario.faults import Place, UserError
from sim.scenario.reading import understood
from sim.scenario.schema import ScenarioFile
from sim.scenario.written import as_written
from sim.study.executors import cores, crew, finished, stoppable
from sim.study.frames import Frames
from sim.study.replications import Progress, Tables, Task, batches, play_batch

CLOCKS: dict[Engine, int] = {"simpy": 1, "compiled": 2}
"""The clocks of the market, and how many times the replications of a case are played on each."""

FALSE_ALARMS = 1 / 2000
"""How often may a right simulator fail where all cases are played on all clocks? Half of what is said to users,
since the mean of many replications is only nearly normal."""

NOISE = 1e-9
"""What a float may be off, as a share of the exact value, where every replication gives the same."""

Reading = Callable[[ScenarioFile, Frames], Sequence[float]]
"""What the tables of some replications say: one value each."""


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
    sizes = [replications or CLOCKS[clock] * int(case.scenario["replications"]) for case, clock in asked]
    sent = [pickle.dumps(each) for each in asked]
    todo = [(k, sent[k], part) for k, size in enumerate(sizes) for part in batches(size)]
    todo.sort(key=lambda piece: clocks.index(asked[piece[0]][1]))
    todo = [todo[-1], *todo[:-1]]  # one worker waits for the compiler, while the others play on SimPy's clock
    played: list[dict[int, Metrics]] = [{} for _ in asked]
    try:
        with stoppable() as stop, crew(min(cores() if workers is None else workers, len(todo))) as who:
            for (k, _, part), found in finished(who, _played, todo, stop):
                played[k] |= zip(part, found, strict=True)
                if progress is not None:
                    progress(sum(map(len, played)), sum(sizes))
    except BrokenExecutor:
        raise UserError("a worker died, perhaps for want of memory; try fewer --workers") from None
    return [
        examined(case, clock, [of[replication] for replication in range(size)], confidence)
        for (case, clock), of, size in zip(asked, played, sizes, strict=True)
        if len(of) == size
    ]


def _played(what: tuple[int, bytes, range]) -> list[Metrics]:
    """Some replications of a case on a clock: their metrics, and what its checks read in their tables."""
    _, sent, replications = what
    case, task = _task(sent)
    batch = play_batch(task, replications)
    for check in case.checks:
        if callable(check.read):
            read = check.read(task.scenario, batch.frames)
            for metrics, value in zip(batch.metrics, read, strict=True):
                metrics[check.what] = value
    return batch.metrics


@lru_cache(maxsize=4)
def _task(sent: bytes) -> tuple[Case, Task]:
    """A case and how it is played on a clock, with the tables that its checks read."""
    case, clock = pickle.loads(sent)
    scenario = understood(as_written(case.scenario, Place(case.name)), Path(f"{case.name}.yaml"), {})
    tables: Tables = "all" if any(callable(check.read) for check in case.checks) else "none"
    return case, Task(scenario, scenario.seed, tables, engine=clock)


def examined(case: Case, clock: Engine, played: Sequence[Metrics], confidence: float) -> Examined:
    """What do the replications of a case say to each of its checks?"""
    values = {name: [metrics[name] for metrics in played] for name in played[0]}
    return Examined(case.name, clock, [found(check, values, confidence) for check in case.checks], values)


def found(check: Check, values: Mapping[str, Sequence[float | None]], confidence: float) -> Finding:
    """What do the replications say to a check? By Student's t over them."""
    names = (
        (check.what,)
        if callable(check.read)
        else (check.read,)
        if isinstance(check.read, str)
        else check.read
    )
    read = np.array([values[name] for name in names], dtype=np.float64).prod(axis=0)
    n = len(read)
    t = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    return Finding(check, float(read.mean()), t * float(read.std(ddof=1)) / n**0.5, n)


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


def _squares_about(scenario: ScenarioFile, tables: Frames, mw: float, site: str) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    time = pl.col("time")
    until = time.shift(-1).over("replication").fill_null(end)
    lasts = (until.clip(begin, end) - time.clip(begin, end)).dt.total_microseconds()
    squares = (pl.col("in_service_kw") / 1000 - mw) ** 2
    rows = tables["capacity"].filter(pl.col("site") == site).with_columns(lasts=lasts)
    mean = ((squares * pl.col("lasts")).sum() / pl.col("lasts").sum()).alias("mean")
    return rows.group_by("replication", maintain_order=True).agg(mean)["mean"].to_list()


def waits_longer(days: float) -> Reading:
    """The share of the requests that are not delivered within so many days from when they are wanted."""
    return partial(_waits_longer, days=days)


def _waits_longer(scenario: ScenarioFile, tables: Frames, days: float) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    due = pl.col("wanted") + pl.duration(microseconds=round(days * DAY))
    rows = tables["requests"].filter(pl.col("asked") >= begin, due < end)
    share = (pl.col("first_delivery") > due).fill_null(True).mean().alias("share")
    return rows.group_by("replication", maintain_order=True).agg(share)["share"].to_list()
