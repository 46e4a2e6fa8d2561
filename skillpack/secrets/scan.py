"""Find the credentials in the bytes of a text file.

Most tokens are an unbroken run of letters, digits, `_` and `-`. Tokens of other characters are searched for by their
beginning. Nothing is looked at more than a bounded number of times, whatever the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, utf_16_be_decode, utf_16_le_decode
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from skillpack.secrets.budget import MOST_KEY_BYTES, MOST_PLACES, Budget
from skillpack.secrets.patterns import KEY_REACH, broken, pattern
from skillpack.secrets.runs import PART, SHORTEST, find_in_runs, find_runs
from skillpack.secrets.samples import is_dull
from skillpack.secrets.splits import (
    ESCAPED,
    SPLIT_PART,
    has_escape,
    has_invisible,
    may_hold_token,
    neighbourhoods,
    placing,
    undo,
)
from skillpack.secrets.token import PRIVATE_KEY, TOO_MANY, Token, make_token
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from skillpack.secrets.patterns import Beginning

    _Shapes = tuple[list[Beginning], list[tuple[int, re.Pattern[bytes]]]]

_LEAST: Final = len(SHORTEST)
_ASTERISKS: Final = bytes(char if char in b"\r\n" else 42 for char in range(256))
_TEXT_SAMPLE: Final = 8192
_MOST_REPLACED: Final = 100_000  # characters of a text that are not UTF-16
_ONES_FOR_ZERO: Final = b"\xff" + bytes(255)
_PERCENT: Final = ord("%")
_UNDERSCORE: Final = ord("_")
_KEY: Final = ord("K")
_FEW: Final = 16
_TITLE: Final = rb"KEY(?:(?<=PRIVATE[ +]KEY)|(?<=PRIVATE%20KEY))"
_COST_OF_PLACES: Final = 3  # times that of undoing, where a token in a part has to be placed in the text


class _Literals(NamedTuple):
    """Literals with a byte that is rare in most texts.

    Args:
        rate: in how many bytes of a text there may be one on average, for a search for it to be quickest.
        beside: where it has a neighbour: 1 behind it, -1 before it.
        neighbours: which that may be.
        texts: the literals.
    """

    rate: int
    beside: int
    neighbours: frozenset[bytes]
    texts: tuple[bytes, ...]


# one of all these is in each text of a broken shape and in the title of a key
_LITERALS: Final = {
    _KEY: _Literals(1024, 1, frozenset((b"E", b"e")), (b"KEY", b"Key=")),
    ord("~"): _Literals(4096, -1, frozenset((b"Q",)), (b"Q~",)),
    ord("+"): _Literals(4096, 1, frozenset((b"A",)), (b"+ACR",)),
}
_WITHOUT_RARE: Final = (b"whsec_",)  # all with `_`


class _Part(NamedTuple):
    """Where a text has a part of broken shapes: at some places, and from one on at more, or -1."""

    byte: int
    places: list[int]
    rest: int


def searchable(content: bytes) -> bytes | None:
    """Return a text as UTF-8 where possible, or None if it is binary: with a NUL in its first 8 KiB."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _from_utf16(content)
    return content if is_text(content) else None


