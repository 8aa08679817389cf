"""What differs between two scenarios, key by key?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.faults import flow
from sim.scenario.laws import KINDS
from sim.scenario.schema import ScenarioFile
from sim.scenario.statements import undescribed

ABSENT = "-"


def differences(mine: ScenarioFile, theirs: ScenarioFile) -> list[tuple[str, str, str]]:
    """(path, mine, theirs) of everything that is assumed otherwise; sources and notes do not count."""
    return list(_differing((), mine.resolved(), theirs.resolved()))


def _differing(path: tuple[str, ...], mine: Any, theirs: Any) -> Iterator[tuple[str, str, str]]:
    mine, theirs = undescribed(mine), undescribed(theirs)
    if _is_object(mine) and _is_object(theirs):
        for key in dict.fromkeys([*mine, *theirs]):
            yield from _differing((*path, str(key)), mine.get(key), theirs.get(key))
    elif mine != theirs:
        yield ".".join(path), _shown(mine), _shown(theirs)


def _shown(part: Any) -> str:
    """A value without its sources and notes; a dash where there is none."""
    return ABSENT if part is None else flow(_bare(part))


def _bare(part: Any) -> Any:
    part = undescribed(part)
    return {key: _bare(each) for key, each in part.items()} if isinstance(part, dict) else part


def _is_object(part: Any) -> bool:
    """Is this a map of named things, and no law?"""
    return isinstance(part, dict) and not set(part) & set(KINDS)
