"""The conservation laws of every run, whatever the scenario, checked on its columns."""

import numpy as np

from sim.model.outcomes import ReleaseReason, RequestStatus
from sim.model.rules import NEVER
from sim.model.run import ColumnTable, Run
from sim.results.time_series import capacity_table, series


def check(run: Run) -> None:
    """Fail unless the run conserves power, respects its times and adds up."""
    requests_conserve(run)
    commitments_conserve(run)
    sites_conserve(run)
    times_hold(run)


def sums(n: int, index: np.ndarray, kw: np.ndarray) -> np.ndarray:
    """The sum of the kW for each index, as `(n,)`; rows with an index below 0 are left out."""
    known = index >= 0
    return np.bincount(index[known], weights=kw[known], minlength=n).astype(np.int64)


def requests_conserve(run: Run) -> None:
    """Asked = committed + waiting + lost; delivered by the rows = delivered by the request."""
    asked, became, n = run.inputs.requests, run.requests, len(run.inputs.requests)
    committed = sums(n, run.commitments["request"], run.commitments["kw"])
    released = sums(n, run.releases["request"], run.releases["kw"])
    delivered = sums(n, run.deliveries["request"], run.deliveries["kw"])
    waiting = asked.size_kw - became["committed_kw"] - became["lost_kw"]
    assert (waiting >= 0).all()
    assert (committed - released == became["committed_kw"]).all()
    assert (delivered == became["delivered_kw"]).all()
    assert (delivered <= became["committed_kw"]).all()
    assert ((became["status"] == RequestStatus.SERVED) == (delivered == asked.size_kw)).all()
    assert (waiting[became["lost_kw"] > 0] == 0).all(), "who gave up waits for nothing"
    assert (committed % asked.block_kw == 0)[released == 0].all(), "whole blocks are placed"
    assert (became["first_kw"] <= asked.size_kw).all()
    assert (became["holder_kw"] <= became["first_kw"]).all()


def commitments_conserve(run: Run) -> None:
    """Rows of commitments = delivered + still promised + released, by request and site."""
    sites = len(run.inputs.sites)

    def by_place(table: str) -> np.ndarray:
        rows = getattr(run, table)
        return sums(
            (len(run.inputs.requests) + 1) * sites, (rows["request"] + 1) * sites + rows["site"], rows["kw"]
        )

    still = by_place("commitments") - by_place("deliveries") - by_place("releases")
    assert (still >= 0).all()
    assert (still[:sites] == 0).all(), "what was in place is delivered"


def upto(times: np.ndarray, at: np.ndarray, kw: np.ndarray) -> np.ndarray:
    """The sum of the kW whose time is not after each of some times."""
    order = np.argsort(at)
    sums = np.append(0, np.cumsum(kw[order]))
    return sums[np.searchsorted(at[order], times, side="right")]


def sites_conserve(run: Run) -> None:
    """In service at a site: the sum of its deliveries, and never above online at a delivery."""
    table = capacity_table(run, series(run))
    for s in range(len(run.inputs.sites)):
        mine = table["site"] == s
        times = table["time"][mine]
        rows = run.deliveries["site"] == s
        start, end, kw = (run.deliveries[c][rows] for c in ("start", "end", "kw"))
        served, online, committed = (table[c][mine] for c in ("in_service_kw", "online_kw", "committed_kw"))
        assert (served == upto(times, start, kw) - upto(times, end, kw)).all()
        assert (served >= 0).all()
        assert (served <= committed).all()
        assert (online >= 0).all()
        delivers = np.isin(times, start)
        assert (served <= online)[delivers].all(), "nothing is delivered beyond what is online"


def keys(table: ColumnTable, time: str, chosen: np.ndarray) -> set[tuple[int, ...]]:
    """The request, provider and time of the chosen rows of a table."""
    columns = (table[name][chosen].tolist() for name in ("request", "provider", time))
    return set(zip(*columns, strict=True))


def times_hold(run: Run) -> None:
    """Nothing is delivered before it is wanted or promised before now, nor after its give-up."""
    asked, became = run.inputs.requests, run.requests
    end = run.inputs.calendar.end
    rows = run.deliveries["request"] >= 0
    request, start = run.deliveries["request"][rows], run.deliveries["start"][rows]
    assert (start >= asked.wanted[request]).all()
    assert (start < end).all()
    gave_up_at = np.maximum(
        asked.gives_up[request], np.where(became["answered"] < NEVER, became["answered"], NEVER)[request]
    )
    assert (start <= gave_up_at).all()
    assert (run.deliveries["end"][rows] == start + asked.term[request]).all()
    commitments = run.commitments
    of_request = commitments["request"] >= 0
    wanted = asked.wanted[commitments["request"][of_request]]
    assert (commitments["promised"][of_request] >= wanted).all()
    # What moves keeps a date that has passed.
    late, moved = (
        commitments["promised"] < commitments["committed"],
        run.releases["why"] == ReleaseReason.MOVED,
    )
    assert keys(commitments, "committed", late) <= keys(run.releases, "at", moved)
    assert (commitments["committed"] < end).all()
    assert (commitments["promised"] < NEVER).all()
