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

from sim.scenario.faults import Complaint, Fault, Path, ScenarioError, meant, nearest
from sim.scenario.fields import Described
from sim.scenario.written import Node


@dataclass(frozen=True)
class Names:
    """A map of names; what stands under each?"""

    of: Kind


Kind = type[Described] | Names | None
"""What may stand at some place: an object, a map of names, or (None) a value."""


def kind_of(annotation: Any) -> Kind:
    """Which kind does a type annotation stand for?"""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return kind_of(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return kind_of(parts[0]) if len(parts) == 1 else None
    if origin is dict:
        return Names(kind_of(typing.get_args(annotation)[1]))
    return annotation if isinstance(annotation, type) and issubclass(annotation, Described) else None


def below(kind: Kind, key: str) -> Kind:
    """Which kind stands under a key?"""
    if isinstance(kind, Names):
        return kind.of
    name = kind.fields().get(key) if kind else None
    return kind_of(kind.model_fields[name].annotation) if kind and name else None


def merged(base: Node, over: Node, kind: Kind) -> Node:
    """What do both say together, the second having the last word? Null removes."""
    if kind is None or not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    found = dict(base.value)
    for key, part in over.value.items():
        whole = not isinstance(kind, Names) and key in kind.whole
        if key not in found:
            found[key] = part
        elif part.value is None:
            del found[key]
        else:
            found[key] = part if whole else merged(found[key], part, below(kind, key))
    return Node(found, over.place)


def empty_names(node: Node, kind: Kind, path: Path = ()) -> Iterator[Complaint]:
    """Which names of a map, and which unknown keys, have nothing under them, not even to be removed?"""
    for key, part in node.value.items() if isinstance(node.value, dict) and kind else ():
        if part.value is None and isinstance(kind, Names):
            remedy = "write what it is, or {} for defaults alone"
            yield Complaint("is a name with nothing under it", remedy, None, (*path, key))
        elif part.value is None and isinstance(kind, type) and key not in kind.fields():
            message = f"is no key of {kind.in_words()}"
            yield Complaint(message, meant(key, kind.fields()), None, (*path, key))
        else:
            yield from empty_names(part, below(kind, key), (*path, key))


def overridden(node: Node, dotted: str, new: Node, kind: Kind) -> Node:
    """What is written once `new` stands at a dotted path? Raises `ScenarioError` for a path that is none."""
    return _replaced(node, tuple(dotted.split(".")), (), new, kind)


def _replaced(node: Node, path: tuple[str, ...], above: tuple[str, ...], new: Node, kind: Kind) -> Node:
    """The same for the part of the path that is left."""
    key, rest = path[0], path[1:]
    if isinstance(node.value, list):
        if not (key.isdecimal() and int(key) < len(node.value)):
            raise unknown(path, above, new, map(str, range(len(node.value))))
        position = int(key)
        part = _replaced(node.value[position], rest, (*above, key), new, None) if rest else new
        return Node([*node.value[:position], part, *node.value[position + 1 :]], node.place)
    entries = node.value if isinstance(node.value, dict) else {}
    if kind is None and key not in entries and "value" in entries:
        return Node(entries | {"value": _replaced(entries["value"], path, above, new, None)}, node.place)
    allowed = [*entries, *(kind.fields() if isinstance(kind, type) else ())]
    creates = isinstance(kind, Names) and not rest and new.value is not None
    if key not in allowed and not creates:
        raise unknown(path, above, new, allowed)
    if not rest and new.value is None:
        return Node({name: part for name, part in entries.items() if name != key}, node.place)
    if not rest:
        return Node(entries | {key: new}, node.place)
    inner = entries.get(key, Node({}, new.place))
    return Node(entries | {key: _replaced(inner, rest, (*above, key), new, below(kind, key))}, node.place)


def unknown(
    path: tuple[str, ...], above: tuple[str, ...], new: Node, allowed: Iterable[str]
) -> ScenarioError:
    """The error of a path that leads nowhere, with the nearest that leads somewhere."""
    key, rest, allowed = path[0], path[1:], list(dict.fromkeys(allowed))
    here = ".".join(above)
    message = f"is no path of this scenario: there is no {key}" + (f" in {here}" if here else "")
    remedy = meant(key, allowed) if allowed else f"set {here} itself"
    if near := nearest(key, allowed):
        remedy = f"did you mean {'.'.join((*above, near, *rest))}?"
    dotted = ".".join((*above, *path))
    return ScenarioError([Fault(new.place.file, new.place.line, dotted, None, message, remedy)])
