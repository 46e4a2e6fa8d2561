"""Open what a path of a call stands for: a skill, a zip, a request body in JSON, or stdin."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack.cli.console import write_stdout
from skillpack.cli.exit_codes import FAILED
from skillpack.discover import find_skill_of, require_skill
from skillpack.errors import ArchiveError, NotASkillError, OutputError
from skillpack.findings import RejectedError, Report, Unread
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.select.inputs import open_body
from skillpack.skill.skill import Skill
from skillpack.sources.directory import identify, is_file
from skillpack.text import escaped, list_words, plural
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.api import Builder
    from skillpack.cli.options import Session
    from skillpack.select.inputs import ReceivedBody
    from skillpack.skill.tree import SkillTree
    from skillpack.sources.directory import FileIdentity

STDIN: Final = "-"
STDIN_SHOWN: Final = "<stdin>"
_BEGINNING: Final = 4096
_BLANK: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Whitespace and byte order marks, in UTF-8 and UTF-16."""


class Opened(NamedTuple):
    """The skills that one path stands for, the builder that has their settings, and the report on the body itself.

    `unchecked` describes the skills of a body that have no files in it, if it has no errors.
    """

    builder: Builder
    trees: tuple[SkillTree, ...]
    report: Report = Report()
    unchecked: str = ""


def open_path(session: Session, path: str) -> Opened:
    """Open the skill at a path, or that a file is in, the skills of a request body, or those on stdin for `-`.

    With --rev, the path is one of the revision.

    Raises:
        NotASkillError, ArchiveError: it is not one of these, or a directory without a SKILL.md, or cannot be read.
        SettingsError: the settings file is invalid.
    """
    if not session.revision and path != STDIN and os.path.isdir(path):
        return _open_skill(session.builder(path), path)
    path = path if session.revision else find_skill_of(path)
    builder = session.builder(path)
    if session.revision:
        return Opened(builder, (session.revision.tree(builder, path),))
    if path == STDIN:
        content = _read_stdin(session)
        if content.startswith(b"PK"):
            return Opened(builder, (replace(builder.tree(content), origin=STDIN_SHOWN),))
        return _open_body(builder, content, STDIN_SHOWN)
    if path and is_file(Path(path)):
        from skillpack.sources.request_body import BEGINNING, looks_like_payload, read_body_file
        from skillpack.sources.zip import read_start

        if looks_like_payload(read_start(Path(path), BEGINNING)):
            return _open_body(builder, read_body_file(Path(path)), Path(path).as_posix())
    return _open_skill(builder, path)


def _open_skill(builder: Builder, path: str) -> Opened:
    require_skill(path, _all_of(path))
    return Opened(builder, (_tree(builder, path),))


def open_skills(session: Session, path: str) -> Opened:
    """Open what a path stands for, as open_path does, where a call needs at least one skill.

    Raises:
        RejectedError: the request body has errors, and therefore no skill.
        NotASkillError: it is a request body without inline skills, or as open_path does.
        ArchiveError, SettingsError: as open_path does.
    """
    opened = open_path(session, path)
    if not opened.trees:
        opened.report.raise_for_errors()
        raise NotASkillError(f"{escaped(STDIN_SHOWN if path == STDIN else path)} has no inline skill")
    return opened


def find_unmatched(session: Session, trees: Iterable[SkillTree]) -> Report:
    """Return a finding for each pattern of the command line that matches in none of the skills."""
    if not session.patterns:
        return Report()
    from skillpack.rules import OptionPatterns, weigh

    trees = tuple(trees)
    settings = session.settings(among=[tree.origin for tree in trees])
    return weigh(OptionPatterns(session.patterns, tuple(tree.selection.unmatched for tree in trees)), settings)


@contextmanager
def collect_rejections(failures: list[Report]) -> Iterator[None]:
    """Add the report on a skill that has errors to `failures`, so that the call reports those of all skills."""
    try:
        yield
    except RejectedError as error:
        failures.append(error.report)


def _all_of(folder: str) -> str:
    """Return how the running command takes all skills in a folder, or an empty string if it takes only one."""
    parameters = click.get_current_context().command.params
    if any(each.name == "everywhere" for each in parameters):
        return "--all"
    if all(each.nargs != -1 for each in parameters):
        return ""
    from shlex import quote

    return f"{escaped(quote(folder.rstrip('/')))}/*"


