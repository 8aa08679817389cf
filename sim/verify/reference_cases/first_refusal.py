"""Rights of first refusal: the holder answers after a window, with or without holding capacity meanwhile."""

from collections.abc import Mapping
from typing import Any

from sim.verify import formulas, markov
from sim.verify.reference_cases.scenario_keys import (
    AMPLE_MW,
    MEAN_TERM_DAYS,
    ScenarioKeys,
    market_keys,
    stream_keys,
)
from sim.verify.verification import ExactCheck, ReferenceCase

HOLDER_MW, HOLDER_LOAD = 6, 6.0
"""The servers of the holder, and the erlangs that it is offered."""
WINDOW_TERMS = 0.4
"""The window in mean terms."""
WINDOW_DAYS = WINDOW_TERMS * MEAN_TERM_DAYS
HOLDER_IN_SERVICE = "provider.Holder.in_service_mw.mean"
OTHER_IN_SERVICE = "provider.Other.in_service_mw.mean"


def first_refusal_keys(**keys: Any) -> ScenarioKeys:
    """Keys of a right of first refusal of the provider Holder over all requests."""
    return {"first refusal": {"holder": "Holder", "kind": "first refusal"} | keys}


def first_refusal_cases() -> list[ReferenceCase]:
    """Build the cases of a holder that answers after a window.

    What it declines goes to another provider with room for all, or is lost where there is none. The order of the
    cases stays, since their seeds go by it.
    """
    return [*window_cases(), *answer_limit_cases(), sole_holder_case()]


def _case(
    name: str, checks: tuple[ExactCheck, ...], online: Mapping[str, int] | None = None, **keys: Any
) -> ReferenceCase:
    """Build a case with some keys of the right; with another provider that has room for all, without `online`."""
    sites = online or {"Holder": HOLDER_MW, "Other": AMPLE_MW}
    rights = first_refusal_keys(**{"window": f"{WINDOW_DAYS} d"} | keys)
    replications = 70 if {"holds_capacity", "appetite"} & keys.keys() else 210
    return ReferenceCase(
        f"first refusal, {name}",
        market_keys({"calls": stream_keys(HOLDER_LOAD)}, sites, replications, rights=rights),
        checks,
    )


def _declined_after_window() -> float:
    """Share declined without a hold: arrivals shifted by independent windows are a Poisson process as before."""
    return formulas.erlang_b(HOLDER_MW, HOLDER_LOAD)


def _declined_with_hold() -> float:
    """Share declined with a hold: a server is taken for the window and for the term."""
    return formulas.erlang_b(HOLDER_MW, HOLDER_LOAD * (1 + WINDOW_TERMS))


def window_cases() -> list[ReferenceCase]:
    """Build the cases of a window: constant, drawn, and with a hold."""
    shifted, held = _declined_after_window(), _declined_with_hold()
    with_hold, without_hold = {"with a hold": held}, {"without a hold": shifted}
    return [
        _case(
            "a window",
            (
                ExactCheck("share declined", "B(N, A)", "declined_share", shifted, 0.02, with_hold),
                ExactCheck("MW at the other", "A B(N, A)", OTHER_IN_SERVICE, HOLDER_LOAD * shifted, 0.03),
                ExactCheck("days until delivery", "the window", "wait_days.mean", WINDOW_DAYS, 1e-9),
            ),
        ),
        _case(
            "a drawn window and nobody else",
            (ExactCheck("share lost", "B(N, A)", "lost_share", shifted, 0.02, with_hold),),
            {"Holder": HOLDER_MW},
            window={"uniform": {"low": "0 d", "high": f"{2 * WINDOW_DAYS} d"}},
        ),
        _case(
            "a window with a hold",
            (
                ExactCheck(
                    "share declined", "B(N, rate (window + term))", "declined_share", held, 0.02, without_hold
                ),
                ExactCheck(
                    "MW at the holder",
                    "A (1 - B(N, rate (window + term)))",
                    HOLDER_IN_SERVICE,
                    HOLDER_LOAD * (1 - held),
                ),
            ),
            holds_capacity=True,
        ),
    ]


def answer_limit_cases() -> list[ReferenceCase]:
    """Build the cases of a holder whose appetite and utilization cap limit what it takes, without and with a hold."""
    cap, appetite = 3, 0.6
    capped = appetite * formulas.erlang_b(cap, appetite * HOLDER_LOAD)
    wanted = 1 - appetite * (1 - formulas.erlang_b(cap, HOLDER_LOAD * (WINDOW_TERMS + appetite)))
    held_for_wanted = 1 - appetite * (1 - formulas.erlang_b(cap, HOLDER_LOAD * appetite * (WINDOW_TERMS + 1)))
    return [
        _case(
            "appetite and a cap",
            (
                ExactCheck("share declined for appetite", "1 - a", "declined_share.appetite", 1 - appetite),
                ExactCheck(
                    "share declined for the cap", "a B(cap, a A)", "declined_share.utilization", capped, 0.04
                ),
            ),
            appetite=appetite,
            max_utilization=cap / HOLDER_MW,
        ),
        _case(
            "appetite, a cap and a hold",
            (
                ExactCheck(
                    "share declined",
                    "1 - a (1 - B(cap, rate (window + a term)))",
                    "declined_share",
                    wanted,
                    0.01,
                    {"held only where it wants": held_for_wanted},
                ),
            ),
            appetite=appetite,
            max_utilization=cap / HOLDER_MW,
            holds_capacity=True,
        ),
    ]


def sole_holder_case() -> ReferenceCase:
    """Build the case of a holder that holds capacity, and is the only provider."""
    exact = markov.solve_sole_holder(HOLDER_MW, HOLDER_LOAD, WINDOW_TERMS)
    one_look = {"one look": _declined_with_hold()}
    return _case(
        "a hold and nobody else",
        (
            ExactCheck("share declined", "balance equations", "declined_share", exact.declined),
            ExactCheck("share lost", "balance equations", "lost_share", exact.lost, 0.03, one_look),
        ),
        {"Holder": HOLDER_MW},
        window={"exponential": {"mean": f"{WINDOW_DAYS} d"}},
        holds_capacity=True,
    )
