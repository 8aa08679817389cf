"""One site, and no patience: who finds no room is lost."""

from sim.study import theory
from sim.study.cases.market import EXPONENTIAL, TERM, market, stream
from sim.study.verification import Case, Check


def loss() -> list[Case]:
    """One site and no patience: Erlang's loss formula, whatever the law of the terms."""
    terms = {
        "exponential terms": EXPONENTIAL,
        "lognormal terms": {"lognormal": {"mean": f"{TERM} d", "cv": "1.5"}},
        "constant terms": f"{TERM} d",
    }
    n, load = 6, 7.2
    exact = theory.erlang_b(n, load)
    rivals = {f"{k} servers": theory.erlang_b(k, load) for k in (n - 1, n + 1)}
    return [
        Case(
            f"loss, {name}",
            market({"calls": stream(load, term=term)}, {"One": n}, 180),
            (
                Check("share lost", "Erlang B", "lost_share", exact, 0.02, rivals),
                Check("MW in service", "A (1 - B)", "in_service_mw.mean", load * (1 - exact), 0.01),
            ),
        )
        for name, term in terms.items()
    ]


def kept_back() -> list[Case]:
    """A provider that keeps servers back for its own requests."""
    n, kept, own, others = 8, 2, 5.0, 3.0
    exact = theory.trunk_reservation(n, kept, own, others)
    rivals = {f"{k} kept": theory.trunk_reservation(n, k, own, others) for k in (0, kept - 1, kept + 1)}
    rivals_own = {name: rival.own for name, rival in rivals.items()}
    rivals_others = {name: rival.others for name, rival in rivals.items()}
    demand = {"own": stream(own, customer="One"), "others": stream(others)}
    provider = {"One": {"sites": ["One site"], "keeps_back": f"{kept} MW"}}
    own_share, others_share = "customer.One.lost_share", "customer.Lab.lost_share"
    return [
        Case(
            "keeps back",
            market(demand, {"One": n}, 110, providers=provider),
            (
                Check("share of its own lost", "birth and death", own_share, exact.own, 0.04, rivals_own),
                Check(
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


def two_sizes() -> list[Case]:
    """Requests of two sizes at one site, each whole or not at all, whatever the law of the terms."""
    n, size, loads = 10, 3, (3.0, 1.5)
    small, large = theory.kaufman_roberts(n, [(loads[0], 1), (loads[1], size)])
    demand = {
        "small": stream(loads[0], split="one site"),
        "large": stream(loads[1], split="never", size=f"{size} MW", term=f"{TERM} d"),
    }
    return [
        Case(
            "two sizes",
            market(demand, {"One": n}, 230),
            (
                Check(
                    "share of the small lost", "Kaufman and Roberts", "stream.small.lost_share", small, 0.04
                ),
                Check(
                    "share of the large lost", "Kaufman and Roberts", "stream.large.lost_share", large, 0.02
                ),
            ),
        )
    ]
