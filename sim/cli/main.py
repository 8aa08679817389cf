"""The command `sim`: its subcommands, their common options, and the exit code that an error ends the process with."""

import os
import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated

import typer

from sim.cli.check import check_command
from sim.cli.compare import compare_command
from sim.cli.explain import explain_command
from sim.cli.fit import fit_command
from sim.cli.new import new_command
from sim.cli.options import EXIT_DONE, EXIT_USER_ERROR
from sim.cli.plan import plan_command
from sim.cli.plot import plot_command
from sim.cli.run import run_command
from sim.cli.schema import schema_command
from sim.cli.sensitivity import sensitivity_command
from sim.cli.show import show_command
from sim.cli.sources import sources_command
from sim.cli.sweep import sweep_command
from sim.cli.value import value_command
from sim.cli.verify import verify_command

app = typer.Typer(
    name="sim",
    help="Who gets the next gigawatt of AI compute, when, and what a contract clause is worth.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def print_version(requested: bool) -> None:
    """Print the version, and stop."""
    if requested:
        from importlib.metadata import version

        typer.echo(f"sim {version('rofr')}")
        raise typer.Exit


COMMANDS: dict[str, Callable[..., None]] = {
    "run": run_command,
    "plot": plot_command,
    "compare": compare_command,
    "sweep": sweep_command,
    "check": check_command,
    "show": show_command,
    "sources": sources_command,
    "schema": schema_command,
    "new": new_command,
    "value": value_command,
    "plan": plan_command,
    "sensitivity": sensitivity_command,
    "fit": fit_command,
    "verify": verify_command,
    "explain": explain_command,
}
"""The subcommands, in the order in which the help lists them."""
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


@app.callback()
def common_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version, and stop.", is_eager=True, callback=print_version),
    ] = False,
) -> None:
    """Take the options that every command has; `main` looks for --debug, wherever it stands."""


def main() -> None:
    """Run a command. An error of the user's is reported as a one-line message, with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, TextIOWrapper
        ):  # a pipe may be ASCII: what it cannot take is replaced, not an error
            stream.reconfigure(errors="replace")
    # As Ctrl-C, so that what is finished is kept where a queue or a container ends the process.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    debug = "--debug" in sys.argv  # taken out by hand, since typer knows it before a subcommand alone
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        app()
    except BrokenPipeError:  # as by `sim ... | head`; what Python still flushes at the end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_DONE)
    except Exception as error:
        from sim.scenario.faults import UserError

        if debug or not isinstance(error, UserError):
            raise
        typer.echo(str(error), err=True)
        sys.exit(EXIT_USER_ERROR)
