"""Moving: what stays, and how much may move, in timelines worked by hand (how to read them: `timeline_cases.py`)."""

import pytest
from timeline_cases import ask, check, late, market, online, planned, right, seller


def test_what_moves_is_rounded_down_to_the_block() -> None:
    """12 in blocks of 4 are promised at a for day 30. Of the 5 at b they take 4, of the 7 at c 4.

    day      0                  30
    a +12    0:4 ...............==>
    b 5      0:4==================>
    c 7      0:4==================>
    asked    0:12
    """
    check(
        market(
            {"a": 0, "b": 5, "c": 7},
            [ask(12, block=4)],
            sellers={"P": seller("a", "b", "c", presells=50, policy="in order")},
            told=[planned(0, "a", 12, "x", 30), online(30, "a", 12, "x")],
        ),
        commitments=[(0, "P", "a", 12, 0, 30), (0, "P", "b", 4, 0, 0), (0, "P", "c", 4, 0, 0)],
        deliveries=[(0, "P", "b", 4, 0, 100), (0, "P", "c", 4, 0, 100), (0, "P", "a", 4, 30, 130)],
        releases=[(0, "P", "a", 4, 0, "moved"), (0, "P", "a", 4, 0, "moved")],
    )


def test_all_that_is_undelivered_moves_though_it_is_no_block() -> None:
    """8 in blocks of 4, of which 5 serve. On day 25 b has 2 for the other 3, and they stay; on day 27 it has 3.

    day      0           20     25     27          40
    a 5      0:5=====================================>
    x +3     0:3 ......(late)..........3x         (+3)
    b                           (+2)   (+1) 0:3======>
    asked    0:8
    """
    check(
        market(
            {"a": 5, "b": 0},
            [ask(8, block=4)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(3), online(25, "b", 2), online(27, "b", 1)],
        ),
        commitments=[(0, "P", "a", 8, 0, 20), (0, "P", "b", 3, 27, 20)],
        deliveries=[(0, "P", "a", 5, 0, 100), (0, "P", "b", 3, 27, 127)],
        releases=[(0, "P", "a", 3, 27, "moved")],
    )


