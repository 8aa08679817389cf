"""Appetite, of providers and of rights: timelines worked by hand (how to read them: `timeline_cases.py`)."""

import pytest
from timeline_cases import ask, check, market, online, planned, right, seller


def test_a_provider_has_an_appetite_for_each_class() -> None:
    """A draw at the appetite declines, below it takes; at 0 % nobody is taken; a class left out is taken whole.

    `in order` does not look: A is asked first, and takes nothing.

    day          0            1              2            3
    appetite     k 50 %       k 50 %         m 0 %        l left out
    draw of A    0.5          0.499999       0.0          0.999999
    goes to      B            A              B            A
    """
    check(
        market(
            {"a": 9, "b": 9},
            [
                ask(1, 0, draws={"A": 0.5}),
                ask(1, 1, draws={"A": 0.499999}),
                ask(1, 2, draws={"A": 0.0}, **{"class": "m"}),
                ask(1, 3, draws={"A": 0.999999}, **{"class": "l"}),
            ],
            sellers={"A": seller("a", appetite={"k": 50, "m": 0}), "B": seller("b")},
            policy="in order",
        ),
        commitments=[
            (0, "B", "b", 1, 0, 0),
            (1, "A", "a", 1, 1, 1),
            (2, "B", "b", 1, 2, 2),
            (3, "A", "a", 1, 3, 3),
        ],
        deliveries=[
            (0, "B", "b", 1, 0, 100),
            (1, "A", "a", 1, 1, 101),
            (2, "B", "b", 1, 2, 102),
            (3, "A", "a", 1, 3, 103),
        ],
        asked_first=["A"] * 4,
        first_kw=[0, 1, 0, 1],
    )


def test_each_provider_has_a_draw_of_its_own_for_each_request() -> None:
    """Both have an appetite of 50 %. A declines the first, B the second, both the third, neither the last.

    day      0      1      2      3
    a 9             1:1============>
                                  3:1==>
    b 9      0:1===================>
    asked    0:1    1:1    2:1    3:1
    """
    check(
        market(
            {"a": 9, "b": 9},
            [
                ask(1, 0, draws={"A": 0.5, "B": 0.4}),
                ask(1, 1, draws={"A": 0.4, "B": 0.5}),
                ask(1, 2, draws={"A": 0.5, "B": 0.5}),
                ask(1, 3, draws={"A": 0.4, "B": 0.4}),
            ],
            sellers={"A": seller("a", appetite=50), "B": seller("b", appetite=50)},
        ),
        commitments=[(0, "B", "b", 1, 0, 0), (1, "A", "a", 1, 1, 1), (3, "A", "a", 1, 3, 3)],
        deliveries=[(0, "B", "b", 1, 0, 100), (1, "A", "a", 1, 1, 101), (3, "A", "a", 1, 3, 103)],
        asked_first=["B", "A", "A", "A"],
        first_kw=[1, 1, 0, 1],
        status=["served", "served", "waiting", "served"],
    )


def test_who_declines_is_last_in_soonest() -> None:
    """A has 10 at once, and declines the first: B is first, which has 5 on day 20. The second A takes.

    day      0      1         20
    a 10            1:3=========>
    b +5     0:5 .............==>
    asked    0:5    1:3
    """
    check(
        market(
            {"a": 10, "b": 0},
            [ask(5, draws={"A": 0.5}), ask(3, 1, draws={"A": 0.4})],
            sellers={"A": seller("a", appetite=50), "B": seller("b", presells=50)},
            told=[planned(0, "b", 5, "x", 20), online(20, "b", 5, "x")],
        ),
        commitments=[(0, "B", "b", 5, 0, 20), (1, "A", "a", 3, 1, 1)],
        deliveries=[(1, "A", "a", 3, 1, 101), (0, "B", "b", 5, 20, 120)],
        asked_first=["B", "A"],
    )


