"""Sweeps on a Dask cluster: a real scheduler and real workers, one of which is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweeping import WHOLE, digests, swept

from sim.study import executors, sweep
from sim.study.executors import (
    ClusterError,
    OtherSourcesError,
    results_as_completed,
    worker_pool,
)
from sim.study.interrupts import StopRequest

pytest.importorskip("distributed")
DASK = [sys.executable, "-m", "distributed.cli.dask_{}"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def dask_process(kind: str, *words: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*DASK[:2], DASK[2].format(kind), *words], cwd=folder, **QUIET)


def edited_package(folder: Path, left_out: str = "no file") -> Path:
    """A folder with a copy of the package, one of whose rules was edited, or without a file."""
    package = Path(executors.__file__).parents[1]
    shutil.copytree(package, folder / "sim", ignore=shutil.ignore_patterns("__pycache__", left_out))
    with (folder / "sim" / "model" / "rules.py").open("a") as rules:
        rules.write("# edited\n")
    return folder


@pytest.mark.parametrize("edited", ["worker", "scheduler"])
def test_a_machine_with_other_sources_refuses(tmp_path: Path, edited: str) -> None:
    """One of two workers has an edited copy of the package; or the scheduler a version that knows no fingerprint."""
    address = f"tcp://127.0.0.1:{free_port()}"
    copy = edited_package(tmp_path / "copy", "executors.py" if edited == "scheduler" else "no file")
    folders = dict.fromkeys(("scheduler", "worker"), tmp_path) | {edited: copy}  # Python looks there first
    words = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    port = address.rpartition(":")[2]
    processes = [
        dask_process("scheduler", "--port", port, "--no-dashboard", folder=folders["scheduler"]),
        dask_process("worker", *words, folder=tmp_path),
        dask_process("worker", *words, folder=folders["worker"]),
    ]
    sentence = {
        "worker": r"a worker on \S+ has other sources of sim \([0-9a-f]{16}\) than this command",
        "scheduler": "the scheduler or a worker of the cluster has another sim, or none",
    }[edited]
    try:
        with worker_pool(1, cluster=address) as pool:
            while pool.n_workers() < 2:
                time.sleep(0.1)
        with pytest.raises(
            OtherSourcesError, match=f"{sentence}.*; install the same version on all machines"
        ):
            sweep.run_sweep(swept(tmp_path), out=tmp_path / "out", cluster=address)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_process_with_other_sources_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that starts after the sources were edited is no longer of the code of its parent."""
    monkeypatch.setattr(executors, "code_fingerprint", lambda: "0123456789abcdef")
    with worker_pool(2) as pool, pytest.raises(OtherSourcesError, match=r"\(0123456789abcdef\); install"):
        list(results_as_completed(pool, abs, [1, 2], StopRequest()))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler of this machine, and the processes of its two workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    scheduler = dask_process(
        "scheduler", "--port", address.rpartition(":")[2], "--no-dashboard", folder=tmp_path
    )
    words = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    workers = [dask_process("worker", *words, folder=tmp_path) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_worker_that_is_killed_costs_only_its_piece(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """Two workers, one killed in the middle; the numbers are those of one process."""
    address, workers = cluster
    read = swept(tmp_path, WHOLE.replace("replications: 5", "replications: 20"))

    def lost(done: int, total: int) -> None:
        if done > total // 4 and workers[0].poll() is None:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()

    found = sweep.run_sweep(read, out=tmp_path / "cluster", cluster=address, progress=lost)
    assert workers[0].returncode == -signal.SIGKILL
    assert found.n_finished == found.n_runs == 320
    assert len(found.failures) == 0
    sweep.run_sweep(read, out=tmp_path / "one", workers=1)
    assert digests(tmp_path / "cluster") == digests(tmp_path / "one")


def test_a_process_of_a_pool_that_is_killed_costs_only_its_piece(tmp_path: Path) -> None:
    """The pool is broken; a new one takes its place, and goes on with what is missing."""
    read = swept(tmp_path, WHOLE.replace("replications: 5", "replications: 20"))
    killed = []

    def lost(done: int, total: int) -> None:
        if done > total // 4 and not killed:
            killed.append(one_worker_of_ours())
            os.kill(killed[0], signal.SIGKILL)
            time.sleep(0.1)

    found = sweep.run_sweep(read, out=tmp_path / "pool", workers=2, progress=lost)
    assert killed
    assert found.n_finished == 320
    sweep.run_sweep(read, out=tmp_path / "one", workers=1)
    assert digests(tmp_path / "pool") == digests(tmp_path / "one")


def one_worker_of_ours() -> int:
    """A process of the pool: a child of the server of forks, which is a child of this process."""
    import multiprocessing

    return next(iter(each.pid for each in multiprocessing.active_children() if each.pid is not None))


def test_a_cluster_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pytest.raises(
            ClusterError, match=r'--cluster "local:0": is not the address of a cluster; write local:8 for'
        ),
        worker_pool(1, cluster="local:0"),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(
            ClusterError, match=r'Dask is not installed; install it with: pip install "rofr\[cluster\]"'
        ),
        worker_pool(1, cluster="local:2"),
    ):
        pass


def test_tls_needs_certificates_and_uses_them(tmp_path: Path) -> None:
    """A scheduler that speaks TLS only is reached with the certificates that Dask's settings name."""
    import dask

    address = f"tls://127.0.0.1:{free_port()}"
    with pytest.raises(
        ClusterError, match=r"tls:// needs certificates; name them in DASK_DISTRIBUTED__COMM__TLS__CA_FILE"
    ):
        sweep.run_sweep(swept(tmp_path), out=tmp_path / "none", cluster=address)
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sim", "-keyout", key]
    subprocess.run(["openssl", "req", *made, "-out", cert], check=True, capture_output=True)
    tls = ("--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key)
    port = address.rpartition(":")[2]
    processes = [
        dask_process(
            "scheduler", "--protocol", "tls", "--port", port, "--no-dashboard", *tls, folder=tmp_path
        ),
        dask_process(
            "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *tls, folder=tmp_path
        ),
    ]
    tls_settings = "distributed.comm.tls"
    settings = {
        f"{tls_settings}.ca-file": cert,
        f"{tls_settings}.client.cert": cert,
        f"{tls_settings}.client.key": key,
    }
    try:
        with dask.config.set(settings):
            found = sweep.run_sweep(swept(tmp_path), out=tmp_path / "out", cluster=address)
            assert found.n_finished == 80
        with (
            dask.config.set({**settings, f"{tls_settings}.ca-file": str(tmp_path / "no.pem")}),
            pytest.raises(
                ClusterError, match=r"there is no file \S+no.pem; name them in .*CA_FILE is missing"
            ),
            worker_pool(1, cluster=address),
        ):
            pass
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_whoever_works_gives_the_same() -> None:
    for workers, kind in ((1, "processes"), (2, "processes"), (3, "threads")):
        with worker_pool(workers, kind) as hands:
            made = dict(results_as_completed(hands, abs, range(-20, 0), StopRequest()))
        assert made == {-k: k for k in range(1, 21)}, kind
    with worker_pool(2) as hands, pytest.raises(TypeError):
        list(results_as_completed(hands, abs, ["no number"], StopRequest()))
