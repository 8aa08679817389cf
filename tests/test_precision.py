"""Precision: played until the interval is tight enough, the same whatever the workers, and honest all the same."""

import json
import signal
from pathlib import Path

import pytest
from conftest import SMALL
from typer.testing import CliRunner

import sim
from sim.cli.main import app
from sim.results.summary import sample_statistics
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.study.compare import compare_scenarios
from sim.study.precision import (
    MIN_REPLICATIONS,
    PrecisionError,
    PrecisionTarget,
    StoppingRule,
    achieved_precision,
    parse_precision,
)
from sim.study.run import run_scenario

CONSTANT = [7.0] * 60
WIDE = [float(k % 2) * 100 for k in range(60)]
"""Mean 50, standard deviation about 50."""


def test_what_is_written_is_read() -> None:
    assert parse_precision(["unserved_mw.mean:5%", "unserved_mw.at.2025-01-01T12:00:00: 2.5 %"]) == (
        PrecisionTarget("unserved_mw.mean", 5, True),
        PrecisionTarget("unserved_mw.at.2025-01-01T12:00:00", 2.5, True),
    )
    assert parse_precision({"spend": 1e9, "lost_share": "0.01"}) == (
        PrecisionTarget("spend", 1e9, False),
        PrecisionTarget("lost_share", 0.01, False),
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "unserved_mw.mean",
            'precision "unserved_mw.mean": is none; write METRIC:SHARE % or METRIC:HALF-WIDTH,'
            " as unserved_mw.mean:5% or unserved_mw.mean:20",
        ),
        (
            "unserved_mw.mean:5 MW",
            'precision "unserved_mw.mean:5 MW": is none; write METRIC:SHARE % or METRIC:HALF-WIDTH,'
            " as unserved_mw.mean:5% or unserved_mw.mean:20",
        ),
        ("lost_share:0%", 'precision "lost_share:0%": the bound must be above 0'),
        ("lost_share:-1", 'precision "lost_share:-1": the bound must be above 0'),
        ("lost_share:1e999", 'precision "lost_share:1e999": the bound must be above 0'),
    ],
)
def test_what_cannot_be_asked_for_is_told(written: str, told: str) -> None:
    with pytest.raises(PrecisionError) as error:
        parse_precision([written])
    assert str(error.value) == told


def test_a_share_is_of_the_true_mean() -> None:
    """A tenth of the true mean is kept by 1/11 of the mean that is found, on either side of 0."""
    assert PrecisionTarget("requests", 10, True).allowed_half_width(110) == pytest.approx(10)
    assert PrecisionTarget("requests", 10, True).allowed_half_width(-110) == pytest.approx(10)
    assert PrecisionTarget("requests", 10, False).allowed_half_width(110) == 10


def test_the_half_width_is_that_of_the_summary() -> None:
    low, high = sample_statistics("count", WIDE)["ci95"] or (0, 0)
    seen = achieved_precision(PrecisionTarget("requests", 40, True), WIDE)
    assert seen.half_width == pytest.approx((high - low) / 2)
    assert seen.is_reached
    assert not achieved_precision(PrecisionTarget("requests", 30, True), WIDE).is_reached, (
        "26 % of what was found, but not of the truth"
    )


@pytest.mark.parametrize(
    ("aim", "values", "told"),
    [
        (
            PrecisionTarget("requests", 5, True),
            [None] * 60,
            "requests has no value in any of 60 replications",
        ),
        (
            PrecisionTarget("requests", 5, False),
            [None] * 60,
            "requests has no value in any of 60 replications",
        ),
        (
            PrecisionTarget("requests", 5, True),
            [0.0] * 60,
            "requests is 0 in every one of 60 replications: there is no share of its mean to reach",
        ),
        (
            PrecisionTarget("requests", 5, False),
            [1.0] * 49 + [None] * 11,
            "requests has a value in only 49 of 60 replications; 50 are needed",
        ),
        (PrecisionTarget("asked_mw", 5, True), WIDE, "asked_mw 50.0 MW ± 13.0 MW, 26 % of it (asked: 5 %)"),
    ],
)
def test_what_cannot_be_reached_says_why(aim: PrecisionTarget, values: list[float | None], told: str) -> None:
    seen = achieved_precision(aim, values)
    assert not seen.is_reached
    assert seen.to_text(60) == told


def test_what_never_varies_is_known_at_the_first_look() -> None:
    assert achieved_precision(PrecisionTarget("requests", 1, True), CONSTANT).is_reached
    assert achieved_precision(PrecisionTarget("requests", 1, False), [0.0] * 60).is_reached, (
        "an absolute bound can be reached by 0"
    )


