"""Objects: which objects does a scenario have, which keys has each, and what may be written there?

The schema is walked, so that the reference, editors and tests know of every key as soon as it exists.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.fields import Described, Reads
from sim.scenario.statements import DESCRIPTION
from sim.scenario.written import as_text

NAME = "NAME"
"""Stands in a path for any name."""


@dataclass(frozen=True)
class Key:
    """What may be written at one key of an object?"""

    name: str
    says: str
    required: bool
    default: str | None
    """As it would be written; None where nothing is, or where its meaning says what holds."""
    meaning: str


@dataclass(frozen=True)
class Object:
    """One kind of object, and where it stands."""

    kind: type[Described]
    paths: tuple[str, ...]
    """Dotted paths, `NAME` for any name; empty for the whole file."""
    meaning: str
    keys: tuple[Key, ...]


def objects(root: type[Described]) -> list[Object]:
    """Every kind of object in a root, itself first, each before those in it."""
    paths: dict[type[Described], list[str]] = {}
    for kind, path in within(root, ""):
        paths.setdefault(kind, []).append(path)
    return [
        Object(kind, tuple(places), inspect.getdoc(kind) or "", own(kind)) for kind, places in paths.items()
    ]


def within(kind: type[Described], path: str) -> Iterator[tuple[type[Described], str]]:
    """An object and those in it, with their paths."""
    yield kind, path
    for key, name in kind.fields().items():
        for part, below in parts(kind.model_fields[name].annotation, f"{path}.{key}".removeprefix(".")):
            yield from within(part, below)


def parts(annotation: Any, path: str) -> Iterator[tuple[type[Described], str]]:
    """The objects that an annotation speaks of; those of a map stand under any name."""
    if isinstance(annotation, type) and issubclass(annotation, Described):
        yield annotation, path
    named = typing.get_origin(annotation) is dict
    for part in typing.get_args(annotation):
        yield from parts(part, f"{path}.{NAME}" if named else path)


def own(kind: type[Described]) -> tuple[Key, ...]:
    """The keys of an object, without those that every object has."""
    return tuple(key for key in keys(kind) if key.name not in DESCRIPTION)


def keys(kind: type[Described]) -> Iterator[Key]:
    """All keys of an object."""
    for key, name in kind.fields().items():
        field = kind.model_fields[name]
        default = None if field.is_required() or field.default_factory else field.default
        written = None if default in (None, ()) else as_text(default)
        said = says(field.annotation, field.metadata)
        yield Key(key, said, field.is_required(), written, field.description or "")


def says(annotation: Any, metadata: typing.Iterable[object] = ()) -> str:
    """What may be written where something is annotated so, in words."""
    for each in metadata:
        if isinstance(each, Reads):
            return each.says
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return says(arguments[0], arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return "; or ".join(says(part) for part in arguments if part is not type(None))
    if origin is dict:
        return f"for each {says(arguments[0]).removeprefix('a ')}: {says(arguments[1])}"
    if origin is tuple:
        return f"a list of: {says(arguments[0])}"
    assert isinstance(annotation, type), f"what may be written for {annotation} is not said"
    assert issubclass(annotation, Described), f"what may be written for {annotation} is not said"
    return annotation.in_words()
