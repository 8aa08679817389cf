"""Plots: each draws whatever the scenario, shows what the tables say, and is written whole."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.results.files import OutputError
from sim.results.run import RunResult, read_run
from sim.scenario.reading import read_scenario
from sim.show.plots import building_dates, building_schedule, declined_requests, style, waiting_times
from sim.show.plots.answer_labels import (
    ANSWER_LABELS,
    DECLINE_LABELS,
    NO_RIGHT_LABEL,
    PENDING_LABEL,
    TOOK_LABEL,
)
from sim.show.plots.date_axis import date_labels, date_ticks
from sim.show.plots.figure_files import FIGURE_FORMATS, unavailable_plots, write_figures, write_plots
from sim.show.plots.labels import separate_positions, shorten_names
from sim.show.plots.plot import NothingToShow
from sim.show.plots.power_flows import GAVE_UP_NODE, NOT_PROMISED_NODE, WANTED_LATER_NODE
from sim.show.plots.run import RUN_PLOTS, missing_tables_note
from sim.show.plots.run_bands import RunBands
from sim.study.run import run_scenario

RICH = """\
title: Two holders, outages, buildings that are late, called off and torn down, and a name with $igns$
start: 2025-01-01
end: 2026-07-01
measure_from: 2025-02-01
demand:
  chat:
    customer: Lab
    class: inference
    arrivals: {poisson: {rate: 4 /mo}}
    in_place: {West: 50 MW}
    size: {lognormal: {median: 10 MW, sigma: 0.7}}
    term: 9 mo
    lead: 30 d
    patience: 120 d
  _train $x$:
    customer: Lab
    class: training
    arrivals: {poisson: {rate: 1 /mo}}
    size: 30 MW
    term: 1 y
    split: one site
  api: {customer: Lab, class: api, arrivals: {poisson: {rate: 1 /mo}}, size: 10 MW, term: 1 y}
  own: {customer: Big, arrivals: {poisson: {rate: 1 /mo}}, size: 5 MW, term: 1 y}
providers:
  Big: {sites: [West], presells: 3 mo, price: 12 M$/MW/y, cost: 14 M$/MW/y}
  _Neo: {sites: [East, West], presells: 6 mo, price: 11 M$/MW/y, cost: 8 M$/MW/y}
  Third: {sites: [$outh$]}
rights:
  API: {holder: Big, kind: exclusive, over: {classes: [api]}}
  one:
    holder: Big
    kind: first refusal
    over: {classes: [inference]}
    window: {uniform: {low: 1 d, high: 40 d}}
    appetite: 60 %
    max_utilization: 80 %
  two:
    holder: _Neo
    kind: first refusal
    over: {classes: [training]}
    window: 10 d
    max_delay: 10 d
    partial: false
    until: 2026-01-01
sites:
  West:
    online: 220 MW
    outages: {every: {exponential: {mean: 90 d}}, lasts: 10 d, takes: 60 %}
    buildings:
      Wing:
        it_power: 40 MW
        planned: 2025-05-01
        slip: {uniform: {low: -10 d, high: 200 d}}
        cancelled: {chance: 40 %, on: 2025-06-01}
  East:
    buildings:
      Hall:
        count: 3
        every: 2 mo
        it_power: 50 MW
        planned: 2025-04-01
        slip: {exponential: {mean: 60 d}}
        retired: 2026-05-01
      Far: {it_power: 30 MW, planned: 2028-01-01}
  $outh$: {online: 30 MW}
contracts:
  toll: {customer: Lab, provider: _Neo, take_or_pay: 3 B$}
"""
PLAIN = """\
title: One site, no rights, nothing built, nothing ever short
start: 2025-01-01
end: 2026-01-01
demand:
  chat: {customer: Lab, arrivals: {poisson: {rate: 2 /mo}}, size: 1 MW, term: 5 y}
providers:
  Big: {sites: [West]}
sites:
  West: {online: 200 MW}
"""
NOTHING = "start: 2025-01-01\nend: 2025-02-01\n"
HOURS = """\
title: A cluster over two days, in kilowatts
start: 2025-03-03
end: 2025-03-05
demand:
  jobs: {customer: Lab, class: a, arrivals: {poisson: {rate: 4000 /mo}}, size: 8 kW, term: 3 h, patience: 6 h}
providers:
  Cluster: {sites: [Room]}
  Cloud: {sites: [Away]}
rights:
  first: {holder: Cluster, kind: first refusal, over: {customer: Lab}}
sites:
  Room: {online: 60 kW}
  Away:
    online: 20 kW
    buildings:
      Rack: {it_power: 40 kW, planned: 2025-03-04}
