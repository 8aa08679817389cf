"""What the tests of sweeps stand on: a small sweep, and what stands in a folder."""

import hashlib
from pathlib import Path

from conftest import SMALL

from sim.scenario.sweep import SweepExperiment, read_sweep

WHOLE = """\
title: A small sweep
scenario: small.yaml
levers:
  rights.refusal.window: {from: 0 d, to: 60 d, steps: 4}
  rights.refusal.until: [2025-03-01, 2025-09-01]
uncertainties:
  uncertain.growth: {triangular: {low: 1, mode: 2, high: 3}, confidence: assumed}
design: {grid: {levels: 2}}
replications: 5
outcomes: [unserved_mw.mean, declined_share, short.first_days]
expect: [requests.mean > 10]
"""


def written(folder: Path, text: str = WHOLE, scenario: str = SMALL) -> Path:
    """A sweep and its scenario, as files."""
    (folder / "small.yaml").write_text(scenario)
    path = folder / "whole.yaml"
    path.write_text(text)
    return path


def swept(folder: Path, text: str = WHOLE, scenario: str = SMALL) -> SweepExperiment:
    """The same, read."""
    return read_sweep(written(folder, text, scenario))


def digests(folder: Path) -> dict[str, str]:
    """What stands in a folder, file by file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
