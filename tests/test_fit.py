"""`sim fit`: what is read of published dates, the laws that are fitted to it, and what is said of them."""

import dataclasses
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.cli import main as cli
from sim.scenario.faults import ScenarioError, UserError
from sim.show.pages.fit import fit_notes
from sim.study.delay_dependence import estimate_common_share
from sim.study.delay_estimation import estimate_delay
from sim.study.delay_likelihood import DELAY_MODELS, log_likelihood, log_scores
from sim.study.fit import fit_tellings, read_prior
from sim.study.tellings import DelayObservations, Telling, observe_delays, read_tellings

BEGIN = date(2024, 1, 1).toordinal()
HEADER = "told,site,building,date,mw,looked,seen,note\n"
WORLD = Path(__file__).parent / "data" / "world.yaml"
VINTAGES = Path(__file__).parents[2] / "shared" / "data" / "vintages"


def synthetic_tellings(
    rng: np.random.Generator, median: float, sigma: float, grace: float, sites: int = 60, common: float = 0.0
) -> list[Telling]:
    """Dates told in one vintage, and what a look at each site has shown by another, 700 days later.

    What had not come at the look is told again: with the same date, past or not.
    """
    tellings, end = [], BEGIN + 700
    for k in range(sites):
        look, shared = end - int(rng.integers(0, 250)), rng.standard_normal()
        for building in range(rng.integers(1, 4)):
            lead = int(rng.integers(40, 600))
            z = np.sqrt(common) * shared + np.sqrt(1 - common) * rng.standard_normal()
            below = stats.norm.cdf(np.log(max(grace, 1e-9) / (lead + grace) / median) / sigma)
            z = stats.norm.ppf(below + (1 - below) * stats.norm.cdf(z))
            came = BEGIN + max(1, round((lead + grace) * median * np.exp(sigma * z) - grace))
            seen = came <= look
            names = (f"S{k}", str(building))
            tellings.append(Telling(*names, BEGIN, BEGIN + lead, BEGIN - 5, False, False))
            tellings.append(Telling(*names, end, came if seen else BEGIN + lead, look, seen, False))
    return tellings


def passing_tellings(looks: bool) -> list[Telling]:
    """Dates that go by unseen and are then moved by 90 days; sites are looked at between vintages, or never."""
    tellings = []
    for site in range(20):
        for vintage in range(7):
            told, first = BEGIN + 30 * vintage, BEGIN + 100 + site
            planned = first if told < first + 20 else first + 90  # it stands for a while after it went by
            looked = told - 10 if looks else BEGIN - 30
            tellings.append(Telling(f"S{site}", "1", told, planned, looked, False, False))
    return tellings


def write_csv(path: Path, tellings: list[Telling]) -> Path:
    rows = [
        f"{date.fromordinal(each.told)},{each.site},{each.building},{date.fromordinal(each.date)},10,"
        f"{date.fromordinal(each.looked)},{'yes' if each.is_seen else ''},\n"
        for each in tellings
    ]
    path.write_text(HEADER + "".join(rows))
    return path


