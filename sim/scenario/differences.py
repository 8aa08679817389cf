"""What differs between two scenarios, key by key?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.description_keys import strip_description
from sim.scenario.distribution_reader import is_distribution
from sim.scenario.faults import to_flow_style
from sim.scenario.schema import ScenarioFile

ABSENT = "-"


def assumption_differences(mine: ScenarioFile, theirs: ScenarioFile) -> list[tuple[str, str, str]]:
    """(path, mine, theirs) of everything that is assumed otherwise; sources and notes do not count."""
    return list(_walk_differences((), mine.resolved_tree(), theirs.resolved_tree()))


def _walk_differences(path: tuple[str, ...], mine: Any, theirs: Any) -> Iterator[tuple[str, str, str]]:
    mine, theirs = strip_description(mine), strip_description(theirs)
    if _is_object(mine) and _is_object(theirs):
        for key in dict.fromkeys([*mine, *theirs]):
            yield from _walk_differences((*path, str(key)), mine.get(key), theirs.get(key))
    elif mine != theirs:
        yield ".".join(path), _value_text(mine), _value_text(theirs)


def _value_text(part: Any) -> str:
    """A value without its sources and notes; a dash where there is none."""
    return ABSENT if part is None else to_flow_style(_without_descriptions(part))


def _without_descriptions(part: Any) -> Any:
    part = strip_description(part)
    return (
        {key: _without_descriptions(each) for key, each in part.items()} if isinstance(part, dict) else part
    )


def _is_object(part: Any) -> bool:
    """Is this a map of named things, and no law?"""
    return isinstance(part, dict) and not is_distribution(part)
