"""A batch of replications leaves Python as it found it."""

import gc
from pathlib import Path

import pytest

from sim.model.callbacks import Offer, Request
from sim.scenario.reading import read_scenario
from sim.study.replications import RunTask, play_batch

SCENARIO = Path("scenarios/announced-2025.yaml").resolve()


def test_what_stands_is_left_alone_only_while_a_batch_plays() -> None:
    frozen = []

    def policy(request: Request, offers: list[Offer]) -> list[str]:
        frozen.append(gc.get_freeze_count())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play_batch(RunTask(read_scenario(SCENARIO), 1, "none", policy), range(1))
    assert frozen[0] > 0
    assert gc.get_freeze_count() == 0
