"""Options that several commands share, and the settings they result in."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli.console import Console, ConsoleHolder
from skillpack.errors import OutputError
from skillpack.settings import Settings, from_table, patterns_of
from skillpack.sources.directory import identify, portable
from skillpack.targets import TARGETS
from skillpack.text import escaped, nearest, os_error
from skillpack.values import Value, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from click.shell_completion import CompletionItem

    from skillpack.api import Builder
    from skillpack.cli.revision import Revision
    from skillpack.errors import NotASkillError
    from skillpack.settings.file import SettingsFile, SettingsFinder

Command = Callable[..., Any]
ARGUMENTS: Final = "skillpack.arguments"
"""Key in `context.meta` for the arguments of the command."""


class Session(Value, kw_only=False):
    """The console and the options of one call of the command line.

    `patterns` are those of --exclude and --include in the order in which they were given, the latter with `!` in front.
    `revision` is that of --rev, from which everything is read; `names` are those of --skill; `outputs` are the files
    that it writes. `settings_files` gets those that apply to what is asked for.
    """

    console: Console
    options: dict[str, Any] = field(default_factory=dict)
    config: Path | None = None
    patterns: tuple[str, ...] = ()
    revision: Revision | None = None
    names: tuple[str, ...] = ()
    outputs: tuple[Path, ...] = ()
    settings_files: set[Path] = field(default_factory=set, repr=False, compare=False)
    _finders: list[SettingsFinder] = field(default_factory=list, repr=False, compare=False)
    _known: dict[object, Settings] = field(default_factory=dict, repr=False, compare=False)

    def builder(self, skill: str | None = None) -> Builder:
        """Return a builder with the settings of one skill, or of the current directory, that shows its progress.

        Args:
            skill: the skill's directory or zip; the settings file nearest to it applies.

        Raises:
            SettingsError: the settings file is invalid.
        """
        from skillpack.api import Builder

        progress = self.console.progress()
        if not progress.shown:
            return Builder(self.settings(skill))
        click.get_current_context().call_on_close(progress.clear)  # or a failure leaves half a line
        return Builder(self.settings(skill), progress)

    def settings(self, skill: str | None = None, among: Iterable[str] = ()) -> Settings:
        """Return the settings of one skill, or of the current directory: options override the file, it the defaults.

        Takes the arguments of settings_file.

        Raises:
            SettingsError: the file or an option is invalid.
        """
        file = self.settings_file(skill, among)
        table = file.table_of(Path(skill or ".")) if file else {"rules": {}}
        key = file and file.path, *table["rules"].items()  # only the levels of rules differ between skills
        if key not in self._known:
            self._known[key] = self._with_options(from_table(table))
        return self._known[key]

    def _with_options(self, settings: Settings) -> Settings:
        if not self.patterns:
            return replace(settings, **self.options)
        return replace(settings, **self.options, exclude=(*patterns_of(settings), *self.patterns), include=())

    def settings_file(self, skill: str | None = None, among: Iterable[str] = ()) -> SettingsFile | None:
        """Return the settings file of a skill, or of the current directory.

        Args:
            skill: the skill's directory or zip; the current directory if None.
            among: the skills of this call; the owner of one of them may own the file of the current directory.

        Raises:
            SettingsError: the file is invalid, or another user owns it.
            OutputError: the call would replace it.
        """
        from skillpack.settings.file import SettingsFinder

        if not self._finders:
            self._finders.append(SettingsFinder(self.config))
        finder = self._finders[0]
        if self.revision and not self.config:
            file = self.revision.settings_file(skill)
        else:
            file = finder.above(skill) if skill else finder.nearest_to(Path(), among)
        if file:
            from skillpack.rules import explain_refused_level

            self.settings_files.add(file.path)
            file.refuse(
                (key, message) for key, id, level in file.levels() if (message := explain_refused_level(id, level))
            )
        if file and (self.config or not self.revision):
            _refuse_replacing(self.outputs, file.path, "the settings are read from it")
        return file


_HELP: Final = {
    "verbose": "Show which rule excluded each path.",
    "targets": "Enforce the requirements of this consumer, or of all; repeatable.  [default: openai]",
}
_OWN_HELP: Final = {
    **dict.fromkeys((("new", "verbose"), ("rule", "verbose"), ("digest", "verbose")), "Print more details."),
    ("targets", "verbose"): "Print more details.",
    ("targets", "targets"): "List only this consumer; repeatable.  [default: all]",
    ("size", "verbose"): "Show every file.",
}
"""(command, option) -> its help where that is another."""


def _help_of(function: Command, option: str) -> str:
    return _OWN_HELP.get((function.__module__.rpartition(".")[2], option), _HELP[option])


class _Target(click.Choice[str]):
    """The name of a target, or all; of one that there is not, the nearest is named."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the name, or fail."""
        text = str(value)
        if text in self.choices:
            return text
        if "," in text:
            hint = "; repeat --target for each"
        elif begins := [name for name in TARGETS if text and (name.startswith(text) or text in name.split("-"))]:
            hint = f"; did you mean {' or '.join(begins)}?"
        else:
            hint = nearest(text, dict.fromkeys(self.choices))
        names = ", ".join(self.choices)
        return self.fail(f"'{escaped(text)[:80]}' is not one of {names}{hint}", parameter, context)


