"""Executors: the work of a study is done in this process, by a pool of this machine, or by a Dask cluster.

All are executors of `concurrent.futures`, so that one machine and a cluster take one path through the code. What is
done, and in which chunks, never depends on who does it.
"""

import logging
import multiprocessing
import os
import pickle
import platform
import re
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from multiprocessing import resource_tracker
from types import ModuleType
from typing import Any, Literal, TypeVar

from sim.results.files import OutputError
from sim.scenario.faults import UserError
from sim.scenario.source_code import code_fingerprint
from sim.study.interrupts import StopRequest

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
PoolKind = Literal["processes", "threads"]

HEARTBEAT_S = 10.0
"""After so many seconds without a result the pool is asked whether its workers are still there."""


class ClusterError(UserError):
    """A cluster cannot be used; the message says why, and what to do."""


SAME_SOURCES_REMEDY = (
    "install the same version on all machines, start the workers anew, and give the same command again"
)


class OtherSourcesError(UserError):
    """A worker has other sources than the command that sends it work; the message says what to do."""


code_fingerprint()  # Taken now, as the code is loaded, since the sources may be edited while this process lives.


@dataclass(frozen=True)
class WorkerPool:
    """An executor, and how many chunks it works on at once."""

    executor: Executor
    n_workers: Callable[[], int]
    """A function, since a cluster may grow or shrink."""
    remote: bool = True
    """Whether work must be pickled for another process."""

    def queue_depth(self) -> int:
        """Return the number of chunks that are submitted ahead, so that no worker is ever idle."""
        return 2 * self.n_workers() if self.remote else self.n_workers()


@lru_cache(maxsize=8)
def unpickle_once(pickled: bytes) -> Any:
    """Return the object that was pickled; a worker reads the same bytes once."""
    return pickle.loads(pickled)


def call_with_same_sources(fingerprint: str, pickled: bytes) -> Any:
    """Call a pickled function with a pickled item, in a worker. Raises OtherSourcesError where it has other sources.

    Nothing is unpickled before, since other sources may not even know the classes. Work of any version comes in
    here, so that name and parameters of this function stay as they are.
    """
    own = code_fingerprint()
    if fingerprint != own:
        raise OtherSourcesError(
            f"a worker on {platform.node()} has other sources of sim ({own}) than this command"
            f" ({fingerprint}); {SAME_SOURCES_REMEDY}"
        )
    function, item = pickle.loads(pickled)
    return function(item)


def available_cores() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def worker_pool(
    workers: int, kind: PoolKind = "processes", cluster: str | None = None
) -> Iterator[WorkerPool]:
    """Open a pool: this process for one worker, else processes or threads; or those of a cluster if one is named.

    Raises ClusterError where the cluster cannot be used. Work that has not begun when the block ends never begins.
    """
    if cluster is not None:
        with _dask_pool(cluster) as pool:
            yield pool
        return
    if workers == 1:
        yield WorkerPool(_InlineExecutor(), lambda: 1, remote=False)
        return
    executor: Executor = _ProcessPool(workers) if kind == "processes" else ThreadPoolExecutor(workers)
    try:
        yield WorkerPool(executor, lambda: workers, remote=kind == "processes")
    finally:
        executor.shutdown(cancel_futures=True)


class WorkerDiedError(OutputError):
    """A worker died, and none took its place."""


@contextmanager
def report_broken_pool(kept: str = "", remedy: str = "try fewer workers") -> Iterator[None]:
    """Turn the death of a worker into a WorkerDiedError; `kept` says what was finished, if anything is left of it."""
    try:
        yield
    except BrokenExecutor:
        raise WorkerDiedError(f"a worker died, perhaps for want of memory{kept}; {remedy}") from None


def results_as_completed(
    pool: WorkerPool, function: Callable[[ItemT], ResultT], items: Iterable[ItemT], stop: StopRequest
) -> Generator[tuple[ItemT, ResultT], None, None]:
    """Yield each item and the result of the function for it, in the order in which they finish.

    Few items are submitted at a time, so that there may be any number. Once a stop is requested, no further one
    begins. Raises what the function raised, BrokenExecutor where a worker died and none took its place, and
    OtherSourcesError where one in another process has other sources.
    """
    remaining = iter(items)
    waiting: dict[Future[ResultT], ItemT] = {}
    while True:
        if stop.requested:
            waiting = {future: item for future, item in waiting.items() if not future.cancel()}
        else:
            for item in islice(remaining, max(0, pool.queue_depth() - len(waiting))):
                waiting[_submit(pool, function, item)] = item
        if not waiting:
            return
        done = wait(waiting, timeout=HEARTBEAT_S, return_when=FIRST_COMPLETED).done
        if not done:
            pool.n_workers()  # raises BrokenExecutor where a cluster is gone
        for future in done:
            item = waiting.pop(future)
            try:
                result = _pool_result(future)
            except BrokenExecutor:
                if stop.requested:  # the signal went to the workers, too
                    return
                raise
            yield item, result


def _submit(pool: WorkerPool, function: Callable[[ItemT], ResultT], item: ItemT) -> Future[ResultT]:
    """Submit an item; to another process with the fingerprint of the sources, which must be the same there."""
    if not pool.remote:
        return pool.executor.submit(function, item)
    return pool.executor.submit(call_with_same_sources, code_fingerprint(), pickle.dumps((function, item)))