def telling(told: int, planned: int, looked: int, seen: bool = False, **others: object) -> Telling:
    row = Telling("S", "1", BEGIN + told, BEGIN + planned, BEGIN + looked, seen, False)
    return dataclasses.replace(row, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "lows", "highs"),
    [
        # seen: on its date, for each telling of a future date, half of it each
        ([(0, 100, -5), (50, 110, 40), (200, 130, 190, True)], [130, 80], [130, 80]),
        # told only: not before the last look, which is none after the date
        ([(0, 100, -5), (200, 100, 60)], [60], [np.inf]),
        ([(0, 100, -5), (200, 100, 150)], [150], [np.inf]),
        # a date still to come: not before the last look; the last telling says nothing
        ([(0, 100, -5), (90, 300, 85)], [85], [np.inf]),
        # seen, and taken back: the look at which it was thought to be there says nothing
        ([(0, 100, -5), (150, 120, 130, True), (200, 260, 50)], [50], [np.inf]),
        # nobody looked; it came before it was told; the date was past
        ([(0, 100, -5), (200, 100, -5)], [], []),
        ([(150, 300, 0), (200, 130, 190, True)], [], []),
        ([(150, 100, 0), (200, 180, 190, True)], [], []),
    ],
)
def test_what_became_of_tellings(rows: list[tuple[int, ...]], lows: list[float], highs: list[float]) -> None:
    seen, counts = observe_delays([telling(*row) for row in rows], BEGIN + 1000)
    assert seen.low.tolist() == lows
    assert seen.high.tolist() == highs
    assert seen.weight.tolist() == [1 / max(1, len(lows))] * len(lows)
    assert counts.tellings == len(rows)
    assert len(rows) == counts.used_tellings + counts.past + counts.came_before + counts.no_look


def test_what_passed_unseen_may_be_read_otherwise() -> None:
    rows = [telling(0, 100, -5), telling(200, 100, 60)]
    for unseen, ends in (("interval", (60, 200)), ("believed", (100, 100))):
        seen, counts = observe_delays(rows, BEGIN + 200, unseen)  # type: ignore[arg-type]
        assert (seen.low[0], seen.high[0]) == ends
        assert (counts.seen, counts.told_only) == (0, 1)


def test_what_was_redefined_is_no_milestone() -> None:
    rows = [telling(0, 100, -5), telling(200, 130, 190, True, is_redefined=True)]
    seen, counts = observe_delays(rows, BEGIN + 200)
    assert len(seen.lead) == 0
    assert (counts.redefined, counts.milestones, counts.used_milestones) == (1, 1, 0)


def test_the_ratio_is_scipys_lognormal() -> None:
    seen, _ = observe_delays(synthetic_tellings(np.random.default_rng(3), 1.3, 0.4, 0.0), BEGIN + 700)
    estimate = estimate_delay("ratio", seen, None, score=False)
    is_exact = seen.low == seen.high
    data = stats.CensoredData(
        uncensored=(seen.low / seen.lead)[is_exact], right=(seen.low / seen.lead)[~is_exact]
    )
    sigma, _, median = stats.lognorm.fit(data, floc=0)
    assert 10 < (~is_exact).sum() < 90
    assert estimate.values == pytest.approx([median, sigma], rel=1e-3)


@pytest.mark.parametrize("law", DELAY_MODELS)
def test_a_law_is_one_law(law: str) -> None:
    """Its density is the derivative of its survival, beyond the telling, and the days of its score sum to one."""
    model = DELAY_MODELS[law]
    values = np.array([p.start for p in model.parameters])
    t = np.array([30.0, 90.0, 130.0, 180.0, 400.0])
    lead = np.full(5, 100.0)
    survival = np.exp([model.log_survival(values, t + d, lead) for d in (-1e-3, 1e-3)])
    density = np.exp(model.log_density(values, t, lead))
    late = t > 100 if law == "slip" else t > 0
    assert density[late] == pytest.approx((survival[0] - survival[1])[late] / 2e-3, rel=1e-5)
    assert np.exp(model.log_survival(values, np.zeros(5), lead)) == pytest.approx(1.0)
    days = np.array([100.0, *range(101, 3001)])
    n = len(days)
    each = DelayObservations(np.full(n, 100.0), days, days, np.ones(n), np.zeros(n, int), np.arange(n))
    beyond = np.exp(model.log_survival(values, np.array([3000.0]), np.array([100.0])))
    assert np.exp(log_scores(model, values, each)).sum() + beyond == pytest.approx(1.0)
    between = DelayObservations(lead[:1], t[2:3], t[4:5], np.ones(1), np.zeros(1, int), np.zeros(1, int))
    s = np.exp(model.log_survival(values, t, lead))
    assert np.exp(log_likelihood(model, values, between)) == pytest.approx(s[2] - s[4])


