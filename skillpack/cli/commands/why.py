"""`skillpack why`: print which rule includes or excludes a path."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.opening import unread_as_json
from skillpack.errors import NotASkillError
from skillpack.limits import MANIFEST
from skillpack.output.files import format_decision
from skillpack.output.text import wrap
from skillpack.sources.directory import describe_missing, is_file, portable
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Issue
    from skillpack.skill.decisions import Verdict


@click.command("why", epilog="Example: skillpack why skills/pdf-forms/build/app.js")
@options.paths_argument("paths", required=True, metavar="PATH...")
@click.option(
    "--root", type=click.Path(), metavar="DIR", help="The skill's directory.  [default: the nearest above each PATH]"
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@options.selection
@options.common
def command(session: options.Session, paths: tuple[str, ...], root: str | None, output_format: str) -> None:
    """Show whether PATH is packed, which line of which ignore file decides, what it overrides, and how to change it.

    PATH need not exist; one that ends with `/` is a directory. For a rejected path, the rule is shown. The exit code
    does not depend on the answer.
    """
    from skillpack.output import json

    by_skill: dict[str, list[str]] = {}
    for path in paths:
        with unread_as_json(output_format, session, path):
            skill, inner = session.revision.split(path, root) if session.revision else _split(path, root)
        by_skill.setdefault(skill, []).append(inner)
    verdicts: list[Verdict] = []
    for skill, inside in by_skill.items():
        with unread_as_json(output_format, session, skill):
            verdicts += _why(session, skill, inside)
    if output_format == "json":
        write_stdout(json.render_why(verdicts))
        return
    look = session.console.look(sys.stdout)
    for verdict in verdicts:
        for line in _lines(verdict):
            indent = " " * (len(line) - len(line.lstrip()))
            for part in wrap(line.lstrip(), look, indent, f"{indent}    "):
                write_stdout(part)


def _split(path: str, root: str | None) -> tuple[str, str]:
    if root and not Path(root).is_dir():
        raise NotASkillError(describe_missing(root) or _describe_bundle(root) or f"{root} is not a directory")
    skill = root or _skill_of(path)
    return skill, _relative_to(skill, path)


def _why(session: options.Session, skill: str, paths: list[str]) -> tuple[Verdict, ...]:
    builder = session.builder(skill)
    if not session.revision:
        return builder.why(skill, paths)
    from skillpack.select.explain import why

    return why(session.revision.source(skill), builder.settings, paths)


def _skill_of(path: str) -> str:
    """Return the nearest directory above a path with a SKILL.md, relative if the path is."""
    from skillpack.settings.file import has_manifest

    if has_manifest(path):
        raise NotASkillError(f"{escaped(path)} is a skill: name a path in it, such as {escaped(_inside(path))}")
    for folder in Path(path).parents:
        if has_manifest(str(folder)):
            return str(folder)
    for folder in Path(path).absolute().parents:
        if has_manifest(str(folder)):
            return str(folder)
    bundle = next(filter(None, map(_describe_bundle, (path, *map(str, Path(path).parents)))), "")
    raise NotASkillError(bundle or f"{escaped(path)} is not in a skill: name one with --root")


def _describe_bundle(path: str) -> str:
    """Return how to list the files of a zip or a request body; an empty string for anything else."""
    if not is_file(path):
        return ""
    from shlex import quote

    from skillpack.sources.request_body import BEGINNING, looks_like_payload
    from skillpack.sources.zip import read_start

    start = read_start(Path(path), BEGINNING)
    is_zip = start.startswith((b"PK\3\4", b"PK\5\6"))
    if not is_zip and not looks_like_payload(start):
        return ""
    call = f"skillpack files {'-- ' if path.startswith('-') else ''}{quote(path)}"
    return f"why takes directories, and {path} is a {'zip' if is_zip else 'request body'}; use: {call}"


def _inside(skill: str) -> str:
    return Path(skill, MANIFEST).as_posix()


def _relative_to(root: str, path: str) -> str:
    """Return a path relative to a skill's root; a symlink at its end is not resolved."""
    place, skill = Path(path).parent.resolve() / Path(path).name, Path(root).resolve()
    if ".." in (Path(path).name, "") or place == skill or not place.is_relative_to(skill):
        raise NotASkillError(f"{escaped(path)} is not in {escaped(root)}")
    return portable(place.relative_to(skill).as_posix()) + ("/" if path.endswith("/") else "")


def _lines(verdict: Verdict) -> Iterator[str]:
    from skillpack.select.explain import remedy

    decision = verdict.decided_by
    place = format_decision(decision, verdict.path) if decision else "no rule matches"
    yield f"{_status(verdict):<8}  {escaped(verdict.path)}  {_rejection(verdict.rejected, verdict.path) or place}"
    if not verdict.there and not verdict.rejected:
        yield f"    it would be {'included' if verdict.included else 'excluded'}"
    if decision and decision.reason:
        yield f"    reason: {decision.reason}"
    for overridden in verdict.overridden:
        yield f"    overrides {format_decision(overridden, verdict.path)}"
    yield f"    {escaped(remedy(verdict))}"


def _status(verdict: Verdict) -> str:
    if verdict.rejected:
        return "rejected"
    if not verdict.there:
        return "missing"
    return "included" if verdict.included else "excluded"


def _rejection(issue: Issue | None, path: str) -> str:
    """Return why a path is rejected: the rule, its message, and the path it is about if that is another."""
    if issue is None:
        return ""
    on = "" if issue.location.path == path else f"  (on {escaped(issue.location.path)})"
    return f"{issue.rule_id}: {escaped(issue.message)}{on}"
