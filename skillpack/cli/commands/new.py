"""`skillpack new`: create a skill."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack import atomic
from skillpack.cli import options
from skillpack.errors import OutputError
from skillpack.findings import Severity
from skillpack.frontmatter.nodes import TEXT, resolve_types
from skillpack.frontmatter.quoting import quote
from skillpack.limits import MANIFEST, NAME_PATTERN
from skillpack.sources.directory import portable
from skillpack.text import escaped, os_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Finding
    from skillpack.settings import Settings

_DESCRIPTION: Final = "Replace this with what the skill does, and when an agent should use it."
_OF_NAME: Final = ("name-", "path-")
"""How the ids of rules on the name begin."""
_NAME_LINE: Final = 2
"""The line of the name in the SKILL.md below."""
_MANIFEST: Final = """\
---
name: {name}
description: {description}
---
# {title}

Write here what the agent should do, step by step.
"""


@click.command("new", epilog="Example: skillpack new pdf-forms -d skills")
@click.argument("name")
@click.option(
    "-d",
    "--directory",
    type=options.OutputPath(file_okay=False, path_type=Path),
    default=Path(),
    help="Create the skill's folder in this directory.  [default: the current directory]",
)
@click.option("--description", default=_DESCRIPTION, help="The description.  [default: a sentence to replace]")
@options.common
def command(session: options.Session, name: str, directory: Path, description: str) -> None:
    """Create a skill: a folder NAME with a SKILL.md that has a name and a description.

    Nothing is overwritten.
    """
    _refuse_path(name, directory)
    content = _manifest(name, description)
    for finding in _find_problems(name, content, session.settings()):
        option = "'NAME'" if _is_about_name(finding) else "'--description'"
        hint = f"; {finding.hint}" if finding.hint and finding.rule != "frontmatter-encoding" else ""  # for a file
        raise click.BadParameter(f"{finding.message}{hint}", param_hint=option)
    _create(directory / name, content)
    shown = escaped((directory / name).as_posix())
    session.console.print(f"created {shown}/{MANIFEST}; write it, then run: skillpack check {shown}")


def _refuse_path(name: str, directory: Path) -> None:
    """Refuse a path in place of a name, and name the option for the folder that it is in; refuse an empty name, too."""
    if not name:
        raise click.BadParameter("empty name (unset shell variable?)", param_hint="'NAME'")
    folder, _, last = portable(name).rstrip("/").rpartition("/")
    if folder and last:
        place = (directory / folder).as_posix()
        call = shlex.join(["skillpack", "new", *(["-d", place] if place != "." else []), last])
        raise click.BadParameter(f"'{escaped(name)[:80]}' is a path; use: {escaped(call)}", param_hint="'NAME'")


def _manifest(name: str, description: str) -> bytes:
    """Return a SKILL.md; a name that YAML could read as a number or a truth value is in quotes."""
    plain = re.fullmatch(NAME_PATTERN, name) and resolve_types(name) == (TEXT, TEXT)
    text = _MANIFEST.format(
        name=name if plain else quote(name),
        description=quote(description),
        title=name.replace("-", " ").capitalize(),
    )
    return text.encode("utf-8", "surrogateescape")


def _find_problems(name: str, content: bytes, settings: Settings) -> Iterator[Finding]:
    """Yield the errors and warnings of a skill with this SKILL.md, those of its name first."""
    from skillpack.rules import check
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillTree

    report = check(Skill.from_tree(SkillTree.from_files({MANIFEST: content}, name)), settings)
    yield from sorted(report.at_least(Severity.WARNING), key=lambda finding: not _is_about_name(finding))


def _is_about_name(finding: Finding) -> bool:
    """Return whether the name is at fault: its rules, or one about both fields, such as target-text, in its line."""
    return finding.rule.startswith(_OF_NAME) or finding.location.line == _NAME_LINE


def _create(folder: Path, content: bytes) -> None:
    """Create a folder with a SKILL.md, completely or not at all.

    Raises:
        OutputError: there is something of this name, or it cannot be created.
    """
    if os.path.lexists(folder):
        raise OutputError(f"{escaped(str(folder))} already exists")
    temporary = folder.with_name(f".skillpack-{os.urandom(8).hex()}.tmp")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        atomic.replace(temporary / MANIFEST, [content])
        temporary.rename(folder)
    except BaseException as error:
        with suppress(OSError):
            (temporary / MANIFEST).unlink()
        with suppress(OSError):
            temporary.rmdir()
        cause = error.__cause__ if isinstance(error, OutputError) else error  # which names the temporary folder
        if isinstance(cause, OSError):
            raise OutputError(f"cannot create {escaped(str(folder))}: {os_error(cause)}") from error
        raise
