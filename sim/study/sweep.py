"""A sweep: what comes of a scenario at every point of a design, under the same futures at each?

It can be killed at any time: what is finished is on disk, and the same command does only what is missing.
"""

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.model.arrays import Floats
from sim.model.metrics import unit_of
from sim.model.run import Engine
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor
from sim.scenario.faults import ScenarioError, meant
from sim.scenario.statements import DESCRIPTION
from sim.scenario.sweep import MOST_RUNS, Sweep
from sim.study import store
from sim.study.clocks import clock
from sim.study.dataset import ESTIMATES, POINTS, Dataset, of_runs, told_of
from sim.study.design import points_of, sampled
from sim.study.estimates import estimates
from sim.study.executors import NoCluster, Stop, cores, crew, finished, stoppable
from sim.study.outcome import whole
from sim.study.pieces import Piece, Played, Study, count, held, pieces, play_packed, play_piece
from sim.study.points import Points, prepared
from sim.study.replications import Progress, outcomes
from sim.study.store import OutError
from sim.study.swept import Swept

MOST_BREAKS = 3
"""So often all workers may die before one more piece is finished."""


class Aside:
    """A folder that is there for as long as this object."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sweep-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def run(
    sweep: Sweep,
    *,
    out: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    engine: str = "auto",
    fresh: bool = False,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> Swept:
    """Play what is missing of a sweep, into a folder (one that goes with the result, where none is named).

    A Ctrl-C ends it after what has begun (see `Swept.interrupted`). `shard` (2, 8) plays the second of eight parts.
    Raises ScenarioError for values that cannot stand in the scenario, OutError for a folder that cannot be used,
    ValueError for numbers that cannot be.
    """
    whole(replications=(sweep.replications, 1), workers=(workers, 1), seed=(sweep.seed, 0))
    on = clock(engine, [sweep.scenario], points_of(sweep.design, sweep.factors) * sweep.replications)
    study, u = planned(sweep, on.engine)
    aside = Aside() if out is None else None
    folder = aside.folder if aside is not None else out
    assert folder is not None, "one of the two"
    dataset = begun(sweep, study, u, folder, fresh)
    with dataset.alone(), stoppable() as stop:
        mine = range(shard[0] - 1, count(len(u) * study.replications), shard[1])
        play_missing(dataset, study, u, mine, stop, workers, cluster, progress)
        if not stop.asked and shard == (1, 1):
            ended(dataset, study, len(u))
    return Swept(folder, told_of(folder) or {}, interrupted=stop.asked, clock=on, kept=aside)


def joined(sweep: Sweep, folders: Sequence[Path], out: Path, fresh: bool = False) -> Swept:
    """Join the shards of a sweep. Raises OutError where one is of another sweep, or runs are missing."""
    study, u = planned(sweep)
    dataset = begun(sweep, study, u, out, fresh)
    with dataset.alone():
        for each in folders:
            dataset.take(each)
        runs = len(u) * study.replications
        missing = set() if dataset.whole else set(range(count(runs))) - dataset.done()
        if missing:
            raise OutError(
                f"{out}: {len(missing)} of {count(runs)} pieces are in none of these folders; name the folders of all"
                f" shards, or play what is missing with: sim sweep {sweep.path} --out {out}"
            )
        ended(dataset, study, len(u))
    return Swept(out, told_of(out) or {})


def planned(sweep: Sweep, engine: Engine = "simpy") -> tuple[Study, Floats]:
    """What is to be played. Raises ScenarioError with what cannot: values, metrics that there are not, too much."""
    n = points_of(sweep.design, sweep.factors)
    if n * sweep.replications > MOST_RUNS:
        message = f"makes for {n:,} points and {n * sweep.replications:,} runs, more than {MOST_RUNS:,}"
        raise ScenarioError([sweep.fault(("design",), message, "ask for fewer points or replications")])
    points = prepared(sweep)
    known = list(outcomes(sweep.scenario, sweep.seed, 0, engine))
    chosen = sweep.outcomes or tuple(known)
    faults = []
    for key, named in (
        ("outcomes", list(sweep.written.outcomes or ())),
        ("expect", [parse_expectation(each).metric for each in sweep.written.expect]),
    ):
        for k, metric in enumerate(named):
            if metric not in known:
                faults.append(sweep.fault((key, k), f"there is no metric {metric}", meant(metric, known)))
    taken = {factor.name for factor in sweep.factors} & set(chosen)
    faults += [
        sweep.fault(("outcomes",), "is the name of a factor too", "name it otherwise", x) for x in taken
    ]
    if faults:
        raise ScenarioError(faults)
    u = sampled(sweep.design, sweep.factors, sweep.seed)
    return Study(points, sweep.replications, sweep.seed, chosen, engine), u


def begun(sweep: Sweep, study: Study, u: Floats, folder: Path, fresh: bool) -> Dataset:
    """The folder of a sweep, with what it is written in it."""
    dataset = Dataset(folder, told(sweep, study, len(u)), fresh)
    if not (folder / POINTS).is_file():
        table = {"point": range(len(u)), **columns(study.points, u)}
        dataset.write(pl.DataFrame(table), folder / POINTS)
        store.written(folder / "scenario.yaml", sweep.scenario.resolved_yaml())
    return dataset


def told(sweep: Sweep, study: Study, points: int) -> dict[str, Any]:
    """What a sweep is; its `identity` is all that its numbers depend on."""
    tree = sweep.root.plain()
    return {
        "name": sweep.name,
        "title": sweep.written.title,
        "scenario": sweep.scenario.name,
        "points": points,
        "pieces": count(points * study.replications),
        "factors": [
            {
                "name": factor.name,
                "kind": "uncertainty" if factor.uncertain else "lever",
                "unit": factor.unit,
                "paths": list(factor.paths),
            }
            for factor in sweep.factors
        ],
        "outcomes": [{"name": name, "unit": unit_of(name)} for name in study.outcomes],
        "expect": list(sweep.written.expect),
        "identity": {
            "scenario": sweep.scenario.fingerprint(),
            "levers": bare(tree.get("levers", {})),
            "uncertainties": bare(tree.get("uncertainties", {})),
            "design": {"kind": sweep.design.kind, **sweep.design.settings},
            "replications": study.replications,
            "seed": study.seed,
            "outcomes": list(study.outcomes),
            "version": version("rofr"),
        },
    }


def bare(factors: Any) -> dict[str, Any]:
    """What is varied as it is written, without sources and notes."""
    return {
        name: {key: part for key, part in each.items() if key not in DESCRIPTION}
        if isinstance(each, dict)
        else each
        for name, each in factors.items()
    }


def columns(points: Points, u: Floats) -> dict[str, pl.Series]:
    """The values of the factors at some points of the unit cube."""
    return {
        each.factor.name: pl.Series([each.shown(float(x)) for x in u[:, k]], dtype=kind_of(each.factor))
        for k, each in enumerate(points.variations)
    }


def kind_of(factor: Factor) -> pl.DataType:
    """What stands in the column of a factor?"""
    shown = [level.shown for level in factor.levels]
    if all(isinstance(each, float) for each in shown):
        return pl.Float64()
    if any(isinstance(each, str) for each in shown):
        return pl.String()
    return pl.Datetime("us") if any(isinstance(each, datetime) for each in shown) else pl.Date()


def play_missing(
    dataset: Dataset,
    study: Study,
    u: Floats,
    mine: range,
    stop: Stop,
    workers: int | None,
    cluster: str | None,
    progress: Progress | None,
) -> None:
    """Play the pieces that are not there. Workers that die cost only what they were playing."""
    runs = len(u) * study.replications
    todo = [] if dataset.whole else sorted(set(mine) - dataset.done())
    total = sum(len(held(number, runs)) for number in mine)
    done = total - sum(len(held(number, runs)) for number in todo)
    if progress is not None:
        progress(done, total)
    hands = min(workers or cores(), max(1, len(todo)))
    alone = hands == 1 and cluster is None
    play = partial(play_piece, study) if alone else partial(play_packed, pickle.dumps(study))
    breaks, kept = 0, set[int]()
    while not stop.asked and (todo := [number for number in todo if number not in kept]):
        try:
            with (
                crew(hands, cluster=cluster) as found,
                closing(finished(found, play, pieces(u, study.replications, todo), stop)) as coming,
            ):
                for piece, played in coming:
                    dataset.keep(piece.number, frame_of(study, piece, played))
                    kept.add(piece.number)
                    breaks = 0
                    done += len(piece.runs)
                    if progress is not None:
                        progress(done, total)
            return
        except NoCluster as error:
            if not breaks:
                raise
            raise OutError(f"the cluster was lost ({error}); {kept_in(dataset)}") from None
        except BrokenExecutor as error:
            breaks += 1
            if breaks >= MOST_BREAKS:
                raise OutError(
                    f"the workers die again and again, perhaps for want of memory ({error}); try fewer workers;"
                    f" {kept_in(dataset)}"
                ) from None


def kept_in(dataset: Dataset) -> str:
    """What to do after a break, in words."""
    return f"what was finished is kept in {dataset.folder}, and the same command goes on from there"


def frame_of(study: Study, piece: Piece, played: Played) -> pl.DataFrame:
    """The rows of a piece."""
    point, replication = np.divmod(np.array(piece.runs), study.replications)
    factors = pl.DataFrame({"point": np.arange(len(piece.u)), **columns(study.points, piece.u)})
    return pl.DataFrame(
        {
            "point": point,
            "replication": replication,
            **factors[point - point[0]].drop("point").to_dict(),
            "error": pl.Series(played.errors, dtype=pl.String),
            **{name: pl.Series(played.values[:, k]).fill_nan(None) for k, name in enumerate(study.outcomes)},
        }
    )


def ended(dataset: Dataset, study: Study, points: int) -> None:
    """Join what is whole, and write what its runs say together."""
    dataset.join()
    if not (dataset.folder / ESTIMATES).is_file():
        found = estimates(partial(of_runs, dataset.folder), points, study.replications, study.outcomes)
        dataset.write(found, dataset.folder / ESTIMATES)
