"""Completion of the paths of a scenario that somebody is typing, as in `--set rights.first refusal.win`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.faults import ScenarioError
from sim.scenario.merging import NameMap, SchemaType, schema_type_under
from sim.scenario.reading import read_merged
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import YamlNode

MAX_COMPLETIONS = 40
"""With more paths than this, only their beginnings are offered."""


@dataclass(frozen=True)
class PathCompletion:
    """One way in which a path can go on: the node there, if anything is written, and its type in the schema."""

    path: str
    node: YamlNode | None
    schema_type: SchemaType
    settable: bool = False
    """Whether it may well be set as a whole: one of a map of names, or a value."""

    def continuations(self) -> Iterator[PathCompletion]:
        """The ways to go on from here, of which the schema or the file knows."""
        value = self.node.value if self.node else None
        if isinstance(value, dict) and self.schema_type is None and "value" in value:
            # A path goes through the `value` of a quantity that is written with its source.
            yield from PathCompletion(self.path, value["value"], None).continuations()
            return
        if isinstance(value, list):
            value = {str(position): part for position, part in enumerate(value)}
        entries = value if isinstance(value, dict) else {}
        fields = self.schema_type.field_by_key() if isinstance(self.schema_type, type) else {}
        for key in dict.fromkeys([*fields, *entries]):
            if key not in DESCRIPTION_KEYS:
                below = schema_type_under(self.schema_type, key)
                settable = isinstance(self.schema_type, NameMap) or (
                    below is None and self.schema_type is not None
                )
                yield PathCompletion(
                    f"{self.path}.{key}".removeprefix("."), entries.get(key), below, settable
                )


def complete_path(file: Path, prefix: str) -> list[str]:
    """The paths of a scenario file that begin with `prefix`: with `=` where a value comes next, else with a dot.

    There are none where the file cannot be read; else it does not matter what is wrong in it.
    """
    try:
        parent = PathCompletion("", read_merged(file), ScenarioFile)
    except ScenarioError:
        return []
    *parent_keys, _ = prefix.split(".")
    for key in parent_keys:
        matches = [each for each in parent.continuations() if each.path.rpartition(".")[2] == key]
        if not matches:
            return []
        parent = matches[0]
    complete: list[str] = []
    # Level by level, as long as all paths to the end are few enough.
    level = [each for each in parent.continuations() if each.path.startswith(prefix)]
    while level:
        children = [(each, list(each.continuations())) for each in level]
        ends = [f"{each.path}=" for each, below in children if not below or each.settable]
        next_level = [part for _, below in children for part in below]
        if len(complete) + len(ends) + len(next_level) > MAX_COMPLETIONS and len(level) > 1:
            beginnings = (f"{each.path}." if below else f"{each.path}=" for each, below in children)
            return sorted([*complete, *beginnings])
        complete += ends
        level = next_level
    return sorted(complete)
