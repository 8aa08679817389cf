"""The order of an instant: timelines worked by hand (how to read them: `timeline_cases.py`)."""

from timeline_cases import ask, check, late, market, online, outage, planned, right, seller


def test_deliveries_come_before_the_list_so_what_can_be_delivered_does_not_move() -> None:
    """The late hall at a, and 6 at b, come online on the same day: 0 is delivered where it was promised.

    day      0           20     25
    a +10    0:6 ......(late)...===>
    b                           (+6)
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10, comes=25), online(25, "b", 6)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20)],
        deliveries=[(0, "P", "a", 6, 25, 125)],
    )


def test_what_serves_at_its_end_frees_kw_for_deliveries_before_anything_moves() -> None:
    """1 waits for a late hall at a. When 0 ends there, 1 has its kW, though b has 4 idle since the same day.

    day      0      1         10    12
    a 4      0:4====================|
                                    1:4==>
    x +4            1:4 ....(late)..      (+4 on day 40)
    b                               (+4)
    asked    0:4    1:4
    """
    check(
        market(
            {"a": 4, "b": 0},
            [ask(4, term=12), ask(4, 1)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[
                planned(0, "a", 4, "x", 10),
                planned(10, "a", 4, "x", 40),
                online(12, "b", 4),
                online(40, "a", 4, "x"),
            ],
        ),
        commitments=[(0, "P", "a", 4, 0, 0), (1, "P", "a", 4, 1, 10)],
        deliveries=[(0, "P", "a", 4, 0, 12), (1, "P", "a", 4, 12, 112)],
    )


def test_the_list_comes_before_new_requests_for_what_it_may_move_to() -> None:
    """b comes online on day 25, as 1 asks: 4 of 0 move there first, and 1 has what they left at a, and 0's rest.

    day      0           20     25         40
    a +6     0:6 ......(late)...4x    0:2 .===>
                                1:3 .......===>
    b                           (+4)  0:4====>
    asked    0:6                1:3
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6), ask(3, 25)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(6), online(25, "b", 4)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20), (0, "P", "b", 4, 25, 20), (1, "P", "a", 3, 25, 40)],
        deliveries=[(0, "P", "b", 4, 25, 125), (0, "P", "a", 2, 40, 140), (1, "P", "a", 3, 40, 140)],
        releases=[(0, "P", "a", 4, 25, "moved")],
    )


def test_an_answer_comes_before_the_list_for_what_it_may_move_to() -> None:
    """b comes online on day 25, when the answer to 1 is due: H takes 3 for 1, and 1 of 0's 6 moves there.

    day      0       5       20     25         40
    a +6     0:6 ..........(late)...1x    0:5 ===>
    b                               (+4)  1:3===>
                                          0:1===>
    asked    0:6 (D)
                     1:3????????????|
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6, customer="D"), ask(3, 5, window=20)],
            sellers={"H": seller("a", "b", presells=50)},
            rights=[right(customer="C")],
            told=[*late(6), online(25, "b", 4)],
        ),
        commitments=[(0, "H", "a", 6, 0, 20), (0, "H", "b", 1, 25, 20), (1, "H", "b", 3, 25, 25)],
        deliveries=[(0, "H", "b", 1, 25, 125), (1, "H", "b", 3, 25, 125), (0, "H", "a", 5, 40, 140)],
        releases=[(0, "H", "a", 1, 25, "moved")],
    )


def test_who_would_give_up_in_the_instant_moves_and_is_served() -> None:
    """At the end of its patience 6 come online at b. Giving up comes last: 4 that fit at b are served, 2 are lost.

    day      0           20     25
    a +10    0:6 ......(late)...4x, 2x (lost)
    b                           (+4) 0:4==>
    asked    0:6
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(6, patience=25)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(10), online(25, "b", 4)],
        ),
        commitments=[(0, "P", "a", 6, 0, 20), (0, "P", "b", 4, 25, 20)],
        deliveries=[(0, "P", "b", 4, 25, 125)],
        releases=[(0, "P", "a", 4, 25, "moved"), (0, "P", "a", 2, 25, "gave up")],
        lost_kw=[2],
        status=["part served"],
    )


