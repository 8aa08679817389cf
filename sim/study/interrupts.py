"""Ctrl-C and SIGTERM: a study stops after what has begun, or at once where it has no pieces."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class StopRequest:
    """Whether the user has asked to stop."""

    requested: bool = False


@contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Turn a Ctrl-C or a SIGTERM into a request to stop after what has begun; a second one raises KeyboardInterrupt.

    Outside the main thread, where Python handles no signals, nothing changes.
    """
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_interrupt(signum: int, frame: object) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.requested = True
        sys.stderr.write("\nStopping after what has begun; Ctrl-C again stops at once\n")

    with _signal_handler(on_interrupt):
        yield stop


@contextmanager
def stop_at_once() -> Iterator[None]:
    """Let a Ctrl-C or a SIGTERM end what has no pieces, such as a compilation, by a KeyboardInterrupt.

    One that is swallowed, as in a destructor or a callback of the compiler, is raised at the end.
    """
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(signum: int, frame: object) -> None:
        stop.requested = True
        raise KeyboardInterrupt

    with _signal_handler(on_interrupt):
        yield
    if stop.requested:
        raise KeyboardInterrupt


@contextmanager
def _signal_handler(on_interrupt: Callable[[int, object], None]) -> Iterator[None]:
    """Handle Ctrl-C and SIGTERM by a function, and give them back to whom they were."""
    before = {each: signal.signal(each, on_interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
