"""Simple markets about which something is known exactly."""

from collections.abc import Sequence
from dataclasses import replace

from sim.scenario.faults import UserError, nearest
from sim.study.cases.change import capacity_steps, room_for_all
from sim.study.cases.loss import kept_back, loss, two_sizes
from sim.study.cases.overflow import ordered_overflow, shared_overflow
from sim.study.cases.refusals import first_refusals
from sim.study.cases.waiting import waiting_lists
from sim.study.verification import Case

GROUPS = (
    loss,
    ordered_overflow,
    first_refusals,
    kept_back,
    two_sizes,
    waiting_lists,
    room_for_all,
    shared_overflow,
    capacity_steps,
)
"""In the order of their seeds: a new group comes last, so that the numbers of the others stay."""


def cases(seed: int = 0) -> list[Case]:
    """All cases, each with a seed of its own, so that no two share their draws, nor do those of two seeds."""
    found = [case for group in GROUPS for case in group()]
    return [
        replace(case, scenario={**case.scenario, "seed": seed * len(found) + k})
        for k, case in enumerate(found, start=1)
    ]


class NoCase(UserError):
    """There is no case of that name; the message says which may have been meant."""


def picked(known: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """Which cases have one of these names, or begin with one? All of them without names. Raises NoCase."""
    chosen = [case for case in known if not names or _begins(case, names)]
    all_names = [case.name for case in known]
    for name in names:
        if not any(_begins(case, [name]) for case in known):
            near = nearest(name, all_names)
            remedy = f'did you mean "{near}"?' if near else f"there are: {'; '.join(all_names)}"
            raise NoCase(f'there is no case "{name}"; {remedy}')
    return chosen


def _begins(case: Case, names: Sequence[str]) -> bool:
    return case.name.lower().startswith(tuple(name.lower() for name in names))
