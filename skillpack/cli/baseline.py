"""Read and write baselines: findings that a team knows, which `check` then sets aside."""

from __future__ import annotations

import hashlib
import json
import os
from codecs import BOM_UTF8
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack import atomic
from skillpack.cli.opening import refuse_replacing
from skillpack.errors import OutputError
from skillpack.sources.directory import is_file
from skillpack.text import escaped, os_error, relative_path
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from skillpack.findings import Finding, Report

VERSION: Final = 1
_MAX_BYTES: Final = 64 * 1024 * 1024


class _Known(NamedTuple):
    """What identifies a finding: it stays the same when lines are added above it."""

    rule: str
    path: str
    line: str


def set_aside(report: Report, file: Path) -> Report:
    """Return the report without the findings of a baseline, each as often as the baseline has it.

    Findings of rules on safety are never set aside.

    Raises:
        click.UsageError: the file cannot be read, or is not a baseline.
    """
    left = _read(file)
    return replace(report, findings=tuple(_without(report, left, _folder(file))))


def write(report: Report, file: Path) -> None:
    """Write the findings of a report as a baseline, except those of rules on safety.

    Raises:
        OutputError: the file cannot be written; what was there is untouched.
    """
    folder = _folder(file)
    counts = Counter(_identify(finding, folder) for finding in report if _may_be_known(finding))
    entries = [{**known._asdict(), "count": count} for known, count in sorted(counts.items())]
    text = json.dumps({"version": VERSION, "findings": entries}, indent=1)
    atomic.replace(file, [f"{text}\n".encode()])


def refuse_another_file(file: Path, checked: Iterable[str]) -> None:
    """Refuse to replace what is not a baseline; one that is damaged or of another version may be written again.

    Args:
        file: the baseline.
        checked: the paths of what is checked.

    Raises:
        OutputError: the file is something else, or is what is checked, or cannot be read.
    """
    refuse_replacing(checked, [file])
    try:
        content = file.read_bytes() if is_file(file) else b""
    except OSError as error:
        raise OutputError(f"cannot write {escaped(str(file))}: {os_error(error)}") from error
    if content.strip() and not _may_be_baseline(content):
        raise OutputError(f"cannot write {escaped(str(file))}: it is not a baseline")


def _may_be_baseline(content: bytes) -> bool:
    """Return whether JSON has the keys of a baseline, or what is not JSON, as after a merge, looks like one."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content.removeprefix(BOM_UTF8).lstrip().startswith(b"{") and b'"findings"' in content
    return isinstance(value, dict) and value.keys() == {"version", "findings"}


def _without(report: Report, left: Counter[_Known], folder: str) -> Iterator[Finding]:
    for finding in report:
        known = _identify(finding, folder)
        if left[known] > 0 and _may_be_known(finding):
            left[known] -= 1
        else:
            yield finding


def _may_be_known(finding: Finding) -> bool:
    return "safety" not in finding.required_by and finding.rule != "rule-crashed"


def _identify(finding: Finding, folder: str) -> _Known:
    path = relative_path(finding.path, folder) if finding.skill else finding.path
    line = finding.excerpt.lines[0].strip() if finding.excerpt else ""
    digest = hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return _Known(finding.rule, path.replace(os.sep, "/"), digest)


def _folder(file: Path) -> str:
    """Return the directory that the paths in a baseline are relative to, so that it is valid in every directory."""
    return str(file.parent)


def _read(file: Path) -> Counter[_Known]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        hint = "; write it with --write-baseline" if isinstance(error, FileNotFoundError) else ""
        raise click.UsageError(f"{escaped(str(file))} cannot be read: {os_error(error)}{hint}") from error
    try:
        value = json.loads(content) if len(content) <= _MAX_BYTES else None
        return Counter(
            {_Known(*map(entry.__getitem__, _Known._fields)): int(entry["count"]) for entry in _entries(value)}
        )
    except (ValueError, OverflowError, TypeError, KeyError, AttributeError, RecursionError) as error:
        message = f"{escaped(str(file))} is not a baseline: write it again with --write-baseline"
        raise click.UsageError(message) from error


def _entries(value: Any) -> list[Any]:
    if value["version"] != VERSION or not isinstance(value["findings"], list):
        raise ValueError("another version")
    entries: list[Any] = value["findings"]
    return entries
