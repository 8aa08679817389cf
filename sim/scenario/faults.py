"""What is wrong with a scenario: complaints, faults at their lines, and the errors that carry them.

A Complaint is about a value, before its line is known; a Fault has file and line; InvalidValueError carries
complaints out of a reader, and ScenarioError all faults to the user.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path

from sim.scenario.text import printable

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where something is written: a file as the user named it (`--set` for an override), and a line from 1."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do about it."""

    file: str
    line: int | None
    key: str
    """The dotted path of the key, as in `--set`; empty where the file as a whole is wrong."""
    value: str | None
    """What was written there, where that helps."""
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        quoted = f'"{self.value}"' if self.value is not None else ""
        text = f"{self.message}; {self.remedy}" if self.remedy else self.message
        parts = (str(Place(self.file, self.line)), _shorten(self.key, 300), quoted, _shorten(text, 1000))
        line = ": ".join(part for part in parts if part)
        return printable(line)  # one line for a fault, whatever a name holds


class UserError(Exception):
    """An error that the user can mend: the message says what is wrong, and what to do."""


class ScenarioError(UserError):
    """All faults of a scenario, each once, with one line for each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a value, before its line is known."""

    message: str
    remedy: str = ""
    value: object = None
    path: KeyPath = ()
    """Where in the value, from its top."""
    place: Place | None = None
    """Where it stands, if that is in another file, which the value names."""


class InvalidValueError(ValueError):
    """A value that cannot be read, with everything that is wrong in it."""

    def __init__(self, *complaints: Complaint) -> None:
        self.complaints = complaints
        super().__init__(*complaints)


def invalid_value(message: str, remedy: str = "", value: object = None) -> InvalidValueError:
    """The error of a value with a single thing wrong."""
    return InvalidValueError(Complaint(message, remedy, value))


class ComplaintCollector:
    """Collects what is wrong in the parts of a thing, part by part, and raises it once."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []

    @contextmanager
    def under(self, *path: str | int) -> Iterator[None]:
        """Keep what is raised inside, as complaints about the part at `path`."""
        try:
            yield
        except InvalidValueError as error:
            self.complaints += [replace(each, path=(*path, *each.path)) for each in error.complaints]

    def error(self) -> InvalidValueError:
        """The error with all that was collected."""
        return InvalidValueError(*self.complaints)

    def raise_if_any(self) -> None:
        """Raise what was collected, if anything."""
        if self.complaints:
            raise self.error()


def sort_faults(faults: Iterable[Fault], main_file: Path) -> list[Fault]:
    """Faults in the order of files and lines, those of the main file first."""
    return sorted(faults, key=lambda each: (each.file != str(main_file), each.file, each.line or 0))


def closest_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like another, if one is like it at all."""
    # Reversed, so that of words that differ in case alone the first stays.
    lowered = {each.lower(): each for each in reversed(list(known))}
    near = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The remedy for a word that is unknown: the nearest known one, or else all of them."""
    known = list(known)
    if near := closest_word(word, known):
        return f"did you mean {near}?"
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"choose one of {listed}" if known else "there is none to choose from"


def _shorten(text: str, longest: int) -> str:
    """A text, cut off where it is long, as one that holds a name of many thousand characters may be."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def one_line(value: object, longest: int = 70) -> str | None:
    """A value as it is shown in one line, cut off where it is long; None for nothing."""
    text = None if value is None else to_flow_style(value)
    return None if text is None else _shorten(text, longest)


def to_flow_style(value: object) -> str:
    """A value of a scenario file in YAML's flow style, for people to read."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {to_flow_style(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_flow_style(part) for part in value) + "]"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else value.isoformat(" ")
    return "null" if value is None else " ".join(str(value).split())
