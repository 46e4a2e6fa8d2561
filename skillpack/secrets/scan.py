"""Bytes of a text file to the credentials in them.

A token is an unbroken run of letters, digits, `_` and `-`. So the text is mapped to "may be in a token" and "may
not", runs of at least twenty are looked up, and only there a regular expression looks for the beginnings that issuers
gave their tokens, and another for the whole where there is one. Nothing is looked at more than a bounded number of
times, whatever the text.
"""

from __future__ import annotations

import re
import string
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from skillpack.secrets.patterns import AWS, JWT, KEY_REACH, found, heads, literals, shapes, starts

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE_KEY: Final = "a private key"
TOO_MANY: Final = "too many"
"""The kind of what is left of a text that was not searched to its end."""

MOST_PLACES: Final = 10_000
"""Places in one text that look like credentials, samples of them included; nobody has so many but to waste time."""

_BYTES_WORTH_COMPILING: Final = 1 << 16
_MOST_MISSES: Final = 20_000
_MOST_BYTES: Final = 4 << 20
_SHORTEST: Final = b"a" * 20
_PART: Final = 1 << 20
_WINDOW: Final = 64
_LONGEST_WINDOW: Final = 65_536
_BEFORE: Final = 48  # what may stand before a run and be part of the token: the name in dp.st.name.
_BEFORE_IN_PATH: Final = 100  # hooks.slack.com/workflows/T.../A.../...
_IN_TOKEN: Final = frozenset((string.ascii_letters + string.digits + "_-").encode())
_RUNS: Final = bytes(97 if char in _IN_TOKEN else 32 for char in range(256))
_SMALL: Final = (string.ascii_lowercase + "_-").encode()
_ASTERISKS: Final = bytes(char if char in b"\r\n" else 42 for char in range(256))
_TEXT_SAMPLE: Final = 8192

_AZURE: Final = rb"AccountKey=[A-Za-z0-9+/]{86}=="
# what stands in documentation in a token's place: AKIAIOSFODNN7EXAMPLE, sk-ant-xxxx, ghp_0123456789 and the like
_WORDS: Final = rb"example|sample|dummy|placeholder|redacted|1234567|abcdef|deadbeef"
_REPEATED: Final = rb"fake|your|x{4}|(.)\1{5}"
_LEAST_DISTINCT: Final = 8
_CLASSES: Final = (rb"[a-z]", rb"[A-Z]", rb"[0-9]")
_VARIED: Final = 20  # bytes at the end of which two of the three classes occur, but in words
_VOWELS: Final = rb"[AEIOU]"
_MOST_VOWELS: Final = 4
_WELL_KNOWN_JWT: Final = b"eyJzdWIiOiIxMjM0NTY3ODkw"  # {"sub":"1234567890: the sample of jwt.io


@dataclass(frozen=True, slots=True)
class Token:
    """What looks like a credential: whose, and the bytes from start to end. Its value is never shown."""

    kind: str
    start: int
    end: int


def searchable(content: bytes) -> bytes | None:
    """Return a text as something like UTF-8, or None if it is none: if there is a NUL in the first 8 KiB."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content if is_text(content) else None


def is_text(content: bytes) -> bool:
    """Whether the first 8 KiB hold no NUL."""
    return b"\0" not in content[:_TEXT_SAMPLE]


def tokens(content: bytes) -> Iterator[Token]:
    """Yield what looks like a credential and not like the sample of one, and where too many such places begin."""
    yield from _counted(_runs(content), len(content))
    yield from _counted(_azure(content), len(content))
    yield from _counted(_private_keys(content), len(content))


def masked(text: bytes) -> bytes:
    """Return the text with every credential in it as asterisks, each line of the same length."""
    parts, done = [], 0
    for token in sorted(tokens(text), key=lambda token: token.start):
        start, end = max(token.start, done), token.end
        if token.kind == PRIVATE_KEY:  # whatever interrupts it, the rest of the key is no less secret
            end = max(end, text.find(b"-----END", token.start, token.start + KEY_REACH))
        if end > start:
            parts += [text[done:start], text[start:end].translate(_ASTERISKS)]
            done = end
    return b"".join((*parts, text[done:])) if parts else text


def _counted(found: Iterator[tuple[Token, bool]], length: int) -> Iterator[Token]:
    """Yield the tokens among places, given with whether they are samples; of too many only where they begin."""
    for count, (token, sample) in enumerate(found):
        if count == MOST_PLACES:
            yield Token(TOO_MANY, token.start, length)
            return
        if not sample:
            yield token


def _runs(content: bytes) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape: anywhere in the runs, or after so much that it takes time, where one begins."""
    done = misses = looked = 0
    for begin, end in _windows(content):
        at = max(begin, done)
        looked += end - at
        may_hold = looked > _BYTES_WORTH_COMPILING or literals().search(content, at, end)
        while may_hold and (head := heads().search(content, at, end)):
            if match := shapes().match(content, head.start()):
                yield _place(match)
                at = done = match.end()
            else:
                misses += 1
                at = head.end()
        if misses > _MOST_MISSES or looked > _MOST_BYTES:
            yield from _starts_of_runs(content, end)
            return


