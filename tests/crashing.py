"""A process that dies, as by kill -9, at its k-th operation on files."""

import os
from collections.abc import Callable
from typing import Any

OPERATIONS = ("open", "fsync", "rename", "replace", "unlink", "rmdir", "mkdir", "link", "write")
"""The functions of `os` that change files; what Python's own `open` does comes in between."""


def crash_at(k: int) -> None:
    """From now on, let this process die before its k-th operation on files, without any clearing up."""
    operations = 0

    def count(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **keywords: Any) -> Any:
            nonlocal operations
            operations += 1
            if operations == k:
                os._exit(137)
            return function(*args, **keywords)

        return counted

    for name in OPERATIONS:
        setattr(os, name, count(getattr(os, name)))