def coverage(law: str, grace: float, repeats: int) -> list[float]:
    """The shares of repeats in which the 95 % intervals hold the median and the sigma that were true."""
    held = np.zeros(2)
    for repeat in range(repeats):
        rng = np.random.default_rng([11, repeat])
        seen, _ = observe_delays(synthetic_tellings(rng, 1.3, 0.4, grace, common=0.3), BEGIN + 700)
        median, sigma, *_ = estimate_delay(law, seen, None, score=False).parameters
        held += [median.low <= 1.3 <= median.high, sigma.low <= 0.4 <= sigma.high]
    return list(held / repeats)


@pytest.mark.slow
@pytest.mark.parametrize(("law", "grace"), [("ratio", 0.0), ("stretch", 30.0)])
def test_intervals_hold_the_truth(law: str, grace: float) -> None:
    """Of sites whose buildings have luck in common; without a prior."""
    for share in coverage(law, grace, 200):
        assert 0.90 <= share <= 0.98


def test_intervals_hold_the_truth_of_few_repeats() -> None:
    for share in coverage("ratio", 0.0, 40):
        assert share >= 0.85


def test_no_row_told_later_enters(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    tellings = synthetic_tellings(rng, 1.3, 0.4, 30.0, sites=12)
    later = [
        dataclasses.replace(each, told=BEGIN + 900, date=BEGIN + int(rng.integers(0, 2000)), is_seen=False)
        for each in tellings[::2]
    ]
    told = [
        json.dumps(
            fit_tellings(rows, ("v.csv",), date.fromordinal(BEGIN + 700), "ratio", read_prior()).to_dict()
        )
        for rows in (tellings, [*tellings, *later], [*later[3:], *tellings])
    ]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("law", DELAY_MODELS)
def test_dates_that_merely_pass(law: str, looks: bool) -> None:
    """They give no short delay, and with the prior no endless one; without it, it is said that nothing bounds it."""
    rows = passing_tellings(looks)
    bare = fit_tellings(rows, ("v.csv",), None, law)
    assert not bare.best.is_bounded
    assert any("the data do not bound" in note for note in fit_notes(bare))
    with pytest.raises(UserError, match="do not bound any of them"):
        bare.to_yaml()
    model, best = DELAY_MODELS[law], fit_tellings(rows, ("v.csv",), None, law, read_prior()).best
    assert best.is_bounded
    days = np.arange(100.0, 2000.0)  # of a date that was told 100 days ahead
    survival = np.exp(model.log_survival(best.values, days, np.full(len(days), 100.0)))
    assert 45 < (survival > 0.5).sum() < 400


def test_what_sites_have_in_common_is_found() -> None:
    for common in (0.0, 0.6):
        rows = synthetic_tellings(np.random.default_rng(8), 1.3, 0.4, 0.0, sites=150, common=common)
        seen, _ = observe_delays(rows, BEGIN + 700)
        share, se, sites = estimate_common_share("ratio", np.array([1.3, 0.4]), seen)
        assert abs(share - common) < 3 * se + 0.02
        assert se < 0.15
        assert sites > 50
    assert np.isnan(estimate_common_share("ratio", np.array([1.3, 0.4]), seen.subset(seen.site < 3))[0])


def test_the_prior_decides_where_data_do_not_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_csv(
        tmp_path / "v.csv", synthetic_tellings(np.random.default_rng(2), 1.3, 0.4, 30.0, sites=1)
    )
    out = tmp_path / "delays.yaml"
    monkeypatch.setattr("sys.argv", ["sim", "fit", str(path), "--law", "late or never", "--out", str(out)])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 0
    page = capsys.readouterr().out
    assert "never as in the prior" in page
    assert "ERCOT" in page
    assert out.read_text().startswith("delays:")


@pytest.mark.parametrize("law", DELAY_MODELS)
def test_a_scenario_takes_what_is_written(law: str, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "v.csv", synthetic_tellings(np.random.default_rng(2), 1.3, 0.4, 30.0, sites=8)
    )
    delays = sim.fit(path, law=law)
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(f"extends: {WORLD}\n{delays.to_yaml()}")
    (delay,) = sim.load(scenario).file.delays.values()
    if law != "slip":
        assert delay.law.median.constant == pytest.approx(delays.frame["value"][0], rel=1e-3)  # type: ignore[union-attr]
    assert delay.never.constant == pytest.approx(
        delays.frame["value"][3] if law == "late or never" else 0, rel=1e-3
    )
    assert json.dumps(delays.to_dict())
    assert "DelayFit" in repr(delays)
    assert law in delays._repr_html_()
    labels = [line.get_label() for line in delays.plot.lateness().axes[-1].lines]
    assert "as seen" in labels
    assert law in labels


def test_every_fault_of_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        HEADER
        + "2026-01-01,S,1,2026-05,10,2025-12-01,,\n"
        + "2026-01-01,S,2,2026-05-01,10,2026-02-01,,\n"
        + "2026-01-01,S,3,2025-12-24,10,2025-12-01,yes,\n"
        + "2026-01-01,S,4,2026-05-01,10,2025-12-01,perhaps,\n"
        + "2026-01-01,S,5,2026-05-01,10,2025-12-01,,\n"
        + "2026-01-01,S,5,2026-06-01,10,2025-12-01,,\n"
    )
    with pytest.raises(ScenarioError) as error:
        read_tellings([path, tmp_path / "none.csv"])
    assert [(fault.line, fault.key, fault.value) for fault in error.value.faults] == [
        (2, "date", "2026-05"),
        (3, "looked", "2026-02-01"),
        (4, "date", "2025-12-24"),
        (5, "seen", "perhaps"),
        (7, "building", "5"),
        (None, "", None),
    ]


