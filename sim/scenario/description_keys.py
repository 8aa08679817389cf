"""The keys that describe a quantity (its source, how well it is known, a note), and the value beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from sim.scenario.faults import Complaint, InvalidValueError, suggestion

Confidence = Literal["reported", "estimated", "inferred", "assumed"]
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
DESCRIPTION_KEYS = frozenset({"source", "confidence", "note"})
"""The keys that only describe, allowed beside any quantity, distribution or date."""


def value_path(written: object) -> tuple[str, ...]:
    """The path from what is written to the quantity in it: `value`, or empty where that key is not used."""
    wrapped = isinstance(written, Mapping) and set(written) - DESCRIPTION_KEYS == {"value"}
    return ("value",) if wrapped else ()


def unwrap_value(written: object) -> object:
    """The content of a quantity, without the keys that only describe it.

    Raises InvalidValueError for a confidence that is none of CONFIDENCES.
    """
    if isinstance(written, Mapping) and (word := written.get("confidence", "assumed")) not in CONFIDENCES:
        raise InvalidValueError(
            Complaint("is not a valid confidence", suggestion(str(word), CONFIDENCES), word, ("confidence",))
        )
    return strip_description(written)


def strip_description(written: object) -> object:
    """The same as `unwrap_value`, whatever the confidence."""
    if not isinstance(written, Mapping):
        return written
    if value_path(written):
        return written["value"]
    return {key: part for key, part in written.items() if key not in DESCRIPTION_KEYS}
