"""`sim value`: what a right is worth, against markets in which it is known by hand."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import sim
from sim.cli.main import app
from sim.scenario.faults import ScenarioError
from sim.scenario.schema import ScenarioFile
from sim.show.pages.value import render_value
from sim.show.plots.value import plot_windows
from sim.study.paired_difference import PairedDifference
from sim.study.payoffs import MEASURE_WAIT, NO_DIFFERENCE, NOT_DISTINGUISHABLE, NOT_SURE, Payoff
from sim.study.value import ContractValue, NoWindowError, UnknownRightError, value_right
from sim.study.value_sentence import describe_change

HAND = """\
title: By hand
start: 2025-01-01
end: 2025-04-11         # 100 days
replications: 3
demand:
  work: {customer: Lab, class: training, arrivals: {deals: {one: {asked: 2025-01-01, wanted: 2025-01-01}}},
         size: 20 MW, term: 50 d}
providers:
  Big: {sites: [West], price: 1 $/kW/d, cost: 0.5 $/kW/d}
  Neo: {sites: [East], price: 1 $/kW/d}
  Old: {sites: [North]}
rights:
  ask first: {holder: Big, kind: first refusal, over: {customer: Lab}, window: 10 d, appetite: 0 %}
sites: {West: {online: 20 MW}, East: {online: 30 MW}, North: {online: 1 MW}}
"""
"""Without the clause Big serves 20 MW for 50 days at once; with it Neo does, ten days later."""


@pytest.fixture
def hand(tmp_path: Path) -> ScenarioFile:
    path = tmp_path / "hand.yaml"
    path.write_text(HAND)
    return sim.load(path).file


def of(found: ContractValue, party: str, name: str, window: str | None = None) -> Payoff:
    stakes = (
        found.payoffs
        if window is None
        else next(w.payoffs for w in found.other_windows if w.window == window)
    )
    return next(stake for stake in stakes if (stake.party, stake.measure.name) == (party, name))


def test_a_clause_by_hand(hand: ScenarioFile) -> None:
    found = value_right(hand, "ask first", windows=["0 d", "30 d"], workers=1)
    told = {(s.party, s.role, s.measure.name): (s.in_unit(s.difference.a), s.in_unit(s.difference.b), s.worth)
            for s in found.payoffs}  # fmt: skip
    assert told == {
        ("Big", "holder", "sold"): pytest.approx((1.0, 0.0, -1.0)),
        ("Big", "holder", "earned"): pytest.approx((1e6, 0.0, -1e6)),
        ("Big", "holder", "margin"): pytest.approx((0.0, -1e6, -1e6), abs=1e-6),
        ("Big", "holder", "idle"): pytest.approx((1.0, 2.0, -1.0)),
        ("Lab", "covered customer", "served"): pytest.approx((1.0, 1.0, 0.0)),
        ("Lab", "covered customer", "waited for"): pytest.approx((0.0, 0.2, -0.2)),
        ("Lab", "covered customer", "wait"): pytest.approx((0.0, 10.0, -10.0)),
        ("Lab", "covered customer", "paid"): pytest.approx((1e6, 1e6, 0.0)),
        ("Neo", "other provider", "sold"): pytest.approx((0.0, 1.0, 1.0)),
        ("Neo", "other provider", "earned"): pytest.approx((0.0, 1e6, 1e6)),
        ("Neo", "other provider", "idle"): pytest.approx((3.0, 2.0, 1.0)),
        ("Old", "other provider", "idle"): pytest.approx((0.1, 0.1, 0.0)),
    }  # fmt: skip
    assert of(found, "Lab", "served").verdict == NO_DIFFERENCE
    assert of(found, "Big", "margin").verdict == "worse off"
    assert of(found, "Neo", "earned").verdict == "better off"
    assert [(each.window, each.mean_days) for each in found.by_window()] == [
        ("0 d", 0), ("10 d", 10), ("30 d", 30),
    ]  # fmt: skip
    assert of(found, "Lab", "wait", "0 d").worth == 0
    assert of(found, "Lab", "wait", "30 d").worth == pytest.approx(-30)
    assert found.notes[1:] == (
        "No price is stated of Old: nothing is known of what is earned there, nor of a margin, and what customers"
        " pay leaves it out.",
        "No cost is stated of Neo, so that no margin is known.",
    )


def test_what_a_customer_pays_is_no_good_or_ill(hand: ScenarioFile) -> None:
    dear = hand.replace({"providers.Neo.price": "3 $/kW/d"})
    paid = of(value_right(dear, "ask first", windows=[], workers=1), "Lab", "paid")
    assert (paid.worth, paid.verdict) == (pytest.approx(-2e6), "pays more")


def test_what_a_customer_owes_beyond_what_it_pays(hand: ScenarioFile) -> None:
    """It has promised Big 1.5 M$; what Big does not serve it owes, beside the 1 M$ that it pays Neo instead."""
    bound = hand.replace(
        {"contracts": {"c": {"customer": "Lab", "provider": "Big", "take_or_pay": "1.5 M$"}}}
    )
    found = value_right(bound, "ask first", windows=["0 d"], workers=1)
    for window in (None, "0 d"):
        owed, got = of(found, "Lab", "owed beyond it", window), of(found, "Big", "take or pay", window)
        assert (owed.in_unit(owed.difference.a), owed.in_unit(owed.difference.b)) == pytest.approx(
            (0.5e6, 1.5e6)
        )
        assert (owed.worth, owed.verdict) == (pytest.approx(-1e6), "owes more")
        assert (got.worth, got.verdict) == (pytest.approx(1e6), "better off")
    names = [stake.measure.name for stake in found.payoffs if stake.party == "Lab"]
    assert names[-2:] == ["paid", "owed beyond it"]
    titles = {axes.get_title(loc="left") for axes in plot_windows(found).axes}
    assert {
        f"Owed {whose} beyond it, by contract" for whose in ("by the customer", "to the provider")
    } <= titles


def test_contracts_of_one_provider_with_two_customers(hand: ScenarioFile) -> None:
    """Their debts are one metric; what Lab owes East alone is known."""
    own = {"customer": "Lab", "provider": "Neo", "take_or_pay": "3 M$"}
    others = {name: {"customer": name, "provider": "Big", "take_or_pay": "1 M$"} for name in ("Lab", "Old")}
    two = hand.replace({
        "contracts": {"neo": own, **others},
        "demand.old": {
            "customer": "Old", "arrivals": {"deals": {"one": {"asked": "2025-02-01"}}}, "size": "1 MW", "term": "9 d",
        },
    })  # fmt: skip
    found = value_right(two, "ask first", windows=[], workers=1)
    assert {stake.difference.metric for stake in found.payoffs if stake.measure.name == "owed beyond it"} == {
        "provider.Neo.take_or_pay"
    }
    assert (
        "Lab and Old have take-or-pay contracts with Big: what each of them owes beyond what it pays is not told"
        " apart, and is left out."
    ) in found.notes


def test_what_it_is_held_against_stands_first(hand: ScenarioFile, tmp_path: Path) -> None:
    """In normal brightness, before any number."""
    said = (
        "Without the clause Big is a provider like any other: it is asked in its turn, and what the right alone says"
        " of it (its limits, an appetite of its own) no longer holds."
    )
    found = value_right(hand, "ask first", windows=[], workers=1)
    assert found.to_dict()["caution"].startswith(said)
    console = Console(width=1000, record=True, force_terminal=True, file=StringIO())
    render_value(found, console)
    lines = console.export_text(styles=True).splitlines()
    here = next(k for k, line in enumerate(lines) if said in line)
    assert "\x1b" not in lines[here]
    assert here < next(k for k, line in enumerate(lines) if "without" in line and "interval" in line)


def test_a_clause_without_effect_is_worth_nothing(small: ScenarioFile) -> None:
    """It begins when the run is over."""
    idle = small.replace({"rights.refusal.from": "2027-01-01", "rights.refusal.until": "2028-01-01"})
    found = value_right(idle, "refusal", workers=1)
    assert {stake.verdict for stake in found.payoffs} == {NO_DIFFERENCE}
    assert {stake.worth for stake in found.payoffs} == {0.0}
    assert all(stake.verdict == NO_DIFFERENCE for each in found.other_windows for stake in each.payoffs)


def test_two_clauses_of_one_effect_are_worth_the_same(small: ScenarioFile) -> None:
    """The others of the scenario stay; and a window of its own length is the clause as it is."""
    fixed = small.replace({"rights.refusal.window": "20 d"})
    found = value_right(fixed, "refusal", windows=["20 d", "480 h"], replications=5, workers=1)
    as_it_is = [stake.worth for stake in found.payoffs]
    assert [[stake.worth for stake in each.payoffs] for each in found.other_windows] == [as_it_is, as_it_is]


def test_the_customer_that_holds_it_too(small: ScenarioFile) -> None:
    """Big sells, and asks for its own; what it asks for is not covered."""
    found = value_right(small, "refusal", replications=4, workers=1, windows=[])
    roles = {(stake.party, stake.role) for stake in found.payoffs}
    assert roles == {
        ("Big", "holder"),
        ("Big", "served as its own customer"),
        ("Lab", "covered customer"),
        ("Neo", "other provider"),
    }
    names = {role: [s.measure.name for s in found.payoffs if s.role == role] for _, role in roles}
    assert names["holder"][:1] == ["sold"]
    assert "served" in names["served as its own customer"]
    console = Console(width=200, file=StringIO(), record=True)
    render_value(found, console)
    assert "Big, served as its own customer" in console.export_text()


def test_the_page_opens_with_one_sentence(hand: ScenarioFile) -> None:
    """And says what the clause's own limits cost its holder: here an appetite of 0 %, without which it takes all."""
    found = value_right(hand, "ask first", windows=[], workers=1)
    sentence = (
        "With the clause Lab waits 10.0 days longer, Big earns 1.00 M$ less and the other providers sell"
        " 1.00 GW-days more."
    )
    limits = (
        "What limits the holder (appetite), and so shuts it out of the overflow that it declined: with it Big earns"
        " 1.00 M$ less and sells 1.00 GW-days less, against the same right without it."
    )
    told = found.to_dict()
    assert (told["sentence"], told["limits"]["text"]) == (sentence, limits)
    assert told["limits"]["keys"] == ["appetite"]
    assert [row["worth"] for row in told["limits"]["worth"]] == pytest.approx([-1e6, -1.0])
    console = Console(width=400, file=StringIO(), record=True)
    render_value(found, console)
    page = console.export_text()
    assert page.index(sentence) < page.index("first refusal of Big")
    assert limits in page
    free = value_right(hand.replace({"rights.ask first.appetite": None}), "ask first", windows=[], workers=1)
    assert free.limits is None
    assert free.to_dict()["limits"] is None
    delayed = {"rights.ask first.appetite": "100 %", "rights.ask first.partial": False}
    both = value_right(hand.replace(delayed), "ask first", windows=[], workers=1)
    assert both.limits is not None
    assert both.limits.keys == ("partial",)
    assert both.limits.to_text("Big").endswith(
        "with it Big earns as without it and sells as without it, against the same right without it."
    )


