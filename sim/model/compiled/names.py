"""What the whole numbers of the compiled market stand for: columns, policies, limits, steps."""

import numpy as np

from sim.model import ledger, rules


def variable(number: int) -> int:
    """A whole number as the compiler's: given Python's, it makes a version of a function for each constant."""
    return np.int64(number)  # type: ignore[return-value]


NOBODY = variable(ledger.NOBODY)
NEVER = variable(rules.NEVER)
ZERO = variable(0)
LOOK, ANSWERS = variable(rules.WORLD), variable(rules.ANSWERS)
DELIVERIES, GIVE_UPS = variable(rules.DELIVERIES), variable(rules.GIVE_UPS)
GAVE_UP = variable(ledger.WHY.index("gave up"))
EVERY, NO_PARTIAL, NO_UTILIZATION, NO_DELAY = (variable(k) for k in range(4))
"""Which limit of a holder is left out, to see what it limits."""

# What a user's own function is told of a request, and of each offer.
NUMBER, GROUP, ASKED_AT, WANTED, GIVES_UP, TERM, SIZE, UNCOMMITTED, NOW, HOW_MANY = range(10)
OFFER_OF, OFFER_KW, OFFER_DATE, OFFER_ROOM = range(4)

# The columns of what is written down: those of `sim.model.ledger`, and the undelivered kW of a commitment.
REQUEST, STREAM, PROVIDER, SITE, KW, COMMITTED, PROMISED, LEFT = range(8)
COMMITMENT, OF_REQUEST, OF_STREAM, OF_PROVIDER, OF_SITE, OF_KW, OF_PROMISED, START, END = range(9)
RELEASED, RELEASED_KW, AT, WHY = range(4)

IN_ORDER, SOONEST, CHEAPEST, MOST_ROOM = range(4)
POLICIES = {"in order": IN_ORDER, "soonest": SOONEST, "cheapest": CHEAPEST, "most room": MOST_ROOM}
