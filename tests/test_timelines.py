"""Section 3 of the design, sentence by sentence, as timelines that were worked by hand.

How to read a drawing, and what they are written with and played by: `timeline_cases.py`.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import oracle
import pytest
import scripted
import simpy
from timeline_cases import (
    Case,
    Row,
    ask,
    cancelled,
    check,
    market,
    online,
    outage,
    planned,
    restored,
    retired,
    right,
    seller,
    there,
    whole,
)

from sim.model.callbacks import Offer, Request, UserPolicy
from sim.model.market import Market
from sim.model.run import collect_run

# Room ---------------------------------------------------------------------------------------------------


def test_a_plan_is_room_from_its_date_less_presells_on() -> None:
    """Online is sold at once; the plan for day 40 from day 10 on, and not on day 9.

    day      0        9   10                       40
    o 10     0:10=====================================>
    a +20                 0:5, 1:5, 2:3 .............==>
    asked    0:15     1:5 2:3
    """
    check(
        market(
            {"o": 10},
            [ask(15), ask(5, 9), ask(3, 10)],
            sellers={"O": seller("o", presells=30)},
            told=[planned(0, "o", 20, "a", 40), online(40, "o", 20, "a")],
        ),
        commitments=[
            (0, "O", "o", 10, 0, 0),
            (0, "O", "o", 5, 10, 40),
            (1, "O", "o", 5, 10, 40),
            (2, "O", "o", 3, 10, 40),
        ],
        deliveries=[
            (0, "O", "o", 10, 0, 100),
            (0, "O", "o", 5, 40, 140),
            (1, "O", "o", 5, 40, 140),
            (2, "O", "o", 3, 40, 140),
        ],
        answered=[0, 9, 10],
        first_kw=[10, 0, 3],
        full_delivery=[40, 40, 40],
    )


def test_each_provider_sells_a_plan_as_long_ahead_as_it_does() -> None:
    """P and Q sell one site: Q from day 10 on, P from day 30 on. 1 may be served by P only, and waits for it.

    day      5      10      20      30      40
    a +10           0:4 (Q) ................==>
                                    1:3 (P) ==>
    asked    0:4            1:3
    """
    check(
        market(
            {"o": 0},
            [ask(4, 5), ask(3, 20, only=["P"])],
            sellers={"P": seller("o", presells=10), "Q": seller("o", presells=30)},
            told=[planned(0, "o", 10, "a", 40), online(40, "o", 10, "a")],
        ),
        commitments=[(0, "Q", "o", 4, 10, 40), (1, "P", "o", 3, 30, 40)],
        deliveries=[(0, "Q", "o", 4, 40, 140), (1, "P", "o", 3, 40, 140)],
        asked_first=["P", "P"],
    )


def test_a_plan_is_room_up_to_the_latest_date_that_the_customer_would_take() -> None:
    """Wanted on day 10: with a patience of 30 the plan for day 40 will do, with one of 29 it will not.

    day      0      10                    39  40
    a +10    0:10 ............................==>
    asked    0:10, 1:10                   1:x
    """
    check(
        market(
            {"o": 0},
            [ask(10, wanted=10, patience=30), ask(10, wanted=10, patience=29)],
            sellers={"O": seller("o", presells=50)},
            told=[planned(0, "o", 20, "a", 40), online(40, "o", 20, "a")],
        ),
        commitments=[(0, "O", "o", 10, 0, 40)],
        deliveries=[(0, "O", "o", 10, 40, 140)],
        lost_kw=[0, 10],
        status=["served", "lost"],
    )


def test_what_is_online_is_room_whatever_the_dates() -> None:
    """The answer comes on day 5, the customer would take nothing after day 2: what is online is sold still.

    The plan for day 8 is not; the rest is given up, though not before the first round is over.

    day      0    2    5         8
    h 10               0:10=========>
    b +10                        |
    asked    0:15??????0:5x
    """
    check(
        market(
            {"h": 10},
            [ask(15, patience=2, window=5)],
            sellers={"H": seller("h", presells=100)},
            rights=[right()],
            told=[planned(0, "h", 10, "b", 8), online(8, "h", 10, "b")],
        ),
        commitments=[(0, "H", "h", 10, 5, 5)],
        deliveries=[(0, "H", "h", 10, 5, 105)],
        answered=[5],
        holder_kw=[10],
        reason=["room"],
        lost_kw=[5],
        status=["part served"],
    )


def test_what_serves_or_is_committed_for_later_is_no_room() -> None:
    """6 of 10 kW are promised for day 50: they serve nobody before, and nobody else may have them.

    day      0    1         11        21              50
    o 10     0:6 .....................................==>
                  1:4=======1:4=======|
    asked    0:6  1:8
    """
    check(
        market({"o": 10}, [ask(6, wanted=50), ask(8, 1, term=10)]),
        commitments=[(0, "O", "o", 6, 0, 50), (1, "O", "o", 4, 1, 1), (1, "O", "o", 4, 11, 11)],
        deliveries=[(1, "O", "o", 4, 1, 11), (1, "O", "o", 4, 11, 21), (0, "O", "o", 6, 50, 150)],
        full_delivery=[50, 11],
    )


def test_room_is_never_below_zero() -> None:
    """During the outage the room at a is 0, not -8: of the 10 at b all but the 2 kept back are sold.

    day      0       5      6       9
    a 10     0:8====(-10)===========(+10)====
                                    1:1======>
    b 10                    1:8==============>
    asked    0:8            1:9
    """
    check(
        market(
            {"a": 10, "b": 10},
            [ask(8), ask(9, 6)],
            sellers={"P": seller("a", "b", keeps_back=2)},
            told=[outage(5, "a", 10), restored(9, "a", 10)],
        ),
        commitments=[(0, "P", "a", 8, 0, 0), (1, "P", "b", 8, 6, 6), (1, "P", "a", 1, 9, 9)],
        deliveries=[(0, "P", "a", 8, 0, 100), (1, "P", "b", 8, 6, 106), (1, "P", "a", 1, 9, 109)],
    )


def test_what_a_provider_keeps_back_is_for_its_own_demand() -> None:
    """Of 10 kW, P keeps 4 for P. On day 20 the 6 come free: C gets 2 of them (6 - 4), then P its last 1.

    day      0       1      20           40
    p 10     0:6============0:2==========|
                     1:4=====================>
                            1:1==============>
    asked    0:8 (C) 1:5 (P)
    """
    check(
        market(
            {"p": 10}, [ask(8, term=20), ask(5, 1, customer="P")], sellers={"P": seller("p", keeps_back=4)}
        ),
        commitments=[
            (0, "P", "p", 6, 0, 0),
            (1, "P", "p", 4, 1, 1),
            (0, "P", "p", 2, 20, 20),
            (1, "P", "p", 1, 20, 20),
        ],
        deliveries=[
            (0, "P", "p", 6, 0, 20),
            (1, "P", "p", 4, 1, 101),
            (0, "P", "p", 2, 20, 40),
            (1, "P", "p", 1, 20, 120),
        ],
    )


def test_what_is_kept_back_is_counted_over_all_sites_of_the_provider() -> None:
    """a 7 and b 10 less 2 are 15 for others: in blocks of 3, 9 at b, which would take more, and 6 of 6 left at a.

    What one provider keeps back of a site, another may sell: Q has the 1 at b for the customer who asks for it.

    day      0
    a 7      0:6==>
    b 10     0:9==> 1:1==>
    asked    0:18, 1:1 (Q only)
    """
    check(
        market(
            {"a": 7, "b": 10},
            [ask(18, block=3), ask(1, only=["Q"])],
            sellers={"P": seller("a", "b", keeps_back=2), "Q": seller("b")},
            order=["P"],
        ),
        commitments=[(0, "P", "b", 9, 0, 0), (0, "P", "a", 6, 0, 0)],
        deliveries=[(0, "P", "b", 9, 0, 100), (0, "P", "a", 6, 0, 100)],
        asked_first=["P", None],
    )
    check(
        market(
            {"a": 7, "b": 10},
            [ask(18, block=3), ask(1, only=["Q"])],
            sellers={"P": seller("a", "b", keeps_back=2), "Q": seller("b")},
            policy="in order",
        ),
        commitments=[(0, "P", "b", 9, 0, 0), (0, "P", "a", 6, 0, 0), (1, "Q", "b", 1, 0, 0)],
        deliveries=[(0, "P", "b", 9, 0, 100), (0, "P", "a", 6, 0, 100), (1, "Q", "b", 1, 0, 100)],
        asked_first=["P", "Q"],
    )


def test_what_is_kept_back_is_no_room_for_a_whole_request() -> None:
    """p has 10 and may place 8 of them: not 10 at one site, but 8.

    day      0       1
    p 10             1:8==>
    asked    0:10    1:8
    """
    check(
        market(
            {"p": 10},
            [ask(10, split="one site"), ask(8, 1, split="one site")],
            sellers={"P": seller("p", keeps_back=2)},
        ),
        commitments=[(1, "P", "p", 8, 1, 1)],
        deliveries=[(1, "P", "p", 8, 1, 101)],
    )


# Placing ------------------------------------------------------------------------------------------------


def test_a_provider_places_at_its_sites_in_order_in_whole_blocks() -> None:
    """P takes its sites in order, b first. In blocks of 3: of its 7 kW 6 are taken, and then 6 of the 10 at a.

    day      0
    a 10     0:6==>
    b 7      0:6==>
    asked    0:12
    """
    check(
        market({"a": 10, "b": 7}, [ask(12, block=3)], sellers={"P": seller("b", "a", policy="in order")}),
        commitments=[(0, "P", "b", 6, 0, 0), (0, "P", "a", 6, 0, 0)],
        deliveries=[(0, "P", "b", 6, 0, 100), (0, "P", "a", 6, 0, 100)],
    )


@pytest.mark.parametrize("split", ["one site", "never"])
def test_one_site_and_never_take_only_a_site_that_has_room_for_all(split: str) -> None:
    """8 kW in blocks of 4. Of the 7 at a only 4 are whole blocks; at b there are 8, and then 1. On day 10 a has 8.

    day      0    1    10
    a 7                (+1) 1:8==>
    b 9      0:8=================>
    asked    0:8  1:8
    """
    requests = [ask(8, split=split, block=4), ask(8, 1, split=split, block=4)]
    check(
        market({"a": 7, "b": 9}, requests, sellers={"P": seller("a", "b")}, told=[online(10, "a", 1)]),
        commitments=[(0, "P", "b", 8, 0, 0), (1, "P", "a", 8, 10, 10)],
        deliveries=[(0, "P", "b", 8, 0, 100), (1, "P", "a", 8, 10, 110)],
    )


# A request is asked -------------------------------------------------------------------------------------


def test_the_first_right_in_force_that_covers_the_request_decides() -> None:
    """E (exclusive, of H, over class k of C, from 3 until 10) stands before R (first refusal, of O, until 12).

    A right counts on the day when it begins, no longer on the day when it ends, not for another class or
    customer, and not where the holder is left out.

    day      2   3   5      6        7        8      9   10  12
    E            [--------------------------------------)
    R        [----------------------------------------------)
    asked    0   1   2 (m)  3 (O, X) 4 (X)    5 (D)  6   7   8
    goes to  O   H   O      O        X        O      H   O   H, the first of all
    """
    check(
        market(
            {"h": 100, "o": 100, "x": 100},
            [
                ask(1, 2),
                ask(1, 3),
                ask(1, 5, **{"class": "m"}),
                ask(1, 6, only=["O", "X"]),
                ask(1, 7, only=["X"]),
                ask(1, 8, customer="D"),
                ask(1, 9),
                ask(1, 10),
                ask(1, 12),
            ],
            rights=[
                right("exclusive", name="E", customer="C", classes=["k"], until=10) | {"from": 3},
                right(holder="O", until=12),
            ],
        ),
        commitments=[
            (0, "O", "o", 1, 2, 2),
            (1, "H", "h", 1, 3, 3),
            (2, "O", "o", 1, 5, 5),
            (3, "O", "o", 1, 6, 6),
            (4, "X", "x", 1, 7, 7),
            (5, "O", "o", 1, 8, 8),
            (6, "H", "h", 1, 9, 9),
            (7, "O", "o", 1, 10, 10),
            (8, "H", "h", 1, 12, 12),
        ],
        deliveries=[
            (0, "O", "o", 1, 2, 102),
            (1, "H", "h", 1, 3, 103),
            (2, "O", "o", 1, 5, 105),
            (3, "O", "o", 1, 6, 106),
            (4, "X", "x", 1, 7, 107),
            (5, "O", "o", 1, 8, 108),
            (6, "H", "h", 1, 9, 109),
            (7, "O", "o", 1, 10, 110),
            (8, "H", "h", 1, 12, 112),
        ],
        right=["R", "E", "R", "R", None, "R", "E", "R", None],
        holder=["O", "H", "O", "O", None, "O", "H", "O", None],
        window=[0, None, 0, 0, None, 0, None, 0, None],
        asked_first=["O", "H", "O", "O", "X", "O", "H", "O", "H"],
        holder_kw=[1, 1, 1, 1, None, 1, 1, 1, None],
        first_kw=[1] * 9,
        reason=["none"] * 9,
    )


def test_what_is_exclusive_only_the_holder_serves_as_long_as_the_right_lasts() -> None:
    """H stands in no order and serves all the same; O has room throughout, but C may have it from day 30 on only.

    day      0       1         20         30         40    50
    right    [----------------------------)
    h 10     0:10==============0:10==================|
    o 30             1:5==========================================>
                                          0:5==============|
    asked    0:25    1:5 (D)
    """
    check(
        market(
            {"h": 10, "o": 30},
            [ask(25, term=20), ask(5, 1, customer="D")],
            rights=[right("exclusive", customer="C", until=30)],
            order=["O"],
        ),
        commitments=[
            (0, "H", "h", 10, 0, 0),
            (1, "O", "o", 5, 1, 1),
            (0, "H", "h", 10, 20, 20),
            (0, "O", "o", 5, 30, 30),
        ],
        deliveries=[
            (0, "H", "h", 10, 0, 20),
            (1, "O", "o", 5, 1, 101),
            (0, "H", "h", 10, 20, 40),
            (0, "O", "o", 5, 30, 50),
        ],
        right=["R", None],
        answered=[0, 1],
        holder_kw=[10, None],
        first_kw=[10, 5],
        reason=["room", "none"],
    )


def test_the_holder_of_a_first_refusal_answers_after_the_window() -> None:
    """Until then the request is on no list: what comes online on day 3 waits, and D is before C at H.

    The rest is overflow in the same instant, without H.

    day      0         3         4         5
    h 10                         1:8=============>
                                           0:2===>
    o                  (+10)               0:10==>
    asked    0:15??????????????????????????|
                                 1:8 (D)
    """
    check(
        market(
            {"h": 10, "o": 0},
            [ask(15, window=5), ask(8, 4, customer="D")],
            rights=[right(customer="C")],
            told=[online(3, "o", 10)],
        ),
        commitments=[(1, "H", "h", 8, 4, 4), (0, "H", "h", 2, 5, 5), (0, "O", "o", 10, 5, 5)],
        deliveries=[(1, "H", "h", 8, 4, 104), (0, "H", "h", 2, 5, 105), (0, "O", "o", 10, 5, 105)],
        window=[5, None],
        answered=[5, 4],
        asked_first=["H", "H"],
        holder_kw=[2, None],
        first_kw=[2, 8],
        reason=["room", "none"],
        status=["waiting", "served"],
    )


def test_without_a_window_the_holder_answers_at_once() -> None:
    """Both ask on day 0. 0 is answered before 1 is placed, so 1 finds nothing at H.

    day      0
    h 5      0:5==>
    o 5      1:5==>
    asked    0:5, 1:8 (D)
    """
    check(
        market({"h": 5, "o": 5}, [ask(5), ask(8, customer="D")], rights=[right(customer="C")]),
        commitments=[(0, "H", "h", 5, 0, 0), (1, "O", "o", 5, 0, 0)],
        deliveries=[(0, "H", "h", 5, 0, 100), (1, "O", "o", 5, 0, 100)],
        window=[0, None],
        asked_first=["H", "O"],
    )


def test_what_the_holder_would_take_is_held_until_the_answer() -> None:
    """As before, but H holds its 10 for C: D must go to O, and C finds 2 there.

    day      0         3         4         5
    h 10     [---- 10 held ----------------]
                                           0:10==>
    o                  (+10)     1:8=============>
                                           0:2===>
    asked    0:15??????????????????????????|
                                 1:8 (D)
    """
    check(
        market(
            {"h": 10, "o": 0},
            [ask(15, window=5), ask(8, 4, customer="D")],
            rights=[right(customer="C", holds_capacity=True)],
            told=[online(3, "o", 10)],
        ),
        commitments=[(1, "O", "o", 8, 4, 4), (0, "H", "h", 10, 5, 5), (0, "O", "o", 2, 5, 5)],
        deliveries=[(1, "O", "o", 8, 4, 104), (0, "H", "h", 10, 5, 105), (0, "O", "o", 2, 5, 105)],
        asked_first=["H", "O"],
        holder_kw=[10, None],
        reason=["room", "none"],
        status=["waiting", "served"],
    )


def test_the_hold_does_not_look_at_the_appetite_nor_the_overflow_at_the_holder() -> None:
    """The same, but H has no appetite. Its 10 are held for nothing; C gets at them when the right is over.

    day      0         3         4         5         8
    right    [---------------------------------------)
    h 10     [---- 10 held ----------------]         0:10==>
    o                  (+10)     1:8=======================>
                                           0:2=============>
    asked    0:15??????????????????????????|
                                 1:8 (D)
    """
    check(
        market(
            {"h": 10, "o": 0},
            [ask(15, window=5, draw=0.5), ask(8, 4, customer="D")],
            rights=[right(customer="C", holds_capacity=True, appetite=50, until=8)],
            told=[online(3, "o", 10)],
        ),
        commitments=[(1, "O", "o", 8, 4, 4), (0, "O", "o", 2, 5, 5), (0, "H", "h", 10, 8, 8)],
        deliveries=[(1, "O", "o", 8, 4, 104), (0, "O", "o", 2, 5, 105), (0, "H", "h", 10, 8, 108)],
        holder_kw=[0, None],
        first_kw=[0, 8],
        reason=["appetite", "none"],
        status=["waiting", "served"],
    )


@pytest.mark.parametrize(("o_kw", "rest"), [(9, ("O", "o")), (0, ("H", "g"))])
def test_the_holder_takes_no_more_than_was_held_site_by_site(o_kw: int, rest: tuple[str, str]) -> None:
    """10 were held at h and 2 at g. At the answer there are 4 at h and 12 at g: H takes 4 and 2.

    The other 9 are overflow for O; without an O they are on the list in the same instant, where no hold counts.

    day      0         3         4         5
    h 10     [---- 10 held ------(-6)------]
                                           0:4==>
    g 2      [---- 2 held -(+10)-----------]
                                           0:2==>
    o (or g)                               0:9==>
    asked    0:15??????????????????????????|
    """
    check(
        market(
            {"h": 10, "g": 2, "o": o_kw},
            [ask(15, window=5)],
            sellers={"H": seller("h", "g"), "O": seller("o")},
            rights=[right(holds_capacity=True)],
            told=[online(3, "g", 10), outage(4, "h", 6)],
        ),
        commitments=[(0, "H", "h", 4, 5, 5), (0, "H", "g", 2, 5, 5), (0, *rest, 9, 5, 5)],
        deliveries=[(0, "H", "h", 4, 5, 105), (0, "H", "g", 2, 5, 105), (0, *rest, 9, 5, 105)],
        holder_kw=[6],
        first_kw=[6],
        reason=["room"],
    )


def test_a_hold_counts_at_a_site_that_another_sells_from_too() -> None:
    """H and O sell from one site. 6 of its 10 kW are held for C, so O has 4 of them for D.

    day      0         1            5
    h 10     [-- 6 held ------------]
                       1:4=============>
                                    0:6>
    asked    0:6????????????????????|
                       1:8 (D, O only)
    """
    check(
        market(
            {"h": 10},
            [ask(6, window=5), ask(8, 1, customer="D", only=["O"])],
            sellers={"H": seller("h"), "O": seller("h")},
            rights=[right(customer="C", holds_capacity=True)],
        ),
        commitments=[(1, "O", "h", 4, 1, 1), (0, "H", "h", 6, 5, 5)],
        deliveries=[(1, "O", "h", 4, 1, 101), (0, "H", "h", 6, 5, 105)],
        first_kw=[6, 4],
        status=["served", "waiting"],
    )


def test_a_promise_counts_what_is_held_at_the_site() -> None:
    """6 held and 8 sold are more than the 10 online: 1 is promised day 20, though it serves at once.

    2 finds 6 of 9, what is held left out, and 2 of them serve. C finds its 6, promised for day 20 as well.

    day      0         1         2            5            20
    h 10     [-- 6 held ---------------------]
                       1:8==================================>
                                 2:2========================>
    a +10                        2:4 .....................==>
                                              0:6 ........==>
    asked    0:6??????????????????????????????|
                       1:8       2:9 (both D, O only)
    """
    check(
        market(
            {"h": 10},
            [ask(6, window=5), ask(8, 1, customer="D", only=["O"]), ask(9, 2, customer="D", only=["O"])],
            sellers={"H": seller("h", presells=50), "O": seller("h", presells=50)},
            rights=[right(customer="C", holds_capacity=True)],
            told=[planned(0, "h", 10, "a", 20), online(20, "h", 10, "a")],
        ),
        commitments=[(1, "O", "h", 8, 1, 20), (2, "O", "h", 6, 2, 20), (0, "H", "h", 6, 5, 20)],
        deliveries=[
            (1, "O", "h", 8, 1, 101),
            (2, "O", "h", 2, 2, 102),
            (0, "H", "h", 6, 20, 120),
            (2, "O", "h", 4, 20, 120),
        ],
        first_delivery=[20, 1, 2],
        full_delivery=[20, 1, None],
    )


def test_a_hold_is_within_the_holders_limits_and_so_is_the_answer() -> None:
    """Up to 50 % of 10 kW: 5 are held, 5 are left for D. At the answer those 5 are committed, and H takes nothing.

    What was held for C is room for D in the same instant.

    day      0         1         5
    h 10     [-- 5 held ---------]
                       1:5==========>
                                 1:4>
    o 10                         0:8>
    asked    0:8?????????????????|
                       1:9 (D, H only)
    """
    check(
        market(
            {"h": 10, "o": 10},
            [ask(8, window=5), ask(9, 1, customer="D", only=["H"])],
            rights=[right(customer="C", holds_capacity=True, max_utilization=50)],
        ),
        commitments=[(1, "H", "h", 5, 1, 1), (0, "O", "o", 8, 5, 5), (1, "H", "h", 4, 5, 5)],
        deliveries=[(1, "H", "h", 5, 1, 101), (0, "O", "o", 8, 5, 105), (1, "H", "h", 4, 5, 105)],
        holder_kw=[0, None],
        first_kw=[0, 5],
        reason=["utilization", "none"],
    )


def test_what_is_held_counts_in_the_utilization_of_the_holder() -> None:
    """Up to 50 %: what is held for the first request is all that H may promise, so it holds nothing for the second.

    day      0         1         3         5
    h 10     [-- 5 held -------------------]
                                           0:5==>
    o 4                          1:3============>
                                           0:1==>
    asked    0:8???????????????????????????|
                       1:3???????|
    """
    check(
        market(
            {"h": 10, "o": 4},
            [ask(8, window=5), ask(3, 1, window=2)],
            rights=[right(holds_capacity=True, max_utilization=50)],
        ),
        commitments=[(1, "O", "o", 3, 3, 3), (0, "H", "h", 5, 5, 5), (0, "O", "o", 1, 5, 5)],
        deliveries=[(1, "O", "o", 3, 3, 103), (0, "H", "h", 5, 5, 105), (0, "O", "o", 1, 5, 105)],
        holder_kw=[5, 0],
    )


def test_two_holds_at_once_go_in_the_order_of_the_waiting_list() -> None:
    """The request of priority 1 has the first hold. The other, answered first, gets no more than its 2.

    day      0                   3         5
    h 10     [-- 8 held for 1 -------------]
             [-- 2 held for 0 ---]
                                 0:2==========>
                                           1:8>
    asked    0:8?????????????????|
             1:8???????????????????????????|
    """
    check(
        market(
            {"h": 10},
            [ask(8, window=3), ask(8, window=5, priority=1)],
            rights=[right(holds_capacity=True)],
        ),
        commitments=[(0, "H", "h", 2, 3, 3), (1, "H", "h", 8, 5, 5)],
        deliveries=[(0, "H", "h", 2, 3, 103), (1, "H", "h", 8, 5, 105)],
        holder_kw=[2, 8],
        status=["waiting", "served"],
    )


# The answer ---------------------------------------------------------------------------------------------


def test_the_holder_has_an_appetite_for_each_class() -> None:
    """A draw at the appetite declines, below it takes; at 0 % nobody is taken, at 100 % everybody.

    day        0            1              2            3
    appetite   k 50 %       k 50 %         m 0 %        l 100 %
    draw       0.5          0.499999       0.0          0.999999
    goes to    O            H              O            H
    """
    check(
        market(
            {"h": 9, "o": 9},
            [
                ask(1, 0, draw=0.5),
                ask(1, 1, draw=0.499999),
                ask(1, 2, draw=0.0, **{"class": "m"}),
                ask(1, 3, draw=0.999999, **{"class": "l"}),
            ],
            rights=[right(appetite={"k": 50, "m": 0, "l": 100})],
        ),
        commitments=[
            (0, "O", "o", 1, 0, 0),
            (1, "H", "h", 1, 1, 1),
            (2, "O", "o", 1, 2, 2),
            (3, "H", "h", 1, 3, 3),
        ],
        deliveries=[
            (0, "O", "o", 1, 0, 100),
            (1, "H", "h", 1, 1, 101),
            (2, "O", "o", 1, 2, 102),
            (3, "H", "h", 1, 3, 103),
        ],
        asked_first=["H", "H", "H", "H"],
        holder_kw=[0, 1, 0, 1],
        reason=["appetite", "none", "appetite", "none"],
    )


def test_the_holder_stops_at_its_utilization_over_all_its_sites() -> None:
    """95 % of 11 online and 10 planned are 19.95, so 19: 11 at h, 8 at g; the overflow passes H over.

    On day 40 the rest is on the list, and the limit counts still: floor(95 % of 41) - 19 = 19.

    day      0                       30        40
    h 11     0:11==========================================>
             (+20 on day 40)                   0:3=========>
    g +10    0:8 ....................======================>
    o 6      0:6===========================================>
    asked    0:28
    """
    check(
        market(
            {"h": 11, "g": 0, "o": 6},
            [ask(28)],
            sellers={"H": seller("h", "g", presells=40), "O": seller("o")},
            rights=[right(max_utilization=95)],
            told=[planned(0, "g", 10, "a", 30), online(30, "g", 10, "a"), online(40, "h", 20)],
        ),
        commitments=[
            (0, "H", "h", 11, 0, 0),
            (0, "H", "g", 8, 0, 30),
            (0, "O", "o", 6, 0, 0),
            (0, "H", "h", 3, 40, 40),
        ],
        deliveries=[
            (0, "H", "h", 11, 0, 100),
            (0, "O", "o", 6, 0, 100),
            (0, "H", "g", 8, 30, 130),
            (0, "H", "h", 3, 40, 140),
        ],
        holder_kw=[19],
        reason=["utilization"],
        full_delivery=[40],
    )


def test_the_holder_promises_no_later_than_max_delay_nor_than_patience() -> None:
    """Wanted on day 5, planned for day 20: a max_delay of 15 will do, one of 14 not, nor a patience of 10.

    What is online on day 20 is taken whatever the dates.

    day      0        5            15      20
    a +30    0:10 .........................===>
                                           1:10>
    asked    0:10 (15), 1:10 (14), 2:10 (15, patience 10)
                                   2:x
    """
    wanted: Any = {"at": 0, "wanted": 5}
    check(
        market(
            {"h": 0, "o": 0},
            [
                ask(10, **wanted, **{"class": "a"}),
                ask(10, **wanted, **{"class": "b"}),
                ask(10, **wanted, patience=10, **{"class": "a"}),
            ],
            sellers={"H": seller("h", presells=50), "O": seller("o")},
            rights=[right(classes=["a"], max_delay=15), right(name="S", classes=["b"], max_delay=14)],
            told=[planned(0, "h", 30, "a", 20), online(20, "h", 30, "a")],
        ),
        commitments=[(0, "H", "h", 10, 0, 20), (1, "H", "h", 10, 20, 20)],
        deliveries=[(0, "H", "h", 10, 20, 120), (1, "H", "h", 10, 20, 120)],
        right=["R", "S", "R"],
        reason=["none", "delay", "room"],
        lost_kw=[0, 0, 10],
    )


BOTH = [(0, "H", "h", 10, 0, 20)]
BOTH_SERVED = [(0, "H", "h", 5, 0, 100), (0, "H", "h", 5, 20, 120)]
HALF = [(0, "H", "h", 5, 0, 0), (0, "O", "o", 5, 0, 19)]
HALF_SERVED = [(0, "H", "h", 5, 0, 100), (0, "O", "o", 5, 19, 119)]


@pytest.mark.parametrize(
    ("kw", "date", "order", "stated", "commitments", "deliveries", "reason"),
    [
        pytest.param(10, 20, "HO", {}, BOTH, BOTH_SERVED, "none", id="no later than the other"),
        pytest.param(10, 19, "HO", {}, HALF, HALF_SERVED, "delay", id="the other would be earlier"),
        pytest.param(9, 19, "HO", {}, BOTH, BOTH_SERVED, "none", id="nobody else would promise all"),
        pytest.param(10, 19, "H", {}, BOTH, BOTH_SERVED, "none", id="the other is not in the order"),
        pytest.param(
            10, 19, "HO", {"only": ["H"]}, BOTH, BOTH_SERVED, "none", id="the other may not serve it"
        ),
        pytest.param(
            10, 19, "HO", {"patience": 18}, HALF[:1], HALF_SERVED[:1], "room", id="patience alone counts"
        ),
        pytest.param(
            10, 19, "HO", {"wanted": 30}, [(0, "H", "h", 10, 0, 30)], [(0, "H", "h", 10, 30, 130)], "none",
            id="nobody promises before it is wanted",
        ),
    ],
)  # fmt: skip
def test_the_right_to_match(
    kw: int,
    date: int,
    order: str,
    stated: dict[str, Any],
    commitments: list[Row],
    deliveries: list[Row],
    reason: str,
) -> None:
    """H has 5 kW and a plan of 10 for day 20; O has a plan for the date on which it would promise.

    day      0                 19  20
    h 5      0:5==========================>
    a +10    0:5 ..................=======>   if O would promise no earlier
    o +kw    0:5 ..............===========>   if it would
    asked    0:10
    """
    check(
        market(
            {"h": 5, "o": 0},
            [ask(10, **stated)],
            sellers={"H": seller("h", presells=50), "O": seller("o", presells=50)},
            rights=[right(max_delay="match")],
            told=[
                planned(0, "h", 10, "a", 20),
                planned(0, "o", kw, "b", date),
                online(date, "o", kw, "b"),
                online(20, "h", 10, "a"),
            ],
            order=list(order),
        ),
        commitments=commitments,
        deliveries=deliveries,
        reason=[reason],
    )


def test_a_holder_that_takes_no_part_takes_nothing_once_part_went_elsewhere() -> None:
    """15 do not fit into the 10 at h, so 8 go to O. The last 7 would fit from day 10 on, but H takes all or nothing.

    day      0       1        10        20
    h 10             1:10=====(+20)=============>
    o 8      0:8================================>
                                        (+7) 0:7>
    asked    0:15    1:10
    """
    check(
        market(
            {"h": 10, "o": 8},
            [ask(15), ask(10, 1)],
            rights=[right(partial=False)],
            told=[online(10, "h", 20), online(20, "o", 7)],
        ),
        commitments=[(0, "O", "o", 8, 0, 0), (1, "H", "h", 10, 1, 1), (0, "O", "o", 7, 20, 20)],
        deliveries=[(0, "O", "o", 8, 0, 100), (1, "H", "h", 10, 1, 101), (0, "O", "o", 7, 20, 120)],
        holder_kw=[0, 10],
        reason=["partial", "none"],
    )


def test_a_holder_that_takes_no_part_takes_all_when_it_can() -> None:
    """Nothing went elsewhere, so on day 10 H takes all 15.

    day      0        10
    h 10              (+20) 0:15==>
    asked    0:15
    """
    check(
        market({"h": 10}, [ask(15)], rights=[right(partial=False)], told=[online(10, "h", 20)]),
        commitments=[(0, "H", "h", 15, 10, 10)],
        deliveries=[(0, "H", "h", 15, 10, 110)],
        holder_kw=[0],
        reason=["partial"],
    )


def test_an_answer_counts_where_the_right_has_ended_and_no_other_looks_at_its_overflow() -> None:
    """R ends on day 3, and X becomes exclusive. The answer of day 5 counts, and its overflow goes to O.

    After that the new right decides: O's 10 of day 6 are not for C, X's 10 of day 7 are.

    day      0         3         5        6       7
    R        [---------)
    E                  [------------------------------>
    h 10                         0:10================>
    o 10                         0:10====(+10)=======>
    x                                             (+10) 0:5==>
    asked    0:25????????????????|
    """
    check(
        market(
            {"h": 10, "o": 10, "x": 0},
            [ask(25, window=5)],
            rights=[right(until=3), right("exclusive", "X", name="E") | {"from": 3}],
            told=[online(6, "o", 10), online(7, "x", 10)],
        ),
        commitments=[(0, "H", "h", 10, 5, 5), (0, "O", "o", 10, 5, 5), (0, "X", "x", 5, 7, 7)],
        deliveries=[(0, "H", "h", 10, 5, 105), (0, "O", "o", 10, 5, 105), (0, "X", "x", 5, 7, 107)],
        right=["R"],
        answered=[5],
        holder_kw=[10],
    )


def test_a_right_that_ends_when_its_answer_is_due_decides_no_longer_than_the_answer() -> None:
    """H declines on the day when its right ends, and its overflow goes to O, which has 10.

    What is left waits, and is walked in the same instant: there H is a provider as any other.

    day      0         1              5        6
    right    [------------------------)
    h 10                              0:5===========>
                                               1:1==>
    o 10                              0:10==========>
    asked    0:15?????????????????????|        1:1 (D)
    """
    check(
        market(
            {"h": 10, "o": 10},
            [ask(15, window=5, draw=0.5), ask(1, 6, customer="D")],
            rights=[right(customer="C", appetite=50, until=5)],
        ),
        commitments=[(0, "O", "o", 10, 5, 5), (0, "H", "h", 5, 5, 5), (1, "H", "h", 1, 6, 6)],
        deliveries=[(0, "O", "o", 10, 5, 105), (0, "H", "h", 5, 5, 105), (1, "H", "h", 1, 6, 106)],
        holder_kw=[0, None],
        reason=["appetite", "none"],
    )


def test_an_answer_due_when_another_right_begins() -> None:
    """R ends and S begins on day 5: the answer is that of R, and S has no say over its overflow.

    What is asked on day 5 is under S.

    day      0              5
    R        [--------------)
    S                       [---->
    h 4                     0:4==>
    o 10                    0:6==>
    x 10                    1:3==>
    asked    0:10???????????|
                            1:3
    """
    check(
        market(
            {"h": 4, "o": 10, "x": 10},
            [ask(10, window=5), ask(3, 5)],
            rights=[right(until=5), right(holder="X", name="S") | {"from": 5}],
        ),
        commitments=[(0, "H", "h", 4, 5, 5), (0, "O", "o", 6, 5, 5), (1, "X", "x", 3, 5, 5)],
        deliveries=[(0, "H", "h", 4, 5, 105), (0, "O", "o", 6, 5, 105), (1, "X", "x", 3, 5, 105)],
        right=["R", "S"],
        asked_first=["H", "X"],
    )


def test_two_answers_due_at_once_go_in_the_order_of_the_waiting_list() -> None:
    """The later request has the higher priority: it is answered first, and the other's overflow after that.

    day      0         2         5
    h 10                         1:8, 0:2==>
    o 5                          0:5======>
    asked    0:8?????????????????|
                       1:8???????|
    """
    check(
        market({"h": 10, "o": 5}, [ask(8, window=5), ask(8, 2, window=3, priority=1)], rights=[right()]),
        commitments=[(0, "H", "h", 2, 5, 5), (0, "O", "o", 5, 5, 5), (1, "H", "h", 8, 5, 5)],
        deliveries=[(0, "H", "h", 2, 5, 105), (0, "O", "o", 5, 5, 105), (1, "H", "h", 8, 5, 105)],
        holder_kw=[2, 8],
        answered=[5, 5],
    )


# Overflow -----------------------------------------------------------------------------------------------


def test_soonest_is_first_who_promises_earliest_and_last_who_takes_nothing() -> None:
    """B alone can take all 10, from a plan for day 30; A, which has 5 now, promises earlier and is first.

    Then A has nothing, and is last: B is first for 1, and for 2, of which it takes a part.

    day      0       1       2                30
    a 5      0:5=================================>
    x +10    0:5 .............................===>
                     1:3 .....................===>
                             2:2 .............===>
    asked    0:10    1:3     2:4
    """
    check(
        market(
            {"b": 0, "a": 5},
            [ask(10), ask(3, 1), ask(4, 2)],
            sellers={"A": seller("a"), "B": seller("b", presells=50)},
            told=[planned(0, "b", 10, "x", 30), online(30, "b", 10, "x")],
        ),
        commitments=[
            (0, "A", "a", 5, 0, 0),
            (0, "B", "b", 5, 0, 30),
            (1, "B", "b", 3, 1, 30),
            (2, "B", "b", 2, 2, 30),
        ],
        deliveries=[
            (0, "A", "a", 5, 0, 100),
            (0, "B", "b", 5, 30, 130),
            (1, "B", "b", 3, 30, 130),
            (2, "B", "b", 2, 30, 130),
        ],
        asked_first=["A", "B", "B"],
        first_kw=[5, 3, 2],
    )


def test_soonest_counts_the_latest_date_that_a_provider_would_promise() -> None:
    """P would take all of 10: 5 now and 5 on day 30. Q would take all on day 20, and is sooner.

    day      0           20        30
    a 5
    b +5                           |
    c +10    0:10 .......============>
    asked    0:10
    """
    check(
        market(
            {"a": 5, "b": 0, "c": 0},
            [ask(10)],
            sellers={"P": seller("a", "b", presells=50), "Q": seller("c", presells=50)},
            told=[
                planned(0, "b", 5, "x", 30),
                planned(0, "c", 10, "y", 20),
                online(20, "c", 10, "y"),
                online(30, "b", 5, "x"),
            ],
        ),
        commitments=[(0, "Q", "c", 10, 0, 20)],
        deliveries=[(0, "Q", "c", 10, 20, 120)],
        asked_first=["Q"],
    )


def test_the_ranking_is_made_once() -> None:
    """Nobody can take all of 12. By dates: A (8 now), B (6 on day 20), C (4 now and 4 on day 30).

    After A, C could take the other 4 at once; but the ranking stands, and B is next.

    day      0           20        30
    a 8      0:8=====================>
    b +6     0:4 ........============>
    c 4
    d +4                           |
    asked    0:12
    """
    check(
        market(
            {"a": 8, "b": 0, "c": 4, "d": 0},
            [ask(12)],
            sellers={
                "C": seller("c", "d", presells=50),
                "B": seller("b", presells=50),
                "A": seller("a"),
            },
            told=[
                planned(0, "b", 6, "x", 20),
                planned(0, "d", 4, "y", 30),
                online(20, "b", 6, "x"),
                online(30, "d", 4, "y"),
            ],
        ),
        commitments=[(0, "A", "a", 8, 0, 0), (0, "B", "b", 4, 0, 20)],
        deliveries=[(0, "A", "a", 8, 0, 100), (0, "B", "b", 4, 20, 120)],
        asked_first=["A"],
        first_kw=[8],
    )


def test_soonest_breaks_ties_by_the_order() -> None:
    """Both could take all of the first at once: B stands first. Then B has nothing, so A is first.

    Of the last nobody takes anything: B is asked first.

    day      0     1      2
    a 10           1:10=====>
    b 10     0:10===========>
    asked    0:10  1:15   2:5
    """
    check(
        market({"a": 10, "b": 10}, [ask(10), ask(15, 1), ask(5, 2)], order=["B", "A"]),
        commitments=[(0, "B", "b", 10, 0, 0), (1, "A", "a", 10, 1, 1)],
        deliveries=[(0, "B", "b", 10, 0, 100), (1, "A", "a", 10, 1, 101)],
        asked_first=["B", "A", "B"],
        first_kw=[10, 10, 0],
    )


def test_cheapest_breaks_ties_by_the_order() -> None:
    """C and B cost 3, and C stands first; then A for 5; D names no price and is last.

    day      0
    a, b, c  0:4==>
    d 4      0:3==>
    asked    0:15
    """
    check(
        market(
            {"a": 4, "b": 4, "c": 4, "d": 4},
            [ask(15)],
            sellers={
                "A": seller("a", price=5),
                "B": seller("b", price=3),
                "C": seller("c", price=3),
                "D": seller("d"),
            },
            policy="cheapest",
            order=["D", "C", "B", "A"],
        ),
        commitments=[
            (0, "C", "c", 4, 0, 0),
            (0, "B", "b", 4, 0, 0),
            (0, "A", "a", 4, 0, 0),
            (0, "D", "d", 3, 0, 0),
        ],
        deliveries=[
            (0, "C", "c", 4, 0, 100),
            (0, "B", "b", 4, 0, 100),
            (0, "A", "a", 4, 0, 100),
            (0, "D", "d", 3, 0, 100),
        ],
        asked_first=["C"],
    )


def test_most_room_counts_what_is_kept_back_and_what_is_planned() -> None:
    """K has 12 of which it keeps 5, B has 2 and a plan of 10, A has 10: K and B tie, and K stands first.

    day      0            20
    k 12     0:7============>
    b 2      0:2============>
    x +10    0:10 ........==>
    a 10     0:1============>
    asked    0:20
    """
    check(
        market(
            {"a": 10, "b": 2, "k": 12},
            [ask(20)],
            sellers={"A": seller("a"), "B": seller("b", presells=50), "K": seller("k", keeps_back=5)},
            told=[planned(0, "b", 10, "x", 20), online(20, "b", 10, "x")],
            policy="most room",
            order=["K", "B", "A"],
        ),
        commitments=[(0, "K", "k", 7, 0, 0), (0, "B", "b", 12, 0, 20), (0, "A", "a", 1, 0, 0)],
        deliveries=[
            (0, "K", "k", 7, 0, 100),
            (0, "B", "b", 2, 0, 100),
            (0, "A", "a", 1, 0, 100),
            (0, "B", "b", 10, 20, 120),
        ],
        asked_first=["K"],
    )


def test_in_order_is_in_order() -> None:
    """B stands first, though A could take all at once; and also where B takes nothing.

    day      0      1      20
    a 20     0:5=============>
                    1:3======>
    x +10    0:10 .........==>
    asked    0:15   1:3
    """
    check(
        market(
            {"a": 20, "b": 0},
            [ask(15), ask(3, 1)],
            sellers={"A": seller("a"), "B": seller("b", presells=50)},
            told=[planned(0, "b", 10, "x", 20), online(20, "b", 10, "x")],
            policy="in order",
            order=["B", "A"],
        ),
        commitments=[(0, "B", "b", 10, 0, 20), (0, "A", "a", 5, 0, 0), (1, "A", "a", 3, 1, 1)],
        deliveries=[(0, "A", "a", 5, 0, 100), (1, "A", "a", 3, 1, 101), (0, "B", "b", 10, 20, 120)],
        asked_first=["B", "B"],
        first_kw=[10, 0],
    )


def ranked_by(policy: UserPolicy, case: Case, *columns: str) -> Case:
    """What comes of a case under a policy of the user's own, which only SimPy's clock takes."""
    env = simpy.Environment()
    played = Market(env, scripted.future_of(case), policy=policy)
    played.world = scripted.ScriptedWorld(env, case, played)
    env.run(until=case["end"])
    return whole(scripted.told(collect_run(played, 0)), columns)


def test_a_users_own_policy() -> None:
    """Who could take least is asked first, and who could take all is not asked: C 2, B 4, and not A.

    day      0
    a 20
    b 4      0:4==>
    c 2      0:2==>
    asked    0:9
    """

    def least_first(request: Request, offers: Sequence[Offer]) -> list[str]:
        some = [offer for offer in offers if offer.kw < request.uncommitted_kw]
        return [offer.provider for offer in sorted(some, key=lambda offer: offer.kw)]

    case = market({"a": 20, "b": 4, "c": 2}, [ask(9)])
    assert ranked_by(least_first, case, "asked_first", "first_kw") == {
        "commitments": [(0, "C", "c", 2, 0, 0), (0, "B", "b", 4, 0, 0)],
        "deliveries": [(0, "C", "c", 2, 0, 100), (0, "B", "b", 4, 0, 100)],
        "releases": [],
        "asked_first": ["C"],
        "first_kw": [2],
    }


def test_a_users_own_policy_may_change_its_mind_in_any_instant() -> None:
    """It asks nobody for the first request until the second is there: at that instant, and before that one.

    day      0       5
    a 10             0:8, 1:2==>
    asked    0:8     1:5
    """
    seen = set()

    def together(request: Request, offers: Sequence[Offer]) -> list[str]:
        seen.add(request.now_day)
        return [offer.provider for offer in offers] if len(seen) > 1 else []

    case = market({"a": 10}, [ask(8), ask(5, 5)])
    assert ranked_by(together, case, "asked_first", "answered") == {
        "commitments": [(0, "A", "a", 8, 5, 5), (1, "A", "a", 2, 5, 5)],
        "deliveries": [(0, "A", "a", 8, 5, 105), (1, "A", "a", 2, 5, 105)],
        "releases": [],
        "asked_first": [None, "A"],
        "answered": [0, 5],
    }


def test_only_those_of_the_order_are_asked_and_of_them_only_those_allowed() -> None:
    """The order is B, A; C is in none. One may be served by A and C only, one by C only: by nobody.

    day      0       1         2
    a 9              1:3=========>
    b 9      0:3=================>
    c 9
    asked    0:3     1 (A, C)  2 (C)
    """
    check(
        market(
            {"a": 9, "b": 9, "c": 9},
            [ask(3), ask(3, 1, only=["C", "A"]), ask(3, 2, only=["C"])],
            order=["B", "A"],
        ),
        commitments=[(0, "B", "b", 3, 0, 0), (1, "A", "a", 3, 1, 1)],
        deliveries=[(0, "B", "b", 3, 0, 100), (1, "A", "a", 3, 1, 101)],
        asked_first=["B", "A", None],
        answered=[0, 1, 2],
        status=["served", "served", "waiting"],
    )


# Promised, and delivery ---------------------------------------------------------------------------------


def test_promised_is_the_first_time_that_covers_all_and_never_changes() -> None:
    """0 is covered by what is online, but wanted on day 30; 1 needs a; 2 too, but wants it on day 25; 3 needs b.

    a comes on day 33 instead of 20, b on day 35 instead of 40. Delivered is by promise: 1 has the 5 that are
    promised to 0, and 2 the other 5, since what is set aside for it on day 2 is not there for others.

    day      0      1     2     3        20   25    30    33    35    40
    o 10            1:5=============================================>
                          2:5 ................======================>
    a +10    0:10 .......................(late).....x.....==========>
    b +10                       3:5 ............................====>
    asked    0:10   1:5   2:5   3:5
    """
    check(
        market(
            {"o": 10},
            [ask(10, wanted=30), ask(5, 1), ask(5, 2, wanted=25), ask(5, 3)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 10, "b", 40),
                planned(0, "o", 10, "a", 20),
                planned(20, "o", 10, "a", 33),
                online(33, "o", 10, "a"),
                online(35, "o", 10, "b"),
            ],
        ),
        commitments=[
            (0, "O", "o", 10, 0, 30),
            (1, "O", "o", 5, 1, 20),
            (2, "O", "o", 5, 2, 25),
            (3, "O", "o", 5, 3, 40),
        ],
        deliveries=[
            (1, "O", "o", 5, 1, 101),
            (2, "O", "o", 5, 25, 125),
            (0, "O", "o", 10, 33, 133),
            (3, "O", "o", 5, 35, 135),
        ],
        first_delivery=[33, 1, 25, 35],
    )


@pytest.mark.parametrize(
    ("split", "deliveries"),
    [
        ("never", [(0, "O", "o", 8, 40, 140), (1, "O", "o", 2, 40, 140)]),
        ("one site", [(0, "O", "o", 4, 20, 120), (0, "O", "o", 4, 40, 140), (1, "O", "o", 2, 40, 140)]),
    ],
)
def test_never_is_delivered_whole_or_not_at_all(split: str, deliveries: list[Row]) -> None:
    """Both are promised day 40. The 4 of day 20 are set aside for 0: in service if it may be split in time.

    Either way they are not available to 1.

    day      0    1           20         40
    a +4     0:8 .............(====)     =====>
    b +6                                 =====>
                  1:2 ...................=====>
    asked    0:8  1:2
    """
    check(
        market(
            {"o": 0},
            [ask(8, split=split), ask(2, 1)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 4, "a", 20),
                planned(0, "o", 6, "b", 40),
                online(20, "o", 4, "a"),
                online(40, "o", 6, "b"),
            ],
        ),
        commitments=[(0, "O", "o", 8, 0, 40), (1, "O", "o", 2, 1, 40)],
        deliveries=deliveries,
        full_delivery=[40, 40],
    )


def test_each_instalment_ends_a_term_after_it_began() -> None:
    """4 serve from day 0 to 15 and 6 from day 10 to 25; what comes free goes to the next, in instalments as well.

    day      0      1      10      15         25
    o 4      0:4===================|
                                   1:4==========>
    a +6     0:6 ..........===================|
                                              1:2>
    asked    0:10   1:6
    """
    check(
        market(
            {"o": 4},
            [ask(10, term=15), ask(6, 1)],
            sellers={"O": seller("o", presells=50)},
            told=[planned(0, "o", 6, "a", 10), online(10, "o", 6, "a")],
        ),
        commitments=[(0, "O", "o", 10, 0, 10), (1, "O", "o", 4, 15, 15), (1, "O", "o", 2, 25, 25)],
        deliveries=[
            (0, "O", "o", 4, 0, 15),
            (0, "O", "o", 6, 10, 25),
            (1, "O", "o", 4, 15, 115),
            (1, "O", "o", 2, 25, 125),
        ],
        first_delivery=[0, 15],
        full_delivery=[10, 25],
    )


def test_what_comes_free_serves_a_promise_that_is_late() -> None:
    """1 is promised a, which is late. Nobody waits for room, but when 0 ends its 5 serve 1.

    day      0      1        10       20           60
    o 5      0:5======================|
                                      1:5=============>
    a +5            1:5 .....(late)...|            |
    asked    0:5    1:5
    """
    check(
        market(
            {"o": 5},
            [ask(5, term=20), ask(5, 1)],
            sellers={"O": seller("o", presells=100)},
            told=[planned(0, "o", 5, "a", 10), planned(10, "o", 5, "a", 60), online(60, "o", 5, "a")],
        ),
        commitments=[(0, "O", "o", 5, 0, 0), (1, "O", "o", 5, 1, 10)],
        deliveries=[(0, "O", "o", 5, 0, 20), (1, "O", "o", 5, 20, 120)],
    )


def test_delivery_is_by_promise_then_commitment_then_number_not_by_priority() -> None:
    """Both are promised day 20 on day 0, the one of priority 1 first. When half of it comes, the lower number has it.

    day      0         20         40
    a +5     0:5 ......==============>
    b +5     1:5 ......(late).....===>
    asked    0:5, 1:5 (priority 1)
    """
    check(
        market(
            {"o": 0},
            [ask(5), ask(5, priority=1)],
            sellers={"O": seller("o", presells=50)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 20),
                online(20, "o", 5, "a"),
                planned(20, "o", 5, "b", 40),
                online(40, "o", 5, "b"),
            ],
        ),
        commitments=[(0, "O", "o", 5, 0, 20), (1, "O", "o", 5, 0, 20)],
        deliveries=[(0, "O", "o", 5, 20, 120), (1, "O", "o", 5, 40, 140)],
    )


def test_delivery_of_one_request_is_in_the_order_in_which_its_commitments_were_made() -> None:
    """P sells 4 of the site and keeps 6 back, which Q sells. When half of it comes, P's come first.

    day      0         20         40
    a +5     0:4 (P) ..==============>
             0:1 (Q) ..==============>
    b +5     0:5 (Q) ..(late).....===>
    asked    0:10
    """
    check(
        market(
            {"o": 0},
            [ask(10)],
            sellers={"P": seller("o", presells=50, keeps_back=6), "Q": seller("o", presells=50)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 20),
                planned(20, "o", 5, "b", 40),
                online(20, "o", 5, "a"),
                online(40, "o", 5, "b"),
            ],
            policy="in order",
        ),
        commitments=[(0, "P", "o", 4, 0, 20), (0, "Q", "o", 6, 0, 20)],
        deliveries=[(0, "P", "o", 4, 20, 120), (0, "Q", "o", 1, 20, 120), (0, "Q", "o", 5, 40, 140)],
    )


# The waiting list ---------------------------------------------------------------------------------------


def test_the_list_is_by_priority_then_asked_then_number() -> None:
    """12 kW for 18: first priority 2 in the order of numbers, then the one that asked first, then priority -1.

    day      1     2            3      20
    o                                  (+12) 1:5, 2:3, 0:4==>
    asked    0:5   1:5, 2:3 (2) 3:5 (-1)
    """
    check(
        market(
            {"o": 0},
            [ask(5, 1), ask(5, 2, priority=2), ask(3, 2, priority=2), ask(5, 3, priority=-1)],
            told=[online(20, "o", 12)],
        ),
        commitments=[(0, "O", "o", 4, 20, 20), (1, "O", "o", 5, 20, 20), (2, "O", "o", 3, 20, 20)],
        deliveries=[(0, "O", "o", 4, 20, 120), (1, "O", "o", 5, 20, 120), (2, "O", "o", 3, 20, 120)],
    )


def test_several_requests_at_once_go_by_priority_then_number() -> None:
    """12 kW for 15: 0 has the lowest number, but also the lowest priority, and finds 2.

    day      0
    o 12     1:5, 2:5, 0:2==>
    asked    0:5, 1:5 (priority 1), 2:5 (priority 1)
    """
    check(
        market({"o": 12}, [ask(5), ask(5, priority=1), ask(5, priority=1)]),
        commitments=[(0, "O", "o", 2, 0, 0), (1, "O", "o", 5, 0, 0), (2, "O", "o", 5, 0, 0)],
        deliveries=[(0, "O", "o", 2, 0, 100), (1, "O", "o", 5, 0, 100), (2, "O", "o", 5, 0, 100)],
        first_kw=[2, 5, 5],
    )


def test_who_waits_is_before_who_asks_when_a_delivery_ends() -> None:
    """10 kW come free at the instant in which 2 asks: 1 has waited, and is first.

    day      0       5       20
    o 10     0:10============|
                             1:6, 2:4==>
    asked    0:10    1:6     2:6
    """
    check(
        market({"o": 10}, [ask(10, term=20), ask(6, 5), ask(6, 20)]),
        commitments=[(0, "O", "o", 10, 0, 0), (1, "O", "o", 6, 20, 20), (2, "O", "o", 4, 20, 20)],
        deliveries=[(0, "O", "o", 10, 0, 20), (1, "O", "o", 6, 20, 120), (2, "O", "o", 4, 20, 120)],
        first_kw=[10, 0, 4],
    )


def test_an_answer_is_before_who_waits() -> None:
    """10 kW come free at the instant in which an answer is due: it is before the one that has waited longer.

    day      0        1        15           20
    h 10     0:10===========================|
                                            2:8, 1:2==>
    asked    0 (D)    1:6 (D)  2:8??????????|
    """
    check(
        market(
            {"h": 10},
            [ask(10, term=20, customer="D"), ask(6, 1, customer="D"), ask(8, 15, window=5)],
            rights=[right(customer="C")],
        ),
        commitments=[(0, "H", "h", 10, 0, 0), (1, "H", "h", 2, 20, 20), (2, "H", "h", 8, 20, 20)],
        deliveries=[(0, "H", "h", 10, 0, 20), (1, "H", "h", 2, 20, 120), (2, "H", "h", 8, 20, 120)],
        holder_kw=[None, None, 8],
    )


LINE = {
    "pass": [(0, "O", "o", 6, 0, 0), (2, "O", "o", 4, 2, 2), (1, "O", "o", 8, 50, 50)],
    "wait": [
        (0, "O", "o", 6, 0, 0),
        (1, "O", "o", 8, 50, 50),
        (2, "O", "o", 2, 50, 50),
        (2, "O", "o", 2, 80, 80),
    ],
}
LINE_SERVED = {
    "pass": [(0, "O", "o", 6, 0, 50), (2, "O", "o", 4, 2, 32), (1, "O", "o", 8, 50, 150)],
    "wait": [
        (0, "O", "o", 6, 0, 50),
        (1, "O", "o", 8, 50, 150),
        (2, "O", "o", 2, 50, 80),
        (2, "O", "o", 2, 80, 110),
    ],
}


@pytest.mark.parametrize(
    ("bypass", "priority", "line", "asked_first", "first_kw"),
    [
        pytest.param(True, 0, "pass", "O", 4, id="may pass"),
        pytest.param(False, 0, "wait", None, 0, id="strict"),
        pytest.param(False, 1, "pass", None, 0, id="strict, and of higher priority"),
    ],
)
def test_bypass(bypass: bool, priority: int, line: str, asked_first: str | None, first_kw: int) -> None:
    """8 at one site do not fit into 4. Whether 2 may have these 4 is what `bypass` says.

    Strict first come, first served, it joins the list untouched, its first round over; with a priority it is the
    first that the next pass, in the same instant, walks to. Else it has 2 of its 4 on day 50, and keeps on waiting.

    day      0     1     2       32     50       80
    o 10     0:6========================|
    pass                 2:4=====|      1:8============>
    wait                                1:8============>
                                        2:2======2:2===>
    asked    0:6   1:8   2:4
    """
    check(
        market(
            {"o": 10},
            [ask(6, term=50), ask(8, 1, split="one site"), ask(4, 2, term=30, priority=priority)],
            bypass=bypass,
        ),
        commitments=LINE[line],
        deliveries=LINE_SERVED[line],
        asked_first=["O", "O", asked_first],
        first_kw=[6, 0, first_kw],
        answered=[0, 1, 2],
    )


def test_strict_first_come_first_served_among_requests_at_once() -> None:
    """1 comes up while 0 still wants 2: it joins untouched. On day 20 0 has its 2, and then 1 its 3.

    day      0          20
    o 10     0:10=======|
                        0:2, 1:3==>
    asked    0:12, 1:3
    """
    check(
        market({"o": 10}, [ask(12, term=20), ask(3)], bypass=False),
        commitments=[(0, "O", "o", 10, 0, 0), (0, "O", "o", 2, 20, 20), (1, "O", "o", 3, 20, 20)],
        deliveries=[(0, "O", "o", 10, 0, 20), (0, "O", "o", 2, 20, 40), (1, "O", "o", 3, 20, 120)],
        asked_first=["O", None],
        first_kw=[10, 0],
        answered=[0, 0],
    )


def test_strict_first_come_first_served_stops_at_the_first_that_keeps_any() -> None:
    """On day 20 the 4 that come are for 0, which wants 6; 1 may have nothing, though it would fit with P alone.

    day      0     1           20           30
    o                          (+4) 0:4========>
                                            (+4) 0:2, 1:2==>
    asked    0:6   1:3
    """
    check(
        market({"o": 0}, [ask(6), ask(3, 1)], bypass=False, told=[online(20, "o", 4), online(30, "o", 4)]),
        commitments=[(0, "O", "o", 4, 20, 20), (0, "O", "o", 2, 30, 30), (1, "O", "o", 2, 30, 30)],
        deliveries=[(0, "O", "o", 4, 20, 120), (0, "O", "o", 2, 30, 130), (1, "O", "o", 2, 30, 130)],
    )


def test_a_right_that_begins_counts_for_who_waits() -> None:
    """Asked before the right, under which H has no appetite: from day 10 to 30 it is passed over.

    No window runs for what was not under the right when it was asked, nor for what waits.

    day      5        10      12       15       30
    right             [-------------------------)
    h                         (+10)             0:6==>
    o                                  (+4) 0:4=====>
    asked    0:10
    """
    check(
        market(
            {"h": 0, "o": 0},
            [ask(10, 5, window=5)],
            rights=[right(appetite=0, until=30) | {"from": 10}],
            told=[online(12, "h", 10), online(15, "o", 4)],
        ),
        commitments=[(0, "O", "o", 4, 15, 15), (0, "H", "h", 6, 30, 30)],
        deliveries=[(0, "O", "o", 4, 15, 115), (0, "H", "h", 6, 30, 130)],
        answered=[5],
        right=[None],
        asked_first=["H"],
        holder_kw=[None],
    )


def test_an_exclusive_right_that_begins_counts_for_who_waits() -> None:
    """Asked before the right: from day 10 to 30 only H may serve it, so O's 10 of day 12 lie idle.

    day      5        10      12       20       30
    right             [-------------------------)
    h                                  (+4) 0:4=====>
    o                         (+10)             0:6==>
    asked    0:10
    """
    check(
        market(
            {"h": 0, "o": 0},
            [ask(10, 5)],
            rights=[right("exclusive", until=30) | {"from": 10}],
            told=[online(12, "o", 10), online(20, "h", 4)],
        ),
        commitments=[(0, "H", "h", 4, 20, 20), (0, "O", "o", 6, 30, 30)],
        deliveries=[(0, "H", "h", 4, 20, 120), (0, "O", "o", 6, 30, 130)],
        right=[None],
    )


def test_a_right_that_begins_is_an_instant() -> None:
    """X has nothing to serve with. When E, which stands before R, begins on day 10, H serves at once.

    day      0          10
    E                   [----->
    R        [---------------->
    h 10                0:10==>
    x
    asked    0:10
    """
    check(
        market(
            {"h": 10, "x": 0},
            [ask(10)],
            rights=[right("exclusive", name="E") | {"from": 10}, right("exclusive", "X")],
        ),
        commitments=[(0, "H", "h", 10, 10, 10)],
        deliveries=[(0, "H", "h", 10, 10, 110)],
        right=["R"],
        asked_first=["X"],
    )


def test_on_the_list_the_holder_answers_without_a_window_or_a_hold() -> None:
    """The first answer took its window, and found nothing. What comes on day 8 is taken on day 8.

    day      0          5       8
    h                           (+10) 0:10==>
    asked    0:10???????|
    """
    check(
        market(
            {"h": 0, "o": 0},
            [ask(10, window=5)],
            rights=[right(holds_capacity=True)],
            told=[online(8, "h", 10)],
        ),
        commitments=[(0, "H", "h", 10, 8, 8)],
        deliveries=[(0, "H", "h", 10, 8, 108)],
        answered=[5],
        holder_kw=[0],
        reason=["room"],
    )


# Giving up ----------------------------------------------------------------------------------------------


def test_given_up_is_what_is_uncommitted_and_what_is_undelivered() -> None:
    """Of 10: 4 serve, 3 are promised for a plan that is late, 3 are uncommitted. On day 30 the 6 are lost.

    The 3 released go to who waits in the same instant, also to the one that asks in it.

    day      0       10    12       25      30            60
    o 4      0:4 ....====================================>
    a +3     0:3 ..................(late)...0:x
                                            1:2, 2:1 .....==>
    asked    0:10          1:2              2:1
    """
    check(
        market(
            {"o": 4},
            [ask(10, wanted=10, patience=20), ask(2, 12), ask(1, 30)],
            sellers={"O": seller("o", presells=100)},
            told=[planned(0, "o", 3, "a", 25), planned(25, "o", 3, "a", 60), online(60, "o", 3, "a")],
        ),
        commitments=[(0, "O", "o", 7, 0, 25), (1, "O", "o", 2, 30, 60), (2, "O", "o", 1, 30, 60)],
        deliveries=[(0, "O", "o", 4, 10, 110), (1, "O", "o", 2, 60, 160), (2, "O", "o", 1, 60, 160)],
        releases=[(0, "O", "o", 3, 30, "gave up")],
        committed_kw=[4, 2, 1],
        delivered_kw=[4, 2, 1],
        lost_kw=[6, 0, 0],
        first_kw=[7, 0, 0],
        status=["part served", "served", "served"],
    )


def test_given_up_at_all_sites() -> None:
    """Promised at two sites that are late, nothing delivered: all of it is lost.

    day      0         20        30    60
    a +5     0:5 ......(late)....x     |
    b +5     0:5 ......(late)....x     |
    asked    0:10
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(10, patience=30)],
            sellers={"P": seller("a", "b", presells=100)},
            told=[
                planned(0, "a", 5, "x", 20),
                planned(0, "b", 5, "y", 20),
                planned(20, "a", 5, "x", 60),
                planned(20, "b", 5, "y", 60),
                online(60, "a", 5, "x"),
                online(60, "b", 5, "y"),
            ],
        ),
        commitments=[(0, "P", "a", 5, 0, 20), (0, "P", "b", 5, 0, 20)],
        deliveries=[],
        releases=[(0, "P", "a", 5, 30, "gave up"), (0, "P", "b", 5, 30, "gave up")],
        committed_kw=[0],
        lost_kw=[10],
        status=["lost"],
    )


def test_without_patience_it_is_the_classical_loss_system() -> None:
    """What does not fit is lost at once; what is wanted later is lost when it is wanted.

    day      0       5        20      21     25      30
    o 10     0:8==============|
                     1:2=====================|
                              2:8======================>
                                             3:2 ....==>
    asked    0:8     1:5      2:10    3:5
    lost             1:3      2:2                    3:3
    """
    check(
        market(
            {"o": 10},
            [
                ask(8, term=20, patience=0),
                ask(5, 5, term=20, patience=0),
                ask(10, 20, patience=0),
                ask(5, 21, wanted=30, patience=0),
            ],
        ),
        commitments=[
            (0, "O", "o", 8, 0, 0),
            (1, "O", "o", 2, 5, 5),
            (2, "O", "o", 8, 20, 20),
            (3, "O", "o", 2, 25, 30),
        ],
        deliveries=[
            (0, "O", "o", 8, 0, 20),
            (1, "O", "o", 2, 5, 25),
            (2, "O", "o", 8, 20, 120),
            (3, "O", "o", 2, 30, 130),
        ],
        lost_kw=[0, 3, 2, 3],
        status=["served", "part served", "part served", "part served"],
    )


def test_all_give_ups_due_give_up_together() -> None:
    """0 may not be split and waits for the second half; 1 waits for room. On day 30 both give up.

    If 0 gave up first, 1 could have its 5 on the last day: they give up together, and 2 has 4.

    day      0      1     2      20        30        60
    o 5      0:10 .....................x
    a +5     0:10 ...............(late)x
                                           2:4=========>
    asked    0:10   1:5   2:4              1:x
    """
    check(
        market(
            {"o": 5},
            [ask(10, split="never", patience=30), ask(5, 1, patience=29), ask(4, 2)],
            sellers={"O": seller("o", presells=100)},
            told=[planned(0, "o", 5, "a", 20), planned(20, "o", 5, "a", 60), online(60, "o", 5, "a")],
        ),
        commitments=[(0, "O", "o", 10, 0, 20), (2, "O", "o", 4, 30, 30)],
        deliveries=[(2, "O", "o", 4, 30, 130)],
        releases=[(0, "O", "o", 10, 30, "gave up")],
        lost_kw=[10, 5, 0],
        status=["lost", "lost", "served"],
    )


def test_what_was_set_aside_for_who_gives_up_serves_the_next_at_once() -> None:
    """0 may not be split: 5 lie idle for it, and 1 waits for day 50. On day 30 0 gives up, and 1 has 4 of the 5.

    day      0      1         20        30         50     60
    o 5      0:10 .....................x
                                       1:4=================>
    a +5     0:10 ............(late)...x                  |
    b +4            1:4 ...............|           |
    asked    0:10   1:4
    """
    check(
        market(
            {"o": 5},
            [ask(10, split="never", patience=30), ask(4, 1)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 4, "b", 50),
                planned(20, "o", 5, "a", 60),
                online(50, "o", 4, "b"),
                online(60, "o", 5, "a"),
            ],
        ),
        commitments=[(0, "O", "o", 10, 0, 20), (1, "O", "o", 4, 1, 50)],
        deliveries=[(1, "O", "o", 4, 30, 130)],
        releases=[(0, "O", "o", 10, 30, "gave up")],
        lost_kw=[10, 0],
    )


