"""Options that several commands share, and the session they add up to."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli.console import Console, Voice
from skillpack.findings import escaped
from skillpack.settings import Settings
from skillpack.sources.directory import portable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.api import Builder
    from skillpack.settings.file import SettingsFile, SettingsFinder

Command = Callable[..., Any]
ARGUMENTS: Final = "skillpack.arguments"
"""Where the group leaves the arguments of the command it calls."""


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line: how to talk, and what was set.

    `patterns` are those of --exclude and --include in the order in which they were given, the latter with `!` in front.
    """

    console: Console
    options: dict[str, Any] = field(default_factory=dict)
    config: Path | None = None
    patterns: tuple[str, ...] = ()
    _finders: list[SettingsFinder] = field(default_factory=list, init=False, repr=False, compare=False)

    def builder(self, skill: str | None = None) -> Builder:
        """Return a builder under the settings of one skill, or of this folder, which shows its progress.

        Args:
            skill: the skill's folder or zip; each has the settings of the file nearest to it.

        Raises:
            SettingsError: that file makes no sense.
        """
        from skillpack.api import Builder

        watch = self.console.watch()
        click.get_current_context().call_on_close(watch.clear)  # a failure must not leave half a line behind
        return Builder(self.settings(skill), watch)

    def settings(self, skill: str | None = None, among: Iterable[str] = ()) -> Settings:
        """Return the settings of one skill, or of this folder: defaults < file < options.

        Takes what settings_file does.

        Raises:
            SettingsError: the file or an option makes no sense.
        """
        file = self.settings_file(skill, among)
        settings = file.settings(Path(skill or ".")) if file else Settings()
        if not self.patterns:
            return replace(settings, **self.options)
        return replace(settings, **self.options, exclude=(*settings.patterns, *self.patterns), include=())

    def settings_file(self, skill: str | None = None, among: Iterable[str] = ()) -> SettingsFile | None:
        """Return the settings file that speaks for a skill, or for this folder.

        Args:
            skill: its folder or zip; this folder if None.
            among: the skills of the call that this folder's settings are for; who owns them may own the file.

        Raises:
            SettingsError: it makes no sense, or another user owns it.
        """
        from skillpack.rules import objection
        from skillpack.settings.file import SettingsFinder

        if not self._finders:
            self._finders.append(SettingsFinder(self.config))
        finder = self._finders[0]
        file = finder.above(skill) if skill else finder.nearest_to(Path(), among)
        if file:
            file.refuse((key, message) for key, id, level in file.levels() if (message := objection(id, level)))
        return file


def common(function: Command) -> Command:
    """Add what every command takes, and hand the command a Session in its place."""

    @click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use colour.")
    @click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors on stderr.")
    @click.option("-v", "--verbose", is_flag=True, help="Say of each path left out which line decided.")
    @click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Take the settings from this file.  [default: the nearest above each skill]",
    )
    @click.option("--target", type=click.Choice(["openai", "agentskills"]), help="Whose demands count.")
    @functools.wraps(function)
    def command(*, color: Any, quiet: bool, verbose: bool, config: Path | None, target: Any, **given: Any) -> Any:
        options = {key: given.pop(key) for key in _SETTINGS & given.keys()}
        options["target"] = target
        in_order = _in_order({key: given.pop(key, ()) for key in ("exclude", "include")})
        patterns = tuple(portable(pattern) for pattern in in_order)
        stated = {key: value for key, value in options.items() if value not in (None, ())}
        console = Console(color, quiet, verbose)
        click.get_current_context().ensure_object(Voice).console = console
        return function(Session(console, stated, config, patterns), **given)

    return command


_SETTINGS = {"gitignore", "default_excludes", "compression"}


def _in_order(given: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the patterns as one list, the last of which wins; click keeps the order of each option alone."""
    context = click.get_current_context()
    if not (given["exclude"] and given["include"]):
        return (*given["exclude"], *(f"!{pattern}" for pattern in given["include"]))
    _, _, parameters = context.command.make_parser(context).parse_args(list(context.meta[ARGUMENTS]))
    patterns = {
        "exclude": iter(given["exclude"]),
        "include": (f"!{pattern}" for pattern in given["include"]),
    }
    return tuple(next(patterns[each.name]) for each in parameters if each.name in patterns)


def _plain(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a pattern that says the opposite of its option: a file that somebody excludes must not go along."""
    for pattern in given:
        if not pattern.strip(" "):
            raise click.BadParameter("an empty pattern matches nothing; is a variable not set?")
        if pattern.startswith("!"):
            raise click.BadParameter(
                f"{pattern} begins with !; give what to keep to --include, and write \\! for a name that begins so"
            )
    return given


_patterns = functools.partial(click.option, multiple=True, metavar="PATTERN", callback=_plain)


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
        _patterns("--include", help="Keep what matches all the same."),
        _patterns("--exclude", help="Leave out what matches."),
    ):
        function = option(function)
    return function


compression = click.option(
    "--compression",
    type=click.Choice(["deflate", "smallest", "store"]),
    help="How to compress; store gives the same bytes for ever.  [default: deflate]",
)


class _Filled(click.types.StringParamType):
    """Text that says something: a variable that is not set must not become part of a request."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if not value:
            self.fail("it is empty; is a variable not set?", parameter, context)
        return super().convert(value, parameter, context)


filled: Final = _Filled()


class _Place(click.Path):
    """A path to write to. It is judged as it was written: as a Path, `` is this folder and `new/` a file."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if not value:
            self.fail("an empty path names nothing", parameter, context)
        if self.dir_okay is False and str(value).endswith(("/", os.sep)):
            self.fail(f"{escaped(str(value))} is the name of a folder", parameter, context)
        return super().convert(value, parameter, context)


output = click.option(
    "-o",
    "--output",
    type=_Place(dir_okay=False, path_type=Path),
    help="Write to this file, whole or not at all.",
)

output_directory = click.option(
    "--output-dir",
    type=_Place(file_okay=False, path_type=Path),
    help="Write one file for each skill into this folder.",
)

skills = click.argument("skills", nargs=-1, required=True, metavar="SKILL...")
