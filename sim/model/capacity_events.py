"""What the world tells the market: of buildings that are planned, online or gone, and of outages."""

from typing import NamedTuple

ANNOUNCED, RESTORED, ONLINE, CANCELLED, RETIRED, REPLANNED, OUTAGE = range(7)
"""What the market can be told, in the order in which it is told within an instant."""

EVENT_NAMES = ("planned", "restored", "online", "cancelled", "retired", "planned", "outage")


class CapacityEvent(NamedTuple):
    """One thing told to the market: the fields in the order in which news of an instant is sorted.

    `kw` is what comes or goes; `date` is the planned date, or NEVER; `project` is -1 for an outage.
    """

    kind: int
    site: int
    building: int
    kw: int
    date: int
