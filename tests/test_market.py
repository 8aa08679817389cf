"""The market on SimPy's clock against the independent oracle of section 3, row for row; and conservation."""

import conserving
import oracle
import scripted
from cases import Case, cases
from hypothesis import HealthCheck, given, settings

EAGER = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def in_order(rows: list[tuple]) -> list[tuple]:
    """Rows by time, then request; those of one request as they were made."""
    return sorted(rows, key=lambda row: (row[5], -1 if row[0] is None else row[0]))


@EAGER
@given(cases())
def test_the_market_is_that_of_the_design(case: Case) -> None:
    """Whatever the case, the tables are those of a naive reading of section 3."""
    judged, ours = oracle.play(case), scripted.told(scripted.played(case))
    assert ours["commitments"] == in_order(judged["commitments"])
    assert ours["releases"] == in_order(judged["releases"])
    assert ours["deliveries"] == judged["deliveries"]
    assert ours["requests"] == judged["requests"]


@EAGER
@given(cases())
def test_every_run_conserves(case: Case) -> None:
    conserving.check(scripted.played(case))


@EAGER
@given(cases())
def test_the_derived_capacity_is_what_the_market_held(case: Case) -> None:
    """The table `capacity`, derived from rows, equals the state that the oracle kept at every instant."""
    judged = oracle.play(case)["capacity"]
    assert sorted(scripted.capacity_rows(case)) == sorted(judged)
