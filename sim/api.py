"""What users of the Python package hold: scenarios, and the results of runs and studies.

Nothing heavy is imported before it is needed, so that `import sim` is quick. All results have the same shape:
`frame` is their main table, `summary()` their headline numbers, `to_dict()` all of it as plain objects (what `--json`
prints), `plot.NAME()` a matplotlib figure, and a notebook shows them as the terminal does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sim.show.plot_methods import (
    ComparisonPlots,
    FitPlots,
    PlanPlots,
    RunPlots,
    SensitivityPlots,
    SweepPlots,
    ValuePlots,
)

if TYPE_CHECKING:
    import polars as pl

    from sim.explain.explanation import RequestExplanation
    from sim.model.callbacks import UserAnswer, UserPolicy
    from sim.results.run import RunResult
    from sim.results.summary import Summary
    from sim.results.tables import TableSelection
    from sim.scenario.schema import ScenarioFile
    from sim.study.analysis import AnyAnalysis
    from sim.study.compare import ComparisonResult
    from sim.study.effects import SensitivityMethod
    from sim.study.fit import FittedDelays
    from sim.study.plan import Plan  # noqa: F401 (in quotes below)
    from sim.study.plan_search import SearchGoal
    from sim.study.precision import PrecisionSpec
    from sim.study.replications import ProgressCallback
    from sim.study.sensitivity import Sensitivity  # noqa: F401
    from sim.study.sweep_result import SweepResult
    from sim.study.tellings import UnseenReading
    from sim.study.value import ContractValue  # noqa: F401

A = TypeVar("A", bound="AnyAnalysis")


def load(path: str | Path, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Read a scenario file, with keys set anew (`{"rights.first refusal.window": "90 d"}`).

    Raises ScenarioError with every fault of the file: where it stands, what it is, what to do.
    """
    from sim.scenario.reading import read_scenario

    return Scenario(read_scenario(Path(path), overrides))


def open_run(folder: str | Path) -> Result:
    """Open a run that `sim run` or `Result.save` has written. Raises OutputError where the folder holds none."""
    from sim.results.run import read_run

    return Result(read_run(Path(folder)))


open = open_run
"""The former name of `open_run`."""


def compare(
    a: Scenario | Result,
    b: Scenario | Result,
    *others: Scenario | Result,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    tables: TableSelection = "summary",
    precision: PrecisionSpec = (),
    metrics: Iterable[str] = (),
    out: str | Path | None = None,
    progress: ProgressCallback | None = None,
) -> Comparison:
    """Play scenarios in the same futures, and say what differs between the first and each other.

    A result takes part as it is, if it was played with the same seed. `metrics` are patterns, as
    `["provider.*.share"]`; `precision={"unserved_mw.mean": 20}` plays until that difference is known so well.
    """
    from sim.study.compare import compare_scenarios

    return Comparison(
        compare_scenarios(
            [side.run if isinstance(side, Result) else side.file for side in (a, b, *others)],
            replications=replications,
            seed=seed,
            workers=workers,
            engine=engine,
            tables=tables,
            precision=precision,
            metrics=metrics,
            out=None if out is None else Path(out),
            progress=progress,
        )
    )


def sweep(
    path: str | Path,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    fresh: bool = False,
    progress: ProgressCallback | None = None,
) -> Sweep:
    """Play a designed study, or what is missing of it in the folder `out` (without one, the results are not kept).

    `cluster` is the address of a Dask scheduler, or `local:8`. Raises ScenarioError with every fault of the file.
    """
    from sim.scenario.sweep import read_sweep
    from sim.study.sweep import run_sweep

    return Sweep(
        run_sweep(
            read_sweep(Path(path), replications, seed),
            out=None if out is None else Path(out),
            engine=engine,
            workers=workers,
            cluster=cluster,
            fresh=fresh,
            progress=progress,
        )
    )


