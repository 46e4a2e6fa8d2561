"""Run a command, and turn exceptions into a message on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from skillpack import __version__
from skillpack.cli import console
from skillpack.cli.console import ConsoleHolder, write_stderr
from skillpack.cli.exit_codes import FAILED, FINDINGS, INTERRUPTED, SUCCEEDED, TERMINATED, describe_exit_codes
from skillpack.cli.options import ARGUMENTS
from skillpack.cli.signals import TerminatedError, ignore_signals, raise_signals
from skillpack.errors import OutputError, SettingsError, SkillpackError, describe_alone
from skillpack.findings import RejectedError, has_crashed
from skillpack.text import escaped, list_words, nearest, os_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skillpack.cli.console import Console
    from skillpack.cli.signals import Handlers

PROGRAM: Final = "skillpack"
COMPLETE: Final = "_SKILLPACK_COMPLETE"
"""The environment variable by which a shell asks for completions."""

# in the order in which a new user meets them
COMMANDS: Final = {
    "new": "Create a skill with a SKILL.md to fill in.",
    "check": "Check skills and report problems.",
    "pack": "Print a skill as the InlineSkill to embed in a request.",
    "container": "Print the complete body of POST /containers.",
    "shell": "Print the shell tool of the Responses API.",
    "environment": "Print a body of the Agents API, with skills in its environment.",
    "zip": "Write a skill's zip.",
    "unpack": "Write the files of a bundle to new folders.",
    "diff": "Show what differs between two skills.",
    "files": "List what is packed and what is excluded, and why.",
    "why": "Show which rule includes or excludes a path.",
    "targets": "Show which consumers a skill fits, and why not.",
    "size": "Show what each file of a skill costs in a request.",
    "digest": "Print the content digest, which identifies a skill's content.",
    "lock": "Pin the content of skills in a file, and check it.",
    "manifest": "Print the hashes and sizes of files and zips.",
    "attest": "Print an in-toto statement about a skill, to be signed.",
    "rule": "List all rules, or show the page of one.",
    "schema": "Print a JSON schema.",
    "completion": "Print the completion script for a shell.",
}

_MEANT: Final = {
    "help": "--help",
    "version": "--version",
    **dict.fromkeys(("explain", "rules"), "rule"),
    **dict.fromkeys(("validate", "lint", "verify", "doctor", "test"), "check"),
    **dict.fromkeys(("fix", "format", "fmt"), "check --fix"),
    **dict.fromkeys(("init", "create", "scaffold"), "new"),
    **dict.fromkeys(("list", "ls", "tree"), "files"),
    **dict.fromkeys(("build", "bundle", "package"), "pack"),
    **dict.fromkeys(("extract", "unzip"), "unpack"),
    **dict.fromkeys(("hash", "sha256", "checksum"), "digest"),
    **dict.fromkeys(("compare",), "diff"),
    **dict.fromkeys(("completions",), "completion"),
}
"""What other programs call a command, and what it is here."""

_SKILL: Final = "SKILL is a skill's directory or a file in it, a zip, or a request body in JSON"
_INPUTS: Final = {
    **dict.fromkeys(
        ("pack", "zip", "container", "shell", "environment", "files", "digest", "size", "targets"),
        f"{_SKILL}; `-` is a zip or a body on stdin.",
    ),
    **dict.fromkeys(("manifest", "attest"), f"{_SKILL}."),
    "lock": f"{_SKILL}; with --check, `-` is a zip or a body on stdin.",
}
"""What a command takes for SKILL, where its description does not name it."""

_PRINTING: Final = frozenset({"-h", "--help", "-V", "--version"})

_OUTPUT_OPTIONS: Final = {
    "-o": ("-d",),
    "--output": ("--directory",),
    "--output-dir": ("--directory",),
    "-d": ("--output-dir", "-o"),
    "--directory": ("--output-dir", "--output"),
}
"""What another command calls the option for its output."""

_WRITING: Final = frozenset(
    {"new", "unpack", "lock", "--output", "--output-dir", "--directory", "--fix", "--html", "--write-baseline"}
)
_NOT_WRITTEN: Final = "; no partial files were written"

_EPILOG: Final = """\
\b
Exit codes:
  0         no errors; there may be warnings and notes
  1         errors, or warnings with --strict
  2         failure: wrong usage, skill not found, output not written
  130, 143  interrupted by SIGINT; by SIGTERM or SIGHUP