def test_who_declines_has_no_room_in_most_room() -> None:
    """A has 10 and declines both. The first goes to C (3), then B (2). Then all have 0, and A stands first.

    day      0      1
    a 10
    b 2      0:2=====>
    c 3      0:3=====>
    asked    0:9    1:4
    """
    check(
        market(
            {"a": 10, "b": 2, "c": 3},
            [ask(9, draws={"A": 0.5}), ask(4, 1, draws={"A": 0.9})],
            sellers={"A": seller("a", appetite=50), "B": seller("b"), "C": seller("c")},
            policy="most room",
        ),
        commitments=[(0, "C", "c", 3, 0, 0), (0, "B", "b", 2, 0, 0)],
        deliveries=[(0, "C", "c", 3, 0, 100), (0, "B", "b", 2, 0, 100)],
        asked_first=["C", "A"],
        first_kw=[3, 0],
    )


@pytest.mark.parametrize("policy", ["cheapest", "in order"])
def test_cheapest_and_in_order_do_not_look_at_who_declines(policy: str) -> None:
    """A is the cheapest and stands first: it is asked first, and takes nothing.

    day      0
    a 10
    b 10     0:5==>
    asked    0:5
    """
    check(
        market(
            {"a": 10, "b": 10},
            [ask(5, draws={"A": 0.5})],
            sellers={"A": seller("a", appetite=50, price=1), "B": seller("b", price=2)},
            policy=policy,
        ),
        commitments=[(0, "B", "b", 5, 0, 0)],
        deliveries=[(0, "B", "b", 5, 0, 100)],
        asked_first=["A"],
        first_kw=[0],
    )


def test_who_declined_declines_as_often_as_it_is_asked() -> None:
    """A has 10 and declines both, on day 0 and 1, and on day 20 as well, when the first ends at B.

    day      0      1         20
    a 10
    b 5      0:5==============|
                              1:4==>
    asked    0:5    1:4
    """
    check(
        market(
            {"a": 10, "b": 5},
            [ask(5, term=20, draws={"A": 0.9}), ask(4, 1, draws={"A": 0.5})],
            sellers={"A": seller("a", appetite=50), "B": seller("b")},
        ),
        commitments=[(0, "B", "b", 5, 0, 0), (1, "B", "b", 4, 20, 20)],
        deliveries=[(0, "B", "b", 5, 0, 20), (1, "B", "b", 4, 20, 120)],
        asked_first=["B", "A"],
        first_kw=[5, 0],
    )


def test_the_appetite_of_a_right_replaces_its_holders_while_it_decides() -> None:
    """H has an appetite of 20 %, under R of 60 %; all draw 0.5. R is over class k, until day 10.

    day      0         1          10
    R        [--------------------)
    asked    0 (k)     1 (m)      2 (k)
    goes to  H         O          O
    """
    check(
        market(
            {"h": 9, "o": 9},
            [ask(1, draw=0.5), ask(1, 1, draw=0.5, **{"class": "m"}), ask(1, 10, draw=0.5)],
            sellers={"H": seller("h", appetite=20), "O": seller("o")},
            rights=[right(appetite=60, classes=["k"], until=10)],
            policy="in order",
        ),
        commitments=[(0, "H", "h", 1, 0, 0), (1, "O", "o", 1, 1, 1), (2, "O", "o", 1, 10, 10)],
        deliveries=[(0, "H", "h", 1, 0, 100), (1, "O", "o", 1, 1, 101), (2, "O", "o", 1, 10, 110)],
        right=["R", None, None],
        asked_first=["H", "H", "H"],
        first_kw=[1, 0, 0],
        holder_kw=[1, None, None],
    )


def test_the_appetite_of_a_right_counts_for_who_waits_while_it_is_in_force() -> None:
    """H takes nobody, but under R, which begins on day 5, it takes everybody. R ends on day 8.

    day      0         5          8
    R                  [----------)
    h 10               0:5===========>
    o 3      0:3=====================>
    asked    0:8                  1:2
    """
    check(
        market(
            {"h": 10, "o": 3},
            [ask(8), ask(2, 8)],
            sellers={"H": seller("h", appetite=0), "O": seller("o")},
            rights=[right(appetite=100, until=8) | {"from": 5}],
        ),
        commitments=[(0, "O", "o", 3, 0, 0), (0, "H", "h", 5, 5, 5)],
        deliveries=[(0, "O", "o", 3, 0, 100), (0, "H", "h", 5, 5, 105)],
        status=["served", "waiting"],
    )


