"""The story of a request on the terminal and in a notebook, with the same in another world beside it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.show.notebook import as_html
from sim.show.told import told
from sim.study.explained import Difference, Explained
from sim.study.retold import DAY
from sim.study.said import day, days, listed, power
from sim.study.story import Story

Dated = list[tuple[datetime, list[str]]]

LABELS = {
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
"""What a difference is called, where not as its column."""


def heading(found: Explained) -> str:
    """Of which request this is."""
    row = found.story.request
    return (
        f"Request {row['request']} ({row['stream']}:{row['number']}) of {found.scenario},"
        f" replication {found.replication}, seed {found.seed}"
    )


def setting(found: Explained) -> str:
    """What was set anew."""
    return ", ".join(f"{path}={value}" for path, value in found.overrides.items())


def verdict(found: Explained) -> list[str]:
    """What differs, in plain words."""
    row, other = found.story.request, found.other
    name = f"{row['stream']}:{row['number']}"
    if other is None:
        return [f"With {setting(found)} there is no request {name} in this replication."]
    lines = []
    if found.another:
        lines.append(
            f"With {setting(found)} the draws of {row['stream']} mean other requests: {name} is another one there,"
            f" by {listed(LABELS.get(each, each) for each in found.another)}."
        )
    if not found.differences:
        same = found.story.events == other.events
        lines.append(
            "Nothing differs." if same else "What became of it does not differ; what stood behind it does."
        )
    else:
        lines.append("What differs:")
        lines += [f"  {_differs(each)}" for each in found.differences]
    return lines


def _differs(each: Difference) -> str:
    here, there = each.here, each.there
    said = f"{LABELS.get(each.what, each.what)}: {_value(each.what, here)}; there {_value(each.what, there)}"
    if isinstance(here, datetime) and isinstance(there, datetime):
        later = (there - here) / DAY
        said += f" ({days(abs(later))} {'later' if later > 0 else 'earlier'})"
    return said


def _value(what: str, value: Any) -> str:
    if value is None:
        return "never" if what in ("gives_up", "first_delivery", "full_delivery", "answered") else "none"
    if isinstance(value, datetime):
        return day(value)
    if isinstance(value, timedelta):
        return days(value / DAY)
    if isinstance(value, list):
        when = "promised" if what == "promised" else "start"
        rows = [f"{power(x['kw'])} at {x['site']} ({x['provider']}) {day(x[when])}" for x in value]
        return listed(rows) if rows else "none"
    return power(value) if what.endswith("_kw") else str(value)


# On paper


def plain(found: Explained) -> Iterator[str]:
    """Lines of text, none of which is wrapped: for a pipe."""
    yield heading(found)
    yield from _lines(found.story)
    if found.overrides:
        if found.other is not None:
            yield ""
            yield f"With {setting(found)}"
            yield from _lines(found.other)
        yield ""
        yield from verdict(found)


def _lines(story: Story) -> Iterator[str]:
    for at, lines in _by_date(story):
        for k, line in enumerate(lines):
            yield f"{day(at) if k == 0 else '':<16}  {line}"


def _by_date(story: Story) -> Dated:
    """All lines of each date together."""
    found: Dated = []
    for at, lines in told(story):
        if found and found[-1][0] == at:
            found[-1][1].extend(lines)
        else:
            found.append((at, list(lines)))
    return found


def page(found: Explained, console: Console) -> None:
    """Print the story; in two columns where there is another beside it."""
    console.print(Text(heading(found), style="bold"))
    both = [_by_date(found.story)]
    table = Table(box=None, pad_edge=False, show_header=found.other is not None, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True, style="dim")
    table.add_column("as it was", ratio=1)
    if found.other is not None:
        both.append(_by_date(found.other))
        table.add_column(Text(f"with {setting(found)}"), ratio=1)
    sides = [dict(each) for each in both]
    for at in sorted({at for side in sides for at in side}):
        table.add_row(day(at), *(_indented(side.get(at, [])) for side in sides))
    console.print(table)
    if found.overrides:
        console.print()
        console.print(_indented(verdict(found)))


def _indented(lines: list[str]) -> Group:
    """Lines that are wrapped under where they begin."""
    parts = [(len(line) - len(line.lstrip()), line.lstrip()) for line in lines]
    return Group(*(Padding(Text(text), (0, 0, 0, indent)) for indent, text in parts))


def as_text(found: Explained, width: int = 100) -> str:
    """The page as plain text of some width, with what could not be had."""
    console = Console(file=StringIO(), width=width, highlight=False, color_system=None)
    _with_notes(found, console)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def explained_html(found: Explained) -> str:
    """The page for a notebook."""
    return as_html(lambda console: _with_notes(found, console), 150 if found.other else 100)


def _with_notes(found: Explained, console: Console) -> None:
    page(found, console)
    for note in found.notes:
        console.print(Text(note, style="dim"))


# As data


def as_data(found: Explained) -> dict[str, Any]:
    """The same as one object for JSON: times as ISO 8601 in UTC, durations in days."""
    row = found.story.request
    return {
        "request": row["request"],
        "name": f"{row['stream']}:{row['number']}",
        "replication": found.replication,
        "seed": found.seed,
        "story": _story_data(found.story),
        "set": {path: str(value) for path, value in found.overrides.items()},
        "other": None if found.other is None else _story_data(found.other),
        "another": found.another,
        "differences": _jsonable([asdict(each) for each in found.differences]),
        "notes": found.notes,
    }


def _story_data(story: Story) -> dict[str, Any]:
    events = [
        {"at": event.at, "kind": event.kind, **event.facts, "told": lines}
        for event, (_, lines) in zip(story.events, told(story), strict=True)
    ]
    return {"request": _jsonable(story.request), "events": _jsonable(events)}


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value / DAY
    if isinstance(value, dict):
        return {key: _jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    return value
