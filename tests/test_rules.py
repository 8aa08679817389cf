"""The rules of section 3 without a clock: each question on plain numbers, in a small table."""

import ast
from pathlib import Path

import pytest

from sim.model import rules
from sim.model.rules import ANYWHERE, NEVER, NEVER_SPLIT, ONE_SITE


def test_the_rules_import_nothing() -> None:
    """Both clocks call them, and one of them compiles them."""
    tree = ast.parse(Path(rules.__file__).read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_the_steps_of_an_instant_are_in_order() -> None:
    steps = [
        rules.STEP_WORLD,
        rules.STEP_ANSWERS,
        rules.STEP_DELIVERIES,
        rules.STEP_WAITING_LIST,
        rules.STEP_NEW_REQUESTS,
        rules.STEP_GIVE_UPS,
    ]
    assert steps == [1, 2, 3, 4, 5, 7]  # (6) are deliveries once more


@pytest.mark.parametrize(
    ("now", "begins", "ends", "is_so"),
    [
        (4, 5, 9, False),
        (5, 5, 9, True),
        (8, 5, 9, True),
        (9, 5, 9, False),
        (5, 5, 5, False),
        (0, 0, NEVER, True),
        (10**17, 0, NEVER, True),
        (3, -8, 5, True),
    ],
)
def test_a_right_is_in_force_from_its_begin_up_to_its_end(
    now: int, begins: int, ends: int, is_so: bool
) -> None:
    assert rules.in_force(now, begins, ends) is is_so


@pytest.mark.parametrize(
    ("now", "presells", "latest", "date"),
    [(10, 30, 50, 40), (10, 30, 40, 40), (10, 30, 39, 39), (10, 0, NEVER, 10), (10, 5, 2, 2)],
)
def test_the_horizon_of_a_sale(now: int, presells: int, latest: int, date: int) -> None:
    assert rules.horizon(now, presells, latest) == date


@pytest.mark.parametrize(("date", "kw"), [(19, 0), (20, 5), (29, 5), (30, 12), (NEVER, 12), (-1, 0)])
def test_what_is_planned_by_a_date(date: int, kw: int) -> None:
    assert rules.planned_by([20, 30], [5, 7], date) == kw
    assert rules.planned_by([], [], date) == 0


@pytest.mark.parametrize(
    ("online", "planned", "committed", "held", "kw"),
    [(10, 0, 0, 0, 10), (10, 5, 8, 3, 4), (10, 5, 8, 7, 0), (0, 0, 8, 0, 0), (2, 5, 8, 1, 0)],
)
def test_room_is_never_below_zero(online: int, planned: int, committed: int, held: int, kw: int) -> None:
    assert rules.room(online, planned, committed, held) == kw


@pytest.mark.parametrize(("rooms", "keeps_back", "kw"), [(10, 0, 10), (10, 4, 6), (10, 10, 0), (3, 10, 0)])
def test_what_is_beyond_what_is_kept_back(rooms: int, keeps_back: int, kw: int) -> None:
    assert rules.room_for_others(rooms, keeps_back) == kw


@pytest.mark.parametrize(
    ("percent", "capacity", "committed", "held", "kw"),
    [
        (95, 21, 0, 0, 19),  # 19.95
        (95, 20, 0, 0, 19),  # 19 to the bit
        (95, 21, 15, 3, 1),
        (95, 21, 19, 0, 0),
        (50, 10, 9, 0, 0),
        (100, 7, 0, 0, 7),
        (0, 7, 0, 0, 0),
        (70, 4_000_000_010, 0, 0, 2_800_000_007),
    ],
)
def test_what_a_holder_may_take_below_its_utilization(
    percent: int, capacity: int, committed: int, held: int, kw: int
) -> None:
    assert rules.headroom_below_cap(percent * 10_000, capacity, committed, held) == kw


@pytest.mark.parametrize(
    ("split", "block", "left", "free", "kw"),
    [
        (ANYWHERE, 1, 8, 10, 8),
        (ANYWHERE, 1, 8, 5, 5),
        (ANYWHERE, 3, 9, 8, 6),
        (ANYWHERE, 3, 9, 2, 0),
        (ANYWHERE, 3, 6, 8, 6),
        (ANYWHERE, 5, 7, 8, 7),  # all that is left need be no whole block
        (ANYWHERE, 5, 7, 6, 5),
        (ANYWHERE, 5, 2, 2, 2),
        (ANYWHERE, 5, 2, 1, 0),
        (ONE_SITE, 1, 8, 8, 8),
        (ONE_SITE, 1, 8, 7, 0),
        (ONE_SITE, 4, 8, 11, 8),
        (ONE_SITE, 4, 8, 7, 0),
        (NEVER_SPLIT, 4, 8, 11, 8),
        (NEVER_SPLIT, 4, 8, 7, 0),
        (NEVER_SPLIT, 1, 8, 0, 0),
    ],
)
def test_what_a_site_takes(split: int, block: int, left: int, free: int, kw: int) -> None:
    assert rules.allocate_at_site(split, block, left, free) == kw


@pytest.mark.parametrize(
    ("draw", "appetite", "is_so"),
    [
        (0.3, 300_000, True),
        (0.29999999999999993, 300_000, False),
        (0.0, 0, True),
        (0.9999999999999999, 1_000_000, False),
        (1 / 3, 333_333, True),
    ],
)
def test_a_draw_at_or_above_the_appetite_declines(draw: float, appetite: int, is_so: bool) -> None:
    assert rules.declines(draw, appetite) is is_so


@pytest.mark.parametrize(
    ("partial", "taken", "size", "kw"),
    [(True, 3, 5, 3), (False, 3, 5, 0), (False, 5, 5, 5), (False, 0, 5, 0)],
)
def test_who_takes_no_part_takes_all_or_nothing(partial: bool, taken: int, size: int, kw: int) -> None:
    assert rules.all_or_nothing(partial, taken, size) == kw


def test_a_promise_is_not_before_now_nor_before_it_is_wanted() -> None:
    assert (rules.earliest_promise(3, 5), rules.earliest_promise(5, 3), rules.earliest_promise(5, 5)) == (
        5,
        5,
        5,
    )


@pytest.mark.parametrize(
    ("now", "wanted", "need", "online", "date"),
    [
        (1, 0, 10, 10, 1),
        (1, 3, 10, 10, 3),
        (1, 0, 11, 10, 20),
        (1, 0, 15, 10, 20),
        (1, 0, 16, 10, 30),
        (1, 25, 15, 10, 25),
        (1, 25, 22, 10, 30),
        (1, 40, 22, 10, 40),
        (1, 0, 23, 10, NEVER),
        (1, 0, 1, -4, 20),
        (1, 0, 2, -4, 30),
    ],
)
def test_promised_is_the_first_time_that_covers_the_need(
    now: int, wanted: int, need: int, online: int, date: int
) -> None:
    assert rules.cover_date(now, wanted, need, online, [20, 30], [5, 7]) == date


@pytest.mark.parametrize(
    ("online", "committed", "held", "kw"), [(10, 4, 3, 3), (10, 7, 3, 0), (10, 20, 0, 0), (0, 0, 0, 0)]
)
def test_what_is_promised_to_nobody(online: int, committed: int, held: int, kw: int) -> None:
    assert rules.idle(online, committed, held) == kw


@pytest.mark.parametrize(
    ("split", "block", "undelivered", "free", "size", "of_request", "kw"),
    [
        (ANYWHERE, 1, 6, 4, 9, 7, 4),
        (ANYWHERE, 3, 7, 5, 9, 7, 3),
        (ANYWHERE, 3, 7, 7, 9, 7, 7),  # all that is undelivered need be no whole block
        (ANYWHERE, 3, 2, 9, 9, 7, 2),
        (ONE_SITE, 1, 9, 9, 9, 9, 9),
        (ONE_SITE, 1, 9, 8, 9, 9, 0),
        (ONE_SITE, 1, 4, 9, 9, 4, 0),  # some of it serves at its site
        (NEVER_SPLIT, 1, 9, 9, 9, 9, 9),
    ],
)
def test_what_may_move(
    split: int, block: int, undelivered: int, free: int, size: int, of_request: int, kw: int
) -> None:
    assert rules.movable_kw(split, block, undelivered, free, size, of_request) == kw


@pytest.mark.parametrize(("now", "promised", "date"), [(5, 9, 5), (5, 5, 5), (5, 2, 2)])
def test_what_moves_keeps_an_earlier_date(now: int, promised: int, date: int) -> None:
    assert rules.moved_promise(now, promised) == date


@pytest.mark.parametrize(("online", "in_service", "kw"), [(10, 4, 6), (10, 10, 0), (2, 4, 0)])
def test_what_could_start_to_serve(online: int, in_service: int, kw: int) -> None:
    assert rules.available(online, in_service) == kw


@pytest.mark.parametrize(("free", "undelivered", "kw"), [(6, 4, 4), (4, 4, 4), (3, 4, 3), (0, 4, 0)])
def test_what_is_set_aside(free: int, undelivered: int, kw: int) -> None:
    assert rules.set_aside(free, undelivered) == kw


@pytest.mark.parametrize(
    ("aside", "undelivered", "split", "wanted", "kw"),
    [
        (3, 4, ANYWHERE, 20, 3),
        (3, 4, ANYWHERE, 21, 0),
        (3, 4, ONE_SITE, 20, 3),
        (3, 4, NEVER_SPLIT, 20, 0),
        (4, 4, NEVER_SPLIT, 20, 4),
        (4, 4, NEVER_SPLIT, 21, 0),
        (0, 4, ANYWHERE, 20, 0),
    ],
)
def test_what_is_delivered_on_day_20(aside: int, undelivered: int, split: int, wanted: int, kw: int) -> None:
    assert rules.deliverable_kw(aside, undelivered, split, wanted, 20) == kw


@pytest.mark.parametrize(
    ("committed", "online", "out", "planned", "is_so"),
    [(10, 5, 3, 2, False), (11, 5, 3, 2, True), (1, 0, 0, 0, True), (0, 0, 0, 0, False)],
)
def test_what_an_outage_took_still_covers_a_promise(
    committed: int, online: int, out: int, planned: int, is_so: bool
) -> None:
    assert rules.is_overcommitted(committed, online, out, planned) is is_so


@pytest.mark.parametrize(
    ("committed", "percent", "online", "planned", "is_so"),
    [
        (8, 80, 10, 0, False),
        (9, 80, 10, 0, True),
        (9, 80, 10, 10, False),
        (17, 80, 10, 10, True),
        (0, 0, 0, 0, False),
    ],
)
def test_a_trigger_fires_above_its_share(
    committed: int, percent: int, online: int, planned: int, is_so: bool
) -> None:
    assert rules.trigger_fires(committed, percent * 10_000, online, planned) is is_so


@pytest.mark.parametrize(
    ("date", "review", "now", "anew"),
    [(20, 4, 20, 24), (20, 4, 23, 24), (20, 4, 24, 28), (20, 4, 19, 20), (-30, 16, 0, 2), (-32, 16, 0, 16)],
)
def test_a_building_is_planned_anew_until_its_date_is_to_come(
    date: int, review: int, now: int, anew: int
) -> None:
    assert rules.next_planned_date(date, review, now) == anew


@pytest.mark.parametrize(
    ("share", "kw", "part"),
    [
        (100_000, 15, 2),  # 1.5
        (100_000, 14, 1),  # 1.4
        (1_000_000, 15, 15),
        (0, 15, 0),
        (333_333, 3, 1),
        (500_000, 4_000_000_001, 2_000_000_001),
    ],
)
def test_a_share_of_some_kw_is_rounded_half_up(share: int, kw: int, part: int) -> None:
    assert rules.share_of_kw(share, kw) == part
