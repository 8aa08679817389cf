"""Does the simulation find what is known exactly?

A case is a scenario like a user's, played by the same path as a user's, with exact values for some of its metrics
or for what its tables say. A value holds if the exact one lies within the interval of the simulated mean, and if
that interval is so tight that a wrong rule could not pass.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from scipy import special

from sim.model.time import DAY
from sim.scenario.reading import load
from sim.study.outcome import Outcome, run
from sim.study.replications import Tables

CONFIDENCE = 0.999
"""The confidence of the interval in which an exact value has to lie (Student's t over the replications)."""

NOISE = 1e-9
"""What a float may be off, as a share of the exact value, where every replication gives the same."""

Reading = Callable[[Outcome], Sequence[float]]
"""What the tables of a run say: one value a replication."""


@dataclass(frozen=True)
class Check:
    """One exact value: of a metric, or of what is read in the tables.

    `within` is how wide the interval may be to either side, as a share of the exact value. `rivals` are values
    that wrong rules would give, by name; all have to lie outside the interval.
    """

    what: str
    formula: str
    read: str | Reading
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

    def __str__(self) -> str:
        check = self.check
        verdict = ("" if self.contains else ", NOT EXACT") + ("" if self.tight else ", TOO WIDE")
        return (
            f"{check.what} ({check.formula}): exact {check.exact:.5g}, simulated {self.mean:.5g} +- {self.half:.2g},"
            f" {self.half / abs(check.exact):.1%} of at most {check.within:.0%}{verdict}"
        )


def examined(
    case: Case, *, seed: int | None = None, replications: int | None = None, workers: int | None = None
) -> list[Finding]:
    """What does the simulation say to each check of a case?"""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "case.yaml"
        path.write_text(json.dumps(case.scenario), encoding="utf-8")
        scenario = load(path)
    needs_tables = any(not isinstance(check.read, str) for check in case.checks)
    tables: Tables = "all" if needs_tables else "none"
    outcome = run(scenario, seed=seed, replications=replications, workers=workers, tables=tables)
    return [found(check, outcome) for check in case.checks]


def found(check: Check, outcome: Outcome) -> Finding:
    """What do the replications say to a check?"""
    read = outcome.values[check.read] if isinstance(check.read, str) else check.read(outcome)
    values = np.array(read, dtype=np.float64)
    n = len(values)
    t = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    return Finding(check, float(values.mean()), t * float(values.std(ddof=1)) / n**0.5, n)


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