"""


def many() -> str:
    """Forty sites, twelve providers and fifteen streams, with names that are long and alike."""
    sites = [f"Campus of the northern prairie and the {k}th river valley" for k in range(40)]
    sellers = [f"Provider of great and lasting {k} capacity" for k in "abcdefghijkl"]
    lines = [
        f"title: {'A title that goes on and on ' * 8}",
        "start: 2025-01-01",
        "end: 2028-01-01",
        "demand:",
    ]
    for k in range(15):
        lines.append(
            f"  Stream {k} of an unreasonably talkative customer: {{customer: Customer {k}, class: c{k % 3},"
            f" arrivals: {{poisson: {{rate: {0.3 + k / 20} /mo}}}}, size: 60 MW, term: 2 y, patience: 1 y}}"
        )
    lines.append("providers:")
    lines += [
        f"  {p}: {{sites: [{', '.join(sites[k::12])}], price: {9 + k} M$/MW/y}}"
        for k, p in enumerate(sellers)
    ]
    lines.append("rights:")
    for k in (0, 3):
        lines.append(
            f"  r{k}: {{holder: {sellers[k]}, kind: first refusal, over: {{classes: [c{k % 2}]}}, window: 9 d}}"
        )
    lines.append("sites:")
    for k, site in enumerate(sites):
        lines.append(f"  {site}: {{online: {5 + k} MW, buildings: {{Hall: {{count: {1 + k % 3},")
        lines.append("    it_power: 30 MW, planned: 2026-01-01, slip: {exponential: {mean: 90 d}}}}}")
    return "\n".join(lines) + "\n"


SCENARIOS = {"rich": RICH, "plain": PLAIN, "nothing": NOTHING, "hours": HOURS, "many": many()}
REPLICATIONS = {"rich": 7, "plain": 1, "nothing": 2, "hours": 1, "many": 2}
IDLE = {
    "rich": set(),
    "plain": {"backlog", "overflow", "declined", "online_by_site", "building_schedule", "money"},
    "nothing": set(RUN_PLOTS),
    "hours": {"money"},
    "many": set(),
}
"""What has nothing to show of each."""


class Runs:
    """The outcomes of the scenarios, and their figures, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._outcomes: dict[str, RunResult] = {}
        self._figures: dict[tuple[str, str], Figure] = {}

    def outcome(self, name: str) -> RunResult:
        if name not in self._outcomes:
            path = self.folder / f"{name}.yaml"
            path.write_text(SCENARIOS[name])
            self._outcomes[name] = run_scenario(
                read_scenario(path), replications=REPLICATIONS[name], workers=1
            )
        return self._outcomes[name]

    def figure(self, name: str, plot: str) -> Figure:
        """Drawn once, as it would be to be saved."""
        if (name, plot) not in self._figures:
            fig = RUN_PLOTS[plot](self.outcome(name))
            FigureCanvasAgg(fig)
            with style.house_style():
                fig.canvas.draw()
            self._figures[name, plot] = fig
        return self._figures[name, plot]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("plots"))


DRAWN = [(name, plot) for name, idle in IDLE.items() for plot in RUN_PLOTS if plot not in idle]


# What is drawn at all


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_has_nothing_to_show_is_left_out(runs: Runs, name: str) -> None:
    assert set(unavailable_plots(RUN_PLOTS, runs.outcome(name))) == IDLE[name]


def test_who_asks_for_a_plot_that_has_nothing_to_show_is_told_why(runs: Runs) -> None:
    with pytest.raises(NothingToShow) as caught:
        RUN_PLOTS["declined"](runs.outcome("plain"))
    assert str(caught.value) == "the plot declined is left out: the scenario has no right of first refusal"


@pytest.mark.parametrize(("name", "plot"), DRAWN)
def test_no_text_is_cut_off_and_no_panel_is_empty(runs: Runs, name: str, plot: str) -> None:
    fig = runs.figure(name, plot)
    width, height = fig.canvas.get_width_height()
    for text in _texts(fig):
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()
    for axes in _panels(fig):
        assert axes.has_data() or axes.texts


@pytest.mark.parametrize(("name", "plot"), DRAWN)
def test_names_along_an_axis_do_not_stand_on_one_another(runs: Runs, name: str, plot: str) -> None:
    for axes in _panels(runs.figure(name, plot)):
        for axis in (axes.xaxis, axes.yaxis):
            labels = [tick.label1 for tick in axis._update_ticks() if tick.label1.get_text()]
            boxes = [label.get_window_extent() for label in labels if label.get_visible()]
            assert not any(a.overlaps(b) for a, b in pairwise(boxes))


