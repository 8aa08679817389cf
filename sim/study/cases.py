"""Simple markets about which something is known exactly."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.study import theory
from sim.study.verification import Case, Check, squares_about, waits_longer

TERM = 1
"""The mean term of nearly every request, in days."""
EXPONENTIAL = {"exponential": {"mean": f"{TERM} d"}}
ENDLESS = 1000
"""MW at a site where there is always room."""

LONG = "2055-01-01"
"""The end of a run of thirty years, for what varies so much that five do not settle it."""

Written = dict[str, Any]


def stream(load: float, **keys: Any) -> Written:
    """A stream of requests of 1 MW that gives so many erlangs; lost if not served at once."""
    return {
        "customer": "Lab",
        "arrivals": {"poisson": {"rate": f"{load / TERM} /d"}},
        "size": "1 MW",
        "term": EXPONENTIAL,
        "patience": "0 d",
    } | keys


def market(demand: Written, online: Mapping[str, int], replications: int = 30, **keys: Any) -> Written:
    """A market for five years, watched from its third month on: each provider has one site of so many MW."""
    return {
        "start": "2025-01-01",
        "end": "2030-01-01",
        "measure_from": "2025-03-01",
        "replications": replications,
        "demand": demand,
        "providers": {name: {"sites": [f"{name} site"]} for name in online},
        "sites": {f"{name} site": {"online": f"{mw} MW"} for name, mw in online.items()},
        "overflow": {"policy": "in order"},
    } | keys


def refusal(**keys: Any) -> Written:
    """A first refusal of the provider Holder, over everything."""
    return {"first refusal": {"holder": "Holder", "kind": "first refusal"} | keys}


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
            market({"calls": stream(load, term=term)}, {"One": n}, 24),
            (
                Check("share lost", "Erlang B", "lost_share", exact, 0.02, rivals),
                Check("MW in service", "A (1 - B)", "in_service_mw.mean", load * (1 - exact), 0.01),
            ),
        )
        for name, term in terms.items()
    ]


def ordered_overflow() -> list[Case]:
    """Two providers in order: what the first has no room for goes to the second, in bursts."""
    first, second, load = 4, 4, 6.0
    past, lost = theory.erlang_b(first, load), theory.erlang_b(first + second, load)
    over = theory.riordan(first, load)
    past_first = Check("share past the first", "B(N1, A)", "spilled_share", past)
    second_mw = "provider.Second.in_service_mw.mean"
    as_poisson = {"overflow as Poisson": past * theory.erlang_b(second, load * past)}
    return [
        Case(
            "ordered overflow",
            market({"calls": stream(load)}, {"First": first, "Second": second}, 40),
            (
                past_first,
                Check("share lost", "B(N1 + N2, A)", "lost_share", lost, 0.03, as_poisson),
                Check("MW at the second", "A (B(N1, A) - B(N1 + N2, A))", second_mw, load * (past - lost)),
            ),
        ),
        Case(
            "overflow into an endless group",
            market({"calls": stream(load)}, {"First": first, "Second": ENDLESS}, 40),
            (
                past_first,
                Check("MW at the second", "A B(N1, A)", second_mw, over.mean),
                Check(
                    "variance of the MW at the second",
                    "Riordan",
                    squares_about(over.mean, "Second site"),
                    over.variance,
                    0.03,
                    {"overflow as Poisson": over.mean},
                ),
            ),
        ),
    ]


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
        replications = 18 if {"holds_capacity", "appetite"} & keys.keys() else 30
        return Case(
            f"first refusal, {name}",
            market({"calls": stream(load)}, sites, replications, rights=rights),
            checks,
        )

    cap, appetite = 3, 0.6
    capped = appetite * theory.erlang_b(cap, appetite * load)
    wanted = 1 - appetite * (1 - theory.erlang_b(cap, load * (share + appetite)))
    held_for_wanted = 1 - appetite * (1 - theory.erlang_b(cap, load * appetite * (share + 1)))
    alone = theory.second_look(n, load, share)
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
            market(demand, {"One": n}, providers=provider),
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
            market(demand, {"One": n}, 60),
            (
                Check(
                    "share of the small lost", "Kaufman and Roberts", "stream.small.lost_share", small, 0.03
                ),
                Check(
                    "share of the large lost", "Kaufman and Roberts", "stream.large.lost_share", large, 0.02
                ),
            ),
        )
    ]


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
                {"calls": stream(load, patience="never")}, {"One": n}, 40, waiting={"bypass": False}, end=LONG
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
                40,
                end=LONG,
            ),
            (
                Check("days waited, high", "Cobham", "stream.high.wait_days.mean", high, 0.05, no_order),
                Check("days waited, low", "Cobham", "stream.low.wait_days.mean", low, 0.06, no_order),
            ),
        ),
        Case(
            "waits for constant terms",
            market({"calls": stream(alone, term=f"{TERM} d", patience="never")}, {"One": 1}, 40, end=LONG),
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
            market({"calls": stream(busy, patience=impatient)}, {"One": servers}, 40),
            (
                Check("share that finds no room", "Erlang A", "spilled_share", given_up.waits),
                Check("share lost", "Erlang A", "lost_share", given_up.lost, 0.02),
                Check("MW waiting", "Erlang A", "unserved_mw.mean", given_up.waiting, 0.03),
            ),
        ),
    ]


def room_for_all() -> list[Case]:
    """No limit: how much is in service, in the long run and as demand grows."""
    load, chances = 30.0, {1: 0.5, 2: 0.3, 5: 0.2}
    size = sum(mw * chance for mw, chance in chances.items())
    squares = sum(mw**2 * chance for mw, chance in chances.items())
    sizes = {"discrete": {"values": [f"{mw} MW" for mw in chances], "weights": list(chances.values())}}
    terms = {"gamma": {"mean": f"{TERM} d", "cv": 0.7}}
    rate, mean, growth = 6.0, 10.0, 40.0
    steep = growth ** (1 / 365.25)
    days = {"2025-02-01": 31, "2025-05-01": 120, "2025-07-01": 181}
    growing = stream(0, term={"exponential": {"mean": f"{mean} d"}}) | {
        "arrivals": {"poisson": {"rate": f"{rate} /d", "growth": growth}}
    }
    return [
        Case(
            "room for all",
            market({"calls": stream(load, size=sizes, term=terms)}, {"One": ENDLESS}, end="2026-01-01"),
            (
                Check("MW in service", "rate x size x mean term", "in_service_mw.mean", load * size, 0.02),
                Check("variance", "A E[size2]", squares_about(load * size, "One site"), load * squares, 0.06),
            ),
        ),
        Case(
            "room for all, growing",
            market(
                {"calls": growing},
                {"One": ENDLESS},
                100,
                end="2025-07-02",
                measure_from="2025-01-01",
                report_at=list(days),
            ),
            tuple(
                Check(
                    f"MW on {date}",
                    "Eick, Massey and Whitt",
                    f"in_service_mw.at.{date}",
                    theory.growing_load(rate, steep, mean, day),
                    0.05,
                    {"as if steady": rate * steep**day * mean},
                )
                for date, day in days.items()
            ),
        ),
    ]


def cases() -> list[Case]:
    """All cases, each with a seed of its own, so that no two share their draws."""
    groups = (loss, ordered_overflow, first_refusals, kept_back, two_sizes, waiting_lists, room_for_all)
    found = [case for group in groups for case in group()]
    return [replace(case, scenario={**case.scenario, "seed": k}) for k, case in enumerate(found, start=1)]
