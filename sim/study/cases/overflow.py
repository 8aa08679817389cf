"""Several providers in order: what one has no room for goes to the next."""

from sim.study import chains, theory
from sim.study.cases.market import ENDLESS, market, stream
from sim.study.verification import Case, Check, squares_about


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
            market({"calls": stream(load)}, {"First": first, "Second": second}, 190),
            (
                past_first,
                Check("share lost", "B(N1 + N2, A)", "lost_share", lost, 0.03, as_poisson),
                Check("MW at the second", "A (B(N1, A) - B(N1 + N2, A))", second_mw, load * (past - lost)),
            ),
        ),
        Case(
            "overflow into an endless group",
            market({"calls": stream(load)}, {"First": first, "Second": ENDLESS}, 210),
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


def shared_overflow() -> list[Case]:
    """Two streams, each with a provider of its own, which overflow into a third that they share."""
    primaries, loads, servers = (4, 3), (3.0, 4.5), 4
    exact = chains.shared_overflow(primaries, loads, servers)
    past = [theory.erlang_b(n, load) for n, load in zip(primaries, loads, strict=True)]
    overflow = sum(load * share for load, share in zip(loads, past, strict=True))
    as_poisson = [share * theory.erlang_b(servers, overflow) for share in past]
    names = ("North", "South")
    return [
        Case(
            "shared overflow",
            market(
                {name: stream(load, only=[name, "Shared"]) for name, load in zip(names, loads, strict=True)},
                dict(zip((*names, "Shared"), (*primaries, servers), strict=True)),
                280,
            ),
            (
                *(
                    Check(
                        f"share of {name} lost",
                        "balance equations",
                        f"stream.{name}.lost_share",
                        exact.lost[k],
                        (0.05, 0.03)[k],
                        {"overflow as Poisson": as_poisson[k]},
                    )
                    for k, name in enumerate(names)
                ),
                Check(
                    "MW at the shared",
                    "balance equations",
                    "provider.Shared.in_service_mw.mean",
                    exact.in_service,
                ),
            ),
        )
    ]