def test_capacity_that_comes_at_the_instant_of_giving_up_serves() -> None:
    """Of 5 kW, 3 come online on the last day: they are committed and delivered, then 2 are lost.

    day      0         20
    o                  (+3) 0:3==>
    asked    0:5       0:2x
    """
    check(
        market({"o": 0}, [ask(5, patience=20)], told=[online(20, "o", 3)]),
        commitments=[(0, "O", "o", 3, 20, 20)],
        deliveries=[(0, "O", "o", 3, 20, 120)],
        lost_kw=[2],
        status=["part served"],
    )


def test_an_answer_due_at_the_instant_of_giving_up_counts() -> None:
    """The window is as long as the patience: what the holder and the overflow take is served, the rest is lost.

    day      0         5
    h 5                0:5==>
    o 2                0:2==>
    asked    0:8???????0:1x
    """
    check(
        market({"h": 5, "o": 2}, [ask(8, patience=5, window=5)], rights=[right()]),
        commitments=[(0, "H", "h", 5, 5, 5), (0, "O", "o", 2, 5, 5)],
        deliveries=[(0, "H", "h", 5, 5, 105), (0, "O", "o", 2, 5, 105)],
        answered=[5],
        lost_kw=[1],
    )


# Capacity falls -----------------------------------------------------------------------------------------