def test_the_next_look_is_where_it_will_do() -> None:
    """Half-width h allows h0: (h / h0)^2 times as many, but 1.1 to 2 times, and never more than the most."""

    def after(values: list[float | None], aim: PrecisionTarget, most: int = 1000) -> int | None:
        return StoppingRule([aim], most).next_replications([{"requests": values}])

    half = achieved_precision(PrecisionTarget("requests", 1, False), WIDE[:MIN_REPLICATIONS]).half_width or 0
    for more, looked in ((1.01, 55), (1.5, 75), (40.0, 100)):
        aim = PrecisionTarget("requests", half / more**0.5, False)
        assert after(WIDE[:MIN_REPLICATIONS], aim) == looked
    assert after(WIDE[:MIN_REPLICATIONS], PrecisionTarget("requests", half * 1.001, False)) is None
    assert after(WIDE[:MIN_REPLICATIONS], PrecisionTarget("requests", 0.01, False), most=70) == 70
    assert after([0.0] * MIN_REPLICATIONS, PrecisionTarget("requests", 5, True)) == 100, (
        "nothing but 0 so far: twice as many"
    )


def test_of_several_aims_the_slowest_counts() -> None:
    easy, hard = PrecisionTarget("requests", 1000, False), PrecisionTarget("asked_mw", 1, False)
    rule = StoppingRule([easy, hard], max_replications=100)
    values = {"requests": WIDE[:MIN_REPLICATIONS], "asked_mw": WIDE[:MIN_REPLICATIONS]}
    assert rule.next_replications([values]) == 100
    assert rule.next_replications([dict.fromkeys(values, WIDE + WIDE[:40])]) is None
    assert not rule.is_reached
    assert [each.is_reached for each in rule.achieved_precisions] == [True, False]


def test_the_same_whatever_the_workers(small: ScenarioFile) -> None:
    runs = [
        run_scenario(
            small, workers=workers, tables="none", precision=["asked_mw:10%", "unserved_mw.mean:12%"]
        )
        for workers in (1, 2)
    ]
    assert runs[0].metric_values == runs[1].metric_values
    assert runs[0].provenance == runs[1].provenance
    n, told = len(runs[0].finished_replications), runs[0].provenance["precision"]
    assert MIN_REPLICATIONS < n < 1000
    assert told["looks"][0] == MIN_REPLICATIONS
    assert told["looks"][-1] == n == runs[0].provenance["replications"]
    assert told["reached"]
    for each in told["metrics"]:
        low, high = runs[0].summary()[each["metric"]]["ci95"] or (0, 0)
        share = float(each["asked"].rstrip("%")) / 100
        assert each["half_width"] == pytest.approx((high - low) / 2)
        assert each["half_width"] <= share / (1 + share) * abs(each["mean"])
    assert runs[0].metric_values == run_scenario(small, replications=n, tables="none").metric_values


def test_the_most_is_the_most(small: ScenarioFile) -> None:
    done = run_scenario(
        small, replications=60, workers=1, tables="none", precision={"unserved_mw.mean": "1%"}
    )
    assert len(done.finished_replications) == done.provenance["replications"] == 60
    assert not done.interrupted
    assert not done.precision_reached
    assert done.provenance["precision"]["looks"] == [50, 60]
    with pytest.raises(PrecisionError) as error:
        run_scenario(small, replications=49, precision={"unserved_mw.mean": "1%"})
    assert str(error.value) == (
        "replications=49: with a precision this is how many are played at the most; write 50 or more"
    )


@pytest.mark.parametrize(("heard_at", "kept"), [(20, range(18, 23)), (50, [50])])
def test_a_ctrl_c_ends_it_short_of_its_aim(small: ScenarioFile, heard_at: int, kept: list[int]) -> None:
    """In the middle of a look, or just when one is done: what is finished is kept, and called interrupted."""

    def progress(done: int, total: int) -> None:
        if done == heard_at and total == 50:
            signal.raise_signal(signal.SIGINT)

    done = run_scenario(
        small, workers=1, tables="none", precision={"unserved_mw.mean": "1%"}, progress=progress
    )
    assert done.interrupted
    assert len(done.finished_replications) in kept
    assert not done.precision_reached
    assert done.provenance["precision"]["metrics"][0]["n"] == len(done.finished_replications)


def test_an_unknown_metric_is_told_before_anything_is_played(small: ScenarioFile, tmp_path: Path) -> None:
    with pytest.raises(PrecisionError) as error:
        run_scenario(small, precision=["unserved_mw.men:5%"], out=tmp_path / "out")
    assert str(error.value) == (
        'precision "unserved_mw.men:5%": there is no metric unserved_mw.men; did you mean unserved_mw.mean?'
    )
    assert not (tmp_path / "out").exists()


