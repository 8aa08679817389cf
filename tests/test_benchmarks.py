"""The benchmarks run, and no peer is timed that serves anyone otherwise."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def printed(name: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def overflow(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import overflow

    return overflow


def test_all_peers_that_are_here_are_equal_and_timed() -> None:
    lines = printed("overflow.py", "--quick").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| ") and line.count("|") == 5]
    names = [row[1].strip() for row in rows]
    for module, peer in (("ciw", "Ciw"), ("cimba", "Cimba (a process a request)")):
        assert names.count(peer) == (1 if find_spec(module) else 0)
        assert any(line.startswith(f"{peer.split()[0]} is not installed") for line in lines) == (
            find_spec(module) is None
        )
    for peer in ("idiomatic SimPy (a process a request)", "SimPy by hand (counts)", "rofr on SimPy's clock"):
        assert names.count(peer) == 2
    assert all(float(row[2]) > 0 for row in rows if row[1].strip() != "peer")


def test_the_replications_and_their_parts() -> None:
    lines = printed("replications.py", "--quick").splitlines()
    assert [line.split(" | ")[0] for line in lines if " s in all" in line or " ms each |" in line] == [
        "| scenario, tables",
        "| overflow, none",
        "| announced-2025, summary",
    ]
    parts = {line.split("|")[1].strip(): line for line in lines if line.count("|") == 4}
    for part in ("draws", "world", "market", "metrics"):
        assert any(float(cell) > 0 for cell in parts[part].split("|")[2:4]), parts[part]


def test_growth() -> None:
    rows = [line.split(" | ") for line in printed("growth.py", "--quick").splitlines()]
    assert [row[:2] for row in rows if row[-1:] and row[1:2] == ["simpy"]] == [
        ["| 1,000", "simpy"],
        ["| 10", "simpy"],
    ]


@pytest.mark.parametrize("largest", [1, 8])
def test_who_serves_one_request_otherwise_is_not_timed(overflow: ModuleType, largest: int) -> None:
    from peers import in_simpy
    from peers.workload import served

    def wrong(work):  # type: ignore[no-untyped-def]
        mine = in_simpy.by_hand(work)["served"]
        pool = mine["pool"].to_numpy().copy()
        pool[7] = 3
        return served(work, mine["start"].to_numpy(), pool)

    peers = {overflow.OURS: overflow.Peer(overflow.ours.on_simpy), "Mallory": overflow.Peer(wrong)}
    with pytest.raises(SystemExit) as stopped:
        overflow.Race(peers, 200, largest, 1)
    assert str(stopped.value) == (
        "rofr on SimPy's clock and Mallory differ on 200 requests: row 7, pool: 0 against 3"
    )


def test_a_table_that_differs_in_a_column_that_no_peer_has(overflow: ModuleType) -> None:
    def lax(work):  # type: ignore[no-untyped-def]
        frames = overflow.ours.on_simpy(work)
        return frames | {"requests": frames["requests"].with_columns(first_kw=pl.lit(1))}

    peers = {overflow.OURS: overflow.Peer(overflow.ours.on_simpy), overflow.LIMIT: overflow.Peer(lax)}
    with pytest.raises(
        SystemExit, match=r"C by hand, -O3 differ on 600 requests: row \d+, first_kw: 0 against 1$"
    ):
        overflow.Race(peers, 600, 1, 1)


def test_the_workload_is_one_in_which_requests_wait_for_each_other(overflow: ModuleType) -> None:
    """Else the rules of the waiting list, and of sizes, would not be compared."""
    for largest in (1, 8):
        work = overflow.Workload(2_000, largest)
        found = overflow.found(overflow.ours.on_simpy(work))
        waits = found["start"].to_numpy() > work.asked
        assert 0.05 < waits.mean() < 0.95
        assert np.bincount(found["pool"].to_numpy(), minlength=4).min() > 100
        assert sorted(found["start"]) == found["start"].to_list()  # first come, first served


def test_without_a_compiler_the_limit_says_what_to_do(
    overflow: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    overflow.in_c.loop.cache_clear()
    with pytest.raises(overflow.in_c.NoCompiler) as missing:
        overflow.in_c.loop()
    assert str(missing.value) == "no C compiler: install one, or name it in $CC"


def test_the_memory_of_a_process_of_its_own() -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("measured through /proc")
    cost = json.loads(printed("memory.py", "simpy", "50000"))
    assert cost["recorded"] == 216  # 27 columns of 8 bytes: 12 of requests, 7 of commitments, 8 of deliveries
    assert cost["recorded"] < cost["peak"] <= cost["peak_with_frames"] < 5_000
