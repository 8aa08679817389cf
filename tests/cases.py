"""Random markets on few distinct days, so that nearly everything ties; in the format of `oracle.play`."""

from typing import Any

from hypothesis import strategies as st

from sim.scenario.overflow_policies import OVERFLOW_POLICIES

DAYS = st.integers(0, 12)
SHORT = st.integers(0, 4)
Case = dict[str, Any]


def told_of_site(draw: st.DrawFn, site: str, online: int, end: int, most: int) -> list[dict[str, Any]]:
    """What a world tells of one site: plans kept, moved, cancelled and retired, and an outage; `most` buildings."""
    told = []

    def tell(at: int, building: str | None, event: str, kw: int, date: int | None = None) -> None:
        told.append({"at": at, "site": site, "building": building, "event": event, "kw": kw, "date": date})

    for b in range(draw(st.integers(most - 2, most))):
        name, kw = f"b{b}", draw(st.sampled_from([2, 5, 10, *[20] * (most - 2)]))
        at = draw(st.sampled_from([0, 0, 2, 5]))
        date = at + draw(st.integers(0, 4 * most - 4))
        tell(at, name, "planned", kw, date)
        if draw(st.booleans()):
            later = date + draw(st.integers(1, 4))
            tell(date, name, "planned", kw, later)
            date = later
        fate = draw(st.sampled_from(["online", "online", "cancelled", "retired"]))
        if fate == "cancelled":
            off = draw(st.integers(at, date)) if date > at else at
            moved = [t for t in told if t["building"] == name][1:]
            told[:] = [t for t in told if t not in moved or t["at"] < off]
            tell(off, name, "cancelled", kw)
        else:
            tell(date, name, "online", kw)
            if fate == "retired":
                tell(date + draw(SHORT), name, "retired", kw)
    if online and draw(st.booleans()):
        at = draw(DAYS)
        kw = draw(st.integers(1, online))
        tell(at, None, "outage", kw)
        tell(at + draw(st.integers(1, 4)), None, "restored", kw)
    return [t for t in told if t["at"] < end]


def of_same(told: list[dict[str, Any]], item: dict[str, Any]) -> list[dict[str, Any]]:
    """What was told before of the same site's building."""
    return [t for t in told if (t["site"], t["building"]) == (item["site"], item["building"])]


