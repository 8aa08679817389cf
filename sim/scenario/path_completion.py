"""Paths: how can a path go on that somebody is typing, as in `--set rights.first refusal.win`?"""

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
"""So many paths are told to their end; of more, only how they begin."""


@dataclass(frozen=True)
class PathCompletion:
    """One way in which a path can go on: what stands there, if anything is written, and of which kind it is."""

    path: str
    node: YamlNode | None
    schema_type: SchemaType
    settable: bool = False
    """Whether it may well be set as a whole: one of a map of names, or a value."""

    def continuations(self) -> Iterator[PathCompletion]:
        """What stands under it."""
        value = self.node.value if self.node else None
        if isinstance(value, dict) and self.schema_type is None and "value" in value:
            yield from PathCompletion(self.path, value["value"], None).continuations()
            return
        if isinstance(value, list):
            value = {str(position): part for position, part in enumerate(value)}
        written = value if isinstance(value, dict) else {}
        own = self.schema_type.field_by_key() if isinstance(self.schema_type, type) else {}
        for key in dict.fromkeys([*own, *written]):
            if key not in DESCRIPTION_KEYS:
                kind = schema_type_under(self.schema_type, key)
                whole = isinstance(self.schema_type, NameMap) or (
                    kind is None and self.schema_type is not None
                )
                yield PathCompletion(f"{self.path}.{key}".removeprefix("."), written.get(key), kind, whole)


def complete_path(file: Path, prefix: str) -> list[str]:
    """The paths of the scenario in a file that begin so: with `=` where a value comes next, else with a dot.

    There are none where the file cannot be read; else it does not matter what is wrong in it.
    """
    try:
        here = PathCompletion("", read_merged(file), ScenarioFile)
    except ScenarioError:
        return []
    *above, _ = prefix.split(".")
    for key in above:
        found = [way for way in here.continuations() if way.path.rpartition(".")[2] == key]
        if not found:
            return []
        here = found[0]
    ends: list[str] = []
    going = [way for way in here.continuations() if way.path.startswith(prefix)]
    while going:
        further = [(way, list(way.continuations())) for way in going]
        told = [f"{way.path}=" for way, parts in further if not parts or way.settable]
        ahead = [part for _, parts in further for part in parts]
        if len(ends) + len(told) + len(ahead) > MAX_COMPLETIONS and len(going) > 1:
            return sorted([*ends, *(f"{way.path}." if parts else f"{way.path}=" for way, parts in further)])
        ends += told
        going = ahead
    return sorted(ends)