@pytest.mark.parametrize(("name", "plot"), DRAWN)
def test_every_axis_has_a_unit(runs: Runs, name: str, plot: str) -> None:
    fig = runs.figure(name, plot)
    said = [axes.get_xlabel() for axes in _panels(fig)] + [axes.get_ylabel() for axes in _panels(fig)]
    said += [text.get_text() for text in (fig._supylabel,) if text is not None]
    if plot == "overflow":
        said = [text.get_text() for text in fig.axes[0].texts]
    units = r"\((GW|MW|kW)\)| (GW|MW|kW)$|\$, |Share of|days after"
    if plot == "building_schedule":
        said += [text.get_text() for text in fig.axes[0].texts]
    assert any(re.search(units, text) for text in said), said


@pytest.mark.parametrize("plot", RUN_PLOTS)
def test_the_foot_says_what_it_is_of(runs: Runs, plot: str) -> None:
    foot = runs.figure("rich", plot)._supxlabel.get_text()
    short = runs.outcome("rich").provenance["sha256"][:12]
    assert foot.endswith(f"a name with $igns$ ({short}); 7 replications, seed 1")


def _texts(fig: Figure) -> list[Text]:
    """All texts that are drawn."""
    found = [*fig.texts, *(text for legend in fig.legends for text in legend.get_texts())]
    for axes in _panels(fig):
        legend = axes.get_legend()
        found += [*axes.texts, *(legend.get_texts() if legend is not None else [])]
        if axes.axison:
            found += [axes.title, axes._left_title, axes._right_title, axes.xaxis.label, axes.yaxis.label]
            found += [tick.label1 for axis in (axes.xaxis, axes.yaxis) for tick in axis._update_ticks()]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _panels(fig: Figure) -> list[Axes]:
    return [axes for axes in fig.axes if axes.get_visible()]


# What the figures show is what the tables say


def _heights(axes: Axes, which: Callable[[str], bool]) -> dict[str, np.ndarray]:
    """By name, how high each layer of a stack is at each time."""
    found = {}
    for area in axes.collections:
        label = str(area.get_label())
        if not which(label):
            continue
        corners = area.get_paths()[0].vertices
        times = np.unique(corners[:, 0])
        low, high = (np.array([of(corners[corners[:, 0] == t, 1]) for t in times]) for of in (np.min, np.max))
        found[label] = high - low
    return found


def test_what_providers_serve_adds_up_to_what_is_in_service(runs: Runs) -> None:
    outcome, bands = runs.outcome("rich"), RunBands(runs.outcome("rich"))
    left, right = runs.figure("rich", "supply_and_demand").axes
    heights = _heights(right, outcome.scenario.providers.__contains__)
    assert list(heights) == list(outcome.scenario.providers)
    for name, mw in heights.items():
        assert mw == pytest.approx(bands(f"provider.{name}.in_service_mw"), abs=1e-3)
    assert sum(heights.values()) == pytest.approx(bands("in_service_mw"), abs=1e-3)
    lines = {str(line.get_label()): line.get_ydata() for line in left.get_lines()}
    for what in ("wanted", "online", "in service"):
        assert lines[f"{what}, mean"] == pytest.approx(bands(f"{what.replace(' ', '_')}_mw"))


def test_the_backlog_adds_up_and_ends_where_the_summary_says(runs: Runs) -> None:
    outcome, bands = runs.outcome("rich"), RunBands(runs.outcome("rich"))
    heights = _heights(runs.figure("rich", "backlog").axes[0], outcome.scenario.demand.__contains__)
    assert sum(heights.values()) == pytest.approx(bands("unserved_mw"), abs=1e-3)
    found = outcome.summary()
    for name, mw in heights.items():
        assert mw[-1] == pytest.approx(found[f"stream.{name}.unserved_mw.end"]["mean"], abs=1e-3)


def test_forty_names_become_few_layers_that_still_add_up(runs: Runs) -> None:
    bands = RunBands(runs.outcome("many"))
    heights = _heights(
        runs.figure("many", "backlog").axes[0], lambda name: name.startswith(("Stream", "8 others"))
    )
    assert list(heights)[-1] == "8 others"
    assert len(heights) == 8
    assert sum(heights.values()) == pytest.approx(bands("unserved_mw"), abs=1e-2)


