"""The quantities on which a scenario rests, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.construction import Trigger
from sim.scenario.dates import Date
from sim.scenario.delays import Delay
from sim.scenario.description_keys import DESCRIPTION_KEYS, strip_description
from sim.scenario.distributions import Distribution
from sim.scenario.faults import to_flow_style
from sim.scenario.fields import SchemaObject
from sim.scenario.schema import ScenarioFile
from sim.scenario.supplies import DatedArrivals, Need


@dataclass(frozen=True)
class Citation:
    """Where something is known from, and how well."""

    source: str | None = None
    confidence: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class SourcedQuantity:
    """A quantity as it is written, with its citation."""

    path: str
    """As in `--set`."""
    value: str
    """As it is written."""
    source: str | None
    confidence: str | None
    note: str | None


def list_quantities(scenario: ScenarioFile) -> list[SourcedQuantity]:
    """Every quantity, distribution and date that is written, in the order of the schema.

    What an object states of its source and confidence counts for the quantities in it that state neither. A
    reference is known from where the number of `uncertain` is known from.
    """
    tree = scenario.tree
    uncertain = tree.get("uncertain", {})
    return list(iterate_quantities(scenario, tree, (), Citation(), uncertain))


def list_assumptions(scenario: ScenarioFile) -> list[SourcedQuantity]:
    """The quantities that are assumed, or of which nobody says where they are known from."""
    return [
        each
        for each in list_quantities(scenario)
        if each.confidence == "assumed" or not (each.source or each.confidence)
    ]


def iterate_quantities(
    value: object, tree: Any, path: tuple[str, ...], inherited: Citation, uncertain: Any
) -> Iterator[SourcedQuantity]:
    """The quantities in a part of a scenario; `inherited` is the citation of what it stands in."""
    if isinstance(value, SchemaObject) and isinstance(tree, dict):
        citation = citation_of(tree, inherited)
        for key, name in value.field_by_key().items():
            if key in tree:
                yield from iterate_quantities(
                    getattr(value, name), tree[key], (*path, key), citation, uncertain
                )
    elif isinstance(value, Distribution) and (reference := value.reference):
        yield sourced_quantity(
            tree, path, citation_of(tree, citation_of(uncertain.get(reference.name), inherited))
        )
    elif isinstance(value, Distribution | Date | Delay | Trigger) or (
        isinstance(value, Need) and not value.fill
    ):
        yield sourced_quantity(tree, path, citation_of(tree, inherited))
    elif isinstance(value, dict) and isinstance(content := strip_description(tree), dict):
        citation = citation_of(tree, inherited) if content is not tree and "value" in tree else inherited
        for key, part in value.items():
            if key in content:
                yield from iterate_quantities(part, content[key], (*path, key), citation, uncertain)
    elif isinstance(value, DatedArrivals | tuple) and isinstance(tree, dict):
        for key, part in tree.items():
            yield sourced_quantity(part, (*path, key), citation_of(part, inherited))


def citation_of(tree: Any, inherited: Citation) -> Citation:
    """The citation of a part: its own, else that of what it stands in, with its own note."""
    if not isinstance(tree, dict) or not DESCRIPTION_KEYS & set(tree):
        return inherited
    stated = Citation(*(tree.get(key) for key in ("source", "confidence", "note")))
    if stated.source or stated.confidence:
        return stated
    return Citation(inherited.source, inherited.confidence, stated.note)


def sourced_quantity(tree: Any, path: tuple[str, ...], citation: Citation) -> SourcedQuantity:
    """A quantity as it is written, with its citation."""
    return SourcedQuantity(
        ".".join(path),
        to_flow_style(strip_description(tree)),
        citation.source,
        citation.confidence,
        citation.note,
    )