def test_in_an_outage_nothing_is_evicted_and_nothing_new_is_delivered() -> None:
    """The outage takes 8 of 10 at the instant in which 0 is wanted: 1 serves on, on 2 that are online.

    When 1 ends, 2 are there for 0, and the other 4 when all is back. 2 finds no room before that.

    day      0      20      22     25      30
    o 10     1:4===================|
             0:6 ..................0:2===========>
                                           0:4==>
                                           2:3==>
             10     2..........................10 online
    asked    0:6, 1:4       2:3
    """
    case = market(
        {"o": 10},
        [ask(6, wanted=20), ask(4, term=25), ask(3, 22)],
        told=[outage(20, "o", 8), restored(30, "o", 8)],
    )
    check(
        case,
        commitments=[(0, "O", "o", 6, 0, 20), (1, "O", "o", 4, 0, 0), (2, "O", "o", 3, 30, 30)],
        deliveries=[
            (1, "O", "o", 4, 0, 25),
            (0, "O", "o", 2, 25, 125),
            (0, "O", "o", 4, 30, 130),
            (2, "O", "o", 3, 30, 130),
        ],
    )
    interrupted = [  # (day, site, online, planned, committed, in service, interrupted)
        (0, "o", 10, 0, 10, 4, 0),
        (20, "o", 2, 0, 10, 4, 2),
        (25, "o", 2, 0, 6, 2, 0),
        (30, "o", 10, 0, 9, 9, 0),
    ]
    assert (oracle.play(case)["capacity"], scripted.capacity_rows(case)) == (interrupted, interrupted)


