"""The one place where exceptions become a line on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli.console import Console
from skillpack.cli.group import group
from skillpack.errors import SkillpackError
from skillpack.findings import RejectedError, escaped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

FINDINGS: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
TERMINATED: Final = 143


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = group.main(list(arguments), "skillpack", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has enough; not our failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return FAILED
    except click.UsageError as error:
        return _fail(f"{error.format_message()}{_help(error.ctx)}")
    except click.ClickException as error:
        return _fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; nothing was written", err=True)
        return INTERRUPTED
    except _TerminatedError:
        click.echo("terminated; nothing was written", err=True)
        return TERMINATED
    except RejectedError as error:
        Console().report(error.report)
        return FINDINGS
    except SkillpackError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{escaped(str(error.filename or 'the system'))}: {(error.strerror or 'failed').lower()}")
    return code if isinstance(code, int) else 0


class _TerminatedError(BaseException):
    """SIGTERM, raised so that every finally and with runs."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise _TerminatedError


def _fail(message: str) -> int:
    click.echo(f"{Console().style('error', 'error')}: {message}", err=True)
    return FAILED


def _help(context: click.Context | None) -> str:
    return f"\ntry: {context.command_path} --help" if context else ""
