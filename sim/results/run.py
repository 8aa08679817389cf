"""What a run of many replications leaves: its tables, its summary, and where its numbers come from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.results import store
from sim.results.expectations import ExpectationVerdict, judge_expectation
from sim.results.files import OutputError, read_json, write_json, write_text
from sim.results.store import RunStore
from sim.results.summary import Summary, summarise_metrics
from sim.results.tables import DERIVED_TABLES, RUN_TABLES
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile


@dataclass
class RunResult:
    """The results of a run, in memory or in a folder.

    `finished` are the numbers of the replications that are in it, in order; fewer than asked for if it was
    interrupted. `values` holds every metric as one value a finished replication, None where it has none.
    """

    scenario: ScenarioFile
    provenance: dict[str, Any]
    finished_replications: list[int]
    metric_values: dict[str, list[float | None]]
    folder: Path | None = None
    loaded_tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        """Was it stopped before all replications were finished?"""
        return bool(self.provenance["interrupted"])

    @property
    def precision_reached(self) -> bool:
        """Was the precision reached that was asked for, if any was?"""
        return bool(self.provenance.get("precision", {}).get("reached", True))

    def table(self, name: str) -> pl.DataFrame:
        """A table by its name. Raises KeyError, with the remedy, where it was not kept."""
        if name not in self.loaded_tables:
            found = None if self.folder is None else store.read_run_table(self.folder, name)
            if found is None:
                raise KeyError(
                    f"the table {name} was not kept (tables: {self.provenance['tables']}); run with tables=all"
                )
            self.loaded_tables[name] = found
        return self.loaded_tables[name]

    def has_table(self, name: str) -> bool:
        """Is there such a table?"""
        try:
            self.table(name)
        except KeyError:
            return False
        return True

    def summary(self) -> Summary:
        """Every metric over the replications, as in `summary.json`."""
        return summarise_metrics(self.metric_values)

    def verdicts(self) -> list[ExpectationVerdict]:
        """Whether what the scenario expects holds. Raises NoMetric where one names none of the run."""
        found = self.summary()
        return [judge_expectation(statement, found) for statement in self.scenario.expect]


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """The provenance of the run in a folder, if there is one."""
    return read_json(folder / store.PROVENANCE_FILE)


def read_run(folder: Path) -> RunResult:
    """A run that was saved. Raises OutError where the folder holds none."""
    if not store.is_run_folder(folder):
        raise OutputError(f"{folder}: holds no run of sim; make one with: sim run SCENARIO --out {folder}")
    told = read_provenance(folder)
    if told is None:
        raise OutputError(
            f"{folder}: its run was killed before it ended; the finished parts are in {folder / store.PARTS_FOLDER}"
        )
    scenario = read_scenario(folder / "scenario.yaml", read_traces=False)
    outcome = RunResult(scenario, told, [], {}, folder)
    if outcome.has_table("metrics"):
        rows = outcome.table("metrics")
        outcome.finished_replications = rows["replication"].unique(maintain_order=True).to_list()
        names = rows["metric"].unique(maintain_order=True).to_list()
        values = rows["value"].to_numpy().reshape(len(outcome.finished_replications), len(names))
        outcome.metric_values = {
            name: [None if np.isnan(v) else v for v in values[:, k].tolist()] for k, name in enumerate(names)
        }
    return outcome


def write_run(outcome: RunResult, folder: Path) -> None:
    """Write a run that is in memory to a folder. Raises OutError where it cannot be used."""
    keep = RunStore(folder)
    names = tuple(name for name in (*RUN_TABLES, *DERIVED_TABLES) if outcome.has_table(name))
    for name in names:
        keep.write_table(name, outcome.table(name).lazy())
    write_text(folder / "scenario.yaml", outcome.scenario.resolved_yaml())
    write_json(folder / store.SUMMARY_FILE, {"metrics": outcome.summary()})
    write_json(folder / store.PROVENANCE_FILE, outcome.provenance)
    keep.remove_parts()
    outcome.folder = folder


def scenario_with_traces(run: RunResult) -> ScenarioFile:
    """The scenario of a run with its traces, which are not read where a saved run is only opened."""
    arrivals = [stream.arrivals for stream in run.scenario.demand.values() if stream.arrivals]
    unread = any(each.trace is not None and each.trace.records is None for each in arrivals)
    if run.folder is None or not unread:
        return run.scenario
    return read_scenario(run.folder / "scenario.yaml")
