"""Worth: what is a right worth to each party, in the same futures with it and without?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress, islice
from typing import Any

import polars as pl

from sim.model.calendar import DAY_US
from sim.results.formatting import join_words
from sim.scenario.distribution_properties import mean
from sim.scenario.faults import UserError, suggestion
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.engines import EngineSelection
from sim.study.lever_range import value_at_path
from sim.study.options import check_whole_numbers
from sim.study.payoffs import (
    Payoff,
    adjust_payoffs,
    contract_customers,
    is_ever_nonzero,
    measures_by_party,
    payoffs,
)
from sim.study.replications import ProgressCallback
from sim.study.variants import variant_player

USUAL_WINDOW_DAYS = (1, 2, 3, 5, 7, 10, 14, 20, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
"""Windows as contracts have them."""


class UnknownRightError(UserError, KeyError):
    """A scenario has no right of this name; the message says which it has."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoWindowError(UserError, ValueError):
    """A right that has no window cannot be varied by it."""


@dataclass(frozen=True)
class ValueAtWindow:
    """The clause with some window, and what it is worth so, against the same market without it."""

    window: str
    mean_days: float
    """How long the window is in the mean; NaN where that is not known."""
    payoffs: tuple[Payoff, ...]


@dataclass(frozen=True)
class ContractValue:
    """What a right is worth to each party: as it is written, and with other windows."""

    scenario: str
    right: str
    kind: str
    holder: str
    span_days: float
    """The span over which the metrics are taken."""
    replications: int
    seed: int
    engine_choice: EngineSelection
    as_written: ValueAtWindow | None
    """The clause as it is written; None for an exclusive right, which has no window."""
    payoffs: tuple[Payoff, ...]
    """What the clause is worth as it is written."""
    other_windows: tuple[ValueAtWindow, ...]
    """The same with other windows."""
    caution: str
    """What is to be known before any of it is believed; empty where there is nothing."""
    notes: tuple[str, ...]
    """What cannot be said, and why."""

    def by_window(self) -> list[ValueAtWindow]:
        """The clause with each window, its own among them, from short to long."""
        own = [] if self.as_written is None else [self.as_written]
        return sorted(
            [*own, *self.other_windows], key=lambda each: (math.isnan(each.mean_days), each.mean_days)
        )

    def frame(self) -> pl.DataFrame:
        """A row for each stake, with the clause as it is written (`window` is null) and with each other window."""
        tables = [(None, self.payoffs), *((each.window, each.payoffs) for each in self.other_windows)]
        rows = [{"window": name, **stake.to_dict()} for name, stakes in tables for stake in stakes]
        interval = pl.col("ci95").list
        frame = pl.DataFrame(rows, schema_overrides={"window": pl.String}, infer_schema_length=None)
        return frame.with_columns(low=interval.get(0), high=interval.get(1)).drop("ci95")

    def to_dict(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "right": self.right,
            "kind": self.kind,
            "holder": self.holder,
            "window": None if self.as_written is None else self.as_written.window,
            "days": self.span_days,
            "replications": self.replications,
            "seed": self.seed,
            "engine": self.engine_choice.engine,
            "worth": [stake.to_dict() for stake in self.payoffs],
            "windows": {
                each.window: [stake.to_dict() for stake in each.payoffs] for each in self.other_windows
            },
            "caution": self.caution,
            "notes": list(self.notes),
        }


