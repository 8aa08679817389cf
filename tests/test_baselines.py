"""Do the shipped scenarios still give the numbers that were reviewed?

The numbers stand in `tests/baselines`, a file for each scenario. Where they are meant to change:

    uv run python tests/test_baselines.py --refresh

and then look at what git says has changed, and tell it in CHANGELOG.md.
"""

import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import parse_yaml
from sim.study.run import run_scenario

HERE = Path(__file__).parent
SCENARIOS, BASELINES = HERE.parent / "scenarios", HERE / "baselines"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
REPLICATIONS, SEED = 20, 1
ALIKE = 1e-9
"""Numbers that differ by less, relative to the larger, are the same."""

METRICS = (
    "requests", "asked_mw", "declined_share", "spilled_share", "lost_share", "waiting_share", "wait_days.mean",
    "late_days.mean", "short.first_days", "short.days", "unserved_mw.mean", "unserved_mw.max", "unserved_mw.end",
    "shortfall_mw.mean", "shortfall_mw.max", "online_mw.mean", "online_mw.end", "in_service_mw.mean",
    "in_service_mw.end", "utilization", "interrupted_mw_days", "h100e.in_service.end", "provider.*.share",
    "provider.*.idle_mw", "spend", "provider.*.take_or_pay", "capex",
)  # fmt: skip
"""What is kept; the mean and the median of each."""

Numbers = dict[str, float | None]
"""Statistics of metrics by name, as `unserved_mw.mean p50`."""


def numbers(scenario: ScenarioFile) -> Numbers:
    """What a scenario gives."""
    found = run_scenario(scenario, replications=REPLICATIONS, seed=SEED, workers=1, tables="none").summary()
    chosen = [name for pattern in METRICS for name in found if fnmatch(name, pattern)]
    return {f"{name} {which}": found[name][which] for name in chosen for which in ("mean", "p50")}


def path_of(name: str) -> Path:
    return BASELINES / f"{name}.yaml"


def shown(value: float | None) -> str:
    return "null" if value is None else f"{value:.12g}"


def written(name: str, found: Numbers) -> str:
    """A baseline as a file."""
    head = f"# What scenarios/{name}.yaml gives in {REPLICATIONS} replications from seed {SEED}."
    metrics = dict.fromkeys(key.rpartition(" ")[0] for key in found)
    lines = [
        f"{each}: {{mean: {shown(found[f'{each} mean'])}, p50: {shown(found[f'{each} p50'])}}}"
        for each in metrics
    ]
    return "\n".join([head, *lines]) + "\n"


def reviewed(name: str) -> Numbers:
    """What a baseline says."""
    tree = parse_yaml(path_of(name).read_text(encoding="utf-8"), str(path_of(name))).value
    assert isinstance(tree, dict)
    found: Numbers = {}
    for metric, node in tree.items():
        assert isinstance(node.value, dict)
        for which, part in node.value.items():
            found[f"{metric} {which}"] = None if part.value is None else float(str(part.value))
    return found


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= ALIKE * max(abs(one), abs(other))


def stated(numbers: Numbers, key: str) -> str:
    return shown(numbers[key]) if key in numbers else "absent"


def differences(before: Numbers, after: Numbers) -> list[tuple[str, str, str]]:
    """What differs: metric, before, after."""
    return [
        (key, stated(before, key), stated(after, key))
        for key in dict.fromkeys([*before, *after])
        if key not in before or key not in after or not same(before[key], after[key])
    ]


def told(name: str, found: list[tuple[str, str, str]]) -> str:
    """What someone reads where numbers have changed."""
    rows = [("metric", "before", "after"), *found]
    table = "\n".join(f"  {metric:40} {before:>20} {after:>20}" for metric, before, after in rows)
    return (
        f"scenarios/{name}.yaml no longer gives what tests/baselines/{name}.yaml says:\n{table}\n"
        "If this is meant, write the baselines anew: uv run python tests/test_baselines.py --refresh\n"
        "Then look at what has changed, and note in CHANGELOG.md what moved the numbers, and why."
    )


def refresh() -> None:
    """Write all baselines anew, and say what changed."""
    BASELINES.mkdir(exist_ok=True)
    for stray in set(BASELINES.glob("*.yaml")) - {path_of(name) for name in NAMES}:
        stray.unlink()
        print(f"{stray.stem}: removed, there is no such scenario")
    for name in NAMES:
        found = numbers(read_scenario(SCENARIOS / f"{name}.yaml"))
        changed = differences(reviewed(name), found) if path_of(name).exists() else None
        if changed != []:
            path_of(name).write_text(written(name, found), encoding="utf-8")
        print(f"{name}: {'new' if changed is None else f'{len(changed)} numbers changed'}")


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_gives_what_was_reviewed(name: str) -> None:
    assert path_of(name).exists(), "it has no baseline: uv run python tests/test_baselines.py --refresh"
    found = differences(reviewed(name), numbers(read_scenario(SCENARIOS / f"{name}.yaml")))
    assert not found, told(name, found)


def test_every_baseline_is_that_of_a_scenario() -> None:
    assert sorted(path.stem for path in BASELINES.glob("*.yaml")) == NAMES


def test_a_baseline_reads_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: Numbers = {
        "requests mean": 1 / 3,
        "requests p50": 0.0,
        "spend mean": None,
        "spend p50": -1e300,
    }
    monkeypatch.setattr("test_baselines.BASELINES", tmp_path)
    path_of("some").write_text(written("some", found))
    assert not differences(reviewed("some"), found)


def test_what_differs_is_told_with_what_to_do() -> None:
    before: Numbers = {"lost_share mean": 0.5, "gone p50": 1.0, "none mean": None, "alike mean": 1.0}
    after: Numbers = {
        "lost_share mean": 0.5 + 1e-9,
        "none mean": 2.0,
        "alike mean": 1.0 + 1e-10,
        "come p50": None,
    }
    assert told("base", differences(before, after)).splitlines() == [
        "scenarios/base.yaml no longer gives what tests/baselines/base.yaml says:",
        "  metric                                                 before                after",
        "  lost_share mean                                           0.5          0.500000001",
        "  gone p50                                                    1               absent",
        "  none mean                                                null                    2",
        "  come p50                                               absent                 null",
        "If this is meant, write the baselines anew: uv run python tests/test_baselines.py --refresh",
        "Then look at what has changed, and note in CHANGELOG.md what moved the numbers, and why.",
    ]


def test_a_changed_assumption_is_noticed() -> None:
    changed = read_scenario(SCENARIOS / "base.yaml", {"sites.Azure.online": "2 GW"})
    assert any(
        metric.startswith("online_mw") for metric, *_ in differences(reviewed("base"), numbers(changed))
    )


if __name__ == "__main__":
    if sys.argv[1:] != ["--refresh"]:
        sys.exit("usage: uv run python tests/test_baselines.py --refresh")
    refresh()
