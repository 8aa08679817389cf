"""The closed lists of what can come of a request or a commitment, each as codes and their words in the tables."""

from enum import IntEnum

from sim.model.capacity_events import EVENT_NAMES, EventKind


class RefusalReason(IntEnum):
    """What kept the holder of a right from taking the whole of a request."""

    NONE = 0
    APPETITE = 1
    ROOM = 2
    UTILIZATION = 3
    DELAY = 4
    PARTIAL = 5


_REFUSALS = {
    RefusalReason.NONE: "none",
    RefusalReason.APPETITE: "appetite",
    RefusalReason.ROOM: "room",
    RefusalReason.UTILIZATION: "utilization",
    RefusalReason.DELAY: "delay",
    RefusalReason.PARTIAL: "partial",
}
REFUSAL_REASONS: tuple[str, ...] = tuple(_REFUSALS[reason] for reason in RefusalReason)
"""The words of the refusal reasons, by code."""

WAIVABLE_LIMITS = (RefusalReason.PARTIAL, RefusalReason.UTILIZATION, RefusalReason.DELAY)
"""The limits of a holder that can be waived one at a time, in the order in which they are tried for a reason."""


class ReleaseReason(IntEnum):
    """Why the undelivered part of a commitment was released."""

    GAVE_UP = 0
    CANCELLED = 1
    RETIRED = 2
    MOVED = 3


_RELEASES = {
    ReleaseReason.GAVE_UP: "gave up",
    ReleaseReason.CANCELLED: EVENT_NAMES[EventKind.CANCELLED],
    ReleaseReason.RETIRED: EVENT_NAMES[EventKind.RETIRED],
    ReleaseReason.MOVED: "moved",
}
RELEASE_REASONS: tuple[str, ...] = tuple(_RELEASES[reason] for reason in ReleaseReason)
"""The words of the release reasons, by code."""

RELEASE_REASON_OF_EVENT = {
    EventKind.CANCELLED: ReleaseReason.CANCELLED,
    EventKind.RETIRED: ReleaseReason.RETIRED,
}
"""The events by which capacity falls away, and the reason of what is released at that site in consequence."""


class RequestStatus(IntEnum):
    """What had become of a request by the end of the run."""

    SERVED = 0
    WAITING = 1
    PART_SERVED = 2
    LOST = 3


_STATUSES = {
    RequestStatus.SERVED: "served",
    RequestStatus.WAITING: "waiting",
    RequestStatus.PART_SERVED: "part served",
    RequestStatus.LOST: "lost",
}
REQUEST_STATUSES: tuple[str, ...] = tuple(_STATUSES[status] for status in RequestStatus)
"""The words of the statuses, by code."""
