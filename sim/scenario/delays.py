"""Laws of delay, which buildings share by name: how much later than planned they come, whether at all, and together.

A law of delay is any law of the time from the planned date, or a `stretch`, which goes by the lead: how long before
its planned date that date was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ValidationInfo

from sim.scenario.description_keys import unwrap_value, value_path
from sim.scenario.distributions import Distribution
from sim.scenario.faults import ComplaintCollector, invalid_value, suggestion
from sim.scenario.fields import declarations_of, field_reader
from sim.scenario.quantities import (
    WrittenQuantity,
    above_zero,
    not_below_zero,
    read_quantity,
    within_one,
)
from sim.scenario.units import MEASURES

NO_SHARE = Distribution.certain(0.0, "share")
STRETCH_KEYS = ("median", "sigma", "grace")
TOGETHER_KEYS = ("site", "all")


@dataclass(frozen=True)
class Stretch:
    """A lognormal law of (came - told + grace) / (planned - told + grace).

    So near its date a building is late by what `grace` allows for, and far from it in proportion to the lead.
    """

    median: Distribution
    """A number: 1 is on time."""
    sigma: Distribution
    """A number: the standard deviation of the logarithm."""
    grace: Distribution
    """A duration."""


@dataclass(frozen=True)
class Delay:
    """How late a building comes, if at all, and how far the luck of buildings is one."""

    law: Distribution | Stretch
    never: Distribution = NO_SHARE
    """The chance that a building is cancelled on its planned date."""
    site_share: Distribution = NO_SHARE
    """The share of the variance of its normal score that the buildings of a site have in common."""
    all_share: Distribution = NO_SHARE
    """The share of it that all buildings of this delay have in common."""

    def references(self) -> set[str]:
        """The names of the numbers of `uncertain` that it uses."""
        law = self.law
        parts = [law] if isinstance(law, Distribution) else [law.median, law.sigma, law.grace]
        return set().union(
            *(each.references() for each in (*parts, self.never, self.site_share, self.all_share))
        )


@dataclass(frozen=True)
class DelayReference:
    """The name of a delay, in place of a slip."""

    name: str


def read_delay(written: object, info: ValidationInfo) -> Delay:
    """The delay that is written. Raises InvalidValueError with all that is wrong in it."""
    content = unwrap_value(written)
    if not isinstance(content, Mapping):
        return Delay(read_quantity(content, info, MEASURES["duration"]))
    law_content = {key: part for key, part in content.items() if key not in ("never", "together")}
    collector = ComplaintCollector()
    law: Distribution | Stretch = Distribution.certain(0.0, "duration")
    never = site_share = all_share = NO_SHARE
    with collector.under(*value_path(written)):
        if "stretch" in law_content:
            with collector.under("stretch"):
                law = _read_stretch(law_content, info)
        elif law_content:
            law = read_quantity(law_content, info, MEASURES["duration"])
        else:
            laws = "{lognormal: {median: 60 d, sigma: 0.8}} or {stretch: {median: 1.3, sigma: 0.4}}"
            remedy = f"write a law, as {laws}"
            raise invalid_value("states no law", remedy, content)
        with collector.under("never"):
            if "never" in content:
                never = read_quantity(content["never"], info, MEASURES["share"], within_one)
                if never.constant == 1:
                    raise invalid_value("leaves no building that comes", "write less than 100 %", "100 %")
        with collector.under("together"):
            if "together" in content:
                site_share, all_share = _read_together(content["together"], info)
    collector.raise_if_any()
    return Delay(law, never, site_share, all_share)


def _read_stretch(content: Mapping[str, object], info: ValidationInfo) -> Stretch:
    """The stretch that stands in a delay. Raises InvalidValueError."""
    if others := [str(key) for key in content if key != "stretch"]:
        raise invalid_value(
            f"has {others[0]} beside stretch", "write one law, and beside it never and together", content
        )
    written = content["stretch"]
    if not isinstance(written, Mapping) or not {"median", "sigma"} <= set(written) <= set(STRETCH_KEYS):
        raise invalid_value(
            "does not state a stretch", "write {stretch: {median: 1.3, sigma: 0.4, grace: 30 d}}", written
        )
    parts: dict[str, Distribution] = {"grace": Distribution.certain(0.0, "duration")}
    collector = ComplaintCollector()
    for key, part in written.items():
        with collector.under(key):
            measure = MEASURES["duration" if key == "grace" else "number"]
            parts[key] = read_quantity(part, info, measure, not_below_zero if key == "grace" else above_zero)
    collector.raise_if_any()
    return Stretch(parts["median"], parts["sigma"], parts["grace"])


def _read_together(written: object, info: ValidationInfo) -> tuple[Distribution, Distribution]:
    """The shares that sites, and all, have in common. Raises InvalidValueError."""
    if not isinstance(written, Mapping) or not set(written) <= set(TOGETHER_KEYS):
        raise invalid_value("does not state shares", "write {site: 20 %, all: 10 %}", written)
    shares = dict.fromkeys(TOGETHER_KEYS, NO_SHARE)
    collector = ComplaintCollector()
    for key, part in written.items():
        with collector.under(key):
            shares[key] = read_quantity(part, info, MEASURES["share"], within_one)
    collector.raise_if_any()
    known = [shares[key].constant for key in TOGETHER_KEYS]
    total = sum(each for each in known if each is not None)
    if total > 1:
        raise invalid_value(
            "has shares of more than 100 % in sum", "write less of site or of all", f"{total:.0%}"
        )
    return shares["site"], shares["all"]


def read_slip(written: object, info: ValidationInfo) -> Distribution | DelayReference:
    """The slip that is written, or the name of the delay that stands in its place. Raises InvalidValueError."""
    if isinstance(written, DelayReference):
        return written
    content = unwrap_value(written)
    if not isinstance(content, Mapping) or "delay" not in content:
        return read_quantity(written, info, MEASURES["duration"])
    if others := [str(key) for key in content if key != "delay"]:
        raise invalid_value(f"has {others[0]} beside delay", "write {delay: NAME} alone", content)
    name, known = str(content["delay"]), declarations_of(info).names.get("delays")
    if known is not None and name not in known:
        collector = ComplaintCollector()
        with collector.under("delay"):
            raise invalid_value("names no delay", suggestion(name, sorted(known)), name)
        raise collector.error()
    return DelayReference(name)


DelayLaw = Annotated[
    Delay,
    field_reader(
        read_delay,
        WrittenQuantity,
        "a law of either sign, or `{stretch: {median, sigma, grace}}`; beside it `never: 2 %` and"
        " `together: {site: 20 %, all: 10 %}`",
    ),
]
Slip = Annotated[
    Distribution | DelayReference,
    field_reader(
        read_slip, str | float | dict[str, Any], "a duration, of either sign, as `18 mo`, or `{delay: NAME}`"
    ),
]