def test_the_shares_of_the_waiting_times_are_those_of_the_tables(runs: Runs) -> None:
    outcome = runs.outcome("rich")
    axes = runs.figure("rich", "waiting_times").axes[0]
    bars = {str(bars.get_label()): [bar.get_width() for bar in bars] for bars in axes.containers}
    rows = ["all together", *(name for name in outcome.scenario.demand)]
    assert np.sum(list(bars.values()), axis=0) == pytest.approx(np.ones(len(rows)))
    asked = outcome.table("requests").filter(pl.col("asked") >= outcome.scenario.measure_from)
    wanted = asked.filter(pl.col("wanted") < outcome.scenario.end)
    came = outcome.table("deliveries").join(wanted, on=["replication", "request"])
    wait = pl.col("start") - pl.col("wanted")
    for y, name in enumerate(rows):
        theirs = pl.lit(True) if y == 0 else pl.col("stream") == name
        size = wanted.filter(theirs)["size_kw"].sum()
        on_time = came.filter(theirs & (wait == timedelta(0)))["kw"].sum()
        late = came.filter(theirs & (wait > timedelta(days=30)) & (wait <= timedelta(days=90)))["kw"].sum()
        assert bars["on time"][y] == pytest.approx(on_time / size)
        assert bars["within 90 days"][y] == pytest.approx(late / size)
        assert bars["gave up"][y] == pytest.approx(wanted.filter(theirs)["lost_kw"].sum() / size)
    share = dict(zip(outcome.finished_replications, outcome.metric_values["waiting_share"], strict=True))
    mw = dict(zip(outcome.finished_replications, outcome.metric_values["asked_mw"], strict=True))
    waiting = sum(share[k] * mw[k] for k in outcome.finished_replications)
    assert bars["still waiting at the end"][0] * wanted["size_kw"].sum() / 1000 == pytest.approx(waiting)


def test_waits_of_hours_are_classed_by_hours(runs: Runs) -> None:
    classes, found = waiting_times.power_by_wait_class(runs.outcome("hours"))
    assert classes[:3] == ["on time", "within an hour", "within 3 hours"]
    assert found["kw"].sum() == waiting_times.requests_due(runs.outcome("hours"))["size_kw"].sum()


@pytest.mark.parametrize("name", ["rich", "hours", "many"])
def test_the_flow_is_as_wide_in_every_column_as_what_was_asked(runs: Runs, name: str) -> None:
    outcome = runs.outcome(name)
    axes = runs.figure(name, "overflow").axes[0]
    nodes: dict[str, float] = {}
    out: dict[str, float] = defaultdict(float)
    into: dict[str, float] = defaultdict(float)
    columns: dict[str, float] = defaultdict(float)
    for patch in axes.patches:
        label = str(patch.get_label())
        column, _, rest = label.partition(": ")
        if hasattr(patch, "get_height"):
            nodes[label] = patch.get_height()
            columns[column] += patch.get_height()
        else:
            start, _, end = rest.partition(" > ")
            corners = patch.get_path().vertices
            width = corners[7, 1] - corners[0, 1]
            assert corners[4, 1] - corners[3, 1] == pytest.approx(width)
            out[f"{column}: {start}"] += width
            into[f"{int(column) + 1}: {end}"] += width
    asked = outcome.summary()["asked_mw"]["mean"]
    assert columns == pytest.approx(dict.fromkeys("0123", asked))
    for label, height in nodes.items():
        if not label.startswith("3"):
            assert out[label] == pytest.approx(height)
        if not label.startswith("0"):
            assert into[label] == pytest.approx(height)


