"""Requests that wait, for ever or until they give up."""

from sim.verify import formulas
from sim.verify.estimators import share_waiting_longer
from sim.verify.reference_cases.scenario_keys import MEAN_TERM_DAYS, market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase

LONG_RUN_END = "2035-01-01"
"""The end of a run of ten years, for what varies so much that two hardly settle it."""


def waiting_list_cases() -> list[ReferenceCase]:
    """Requests that wait, for ever or until they give up."""
    n, load = 2, 0.9
    wait = MEAN_TERM_DAYS * formulas.mmc_mean_wait(n, load)
    high, low = (MEAN_TERM_DAYS * each for each in formulas.mmc_priority_mean_waits(n, [load / 2, load / 2]))
    alone = 0.5
    constant, exponential = formulas.md1_mean_wait(alone), formulas.mmc_mean_wait(1, alone)
    servers, busy, patience = 3, 3.0, 0.5
    given_up = formulas.erlang_a(servers, busy, patience)
    impatient = {"exponential": {"mean": f"{patience * MEAN_TERM_DAYS} d"}}
    no_order = {"no priorities": wait}
    waits_a_term = formulas.mmc_wait_tail(n, load, 1.0)
    return [
        ReferenceCase(
            "first come, first served",
            market_keys(
                {"calls": stream_keys(load, patience="never")},
                {"One": n},
                280,
                waiting={"bypass": False},
                end=LONG_RUN_END,
            ),
            (
                ExactCheck("share that waits", "Erlang C", "spilled_share", formulas.erlang_c(n, load)),
                ExactCheck("days waited", "C / (N - A) terms", "wait_days.mean", wait, 0.05),
                ExactCheck(
                    "MW waiting",
                    "Little",
                    "unserved_mw.mean",
                    formulas.littles_law(load / MEAN_TERM_DAYS, wait),
                    0.05,
                ),
                ExactCheck(
                    "share that waits a term",
                    "C exp(-(N - A) t)",
                    share_waiting_longer(MEAN_TERM_DAYS),
                    waits_a_term,
                    0.05,
                ),
            ),
        ),
        ReferenceCase(
            "two priorities",
            market_keys(
                {
                    "low": stream_keys(load / 2, patience="never"),
                    "high": stream_keys(load / 2, patience="never", priority=1),
                },
                {"One": n},
                260,
                end=LONG_RUN_END,
            ),
            (
                ExactCheck("days waited, high", "Cobham", "stream.high.wait_days.mean", high, 0.05, no_order),
                ExactCheck("days waited, low", "Cobham", "stream.low.wait_days.mean", low, 0.06, no_order),
            ),
        ),
        ReferenceCase(
            "waits for constant terms",
            market_keys(
                {"calls": stream_keys(alone, term=f"{MEAN_TERM_DAYS} d", patience="never")},
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
        ),
        ReferenceCase(
            "patience",
            market_keys({"calls": stream_keys(busy, patience=impatient)}, {"One": servers}, 300),
            (
                ExactCheck(
                    "share that finds no room", "Erlang A", "spilled_share", given_up.delay_probability
                ),
                ExactCheck("share lost", "Erlang A", "lost_share", given_up.reneging_probability, 0.02),
                ExactCheck("MW waiting", "Erlang A", "unserved_mw.mean", given_up.mean_queue_length, 0.03),
            ),
        ),
    ]