def _read_stdin(session: Session) -> bytes:
    """Read a zip or a body from stdin.

    Raises:
        NotASkillError: it is empty, closed, begins like neither of them, or is too large a body.
        ArchiveError: the zip is larger than the API allows.
    """
    if sys.stdin is None:
        raise NotASkillError("stdin is closed")
    if sys.stdin.isatty():
        session.console.print("reading stdin")
    stdin = sys.stdin.buffer
    beginning = stdin.read(_BEGINNING)
    if not beginning:
        raise NotASkillError("stdin is empty")
    if beginning.startswith(b"PK"):
        content = beginning + (stdin.read(MAX_ZIP_BYTES + 1 - len(beginning)) or b"")
        if len(content) > MAX_ZIP_BYTES:
            message = f"the zip has over the {MAX_ZIP_BYTES:,} bytes that the API takes"
            raise ArchiveError(message, "zip-too-large", file=STDIN_SHOWN)
        return content
    if beginning.lstrip(_BLANK)[:1] not in (b"{", b"["):
        raise NotASkillError("stdin is neither a zip nor a JSON body with skills")
    from skillpack.sources.request_body import read_body

    return read_body(stdin, STDIN_SHOWN, beginning)


def _tree(builder: Builder, path: str) -> SkillTree:
    try:
        return builder.tree(path)
    except NotASkillError as error:
        if isinstance(error.__cause__, ArchiveError):  # unlike pack in Python, the command line takes JSON too
            with suppress(OSError):
                if not Path(path).stat().st_size:
                    raise NotASkillError(f"{escaped(path)} is empty") from error
            raise NotASkillError(
                f"{escaped(path)} is neither a directory, a zip nor a JSON body with skills"
            ) from error
        raise


@contextmanager
def unread_as_json(output_format: str, session: Session, path: str) -> Iterator[None]:
    """Where the output is JSON, print an input that cannot be read as JSON too, and end the call with exit code 2."""
    try:
        yield
    except (ArchiveError, NotASkillError) as error:
        if output_format != "json":
            raise
        from skillpack.output.json import render_unread

        session.console.print_error(str(error))
        write_stdout(render_unread([Unread(path=path, message=str(error))]))
        click.get_current_context().exit(FAILED)


def pick_skills(session: Session, opened: Iterable[Opened]) -> list[Opened]:
    """Return what was opened with only the skills that --skill names; everything without that option.

    Raises:
        NotASkillError: there is no skill of one of the names.
    """
    opened = list(opened)
    if not session.names:
        return opened
    available = {_name(tree) for each in opened for tree in each.trees}
    if unknown := next((name for name in session.names if name not in available), None):
        shown = ", ".join(map(escaped, sorted(available))) or "none"
        raise NotASkillError(f"no skill is named {escaped(unknown)}; available: {shown}")
    return [each._replace(trees=tuple(tree for tree in each.trees if _name(tree) in session.names)) for each in opened]


def _name(tree: SkillTree) -> str:
    return Skill.from_tree(tree).name or tree.directory


def _open_body(builder: Builder, content: bytes, origin: str) -> Opened:
    from skillpack.rules import report_body

    body = open_body(content, origin, builder.settings)
    report = report_body(body, builder.settings)
    return Opened(builder, body.skills, report, _describe_unchecked(body) if report.ok else "")


def _describe_unchecked(body: ReceivedBody) -> str:
    """Return which skills of a body have no files in it, or an empty string if there are none of them."""
    references = sum(len(each.references) for each in body.environments)
    local = sum(len(each.names) for each in body.environments if each.kind == "local")
    advice = ["a reference has no files to check here"] * bool(references)
    advice += ["a local skill is checked in its folder"] * bool(local)
    counted = ((references, "skill reference"), (local, "local skill"))
    found = [plural(number, what) for number, what in counted if number]
    if not body.skills:
        found.append("no inline skill")
    return f"{escaped(body.origin)} has {'; '.join([list_words(found), *advice])}" if found else ""


def refuse_replacing(sources: Iterable[str], files: Iterable[Path]) -> None:
    """Refuse to replace a zip or a request body that a skill is read from.

    Args:
        sources: where that is, as the caller or a finding names it: a path, `body.json#/skills/0`, or stdin, which may
            be a redirected file.
        files: the outputs.

    Raises:
        OutputError: one of the files is that.
    """
    read = {identity for source in dict.fromkeys(sources) if (identity := _identity_of(source))}
    for file in files:
        if identify(file) in read:
            raise OutputError(f"cannot write {escaped(str(file))}: the skill is read from it")


def _identity_of(source: str) -> FileIdentity | None:
    path = source if os.path.lexists(source) else source.partition("#/")[0]
    is_stdin = source == STDIN or (path == STDIN_SHOWN and not os.path.lexists(path))
    return identify(0 if is_stdin else path)