def test_the_nodes_of_the_flow_are_what_the_tables_say(runs: Runs) -> None:
    outcome, n = runs.outcome("rich"), REPLICATIONS["rich"]
    axes = runs.figure("rich", "overflow").axes[0]
    nodes = {str(p.get_label()): p.get_height() * 1000 * n for p in axes.patches if hasattr(p, "get_height")}
    asked = outcome.table("requests").filter(pl.col("asked") >= outcome.scenario.measure_from)
    key = ["replication", "request"]
    made = outcome.table("commitments").join(asked.select(key), on=key, how="semi")
    gone = outcome.table("releases").join(asked.select(key), on=key, how="semi")
    for column, of in (("2", "provider"), ("3", "site")):
        for name in set(made[of]):
            kw = made.filter(pl.col(of) == name)["kw"].sum() - gone.filter(pl.col(of) == name)["kw"].sum()
            assert nodes[f"{column}: {name}"] == pytest.approx(kw)
        assert nodes[f"{column}: {GAVE_UP_NODE}"] == pytest.approx(asked["lost_kw"].sum())
    for name in outcome.scenario.demand:
        assert nodes[f"0: {name}"] == pytest.approx(asked.filter(pl.col("stream") == name)["size_kw"].sum())
    for holder, right in (("Big", "one"), ("_Neo", "two")):
        put = asked.filter(pl.col("right") == right)
        assert nodes[f"1: {holder} {TOOK_LABEL}"] == pytest.approx(put["holder_kw"].fill_null(0).sum())
        for reason, words in DECLINE_LABELS.items():
            so = put.filter((pl.col("reason") == reason) & pl.col("answered").is_not_null())
            kw = (so["size_kw"] - so["holder_kw"]).sum()
            assert nodes.get(f"1: {holder} {words}", 0.0) == pytest.approx(kw)
        pending = put.filter(pl.col("answered").is_null())["size_kw"].sum()
        assert nodes.get(f"1: {holder} {PENDING_LABEL}", 0.0) == pytest.approx(pending)
    assert nodes[f"1: {NO_RIGHT_LABEL}"] == pytest.approx(
        asked.filter(pl.col("right").is_null())["size_kw"].sum()
    )
    is_later = pl.col("wanted") >= outcome.scenario.end
    for node, part in (
        (WANTED_LATER_NODE, asked.filter(is_later)),
        (NOT_PROMISED_NODE, asked.filter(~is_later)),
    ):
        waiting = part["size_kw"].sum() - part["committed_kw"].sum() - part["lost_kw"].sum()
        assert waiting > 0
        assert nodes[f"2: {node}"] == nodes[f"3: {node}"] == pytest.approx(waiting)


