"""What is due, and when; and what is noted for later in the same instant."""

from heapq import heappush

from sim.model.state import MarketState


def add_to_agenda(m: MarketState, at: int, step: int, rank: int, subject: int) -> None:
    """Put something on the agenda, unless it comes after the end."""
    if at < m.end:
        heappush(m.agenda, (at, step, rank, subject))


def mark_site_to_deliver(m: MarketState, s: int) -> None:
    """Note that a delivery may be possible at a site that was not before."""
    m.sites_to_deliver.add(s)


def mark_newly_wanted(m: MarketState, r: int) -> None:
    """Note that a request is wanted from now on, and may move."""
    m.newly_wanted.append(r)


def mark_to_give_up(m: MarketState, r: int) -> None:
    """Note that a request may give up in this instant."""
    m.give_ups.append(r)
