"""Section 4 of the design, the world that builds, as scenarios worked by hand: what the market is told, and when.

Every scenario starts on 2024-12-31, so that a date in January 2025 is its own number of days after the start.
All that the market was told is compared whole: rows of (site, building, day, event, date, kW).
"""

from pathlib import Path
from typing import Any

import pytest
from conftest import written

from sim.model.calendar import DAY_US
from sim.model.capacity_events import EVENT_NAMES
from sim.model.rules import NEVER
from sim.model.run import Run, play, play_inputs
from sim.scenario.faults import ScenarioError

Row = tuple[Any, ...]


def run(folder: Path, text: str, end: str = "2025-12-31", replication: int = 0) -> Run:
    """One replication of a scenario, given without its dates."""
    return play(written(folder)(f"start: 2024-12-31\nend: {end}\n{text}"), 1, replication)


def day(at: int) -> float | None:
    return None if at == NEVER else at / DAY_US


def told(played: Run) -> list[Row]:
    """The table `buildings`, in words and days."""
    future, table = played.inputs, played.buildings
    rows = []
    for k in range(len(table)):
        site, project, at, event, date, kw = (
            int(table[name][k]) for name in ("site", "project", "at", "event", "date", "kw")
        )
        building = None if project < 0 else future.buildings[project].name
        rows.append((future.sites[site].name, building, day(at), EVENT_NAMES[event], day(date), kw))
    return rows


def sold(played: Run) -> list[Row]:
    """Commitments as (request, site, kW, day committed, day promised)."""
    table, sites = played.commitments, played.inputs.sites
    return [
        (
            int(table["request"][k]),
            sites[int(table["site"][k])].name,
            int(table["kw"][k]),
            day(int(table["committed"][k])),
            day(int(table["promised"][k])),
        )
        for k in range(len(table))
    ]


# Phases -------------------------------------------------------------------------------------------------


def test_a_building_runs_through_its_phases_one_after_the_other(tmp_path: Path) -> None:
    """The shell waits for the fund, though the chips of the second phase are there before.

    day      10         12        15        20                22      27
    chips               1
    fund                          1
    A        (waits)              [ shell ] [ fit out ]               online
                                                        (late) planned anew for 22 + 90
    """
    text = """
supplies:
  fund: {unit: $, arrives: {2025-01-15: 1}}
  chips: {unit: GPU, arrives: {2025-01-12: 1}}
sites:
  S:
    buildings:
      A:
        it_power: 10 kW
        begins: 2025-01-10
        phases: {shell: {takes: 5 d, needs: {fund: 1}}, fit out: {takes: 7 d, needs: {chips: 1}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 10, "planned", 22, 10),
        ("S", "A", 22, "planned", 112, 10),
        ("S", "A", 27, "online", None, 10),
    ]


def test_the_medians_of_the_phases_are_planned_and_each_building_draws_its_own(tmp_path: Path) -> None:
    """The medians are 10 d and 2 d, whatever is drawn. Each of 20 buildings takes 6, 10 or 40 d, then 2 d."""
    text = """
sites:
  S:
    buildings:
      A:
        count: 20
        it_power: 10 kW
        begins: 2024-12-31
        every: 100 d
        phases: {shell: {takes: {discrete: {values: [6 d, 10 d, 40 d]}}}, fit out: {takes: 2 d}}
"""
    played = run(tmp_path, text, "2030-12-31")
    takes = [day(project.phases[0].takes) for project in played.inputs.buildings]
    assert set(takes) == {6, 10, 40}
    rows = []
    for k, drawn in enumerate(takes):
        assert drawn is not None
        begin, name = 100 * k, f"A {k + 1}"
        rows.append(("S", name, begin, "planned", begin + 12, 10))
        if drawn == 40:
            rows.append(("S", name, begin + 12, "planned", begin + 102, 10))
        rows.append(("S", name, begin + drawn + 2, "online", None, 10))
    assert told(played) == rows


# Supplies -----------------------------------------------------------------------------------------------


def test_what_is_consumed_serves_in_the_order_of_asking_and_the_first_blocks(tmp_path: Path) -> None:
    """B asks for 5 $ on day 11, and 10 are there; but A, first in line, waits for 15.

    day      10      11      15       16       20       25      30      35
    fund 10                                    +5               +5
    A        asks 15         (late)            [ 5 days ]
    B                asks 5           (late)                    [ 5 days]
    """
    text = """
