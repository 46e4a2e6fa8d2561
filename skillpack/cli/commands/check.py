"""`skillpack check`: skills to what there is to say about them."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.cli import fixing, options, streams
from skillpack.cli.hook import Ambiguity, HookCommand
from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import Location, Report, Severity, escaped
from skillpack.output import FORMATS
from skillpack.settings import to_table
from skillpack.text import escape_commands_in_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from skillpack import Builder, SkillSource
    from skillpack.cli.console import Console
    from skillpack.errors import SkillpackError
    from skillpack.output import Format
    from skillpack.skill.tree import SkillTree

    Opener = Callable[[], SkillTree]
    from collections.abc import Mapping

    from skillpack.cli.options import Session
    from skillpack.findings import Finding


@click.command("check", cls=HookCommand, epilog="Example: skillpack check skills/*")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--all", "everywhere", is_flag=True, help="Find every skill below each folder, at any depth.")
@click.option(
    "--hook",
    is_flag=True,
    help="Take PATHs as pre-commit passes them: any files of a repository; judge only what git tracks.",
)
@click.option(
    "--output-format",
    type=click.Choice(FORMATS),
    help="How to say it.  [default: github when GITHUB_ACTIONS is set, else concise when PRE_COMMIT is, else text]",
)
@fixing.options
@click.option("--github-summary", is_flag=True, help="Add a table to the job summary of GitHub Actions.")
@click.option("--show-settings", is_flag=True, help="Print the settings of each skill and where they come from.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    paths: tuple[str, ...],
    everywhere: bool,
    hook: bool,
    output_format: Format | None,
    fix: bool,
    diff: bool,
    github_summary: bool,
    show_settings: bool,
    strict: bool,
) -> int:
    """Say everything there is to say about skills.

    PATH is a skill, a zip, a file in a skill, or a folder whose children are skills; without one, this folder.
    """
    if fix and diff:
        raise click.UsageError("--fix writes what --diff only shows: give one of them")
    failures: list[SkillpackError] = []

    def failed(error: SkillpackError) -> None:
        session.console.fail(str(error))
        failures.append(error)

    if show_settings:
        _show_settings(session, _skills(paths, failed, everywhere=everywhere))
        return 2 if failures else 0
    summary = _summary_file() if github_summary else None
    given = _tracked if hook else partial(_given, failed=failed)
    judged = _readable(given(session, paths, everywhere=everywhere), failed)
    if diff:
        status = fixing.print_diff(judged, session.console)
        return 2 if failures else status
    if fix:
        judged = fixing.fixed(judged, session.console)
    report = _report(session, judged, failures)
    if report.subjects or not hook:
        _print(report, output_format or _format(), session.console)
    if everywhere and not hook and not failures:
        _tell_idle_overrides(session, paths, report)
    if summary:
        _write_summary(report, summary)
    if failures or report.crashed:
        return 2
    return 1 if report.at_least(Severity.WARNING if strict else Severity.ERROR) else 0


def _tell_idle_overrides(session: options.Session, paths: tuple[str, ...], report: Report) -> None:
    """Warn of overrides for skills that there are not; only who has looked everywhere can know."""
    from skillpack.cli.commands.check import idle

    for words in idle(session, paths or (".",), [subject.path for subject in report.subjects]):
        session.console.say(f"{session.console.style('warning', 'warning')}: {words}")


def _readable(
    given: Iterator[tuple[Builder, Opener]], failed: Callable[[SkillpackError], object]
) -> Iterator[tuple[Builder, SkillSource]]:
    """Open one skill after the other; what cannot be opened is told at once and keeps no other from being judged."""
    for builder, opened in given:
        try:
            tree = opened()
        except (ArchiveError, NotASkillError) as error:
            failed(error)
        else:
            yield builder, tree


def _print(report: Report, format: Format, console: Console) -> None:
    from skillpack.output import render

    if format in ("sarif", "github"):
        from skillpack.cli.commands.check import base, placed

        report = placed(report, base())
    elif console.quiet and format != "json":
        report = Report(findings=report.errors)
    if rendered := render(report, format, console.look(sys.stdout)):
        streams.put(rendered, colored=True, commands=format == "github")


def _report(
    session: options.Session, judged: Iterator[tuple[Builder, SkillSource]], failures: list[SkillpackError]
) -> Report:
    def checked() -> Iterator[Report]:
        for builder, source in judged:
            tree = builder.tree(source)
            if session.console.verbose:
                session.console.summary(tree)
            trees.append(replace(tree, files=()))  # their contents would fill the memory
            yield builder.check(tree)

    trees: list[SkillTree] = []
    report = Report.merge(checked())
    unread = Report(unread=(*Ambiguity.current().errors, *map(str, failures)))  # known once all are checked
    if not session.patterns:
        return report + unread
    from skillpack.cli.deliver import unmatched

    return Report.merge([report, unmatched(session, trees), unread])


def _given(
    session: options.Session, paths: tuple[str, ...], *, everywhere: bool, failed: Callable[[SkillpackError], object]
) -> Iterator[tuple[Builder, Opener]]:
    for skill in _skills(paths, failed, everywhere=everywhere):
        builder = session.builder(skill)
        yield builder, partial(builder.tree, skill)


def _tracked(session: options.Session, paths: tuple[str, ...], *, everywhere: bool) -> Iterator[tuple[Builder, Opener]]:
    from skillpack.discover import Tracked

    tracked = Tracked.here()
    paths += Ambiguity.current().files
    for skill in (tracked.skills_below if everywhere else tracked.skills_of)(paths):
        builder = session.builder(skill)
        yield builder, partial(builder.walk, skill, tracked.below(skill))


def _skills(paths: tuple[str, ...], failed: Callable[[SkillpackError], object], *, everywhere: bool) -> list[str]:
    from skillpack.discover import skills_at, skills_below

    return (skills_below if everywhere else skills_at)(paths or (".",), failed)


def _show_settings(session: options.Session, skills: Iterable[str]) -> None:
    from skillpack.cli.commands.check import settings_shown

    for skill in skills:
        for line in settings_shown(session, skill):
            streams.put(line)


def _format() -> Format:
    if os.environ.get("GITHUB_ACTIONS"):
        return "github"
    return "concise" if os.environ.get("PRE_COMMIT") else "text"


def _summary_file() -> Path:
    """Return where the job summary goes; asked for first, because the run may mend files."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        raise click.UsageError("--github-summary needs GITHUB_STEP_SUMMARY, which GitHub Actions sets")
    return Path(file)