Example: skillpack container --name demo skills/pdf-forms | curl --data-binary @- ...
"""


class _LazyGroup(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = import_module(f"skillpack.cli.commands.{name}").command
        assert isinstance(command, click.Command)
        if command.epilog and "Exit codes" not in command.epilog:  # a command is imported once, and returned again
            inputs = f"{_INPUTS[name]}\n\n" if name in _INPUTS else ""
            command.epilog = inputs + _with_example(command.epilog) + describe_exit_codes(name)
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        context.meta[ARGUMENTS] = arguments[1:]
        name = arguments[0]
        if name not in COMMANDS and not name.startswith("-"):
            context.fail(f"no such command '{name[:100]}'{_did_you_mean(name)}")
        return super().resolve_command(context, arguments)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _did_you_mean(name: str) -> str:
    """Return `; did you mean check?` for a command that there is not, or an empty string."""
    meant = _MEANT.get(name.lower())
    return f"; did you mean {meant}?" if meant else nearest(name, COMMANDS)


def _with_example(epilog: str) -> str:
    """Put the example on a line of its own that click does not wrap, for which its mark is a backspace."""
    return epilog.replace("Example: ", "\b\nExample:\n  ")


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_with_example(_EPILOG),
)
@click.version_option(__version__, "-V", "--version", prog_name=PROGRAM, message="%(prog)s %(version)s")
def group() -> None:
    """Check agent skills, and pack them into request bodies for the OpenAI API."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    console.prepare_streams()
    handlers: Handlers = {}
    try:
        with raise_signals(handlers):
            return _run(arguments)
    except (KeyboardInterrupt, click.Abort):
        ignore_signals(handlers)
        write_stderr(f"interrupted{_NOT_WRITTEN if _writes(arguments) else ''}")
        return INTERRUPTED
    except TerminatedError:
        ignore_signals(handlers)
        write_stderr(f"terminated{_NOT_WRITTEN if _writes(arguments) else ''}")
        return TERMINATED


def _writes(arguments: Sequence[str]) -> bool:
    """Return whether a call writes files: a command for that, or one with an option for a file."""
    return bool(_WRITING.intersection(argument.partition("=")[0] for argument in arguments)) or any(
        argument.startswith(("-o", "-d")) for argument in arguments
    )


def _run(arguments: Sequence[str]) -> int:
    holder = ConsoleHolder()
    code: object = SUCCEEDED
    try:
        code = _invoke(arguments, holder)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe: not a failure, and no other verdict
        console.discard(sys.stdout)
    except click.exceptions.Exit as error:  # --help and --version
        return error.exit_code
    except RejectedError as error:
        holder.console.print_report(error.report)
        return FAILED if has_crashed(error.report) else FINDINGS
    except (click.ClickException, SkillpackError, OSError) as error:
        if type(error) is OSError and _PRINTING.intersection(arguments):
            error = OutputError(f"cannot write to stdout: {os_error(error)}")
        _print_failure(holder.console, error)
        console.discard(sys.stdout)
        return FAILED
    return code if isinstance(code, int) else SUCCEEDED


def _invoke(arguments: Sequence[str], holder: ConsoleHolder) -> object:
    """Call the command and return its result; click's own main would make a closed pipe a failure."""
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        try:
            return shell_complete(group, {}, PROGRAM, COMPLETE, instruction)
        except (KeyError, ValueError, IndexError) as error:  # words that no completion script passes
            raise click.UsageError(f"{COMPLETE} is for completion scripts; unset it") from error
    with group.make_context(PROGRAM, list(arguments), obj=holder) as context:
        return group.invoke(context)


def _print_failure(console: Console, error: click.ClickException | SkillpackError | OSError) -> None:
    """Print what failed, and for wrong usage where to find help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        write_stderr(error.format_message())
        return
    for message in (
        [describe_alone(one) for one in (error, *error.more)] if isinstance(error, SettingsError) else [_message(error)]
    ):
        console.print_error(message)
    if isinstance(error, click.UsageError) and error.ctx:
        write_stderr(f"try: {error.ctx.command_path} --help")


def _output_option(error: click.ClickException) -> str:
    """Return `; did you mean -d?` for an output option that only other commands have, or an empty string.

    Before the command there is no option but --help and --version.
    """
    if not isinstance(error, click.NoSuchOption) or not error.ctx:
        return ""
    if error.ctx.command is group:
        return "" if error.possibilities else "; options follow the command, as in skillpack check --quiet"
    known = {name for parameter in error.ctx.command.params for name in parameter.opts}
    meant = next((name for name in _OUTPUT_OPTIONS.get(error.option_name, ()) if name in known), None)
    return f"; did you mean {meant}?" if meant and not error.possibilities else ""


def _message(error: click.ClickException | SkillpackError | OSError) -> str:
    if isinstance(error, click.NoSuchOption):
        meant = f"; did you mean {list_words(error.possibilities, 'or')}?" if error.possibilities else ""
        return escaped(f"no such option '{error.option_name[:100]}'{meant}") + _output_option(error)
    if isinstance(error, click.ClickException):  # quotes the arguments, which may hold anything
        message = " ".join(error.format_message().split()).rstrip(".").replace(". Choose from:", ": choose from")
        return escaped(message[:1].lower() + message[1:]) + _output_option(error)
    if isinstance(error, OSError) and not isinstance(error, SkillpackError):
        return f"{escaped(str(error.filename or 'system'))}: {os_error(error)}"
    return str(error)
