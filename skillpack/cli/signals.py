"""Turn SIGINT, SIGTERM and SIGHUP into exceptions, so that every `finally` and `with` runs."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import FrameType

    Handlers = dict[signal.Signals, Any]

_DELAY: Final = 0.1
"""Seconds until a signal that Python dropped is sent again."""


class TerminatedError(BaseException):
    """SIGTERM or SIGHUP."""


_EXCEPTIONS: Final = {"SIGINT": KeyboardInterrupt, "SIGTERM": TerminatedError, "SIGHUP": TerminatedError}


@contextmanager
def raise_signals(previous: Handlers) -> Iterator[None]:
    """Raise an exception for each signal; after a signal the handlers stay, else the previous ones are restored.

    Args:
        previous: filled with the handlers that were replaced.
    """
    if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
        yield
        return
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = partial(_resend, hook)
        for name, exception in _EXCEPTIONS.items():
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            # a signal ignored by nohup, or by a shell for its background jobs, stays ignored
            if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                previous[number] = signal.getsignal(number)
                signal.signal(number, _raiser(exception))
        yield
    except (KeyboardInterrupt, TerminatedError):
        raise
    except BaseException:
        _restore(previous)
        raise
    else:
        _restore(previous)
    finally:
        sys.unraisablehook = hook


def ignore_signals(numbers: Iterable[signal.Signals]) -> None:
    """Ignore signals from now on, so that the exit, and the threads that Python joins during it, are not disturbed."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


# Python drops an exception that is raised in a `__del__` or in the callback of a weak reference, so a signal that
# arrives there is sent again, from a thread because here it would be dropped again. Without this, the signal is lost:
# tests/test_signals.py, test_a_signal_where_python_drops_exceptions_is_not_lost.
def _resend(hook: Callable[[sys.UnraisableHookArgs], object], dropped: sys.UnraisableHookArgs) -> None:
    if not isinstance(dropped.exc_value, KeyboardInterrupt | TerminatedError):
        hook(dropped)
        return
    number = signal.SIGINT if isinstance(dropped.exc_value, KeyboardInterrupt) else signal.SIGTERM
    _thread.start_new_thread(_send_later, (number,))


def _send_later(number: signal.Signals) -> None:
    time.sleep(_DELAY)
    if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
        return  # the command has ended, and the signal would hit its caller
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)  # interrupts its system call
    else:
        signal.raise_signal(number)


def _restore(previous: Mapping[signal.Signals, Any]) -> None:
    for number, handler in previous.items():
        signal.signal(number, handler)


def _raiser(exception: type[BaseException]) -> Callable[[int, FrameType | None], None]:
    """Return a handler that raises, except during the cleanup after an earlier signal.

    It is not enough to know that an earlier signal was raised, because it may have been dropped (see _resend). Until
    it arrives, every `except`, `finally` and `with` has it as the exception being handled, or as its context.
    """

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if not _is_unwinding(sys.exception()):
            raise exception

    return handle


def _is_unwinding(error: BaseException | None) -> bool:
    """Return whether the exception being handled is a signal, or was raised while one was handled."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt | click.Abort | TerminatedError):
            return True
        error = error.__context__
    return False
