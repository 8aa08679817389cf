"""The catalogue of reference cases: all of them, each with its seed, and the selection of some by name."""

from collections.abc import Sequence
from dataclasses import replace

from sim.scenario.faults import UserError, closest_word
from sim.verify.reference_cases.capacity_steps import capacity_step_cases
from sim.verify.reference_cases.first_refusal import first_refusal_cases
from sim.verify.reference_cases.infinite_servers import infinite_server_cases
from sim.verify.reference_cases.loss_systems import keeps_back_cases, loss_cases, two_size_cases
from sim.verify.reference_cases.overflow import ordered_overflow_cases, shared_overflow_cases
from sim.verify.reference_cases.waiting_lists import waiting_list_cases
from sim.verify.verification import ReferenceCase

CASE_GROUPS = (
    loss_cases,
    ordered_overflow_cases,
    first_refusal_cases,
    keeps_back_cases,
    two_size_cases,
    waiting_list_cases,
    infinite_server_cases,
    shared_overflow_cases,
    capacity_step_cases,
)
"""In the order of their seeds: a new group comes last, so that the numbers of the others stay."""


def all_cases(seed: int = 0) -> list[ReferenceCase]:
    """Build all cases, each with a seed of its own, so that no two share their draws, nor do those of two seeds."""
    cases = [case for group in CASE_GROUPS for case in group()]
    return [
        # the seed of a case is its place in the list: reordering the cases would change their numbers
        replace(case, scenario={**case.scenario, "seed": seed * len(cases) + k})
        for k, case in enumerate(cases, start=1)
    ]


class UnknownCaseError(UserError):
    """There is no case of that name; the message says which may have been meant."""


def select_cases(cases: Sequence[ReferenceCase], names: Sequence[str]) -> list[ReferenceCase]:
    """Select the cases whose names begin with one of `names`, whatever the letter case; all of them without names.

    Raises UnknownCaseError for a name with which no case begins.
    """
    selected = [case for case in cases if not names or _name_begins(case, names)]
    all_names = [case.name for case in cases]
    for name in names:
        if not any(_name_begins(case, [name]) for case in cases):
            near = closest_word(name, all_names)
            remedy = f'did you mean "{near}"?' if near else f"there are: {'; '.join(all_names)}"
            raise UnknownCaseError(f'there is no case "{name}"; {remedy}')
    return selected


def _name_begins(case: ReferenceCase, names: Sequence[str]) -> bool:
    return case.name.lower().startswith(tuple(name.lower() for name in names))
