"""Find private keys in text, with lines joined or prefixed in any way."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from skillpack.secrets.patterns import KEY_REACH
from skillpack.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE: Final = rb"(?: |%20|\+)"
_TITLES: Final = (b"PRIVATE KEY", b"PRIVATE%20KEY", b"PRIVATE+KEY")
_BEGIN: Final = re.compile(rb"-{4,5}%b?BEGIN%b(?:[A-Z0-9]{1,12}%b){0,3}\Z" % (_SPACE, _SPACE, _SPACE))
_DASHES: Final = re.compile(rb"(?:%bBLOCK)?%b?-{4,5}" % (_SPACE, _SPACE))
_LONGEST_BEGIN: Final = 70

# as they stand in files, strings, addresses and HTML
_BREAK: Final = re.compile(
    rb"[\r\n\\%&<](?:(?<=[\r\n])|(?<=\\)\\{0,3}(?:[nr]|u000[aAdD])|(?<=%)0[aAdD]|(?<=&)#(?:10|13|[xX]0?[aAdD]);"
    rb"|(?<=<)[bB][rR] ?/?>)(?:\s|\\{1,4}[nr]|%0[aAdD]|&#(?:10|13|[xX]0?[aAdD]);){0,80}"
)
# comments, quotations, lists, strings, differences
_CONTROLS: Final = bytes(range(32))
_BEFORE_LINE: Final = _CONTROLS + b" \t#>*;|\"'`,:\\()[]{}&$/+-%!."
_BEHIND_LINE: Final = _CONTROLS + b" \t\"'`,;:\\()[]{}&+*/."
_COMMAND: Final = re.compile(rb"(?:echo|printf|REM|rem)[ \t]{1,8}")
_HEADER: Final = re.compile(rb"[A-Za-z0-9-]{2,40}: ")  # RFC 1421: Proc-Type, DEK-Info; OpenPGP and SSH2: Comment
_BETWEEN_WORDS: Final = re.compile(rb"[ \t\"',]{1,200}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
_REST: Final = re.compile(rb"[A-Za-z0-9+/]{1,15}={0,2}")
_MOST_HEADERS: Final = 8
_LONGEST_LINE: Final = 16_384

_OPENSSH: Final = b"openssh-key-v1\0"
_SEQUENCE: Final = 0x30


class Key(Value, kw_only=False):
    """A possible private key: where its title begins, and where its last part ends."""

    start: int
    end: int
    body: bytes

    @property
    def whole(self) -> bool:
        """Return whether it is more than the first line of a key, as manuals show it.

        The first quarter of an RSA key is public; an elliptic one is all in its first 40 bytes. DER says how long
        the whole is, the other formats do not.
        """
        data = _decoded(self.body)
        if data.startswith(_OPENSSH):
            return len(data) >= 150
        if (stated := _der_length(data)) is not None:
            return len(data) >= min(stated, max(stated // 4, 40))
        return len(data) >= 75


def keys(content: bytes) -> Iterator[Key]:
    """Yield the key below each PRIVATE KEY title, also if it is only a first line or empty."""
    first = content.find(b"PRIVATE")
    for title in _TITLES if first >= 0 else ():
        at = content.find(title, first)
        while at >= 0:
            end = at + len(title)
            key = _key(content, at, end)
            yield key
            at = content.find(title, max(key.end, end))


def _key(content: bytes, at: int, end: int) -> Key:
    """Return the key whose PRIVATE KEY title is at a place, without a body if it is not a title."""
    first = max(0, at - _LONGEST_BEGIN)
    begin, dashes = _BEGIN.search(content[first:at]), _DASHES.match(content, end)
    if begin is None or dashes is None:
        return Key(at, end, b"")
    body, end = _body(content, dashes.end())
    return Key(first + begin.start(), end, body)


def _body(content: bytes, start: int) -> tuple[bytes, int]:
    """Return the base64 that follows a title, and where it ends."""
    limit = min(start + KEY_REACH, len(content))
    ending = content.find(b"----", start, limit)
    parts: list[bytes] = []
    end, headers = start, 0
    for line_end, line in _lines(content, start, ending if ending >= 0 else limit):
        bare = _bare(line)
        words = [word for word in _BETWEEN_WORDS.split(bare) if word]
        if words and all(_BASE64.fullmatch(word) for word in words[:-1]) and _ends_with(words[-1], parts):
            parts += words
            end = line_end
            headers = 0
        elif headers == _MOST_HEADERS or (words and (parts or not _HEADER.match(bare))):
            break
        else:
            headers += 1
    return b"".join(parts), end


def _ends_with(word: bytes, parts: list[bytes]) -> bool:
    """Return whether a word may end a line of a key: base64, and short only after more of it."""
    return bool(_BASE64.fullmatch(word) or (parts and _REST.fullmatch(word)))


def _lines(content: bytes, start: int, limit: int) -> Iterator[tuple[int, bytes]]:
    while start < limit:
        found = _BREAK.search(content, start, min(limit, start + _LONGEST_LINE))
        end = found.start() if found else limit
        yield end, content[start:end]
        start = found.end() if found else limit


def _bare(line: bytes) -> bytes:
    """Return a line without the prefix and suffix that the surrounding text adds."""
    line = line.strip().partition(b">>")[0] if b">>" in line else line.strip()
    if command := _COMMAND.match(line):
        line = line[command.end() :]
    return line.lstrip(_BEFORE_LINE).rstrip(_BEHIND_LINE)


def _decoded(body: bytes) -> bytes:
    body = body.replace(b"=", b"")
    return base64.b64decode(body[: len(body) // 4 * 4])


def _der_length(data: bytes) -> int | None:
    """Return the length of a DER sequence as its header states it, or None if there is no such header."""
    if len(data) < 4 or data[0] != _SEQUENCE:
        return None
    if data[1] < 0x80:
        return 2 + data[1]
    if data[1] in (0x81, 0x82):
        count = data[1] - 0x80
        return 2 + count + int.from_bytes(data[2 : 2 + count], "big")
    return None
