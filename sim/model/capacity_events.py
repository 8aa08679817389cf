"""The events by which the world tells the market of capacity: buildings, outages, and what each does to a site."""

from enum import IntEnum
from typing import NamedTuple, assert_never


class EventKind(IntEnum):
    """The kinds of events, in the order in which the market is told of them within an instant."""

    ANNOUNCED = 0
    RESTORED = 1
    ONLINE = 2
    CANCELLED = 3
    RETIRED = 4
    REPLANNED = 5
    OUTAGE = 6


_NAMES = {
    EventKind.ANNOUNCED: "planned",
    EventKind.RESTORED: "restored",
    EventKind.ONLINE: "online",
    EventKind.CANCELLED: "cancelled",
    EventKind.RETIRED: "retired",
    EventKind.REPLANNED: "planned",
    EventKind.OUTAGE: "outage",
}

EVENT_NAMES: tuple[str, ...] = tuple(_NAMES[kind] for kind in EventKind)
"""The word of each kind in the column `event`, by its code: a date that is planned anew is told as a planned one."""


class CapacityEvent(NamedTuple):
    """One thing told to the market. The order of the fields is the order in which events of an instant are sorted.

    `kw` is the power that comes or goes; `date` is the planned date, or NEVER; `building` is -1 for an outage.
    """

    kind: EventKind
    site: int
    building: int
    kw: int
    date: int


def power_after(kind: EventKind, kw: int, online: int, outage: int) -> tuple[int, int]:
    """The kW online at a site, and the kW that an outage takes there, after an event.

    An outage begins only where none is, so that it takes `kw` of all that is built; and what retires during an
    outage goes from what still serves first, unless the outage takes more than is left.
    """
    match kind:
        case EventKind.ONLINE:
            return online + kw, outage
        case EventKind.RETIRED:
            built = online + outage - kw
            outage = min(outage, built)
            return built - outage, outage
        case EventKind.OUTAGE:
            return online - kw, kw
        case EventKind.RESTORED:
            return online + kw, 0
        case EventKind.ANNOUNCED | EventKind.REPLANNED | EventKind.CANCELLED:
            return online, outage
        case _:
            assert_never(kind)


def enters_plan(kind: EventKind) -> bool:
    """Whether the event gives a building a date in the plan of its site, in place of an earlier one if any."""
    match kind:
        case EventKind.ANNOUNCED | EventKind.REPLANNED:
            return True
        case (
            EventKind.ONLINE | EventKind.CANCELLED | EventKind.RETIRED | EventKind.OUTAGE | EventKind.RESTORED
        ):
            return False
        case _:
            assert_never(kind)


def leaves_plan(kind: EventKind) -> bool:
    """Whether a building that was planned is planned no more after the event."""
    match kind:
        case EventKind.ONLINE | EventKind.CANCELLED:
            return True
        case EventKind.ANNOUNCED | EventKind.REPLANNED:
            return False
        case EventKind.RETIRED | EventKind.OUTAGE | EventKind.RESTORED:
            return False
        case _:
            assert_never(kind)


PLANNED_KINDS = tuple(kind for kind in EventKind if enters_plan(kind))
"""The kinds of events that give a building a planned date."""
UNPLANNED_KINDS = tuple(kind for kind in EventKind if leaves_plan(kind))
"""The kinds of events after which a building is planned no more."""
