"""The page of `run`: when power is short and how much, who serves, how late buildings are, and what is expected."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.drawn_correlations import DrawnCorrelation
from sim.results.formatting import (
    format_count,
    format_day,
    format_exact,
    format_long_date,
    format_percent_coarse,
    format_statistic,
)
from sim.results.run import RunResult
from sim.results.summary import SampleStatistics, Summary
from sim.scenario.sources import list_assumptions, list_quantities
from sim.show.console import titled_panel
from sim.show.notebook import console_html
from sim.show.pages.precision import precision_lines

ENGINE_LABELS = {"simpy": "clock of SimPy", "compiled": "compiled clock"}
"""The words for each engine, looked up strictly."""


def render_run(run: RunResult, console: Console) -> None:
    """Print the page of a run."""
    summary = run.summary()
    scenario = run.scenario
    labelled = Table.grid(padding=(0, 2))
    for label, text in _summary_rows(run, summary):
        labelled.add_row(Text(label, style="bold"), text)
    parts: list[RenderableType] = [Text(_replications_line(run)), Text(""), labelled]
    if scenario.providers:
        heading = Text("Who serves (in service, and idle at its sites)", style="bold")
        parts += [Text(""), heading, _provider_table(run, summary)]
    slips = _slip_table(summary)
    if slips is not None:
        parts += [Text(""), Text("Buildings, in days after the date first announced", style="bold"), slips]
    verdicts = run.verdicts()
    if verdicts:
        parts.append(Text(""))
    for verdict in verdicts:
        mark, style = ("holds", "green") if verdict.holds else ("FAILS", "bold red")
        parts.append(Text(f"{mark}: {verdict.statement} (found {format_exact(verdict.found)})", style=style))
    title = scenario.title or scenario.name
    console.print(titled_panel(Group(*parts), title))
    for line in _provenance_lines(run):
        console.print(line, style="dim", highlight=False)


def run_html(run: RunResult) -> str:
    """Return the page as HTML for a notebook."""
    return console_html(lambda console: render_run(run, console))


def _replications_line(run: RunResult) -> str:
    """Return the line that says how many replications of which span this is."""
    scenario, seed = run.scenario, run.provenance["seed"]
    replications = format_count(len(run.finished_replications), "replication", grouping=False)
    span = f"{format_long_date(scenario.start)} to {format_long_date(scenario.end)}"
    return f"{replications}, {span}, seed {seed}"


def _summary_rows(run: RunResult, summary: Summary) -> Iterable[tuple[str, str]]:
    """Yield labelled lines: when power is first short, how much, and what was declined, spilled and lost."""
    for name, milestone in run.scenario.milestones.items():
        days = summary[f"milestone.{name}.days"]
        yield f"Milestone {name}", f"{milestone.text}: {_reached_text(run, days, 'never reached')}"
    short = summary["short.first_days"]
    if short["n"] == 0:
        yield "First short", "never: all that is asked after the start is served on time"
    else:
        yield "First short", _reached_text(run, short, "never")
        mean_days = format_statistic(summary["short.days"]["mean"])
        yield "", f"of what is asked in the run: short for {mean_days} days in the mean"
    peak, peak_days = summary["shortfall_mw.max"], summary["shortfall_mw.max_days"]
    if peak["mean"]:
        yield "Peak shortfall", f"{_format_power_spread(peak)}"
        yield "", f"reached {_percentile_dates(run, peak_days)}"
    yield "Unserved", f"mean over time {_format_power_spread(summary['unserved_mw.mean'])}"
    if (correlation := run.drawn_correlation()) is not None:
        yield from _correlation_rows(run, correlation)
    declined = summary["declined_share"]
    if declined["n"]:
        rights = run.scenario.rights.values()
        holders = ", ".join(sorted({r.holder for r in rights if r.answers_first}))
        shares = [
            (value["mean"] or 0.0, name.removeprefix("declined_share."))
            for name, value in summary.items()
            if name.startswith("declined_share.")
        ]
        reasons = [
            f"{format_percent_coarse(share)} for {reason}"
            for share, reason in sorted(shares, reverse=True)
            if share > 0
        ]
        yield (
            "Declined",
            f"{holders} turned down {format_percent_coarse(declined['mean'])} of what was put to it",
        )
        if reasons:
            yield "", ", ".join(reasons)
    spilled = summary["spilled_share"]
    if spilled["n"]:
        yield (
            "Spilled",
            f"{format_percent_coarse(spilled['mean'])} of requests were not taken whole by the first asked",
        )
    if summary["lost_share"]["mean"]:
        yield "Lost", f"{format_percent_coarse(summary['lost_share']['mean'])} of the power asked for gave up"


def _correlation_rows(run: RunResult, correlation: DrawnCorrelation) -> Iterable[tuple[str, str]]:
    """Yield which drawn quantity goes with what is unserved most, and the command that measures it."""
    low, high = correlation.ci95
    noun = "drawn quantity" if correlation.quantities == 1 else "drawn quantities"
    of = f"{correlation.n} futures; the strongest of {correlation.quantities} {noun}"
    numbers = f"rank correlation {correlation.rho:+.2f}, 95 % interval {low:+.2f} to {high:+.2f}"
    if not correlation.is_beyond_noise:
        yield "", f"goes with none of what is drawn beyond noise ({correlation.name}: {numbers}, {of})"
        return
    more = "more" if correlation.rho > 0 else "less"
    yield "", f"{more} of it the more {correlation.name} is ({numbers}, {of})"
    yield (
        "",
        f"what that does: sim sensitivity SWEEP, a file with scenario: {Path(run.provenance['file']).name} and"
        f" uncertainties: {{{correlation.name}: ...}}",
    )


def _provider_table(run: RunResult, summary: Summary) -> Table:
    """Lay out a row for each provider: its share of the commitments, MW in service, and MW idle at its sites."""
    table = Table(box=None, pad_edge=False)
    table.add_column("provider")
    for name in ("share of promises", "mean MW", "end MW", "idle MW"):
        table.add_column(name, justify="right")
    for name in run.scenario.providers:
        key = f"provider.{name}"
        table.add_row(
            name,
            format_percent_coarse(summary[f"{key}.share"]["mean"]),
            format_statistic(summary[f"{key}.in_service_mw.mean"]["mean"]),
            format_statistic(summary[f"{key}.in_service_mw.end"]["mean"]),
            format_statistic(summary[f"{key}.idle_mw"]["mean"]),
        )
    return table


def _slip_table(summary: Summary) -> Table | None:
    """Lay out a row for each site where buildings came online, in days after the dates first announced."""
    table = Table(box=None, pad_edge=False)
    for name in ("site", "p10", "p50", "p90"):
        table.add_column(name, justify="left" if name == "site" else "right")
    for key, value in summary.items():
        if key.endswith(".slip_days") and value["n"]:
            cells = [
                f"{days:+.0f}" for days in (value["p10"], value["p50"], value["p90"]) if days is not None
            ]
            table.add_row(key.removeprefix("site.").removesuffix(".slip_days"), *cells)
    return table if table.row_count else None


def _provenance_lines(run: RunResult) -> Iterable[str]:
    """Yield what the numbers rest on, and where the files are."""
    quantities, assumptions = list_quantities(run.scenario), list_assumptions(run.scenario)
    noun = "quantity" if len(quantities) == 1 else "quantities"
    verb = "is an assumption" if len(assumptions) == 1 else "are assumptions"
    yield (
        f"{len(assumptions)} of {len(quantities)} {noun} {verb} without a source;"
        f" scenario {run.provenance['sha256'][:12]}"
    )
    yield f"Played on the {ENGINE_LABELS[run.provenance['engine']]}: {run.provenance['engine_why']}"
    if run.interrupted:
        yield (
            f"Interrupted: {len(run.finished_replications)} of {run.provenance['replications']} replications"
            " were finished, and are kept"
        )
    if "precision" in run.provenance:
        yield from precision_lines(run.provenance["precision"], len(run.finished_replications))
    if run.folder is not None:
        yield f"What it left is in {run.folder}"


def _reached_text(run: RunResult, days: SampleStatistics, never: str) -> str:
    """Say on which dates something first came, and in how many replications; `never` where it did in none."""
    n = len(run.finished_replications)
    if not days["n"]:
        return never
    often = f"in {days['n']} of {n} replications" if days["n"] < n else "in every replication"
    return f"{_percentile_dates(run, days)} ({often})"


def _percentile_dates(run: RunResult, days: SampleStatistics) -> str:
    """Format the 10th, 50th and 90th percentiles of days since the start, as dates; one date for one replication."""
    percentiles = (("p10", days["p10"]), ("p50", days["p50"]), ("p90", days["p90"]))
    start = run.scenario.start
    dates = [f"{name} {format_day(start + timedelta(days=d))}" for name, d in percentiles if d is not None]
    return ", ".join(dates) if days["n"] > 1 else dates[0].removeprefix("p10 ")


def _format_power_spread(statistics: SampleStatistics) -> str:
    """Format the median of a power in MW, with the 10th and 90th percentiles where there are several replications."""
    p10, p50, p90 = map(format_statistic, (statistics["p10"], statistics["p50"], statistics["p90"]))
    return f"{p50} MW" if statistics["n"] == 1 else f"p50 {p50} MW (p10 {p10}, p90 {p90})"
