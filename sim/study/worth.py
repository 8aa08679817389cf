"""Worth: what is a right worth to each party, in the same futures with it and without?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress, islice
from typing import Any

import polars as pl

from sim.model.time import DAY
from sim.scenario.faults import UserError, meant
from sim.scenario.laws import mean
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.clocks import Clock
from sim.study.lever import standing
from sim.study.outcome import whole
from sim.study.replications import Progress
from sim.study.said import listed
from sim.study.stakes import Stake, all_corrected, bound, of_interest, parties, stakes
from sim.study.variants import players

USUAL_DAYS = (1, 2, 3, 5, 7, 10, 14, 20, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
"""Windows as contracts have them."""


class NoRight(UserError, KeyError):
    """A scenario has no right of this name; the message says which it has."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoWindow(UserError, ValueError):
    """A right that has no window cannot be varied by it."""


@dataclass(frozen=True)
class Variant:
    """The clause with some window, and what it is worth so, against the same market without it."""

    window: str
    days: float
    """How long the window is in the mean; NaN where that is not known."""
    stakes: tuple[Stake, ...]


@dataclass(frozen=True)
class Worth:
    """What a right is worth to each party: as it is written, and with other windows."""

    scenario: str
    right: str
    kind: str
    holder: str
    days: float
    """The span over which the metrics are taken."""
    replications: int
    seed: int
    clock: Clock
    written: Variant | None
    """The clause as it is written; None for an exclusive right, which has no window."""
    stakes: tuple[Stake, ...]
    """What the clause is worth as it is written."""
    windows: tuple[Variant, ...]
    """The same with other windows."""
    caution: str
    """What is to be known before any of it is believed; empty where there is nothing."""
    notes: tuple[str, ...]
    """What cannot be said, and why."""

    def by_window(self) -> list[Variant]:
        """The clause with each window, its own among them, from short to long."""
        own = [] if self.written is None else [self.written]
        return sorted([*own, *self.windows], key=lambda each: (math.isnan(each.days), each.days))

    def frame(self) -> pl.DataFrame:
        """A row for each stake, with the clause as it is written (`window` is null) and with each other window."""
        tables = [(None, self.stakes), *((each.window, each.stakes) for each in self.windows)]
        rows = [{"window": name, **stake.row()} for name, stakes in tables for stake in stakes]
        interval = pl.col("ci95").list
        frame = pl.DataFrame(rows, schema_overrides={"window": pl.String}, infer_schema_length=None)
        return frame.with_columns(low=interval.get(0), high=interval.get(1)).drop("ci95")

    def told(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "right": self.right,
            "kind": self.kind,
            "holder": self.holder,
            "window": None if self.written is None else self.written.window,
            "days": self.days,
            "replications": self.replications,
            "seed": self.seed,
            "engine": self.clock.engine,
            "worth": [stake.row() for stake in self.stakes],
            "windows": {each.window: [stake.row() for stake in each.stakes] for each in self.windows},
            "caution": self.caution,
            "notes": list(self.notes),
        }


def value(
    scenario: ScenarioFile,
    right: str,
    *,
    windows: Sequence[str] | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "auto",
    progress: Progress | None = None,
) -> Worth:
    """What is a right worth to each party? The same futures are played with and without it.

    A first refusal is also played with other windows: those named, or some around its own. Each of the two tables
    is corrected for how many differences it has (Holm). Raises NoRight, NoWindow, ScenarioError for a window that
    is none, and KeyboardInterrupt where the user stops it.
    """
    whole(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    clause = _clause(scenario, right)
    varied = _windows(scenario, right, clause, windows)
    variants = {
        "with": scenario,
        "without": scenario.replace({f"rights.{right}": None}),
        **{window: scenario.replace({f"rights.{right}.window": window}) for window in varied},
    }
    n = scenario.replications if replications is None else replications
    runs = n * len(variants)
    with players(scenario, runs, seed=seed, workers=workers, engine=engine) as crew:
        found = crew.play(variants, range(n), progress)
    days = (scenario.end - scenario.measure_from) / timedelta(days=1)
    whose = list(parties(scenario, clause, found["with"][0]))

    every = {
        name: list(stakes(whose, found["without"], found[name], days))
        for name in variants
        if name != "without"
    }
    kept = of_interest(every.values())
    own, *others = [list(compress(each, kept)) for each in every.values()]
    rest = iter(all_corrected(stake for each in others for stake in each))
    corrected = tuple(all_corrected(own))
    windows_ = tuple(
        Variant(name, _mean_days(variants[name], right), tuple(islice(rest, len(own)))) for name in varied
    )
    first_refusal = clause.kind == "first refusal"
    window = standing(scenario, f"rights.{right}.window") if first_refusal else ""
    return Worth(
        scenario=scenario.title or scenario.name,
        right=right,
        kind=clause.kind,
        holder=clause.holder,
        days=days,
        replications=n,
        seed=crew.seed,
        clock=crew.clock,
        written=Variant(window, _mean_days(scenario, right), corrected) if first_refusal else None,
        stakes=corrected,
        windows=windows_,
        caution=_caution(clause),
        notes=tuple(_notes(scenario)),
    )


def _clause(scenario: ScenarioFile, right: str) -> Right:
    """The right of a name. Raises NoRight where there is none."""
    if right not in scenario.rights:
        remedy = meant(right, scenario.rights) if scenario.rights else "it has none at all"
        raise NoRight(f'right "{right}": {scenario.name} has none of this name; {remedy}')
    return scenario.rights[right]


def _windows(
    scenario: ScenarioFile, right: str, clause: Right, windows: Sequence[str] | None
) -> tuple[str, ...]:
    """With which windows is it varied? Else 0, and half, twice and four times its own, as contracts have them."""
    if clause.kind == "exclusive":
        if windows:
            raise NoWindow(f'right "{right}": is exclusive, and has no window to vary; leave --windows out')
        return ()
    if isinstance(windows, str):
        windows = windows.split(",")
    if windows is not None:
        return tuple(dict.fromkeys(each for window in windows if (each := window.strip())))
    own = _mean_days(scenario, right)
    if not own > 0:  # it answers at once, or is not a number that is known
        return ("30 d", "90 d")
    near = [min(USUAL_DAYS, key=lambda days: abs(math.log(days / (own * times)))) for times in (0.5, 2, 4)]
    return ("0 d", *(f"{days} d" for days in dict.fromkeys(near)))


def _mean_days(scenario: ScenarioFile, right: str) -> float:
    """How long is the window of a right in the mean?"""
    return mean(scenario.rights[right].window, scenario.uncertain) / DAY


def _caution(clause: Right) -> str:
    """Against what is a first refusal valued, so that it may seem to harm its own holder?"""
    if clause.kind != "first refusal":
        return ""
    return (
        f"Without the clause {clause.holder} is a provider like any other, which turns nothing down that it has room"
        " for: where its appetite is assumed low, it may look worse off for its own right. What it gains by saying no"
        " counts as far as the scenario holds it: in its own demand, and in what stays free."
    )


def _notes(scenario: ScenarioFile) -> Iterator[str]:
    """What cannot be said of whom, and how the numbers are to be read."""
    yield "Wait is over what was delivered before the end; what still waits then is in what is waited for."
    for provider, customers in bound(scenario).items():
        if len(customers) > 1:
            yield (
                f"{listed(customers)} have take-or-pay contracts with {provider}: what each of them owes beyond what"
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
