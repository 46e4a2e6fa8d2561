"""What git says of a folder's files, and what we say, in the same form."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pathspec import GitIgnoreSpec

from skillpack.select.explain import why
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.skill.decisions import Layer
from skillpack.sources.directory import Directory
from tests.oracles.ignoretrees import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skillpack.skill.decisions import Verdict

ONLY_GITIGNORE: Final = Settings(default_excludes=False)
_ENVIRONMENT: Final = {
    "PATH": os.environ.get("PATH", ""),
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CEILING_DIRECTORIES": "/",
}
Source = tuple[str, int] | None  # file and line


@dataclass(frozen=True)
class Repository:
    """An empty repository that one tree after another is written to."""

    root: Path

    @classmethod
    def at(cls, root: Path, git: str) -> Repository:
        """Make one. `core.ignorecase` is off everywhere, as it is for us."""
        root.mkdir(parents=True)
        subprocess.run([git, "init", "-q", str(root)], check=True, env=_ENVIRONMENT)
        (root.parent / os.fsdecode(OUTSIDE)).write_text("*\n")
        subprocess.run([git, "-C", str(root), "config", "core.ignorecase", "false"], check=True, env=_ENVIRONMENT)
        return cls(root)

    def clear(self) -> None:
        """Take away everything but the repository itself."""
        for entry in list(self.root.iterdir()):
            if entry.name != ".git" and entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != ".git":
                entry.unlink()

    def selection(self) -> set[str]:
        """Return the files that git would add."""
        return set(self._git("ls-files", "-co", "--exclude-standard", "-z"))

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        """Return which file and line decided on each path; git names the line of a negation, too."""
        given = "\0".join(paths)
        fields = self._git("check-ignore", "-v", "-n", "-z", "--no-index", "--stdin", stdin=given)
        rows = zip(*(iter(fields),) * 4, strict=True)
        return {path: (file, int(line)) if file else None for file, line, _, path in rows}

    def _git(self, *arguments: str, stdin: str = "") -> list[str]:
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            check=False,
            capture_output=True,
            input=os.fsencode(stdin),
            env=_ENVIRONMENT,
        )
        assert done.returncode in (0, 1), done.stderr
        return [os.fsdecode(field) for field in done.stdout.split(b"\0")[:-1]]


def ours(root: Path) -> set[str]:
    """Return the same from our own walk: what it keeps and what it refuses for other reasons than rules."""
    tree = walk(Directory(root), ONLY_GITIGNORE)
    rejected = {issue.location.path for issue in tree.selection.rejected if issue.rule_id != "file-not-regular"}
    return {file.path for file in tree.files} | rejected


def our_sources(root: Path, paths: Iterable[str]) -> dict[str, Source]:
    """Return the same from our own explanation."""
    verdicts = why(Directory(root), ONLY_GITIGNORE, paths)
    return {verdict.path.removesuffix("/"): _source(verdict) for verdict in verdicts}


def _source(verdict: Verdict) -> Source:
    decision = verdict.decided_by
    if decision is None or decision.layer is not Layer.GITIGNORE:
        return None
    assert decision.file is not None
    assert decision.line is not None
    return decision.file, decision.line


def everything(root: Path) -> list[str]:
    """Return the path of every file, link and folder, but of the repository."""
    found = []
    for folder, names, files in os.walk(root):
        prefix = os.path.relpath(folder, root) + "/"
        prefix = "" if prefix == "./" else prefix
        if not prefix:
            names.remove(".git")
        found += [prefix + name for name in (*names, *files)]
    return found


def through_pathspec(root: Path, prefix: str = "", specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> set[str]:
    """Return the selection of pathspec's own patterns, nested and pruned as git does it."""
    found: set[str] = set()
    own = root / prefix / ".gitignore"
    if own.is_file() and not own.is_symlink():
        lines = own.read_bytes().decode("utf-8", "surrogateescape").splitlines()
        specs = ((prefix, GitIgnoreSpec.from_lines(lines)), *specs)
    for entry in list(os.scandir(root / prefix)):
        path = prefix + entry.name
        folder = entry.is_dir(follow_symlinks=False)
        said = (spec.check_file(f"{path}/"[len(base) :] if folder else path[len(base) :]) for base, spec in specs)
        if entry.name == ".git" or next((one.include for one in said if one.include is not None), False):
            continue
        found |= through_pathspec(root, f"{path}/", specs) if folder else {path}
    return found