@pytest.mark.parametrize("split", ["never", "one site"])
def test_who_must_stand_at_one_site_moves_whole(split: str) -> None:
    """10 at a are late. On day 22 there are 6 idle at b and 9 at c, which is not enough; on day 25 b has all 10.

    day      0           20     22     25          40
    a +10    0:10 .....(late)..........x          (+10)
    b                           (+6)   (+4) 0:10=====>
    c                           (+9)
    asked    0:10
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 0},
            [ask(10, split=split)],
            sellers={"P": seller("a", "b", "c", presells=50)},
            told=[*late(10), online(22, "b", 6), online(22, "c", 9), online(25, "b", 4)],
        ),
        commitments=[(0, "P", "a", 10, 0, 20), (0, "P", "b", 10, 25, 20)],
        deliveries=[(0, "P", "b", 10, 25, 125)],
        releases=[(0, "P", "a", 10, 25, "moved")],
    )


@pytest.mark.parametrize(
    ("split", "moved", "deliveries"),
    [
        ("never", [10], [(0, "P", "b", 10, 22, 122)]),
        ("one site", [], [(0, "P", "a", 4, 0, 100), (0, "P", "a", 6, 40, 140)]),
        ("anywhere", [6], [(0, "P", "a", 4, 0, 100), (0, "P", "b", 6, 22, 122)]),
    ],
)
def test_who_must_stand_at_one_site_stays_once_part_was_delivered(
    split: str, moved: list[int], deliveries: list[tuple]
) -> None:
    """Of 10 at a, 4 can be delivered at once, but not to who takes it whole. On day 22 b has 10.

    day      0           20     22                40
    a 4      0:4====================================>   (one site, anywhere)
    x +6     0:6 ......(late)......................==>  (one site)
    b                           (+10)  0:6=========>    (anywhere)
                                       0:10========>    (never)
    asked    0:10
    """
    check(
        market(
            {"a": 4, "b": 0},
            [ask(10, split=split)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(6), online(22, "b", 10)],
        ),
        commitments=[(0, "P", "a", 10, 0, 20), *((0, "P", "b", kw, 22, 20) for kw in moved)],
        deliveries=deliveries,
        releases=[(0, "P", "a", kw, 22, "moved") for kw in moved],
        status=["served"],
    )


def test_what_a_provider_keeps_back_is_for_its_own_to_move_to() -> None:
    """On day 25 P has 5 idle at b and 1 at c. It keeps 3 back, so 3 of C's 6 move; P's own 2 move to what is left.

    day      0    1            20     25               40
    a +12    0:6 ............(late)...3x    0:3 ......==>
                  1:2 ................2x
    b                                 (+5)  0:3=========>
                                            1:2=========>
    c                                 (+1)
    asked    0:6
                  1:2 (P)
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 0},
            [ask(6), ask(2, 1, customer="P")],
            sellers={"P": seller("a", "b", "c", presells=50, keeps_back=3)},
            told=[*late(12), online(25, "b", 5), online(25, "c", 1)],
        ),
        commitments=[
            (0, "P", "a", 6, 0, 20),
            (1, "P", "a", 2, 1, 20),
            (0, "P", "b", 3, 25, 20),
            (1, "P", "b", 2, 25, 20),
        ],
        deliveries=[(0, "P", "b", 3, 25, 125), (1, "P", "b", 2, 25, 125), (0, "P", "a", 3, 40, 140)],
        releases=[(0, "P", "a", 3, 25, "moved"), (1, "P", "a", 2, 25, "moved")],
    )


def test_what_is_kept_back_is_counted_before_rounding_to_the_block() -> None:
    """4 and 4 idle less 1 are 7: in blocks of 2, 4 move to b and 2 to c; of the last 1 nothing.

    day      0           20     25               40
    a +8     0:8 ......(late)...6x    0:2 ......==>
    b                           (+4)  0:4=========>
    c                           (+4)  0:2=========>
    asked    0:8
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 0},
            [ask(8, block=2)],
            sellers={"P": seller("a", "b", "c", presells=50, keeps_back=1)},
            told=[*late(9), online(25, "b", 4), online(25, "c", 4)],
        ),
        commitments=[(0, "P", "a", 8, 0, 20), (0, "P", "b", 4, 25, 20), (0, "P", "c", 2, 25, 20)],
        deliveries=[(0, "P", "b", 4, 25, 125), (0, "P", "c", 2, 25, 125), (0, "P", "a", 2, 40, 140)],
        releases=[(0, "P", "a", 4, 25, "moved"), (0, "P", "a", 2, 25, "moved")],
    )


def test_what_is_promised_to_another_is_not_idle() -> None:
    """b has 5 online, promised to 0 for day 50. 1, late at a from day 20 to day 40, does not move there.

    day      0    1         20         40   50
    b 5      0:5 ...........................==>
    a +5          1:5 ....(late).......=======>
    asked    0:5  1:5
    """
    check(
        market(
            {"a": 0, "b": 5},
            [ask(5, wanted=50), ask(5, 1)],
            sellers={"P": seller("b", "a", presells=50)},
            told=late(5),
        ),
        commitments=[(0, "P", "b", 5, 0, 50), (1, "P", "a", 5, 1, 20)],
        deliveries=[(1, "P", "a", 5, 40, 140), (0, "P", "b", 5, 50, 150)],
    )


def test_what_is_held_is_not_idle() -> None:
    """b comes on day 25, held for C until day 30. When H declines C, 4 of D's 6 move there in the same instant.

    day      0     5         20     25        30         40
    a +6     0:6 ..........(late)..........4x     0:2 ..===>
    b +4           [---- 4 held -----(+4)-----]
                                              0:4==========>
    asked    0:6 (D)
                   1:4????????????????????????|
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6, customer="D"), ask(4, 5, window=25, draw=0.5)],
            sellers={"H": seller("a", "b", presells=50)},
            rights=[right(customer="C", holds_capacity=True, appetite=50)],
            told=[*late(6), planned(0, "b", 4, "y", 25), online(25, "b", 4, "y")],
        ),
        commitments=[(0, "H", "a", 6, 0, 20), (0, "H", "b", 4, 30, 20)],
        deliveries=[(0, "H", "b", 4, 30, 130), (0, "H", "a", 2, 40, 140)],
        releases=[(0, "H", "a", 4, 30, "moved")],
        status=["served", "waiting"],
    )


