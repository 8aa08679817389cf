"""What a user's own policy and answer are told, as numbers: the facts of a request, and a row for each offer."""

from sim.model.compiled.allocation import allocated_kw, latest_promise_date
from sim.model.compiled.codes import (
    FACT_ASKED,
    FACT_GIVES_UP,
    FACT_GROUP,
    FACT_N_OFFERS,
    FACT_NOW,
    FACT_REQUEST,
    FACT_SIZE_KW,
    FACT_TERM,
    FACT_UNCOMMITTED_KW,
    FACT_WANTED,
    OFFER_KW,
    OFFER_PROMISED,
    OFFER_PROVIDER,
    OFFER_ROOM_KW,
    ZERO,
)
from sim.model.compiled.compiler import jit
from sim.model.compiled.state import Int64Vector, State


@jit
def describe_request(m: State, r: int, offers: int) -> Int64Vector:
    """The facts of a request, as it stands now, and how many offers there are."""
    facts = m.request_facts
    facts[FACT_REQUEST], facts[FACT_GROUP], facts[FACT_NOW], facts[FACT_N_OFFERS] = (
        r,
        m.group[r],
        m.now,
        offers,
    )
    facts[FACT_ASKED], facts[FACT_WANTED], facts[FACT_GIVES_UP] = m.asked[r], m.wanted[r], m.gives_up[r]
    facts[FACT_TERM], facts[FACT_SIZE_KW], facts[FACT_UNCOMMITTED_KW] = (
        m.term[r],
        m.size_kw[r],
        m.uncommitted[r],
    )
    return facts


@jit
def describe_offer(m: State, r: int, p: int, i: int, n: int, room: int) -> None:
    """Write what a provider could do for a request into row `i` of the offers, from an allocation of `n` sites."""
    row = m.offers[i]
    row[OFFER_PROVIDER], row[OFFER_KW], row[OFFER_PROMISED] = (
        p,
        allocated_kw(m, n, ZERO),
        latest_promise_date(m, r, n, ZERO),
    )
    row[OFFER_ROOM_KW] = room
