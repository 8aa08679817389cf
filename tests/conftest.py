"""What several tests stand on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from sim.cli import main as cli
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

settings.register_profile("few", max_examples=25)

Sim = Callable[..., tuple[int, str, str]]

SMALL = """\
title: A small world
start: 2025-01-01
end: 2026-01-01
replications: 6
uncertain: {growth: {uniform: {low: 1, high: 3}}}
demand:
  chat:
    customer: Lab
    class: inference
    arrivals: {poisson: {rate: 4 /mo, growth: $growth}}
    in_place: {West: 50 MW}
    size: {lognormal: {median: 20 MW, sigma: 0.5}}
    term: {exponential: {mean: 6 mo}}
    lead: 30 d
    patience: 60 d
    block: 1 MW
  own: {customer: Big, arrivals: {poisson: {rate: 1 /mo}}, size: 5 MW, term: 1 y}
providers:
  Big: {sites: [West], presells: 3 mo, price: 12 M$/MW/y, cost: 8 M$/MW/y, keeps_back: 10 MW}
  Neo: {sites: [East, West], presells: 6 mo, price: 11 M$/MW/y}
rights:
  refusal:
    holder: Big
    kind: first refusal
    over: {customer: Lab}
    until: 2025-09-01
    window: {uniform: {low: 1 d, high: 20 d}}
    appetite: 60 %
    max_utilization: 90 %
sites:
  West: {online: 200 MW, outages: {every: {exponential: {mean: 60 d}}, lasts: 3 d, takes: 20 %}}
  East:
    buildings:
      Hall: {count: 3, it_power: 50 MW, planned: 2025-03-01, every: 60 d, slip: {exponential: {mean: 30 d}}}
"""


@pytest.fixture
def small(tmp_path: Path) -> ScenarioFile:
    """A scenario that runs in milliseconds, with a little of everything."""
    return written(tmp_path)(SMALL)


def written(folder: Path) -> Callable[[str], ScenarioFile]:
    """Loads scenarios from their text."""

    def loaded(text: str, name: str = "small") -> ScenarioFile:
        path = folder / f"{name}.yaml"
        path.write_text(text)
        return read_scenario(path)

    return loaded


@pytest.fixture
def call_sim(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sim:
    """The command in this process: gives exit code, what it printed, and what it complained of."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["sim", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return call