_EMPTY: Final = "empty path (unset shell variable?)"


class InputPath(click.Path):
    """A path whose kind is checked in the words of the other messages, as a string: pathlib takes `` for `.`."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """Return the path, or fail if it is empty, or a directory in place of a file, or a file in place of one."""
        if not value:
            self.fail(_EMPTY, parameter, context)
        is_directory = os.path.isdir(value)  # noqa: PTH112 - False for a path that the system refuses
        if self.dir_okay is False and is_directory:
            self.fail(f"{escaped(str(value))} is a directory{self._instead(context)}", parameter, context)
        if self.file_okay is False and not is_directory and os.path.exists(value):  # noqa: PTH110 - as above
            self.fail(f"{escaped(str(value))} is not a directory", parameter, context)
        return super().convert(value, parameter, context)

    def _instead(self, _context: click.Context | None) -> str:
        return ""


class OutputPath(InputPath):
    """A path to write to, checked as a string: pathlib takes `new/` for a file."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """Return the path, or fail if it is empty, or a directory name for a file."""
        if self.dir_okay is False and str(value).endswith(("/", os.sep)):
            self.fail(f"{escaped(str(value))} is a directory name{self._instead(context)}", parameter, context)
        return super().convert(value, parameter, context)

    def _instead(self, context: click.Context | None) -> str:
        """Return which option of a command writes to a directory, if it has one."""
        known = {name for each in context.command.params for name in each.opts} if context else set()
        return "; use --output-dir for a directory" if "--output-dir" in known else ""


class InputFile(click.File):
    """A file to read, whose error is in the words of the other messages."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """Return the open file, or fail if it cannot be read."""
        if not value:
            self.fail(_EMPTY, parameter, context)
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter as error:
            if not isinstance(error.__context__, OSError):
                raise
            self.fail(f"{escaped(str(value))} cannot be read: {os_error(error.__context__)}", parameter, context)


def common(function: Command) -> Command:
    """Add the options that every command has, and pass the command a Session in their place."""

    @click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to use color.")
    @click.option("-q", "--quiet", is_flag=True, help="Print only errors to stderr.")
    @click.option("-v", "--verbose", is_flag=True, help=_help_of(function, "verbose"))
    @click.option(
        "--config",
        type=InputPath(dir_okay=False, path_type=Path),
        help="Read settings from this file.  [default: the nearest above each skill]",
    )
    @click.option(
        "--target",
        "targets",
        type=_Target([*TARGETS, "all"]),
        multiple=True,
        metavar="NAME",
        help=_help_of(function, "targets"),
    )
    @functools.wraps(function)
    def command(*, color: Any, quiet: bool, verbose: bool, config: Path | None, targets: Any, **given: Any) -> Any:
        options = {key: given.pop(key) for key in _SETTINGS & given.keys()}
        options["targets"] = tuple(TARGETS) if "all" in targets else targets
        in_order = _in_order({key: given.pop(key, ()) for key in ("exclude", "include")})
        patterns = tuple(portable(pattern) for pattern in in_order)
        stated = {key: value for key, value in options.items() if value not in (None, ())}
        console = Console(color, quiet, verbose, on_disk=given.get("rev") is None)
        click.get_current_context().ensure_object(ConsoleHolder).console = console
        outputs = _find_outputs()
        for text in (*given.get("secret", ()), *given.get("env", ())):
            _refuse_replacing(outputs, _file_of(text), "another option reads it")
        revision = _revision(given.pop("rev", None))
        session = Session(console, stated, config, patterns, revision, given.pop("names", ()), outputs)
        return function(session, **given)

    return command


def _find_outputs() -> tuple[Path, ...]:
    """Return the files that the options of the running command name as its outputs."""
    context = click.get_current_context()
    stated = (
        context.params.get(each.name or "") for each in context.command.params if isinstance(each.type, OutputPath)
    )
    return tuple(path for path in stated if isinstance(path, Path))


def _file_of(text: str) -> Path | int | None:
    """Return the file, or the descriptor, that a secret or a variable, given as NAME=SOURCE, is read from."""
    source = text.partition("=")[2]
    if source == "-":
        return 0
    return Path(source.removeprefix("file:")) if source.startswith("file:") else None


def _refuse_replacing(outputs: tuple[Path, ...], read: Path | int | None, why: str) -> None:
    """Refuse an output that is a file which the call reads.

    Args:
        outputs: the files that it writes.
        read: the file, or its descriptor.
        why: what it is read for, for the message.

    Raises:
        OutputError: an output is that file.
    """
    identity = identify(read) if outputs and read is not None else None
    for output in outputs if identity else ():
        if identify(output) == identity:
            raise OutputError(f"cannot write {escaped(str(output))}: {why}")


def _revision(name: str | None) -> Revision | None:
    if name is None:
        return None
    from skillpack.cli.revision import Revision

    return Revision(name)


_SETTINGS = {"gitignore", "default_excludes", "compression"}


def _in_order(given: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the patterns as one list, where the last match wins; click keeps only the order within each option."""
    context = click.get_current_context()
    if not (given["exclude"] and given["include"]):
        return (*given["exclude"], *(f"!{pattern}" for pattern in given["include"]))
    _, _, parameters = context.command.make_parser(context).parse_args(list(context.meta[ARGUMENTS]))
    patterns = {
        "exclude": iter(given["exclude"]),
        "include": (f"!{pattern}" for pattern in given["include"]),
    }
    return tuple(next(patterns[each.name]) for each in parameters if each.name in patterns)


