"""Report packed files with several names: another name of theirs is excluded, or unknown."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.limits import MAX_SECRET_ENTRIES
from skillpack.select.defaults import SECRETS, default
from skillpack.sources.links import status_at
from skillpack.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from skillpack.sources.source import Source

Identity = tuple[int, int]
"""Device and inode."""


def find_hard_links(source: Source, packed: Mapping[str, Identity], excluded: Iterable[str]) -> Iterator[Issue]:
    """Yield the issues with files that have more than one name.

    Args:
        source: the skill.
        packed: each packed path of such a file -> which file it is.
        excluded: what is excluded; of folders, with `/` at their end, only those of secrets are entered, and no folder
            in them.
    """
    if not packed:
        return
    others = _find_names(source, set(packed.values()), excluded)
    for path in sorted(path for path, file in packed.items() if file in others):
        names = others[packed[path]]
        secret = next(filter(_is_secret, names), None)
        message = f"this is the same file as {secret or names[0]}, which is excluded"
        if secret:
            yield Issue("hard-link-to-secret", Location(path), message)
        else:
            yield Issue("hard-link-to-left-out", Location(path), message)
    rest = sorted(path for path, file in packed.items() if file not in others)
    if rest:
        files = plural(len(rest), "file")
        yield Issue("hard-link", Location(rest[0]), f"{files} may also be outside the skill: hard links")


def _find_names(source: Source, files: set[Identity], paths: Iterable[str]) -> dict[Identity, list[str]]:
    """Return which of some paths are names of some files."""
    found: dict[Identity, list[str]] = {}
    for path in _list_files(source, paths):
        try:
            identity = status_at(source, path).identity
        except (OSError, SkillChangedError):
            continue
        if identity in files:
            found.setdefault(identity, []).append(path)
    return found


def _list_files(source: Source, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files among some paths, and the entries of folders of secrets, up to a limit."""
    left = MAX_SECRET_ENTRIES
    for path in paths:
        if not path.endswith("/"):
            yield path
        elif left > 0 and _matches_secrets(path.rstrip("/"), directory=True):
            try:
                with source.open_folder(path) as folder:
                    names = [entry.name for entry in islice(folder.entries(), left)]
            except (OSError, SkillChangedError):
                continue
            left -= 1 + len(names)
            yield from (path + name for name in sorted(names))


def _is_secret(path: str) -> bool:
    """Return whether a name, or its folder's, is one that often holds secrets, whichever rule excludes it."""
    return _matches_secrets(path, directory=False) or _matches_secrets(path.rpartition("/")[0], directory=True)


def _matches_secrets(path: str, *, directory: bool) -> bool:
    found = default(path, directory=directory)
    return found is not None and found.group.name == SECRETS
