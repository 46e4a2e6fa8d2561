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

from skillpack.secrets.budget import MOST_PLACES, Budget
from skillpack.secrets.patterns import KEY_REACH, broken, pattern
from skillpack.secrets.runs import PART, SHORTEST, find_in_runs, find_runs
from skillpack.secrets.samples import is_dull
from skillpack.secrets.splits import ESCAPED, SPLIT_PART, has_split, may_hold_token, neighbourhoods, placing, undo
from skillpack.secrets.token import PRIVATE_KEY, TOO_MANY, Token, make_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from skillpack.secrets.patterns import Beginning

_LEAST: Final = len(SHORTEST)
_MOST_KEY_BYTES: Final = 4 << 20
_ASTERISKS: Final = bytes(char if char in b"\r\n" else 42 for char in range(256))
_TEXT_SAMPLE: Final = 8192
_MOST_REPLACED: Final = 100_000  # characters of a text that are not UTF-16
_ONES_FOR_ZERO: Final = b"\xff" + bytes(255)
_ENDS_OF_BROKEN: Final = (b"Key=", b"Q~")  # the texts of broken shapes end with one of them
_TITLE: Final = rb"KEY(?:(?<=PRIVATE[ +]KEY)|(?<=PRIVATE%20KEY))"
_FEW: Final = 16
_VERY_RARE: Final = 1024  # in so many bytes on average
_MOST_UNDONE: Final = 32 << 20
_COST_OF_PLACES: Final = 3  # times that of undoing, where a token in a part has to be placed in the text


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
        found += _counted(find_in_runs(content, budget, runs), size, budget)
    is_long = size > SPLIT_PART
    has_key = _has_key(content)
    if has_key or (content.find(b"~") >= 0 and content.find(b"Q") >= 0 and content.find(b"Q~") >= 0):
        found += _counted(_broken(content), size, budget)
    may_split = content.find(b"%") >= 0 or not content.isascii()
    if may_split and (is_long or has_split(content)):
        split = [*_outermost(_counted(_split(content, budget), size, budget))]
        found = [*_outside(found, split), *split] if split else found
    if has_key and any(_matches(content, b"KEY", [(0, re.compile(_TITLE))])) and b"BEGIN" in content:
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


def _counted(found: Iterable[tuple[Token, bool]], length: int, budget: Budget) -> Iterator[Token]:
    """Yield the tokens among places, given with whether they are samples; of too many only where they begin."""
    for token, sample in found:
        if budget.places == MOST_PLACES:
            yield Token(TOO_MANY, token.start, length)
            return
        budget.places += 1
        if not sample:
            yield token


def _broken(content: bytes) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape that may be without a long run."""
    for end, beginnings in _broken_by_end().items():
        patterns = [(len(each.text) - len(end), pattern(each)) for each in beginnings]
        for number, match in _matches(content, end, patterns):
            yield make_token(beginnings[number], match, whole=True)


def _matches(
    content: bytes, text: bytes, patterns: Sequence[tuple[int, re.Pattern[bytes]]]
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield what patterns find, and which; as long as the first byte of a text in each is rare, to find it is quickest.

    Args:
        content: what is searched.
        text: what is in everything that is found.
        patterns: how many bytes are before that text, and what finds it and them.
    """
    rare, done = text[:1], 0
    at = content.find(rare)
    for _ in range(_FEW + len(content) // _VERY_RARE):
        if at < 0:
            return
        if content.startswith(text, at):
            for number, (before, whole) in enumerate(patterns):
                match = whole.match(content, at - before) if at - before >= done else None
                if match:
                    yield number, match
                    done = match.end()
        at = content.find(rare, at + 1)
    if at >= 0:
        for number, (before, whole) in enumerate(patterns):
            for match in whole.finditer(content, max(at - before, done)):
                yield number, match


def _has_key(content: bytes) -> bool:
    """Return False if there is neither the title of a private key nor, but for `Q~`, a broken shape.

    Where `K` is frequent in a long text, to search for these at once takes less than to know.
    """
    at = content.find(b"K")
    for _ in range(_FEW + len(content) // _VERY_RARE):
        if at < 0:
            return False
        if content.startswith((b"KEY", b"Key="), at):
            return True
        at = content.find(b"K", at + 1)
    return at >= 0 and (len(content) > SPLIT_PART or content.find(b"KEY", at) >= 0 or content.find(b"Key=", at) >= 0)


@cache
def _broken_by_end() -> dict[bytes, tuple[Beginning, ...]]:
    """Return the beginnings of broken shapes by how their texts end, which several have in common."""
    return {end: tuple(each for each in broken() if each.text.endswith(end)) for end in _ENDS_OF_BROKEN}


def _split(content: bytes, budget: Budget) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape where escapes are undone and invisible characters are taken out."""
    for begin, end in neighbourhoods(content):
        part = content[begin:end]
        if not may_hold_token(part):
            continue
        budget.undone += len(part)
        if budget.undone > _MOST_UNDONE:
            yield Token(TOO_MANY, begin, len(content)), False
            return
        undone = undo(part)
        if found := [*find_in_runs(undone, budget), *_broken(undone)]:
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
        if budget.key_bytes > _MOST_KEY_BYTES:
            yield Token(TOO_MANY, key.start, len(content)), False
            return
        budget.key_bytes += len(key.body)
        yield Token(PRIVATE_KEY, key.start, key.end), not key.whole or is_dull(key.body)
