"""Moving: what moves, when and where to, in timelines worked by hand (how to read them: `timeline_cases.py`)."""

from timeline_cases import (
    ask,
    cancelled,
    check,
    late,
    market,
    online,
    outage,
    planned,
    restored,
    right,
    seller,
)


def test_who_waits_for_a_late_hall_moves_to_an_idle_one_of_the_same_seller() -> None:
    """P stands first, and promises 6 at a for day 20, when its hall is late. What Q has idle at c does not help.

    On day 25 P has 10 idle at b: the 6 are released at a and committed at b, with the date of their old promise.

    day      0           20     25          40
    a +10    0:6 ......(late)...x          (+10)
    b 0                         (+10) 0:6==========>
    c 10
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 10},
            [ask(6)],
            sellers={"P": seller("a", "b", presells=50), "Q": seller("c")},
            policy="in order",
            told=[*late(10), online(25, "b", 10)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20), (0, "P", "b", 6, 25, 20)],
        deliveries=[(0, "P", "b", 6, 25, 125)],
        releases=[(0, "P", "a", 6, 25, "moved")],
        committed_kw=[6],
        delivered_kw=[6],
        lost_kw=[0],
        status=["served"],
    )


def test_where_nothing_moves_it_waits() -> None:
    """The same with `moves: false`.

    day      0           20     25          40
    a +10    0:6 ......(late)...............===>
    b 0                         (+10)
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10), online(25, "b", 10)],
            moves=False,
        ),
        commitments=[(0, "P", "a", 6, 0, 20)],
        deliveries=[(0, "P", "a", 6, 40, 140)],
    )


def test_it_moves_to_the_other_sites_as_listed_with_a_row_for_each() -> None:
    """In order, P promises 10 at a for day 30. In the same instant 5 move to b and 3 to c, and 2 stay at a.

    The promise at b and c is for now, which is earlier than the old date. Who would take more does not count.

    day      0                  30
    c 3      0:3==================>
    a +12    0:2 ...............==>
    b 5      0:5==================>
    asked    0:10
    """
    check(
        market(
            {"c": 3, "a": 0, "b": 5},
            [ask(10)],
            sellers={"P": seller("a", "c", "b", presells=50, policy="in order")},
            told=[planned(0, "a", 12, "x", 30), online(30, "a", 12, "x")],
        ),
        commitments=[(0, "P", "a", 10, 0, 30), (0, "P", "c", 3, 0, 0), (0, "P", "b", 5, 0, 0)],
        deliveries=[(0, "P", "c", 3, 0, 100), (0, "P", "b", 5, 0, 100), (0, "P", "a", 2, 30, 130)],
        releases=[(0, "P", "a", 3, 0, "moved"), (0, "P", "a", 5, 0, "moved")],
        committed_kw=[10],
        first_kw=[10],
    )


def test_only_what_is_wanted_moves() -> None:
    """0, wanted on day 10, is promised day 30 at a. 1, who asks on day 5, moves to b at once; on day 10 there are 2.

    day      0         5         10        30
    a +10    0:4 ..........................==>
                       1:0
    b 6                1:4====================>
                                 0:2==========>
    asked    0:6       1:4
    """
    check(
        market(
            {"a": 0, "b": 6},
            [ask(6, wanted=10), ask(4, 5)],
            sellers={"P": seller("a", "b", presells=50, policy="in order")},
            told=[planned(0, "a", 10, "x", 30), online(30, "a", 10, "x")],
        ),
        commitments=[
            (0, "P", "a", 6, 0, 30),
            (1, "P", "a", 4, 5, 30),
            (1, "P", "b", 4, 5, 5),
            (0, "P", "b", 2, 10, 10),
        ],
        deliveries=[(1, "P", "b", 4, 5, 105), (0, "P", "b", 2, 10, 110), (0, "P", "a", 4, 30, 130)],
        releases=[(1, "P", "a", 4, 5, "moved"), (0, "P", "a", 2, 10, "moved")],
    )


