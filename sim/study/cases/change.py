"""Markets that change with time, and room for all: what is in service in the long run, and on a date."""

from itertools import pairwise

from sim.study import chains, theory
from sim.study.cases.market import ENDLESS, TERM, market, stream
from sim.study.verification import Case, Check, squares_about


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
            market({"calls": stream(load, size=sizes, term=terms)}, {"One": ENDLESS}, 80, end="2026-01-01"),
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
                210,
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


def capacity_steps() -> list[Case]:
    """A building comes online at a site, and is retired again; who is in service then is not evicted.

    Ten sites alike, each with a provider and customers of its own, so that a replication tells ten times as much.
    """
    alike, few, many, load, mean = 10, 4, 8, 8.0, 10
    days = {"2025-01-31": 30, "2025-02-04": 34, "2025-03-12": 70, "2025-03-16": 74, "2025-04-01": 90}
    online, soon, retired, late, end = days
    lasts = [(until - since) / mean for since, until in pairwise([0, *days.values()])]
    exact = chains.capacity_steps(load, list(zip((few, many, many, few, few), lasts, strict=True)))
    mw = dict(zip(days, (alike * number for number in exact.in_service), strict=True))
    steady_few, steady_many = (alike * load * (1 - theory.erlang_b(n, load)) for n in (few, many))
    lost = exact.lost * alike * load / mean * days[end]
    places = [f"Place {k}" for k in range(1, alike + 1)]
    hall = {"it_power": f"{many - few} MW", "planned": online, "retired": retired}
    calls = stream(load, term={"exponential": {"mean": f"{mean} d"}}) | {
        "arrivals": {"poisson": {"rate": f"{load / mean} /d"}}
    }
    steps = market(
        {place: {**calls, "only": [place]} for place in places},
        dict.fromkeys(places, few),
        700,
        end=end,
        measure_from="2025-01-01",
        report_at=[soon, retired, late],
    )
    steps["sites"] = {site: {**keys, "buildings": {"Hall": hall}} for site, keys in steps["sites"].items()}
    formula = "Kolmogorov's equations"

    def on(day: str, rival: str, would_be: float) -> Check:
        return Check(f"MW on {day}", formula, f"in_service_mw.at.{day}", mw[day], 0.03, {rival: would_be})

    return [
        Case(
            "capacity steps",
            steps,
            (
                on(soon, "as if steady", steady_many),
                on(retired, "evicted", alike * few),
                on(late, "evicted", steady_few),
                Check(
                    "MW-days interrupted",
                    formula,
                    "interrupted_mw_days",
                    exact.interrupted * alike * mean,
                    0.08,
                    {"evicted": 0.0},
                ),
                Check("MW lost", formula, ("lost_share", "asked_mw"), lost, 0.03),
            ),
        )
    ]