def test_what_was_declined_in_each_quarter_is_what_the_tables_say(runs: Runs) -> None:
    outcome, n = runs.outcome("rich"), REPLICATIONS["rich"]
    begins = declined_requests._period_begins(datetime(2025, 2, 1), datetime(2026, 6, 30), "1q")
    assert [f"{at:%Y-%m}" for at in begins] == [
        "2025-01",
        "2025-04",
        "2025-07",
        "2025-10",
        "2026-01",
        "2026-04",
    ]
    asked = outcome.table("requests").filter(pl.col("asked") >= outcome.scenario.measure_from)
    panels = runs.figure("rich", "declined").axes
    for axes, holder, right in zip(panels, ("Big", "_Neo"), ("one", "two"), strict=True):
        assert holder in axes.get_title(loc="left")
        bars = {str(bars.get_label()): [bar.get_height() for bar in bars] for bars in axes.containers}
        put = asked.filter(pl.col("right") == right)
        for k, begin in enumerate(begins):
            so = put.filter((pl.col("asked") >= begin) & (pl.col("asked") < begin + timedelta(days=92)))
            so = so.filter(pl.col("asked").dt.quarter() == (begin.month + 2) // 3)
            assert bars[TOOK_LABEL][k] * 1000 * n == pytest.approx(so["holder_kw"].fill_null(0).sum())
            all_of_it = sum(parts[k] for parts in bars.values())
            assert all_of_it * 1000 * n == pytest.approx(so["size_kw"].sum())
            room = so.filter((pl.col("reason") == "room") & pl.col("answered").is_not_null())
            declined_kw = (room["size_kw"] - room["holder_kw"]).sum()
            assert bars[DECLINE_LABELS["room"]][k] * 1000 * n == pytest.approx(declined_kw)


def test_utilization_is_that_of_the_bands_and_the_summary(runs: Runs) -> None:
    outcome, bands = runs.outcome("rich"), RunBands(runs.outcome("rich"))
    heat, bars, _ = runs.figure("rich", "utilization").axes
    names = [label.get_text() for label in heat.get_yticklabels()]
    assert names[0] == "all sites"
    assert set(names[1:]) == set(outcome.scenario.sites)
    picture = heat.images[0].get_array()
    assert picture.shape == (4, len(bands.times))
    for y, name in enumerate(names[1:], start=1):
        online, served = bands(f"site.{name}.online_mw"), bands(f"site.{name}.in_service_mw")
        there = online > 0
        assert np.asarray(picture[y])[there] == pytest.approx(served[there] / online[there])
        assert np.ma.getmaskarray(np.ma.masked_invalid(picture))[y].tolist() == (~there).tolist()
    found = outcome.summary()
    served, idle = ([bar.get_width() for bar in part] for part in bars.containers)
    for y, name in enumerate(names[1:]):
        online = found[f"site.{name}.online_mw.mean"]["mean"]
        assert served[y] == pytest.approx(found[f"site.{name}.in_service_mw.mean"]["mean"])
        assert idle[y] == pytest.approx(max(0, online - served[y]))


def test_money_is_that_of_the_summary(runs: Runs) -> None:
    outcome = runs.outcome("rich")
    axes = runs.figure("rich", "money").axes[0]
    assert axes.get_xlabel() == "Billions of $, 2025-02-01 to 2026-07-01"
    found = outcome.summary()
    shown = [f"provider.Big.{kind}" for kind in ("spend", "margin")]
    shown += [f"provider._Neo.{kind}" for kind in ("spend", "take_or_pay", "margin")]
    whiskers = [line for line in axes.get_lines() if line.get_marker() == "|"]
    numbers = [float(text.get_text().replace("−", "-")) for text in axes.texts]
    assert [bar[0].get_width() for bar in axes.containers] == pytest.approx([found[m]["mean"] for m in shown])
    for metric, whisker, number in zip(shown, whiskers, numbers, strict=True):
        assert list(whisker.get_xdata()) == pytest.approx([found[metric]["p10"], found[metric]["p90"]])
        assert number == pytest.approx(found[metric]["mean"] / 1e9, abs=0.051)


def test_what_is_online_by_site_is_that_of_the_bands(runs: Runs) -> None:
    bands = RunBands(runs.outcome("rich"))
    panels = _panels(runs.figure("rich", "online_by_site"))
    assert [axes.get_title(loc="left") for axes in panels] == ["West", "East"]
    for axes, name in zip(panels, ("West", "East"), strict=True):
        online, announced = (line.get_ydata() for line in axes.get_lines())
        assert online == pytest.approx(bands(f"site.{name}.online_mw"))
        assert announced == pytest.approx(bands(f"site.{name}.announced_mw"))


# The schedule of buildings

WORKED = """\
start: 2025-01-01
end: 2026-01-01
sites:
  West:
    buildings:
      Early: {it_power: 10 MW, planned: 2025-03-01, slip: -5 d}
      Pair: {count: 2, every: 10 d, it_power: 30 MW, planned: 2025-02-01, slip: 20 d}
      Off: {it_power: 10 MW, planned: 2025-06-01, slip: 1 y, cancelled: 2025-07-01}
      Gone: {it_power: 10 MW, planned: 2025-02-01, retired: 2025-08-01}
"""


def test_a_schedule_worked_by_hand(tmp_path: Path) -> None:
    r"""Days since 1 January 2025; the end is day 365.

    Early       came 54, planned 59       Pair 1, 2   planned 31, 41, came 51, 61
    Off         planned 151, cancelled 181            Gone  planned 31, came 31, retired 212
    """
    (tmp_path / "s.yaml").write_text(WORKED)
    outcome = run_scenario(read_scenario(tmp_path / "s.yaml"), replications=1, workers=1)
    fine = building_dates.schedule_rows(outcome, 99)
    assert [(row.name, row.count, row.online_count) for row in fine] == [
        ("Early", 1, 1.0),
        ("Pair 1", 1, 1.0),
        ("Pair 2", 1, 1.0),
        ("Off", 1, 0.0),
        ("Gone", 1, 1.0),
    ]
    groups = building_dates.schedule_rows(outcome, 5)
    assert [(row.name, row.count) for row in groups] == [("Early", 1), ("Pair", 2), ("Off", 1), ("Gone", 1)]
    assert [[q[1] for q in row.planned_days] for row in groups] == [[59], [31, 41], [151], [31]]
    assert [[q[1] for q in row.online_days] for row in groups] == [[54], [51, 61], [inf], [31]]
    assert [building_schedule.format_days_late(row.slip_days, several=False) for row in groups] == [
        "−5",
        "+20",
        "none came",
        "0",
    ]
    assert [(row.cancelled_day, row.retired_day) for row in groups[2:]] == [(181, None), (None, 212)]
    [site] = building_dates.schedule_rows(outcome, 1)
    assert (site.name, site.count, site.online_count) == ("West", 5, 4.0)
    assert site.slip_days == pytest.approx([(-5 * 10 + 20 * 60 + 0 * 10) / 80])
    axes = RUN_PLOTS["building_schedule"](outcome).axes[0]
    start = date2num(outcome.scenario.start)
    marks = {(line.get_marker(), round(line.get_xdata()[0] - start, 6)) for line in axes.get_lines()}
    assert {("D", 59), ("o", 54), ("D", 31), ("o", 51), ("o", 61), ("x", 181), ("s", 212)} <= marks


def test_the_slip_of_a_site_is_the_metric(runs: Runs) -> None:
    outcome = runs.outcome("rich")
    start = outcome.scenario.start
    before = outcome.scenario.measure_from - start
    for row in building_dates.schedule_rows(outcome, 1):
        metric = [value for value in outcome.metric_values[f"site.{row.site}.slip_days"] if value is not None]
        assert before < timedelta(days=min(q[0] for q in row.online_days))
        assert row.slip_days == pytest.approx(metric)


def test_percentiles_of_what_has_not_come() -> None:
    assert building_dates.p10_p50_p90([5.0]) == (5, 5, 5)
    assert building_dates.p10_p50_p90([1.0, inf, 2.0]) == (pytest.approx(1.2), 2, inf)
    assert building_dates.percentile_with_infinite([1.0, 2.0, 3.0, inf], 0.5) == 2.5
    assert building_dates.percentile_with_infinite([inf, inf], 0.1) == inf


# The files


def test_files_are_whole_and_an_svg_drawn_twice_is_the_same(runs: Runs, tmp_path: Path) -> None:
    made = write_plots(RUN_PLOTS, runs.outcome("rich"), tmp_path / "once")
    assert sorted(path.name for path in (tmp_path / "once").iterdir()) == sorted(
        f"{name}.{form}" for name in RUN_PLOTS for form in FIGURE_FORMATS
    )
    again = write_plots(
        RUN_PLOTS, runs.outcome("rich"), tmp_path / "twice", ["overflow", "building_schedule", "utilization"]
    )
    for path in made:
        if path.suffix == ".png":
            data = path.read_bytes()
            assert data.startswith(b"\x89PNG\r\n\x1a\n")
            assert data.endswith(b"IEND\xaeB`\x82")
        else:
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
    for path in again:
        assert path.read_bytes() == (tmp_path / "once" / path.name).read_bytes(), path.name


def test_what_needs_tables_is_left_out_where_only_a_summary_was_kept(runs: Runs, tmp_path: Path) -> None:
    scenario = runs.outcome("hours").scenario
    run_scenario(scenario, replications=1, workers=1, tables="summary", out=tmp_path / "run")
    outcome = read_run(tmp_path / "run")
    plots = tmp_path / "run" / "plots"
    plots.mkdir()
    (plots / "overflow.png").write_text("of an earlier run")
    made = write_plots(RUN_PLOTS, outcome, plots)
    assert sorted({path.stem for path in made}) == [
        "backlog",
        "online_by_site",
        "supply_and_demand",
        "utilization",
    ]
    assert {path.name for path in plots.iterdir()} == {path.name for path in made}
    why = unavailable_plots(RUN_PLOTS, outcome)
    assert why["building_schedule"] == (
        "it needs the table buildings, which was not kept; run with --tables all"
    )
    assert missing_tables_note(outcome) == (
        "Left out, since their tables were not kept (run with --tables all):"
        " waiting_times, overflow, declined, building_schedule"
    )
    assert missing_tables_note(runs.outcome("plain")) is None
    with pytest.raises(NothingToShow) as caught:
        write_plots(RUN_PLOTS, outcome, plots, ["money", "pie"])
    assert str(caught.value).startswith("there is no plot pie; there are supply_and_demand, backlog")
    with pytest.raises(NothingToShow) as caught:
        write_plots(RUN_PLOTS, outcome, plots, ["money", "backlog", "overflow"])
    assert str(caught.value) == (
        "the plot money is left out: no provider has a price, and there is no contract; the plot overflow is left"
        " out: it needs the tables requests, commitments and releases, which were not kept; run with --tables all"
    )
    run_scenario(scenario, replications=1, workers=1, tables="none", out=tmp_path / "bare")
    assert set(unavailable_plots(RUN_PLOTS, read_run(tmp_path / "bare"))) == set(RUN_PLOTS)


def test_a_picture_that_has_nothing_to_show_any_more_is_removed(tmp_path: Path) -> None:
    (tmp_path / "idle.svg").write_text("of an earlier answer")
    (tmp_path / "answer.json").write_text("{}")
    made = write_figures([("idle", None), ("drawn", Figure())], tmp_path)
    assert [path.name for path in made] == ["drawn.png", "drawn.svg"]
    assert {path.name for path in tmp_path.iterdir()} == {"answer.json", "drawn.png", "drawn.svg"}


def test_where_no_picture_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("no folder")
    with pytest.raises(OutputError) as caught:
        write_figures([("drawn", Figure())], tmp_path / "plots")
    assert str(caught.value) == (
        f"{tmp_path / 'plots'}: cannot be written (File exists); make room, or let the folder be written"
    )


def test_a_saved_run_is_drawn_as_the_one_in_memory(runs: Runs, tmp_path: Path) -> None:
    outcome = runs.outcome("rich")
    [_, before] = write_plots(RUN_PLOTS, outcome, tmp_path / "a", ["money"])
    kept = run_scenario(outcome.scenario, replications=7, workers=1, out=tmp_path / "run")
    assert kept.folder is not None
    [_, after] = write_plots(RUN_PLOTS, read_run(kept.folder), tmp_path / "b", ["money"])
    assert before.read_bytes() == after.read_bytes()


# Words and places


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=12),
    st.floats(0.5, 5),
)
def test_labels_keep_their_order_and_their_distance(wanted: list[float], gap: float) -> None:
    places = separate_positions(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert all(
        b - a >= gap * (1 - 1e-9)
        for a, b in zip(np.take(places, order), np.take(places, order)[1:], strict=False)
    )
    if all(abs(a - b) >= gap for k, a in enumerate(wanted) for b in wanted[:k]):
        assert places == pytest.approx(wanted)
    within = separate_positions(wanted, gap, -100, 100)
    assert min(within) >= -100 - 1e-9
    assert max(within) <= 100 + 1e-9


@given(st.lists(st.text("ab ", min_size=1, max_size=40), unique=True, max_size=8))
def test_no_two_names_become_alike(names: list[str]) -> None:
    found = shorten_names(names, 12)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(len(said) <= 12 for said in found.values())


def test_names_of_ours_are_shown_without_their_dot() -> None:
    assert shorten_names([NOT_PROMISED_NODE, "gave up", GAVE_UP_NODE], 40) == {
        "not yet promised.": "not yet promised",
        "gave up": "gave up",
        "gave up.": "gave up",
    }


def test_what_dates_along_an_axis_are_called() -> None:
    def names(*dates: str) -> list[str]:
        return date_labels([pl.Series([date]).str.to_datetime().to_list()[0] for date in dates])

    assert names("2025-01-01", "2026-01-01") == ["2025", "2026"]
    assert names("2025-11-01", "2025-12-01", "2026-01-01") == ["Nov\n2025", "Dec", "Jan\n2026"]
    assert names("2025-03-03", "2025-03-17") == ["3 Mar\n2025", "17 Mar"]
    assert names("2025-03-03 12:00", "2025-03-04 00:00") == ["12:00\n3 Mar 2025", "00:00\n4 Mar 2025"]


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)),
    st.timedeltas(timedelta(hours=1), timedelta(days=50_000)),
    st.integers(3, 9),
)
def test_dates_along_an_axis_are_few_and_within_it(begin: datetime, span: timedelta, most: int) -> None:
    dates = date_ticks(begin, begin + span, most)
    assert 1 <= len(dates) <= most
    assert begin <= dates[0] <= dates[-1] <= begin + span
    assert len({b - a for a, b in pairwise(dates)}) <= 1 or all(
        d == datetime(d.year, d.month, 1) for d in dates
    )


