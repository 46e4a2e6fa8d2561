"""The one place where exceptions become a line on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli.console import Console
from skillpack.cli.group import group
from skillpack.errors import SkillpackError
from skillpack.findings import RejectedError, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

FINDINGS: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
TERMINATED: Final = 143


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    with _signals_as_exceptions():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = group.main(list(arguments), "skillpack", standalone_mode=False)
        getattr(sys.stdout, "flush", bool)()  # there is none if we were started with it closed
    except BrokenPipeError:  # whoever read our output has enough; not our failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return FAILED
    except click.UsageError as error:
        return _fail(f"{_lines(error.format_message())}{_help(error.ctx)}")
    except click.ClickException as error:
        return _fail(_lines(error.format_message()))
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; every file is whole, as it was or new", err=True)
        return INTERRUPTED
    except _TerminatedError:
        click.echo("terminated; every file is whole, as it was or new", err=True)
        return TERMINATED
    except RejectedError as error:
        Console().report(error.report)
        return FAILED if error.report.crashed else FINDINGS
    except SkillpackError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{escaped(str(error.filename or 'the system'))}: {(error.strerror or 'failed').lower()}")
    return code if isinstance(code, int) else 0


class _TerminatedError(BaseException):
    """SIGTERM or SIGHUP, raised so that every finally and with runs."""


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise once; a second one must not cut the tidying up short."""
    if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
        yield
        return
    before: dict[signal.Signals, Any] = {}
    for name, meaning in _SIGNALS.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        # what nohup, or a shell for its background jobs, told us to ignore stays ignored
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, _raiser(meaning, before))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raiser(meaning: type[BaseException], handled: Iterable[int]) -> Callable[[int, FrameType | None], None]:
    def handle(_signal: int, _frame: FrameType | None) -> None:
        for number in handled:
            signal.signal(number, signal.SIG_IGN)
        raise meaning

    return handle


_SIGNALS: Final = {"SIGINT": KeyboardInterrupt, "SIGTERM": _TerminatedError, "SIGHUP": _TerminatedError}


def _fail(message: str) -> int:
    click.echo(f"{Console().style('error', 'error')}: {message}", err=True)
    return FAILED


def _lines(message: str) -> str:
    """Click shows what it was given, and that may hold anything."""
    return "\n".join(escaped(line) for line in message.splitlines())


def _help(context: click.Context | None) -> str:
    return f"\ntry: {context.command_path} --help" if context else ""
