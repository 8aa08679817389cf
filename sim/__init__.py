"""A simulator of compute capacity: who is asked first, who says no, and who serves the overflow.

import sim

scenario = sim.load("scenarios/announced-2025.yaml")
result = scenario.run(replications=100)
result.summary()["unserved_mw.mean"]
result.plot.supply_and_demand()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.explain.explanation import RequestExplanation
    from sim.model.callbacks import UserAnswer, UserPolicy
    from sim.results.run import RunResult
    from sim.results.summary import Summary
    from sim.results.tables import TableSelection
    from sim.scenario.schema import ScenarioFile
    from sim.study.analysis import AnyAnalysis as Advised
    from sim.study.compare import ComparisonResult as Compared
    from sim.study.effects import SensitivityMethod
    from sim.study.plan_search import SearchGoal
    from sim.study.precision import PrecisionSpec
    from sim.study.replications import ProgressCallback
    from sim.study.sweep_result import SweepResult

__all__ = [
    "Advice",
    "Comparison",
    "Result",
    "Scenario",
    "Sweep",
    "compare",
    "load",
    "open",
    "open_sweep",
    "plan",
    "sensitivity",
    "sweep",
    "value",
]


def load(path: str | Path, overrides: Mapping[str, object] | None = None) -> Scenario:
    """Read a scenario file, with keys set anew (`{"rights.first refusal.window": "90 d"}`).

    Raises ScenarioError with every fault of the file: where it stands, what it is, what to do.
    """
    from sim.scenario.reading import read_scenario as read

    return Scenario(read(Path(path), overrides))


def open(folder: str | Path) -> Result:
    """Open a run that `sim run` or `Result.save` has written."""
    from sim.results.run import read_run

    return Result(read_run(Path(folder)))


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
    from sim.study.compare import compare_scenarios as compared

    return Comparison(
        compared(
            [side.outcome if isinstance(side, Result) else side.written for side in (a, b, *others)],
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
) -> Advice:
    """What a right is worth to each party: the same futures with it, without it, and with other windows."""
    from sim.study.value import value_right as worth_of

    return Advice(
        worth_of(
            scenario.written,
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
) -> Advice:
    """The least of a lever, such as `"sites.Azure.online"`, with which a target, such as `"lost_share < 0.1"`, holds.

    It holds in a share of futures that is `probability` or more. `sought` is `"least"` or `"most"`; else it is the
    least where more of the lever helps.
    """
    from sim.study.plan import plan_lever as planned

    return Advice(
        planned(
            scenario.written,
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
) -> Advice:
    """What matters, of all that the sweep in a file varies, and what is noise.

    With `both`, Morris's design screens more than `keep` factors before Sobol's. With `out` the runs are kept, and
    only missing ones played.
    """
    from sim.scenario.sweep import read_sweep
    from sim.study.sensitivity import analyse_sensitivity as study

    return Advice(
        study(
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


class Scenario:
    """A scenario that has been read and found right; it does not change."""

    def __init__(self, written: ScenarioFile) -> None:
        self.written = written
        """What is written down, as a tree of frozen objects."""

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.written.name

    @property
    def title(self) -> str | None:
        """What it is called."""
        return self.written.title

    def replace(self, overrides: Mapping[str, object]) -> Scenario:
        """A validated copy with some keys set anew, by their dotted paths."""
        return Scenario(self.written.replace(overrides))

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
        interval is no more than a share of the mean, or than a number in its unit; `replications` is then the
        most that is played.

        `policy(request, offers)` ranks the providers for each request, in place of the overflow policy;
        `answer(request, offer)` says how many kW the holder of a first refusal takes, in place of its limits.
        """
        from sim.study.run import run_scenario

        return Result(
            run_scenario(
                self.written,
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

        return scenario_html(self.written)

    def __repr__(self) -> str:
        w = self.written
        return (
            f"<Scenario {self.name}: {w.start:%Y-%m-%d} to {w.end:%Y-%m-%d}, {len(w.demand)} streams,"
            f" {len(w.providers)} providers, {len(w.sites)} sites, {len(w.rights)} rights>"
        )


class Result:
    """What came of a run: tables as polars frames, a summary, and plots.

    The tables are attributes: `requests`, `commitments`, `releases`, `deliveries`, `buildings`, `drawn`,
    `metrics`, `capacity`, `backlog` and `bands`.
    """

    def __init__(self, outcome: RunResult) -> None:
        self.outcome = outcome

    def __getattr__(self, name: str) -> pl.DataFrame:
        from sim.results.tables import DERIVED_TABLES, RUN_TABLES

        if name.startswith("_") or name not in (*RUN_TABLES, *DERIVED_TABLES):
            raise AttributeError(
                f"a result has no {name}; its tables are {', '.join((*RUN_TABLES, *DERIVED_TABLES))}"
            )
        try:
            return self.outcome.table(name)
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    @property
    def plot(self) -> Plots:
        """The plots, each a method that gives a matplotlib figure."""
        return Plots(self.outcome)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from: seed, versions, hash of the scenario, engine."""
        return self.outcome.provenance

    def summary(self) -> Summary:
        """Every metric over the replications: mean, sd, interval, percentiles, n."""
        return self.outcome.summary()

    def explain(
        self, request: str | int, replication: int = 0, overrides: Mapping[str, object] | None = None
    ) -> Explanation:
        """The story of one request: its number, `stream:number`, or a deal's name.

        With `overrides` (as of `Scenario.replace`) the same future is played again with those keys set anew, and the
        same request told beside it.
        """
        from sim.explain.explanation import explain_request

        return Explanation(explain_request(self.outcome, str(request), replication, overrides))

    def save(self, folder: str | Path) -> None:
        """Write the tables and the summary to a folder, as `sim run` does."""
        from sim.results.run import write_run

        write_run(self.outcome, Path(folder))

    def __dir__(self) -> list[str]:
        from sim.results.tables import DERIVED_TABLES, RUN_TABLES

        return [*super().__dir__(), *RUN_TABLES, *DERIVED_TABLES]

    def _repr_html_(self) -> str:
        from sim.show.pages.run import run_html

        return run_html(self.outcome)

    def __repr__(self) -> str:
        n = len(self.outcome.finished_replications)
        return f"<Result of {self.provenance['scenario']}: {n} replications, {len(self.outcome.metric_values)} metrics>"


class Explanation:
    """The story of a request, which shows itself in words; `data` is the same as dicts and lists."""

    def __init__(self, explained: RequestExplanation) -> None:
        self.explained = explained

    @property
    def data(self) -> dict[str, Any]:
        """As `sim explain --json` prints it."""
        from sim.show.pages.explain import explain_to_dict

        return explain_to_dict(self.explained)

    def _repr_html_(self) -> str:
        from sim.show.pages.explain import explain_html

        return explain_html(self.explained)

    def __repr__(self) -> str:
        from sim.show.pages.explain import explain_text

        return explain_text(self.explained)


class Plots:
    """The plots of a result by name."""

    def __init__(self, outcome: RunResult) -> None:
        self._outcome = outcome

    def __getattr__(self, name: str) -> Callable[[], Figure]:
        from sim.show.plots.run import RUN_PLOTS

        if name not in RUN_PLOTS:
            raise AttributeError(f"there is no plot {name}; there are {', '.join(RUN_PLOTS)}")
        return lambda: RUN_PLOTS[name](self._outcome)

    def __dir__(self) -> list[str]:
        from sim.show.plots.run import RUN_PLOTS

        return list(RUN_PLOTS)


class Comparison:
    """What differs between scenarios in the same futures: a frame, a verdict for each metric, and plots."""

    def __init__(self, found: Compared) -> None:
        self.found = found

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each metric of each pair: means, paired difference, interval, `p_holm`, verdict."""
        return self.found.frame

    @property
    def keys(self) -> list[str]:
        """Which keys are assumed otherwise anywhere?"""
        return list(dict.fromkeys(key for pair in self.found.pairs for key, _, _ in pair.differing_keys))

    @property
    def results(self) -> list[Result]:
        """The runs that were compared."""
        return [Result(outcome) for outcome in self.found.results]

    @property
    def plot(self) -> ComparisonPlots:
        """The plots, each a method that gives a matplotlib figure."""
        return ComparisonPlots(self.found)

    def summary(self) -> dict[str, Any]:
        """All of it as one object, as in `comparison.json`."""
        return self.found.to_dict()

    def _repr_html_(self) -> str:
        from sim.show.pages.compare import compare_html

        return compare_html(self.found)

    def __repr__(self) -> str:
        n = self.found.provenance["finished"]
        return f"<Comparison of {', '.join(self.found.names)}: {n} replications each>"


class ComparisonPlots:
    """The plots of a comparison by name."""

    def __init__(self, found: Compared) -> None:
        self._found = found

    def differences(self) -> Figure:
        """The paired difference of each metric with its interval."""
        from sim.show.plots.compare import plot_comparison

        return plot_comparison(self._found, "differences")

    def over_time(self) -> Figure:
        """Unserved power over time in each scenario."""
        from sim.show.plots.compare import plot_comparison

        return plot_comparison(self._found, "over_time")


class Sweep:
    """What came of a sweep: its points, its runs, what they say together, and plots."""

    def __init__(self, swept: SweepResult) -> None:
        self.swept = swept

    @property
    def points(self) -> pl.DataFrame:
        """A row for each point: its number, and the value of each factor; null where it is as in the scenario."""
        return self.swept.points

    @property
    def runs(self) -> pl.DataFrame:
        """A row for each finished run: point, replication, the factors, the error if it failed, the outcomes."""
        return self.swept.runs

    @property
    def estimates(self) -> pl.DataFrame:
        """A row for each point and metric: mean, sd, interval and percentiles over the replications."""
        return self.swept.estimates

    @property
    def failures(self) -> pl.DataFrame:
        """A row for each point that failed: how many of its runs did, and the first error."""
        return self.swept.failures

    def scan(self) -> pl.LazyFrame:
        """The runs as a lazy frame, for more than memory holds."""
        return self.swept.scan_runs()

    def plot(self, name: str) -> Figure:
        """A plot by its name: `heat_maps`, `responses` or `trade_offs`. Raises NothingToShow where there is none."""
        from sim.show.plots.sweep import plot_sweep

        return plot_sweep(self.swept, name)

    def _repr_html_(self) -> str:
        from sim.show.pages.sweep import sweep_html

        return sweep_html(self.swept)

    def __repr__(self) -> str:
        s = self.swept
        return f"<Sweep {s.name}: {len(s.points)} points, {s.n_finished} of {s.n_runs} runs>"


class Advice:
    """What `value`, `plan` or `sensitivity` found, which shows itself as on the terminal."""

    def __init__(self, found: Advised) -> None:
        self.found = found

    @property
    def frame(self) -> pl.DataFrame:
        """Its rows: the stakes of each party, the values tried, or what each factor does."""
        return self.found.frame

    def summary(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return self.found.to_dict()

    def plot(self, name: str | None = None) -> Figure:
        """A picture by its name, or the first there is."""
        from sim.show.plots.analysis import plot_analysis

        return plot_analysis(self.found, name)

    def _repr_html_(self) -> str:
        from sim.show.pages.analysis import analysis_html

        return analysis_html(self.found)

    def __repr__(self) -> str:
        return f"<{type(self.found).__name__} of {self.found.scenario}>"
