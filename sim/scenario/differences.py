"""The differences between two scenarios, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.description_keys import strip_description
from sim.scenario.distribution_reader import is_distribution
from sim.scenario.faults import to_flow_style
from sim.scenario.schema import ScenarioFile

ABSENT = "-"
"""Stands for a value that only the other scenario has."""


def assumption_differences(first: ScenarioFile, second: ScenarioFile) -> list[tuple[str, str, str]]:
    """The path and both values of everything that is assumed otherwise; sources and notes do not count."""
    return list(_walk_differences((), first.resolved_tree(), second.resolved_tree()))


def _walk_differences(path: tuple[str, ...], first: Any, second: Any) -> Iterator[tuple[str, str, str]]:
    first, second = strip_description(first), strip_description(second)
    if _is_object(first) and _is_object(second):
        for key in dict.fromkeys([*first, *second]):
            yield from _walk_differences((*path, str(key)), first.get(key), second.get(key))
    elif first != second:
        yield ".".join(path), _value_text(first), _value_text(second)


def _value_text(part: Any) -> str:
    """A value without its sources and notes; a dash where there is none."""
    return ABSENT if part is None else to_flow_style(_without_descriptions(part))


def _without_descriptions(part: Any) -> Any:
    part = strip_description(part)
    return (
        {key: _without_descriptions(each) for key, each in part.items()} if isinstance(part, dict) else part
    )


def _is_object(part: Any) -> bool:
    """Whether a part is a map of named things, and no distribution."""
    return isinstance(part, dict) and not is_distribution(part)
