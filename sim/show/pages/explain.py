"""The page of `explain`: the timeline of a request, with that under overrides beside it, as text, HTML and JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.explain.explanation import RequestExplanation, TimelineDifference
from sim.explain.record import DAY_LENGTH
from sim.explain.timeline import Timeline
from sim.results.formatting import format_date, format_days, format_power, join_words
from sim.show.console import page_console
from sim.show.notebook import console_html
from sim.show.pages.explain_narrative import narrate_timeline

DatedLines = list[tuple[datetime, list[str]]]
"""Lines of text by date, in the order of time."""

DIFFERENCE_LABELS = {
    "size_kw": "size",
    "wanted": "wanted from",
    "gives_up": "gives up on",
    "right": "under the right",
    "asked_first": "asked first",
    "answered": "answered",
    "holder_kw": "taken by the holder",
    "reason": "what limited the holder",
    "committed_kw": "promised",
    "delivered_kw": "delivered",
    "lost_kw": "lost",
    "first_delivery": "first in service",
    "full_delivery": "all in service",
    "status": "outcome",
    "promised": "promises",
    "delivered": "deliveries",
}
"""The words for a difference: of the columns that have others than their name, of commitments and of deliveries."""


def explain_heading(explanation: RequestExplanation) -> str:
    """Return the line that says which request, replication and seed this is."""
    row = explanation.timeline.request
    return (
        f"Request {row['request']} ({row['stream']}:{row['number']}) of {explanation.scenario},"
        f" replication {explanation.replication}, seed {explanation.seed}"
    )


def format_overrides(explanation: RequestExplanation) -> str:
    """Return the overridden keys with their values."""
    return ", ".join(f"{path}={value}" for path, value in explanation.overrides.items())


def difference_lines(explanation: RequestExplanation) -> list[str]:
    """Return the lines that tell how the timelines differ."""
    row, other = explanation.timeline.request, explanation.other_timeline
    name = f"{row['stream']}:{row['number']}"
    if other is None:
        return [f"With {format_overrides(explanation)} there is no request {name} in this replication."]
    lines = []
    if explanation.identity_differences:
        columns = join_words(
            DIFFERENCE_LABELS.get(column, column) for column in explanation.identity_differences
        )
        lines.append(
            f"With {format_overrides(explanation)} the draws of {row['stream']} mean other requests: {name} is"
            f" another one there, by {columns}."
        )
    if not explanation.differences:
        is_equal = explanation.timeline.events == other.events
        lines.append(
            "Nothing differs."
            if is_equal
            else "What became of it does not differ; what stood behind it does."
        )
    else:
        lines.append("What differs:")
        lines += [f"  {_describe_difference(difference)}" for difference in explanation.differences]
    return lines


def _describe_difference(difference: TimelineDifference) -> str:
    what, value, other_value = difference.what, difference.here, difference.there
    label = DIFFERENCE_LABELS.get(what, what)
    text = f"{label}: {_format_value(what, value)}; there {_format_value(what, other_value)}"
    if isinstance(value, datetime) and isinstance(other_value, datetime):
        days_later = (other_value - value) / DAY_LENGTH
        text += f" ({format_days(abs(days_later))} {'later' if days_later > 0 else 'earlier'})"
    return text


def _format_value(what: str, value: Any) -> str:
    if value is None:
        return "never" if what in ("gives_up", "first_delivery", "full_delivery", "answered") else "none"
    if isinstance(value, datetime):
        return format_date(value)
    if isinstance(value, timedelta):
        return format_days(value / DAY_LENGTH)
    if isinstance(value, list):
        date_key = "promised" if what == "promised" else "start"
        rows = [
            f"{format_power(row['kw'])} at {row['site']} ({row['provider']}) {format_date(row[date_key])}"
            for row in value
        ]
        return join_words(rows) if rows else "none"
    return format_power(value) if what.endswith("_kw") else str(value)


# As text


def explain_lines(explanation: RequestExplanation) -> Iterator[str]:
    """Yield the page as lines of text, none of them wrapped: for a pipe."""
    yield explain_heading(explanation)
    yield from _timeline_lines(explanation.timeline)
    if explanation.overrides:
        if explanation.other_timeline is not None:
            yield ""
            yield f"With {format_overrides(explanation)}"
            yield from _timeline_lines(explanation.other_timeline)
        yield ""
        yield from difference_lines(explanation)


def _timeline_lines(timeline: Timeline) -> Iterator[str]:
    for at, lines in _lines_by_date(timeline):
        for k, line in enumerate(lines):
            yield f"{format_date(at) if k == 0 else '':<16}  {line}"


def _lines_by_date(timeline: Timeline) -> DatedLines:
    """Gather the lines of each date."""
    dated: DatedLines = []
    for at, lines in narrate_timeline(timeline):
        if dated and dated[-1][0] == at:
            dated[-1][1].extend(lines)
        else:
            dated.append((at, list(lines)))
    return dated


def render_explain(explanation: RequestExplanation, console: Console) -> None:
    """Print the timeline; in two columns where there is one under overrides."""
    console.print(Text(explain_heading(explanation), style="bold"))
    timelines = [_lines_by_date(explanation.timeline)]
    table = Table(
        box=None, pad_edge=False, show_header=explanation.other_timeline is not None, padding=(0, 2, 0, 0)
    )
    table.add_column("", no_wrap=True, style="dim")
    table.add_column("as it was", ratio=1)
    if explanation.other_timeline is not None:
        timelines.append(_lines_by_date(explanation.other_timeline))
        table.add_column(Text(f"with {format_overrides(explanation)}"), ratio=1)
    columns = [dict(dated) for dated in timelines]
    for at in sorted({at for column in columns for at in column}):
        table.add_row(format_date(at), *(_hanging_indent(column.get(at, [])) for column in columns))
    console.print(table)
    if explanation.overrides:
        console.print()
        console.print(_hanging_indent(difference_lines(explanation)))


def _hanging_indent(lines: list[str]) -> Group:
    """Lay out lines so that each is wrapped under its own beginning."""
    parts = [(len(line) - len(line.lstrip()), line.lstrip()) for line in lines]
    return Group(*(Padding(Text(text), (0, 0, 0, indent)) for indent, text in parts))


def explain_text(explanation: RequestExplanation, width: int = 100) -> str:
    """Return the page with its notes as plain text of some width."""
    console = page_console(StringIO(), width, colour=False)
    _render_with_notes(explanation, console)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def explain_html(explanation: RequestExplanation) -> str:
    """Return the page with its notes as HTML for a notebook."""
    return console_html(
        lambda console: _render_with_notes(explanation, console), 150 if explanation.other_timeline else 100
    )


def _render_with_notes(explanation: RequestExplanation, console: Console) -> None:
    render_explain(explanation, console)
    for note in explanation.notes:
        console.print(Text(note, style="dim"))


# As data


def explain_to_dict(explanation: RequestExplanation) -> dict[str, Any]:
    """Convert an explanation to one object for JSON: times as ISO 8601 in UTC, durations in days."""
    row = explanation.timeline.request
    return {
        "request": row["request"],
        "name": f"{row['stream']}:{row['number']}",
        "replication": explanation.replication,
        "seed": explanation.seed,
        "story": _timeline_to_dict(explanation.timeline),
        "set": {path: str(value) for path, value in explanation.overrides.items()},
        "other": None
        if explanation.other_timeline is None
        else _timeline_to_dict(explanation.other_timeline),
        "another": explanation.identity_differences,
        "differences": _to_json([asdict(difference) for difference in explanation.differences]),
        "notes": explanation.notes,
    }


def _timeline_to_dict(timeline: Timeline) -> dict[str, Any]:
    events = [
        {"at": event.at, "kind": event.kind, **event.facts, "told": lines}
        for event, (_, lines) in zip(timeline.events, narrate_timeline(timeline), strict=True)
    ]
    return {"request": _to_json(timeline.request), "events": _to_json(events)}


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value / DAY_LENGTH
    if isinstance(value, dict):
        return {key: _to_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(part) for part in value]
    return value
