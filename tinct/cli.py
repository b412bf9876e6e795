"""The command line: composes the parts' commands and turns errors into one line and an exit code.

Every command imports what it needs when it runs, so that ``tinct --help`` is quick and ``tinct colorize`` never meets
PyTorch.
"""

import logging
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from tinct import __version__
from tinct.commands.bench import bench
from tinct.commands.colorize import colorize
from tinct.commands.data import data
from tinct.commands.demo import demo
from tinct.commands.evaluate import evaluate
from tinct.commands.export import export
from tinct.commands.farm import farm
from tinct.commands.info import info
from tinct.commands.install import install
from tinct.commands.library import library
from tinct.commands.models import models
from tinct.commands.panel import panel
from tinct.commands.project import project
from tinct.commands.report import report
from tinct.commands.shots import shots
from tinct.commands.train import train
from tinct.commands.worker import worker
from tinct.runtime.errors import TinctError

STOPPED = 130
"""Exit code after Ctrl-C (128 + SIGINT), as shells have it."""

app = typer.Typer(
    name="tinct",
    help="Colour black-and-white footage from colour reference stills.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (panel, colorize, shots, report, demo, evaluate, bench, models, info, install, train, export):
    app.command()(command)
app.add_typer(data)
app.add_typer(library)
app.add_typer(project)
app.add_typer(worker)
app.add_typer(farm)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinct {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say on stderr what is chosen and why.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="tinct: %(message)s", stream=sys.stderr
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on ``arguments`` (default: those of the process) and return its exit code.

    0: done; 1: it failed; 2: the request must change; 130: stopped by Ctrl-C or SIGTERM.
    """
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        code = app(args=None if arguments is None else list(arguments), prog_name="tinct", standalone_mode=False)
        if code == STOPPED:  # how typer hands Ctrl-C on
            _say("stopped")
        return int(code or 0)
    except TinctError as error:
        _say(f"error: {error}")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say("stopped")
        return STOPPED
    except BrokenPipeError:  # the reader of our output went away, as in `tinct models | head -1`
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115  (Python flushes it at exit and must not fail there)
        return 1
    except Exception as error:
        usage = _usage_message(error)
        if usage is None:
            raise
        _say(f"error: {usage}")
        return 2
    finally:
        signal.signal(signal.SIGTERM, previous)


def _say(text: str) -> None:
    """One line on stderr, whatever the message was made of."""
    typer.echo("tinct: " + " ".join(text.split()), err=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _usage_message(error: Exception) -> str | None:
    """What the argument parser found wrong, or None when ``error`` is not the parser's.

    The parser's exception class has no public name that holds over typer's versions (some carry their own click), so
    it is known by what every one of them has.
    """
    format_message = getattr(error, "format_message", None)
    if format_message is None or not hasattr(error, "exit_code"):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "tinct"
    return f"{format_message().rstrip('.')}; see '{path} --help'"
