"""The one place where exceptions become a line on stderr and an exit code."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack import __version__
from skillpack.cli import streams
from skillpack.cli.console import Voice
from skillpack.cli.options import ARGUMENTS
from skillpack.errors import SettingsError, SkillpackError
from skillpack.findings import RejectedError, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import FrameType

    from skillpack.cli.console import Console


PROGRAM: Final = "skillpack"
COMPLETE: Final = "_SKILLPACK_COMPLETE"
"""The environment variable by which a shell asks for completions."""

# in the order in which somebody meets them
COMMANDS: Final = {
    "check": "Say everything there is to say about skills.",
    "pack": "Print a skill as the InlineSkill to embed in a request.",
    "container": "Print the whole body of POST /containers.",
    "shell": "Print the Responses API's shell tool.",
    "zip": "Write the bundle itself.",
    "files": "List what is packed and what is left out, and why.",
    "why": "Say which line of which ignore file decides on a path.",
    "digest": "Print the content digest: the identity of a bundle.",
    "rule": "List all rules, or show the page of one.",
    "schema": "Print a JSON schema.",
    "completion": "Print the script that completes our words in a shell.",
}


class _LazyGroup(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"skillpack.cli.commands.{name}").command
        assert isinstance(command, click.Command)
        command.epilog = _example(command.epilog)
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        context.meta[ARGUMENTS] = arguments[1:]
        return super().resolve_command(context, arguments)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _example(epilog: str | None) -> str | None:
    """Set the example on a line of its own that click does not wrap (its mark for that is a backspace)."""
    return epilog and epilog.replace("Example: ", "\b\nExample:\n  ")


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_example("Example: skillpack container --name demo skills/pdf-forms | curl --data-binary @- ..."),
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def group() -> None:
    """Pack agent skills into what the OpenAI API takes, and say what is wrong with them first."""


FINDINGS: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
TERMINATED: Final = 143
_SOON: Final = 0.1
"""Seconds until a signal that Python dropped is sent again."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    streams.settle()
    handled: dict[signal.Signals, Any] = {}
    try:
        with _signals_as_exceptions(handled):
            return _run(arguments)
    except (KeyboardInterrupt, click.Abort):
        _ignore(handled)
        streams.tell("interrupted; every file is whole, as it was or new")
        return INTERRUPTED
    except _TerminatedError:
        _ignore(handled)
        streams.tell("terminated; every file is whole, as it was or new")
        return TERMINATED


def _run(arguments: Sequence[str]) -> int:
    voice = Voice()
    try:
        code = _invoke(arguments, voice)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has enough; not our failure
        streams.let_go_of(sys.stdout)
        return 0
    except click.exceptions.Exit as error:  # --help and --version have said all
        return error.exit_code
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
def _signals_as_exceptions(before: dict[signal.Signals, Any]) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise, until it ends without one; `before` gets the handlers there were."""
    if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
        yield
        return
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = partial(_resend, hook)
        for name, meaning in _SIGNALS.items():
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            # what nohup, or a shell for its background jobs, told us to ignore stays ignored
            if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.getsignal(number)
                signal.signal(number, _raiser(meaning))
        yield
    except (KeyboardInterrupt, _TerminatedError):
        raise
    except BaseException:
        _restore(before)
        raise
    else:
        _restore(before)
    finally:
        sys.unraisablehook = hook


def _resend(hook: Callable[[sys.UnraisableHookArgs], object], dropped: sys.UnraisableHookArgs) -> None:
    """Send a signal once more that came up in a `__del__` or a callback of a weak reference, where Python drops it."""
    if not isinstance(dropped.exc_value, KeyboardInterrupt | _TerminatedError):
        hook(dropped)
        return
    number = signal.SIGINT if isinstance(dropped.exc_value, KeyboardInterrupt) else signal.SIGTERM
    _thread.start_new_thread(_send_soon, (number,))  # sent here, it would be dropped again


def _send_soon(number: signal.Signals) -> None:
    time.sleep(_SOON)
    if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
        return  # we have ended meanwhile, and whoever called us has not been interrupted
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)  # which wakes it where it waits
    else:
        signal.raise_signal(number)


def _restore(before: Mapping[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)


def _ignore(handled: Iterable[signal.Signals]) -> None:
    """Let nothing stop the ending; the threads that Python joins after us belong to it."""
    for number in handled:
        signal.signal(number, signal.SIG_IGN)


def _raiser(meaning: type[BaseException]) -> Callable[[int, FrameType | None], None]:
    """Return a handler that raises, but not into the tidying up after an earlier signal.

    That one was raised is not enough to know that it arrived (see _resend). While it is on its way, every `except`,
    `finally` and `with` sees it.
    """

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if not _unwinding(sys.exception()):
            raise meaning

    return handle


def _unwinding(error: BaseException | None) -> bool:
    """Whether what is handled right now is a signal, or came up while one was handled."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | click.Abort | _TerminatedError):
            return True
        error = error.__context__
    return False


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
    if isinstance(error, OSError) and not isinstance(error, SkillpackError):
        return f"{escaped(str(error.filename or 'the system'))}: {(error.strerror or 'failed').lower()}"
    return str(error)