def test_a_prior_with_faults(tmp_path: Path) -> None:
    path = tmp_path / "prior.yaml"
    path.write_text(
        "source: mine\ntogether: {site: 2, all: 0.1}\nlaws:\n  ratio:\n    median: {value: x, log_sd: 1}\n"
    )
    with pytest.raises(ScenarioError) as error:
        read_prior(path)
    assert ("laws.ratio.median.value", "x") in [(fault.key, fault.value) for fault in error.value.faults]
    assert ("together.site", "2") in [(fault.key, fault.value) for fault in error.value.faults]
    with pytest.raises(UserError, match="did you mean stretch"):
        sim.fit(path, law="strech")


@pytest.mark.skipif(not VINTAGES.is_dir(), reason="the vintages are not beside the checkout")
def test_the_vintages_at_hand() -> None:
    delays = sim.fit(VINTAGES / "epoch_vintages_to_2026-05-23.csv", as_of="2026-05-23", law="stretch").delays
    c = delays.counts
    assert (c.sites, c.tellings, c.redefined) == (48, 900, 43)
    assert c.seen >= 1
    assert delays.best.is_bounded
    assert delays.together[0].rests_on == "prior"


def test_where_nothing_is_told() -> None:
    with pytest.raises(UserError, match=r"v.csv: nothing is told"):
        fit_tellings([], ("v.csv",), None)
    rows = [telling(0, 100, -5)]
    with pytest.raises(UserError, match="nothing was told by 2023-12-31"):
        fit_tellings(rows, ("v.csv",), date(2023, 12, 31))
    silent = fit_tellings(rows, ("v.csv",), None, "ratio", read_prior())
    assert silent.best.values == pytest.approx([1.754, 0.61], rel=1e-3)
    assert {each.rests_on for each in silent.best.parameters} == {"prior"}
    assert "Nothing was seen to come: a law is its form and prior" in list(fit_notes(silent))
