"""A first refusal: who holds it answers after a window, with or without a hold."""

from collections.abc import Mapping
from typing import Any

from sim.study import chains, theory
from sim.study.cases.market import ENDLESS, TERM, Written, market, stream
from sim.study.verification import Case, Check


def refusal(**keys: Any) -> Written:
    """A first refusal of the provider Holder, over everything."""
    return {"first refusal": {"holder": "Holder", "kind": "first refusal"} | keys}


def first_refusals() -> list[Case]:
    """A holder that answers after a window; what it declines goes to another, who has room for all.

    Without a hold the window shifts the arrivals, and shifted by independent times they come as randomly as
    before; with a hold a server is taken for the window and for the term.
    """
    n, load, share = 6, 6.0, 0.4
    window = share * TERM
    shifted, held = theory.erlang_b(n, load), theory.erlang_b(n, load * (1 + share))
    with_hold, without_hold = {"with a hold": held}, {"without a hold": shifted}

    def case(
        name: str, checks: tuple[Check, ...], online: Mapping[str, int] | None = None, **keys: Any
    ) -> Case:
        sites = online or {"Holder": n, "Other": ENDLESS}
        rights = refusal(**{"window": f"{window} d"} | keys)
        replications = 70 if {"holds_capacity", "appetite"} & keys.keys() else 210
        return Case(
            f"first refusal, {name}",
            market({"calls": stream(load)}, sites, replications, rights=rights),
            checks,
        )

    cap, appetite = 3, 0.6
    capped = appetite * theory.erlang_b(cap, appetite * load)
    wanted = 1 - appetite * (1 - theory.erlang_b(cap, load * (share + appetite)))
    held_for_wanted = 1 - appetite * (1 - theory.erlang_b(cap, load * appetite * (share + 1)))
    alone = chains.second_look(n, load, share)
    other_mw, holder_mw = (f"provider.{name}.in_service_mw.mean" for name in ("Other", "Holder"))
    return [
        case(
            "a window",
            (
                Check("share declined", "B(N, A)", "declined_share", shifted, 0.02, with_hold),
                Check("MW at the other", "A B(N, A)", other_mw, load * shifted, 0.03),
                Check("days until delivery", "the window", "wait_days.mean", window, 1e-9),
            ),
        ),
        case(
            "a drawn window and nobody else",
            (Check("share lost", "B(N, A)", "lost_share", shifted, 0.02, with_hold),),
            {"Holder": n},
            window={"uniform": {"low": "0 d", "high": f"{2 * window} d"}},
        ),
        case(
            "a window with a hold",
            (
                Check(
                    "share declined", "B(N, rate (window + term))", "declined_share", held, 0.02, without_hold
                ),
                Check("MW at the holder", "A (1 - B(N, rate (window + term)))", holder_mw, load * (1 - held)),
            ),
            holds_capacity=True,
        ),
        case(
            "appetite and a cap",
            (
                Check("share declined for appetite", "1 - a", "declined_share.appetite", 1 - appetite),
                Check(
                    "share declined for the cap", "a B(cap, a A)", "declined_share.utilization", capped, 0.04
                ),
            ),
            appetite=appetite,
            max_utilization=cap / n,
        ),
        case(
            "appetite, a cap and a hold",
            (
                Check(
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
                Check("share declined", "balance equations", "declined_share", alone.declined),
                Check("share lost", "balance equations", "lost_share", alone.lost, 0.03, {"one look": held}),
            ),
            {"Holder": n},
            window={"exponential": {"mean": f"{window} d"}},
            holds_capacity=True,
        ),
    ]