def _check_patterns(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Reject a pattern that means the opposite of its option: an excluded file must not be packed."""
    for pattern in given:
        if not pattern.strip(" "):
            raise click.BadParameter("empty pattern (unset shell variable?)")
        if pattern.startswith("!"):
            raise click.BadParameter(
                f"{pattern} starts with !; use --include to include paths, or write \\! for a name that starts with !"
            )
    return given


def complete_path(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete a path, for a parameter whose type is not a path, such as one that may be `-`."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


_patterns = functools.partial(
    click.option, multiple=True, metavar="PATTERN", callback=_check_patterns, shell_complete=complete_path
)


class _NonEmpty(click.types.StringParamType):
    """Text that is not empty: an unset shell variable must not become part of a request."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if not value:
            self.fail("empty value (unset shell variable?)", parameter, context)
        return super().convert(value, parameter, context)


nonempty: Final = _NonEmpty()


def selection(function: Command) -> Command:
    """Add the options that select files: every command that takes a skill has them."""
    for option in (
        click.option(
            "--rev",
            type=nonempty,
            metavar="REV",
            help="Read skills, ignore files and settings from this git revision, without a checkout.",
        ),
        click.option(
            "--no-default-excludes",
            "default_excludes",
            flag_value=False,
            default=None,
            help="Disable the built-in ignore patterns.",
        ),
        click.option(
            "--no-gitignore", "gitignore", flag_value=False, default=None, help="Do not read .gitignore files."
        ),
        _patterns("--include", help="Include matching paths that other rules exclude."),
        _patterns("--exclude", help="Exclude matching paths."),
    ):
        function = option(function)
    return function


compression = click.option(
    "--compression",
    type=click.Choice(["deflate", "smallest", "store"]),
    help="Compression method; the bytes of store never change.  [default: deflate]",
)


pick = click.option(
    "--skill",
    "names",
    multiple=True,
    metavar="NAME",
    help="Take only this skill of a request body with several.",
)


output_path: Final = OutputPath(dir_okay=False, path_type=Path)

output = click.option(
    "-o",
    "--output",
    type=output_path,
    help="Write to this file, completely or not at all.",
)

html = click.option(
    "--html",
    type=OutputPath(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page with a treemap and a table to this file.",
)

output_directory = click.option(
    "--output-dir",
    type=OutputPath(file_okay=False, path_type=Path),
    help="Write one file for each skill to this directory.",
)

target_directory = click.option(
    "-d",
    "--directory",
    type=OutputPath(file_okay=False, path_type=Path),
    default=".",
    help="Write the folders of the skills to this directory.  [default: the current directory]",
)


def expand_wildcards(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Replace paths with wildcards by what they match, on Windows, whose shells do not.

    A path that exists or that matches nothing stays as it is.
    """
    if os.name != "nt":
        return given
    from glob import glob

    matches = (None if os.path.lexists(path) else glob(path) for path in given)  # noqa: PTH207 - paths as written
    return tuple(path for path, found in zip(given, matches, strict=True) for path in sorted(found or [path]))


paths_argument = functools.partial(click.argument, nargs=-1, shell_complete=complete_path, callback=expand_wildcards)

skills = paths_argument("skills", metavar="SKILL...")

everywhere = click.option(
    "--all", "everywhere", is_flag=True, help="Take all skills below each SKILL, or below the current directory."
)


def find_skills(session: Session, skills: tuple[str, ...], *, everywhere: bool) -> tuple[str, ...]:
    """Return the skills that a command packs: those given, or with --all those below them.

    Args:
        session: the call, which knows the revision.
        skills: the paths.
        everywhere: whether --all was given; then no path is the current directory.

    Raises:
        click.UsageError: there is no path, and no --all.
        NotASkillError: with --all, a path does not exist or has no skill, or a directory cannot be listed.
    """
    if not everywhere:
        if not skills:
            raise click.UsageError(
                "missing argument 'SKILL...': use . for the current directory, or --all for all skills below it"
            )
        return skills
    from skillpack.discover import find_skills_below

    def failed(_path: str, error: NotASkillError) -> None:
        raise error

    if session.revision:
        return tuple(session.revision.find_skills(skills or (".",), failed, everywhere=True))
    return tuple(find_skills_below(skills or (".",), failed))


class Count(click.types.IntParamType):
    """A number of at least 1, of things that are named in the message if it is not one."""

    name = "count"

    def __init__(self, things: str) -> None:
        self._things = things

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        """Return the number; fail for anything else, such as a number with a unit."""
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 10 and int(text):
            return int(text)
        return self.fail(
            f"'{escaped(text)[:80]}' is not a whole number of {self._things}, at least 1", parameter, context
        )


jobs = click.option(
    "--jobs",
    type=Count("processes"),
    metavar="N",
    help="Share many skills among N processes.  [default: as many as pay, up to the number of processors]",
)


def packing(function: Command) -> Command:
    """Add what a command takes that packs each skill into a file of its own."""
    for option in (common, selection, compression, jobs, pick, output_directory, output, everywhere, skills):
        function = option(function)
    return function