@pytest.mark.parametrize(
    ("p_holm", "ci95", "verdict", "words"),
    [
        (0.01, (1.0, 3.0), "worse off", "Lab waits 2.00 days longer"),
        (0.2, (1.0, 3.0), NOT_SURE, "Lab waits 2.00 days longer (not sure after Holm's correction)"),
        (
            0.2,
            (-1.0, 5.0),
            NOT_DISTINGUISHABLE,
            "Lab waits no more nor less beyond noise (-1.00 days to 5.00 days)",
        ),
    ],
)
def test_how_sure_a_payoff_is(p_holm: float, ci95: tuple[float, float], verdict: str, words: str) -> None:
    difference = PairedDifference(
        "customer.Lab.wait_days.mean", "d", 9, 9, 4.0, 6.0, 2.0, 1.0, ci95, n_differing=9, p_holm=p_holm
    )
    payoff = Payoff("Lab", "covered customer", MEASURE_WAIT, difference, 1.0)
    assert payoff.verdict == verdict
    assert describe_change(payoff) == words


def test_windows_around_its_own(small: ScenarioFile) -> None:
    """Uniform from 1 to 20 days: 10.5 in the mean."""
    ask = {"replications": 2, "workers": 1}
    found = value_right(small, "refusal", **ask)
    assert [each.window for each in found.other_windows] == ["0 d", "5 d", "20 d", "45 d"]
    assert found.as_written is not None
    assert (found.as_written.window, found.as_written.mean_days) == (
        "{uniform: {low: 1 d, high: 20 d}}",
        10.5,
    )
    at_once = small.replace({"rights.refusal.window": "0 d"})
    assert [each.window for each in value_right(at_once, "refusal", **ask).other_windows] == ["30 d", "90 d"]