def test_commitments_move_in_the_order_made_and_only_those_that_it_has_then() -> None:
    """5 at a and 3 at b are late. On day 25 c has 4, for those at a; on day 27 3 more, for 1 at a and 2 at b.

    day      0           20     25     27      40
    a +5     0:5 ......(late)...4x.....1x
    b +5     0:3 ......(late)..........2x......0:1==>
    c                           (+4)   (+3)
                                0:4=================>
                                       0:1==========>
                                       0:2==========>
    asked    0:8
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 0},
            [ask(8)],
            sellers={"P": seller("a", "b", "c", presells=50)},
            told=[*late(5), *late(5, "b"), online(25, "c", 4), online(27, "c", 3)],
        ),
        commitments=[
            (0, "P", "a", 5, 0, 20),
            (0, "P", "b", 3, 0, 20),
            (0, "P", "c", 4, 25, 20),
            (0, "P", "c", 1, 27, 20),
            (0, "P", "c", 2, 27, 20),
        ],
        deliveries=[
            (0, "P", "c", 4, 25, 125),
            (0, "P", "c", 1, 27, 127),
            (0, "P", "c", 2, 27, 127),
            (0, "P", "b", 1, 40, 140),
        ],
        releases=[
            (0, "P", "a", 4, 25, "moved"),
            (0, "P", "a", 1, 27, "moved"),
            (0, "P", "b", 2, 27, "moved"),
        ],
    )


def test_who_moves_comes_up_in_the_order_of_the_list_among_those_who_are_not_committed() -> None:
    """All 10 at a are promised when 2 asks. On day 25 b has 6: 3 for 2 (priority 2), and 3 of 1 (priority 1) move.

    day      0    1    2       20     25         40
    a +10    0:5 ............(late)..............==>
                  1:5 ............... 3x..... 1:2==>
    b                                 (+6)
                                      2:3==========>
                                      1:3==========>
    asked    0:5  1:5  2:3
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(5), ask(5, 1, priority=1), ask(3, 2, priority=2)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10), online(25, "b", 6)],
        ),
        commitments=[
            (0, "P", "a", 5, 0, 20),
            (1, "P", "a", 5, 1, 20),
            (1, "P", "b", 3, 25, 20),
            (2, "P", "b", 3, 25, 25),
        ],
        deliveries=[
            (1, "P", "b", 3, 25, 125),
            (2, "P", "b", 3, 25, 125),
            (0, "P", "a", 5, 40, 140),
            (1, "P", "a", 2, 40, 140),
        ],
        releases=[(1, "P", "a", 3, 25, "moved")],
    )


def test_who_comes_up_moves_first_and_then_places_the_rest() -> None:
    """10 of 12 are late at a. On day 25 b has 11: 10 move there, and 1 is placed; a is full until the walk is over.

    In the next pass of the instant the last 1 is placed at a, for day 40.

    day      0           20     25         40
    a +10    0:10 .....(late)...x
                                0:1 .......==>
    b                           (+11)
                                0:10=========>
                                0:1==========>
    asked    0:12
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(12)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10), online(25, "b", 11)],
        ),
        commitments=[
            (0, "P", "a", 10, 0, 20),
            (0, "P", "b", 10, 25, 20),
            (0, "P", "b", 1, 25, 25),
            (0, "P", "a", 1, 25, 40),
        ],
        deliveries=[(0, "P", "b", 10, 25, 125), (0, "P", "b", 1, 25, 125), (0, "P", "a", 1, 40, 140)],
        releases=[(0, "P", "a", 10, 25, "moved")],
    )


def test_what_it_leaves_is_not_for_those_further_down_the_list() -> None:
    """0 moves away from a on day 25. 2 comes up after it, but finds nothing there; in the next pass 1 is before it.

    day      0    1    2       20     25           40
    a +5     0:5 ............(late)...x
                                      1:5 .........==>
    b                                 (+5) 0:5=======>
    asked    0:5 (P)
                  1:5 (Q, priority 1)
                       2:5 (Q)
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(5, only=["P"]), ask(5, 1, only=["Q"], priority=1), ask(5, 2, only=["Q"])],
            sellers={"P": seller("a", "b", presells=50), "Q": seller("a", presells=50)},
            told=[*late(5), online(25, "b", 5)],
        ),
        commitments=[(0, "P", "a", 5, 0, 20), (0, "P", "b", 5, 25, 20), (1, "Q", "a", 5, 25, 40)],
        deliveries=[(0, "P", "b", 5, 25, 125), (1, "Q", "a", 5, 40, 140)],
        releases=[(0, "P", "a", 5, 25, "moved")],
        status=["served", "served", "waiting"],
    )