def test_a_right_that_states_no_appetite_leaves_its_holder_its_own() -> None:
    """H, with an appetite of 50 %, declines the first at the answer, and also when the right is over.

    The hold does not look at the appetite: D finds nothing at H on day 4.

    day      0              4         5         8
    right    [----------------------------------)
    h 10     [---- 8 held ------------]
                            1:2==================>
    o 4                     1:4==================>
                                      (+3)  0:3==>
    asked    0:8??????????????????????|
                            1:6 (D)
    """
    check(
        market(
            {"h": 10, "o": 4},
            [ask(8, window=5, draw=0.5), ask(6, 4, customer="D", draw=0.4)],
            sellers={"H": seller("h", appetite=50), "O": seller("o")},
            rights=[right(customer="C", holds_capacity=True, until=8)],
            told=[online(5, "o", 3)],
        ),
        commitments=[(1, "O", "o", 4, 4, 4), (1, "H", "h", 2, 4, 4), (0, "O", "o", 3, 5, 5)],
        deliveries=[(1, "O", "o", 4, 4, 104), (1, "H", "h", 2, 4, 104), (0, "O", "o", 3, 5, 105)],
        holder_kw=[0, None],
        reason=["appetite", "none"],
        status=["waiting", "served"],
    )


def test_its_own_demand_a_provider_never_declines() -> None:
    """H takes nobody, by itself as under R, which ends on day 5; but what H itself asks for it takes both times.

    day      0         5      6      7
    right    [---------)
    h 10     0:3=====================>
                              1:3====>
    o 10                             2:1==>
    asked    0:3 (H)          1:3 (H)
                                     2:1
    """
    check(
        market(
            {"h": 10, "o": 10},
            [ask(3, customer="H", draw=0.9), ask(3, 6, customer="H", draw=0.9), ask(1, 7)],
            sellers={"H": seller("h", appetite=0), "O": seller("o")},
            rights=[right(appetite=0, until=5)],
            policy="in order",
        ),
        commitments=[(0, "H", "h", 3, 0, 0), (1, "H", "h", 3, 6, 6), (2, "O", "o", 1, 7, 7)],
        deliveries=[(0, "H", "h", 3, 0, 100), (1, "H", "h", 3, 6, 106), (2, "O", "o", 1, 7, 107)],
        right=["R", None, None],
        reason=["none", "none", "none"],
    )


def test_who_alone_may_serve_has_to() -> None:
    """H takes nobody, but what is exclusive to it until day 10 it serves.

    day      0         10
    right    [---------)
    h 10     0:3=========>
    o 10               1:3==>
    asked    0:3       1:3
    """
    check(
        market(
            {"h": 10, "o": 10},
            [ask(3, draw=0.9), ask(3, 10, draw=0.9)],
            sellers={"H": seller("h", appetite=0), "O": seller("o")},
            rights=[right("exclusive", until=10)],
        ),
        commitments=[(0, "H", "h", 3, 0, 0), (1, "O", "o", 3, 10, 10)],
        deliveries=[(0, "H", "h", 3, 0, 100), (1, "O", "o", 3, 10, 110)],
        right=["R", None],
        holder_kw=[3, None],
        reason=["none", "none"],
    )


@pytest.mark.parametrize(("draw", "declines"), [(0.5, True), (0.4, False)])
def test_who_declines_promises_nothing_that_the_holder_had_to_match(draw: float, declines: bool) -> None:
    """O has 5 at once. Where it declines, H need not match it, and takes 5 for day 30; else O takes them.

    day      0         30
    h +5     0:5 ......==>   (O declines)
    o 5      0:5=========>   (O does not)
    asked    0:5
    """
    check(
        market(
            {"h": 0, "o": 5},
            [ask(5, draws={"O": draw})],
            sellers={"H": seller("h", presells=50), "O": seller("o", appetite=50)},
            rights=[right(max_delay="match")],
            told=[planned(0, "h", 5, "x", 30), online(30, "h", 5, "x")],
        ),
        commitments=[(0, "H", "h", 5, 0, 30) if declines else (0, "O", "o", 5, 0, 0)],
        deliveries=[(0, "H", "h", 5, 30, 130) if declines else (0, "O", "o", 5, 0, 100)],
        holder_kw=[5 if declines else 0],
        reason=["none" if declines else "delay"],
    )
