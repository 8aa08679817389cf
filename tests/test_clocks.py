"""Both clocks are one market: the same tables, row for row and in all columns, whatever is played.

With the compiler off (NUMBA_DISABLE_JIT=1) the compiled market runs as plain Python, with NUMBA_BOUNDSCHECK=1 it
looks at every index: CI runs this file once with each, with the Hypothesis profile `few`.
"""

import math
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import alike
import numpy as np
import pytest
import scripted
from cases import Case, cases
from conftest import SMALL, written
from hypothesis import HealthCheck, event, given, seed, settings
from test_traces import LOGS, replay, shared

from sim.model.callbacks import Offer, Request, UserAnswer, UserPolicy
from sim.model.compiled import cache
from sim.model.compiled.callbacks import NotCompilableError
from sim.model.compiled.compiler import COMPILER_OFF
from sim.model.compiled.market import Market as Compiled
from sim.model.outcomes import REFUSAL_REASONS, ReleaseReason, RequestStatus
from sim.model.run import Run, play
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

SCENARIOS = sorted(Path("scenarios").resolve().glob("*.yaml"))
EAGER = settings(deadline=None, suppress_health_check=list(HealthCheck))
needs_compiler = pytest.mark.skipif(COMPILER_OFF, reason="the compiler is off")


def on_both(scenario: ScenarioFile, replication: int = 0, **own: Any) -> Run:
    """A replication, the same on both clocks."""
    one, other = (play(scenario, 1, replication, engine=clock, **own) for clock in ("simpy", "compiled"))
    alike.check(one, other)
    return one


# Hand-made worlds.


@EAGER
@given(cases() | cases(busy=True))
def test_both_clocks_are_one_market(case: Case) -> None:
    run = scripted.played(case)
    for table in alike.TABLES:
        event(f"{table}: {min(len(getattr(run, table)) // 5 * 5, 20)} rows or more")
    alike.check(run, scripted.played(case, Compiled))


def test_the_cases_are_not_thin() -> None:
    """What the clocks are compared on holds some of all that can happen."""
    seen: Counter[str] = Counter()

    @seed(1)  # not derandomized, since that takes the seed from the text of this function
    @settings(EAGER, max_examples=200, database=None)
    @given(cases(busy=True))
    def count(case: Case) -> None:
        run = scripted.played(case)
        asked, became, made = run.inputs.requests, run.requests, run.commitments
        right = became["right"]
        rights = [run.inputs.rights[k] if k >= 0 else None for k in right.tolist()]
        windows = [asked.windows[k][r] if k >= 0 else 0 for r, k in enumerate(right.tolist())]
        seen.update(
            {
                "requests at one instant": len(asked) - len(np.unique(asked.asked)),
                "commitments": len(made),
                "presold": int((made["promised"] > made["committed"]).sum()),
                "late": int((run.deliveries["start"] > run.deliveries["promised"]).sum()),
                "given up": int((run.releases["why"] == ReleaseReason.GAVE_UP).sum()),
                "shed": int((run.releases["why"] != ReleaseReason.GAVE_UP).sum()),
                "held": sum(
                    k is not None and k.holds_capacity and w > 0 for k, w in zip(rights, windows, strict=True)
                ),
                "exclusive": sum(k is not None and k.is_exclusive for k in rights),
                "waiting at the end": int((became["status"] == RequestStatus.WAITING).sum()),
                **{why: int((became["reason"] == k).sum()) for k, why in enumerate(REFUSAL_REASONS)},
            }
        )

    count()
    assert seen["commitments"] > 1000
    assert seen["requests at one instant"] > 700
    thin = {what: n for what, n in seen.items() if n < {"delay": 1, "partial": 0}.get(what, 10)}
    assert not thin, seen


# What grows.


