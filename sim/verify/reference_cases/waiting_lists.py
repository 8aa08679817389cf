"""Waiting lists: requests that wait for room, for ever or until they renege."""

from sim.verify import formulas
from sim.verify.estimators import share_waiting_longer
from sim.verify.reference_cases.scenario_keys import MEAN_TERM_DAYS, market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase

LONG_RUN_END = "2035-01-01"
"""The end of a run of ten years, for waits, which vary so much that two years are hardly enough."""
SERVERS, QUEUE_LOAD = 2, 0.9
"""The servers, and the load in erlangs, of the cases of M/M/n."""


def waiting_list_cases() -> list[ReferenceCase]:
    """Build the cases of waiting lists. Their order stays, since their seeds go by it."""
    return [fcfs_case(), priority_case(), constant_term_case(), reneging_case()]


def fcfs_case() -> ReferenceCase:
    """Build the case of M/M/n, first come, first served."""
    wait_days = MEAN_TERM_DAYS * formulas.mmc_mean_wait(SERVERS, QUEUE_LOAD)
    mw_waiting = formulas.littles_law(QUEUE_LOAD / MEAN_TERM_DAYS, wait_days)
    return ReferenceCase(
        "first come, first served",
        market_keys(
            {"calls": stream_keys(QUEUE_LOAD, patience="never")},
            {"One": SERVERS},
            280,
            waiting={"bypass": False},
            end=LONG_RUN_END,
        ),
        (
            ExactCheck(
                "share that waits", "Erlang C", "spilled_share", formulas.erlang_c(SERVERS, QUEUE_LOAD)
            ),
            ExactCheck("days waited", "C / (N - A) terms", "wait_days.mean", wait_days, 0.05),
            ExactCheck("MW waiting", "Little", "unserved_mw.mean", mw_waiting, 0.05),
            ExactCheck(
                "share that waits a term",
                "C exp(-(N - A) t)",
                share_waiting_longer(MEAN_TERM_DAYS),
                formulas.mmc_wait_tail(SERVERS, QUEUE_LOAD, 1.0),
                0.05,
            ),
        ),
    )


def priority_case() -> ReferenceCase:
    """Build the case of M/M/n with two priorities, each with half the load."""
    waits = formulas.mmc_priority_mean_waits(SERVERS, [QUEUE_LOAD / 2, QUEUE_LOAD / 2])
    high, low = (MEAN_TERM_DAYS * wait for wait in waits)
    without_priorities = {"no priorities": MEAN_TERM_DAYS * formulas.mmc_mean_wait(SERVERS, QUEUE_LOAD)}
    return ReferenceCase(
        "two priorities",
        market_keys(
            {
                "low": stream_keys(QUEUE_LOAD / 2, patience="never"),
                "high": stream_keys(QUEUE_LOAD / 2, patience="never", priority=1),
            },
            {"One": SERVERS},
            260,
            end=LONG_RUN_END,
        ),
        (
            ExactCheck(
                "days waited, high", "Cobham", "stream.high.wait_days.mean", high, 0.05, without_priorities
            ),
            ExactCheck(
                "days waited, low", "Cobham", "stream.low.wait_days.mean", low, 0.06, without_priorities
            ),
        ),
    )


def constant_term_case() -> ReferenceCase:
    """Build the case of M/D/1."""
    load = 0.5
    constant, exponential = formulas.md1_mean_wait(load), formulas.mmc_mean_wait(1, load)
    return ReferenceCase(
        "waits for constant terms",
        market_keys(
            {"calls": stream_keys(load, term=f"{MEAN_TERM_DAYS} d", patience="never")},
            {"One": 1},
            220,
            end=LONG_RUN_END,
        ),
        (
            ExactCheck(
                "days waited",
                "Pollaczek and Khinchine",
                "wait_days.mean",
                MEAN_TERM_DAYS * constant,
                0.04,
                {"exponential terms": MEAN_TERM_DAYS * exponential},
            ),
        ),
    )


def reneging_case() -> ReferenceCase:
    """Build the case of M/M/n+M: requests renege after an exponential patience."""
    servers, load, patience_terms = 3, 3.0, 0.5
    exact = formulas.erlang_a(servers, load, patience_terms)
    patience = {"exponential": {"mean": f"{patience_terms * MEAN_TERM_DAYS} d"}}
    return ReferenceCase(
        "patience",
        market_keys({"calls": stream_keys(load, patience=patience)}, {"One": servers}, 300),
        (
            ExactCheck("share that finds no room", "Erlang A", "spilled_share", exact.delay_probability),
            ExactCheck("share lost", "Erlang A", "lost_share", exact.reneging_probability, 0.02),
            ExactCheck("MW waiting", "Erlang A", "unserved_mw.mean", exact.mean_queue_length, 0.03),
        ),
    )
