"""The results of a run: its tables, its metrics by replication, its summary, and the provenance of its numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.results import store
from sim.results.drawn_correlations import DrawnCorrelation, strongest_drawn_correlation
from sim.results.expectations import ExpectationVerdict, judge_expectation
from sim.results.files import MAKE_ROOM, OutputError, report_os_errors, user_path, write_json, write_text
from sim.results.folders import recover_folder, stage_folder
from sim.results.manifest import (
    PLAY_AGAIN,
    Manifest,
    check_file,
    check_sizes,
    has_manifest,
    read_manifest,
    write_manifest,
)
from sim.results.metrics import present_name
from sim.results.store import RunStore
from sim.results.summary import Summary, summarise_metrics
from sim.results.tables import DERIVED_TABLES, RUN_TABLES
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile


def was_interrupted(provenance: Mapping[str, Any]) -> bool:
    """Whether a run or a comparison was stopped before all its replications were finished."""
    return bool(provenance["interrupted"])


def has_reached_precision(provenance: Mapping[str, Any]) -> bool:
    """Whether a run or a comparison has the precision that was asked for, if any was."""
    return bool(provenance.get("precision", {}).get("reached", True))


@dataclass
class RunResult:
    """The results of a run, in memory or in a folder."""

    scenario: ScenarioFile
    provenance: dict[str, Any]
    finished_replications: list[int]
    """The numbers of the replications that are in it, in order; fewer than asked for where it was interrupted."""
    metric_values: dict[str, list[float | None]]
    """Every metric, as one value a finished replication; None where it has none."""
    folder: Path | None = None
    manifest: Manifest | None = None
    """What the folder holds, where it is one that was opened."""
    loaded_tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before all replications were finished."""
        return was_interrupted(self.provenance)

    @property
    def precision_reached(self) -> bool:
        """Whether it has the precision that was asked for, if any was."""
        return has_reached_precision(self.provenance)

    def table(self, name: str) -> pl.DataFrame:
        """Return a table by its name. Raises KeyError, with the remedy, where it was not kept."""
        if name not in self.loaded_tables:
            table = self._read_table(name)
            if table is None:
                raise KeyError(
                    f"the table {name} was not kept (tables: {self.provenance['tables']}); run with tables=all"
                )
            self.loaded_tables[name] = table
        return self.loaded_tables[name]

    def _read_table(self, name: str) -> pl.DataFrame | None:
        """Read a table of its folder; None where it was not kept, or there is no folder."""
        if self.folder is None:
            return None
        if self.manifest is None:
            self.manifest = read_manifest(self.folder)
        return store.read_run_table(self.folder, self.manifest, name)

    def has_table(self, name: str) -> bool:
        """Whether a table was kept."""
        try:
            self.table(name)
        except KeyError:
            return False
        return True

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each metric: unit, mean, sd, ci_low, ci_high, percentiles, and n; null where there is none."""
        rows = []
        for metric, statistics in self.summary().items():
            low, high = statistics["ci95"] or (None, None)
            others = {
                name: value
                for name, value in statistics.items()
                if name not in ("unit", "mean", "sd", "ci95", "n")
            }
            rows.append(
                {
                    "metric": metric,
                    "unit": statistics["unit"],
                    "mean": statistics["mean"],
                    "sd": statistics["sd"],
                }
                | {"ci_low": low, "ci_high": high, **others, "n": statistics["n"]}
            )
        return pl.DataFrame(rows, infer_schema_length=None)

    def drawn_correlation(self, metric: str = "unserved_mw.mean") -> DrawnCorrelation | None:
        """Return the drawn quantity that goes with a metric most; None where none is known to."""
        if not self.has_table("drawn") or metric not in self.metric_values:
            return None
        values = self.metric_values[metric]
        return strongest_drawn_correlation(self.table("drawn"), self.finished_replications, metric, values)

    def summary(self) -> Summary:
        """Every metric over the replications, as in `summary.json`."""
        return summarise_metrics(self.metric_values)

    def verdicts(self) -> list[ExpectationVerdict]:
        """Judge the expectations of the scenario. Raises UnknownMetricError where one names no metric of the run."""
        summary = self.summary()
        return [judge_expectation(statement, summary) for statement in self.scenario.expect]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary, the verdicts and the main provenance as one object, as `sim run --json` prints it."""
        kept = ("seed", "replications", "finished", "interrupted", "sha256")
        return {
            "scenario": self.provenance["scenario"],
            "out": None if self.folder is None else str(self.folder),
            **{key: self.provenance[key] for key in kept},
            "metrics": self.summary(),
            "goes_with": None if (goes_with := self.drawn_correlation()) is None else goes_with.to_dict(),
            **{key: self.provenance[key] for key in ("precision",) if key in self.provenance},
            "expect": [
                {"statement": each.statement, "found": each.found, "holds": each.holds}
                for each in self.verdicts()
            ],
        }


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """Read the provenance of the run in a folder; None where it holds none that can be read."""
    try:
        recover_folder(folder)
        path = check_file(folder, _read_run_manifest(folder), store.PROVENANCE_FILE)
        return dict(json.loads(path.read_bytes()))
    except (OutputError, ValueError):
        return None


