"""What is written in a YAML file, and in which line?

Every scalar stays the text that was written, so `1.10` and `2026-01-01` mean what the schema says they mean.
A scenario is data: aliases, tags and keys that stand twice are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Number
from typing import Any

from sim.scenario.faults import Fault, Path, Place, ScenarioError

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
DEEPEST = 40


@dataclass(frozen=True)
class Node:
    """A text, a map, a list or nothing, and where it was written."""

    value: str | dict[str, Node] | list[Node] | None
    place: Place

    def plain(self) -> Any:
        """The same without places, and without the keys of a map that say null."""
        if isinstance(self.value, dict):
            return {key: part.plain() for key, part in self.value.items() if part.value is not None}
        if isinstance(self.value, list):
            return [part.plain() for part in self.value]
        return self.value

    def at(self, path: Path) -> Node:
        """The part at a path, or the last part on the way there that is written."""
        node = self
        for key in path:
            if isinstance(node.value, dict) and str(key) in node.value:
                node = node.value[str(key)]
            elif isinstance(node.value, list) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
            else:
                break
        return node


def refused(
    place: Place, message: str, remedy: str, value: str | None = None, key: str = ""
) -> ScenarioError:
    """The error of a file that cannot be read at all."""
    return ScenarioError([Fault(place.file, place.line, key, value, message, remedy)])


def read_yaml(text: str, file: str) -> Node:
    """What is written in a text of YAML 1.2? Raises `ScenarioError` where it is not YAML, or more than data."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return Reader(YAML(typ="safe", pure=True).parse(text), file).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "end" in str(error.problem) and error.context_mark:
            mark = error.context_mark  # where something began that does not end
        said = ", ".join(part for part in (error.context, error.problem) if part)
        place = Place(file, mark.line + 1 if mark else None)
        if "'\\t'" in said:
            raise refused(place, "has a tab where a value begins", "indent with spaces") from None
        if "quoted scalar" in said and "end" in said:
            raise refused(place, "begins a quote that does not end", "close it") from None
        raise refused(place, f"is not YAML: {said}", "mend the line, or quote the text") from None
    except ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        raise refused(
            place, f"holds the character {error.character:#06x}", "remove what is no text"
        ) from None


class Reader:
    """Turns the events of the parser into nodes."""

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self.events = events
        self.file = file

    def document(self) -> Node:
        """The only document of the stream."""
        next(self.events)
        if type(next(self.events)).__name__ == "StreamEndEvent":
            return Node(None, Place(self.file, 1))
        node = self.node(next(self.events), 0)
        next(self.events)
        extra = next(self.events)
        if type(extra).__name__ != "StreamEndEvent":
            raise refused(self.place(extra), "is a second document", "write one scenario in a file")
        return node

    def place(self, event: Any) -> Place:
        """Where an event stands."""
        return Place(self.file, event.start_mark.line + 1)

    def node(self, event: Any, depth: int, place: Place | None = None) -> Node:
        """The node that begins with an event; `place` is that of its key."""
        place = place or self.place(event)
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            sign = "*" if kind == "AliasEvent" else "&"
            raise refused(
                self.place(event), "is an alias or an anchor", "write it out", f"{sign}{event.anchor}"
            )
        if tag := getattr(event, "tag", None):
            raise refused(self.place(event), "is a tag, and a scenario is data", "remove it", str(tag))
        if depth > DEEPEST:
            raise refused(place, "is nested too deep", f"nest no deeper than {DEEPEST}")
        if kind == "MappingStartEvent":
            return Node(self.mapping(depth), place)
        if kind == "SequenceStartEvent":
            return Node(self.sequence(depth), place)
        empty = event.style is None and event.value in NULLS
        return Node(None if empty else str(event.value), place)

    def mapping(self, depth: int) -> dict[str, Node]:
        """The entries of a map, each with the place of its key."""
        found: dict[str, Node] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            place = self.place(event)
            key = self.node(event, depth + 1).value
            if not isinstance(key, str):
                raise refused(place, "is a key that is no text", "write a word")
            if key in found:
                before = found[key].place.line
                raise refused(place, f"stands twice, also in line {before}", "write it once", key=key)
            found[key] = self.node(next(self.events), depth + 1, place)
        return found

    def sequence(self, depth: int) -> list[Node]:
        """The parts of a list."""
        found: list[Node] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            found.append(self.node(event, depth + 1))
        return found


def as_written(value: object, place: Place) -> Node:
    """A value of Python's as if it had been written at a place."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Mapping):
        return Node({as_text(key): as_written(part, place) for key, part in value.items()}, place)
    if isinstance(value, list | tuple | set):
        return Node([as_written(part, place) for part in value], place)
    return Node(None if value is None else as_text(value), place)


def as_text(value: object) -> str:
    """A scalar of Python's as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | Number):
        raise TypeError(f"{value!r} cannot stand in a scenario: write text, numbers, dates, maps and lists")
    return str(value)
