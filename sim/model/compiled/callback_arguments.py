"""TODO."""

from sim.model import rules
from sim.model.compiled.allocation import allocated_kw, latest_promise_date, provider_room
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
    """What a user's own function is told of a request, as numbers."""
    told = m.request_facts
    told[FACT_REQUEST], told[FACT_GROUP], told[FACT_NOW], told[FACT_N_OFFERS] = r, m.group[r], m.now, offers
    told[FACT_ASKED], told[FACT_WANTED], told[FACT_GIVES_UP] = m.asked[r], m.wanted[r], m.gives_up[r]
    told[FACT_TERM], told[FACT_SIZE_KW], told[FACT_UNCOMMITTED_KW] = m.term[r], m.size_kw[r], m.uncommitted[r]
    return told


@jit
def describe_offer(m: State, r: int, p: int, i: int, n: int) -> None:
    """Note what a provider, who would take what stands in the space of the state, could do for a request."""
    row = m.offers[i]
    row[OFFER_PROVIDER], row[OFFER_KW], row[OFFER_PROMISED] = (
        p,
        allocated_kw(m, n, ZERO),
        latest_promise_date(m, r, n, ZERO),
    )
    row[OFFER_ROOM_KW] = provider_room(m, p, rules.horizon(m.now, m.presells[p], m.gives_up[r]))