def test_cancelled_releases_the_last_in_delivery_order_until_the_rest_is_covered() -> None:
    """0 is promised day 20, 1 and 2 day 40. Without a, 9 are promised and 5 to come: 2 goes, then 1 whole (7 > 5).

    Both wait again at their old places: 1 is first, for the 1 kW that is left over, and for the 3 of c.

    day      0     10          15        20      40             60
    a +5     0:4 ..x (cancelled)
    b +5     0:4 ..............................0:4 ===============>
             1:3 ..x
             2:2 ..x
                   1:1 .........................1:1==============>
    c +3                       1:2, 2:1 .......................===>
    asked    0:4, 1:3, 2:2
    """
    check(
        market(
            {"o": 0},
            [ask(4), ask(3), ask(2)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 40),
                cancelled(10, "o", 5, "a"),
                planned(15, "o", 3, "c", 60),
                online(40, "o", 5, "b"),
                online(60, "o", 3, "c"),
            ],
        ),
        commitments=[
            (0, "O", "o", 4, 0, 20),
            (1, "O", "o", 3, 0, 40),
            (2, "O", "o", 2, 0, 40),
            (1, "O", "o", 1, 10, 40),
            (1, "O", "o", 2, 15, 60),
            (2, "O", "o", 1, 15, 60),
        ],
        deliveries=[
            (0, "O", "o", 4, 40, 140),
            (1, "O", "o", 1, 40, 140),
            (1, "O", "o", 2, 60, 160),
            (2, "O", "o", 1, 60, 160),
        ],
        releases=[(1, "O", "o", 3, 10, "cancelled"), (2, "O", "o", 2, 10, "cancelled")],
        committed_kw=[4, 3, 1],
        full_delivery=[40, 60, None],
        status=["served", "served", "waiting"],
    )