@st.composite
def cases(draw: st.DrawFn, busy: bool = False) -> Case:
    """A market with a few sites, providers, rights and requests; if `busy`, with no fewer than some of each."""
    end = 14
    few = 1 if busy else 0
    sites = {
        f"s{i}": draw(st.sampled_from([0, 5, 10, 20])) for i in range(draw(st.integers(1 + few, 3 + few)))
    }
    told: list[dict[str, Any]] = []
    for site, online in sites.items():
        of_site = told_of_site(draw, site, online, end, 2 + few)
        retires_in_outage = any(t["event"] == "retired" for t in of_site)
        told += [t for t in of_site if not (retires_in_outage and t["event"] in ("outage", "restored"))]
    order_told = ["announced", "restored", "online", "cancelled", "retired", "planned", "outage"]
    first = {id(t) for k, t in enumerate(told) if t["building"] and not of_same(told[:k], t)}
    told.sort(key=lambda t: (t["at"], order_told.index("announced" if id(t) in first else t["event"])))
    bypass = draw(st.sampled_from([True, True, *([True] * few), False]))
    some = st.lists(st.sampled_from(list(sites)), min_size=1 + few, max_size=3 + few, unique=True)
    whole, half = 1_000_000, 500_000
    below = [None, half, {"x": half}, {"x": whole, "y": 0}] if bypass else []  # an error where nobody goes by
    appetites = [None, whole, {"x": whole}, *below]
    providers = {
        f"P{i}": {
            "sites": draw(some),
            "presells": draw(st.sampled_from([0, 2, 4, 100, *[100] * few])),
            "price": draw(st.sampled_from([None, 1, 2])),
            "keeps_back": draw(st.sampled_from([0, 0, 3])),
            "site_policy": draw(st.sampled_from(["soonest", "soonest", "in order"])),
            "appetite": draw(st.sampled_from(appetites)),
        }
        for i in range(draw(st.integers(1 + few, 3)))
    }
    names = list(providers)
    kinds = ["first refusal", "first refusal", "exclusive"] if bypass else ["exclusive"]
    rights = []
    for i in range(draw(st.integers(few, 2 + few))):
        begins = draw(st.sampled_from([0, 0, 3, 6]))
        kind = draw(st.sampled_from(kinds))
        stated = [None, None, whole, half, {"x": half, "y": whole}, *[None] * few]
        rights.append(
            {
                "name": f"R{i}",
                "holder": draw(st.sampled_from(names)),
                "kind": kind,
                "customer": draw(st.sampled_from([None, *([None] * few), "A"])),
                "classes": draw(st.sampled_from([None, *([None] * few), ["x"]])),
                "from": begins,
                "until": draw(st.sampled_from([None, begins + 2, begins + 5])),
                "appetite": draw(st.sampled_from(stated)) if kind == "first refusal" else None,
                "max_utilization": draw(st.sampled_from([whole, 800_000, 555_555, 300_000])),
                "max_delay": draw(st.sampled_from([None, 0, 2, "match", *["match", 0, 1] * few])),
                "partial": draw(st.booleans()),
                "holds_capacity": draw(st.booleans()),
            }
        )
    requests = []
    asked = draw(st.sampled_from([0, 0, 0, -1, -3]))
    for _ in range(draw(st.integers(8, 24) if busy else st.integers(1, 9))):
        asked += draw(st.sampled_from([0, 0, 0, 1] if busy else [0, 0, 1, 2]))
        wanted = asked + draw(st.sampled_from([0, 0, 2, 4]))
        block = draw(st.sampled_from([1, 1, 2, 5]))
        requests.append(
            {
                "stream": draw(st.sampled_from("ab")),
                "customer": draw(st.sampled_from(["A", "B", names[0]])),
                "class": draw(st.sampled_from("xy")),
                "only": draw(st.sampled_from([None, None, [names[-1]]])),
                "asked": asked,
                "wanted": wanted,
                "gives_up": draw(st.sampled_from([None, wanted, wanted + 2, wanted + 2 + few, wanted + 5])),
                "size": block * draw(st.integers(1, 5)),
                "block": block,
                "split": draw(st.sampled_from(["anywhere", "anywhere", "one site", "never"])),
                "priority": draw(st.sampled_from([0, 0, 1, -1])),
                "term": draw(st.integers(1, 6)),
                "draws": {name: draw(st.sampled_from([0.0, 0.4, 0.5, 0.9])) for name in names},
                "windows": {right["name"]: draw(st.sampled_from([0, 1, 2, 4])) for right in rights},
            }
        )
    sold = {site for provider in providers.values() for site in provider["sites"]}
    in_place = [
        {
            "stream": "a",
            "customer": "A",
            "site": site,
            "kw": draw(st.integers(1, online)),
            "term": draw(SHORT) + 1,
        }
        for site, online in sites.items()
        if online and site in sold and draw(st.booleans())
    ]
    dark = {t["site"] for t in told if t["event"] == "outage" and t["at"] == 0}
    return {
        "end": end,
        "sites": sites,
        "told": told,
        "providers": providers,
        "overflow": {
            "policy": draw(st.sampled_from(list(OVERFLOW_POLICIES))),
            "order": draw(st.permutations(names)),
        },
        "bypass": bypass,
        "moves": draw(st.sampled_from([True, True, True, False])),
        "rights": rights,
        "requests": [r for r in requests if r["asked"] < end],
        "in_place": [i for i in in_place if i["site"] not in dark],
    }
