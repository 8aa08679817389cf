"""Laws whose draws are beyond what can be simulated: a line for who runs them, and a warning before."""

import pickle
import re
from itertools import permutations
from pathlib import Path

import pytest
from conftest import SMALL

from sim.model.random_streams import DrawError
from sim.model.run import Engine, play
from sim.scenario.distribution_properties import median
from sim.scenario.distribution_reader import read_distribution
from sim.scenario.faults import ScenarioError
from sim.scenario.number_reader import NumberReader
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import MEASURES
from sim.scenario.warnings import scenario_warnings
from sim.study.run import run_scenario

WILD = "{lognormal: {median: %s, sigma: 60}}"
PLACES = {
    "demand.chat.size": "20 MW",
    "demand.chat.term": "6 mo",
    "demand.chat.lead": "30 d",
    "demand.chat.patience": "30 d",
    "demand.chat.block": "1 MW",
    "demand.chat.in_place.West": "1 MW",
    "providers.Big.presells": "30 d",
    "providers.Big.keeps_back": "10 MW",
    "providers.Big.price": "10 M$/MW/y",
    "rights.refusal.window": "10 d",
    "rights.refusal.max_delay": "10 d",
    "sites.West.online": "200 MW",
    "sites.West.outages.every": "60 d",
    "sites.West.outages.lasts": "3 d",
    "sites.West.outages.takes": "20 MW",
    "sites.East.buildings.Hall.it_power": "50 MW",
    "sites.East.buildings.Hall.every": "60 d",
    "sites.East.buildings.Hall.slip": "30 d",
    "sites.East.buildings.Hall.review": "30 d",
}


@pytest.fixture
def scenario(tmp_path: Path) -> ScenarioFile:
    path = tmp_path / "wild.yaml"
    path.write_text(SMALL)
    return read_scenario(path)


def first_error(scenario: ScenarioFile, engine: Engine, replications: int = 40) -> str:
    """What is said of the first replication that cannot be played."""
    for replication in range(replications):
        try:
            play(scenario, 1, replication, engine=engine)
        except ScenarioError as error:
            return str(error)
    raise AssertionError("every replication was played")


@pytest.mark.parametrize("path", PLACES)
def test_a_draw_that_cannot_be_simulated_is_a_line_with_key_value_and_replication(
    scenario: ScenarioFile, path: str
) -> None:
    changes: dict[str, object] = {path: WILD % PLACES[path]}
    # Else there is more in place than is online, which is said as well.
    if "in_place" in path:
        changes["sites.West.online"] = "1 TW"
    if path == "sites.West.online":
        changes["demand.chat.in_place"] = None
    wild = scenario.replace(changes)
    said = {engine: first_error(wild, engine) for engine in ("simpy", "compiled")}
    assert said["simpy"] == said["compiled"]
    assert " in replication " in said["simpy"]
    assert "\n" not in said["simpy"]
    assert ", beyond what can be simulated; write a narrower law, or smaller numbers" in said["simpy"]
    assert said["simpy"].startswith(f"--set: {path}: ")


def test_more_requests_than_can_be_simulated_are_a_line(scenario: ScenarioFile) -> None:
    """The expected number is small enough, and that of some replications is not."""
    rare = {"discrete": {"values": ["1 /mo", "1e6 /d"], "weights": [9, 1]}}
    for changes in (
        {"demand.chat.arrivals.poisson.rate": rare, "uncertain.growth": 1},
        {"uncertain.growth": WILD % "2"},
    ):
        said = first_error(scenario.replace(changes), "simpy")
        assert re.search(
            r'demand.chat.arrivals.poisson: "\d.*e\+\d+ requests": was drawn in replication \d+,', said
        )
        assert said.endswith("beyond what can be simulated; write a narrower law, or smaller numbers")


def test_laws_of_delay_are_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "wild.yaml"
    laws = "{stretch: {median: 1.3, sigma: {lognormal: {median: 1, sigma: 90}}}}"
    path.write_text(
        f"{SMALL}delays: {{a: {{lognormal: {{median: 60 d, sigma: 40}}, never: 2 %}}, b: {laws}}}\n"
    )
    warnings = [str(each) for each in scenario_warnings(read_scenario(path))]
    wild = [each.split(": ")[1] for each in warnings if "in one draw of a thousand" in each]
    assert wild == ["delays.a", "delays.b.stretch.sigma"]


def test_the_sentence_of_a_wild_law(tmp_path: Path) -> None:
    path = tmp_path / "wild.yaml"
    path.write_text(SMALL.replace("{lognormal: {median: 20 MW, sigma: 0.5}}", WILD % "50 MW"))
    wild = read_scenario(path)
    (warning,) = map(str, scenario_warnings(wild))
    assert warning == (
        f"{path}:12: demand.chat.size: gives 5.265e+82 MW or more in one draw of a thousand,"
        " beyond what can be simulated: such a draw ends the run; write a narrower law, such as sigma: 0.6"
    )
    with pytest.raises(ScenarioError) as caught:
        play(wild, 1, 0)
    said = str(caught.value)
    assert said.startswith(f'{path}:12: demand.chat.size: "')
    assert said.endswith(
        ' MW": was drawn in replication 0, beyond what can be simulated; write a narrower law, or smaller numbers'
    )


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_workers_in_other_processes_say_the_same(scenario: ScenarioFile, engine: str, tmp_path: Path) -> None:
    wild = scenario.replace({"demand.chat.size": WILD % "50 MW"})
    for workers in (1, 2):
        with pytest.raises(ScenarioError) as caught:
            run_scenario(
                wild, replications=4, workers=workers, engine=engine, tables="none", out=tmp_path / "run"
            )
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("--set: demand.chat.size: ")
        assert "was drawn in replication" in str(caught.value)


