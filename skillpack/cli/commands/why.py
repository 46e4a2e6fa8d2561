"""`skillpack why`: paths to the lines that decide whether they are packed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.cli import options, streams
from skillpack.cli.console import deciding
from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.sources.directory import portable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Issue
    from skillpack.skill.decisions import Verdict


@click.command("why", epilog="Example: skillpack why skills/pdf-forms/build/app.js")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--skill", metavar="DIR", help="The skill's folder.  [default: the nearest above each PATH]")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
@options.selection
@options.common
def command(session: options.Session, paths: tuple[str, ...], skill: str | None, output_format: str) -> None:
    """Say what becomes of PATH, which line of which ignore file decides, what it overrides, and how to change it.

    PATH need not be there; `/` at its end makes it a folder then. What is refused is told with the rule that refuses
    it. Whatever the answer, the exit code is 0.
    """
    from skillpack.output import json

    by_skill: dict[str, list[str]] = {}
    for path in paths:
        root = skill or _skill_of(path)
        by_skill.setdefault(root, []).append(_inside(root, path))
    verdicts = [verdict for root, inner in by_skill.items() for verdict in session.builder(root).why(root, inner)]
    if output_format == "json":
        streams.put(json.render_why(verdicts))
        return
    for verdict in verdicts:
        for line in _said(verdict):
            streams.put(line)


def _skill_of(path: str) -> str:
    """Return the nearest folder above a path that holds a manifest, written as the path is."""
    from skillpack.settings.file import has_manifest

    for folder in Path(path).parents:
        if has_manifest(str(folder)):
            return str(folder)
    for folder in Path(path).absolute().parents:
        if has_manifest(str(folder)):
            return str(folder)
    raise NotASkillError(f"{escaped(path)} lies in no skill; --skill says which is meant")


def _inside(root: str, path: str) -> str:
    """Return a path relative to a skill's root; a link at its end is the link, not what it leads to."""
    place, skill = Path(path).parent.resolve() / Path(path).name, Path(root).resolve()
    if ".." in (Path(path).name, "") or place == skill or not place.is_relative_to(skill):
        raise NotASkillError(f"{escaped(path)} is no path inside {escaped(root)}")
    return portable(place.relative_to(skill).as_posix()) + ("/" if path.endswith("/") else "")


def _said(verdict: Verdict) -> Iterator[str]:
    from skillpack.select.explain import remedy

    decision = verdict.decided_by
    place = deciding(decision, verdict.path) if decision else "no rule speaks of it"
    yield f"{_fate(verdict):<9}  {escaped(verdict.path)}  {_describe_issue(verdict.rejected, verdict.path) or place}"
    if not verdict.there and not verdict.rejected:
        yield f"    it would be {'included' if verdict.included else 'left out'}"
    if decision and decision.reason:
        yield f"    reason: {decision.reason}"
    for overridden in verdict.overridden:
        yield f"    overrides {deciding(overridden, verdict.path)}"
    yield f"    {escaped(remedy(verdict))}"


def _fate(verdict: Verdict) -> str:
    if verdict.rejected:
        return "rejected"
    if not verdict.there:
        return "not there"
    return "included" if verdict.included else "left out"


def _describe_issue(issue: Issue | None, path: str) -> str:
    """Return why a path is rejected: the rule, its message, and the path it is about if that is another."""
    if issue is None:
        return ""
    on = "" if issue.location.path == path else f"  (on {escaped(issue.location.path)})"
    return f"{issue.rule_id}: {issue.message}{on}"