def _starts_of_runs(content: bytes, at: int) -> Iterator[tuple[Token, bool]]:
    runs = content.translate(_RUNS)
    known, misses, at = starts(), 0, runs.find(_SHORTEST, at)
    while at >= 0:
        if content[at : at + 3] in known and (head := heads().search(content, at, at + _WINDOW)):
            if match := shapes().match(content, head.start()):
                yield _place(match)
            else:
                misses += 1
        end = runs.find(b" ", at)
        at = runs.find(_SHORTEST, end) if end >= 0 else -1
        if misses > _MOST_MISSES and at >= 0:
            yield Token(TOO_MANY, at, len(content)), False
            return


def _place(match: re.Match[bytes]) -> tuple[Token, bool]:
    kind, start = found(match)
    return Token(kind, start, match.end()), _is_sample(kind, match.string[start : match.end()])


def _windows(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where to look: from what stands before a run that is not all small letters to the end of one."""
    for first, last in _parts(content):
        runs = content[first:last].translate(_RUNS)
        at = runs.find(_SHORTEST)
        while at >= 0:
            end = runs.find(b" ", at, at + _LONGEST_WINDOW)
            if content[first + at : first + (end if end >= 0 else at + _LONGEST_WINDOW)].translate(None, _SMALL):
                end = runs.find(b" ", at + _WINDOW, at + _LONGEST_WINDOW)
                begin = first + at
                before = _BEFORE_IN_PATH if content[begin - 1 : begin] == b"/" else _BEFORE
                yield max(begin - before, 0), first + (end + 1 if end >= 0 else min(at + _LONGEST_WINDOW, len(runs)))
            at = runs.find(_SHORTEST, end if end >= 0 else at + _LONGEST_WINDOW)


def _parts(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the text in parts that end with a line, or it would be held twice."""
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", begin + _PART) + 1 or len(content)
        yield begin, end
        begin = end


def _azure(content: bytes) -> Iterator[tuple[Token, bool]]:
    at = content.find(b"AccountKey=")
    for match in re.compile(_AZURE).finditer(content, at) if at >= 0 else ():
        token = Token("an Azure storage key", match.start(), match.end())
        yield token, _is_sample(token.kind, match[0])


def _private_keys(content: bytes) -> Iterator[tuple[Token, bool]]:
    if b"-----BEGIN" not in content:  # longer, so quicker to rule out than PRIVATE
        return
    from skillpack.secrets.private_keys import keys

    looked = 0
    for key in keys(content):
        if looked > _MOST_BYTES:
            yield Token(TOO_MANY, key.start, len(content)), False
            return
        looked += len(key.body)
        yield Token(PRIVATE_KEY, key.start, key.end), not key.whole or _is_dull(key.body)


def _is_sample(kind: str, value: bytes) -> bool:
    if kind == JWT:
        return _WELL_KNOWN_JWT in value
    body = value.rpartition(b"/")[2]
    return _is_dull(body) or _is_word(kind, body) or bool(re.search(_REPEATED, body.lower()))


def _is_dull(body: bytes) -> bool:
    return len(set(body)) < _LEAST_DISTINCT or bool(re.search(_WORDS, body.lower()))


def _is_word(kind: str, body: bytes) -> bool:
    """Whether it is made of words rather than drawn at random: ASIAPACIFICECONOMICS, glpat-as-it-stands-in-a-manual.

    One in thirty of AWS's ids has no digit; of those, one in six has more than four vowels and is not told from words.
    """
    end = body[-_VARIED:]
    if sum(bool(re.search(each, end)) for each in _CLASSES) > 1:
        return False
    return kind != AWS or len(re.findall(_VOWELS, body[4:])) > _MOST_VOWELS
