"""Capacity that rises and falls: MW in service on dates, and the share that is lost."""

from itertools import pairwise

from sim.verify import formulas, markov
from sim.verify.reference_cases.scenario_keys import market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase


def capacity_step_cases() -> list[ReferenceCase]:
    """Build the case of a site where a building comes online and is retired, with no eviction of requests in service.

    Ten equal sites, each with a provider and customers of its own, give ten observations in each replication.
    """
    n_sites, few, many, load, mean = 10, 4, 8, 8.0, 10
    days = {"2025-01-31": 30, "2025-02-04": 34, "2025-03-12": 70, "2025-03-16": 74, "2025-04-01": 90}
    online, soon_after, retired, soon_retired, end = days
    durations = [(until - since) / mean for since, until in pairwise([0, *days.values()])]
    exact = markov.solve_capacity_steps(load, list(zip((few, many, many, few, few), durations, strict=True)))
    mw = dict(zip(days, (n_sites * number for number in exact.in_service), strict=True))
    steady_few, steady_many = (n_sites * load * (1 - formulas.erlang_b(n, load)) for n in (few, many))
    lost = exact.lost * n_sites * load / mean * days[end]
    places = [f"Place {k}" for k in range(1, n_sites + 1)]
    hall = {"it_power": f"{many - few} MW", "planned": online, "retired": retired}
    calls = stream_keys(load, term={"exponential": {"mean": f"{mean} d"}}) | {
        "arrivals": {"poisson": {"rate": f"{load / mean} /d"}}
    }
    steps = market_keys(
        {place: {**calls, "only": [place]} for place in places},
        dict.fromkeys(places, few),
        700,
        end=end,
        measure_from="2025-01-01",
        report_at=[soon_after, retired, soon_retired],
    )
    steps["sites"] = {site: {**keys, "buildings": {"Hall": hall}} for site, keys in steps["sites"].items()}
    formula = "Kolmogorov's equations"

    def mw_check(date: str, rival: str, rival_mw: float) -> ExactCheck:
        return ExactCheck(
            f"MW on {date}", formula, f"in_service_mw.at.{date}", mw[date], 0.03, {rival: rival_mw}
        )

    return [
        ReferenceCase(
            "capacity steps",
            steps,
            (
                mw_check(soon_after, "as if steady", steady_many),
                mw_check(retired, "evicted", n_sites * few),
                mw_check(soon_retired, "evicted", steady_few),
                ExactCheck(
                    "MW-days interrupted",
                    formula,
                    "interrupted_mw_days",
                    exact.interrupted * n_sites * mean,
                    0.08,
                    {"evicted": 0.0},
                ),
                ExactCheck("MW lost", formula, ("lost_share", "asked_mw"), lost, 0.03),
            ),
        )
    ]
