"""What was asked before the start: timelines worked by hand (how to read them: `timeline_cases.py`)."""

import pytest
from timeline_cases import ask, check, market, online, planned, right, seller, there


def test_who_asked_before_the_start_is_put_to_the_market_at_the_start() -> None:
    """Asked on days -5, -2 and 0, all are placed on day 0, that of priority 1 first, and none is promised earlier.

    day      -5        -2        0         3
    h 10                         2:2==========>
                                 0:6==========>
                                 1:2 ......===>
    asked    0:6       1:6       2:2 (priority 1)
    """
    check(
        market({"h": 10}, [ask(6, -5), ask(6, -2, wanted=3), ask(2, 0, priority=1)]),
        commitments=[(0, "H", "h", 6, 0, 0), (1, "H", "h", 2, 0, 3), (2, "H", "h", 2, 0, 0)],
        deliveries=[(0, "H", "h", 6, 0, 100), (2, "H", "h", 2, 0, 100), (1, "H", "h", 2, 3, 103)],
        answered=[0, 0, 0],
        first_kw=[6, 2, 2],
        status=["served", "waiting", "served"],
    )


def test_the_list_goes_by_the_true_asked() -> None:
    """What is in place ends on day 20. By then four wait: who asked earlier, before the start or after it, is first.

    day      -5    -2    0       1     20
    h 10                 -:10==========|
                                       0:3==>
                                       1:4==>
                                       2:3==>
    asked    0:3   1:4   2:4     3:1
    """
    check(
        market({"h": 10}, [ask(3, -5), ask(4, -2), ask(4, 0), ask(1, 1)], in_place=[there("h", 10, 20)]),
        commitments=[
            (None, "H", "h", 10, 0, 0),
            (0, "H", "h", 3, 20, 20),
            (1, "H", "h", 4, 20, 20),
            (2, "H", "h", 3, 20, 20),
        ],
        deliveries=[
            (None, "H", "h", 10, 0, 20),
            (0, "H", "h", 3, 20, 120),
            (1, "H", "h", 4, 20, 120),
            (2, "H", "h", 3, 20, 120),
        ],
        answered=[0, 0, 0, 1],
    )


def test_the_rights_in_force_at_the_start_decide() -> None:
    """E, exclusive of X, ended on day -3; F, exclusive of Y, ends on day 0; R begins on day 0, and decides over both.

    day      -10   -5    -3    -1    0
    E        [-----------)
    F              [-----------------)
    R                                [---->
    h 10                             0:4==>
                                     1:2==>
    asked          0:4         1:2
    """
    check(
        market(
            {"h": 10, "x": 10, "y": 10},
            [ask(4, -5), ask(2, -1)],
            rights=[
                right("exclusive", "X", name="E", until=-3) | {"from": -10},
                right("exclusive", "Y", name="F", until=0) | {"from": -5},
                right(),
            ],
        ),
        commitments=[(0, "H", "h", 4, 0, 0), (1, "H", "h", 2, 0, 0)],
        deliveries=[(0, "H", "h", 4, 0, 100), (1, "H", "h", 2, 0, 100)],
        right=["R", "R"],
        holder_kw=[4, 2],
    )


def test_an_answer_is_due_when_its_window_is_over_and_one_that_is_over_by_the_start_is_none() -> None:
    """All asked on day -5: windows of 3 and 5 days are over by the start, one of 8 is over on day 3.

    day      -5        -2        0         3
    h 6                          0:2==========>
                                 1:2==========>
                                           2:2==>
    o 10                                   2:4==>
    asked    0:2???????|
             1:2?????????????????|
             2:6???????????????????????????|
    """
    check(
        market(
            {"h": 6, "o": 10},
            [ask(2, -5, window=3), ask(2, -5, window=5), ask(6, -5, window=8)],
            rights=[right()],
        ),
        commitments=[
            (0, "H", "h", 2, 0, 0),
            (1, "H", "h", 2, 0, 0),
            (2, "H", "h", 2, 3, 3),
            (2, "O", "o", 4, 3, 3),
        ],
        deliveries=[
            (0, "H", "h", 2, 0, 100),
            (1, "H", "h", 2, 0, 100),
            (2, "H", "h", 2, 3, 103),
            (2, "O", "o", 4, 3, 103),
        ],
        answered=[0, 0, 3],
        holder_kw=[2, 2, 2],
    )


def test_it_is_held_from_the_start_on_while_its_window_lasts() -> None:
    """6 are held at h from day 0 to day 3. D, who asks on day 1, finds 2 there.

    day      -5        0         1         3
    h 8                [--- 6 held --------]
                                 1:2==========>
                                           0:6==>
    asked    0:6???????????????????????????|
                                 1:4 (D)
    """
    check(
        market(
            {"h": 8},
            [ask(6, -5, window=8), ask(4, 1, customer="D")],
            rights=[right(customer="C", holds_capacity=True)],
        ),
        commitments=[(1, "H", "h", 2, 1, 1), (0, "H", "h", 6, 3, 3)],
        deliveries=[(1, "H", "h", 2, 1, 101), (0, "H", "h", 6, 3, 103)],
        answered=[3, 1],
        status=["served", "waiting"],
    )