def _pool_result(future: Future[ResultT]) -> ResultT:
    """Return a result; every way in which workers can be lost is raised as BrokenExecutor."""
    try:
        return future.result()
    except CancelledError:
        raise BrokenExecutor("the cluster gave a piece of work up") from None
    except Exception as error:
        # By name, since these classes are Dask's, which may not be installed.
        if type(error).__name__ in ("KilledWorker", "NoValidWorkerError", "CommClosedError"):
            raise BrokenExecutor(str(error)) from None
        # Raised by Dask where the scheduler, which reads the work too, has no `call_with_same_sources`.
        if re.search(
            r"No module named 'sim|call_with_same_sources|deserialization of the task graph", str(error)
        ):
            raise OtherSourcesError(
                f"the scheduler or a worker of the cluster has another sim, or none; {SAME_SOURCES_REMEDY}"
            ) from None
        raise


class _InlineExecutor(Executor):
    """An executor that calls the function in this process when it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _ProcessPool(ProcessPoolExecutor):
    """Processes of this machine that leave Ctrl-C to this one, and do not run the user's script again.

    They are never forked from this process, which has threads (polars starts some) that a fork does not copy.
    """

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
        context.set_forkserver_preload(["sim.model.run", "sim.results.metrics"])
        super().__init__(workers, mp_context=context, initializer=_initialise_worker)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _worker_startup():
            return super().submit(fn, *args, **kwargs)


def _initialise_worker() -> None:
    """Start a worker process: leave Ctrl-C to its parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """End when the parent process is gone, even where it was killed and could shut nothing down."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _worker_startup() -> Iterator[None]:
    """Start workers that leave Ctrl-C to this process from their first moment, and do not run its script again.

    They inherit the signals that are blocked here. While they start, an empty module stands in for the user's script,
    which multiprocessing would otherwise have each of them import.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    blocked = {signal.SIGINT} if hasattr(signal, "pthread_sigmask") else set()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked) if blocked else set()
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if blocked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _silence(logger: logging.Logger) -> Iterator[None]:
    """Keep the messages of a library off standard error, where an error is reported in a line of ours."""
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


CLUSTER_ADDRESS = re.compile(r"local:(?P<workers>[1-9]\d{0,3})|[a-z]+://\S+")
CLUSTER_ADDRESS_REMEDY = "write local:8 for eight processes of this machine, or the address of a Dask scheduler, as tcp://HOST:8786"
TLS_SETTINGS = "DASK_DISTRIBUTED__COMM__TLS__"
"""How the environment variables begin that name certificates to Dask, for its scheduler and workers as for us."""


@contextmanager
def _dask_pool(cluster: str) -> Iterator[WorkerPool]:
    """Connect to the workers of a Dask cluster: one at an address, or one of this machine for as long as needed."""
    match = CLUSTER_ADDRESS.fullmatch(cluster)
    if match is None:
        raise ClusterError(
            f'--cluster "{cluster}": is not the address of a cluster; {CLUSTER_ADDRESS_REMEDY}'
        )
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError(
            f'--cluster "{cluster}": Dask is not installed; install it with: pip install "rofr[cluster]"'
        ) from None
    with ExitStack() as resources:
        for name in ("distributed", "distributed.client", "tornado"):  # each has a level of its own
            resources.enter_context(_silence(logging.getLogger(name)))
        local = None
        if match["workers"]:
            # The thread that starts workers, and starts them anew, inherits what is blocked here; unless Python
            # starts its tracker of resources in it, which unblocks what it finds blocked.
            resource_tracker.ensure_running()
            with _worker_startup():
                local = LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=int(match["workers"]),
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    silence_logs=logging.ERROR,
                )
            resources.enter_context(local)
        security = _tls_security(cluster) if cluster.startswith("tls://") else None
        try:
            client: Any = Client(  # type: ignore[no-untyped-call]
                local or cluster, timeout="20s", set_as_default=False, security=security
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f'--cluster "{cluster}": no Dask scheduler answers there ({error}); start one with: dask scheduler'
            ) from None
        resources.enter_context(client)

        def n_workers() -> int:
            """Return the number of threads of all workers; 1 where none has joined yet, so that one chunk waits."""
            try:
                return max(1, int(sum(client.nthreads().values())))
            except OSError as error:
                raise BrokenExecutor(str(error)) from None

        yield WorkerPool(client.get_executor(pure=False), n_workers)


def _tls_security(cluster: str) -> Any:
    """Return the certificates that Dask's settings name, for a connection that is encrypted or not made at all."""
    from distributed.security import Security

    security: Any = Security(require_encryption=True)  # type: ignore[no-untyped-call]
    for path, setting in (
        (security.tls_ca_file, "CA_FILE"),
        (security.tls_client_cert, "CLIENT__CERT"),
        # Without a key of its own the certificate's file holds it.
        (security.tls_client_key or security.tls_client_cert, "CLIENT__KEY"),
    ):
        if not path or not os.path.isfile(path):
            raise ClusterError(
                f'--cluster "{cluster}": {f"there is no file {path}" if path else "tls:// needs certificates"}; name'
                f" them in {TLS_SETTINGS}CA_FILE, {TLS_SETTINGS}CLIENT__CERT and {TLS_SETTINGS}CLIENT__KEY"
                f" ({setting} is missing; docs/security.md shows how)"
            )
    return security
