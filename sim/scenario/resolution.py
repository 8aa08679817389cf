"""The resolved tree of a scenario, with every default written out, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sim.scenario.fields import SchemaObject
from sim.scenario.yaml_reader import scalar_text


def resolve_tree(value: object, tree: Any) -> Any:
    """What is written, with the defaults of every object in it; it reads as the same `value` again."""
    if isinstance(value, SchemaObject) and isinstance(tree, dict):
        parts = {
            key: part
            for key, name in value.field_by_key().items()
            if (part := resolve_field(value, key, name, tree)) is not None
        }
        idle = value.ineffective_keys(parts)
        return {key: part for key, part in parts.items() if key not in idle}
    if isinstance(value, dict) and isinstance(tree, dict):
        return {key: resolve_tree(value.get(key), part) for key, part in tree.items()}
    return tree


def resolve_field(value: SchemaObject, key: str, name: str, tree: dict[str, Any]) -> Any:
    """What one field says, its default included; None where it says nothing."""
    if key in tree:
        return resolve_tree(getattr(value, name), tree[key])
    info = type(value).model_fields[name]
    if isinstance(default := getattr(value, name), SchemaObject):
        return resolve_tree(default, {})
    if (info.default_factory is not None and not default) or default == ():
        return None
    default = default if info.default_factory is not None or info.default is None else info.default
    return None if default is None else scalar_text(default)


def tree_fingerprint(tree: dict[str, Any]) -> str:
    """A hash of a resolved scenario: equal where nothing that is written differs.

    A file counts by what it holds, wherever it is.
    """
    return hashlib.sha256(json.dumps(without_file_places(tree), ensure_ascii=True).encode()).hexdigest()


def without_file_places(tree: Any) -> Any:
    """A tree without the places of files whose SHA-256 is known."""
    if not isinstance(tree, dict):
        return tree
    return {
        key: without_file_places(part) for key, part in tree.items() if key != "file" or "sha256" not in tree
    }
