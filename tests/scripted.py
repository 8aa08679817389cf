"""Plays a hand-made case (the format of `oracle.play`) on SimPy's market, with a world that reads a script."""

from datetime import datetime
from typing import Any

import numpy as np
import simpy

from sim.model import rules
from sim.model.arrivals import SPLIT_CODES
from sim.model.calendar import Calendar
from sim.model.capacity_events import CapacityEvent, EventKind
from sim.model.market import Market
from sim.model.outcomes import REFUSAL_REASONS, RELEASE_REASONS, REQUEST_STATUSES
from sim.model.run import Run, collect_run
from sim.model.sampled_inputs import (
    RequestGroup,
    SampledInPlace,
    SampledInputs,
    SampledProvider,
    SampledRequests,
    SampledRight,
    SampledSite,
    provider_appetites,
    right_appetite,
)
from sim.results.time_series import capacity_table, series
from sim.scenario.right_kinds import RIGHT_KINDS

CODES = {
    "planned": EventKind.ANNOUNCED,
    "online": EventKind.ONLINE,
    "cancelled": EventKind.CANCELLED,
    "retired": EventKind.RETIRED,
    "outage": EventKind.OUTAGE,
    "restored": EventKind.RESTORED,
}


def by_class(appetite: Any) -> Any:
    """An appetite by class, as it is sampled."""
    return appetite if appetite is None or isinstance(appetite, dict) else {None: appetite}


def future_of(case: dict[str, Any]) -> SampledInputs:
    """The future that a case describes: one group a request."""
    sites, providers = list(case["sites"]), list(case["providers"])
    rights = [
        SampledRight(
            name=r["name"],
            holder=providers.index(r["holder"]),
            is_exclusive=RIGHT_KINDS[r["kind"]].is_exclusive,
            answers_first=RIGHT_KINDS[r["kind"]].answers_first,
            customer=r["customer"],
            classes=None if r["classes"] is None else frozenset(r["classes"]),
            begins=r["from"],
            ends=rules.NEVER if r["until"] is None else r["until"],
            appetite=by_class(r["appetite"]),
            max_utilization=r["max_utilization"],
            max_delay={None: rules.NEVER, "match": rules.MATCH}.get(r["max_delay"], r["max_delay"]),
            partial=r["partial"],
            holds_capacity=r["holds_capacity"],
        )
        for r in case["rights"]
    ]
    sellers = [
        SampledProvider(
            name,
            tuple(sites.index(s) for s in p["sites"]),
            p["presells"],
            p["keeps_back"],
            p["price"],
            None,
            p["site_policy"],
            by_class(p["appetite"]),
        )
        for name, p in case["providers"].items()
    ]
    streams = list(dict.fromkeys([r["stream"] for r in case["requests"] + case["in_place"]]))
    order = [providers.index(p) for p in case["overflow"]["order"]]
    groups = []
    for r in case["requests"]:
        only = None if r["only"] is None else tuple(providers.index(p) for p in r["only"])
        covering = tuple(k for k, right in enumerate(rights) if right.covers(r["customer"], r["class"], only))
        own = providers.index(r["customer"]) if r["customer"] in providers else -1
        groups.append(
            RequestGroup(
                stream=streams.index(r["stream"]),
                customer=r["customer"],
                class_=r["class"],
                only=only,
                split=SPLIT_CODES[r["split"]],
                priority=r["priority"],
                own_provider=own,
                rights=covering,
                appetite=tuple(right_appetite(rights[k], sellers, r["class"], own) for k in covering),
                provider_appetite=provider_appetites(sellers, r["class"], own),
                overflow_order=tuple(p for p in order if only is None or p in only),
            )
        )

    def column(name: str) -> Any:
        never = [rules.NEVER if r[name] is None else r[name] for r in case["requests"]]
        return np.array(never, dtype=np.int64)

    n = len(case["requests"])
    requests = SampledRequests(
        group=np.arange(n),
        number=np.arange(n),
        deal=[None] * n,
        asked=column("asked"),
        wanted=column("wanted"),
        gives_up=column("gives_up"),
        size_kw=column("size"),
        block_kw=column("block"),
        term=column("term"),
        appetite_draws={
            p: np.array([r["draws"].get(name, 0.0) for r in case["requests"]], dtype=np.float64)
            for p, name in enumerate(providers)
        },
        windows=[
            np.array([r["windows"].get(right.name, 0) for r in case["requests"]], dtype=np.int64)
            for right in rights
        ],
    )
    return SampledInputs(
        calendar=Calendar(datetime(2025, 1, 1), case["end"]),
        streams=streams,
        customers=["" for _ in streams],
        groups=groups,
        requests=requests,
        in_place=[
            SampledInPlace(streams.index(i["stream"]), sites.index(i["site"]), i["kw"], i["term"])
            for i in case["in_place"]
        ],
        providers=sellers,
        rights=rights,
        overflow_policy=case["overflow"]["policy"],
        bypass=case["bypass"],
        moves=case["moves"],
        sites=[SampledSite(name, kw, None, None) for name, kw in case["sites"].items()],
        buildings=[],
        triggers=[],
        supplies=[],
        contracts=[],
        h100e_per_it_mw={},
    )