def test_an_instant_is_played_until_nothing_moves() -> None:
    """0 gives up on day 25, which frees 5 at b. In the next pass 1 moves there, and in the third 2 is placed at a.

    day      0    1    2       20     25            40
    c 0
    a +5          1:5 .......(late)...x
                                      2:5 .........==>
    b 5      0:5 (never whole) .......x
                                      1:5===========>
    asked    0:9 (never)
                  1:5 (P)
                       2:5 (Q)
    """
    check(
        market(
            {"a": 0, "b": 5},
            [
                ask(9, split="never", patience=25, only=["R"]),
                ask(5, 1, only=["P"]),
                ask(5, 2, only=["Q"]),
            ],
            sellers={
                "P": seller("a", "b", presells=50),
                "Q": seller("a", presells=50),
                "R": seller("b", presells=50),
            },
            told=[*late(5), planned(0, "b", 4, "y", 15), planned(15, "b", 4, "y", 60)],
        ),
        commitments=[
            (0, "R", "b", 9, 0, 15),
            (1, "P", "a", 5, 1, 20),
            (1, "P", "b", 5, 25, 20),
            (2, "Q", "a", 5, 25, 40),
        ],
        deliveries=[(1, "P", "b", 5, 25, 125), (2, "Q", "a", 5, 40, 140)],
        releases=[(0, "R", "b", 9, 25, "gave up"), (1, "P", "a", 5, 25, "moved")],
        status=["lost", "served", "served"],
    )


def test_after_the_answer_the_rights_in_force_decide_in_the_same_instant() -> None:
    """R of H ends on day 5, when its answer is due, and S of X begins. H takes 4, and O, alone in the order, 3.

    No right looks at the overflow; but of what is left then, on the list, S has X asked first. Nobody else would.

    day      0              5
    R        [--------------)
    S                       [---->
    h 4                     0:4==>
    o 3                     0:3==>
    x 9                     0:3==>
    asked    0:10???????????|
    """
    check(
        market(
            {"h": 4, "o": 3, "x": 9},
            [ask(10, window=5)],
            rights=[right(until=5), right(holder="X", name="S") | {"from": 5}],
            order=["O"],
        ),
        commitments=[(0, "H", "h", 4, 5, 5), (0, "O", "o", 3, 5, 5), (0, "X", "x", 3, 5, 5)],
        deliveries=[(0, "H", "h", 4, 5, 105), (0, "O", "o", 3, 5, 105), (0, "X", "x", 3, 5, 105)],
        right=["R"],
        holder_kw=[4],
        first_kw=[4],
    )


def test_an_exclusive_right_that_begins_with_the_answer_leaves_the_overflow_of_that_instant_alone() -> None:
    """E of X begins on day 5. The overflow of the answer goes to O all the same; the rest is for X alone.

    day      0              5        6
    E                       [----------->
    h 4                     0:4=========>
    o 3                     0:3===(+9)==>
    x 1                     0:1=========>
    asked    0:10???????????|
    """
    check(
        market(
            {"h": 4, "o": 3, "x": 1},
            [ask(10, window=5)],
            rights=[right(until=3), right("exclusive", "X", name="E") | {"from": 5}],
            order=["O"],
            told=[online(6, "o", 9)],
        ),
        commitments=[(0, "H", "h", 4, 5, 5), (0, "O", "o", 3, 5, 5), (0, "X", "x", 1, 5, 5)],
        deliveries=[(0, "H", "h", 4, 5, 105), (0, "O", "o", 3, 5, 105), (0, "X", "x", 1, 5, 105)],
        status=["waiting"],
    )


def test_who_is_served_before_the_list_is_walked_is_not_walked() -> None:
    """Both are late at a. On day 25 4 come there and 4 at b: 0 is served at a, so 1 has all of b.

    day      0    1          20     25         40
    a 0
    x +8     0:4 ..........(late)...===========>
                  1:4 ..............x
    b                               (+4) 1:4===>
    asked    0:4  1:4
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(4), ask(4, 1)],
            sellers={"P": seller("a", "b", presells=50)},
            told=[*late(8), online(25, "a", 6), outage(25, "a", 2), online(25, "b", 4)],
        ),
        commitments=[(0, "P", "a", 4, 0, 20), (1, "P", "a", 4, 1, 20), (1, "P", "b", 4, 25, 20)],
        deliveries=[(0, "P", "a", 4, 25, 125), (1, "P", "b", 4, 25, 125)],
        releases=[(1, "P", "a", 4, 25, "moved")],
    )
