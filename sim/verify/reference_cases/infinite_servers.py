"""Markets with room for all: MW in service in the long run, and on dates as demand grows."""

from sim.verify import formulas
from sim.verify.estimators import mean_square_about
from sim.verify.reference_cases.scenario_keys import AMPLE_MW, MEAN_TERM_DAYS, market_keys, stream_keys
from sim.verify.verification import ExactCheck, ReferenceCase


def infinite_server_cases() -> list[ReferenceCase]:
    """Build the cases of infinite capacity: a stationary market with several sizes, and one whose demand grows."""
    load, chances = 30.0, {1: 0.5, 2: 0.3, 5: 0.2}
    size = sum(mw * chance for mw, chance in chances.items())
    squares = sum(mw**2 * chance for mw, chance in chances.items())
    sizes = {"discrete": {"values": [f"{mw} MW" for mw in chances], "weights": list(chances.values())}}
    terms = {"gamma": {"mean": f"{MEAN_TERM_DAYS} d", "cv": 0.7}}
    rate, mean, growth = 6.0, 10.0, 40.0
    daily_growth = growth ** (1 / 365.25)
    days = {"2025-02-01": 31, "2025-05-01": 120, "2025-07-01": 181}
    growing = stream_keys(0, term={"exponential": {"mean": f"{mean} d"}}) | {
        "arrivals": {"poisson": {"rate": f"{rate} /d", "growth": growth}}
    }
    return [
        ReferenceCase(
            "room for all",
            market_keys(
                {"calls": stream_keys(load, size=sizes, term=terms)}, {"One": AMPLE_MW}, 80, end="2026-01-01"
            ),
            (
                ExactCheck(
                    "MW in service", "rate x size x mean term", "in_service_mw.mean", load * size, 0.02
                ),
                ExactCheck(
                    "variance", "A E[size2]", mean_square_about(load * size, "One site"), load * squares, 0.06
                ),
            ),
        ),
        ReferenceCase(
            "room for all, growing",
            market_keys(
                {"calls": growing},
                {"One": AMPLE_MW},
                210,
                end="2025-07-02",
                measure_from="2025-01-01",
                report_at=list(days),
            ),
            tuple(
                ExactCheck(
                    f"MW on {date}",
                    "Eick, Massey and Whitt",
                    f"in_service_mw.at.{date}",
                    formulas.growing_mean_in_service(rate, daily_growth, mean, day),
                    0.05,
                    {"as if steady": rate * daily_growth**day * mean},
                )
                for date, day in days.items()
            ),
        ),
    ]