class ScriptedWorld:
    """A world that tells what a script says, when it says it."""

    def __init__(self, env: simpy.Environment, case: dict[str, Any], market: Market) -> None:
        sites = list(case["sites"])
        projects: dict[tuple[str, str], int] = {}
        self._script: dict[int, list[CapacityEvent]] = {}
        self._env = env
        for item in case["told"]:
            building = (item["site"], item["building"])
            project = -1 if item["building"] is None else projects.setdefault(building, len(projects))
            date = rules.NEVER if item["date"] is None else item["date"]
            news = CapacityEvent(CODES[item["event"]], sites.index(item["site"]), project, item["kw"], date)
            self._script.setdefault(item["at"], []).append(news)
        for at in self._script:
            event = simpy.Event(env)
            event._ok, event._value = True, None
            event.callbacks.append(lambda _: market.wake())
            env.schedule(event, 1, at)

    @property
    def has_events(self) -> bool:
        return self._env.now in self._script

    def pop_events(self) -> list[CapacityEvent]:
        return self._script.pop(self._env.now)

    def fire_triggers(self, totals: Any) -> None:
        """No triggers here."""


def played(case: dict[str, Any], clock: Any = Market, **own: Any) -> Run:
    """A case, played on a clock: that of SimPy if nothing else is said."""
    env = simpy.Environment()
    market = clock(env, future_of(case), **own)
    market.world = ScriptedWorld(env, case, market)
    market.play()
    return collect_run(market, 0)


def told(run: Run) -> dict[str, Any]:
    """The tables of a run in the words of `oracle.play`."""
    future = run.inputs
    sites = [s.name for s in future.sites]
    providers = [p.name for p in future.providers]
    rights = [r.name for r in future.rights]

    def rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
        words = {"stream": future.streams, "provider": providers, "site": sites, "why": RELEASE_REASONS}
        out = []
        for k in range(len(table)):
            row = []
            for name in names:
                value = int(table[name][k])
                if name == "request":
                    row.append(None if value < 0 else value)
                else:
                    row.append(words[name][value] if name in words else value)
            out.append(tuple(row))
        return out

    place = ("request", "stream", "provider", "site", "kw")
    asked = run.requests
    requests = []
    for r in range(len(future.requests)):
        right = int(asked["right"][r])
        refusal = right >= 0 and future.rights[right].answers_first
        answered = int(asked["answered"][r])
        never = {k: int(asked[k][r]) for k in ("first_delivery", "full_delivery")}
        requests.append(
            {
                "right": rights[right] if right >= 0 else None,
                "holder": providers[future.rights[right].holder] if right >= 0 else None,
                "window": int(future.requests.windows[right][r]) if refusal else None,
                "asked_first": providers[int(asked["asked_first"][r])]
                if asked["asked_first"][r] >= 0
                else None,
                "answered": None if answered == rules.NEVER else answered,
                "holder_kw": int(asked["holder_kw"][r]) if right >= 0 and answered < rules.NEVER else None,
                "first_kw": int(asked["first_kw"][r]),
                "reason": REFUSAL_REASONS[int(asked["reason"][r])],
                "committed_kw": int(asked["committed_kw"][r]),
                "delivered_kw": int(asked["delivered_kw"][r]),
                "lost_kw": int(asked["lost_kw"][r]),
                **{k: None if v == rules.NEVER else v for k, v in never.items()},
                "status": REQUEST_STATUSES[int(asked["status"][r])],
            }
        )
    return {
        "commitments": rows(run.commitments, *place, "committed", "promised"),
        "releases": rows(run.releases, *place, "at", "why"),
        "deliveries": rows(run.deliveries, *place, "start", "end"),
        "requests": requests,
    }


def capacity_rows(case: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The derived table `capacity` of a case, in the words of `oracle.play`."""
    run = played(case)
    table = capacity_table(run, series(run))
    names = ("time", "site", "online_kw", "planned_kw", "committed_kw", "in_service_kw", "interrupted_kw")
    sites = [s.name for s in run.inputs.sites]
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return [(time, sites[site], *rest) for time, site, *rest in rows]
