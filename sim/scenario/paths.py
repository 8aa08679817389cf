"""Paths: how can a path go on that somebody is typing, as in `--set rights.first refusal.win`?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.scenario.faults import ScenarioError
from sim.scenario.merging import Kind, Names, below
from sim.scenario.reading import read_merged
from sim.scenario.schema import ScenarioFile
from sim.scenario.statements import DESCRIPTION
from sim.scenario.written import Node

MOST = 40
"""So many paths are told to their end; of more, only how they begin."""


@dataclass(frozen=True)
class Way:
    """One way in which a path can go on: what stands there, if anything is written, and of which kind it is."""

    path: str
    node: Node | None
    kind: Kind
    whole: bool = False
    """Whether it may well be set as a whole: one of a map of names, or a value."""

    def further(self) -> Iterator[Way]:
        """What stands under it."""
        value = self.node.value if self.node else None
        if isinstance(value, dict) and self.kind is None and "value" in value:
            yield from Way(self.path, value["value"], None).further()
            return
        if isinstance(value, list):
            value = {str(position): part for position, part in enumerate(value)}
        written = value if isinstance(value, dict) else {}
        own = self.kind.fields() if isinstance(self.kind, type) else {}
        for key in dict.fromkeys([*own, *written]):
            if key not in DESCRIPTION:
                kind = below(self.kind, key)
                whole = isinstance(self.kind, Names) or (kind is None and self.kind is not None)
                yield Way(f"{self.path}.{key}".removeprefix("."), written.get(key), kind, whole)


def ways_on(file: Path, typed: str) -> list[str]:
    """The paths of the scenario in a file that begin so: with `=` where a value comes next, else with a dot.

    There are none where the file cannot be read; else it does not matter what is wrong in it.
    """
    try:
        here = Way("", read_merged(file), ScenarioFile)
    except ScenarioError:
        return []
    *above, _ = typed.split(".")
    for key in above:
        found = [way for way in here.further() if way.path.rpartition(".")[2] == key]
        if not found:
            return []
        here = found[0]
    ends: list[str] = []
    going = [way for way in here.further() if way.path.startswith(typed)]
    while going:
        further = [(way, list(way.further())) for way in going]
        told = [f"{way.path}=" for way, parts in further if not parts or way.whole]
        ahead = [part for _, parts in further for part in parts]
        if len(ends) + len(told) + len(ahead) > MOST and len(going) > 1:
            return sorted([*ends, *(f"{way.path}." if parts else f"{way.path}=" for way, parts in further)])
        ends += told
        going = ahead
    return sorted(ends)
