"""The codes of the compiled market: columns, limits and steps, as whole numbers of the compiler."""

import numpy as np

from sim.model import ledger, rules
from sim.model.outcomes import WAIVABLE_LIMITS as _WAIVABLE_LIMITS
from sim.model.outcomes import RefusalReason, ReleaseReason


def int64_constant(number: int) -> int:
    """A whole number of the compiler's: given one of Python's, it makes a version of a function for each constant."""
    return np.int64(number)  # type: ignore[return-value]


NOBODY = int64_constant(ledger.NOBODY)
NEVER = int64_constant(rules.NEVER)
ZERO = int64_constant(0)
STEP_WORLD, STEP_ANSWERS = int64_constant(rules.STEP_WORLD), int64_constant(rules.STEP_ANSWERS)
STEP_DELIVERIES, STEP_GIVE_UPS = int64_constant(rules.STEP_DELIVERIES), int64_constant(rules.STEP_GIVE_UPS)
STEP_WAITING_LIST = int64_constant(rules.STEP_WAITING_LIST)
RELEASE_GIVE_UP = int64_constant(ReleaseReason.GAVE_UP)
RELEASE_MOVED = int64_constant(ReleaseReason.MOVED)
NOT_LIMITED = int64_constant(RefusalReason.NONE)
"""What limited a holder; also the limit that is waived, to see what it limits."""
LIMITED_BY_APPETITE = int64_constant(RefusalReason.APPETITE)
LIMITED_BY_ROOM = int64_constant(RefusalReason.ROOM)
LIMITED_BY_UTILIZATION = int64_constant(RefusalReason.UTILIZATION)
LIMITED_BY_DELAY = int64_constant(RefusalReason.DELAY)
LIMITED_BY_PARTIAL = int64_constant(RefusalReason.PARTIAL)
WAIVABLE_LIMITS = np.array(_WAIVABLE_LIMITS, dtype=np.int64)

# What a user's own function is told of a request, and of each offer.
(
    FACT_REQUEST,
    FACT_GROUP,
    FACT_ASKED,
    FACT_WANTED,
    FACT_GIVES_UP,
    FACT_TERM,
    FACT_SIZE_KW,
    FACT_UNCOMMITTED_KW,
    FACT_NOW,
    FACT_N_OFFERS,
) = range(10)
OFFER_PROVIDER, OFFER_KW, OFFER_PROMISED, OFFER_ROOM_KW = range(4)

# The columns of the ledger: those of `sim.model.ledger`; and of a commitment its undelivered kW, and the next one of
# its request that may move.
(
    COMMITMENT_REQUEST,
    COMMITMENT_STREAM,
    COMMITMENT_PROVIDER,
    COMMITMENT_SITE,
    COMMITMENT_KW,
    COMMITMENT_COMMITTED,
    COMMITMENT_PROMISED,
    COMMITMENT_UNDELIVERED_KW,
    COMMITMENT_NEXT_MOVABLE,
) = range(9)
(
    DELIVERY_COMMITMENT,
    DELIVERY_REQUEST,
    DELIVERY_STREAM,
    DELIVERY_PROVIDER,
    DELIVERY_SITE,
    DELIVERY_KW,
    DELIVERY_PROMISED,
    DELIVERY_START,
    DELIVERY_END,
) = range(9)
RELEASE_COMMITMENT, RELEASE_KW, RELEASE_AT, RELEASE_WHY = range(4)

# The number of rows in each of these arrays.
N_FACTS = FACT_N_OFFERS + 1
N_OFFER_COLUMNS = OFFER_ROOM_KW + 1
N_COMMITMENT_ROWS = COMMITMENT_NEXT_MOVABLE + 1
N_DELIVERY_ROWS = DELIVERY_END + 1
N_RELEASE_ROWS = RELEASE_WHY + 1
