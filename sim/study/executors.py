"""Executors: who does the work of a study, this process, several of this machine, or a cluster?

The rest of the study room knows executors of `concurrent.futures` alone, so that one machine and a cluster are
one path. What is done, and in which pieces, never depends on who does it.
"""

import logging
import multiprocessing
import os
import pickle
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

from sim.scenario.faults import UserError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
PoolKind = Literal["processes", "threads"]


HEARTBEAT_S = 10.0
"""After so long without a word, those who do the work are asked whether they are still there."""


class ClusterError(UserError):
    """A cluster cannot be had; the message says why, and what to do."""


@dataclass
class StopRequest:
    """Whether the user has asked to stop."""

    requested: bool = False


@contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Take a Ctrl-C as a wish to stop after what has begun; a second one stops at once.

    Outside the main thread, where Python hears no signals, nothing changes.
    """
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def heard(signum: int, frame: object) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.requested = True
        sys.stderr.write("\nStopping after what has begun; Ctrl-C again stops at once\n")

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(frozen=True)
class WorkerPool:
    """Who does the work.

    `hands` says how many pieces are worked on at once; `remote`, whether they must travel to another process.
    """

    executor: Executor
    n_workers: Callable[[], int]
    remote: bool = True

    def queue_depth(self) -> int:
        """How many pieces are given out at once, so that no hand is ever idle?"""
        return 2 * self.n_workers() if self.remote else self.n_workers()


@lru_cache(maxsize=8)
def unpickle_once(pickled: bytes) -> Any:
    """What has travelled to a worker, which reads it once."""
    return pickle.loads(pickled)


def available_cores() -> int:
    """How many processors may this process use?"""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def worker_pool(
    workers: int, kind: PoolKind = "processes", cluster: str | None = None
) -> Iterator[WorkerPool]:
    """Take on who does the work: this process for one worker, else a pool, or those of a cluster if one is named.

    Raises NoCluster where the cluster cannot be had. What is not begun when the block ends is never begun.
    """
    if cluster is not None:
        with _dask_pool(cluster) as found:
            yield found
        return
    if workers == 1:
        yield WorkerPool(_InlineExecutor(), lambda: 1, remote=False)
        return
    pool: Executor = _ProcessPool(workers) if kind == "processes" else ThreadPoolExecutor(workers)
    try:
        yield WorkerPool(pool, lambda: workers, remote=kind == "processes")
    finally:
        pool.shutdown(cancel_futures=True)


def results_as_completed(
    pool: WorkerPool, function: Callable[[ItemT], ResultT], items: Iterable[ItemT], stop: StopRequest
) -> Generator[tuple[ItemT, ResultT], None, None]:
    """What comes of each piece, as it is finished, in whatever order; few are given out at a time.

    Once `stop` is asked for, no further piece begins. Raises what the function raised, and BrokenExecutor where
    a worker died and nobody took its place.
    """
    left = iter(items)
    waiting: dict[Future[ResultT], ItemT] = {}
    while True:
        if stop.requested:
            waiting = {future: item for future, item in waiting.items() if not future.cancel()}
        else:
            for item in islice(left, max(0, pool.queue_depth() - len(waiting))):
                waiting[pool.executor.submit(function, item)] = item
        if not waiting:
            return
        done = wait(waiting, timeout=HEARTBEAT_S, return_when=FIRST_COMPLETED).done
        if not done:
            pool.n_workers()  # which says whether a cluster is still there
        for future in done:
            yield waiting.pop(future), _pool_result(future)


def _pool_result(future: Future[ResultT]) -> ResultT:
    """What came of a piece; every way in which those who do the work can be lost is a BrokenExecutor."""
    try:
        return future.result()
    except CancelledError:
        raise BrokenExecutor("the cluster gave a piece of work up") from None
    except Exception as error:
        if type(error).__name__ in ("KilledWorker", "NoValidWorkerError", "CommClosedError"):
            raise BrokenExecutor(str(error)) from None
        raise


class _InlineExecutor(Executor):
    """This process itself, which does a piece at once when it is given out."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _ProcessPool(ProcessPoolExecutor):
    """Processes of this machine that leave Ctrl-C to this one, and do not run the user's script again."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
        context.set_forkserver_preload(["sim.model.run", "sim.results.metrics"])
        super().__init__(workers, mp_context=context, initializer=_initialise_worker)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _worker_startup():
            return super().submit(fn, *args, **kwargs)


def _initialise_worker() -> None:
    """Begin as a worker: leave Ctrl-C to the one who asked, and do not outlive them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """End when the process that asked is gone, even if it was killed and could say nothing."""
    asker = multiprocessing.parent_process()
    if asker is not None:
        asker.join()
        os._exit(1)


@contextmanager
def _worker_startup() -> Iterator[None]:
    """Start workers that leave Ctrl-C to this process from their first moment, and do not run its script again.

    They inherit the signals that are blocked here; and nothing that the user's script defines is sent to them.
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
    """Keep from standard error what a library logs of what we tell in our own words."""
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


CLUSTER_ADDRESS = re.compile(r"local:(?P<workers>[1-9]\d{0,3})|[a-z]+://\S+")
CLUSTER_ADDRESS_REMEDY = "write local:8 for eight processes of this machine, or the address of a Dask scheduler, as tcp://HOST:8786"


@contextmanager
def _dask_pool(cluster: str) -> Iterator[WorkerPool]:
    """The workers of a Dask cluster: one that runs at an address, or one of this machine for as long as needed."""
    match = CLUSTER_ADDRESS.fullmatch(cluster)
    if match is None:
        raise ClusterError(f'--cluster "{cluster}": is no cluster; {CLUSTER_ADDRESS_REMEDY}')
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError(
            f'--cluster "{cluster}": Dask is not installed; install it with: pip install "rofr[cluster]"'
        ) from None
    with ExitStack() as held:
        for name in ("distributed", "distributed.client", "tornado"):  # each has a level of its own
            held.enter_context(_silence(logging.getLogger(name)))
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
            held.enter_context(local)
        try:
            client: Any = Client(local or cluster, timeout="20s", set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f'--cluster "{cluster}": no Dask scheduler answers there ({error}); start one with: dask scheduler'
            ) from None
        held.enter_context(client)

        def hands() -> int:
            """How many pieces are worked on at once? One waits where no worker has come yet."""
            try:
                return max(1, int(sum(client.nthreads().values())))
            except OSError as error:
                raise BrokenExecutor(str(error)) from None

        yield WorkerPool(client.get_executor(pure=False), hands)
