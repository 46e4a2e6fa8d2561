"""Compute the content digest of a skill, and the fingerprint of a file that it is made of."""

import hashlib
from collections.abc import Iterable
from typing import Final, Self

from skillpack.values import Value

DIGEST_VERSION: Final = "skillpack1"
SHA256: Final = "[0-9a-f]{64}"
"""A pattern of a SHA-256 in lowercase hex."""
DIGEST: Final = f"{DIGEST_VERSION}:{SHA256}"
"""A pattern of a content digest."""


class Fingerprint(Value):
    """What the content of one file determines: its hash, and whether a system would run it.

    `sha256` is its SHA-256 in lowercase hex. `executable` is True if it starts with `#!` or is an ELF program; mode
    bits are not used, because they are lost on Windows and often wrong elsewhere.
    """

    __module__ = "skillpack"

    sha256: str
    executable: bool

    @classmethod
    def from_content(cls, content: bytes) -> Self:
        """Return the fingerprint of a content.

        Args:
            content: the whole content of a file.
        """
        return cls(sha256=hashlib.sha256(content).hexdigest(), executable=content.startswith((b"#!", b"\x7fELF")))


def content_digest(files: Iterable[tuple[str, str, bool]]) -> str:
    """Return the content digest: of what is packed, whatever the compression (docs/reference/bundle-format).

    Args:
        files: of each file, in archive order, its path, which holds no line feed, its SHA-256 in lowercase hex, and
            whether it is executable.
    """
    total = hashlib.sha256()
    for path, sha256, executable in files:
        total.update(f"{sha256} {'x' if executable else '-'} {path}\n".encode("utf-8", "surrogatepass"))
    return f"{DIGEST_VERSION}:{total.hexdigest()}"
