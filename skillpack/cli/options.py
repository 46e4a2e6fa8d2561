"""Options that several commands share, and the session they add up to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skillpack.cli.console import Console
from skillpack.settings import Settings

if TYPE_CHECKING:
    from skillpack.builder import Builder

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line: how to talk, and what was set."""

    console: Console
    options: dict[str, Any] = field(default_factory=dict)

    def builder(self) -> Builder:
        """Return a builder under the call's settings, which shows its progress."""
        from skillpack.builder import Builder

        return Builder(Settings(**self.options), self.console.watch())


def common(function: Command) -> Command:
    """Add what every command takes, and hand the command a Session in its place."""

    @click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour.")
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
    @click.option("-v", "--verbose", is_flag=True, help="Say more.")
    @click.option("--target", type=click.Choice(["openai", "agentskills"]), help="Whose demands count.")
    @functools.wraps(function)
    def command(*, color: Any, quiet: bool, verbose: bool, target: Any, **given: Any) -> Any:
        options = {key: given.pop(key) for key in _SETTINGS & given.keys()}
        options["target"] = target
        stated = {key: value for key, value in options.items() if value not in (None, ())}
        return function(Session(Console(color, quiet, verbose), stated), **given)

    return command


_SETTINGS = {"exclude", "include", "gitignore", "default_excludes", "compression"}


def selection(function: Command) -> Command:
    """Add the options that choose files."""
    for option in (
        click.option(
            "--no-default-excludes",
            "default_excludes",
            flag_value=False,
            default=None,
            help="Do without the built-in patterns.",
        ),
        click.option(
            "--no-gitignore", "gitignore", flag_value=False, default=None, help="Do without .gitignore files."
        ),
        click.option("--include", multiple=True, metavar="PATTERN", help="Keep what matches all the same."),
        click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what matches."),
    ):
        function = option(function)
    return function


compression = click.option(
    "--compression",
    type=click.Choice(["deflate", "smallest", "store"]),
    help="How to compress; store gives the same bytes for ever.  [default: deflate]",
)

output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, whole or not at all.",
)

output_directory = click.option(
    "--output-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write one file for each skill into this folder.",
)

skills = click.argument("skills", nargs=-1, required=True, metavar="SKILL...")