def test_what_it_left_is_free_for_who_asks_in_the_same_instant_after_the_walk() -> None:
    """The same, but 2 asks on day 25: new requests come after the walk, and before the list is walked again.

    day      0    1            20     25           40
    a +5     0:5 ............(late)...x
                                      2:5 .........==>
    b                                 (+5) 0:5=======>
    asked    0:5 (P)
                  1:5 (Q, priority 1)
                                      2:5 (Q)
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(5, only=["P"]), ask(5, 1, only=["Q"], priority=1), ask(5, 25, only=["Q"])],
            sellers={"P": seller("a", "b", presells=50), "Q": seller("a", presells=50)},
            told=[*late(5), online(25, "b", 5)],
        ),
        commitments=[(0, "P", "a", 5, 0, 20), (0, "P", "b", 5, 25, 20), (2, "Q", "a", 5, 25, 40)],
        deliveries=[(0, "P", "b", 5, 25, 125), (2, "Q", "a", 5, 40, 140)],
        releases=[(0, "P", "a", 5, 25, "moved")],
        status=["served", "waiting", "served"],
    )


def test_what_stops_in_an_outage_may_move() -> None:
    """a is out when 0 is wanted: it moves to b. Promised is day 8, the old date, and now.

    day      0     5      8         15
    a 10          (-10)   x        (+10)
    b 6                   0:6=========>
    asked    0:6
    """
    check(
        market(
            {"a": 10, "b": 6},
            [ask(6, wanted=8)],
            sellers={"P": seller("a", "b", policy="in order")},
            told=[outage(5, "a", 10), restored(15, "a", 10)],
        ),
        commitments=[(0, "P", "a", 6, 0, 8), (0, "P", "b", 6, 8, 8)],
        deliveries=[(0, "P", "b", 6, 8, 108)],
        releases=[(0, "P", "a", 6, 8, "moved")],
    )


def test_who_gives_up_loses_what_did_not_move() -> None:
    """4 of 6 move on day 25. On day 30 what is still undelivered at a is lost.

    day      0           20     25      30     40
    a +10    0:6 ......(late)...4x......2x    (+10)
    b                           (+4)
                                0:4==============>
    asked    0:6                        gives up
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6, patience=30)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10), online(25, "b", 4)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20), (0, "P", "b", 4, 25, 20)],
        deliveries=[(0, "P", "b", 4, 25, 125)],
        releases=[(0, "P", "a", 4, 25, "moved"), (0, "P", "a", 2, 30, "gave up")],
        committed_kw=[4],
        lost_kw=[2],
        status=["part served"],
    )


def test_what_moved_is_no_longer_released_where_its_old_hall_is_cancelled() -> None:
    """4 of 6 moved on day 25; on day 30 the hall at a is cancelled, and 2 are released.

    They wait again at their old place. On day 35 b grows by 2.

    day      0           20     25      30     35
    a +10    0:6 ......(late)...4x......2x (cancelled)
    b                           (+4)           (+2)
                                0:4==================>
                                               0:2===>
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10)[:2], online(25, "b", 4), cancelled(30, "a", 10, "x"), online(35, "b", 2)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20), (0, "P", "b", 4, 25, 20), (0, "P", "b", 2, 35, 35)],
        deliveries=[(0, "P", "b", 4, 25, 125), (0, "P", "b", 2, 35, 135)],
        releases=[(0, "P", "a", 4, 25, "moved"), (0, "P", "a", 2, 30, "cancelled")],
        committed_kw=[6],
    )


def test_it_stays_with_its_seller_whatever_rights_appetite_and_caps_say_now() -> None:
    """Under R, H takes 6 of 10 (60 %) for day 20. Then H takes nobody by itself, and all is exclusive to X.

    day      0         5      10     20     25         40
    R        [---------)
    E                         [------------------------->
    a +10    0:6 ..................(late)...x         (+10)
    b                                       (+6) 0:6====>
    x 9
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0, "x": 9},
            [ask(6)],
            sellers={"H": seller("a", "b", presells=50, appetite=0), "X": seller("x")},
            rights=[
                right(appetite=100, max_utilization=60, until=5),
                right("exclusive", "X", name="E") | {"from": 10},
            ],
            told=[*late(10), online(25, "b", 6)],
        ),
        commitments=[(0, "H", "a", 6, 0, 20), (0, "H", "b", 6, 25, 20)],
        deliveries=[(0, "H", "b", 6, 25, 125)],
        releases=[(0, "H", "a", 6, 25, "moved")],
        right=["R"],
        holder_kw=[6],
    )
