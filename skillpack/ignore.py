"""The layers of ignore rules: a path to the line that decided what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from skillpack.tree import Decision

if TYPE_CHECKING:
    from pathspec import PathSpec

    from skillpack.settings import Settings

ALWAYS_OUT: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS", ".skillignore"})
DEFAULTS: Final = (
    ".DS_Store",
    "__MACOSX/",
    "Thumbs.db",
    "desktop.ini",
    "*~",
    "*.swp",
    ".idea/",
    ".vscode/",
    "__pycache__/",
    "*.pyc",
    ".pytest_cache/",
    ".venv/",
    "venv/",
    "node_modules/",
    "/.gitignore",
    "/.gitattributes",
    ".env",
    ".env.*",
    "!.env.example",
)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """All rules that count in one folder and below."""

    sources: tuple[tuple[str, str | None, PathSpec[Any]], ...]

    @classmethod
    def of(cls, settings: Settings, gitignore: bytes | None) -> Self:
        """Collect the layers, strongest first."""
        from pathspec import GitIgnoreSpec

        sources: list[tuple[str, str | None, PathSpec[Any]]] = []
        if settings.exclude:
            sources.append(("exclude", None, GitIgnoreSpec.from_lines(settings.exclude)))
        if settings.gitignore and gitignore is not None:
            lines = gitignore.decode("utf-8", "replace").splitlines()
            sources.append(("gitignore", ".gitignore", GitIgnoreSpec.from_lines(lines)))
        if settings.default_excludes:
            sources.append(("default", None, GitIgnoreSpec.from_lines(DEFAULTS)))
        return cls(tuple(sources))

    def decide(self, path: str, *, directory: bool) -> Decision | None:
        """Return the line that leaves this path out, or None if it is kept."""
        if path.rpartition("/")[2] in ALWAYS_OUT:
            return Decision("always", path.rpartition("/")[2], path)
        name = f"{path}/" if directory else path
        for layer, file, spec in self.sources:
            found = spec.check_file(name)
            if found.include and found.index is not None:
                return Decision(layer, str(spec.patterns[found.index].pattern), path, file, found.index + 1)
        return None
