"""The workload as a future of ours, on either clock."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from peers.workload import MEAN_TERM, START, Frames, Workload, name
from sim.model.future import Campus, Future, Group, Project, Requests, Seller
from sim.model.rules import NEVER, ONE_SITE
from sim.model.run import Columns, Engine, Run, played
from sim.model.time import Calendar
from sim.study import frames

TABLES = ("requests", "commitments", "deliveries")
"""What is recorded of requests; the rest of a run does not grow with them."""


def future(work: Workload) -> Future:
    """The workload as a future: every pool a site, with a provider of its own."""
    n, last = len(work), len(work.pools) - 1
    every = tuple(range(len(work.pools)))
    return Future(
        calendar=Calendar(START, work.end),
        streams=["all"],
        customers=["everybody"],
        groups=[Group(0, "everybody", None, None, ONE_SITE, 0, -1, (), (), every)],
        requests=Requests(
            group=np.zeros(n, dtype=np.int64),
            number=np.arange(n),
            deal=[None] * n,
            asked=work.asked,
            wanted=work.asked,
            gives_up=np.full(n, NEVER),
            size_kw=work.size,
            block_kw=np.ones(n, dtype=np.int64),
            term=work.term,
            draw=np.zeros(n),
            windows=[],
        ),
        in_place=[],
        providers=[Seller(name(k), (k,), 0, 0, None, None) for k in every],
        rights=[],
        policy="in order",
        bypass=False,
        sites=[Campus(name(k), units, None, None) for k, units in enumerate(work.pools)],
        projects=[
            Project(
                site=last,
                name=f"building {k}",
                kw=work.building,
                planned=at,
                review=MEAN_TERM,
                online=at,
                stages=(),
                medians=0,
                begins=None,
                after=(),
                later=0,
                trigger=None,
                cancelled=None,
                retired=None,
                capex=0.0,
                hardware=None,
            )
            for k, at in enumerate(work.online)
        ],
        watches=[],
        supplies=[],
        contracts=[],
        density={},
    )


def run(work: Workload, engine: Engine) -> Run:
    """The market with all its rules, to its columns."""
    return played(future(work), engine=engine)


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
    capacity = Columns(dict.fromkeys(("site", "time", *site), none))
    backlog = Columns(
        dict.fromkeys(("time", "stream", "wanted_kw", "in_service_kw", "unserved_kw"), none)
    )  # derived from the others when read
    return frames.events(run(work, engine), capacity, backlog)


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
