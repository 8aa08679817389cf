"""Requests that wait, for ever or until they give up."""

from sim.study import theory
from sim.study.cases.market import TERM, market, stream
from sim.study.verification import Case, Check, waits_longer

LONG = "2035-01-01"
"""The end of a run of ten years, for what varies so much that two hardly settle it."""


def waiting_lists() -> list[Case]:
    """Requests that wait, for ever or until they give up."""
    n, load = 2, 0.9
    wait = TERM * theory.wait_in_terms(n, load)
    high, low = (TERM * each for each in theory.waits_by_priority(n, [load / 2, load / 2]))
    alone = 0.5
    constant, exponential = theory.wait_of_constant_terms(alone), theory.wait_in_terms(1, alone)
    servers, busy, patience = 3, 3.0, 0.5
    given_up = theory.erlang_a(servers, busy, patience)
    impatient = {"exponential": {"mean": f"{patience * TERM} d"}}
    no_order = {"no priorities": wait}
    waits_a_term = theory.waits_longer(n, load, 1.0)
    return [
        Case(
            "first come, first served",
            market(
                {"calls": stream(load, patience="never")},
                {"One": n},
                280,
                waiting={"bypass": False},
                end=LONG,
            ),
            (
                Check("share that waits", "Erlang C", "spilled_share", theory.erlang_c(n, load)),
                Check("days waited", "C / (N - A) terms", "wait_days.mean", wait, 0.05),
                Check("MW waiting", "Little", "unserved_mw.mean", theory.little(load / TERM, wait), 0.05),
                Check("share that waits a term", "C exp(-(N - A) t)", waits_longer(TERM), waits_a_term, 0.05),
            ),
        ),
        Case(
            "two priorities",
            market(
                {
                    "low": stream(load / 2, patience="never"),
                    "high": stream(load / 2, patience="never", priority=1),
                },
                {"One": n},
                260,
                end=LONG,
            ),
            (
                Check("days waited, high", "Cobham", "stream.high.wait_days.mean", high, 0.05, no_order),
                Check("days waited, low", "Cobham", "stream.low.wait_days.mean", low, 0.06, no_order),
            ),
        ),
        Case(
            "waits for constant terms",
            market({"calls": stream(alone, term=f"{TERM} d", patience="never")}, {"One": 1}, 220, end=LONG),
            (
                Check(
                    "days waited",
                    "Pollaczek and Khinchine",
                    "wait_days.mean",
                    TERM * constant,
                    0.04,
                    {"exponential terms": TERM * exponential},
                ),
            ),
        ),
        Case(
            "patience",
            market({"calls": stream(busy, patience=impatient)}, {"One": servers}, 300),
            (
                Check("share that finds no room", "Erlang A", "spilled_share", given_up.waits),
                Check("share lost", "Erlang A", "lost_share", given_up.lost, 0.02),
                Check("MW waiting", "Erlang A", "unserved_mw.mean", given_up.waiting, 0.03),
            ),
        ),
    ]
