"""Metrics of futures in which something is empty: null where there is no denominator, never an error or a NaN."""

import math
from itertools import product
from pathlib import Path

import pytest

from sim.model.run import Engine
from sim.results.run import RunResult
from sim.scenario.reading import read_scenario
from sim.study.run import run_scenario

IN_PLACE = "base: {customer: Lab, in_place: {S: 100 MW}, term: 20 y}"
ASKED = (
    "one: {customer: Lab, size: 10 MW, term: 1 y, patience: 0 d, arrivals: {deals: {d: {asked: 2026-03-01}}}}"
)
STREAMS = {"in place alone": IN_PLACE, "asked alone": ASKED, "both": f"{IN_PLACE}, {ASKED}"}
SITES = {"room": "{online: 200 MW}", "no room": "{online: 100 MW}"}
WINDOWS = {"whole": "2026-01-01", "after all that was asked": "2026-10-01"}
RIGHTS = {"no right": "{}", "a right": "{r: {holder: P, kind: first refusal, over: {customer: Lab}}}"}
CASES = [
    pytest.param(*case, engine, id=", ".join((*case, engine)))
    for case, engine in product(product(STREAMS, SITES, WINDOWS, RIGHTS), ("simpy", "compiled"))
    if engine == "simpy" or case[0] == "in place alone"
]


def play(folder: Path, streams: str, site: str, measure_from: str, rights: str, engine: Engine) -> RunResult:
    (folder / "empty.yaml").write_text(
        f"start: 2026-01-01\nend: 2027-01-01\nmeasure_from: {measure_from}\nreplications: 1\ndemand: {{{streams}}}\n"
        f"providers: {{P: {{sites: [S], price: 12 M$/MW/y}}}}\nsites: {{S: {site}}}\nrights: {rights}\n"
    )
    return run_scenario(read_scenario(folder / "empty.yaml"), workers=1, engine=engine)


@pytest.mark.parametrize(("streams", "site", "window", "right", "engine"), CASES)
def test_what_is_empty_is_null(
    streams: str, site: str, window: str, right: str, engine: Engine, tmp_path: Path
) -> None:
    run = play(tmp_path, STREAMS[streams], SITES[site], WINDOWS[window], RIGHTS[right], engine)
    values = {name: column[0] for name, column in run.metric_values.items()}
    assert [name for name, value in values.items() if value is not None and math.isnan(value)] == []
    no_request = "one" not in STREAMS[streams] or window != "whole"
    shares = (
        "lost_share",
        "lost_requests_share",
        "waiting_share",
        "spilled_share",
        "customer.Lab.lost_share",
    )
    assert {values[name] for name in shares if no_request} <= {None}
    assert values["requests"] == (0 if no_request else 1)
    delivered = not no_request and (site == "room" or streams == "asked alone")
    assert (values["wait_days.mean"] is None) == (not delivered)
    assert (values["lost_share"] == 1) == (not no_request and not delivered)
    in_place = 100 if "base" in STREAMS[streams] else 0
    if no_request and streams == "in place alone":
        assert values["in_service_mw.mean"] == in_place
        assert values["spend"] == pytest.approx(12e6 * in_place * run_days(values, window) / 365.25)


def run_days(values: dict[str, float | None], window: str) -> float:
    return 365 if window == "whole" else 92


def test_no_site_in_use_is_null(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        ASKED,
        "{online: 0 MW}",
        "2026-01-01",
        "{}",
        "simpy",
    )
    values = {name: column[0] for name, column in run.metric_values.items()}
    assert values["utilization"] is None
    assert values["site.S.utilization"] is None
    assert values["lost_share"] == 1
