"""Page one of a run on the terminal: the story in numbers."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.results.run import RunResult
from sim.results.summary import SampleStatistics, Summary
from sim.scenario.sources import list_assumptions, list_quantities
from sim.show.notebook import console_html

ENGINE_LABELS = {"simpy": "clock of SimPy", "compiled": "compiled clock"}


def render_run(run: RunResult, console: Console) -> None:
    """Print page one."""
    found = run.summary()
    scenario = run.scenario
    story = Table.grid(padding=(0, 2))
    for label, text in _summary_rows(run, found):
        story.add_row(Text(label, style="bold"), text)
    parts: list[RenderableType] = [Text(_replications_line(run)), Text(""), story]
    if scenario.providers:
        heading = Text("Who serves (in service, and idle at its sites)", style="bold")
        parts += [Text(""), heading, _provider_table(run, found)]
    late = _slip_table(found)
    if late is not None:
        parts += [Text(""), Text("Buildings, in days after the date first announced", style="bold"), late]
    verdicts = run.verdicts()
    if verdicts:
        parts.append(Text(""))
    for verdict in verdicts:
        mark, style = ("holds", "green") if verdict.holds else ("FAILS", "bold red")
        value = "no value" if verdict.found is None else f"{verdict.found:,.6g}"
        parts.append(Text(f"{mark}: {verdict.statement} (found {value})", style=style))
    title = scenario.title or scenario.name
    console.print(Panel(Group(*parts), title=title, title_align="left"))
    for line in _provenance_lines(run):
        console.print(line, style="dim", highlight=False)


def run_html(run: RunResult) -> str:
    """Page one for a notebook."""
    return console_html(lambda console: render_run(run, console))


def _replications_line(run: RunResult) -> str:
    """How many futures of which span this is."""
    scenario, n, seed = run.scenario, len(run.finished_replications), run.provenance["seed"]
    futures = "1 replication" if n == 1 else f"{n} replications"
    return f"{futures}, {scenario.start:%d %b %Y} to {scenario.end:%d %b %Y}, seed {seed}"


def _summary_rows(run: RunResult, summary: Summary) -> Iterable[tuple[str, str]]:
    """When it is first short, how bad it gets, and what the holder said."""
    n = len(run.finished_replications)
    short = summary["short.first_days"]
    if short["n"] == 0:
        yield "First short", "never: all that is wanted is served on time"
    else:
        often = f"in {short['n']} of {n} replications" if short["n"] < n else "in every replication"
        yield "First short", f"{_percentile_dates(run, short)} ({often})"
        yield "", f"short for {_format_statistic(summary['short.days'], 'mean')} days in the mean"
    peak, when = summary["shortfall_mw.max"], summary["shortfall_mw.max_days"]
    if peak["mean"]:
        yield "Peak shortfall", f"{_format_power_spread(peak)}"
        yield "", f"reached {_percentile_dates(run, when)}"
    yield "Unserved", f"mean over time {_format_power_spread(summary['unserved_mw.mean'])}"
    declined = summary["declined_share"]
    if declined["n"]:
        rights = run.scenario.rights.values()
        holders = ", ".join(sorted({r.holder for r in rights if r.answers_first}))
        why = [
            (value["mean"] or 0.0, name.removeprefix("declined_share."))
            for name, value in summary.items()
            if name.startswith("declined_share.")
        ]
        reasons = [
            f"{_format_share(share)} for {reason}" for share, reason in sorted(why, reverse=True) if share > 0
        ]
        yield "Declined", f"{holders} turned down {_format_share(declined['mean'])} of what was put to it"
        if reasons:
            yield "", ", ".join(reasons)
    spilled = summary["spilled_share"]
    if spilled["n"]:
        yield (
            "Spilled",
            f"{_format_share(spilled['mean'])} of requests were not taken whole by the first asked",
        )
    if summary["lost_share"]["mean"]:
        yield "Lost", f"{_format_share(summary['lost_share']['mean'])} of the power asked for gave up"


def _provider_table(run: RunResult, summary: Summary) -> Table:
    """A row a provider: its share of what was promised, what it serves, and what stands idle with it."""
    table = Table(box=None, pad_edge=False)
    table.add_column("provider")
    for name in ("share of promises", "mean MW", "end MW", "idle MW"):
        table.add_column(name, justify="right")
    for name in run.scenario.providers:
        key = f"provider.{name}"
        table.add_row(
            name,
            _format_share(summary[f"{key}.share"]["mean"]),
            _format_statistic(summary[f"{key}.in_service_mw.mean"], "mean"),
            _format_statistic(summary[f"{key}.in_service_mw.end"], "mean"),
            _format_statistic(summary[f"{key}.idle_mw"], "mean"),
        )
    return table


def _slip_table(summary: Summary) -> Table | None:
    """A row for each site where buildings came online: how far from the date first announced."""
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
    """What the numbers rest on, and where they are."""
    scenario = run.scenario
    all_of_them, bare = list_quantities(scenario), list_assumptions(scenario)
    yield (
        f"{len(bare)} of {len(all_of_them)} quantities are assumptions without a source;"
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


def precision_lines(precision: dict[str, Any], n_replications: int) -> Iterable[str]:
    """What became of the precision that was asked for, from the provenance of what was played."""
    least, most = f"at least {precision['least']:,}", f"at most {precision['most']:,}"
    how = f"was reached with {n_replications:,} replications ({least}"
    if not precision["reached"]:
        how = f"was NOT reached with {n_replications:,} replications ({most}"
    yield f"The precision asked for {how} are played)"
    for metric in precision["metrics"]:
        yield f"  {'reached' if metric['reached'] else 'missed'}: {metric['told']}"


def _percentile_dates(run: RunResult, days: SampleStatistics) -> str:
    """The dates that a tenth, half and nine tenths of the replications do not pass."""
    named = (("p10", days["p10"]), ("p50", days["p50"]), ("p90", days["p90"]))
    start = run.scenario.start
    told = [f"{name} {start + timedelta(days=d):%Y-%m-%d}" for name, d in named if d is not None]
    return ", ".join(told) if days["n"] > 1 else told[0].removeprefix("p10 ")


def _format_statistic(statistics: SampleStatistics, statistic: Literal["mean", "p10", "p50", "p90"]) -> str:
    number = statistics[statistic]
    if number is None:
        return "-"
    return f"{number:,.0f}" if abs(number) >= 10 or number == 0 else f"{number:.2g}"


def _format_power_spread(statistics: SampleStatistics) -> str:
    """A power: the median over the replications, and the tenth and the ninetieth of a hundred."""
    if statistics["n"] == 1:
        return f"{_format_statistic(statistics, 'p50')} MW"
    return f"p50 {_format_statistic(statistics, 'p50')} MW (p10 {_format_statistic(statistics, 'p10')}, p90 {_format_statistic(statistics, 'p90')})"


def _format_share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"
