"""What a run of many replications leaves: its tables, its summary, and where its numbers come from."""

import hashlib
import inspect
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.model.own import Answer, Policy
from sim.model.time import Calendar
from sim.scenario.reading import load
from sim.scenario.schema import ScenarioFile
from sim.study import store
from sim.study.bands import bands
from sim.study.clocks import Clock, clock
from sim.study.expect import Verdict, judged, known
from sim.study.frames import TABLES
from sim.study.precision import MOST, Precision, Rule, aims, settled
from sim.study.replications import Progress, Tables, Task
from sim.study.store import OutError, Store
from sim.study.summary import Summary, summary
from sim.study.underway import Underway, play_on

DERIVED = ("bands",)
"""Tables over all replications."""
KEPT: dict[Tables, tuple[str, ...]] = {"all": TABLES, "summary": ("drawn", "metrics"), "none": ()}
"""Which tables each choice of `--tables` leaves behind, beside the bands."""


@dataclass
class Outcome:
    """The results of a run, in memory or in a folder.

    `finished` are the numbers of the replications that are in it, in order; fewer than asked for if it was
    interrupted. `values` holds every metric as one value a finished replication, None where it has none.
    """

    scenario: ScenarioFile
    provenance: dict[str, Any]
    finished: list[int]
    values: dict[str, list[float | None]]
    folder: Path | None = None
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        """Was it stopped before all replications were finished?"""
        return bool(self.provenance["interrupted"])

    @property
    def precise(self) -> bool:
        """Was the precision reached that was asked for, if any was?"""
        return bool(self.provenance.get("precision", {}).get("reached", True))

    def table(self, name: str) -> pl.DataFrame:
        """A table by its name. Raises KeyError, with the remedy, where it was not kept."""
        if name not in self.frames:
            found = None if self.folder is None else store.read_table(self.folder, name)
            if found is None:
                raise KeyError(
                    f"the table {name} was not kept (tables: {self.provenance['tables']}); run with tables=all"
                )
            self.frames[name] = found
        return self.frames[name]

    def has(self, name: str) -> bool:
        """Is there such a table?"""
        try:
            self.table(name)
        except KeyError:
            return False
        return True

    def summary(self) -> Summary:
        """Every metric over the replications, as in `summary.json`."""
        return summary(self.values)

    def verdicts(self) -> list[Verdict]:
        """Whether what the scenario expects holds. Raises NoMetric where one names none of the run."""
        found = self.summary()
        return [judged(statement, found) for statement in self.scenario.expect]