def value_right(
    scenario: ScenarioFile,
    right: str,
    *,
    windows: Sequence[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    progress: ProgressCallback | None = None,
) -> ContractValue:
    """What is a right worth to each party? The same futures are played with and without it.

    A first refusal is also played with other windows: those named, or some around its own. Each of the two tables
    is corrected for how many differences it has (Holm). Raises NoRight, NoWindow, ScenarioError for a window that
    is none, and KeyboardInterrupt where the user stops it.
    """
    check_whole_numbers(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    clause = _find_right(scenario, right)
    varied = _windows_to_compare(scenario, right, clause, windows)
    variants = {
        "with": scenario,
        "without": scenario.replace({f"rights.{right}": None}),
        **{window: scenario.replace({f"rights.{right}.window": window}) for window in varied},
    }
    n = scenario.replications if replications is None else replications
    runs = n * len(variants)
    with variant_player(scenario, runs, seed=seed, workers=workers, engine=engine) as crew:
        found = crew.play(variants, range(n), progress)
    days = (scenario.end - scenario.measure_from) / timedelta(days=1)
    whose = list(measures_by_party(scenario, clause, found["with"][0]))

    every = {
        name: list(payoffs(whose, found["without"], found[name], days))
        for name in variants
        if name != "without"
    }
    kept = is_ever_nonzero(every.values())
    own, *others = [list(compress(each, kept)) for each in every.values()]
    rest = iter(adjust_payoffs(stake for each in others for stake in each))
    corrected = tuple(adjust_payoffs(own))
    windows_ = tuple(
        ValueAtWindow(name, _mean_days(variants[name], right), tuple(islice(rest, len(own))))
        for name in varied
    )
    first_refusal = clause.answers_first
    window = value_at_path(scenario, f"rights.{right}.window") if first_refusal else ""
    return ContractValue(
        scenario=scenario.title or scenario.name,
        right=right,
        kind=clause.kind,
        holder=clause.holder,
        span_days=days,
        replications=n,
        seed=crew.seed,
        engine_choice=crew.engine_choice,
        as_written=ValueAtWindow(window, _mean_days(scenario, right), corrected) if first_refusal else None,
        payoffs=corrected,
        other_windows=windows_,
        caution=_holder_caution(clause),
        notes=tuple(_reading_notes(scenario)),
    )


def _find_right(scenario: ScenarioFile, right: str) -> Right:
    """The right of a name. Raises NoRight where there is none."""
    if right not in scenario.rights:
        remedy = suggestion(right, scenario.rights) if scenario.rights else "it has none at all"
        raise UnknownRightError(f'right "{right}": {scenario.name} has none of this name; {remedy}')
    return scenario.rights[right]


def _windows_to_compare(
    scenario: ScenarioFile, right: str, terms: Right, windows: Sequence[str] | None
) -> tuple[str, ...]:
    """With which windows is it varied? Else 0, and half, twice and four times its own, as contracts have them."""
    if terms.is_exclusive:
        if windows:
            raise NoWindowError(
                f'right "{right}": is exclusive, and has no window to vary; leave --windows out'
            )
        return ()
    if isinstance(windows, str):
        windows = windows.split(",")
    if windows is not None:
        return tuple(dict.fromkeys(each for window in windows if (each := window.strip())))
    own = _mean_days(scenario, right)
    if not own > 0:  # it answers at once, or is not a number that is known
        return ("30 d", "90 d")
    near = [
        min(USUAL_WINDOW_DAYS, key=lambda days: abs(math.log(days / (own * times)))) for times in (0.5, 2, 4)
    ]
    return ("0 d", *(f"{days} d" for days in dict.fromkeys(near)))


def _mean_days(scenario: ScenarioFile, right: str) -> float:
    """How long is the window of a right in the mean?"""
    return mean(scenario.rights[right].window, scenario.uncertain) / DAY_US


def _holder_caution(right: Right) -> str:
    """Against what is a first refusal valued, so that it may seem to harm its own holder?"""
    if not right.answers_first:
        return ""
    return (
        f"Without the clause {right.holder} is a provider like any other, which turns nothing down that it has room"
        " for: where its appetite is assumed low, it may look worse off for its own right. What it gains by saying no"
        " counts as far as the scenario holds it: in its own demand, and in what stays free."
    )


def _reading_notes(scenario: ScenarioFile) -> Iterator[str]:
    """What cannot be said of whom, and how the numbers are to be read."""
    yield "Wait is over what was delivered before the end; what still waits then is in what is waited for."
    for provider, customers in contract_customers(scenario).items():
        if len(customers) > 1:
            yield (
                f"{join_words(customers)} have take-or-pay contracts with {provider}: what each of them owes beyond what"
                " it pays is not told apart, and is left out."
            )
    unpriced = [name for name, each in scenario.providers.items() if each.price is None]
    uncosted = [
        name for name, each in scenario.providers.items() if each.price is not None and each.cost is None
    ]
    if unpriced:
        yield (
            f"No price is stated of {', '.join(unpriced)}: nothing is known of what is earned there, nor of a margin,"
            " and what customers pay leaves it out."
        )
    if uncosted:
        yield f"No cost is stated of {', '.join(uncosted)}, so that no margin is known."
