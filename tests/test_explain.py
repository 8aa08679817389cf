"""The story of one request: whole stories of hand-made scenarios, and that they agree with the tables."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from conftest import written

import sim
from sim.cli import completion
from sim.cli import main as cli
from sim.explain.explanation import explain_request
from sim.explain.record import ExplanationError
from sim.results.run import RunResult, read_run
from sim.scenario.faults import one_line
from sim.scenario.schema import ScenarioFile
from sim.show.pages.explain import explain_lines, explain_to_dict
from sim.study.run import run_scenario

HEAD = "start: 2025-01-01\nend: 2025-07-01\n"
STORIES = Path(__file__).parent / "data" / "stories.txt"
CASES = [part.partition("\n") for part in STORIES.read_text().removeprefix("## ").split("\n## ")]
TWO = """
demand:
  s: {customer: Lab, arrivals: {deals: {A: {asked: 2025-02-01, size: 50 MW}}}, term: 60 d}
providers: {H: {sites: [West]}, O: {sites: [East]}}
rights: {R: {holder: H, kind: first refusal}}
sites: {West: {online: 40 MW}, East: {online: 30 MW}}
"""


def run_text(folder: Path, text: str, **how: Any) -> RunResult:
    """One replication of a scenario."""
    return run_scenario(written(folder)(HEAD + text, "case"), replications=1, workers=1, **how)


def lines(run: RunResult, request: str, **how: Any) -> list[str]:
    """The story as it goes into a pipe, without its heading."""
    return list(explain_lines(explain_request(run, request, **how)))[1:]


@pytest.mark.parametrize(("text", "name"), [(text, name) for name, _, text in CASES], ids=lambda _: "")
def test_story(tmp_path: Path, text: str, name: str) -> None:
    """Each story of `data/stories.txt`, worked by hand: a scenario, and what is told of its deal A (or Big)."""
    scenario, _, story = text.partition("\n\n")
    heading, *expected = story.rstrip("\n").split("\n")
    run = run_text(tmp_path, scenario)
    request = "Big" if "Big:" in scenario else "A"
    assert lines(run, request) == expected, name
    assert next(explain_lines(explain_request(run, request))) == f"{heading} of case, replication 0, seed 1"


@pytest.mark.parametrize("replication", [0, 1])
def test_a_story_agrees_with_the_tables(small: ScenarioFile, replication: int) -> None:
    """To the kW and the microsecond, for every third request of a world with a little of everything."""
    run = run_scenario(small, replications=2, workers=1)

    def rows(table: str, request: int) -> list[dict[str, Any]]:
        return run.table(table).filter(replication=replication, request=request).rows(named=True)

    kinds = set()
    requests = run.table("requests").filter(replication=replication)
    for row in requests.rows(named=True)[::3]:
        r = row["request"]
        story = explain_request(run, str(r), replication).timeline
        assert story.request == row
        assert [(p["provider"], p["site"], p["kw"], p["promised"]) for p in story.commitments] == [
            (c["provider"], c["site"], c["kw"], c["promised"]) for c in rows("commitments", r)
        ]
        assert sorted((d["start"], d["site"], d["kw"]) for d in story.deliveries) == sorted(
            (d["start"], d["site"], d["kw"]) for d in rows("deliveries", r)
        )
        lost = [event for event in story.events if event.kind == "gave up"]
        assert sum(event.facts["kw"] for event in lost) == row["lost_kw"]
        answers = [e for e in story.events if e.kind == "answered" and e.facts["first_round"]]
        assert [(e.at, e.facts["taken_kw"]) for e in answers] == (
            [(row["answered"], row["holder_kw"])] if row["holder_kw"] is not None else []
        )
        assert [e.facts["reason"] for e in answers] == [row["reason"]] * len(answers)
        offers = [e for e in story.events if e.kind == "offered" and e.facts["first_round"]]
        if row["right"] is None and offers:
            first = offers[0].facts["ranking"][0]
            assert (first["provider"], first["taken_kw"]) == (row["asked_first"], row["first_kw"])
        for event in story.events:
            if event.kind == "missed":
                assert event.facts["late"] or event.facts["outage_kw"]
        kinds |= {event.kind for event in story.events}
    assert kinds >= {"put", "answered", "offered", "delivered", "ended", "waits", "outcome"}


def test_what_is_seen_at_a_moment_is_what_the_table_capacity_says(tmp_path: Path) -> None:
    """The state before the only thing that happens in an instant is the row of `capacity` before it."""
    run = run_text(tmp_path, TWO)
    story = explain_request(run, "0").timeline
    capacity = run.table("capacity").filter(time=datetime(2025, 1, 1))
    seen = [e.facts["seen"] for e in story.events if e.kind == "answered"]
    seen += [place["seen"] for e in story.events if e.kind == "offered" for place in e.facts["ranking"]]
    for provider in seen:
        for site in provider["sites"]:
            (row,) = capacity.filter(site=site["site"]).rows(named=True)
            for name in ("online_kw", "planned_kw", "committed_kw"):
                assert site[name] == row[name]
    assert [site["room_kw"] for provider in seen for site in provider["sites"]] == [40_000, 30_000]


@pytest.mark.parametrize("split", ["anywhere", "one site"])
def test_what_each_takes_follows_from_what_is_told_of_it(small: ScenarioFile, split: str) -> None:
    """The placing rule, put to the rooms that the story tells, in the order that it tells; two sell from one site."""
    busy = small.replace({"demand.chat.arrivals.poisson.rate": "12 /mo", "demand.chat.split": split})
    run = run_scenario(busy, replications=1, workers=1)
    refused = 0
    for row in run.table("requests").rows(named=True)[::3]:
        offers = [e for e in explain_request(run, str(row["request"])).timeline.events if e.kind == "offered"]
        for place in (place for offer in offers for place in offer.facts["ranking"]):
            sites, left, taken = place["seen"]["sites"], place["offered_kw"], 0
            kept = place["seen"]["keeps_back_kw"]
            cap = max(0, sum(site["room_kw"] for site in sites) - kept) if kept else left
            for site in sites:
                free = min(site["room_kw"], cap) // row["block_kw"] * row["block_kw"]
                kw = left if free >= left else free if row["split"] == "anywhere" else 0
                taken, left, cap = taken + kw, left - kw, cap - kw
            assert taken == place["taken_kw"], row["request"]
            refused += left > 0 and taken == 0
    assert refused > 5


# With a key set anew


def test_the_same_request_beside_it(tmp_path: Path) -> None:
    run = run_text(tmp_path, TWO)
    page_lines = lines(run, "s:0", overrides={"rights.R.max_utilization": "50 %"})
    assert page_lines[page_lines.index("") :] == [
        "",
        "With rights.R.max_utilization=50 %",
        "2025-02-01        Lab asks for 50 MW, wanted at once for 60 days; never gives up.",
        "                  It is the deal A.",
        '                  The right "R" decides (over all customers, from 2025-01-01 for good): H is asked first,'
        " and answers at once.",
        "                  H takes 20 MW of 50 MW, because of its utilization cap: 50 % of what is online, and"
        " planned within reach, leaves 20 MW; else it would take 40 MW.",
        "                    20 MW at West, at once",
        "                  Overflow: 30 MW offered to who promises it soonest, then to who takes most:",
        "                    1. O takes 30 MW",
        "                      30 MW at East, at once",
        "                  20 MW begin to serve at West (H), as promised.",
        "                  30 MW begin to serve at East (O), as promised.",
        "2025-04-02        50 MW end.",
        "                  Outcome: served whole, all 50 MW by 2025-02-01, when it was wanted.",
        "",
        "What differs:",
        "  taken by the holder: 40 MW; there 20 MW",
        "  what limited the holder: room; there utilization",
        "  promises: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
        " there 20 MW at West (H) 2025-02-01 and 30 MW at East (O) 2025-02-01",
        "  deliveries: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
        " there 20 MW at West (H) 2025-02-01 and 30 MW at East (O) 2025-02-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("overrides", "verdict"),
    [
        ({"rights.R.window": "0 d"}, ["Nothing differs."]),
        (
            {"sites.West.online": "60 MW", "sites.East.online": "0 MW"},
            [
                "What differs:",
                "  taken by the holder: 40 MW; there 50 MW",
                "  what limited the holder: room; there none",
                "  promises: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
                " there 50 MW at West (H) 2025-02-01",
                "  deliveries: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
                " there 50 MW at West (H) 2025-02-01",
            ],
        ),
        (
            {"demand.s.lead": "9 d"},
            [
                "What differs:",
                "  wanted from: 2025-02-01; there 2025-02-10 (9 days later)",
                "  first in service: 2025-02-01; there 2025-02-10 (9 days later)",
                "  all in service: 2025-02-01; there 2025-02-10 (9 days later)",
                "  promises: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
                " there 40 MW at West (H) 2025-02-10 and 10 MW at East (O) 2025-02-10",
                "  deliveries: 40 MW at West (H) 2025-02-01 and 10 MW at East (O) 2025-02-01;"
                " there 40 MW at West (H) 2025-02-10 and 10 MW at East (O) 2025-02-10",
            ],
        ),
        (
            {"sites.East.online": "31 MW"},
            ["What became of it does not differ; what stood behind it does."],
        ),
        (
            {"demand.s.arrivals": "{deals: {Z: {asked: 2025-08-01, size: 1 MW}}}"},
            ["With demand.s.arrivals={deals: {Z: {asked: 2025-08-01, size: 1 MW}}} there is no request s:0 in this"
             " replication."],
        ),
    ],
)  # fmt: skip
def test_what_differs(tmp_path: Path, overrides: dict[str, object], verdict: list[str]) -> None:
    page_lines = lines(run_text(tmp_path, TWO), "A", overrides=overrides)
    assert page_lines[-len(verdict) :] == verdict


def test_another_request_of_that_name_is_said_to_be_another(tmp_path: Path) -> None:
    page_lines = lines(run_text(tmp_path, TWO), "A", overrides={"demand.s.arrivals.deals.A.size": "20 MW"})
    assert (
        "With demand.s.arrivals.deals.A.size=20 MW the draws of s mean other requests: s:0 is another one there,"
        " by size."
    ) in page_lines
    assert "  size: 50 MW; there 20 MW" in page_lines


@pytest.mark.parametrize("key", ["seed", "replications"])
def test_the_draws_stay_the_same(tmp_path: Path, key: str) -> None:
    with pytest.raises(ExplanationError) as error:
        explain_request(run_text(tmp_path, TWO), "A", overrides={key: "3"})
    assert str(error.value) == f"{key}: the same replication is played under the same draws; leave it out"


# Which request


def test_which_requests_are_worth_a_look(tmp_path: Path) -> None:
    run = run_text(tmp_path, TWO.replace("50 MW}}}", "50 MW}, B: {asked: 2025-03-01, size: 25 MW}}}"))
    notable = (
        "in replication 0 they are numbered 0 to 1; write a number, STREAM:NUMBER, or the name of a deal."
        " Worth a look:\n"
        "  0 (s:0): the largest, 50 MW\n"
        "  1 (s:1): waited longest, 32 days\n"
        "  0 (s:0): its holder was limited by room, 50 MW"
    )
    for request, message in ((None, "say which request: "), ("s:7", 'there is no request "s:7"; ')):
        with pytest.raises(ExplanationError) as error:
            explain_request(run, request)
        assert str(error.value) == message + notable


def test_a_request_has_three_names(tmp_path: Path) -> None:
    run = run_text(tmp_path, TWO)
    stories = [explain_request(run, name).timeline for name in ("0", "s:0", "A")]
    assert stories[0] == stories[1] == stories[2]


def test_a_replication_that_is_not_there(small: ScenarioFile) -> None:
    with pytest.raises(ExplanationError) as error:
        explain_request(run_scenario(small, replications=2, workers=1), "0", 2)
    assert str(error.value) == "replication 2 is not in this run; it has 0 to 1"


# What the run did not keep


def test_without_tables_the_replication_is_played_again(small: ScenarioFile) -> None:
    kept, bare = (run_scenario(small, replications=2, workers=1, tables=t) for t in ("all", "none"))  # type: ignore[arg-type]
    explanation = explain_request(bare, "5", 1)
    assert explanation.timeline == explain_request(kept, "5", 1).timeline
    assert explanation.notes == ["The run kept no tables; replication 1 was played again"]


def own(request: sim.model.callbacks.Request, offers: list[sim.model.callbacks.Offer]) -> list[str]:
    """East first."""
    return ["O", "H"]


def test_a_policy_of_the_users_own_is_not_guessed(tmp_path: Path) -> None:
    """The tables alone: what was promised, and no ranking that nobody recorded."""
    run = run_text(tmp_path, TWO.replace("rights: {R: {holder: H, kind: first refusal}}\n", ""), policy=own)
    explanation = explain_request(run, "A")
    assert explanation.notes == [
        "The run had its own policy, not kept with it: who was asked in which order, and who had how much room,"
        " is not known"
    ]
    assert list(explain_lines(explanation))[3:9] == [
        "                  No right decides.",
        "                  what is left is taken, in an order that is not known:",
        "                    O takes 30 MW",
        "                      30 MW at East, at once",
        "                    H takes 20 MW",
        "                      20 MW at West, at once",
    ]
    with pytest.raises(ExplanationError) as error:
        explain_request(run, "A", overrides={"sites.West.online": "60 MW"})
    assert str(error.value) == f"{explanation.notes[0]}, nor what would come of another key"


def test_a_holder_of_the_users_own_is_not_said_to_lack_appetite(tmp_path: Path) -> None:
    run = run_text(tmp_path, TWO, answer=lambda request, offer: 0)
    assert "                  H takes nothing, as its own answer says." in lines(run, "A")


def test_a_trace_that_is_gone(tmp_path: Path) -> None:
    """A saved run is told from its tables; with its trace there, also who had room."""
    trace = tmp_path / "jobs.csv"
    trace.write_text("asked,size,term\n0,8,3600\n100,4,7200\n200,8,3600\n")
    text = """
