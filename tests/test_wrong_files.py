# ruff: noqa: E501  (a sentence stands in one line)
"""What does someone read whose file, or whose command, is wrong? Always sentences, exit code 2, and no traceback."""

import re
from pathlib import Path

import pytest
from conftest import Sim

GOOD = """\
start: 2025-01-01
end: 2026-01-01
uncertain: {growth: {uniform: {low: 1, high: 3}}}
hardware: {gb200: {it_kw_per_gpu: 2.1 kW}}
demand:
  chat:
    customer: Lab
    class: inference
    arrivals: {poisson: {rate: 2 /mo}}
    size: 10 MW
    term: 5 y
providers:
  Big: {sites: [West]}
  Neo: {sites: [East]}
rights:
  refusal: {holder: Big, kind: first refusal, over: {customer: Lab, classes: [inference]}}
supplies:
  chips: {unit: GPU, initial: 1000}
  fund: {unit: $, initial: 1 B$}
sites:
  West: {online: 200 MW}
  East:
    online: 10 MW
    buildings:
      Hall: {it_power: 50 MW, planned: 2025-06-01}
      Annex: {it_power: 50 MW, hardware: gb200, begins: 2025-02-01, phases: {shell: {takes: 6 mo, needs: {chips: fill}}}}
"""
ROUND = "extends: wrong.yaml\n"
FAULTY = "end: 2026-01-01\nseed: one\nsites: {West: {online: 5}}\n"
TABLE = (Path(__file__).parent / "data" / "wrong_files.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^== (.*)\n((?:(?!=> |== ).*\n)*?)((?:=> .*\n)+)", TABLE, re.MULTILINE)


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call_sim: Sim) -> Sim:
    """The command, in a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("good.yaml", GOOD), ("round.yaml", ROUND), ("faulty.yaml", FAULTY), ("prose.txt", "To whom it may concern.\n"),
    ):  # fmt: skip
        Path(name).write_text(text)
    return call_sim


def test_the_file_from_which_the_others_are_made_is_right(sim: Sim) -> None:
    code, told, complaint = sim("check", "good.yaml")
    assert (code, complaint) == (0, "")
    assert "good.yaml is right" in told


@pytest.mark.parametrize(("text", "answer"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_said_of_a_wrong_file(sim: Sim, text: str, answer: str) -> None:
    Path("wrong.yaml").write_text(text)
    code, told, complaint = sim("check", "wrong.yaml")
    assert complaint == answer.replace("=> ", "")
    assert (code, told) == (2, "")


def test_the_table_is_read_whole() -> None:
    assert len(CASES) == TABLE.count("\n== ") > 100


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"seed: 1\ntitle: caf\xe9\n", "wrong.yaml:2: is not UTF-8; save the file as UTF-8"),
        ("title: größer\n".encode("utf-16"), "wrong.yaml: is UTF-16; save it as text in UTF-8"),
        (b"seed: 1\ntitle: \x00\n", "wrong.yaml:2: holds the character 0x0000; remove what is not text"),
        (b"\x1f\x8b\x08\x00\x00\x00", "wrong.yaml: is compressed by gzip; save it as text in UTF-8"),
    ],
)
def test_what_is_said_of_a_file_that_is_no_text(sim: Sim, content: bytes, answer: str) -> None:
    Path("wrong.yaml").write_bytes(content)
    assert sim("check", "wrong.yaml") == (2, "", f"{answer}\n")


SETS = """
seed=x
=> --set: seed: "x": is not a whole number; write a number such as 8
rights.refusl.window=5 d
=> --set: rights.refusl.window: is not a path of this scenario: there is no refusl in rights; did you mean rights.refusal.window?
demand.chat.size.sigma=3
=> --set: demand.chat.size.sigma: is not a path of this scenario: there is no sigma in demand.chat.size; set demand.chat.size itself
demand.chat=5
=> --set: demand.chat: "5": does not state a stream; write {customer: ..., ...}
sites.West.online=[1
=> --set: sites.West.online: is not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'; correct the line, or quote the text
sites.West.online=&a 3 MW
=> --set: sites.West.online: "&a": is an alias or an anchor; write it out
sites.West.online=!!str 3
=> --set: sites.West.online: "tag:yaml.org,2002:str": is a tag, and a scenario is data; remove it
providers.Neo.sites.1=West
=> --set: providers.Neo.sites.1: is not a path of this scenario: there is no 1 in providers.Neo.sites; choose one of 0
"""


@pytest.mark.parametrize(("setting", "answer"), re.findall(r"^(\w.*)\n=> (.*\n)", SETS, re.MULTILINE))
@pytest.mark.parametrize("command", ["run", "check", "show", "sources"])
def test_what_is_said_of_a_wrong_override(sim: Sim, command: str, setting: str, answer: str) -> None:
    assert sim(command, "good.yaml", "--set", setting) == (2, "", answer)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            "check nowhere.yaml",
            "nowhere.yaml: cannot be read: No such file or directory; name a scenario file",
        ),
        ("run .", ".: cannot be read: Is a directory; name a scenario file"),
        (
            "show good.yaml --diff prose.txt",
            "prose.txt:1: is not a scenario; write keys, such as start: 2025-01-21",
        ),
        ("run good.yaml --out prose.txt", "prose.txt: is a file; name another folder with --out"),
        (
            "run good.yaml --out prose.txt/here",
            "prose.txt/here: cannot be written (Not a directory); name another folder with --out",
        ),
        (
            "run good.yaml --out /dev/null/here",
            "/dev/null/here: cannot be written (Not a directory); name another folder with --out",
        ),
        (
            "run good.yaml --out .",
            ".: is the folder in which you work, and is not replaced; name a folder in it",
        ),
        ("new good", "good.yaml: is there already; choose another name"),
        (
            "new nowhere/mine",
            "nowhere/mine.yaml: cannot be written (No such file or directory); choose another place",
        ),
        ("plot .", ".: holds no run of sim; make one with: sim run SCENARIO --out ."),
    ],
)
def test_what_is_said_of_a_wrong_place(sim: Sim, words: str, answer: str) -> None:
    before = sorted(Path().rglob("*"))
    assert sim(*words.split()) == (2, "", f"{answer}\n")
    assert sorted(Path().rglob("*")) == before, "nothing was written"


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_metric_that_is_expected_and_is_not_there(sim: Sim, command: str) -> None:
    """Told before the run, so that nothing is played in vain."""
    code, _, complaint = sim(command, "good.yaml", "--set", "expect=[unservd_mw.mean.p90 < 3]")
    assert code == 2
    assert complaint == (
        '--set: expect.0: "unservd_mw.mean.p90 < 3": there is no metric unservd_mw.mean;'
        " did you mean unserved_mw.mean?\n"
    )
    assert not Path("runs").exists()


USAGE = [
    ("run", "Missing argument"),
    ("rn good.yaml", "No such command 'rn'"),
    ("run good.yaml --sett seed=1", "No such option: --sett"),
    ("run good.yaml --replications 0", "--replications"),
    ("run good.yaml --seed -1", "--seed"),
    ("run good.yaml --workers 0", "--workers"),
    ("run good.yaml --tables some", "--tables"),
    ("run good.yaml --plots pie", "there is no plot pie; there are supply_and_demand"),
    (
        "run good.yaml --tables none --plots money",
        "with --tables none there is nothing to plot; use --tables summary",
    ),
    ("check good.yaml --set seed", '"seed": write PATH=VALUE, e.g. "rights.first refusal.window=90 d"'),
    ("check good.yaml --set =1", '"=1": write PATH=VALUE, e.g. "rights.first refusal.window=90 d"'),
]


@pytest.mark.parametrize(("words", "answer"), USAGE)
def test_what_is_said_of_a_wrong_command(sim: Sim, words: str, answer: str) -> None:
    code, told, complaint = sim(*words.split())
    assert answer in " ".join(complaint.replace("│", " ").split())
    assert (code, told) == (2, "")
