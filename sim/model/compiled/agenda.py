"""What is due, and when; and what is noted for later in the same instant."""

from sim.model.compiled.compiler import jit
from sim.model.compiled.growth import double_space
from sim.model.compiled.heaps import push
from sim.model.compiled.packing import pack_agenda_item
from sim.model.compiled.state import State


@jit
def add_to_agenda(m: State, at: int, step: int, rank: int, subject: int) -> None:
    """Put something on the agenda, unless it comes after the end."""
    if at < m.end:
        if m.n_agenda == len(m.agenda_at):
            m.agenda_at, m.agenda_item = double_space(m.agenda_at), double_space(m.agenda_item)
        push(m.agenda_at, m.agenda_item, m.n_agenda, at, pack_agenda_item(step, rank, subject))
        m.n_agenda += 1


@jit
def mark_site_to_deliver(m: State, s: int) -> None:
    """Note that a delivery may be possible at a site that was not before."""
    if not m.is_site_to_deliver[s]:
        m.is_site_to_deliver[s] = 1
        m.sites_to_deliver[m.n_sites_to_deliver] = s
        m.n_sites_to_deliver += 1


@jit
def mark_newly_wanted(m: State, r: int) -> None:
    """Note that a request is wanted from now on, and may move."""
    if m.n_newly_wanted == len(m.newly_wanted):
        m.newly_wanted = double_space(m.newly_wanted)
    m.newly_wanted[m.n_newly_wanted] = r
    m.n_newly_wanted += 1


@jit
def mark_to_give_up(m: State, r: int) -> None:
    """Note that a request may give up in this instant."""
    if m.n_give_ups == len(m.give_ups):
        m.give_ups = double_space(m.give_ups)
    m.give_ups[m.n_give_ups] = r
    m.n_give_ups += 1