demand:
  jobs:
    customer: Lab
    arrivals: {trace: {file: jobs.csv, format: csv, columns: {asked: asked, size: size, term: term}}}
providers: {O: {sites: [East]}}
sites: {East: {online: 10 kW}}
"""
    run_text(tmp_path, text, out=tmp_path / "out")
    saved = read_run(tmp_path / "out")
    assert lines(saved, "jobs:2") == [
        "2025-01-01 00:03  Lab asks for 8 kW, wanted at once for 1 hour; never gives up.",
        "                  No right covers it.",
        "                  8 kW offered to who promises it soonest, then to who takes most:",
        "                    1. O takes nothing: no room, East: 10 kW online, 10 kW committed",
        "                  8 kW wait, promised by nobody.",
        "2025-01-01 01:00  Off the waiting list: 8 kW offered to who promises it soonest, then to who takes"
        " most:",
        "                    1. O takes 6 kW of 8 kW",
        "                      6 kW at East, at once",
        "                  6 kW begin to serve at East (O), as promised.",
        "2025-01-01 02:00  6 kW end.",
        "                  Off the waiting list: 2 kW offered to who promises it soonest, then to who takes"
        " most:",
        "                    1. O takes 2 kW",
        "                      2 kW at East, at once",
        "                  2 kW begin to serve at East (O), as promised.",
        "2025-01-01 03:00  2 kW end.",
        "                  Outcome: served whole, all 8 kW by 2025-01-01 02:00, 1.9 hours after it was wanted.",
    ]
    trace.unlink()
    explanation = explain_request(saved, "jobs:2")
    assert explanation.notes == [
        f'The trace "{one_line(str(trace))}" cannot be read again, as it is not a file: who was asked in which order,'
        " and who had how much room, is not known"
    ]
    assert list(explain_lines(explanation))[2:4] == [
        "                  No right decides.",
        "                  8 kW wait, promised by nobody.",
    ]


def test_a_run_of_another_version_is_told_from_its_tables(tmp_path: Path) -> None:
    """Where playing it again comes out otherwise, nothing seen then is put beside what the tables say."""
    run = run_text(tmp_path, TWO)
    run.provenance["versions"]["rofr"] = "0.0.9"
    run.loaded_tables["requests"] = run.table("requests").with_columns(appetite_draw=pl.lit(0.5))
    explanation = explain_request(run, "A")
    assert explanation.notes == [
        f"Played again by version {version('rofr')}, the replication comes out otherwise than version 0.0.9 recorded"
        " it: who was asked in which order, and who had how much room, is not known"
    ]
    with pytest.raises(ExplanationError) as error:
        explain_request(run, "A", overrides={"sites.West.online": "60 MW"})
    assert str(error.value) == f"{explanation.notes[0]}, nor what would come of another key"
    assert "                  H takes 40 MW of 50 MW, for want of room." in list(explain_lines(explanation))


# On the command line, in a notebook, and in a shell


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A run in a folder."""
    run_text(tmp_path, TWO, out=tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def command(
    saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `sim explain` on that folder: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sim", "explain", str(saved), *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (int(ended.value.code or 0), *capsys.readouterr())

    return run


def test_the_command_in_a_pipe(command: Callable[..., Any], saved: Path) -> None:
    code, out, err = command("A")
    assert (code, err) == (0, "")
    assert out.splitlines() == list(explain_lines(explain_request(read_run(saved), "A")))


def test_the_command_as_json(command: Callable[..., Any]) -> None:
    code, out, err = command("A", "--set", "sites.West.online=60 MW", "--json")
    content = json.loads(out)
    assert (code, err) == (0, "")
    assert content["story"]["request"]["asked"] == "2025-02-01T00:00:00"
    assert [(e["at"], e["kind"]) for e in content["other"]["events"]] == [
        ("2025-02-01T00:00:00", "asked"),
        ("2025-02-01T00:00:00", "put"),
        ("2025-02-01T00:00:00", "answered"),
        ("2025-02-01T00:00:00", "delivered"),
        ("2025-04-02T00:00:00", "ended"),
        ("2025-04-02T00:00:00", "outcome"),
    ]
    assert {"what": "holder_kw", "here": 40_000, "there": 50_000} in content["differences"]


def test_the_command_without_a_request(command: Callable[..., Any]) -> None:
    code, out, err = command()
    assert (code, out) == (2, "")
    assert err.startswith("say which request: in replication 0 they are numbered 0 to 0;")


def test_the_command_with_a_key_that_cannot_be(command: Callable[..., Any]) -> None:
    assert command("A", "--set", "rights.R.windw=3 d") == (
        2,
        "",
        "--set: rights.R.windw: is not a path of this scenario: there is no windw in rights.R;"
        " did you mean rights.R.window?\n",
    )


def test_the_command_says_that_it_played_again(tmp_path: Path, command: Callable[..., Any]) -> None:
    run_text(tmp_path, TWO, out=tmp_path / "out", tables="none")
    code, out, err = command("A")
    assert (code, err) == (0, "The run kept no tables; replication 0 was played again\n")
    assert out.startswith("Request 0 (s:0) of case, replication 0, seed 1\n2025-02-01  ")


def test_in_python(saved: Path) -> None:
    result = sim.open_run(saved)
    explanation = result.explain(0)
    assert repr(explanation).splitlines()[:3] == [
        "Request 0 (s:0) of case, replication 0, seed 1",
        "2025-02-01  Lab asks for 50 MW, wanted at once for 60 days; never gives up.",
        "            It is the deal A.",
    ]
    assert max(len(line) for line in repr(explanation).splitlines()) <= 100
    assert explanation.to_dict() == explain_to_dict(explain_request(result.run, "A"))
    beside = result.explain("A", overrides={"rights.R.window": "9 d"})._repr_html_()
    assert "as it was" in beside
    assert "with rights.R.window=9 d" in beside


def test_what_a_shell_is_offered(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved.parent)
    assert completion.complete_run_folders("") == ["out"]
    assert completion.complete_run_folders("ou") == ["out"]
    assert completion.complete_run_folders("ca") == []
    (saved.parent / "runs").mkdir()
    saved.rename(saved.parent / "runs" / "base")
    assert completion.complete_run_folders("runs/") == completion.complete_run_folders("") == ["runs/base"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sim explain ou", ["out"]),
        ("sim explain out A --set overflow.p", ["overflow.policy="]),
        ("sim explain out --set rights.R.hold", ["rights.R.holder=", "rights.R.holds_capacity="]),
        ("sim explain nowhere A --set overflow.p", []),
    ],
)
def test_what_a_shell_completes(
    saved: Path, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]
) -> None:
    """Through typer, as bash asks."""
    from typer._completion_classes import BashComplete, completion_init

    monkeypatch.chdir(saved.parent)
    completion_init()
    monkeypatch.setenv("COMP_WORDS", line.replace(" ", "\n"))
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    shell = BashComplete(typer.main.get_command(cli.app), {}, "sim", "_SIM_COMPLETE")
    assert shell.complete().split() == offered