def test_the_last_in_delivery_order_is_not_the_last_that_asked() -> None:
    """0 asked first, but wants it on day 50: it is the last that would be delivered, so the first to be released.

    So who is promised the earliest date is touched last. 0 waits again at its old place, and gets 1 kW.

    day      0      1        10             20         50
    a +6            1:5 ....................=============>
                             0:1 .......................==>
    b +6     0:5 ............x (cancelled)
    asked    0:5    1:5
    """
    check(
        market(
            {"o": 0},
            [ask(5, wanted=50), ask(5, 1)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 6, "a", 20),
                planned(0, "o", 6, "b", 30),
                cancelled(10, "o", 6, "b"),
                online(20, "o", 6, "a"),
            ],
        ),
        commitments=[(0, "O", "o", 5, 0, 50), (1, "O", "o", 5, 1, 30), (0, "O", "o", 1, 10, 50)],
        deliveries=[(1, "O", "o", 5, 20, 120), (0, "O", "o", 1, 50, 150)],
        releases=[(0, "O", "o", 5, 10, "cancelled")],
        status=["waiting", "served"],
    )


def test_a_release_takes_all_that_is_undelivered() -> None:
    """4 of 10 serve. Without a, 1 kW is too much: all 6 that are undelivered are released, and 5 placed anew.

    day      0            10               20
    o 4      0:4================================>
    a +1     0:6 .........x (cancelled)
    b +5                  0:5 .............=====>
    asked    0:10
    """
    check(
        market(
            {"o": 4},
            [ask(10)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 1, "a", 20),
                planned(0, "o", 5, "b", 20),
                cancelled(10, "o", 1, "a"),
                online(20, "o", 5, "b"),
            ],
        ),
        commitments=[(0, "O", "o", 10, 0, 20), (0, "O", "o", 5, 10, 20)],
        deliveries=[(0, "O", "o", 4, 0, 100), (0, "O", "o", 5, 20, 120)],
        releases=[(0, "O", "o", 6, 10, "cancelled")],
        committed_kw=[9],
        delivered_kw=[9],
    )


