"""The workload as a future of ours, on either clock."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from peers.workload import MEAN_TERM, START, Frames, Workload, name
from sim.model.calendar import Calendar
from sim.model.rules import MILLION, NEVER, ONE_SITE
from sim.model.run import ColumnTable, Engine, Run, play_inputs
from sim.model.sampled_inputs import (
    RequestGroup,
    SampledBuilding,
    SampledInputs,
    SampledProvider,
    SampledRequests,
    SampledSite,
)
from sim.results import tables

TABLES = ("requests", "commitments", "deliveries")
"""What is recorded of requests; the rest of a run does not grow with them."""


def future(work: Workload) -> SampledInputs:
    """The workload as a future: every pool a site, with a provider of its own."""
    n, last = len(work), len(work.pools) - 1
    every = tuple(range(len(work.pools)))
    whole = (MILLION,) * len(every)
    return SampledInputs(
        calendar=Calendar(START, work.end),
        streams=["all"],
        customers=["everybody"],
        groups=[RequestGroup(0, "everybody", None, None, ONE_SITE, 0, -1, (), (), whole, every)],
        requests=SampledRequests(
            group=np.zeros(n, dtype=np.int64),
            number=np.arange(n),
            deal=[None] * n,
            asked=work.asked,
            wanted=work.asked,
            gives_up=np.full(n, NEVER),
            size_kw=work.size,
            block_kw=np.ones(n, dtype=np.int64),
            term=work.term,
            appetite_draws={},
            windows=[],
        ),
        in_place=[],
        providers=[SampledProvider(name(k), (k,), 0, 0, None, None) for k in every],
        rights=[],
        overflow_policy="in order",
        bypass=False,
        moves=True,
        sites=[SampledSite(name(k), units, None, None) for k, units in enumerate(work.pools)],
        buildings=[
            SampledBuilding(
                site=last,
                name=f"building {k}",
                kw=work.building,
                planned=at,
                review=MEAN_TERM,
                comes_online=at,
                phases=(),
                median_work=0,
                begins=None,
                after=(),
                begin_delay=0,
                trigger=None,
                cancelled=None,
                retired=None,
                capex=0.0,
                hardware=None,
            )
            for k, at in enumerate(work.online)
        ],
        triggers=[],
        supplies=[],
        contracts=[],
        h100e_per_it_mw={},
    )


def run(work: Workload, engine: Engine) -> Run:
    """The market with all its rules, to its columns."""
    return play_inputs(future(work), engine=engine)


def recorded(run: Run) -> Frames:
    """The columns that a run records, as frames: whole numbers, where they stand."""
    return {table: pl.DataFrame(getattr(run, table).columns) for table in TABLES}


def on_simpy(work: Workload) -> Frames:
    """The market on SimPy's clock."""
    return recorded(run(work, "simpy"))


def compiled(work: Workload) -> Frames:
    """The market on the compiled clock."""
    return recorded(run(work, "compiled"))


def in_words(work: Workload, engine: Engine) -> Frames:
    """The same, to the tables that a run writes: names for numbers, timestamps for microseconds."""
    none = np.empty(0, dtype=np.int64)
    site = ("online_kw", "planned_kw", "committed_kw", "in_service_kw", "interrupted_kw")
    capacity = ColumnTable(dict.fromkeys(("site", "time", *site), none))
    backlog = ColumnTable(
        dict.fromkeys(("time", "stream", "wanted_kw", "in_service_kw", "unserved_kw"), none)
    )  # derived from the others when read
    return tables.event_tables(run(work, engine), capacity, backlog)


def has_compiled() -> bool:
    """Does the compiled clock play? It alone imports numba, and nothing else may stand in for it silently."""
    asks = (
        "import sys; from peers import ours; from peers.workload import Workload; "
        "ours.compiled(Workload(20)); print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", asks],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() == "True"