def test_dates_along_an_axis_are_round() -> None:
    assert date_ticks(datetime(2025, 1, 21), datetime(2029, 1, 21), 7) == [
        datetime(year, 1, 1) for year in range(2026, 2030)
    ]
    assert date_ticks(datetime(2025, 3, 3), datetime(2025, 3, 30), 7) == [
        datetime(2025, 3, day) for day in (3, 10, 17, 24)
    ]


@pytest.mark.parametrize(
    ("most_mw", "value", "said"),
    [
        (13_900, 4_590, "4.59 GW"),
        (1_999, 1_234.4, "1,234 MW"),
        (55, 3.21, "3.2 MW"),
        (5, -0.5, "−0.50 MW"),
        (0.8, 0.0514, "51 kW"),
        (0, 0, "0 MW"),
    ],
)
def test_numbers_are_said_in_a_unit_that_fits_the_most(most_mw: float, value: float, said: str) -> None:
    assert style.choose_power_unit(most_mw).to_text(value) == said


def test_all_that_a_holder_can_have_said_has_a_place_and_a_look() -> None:
    assert set(declined_requests.ANSWER_STYLES) == {TOOK_LABEL, PENDING_LABEL, *DECLINE_LABELS.values()}
    assert set(declined_requests.ANSWER_STYLES) < set(ANSWER_LABELS)


def test_what_was_asked_is_shown_by_periods_that_fit_its_length() -> None:
    spans = {3650: "year", 1461: "quarter", 365: "month", 60: "week", 10: "day", 1: "hour", 0: "hour"}
    assert {days: declined_requests.choose_period(timedelta(days=days))[1] for days in spans} == spans