def _read_run_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run, and see that all its files are there. Raises OutputError."""
    if not has_manifest(folder) and not (folder / store.PROVENANCE_FILE).is_file():
        raise OutputError(f"{folder}: holds no run of sim; make one with: sim run SCENARIO --out {folder}")
    manifest = read_manifest(folder)
    if manifest.kind != "run":
        runs = f"; its runs are in {', '.join(manifest.folders)}" if manifest.kind == "comparison" else ""
        raise OutputError(
            f"{folder}: holds a {manifest.kind} of sim, not a run{runs or '; name the folder of one'}"
        )
    check_sizes(folder, manifest)
    return manifest


def read_run(folder: Path) -> RunResult:
    """Read a run that was saved.

    Raises OutputError where the folder holds none, one that is broken, or one with old names of metrics.
    """
    folder = user_path(folder)
    recover_folder(folder)
    manifest = _read_run_manifest(folder)
    scenario_path = check_file(folder, manifest, store.SCENARIO_FILE)
    provenance = json.loads(check_file(folder, manifest, store.PROVENANCE_FILE).read_bytes())
    check_file(folder, manifest, store.SUMMARY_FILE)
    scenario = read_scenario(scenario_path, read_traces=False)
    result = RunResult(scenario, provenance, [], {}, folder, manifest)
    if result.has_table("metrics"):
        # The table has a row a replication and metric, with the same metrics in the same order in each replication.
        rows = result.table("metrics")
        result.finished_replications = rows["replication"].unique(maintain_order=True).to_list()
        names = rows["metric"].unique(maintain_order=True).to_list()
        if len(rows) != len(names) * provenance["finished"]:
            raise OutputError(
                f"{folder}: its tables are of another run than its provenance ({len(rows)} rows of metrics, where"
                f" {provenance['finished']} replications have {len(names)} each); {PLAY_AGAIN}"
            )
        for name in names:
            if present := present_name(name):
                raise OutputError(
                    f"{folder}: an earlier version of sim left it, whose metric {name} is called {present} now;"
                    f" run it again: sim run {folder / store.SCENARIO_FILE} --out DIR"
                )
        values = rows["value"].to_numpy().reshape(len(result.finished_replications), len(names))
        result.metric_values = {
            name: [None if np.isnan(v) else v for v in values[:, k].tolist()] for k, name in enumerate(names)
        }
    return result


def write_run(result: RunResult, folder: Path) -> Path:
    """Write a run to a folder, and return where it stands. Raises OutputError where the folder cannot be used."""
    with stage_folder(folder, "run", store.PROVENANCE_FILE) as staged:
        run_store = RunStore(staged.path, staged.folder)
        for name in (*RUN_TABLES, *DERIVED_TABLES):
            if result.has_table(name):
                run_store.write_table(name, result.table(name).lazy())
        manifest = write_run_documents(run_store, result)
        result.folder = staged.commit(result.interrupted, manifest)
        result.manifest = manifest
    return result.folder


def write_run_documents(run_store: RunStore, result: RunResult) -> Manifest:
    """Write what stands beside the tables of a run, and remove the parts. Raises OutputError."""
    folder = run_store.folder
    with report_os_errors(run_store.place, MAKE_ROOM):
        write_text(folder / store.SCENARIO_FILE, result.scenario.resolved_yaml())
        write_json(folder / store.SUMMARY_FILE, {"metrics": result.summary()})
        write_json(folder / store.PROVENANCE_FILE, result.provenance)
        run_store.remove_parts()
        return write_manifest(folder, "run", result.interrupted)


def scenario_with_traces(run: RunResult) -> ScenarioFile:
    """Return the scenario of a run with its traces, which are not read where a saved run is only opened."""
    arrivals = [stream.arrivals for stream in run.scenario.demand.values() if stream.arrivals]
    unread = any(each.trace is not None and each.trace.records is None for each in arrivals)
    if run.folder is None or not unread:
        return run.scenario
    return read_scenario(run.folder / store.SCENARIO_FILE)