def _from_utf16(content: bytes) -> bytes:
    """Return a text in UTF-16 as UTF-8, and after very many errors, which take time to decode, only what is ASCII."""
    big = content.startswith(BOM_UTF16_BE)
    decode = utf_16_be_decode if big else utf_16_le_decode
    parts: list[bytes] = []
    at, replaced = len(BOM_UTF16_LE), 0
    while at < len(content):
        part, is_last = content[at : at + PART], at + PART >= len(content)
        try:
            text, used = decode(part, "strict", is_last)
        except UnicodeDecodeError:
            text, used = decode(part, "replace", is_last)
            replaced += text.count("\ufffd")
        parts.append(text.encode())
        at += used
        if replaced > _MOST_REPLACED:
            rest = content[at : at + (len(content) - at) // 2 * 2]
            parts.append(_take_ascii(rest[big::2], rest[not big :: 2]))
            break
    return b"".join(parts)


def _take_ascii(low: bytes, high: bytes) -> bytes:
    """Return the lower bytes of units of UTF-16, with NUL in place of those whose higher byte is not zero."""
    kept = int.from_bytes(low) & int.from_bytes(high.translate(_ONES_FOR_ZERO))
    return kept.to_bytes(len(low))


def is_text(content: bytes) -> bool:
    """Return whether a content is text: no NUL is in its first 8 KiB."""
    return content.find(b"\0", 0, _TEXT_SAMPLE) < 0


def tokens(content: bytes, budget: Budget | None = None, runs: list[tuple[int, int]] | None = None) -> list[Token]:
    """Return the possible credentials that are not samples, and the place from which there are too many to search.

    Args:
        content: the text.
        budget: of the skill that the text is part of; without one, a text has one of its own.
        runs: from where to where long runs are, and maybe shorter ones, where they are known.
    """
    found: list[Token] = []
    size = len(content)
    if size < _LEAST:
        return found
    budget = budget or Budget()
    if runs is not None:
        runs = [run for run in runs if run[1] - run[0] >= _LEAST]
    elif size <= PART and not budget.is_short():
        runs = find_runs(content)
    if runs or runs is None:
        places = find_in_runs(content, budget, runs)
        found += _counted(places, size, budget) if places else ()
    is_long = size > SPLIT_PART
    parts = _find_parts(content)
    if parts:
        found += _counted(_broken(content, parts), size, budget)
    may_have_escape, may_have_invisible = _PERCENT in content, not content.isascii()
    if (may_have_escape and (is_long or has_escape(content))) or (
        may_have_invisible and (is_long or has_invisible(content))
    ):
        split = [*_outermost(_counted(_split(content, budget), size, budget))]
        found = [*_outside(found, split), *split] if split else found
    if _may_have_key(content, parts) and b"BEGIN" in content:
        found += _counted(_private_keys(content, budget), size, budget)
    return found


def _outside(found: list[Token], longer: list[Token]) -> Iterator[Token]:
    """Yield the tokens that are not a part of a longer one."""
    longer = sorted((token for token in longer if token.kind != TOO_MANY), key=lambda token: token.start)
    starts, ends = [token.start for token in longer], [*accumulate((token.end for token in longer), max)]
    for token in found:
        before = bisect_right(starts, token.start)
        if not before or ends[before - 1] < token.end:
            yield token


def _outermost(found: Iterable[Token]) -> Iterator[Token]:
    """Yield the tokens that are neither a part of another nor the same as one before."""
    reach = -1
    for token in sorted(found, key=lambda token: (token.start, -token.end)):
        if token.kind == TOO_MANY:
            yield token
        elif token.end > reach:
            reach = token.end
            yield token


def masked(text: bytes, budget: Budget | None = None) -> bytes:
    """Return the text with each credential replaced by asterisks; every line keeps its length.

    Args:
        text: any text.
        budget: of all texts that are masked together; once it is short, a text is masked as a whole.
    """
    parts, done = [], 0
    found = tokens(text, budget)
    if budget is not None and budget.is_short():  # the rest of its long words is not searched
        return text.translate(_ASTERISKS)
    for token in sorted(found, key=lambda token: token.start):
        start, end = max(token.start, done), token.end
        if token.kind == PRIVATE_KEY:  # whatever interrupts it, the rest of the key is no less secret
            end = max(end, text.find(b"-----END", token.start, token.start + KEY_REACH))
        if end > start:
            parts += [text[done:start], text[start:end].translate(_ASTERISKS)]
            done = end
    return b"".join((*parts, text[done:])) if parts else text


def clip(text: str, most: int) -> str:
    """Return at most so many characters of a text; of one that is cut, credentials are masked before.

    Half of a credential is not recognised; a whole one is masked when the finding is made.
    """
    if len(text) <= most:
        return text
    return masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")[: most - 1] + "…"


def _counted(found: Iterable[tuple[Token, bool]], length: int, budget: Budget) -> Iterator[Token]:
    """Yield the tokens among places, given with whether they are samples; of too many only where they begin."""
    for token, sample in found:
        if budget.places == MOST_PLACES:
            yield Token(TOO_MANY, token.start, length)
            return
        budget.places += 1
        if not sample:
            yield token


def _find_parts(content: bytes) -> list[_Part]:
    """Return what a text has of the parts, one of which is in each broken shape and in the title of a key."""
    found = []
    for byte in _LITERALS:
        if byte in content:
            places, rest = _find_rare(content, byte)
            if places or rest >= 0:
                found.append(_Part(byte, places, rest))
    match = _either(_WITHOUT_RARE)(content) if _UNDERSCORE in content else None
    if match:
        found.append(_Part(_UNDERSCORE, [], match.start()))
    return found


def _find_rare(content: bytes, byte: int) -> tuple[list[int], int]:
    """Return where literals with a byte are, and from where on there are more: where it is frequent, or -1."""
    rate, beside, neighbours, literals = _LITERALS[byte]
    before = min(beside, 0)
    places = []
    at = content.find(byte)
    for _ in range(_FEW + len(content) // rate):
        # a slice, as nothing may be before or behind the byte
        if content[at + beside : at + beside + 1] in neighbours and content.startswith(literals, at + before):
            places.append(at + before)
        at = content.find(byte, at + 1)
        if at < 0:
            return places, -1
    match = _either(literals)(content, at + before)
    return places, match.start() if match else -1


@cache
def _either(literals: tuple[bytes, ...]) -> Callable[..., re.Match[bytes] | None]:
    """Return what finds the first of some literals; `bytes.find` takes longer for these."""
    return re.compile(b"|".join(map(re.escape, literals))).search


def _may_have_key(content: bytes, parts: list[_Part]) -> bool:
    """Return whether a title like that of a private key is in a text, given its parts."""
    if not parts or parts[0].byte != _KEY:
        return False
    return any(_matches(content, parts[0], b"KEY", [(0, re.compile(_TITLE))]))


def _broken(content: bytes, parts: list[_Part]) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape that may be without a long run, given the parts of a text."""
    for part in parts:
        for literal, (beginnings, patterns) in _broken_by_literal()[part.byte].items():
            for number, match in _matches(content, part, literal, patterns):
                yield make_token(beginnings[number], match, whole=True)


def _matches(
    content: bytes, part: _Part, literal: bytes, patterns: Sequence[tuple[int, re.Pattern[bytes]]]
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield what patterns find, and which; each is given with how many bytes before a literal that begins."""
    done = 0
    for at in part.places:
        for number, (before, whole) in enumerate(patterns) if content.startswith(literal, at) else ():
            match = whole.match(content, at - before) if at - before >= done else None
            if match:
                yield number, match
                done = match.end()
    first = _either((literal,))(content, part.rest) if part.rest >= 0 else None
    if first:
        for number, (before, whole) in enumerate(patterns):
            for match in whole.finditer(content, max(first.start() - before, done)):
                yield number, match


@cache
def _broken_by_literal() -> dict[int, dict[bytes, _Shapes]]:
    """Return the beginnings of broken shapes and their patterns, by the byte and the literal that find them."""
    by_byte = {byte: each.texts for byte, each in _LITERALS.items()} | {_UNDERSCORE: _WITHOUT_RARE}
    return {byte: dict(_with_literals(literals)) for byte, literals in by_byte.items()}


def _with_literals(literals: tuple[bytes, ...]) -> Iterator[tuple[bytes, _Shapes]]:
    for literal in literals:
        having = [each for each in broken() if literal in each.text]
        if having:  # no shape has KEY
            yield literal, (having, [(each.text.index(literal), pattern(each)) for each in having])


def _split(content: bytes, budget: Budget) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape where escapes are undone and invisible characters are taken out."""
    for begin, end in neighbourhoods(content):
        part = content[begin:end]
        if not may_hold_token(part):
            continue
        budget.undone += len(part)
        if not budget.may_undo():
            yield Token(TOO_MANY, begin, len(content)), False
            return
        undone = undo(part)
        if found := [*find_in_runs(undone, budget), *_broken(undone, _find_parts(undone))]:
            budget.undone += _COST_OF_PLACES * len(part)
            place = placing(part)
            for token, sample in found:
                if token.kind == TOO_MANY:
                    yield Token(TOO_MANY, begin, len(content)), sample
                    return
                first, last = place(token.start), place(token.end - 1)
                width = 3 if part[last : last + 3] in ESCAPED else 1
                if last + width - first > token.end - token.start:
                    yield Token(token.kind, begin + first, begin + last + width), sample


def _private_keys(content: bytes, budget: Budget) -> Iterator[tuple[Token, bool]]:
    from skillpack.secrets.private_keys import keys

    for key in keys(content):
        if budget.key_bytes > MOST_KEY_BYTES:
            yield Token(TOO_MANY, key.start, len(content)), False
            return
        budget.key_bytes += len(key.body)
        yield Token(PRIVATE_KEY, key.start, key.end), not key.whole or is_dull(key.body)
