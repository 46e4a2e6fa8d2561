"""Tell options from names of files where a hook is called, because pre-commit and prek put no `--` between them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from skillpack.cli.console import Voice
from skillpack.cli.options import ARGUMENTS
from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOUND: Final = "skillpack.ambiguous"
_HARMLESS: Final = frozenset({"--all", "--hook", "--no-default-excludes", "--no-gitignore", "--strict"})
"""Options without a value that can only add findings."""


class Ambiguity(NamedTuple):
    """The arguments that begin with `-` and are also files; `files` are all arguments that are files, if there are any.

    Those after an option that takes a value could be lost as its value, therefore all are named.
    """

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @classmethod
    def current(cls) -> Ambiguity:
        """Return what was found in the arguments of the current command."""
        found = click.get_current_context().meta.get(_FOUND, cls())
        assert isinstance(found, cls)
        return found

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Ambiguity:
        """Search the arguments of a hook; others have none.

        Nothing after `--` can be an option. It counts as that only where no file has this name.
        """
        end = arguments.index("--") if "--" in arguments and not os.path.lexists("--") else len(arguments)
        options = arguments[:end]
        names = tuple(dict.fromkeys(each for each in options if each.startswith("-") and os.path.lexists(each)))
        if not names or "--hook" not in options:
            return cls()
        return cls(names, tuple(filter(_is_file, arguments)))

    @property
    def errors(self) -> tuple[str, ...]:
        """One line for each name, safe to print."""
        return tuple(f"{escaped(name)}: this file has the name of an option; rename it" for name in self.names)

    def options_in(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments without those that can only be names.

        The files come last and each once. Where a name occurs once, it may be the option, the file or both: it has an
        effect only if that is harmless. Where it occurs more often, those before the last are the option.
        """
        included = list(arguments)
        for name in self.names:
            if name not in _HARMLESS:
                del included[len(included) - 1 - included[::-1].index(name)]
        return included


class HookCommand(click.Command):
    """A command that fails if a hook hands it a file with the name of an option, whatever the option does."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Parse what can only be options and names, and report each name that can be both."""
        found = Ambiguity.from_arguments(arguments)
        if not found.names:
            return super().parse_args(context, arguments)
        for error in found.errors:
            context.ensure_object(Voice).console.fail(error)
        included = found.options_in(arguments)
        context.meta.update({_FOUND: found, ARGUMENTS: list(included)})
        try:
            return super().parse_args(context, included)
        except click.exceptions.Exit as error:  # --help
            raise click.exceptions.Exit(max(error.exit_code, 1)) from error

    def invoke(self, context: click.Context) -> Any:
        """Run the command; its exit code is not 0 if a name can be an option."""
        code = super().invoke(context)
        return max(code, 1) if _FOUND in context.meta else code


def _is_file(path: str) -> bool:
    return os.path.lexists(path) and (Path(path).is_symlink() or not Path(path).is_dir())
