"""Describe a credential that was found in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.secrets.samples import is_sample
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    import re

    from skillpack.secrets.patterns import Beginning

PRIVATE_KEY: Final = "a private key"
TOO_MANY: Final = "too many"
"""The kind reported for the rest of a text that was not searched to its end."""


class Token(NamedTuple):
    """A possible credential: its issuer, and its bytes from start to end. Its value is never shown."""

    kind: str
    start: int
    end: int


def make_token(beginning: Beginning, match: re.Match[bytes], *, whole: bool = False) -> tuple[Token, bool]:
    """Return a token and whether it is a sample, given what follows its beginning or, if `whole`, all of it."""
    kind, width = beginning.shape.kind, beginning.width()
    start = match.start() + (beginning.length if whole else 0) - width
    fixed = 0 if beginning.head.startswith("[") else width
    return Token(kind, start, match.end()), is_sample(kind, match.string[start + fixed : match.end()])
