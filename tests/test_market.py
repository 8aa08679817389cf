"""The market on both clocks against the independent oracle of section 3, row for row; and conservation."""

import conserving
import oracle
import pytest
import scripted
from cases import Case, cases
from hypothesis import HealthCheck, given, settings

from sim.model.compiled.market import Market as Compiled

EAGER = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def in_order(rows: list[tuple]) -> list[tuple]:
    """Rows by time, then request; those of one request as they were made."""
    return sorted(rows, key=lambda row: (row[5], -1 if row[0] is None else row[0]))


def judged(case: Case) -> dict:
    """The tables of the oracle, in the order of those of a run."""
    tables = oracle.play(case)
    rows = {name: in_order(tables[name]) for name in ("commitments", "releases")}
    return rows | {name: tables[name] for name in ("deliveries", "requests")}


@EAGER
@given(cases())
def test_the_market_is_that_of_the_design(case: Case) -> None:
    """Whatever the case, the tables are those of a naive reading of section 3."""
    assert scripted.told(scripted.played(case)) == judged(case)


@pytest.mark.slow
@settings(EAGER, max_examples=2000)
@given(cases() | cases(busy=True))
def test_both_clocks_are_those_of_the_design(case: Case) -> None:
    """The same of more cases, and busy ones, on both clocks."""
    tables = judged(case)
    assert scripted.told(scripted.played(case)) == tables
    assert scripted.told(scripted.played(case, Compiled)) == tables


@EAGER
@given(cases())
def test_every_run_conserves(case: Case) -> None:
    conserving.check(scripted.played(case))


@EAGER
@given(cases())
def test_the_derived_capacity_is_what_the_market_held(case: Case) -> None:
    """The table `capacity`, derived from rows, equals the state that the oracle kept at every instant."""
    tables = oracle.play(case)["capacity"]
    assert sorted(scripted.capacity_rows(case)) == sorted(tables)
