"""Overflow between providers in order: what one has no room for goes to the next."""

from sim.verify import formulas, markov
from sim.verify.estimators import mean_square_about
from sim.verify.reference_cases.scenario_keys import AMPLE_MW, market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase


def ordered_overflow_cases() -> list[ReferenceCase]:
    """Build the cases of two providers in order, the second finite or with room for all."""
    first, second, load = 4, 4, 6.0
    spilled, lost = formulas.erlang_b(first, load), formulas.erlang_b(first + second, load)
    overflow = formulas.riordan_moments(first, load)
    spilled_check = ExactCheck("share past the first", "B(N1, A)", "spilled_share", spilled)
    second_mw = "provider.Second.in_service_mw.mean"
    as_poisson = {"overflow as Poisson": spilled * formulas.erlang_b(second, load * spilled)}
    return [
        ReferenceCase(
            "ordered overflow",
            market_keys({"calls": stream_keys(load)}, {"First": first, "Second": second}, 190),
            (
                spilled_check,
                ExactCheck("share lost", "B(N1 + N2, A)", "lost_share", lost, 0.03, as_poisson),
                ExactCheck(
                    "MW at the second", "A (B(N1, A) - B(N1 + N2, A))", second_mw, load * (spilled - lost)
                ),
            ),
        ),
        ReferenceCase(
            "overflow into an endless group",
            market_keys({"calls": stream_keys(load)}, {"First": first, "Second": AMPLE_MW}, 210),
            (
                spilled_check,
                ExactCheck("MW at the second", "A B(N1, A)", second_mw, overflow.mean),
                ExactCheck(
                    "variance of the MW at the second",
                    "Riordan",
                    mean_square_about(overflow.mean, "Second site"),
                    overflow.variance,
                    0.03,
                    {"overflow as Poisson": overflow.mean},
                ),
            ),
        ),
    ]


def shared_overflow_cases() -> list[ReferenceCase]:
    """Build the case of two streams, each with a provider of its own, that overflow into a third which they share."""
    primaries, loads, servers = (4, 3), (3.0, 4.5), 4
    exact = markov.solve_shared_overflow(primaries, loads, servers)
    spilled = [formulas.erlang_b(n, load) for n, load in zip(primaries, loads, strict=True)]
    overflow = sum(load * share for load, share in zip(loads, spilled, strict=True))
    as_poisson = [share * formulas.erlang_b(servers, overflow) for share in spilled]
    names = ("North", "South")
    return [
        ReferenceCase(
            "shared overflow",
            market_keys(
                {
                    name: stream_keys(load, only=[name, "Shared"])
                    for name, load in zip(names, loads, strict=True)
                },
                dict(zip((*names, "Shared"), (*primaries, servers), strict=True)),
                280,
            ),
            (
                *(
                    ExactCheck(
                        f"share of {name} lost",
                        "balance equations",
                        f"stream.{name}.lost_share",
                        exact.lost[k],
                        (0.05, 0.03)[k],
                        {"overflow as Poisson": as_poisson[k]},
                    )
                    for k, name in enumerate(names)
                ),
                ExactCheck(
                    "MW at the shared",
                    "balance equations",
                    "provider.Shared.in_service_mw.mean",
                    exact.in_service,
                ),
            ),
        )
    ]
