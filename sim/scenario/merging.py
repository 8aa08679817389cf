"""Merging: what is left of a base once another file, or an override, has had its say?

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
from sim.scenario.yaml_reader import YamlNode


@dataclass(frozen=True)
class NameMap:
    """A map of names; what stands under each?"""

    value_type: SchemaType


SchemaType = type[SchemaObject] | NameMap | None
"""What may stand at some place: an object, a map of names, or (None) a value."""


def schema_type_of(annotation: Any) -> SchemaType:
    """Which kind does a type annotation stand for?"""
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
    """Which kind stands under a key?"""
    if isinstance(schema_type, NameMap):
        return schema_type.value_type
    name = schema_type.field_by_key().get(key) if schema_type else None
    return schema_type_of(schema_type.model_fields[name].annotation) if schema_type and name else None


def merge_nodes(base: YamlNode, override: YamlNode, schema_type: SchemaType) -> YamlNode:
    """What do both say together, the second having the last word? Null removes."""
    if schema_type is None or not isinstance(base.value, dict) or not isinstance(override.value, dict):
        return override
    found = dict(base.value)
    for key, part in override.value.items():
        whole = not isinstance(schema_type, NameMap) and key in schema_type.atomic_keys
        if key not in found:
            found[key] = part
        elif part.value is None:
            del found[key]
        else:
            found[key] = part if whole else merge_nodes(found[key], part, schema_type_under(schema_type, key))
    return YamlNode(found, override.place)


def empty_name_complaints(node: YamlNode, schema_type: SchemaType, path: KeyPath = ()) -> Iterator[Complaint]:
    """Which names of a map, and which unknown keys, have nothing under them, not even to be removed?"""
    for key, part in node.value.items() if isinstance(node.value, dict) and schema_type else ():
        if part.value is None and isinstance(schema_type, NameMap):
            remedy = "write what it is, or {} for defaults alone"
            yield Complaint("is a name with nothing under it", remedy, None, (*path, key))
        elif part.value is None and isinstance(schema_type, type) and key not in schema_type.field_by_key():
            message = f"is no key of {schema_type.in_words()}"
            yield Complaint(message, suggestion(key, schema_type.field_by_key()), None, (*path, key))
        else:
            yield from empty_name_complaints(part, schema_type_under(schema_type, key), (*path, key))


def override_node(node: YamlNode, dotted: str, new: YamlNode, schema_type: SchemaType) -> YamlNode:
    """What is written once `new` stands at a dotted path? Raises `ScenarioError` for a path that is none."""
    return _override_part(node, tuple(dotted.split(".")), (), new, schema_type)


def _override_part(
    node: YamlNode, path: tuple[str, ...], above: tuple[str, ...], new: YamlNode, schema_type: SchemaType
) -> YamlNode:
    """The same for the part of the path that is left."""
    key, rest = path[0], path[1:]
    if isinstance(node.value, list):
        if not (key.isdecimal() and int(key) < len(node.value)):
            raise unknown_path_error(path, above, new, map(str, range(len(node.value))))
        position = int(key)
        part = _override_part(node.value[position], rest, (*above, key), new, None) if rest else new
        return YamlNode([*node.value[:position], part, *node.value[position + 1 :]], node.place)
    entries = node.value if isinstance(node.value, dict) else {}
    if schema_type is None and key not in entries and "value" in entries:
        return YamlNode(
            entries | {"value": _override_part(entries["value"], path, above, new, None)}, node.place
        )
    allowed = [*entries, *(schema_type.field_by_key() if isinstance(schema_type, type) else ())]
    creates = isinstance(schema_type, NameMap) and not rest and new.value is not None
    if key not in allowed and not creates:
        raise unknown_path_error(path, above, new, allowed)
    if not rest and new.value is None:
        return YamlNode({name: part for name, part in entries.items() if name != key}, node.place)
    if not rest:
        return YamlNode(entries | {key: new}, node.place)
    inner = entries.get(key, YamlNode({}, new.place))
    return YamlNode(
        entries | {key: _override_part(inner, rest, (*above, key), new, schema_type_under(schema_type, key))},
        node.place,
    )


def unknown_path_error(
    path: tuple[str, ...], above: tuple[str, ...], new: YamlNode, allowed: Iterable[str]
) -> ScenarioError:
    """The error of a path that leads nowhere, with the nearest that leads somewhere."""
    key, rest, allowed = path[0], path[1:], list(dict.fromkeys(allowed))
    here = ".".join(above)
    message = f"is no path of this scenario: there is no {key}" + (f" in {here}" if here else "")
    remedy = suggestion(key, allowed) if allowed else f"set {here} itself"
    if near := closest_word(key, allowed):
        remedy = f"did you mean {'.'.join((*above, near, *rest))}?"
    dotted = ".".join((*above, *path))
    return ScenarioError([Fault(new.place.file, new.place.line, dotted, None, message, remedy)])