def test_windows_in_one_text(hand: ScenarioFile) -> None:
    """As on the command line; not letter by letter."""
    found = value_right(hand, "ask first", windows="0 d, 30 d", replications=1, workers=1)
    assert [each.window for each in found.other_windows] == ["0 d", "30 d"]


def test_an_exclusive_right_has_no_window(small: ScenarioFile) -> None:
    alone = small.replace(
        {"rights.refusal": {"holder": "Big", "kind": "exclusive", "over": {"customer": "Lab"}}}
    )
    found = value_right(alone, "refusal", replications=3, workers=1)
    assert (found.other_windows, found.as_written) == ((), None)
    assert found.to_dict()["window"] is None
    sold = of(found, "Neo", "sold")  # what is left is what Big asks of it for itself
    assert 50 * (sold.in_unit(sold.difference.b) or 0) < (sold.in_unit(sold.difference.a) or 0)
    with pytest.raises(
        NoWindowError, match='right "refusal": is exclusive, and has no window to vary; leave'
    ):
        value_right(alone, "refusal", windows=["1 d"])


def test_both_tables_are_corrected_for_themselves(small: ScenarioFile) -> None:
    found = value_right(small, "refusal", replications=8, workers=1)
    for stakes in (found.payoffs, [stake for each in found.other_windows for stake in each.payoffs]):
        p = sorted(s.difference.p for s in stakes if s.difference.p is not None and not s.difference.equal)
        least = min(s.difference.p_holm for s in stakes if s.difference.p_holm is not None)
        assert least == pytest.approx(min(1, p[0] * len(p)))
    assert {stake.verdict for stake in found.payoffs} <= {
        NO_DIFFERENCE,
        NOT_DISTINGUISHABLE,
        NOT_SURE,
        "better off",
        "worse off",
        "pays less",
        "pays more",
        "owes less",
        "owes more",
    }