supplies:
  fund: {unit: $, initial: 10, arrives: {2025-01-20: 5, 2025-01-30: 5}}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-10, phases: {shell: {takes: 5 d, needs: {fund: 15 $}}}}
      B: {it_power: 2 kW, begins: 2025-01-11, phases: {shell: {takes: 5 d, needs: {fund: 5 $}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 10, "planned", 15, 1),
        ("S", "B", 11, "planned", 16, 2),
        ("S", "A", 15, "planned", 105, 1),
        ("S", "B", 16, "planned", 106, 2),
        ("S", "A", 25, "online", None, 1),
        ("S", "B", 35, "online", None, 2),
    ]


def test_what_is_returned_is_lent_for_a_phase(tmp_path: Path) -> None:
    """One crew for two shells: B has it when the shell of A is done, not when A is online.

    day      10          15          20         22        27
    A        [ shell, crew ][ fit out ]---------online
    B        (waits)     [ shell, crew ][ fit out, late ] online
    """
    text = """
supplies:
  crews: {unit: crew, returned: true, initial: 1}
sites:
  S:
    buildings:
      A:
        count: 2
        it_power: 1 kW
        begins: 2025-01-10
        every: 1 us
        phases: {shell: {takes: 5 d, needs: {crews: 1}}, fit out: {takes: 7 d}}
"""
    micro = 1 / DAY_US
    assert told(run(tmp_path, text)) == [
        ("S", "A 1", 10, "planned", 22, 1),
        ("S", "A 2", 10 + micro, "planned", 22 + micro, 1),
        ("S", "A 1", 22, "online", None, 1),
        ("S", "A 2", 22 + micro, "planned", 112 + micro, 1),
        ("S", "A 2", 27, "online", None, 1),
    ]


def test_who_asks_at_once_stands_in_line_by_site_then_building(tmp_path: Path) -> None:
    """One slot arrives on each of four days. Late stands first in the file, but asks a day later.

    day      5               6        20      21      22      23      24
    slots                             1       1       1       1
    S        B1, B2          Late     [ B1 ]  [ B2 ]          [ Late ]
    T        C                                        [ C  ]
    """
    text = """
supplies:
  slots: {unit: slot, arrives: {2025-01-20: 1, 2025-01-21: 1, 2025-01-22: 1, 2025-01-23: 1}}
sites:
  S:
    buildings:
      Late: {it_power: 1 kW, begins: 2025-01-06, phases: {shell: {takes: 1 d, needs: {slots: 1}}}}
      B1: {it_power: 1 kW, begins: 2025-01-05, phases: {shell: {takes: 1 d, needs: {slots: 1}}}}
      B2: {it_power: 1 kW, begins: 2025-01-05, phases: {shell: {takes: 1 d, needs: {slots: 1}}}}
  T:
    buildings:
      C: {it_power: 1 kW, begins: 2025-01-05, phases: {shell: {takes: 1 d, needs: {slots: 1}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "B1", 5, "planned", 6, 1),
        ("S", "B2", 5, "planned", 6, 1),
        ("T", "C", 5, "planned", 6, 1),
        ("S", "Late", 6, "planned", 7, 1),
        ("S", "B1", 6, "planned", 96, 1),
        ("S", "B2", 6, "planned", 96, 1),
        ("T", "C", 6, "planned", 96, 1),
        ("S", "Late", 7, "planned", 97, 1),
        ("S", "B1", 21, "online", None, 1),
        ("S", "B2", 22, "online", None, 1),
        ("T", "C", 23, "online", None, 1),
        ("S", "Late", 24, "online", None, 1),
    ]


def test_a_phase_takes_what_is_returned_first(tmp_path: Path) -> None:
    """The fund stands first in the file, but A has the crew from day 10 on, while it waits for the fund.

    day      10       11      20       21       30      40      50
    fund                                        +10
    A        crew             (late)            [ 10 days ]
    B                 asks             (late)           [ 10 days ]
    """
    text = """
supplies:
  fund: {unit: $, arrives: {2025-01-30: 10}}
  crews: {unit: crew, returned: true, initial: 1}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-10, phases: {shell: {takes: 10 d, needs: {fund: 10 $, crews: 1}}}}
      B: {it_power: 2 kW, begins: 2025-01-11, phases: {shell: {takes: 10 d, needs: {crews: 1}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 10, "planned", 20, 1),
        ("S", "B", 11, "planned", 21, 2),
        ("S", "A", 20, "planned", 110, 1),
        ("S", "B", 21, "planned", 111, 2),
        ("S", "A", 40, "online", None, 1),
        ("S", "B", 50, "online", None, 2),
    ]


def test_a_phase_takes_its_supplies_in_file_order(tmp_path: Path) -> None:
    """A waits for x before it asks for y: the y of day 5 goes to B, which asked later than A began.

    day      1       2       5       6        10      20      21
    x                                         1
    y                        1                        1
    A        asks x                           asks y  [ 1 day ]
    B                asks y  [ 1 day ]
    """
    text = """
supplies:
  x: {unit: thing, arrives: {2025-01-10: 1}}
  y: {unit: thing, arrives: {2025-01-05: 1, 2025-01-20: 1}}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-01, phases: {shell: {takes: 1 d, needs: {x: 1, y: 1}}}}
      B: {it_power: 2 kW, begins: 2025-01-02, phases: {shell: {takes: 1 d, needs: {y: 1}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 1, "planned", 2, 1),
        ("S", "B", 2, "planned", 3, 2),
        ("S", "A", 2, "planned", 92, 1),
        ("S", "B", 3, "planned", 93, 2),
        ("S", "B", 6, "online", None, 2),
        ("S", "A", 21, "online", None, 1),
    ]


def test_a_need_may_be_for_each_mw_or_what_fills_the_building(tmp_path: Path) -> None:
    """11 kW of GPUs of 2 kW are 5.5, so 6: there on day 10. 10 MW at 2 $/MW are 20 $: there on day 20."""
    text = """
hardware:
  gb: {it_kw_per_gpu: 2 kW}
supplies:
  fund: {unit: $, initial: 19, arrives: {2025-01-20: 1}}
  chips: {unit: GPU, initial: 5, arrives: {2025-01-10: 1}}
sites:
  S:
    hardware: gb
    buildings:
      A: {it_power: 11 kW, begins: 2025-01-01, phases: {shell: {takes: 1 d, needs: {chips: fill}}}}
      B: {it_power: 10 MW, begins: 2025-01-01, phases: {shell: {takes: 1 d, needs: {fund: 2 $/MW}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 1, "planned", 2, 11),
        ("S", "B", 1, "planned", 2, 10_000),
        ("S", "A", 2, "planned", 92, 11),
        ("S", "B", 2, "planned", 92, 10_000),
        ("S", "A", 11, "online", None, 11),
        ("S", "B", 21, "online", None, 10_000),
    ]


def test_a_supply_may_arrive_regularly(tmp_path: Path) -> None:
    """2 arrive on days 10, 15, 20, 25: A has its 5 on day 20, and B its 3 on day 25 (6 - 5 + 2)."""
    text = """
supplies:
  chips: {unit: GPU, arrives: {from: 2025-01-10, every: 5 d, amount: 2}}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-01, phases: {shell: {takes: 1 d, needs: {chips: 5}}}}
      B: {it_power: 2 kW, begins: 2025-01-01, phases: {shell: {takes: 1 d, needs: {chips: 3}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 1, "planned", 2, 1),
        ("S", "B", 1, "planned", 2, 2),
        ("S", "A", 2, "planned", 92, 1),
        ("S", "B", 2, "planned", 92, 2),
        ("S", "A", 21, "online", None, 1),
        ("S", "B", 26, "online", None, 2),
    ]


# When a building begins ---------------------------------------------------------------------------------


def test_a_building_that_began_before_the_start_is_told_at_the_start(tmp_path: Path) -> None:
    """A needs nothing; B waits for the chips of 25 December; C for those of 5 January, long after its medians.

    day      -30    -10        -6         0           15          19
    A               [ 25 days ------------------------]
    B               (waits)    [ 25 days --------------------------]
    C        (waits)                      planned for -20 + 90; chips on day 5, and 10 days

    All else in the world goes by the start: D comes on day 10, E is cancelled on day 8, T fails on day 9.
    """
    text = """
supplies:
  chips: {unit: GPU, arrives: {2024-12-25: 1}}
  more: {unit: GPU, arrives: {2025-01-05: 1}}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2024-12-21, phases: {shell: {takes: 25 d}}}
      B: {it_power: 2 kW, begins: 2024-12-21, phases: {shell: {takes: 25 d, needs: {chips: 1}}}}
      C: {it_power: 3 kW, begins: 2024-12-01, phases: {shell: {takes: 10 d, needs: {more: 1}}}}
      D: {it_power: 4 kW, planned: 2025-01-10}
      E: {it_power: 5 kW, planned: 2025-01-12, cancelled: 2025-01-08}
  T: {online: 10 kW, outages: {every: 9 d, lasts: 20 d, takes: 1 kW}}
"""
    assert told(run(tmp_path, text, end="2025-01-20")) == [
        ("S", "A", 0, "planned", 15, 1),
        ("S", "B", 0, "planned", 15, 2),
        ("S", "C", 0, "planned", 70, 3),
        ("S", "D", 0, "planned", 10, 4),
        ("S", "E", 0, "planned", 12, 5),
        ("S", "E", 8, "cancelled", None, 5),
        ("T", None, 9, "outage", None, 1),
        ("S", "D", 10, "online", None, 4),
        ("S", "A", 15, "online", None, 1),
        ("S", "C", 15, "online", None, 3),
        ("S", "B", 15, "planned", 105, 2),
        ("S", "B", 19, "online", None, 2),
    ]


def test_a_building_that_was_done_before_the_start_was_not_late(tmp_path: Path) -> None:
    """Begun on day -30 and done on day -20, as planned: it is not planned anew.

    day      -30          -20          0
    A        [ 10 days ]               online
    """
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2024-12-01, phases: {shell: {takes: 10 d}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", -20, 1),
        ("S", "A", 0, "online", None, 1),
    ]


def test_a_building_may_begin_after_another(tmp_path: Path) -> None:
    """After A come B, D (one by one) and C at another site; after all of the group D comes G.

    day      10       15             20             25       30             35
    A        [ 5 d ]
    B, C              [ 5 d ]
    D 1, D 2          [ D 1, 5 d ]                  [ D 2, 5 d ]
    G                                                        [ 5 d ]
    """
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-10, phases: {shell: {takes: 5 d}}}
      B: {it_power: 2 kW, after: A, phases: {shell: {takes: 5 d}}}
      D: {count: 2, every: 10 d, it_power: 3 kW, after: A, phases: {shell: {takes: 5 d}}}
      G: {it_power: 4 kW, after: D, phases: {shell: {takes: 5 d}}}
  T:
    buildings:
      C: {it_power: 5 kW, after: S.A, phases: {shell: {takes: 5 d}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 10, "planned", 15, 1),
        ("S", "B", 15, "planned", 20, 2),
        ("S", "D 1", 15, "planned", 20, 3),
        ("T", "C", 15, "planned", 20, 5),
        ("S", "A", 15, "online", None, 1),
        ("S", "B", 20, "online", None, 2),
        ("S", "D 1", 20, "online", None, 3),
        ("T", "C", 20, "online", None, 5),
        ("S", "D 2", 25, "planned", 30, 3),
        ("S", "G", 30, "planned", 35, 4),
        ("S", "D 2", 30, "online", None, 3),
        ("S", "G", 35, "online", None, 4),
    ]


def test_a_building_that_was_announced_is_told_at_the_start(tmp_path: Path) -> None:
    """Both were announced for day 20, whatever their medians: A comes early, B late."""
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, planned: 2025-01-20, begins: 2025-01-10, phases: {shell: {takes: 5 d}}}
      B: {it_power: 2 kW, planned: 2025-01-20, begins: 2025-01-10, phases: {shell: {takes: 15 d}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 20, 1),
        ("S", "B", 0, "planned", 20, 2),
        ("S", "A", 15, "online", None, 1),
        ("S", "B", 20, "planned", 110, 2),
        ("S", "B", 25, "online", None, 2),
    ]


MARKET = """
demand:
  d:
    customer: U
    term: 1 y
    arrivals: {deals: {%s}}
providers:
  P: {sites: [S], presells: 1 y}
sites:
  S:
    online: 10 kW
    buildings:
      A: {count: 3, it_power: 10 kW, when: committed > 80 %%, phases: {shell: {takes: 20 d}}}
"""


def test_a_trigger_begins_a_building_which_is_told_at_midnight(tmp_path: Path) -> None:
    """At noon of day 5, 9 of 10 are committed: A 1 begins, and is told on day 6. Of 20, 16 are not above 80 %.

    17 are: A 2 begins on day 8 at midnight, and is told at the next. Then 25 of 30 begin A 3 as soon as A 2 is told.

    day      5.5     6       7        8        9             10      25.5    28      29
    asked    9               7        1        8
    A 1      begins  told                                            online
    A 2                               begins   told                          online
    A 3                                        begins        told                    online
    """
    deals = (
        "a: {asked: 2025-01-05T12:00, size: 9 kW}, b: {asked: 2025-01-07, size: 7 kW},"
        "c: {asked: 2025-01-08, size: 1 kW}, d: {asked: 2025-01-09, size: 8 kW}"
    )
    played = run(tmp_path, MARKET % deals)
    assert told(played) == [
        ("S", "A 1", 6, "planned", 25.5, 10),
        ("S", "A 2", 9, "planned", 28, 10),
        ("S", "A 3", 10, "planned", 29, 10),
        ("S", "A 1", 25.5, "online", None, 10),
        ("S", "A 2", 28, "online", None, 10),
        ("S", "A 3", 29, "online", None, 10),
    ]
    assert sold(played) == [
        (0, "S", 9, 5.5, 5.5),
        (1, "S", 7, 7, 25.5),
        (2, "S", 1, 8, 25.5),
        (3, "S", 8, 9, 28),
    ]


def test_a_counted_group_begins_one_by_one(tmp_path: Path) -> None:
    """All 10 are committed at noon of day 5, and stay so: the next looks when the one before it is told.

    What is asked in the evening begins nothing. The market buys each building when it is told of it.

    day      5.5     5.75    6            7            8            25.5    26      27
    asked    100     1
    A 1      begins          told                                   online
    A 2                      begins       told                              online
    A 3                                   begins       told                         online
    """
    deals = "a: {asked: 2025-01-05T12:00, size: 100 kW}, b: {asked: 2025-01-05T18:00, size: 1 kW}"
    played = run(tmp_path, MARKET % deals)
    assert told(played) == [
        ("S", "A 1", 6, "planned", 25.5, 10),
        ("S", "A 2", 7, "planned", 26, 10),
        ("S", "A 3", 8, "planned", 27, 10),
        ("S", "A 1", 25.5, "online", None, 10),
        ("S", "A 2", 26, "online", None, 10),
        ("S", "A 3", 27, "online", None, 10),
    ]
    assert sold(played) == [
        (0, "S", 10, 5.5, 5.5),
        (0, "S", 10, 6, 25.5),
        (0, "S", 10, 7, 26),
        (0, "S", 10, 8, 27),
    ]


def test_a_trigger_counts_what_is_in_place_at_its_own_site(tmp_path: Path) -> None:
    """9 of 10 at S begin A at the start; 8 of 10 at T, exactly 80 %, begin nothing."""
    text = """
demand:
  old: {customer: U, term: 1 y, in_place: {S: 9 kW, T: 8 kW}}
providers:
  P: {sites: [S, T]}
sites:
  S:
    online: 10 kW
    buildings:
      A: {it_power: 1 kW, when: committed > 80 %, phases: {shell: {takes: 20 d}}}
  T:
    online: 10 kW
    buildings:
      B: {it_power: 1 kW, when: committed > 80 %, phases: {shell: {takes: 20 d}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 1, "planned", 20, 1),
        ("S", "A", 20, "online", None, 1),
    ]


@pytest.mark.parametrize(
    ("cancelled", "rows"),
    [
        ("2025-01-05T18:00", []),
        ("2025-01-07", [("S", "A 1", 6, "planned", 25.5, 10), ("S", "A 1", 7, "cancelled", None, 10)]),
    ],
)
def test_a_building_that_a_trigger_began_may_be_cancelled(
    tmp_path: Path, cancelled: str, rows: list[Row]
) -> None:
    """Begun at noon of day 5. Cancelled before midnight, nobody ever hears of it; the others never begin.

    On day 8 all that is online is committed again, and all three are cancelled.
    """
    deals = "a: {asked: 2025-01-05T12:00, size: 9 kW}, b: {asked: 2025-01-08, size: 1 kW}"
    text = (MARKET % deals).replace("count: 3", f"count: 3, cancelled: {cancelled}")
    assert told(run(tmp_path, text)) == rows


def test_a_building_done_before_the_market_is_told_of_it_was_not_late(tmp_path: Path) -> None:
    """Begun at noon of day 5 and done at 18:00: told, and online, at midnight; online comes before re-planned."""
    text = (MARKET % "a: {asked: 2025-01-05T12:00, size: 9 kW}").replace("takes: 20 d", "takes: 6 h")
    assert told(run(tmp_path, text)) == [
        ("S", "A 1", 6, "planned", 5.75, 10),
        ("S", "A 1", 6, "online", None, 10),
    ]


def test_who_asks_at_once_stands_in_line_by_site_also_after_another_supply(tmp_path: Path) -> None:
    """On day 10 both ask for the one GPU, B as soon as it has its crew, which is free: B is at the first site.

    day      10                        15
    S        B: crew, GPU, 5 days      online
    T        C: asks in vain           anew for 105
    """
    text = """
supplies:
  crews: {unit: crew, returned: true, initial: 1}
  chips: {unit: GPU, initial: 1}
sites:
  S:
    buildings:
      B: {it_power: 1 kW, begins: 2025-01-10, phases: {shell: {takes: 5 d, needs: {crews: 1, chips: 1}}}}
  T:
    buildings:
      C: {it_power: 2 kW, begins: 2025-01-10, phases: {shell: {takes: 5 d, needs: {chips: 1}}}}
"""
    assert told(run(tmp_path, text, end="2025-02-01")) == [
        ("S", "B", 10, "planned", 15, 1),
        ("T", "C", 10, "planned", 15, 2),
        ("S", "B", 15, "online", None, 1),
        ("T", "C", 15, "planned", 105, 2),
    ]


# Slips, and planning anew -------------------------------------------------------------------------------


def test_a_building_slips_and_is_planned_anew_as_often_as_needed(tmp_path: Path) -> None:
    """All are planned for day 20. On the day of a new plan, online comes before re-planned.

    day        0   15     20             24           28           30
    Punctual              online
    Early          online
    Late                  anew for 24    anew for 28  anew for 32  online
    On day 28             anew for 24    anew for 28  online
    By default            anew for 110                             online
    At once    online
    """
    text = """
sites:
  S:
    buildings:
      Punctual: {it_power: 1 kW, planned: 2025-01-20}
      Early: {it_power: 2 kW, planned: 2025-01-20, slip: -5 d}
      Late: {it_power: 3 kW, planned: 2025-01-20, slip: 10 d, review: 4 d}
      On day 28: {it_power: 4 kW, planned: 2025-01-20, slip: 8 d, review: 4 d}
      By default: {it_power: 5 kW, planned: 2025-01-20, slip: 10 d}
      At once: {it_power: 6 kW, planned: 2025-01-20, slip: -30 d}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "Punctual", 0, "planned", 20, 1),
        ("S", "Early", 0, "planned", 20, 2),
        ("S", "Late", 0, "planned", 20, 3),
        ("S", "On day 28", 0, "planned", 20, 4),
        ("S", "By default", 0, "planned", 20, 5),
        ("S", "At once", 0, "planned", 20, 6),
        ("S", "At once", 0, "online", None, 6),
        ("S", "Early", 15, "online", None, 2),
        ("S", "Punctual", 20, "online", None, 1),
        ("S", "Late", 20, "planned", 24, 3),
        ("S", "On day 28", 20, "planned", 24, 4),
        ("S", "By default", 20, "planned", 110, 5),
        ("S", "Late", 24, "planned", 28, 3),
        ("S", "On day 28", 24, "planned", 28, 4),
        ("S", "On day 28", 28, "online", None, 4),
        ("S", "Late", 28, "planned", 32, 3),
        ("S", "Late", 30, "online", None, 3),
        ("S", "By default", 30, "online", None, 5),
    ]


def test_buildings_that_were_planned_before_the_start(tmp_path: Path) -> None:
    """Planned for day -30. Done is done; Due comes on day 10, and is told with the first review after the start."""
    text = """
sites:
  S:
    buildings:
      Done: {it_power: 1 kW, planned: 2024-12-01}
      Due: {it_power: 2 kW, planned: 2024-12-01, slip: 40 d, review: 16 d}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "Done", 0, "planned", -30, 1),
        ("S", "Due", 0, "planned", 2, 2),
        ("S", "Done", 0, "online", None, 1),
        ("S", "Due", 2, "planned", 18, 2),
        ("S", "Due", 10, "online", None, 2),
    ]