def test_a_release_comes_last_in_what_the_world_changes() -> None:
    """a is cancelled at the instant in which a delivery of 4 ends and c is announced: 5 are covered, none released.

    day      0       1        10             30
    o 4      0:4==============|
                              1:4===============>
    a +6             1:5 .....x (cancelled)
    c +1                      1:1 ...........===>
    asked    0:4     1:5
    """
    check(
        market(
            {"o": 4},
            [ask(4, term=10), ask(5, 1)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 6, "a", 20),
                cancelled(10, "o", 6, "a"),
                planned(10, "o", 1, "c", 30),
                online(30, "o", 1, "c"),
            ],
        ),
        commitments=[(0, "O", "o", 4, 0, 0), (1, "O", "o", 5, 1, 20)],
        deliveries=[(0, "O", "o", 4, 0, 10), (1, "O", "o", 4, 10, 110), (1, "O", "o", 1, 30, 130)],
    )


def test_one_building_comes_online_as_another_is_cancelled() -> None:
    """8 are promised of two times 5. All 8 are released; in the same instant 5 are promised anew, and serve.

    day      0         20
    a +5     0:8 ......0:5==>
    b +5     0:8 ......x (cancelled)
    asked    0:8
    """
    check(
        market(
            {"o": 0},
            [ask(8)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 20),
                online(20, "o", 5, "a"),
                cancelled(20, "o", 5, "b"),
            ],
        ),
        commitments=[(0, "O", "o", 8, 0, 20), (0, "O", "o", 5, 20, 20)],
        deliveries=[(0, "O", "o", 5, 20, 120)],
        releases=[(0, "O", "o", 8, 20, "cancelled")],
        status=["waiting"],
    )


