"""A first refusal: who holds it answers after a window, with or without a hold."""

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


def first_refusal_keys(**keys: Any) -> ScenarioKeys:
    """A first refusal of the provider Holder, over everything."""
    return {"first refusal": {"holder": "Holder", "kind": "first refusal"} | keys}


def first_refusal_cases() -> list[ReferenceCase]:
    """A holder that answers after a window; what it declines goes to another, who has room for all.

    Without a hold the window shifts the arrivals, and shifted by independent times they come as randomly as
    before; with a hold a server is taken for the window and for the term.
    """
    n, load, share = 6, 6.0, 0.4
    window = share * MEAN_TERM_DAYS
    shifted, held = formulas.erlang_b(n, load), formulas.erlang_b(n, load * (1 + share))
    with_hold, without_hold = {"with a hold": held}, {"without a hold": shifted}

    def case(
        name: str, checks: tuple[ExactCheck, ...], online: Mapping[str, int] | None = None, **keys: Any
    ) -> ReferenceCase:
        sites = online or {"Holder": n, "Other": AMPLE_MW}
        rights = first_refusal_keys(**{"window": f"{window} d"} | keys)
        replications = 70 if {"holds_capacity", "appetite"} & keys.keys() else 210
        return ReferenceCase(
            f"first refusal, {name}",
            market_keys({"calls": stream_keys(load)}, sites, replications, rights=rights),
            checks,
        )

    cap, appetite = 3, 0.6
    capped = appetite * formulas.erlang_b(cap, appetite * load)
    wanted = 1 - appetite * (1 - formulas.erlang_b(cap, load * (share + appetite)))
    held_for_wanted = 1 - appetite * (1 - formulas.erlang_b(cap, load * appetite * (share + 1)))
    alone = markov.solve_sole_holder(n, load, share)
    other_mw, holder_mw = (f"provider.{name}.in_service_mw.mean" for name in ("Other", "Holder"))
    return [
        case(
            "a window",
            (
                ExactCheck("share declined", "B(N, A)", "declined_share", shifted, 0.02, with_hold),
                ExactCheck("MW at the other", "A B(N, A)", other_mw, load * shifted, 0.03),
                ExactCheck("days until delivery", "the window", "wait_days.mean", window, 1e-9),
            ),
        ),
        case(
            "a drawn window and nobody else",
            (ExactCheck("share lost", "B(N, A)", "lost_share", shifted, 0.02, with_hold),),
            {"Holder": n},
            window={"uniform": {"low": "0 d", "high": f"{2 * window} d"}},
        ),
        case(
            "a window with a hold",
            (
                ExactCheck(
                    "share declined", "B(N, rate (window + term))", "declined_share", held, 0.02, without_hold
                ),
                ExactCheck(
                    "MW at the holder", "A (1 - B(N, rate (window + term)))", holder_mw, load * (1 - held)
                ),
            ),
            holds_capacity=True,
        ),
        case(
            "appetite and a cap",
            (
                ExactCheck("share declined for appetite", "1 - a", "declined_share.appetite", 1 - appetite),
                ExactCheck(
                    "share declined for the cap", "a B(cap, a A)", "declined_share.utilization", capped, 0.04
                ),
            ),
            appetite=appetite,
            max_utilization=cap / n,
        ),
        case(
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
            max_utilization=cap / n,
            holds_capacity=True,
        ),
        case(
            "a hold and nobody else",
            (
                ExactCheck("share declined", "balance equations", "declined_share", alone.declined),
                ExactCheck(
                    "share lost", "balance equations", "lost_share", alone.lost, 0.03, {"one look": held}
                ),
            ),
            {"Holder": n},
            window={"exponential": {"mean": f"{window} d"}},
            holds_capacity=True,
        ),
    ]
