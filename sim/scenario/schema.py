"""The scenario as a whole: which keys does a file have, and what do they mean?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from sim.scenario.dates import Date
from sim.scenario.fields import Described, Instant, Int, Name, Text, Uncertain
from sim.scenario.laws import Law, Ref
from sim.scenario.market import (
    Arrivals,
    Contract,
    Curve,
    Deal,
    Over,
    Overflow,
    Poisson,
    Provider,
    Right,
    Stream,
    Trace,
    Waiting,
)
from sim.scenario.works import (
    Building,
    Chance,
    DatedArrivals,
    Hardware,
    Need,
    Outages,
    Phase,
    RegularArrivals,
    Site,
    Supply,
    Trigger,
)
from sim.scenario.written import Node

__all__ = [
    "Arrivals", "Building", "Chance", "Contract", "Curve", "Date", "DatedArrivals", "Deal", "Hardware", "Law",
    "Need", "Outages", "Over", "Overflow", "Phase", "Poisson", "Provider", "Ref", "RegularArrivals", "Right",
    "ScenarioFile", "Site", "Stream", "Supply", "Trace", "Trigger", "Waiting",
]  # fmt: skip


class ScenarioFile(Described):
    """Everything that is assumed about one future."""

    called: ClassVar[str] = "scenario"

    title: Text | None = None
    """What this scenario is, in a line."""
    start: Instant
    """When the simulation begins, in UTC."""
    end: Instant
    """When it ends: nothing happens at it or after."""
    measure_from: Instant = Field(default_factory=lambda data: data["start"])
    """Metrics leave out what is before; else the start."""
    report_at: tuple[Instant, ...] = ()
    """Dates for which the state is told."""
    seed: Int = 1
    """From which all that is drawn is drawn."""
    replications: Int = 100
    """How many futures a run samples."""
    uncertain: dict[Name, Uncertain] = Field(default_factory=dict)
    """Numbers that are not known: drawn once a replication, used as $name."""
    hardware: dict[Name, Hardware] = Field(default_factory=dict)
    """Kinds of computers."""
    demand: dict[Name, Stream] = Field(default_factory=dict)
    """Who asks for what: streams of requests."""
    providers: dict[Name, Provider] = Field(default_factory=dict)
    """Who sells."""
    rights: dict[Name, Right] = Field(default_factory=dict)
    """Who has the first word; the first in force that covers a request decides."""
    overflow: Overflow = Field(default_factory=Overflow)
    """Who is asked for what the holder did not take."""
    waiting: Waiting = Field(default_factory=Waiting)
    """How the waiting list is walked."""
    supplies: dict[Name, Supply] = Field(default_factory=dict)
    """What buildings need."""
    sites: dict[Name, Site] = Field(default_factory=dict)
    """Where capacity is, and is to come."""
    contracts: dict[Name, Contract] = Field(default_factory=dict)
    """Money promised whatever is used."""
    expect: tuple[Text, ...] = ()
    """What must hold of the metrics: `unserved_mw.mean.p90 < 2000`."""

    _path: Path = PrivateAttr(default=Path("scenario.yaml"))
    _root: Node | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path:
        """The file that it was read from."""
        return self._path

    @property
    def name(self) -> str:
        """What it is called: its file without the ending."""
        return self._path.stem

    @property
    def tree(self) -> dict[str, Any]:
        """What is written, after extends and overrides: texts in maps and lists."""
        tree = self._root.plain() if self._root else {}
        assert isinstance(tree, dict)
        return tree