def test_one_building_is_planned_anew_as_another_is_cancelled() -> None:
    """The same, but a is late: the 5 are promised for its new date.

    day      0         20                   30
    a +5     0:8 ......(late) 0:5 ..........===>
    b +5     0:8 ......x (cancelled)
    asked    0:8
    """
    check(
        market(
            {"o": 0},
            [ask(8)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 20),
                cancelled(20, "o", 5, "b"),
                planned(20, "o", 5, "a", 30),
                online(30, "o", 5, "a"),
            ],
        ),
        commitments=[(0, "O", "o", 8, 0, 20), (0, "O", "o", 5, 20, 30)],
        deliveries=[(0, "O", "o", 5, 30, 130)],
        releases=[(0, "O", "o", 8, 20, "cancelled")],
    )


def test_retired_releases_what_is_undelivered_and_evicts_nothing() -> None:
    """12 serve, 3 are promised. When 5 of 15 kW retire, the 3 are released; the 12 serve on.

    day      0         5      6         20          30
    o 10     0:10=======================================>
    a +5     0:2 ......===============(-5)==============>
                              1:3 ......x
    asked    0:12             1:3
    """
    check(
        market(
            {"o": 10},
            [ask(12), ask(3, 6, wanted=30)],
            sellers={"O": seller("o", presells=100)},
            told=[planned(0, "o", 5, "a", 5), online(5, "o", 5, "a"), retired(20, "o", 5, "a")],
        ),
        commitments=[(0, "O", "o", 12, 0, 5), (1, "O", "o", 3, 6, 30)],
        deliveries=[(0, "O", "o", 10, 0, 100), (0, "O", "o", 2, 5, 105)],
        releases=[(1, "O", "o", 3, 20, "retired")],
        committed_kw=[12, 0],
        status=["served", "waiting"],
    )


