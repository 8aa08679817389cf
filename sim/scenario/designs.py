"""The designs of a sweep, each with its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ValidationError, ValidationInfo

from sim.scenario.description_keys import unwrap_value
from sim.scenario.faults import ComplaintCollector, InvalidValueError, invalid_value, suggestion
from sim.scenario.fields import SchemaObject, complaints_of
from sim.scenario.scalars import Boolean, Count, whole_number_reader


@dataclass(frozen=True)
class Design:
    """The design of a sweep: its kind and its settings."""

    kind: str
    settings: Mapping[str, int]


DESIGN_SETTINGS: dict[str, dict[str, int | None]] = {
    "grid": {"levels": 5},
    "latin hypercube": {"points": None},
    "sobol": {"points": None, "second_order": 0},
    "morris": {"trajectories": 10, "levels": 4},
    "one at a time": {"levels": 2},
}
"""The designs, and the default of each setting; None for one that must be written."""
CONTINUOUS_DESIGNS = ("latin hypercube", "sobol", "morris")
"""Designs that take a value anywhere in a range."""


class Setting(SchemaObject):
    """The settings of a design."""

    phrase: ClassVar[str] = "a design"

    points: Annotated[int, whole_number_reader(1, 10_000_000)] | None = None
    """How many points of a latin hypercube; of Sobol's, how many base points, a power of 2."""
    trajectories: Count | None = None
    """How many trajectories of Morris's design (10)."""
    levels: Count | None = None
    """Into how many values a law is cut: 5 in a grid, 4 in Morris's design, 2 one at a time."""
    second_order: Boolean | None = None
    """Whether Sobol's design has the points that second-order indices need (false)."""


def read_design(written: object, info: ValidationInfo) -> Design:
    """The design that is written. Raises InvalidValueError with all that is wrong in it."""
    content = unwrap_value(written)
    if isinstance(content, str):
        content = {content: {}}
    if not isinstance(content, Mapping) or len(content) != 1:
        raise invalid_value(
            "is not a valid design", "write grid, or {latin hypercube: {points: 200}}", written
        )
    kind, given = str(next(iter(content))), next(iter(content.values()))
    if kind not in DESIGN_SETTINGS:
        raise invalid_value("is not a valid design", suggestion(kind, DESIGN_SETTINGS), kind)
    defaults = DESIGN_SETTINGS[kind]
    collector = ComplaintCollector()
    settings: dict[str, int] = {}
    with collector.under(kind):
        try:
            setting = Setting.model_validate(given or {}, context=info.context)
        except ValidationError as error:
            raise InvalidValueError(*complaints_of(error)) from None
        for key in given or {}:
            if key not in defaults:
                raise invalid_value(f"has no {key}", suggestion(key, defaults), given)
        for key, default in defaults.items():
            value = getattr(setting, key)
            value = default if value is None else int(value)
            if value is None:
                raise invalid_value(f"does not say how many {key}", f"write {{{kind}: {{{key}: 128}}}}", kind)
            settings[key] = value
        if kind == "sobol" and (remedy := power_of_two_remedy(settings["points"])):
            raise invalid_value("must be a power of 2", remedy, str(settings["points"]))
        if kind == "morris" and (settings["levels"] % 2 or settings["levels"] < 2):
            raise invalid_value("must be even", "write levels: 4", str(settings["levels"]))
    collector.raise_if_any()
    return Design(kind, settings)


def power_of_two_remedy(points: int) -> str | None:
    """The remedy for a number that is not a power of 2, with the nearest two; None where it is one."""
    below = 1 << (points.bit_length() - 1)
    return None if points == below else f"write {below} or {2 * below}"
