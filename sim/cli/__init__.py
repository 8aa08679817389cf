"""The command line: parses, calls, prints. What a command needs is imported inside it, so that help is quick."""

from sim.cli import running, comparing, sweeping, reading, advising, proving, explaining  # noqa: F401, I001  (each adds its commands to the app, in the order of the help)
from sim.cli.command import app, main

__all__ = ["app", "main"]