def test_several_buildings_come_every_so_often_until_the_end(tmp_path: Path) -> None:
    """Three, every 10 days from day 20 on; the run ends when the third would come."""
    text = """
sites:
  S:
    buildings:
      A: {count: 3, every: 10 d, it_power: 5 kW, planned: 2025-01-20}
"""
    assert told(run(tmp_path, text, end="2025-02-09")) == [
        ("S", "A 1", 0, "planned", 20, 5),
        ("S", "A 2", 0, "planned", 30, 5),
        ("S", "A 3", 0, "planned", 40, 5),
        ("S", "A 1", 20, "online", None, 5),
        ("S", "A 2", 30, "online", None, 5),
    ]


def test_power_is_that_of_the_facility_by_its_pue(tmp_path: Path) -> None:
    """14 kW of facility are 10 kW of IT at a pue of 1.4; 15 are 10.7, rounded half up."""
    text = """
sites:
  S:
    pue: 1.4
    buildings:
      A: {power: 14 kW, planned: 2025-01-20}
      B: {power: 15 kW, planned: 2025-01-20}
      C: {it_power: 15 kW, planned: 2025-01-20}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 20, 10),
        ("S", "B", 0, "planned", 20, 11),
        ("S", "C", 0, "planned", 20, 15),
        ("S", "A", 20, "online", None, 10),
        ("S", "B", 20, "online", None, 11),
        ("S", "C", 20, "online", None, 15),
    ]


# Cancelled and retired ----------------------------------------------------------------------------------


def test_a_building_may_be_cancelled_on_a_date_unless_it_is_online(tmp_path: Path) -> None:
    """All but the last are planned for day 20. After F and G, which never come online, nothing begins.

    day      0          10      20                      22       30
    A                   x
    B                           online (on the day of its cancelling: no effect)
    C                           x (late: not planned anew)
    D                           online                           (no effect)
    E                           anew for 24             x
    F        x (cancelled before the start)
    G        (begins on day 30, cancelled on day 22: nobody ever hears of it)
    """
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, planned: 2025-01-20, cancelled: 2025-01-10}
      B: {it_power: 2 kW, planned: 2025-01-20, cancelled: 2025-01-20}
      C: {it_power: 3 kW, planned: 2025-01-20, slip: 5 d, cancelled: 2025-01-20}
      D: {it_power: 4 kW, planned: 2025-01-20, cancelled: 2025-01-30}
      E: {it_power: 5 kW, planned: 2025-01-20, slip: 10 d, review: 4 d, cancelled: 2025-01-22}
      F: {it_power: 6 kW, planned: 2025-01-20, cancelled: 2024-12-01}
      G: {it_power: 7 kW, begins: 2025-01-30, cancelled: 2025-01-22, phases: {shell: {takes: 5 d}}}
      After F: {it_power: 8 kW, after: F, phases: {shell: {takes: 5 d}}}
      After G: {it_power: 9 kW, after: G, phases: {shell: {takes: 5 d}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 20, 1),
        ("S", "B", 0, "planned", 20, 2),
        ("S", "C", 0, "planned", 20, 3),
        ("S", "D", 0, "planned", 20, 4),
        ("S", "E", 0, "planned", 20, 5),
        ("S", "F", 0, "planned", 20, 6),
        ("S", "F", 0, "cancelled", None, 6),
        ("S", "A", 10, "cancelled", None, 1),
        ("S", "B", 20, "online", None, 2),
        ("S", "D", 20, "online", None, 4),
        ("S", "C", 20, "cancelled", None, 3),
        ("S", "E", 20, "planned", 24, 5),
        ("S", "E", 22, "cancelled", None, 5),
    ]


def test_a_building_may_be_cancelled_or_retired_with_a_chance(tmp_path: Path) -> None:
    """Certain and impossible; in between each building of a group has a chance of its own."""
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, planned: 2025-01-20, cancelled: {chance: 100 %, on: 2025-01-10}}
      B: {it_power: 2 kW, planned: 2025-01-20, cancelled: {chance: 0 %, on: 2025-01-10}}
      C: {it_power: 3 kW, planned: 2025-01-20, retired: {chance: 100 %, on: 2025-01-30}}
      D: {it_power: 4 kW, planned: 2025-01-20, retired: {chance: 0 %, on: 2025-01-30}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 20, 1),
        ("S", "B", 0, "planned", 20, 2),
        ("S", "C", 0, "planned", 20, 3),
        ("S", "D", 0, "planned", 20, 4),
        ("S", "A", 10, "cancelled", None, 1),
        ("S", "B", 20, "online", None, 2),
        ("S", "C", 20, "online", None, 3),
        ("S", "D", 20, "online", None, 4),
        ("S", "C", 30, "retired", None, 3),
    ]
    group = "count: 100, every: 1 d, it_power: 1 kW, planned: 2026-01-01"
    text = f"sites: {{S: {{buildings: {{A: {{{group}, cancelled: {{chance: 30 %, on: 2025-01-10}}}}}}}}}}"
    rows = told(run(tmp_path, text))
    called_off = [row[1] for row in rows if row[3] == "cancelled"]
    assert 15 < len(called_off) < 45
    assert rows == [("S", f"A {k}", 0, "planned", 365 + k, 1) for k in range(1, 101)] + [
        ("S", name, 10, "cancelled", None, 1) for name in called_off
    ]


def test_buildings_that_were_cancelled_or_retired_before_the_start(tmp_path: Path) -> None:
    """All that counts is what came first, though the market hears of it at the start.

    day      -21       -15       -10       -9        -5        0      1        5
    A        x         (would be online)
    B        (retired: no effect)                    online
    C                            [ crew ------------ x
    D                                      (waits)   [ 10 days, late --------] online
    """
    text = """
supplies:
  crews: {unit: crew, returned: true, initial: 1}
sites:
  S:
    buildings:
      A: {it_power: 1 kW, planned: 2025-01-05, slip: -20 d, cancelled: 2024-12-10}
      B: {it_power: 2 kW, planned: 2025-01-05, slip: -10 d, retired: 2024-12-10}
      C:
        it_power: 3 kW
        begins: 2024-12-21
        cancelled: 2024-12-26
        phases: {shell: {takes: 100 d, needs: {crews: 1}}}
      D: {it_power: 4 kW, begins: 2024-12-22, phases: {shell: {takes: 10 d, needs: {crews: 1}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 5, 1),
        ("S", "B", 0, "planned", 5, 2),
        ("S", "C", 0, "planned", 90, 3),
        ("S", "D", 0, "planned", 1, 4),
        ("S", "B", 0, "online", None, 2),
        ("S", "A", 0, "cancelled", None, 1),
        ("S", "C", 0, "cancelled", None, 3),
        ("S", "D", 1, "planned", 91, 4),
        ("S", "D", 5, "online", None, 4),
    ]


LINE = """
supplies:
  %s
sites:
  S:
    buildings:
      A: {it_power: 1 kW, begins: 2025-01-05, cancelled: 2025-01-10, phases: {shell: {takes: 100 d, needs: {%s}}}}
      B: {it_power: 2 kW, begins: 2025-01-06, phases: {shell: {takes: 5 d, needs: {%s}}}}
"""


@pytest.mark.parametrize(
    ("supply", "a_needs", "b_needs"),
    [
        pytest.param("crews: {unit: crew, returned: true, initial: 1}", "crews: 1", "crews: 1", id="what was lent"),
        pytest.param("chips: {unit: GPU, initial: 5}", "chips: 10", "chips: 5", id="its place in the line"),
    ],
)  # fmt: skip
def test_cancelling_gives_back_what_was_lent_and_the_place_in_line(
    tmp_path: Path, supply: str, a_needs: str, b_needs: str
) -> None:
    """A has the crew, or stands before B in the line for chips. When it is cancelled, B goes on.

    day      5       6       10              11        15
    A        begins          x
    B                begins  [ 5 days ------ (late) ---] online
    """
    assert told(run(tmp_path, LINE % (supply, a_needs, b_needs))) == [
        ("S", "A", 5, "planned", 105, 1),
        ("S", "B", 6, "planned", 11, 2),
        ("S", "A", 10, "cancelled", None, 1),
        ("S", "B", 11, "planned", 101, 2),
        ("S", "B", 15, "online", None, 2),
    ]


def test_cancelling_gives_back_nothing_that_was_consumed(tmp_path: Path) -> None:
    """A has used up the 10 chips: B must wait for those of day 30."""
    supply = "chips: {unit: GPU, initial: 10, arrives: {2025-01-30: 10}}"
    assert told(run(tmp_path, LINE % (supply, "chips: 10", "chips: 10"))) == [
        ("S", "A", 5, "planned", 105, 1),
        ("S", "B", 6, "planned", 11, 2),
        ("S", "A", 10, "cancelled", None, 1),
        ("S", "B", 11, "planned", 101, 2),
        ("S", "B", 35, "online", None, 2),
    ]


def test_cancelling_at_the_instant_of_asking_or_being_served(tmp_path: Path) -> None:
    """Z gives the crew back when A, next in line, is cancelled: B has it. D does not stand in C's way either.

    day      1        2         3        8        10              15
    Z        [ crew, 9 days ---------------------]
    A                 asks                        x
    B                           asks     (late)   [ crew, 5 d ]   online
    C                                             asks 10 chips, x
    D                                             [ 5 chips, 5 d] online
    """
    text = """
supplies:
  crews: {unit: crew, returned: true, initial: 1}
  chips: {unit: GPU, initial: 5}
sites:
  S:
    buildings:
      Z: {it_power: 1 kW, begins: 2025-01-01, phases: {shell: {takes: 9 d, needs: {crews: 1}}}}
      A:
        it_power: 2 kW
        begins: 2025-01-02
        cancelled: 2025-01-10
        phases: {shell: {takes: 50 d, needs: {crews: 1}}}
      B: {it_power: 3 kW, begins: 2025-01-03, phases: {shell: {takes: 5 d, needs: {crews: 1}}}}
      C:
        it_power: 4 kW
        begins: 2025-01-10
        cancelled: 2025-01-10
        phases: {shell: {takes: 5 d, needs: {chips: 10}}}
      D: {it_power: 5 kW, begins: 2025-01-10, phases: {shell: {takes: 5 d, needs: {chips: 5}}}}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "Z", 1, "planned", 10, 1),
        ("S", "A", 2, "planned", 52, 2),
        ("S", "B", 3, "planned", 8, 3),
        ("S", "B", 8, "planned", 98, 3),
        ("S", "C", 10, "planned", 15, 4),
        ("S", "D", 10, "planned", 15, 5),
        ("S", "Z", 10, "online", None, 1),
        ("S", "A", 10, "cancelled", None, 2),
        ("S", "C", 10, "cancelled", None, 4),
        ("S", "B", 15, "online", None, 3),
        ("S", "D", 15, "online", None, 5),
    ]


def test_a_building_may_be_retired_on_a_date_if_it_is_online(tmp_path: Path) -> None:
    """B is not online on the day of its retiring; C comes online and retires on one day.

    day      20              30                   40
    A        online          retired
    B        anew for 110    (no effect)          online
    C        online, retired
    """
    text = """
sites:
  S:
    buildings:
      A: {it_power: 1 kW, planned: 2025-01-20, retired: 2025-01-30}
      B: {it_power: 2 kW, planned: 2025-01-20, slip: 20 d, retired: 2025-01-30}
      C: {it_power: 3 kW, planned: 2025-01-20, retired: 2025-01-20}
"""
    assert told(run(tmp_path, text)) == [
        ("S", "A", 0, "planned", 20, 1),
        ("S", "B", 0, "planned", 20, 2),
        ("S", "C", 0, "planned", 20, 3),
        ("S", "A", 20, "online", None, 1),
        ("S", "C", 20, "online", None, 3),
        ("S", "C", 20, "retired", None, 3),
        ("S", "B", 20, "planned", 110, 2),
        ("S", "A", 30, "retired", None, 1),
        ("S", "B", 40, "online", None, 2),
    ]


# Outages ------------------------------------------------------------------------------------------------


def test_an_outage_takes_a_share_of_what_is_online_or_kw_and_gives_it_back(tmp_path: Path) -> None:
    """20 days from the end of one to the next. 10 % of 100, and of 150 once A is online; at T all of 20, not 30.

    day      0        20      25                45            50
    S 100             -10     +10               -15           +15
    A +50                                       online
    T 20              -20     +20               -20           +20
    U 15              -2 (1.5) +2               -2            +2
    """
    text = """
sites:
  S:
    online: 100 kW
    outages: {every: 20 d, lasts: 5 d, takes: 10 %}
    buildings:
      A: {it_power: 50 kW, planned: 2025-02-14}
  T: {online: 20 kW, outages: {every: 20 d, lasts: 5 d, takes: 30 kW}}
  U: {online: 15 kW, outages: {every: 20 d, lasts: 5 d, takes: 10 %}}
"""
    assert told(run(tmp_path, text, end="2025-03-01")) == [
        ("S", "A", 0, "planned", 45, 50),
        ("S", None, 20, "outage", None, 10),
        ("T", None, 20, "outage", None, 20),
        ("U", None, 20, "outage", None, 2),
        ("S", None, 25, "restored", None, 10),
        ("T", None, 25, "restored", None, 20),
        ("U", None, 25, "restored", None, 2),
        ("S", "A", 45, "online", None, 50),
        ("S", None, 45, "outage", None, 15),
        ("T", None, 45, "outage", None, 20),
        ("U", None, 45, "outage", None, 2),
        ("S", None, 50, "restored", None, 15),
        ("T", None, 50, "restored", None, 20),
        ("U", None, 50, "restored", None, 2),
    ]


def test_a_building_that_retires_during_an_outage_does_not_return(tmp_path: Path) -> None:
    """The outage takes all. A retires on day 22: 50 return on day 25, at T nothing, and there is nothing to take.

    On day 30 the market finds the 50 at S.

    day      5        20      22       25       45       50
    S 50              -150             +50      -50      +50
    A +100   online           -100
    T                 -100
    B +100   online           -100
    """
    text = """
demand:
  d: {customer: U, term: 10 d, arrivals: {deals: {a: {asked: 2025-01-30, size: 200 kW}}}}
providers:
  P: {sites: [S, T]}
sites:
  S:
    online: 50 kW
    outages: {every: 20 d, lasts: 5 d, takes: 100 %}
    buildings:
      A: {it_power: 100 kW, planned: 2025-01-05, retired: 2025-01-22}
  T:
    outages: {every: 20 d, lasts: 5 d, takes: 100 %}
    buildings:
      B: {it_power: 100 kW, planned: 2025-01-05, retired: 2025-01-22}
"""
    played = run(tmp_path, text, end="2025-02-03")
    assert sold(played) == [(0, "S", 50, 30, 30)]
    assert told(run(tmp_path, text, end="2025-03-01")) == [
        ("S", "A", 0, "planned", 5, 100),
        ("T", "B", 0, "planned", 5, 100),
        ("S", "A", 5, "online", None, 100),
        ("T", "B", 5, "online", None, 100),
        ("S", None, 20, "outage", None, 150),
        ("T", None, 20, "outage", None, 100),
        ("S", "A", 22, "retired", None, 100),
        ("T", "B", 22, "retired", None, 100),
        ("S", None, 25, "restored", None, 50),
        ("S", None, 45, "outage", None, 50),
        ("S", None, 50, "restored", None, 50),
    ]


def test_a_day_on_which_everything_happens(tmp_path: Path) -> None:
    """On day 20 the market hears first what comes, then what goes; the outage takes 10 % of what is left: 100."""
    text = """
sites:
  S:
    online: 70 kW
    outages: {every: 20 d, lasts: 5 d, takes: 10 %}
    buildings:
      Late: {it_power: 10 kW, planned: 2025-01-20, slip: 1 d}
      Old: {it_power: 20 kW, planned: 2025-01-01, retired: 2025-01-20}
      Off: {it_power: 40 kW, planned: 2025-01-21, cancelled: 2025-01-20}
      Done: {it_power: 30 kW, planned: 2025-01-20}
      New: {it_power: 50 kW, begins: 2025-01-20, phases: {shell: {takes: 5 d}}}
  T: {online: 10 kW, outages: {every: 15 d, lasts: 5 d, takes: 1 kW}}
"""
    assert told(run(tmp_path, text, end="2025-01-21")) == [
        ("S", "Late", 0, "planned", 20, 10),
        ("S", "Old", 0, "planned", 1, 20),
        ("S", "Off", 0, "planned", 21, 40),
        ("S", "Done", 0, "planned", 20, 30),
        ("S", "Old", 1, "online", None, 20),
        ("T", None, 15, "outage", None, 1),
        ("S", "New", 20, "planned", 25, 50),
        ("T", None, 20, "restored", None, 1),
        ("S", "Done", 20, "online", None, 30),
        ("S", "Off", 20, "cancelled", None, 40),
        ("S", "Old", 20, "retired", None, 20),
        ("S", "Late", 20, "planned", 110, 10),
        ("S", None, 20, "outage", None, 10),
    ]


# The market that lives in this world --------------------------------------------------------------------


def test_rights_begin_and_end_on_drawn_dates(tmp_path: Path) -> None:
    """A request on each of 50 days: under the right are those from its begin on, up to its end."""
    deals = ", ".join(f"d{k}: {{asked: {{date: 2024-12-31, plus: {k} d}}}}" for k in range(1, 51))
    text = f"""
demand:
  d: {{customer: U, size: 1 kW, term: 1 y, arrivals: {{deals: {{{deals}}}}}}}
providers:
  P: {{sites: [S]}}
rights:
  R:
    holder: P
    kind: exclusive
    from: {{date: 2025-01-10, plus: {{discrete: {{values: [0 d, 3 d, 5 d]}}}}}}
    until: {{date: 2025-01-30, plus: {{discrete: {{values: [0 d, 3 d, 5 d]}}}}}}
sites:
  S: {{online: 100 kW}}
"""
    seen = set()
    for replication in range(6):
        played = run(tmp_path, text, replication=replication)
        (begins, ends) = (value / DAY_US for _, value, _ in played.inputs.recorded_draws)
        assert [name for name, _, _ in played.inputs.recorded_draws] == [
            "rights.R.from.plus",
            "rights.R.until.plus",
        ]
        covered = [10 + begins <= k < 30 + ends for k in range(1, 51)]
        assert (played.requests["right"] == 0).tolist() == covered
        seen |= {begins, ends}
    assert seen == {0, 3, 5}


def test_requests_are_numbered_by_asked_then_stream_then_number(tmp_path: Path) -> None:
    """b stands before a in the file, and a before b in the days; of two deals of a stream the first is first."""
    text = """
demand:
  b: {customer: U, term: 1 y, size: 1 kW, arrivals: {deals: {x: {asked: 2025-01-02}, y: {asked: 2025-01-02}}}}
  a: {customer: U, term: 1 y, size: 1 kW, arrivals: {deals: {y: {asked: 2025-01-02}, x: {asked: 2025-01-01}}}}
providers:
  Q: {sites: [T]}
  P: {sites: [S]}
sites:
  S: {online: 10 kW}
  T: {online: 10 kW}
"""
    played = run(tmp_path, text)
    asked = played.inputs.requests
    streams = [played.inputs.streams[s] for s in played.inputs.stream_of_request()]
    assert list(zip(streams, asked.number.tolist(), asked.deal, strict=True)) == [
        ("a", 1, "x"),
        ("b", 0, "x"),
        ("b", 1, "y"),
        ("a", 0, "y"),
    ]
    # the default order is that of the file
    assert sold(played) == [(0, "T", 1, 1, 1), (1, "T", 1, 2, 2), (2, "T", 1, 2, 2), (3, "T", 1, 2, 2)]


IN_PLACE = """
demand:
  old: {customer: U, term: {discrete: {values: [10 d, 20 d]}}, in_place: {S: 5 kW, T: 5 kW}}
providers:
  Q: {sites: [T]}
  P: {sites: [S, T]}
sites:
  S: {online: %s}
  T: {online: 5 kW}
"""


def test_what_is_in_place_has_a_drawn_term_for_each_site(tmp_path: Path) -> None:
    """It stands in commitments and deliveries, not among the requests; T is first sold by Q, S by P."""
    ends = set()
    for replication in range(8):
        played = run(tmp_path, IN_PLACE % "5 kW", replication=replication)
        assert len(played.requests) == 0
        assert sold(played) == [(-1, "S", 5, 0, 0), (-1, "T", 5, 0, 0)]
        assert [played.inputs.providers[p].name for p in played.commitments["provider"]] == ["P", "Q"]
        ends.add(tuple(day(int(end)) for end in played.deliveries["end"]))
    assert ends == {(10, 10), (10, 20), (20, 10), (20, 20)}


@pytest.mark.parametrize(
    "online", ["4 kW", "{uniform: {low: 1 kW, high: 4 kW}}"], ids=["seen when read", "seen when drawn"]
)
def test_more_in_place_than_online_is_an_error(tmp_path: Path, online: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        run(tmp_path, IN_PLACE % online)
    (fault,) = caught.value.faults
    assert fault.key == "sites.S.online"
    assert fault.message.startswith("is less than the 0.005 MW that")


def test_the_same_inputs_can_be_played_again(tmp_path: Path) -> None:
    """What is drawn for each outage begins anew with each time that it is gone over."""
    law = "{exponential: {mean: 20 d}}"
    played = run(
        tmp_path, f"sites: {{S: {{online: 20 kW, outages: {{every: {law}, lasts: {law}, takes: 10 %}}}}}}\n"
    )
    again = told(play_inputs(played.inputs))
    assert len(again) > 4
    assert again == told(played)
