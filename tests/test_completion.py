"""What a shell offers while a command is being typed, and the lists of words that stand twice for its sake."""

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from sim.cli import completion
from sim.cli import main as cli
from sim.cli.fit import LawKeyword, UnseenKeyword
from sim.cli.options import EngineKeyword, TablesKeyword
from sim.cli.sensitivity import MethodKeyword
from sim.cli.verify import EnginesKeyword
from sim.model.run import Engine
from sim.results.tables import TableSelection
from sim.scenario.faults import Place
from sim.scenario.merging import override_node
from sim.scenario.path_completion import MAX_COMPLETIONS, complete_path
from sim.scenario.reading import read_merged
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import to_node
from sim.show.plots.run import RUN_PLOTS
from sim.study.delay_likelihood import DELAY_MODELS
from sim.study.effects import SensitivityMethod
from sim.study.tellings import UnseenReading

WORLD = Path(__file__).parent / "data" / "world.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with scenarios in it and below, and with other things."""
    for name in (
        "world.yaml",
        "worse.yml",
        "prose.txt",
        "scenarios/base.yaml",
        "scenarios/late.yaml",
        ".git/x.yaml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(WORLD.read_text())
    (tmp_path / "runs" / "base").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["scenarios/base.yaml", "scenarios/late.yaml", "world.yaml", "worse.yml"]),
        ("wo", ["world.yaml", "worse.yml"]),
        ("sc", ["scenarios/base.yaml", "scenarios/late.yaml"]),
        ("scenarios/la", ["scenarios/late.yaml"]),
        ("pr", []),
        ("nowhere/", []),
        (".g", [".git/x.yaml"]),
    ],
)
def test_files_of_scenarios(folder: Path, typed: str, offered: list[str]) -> None:
    assert completion.complete_scenario_files(typed) == offered


def test_files_from_the_root(folder: Path) -> None:
    assert completion.complete_scenario_files(f"{folder}/wor") == [
        f"{folder}/world.yaml",
        f"{folder}/worse.yml",
    ]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("see", ["seed="]),
        ("overflow.", ["overflow.order=", "overflow.policy="]),
        ("rights.refusal.max", ["rights.refusal.max_delay=", "rights.refusal.max_utilization="]),
        (
            "rights.refusal.wi",
            [
                "rights.refusal.window.uniform.high=",
                "rights.refusal.window.uniform.low=",
                "rights.refusal.window=",
            ],
        ),
        ("providers.Neo.sites", ["providers.Neo.sites.0=", "providers.Neo.sites.1=", "providers.Neo.sites="]),
        ("demand.chat.in", ["demand.chat.in_place.West="]),
        ("sites.East.buildings.Ha", None),
        ("sites.Nowhere.on", []),
        ("nothing", []),
        ("sites.East.owner", ["sites.East.owner="]),
    ],
)
def test_paths_of_a_scenario(typed: str, offered: list[str] | None) -> None:
    found = complete_path(WORLD, typed)
    assert all(path.startswith(typed) for path in found)
    if offered is not None:
        assert found == offered
    else:
        assert "sites.East.buildings.Hall=" in found
        assert "sites.East.buildings.Hall.it_power=" in found


def test_of_many_paths_only_the_beginning_is_told() -> None:
    found = complete_path(WORLD, "")
    assert len(found) <= MAX_COMPLETIONS
    assert {"seed=", "demand.chat.", "sites.West."} <= set(found)
    assert "sites.West.outages.takes=" in complete_path(WORLD, "sites.West")


def test_every_path_that_is_told_leads_somewhere() -> None:
    """What ends in a dot goes on until a `=`, and all that ends there can be set."""
    root, new = read_merged(WORLD), to_node("5", Place("--set"))
    going, ends = complete_path(WORLD, ""), set[str]()
    while going:
        ends |= {path.removesuffix("=") for path in going if path.endswith("=")}
        going = [further for path in going if path.endswith(".") for further in complete_path(WORLD, path)]
    assert len(ends) > 150
    for path in ends:
        override_node(root, path, new, ScenarioFile)


def test_paths_of_a_faulty_scenario_and_of_none(folder: Path) -> None:
    Path("faulty.yaml").write_text("extends: world.yaml\nseed: one\nsites: {West: {online: 3}}\n")
    assert complete_path(Path("faulty.yaml"), "sites.West.onl") == ["sites.West.online="]
    assert complete_path(Path("nowhere.yaml"), "s") == []
    assert complete_path(Path("prose.txt").with_suffix(".none"), "") == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mon", ["money"]),
        ("al", ["all"]),
        ("money,uti", ["money,utilization"]),
        ("money,mon", []),
        ("money,al", []),
    ],
)
def test_names_of_plots(typed: str, offered: list[str]) -> None:
    assert [name for name in completion.complete_plot_names(typed) if name.startswith(typed)] == offered


def test_the_names_of_plots_are_those_that_there_are() -> None:
    assert list(RUN_PLOTS) == list(completion.RUN_PLOT_NAMES)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sim ch", ["check"]),
        ("sim check wo", ["world.yaml", "worse.yml"]),
        ("sim check world.yaml --set overflow.p", ["overflow.policy="]),
        ("sim run --seed 3 world.yaml --set seed=4 --set overflow.p", ["overflow.policy="]),
        (
            "sim check world.yaml --set 'rights.refusal.hold",
            ["rights.refusal.holder=", "rights.refusal.holds_capacity="],
        ),
        ("sim check --set overflow.p", []),
        ("sim check world.yaml --set overflow.policy=c", []),
        ("sim show world.yaml --diff scenarios/l", ["scenarios/late.yaml"]),
        ("sim run world.yaml --plots money,o", ["money,overflow", "money,online_by_site"]),
        ("sim plot runs/base --plots back", ["backlog"]),
        ("sim run world.yaml --engine si", ["simpy"]),
    ],
)
def test_what_a_shell_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]
) -> None:
    """Through typer, as bash asks."""
    from typer._completion_classes import BashComplete, completion_init

    completion_init()
    monkeypatch.setenv("COMP_WORDS", line.replace(" ", "\n") if "'" not in line else line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    shell = BashComplete(typer.main.get_command(cli.app), {}, "sim", "_SIM_COMPLETE")
    assert shell.complete().split() == offered


def test_a_shell_is_answered_without_what_is_heavy(folder: Path) -> None:
    """To offer paths and plots takes neither plots nor units nor numbers."""
    code = (
        "import sys; from pathlib import Path; from sim.cli import completion;"
        "from sim.scenario.path_completion import complete_path;"
        "assert complete_path(Path('world.yaml'), 'sites.'); assert completion.complete_plot_names('');"
        "print([n for n in ('numpy', 'polars', 'matplotlib', 'pint', 'scipy', 'simpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_keywords_of_options_are_the_closed_lists_of_the_rooms() -> None:
    """They stand again with the options, since help would else take as long as it takes to import the model."""

    def members(closed_list: Any) -> set[str]:
        return {str(each) for each in get_args(closed_list) or closed_list}

    assert set(EngineKeyword) == {"auto", *members(Engine)}
    assert set(EnginesKeyword) == {"both", *members(Engine)}
    assert set(TablesKeyword) == members(TableSelection)
    assert set(MethodKeyword) == members(SensitivityMethod)
    assert set(LawKeyword) == {"all", *DELAY_MODELS}
    assert set(UnseenKeyword) == members(UnseenReading)
