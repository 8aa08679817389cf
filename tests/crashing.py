"""Commands in processes of their own that die, as by kill -9, at their k-th operation on files, or have no room.

Run as a script, it loads the package once, and forks a process for each command that it reads from standard input.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

OPERATIONS = ("open", "fsync", "rename", "replace", "unlink", "rmdir", "mkdir", "link", "write")
"""The functions of `os` that change files; what Python's own `open` does comes in between."""
DIED = 137


class Job(TypedDict, total=False):
    words: list[str]
    die_at: int
    """Before which operation on files it dies."""
    size_limit: int
    """The largest file that it may write, in bytes."""


class Outcome(TypedDict):
    code: int
    stderr: str
    operations: int


def crash_at(k: int) -> Callable[[], int]:
    """From now on, let this process die before its k-th operation on files; returns what tells their number."""
    operations = 0

    def count(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **keywords: Any) -> Any:
            nonlocal operations
            operations += 1
            if operations == k:
                os._exit(DIED)
            return function(*args, **keywords)

        return counted

    for name in OPERATIONS:
        setattr(os, name, count(getattr(os, name)))
    return lambda: operations


def run_jobs(jobs: Sequence[Job], cwd: Path) -> list[Outcome]:
    """Run commands one after the other, each in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        input=json.dumps(jobs), capture_output=True, text=True, check=True, cwd=cwd,
    )  # fmt: skip
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes


def _run_job(job: Job) -> Outcome:
    # Through a pipe, since the limit on the size of files is for these, too.
    reading, writing = os.pipe()
    with os.fdopen(reading) as told, tempfile.TemporaryFile("w+") as count:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(writing, 2)
            sys.argv = ["sim", *job["words"]]
            operations = crash_at(job.get("die_at", 0))
            hard_limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            if "size_limit" in job:
                resource.setrlimit(resource.RLIMIT_FSIZE, (job["size_limit"], hard_limit))
            code = 0
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
            except BaseException:
                code = 1
                sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard_limit, hard_limit))
            count.write(str(operations()))
            count.flush()
            os._exit(code)
        os.close(writing)
        stderr = told.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        count.seek(0)
        return {"code": code, "stderr": stderr, "operations": int(count.read() or 0)}


if __name__ == "__main__":
    # All that a command would load later, so that no process loads it again.
    import matplotlib.figure  # noqa: F401

    import sim.api
    import sim.results.run
    import sim.show.pages.analysis
    import sim.show.pages.compare
    import sim.show.pages.run
    import sim.show.plots.analysis
    import sim.study.compare
    import sim.study.plan
    import sim.study.run  # noqa: F401
    from sim.cli.main import main

    print(json.dumps([_run_job(job) for job in json.load(sys.stdin)]))