def test_where_the_window_is_over_by_the_start_nothing_was_to_be_held() -> None:
    """The answer at the start is not limited by what was held, which was nothing. An overdue one was not asked for.

    day      -5        0
    h 8                0:6==>
    asked    0:6???????|
    """
    check(
        market({"h": 8}, [ask(6, -5, window=5)], rights=[right(holds_capacity=True)]),
        commitments=[(0, "H", "h", 6, 0, 0)],
        deliveries=[(0, "H", "h", 6, 0, 100)],
        answered=[0],
        holder_kw=[6],
        reason=["none"],
    )


def test_an_answer_that_is_due_after_the_start_counts_though_its_right_ended_at_the_start() -> None:
    """R ends on day 2, and was in force at the start: its answer of day 3 is given. S ended at the start: no window.

    day      -5        0         2    3
    S        [---------)
    R              [-------------)
    h 4                               0:4==>
    o 9                               0:2==>
    asked    0:6??????????????????????|
    """
    check(
        market(
            {"h": 4, "o": 9},
            [ask(6, -5) | {"windows": {"R": 8, "S": 2}}],
            rights=[right(holder="O", name="S", until=0) | {"from": -5}, right(until=2) | {"from": -3}],
        ),
        commitments=[(0, "H", "h", 4, 3, 3), (0, "O", "o", 2, 3, 3)],
        deliveries=[(0, "H", "h", 4, 3, 103), (0, "O", "o", 2, 3, 103)],
        right=["R"],
        answered=[3],
    )


def test_the_latest_date_counts_from_the_true_wanted() -> None:
    """H may promise 12 days after wanted: the plan for day 10 is too late for who wanted it on day -5.

    On day 10 what is online counts, whatever the dates.

    day      -5        0         10
    h +10                        0:5==>
                       1:5 ......=====>
    asked    0:5
             1:5, wanted on day 0
    """
    check(
        market(
            {"h": 0},
            [ask(5, -5), ask(5, -5, wanted=0)],
            sellers={"H": seller("h", presells=50)},
            rights=[right(max_delay=12)],
            told=[planned(0, "h", 10, "x", 10), online(10, "h", 10, "x")],
        ),
        commitments=[(1, "H", "h", 5, 0, 10), (0, "H", "h", 5, 10, 10)],
        deliveries=[(0, "H", "h", 5, 10, 110), (1, "H", "h", 5, 10, 110)],
        holder_kw=[0, 5],
        reason=["delay", "none"],
    )


@pytest.mark.parametrize("patience", [0, 3, 5])
def test_a_give_up_that_was_due_before_the_start_is_due_at_the_start(patience: int) -> None:
    """It is placed first, and serves. What is left is lost; of the one that is asked for an answer, on day 3.

    day      -5        0         2         3
    h 4                0:4===================>
    o                            (+3)      1:3==>
    asked    0:6 (D)   x 2
             1:6???????????????????????????| x 3
    """
    check(
        market(
            {"h": 4, "o": 0},
            [ask(6, -5, patience=patience, customer="D"), ask(6, -5, patience=patience, window=8)],
            rights=[right(customer="C")],
            told=[online(2, "o", 3)],
        ),
        commitments=[(0, "H", "h", 4, 0, 0), (1, "O", "o", 3, 3, 3)],
        deliveries=[(0, "H", "h", 4, 0, 100), (1, "O", "o", 3, 3, 103)],
        answered=[0, 3],
        lost_kw=[2, 3],
        status=["part served", "part served"],
    )


def test_patience_counts_from_the_true_wanted() -> None:
    """Wanted on day -5, with patience for 8 days: it waits until day 3, and 4 of 6 are lost.

    day      -5        0         3    4
    h 2                0:2==============>
                                     (+4)
    asked    0:6                 x 4
    """
    check(
        market({"h": 2}, [ask(6, -5, patience=8)], told=[online(4, "h", 4)]),
        commitments=[(0, "H", "h", 2, 0, 0)],
        deliveries=[(0, "H", "h", 2, 0, 100)],
        lost_kw=[4],
        status=["part served"],
    )


def test_strict_first_come_first_served_among_those_before_the_start() -> None:
    """The first keeps 2 of its 6 uncommitted, so the others, who come up after it, join the list untouched.

    day      -3    -2    0        10
    h 4                  0:4==========>
                                  (+3) 0:2==>
                                       1:1==>
    asked    0:6   1:2   2:1
    """
    check(
        market({"h": 4}, [ask(6, -3), ask(2, -2), ask(1, 0)], bypass=False, told=[online(10, "h", 3)]),
        commitments=[(0, "H", "h", 4, 0, 0), (0, "H", "h", 2, 10, 10), (1, "H", "h", 1, 10, 10)],
        deliveries=[(0, "H", "h", 4, 0, 100), (0, "H", "h", 2, 10, 110), (1, "H", "h", 1, 10, 110)],
        asked_first=["H", None, None],
        answered=[0, 0, 0],
        status=["served", "waiting", "waiting"],
    )
