"""Moves: nobody waits for one hall of a seller who has another idle, and every kW is accounted for."""

from pathlib import Path

import conserving
import numpy as np
import pytest
import scripted
import simpy
from cases import Case, cases
from hypothesis import HealthCheck, assume, event, given, settings

from sim.model import instants
from sim.model.market import Market
from sim.model.outcomes import ReleaseReason
from sim.model.rules import ANYWHERE
from sim.model.run import play
from sim.model.state import MarketState
from sim.scenario.reading import read_scenario

SCENARIOS = sorted(Path("scenarios").resolve().glob("*.yaml"))
EAGER = settings(deadline=None, suppress_health_check=list(HealthCheck))


def idle_for_waiting(m: MarketState) -> list[tuple[int, int, int, int]]:
    """Where a seller has kW online, promised to nobody and held for nobody, while a request waits for it.

    Beyond what it keeps back; a request of `split: anywhere` that is wanted: (request, provider, site, kW).
    """
    idle = [
        max(0, online - committed - held)
        for online, committed, held in zip(m.online, m.committed, m.held, strict=True)
    ]
    found = []
    for at, queue in enumerate(m.queue):
        for queued in queue:
            r, c = queued.request, queued.commitment
            if m.wanted[r] > m.now or m.split[r] != ANYWHERE:
                continue
            p, left, block = m.commitments[6 * c + 1], m.undelivered_of_commitment[c], m.block_kw[r]
            free = sum(idle[s] for s in m.sites_of[p])
            if m.group[r].own_provider != p:
                free -= m.keeps_back[p]
            for s in m.sites_of[p]:
                kw = min(idle[s], free)
                if s == at:
                    assert idle[s] == 0, "what is idle at its own site serves it"
                elif kw >= left or kw >= block:
                    found.append((r, p, s, kw))
    return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Watch every instant of SimPy's market; the list gets the time of each."""
    played = instants.play_instant
    times: list[int] = []

    def play_and_look(m: MarketState) -> None:
        played(m)
        times.append(m.now)
        if m.moves and m.bypass:
            assert idle_for_waiting(m) == [], m.now

    monkeypatch.setattr(instants, "play_instant", play_and_look)
    return times


@settings(EAGER, max_examples=300)
@given(cases(busy=True))
def test_nobody_waits_for_one_hall_of_a_seller_who_has_another_idle(watched: list[int], case: Case) -> None:
    assume(case["moves"] and case["bypass"])
    run = scripted.played(case)
    event(f"moved {min(int((run.releases['why'] == ReleaseReason.MOVED).sum()), 5)} times or more")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_nobody_does_in_a_shipped_scenario(watched: list[int], path: Path) -> None:
    conserving.check(play(read_scenario(path), 1, 0))
    assert len(watched) > 5


@settings(EAGER, max_examples=200)
@given(cases() | cases(busy=True))
def test_a_commitment_is_delivered_undelivered_or_released(case: Case) -> None:
    """To the kW, and by commitment, whoever moved it; what moves stands in both tables."""
    market = Market(simpy.Environment(), scripted.future_of(case))
    market.world = scripted.ScriptedWorld(market.env, case, market)
    market.play()
    tables, n = market.ledger_tables(), len(market.state.undelivered_of_commitment)
    kw = np.array(market.state.undelivered_of_commitment, dtype=np.int64)
    for rows in (tables.deliveries, tables.releases):
        kw += conserving.sums(n, rows["commitment"], rows["kw"])
    assert kw.tolist() == tables.commitments["kw"].tolist()
    moved = tables.releases["why"] == ReleaseReason.MOVED
    assert (tables.releases["kw"] > 0).all()
    if not case["moves"]:
        assert not moved.any()
