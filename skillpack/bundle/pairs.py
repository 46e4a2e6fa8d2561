"""Pair the files of a skill as it was with those as it is: by path, and renamed ones by their content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EMPTY: Final = hashlib.sha256().hexdigest()


class _File(Protocol):
    @property
    def path(self) -> str: ...
    @property
    def sha256(self) -> str: ...


_AnyFile = TypeVar("_AnyFile", bound=_File)


def pair_files(
    before: Iterable[_AnyFile], after: Iterable[_AnyFile]
) -> Iterator[tuple[_AnyFile | None, _AnyFile | None]]:
    """Yield each file that differs, as it was and as it is; None where it is absent.

    A file that is removed and one that is added with the same content are one pair: the first of each content in order,
    then the second. Empty files are not paired, since an empty file has no content by which to know it again.
    """
    old, new = ({file.path: file for file in files} for files in (before, after))
    yield from ((old[path], new[path]) for path in old if path in new and old[path] != new[path])
    added = {path: file for path, file in new.items() if path not in old}
    by_content: dict[str, list[_AnyFile]] = {}
    for file in reversed(added.values()):
        if file.sha256 != _EMPTY:
            by_content.setdefault(file.sha256, []).append(file)
    for path, file in old.items():
        if path in new:
            continue
        moved = by_content[file.sha256].pop() if by_content.get(file.sha256) else None
        yield file, moved and added.pop(moved.path)
    yield from ((None, file) for file in added.values())