def crowd(seed: int) -> Case:
    """Hundreds at once, so that all that a state has space for grows more than once: who waits, what is due, the
    queues of sites, held kW, plans, releases, and the promises of one request.
    """
    luck = random.Random(seed)
    sites = {f"s{k}": 3 for k in range(24)}
    buildings = [(f"s{k}", f"b{i}", 2 + i % 3, 3 + i) for k in range(24) for i in range(20)]
    tell = {"building": None, "date": None}
    told = [
        {"at": 0, "site": s, "building": b, "event": "planned", "kw": kw, "date": day}
        for s, b, kw, day in buildings
    ]
    for s, b, kw, day in buildings:
        off = luck.random() < 0.4
        told.append(tell | {"at": day - off, "site": s, "building": b, "kw": kw}
                    | {"event": "cancelled" if off else "online"})  # fmt: skip
    order = ["planned", "online", "cancelled"]
    told.sort(key=lambda news: (news["at"], order.index(news["event"])))
    names = list(sites)
    requests = [
        {
            "stream": "a", "customer": luck.choice("AB"), "class": "x", "only": None, "asked": at,
            "wanted": at + luck.choice([0, 1, 5]), "block": 1, "split": luck.choice(["anywhere", "one site"]),
            "size": luck.choice([4, 60, 60]), "priority": luck.choice([0, 0, 1]), "term": luck.randint(1, 9),
            "draws": {"H": luck.random(), "P": luck.random()}, "windows": {"R": luck.choice([0, 2, 2])},
        }
        for at in sorted(luck.choices([0, 0, 1, 4, 9], k=400))
    ]  # fmt: skip
    for asked in requests:
        asked["gives_up"] = luck.choice([None, asked["wanted"] + 4, asked["wanted"] + 4])
    right = {
        "name": "R", "holder": "H", "kind": "first refusal", "customer": "A", "classes": None, "from": 0,
        "until": None, "appetite": 700_000, "max_utilization": 900_000, "max_delay": "match", "partial": True,
        "holds_capacity": True,
    }  # fmt: skip
    plain = {"site_policy": "soonest", "appetite": None}
    return {
        "end": 30, "sites": sites, "told": told, "bypass": True, "moves": True, "rights": [right],
        "requests": requests,
        "providers": {
            "H": {"sites": names[:12], "presells": 20, "price": None, "keeps_back": 0} | plain,
            "P": {"sites": names[::-1], "presells": 20, "price": 1, "keeps_back": 5} | plain,
        },
        "overflow": {"policy": "soonest", "order": ["H", "P"]},
        "in_place": [],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_grows_is_grown(seed: int) -> None:
    case = crowd(seed)
    run = scripted.played(case)
    assert len(run.commitments) > len(case["requests"]) + 16
    assert len(run.releases) > 64
    assert np.bincount(run.commitments["request"]).max() > 16
    alike.check(run, scripted.played(case, Compiled))


# Scenarios and traces.


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_are_the_same_on_both_clocks(path: Path) -> None:
    for replication in range(3):
        on_both(read_scenario(path), replication)


def test_a_little_of_everything_is_the_same_on_both_clocks(small: ScenarioFile) -> None:
    for replication in range(6):
        on_both(small, replication)


@shared
@needs_compiler
@pytest.mark.parametrize("log", LOGS)
def test_recorded_logs_are_the_same_on_both_clocks(tmp_path: Path, log: str) -> None:
    sites = {"philly": "A:640, B:40, C:20", "KTH": "A:100, B:12, C:6"}.get(log, "A:64, B:32, C:1024")
    for more in ("", "waiting: {bypass: false}"):
        alike.check(*(replay(tmp_path, log, sites, more, clock) for clock in ("simpy", "compiled")))


# Triggers: what fires between two events of the world.

TRIGGERED = """\
start: 2025-01-01
end: 2027-01-01
demand:
  chat:
    customer: Lab
    arrivals: {{poisson: {{rate: 6 /mo}}}}
    size: {{lognormal: {{median: 9 MW, sigma: 0.9}}}}
    term: {{exponential: {{mean: 8 mo}}}}
    lead: 20 d
    patience: 90 d
    split: {split}
providers: {{Neo: {{sites: [West, East], presells: 12 mo}}, Big: {{sites: [East], presells: 3 mo}}}}
rights: {{r: {{holder: Big, kind: first refusal, window: 9 d, holds_capacity: true, until: 2026-03-01}}}}
supplies: {{crews: {{unit: crew, initial: 2, returned: true}}}}
sites:
  West:
    online: 60 MW
    buildings:
      Hall: {{count: 6, it_power: 25 MW, when: committed > {share} %, {how}}}
  East:
    online: 20 MW
    outages: {{every: {{exponential: {{mean: 90 d}}}}, lasts: 4 d, takes: 30 %}}
    buildings:
      Wing: {{count: 3, it_power: 15 MW, when: committed > 50 %, cancelled: {{chance: 30 %, on: 2025-09-01}}, {how}}}
      Annex: {{it_power: 40 MW, planned: 2025-06-01, slip: 30 d, retired: 2026-06-01}}
"""
PHASES = "phases: {shell: {takes: {exponential: {mean: 60 d}}, needs: {crews: 1}}, fit out: {takes: 20 d}}"
WAYS = {
    "at once": "phases: {shell: {takes: 0 d}}",
    "in phases": PHASES,
    "announced": f"planned: 2026-01-01, {PHASES}",
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("share", [0, 40, 80, 99])
def test_a_trigger_fires_in_the_same_instant_on_both_clocks(tmp_path: Path, share: int, how: str) -> None:
    scenario = written(tmp_path)(TRIGGERED.format(share=share, how=WAYS[how], split="anywhere"))
    heard = [on_both(scenario, replication).buildings for replication in range(4)]
    assert sum(len(news) for news in heard) > 40


def test_a_trigger_fires_at_what_one_request_commits(tmp_path: Path) -> None:
    """Between two events of the world: 70 of 100 MW are committed on 5 and 15 of March, and the building that this
    begins is announced on the next midnight, planned two months after its begin.
    """
    scenario = written(tmp_path)(
        """\
start: 2025-01-01
end: 2026-01-01
demand:
  few:
    customer: Lab
    term: 1 y
    arrivals:
      deals:
        one: {asked: 2025-03-05T10:00:00Z, size: 40 MW}
        two: {asked: 2025-03-15T06:00:00Z, size: 30 MW}
        three: {asked: 2025-03-15T18:00:00Z, size: 5 MW}
providers: {P: {sites: [S]}}
sites:
  S:
    online: 100 MW
    buildings:
      Hall: {it_power: 50 MW, when: committed > 60 %, phases: {shell: {takes: 60 d}}}
"""
    )
    news = on_both(scenario).buildings
    day = 86_400_000_000
    assert (news["at"] / day).tolist() == [74, 73.25 + 60]
    assert (news["date"][:1] / day).tolist() == [73.25 + 60]


# A user's own functions.


def cheapest_first(request: Request, offers: Sequence[Offer]) -> list[str]:
    ranked = sorted(
        offers, key=lambda offer: 1e9 if offer.price_usd_per_kw_day is None else offer.price_usd_per_kw_day
    )
    return [offer.provider for offer in ranked]


def small_first(request: Request, offers: Sequence[Offer]) -> list[str]:
    able = [offer for offer in offers if offer.kw == request.uncommitted_kw]
    return [offer.provider for offer in sorted(able or offers, key=lambda offer: offer.room_kw)]


def by_promise(request: Request, offers: Sequence[Offer]) -> list[str]:
    """Those who promise something, and among them the last of the soonest first."""
    first, day = "", 1e9
    for offer in offers:
        if offer.promised_day is not None and offer.promised_day <= day:
            first, day = offer.provider, offer.promised_day
    rest = [offer.provider for offer in offers if offer.promised_day is not None and offer.provider != first]
    return [first, *rest] if first else rest


def by_customer(request: Request, offers: Sequence[Offer]) -> list[str]:
    names = [offer.provider for offer in offers]
    return names[::-1] if request.customer == "Lab" and request.class_ == "inference" else names


def in_turns(request: Request, offers: Sequence[Offer]) -> list[str]:
    n = len(offers)
    return [offers[(k + request.number) % n].provider for k in range(n)]


def only_neo(request: Request, offers: Sequence[Offer]) -> list[str]:
    return ["Neo"]


def by_all_that_is_told(request: Request, offers: Sequence[Offer]) -> list[str]:
    days = (
        request.asked_day + request.wanted_day + request.term_days + request.now_day + request.appetite_draw
    )
    if request.gives_up_day is not None:
        days += request.gives_up_day
    letters = len(request.stream) + len(request.customer)
    if request.class_ is not None:
        letters += len(request.class_)
    kw = request.size_kw + request.uncommitted_kw + request.number
    for offer in offers:
        kw += offer.kw + offer.room_kw
        if offer.promised_day is not None:
            days += offer.promised_day
        if offer.price_usd_per_kw_day is not None:
            days += offer.price_usd_per_kw_day
    turn = (int(10 * days) + kw + letters) % len(offers)
    return [offer.provider for offer in offers[turn:]] + [offer.provider for offer in offers[:turn]]


POLICIES: list[UserPolicy] = [
    cheapest_first, small_first, by_promise, by_customer, in_turns, only_neo, by_all_that_is_told,
]  # fmt: skip


def half(request: Request, offer: Offer) -> float:
    return offer.kw / 2


def everything(request: Request, offer: Offer) -> float:
    return math.inf


def nothing_in_haste(request: Request, offer: Offer) -> float:
    if request.gives_up_day is None or offer.promised_day is None:
        return 0.0
    return (
        float(offer.room_kw) if request.gives_up_day - request.now_day > 60 + request.term_days / 30 else -3.5
    )


def odd_ones(request: Request, offer: Offer) -> int:
    return offer.room_kw * (request.number % 2)


ANSWERS: list[UserAnswer] = [half, everything, nothing_in_haste, odd_ones]

OWN = SMALL.replace("until: 2025-09-01", "until: 2025-09-01\n    holds_capacity: true").replace(
    ", price: 11 M$/MW/y}", "}"
)
"""With a hold, and a provider without a price."""


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_an_own_policy_is_the_same_on_both_clocks(tmp_path: Path, policy: UserPolicy) -> None:
    scenario = written(tmp_path)(OWN)
    first = [on_both(scenario, k, policy=policy).requests["asked_first"].tolist() for k in range(2)]
    if policy is only_neo:
        assert {1} < {provider for of in first for provider in of}, (
            "where no right counts, Neo alone is asked"
        )


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_an_own_answer_is_the_same_on_both_clocks(tmp_path: Path, answer: UserAnswer) -> None:
    scenario = written(tmp_path)(OWN)
    taken = [on_both(scenario, k, answer=answer).requests["holder_kw"].sum() for k in range(2)]
    assert sum(taken) > 0


def test_an_own_policy_and_answer_together(tmp_path: Path) -> None:
    on_both(written(tmp_path)(OWN), policy=in_turns, answer=odd_ones)


def a_stranger(request: Request, offers: Sequence[Offer]) -> list[str]:
    return ["Nobody"]


def one_twice(request: Request, offers: Sequence[Offer]) -> list[str]:
    return [offers[0].provider, offers[0].provider]


def no_number(request: Request, offer: Offer) -> float:
    return math.nan


@pytest.mark.parametrize("clock", ["simpy", "compiled"])
@pytest.mark.parametrize("own", [a_stranger, one_twice, no_number])
def test_a_function_that_breaks_its_word_is_told_so_on_both_clocks(
    small: ScenarioFile, own: Any, clock: Any
) -> None:
    words = {
        "a_stranger": "it may name each of|the policy may name each provider that it is offered once",
        "one_twice": "it may name each of|the policy may name each provider that it is offered once",
        "no_number": "the answer returned nan; it must return a number of kW",
    }
    how = {"answer": own} if own is no_number else {"policy": own}
    with pytest.raises(ValueError, match=words[own.__name__]):
        play(small, 1, 0, engine=clock, **how)


def imports(request: Request, offers: Sequence[Offer]) -> list[str]:
    import random

    return random.sample([offer.provider for offer in offers], len(offers))


def no_such_field(request: Request, offers: Sequence[Offer]) -> list[str]:
    return [request.colour]  # type: ignore[attr-defined]


def least_room(request: Request, offers: Sequence[Offer]) -> list[str]:
    return [min(offers, key=lambda offer: offer.room_kw).provider]


def a_word(request: Request, offers: Sequence[Offer]) -> str:
    return "Neo"


def nothing(request: Request, offers: Sequence[Offer]) -> None:
    return None


class Ranks:
    def __call__(self, request: Request, offers: Sequence[Offer]) -> list[str]:
        return ["Neo"]


@needs_compiler
@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (imports, r"Use of unsupported opcode \(IMPORT_NAME\) found.*"),
        (no_such_field, r"Unknown attribute 'colour' of type .*"),
        (least_room, "it knows no such use of min"),
        (a_word, "it must return a list of provider names"),
        (nothing, "it must return a list of provider names"),
        (Ranks(), "it is not a plain function"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_the_remedy(small: ScenarioFile, policy: Any, why: str) -> None:
    with pytest.raises(NotCompilableError) as caught:
        play(small, 1, 0, engine="compiled", policy=policy)
    name = getattr(policy, "__name__", "Ranks")
    remedy = 'play it on SimPy\'s clock: --engine simpy, or engine="simpy" in Python'
    told = f"the policy {name} cannot be compiled: {why}; {remedy}"
    assert re.fullmatch(told, str(caught.value)), str(caught.value)


@needs_compiler
def test_an_answer_that_is_no_number_is_not_compiled(small: ScenarioFile) -> None:
    with pytest.raises(
        NotCompilableError, match=r"the answer .*lambda> cannot be compiled: it must return a number of kW;"
    ):
        play(small, 1, 0, engine="compiled", answer=lambda request, offer: "much")


# The compiler is asked only where it is needed, and its work is kept only where it may be.

COMMAND = """
import sys
from sim.cli.main import main
try:
    main()
finally:
    print("numba" in sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [
        "check small.yaml",
        "run small.yaml --engine simpy --workers 1 --replications 2 --plots none",
        "run small.yaml --engine simpy --workers 2 --replications 2 --plots none",
    ],
)
def test_numba_is_imported_only_when_used(tmp_path: Path, words: str) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    command = [sys.executable, "-c", COMMAND, *words.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.split()[-1] == "False"


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert cache.cache_folder() is None
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))
    folder = cache.cache_folder()
    assert folder is not None
    assert folder.parent == tmp_path / "cache"


TWICE = """
import sys
from pathlib import Path
import sim
from sim.model.run import play
from sim.scenario.reading import read_scenario
assert Path(sim.__file__).is_relative_to(Path.cwd())
for clock in ("simpy", "compiled"):
    print(play(read_scenario("small.yaml"), 1, 0, engine=clock).commitments["kw"].sum())
"""


@needs_compiler
@pytest.mark.slow
def test_a_rule_that_changes_changes_on_both_clocks(tmp_path: Path) -> None:
    """What the compiler keeps cannot go stale: a copy of the package, whose rule is edited between two runs."""
    shutil.copytree(
        Path(cache.__file__).parents[2], tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "small.yaml").write_text(SMALL)
    how = {"SIM_CACHE_DIR": str(tmp_path / "cache"), "NUMBA_OPT": "0", "PYTHONPATH": str(tmp_path)}

    def committed() -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", TWICE], cwd=tmp_path, env=os.environ | how,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [int(kw) for kw in done.stdout.split()]

    before = committed()
    rules = tmp_path / "sim" / "model" / "rules.py"
    told = rules.read_text()
    rule = "    if free >= left:\n"
    assert told.count(rule) == 1
    rules.write_text(told.replace(rule, f"    free = free // 2 // block * block\n{rule}"))
    after = committed()
    assert before[0] == before[1] != after[0] == after[1]