@pytest.mark.parametrize("bypass", [True, False])
def test_who_stands_behind_one_that_keeps_anything_does_not_move(bypass: bool) -> None:
    """1, of priority 1, wants 8 at one site. On day 25 b has 4, on day 30 it has 8.

    If nobody goes by, 0 waits behind 1, which takes the 8. Else 0 moves, 4 and then 1, and 1 finds no 8.

    day      0    1            20     25     30       40
    a +5     0:5 ............(late)..................===>   (nobody goes by)
    b                                 (+4)   (+4)
                                             1:8========>   (nobody goes by)
                                      0:4===============>   (else)
                                             0:1========>   (else)
    asked    0:5  1:8
    """
    told = [*late(5), online(25, "b", 4), online(30, "b", 4)]
    case = market(
        {"a": 0, "b": 0},
        [ask(5), ask(8, 1, split="one site", priority=1)],
        sellers={"P": seller("a", "b", presells=50)},
        told=told,
        bypass=bypass,
    )
    if bypass:
        check(
            case,
            commitments=[(0, "P", "a", 5, 0, 20), (0, "P", "b", 4, 25, 20), (0, "P", "b", 1, 30, 20)],
            deliveries=[(0, "P", "b", 4, 25, 125), (0, "P", "b", 1, 30, 130)],
            releases=[(0, "P", "a", 4, 25, "moved"), (0, "P", "a", 1, 30, "moved")],
            status=["served", "waiting"],
        )
    else:
        check(
            case,
            commitments=[(0, "P", "a", 5, 0, 20), (1, "P", "b", 8, 30, 30)],
            deliveries=[(1, "P", "b", 8, 30, 130), (0, "P", "a", 5, 40, 140)],
            status=["served", "served"],
        )


def test_who_is_committed_and_late_stops_nobody() -> None:
    """Nobody goes by, but 0 is fully committed: 1 is placed at once, and 2, behind 1 on the list, when it has all.

    day      0    1    2       20     22         40
    a +5     0:5 ............(late)..............==>
    c 3           1:2==============================>
                                      (+2)
                       2:1=========================>
                                      2:2==========>
    asked    0:5  1:2  2:3
    """
    check(
        market(
            {"a": 0, "c": 3},
            [ask(5, only=["P"]), ask(2, 1, only=["Q"]), ask(3, 2, only=["Q"])],
            sellers={"P": seller("a", presells=50), "Q": seller("c")},
            told=[*late(5), online(22, "c", 2)],
            bypass=False,
        ),
        commitments=[
            (0, "P", "a", 5, 0, 20),
            (1, "Q", "c", 2, 1, 1),
            (2, "Q", "c", 1, 2, 2),
            (2, "Q", "c", 2, 22, 22),
        ],
        deliveries=[
            (1, "Q", "c", 2, 1, 101),
            (2, "Q", "c", 1, 2, 102),
            (2, "Q", "c", 2, 22, 122),
            (0, "P", "a", 5, 40, 140),
        ],
        asked_first=["P", "Q", "Q"],
        first_kw=[5, 2, 1],
    )
