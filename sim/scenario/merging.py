"""Merging of what is written with what overrides it: another file, or `--set`.

Maps of names and the fields of objects merge; every other value is replaced whole. Which is which, the schema
says: so a law or a curve never becomes a mixture of two.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from sim.scenario.faults import Complaint, Fault, KeyPath, ScenarioError, closest_word, suggestion
from sim.scenario.fields import SchemaObject
from sim.scenario.text import compose_characters
from sim.scenario.yaml_reader import YamlNode


@dataclass(frozen=True)
class NameMap:
    """A map of names."""

    value_type: SchemaType
    """What stands under each name."""


SchemaType = type[SchemaObject] | NameMap | None
"""What may stand at some place: an object, a map of names, or (None) a value."""


def schema_type_of(annotation: Any) -> SchemaType:
    """The object or map of names that a type annotation stands for; None for a value."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return schema_type_of(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return schema_type_of(parts[0]) if len(parts) == 1 else None
    if origin is dict:
        return NameMap(schema_type_of(typing.get_args(annotation)[1]))
    return annotation if isinstance(annotation, type) and issubclass(annotation, SchemaObject) else None


def schema_type_under(schema_type: SchemaType, key: str) -> SchemaType:
    """The object or map of names under a key; None for a value, or a key that is unknown."""
    if isinstance(schema_type, NameMap):
        return schema_type.value_type
    name = schema_type.field_by_key().get(key) if schema_type else None
    return schema_type_of(schema_type.model_fields[name].annotation) if schema_type and name else None


def merge_nodes(base: YamlNode, override: YamlNode, schema_type: SchemaType) -> YamlNode:
    """The base with what the override writes: entries merge, values are replaced whole, and null removes."""
    if schema_type is None or not isinstance(base.value, dict) or not isinstance(override.value, dict):
        return override
    merged = dict(base.value)
    for key, part in override.value.items():
        whole = not isinstance(schema_type, NameMap) and key in schema_type.atomic_keys
        if key not in merged:
            merged[key] = part
        elif part.value is None:
            del merged[key]
        else:
            merged[key] = (
                part if whole else merge_nodes(merged[key], part, schema_type_under(schema_type, key))
            )
    return YamlNode(merged, override.place)


def empty_name_complaints(node: YamlNode, schema_type: SchemaType, path: KeyPath = ()) -> Iterator[Complaint]:
    """A complaint for each name of a map, and each unknown key, with nothing under it.

    They would vanish on the way to the schema, as what null removes does.
    """
    for key, part in node.value.items() if isinstance(node.value, dict) and schema_type else ():
        if part.value is None and isinstance(schema_type, NameMap):
            remedy = "write what it is, or {} for defaults alone"
            yield Complaint("is a name without a value", remedy, None, (*path, key))
        elif part.value is None and isinstance(schema_type, type) and key not in schema_type.field_by_key():
            message = f"is not a key of {schema_type.in_words()}"
            yield Complaint(message, suggestion(key, schema_type.field_by_key()), None, (*path, key))
        else:
            yield from empty_name_complaints(part, schema_type_under(schema_type, key), (*path, key))


def is_within(path: str, other: str) -> bool:
    """Whether a dotted path stands below another: what sets the other anew would set it too."""
    return path.startswith(f"{other}.")


def override_node(node: YamlNode, dotted: str, new: YamlNode, schema_type: SchemaType) -> YamlNode:
    """What is written once `new` stands at a dotted path. Raises ScenarioError for a path that leads nowhere."""
    return _override_part(node, tuple(compose_characters(dotted).split(".")), (), new, schema_type)


def _override_part(
    node: YamlNode, path: tuple[str, ...], parents: tuple[str, ...], new: YamlNode, schema_type: SchemaType
) -> YamlNode:
    """A part of it, where `path` is what is left of the whole, and `parents` what has been walked."""
    key, rest = path[0], path[1:]
    if isinstance(node.value, list):
        if not (key.isascii() and key.isdecimal() and len(key) < 10 and int(key) < len(node.value)):
            raise unknown_path_error(path, parents, new, map(str, range(len(node.value))))
        position = int(key)
        part = _override_part(node.value[position], rest, (*parents, key), new, None) if rest else new
        return YamlNode([*node.value[:position], part, *node.value[position + 1 :]], node.place)
    entries = node.value if isinstance(node.value, dict) else {}
    # A path goes through the `value` of a quantity that is written with its source.
    if schema_type is None and key not in entries and "value" in entries:
        return YamlNode(
            entries | {"value": _override_part(entries["value"], path, parents, new, None)}, node.place
        )
    allowed = [*entries, *(schema_type.field_by_key() if isinstance(schema_type, type) else ())]
    creates = isinstance(schema_type, NameMap) and not rest and new.value is not None
    if key not in allowed and not creates:
        raise unknown_path_error(path, parents, new, allowed)
    if not rest and new.value is None:
        return YamlNode({name: part for name, part in entries.items() if name != key}, node.place)
    if not rest:
        return YamlNode(entries | {key: new}, node.place)
    inner = entries.get(key, YamlNode({}, new.place))
    return YamlNode(
        entries
        | {key: _override_part(inner, rest, (*parents, key), new, schema_type_under(schema_type, key))},
        node.place,
    )


def unknown_path_error(
    path: tuple[str, ...], parents: tuple[str, ...], new: YamlNode, allowed: Iterable[str]
) -> ScenarioError:
    """The error of a path that leads nowhere, with the nearest that leads somewhere."""
    key, rest, allowed = path[0], path[1:], list(dict.fromkeys(allowed))
    parent = ".".join(parents)
    message = f"is not a path of this scenario: there is no {key}" + (f" in {parent}" if parent else "")
    remedy = suggestion(key, allowed) if allowed else f"set {parent} itself"
    if near := closest_word(key, allowed):
        remedy = f"did you mean {'.'.join((*parents, near, *rest))}?"
    dotted = ".".join((*parents, *path))
    return ScenarioError([Fault(new.place.file, new.place.line, dotted, None, message, remedy)])
