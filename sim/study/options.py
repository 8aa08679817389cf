"""Options that runs, comparisons, plans, values and sweeps share, checked once.

A study takes them as keywords (`replications=100, workers=2`), which a typed dictionary lists, and makes of them one
object.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from sim.scenario.schema import ScenarioFile
from sim.study.replications import ProgressCallback


def check_whole_numbers(**numbers: tuple[int | None, int]) -> None:
    """Check that each is None or a whole number not below its minimum. Raises ValueError for the first other."""
    for name, (value, minimum) in numbers.items():
        if value is not None and (type(value) is not int or value < minimum):
            raise ValueError(f"{name}={value!r}: write a whole number, {minimum} or more")


class RunKeywords(TypedDict, total=False):
    """The keywords of `RunOptions`."""

    replications: int | None
    seed: int | None
    workers: int | None
    engine: str
    progress: ProgressCallback | None


@dataclass(frozen=True)
class RunOptions:
    """The number of replications, the seed, the workers and the engine with which a scenario is played.

    None stands for the number that the scenario states; of workers, for one a core. Raises ValueError for numbers
    that cannot be; the engine is checked where it is chosen (`engines.choose_engine`).
    """

    replications: int | None = None
    seed: int | None = None
    workers: int | None = None
    engine: str = "auto"
    progress: ProgressCallback | None = None

    def __post_init__(self) -> None:
        check_whole_numbers(
            replications=(self.replications, 1), workers=(self.workers, 1), seed=(self.seed, 0)
        )

    def seed_of(self, scenario: ScenarioFile) -> int:
        """Return the seed: the one asked for, or the scenario's."""
        return scenario.seed if self.seed is None else self.seed

    def replications_of(self, scenario: ScenarioFile) -> int:
        """Return the number of replications: the one asked for, or the scenario's."""
        return scenario.replications if self.replications is None else self.replications


class SweepKeywords(TypedDict, total=False):
    """The keywords of `SweepOptions`."""

    out: Path | None
    workers: int | None
    cluster: str | None
    engine: str
    fresh: bool
    progress: ProgressCallback | None


@dataclass(frozen=True)
class SweepOptions:
    """Where the runs of a sweep are kept, who plays them, and on which engine; the sweep states all else.

    Without `out` they are kept for as long as the result. `cluster` is the address of a Dask scheduler, or `local:8`;
    `fresh` removes what an earlier sweep has left in the folder. Raises ValueError for numbers that cannot be.
    """

    out: Path | None = None
    workers: int | None = None
    cluster: str | None = None
    engine: str = "auto"
    fresh: bool = False
    progress: ProgressCallback | None = None

    def __post_init__(self) -> None:
        check_whole_numbers(workers=(self.workers, 1))