def test_what_an_outage_took_counts_as_online_when_a_building_retires() -> None:
    """10 are promised. An outage takes 6 of 15, then 5 retire: with what the outage took, 10 are there.

    day      0         5      6       10     12     30      40
    o 10     0:6=====================(-6)=================(+6)===>
    a +5               |                     (-5)
                              1:4 ..........................1:4==>
    asked    0:6              1:4
    """
    check(
        market(
            {"o": 10},
            [ask(6), ask(4, 6, wanted=30)],
            told=[
                planned(0, "o", 5, "a", 5),
                online(5, "o", 5, "a"),
                outage(10, "o", 6),
                retired(12, "o", 5, "a"),
                restored(40, "o", 6),
            ],
        ),
        commitments=[(0, "O", "o", 6, 0, 0), (1, "O", "o", 4, 6, 30)],
        deliveries=[(0, "O", "o", 6, 0, 100), (1, "O", "o", 4, 40, 140)],
    )


def test_what_an_outage_gave_back_counts_once() -> None:
    """The outage is over when a is cancelled: 14 are promised, 10 are there, and the 4 are released.

    day      0         5      10      20
    o 10     0:10=====(-6)===(+6)==============>
    a +5     0:4 .....................x (cancelled)
    asked    0:14
    """
    check(
        market(
            {"o": 10},
            [ask(14)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 30),
                outage(5, "o", 6),
                restored(10, "o", 6),
                cancelled(20, "o", 5, "a"),
            ],
        ),
        commitments=[(0, "O", "o", 14, 0, 30)],
        deliveries=[(0, "O", "o", 10, 0, 100)],
        releases=[(0, "O", "o", 4, 20, "cancelled")],
        status=["waiting"],
    )


@pytest.mark.parametrize("first", ["cancelled", "retired"])
def test_why_something_was_released_is_what_was_told_first(first: str) -> None:
    """a is cancelled and b retired in one instant; 8 are released, with the reason that was told first.

    day      0      5     6        10        50
    a +5                  0:8 .....x (cancelled)
    b +5            |     0:8 .....x (retired)
    asked                 0:8
    """
    both = [cancelled(10, "o", 5, "a"), retired(10, "o", 5, "b")]
    check(
        market(
            {"o": 0},
            [ask(8, 6, wanted=50)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 40),
                planned(0, "o", 5, "b", 5),
                online(5, "o", 5, "b"),
                *(both if first == "cancelled" else reversed(both)),
            ],
        ),
        commitments=[(0, "O", "o", 8, 6, 50)],
        deliveries=[],
        releases=[(0, "O", "o", 8, 10, first)],
    )


def test_sites_release_in_the_order_of_the_file() -> None:
    """Told first that b loses its hall, then that a does: what 0 was promised is released at a first, then at b.

    day      0                5        10        40
    a +5     0:5 .......................x (retired)
    b +5     0:5 .......................x (cancelled)
    asked    0:10
    """
    check(
        market(
            {"a": 0, "b": 0},
            [ask(10, wanted=40)],
            sellers={"P": seller("a", "b", presells=100)},
            told=[
                planned(0, "a", 5, "x", 5),
                planned(0, "b", 5, "y", 50),
                online(5, "a", 5, "x"),
                cancelled(10, "b", 5, "y"),
                retired(10, "a", 5, "x"),
            ],
        ),
        commitments=[(0, "P", "a", 5, 0, 40), (0, "P", "b", 5, 0, 50)],
        deliveries=[],
        releases=[(0, "P", "a", 5, 10, "retired"), (0, "P", "b", 5, 10, "cancelled")],
    )


# Late buildings, and instants ---------------------------------------------------------------------------


def test_a_building_planned_anew_is_within_reach_by_its_new_date() -> None:
    """Sold 30 days ahead. On day 20 the plan moves to day 60: what was promised stands, what is new waits for day 30.

    day      0     4         20      25    30          60
    a +10          0:4 ......(late)....................===>
                                           1:4 ........===>
    asked          0:4               1:4
    """
    check(
        market(
            {"o": 0},
            [ask(4, 4), ask(4, 25)],
            sellers={"O": seller("o", presells=30)},
            told=[planned(0, "o", 10, "a", 20), planned(20, "o", 10, "a", 60), online(60, "o", 10, "a")],
            end=85,
        ),
        commitments=[(0, "O", "o", 4, 4, 20), (1, "O", "o", 4, 30, 60)],
        deliveries=[(0, "O", "o", 4, 60, 160), (1, "O", "o", 4, 60, 160)],
        answered=[4, 25],
    )


def test_a_building_that_comes_online_as_one_asks_or_answers() -> None:
    """What the world changes is before answers and new requests: 10 kW for the answer, 10 for the asking.

    day      0          5
    h                   (+10) 0:10==>
    o                   (+10) 1:10==>
    asked    0:10???????|
                        1:10 (O only)
    """
    check(
        market(
            {"h": 0, "o": 0},
            [ask(10, window=5), ask(10, 5, only=["O"])],
            rights=[right()],
            told=[online(5, "h", 10), online(5, "o", 10)],
        ),
        commitments=[(0, "H", "h", 10, 5, 5), (1, "O", "o", 10, 5, 5)],
        deliveries=[(0, "H", "h", 10, 5, 105), (1, "O", "o", 10, 5, 105)],
        holder_kw=[10, None],
        first_kw=[10, 10],
    )


AT_ONCE = [
    online(20, "o", 5, "a"),
    cancelled(20, "o", 5, "b"),
    planned(20, "o", 5, "c", 40),
    outage(20, "o", 3),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_in_which_things_happen_at_once_does_not_count(order: Sequence[int]) -> None:
    """On day 20, in any order: a comes, b is cancelled, c is announced, an outage takes 3.

    14 are promised, and 6 online, 3 out and 5 planned cover them: nothing is released, 2 more serve.

    day      0           20             30       40
    o 4      0:4=================================>
    a +5     0:2 ........(-3)====================>
             0:3 .......................(+3)=====>
    b +5                 x (cancelled)
    c +5                 0:5 ....................==>
    asked    0:14
    """
    check(
        market(
            {"o": 4},
            [ask(14)],
            sellers={"O": seller("o", presells=100)},
            told=[
                planned(0, "o", 5, "a", 20),
                planned(0, "o", 5, "b", 20),
                *(AT_ONCE[k] for k in order),
                restored(30, "o", 3),
                online(40, "o", 5, "c"),
            ],
        ),
        commitments=[(0, "O", "o", 14, 0, 20)],
        deliveries=[
            (0, "O", "o", 4, 0, 100),
            (0, "O", "o", 2, 20, 120),
            (0, "O", "o", 3, 30, 130),
            (0, "O", "o", 5, 40, 140),
        ],
    )


def test_nothing_happens_at_the_end() -> None:
    """A delivery, a give-up, an answer and a building that fall on the end of the run do not happen.

    day      0                         20 = end
    h 10     0:5 ......................|
             1:5=======================|
                                       (+10)
    asked    0:5 (D), 1:9 (D)          1:4 would give up
             2:5???????????????????????|
    """
    check(
        market(
            {"h": 10},
            [ask(5, wanted=20, customer="D"), ask(9, patience=20, customer="D"), ask(5, window=20)],
            rights=[right(customer="C")],
            told=[online(20, "h", 10)],
            end=20,
        ),
        commitments=[(0, "H", "h", 5, 0, 20), (1, "H", "h", 5, 0, 0)],
        deliveries=[(1, "H", "h", 5, 0, 100)],
        asked_first=["H", "H", "H"],
        answered=[0, 0, None],
        holder_kw=[None, None, None],
        lost_kw=[0, 0, 0],
        first_delivery=[None, 0, None],
        status=["waiting", "waiting", "waiting"],
    )


# Already there ------------------------------------------------------------------------------------------


def test_what_is_in_place_is_delivered_at_the_start_by_the_first_that_sells_there() -> None:
    """7 at o and 2 at p serve from the start; A, which sells from both, is before B in the file.

    0 finds 3 at p and 3 at o, and 2 more when the 7 end.

    day      0              20
    o 10     -:7============|
             0:3==============>
                            0:2>
    p 5      -:2==============>
             0:3==============>
    asked    0:8
    """
    check(
        market(
            {"o": 10, "p": 5},
            [ask(8)],
            sellers={"A": seller("p", "o"), "B": seller("o")},
            in_place=[there("o", 7, 20), there("p", 2, 200)],
        ),
        commitments=[
            (None, "A", "o", 7, 0, 0),
            (None, "A", "p", 2, 0, 0),
            (0, "A", "p", 3, 0, 0),
            (0, "A", "o", 3, 0, 0),
            (0, "A", "o", 2, 20, 20),
        ],
        deliveries=[
            (None, "A", "o", 7, 0, 20),
            (None, "A", "p", 2, 0, 200),
            (0, "A", "p", 3, 0, 100),
            (0, "A", "o", 3, 0, 100),
            (0, "A", "o", 2, 20, 120),
        ],
        first_kw=[6],
    )
