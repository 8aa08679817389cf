"""What timelines worked by hand are written with: a case in few words, and the comparison of all that comes of it.

Every timeline is played on both clocks and by the oracle, and its tables are compared whole, in one equality
with rows worked out from the text of the design. Rows are (request, provider, site, kW, ...) as in `check`.

How to read a drawing: one line of days; a line for each site (its kW, or `+` and `-` kW on the days when they
come and go) with what serves there, as `request:kW`. `===` serves, `...` is promised and does not serve yet,
`[---]` is a right in force or a hold, `?` an answer that is awaited, `x` what is lost or released.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import oracle
import scripted

from sim.model.compiled.market import Market as Compiled

Row = tuple[Any, ...]
Case = dict[str, Any]


def ask(
    kw: int, at: int = 0, *, wanted: int | None = None, patience: int | None = None, **stated: Any
) -> Case:
    """A request: of customer C and class k, for 100 days, wanted when it is asked, if nothing else is said.

    `window` is that of the right R, `draw` that for the provider H, `draws` those of providers by name.
    """
    wanted = at if wanted is None else wanted
    gives_up = None if patience is None else wanted + patience
    rest: Case = {
        "stream": "s", "customer": "C", "class": "k", "only": None, "block": 1, "split": "anywhere",
        "priority": 0, "term": 100, "draws": {}, "windows": {},
    }  # fmt: skip
    if "window" in stated:
        stated["windows"] = {"R": stated.pop("window")}
    if "draw" in stated:
        stated["draws"] = {"H": stated.pop("draw")}
    return rest | {"size": kw, "asked": at, "wanted": wanted, "gives_up": gives_up} | stated


def millionths(percent: Any) -> Any:
    """An appetite in millionths: of a share in percent, of one for each class, or none."""
    if isinstance(percent, dict):
        return {name: share * 10_000 for name, share in percent.items()}
    return None if percent is None else percent * 10_000


def seller(
    *sites: str,
    presells: int = 0,
    keeps_back: int = 0,
    price: int | None = None,
    policy: str = "soonest",
    appetite: Any = None,
) -> Case:
    """A provider of some sites, with their `policy`; an appetite in percent."""
    return {
        "sites": list(sites), "presells": presells, "keeps_back": keeps_back, "price": price, "site_policy": policy,
        "appetite": millionths(appetite),
    }  # fmt: skip


def right(kind: str = "first refusal", holder: str = "H", **stated: Any) -> Case:
    """A right R of H over all, from the start and for ever; shares in percent."""
    rest: Case = {
        "name": "R", "customer": None, "classes": None, "from": 0, "until": None, "appetite": None,
        "max_utilization": 100, "max_delay": None, "partial": True, "holds_capacity": False,
    }  # fmt: skip
    rest |= {"kind": kind, "holder": holder} | stated
    rest["appetite"] = millionths(rest["appetite"])
    rest["max_utilization"] *= 10_000
    return rest


def tell(
    event: str, at: int, site: str, kw: int, building: str | None = None, date: int | None = None
) -> Case:
    return {"event": event, "at": at, "site": site, "kw": kw, "building": building, "date": date}


planned, online, cancelled, retired, outage, restored = (
    partial(tell, event) for event in ("planned", "online", "cancelled", "retired", "outage", "restored")
)


def late(kw: int, site: str = "a", comes: int = 40) -> list[Case]:
    """A building x that is planned for day 20, and on that day for the day on which it comes."""
    return [
        planned(0, site, kw, "x", 20),
        planned(20, site, kw, "x", comes),
        online(comes, site, kw, "x"),
    ]


def there(site: str, kw: int, term: int) -> Case:
    return {"stream": "old", "customer": "C", "site": site, "kw": kw, "term": term}


def market(
    sites: dict[str, int],
    requests: Sequence[Case],
    *,
    sellers: dict[str, Case] | None = None,
    rights: Sequence[Case] = (),
    told: Sequence[Case] = (),
    policy: str = "soonest",
    order: Sequence[str] | None = None,
    bypass: bool = True,
    moves: bool = True,
    in_place: Sequence[Case] = (),
    end: int = 100,
) -> Case:
    """A case of the oracle's. If nothing else is said, each site has a seller of its name in capitals."""
    sellers = sellers or {name.upper(): seller(name) for name in sites}
    assert [r["asked"] for r in requests] == sorted(r["asked"] for r in requests)
    return {
        "end": end, "sites": sites, "told": list(told), "providers": sellers, "bypass": bypass, "moves": moves,
        "overflow": {"policy": policy, "order": list(order or sellers)}, "rights": list(rights),
        "requests": list(requests), "in_place": list(in_place),
    }  # fmt: skip


PLAYERS: dict[str, Callable[[Case], Case]] = {
    "simpy": lambda case: scripted.told(scripted.played(case)),
    "compiled": lambda case: scripted.told(scripted.played(case, Compiled)),
    "oracle": oracle.play,
}
TIME = 5
"""Where the time by which rows are in order stands in a row."""


def check(
    case: Case,
    commitments: Sequence[Row],
    deliveries: Sequence[Row],
    releases: Sequence[Row] = (),
    **columns: Sequence[Any],
) -> None:
    """Compare all that comes of a timeline with the rows worked by hand, in one equality.

    Commitments are (request, provider, site, kW, committed, promised), deliveries (..., kW, start, end) and
    releases (..., kW, at, why); `columns` are those of the requests, in their order.
    """
    expected = {"commitments": commitments, "deliveries": deliveries, "releases": releases} | columns
    tables = {name: whole(play(case), columns) for name, play in PLAYERS.items()}
    by_hand = {name: list(rows) for name, rows in expected.items()}
    assert tables == dict.fromkeys(PLAYERS, by_hand)


def whole(tables: Case, columns: Any) -> dict[str, list[Any]]:
    """The tables by time, then request, then order made, without the stream, which the request tells."""
    found = {}
    for name in ("commitments", "deliveries", "releases"):
        for row in tables[name]:
            assert row[1] == ("old" if row[0] is None else "s")
        rows = sorted(tables[name], key=lambda row: (row[TIME], -1 if row[0] is None else row[0]))
        found[name] = [row[:1] + row[2:] for row in rows]
    return found | {column: [row[column] for row in tables["requests"]] for column in columns}
