"""Descriptions of the objects of a schema, of their keys, and of what may be written there.

The schema is walked, so that the reference, editors and tests know of every key as soon as it exists.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.fields import FieldReader, SchemaObject
from sim.scenario.yaml_reader import scalar_text

ANY_NAME = "NAME"
"""Stands in a path for any name."""


@dataclass(frozen=True)
class KeyDescription:
    """A key of an object, and what may be written there."""

    name: str
    syntax: str
    is_required: bool
    default: str | None
    """As it would be written; None where nothing is, or where its meaning says what holds."""
    meaning: str


@dataclass(frozen=True)
class ObjectDescription:
    """A type of object, and where it stands."""

    object_type: type[SchemaObject]
    paths: tuple[str, ...]
    """Dotted paths, `NAME` for any name; empty for the whole file."""
    meaning: str
    keys: tuple[KeyDescription, ...]


def describe_objects(root: type[SchemaObject]) -> list[ObjectDescription]:
    """Every type of object in a root, itself first, each before those in it."""
    paths: dict[type[SchemaObject], list[str]] = {}
    for object_type, path in objects_with_paths(root, ""):
        paths.setdefault(object_type, []).append(path)
    return [
        ObjectDescription(
            object_type, tuple(places), inspect.getdoc(object_type) or "", specific_keys(object_type)
        )
        for object_type, places in paths.items()
    ]


def objects_with_paths(
    object_type: type[SchemaObject], path: str
) -> Iterator[tuple[type[SchemaObject], str]]:
    """An object and those in it, with their paths."""
    yield object_type, path
    for key, name in object_type.field_by_key().items():
        for part, below in objects_in_annotation(
            object_type.model_fields[name].annotation, f"{path}.{key}".removeprefix(".")
        ):
            yield from objects_with_paths(part, below)


def objects_in_annotation(annotation: Any, path: str) -> Iterator[tuple[type[SchemaObject], str]]:
    """The objects in an annotation; those of a map stand under any name."""
    if isinstance(annotation, type) and issubclass(annotation, SchemaObject):
        yield annotation, path
    is_map = typing.get_origin(annotation) is dict
    for part in typing.get_args(annotation):
        yield from objects_in_annotation(part, f"{path}.{ANY_NAME}" if is_map else path)


def specific_keys(object_type: type[SchemaObject]) -> tuple[KeyDescription, ...]:
    """The keys of an object, without those that every object has."""
    return tuple(key for key in describe_keys(object_type) if key.name not in DESCRIPTION_KEYS)


def describe_keys(object_type: type[SchemaObject]) -> Iterator[KeyDescription]:
    """All keys of an object."""
    for key, name in object_type.field_by_key().items():
        field = object_type.model_fields[name]
        default = None if field.is_required() or field.default_factory else field.default
        written = None if default in (None, ()) else scalar_text(default)
        syntax = describe_syntax(field.annotation, field.metadata)
        yield KeyDescription(key, syntax, field.is_required(), written, field.description or "")


def describe_syntax(annotation: Any, metadata: typing.Iterable[object] = ()) -> str:
    """What may be written for an annotation, in words."""
    for each in metadata:
        if isinstance(each, FieldReader):
            return each.syntax
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return describe_syntax(arguments[0], arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return "; or ".join(describe_syntax(part) for part in arguments if part is not type(None))
    if origin is dict:
        return f"for each {describe_syntax(arguments[0]).removeprefix('a ')}: {describe_syntax(arguments[1])}"
    if origin is tuple:
        return f"a list of: {describe_syntax(arguments[0])}"
    assert isinstance(annotation, type), f"no reader says what may be written for {annotation}"
    assert issubclass(annotation, SchemaObject), f"no reader says what may be written for {annotation}"
    return annotation.in_words()