def test_the_error_of_a_draw_crosses_processes() -> None:
    error = pickle.loads(pickle.dumps(DrawError("demand.a.size", "1e+80 MW", 3)))
    assert (error.path, error.value, error.replication, error.reason) == (
        "demand.a.size",
        "1e+80 MW",
        3,
        "was drawn",
    )


@pytest.mark.parametrize(
    ("law", "is_warned_of"),
    [
        ("{lognormal: {median: 50 MW, sigma: 0.8}}", False),
        ("{lognormal: {median: 50 MW, sigma: 5}}", False),
        ("{lognormal: {median: 50 MW, sigma: 6}}", True),
        ("{gamma: {mean: 50 MW, cv: 1e-200}}", True),
        ("{weibull: {scale: 50 MW, shape: 0.01}}", True),
        ("{weibull: {scale: 50 MW, shape: 1e-308}}", True),
        ("{chance: 0.05 %, then: {lognormal: {median: 1 MW, sigma: 60}}, else: 1 MW}", False),
        ("{chance: 1 %, then: {lognormal: {median: 1 MW, sigma: 60}}, else: 1 MW}", True),
    ],
)  # fmt: skip
def test_check_warns_of_a_law_with_a_tail_beyond_the_limits(
    scenario: ScenarioFile, law: str, is_warned_of: bool
) -> None:
    warnings = list(map(str, scenario_warnings(scenario.replace({"demand.chat.size": law}))))
    assert [" beyond what can be simulated" in each for each in warnings] == [True] * is_warned_of


def test_check_warns_of_uncertain_numbers_and_of_what_rests_on_them(scenario: ScenarioFile) -> None:
    wild = scenario.replace(
        {"uncertain.growth": WILD % "2", "demand.chat.size": "{lognormal: {median: 1 MW, sigma: $growth}}"}
    )
    assert [str(each).split(": ")[1] for each in scenario_warnings(wild)] == ["uncertain.growth"]
    wide = scenario.replace(
        {"uncertain.growth": "9", "demand.chat.size": "{lognormal: {median: 1 MW, sigma: $growth}}"}
    )
    assert [str(each).split(": ")[1] for each in scenario_warnings(wide)] == ["demand.chat.size"]


@pytest.mark.parametrize(
    "law",
    [
        "{uniform: {low: 0 kW, high: 0 kW}}",
        "{triangular: {low: 0 kW, mode: 0 kW, high: 0 kW}}",
        "{pert: {low: 0 kW, mode: 0 kW, high: 0 kW}}",
        "{constant: 0 kW}",
        "{discrete: {values: [0 kW, 1 MW]}}",
        "{chance: 10 %, then: {uniform: {low: 0 kW, high: 0 kW}}, else: 1 MW}",
        "{chance: 10 %, then: 1 MW}",
    ],
)
def test_a_law_that_gives_nothing_is_refused_where_nothing_is(scenario: ScenarioFile, law: str) -> None:
    with pytest.raises(ScenarioError, match="must be above 0"):
        scenario.replace({"demand.chat.size": law})


def test_powers_and_times_that_add_up_to_too_much(scenario: ScenarioFile) -> None:
    for changes, key in (
        ({"sites.East.buildings.Hall.count": 100, "sites.East.buildings.Hall.it_power": "900 TW"}, "sites"),
        ({"sites.East.buildings.Hall.count": 100, "sites.East.buildings.Hall.every": "900 y"},
         "sites.East.buildings.Hall.every"),
    ):  # fmt: skip
        with pytest.raises(ScenarioError, match="is the sum of what was drawn in replication 0") as caught:
            play(scenario.replace(changes), 1, 0)  # type: ignore[arg-type]
        assert f": {key}: " in str(caught.value)


def test_the_median_of_listed_values_does_not_depend_on_their_order() -> None:
    reader = NumberReader(MEASURES["number"])

    def median_of(values: tuple[int, ...], weights: tuple[int, ...]) -> float:
        return median(
            read_distribution({"discrete": {"values": list(values), "weights": list(weights)}}, reader), {}
        )

    for order in permutations(((9, 1), (1, 1), (5, 1))):
        assert median_of(*zip(*order, strict=True)) == 5  # type: ignore[arg-type]
    for order in permutations(((9, 1), (1, 1), (5, 1), (7, 4))):
        assert median_of(*zip(*order, strict=True)) == 7  # type: ignore[arg-type]
    # Of two in the middle the larger, as of empirical values.
    for order in permutations(((1, 2), (5, 1), (9, 1))):
        assert median_of(*zip(*order, strict=True)) == 5  # type: ignore[arg-type]
