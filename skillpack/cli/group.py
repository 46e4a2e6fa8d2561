"""The commands, each imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from skillpack import __version__
from skillpack.cli.options import ARGUMENTS

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
        command = import_module(f"skillpack.cli.{name}").command
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
