"""The one place where exceptions become a line on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli import streams
from skillpack.cli.console import Voice
from skillpack.cli.group import COMPLETE, PROGRAM, group
from skillpack.errors import SettingsError, SkillpackError
from skillpack.findings import RejectedError, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    from skillpack.cli.console import Console

FINDINGS: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
TERMINATED: Final = 143


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    with _signals_as_exceptions():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    streams.settle()
    voice = Voice()
    try:
        code = _invoke(arguments, voice)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has enough; not our failure
        streams.let_go_of(sys.stdout)
        return 0
    except click.exceptions.Exit as error:  # --help and --version have said all
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        streams.tell("interrupted; every file is whole, as it was or new")
        return INTERRUPTED
    except _TerminatedError:
        streams.tell("terminated; every file is whole, as it was or new")
        return TERMINATED
    except RejectedError as error:
        voice.console.report(error.report)
        return FAILED if error.report.crashed else FINDINGS
    except (click.ClickException, SkillpackError, OSError) as error:
        _tell(voice.console, error)
        streams.let_go_of(sys.stdout)
        return FAILED
    return code if isinstance(code, int) else 0


def _invoke(arguments: Sequence[str], voice: Voice) -> object:
    """Call the command and return what it returns; click's own main would make a closed pipe a failure."""
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, PROGRAM, COMPLETE, instruction)
    with group.make_context(PROGRAM, list(arguments), obj=voice) as context:
        return group.invoke(context)


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
            if signal.getsignal(number) is not signal.SIG_IGN:  # once one was raised, nothing may stop the ending
                signal.signal(number, handler)


def _raiser(meaning: type[BaseException], handled: Iterable[int]) -> Callable[[int, FrameType | None], None]:
    def handle(_signal: int, _frame: FrameType | None) -> None:
        for number in handled:
            signal.signal(number, signal.SIG_IGN)
        raise meaning

    return handle


_SIGNALS: Final = {"SIGINT": KeyboardInterrupt, "SIGTERM": _TerminatedError, "SIGHUP": _TerminatedError}


def _tell(console: Console, error: click.ClickException | SkillpackError | OSError) -> None:
    """Say what failed on stderr, and where there is help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        streams.tell(error.format_message())
        return
    for words in [one.alone for one in (error, *error.more)] if isinstance(error, SettingsError) else [_words(error)]:
        console.fail(words)
    if isinstance(error, click.UsageError) and error.ctx:
        streams.tell(f"try: {error.ctx.command_path} --help")


def _words(error: click.ClickException | SkillpackError | OSError) -> str:
    if isinstance(error, click.ClickException):  # said as our own are; it shows what it was given, which is anything
        message = " ".join(error.format_message().split()).rstrip(".")
        return escaped(message[:1].lower() + message[1:])
    if isinstance(error, OSError):
        return f"{escaped(str(error.filename or 'the system'))}: {(error.strerror or 'failed').lower()}"
    return str(error)
