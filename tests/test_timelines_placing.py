"""Placing, and `soonest` of sites and providers: timelines worked by hand (how to read them: `timeline_cases.py`)."""

import pytest
from timeline_cases import ask, cancelled, check, market, online, planned, right, seller

PLANS = [
    planned(0, "a", 10, "x", 30),
    planned(0, "b", 10, "y", 20),
    online(20, "b", 10, "y"),
    online(30, "a", 10, "x"),
]


def test_sites_are_ranked_by_the_date_that_each_would_promise() -> None:
    """P lists a, b, c. For 12, c would promise 5 at once, b 10 for day 20, a 10 for day 30.

    day      0            20        30
    a +10                           |
    b +10    0:7 .........============>
    c 5      0:5======================>
    asked    0:12
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 5},
            [ask(12)],
            sellers={"P": seller("a", "b", "c", presells=50)},
            told=PLANS,
        ),
        commitments=[(0, "P", "c", 5, 0, 0), (0, "P", "b", 7, 0, 20)],
        deliveries=[(0, "P", "c", 5, 0, 100), (0, "P", "b", 7, 20, 120)],
    )


def test_sites_in_order_are_asked_as_listed() -> None:
    """The same, but in order: 10 at a and 2 at b, though c has 5 at once. (Nothing moves here.)

    day      0            20        30
    a +10    0:10 ..................==>
    b +10    0:2 .........============>
    c 5
    asked    0:12
    """
    check(
        market(
            {"a": 0, "b": 0, "c": 5},
            [ask(12)],
            sellers={"P": seller("a", "b", "c", presells=50, policy="in order")},
            told=PLANS,
            moves=False,
        ),
        commitments=[(0, "P", "a", 10, 0, 30), (0, "P", "b", 2, 0, 20)],
        deliveries=[(0, "P", "b", 2, 20, 120), (0, "P", "a", 10, 30, 130)],
    )


def test_of_sites_that_promise_the_same_date_who_would_take_more_is_first_and_ties_are_as_listed() -> None:
    """Of 3, each site would take 3 at once: a is listed first. Of 13, b and c would take 6 each, a the 1 it has left.

    day      0      1
    a 4      0:3=========>
                    1:1==>
    b 6             1:6==>
    c 6             1:6==>
    asked    0:3    1:13
    """
    check(
        market({"a": 4, "b": 6, "c": 6}, [ask(3), ask(13, 1)], sellers={"P": seller("a", "b", "c")}),
        commitments=[
            (0, "P", "a", 3, 0, 0),
            (1, "P", "b", 6, 1, 1),
            (1, "P", "c", 6, 1, 1),
            (1, "P", "a", 1, 1, 1),
        ],
        deliveries=[
            (0, "P", "a", 3, 0, 100),
            (1, "P", "b", 6, 1, 101),
            (1, "P", "c", 6, 1, 101),
            (1, "P", "a", 1, 1, 101),
        ],
    )


def test_sites_are_ranked_once_for_each_placing() -> None:
    """Of 12, a would take 8 at once, b 6 for day 20, and c 8, of which 4 come on day 30.

    When a has taken 8, c could promise the other 4 at once; but the ranking stands, and b is next.

    day      0           20        30
    a 8      0:8=====================>
    b +6     0:4 ........============>
    c 4 (+4)
    asked    0:12
    """
    check(
        market(
            {"c": 4, "b": 0, "a": 8},
            [ask(12)],
            sellers={"P": seller("c", "b", "a", presells=50)},
            told=[
                planned(0, "b", 6, "x", 20),
                planned(0, "c", 4, "y", 30),
                online(20, "b", 6, "x"),
                online(30, "c", 4, "y"),
            ],
            moves=False,
        ),
        commitments=[(0, "P", "a", 8, 0, 0), (0, "P", "b", 4, 0, 20)],
        deliveries=[(0, "P", "a", 8, 0, 100), (0, "P", "b", 4, 20, 120)],
    )


@pytest.mark.parametrize("split", ["one site", "never"])
def test_who_must_stand_at_one_site_goes_where_the_whole_comes_earliest(split: str) -> None:
    """c has 5 at once, which is not all of 10; a has 10 on day 30, b on day 20.

    day      0            20        30
    a 5 (+5)
    b +10    0:10 ........============>
    c 5
    asked    0:10
    """
    check(
        market(
            {"a": 5, "b": 0, "c": 5},
            [ask(10, split=split)],
            sellers={"P": seller("c", "a", "b", presells=50)},
            told=[
                planned(0, "a", 5, "x", 30),
                planned(0, "b", 10, "y", 20),
                online(20, "b", 10, "y"),
                online(30, "a", 5, "x"),
            ],
        ),
        commitments=[(0, "P", "b", 10, 0, 20)],
        deliveries=[(0, "P", "b", 10, 20, 120)],
    )


@pytest.mark.parametrize("split", ["anywhere", "one site", "never"])
def test_providers_are_ranked_by_what_each_would_take(split: str) -> None:
    """A has 5 at once, B 10 on day 20. Of 10 that may be split, A takes 5 first; of 10 at one site it has nothing.

    day      0            20
    a 5      0:5============>   (anywhere)
    b +10    0:5 .........==>   (anywhere)      0:10 ........==>   (one site, never)
    asked    0:10
    """
    parts = split == "anywhere"
    check(
        market(
            {"a": 5, "b": 0},
            [ask(10, split=split)],
            sellers={"A": seller("a"), "B": seller("b", presells=50)},
            told=[planned(0, "b", 10, "x", 20), online(20, "b", 10, "x")],
        ),
        commitments=[(0, "A", "a", 5, 0, 0), (0, "B", "b", 5, 0, 20)]
        if parts
        else [(0, "B", "b", 10, 0, 20)],
        deliveries=[(0, "A", "a", 5, 0, 100), (0, "B", "b", 5, 20, 120)]
        if parts
        else [(0, "B", "b", 10, 20, 120)],
        asked_first=["A" if parts else "B"],
        first_kw=[5 if parts else 10],
    )


def test_of_providers_that_promise_the_same_date_who_would_take_more_is_first() -> None:
    """Of 3, A and B would take 3 each: A stands first. Of 5, B would take 5 and A the 1 that it has left.

    day      0      1
    a 4      0:3=========>
    b 6             1:5==>
    asked    0:3    1:5
    """
    check(
        market({"a": 4, "b": 6}, [ask(3), ask(5, 1)]),
        commitments=[(0, "A", "a", 3, 0, 0), (1, "B", "b", 5, 1, 1)],
        deliveries=[(0, "A", "a", 3, 0, 100), (1, "B", "b", 5, 1, 101)],
        asked_first=["A", "B"],
    )


def test_what_is_kept_back_counts_in_the_ranking_of_sites() -> None:
    """16 less 10 are 6 for others: a and b would take 6 each, and b is listed first, though a has room for 8.

    For the 8 of P's own, nothing is kept back: a would take all of it.

    day      0      1
    b 6      0:6=========>
    a 10            1:8==>
    asked    0:8    1:8 (P)
    """
    check(
        market(
            {"b": 6, "a": 10},
            [ask(8), ask(8, 1, customer="P")],
            sellers={"P": seller("b", "a", keeps_back=10)},
        ),
        commitments=[(0, "P", "b", 6, 0, 0), (1, "P", "a", 8, 1, 1)],
        deliveries=[(0, "P", "b", 6, 0, 100), (1, "P", "a", 8, 1, 101)],
        status=["waiting", "served"],
    )


def test_max_utilization_counts_in_the_ranking_of_sites() -> None:
    """33 % of 15 are 4 whole kW: b and a would take 4 each, and b is listed first. The rest is for O.

    day      0
    b 5      0:4==>
    a 10
    o 10     0:4==>
    asked    0:8
    """
    check(
        market(
            {"b": 5, "a": 10, "o": 10},
            [ask(8)],
            sellers={"H": seller("b", "a"), "O": seller("o")},
            rights=[right(max_utilization=33)],
        ),
        commitments=[(0, "H", "b", 4, 0, 0), (0, "O", "o", 4, 0, 0)],
        deliveries=[(0, "H", "b", 4, 0, 100), (0, "O", "o", 4, 0, 100)],
        holder_kw=[4],
        reason=["utilization"],
    )


def test_what_was_held_counts_in_the_ranking_of_sites() -> None:
    """Of 8, b would take 6 and a 4: 6 are held at b, and 2 at a. On day 3 a grows by 10, but 2 are held there.

    day      0                    3         5
    a 4      [---- 2 held -------(+10)------]
                                            0:2==>
    b 6      [---- 6 held ------------------]
                                            0:6==>
    asked    0:8????????????????????????????|
    """
    check(
        market(
            {"a": 4, "b": 6},
            [ask(8, window=5)],
            sellers={"H": seller("a", "b")},
            rights=[right(holds_capacity=True)],
            told=[online(3, "a", 10)],
        ),
        commitments=[(0, "H", "b", 6, 5, 5), (0, "H", "a", 2, 5, 5)],
        deliveries=[(0, "H", "b", 6, 5, 105), (0, "H", "a", 2, 5, 105)],
        holder_kw=[8],
    )


def test_where_nothing_was_held_the_answer_takes_nothing() -> None:
    """H has nothing when it is asked, and 10 when it answers: none of them were held. O takes 4 of the overflow.

    The other 4 are on the list in the same instant: there no hold counts, and the right has H asked first.

    day      0              3         5
    h                       (+10)     0:4==>
    o 4                               0:4==>
    asked    0:8??????????????????????|
    """
    check(
        market(
            {"h": 0, "o": 4},
            [ask(8, window=5)],
            rights=[right(holds_capacity=True)],
            told=[online(3, "h", 10)],
        ),
        commitments=[(0, "O", "o", 4, 5, 5), (0, "H", "h", 4, 5, 5)],
        deliveries=[(0, "O", "o", 4, 5, 105), (0, "H", "h", 4, 5, 105)],
        holder_kw=[0],
        first_kw=[0],
        reason=["room"],
    )


@pytest.mark.parametrize("split", ["anywhere", "one site"])
def test_what_is_left_over_is_placed_whole_though_it_is_no_block(split: str) -> None:
    """8 in blocks of 4, of which 5 serve. The other 3 are released on day 10, and are no whole block.

    The 2 at b are part of that, and no block; on day 30 there are 3, which is all of it.

    day      0            10             30
    a 5      0:5=============================>
    x +3     0:3 .........x (cancelled)
    b 2                                  0:3==>
    asked    0:8
    """
    check(
        market(
            {"a": 5, "b": 2},
            [ask(8, block=4, split=split)],
            sellers={"A": seller("a", presells=50), "B": seller("b")},
            told=[planned(0, "a", 3, "x", 20), cancelled(10, "a", 3, "x"), online(30, "b", 1)],
        ),
        commitments=[(0, "A", "a", 8, 0, 20), (0, "B", "b", 3, 30, 30)],
        deliveries=[(0, "A", "a", 5, 0, 100), (0, "B", "b", 3, 30, 130)],
        releases=[(0, "A", "a", 3, 10, "cancelled")],
        status=["served"],
    )
