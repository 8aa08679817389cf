"""The prior of `sim fit`, made from power plants.

Run it as python -m sim.study.power_plants TABLE > sim/study/power_plants.yaml.

The table has a row for each plant: `told`, `planned`, `came` (empty where it had not by `last_seen`), `last_seen`,
`fuel`.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from sim.scenario.yaml_writer import dump_yaml
from sim.study.delay_dependence import estimate_common_share
from sim.study.delay_estimation import FitProblem, ParameterPrior
from sim.study.delay_likelihood import DELAY_MODELS
from sim.study.tellings import DelayObservations

LEAST_PLANTS = 20
"""Of a fuel, for a fit of its own."""
LEAST_LOG_SD = {"grace": 0.7, "never": 1.0, "chance": 0.7}
"""How far data centres may be from power plants at the least; 0.3, a factor of 1.35, for all else."""
SITE_SHARE = 0.4
"""Assumed: power plants have no halls."""


def observe_plants(rows: Sequence[Mapping[str, str]]) -> tuple[DelayObservations, np.ndarray, int]:
    """What became of each plant that says something, `site` being the quarter in which it was told.

    With it their fuels, `(n,)`, and how many plants left the table before its end without having come.
    """
    end = max(row["last_seen"] for row in rows)
    columns: list[tuple[float, ...]] = []
    fuels, gone = [], 0
    for row in rows:
        told, planned, seen = (
            date.fromisoformat(row[key]).toordinal() for key in ("told", "planned", "last_seen")
        )
        came = date.fromisoformat(row["came"]).toordinal() if row["came"] else None
        gone += came is None and row["last_seen"] < end
        low = (seen if came is None else came) - told
        if planned <= told or low <= 0:
            continue
        month = date.fromordinal(told)
        quarter = month.year * 4 + (month.month - 1) // 3
        columns.append((planned - told, low, np.inf if came is None else low, 1.0, quarter, len(columns)))
        fuels.append(row["fuel"])
    return DelayObservations.from_rows(columns), np.array(fuels), gone


def make_prior(rows: Sequence[Mapping[str, str]], source: str) -> dict[str, Any]:
    """The prior as it is written: for each law its parameters, each with a median and how far it may be from it."""
    seen, fuels, gone = observe_plants(rows)
    words, counts = np.unique(fuels, return_counts=True)
    laws: dict[str, Any] = {}
    for law in ("stretch", "ratio", "slip"):
        model = DELAY_MODELS[law]
        fit = FitProblem(model, seen, None).maximise()
        centre = {
            p.name: ParameterPrior(p.to_value(each), 1.0)
            for p, each in zip(model.parameters, fit, strict=True)
        }
        fits = [
            FitProblem(model, seen.subset(fuels == word), centre).maximise(fit)
            for word in words[counts >= LEAST_PLANTS]
        ]
        between = np.std(fits, axis=0, ddof=1)
        laws[law] = {
            parameter.name: _prior_entry(
                parameter.to_value(fit[j]), max(between[j], LEAST_LOG_SD.get(parameter.name, 0.3))
            )
            for j, parameter in enumerate(model.parameters)
        }
    laws["late or never"] = {
        **laws["stretch"],
        "never": _prior_entry(gone / len(rows), LEAST_LOG_SD["never"]),
    }
    stretch = DELAY_MODELS["stretch"].values(FitProblem(DELAY_MODELS["stretch"], seen, None).maximise())
    every, every_se, quarters = estimate_common_share("stretch", stretch, seen)
    n = int((seen.low == seen.high).sum())
    return {
        "source": source,
        "made by": "python -m sim.study.power_plants",
        "note": (
            f"{len(rows)} power plants, of which {len(seen.lead)} say something of a delay and {n} had come."
            f" log_sd: the standard deviation between {(counts >= LEAST_PLANTS).sum()} fuels, at the least 0.3"
            f" ({', '.join(f'{key} {value}' for key, value in LEAST_LOG_SD.items())}), since data centres are"
            f" no power plants. never: {gone} left the queue. all: of {quarters} quarters in which they were told,"
            f" by maximum likelihood (± {every_se:.2f}). site: assumed, as power plants have no halls."
        ),
        "together": {"site": f"{SITE_SHARE:.2f}", "all": f"{every:.2f}"},
        "laws": laws,
    }


def _prior_entry(value: float, log_sd: float) -> dict[str, str]:
    return {"value": f"{value:.4g}", "log_sd": f"{log_sd:.2f}"}


def main() -> None:
    """Write the prior that a table of power plants gives to standard output."""
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    source = (
        "ERCOT, monthly reports on generator interconnection, plants with an agreement, 2018-12 to 2022-12"
    )
    sys.stdout.write(dump_yaml(make_prior(rows, source)))


if __name__ == "__main__":
    main()
