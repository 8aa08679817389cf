"""The page of `fit`: what was told and seen, the laws with their standard errors, and which forecasts best."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_figures
from sim.show.console import titled_panel
from sim.show.notebook import console_html
from sim.study.delay_dependence import LEAST_PAIR_SITES, TogetherEstimate
from sim.study.delay_estimation import DelayEstimate, ParameterEstimate
from sim.study.fit import FittedDelays

UNSEEN_NOTES = {
    "censored": "not there at the last look, and no more is known",
    "interval": "came between the last look and the telling (--unseen interval)",
    "believed": "came on the date told (--unseen believed)",
}
"""By the reading of what passed unseen, what is taken of it."""


def render_fit(delays: FittedDelays, console: Console) -> None:
    """Print the page of laws of delay that were fitted."""
    parts: list[RenderableType] = [Text(line) for line in _data_lines(delays)]
    parts += [Text(""), _parameter_table(delays), Text(""), _score_table(delays), Text("")]
    parts += [Text(line) for line in _together_lines(delays)]
    parts += [Text(note, style="yellow") for note in fit_notes(delays)]
    title = f"Laws of delay as of {delays.as_of}: {', '.join(delays.vintages)}"
    console.print(titled_panel(Group(*parts), title))


def fit_html(delays: FittedDelays) -> str:
    """Return the page as HTML for a notebook."""
    return console_html(lambda console: render_fit(delays, console))


def _data_lines(delays: FittedDelays) -> Iterator[str]:
    """Yield what was told, what was seen, what was dropped, and the prior."""
    c = delays.counts
    yield f"{c.sites} sites, {c.milestones} milestones, {c.tellings} tellings up to {delays.as_of}"
    unseen = f"told only: {c.told_only} ({UNSEEN_NOTES[delays.unseen]})"
    yield (
        f"used: {c.used_sites} sites, {c.used_milestones} milestones, {c.used_tellings} tellings; seen to"
        f" have come: {c.seen}, at {c.seen_sites} of these sites; {unseen}"
    )
    yield (
        f"dropped: {c.redefined} milestones that were redefined; {c.past} tellings of a date already past,"
        f" {c.came_before} of what had come, {c.no_look} since which nobody looked"
    )
    yield f"prior: {delays.prior.source}" if delays.prior else "no prior"


def _parameter_table(delays: FittedDelays) -> Table:
    """Lay out a row for each parameter of each law: as fitted, its interval, the prior, and what it rests on."""
    table = Table(box=None, pad_edge=False)
    for name in ("law", "parameter"):
        table.add_column(name, no_wrap=True)
    for name in ("value", "se", "95 %", "prior", "sites"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rests on")
    for estimate in delays.estimates:
        for k, each in enumerate(estimate.parameters):
            table.add_row(estimate.law if k == 0 else "", *_cells(each, delays.counts.used_sites))
    return table


def _cells(each: ParameterEstimate, sites: int) -> tuple[str, ...]:
    unit = f" {each.unit}" if each.unit else ""
    prior = f"{format_figures(each.prior.value)}{unit} (±{each.prior.log_sd:.2f})" if each.prior else "-"
    if not each.is_bounded:
        return each.name, "-", "-", "-", prior, str(sites), "nothing: the data do not bound it"
    low, high = (format_figures(end) for end in (each.low, each.high))
    value, se = (f"{format_figures(number)}{unit}" for number in (each.value, each.se))
    return each.name, value, se, f"{low} to {high}", prior, str(sites), each.rests_on


def _score_table(delays: FittedDelays) -> Table:
    """Lay out the log score of each law on sites that were left out."""
    table = Table(box=None, pad_edge=False)
    table.add_column("law", no_wrap=True)
    for name in ("log score, sites left out", "below the best", "se", "sites"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in delays.estimates:
        below, se = delays.score_difference(each)
        has_sites = len(each.site_scores) > 0
        numbers = (each.score, max(0.0, -below), se)
        cells = (f"{number:.3f}" if has_sites and isfinite(number) else "-" for number in numbers)
        table.add_row(each.law, *cells, str(delays.counts.used_sites))
    return table


def _together_lines(delays: FittedDelays) -> Iterator[str]:
    """Yield what delays have in common by each law, and where it comes from; once, if that is the same for all."""
    words = [_together_words(each) for each in delays.together]
    if len(set(words)) == 1:
        yield f"together: {words[0]}"
        return
    for estimate, text in zip(delays.estimates, words, strict=True):
        yield f"together, {estimate.law}: {text}"


def _together_words(together: TogetherEstimate) -> str:
    shares = f"site {together.site:.0%}, all {together.all:.0%}"
    sites = f"sites with two or more milestones of which one was seen: {together.sites}"
    if together.rests_on == "data":
        return f"{shares} (in sum ±{together.se:.0%}; {sites}; all by the prior)"
    words = "from the prior" if together.rests_on == "prior" else "not estimated"
    return f"{shares}, {words}: {sites}, of {LEAST_PAIR_SITES} that are needed"


def fit_notes(delays: FittedDelays) -> Iterator[str]:
    """Yield what is to be minded: what is not bounded, what the prior decides, what cannot be told apart."""
    for estimate in delays.estimates:
        for words in ("nothing", "prior"):
            names = [each.name for each in estimate.parameters if each.rests_on == words]
            if names and words == "nothing":
                yield f"{estimate.law}: the data do not bound {' and '.join(names)}; it is not written by --out"
            elif names:
                yield f"{estimate.law}: {' and '.join(names)} as in the prior; the data add little"
    close = [each.law for each in delays.estimates if _is_close(delays, each)]
    if close:
        yield f"No better nor worse than {delays.best.law} beyond two standard errors: {', '.join(close)}"
    longest = delays.counts.longest_seen_lead
    if delays.counts.seen:
        yield f"The longest lead of what was seen is {longest:.0f} days; beyond it a law is its form and prior"
    else:
        yield "Nothing was seen to come: a law is its form and prior"


def _is_close(delays: FittedDelays, estimate: DelayEstimate) -> bool:
    below, se = delays.score_difference(estimate)
    return estimate is not delays.best and not abs(below) > 2 * se
