"""Loss systems: one site and no patience, so that a request that finds no room is lost."""

from sim.verify import formulas
from sim.verify.reference_cases.scenario_keys import (
    EXPONENTIAL_TERM,
    MEAN_TERM_DAYS,
    market_keys,
    stream_keys,
)
from sim.verify.verification import ExactCheck, ReferenceCase


def loss_cases() -> list[ReferenceCase]:
    """Build the cases of Erlang's loss formula, with several distributions of terms."""
    terms = {
        "exponential terms": EXPONENTIAL_TERM,
        "lognormal terms": {"lognormal": {"mean": f"{MEAN_TERM_DAYS} d", "cv": "1.5"}},
        "constant terms": f"{MEAN_TERM_DAYS} d",
    }
    n, load = 6, 7.2
    exact = formulas.erlang_b(n, load)
    rivals = {f"{k} servers": formulas.erlang_b(k, load) for k in (n - 1, n + 1)}
    return [
        ReferenceCase(
            f"loss, {name}",
            market_keys({"calls": stream_keys(load, term=term)}, {"One": n}, 180),
            (
                ExactCheck("share lost", "Erlang B", "lost_share", exact, 0.02, rivals),
                ExactCheck("MW in service", "A (1 - B)", "in_service_mw.mean", load * (1 - exact), 0.01),
            ),
        )
        for name, term in terms.items()
    ]


def keeps_back_cases() -> list[ReferenceCase]:
    """Build the case of a provider that keeps capacity back for its own requests (trunk reservation)."""
    n, kept, own, others = 8, 2, 5.0, 3.0
    exact = formulas.trunk_reservation(n, kept, own, others)
    rivals = {f"{k} kept": formulas.trunk_reservation(n, k, own, others) for k in (0, kept - 1, kept + 1)}
    rivals_own = {name: rival.own for name, rival in rivals.items()}
    rivals_others = {name: rival.others for name, rival in rivals.items()}
    demand = {"own": stream_keys(own, customer="One"), "others": stream_keys(others)}
    provider = {"One": {"sites": ["One site"], "keeps_back": f"{kept} MW"}}
    own_share, others_share = "customer.One.lost_share", "customer.Lab.lost_share"
    return [
        ReferenceCase(
            "keeps back",
            market_keys(demand, {"One": n}, 110, providers=provider),
            (
                ExactCheck(
                    "share of its own lost", "birth and death", own_share, exact.own, 0.04, rivals_own
                ),
                ExactCheck(
                    "share of the others' lost",
                    "birth and death",
                    others_share,
                    exact.others,
                    0.02,
                    rivals_others,
                ),
            ),
        )
    ]


def two_size_cases() -> list[ReferenceCase]:
    """Build the case of requests of two sizes at one site, none of them split, with different terms."""
    n, size, loads = 10, 3, (3.0, 1.5)
    small, large = formulas.kaufman_roberts(n, [(loads[0], 1), (loads[1], size)])
    demand = {
        "small": stream_keys(loads[0], split="one site"),
        "large": stream_keys(loads[1], split="never", size=f"{size} MW", term=f"{MEAN_TERM_DAYS} d"),
    }
    return [
        ReferenceCase(
            "two sizes",
            market_keys(demand, {"One": n}, 230),
            (
                ExactCheck(
                    "share of the small lost", "Kaufman and Roberts", "stream.small.lost_share", small, 0.04
                ),
                ExactCheck(
                    "share of the large lost", "Kaufman and Roberts", "stream.large.lost_share", large, 0.02
                ),
            ),
        )
    ]
