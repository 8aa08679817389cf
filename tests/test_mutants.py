"""Broken files end in success or in a line for each fault: no traceback, no hang, no memory without end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import mutant

N_MUTANTS = 250
SEED = 20261127


def failures(seed: int, first: int, n: int) -> list[str]:
    """What is wrong with some mutants, which another process reads under its limits."""
    command = [sys.executable, str(Path(__file__).with_name("mutants.py")), str(seed), str(first), str(n)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    *wrong, counts = map(json.loads, done.stdout.splitlines())
    assert sum(counts["counts"].values()) == n
    # Some mutants are right, and of these some are played; else nothing was tried.
    assert {"refused", "played"} <= set(counts["counts"])
    return [f"mutant {each['number']} of seed {seed}: {each['outcome']}" for each in wrong]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit on memory is read from /proc")
def test_broken_files_end_in_success_or_in_a_line_for_each_fault() -> None:
    assert failures(SEED, 0, N_MUTANTS) == []


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("MUTANTS"), reason="set MUTANTS to the number of broken files to try")
def test_many_broken_files() -> None:
    assert failures(int(os.environ.get("MUTANTS_SEED", "1")), 0, int(os.environ["MUTANTS"])) == []


def test_a_mutant_depends_on_its_number_alone() -> None:
    assert [mutant(1, k) for k in range(5)] == [mutant(1, k) for k in range(5)]
    assert len({mutant(1, k) for k in range(20)}) > 15