def run(
    scenario: ScenarioFile,
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    tables: Tables = "all",
    policy: Policy | None = None,
    answer: Answer | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    engine: str = "auto",
    precision: Precision = (),
) -> Outcome:
    """Play a scenario many times.

    With `precision`, as many times as it takes until the intervals are that tight, and `replications` is the most.
    With `out`, the results go to that folder as they come; else they stay in memory. A Ctrl-C ends the run and
    keeps what is finished (see `Outcome.interrupted`); if nothing is, KeyboardInterrupt is raised.
    Raises ScenarioError for numbers that cannot be, OutError for a folder that cannot be used, PrecisionError for
    a precision that cannot be asked for, ValueError for a function that cannot be sent to several workers.
    """
    sought = aims(precision)
    whole(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    rule = Rule(sought, MOST if replications is None else replications) if sought else None
    if tables not in KEPT:
        raise ValueError(f"tables={tables!r}: write one of {', '.join(KEPT)}")
    if rule is not None:
        settled(sought, known(scenario))
    n = scenario.replications if replications is None else replications
    own = policy is not None or answer is not None
    on = clock(engine, [scenario], n if rule is None else rule.looks[0], own)
    task = Task(scenario, scenario.seed if seed is None else seed, tables, policy, answer, on.engine)
    this = Underway(task, out)
    if rule is None:
        asked = play_on([this], n, n, lambda: None, workers, progress)
    else:
        asked = play_on(
            [this], rule.looks[0], rule.most, lambda: rule.further([this.values()]), workers, progress
        )
    if not this.finished:
        raise KeyboardInterrupt
    told = {} if rule is None else {"precision": rule.ended([this.values()], len(this.finished))}
    return ended(this, asked, on, told)


def whole(**numbers: tuple[int | None, int]) -> None:
    """Is each a whole number, and not below the least that it can be? Raises ValueError for the first that is not."""
    for name, (value, least) in numbers.items():
        if value is not None and (type(value) is not int or value < least):
            raise ValueError(f"{name}={value!r}: write a whole number, {least} or more")


def ended(this: Underway, asked: int, on: Clock, told: Mapping[str, Any]) -> Outcome:
    """What a run that has been played leaves, in memory or in its folder; `told` is for its provenance."""
    scenario, tables, keep = this.task.scenario, this.task.tables, this.keep
    outcome = Outcome(
        scenario=scenario,
        provenance={**provenance(this.task, asked, len(this.finished), on), **told},
        finished=this.finished,
        values=this.values(),
        folder=None if keep is None else keep.folder,
    )
    calendar = Calendar.between(scenario.start, scenario.end)
    if keep is not None:
        _finish(keep, outcome, tables, calendar)
        return outcome
    for name in KEPT[tables]:
        table = this.table(name)
        if table is not None:
            outcome.frames[name] = table
    paths = this.table("paths")
    if paths is not None:
        outcome.frames["bands"] = bands(paths.lazy(), calendar)
    return outcome


def _finish(keep: Store, outcome: Outcome, tables: Tables, calendar: Calendar) -> None:
    """Join what a run has written part by part, and write what is said over all of it."""
    keep.join(KEPT[tables] if tables == "none" else (*KEPT[tables], *DERIVED))
    paths = keep.parts("paths")
    if paths is not None:
        keep.table("bands", bands(paths, calendar).lazy())
    store.written(keep.folder / "scenario.yaml", outcome.scenario.resolved_yaml())
    store.write_json(keep.folder / store.SUMMARY, {"metrics": outcome.summary()})
    store.write_json(keep.folder / store.PROVENANCE, outcome.provenance)
    keep.done()


def provenance(task: Task, asked: int, finished: int, on: Clock) -> dict[str, Any]:
    """Where the numbers of a run come from."""
    scenario = task.scenario
    return {
        "scenario": scenario.name,
        "file": str(scenario.path),
        "title": scenario.title,
        "sha256": scenario.fingerprint(),
        "seed": task.seed,
        "replications": asked,
        "finished": finished,
        "interrupted": finished < asked,
        "engine": on.engine,
        "engine_asked": on.asked,
        "engine_why": on.why,
        "tables": task.tables,
        "policy": identity(task.policy),
        "answer": identity(task.answer),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("rofr", "simpy", "numba", "numpy", "scipy", "polars")},
        },
    }


def identity(function: Callable[..., Any] | None) -> dict[str, str] | None:
    """A user's own function, by its name and a hash of its source."""
    if function is None:
        return None
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = repr(getattr(function, "__code__", function))
    name = getattr(function, "__qualname__", type(function).__name__)
    return {"name": str(name), "sha256": hashlib.sha256(source.encode()).hexdigest()}


def told_of(folder: Path) -> dict[str, Any] | None:
    """The provenance of the run in a folder, if there is one."""
    return store.read_json(folder / store.PROVENANCE)


def opened(folder: Path) -> Outcome:
    """A run that was saved. Raises OutError where the folder holds none."""
    if not store.is_run(folder):
        raise OutError(f"{folder}: holds no run of sim; make one with: sim run SCENARIO --out {folder}")
    told = told_of(folder)
    if told is None:
        raise OutError(
            f"{folder}: its run was killed before it ended; the finished parts are in {folder / store.PARTS}"
        )
    scenario = load(folder / "scenario.yaml", files=False)
    outcome = Outcome(scenario, told, [], {}, folder)
    if outcome.has("metrics"):
        rows = outcome.table("metrics")
        outcome.finished = rows["replication"].unique(maintain_order=True).to_list()
        names = rows["metric"].unique(maintain_order=True).to_list()
        values = rows["value"].to_numpy().reshape(len(outcome.finished), len(names))
        outcome.values = {
            name: [None if np.isnan(v) else v for v in values[:, k].tolist()] for k, name in enumerate(names)
        }
    return outcome


def saved(outcome: Outcome, folder: Path) -> None:
    """Write a run that is in memory to a folder. Raises OutError where it cannot be used."""
    keep = Store(folder)
    names = tuple(name for name in (*TABLES, *DERIVED) if outcome.has(name))
    for name in names:
        keep.table(name, outcome.table(name).lazy())
    store.written(folder / "scenario.yaml", outcome.scenario.resolved_yaml())
    store.write_json(folder / store.SUMMARY, {"metrics": outcome.summary()})
    store.write_json(folder / store.PROVENANCE, outcome.provenance)
    keep.done()
    outcome.folder = folder
