"""Findings with the paths somebody typed to findings with the paths of a repository, as CI's programs read them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from skillpack.findings import Location

if TYPE_CHECKING:
    from skillpack.findings import Finding, Report


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
