"""Check files that are not what their author meant to pack: pointers of Git LFS, results of skillpack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, escaped
from skillpack.rules.engine import Content, rule
from skillpack.select.wildmatch import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_LFS: Final = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES: Final = 1024
"""No pointer is larger (Git LFS specification)."""

_ZIP_IN_BASE64: Final = b'"data":"UEsDB'


@rule(Content)
def lfs_pointer(content: Content) -> Iterator[Issue]:
    if len(content.content) < _LFS_BYTES and content.content.startswith(_LFS) and b"\noid " in content.content:
        message = "the file is a pointer of Git LFS: its content was not downloaded"
        yield Issue("lfs-pointer", Location(content.file.path, line=1), message)


@rule(Content)
def packed_output(content: Content) -> Iterator[Issue]:
    if kind := _kind_of_result(content.content):
        hint = f"delete it, or add {escaped(line_for(content.file.path))} to .skillignore"
        yield Issue("packed-output", Location(content.file.path), f"the file is {kind} that skillpack wrote", hint=hint)


def _kind_of_result(content: bytes) -> str | None:
    if content.startswith(b"PK"):
        from skillpack.archive.canonical import is_bundle

        return "a zip" if is_bundle(content) else None
    if not content.startswith(b'{"') or _ZIP_IN_BASE64 not in content:
        return None
    from skillpack.sources.payload import looks_like_payload

    return "a request body" if looks_like_payload(content) else None
