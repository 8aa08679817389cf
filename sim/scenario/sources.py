"""Sources: which numbers does a scenario rest on, and where is each known from?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.dates import Date
from sim.scenario.faults import flow
from sim.scenario.fields import Described
from sim.scenario.laws import Law, Ref
from sim.scenario.schema import ScenarioFile
from sim.scenario.statements import DESCRIPTION, undescribed
from sim.scenario.supplies import DatedArrivals, Need
from sim.scenario.works import Trigger


@dataclass(frozen=True)
class Description:
    """Where is something known from, and how well?"""

    source: str | None = None
    confidence: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Sourced:
    """What is assumed, and where is it known from?"""

    path: str
    """As in `--set`."""
    value: str
    """As it is written."""
    source: str | None
    confidence: str | None
    note: str | None


def quantities(scenario: ScenarioFile) -> list[Sourced]:
    """Every quantity, law and date that is written, in the order of the schema.

    What an object states of its source and confidence counts for the quantities in it that state neither. A
    reference is known from where the number of `uncertain` is known from.
    """
    tree = scenario.tree
    uncertain = tree.get("uncertain", {})
    return list(within(scenario, tree, (), Description(), uncertain))


def unsourced(scenario: ScenarioFile) -> list[Sourced]:
    """The quantities that are assumed, or of which nobody says where they are known from."""
    return [
        each
        for each in quantities(scenario)
        if each.confidence == "assumed" or not (each.source or each.confidence)
    ]


def within(
    value: object, tree: Any, path: tuple[str, ...], above: Description, uncertain: Any
) -> Iterator[Sourced]:
    """The quantities in a part of a scenario; `above` describes what it stands in."""
    if isinstance(value, Described) and isinstance(tree, dict):
        own = description(tree, above)
        for key, name in value.fields().items():
            if key in tree:
                yield from within(getattr(value, name), tree[key], (*path, key), own, uncertain)
    elif isinstance(value, Law) and isinstance(reference := value.params.get("value"), Ref):
        yield sourced(tree, path, description(tree, description(uncertain.get(reference.name), above)))
    elif isinstance(value, Law | Date | Trigger) or (isinstance(value, Need) and not value.fill):
        yield sourced(tree, path, description(tree, above))
    elif isinstance(value, dict) and isinstance(stated := undescribed(tree), dict):
        own = description(tree, above) if stated is not tree and "value" in tree else above
        for key, part in value.items():
            if key in stated:
                yield from within(part, stated[key], (*path, key), own, uncertain)
    elif isinstance(value, DatedArrivals | tuple) and isinstance(tree, dict):
        for key, part in tree.items():
            yield sourced(part, (*path, key), description(part, above))


def description(tree: Any, above: Description) -> Description:
    """How is a part described: by itself, else by what it stands in?"""
    if not isinstance(tree, dict) or not DESCRIPTION & set(tree):
        return above
    own = Description(*(tree.get(key) for key in ("source", "confidence", "note")))
    if own.source or own.confidence:
        return own
    return Description(above.source, above.confidence, own.note)


def sourced(tree: Any, path: tuple[str, ...], known: Description) -> Sourced:
    """A quantity with what is known of it."""
    return Sourced(".".join(path), flow(undescribed(tree)), known.source, known.confidence, known.note)
