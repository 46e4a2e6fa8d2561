"""Distinguish options from file names in a hook's arguments, where pre-commit and prek put no `--` between them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli.console import ConsoleHolder
from skillpack.cli.exit_codes import FINDINGS
from skillpack.cli.options import ARGUMENTS
from skillpack.findings import Unread
from skillpack.text import escaped
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOUND: Final = "skillpack.ambiguous"
_HARMLESS: Final = frozenset({"--all", "--hook", "--no-default-excludes", "--no-gitignore", "--strict"})
"""Options without a value that can only add findings."""


class Ambiguity(NamedTuple):
    """The `names` of files that start with `-`, and if there are any, all arguments that are `files`.

    All are listed because click takes a file name after an option with a value for that value.
    """

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @classmethod
    def current(cls) -> Ambiguity:
        """Return the ambiguous arguments of the current command."""
        found = click.get_current_context().meta.get(_FOUND, cls())
        assert isinstance(found, cls)
        return found

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Ambiguity:
        """Search the arguments for ambiguous ones; without --hook there are none.

        Nothing after `--` is an option, unless a file has the name `--`.
        """
        end = arguments.index("--") if "--" in arguments and not os.path.lexists("--") else len(arguments)
        options = arguments[:end]
        names = tuple(dict.fromkeys(each for each in options if each.startswith("-") and os.path.lexists(each)))
        if not names or "--hook" not in options:
            return cls()
        return cls(names, tuple(filter(_is_file, arguments)))

    @property
    def unread(self) -> tuple[Unread, ...]:
        """An error for each name."""
        return tuple(
            Unread(path=name, message=f"{escaped(name)}: this file has the name of an option; rename it")
            for name in self.names
        )

    def options_in(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments without those that can only be file names.

        Hooks pass file names last, each once. A name that occurs once may be the option, the file or both: the option
        applies only if it is harmless. Of a name that occurs more often, all but the last are the option.
        """
        included = list(arguments)
        for name in self.names:
            if name not in _HARMLESS:
                del included[len(included) - 1 - included[::-1].index(name)]
        return included


class HookCommand(click.Command):
    """A command that fails if a hook passes it a file with the name of an option, whatever the option does."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Parse the arguments that are not ambiguous, and report each one that is."""
        found = Ambiguity.from_arguments(arguments)
        if not found.names:
            return super().parse_args(context, arguments)
        for each in found.unread:
            context.ensure_object(ConsoleHolder).console.print_error(each.message)
        included = found.options_in(arguments)
        context.meta.update({_FOUND: found, ARGUMENTS: list(included)})
        try:
            return super().parse_args(context, included)
        except click.exceptions.Exit as error:  # --help
            raise click.exceptions.Exit(max(error.exit_code, FINDINGS)) from error

    def invoke(self, context: click.Context) -> Any:
        """Run the command; the exit code is at least 1 if an argument is ambiguous."""
        code = super().invoke(context)
        return max(code, FINDINGS) if _FOUND in context.meta else code


def _is_file(path: str) -> bool:
    return os.path.lexists(path) and (Path(path).is_symlink() or not Path(path).is_dir())
