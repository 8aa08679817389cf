"""Reading of YAML into nodes that know their file and line.

Every scalar stays the text that was written, so `1.10` and `2026-01-01` mean what the schema says they mean.
A scenario is data: aliases, tags and keys that stand twice are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Number
from typing import Any

from sim.scenario.faults import (
    Complaint,
    Fault,
    KeyPath,
    Place,
    ScenarioError,
    one_line,
)
from sim.scenario.text import compose_characters

NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})
MAX_DEPTH = 40


@dataclass(frozen=True)
class YamlNode:
    """A text, a map, a list or nothing, and the place where it was written."""

    value: str | dict[str, YamlNode] | list[YamlNode] | None
    place: Place

    def to_plain(self) -> Any:
        """The same without places, and without the keys of a map that say null."""
        if isinstance(self.value, dict):
            return {key: part.to_plain() for key, part in self.value.items() if part.value is not None}
        if isinstance(self.value, list):
            return [part.to_plain() for part in self.value]
        return self.value

    def at(self, path: KeyPath) -> YamlNode:
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


def file_error(
    place: Place, message: str, remedy: str, value: str | None = None, key: str = ""
) -> ScenarioError:
    """The error of a file with a single thing wrong, which is read no further."""
    return ScenarioError([Fault(place.file, place.line, key, value, message, remedy)])


def parse_yaml(text: str, file: str) -> YamlNode:
    """The node of a text of YAML 1.2. Raises ScenarioError where it is not YAML, or more than data."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return NodeComposer(YAML(typ="safe", pure=True).parse(text), file).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "end" in str(error.problem) and error.context_mark:
            mark = error.context_mark  # where something began that does not end
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        place = Place(file, mark.line + 1 if mark else None)
        if "'\\t'" in problem:
            raise file_error(place, "has a tab where a value begins", "indent with spaces") from None
        if "quoted scalar" in problem and "end" in problem:
            raise file_error(place, "begins a quote that does not end", "close it") from None
        raise file_error(place, f"is not YAML: {problem}", "correct the line, or quote the text") from None
    except ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        raise file_error(
            place, f"holds the character {error.character:#06x}", "remove what is not text"
        ) from None


class NodeComposer:
    """Composes nodes from the events of the parser.

    Events are told by the names of their classes, so that the parser is imported only where a text is parsed.
    """

    def __init__(self, events: Iterator[Any], file: str) -> None:
        self.events = events
        self.file = file

    def document(self) -> YamlNode:
        """The only document of the stream, or nothing."""
        next(self.events)  # the start of the stream
        if type(next(self.events)).__name__ == "StreamEndEvent":
            return YamlNode(None, Place(self.file, 1))
        node = self.node(next(self.events), 0)
        next(self.events)  # the end of the document
        extra = next(self.events)
        if type(extra).__name__ != "StreamEndEvent":
            raise file_error(self.place(extra), "is a second document", "write one scenario in a file")
        return node

    def place(self, event: Any) -> Place:
        """The place of an event."""
        return Place(self.file, event.start_mark.line + 1)

    def node(self, event: Any, depth: int, place: Place | None = None) -> YamlNode:
        """The node that begins with an event; `place` is that of its key."""
        place = place or self.place(event)
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            sign = "*" if kind == "AliasEvent" else "&"
            raise file_error(
                self.place(event), "is an alias or an anchor", "write it out", f"{sign}{event.anchor}"
            )
        if tag := getattr(event, "tag", None):
            raise file_error(self.place(event), "is a tag, and a scenario is data", "remove it", str(tag))
        if depth > MAX_DEPTH:
            raise file_error(place, "is nested too deep", f"nest no deeper than {MAX_DEPTH}")
        if kind == "MappingStartEvent":
            return YamlNode(self.mapping(depth), place)
        if kind == "SequenceStartEvent":
            return YamlNode(self.sequence(depth), place)
        # Only a plain scalar says nothing: a quoted null is a text.
        empty = event.style is None and event.value in NULL_WORDS
        return YamlNode(None if empty else compose_characters(str(event.value)), place)

    def mapping(self, depth: int) -> dict[str, YamlNode]:
        """The entries of a map, each with the place of its key."""
        entries: dict[str, YamlNode] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            place = self.place(event)
            key = self.node(event, depth + 1).value
            if not isinstance(key, str):
                raise file_error(place, "is a key that is not text", "write a word")
            if key in entries:
                before = entries[key].place.line
                raise file_error(place, f"stands twice, also in line {before}", "write it once", key=key)
            entries[key] = self.node(next(self.events), depth + 1, place)
        return entries

    def sequence(self, depth: int) -> list[YamlNode]:
        """The parts of a list."""
        parts: list[YamlNode] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            parts.append(self.node(event, depth + 1))
        return parts


def to_node(value: object, place: Place) -> YamlNode:
    """The node of a value of Python's, as if it had been written at a place."""
    if isinstance(value, YamlNode):
        return value
    if isinstance(value, Mapping):
        return YamlNode({scalar_text(key): to_node(part, place) for key, part in value.items()}, place)
    if isinstance(value, list | tuple | set):
        return YamlNode([to_node(part, place) for part in value], place)
    return YamlNode(None if value is None else scalar_text(value), place)


def scalar_text(value: object) -> str:
    """A scalar of Python's as it would be written. Raises TypeError for what no scenario can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | Number):
        raise TypeError(f"{value!r} cannot stand in a scenario: write text, numbers, dates, maps and lists")
    return compose_characters(str(value))


def fault_at(complaint: Complaint, root: YamlNode) -> Fault:
    """A complaint as a fault, at the line where the value stands."""
    place = complaint.place or root.at(complaint.path).place
    key = ".".join(map(str, complaint.path))
    return Fault(place.file, place.line, key, one_line(complaint.value), complaint.message, complaint.remedy)
