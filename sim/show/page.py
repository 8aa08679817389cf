"""Page one of a run on the terminal: the story in numbers."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.scenario.sources import quantities, unsourced
from sim.show.notebook import as_html
from sim.study.outcome import Outcome
from sim.study.summary import Statistics, Summary

CLOCKS = {"simpy": "clock of SimPy", "compiled": "compiled clock"}


def page(outcome: Outcome, console: Console) -> None:
    """Print page one."""
    found = outcome.summary()
    scenario = outcome.scenario
    story = Table.grid(padding=(0, 2))
    for label, text in _story(outcome, found):
        story.add_row(Text(label, style="bold"), text)
    parts: list[RenderableType] = [Text(_what(outcome)), Text(""), story]
    if scenario.providers:
        heading = Text("Who serves (in service, and idle at its sites)", style="bold")
        parts += [Text(""), heading, _who_serves(outcome, found)]
    late = _late(found)
    if late is not None:
        parts += [Text(""), Text("Buildings, in days after the date first announced", style="bold"), late]
    verdicts = outcome.verdicts()
    if verdicts:
        parts.append(Text(""))
    for verdict in verdicts:
        mark, style = ("holds", "green") if verdict.holds else ("FAILS", "bold red")
        value = "no value" if verdict.found is None else f"{verdict.found:,.6g}"
        parts.append(Text(f"{mark}: {verdict.statement} (found {value})", style=style))
    title = scenario.title or scenario.name
    console.print(Panel(Group(*parts), title=title, title_align="left"))
    for line in _footing(outcome):
        console.print(line, style="dim", highlight=False)


def page_html(outcome: Outcome) -> str:
    """Page one for a notebook."""
    return as_html(lambda console: page(outcome, console))


def _what(outcome: Outcome) -> str:
    """How many futures of which span this is."""
    scenario, n, seed = outcome.scenario, len(outcome.finished), outcome.provenance["seed"]
    futures = "1 replication" if n == 1 else f"{n} replications"
    return f"{futures}, {scenario.start:%d %b %Y} to {scenario.end:%d %b %Y}, seed {seed}"


def _story(outcome: Outcome, found: Summary) -> Iterable[tuple[str, str]]:
    """When it is first short, how bad it gets, and what the holder said."""
    n = len(outcome.finished)
    short = found["short.first_days"]
    if short["n"] == 0:
        yield "First short", "never: all that is wanted is served on time"
    else:
        often = f"in {short['n']} of {n} replications" if short["n"] < n else "in every replication"
        yield "First short", f"{_dates(outcome, short)} ({often})"
        yield "", f"short for {_of(found['short.days'], 'mean')} days in the mean"
    peak, when = found["shortfall_mw.max"], found["shortfall_mw.max_days"]
    if peak["mean"]:
        yield "Peak shortfall", f"{_spread(peak)}"
        yield "", f"reached {_dates(outcome, when)}"
    yield "Unserved", f"mean over time {_spread(found['unserved_mw.mean'])}"
    declined = found["declined_share"]
    if declined["n"]:
        rights = outcome.scenario.rights.values()
        holders = ", ".join(sorted({r.holder for r in rights if r.kind == "first refusal"}))
        why = [
            (value["mean"] or 0.0, name.removeprefix("declined_share."))
            for name, value in found.items()
            if name.startswith("declined_share.")
        ]
        reasons = [
            f"{_percent(share)} for {reason}" for share, reason in sorted(why, reverse=True) if share > 0
        ]
        yield "Declined", f"{holders} turned down {_percent(declined['mean'])} of what was put to it"
        if reasons:
            yield "", ", ".join(reasons)
    spilled = found["spilled_share"]
    if spilled["n"]:
        yield "Spilled", f"{_percent(spilled['mean'])} of requests were not taken whole by the first asked"
    if found["lost_share"]["mean"]:
        yield "Lost", f"{_percent(found['lost_share']['mean'])} of the power asked for gave up"


def _who_serves(outcome: Outcome, found: Summary) -> Table:
    """A row a provider: its share of what was promised, what it serves, and what stands idle with it."""
    table = Table(box=None, pad_edge=False)
    table.add_column("provider")
    for name in ("share of promises", "mean MW", "end MW", "idle MW"):
        table.add_column(name, justify="right")
    for name in outcome.scenario.providers:
        key = f"provider.{name}"
        table.add_row(
            name,
            _percent(found[f"{key}.share"]["mean"]),
            _of(found[f"{key}.in_service_mw.mean"], "mean"),
            _of(found[f"{key}.in_service_mw.end"], "mean"),
            _of(found[f"{key}.idle_mw"], "mean"),
        )
    return table


def _late(found: Summary) -> Table | None:
    """A row for each site where buildings came online: how far from the date first announced."""
    table = Table(box=None, pad_edge=False)
    for name in ("site", "p10", "p50", "p90"):
        table.add_column(name, justify="left" if name == "site" else "right")
    for key, value in found.items():
        if key.endswith(".slip_days") and value["n"]:
            cells = [
                f"{days:+.0f}" for days in (value["p10"], value["p50"], value["p90"]) if days is not None
            ]
            table.add_row(key.removeprefix("site.").removesuffix(".slip_days"), *cells)
    return table if table.row_count else None


def _footing(outcome: Outcome) -> Iterable[str]:
    """What the numbers rest on, and where they are."""
    scenario = outcome.scenario
    all_of_them, bare = quantities(scenario), unsourced(scenario)
    yield (
        f"{len(bare)} of {len(all_of_them)} quantities are assumptions without a source;"
        f" scenario {outcome.provenance['sha256'][:12]}"
    )
    yield f"Played on the {CLOCKS[outcome.provenance['engine']]}: {outcome.provenance['engine_why']}"
    if outcome.interrupted:
        yield (
            f"Interrupted: {len(outcome.finished)} of {outcome.provenance['replications']} replications"
            " were finished, and are kept"
        )
    if "precision" in outcome.provenance:
        yield from precision_lines(outcome.provenance["precision"], len(outcome.finished))
    if outcome.folder is not None:
        yield f"What it left is in {outcome.folder}"


def precision_lines(sought: dict[str, Any], n: int) -> Iterable[str]:
    """What became of the precision that was asked for, from the provenance of what was played."""
    least, most = f"at least {sought['least']:,}", f"at most {sought['most']:,}"
    how = f"was reached with {n:,} replications ({least}"
    if not sought["reached"]:
        how = f"was NOT reached with {n:,} replications ({most}"
    yield f"The precision asked for {how} are played)"
    for metric in sought["metrics"]:
        yield f"  {'reached' if metric['reached'] else 'missed'}: {metric['told']}"


def _dates(outcome: Outcome, days: Statistics) -> str:
    """The dates that a tenth, half and nine tenths of the replications do not pass."""
    named = (("p10", days["p10"]), ("p50", days["p50"]), ("p90", days["p90"]))
    start = outcome.scenario.start
    told = [f"{name} {start + timedelta(days=d):%Y-%m-%d}" for name, d in named if d is not None]
    return ", ".join(told) if days["n"] > 1 else told[0].removeprefix("p10 ")


def _of(value: Statistics, statistic: Literal["mean", "p10", "p50", "p90"]) -> str:
    number = value[statistic]
    if number is None:
        return "-"
    return f"{number:,.0f}" if abs(number) >= 10 or number == 0 else f"{number:.2g}"


def _spread(value: Statistics) -> str:
    """A power: the median over the replications, and the tenth and the ninetieth of a hundred."""
    if value["n"] == 1:
        return f"{_of(value, 'p50')} MW"
    return f"p50 {_of(value, 'p50')} MW (p10 {_of(value, 'p10')}, p90 {_of(value, 'p90')})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"
