"""What is due, and when; what is noted for later in the same instant."""

from sim.model.compiled.compiler import compiled
from sim.model.compiled.heaps import push
from sim.model.compiled.lists import WHOM_BITS, twice
from sim.model.compiled.state import State

KW_BITS, RANK_BITS = 42, 20
"""How the items of the heaps are packed: (site, kW), and (step, rank of the priority, request or site)."""


@compiled
def plan_to(m: State, at: int, step: int, rank: int, whom: int) -> None:
    """Put something on the agenda, unless it comes after the end."""
    if at < m.end:
        if m.n_agenda == len(m.agenda_at):
            m.agenda_at, m.agenda_what = twice(m.agenda_at), twice(m.agenda_what)
        item = (((step << RANK_BITS) | rank) << WHOM_BITS) | whom
        push(m.agenda_at, m.agenda_what, m.n_agenda, at, item)
        m.n_agenda += 1


@compiled
def stir(m: State, s: int) -> None:
    """At a site a delivery may be possible that was not before."""
    if not m.is_stirred[s]:
        m.is_stirred[s] = 1
        m.stirred[m.n_stirred] = s
        m.n_stirred += 1


@compiled
def may_give_up(m: State, r: int) -> None:
    """A request may give up in this instant."""
    if m.n_giving == len(m.giving):
        m.giving = twice(m.giving)
    m.giving[m.n_giving] = r
    m.n_giving += 1
