"""What a user's own policy and answer are told: the records of a request and of an offer, in days and kW."""

from sim.model.allocation import allocated_kw, latest_promise_date
from sim.model.calendar import DAY_US
from sim.model.callbacks import Offer, Request
from sim.model.rules import NEVER
from sim.model.state import Allocation, MarketState


def describe_request(m: MarketState, r: int, appetite_draw: float) -> Request:
    """The record of a request, as it stands now."""
    group, gives_up = m.group[r], m.gives_up[r]
    return Request(
        number=r,
        stream=m.inputs.streams[group.stream],
        customer=group.customer,
        class_=group.class_,
        asked_day=m.asked[r] / DAY_US,
        wanted_day=m.wanted[r] / DAY_US,
        gives_up_day=None if gives_up == NEVER else gives_up / DAY_US,
        term_days=m.term[r] / DAY_US,
        size_kw=m.size_kw[r],
        uncommitted_kw=m.uncommitted[r],
        appetite_draw=appetite_draw,
        now_day=m.now / DAY_US,
    )


def describe_offer(m: MarketState, r: int, p: int, allocation: Allocation, room: int) -> Offer:
    """The record of what a provider could do for a request, which would take an allocation of it."""
    provider = m.inputs.providers[p]
    return Offer(
        provider=provider.name,
        kw=allocated_kw(allocation),
        promised_day=latest_promise_date(m, r, allocation) / DAY_US if allocation else None,
        room_kw=room,
        price_usd_per_kw_day=provider.price,
    )
