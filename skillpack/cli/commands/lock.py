"""`skillpack lock`: pin the content of skills in a file, and check skills against it."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from skillpack.bundle.lock import (
    MAX_LOCK_BYTES,
    ChangeKind,
    LockDifference,
    LockedSkill,
    compare_locked,
    files_of,
    parse_lock,
    render_lock,
)
from skillpack.bundle.npm_lock import NAME, is_npm_lock, npm_hash, parse_npm_lock
from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.deliver import deliver
from skillpack.cli.exit_codes import FAILED, FINDINGS, SUCCEEDED
from skillpack.cli.opening import (
    STDIN,
    collect_rejections,
    find_unmatched,
    open_skills,
    refuse_replacing,
    unread_as_json,
)
from skillpack.discover import find_skill_of
from skillpack.errors import NotASkillError, OutputError, SettingsError
from skillpack.findings import RejectedError, Report
from skillpack.skill.skill import Skill
from skillpack.skill.tree import is_manifest
from skillpack.text import escaped, os_error, plural, relative_path
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from skillpack.api import Builder
    from skillpack.skill.tree import SkillTree

_LOCK: Final = "skillpack.lock"


class Checked(NamedTuple):
    """One skill of a check, and what differs from the lock."""

    path: str
    name: str
    changes: tuple[LockDifference, ...]


@click.command("lock", epilog="Example: skillpack lock --all")
@options.skills
@options.everywhere
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a skill differs from the lock.")
@click.option("--update", is_flag=True, help="Change only the entries of skills that differ.")
@click.option("-o", "--lock-file", type=options.output_path, default=_LOCK, help="The lock.  [default: skillpack.lock]")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Format of --check.")
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    skills: tuple[str, ...],
    everywhere: bool,
    check: bool,
    update: bool,
    lock_file: Path,
    output_format: str,
) -> int:
    """Write the content digest of skills, and the SHA-256 of each of their files, to skillpack.lock.

    --check names each file that was changed, renamed, added or removed since. --check and --update take the skills of
    the lock unless SKILL or --all is given. A skill is found in the lock by its path; for --check SKILL, else by its
    name.
    """
    if check and update:
        raise click.UsageError("--check and --update cannot be combined")
    if not check and output_format != "text":
        raise click.UsageError("--output-format needs --check")
    if not check and STDIN in skills:
        raise click.UsageError("stdin has no path that a lock could name; - needs --check")
    content = _read(lock_file) if check or update else b""
    if update and is_npm_lock(lock_file, content):
        raise click.UsageError(f"{NAME} is written by npm's skills; only --check takes it")
    if check and is_npm_lock(lock_file, content):
        return _check_npm(session, lock_file, content, skills, everywhere=everywhere, output_format=output_format)
    locked = parse_lock(lock_file, content) if check or update else None
    try:
        reading = partial(unread_as_json, output_format, session)
        by_name = check and not everywhere
        paired = list(
            _paired(session, locked, lock_file, skills, everywhere=everywhere, by_name=by_name, reading=reading)
        )
    except RejectedError as error:
        if not check:
            raise
        session.console.print_report(error.report)
        return FAILED
    if check:
        return _report(session, [_checked(before, after) for before, after in paired], output_format)
    _refuse_in_skill(lock_file, [after.path for _, after in paired if after])
    differing = [(before, after) for before, after in paired if compare_locked(before, after)]
    replaced = {before.path for before, _ in differing if before}
    entries = [
        *(skill for skill in locked or () if skill.path not in replaced),
        *(after for _, after in differing if after),
    ]
    deliver([render_lock(entries).encode()], lock_file, newline=False)
    counts = _count(differing) if update else f"{plural(len(entries), 'skill')} locked"
    session.console.print(f"{escaped(str(lock_file))}: {counts}")
    return SUCCEEDED


def _count(differing: list[tuple[LockedSkill | None, LockedSkill | None]]) -> str:
    """Return how many entries an update changed, added and removed."""
    added = sum(before is None for before, _ in differing)
    removed = sum(after is None for _, after in differing)
    counts = {"changed": len(differing) - added - removed, "added": added, "removed": removed}
    words = [f"{plural(count, 'skill')} {verb}" for verb, count in counts.items() if count]
    return ", ".join(words) or "no skill differs"


def _refuse_in_skill(file: Path, skills: list[str]) -> None:
    """Raise an error if the lock would be part of a skill, whose digest it would change, or replace a zip or a body."""
    for skill in skills:
        path = file.parent / skill.partition("#/")[0]
        if str(file) != STDIN and relative_path(file, path).partition("/")[0] != "..":
            shown = relative_path(path)
            raise OutputError(f"cannot write {escaped(str(file))}: it is in the skill {escaped(shown)}")
    refuse_replacing((str(file.parent / skill) for skill in skills), [file])


def _read(path: Path) -> bytes:
    """Read a lock; SettingsError if that is not possible."""
    shown = escaped(path.as_posix())
    try:
        if path.exists() and not path.is_file():
            raise SettingsError("is not a regular file", shown)
        with path.open("rb") as file:
            content = file.read(MAX_LOCK_BYTES + 1)
    except FileNotFoundError as error:
        option = [] if path == Path(_LOCK) else ["-o", path.as_posix()]
        call = shlex.join(["skillpack", "lock", "--all", *option])
        hint = "" if path.name == NAME else f"; write it with {escaped(call)}"
        raise SettingsError(f"does not exist{hint}", shown) from error
    except (OSError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"cannot be read: {os_error(error)}", shown) from error
    if len(content) > MAX_LOCK_BYTES:
        raise SettingsError(f"is larger than {MAX_LOCK_BYTES:,} bytes", shown)
    return content


def _check_npm(
    session: options.Session,
    file: Path,
    content: bytes,
    skills: tuple[str, ...],
    *,
    everywhere: bool,
    output_format: str,
) -> int:
    """Check the folders of skills against a skills-lock.json."""
    if session.revision:
        raise click.UsageError(f"{NAME} is about folders on disk, and takes no --rev")
    rest = parse_npm_lock(file, content)
    checked, seen = [], set()
    for path in map(find_skill_of, options.find_skills(session, skills, everywhere=everywhere)):
        if not Path(path).is_dir():
            raise NotASkillError(f"{escaped(path)} is not a folder; {NAME} lists folders")
        tree = session.builder(path).tree(path)
        name = Skill.from_tree(tree).name or tree.directory
        seen.add(name)
        kind: ChangeKind = "changed" if name in rest else "skill-added"
        same = name in rest and npm_hash(Path(path)) == rest[name]
        checked.append(Checked(path, name, () if same else (LockDifference(kind),)))
    if everywhere:
        checked += [Checked(name, name, (LockDifference("skill-removed"),)) for name in rest if name not in seen]
    return _report(session, checked, output_format)


def _paired(
    session: options.Session,
    locked: tuple[LockedSkill, ...] | None,
    file: Path,
    skills: tuple[str, ...],
    *,
    everywhere: bool,
    by_name: bool,
    reading: Callable[[str], AbstractContextManager[None]],
) -> Iterator[tuple[LockedSkill | None, LockedSkill | None]]:
    """Yield (as locked, as it is) of each skill of a call.

    Args:
        session: the call.
        locked: the skills of the lock; None if it is written anew.
        file: the lock.
        skills: the paths of the call.
        everywhere: whether all skills below them are taken.
        by_name: whether a skill whose path is not in the lock is the one of its name there.
        reading: each path is opened in the context that it returns.
    """
    given = bool(skills or everywhere)
    failures: list[Report] = []
    rest = {skill.path: skill for skill in locked or ()}
    if given or locked is None:
        paths = options.find_skills(session, skills, everywhere=everywhere)
        found: dict[str, LockedSkill] = {}
        for path in paths:
            with reading(path), collect_rejections(failures):
                found |= {each.path: each for each in _open(session, path, file)}
        Report.merge(failures).raise_for_errors()
        for path in sorted(found):
            before = rest.pop(path, None) or (_find_by_name(found[path].name, rest, found) if by_name else None)
            if before:
                rest.pop(before.path, None)
            yield before, found[path]
    if everywhere or not given:
        present: dict[str, LockedSkill | None] = {}
        for skill in rest.values():
            with reading(skill.path), collect_rejections(failures):
                present[skill.path] = _present(session, skill, file)
        Report.merge(failures).raise_for_errors()
        yield from ((skill, present[skill.path]) for skill in rest.values())


def _find_by_name(name: str, locked: dict[str, LockedSkill], found: dict[str, LockedSkill]) -> LockedSkill | None:
    """Return the one locked skill of a name whose own path is not part of the call."""
    named = [skill for skill in locked.values() if skill.name == name and skill.path not in found]
    return named[0] if len(named) == 1 else None


def _present(session: options.Session, skill: LockedSkill, file: Path) -> LockedSkill | None:
    """Return a locked skill as it is at its path, or None if it does not exist."""
    path = relative_path(file.parent / skill.path)
    body, inside, _ = path.partition("#/")
    try:
        opened = list(_open(session, body if inside and not os.path.lexists(path) else path, file))
    except NotASkillError as error:
        if not session.revision and not _is_gone(path):
            raise
        if session.console.verbose:
            session.console.print(str(error))
        return None
    return next((each for each in opened if each.path == skill.path), None)


def _is_gone(path: str) -> bool:
    """Return whether nothing is at a path, or a folder that is no skill any more."""
    try:
        return not os.path.lexists(path) or not any(map(is_manifest, (each.name for each in Path(path).iterdir())))
    except OSError:
        return False


def _open(session: options.Session, path: str, file: Path) -> Iterator[LockedSkill]:
    """Yield the skills at a path, as a lock has them."""
    opened = open_skills(session, path)
    opened.report.raise_for_errors()
    find_unmatched(session, opened.trees).raise_for_errors()
    for tree in opened.trees:
        yield _locked(opened.builder, tree, file)


def _locked(builder: Builder, tree: SkillTree, file: Path) -> LockedSkill:
    from skillpack.archive.records import FORMAT_VERSION
    from skillpack.archive.write import Compression, compressor

    compression = Compression(builder.settings.compression)
    return LockedSkill(
        path=relative_path(tree.origin, file.parent),
        name=Skill.from_tree(tree).name or tree.directory,
        digest=builder.digest(tree),
        format=FORMAT_VERSION,
        compression=str(compression),
        compressor=compressor() if compression.level else "none",
        files=files_of(tree),
    )


def _checked(before: LockedSkill | None, after: LockedSkill | None) -> Checked:
    skill = after or before
    assert skill, "one of the two is there"
    return Checked(skill.path, skill.name, compare_locked(before, after))


def _report(session: options.Session, checked: Iterable[Checked], output_format: str) -> int:
    """Print what differs, and return the exit code."""
    from skillpack.output import json

    checked = sorted(checked)
    if output_format == "json":
        write_stdout(json.render_lock_check((each.path, each.name, each.changes) for each in checked))
    else:
        for each in checked:
            for change in each.changes:
                write_stdout(f"{escaped(each.path)}: {_words(change)}")
    differing = sum(bool(each.changes) for each in checked)
    total = plural(len(checked), "skill")
    same = f"{total} {'matches' if len(checked) == 1 else 'match'} the lock"
    session.console.print(f"{differing:,} of {total} differ" if differing else same)
    return FINDINGS if differing else SUCCEEDED


def _words(change: LockDifference) -> str:
    file, old = escaped(change.file), escaped(change.old)
    words = {
        "skill-added": "not in the lock",
        "skill-removed": "in the lock, but there is no such skill",
        "skill-renamed": f"the name was {old}",
        "renamed": f"{file}: renamed from {old}",
    }.get(change.kind, f"{file}: {change.kind}" if file else change.kind)
    if change.executable:
        words += ", executable" if change.after and change.after.executable else ", no longer executable"
    return words
