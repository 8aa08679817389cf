"""Numbers, shares, dates and durations as text: each function on the values where its text changes form."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from sim.results import formatting as f
from sim.scenario.units import CANONICAL_UNITS

CASES: list[tuple[Callable[..., str], tuple[Any, ...], str]] = [
    (f.format_figures, (0.0,), "0"),
    (f.format_figures, (1066.4,), "1,066"),
    (f.format_figures, (0.021344,), "0.0213"),
    (f.format_figures, (float("nan"),), "nan"),
    (f.format_figures, (1.5e-12,), "1.5e-12"),
    (f.format_figures, (12.345, 2), "12"),
    (f.format_significant, (0.348214, 5), "0.34821"),
    (f.format_compact, (None,), "-"),
    (f.format_compact, (1.234e9,), "1.23 B"),
    (f.format_compact, (4.5e7,), "45 M"),
    (f.format_compact, (1066.0,), "1,066"),
    (f.format_statistic, (None,), "-"),
    (f.format_statistic, (1066.4,), "1,066"),
    (f.format_statistic, (2.14,), "2.1"),
    (f.format_exact, (1066.25,), "1,066.25"),
    (f.format_exact, (None,), "no value"),
    (f.format_found, (None,), "no value"),
    (f.format_found, (1066.25,), "found 1,066.25"),
    (f.format_count, (1, "replication"), "1 replication"),
    (f.format_count, (1234, "replication"), "1,234 replications"),
    (f.format_count, (1234, "replication", False), "1234 replications"),
    (f.with_sign, ("3", 3.0), "+3"),
    (f.with_sign, ("0", 0.0), "0"),
    (f.typographic_minus, ("-3",), "−3"),
    (f.with_half_width, ("3", "1"), "3 ± 1"),
    (f.format_mean_interval, (3.0, None), "3"),
    (f.format_mean_interval, (3.0, 3.5), "3 ± 0.5"),
    (f.format_mean_interval, (3.0, 3.0), "3 always"),
    (f.format_amount, (0.021, "share"), "2.10 %"),
    (f.format_amount, (1.93e11, "$"), "193 B$"),
    (f.format_amount, (3.0, "count"), "3.00"),
    (f.format_difference, (0.021, "share"), "2.10 points"),
    (f.format_factor_value, (None, "d"), "as it is"),
    (f.format_factor_value, (25_000.0, "kW"), "25,000 kW"),
    (f.format_factor_value, (0.35, ""), "0.35"),
    (f.format_factor_value, ("match", ""), "match"),
    (f.format_power, (250,), "250 kW"),
    (f.format_power, (1_066_500,), "1,066.5 MW"),
    (f.format_power, (0,), "0 MW"),
    (f.format_share, (0.12345,), "12.345 %"),
    (f.format_percent, (0.123,), "12 %"),
    (f.format_percent_2, (0.0123,), "1.2 %"),
    (f.format_percent_2, (None,), "-"),
    (f.format_percent_3, (0.05,), "5 %"),
    (f.format_percent_coarse, (0.123,), "12%"),
    (f.format_percent_coarse, (0.0123,), "1.2%"),
    (f.format_percent_coarse, (None,), "-"),
    (f.format_date, (datetime(2025, 7, 1),), "2025-07-01"),
    (f.format_date, (datetime(2025, 7, 1, 14, 30),), "2025-07-01 14:30"),
    (f.format_day, (datetime(2025, 7, 1, 14, 30),), "2025-07-01"),
    (f.format_long_date, (datetime(2025, 7, 1),), "01 Jul 2025"),
    (f.format_days, (1.0,), "1 day"),
    (f.format_days, (30.25,), "30.2 days"),
    (f.format_days, (1.5 / 24,), "1.5 hours"),
    (f.format_days, (0.0,), "0 seconds"),
    (f.format_duration, (2.5 * 365.25 * 86_400e6,), "2.5 y"),
    (f.format_duration, (90 * 86_400e6,), "90 d"),
    (f.format_term, (365.25 / 2,), "6 mo"),
    (f.format_term, (0.5,), "12 hours"),
    (f.join_words, ([],), "nobody"),
    (f.join_words, (["a"],), "a"),
    (f.join_words, (["a", "b", "c"], "or"), "a, b or c"),
]


@pytest.mark.parametrize(("function", "arguments", "text"), CASES, ids=lambda x: getattr(x, "__name__", None))
def test_the_text_of_a_value(function: Callable[..., str], arguments: tuple[Any, ...], text: str) -> None:
    assert function(*arguments) == text


def test_all_numbers_of_a_row_share_the_unit_that_suits_the_largest() -> None:
    assert f.scale_to_unit(5e5, "$", largest=3e9) == (5e-4, "B$")
    assert f.scale_to_unit(5e5, "$") == (500.0, "k$")
    assert f.scale_to_unit(3e6, "H100e") == (3.0, "M H100e")


def test_display_units_are_of_dimensions_of_the_format() -> None:
    assert set(f.DISPLAY_UNITS) <= set(CANONICAL_UNITS) | {"share"}