def test_a_clock_that_there_is_not(small: ScenarioFile) -> None:
    with pytest.raises(ValueError, match="engine='fast': write one of auto, simpy, compiled"):
        value_right(small, "refusal", engine="fast")


def test_workers_leave_no_trace(small: ScenarioFile) -> None:
    one, two = (
        value_right(small, "refusal", windows=["3 d"], replications=5, workers=n).to_dict() for n in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize(
    ("right", "windows", "error", "said"),
    [
        ("refusl", None, UnknownRightError, 'right "refusl": small has none of this name; did you mean refusal?'),
        ("refusal", ["soon"], ScenarioError, '--set: rights.refusal.window: "soon": is not a duration;'),
        ("refusal", ["5 MW"], ScenarioError, "is a power, expected a duration"),
    ],
)  # fmt: skip
def test_what_cannot_be_valued(
    small: ScenarioFile, right: str, windows: list[str] | None, error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as found:
        value_right(small, right, windows=windows, workers=1)
    assert said in str(found.value)


def test_a_scenario_without_rights(small: ScenarioFile) -> None:
    with pytest.raises(UnknownRightError, match="small has none of this name; it has none at all"):
        value_right(small.replace({"rights": None}), "refusal")


def test_the_command(small: ScenarioFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = [
        "value",
        "refusal",
        str(small.path),
        "--windows",
        "none",
        "--replications",
        "4",
        "--workers",
        "1",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "runs/value-small-refusal"
    kept = json.loads((folder / "value.json").read_text())
    assert {path.suffix for path in folder.iterdir()} == {".json", ".png", ".svg"}
    assert "Big, holder" in done.stdout
    words[words.index("none")] = "0 d, 30 d"
    again = CliRunner().invoke(app, [*words, "--json", "--no-plots"])
    told = json.loads(again.stdout)
    assert list(told["windows"]) == ["0 d", "30 d"]
    assert told["worth"] == kept["worth"]
    assert json.loads((folder / "value.json").read_text()) == kept, "a query writes no files"


def test_the_picture_of_windows(small: ScenarioFile) -> None:
    figure = plot_windows(value_right(small, "refusal", windows=["0 d", "30 d"], replications=3, workers=1))
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown][:2] == [
        "In service for the customer",
        "Wanted and not served",
    ]
    assert {tuple(line.get_xdata()) for axes in shown for line in axes.lines[:1]} == {(0.0, 10.5, 30.0)}


def test_nothing_is_left_where_nothing_was_played(small: ScenarioFile, tmp_path: Path) -> None:
    words = ["value", "refusl", str(small.path), "--out", str(tmp_path / "new")]
    assert isinstance(CliRunner().invoke(app, words).exception, UnknownRightError)
    assert not (tmp_path / "new").exists()
