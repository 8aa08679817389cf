"""Markets that change with time, and room for all: what is in service in the long run, and on a date."""

from itertools import pairwise

from sim.verify import formulas, markov
from sim.verify.reference_cases.scenario_keys import market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase


def capacity_step_cases() -> list[ReferenceCase]:
    """A building comes online at a site, and is retired again; who is in service then is not evicted.

    Ten sites alike, each with a provider and customers of its own, so that a replication tells ten times as much.
    """
    alike, few, many, load, mean = 10, 4, 8, 8.0, 10
    days = {"2025-01-31": 30, "2025-02-04": 34, "2025-03-12": 70, "2025-03-16": 74, "2025-04-01": 90}
    online, soon, retired, late, end = days
    lasts = [(until - since) / mean for since, until in pairwise([0, *days.values()])]
    exact = markov.solve_capacity_steps(load, list(zip((few, many, many, few, few), lasts, strict=True)))
    mw = dict(zip(days, (alike * number for number in exact.in_service), strict=True))
    steady_few, steady_many = (alike * load * (1 - formulas.erlang_b(n, load)) for n in (few, many))
    lost = exact.lost * alike * load / mean * days[end]
    places = [f"Place {k}" for k in range(1, alike + 1)]
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
        report_at=[soon, retired, late],
    )
    steps["sites"] = {site: {**keys, "buildings": {"Hall": hall}} for site, keys in steps["sites"].items()}
    formula = "Kolmogorov's equations"

    def on(day: str, rival: str, would_be: float) -> ExactCheck:
        return ExactCheck(
            f"MW on {day}", formula, f"in_service_mw.at.{day}", mw[day], 0.03, {rival: would_be}
        )

    return [
        ReferenceCase(
            "capacity steps",
            steps,
            (
                on(soon, "as if steady", steady_many),
                on(retired, "evicted", alike * few),
                on(late, "evicted", steady_few),
                ExactCheck(
                    "MW-days interrupted",
                    formula,
                    "interrupted_mw_days",
                    exact.interrupted * alike * mean,
                    0.08,
                    {"evicted": 0.0},
                ),
                ExactCheck("MW lost", formula, ("lost_share", "asked_mw"), lost, 0.03),
            ),
        )
    ]