def open_sweep(folder: str | Path) -> Sweep:
    """Open a sweep that was played, or is being played: what is finished can be read while it runs."""
    from sim.study.sweep_result import read_sweep_result

    return Sweep(read_sweep_result(Path(folder)))


def value(
    scenario: Scenario,
    right: str,
    windows: Iterable[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> ValueAnalysis:
    """Measure what a right is worth to each party: the same futures with it, without it, and with other windows.

    Raises UnknownRightError where the scenario has no such right, NoWindowError for `windows` of an exclusive one.
    """
    from sim.study.value import value_right

    return ValueAnalysis(
        value_right(
            scenario.file,
            right,
            windows=None if windows is None else list(windows),
            replications=replications,
            seed=seed,
            engine=engine,
            workers=workers,
            progress=progress,
        )
    )


def plan(
    scenario: Scenario,
    lever: str,
    low: str | float,
    high: str | float,
    target: str,
    probability: str | float = "90 %",
    step: str | float | None = None,
    sought: SearchGoal | None = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> PlanAnalysis:
    """Find the least of a lever, such as `"sites.Azure.online"`, with which a target (`"lost_share < 0.1"`) holds.

    It holds in a share of futures that is `probability` or more. `sought` is `"least"` or `"most"`; else it is the
    least where more of the lever helps.
    """
    from sim.study.plan import plan_lever

    return PlanAnalysis(
        plan_lever(
            scenario.file,
            lever,
            str(low),
            str(high),
            target,
            probability,
            step=None if step is None else str(step),
            sought=sought,
            replications=replications,
            seed=seed,
            engine=engine,
            workers=workers,
            progress=progress,
        )
    )


def sensitivity(
    sweep: str | Path,
    outcomes: Iterable[str] | None = None,
    method: SensitivityMethod = "both",
    keep: int = 8,
    trajectories: int | None = None,
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    engine: str = "auto",
    workers: int | None = None,
    cluster: str | None = None,
    fresh: bool = False,
    progress: ProgressCallback | None = None,
) -> SensitivityAnalysis:
    """Rank what matters of all that the sweep in a file varies, with noise told apart.

    With `both`, Morris's design screens more than `keep` factors before Sobol's. With `out` the runs are kept, and
    only missing ones played.
    """
    from sim.scenario.sweep import read_sweep
    from sim.study.sensitivity import analyse_sensitivity

    return SensitivityAnalysis(
        analyse_sensitivity(
            read_sweep(Path(sweep), replications, seed),
            outcomes=None if outcomes is None else list(outcomes),
            method=method,
            keep=keep,
            trajectories=trajectories,
            points=points,
            out=None if out is None else Path(out),
            engine=engine,
            workers=workers,
            cluster=cluster,
            fresh=fresh,
            progress=progress,
        )
    )


def fit(
    vintages: str | Path | Iterable[str | Path],
    as_of: str | date | None = None,
    law: str = "all",
    prior: str | Path | None = None,
    unseen: UnseenReading = "censored",
) -> DelayFit:
    """Fit laws of delay to published dates, from what was told up to a day (default: all of it).

    `prior` is a file, `"none"`, or by default the one made from power plants. Raises ScenarioError with every fault
    of the files, UserError where nothing was told by the day.
    """
    from sim.study.fit import fit_delays

    paths = [vintages] if isinstance(vintages, str | Path) else list(vintages)
    return DelayFit(
        fit_delays(
            [Path(path) for path in paths],
            as_of=date.fromisoformat(as_of) if isinstance(as_of, str) else as_of,
            law=law,
            prior=prior,
            unseen=unseen,
        )
    )


class Scenario:
    """A scenario that has been read and found right; it does not change."""

    def __init__(self, file: ScenarioFile) -> None:
        self.file = file
        """The scenario as a tree of frozen objects, as the file states it."""

    @property
    def name(self) -> str:
        """The name of its file, without the suffix."""
        return self.file.name

    @property
    def title(self) -> str | None:
        """The title that it gives itself."""
        return self.file.title

    @property
    def sources(self) -> pl.DataFrame:
        """A row for each quantity: path, value, confidence, source and note; null where it states none."""
        import polars as pl

        from sim.scenario.sources import list_quantities

        rows = [vars(quantity) for quantity in list_quantities(self.file)]
        return pl.DataFrame(rows, infer_schema_length=None)

    def replace(self, overrides: Mapping[str, object]) -> Scenario:
        """Copy it with some keys set anew, by their dotted paths. Raises ScenarioError as `load` does."""
        return Scenario(self.file.replace(overrides))

    def run(
        self,
        replications: int | None = None,
        seed: int | None = None,
        engine: str = "auto",
        workers: int | None = None,
        policy: UserPolicy | None = None,
        answer: UserAnswer | None = None,
        tables: TableSelection = "all",
        out: str | Path | None = None,
        progress: ProgressCallback | None = None,
        precision: PrecisionSpec = (),
    ) -> Result:
        """Play the scenario many times; by default as often, and from the seed, that it states itself.

        With `precision={"unserved_mw.mean": "5%"}` it is played until the half-width of that metric's 95 %
        confidence interval is no more than a share of the mean, or than a number in its unit; `replications` is
        then the most that is played.

        `policy(request, offers)` ranks the providers for each request, in place of the overflow policy;
        `answer(request, offer)` gives the kW that the holder of a first refusal takes, in place of its limits.
        """
        from sim.study.run import run_scenario

        return Result(
            run_scenario(
                self.file,
                replications=replications,
                seed=seed,
                engine=engine,
                workers=workers,
                policy=policy,
                answer=answer,
                tables=tables,
                out=None if out is None else Path(out),
                progress=progress,
                precision=precision,
            )
        )

    def _repr_html_(self) -> str:
        from sim.show.notebook import scenario_html

        return scenario_html(self.file)

    def __repr__(self) -> str:
        f = self.file
        return (
            f"<Scenario {self.name}: {f.start:%Y-%m-%d} to {f.end:%Y-%m-%d}, {len(f.demand)} streams,"
            f" {len(f.providers)} providers, {len(f.sites)} sites, {len(f.rights)} rights>"
        )


class Result:
    """The result of a run: tables as polars frames, a summary, and plots.

    Every table has a `replication` column, but `bands`. A table that was not kept (`tables="summary"`) raises
    KeyError, with the remedy.
    """

    def __init__(self, run: RunResult) -> None:
        self.run = run

    @property
    def requests(self) -> pl.DataFrame:
        """A row for each request: what was asked, what the holder took and why no more, what became of it."""
        return self.run.table("requests")

    @property
    def appetite_draws(self) -> pl.DataFrame:
        """A row for each request and each provider that states an appetite, or holds a right that states one."""
        return self.run.table("appetite_draws")

    @property
    def commitments(self) -> pl.DataFrame:
        """A row for each promise of kW at a site: when it was made, and the promised date."""
        return self.run.table("commitments")

    @property
    def releases(self) -> pl.DataFrame:
        """A row for each commitment, or part of it, that was taken back, and why."""
        return self.run.table("releases")

    @property
    def deliveries(self) -> pl.DataFrame:
        """A row for each block of kW in service for a request: from when, until when."""
        return self.run.table("deliveries")

    @property
    def buildings(self) -> pl.DataFrame:
        """A row for each event that the market was told of: planned, online, cancelled, retired, outages."""
        return self.run.table("buildings")

    @property
    def drawn(self) -> pl.DataFrame:
        """A row for each quantity drawn once a replication: its path, value and unit."""
        return self.run.table("drawn")

    @property
    def metrics(self) -> pl.DataFrame:
        """A row for each metric of each replication."""
        return self.run.table("metrics")

    @property
    def capacity(self) -> pl.DataFrame:
        """A row for each instant at which a site changed: kW online, planned, committed, in service, interrupted."""
        return self.run.table("capacity")

    @property
    def backlog(self) -> pl.DataFrame:
        """A row for each instant at which a stream changed: kW wanted, in service and unserved."""
        return self.run.table("backlog")

    @property
    def bands(self) -> pl.DataFrame:
        """A row for each series and time: mean and percentiles over the replications, in MW."""
        return self.run.table("bands")

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each metric: unit, mean, sd, interval and percentiles over the replications, and n."""
        return self.run.frame

    @property
    def plot(self) -> RunPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return RunPlots(self.run)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from: seed, versions, hash of the scenario, engine."""
        return self.run.provenance

    def summary(self) -> Summary:
        """Every metric over the replications: mean, sd, interval, percentiles, n."""
        return self.run.summary()

    def to_dict(self) -> dict[str, Any]:
        """The summary and the provenance as plain objects."""
        return self.run.to_dict()

    def explain(
        self, request: str | int, replication: int = 0, overrides: Mapping[str, object] | None = None
    ) -> Explanation:
        """Tell the story of one request: its number, `stream:number`, or a deal's name.

        With `overrides` (as of `Scenario.replace`) the same future is played again with those keys set anew, and the
        same request told beside it. Raises ExplanationError where there is no such request.
        """
        from sim.explain.explanation import explain_request

        return Explanation(explain_request(self.run, str(request), replication, overrides))

    def save(self, folder: str | Path) -> None:
        """Write the tables and the summary to a folder, as `sim run` does."""
        from sim.results.files import user_path
        from sim.results.run import write_run

        write_run(self.run, user_path(folder))

    def _repr_html_(self) -> str:
        from sim.show.pages.run import run_html

        return run_html(self.run)

    def __repr__(self) -> str:
        n, metrics = len(self.run.finished_replications), len(self.run.metric_values)
        return f"<Result of {self.provenance['scenario']}: {n} replications, {metrics} metrics>"


class Explanation:
    """The story of a request, which shows itself in words."""

    def __init__(self, explanation: RequestExplanation) -> None:
        self.explanation = explanation

    def to_dict(self) -> dict[str, Any]:
        """The story as plain objects, as `sim explain --json` prints it."""
        from sim.show.pages.explain import explain_to_dict

        return explain_to_dict(self.explanation)

    def _repr_html_(self) -> str:
        from sim.show.pages.explain import explain_html

        return explain_html(self.explanation)

    def __repr__(self) -> str:
        from sim.show.pages.explain import explain_text

        return explain_text(self.explanation)


class Comparison:
    """What differs between scenarios in the same futures: a verdict for each metric, and plots."""

    def __init__(self, comparison: ComparisonResult) -> None:
        self.comparison = comparison

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each metric of each pair: means, paired difference, interval, `p_holm`, verdict."""
        return self.comparison.frame

    @property
    def keys(self) -> list[str]:
        """The keys that any two of the scenarios state differently, by their dotted paths."""
        return list(dict.fromkeys(key for pair in self.comparison.pairs for key, _, _ in pair.differing_keys))

    @property
    def results(self) -> list[Result]:
        """The runs that were compared."""
        return [Result(run) for run in self.comparison.results]

    @property
    def plot(self) -> ComparisonPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return ComparisonPlots(self.comparison)

    def summary(self) -> dict[str, Any]:
        """The same as `to_dict`."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain objects, as in `comparison.json`."""
        return self.comparison.to_dict()

    def _repr_html_(self) -> str:
        from sim.show.pages.compare import compare_html

        return compare_html(self.comparison)

    def __repr__(self) -> str:
        n = self.comparison.provenance["finished"]
        return f"<Comparison of {', '.join(self.comparison.names)}: {n} replications each>"


class Sweep:
    """The result of a sweep, whole or as far as it has come: its points, its runs, and plots."""

    def __init__(self, sweep: SweepResult) -> None:
        self.sweep = sweep

    @property
    def frame(self) -> pl.DataFrame:
        """The same as `estimates`."""
        return self.estimates

    @property
    def points(self) -> pl.DataFrame:
        """A row for each point: its number, and the value of each factor; null where it is as in the scenario."""
        return self.sweep.points

    @property
    def runs(self) -> pl.DataFrame:
        """A row for each finished run: point, replication, the factors, the error if it failed, the outcomes."""
        return self.sweep.runs

    @property
    def estimates(self) -> pl.DataFrame:
        """A row for each point and metric: mean, sd, interval and percentiles over the replications."""
        return self.sweep.estimates

    @property
    def failures(self) -> pl.DataFrame:
        """A row for each point that failed: how many of its runs did, and the first error."""
        return self.sweep.failures

    @property
    def plot(self) -> SweepPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return SweepPlots(self.sweep)

    def scan(self) -> pl.LazyFrame:
        """The runs as a lazy frame, for more than memory holds."""
        return self.sweep.scan_runs()

    def summary(self) -> dict[str, Any]:
        """The same as `to_dict`."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """What was varied, how far it has come, and whether it holds what is expected, as `sim sweep --json`."""
        return self.sweep.to_dict()

    def _repr_html_(self) -> str:
        from sim.show.pages.sweep import sweep_html

        return sweep_html(self.sweep)

    def __repr__(self) -> str:
        s = self.sweep
        return f"<Sweep {s.name}: {len(s.points)} points, {s.n_finished} of {s.n_runs} runs>"


class Analysis(Generic[A]):
    """What the three kinds of advice have in common: a frame, plain objects, and how they show themselves."""

    def __init__(self, analysis: A) -> None:
        self.analysis = analysis

    @property
    def frame(self) -> pl.DataFrame:
        """The main table: each kind of analysis says what its rows are."""
        return self.analysis.frame

    def summary(self) -> dict[str, Any]:
        """The same as `to_dict`."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain objects, as `--json` prints it."""
        return self.analysis.to_dict()

    def _repr_html_(self) -> str:
        from sim.show.pages.analysis import analysis_html

        return analysis_html(self.analysis)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.analysis.scenario}>"


class ValueAnalysis(Analysis["ContractValue"]):
    """What a right is worth to each party.

    `frame` has a row for each party and measure: with the clause as written (`window` is null), and with other
    windows.
    """

    @property
    def plot(self) -> ValuePlots:
        """The plots, each a method that gives a matplotlib figure."""
        return ValuePlots(self.analysis)


class PlanAnalysis(Analysis["Plan"]):
    """The value of a lever with which a target holds with some probability.

    `frame` has a row for each value of the lever that was tried: in how many futures the target held.
    """

    @property
    def plot(self) -> PlanPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return PlanPlots(self.analysis)


class SensitivityAnalysis(Analysis["Sensitivity"]):
    """What matters of all that a sweep varies, and what is noise.

    `frame` has a row for each design, outcome and factor: its effect or indices, and the verdict.
    """

    @property
    def plot(self) -> SensitivityPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return SensitivityPlots(self.analysis)


class DelayFit:
    """Laws of delay that were fitted to published dates, with what they rest on."""

    def __init__(self, delays: FittedDelays) -> None:
        self.delays = delays

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each parameter of each law: value, standard error, interval, prior, and what it rests on."""
        return self.delays.frame

    @property
    def plot(self) -> FitPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return FitPlots(self.delays)

    def summary(self) -> dict[str, Any]:
        """The same as `to_dict`."""
        return self.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain objects, as `sim fit --json` prints it."""
        return self.delays.to_dict()

    def to_yaml(self) -> str:
        """The `delays` of a scenario: the laws that are bounded. Raises UserError where none is."""
        return self.delays.to_yaml()

    def _repr_html_(self) -> str:
        from sim.show.pages.fit import fit_html

        return fit_html(self.delays)

    def __repr__(self) -> str:
        c = self.delays.counts
        return (
            f"<DelayFit as of {self.delays.as_of}: {len(self.delays.estimates)} laws, {c.used_sites} sites>"
        )