def _write_summary(report: Report, file: Path) -> None:
    from skillpack.output.github import render_summary

    with file.open("a", encoding="utf-8") as summary:
        summary.write(render_summary(report))


def idle(session: Session, folders: Iterable[str], skills: Iterable[str]) -> Iterator[str]:
    """Yield what to say of each pattern of an override that matches no skill.

    Only of a settings file that lies in one of the folders all skills it speaks for have been seen; of any other
    nothing is said.

    Args:
        session: knows the settings file of each skill.
        folders: where every skill was looked for.
        skills: those that were found, each as it would be opened from here.
    """
    seen = [Path(folder).resolve() for folder in folders]
    by_file: dict[Path, list[str]] = {}
    for skill in skills:
        file = session.settings_file(skill)
        if file:
            by_file.setdefault(file.path, []).append(skill)
    for path, speaks_for in by_file.items():
        file = session.settings_file(speaks_for[0])
        if file and any(path.parent.resolve().is_relative_to(folder) for folder in seen):
            yield from file.idle(speaks_for)


def settings_shown(session: Session, skill: str) -> Iterator[str]:
    """Yield the settings of a skill as TOML, with the origin of each value as a comment."""
    file = session.settings_file(skill)
    yield f"# {escaped(skill)}"
    places = file.places(Path(skill)) if file else {}
    stated = [
        (f"{_key(name)} = {_toml(value)}", _origin(name, places, session)) for name, value in _flat(session, skill)
    ]
    width = max(len(line) for line, _ in stated)
    for line, origin in stated:
        yield f"{line:<{width}}  # {origin}"


def _flat(session: Session, skill: str) -> Iterator[tuple[str, object]]:
    for name, value in to_table(session.settings(skill)).items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def _key(name: str) -> str:
    """Return a name as TOML writes it: quoted where it is more than letters, digits and hyphens."""
    table, dot, key = name.partition(".")
    bare = key.replace("-", "").replace("_", "").isalnum() and key.isascii()
    return f"{table}.{_toml(key)}" if dot and not bare else name


def _toml(value: object) -> str:
    """Return a value as TOML writes it: JSON, but for what is no printable character and beyond 16 bits."""
    import json

    said = escape_commands_in_json(json.dumps(value, ensure_ascii=False))
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in said)


def _escape(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:  # stands for a byte of the command line that is no UTF-8; TOML has no word for it
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _origin(name: str, places: Mapping[str, str], session: Session) -> str:
    if session.patterns and name in ("exclude", "include"):  # all of them in one list, so that their order counts
        origins = [places[key] for key in ("exclude", "include") if key in places]
        return ", ".join([*origins, "option"]) if name == "exclude" else "default"
    return "option" if name.replace("-", "_") in session.options else places.get(name, "default")


def base() -> Path:
    """Return the root of the repository: GitHub's workspace where this folder is in one, else this folder."""
    here = Path.cwd()
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or here).resolve()
    return workspace if here.is_relative_to(workspace) else here


def placed(report: Report, base: Path) -> Report:
    """Return the report with every skill below `base` told relative to it, and every other one absolute.

    A file in a zip is no file of the repository: the finding is about the zip, and its message names the file.
    """
    return replace(report, findings=tuple(_placed(finding, base) for finding in report))


def _placed(finding: Finding, base: Path) -> Finding:
    if not finding.skill:  # about no skill in particular
        return finding
    path = Path(os.path.normpath(Path.cwd() / finding.skill))  # a link on the way stays the path that git tracks
    if finding.location.path != "." and path.is_file():
        inner = str(replace(finding, skill="")).partition(f": {finding.severity}[")[0]
        finding = replace(finding, location=Location(), message=f"{inner}: {finding.message}", edits=())
    below = path.relative_to(base) if path.is_relative_to(base) else path
    return replace(finding, skill=below.as_posix())