def test_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    base = ["run", str(path), "--workers", "1", "--tables", "none", "--out", str(tmp_path / "out")]

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*base, *words])
        return done.exit_code, done.stdout

    missed = ("--precision", "unserved_mw.mean:1%", "--replications", "50")
    code, page = run(*missed)
    assert code == 0
    assert "The precision asked for was NOT reached with 50 replications (at most 50 are" in page
    assert "missed: unserved_mw.mean" in page
    assert run(*missed, "--check")[0] == 1
    code, page = run("--precision", "unserved_mw.mean:500", "--check")
    assert code == 0
    assert "The precision asked for was reached with 50 replications" in page
    code, text = run("--precision", "unserved_mw.mean:500", "--json")
    assert json.loads(text)["precision"]["reached"]
    again = sim.open_run(tmp_path / "out").provenance["precision"]
    assert again["metrics"][0]["metric"] == "unserved_mw.mean"


STREAMS = 2000
HEAD = """\
start: 2025-01-01
end: 2025-03-01
providers: {Big: {sites: [West]}}
sites: {West: {online: 1 MW}}
demand:
"""
STREAM = """\
  s%d: {customer: Lab, term: 1 y, size: {triangular: %s}, arrivals: {deals: {d%d: {asked: 2025-02-01}}}}
"""


def crowd(folder: Path, name: str, size: str) -> ScenarioFile:
    """Two thousand streams that ask once each, independent of each other: a replication of each is one of a run."""
    path = folder / f"{name}.yaml"
    path.write_text(HEAD + "".join(STREAM % (k, size, k) for k in range(STREAMS)))
    return read_scenario(path)


@pytest.mark.slow
def test_intervals_cover_the_mean_as_often_as_they_say(tmp_path: Path) -> None:
    """Of 2,000 runs, 2,000 comparisons and 2,000 runs to a precision, 93 to 97 % cover a mean that is known.

    A triangular law has the mean (low + mode + high) / 3. The figures are in docs/confidence.md.
    """
    a = crowd(tmp_path, "a", "{low: 10 MW, mode: 20 MW, high: 60 MW}")
    b = crowd(tmp_path, "b", "{low: 12 MW, mode: 25 MW, high: 66 MW}")
    mean, other = 90 / 3, 103 / 3
    names = [f"stream.s{k}.asked_mw" for k in range(STREAMS)]

    both = compare_scenarios([a, b], replications=20, tables="none", metrics=["stream.*.asked_mw"])
    runs = [sample_statistics("MW", both.results[0].metric_values[name])["ci95"] or (0, 0) for name in names]
    pairs = [both.pairs[0].differences[name].ci95 or (0, 0) for name in names]

    values = run_scenario(a, replications=150, tables="none").metric_values
    to_a_precision, lengths = [], []
    for name in names:
        rule, n = StoppingRule(parse_precision([f"{name}:8%"]), max_replications=150), MIN_REPLICATIONS
        while more := rule.next_replications([{name: values[name][:n]}]):
            n = more
        to_a_precision.append(sample_statistics("MW", values[name][:n])["ci95"] or (0, 0))
        lengths.append(n)

    def covered(intervals: list, truth: float) -> float:
        return sum(low <= truth <= high for low, high in intervals) / STREAMS

    shares = covered(runs, mean), covered(pairs, other - mean), covered(to_a_precision, mean)
    print(shares, sum(lengths) / STREAMS)
    assert len(set(lengths)) > 20, "the rule stops where the numbers say so, and not at one look"
    assert all(0.93 <= share <= 0.97 for share in shares), shares


@pytest.mark.parametrize(
    ("target", "values", "text"),
    [
        (
            PrecisionTarget("asked_mw", 5, True),
            [0.1 + 0.2, 0.3] * 30,
            "asked_mw 0.300 MW, the same in every future (asked: 5 %)",
        ),
        (
            PrecisionTarget("asked_mw", 500, True),
            [*WIDE, None],
            "asked_mw 50.0 MW ± 13.0 MW, 26 % of it (asked: 500 %), of the 60 in 61 replications that have a value",
        ),
    ],
)
def test_what_is_reached_says_of_what(target: PrecisionTarget, values: list[float | None], text: str) -> None:
    """Rounding is no interval; an interval of a part of the replications says so."""
    achieved = achieved_precision(target, values)
    assert achieved.is_reached
    assert achieved.to_text(len(values)) == text
