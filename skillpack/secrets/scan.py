"""Find the credentials in the bytes of a text file.

Most tokens are an unbroken run of letters, digits, `_` and `-`. So the text is mapped to "may be in a token" and "may
not", runs of at least twenty are looked up, and only there the beginnings that issuers gave their tokens are looked
for, and the whole where there is one. Tokens of other characters are searched for by their beginning. Nothing is
looked at more than a bounded number of times, whatever the text.

In what runs often, `bytes.find` replaces `in`, which first tries to read its left side as a number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from functools import cache
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from skillpack.secrets.patterns import AWS, INDEXED, JWT, KEY_REACH, broken, dotted, index, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from skillpack.secrets.patterns import Beginning

PRIVATE_KEY: Final = "a private key"
TOO_MANY: Final = "too many"
"""The kind reported for the rest of a text that was not searched to its end."""

MOST_PLACES: Final = 10_000
"""The most places in one skill that may look like credentials, samples included; real skills have far fewer."""

_MOST_MISSES: Final = 20_000
_MOST_BYTES: Final = 2 << 20
_MOST_KEY_BYTES: Final = 4 << 20
_MOST_BEGINNINGS: Final = 100_000
_BATCH_BYTES: Final = 512
_SHORTEST: Final = b"a" * 20
_PART: Final = 1 << 17  # bytes that are mapped in one go, into memory that is soon used again
_WINDOW: Final = 64
_MOST_REMEMBERED: Final = 4096  # runs, of at most _WINDOW bytes
_JUDGED_TOGETHER: Final = 1 << 16  # bytes of a text whose runs are judged in one go
_LONGEST_WINDOW: Final = 65_536
_BEFORE: Final = (
    80  # what may be before a run and part of the token: the name in dp.st.name., of ghs_ a part with a dot
)
_BEFORE_IN_PATH: Final = 400  # hooks.slack.com/workflows/T.../A.../..., and base64 without a long run
_BEFORE_DOT: Final = 3  # bytes of the end of a beginning with a dot or the like
_OVERLAP: Final = 40  # bytes of the longest text of a beginning: it may go on behind the end of a window
_IN_TOKEN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_BEHIND_DOT, _BEHIND_WORD, _ANYWHERE = range(3)  # where a run may be part of a token
_SEPARATOR: Final = re.compile(rb"[^A-Za-z0-9]")
_BETWEEN_RUNS: Final = re.compile(rb"[^A-Za-z0-9_-]")
# the three bytes behind what may be an escape: %3D or a colour of a terminal; \n, \x22, \u0022
_BEHIND_ESCAPE: Final = re.compile(rb"[%\[;](?:(?<=%)..|[0-9]{1,2}m)(?=(...))", re.DOTALL)
_BEHIND_BACKSLASH: Final = re.compile(rb"\\(?=.(...))(?=...(...)|)(?=.{5}(...)|)", re.DOTALL)
_ESCAPES: Final = b"%\\[;"
_ESCAPE_WIDTHS: Final = (2, 3, 4, 6)
_FARTHEST: Final = max(_ESCAPE_WIDTHS) + INDEXED  # bytes behind a separator that matter
_BESIDE_SPLIT: Final = _IN_TOKEN | frozenset(b"+/=.:~@")
_BEFORE_ESCAPE: Final = _BESIDE_SPLIT | frozenset(range(128, 256))
_SLASH: Final = ord("/")
_PERCENT: Final = ord("%")
_RUN_BYTES: Final = bytes(sorted(_IN_TOKEN))
_RUNS: Final = bytes(97 if char in _IN_TOKEN else 32 for char in range(256))
_JOINED: Final = bytes(97 if char in _IN_TOKEN or char in b"+/.:~%" else 32 for char in range(256))
_OUTSIDE: Final = frozenset(char for char in range(256) if _JOINED[char] == 32)
_NOT_ASCII: Final = bytes(range(128, 256))
_BEFORE_NEW_RUN: Final = frozenset(b"/.:~")  # the last byte before a run that starts a new word
_OF_BEGINNING: Final = frozenset(range(256)) - _OUTSIDE | frozenset(_ESCAPES)  # before a run that goes on from it
_SMALL: Final = b"abcdefghijklmnopqrstuvwxyz_-"
_ASTERISKS: Final = bytes(char if char in b"\r\n" else 42 for char in range(256))
_TEXT_SAMPLE: Final = 8192


# escapes, and the invisible characters as UTF-8, which a program or a page may put into a token
_ESCAPED: Final = {
    escape: bytes.fromhex(escape[1:].decode())
    for escape in (b"%2F", b"%2f", b"%2B", b"%2b", b"%3A", b"%3a", b"%3D", b"%3d", b"%40")
}
# by the first two bytes, which are quick to rule out
_INVISIBLE: Final = (
    (b"\xc2\xad", b""),
    (b"\xcd\x8f", b""),
    (b"\xd8\x9c", b""),
    (b"\xe1\x85", rb"[\x9f\xa0]"),
    (b"\xe1\x9e", rb"[\xb4\xb5]"),
    (b"\xe1\xa0", rb"\x8e"),
    (b"\xe2\x80", rb"[\x8b-\x8f\xaa-\xae]"),
    (b"\xe2\x81", rb"[\xa0-\xaf]"),
    (b"\xe3\x85", rb"\xa4"),
    (b"\xef\xb8", rb"[\x80-\x8f]"),
    (b"\xef\xbb", rb"\xbf"),
    (b"\xef\xbe", rb"\xa0"),
    (b"\xef\xbf", rb"[\xb9-\xbb]"),
    (b"\xf3\xa0", rb"[\x80-\x87][\x80-\xbf]"),
)
_INVISIBLE_BY_FIRST: Final = tuple((key, dict(pairs)) for key, pairs in groupby(_INVISIBLE, lambda each: each[0][:1]))
# where `%` is frequent, three searches instead of nine: %2B and %2f as %2F, %3a as %3D; `re` looks at each byte once
_AS_ONE: Final = bytes.maketrans(b"BbfAad", b"FFFDDD")
_MERGED: Final = tuple(map(re.compile, (b"%2F", b"%3D", b"%40")))
_LONGEST_SPLIT: Final = 5  # bytes, with the one behind it
_SPLIT_PART: Final = 1 << 13
_BLOCK: Final = 8 * _SPLIT_PART
_MOST_PARTS: Final = 32  # that are searched in one go
_BEFORE_SPLIT: Final = 1024
_BEHIND_SPLIT: Final = 2048
_LONGEST_SPLIT_TOKEN: Final = 32_768
_RARE: Final = 256  # in so many bytes on average
_MOST_PERCENT: Final = _BLOCK // _RARE
_ENDS_OF_BROKEN: Final = (b"Key=", b"~")  # the texts of broken shapes end with one of them
_KEYS: Final = frozenset({b"Key", b"KEY"})  # of Key= and of PRIVATE KEY
_TITLE: Final = ((0, re.compile(rb"KEY(?:(?<=PRIVATE[ +]KEY)|(?<=PRIVATE%20KEY))")),)
_MANY: Final = 100
_VERY_RARE: Final = 1024  # in so many bytes on average
_MOST_UNDONE: Final = 32 << 20
_COST_OF_PLACES: Final = 3  # times that of undoing, where a token in a part has to be placed in the text

# what stands in documentation in a token's place: AKIAIOSFODNN7EXAMPLE, sk-ant-xxxx, ghp_0123456789 and the like
_WORDS: Final = rb"example|sample|dummy|placeholder|redacted|1234567|abcdef|deadbeef"
# in bodies drawn at random four letters are not rare; so a short word is one where a word may begin or end
_SHORT_WORDS: Final = (
    rb"(?<![A-Za-z0-9])(?:fake|your|x{4})|(?<![A-Z0-9])(?:Fake|FAKE|Your|YOUR|X{4})|(?:fake|your|x{4})(?![A-Za-z0-9])"
)
_REPEATED: Final = rb"([^\0])\1{5}|x{5}|X{5}"
_MOST_JUDGED: Final = 100  # bytes at either end of a token in which words are looked for: chance puts some into 4,000
_LEAST_DISTINCT: Final = 8
_CLASSES: Final = (rb"[a-z]", rb"[A-Z]", rb"[0-9]")
_VARIED: Final = 40  # bytes at the end of which two of the three classes occur, but in words
# parts of what issuers publish as samples
_PUBLISHED: Final = (
    b"Eby8vdM02xNOcqFl",  # Azurite's account, learn.microsoft.com/azure/storage/common/storage-use-azurite
    b"C2y6yDjf5/R+ob0N",  # the Cosmos DB emulator's, learn.microsoft.com/azure/cosmos-db/emulator
    b"4eC39HqLyjWDarjt", b"BQokikJOvBiI2HlW", b"tR3PYbcVNZZ796tH",  # docs.stripe.com/keys
    b"16C7e42F292c69", b"1B4a2e77838347a7",  # docs.github.com/apps: refreshing user access tokens
    b"pdFZKVeTuE8sk7oO",  # docs.slack.dev/reference/methods/oauth.v2.access
    b"AAHdqTcvCH1vGWJx", b"AAFD39kkdpWt3ywy",  # core.telegram.org/bots
    b"N7UND0UgjKTVK-Uo",  # Supabase's command line, for every local project
)  # fmt: skip
_PUBLISHED_JWT: Final = (
    b"eyJzdWIiOiIxMjM0NTY3ODkw",  # {"sub":"1234567890: jwt.io
    b"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEz",  # {"iss":"joe": RFC 7519
    b"eyJpc3MiOiJzdXBhYmFzZS1kZW1v", b"eyAgCiAgICAicm9sZSI6IC",  # {"iss":"supabase-demo", self-hosted Supabase
)  # fmt: skip


class Token(NamedTuple):
    """A possible credential: its issuer, and its bytes from start to end. Its value is never shown."""

    kind: str
    start: int
    end: int


class Budget:
    """How much work the search of the texts of one skill has taken; what it may take is bounded.

    What is in no long word costs little and is not counted. After that much of the rest, only the beginning of each
    long word is looked at, and after as much again nothing, which is reported.
    """

    __slots__ = ("beginnings", "bytes", "key_bytes", "misses", "places", "runs", "undone")

    def __init__(self) -> None:
        self.beginnings = self.bytes = self.key_bytes = self.misses = self.places = self.undone = 0
        self.runs: dict[bytes, int] = {}

    def is_short(self) -> bool:
        """Return whether only the beginnings of long words are still looked at."""
        return self.misses > _MOST_MISSES or self.bytes > _MOST_BYTES or self.beginnings > _MOST_BEGINNINGS

    def is_spent(self) -> bool:
        """Return whether nothing is looked at any more."""
        return self.misses > 2 * _MOST_MISSES or self.beginnings > 3 * _MOST_BEGINNINGS


def searchable(content: bytes) -> bytes | None:
    """Return a text as UTF-8 where possible, or None if it is binary: a NUL is in its first 8 KiB."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content if is_text(content) else None


def is_text(content: bytes) -> bool:
    """Return whether a content is text: no NUL is in its first 8 KiB."""
    return b"\0" not in content[:_TEXT_SAMPLE]


def tokens(content: bytes, budget: Budget | None = None) -> Iterator[Token]:
    """Yield the possible credentials that are not samples, and the place from which there are too many to search.

    Args:
        content: the text.
        budget: of the skill that the text is part of; without one, a text has one of its own.
    """
    budget = budget or Budget()
    found: list[Token] = []
    runs = content.translate(_RUNS) if len(content) <= _PART else None
    first = 0 if runs is None else runs.find(_SHORTEST)
    if first >= 0:
        found += _counted(_runs(content, budget, first, runs), len(content), budget)
    is_long = len(content) > _SPLIT_PART
    has_key = is_long or _has_key(content)
    if has_key or content.find(b"~") >= 0:
        found += _counted(_broken(content), len(content), budget)
    if (is_long or _has_split(content)) and (
        split := [*_outermost(_counted(_split(content, budget), len(content), budget))]
    ):
        found = [*_outside(found, split), *split]
    yield from found
    if has_key and any(_matches(content, b"KEY", _TITLE)) and b"BEGIN" in content:
        yield from _counted(_private_keys(content, budget), len(content), budget)


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


def masked(text: bytes) -> bytes:
    """Return the text with each credential replaced by asterisks; every line keeps its length."""
    parts, done = [], 0
    for token in sorted(tokens(text), key=lambda token: token.start):
        start, end = max(token.start, done), token.end
        if token.kind == PRIVATE_KEY:  # whatever interrupts it, the rest of the key is no less secret
            end = max(end, text.find(b"-----END", token.start, token.start + KEY_REACH))
        if end > start:
            parts += [text[done:start], text[start:end].translate(_ASTERISKS)]
            done = end
    return b"".join((*parts, text[done:])) if parts else text


def _counted(found: Iterator[tuple[Token, bool]], length: int, budget: Budget) -> Iterator[Token]:
    """Yield the tokens among places, given with whether they are samples; of too many only where they begin."""
    for token, sample in found:
        if budget.places == MOST_PLACES:
            yield Token(TOO_MANY, token.start, length)
            return
        budget.places += 1
        if not sample:
            yield token


def _runs(content: bytes, budget: Budget, start: int = 0, mapped: bytes | None = None) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape: anywhere in the runs, or after so much that it takes time, where one begins."""
    done = 0
    for windows in _batches(content, budget, start, mapped):
        hopeless = windows[0][0] and not _may_hold_token(content, windows)
        for first, end in windows:
            begin = max(first, done)
            budget.bytes += max(0, end - begin)
            for at, beginning in () if hopeless else _places(content, begin, end):
                match, slow = beginning.match(content, at)
                if match and at >= done:
                    yield _token(beginning, match)
                    done = match.end()
                budget.misses += slow
                budget.beginnings += 1
            done = max(done, end - _OVERLAP)
            if budget.is_spent():
                yield Token(TOO_MANY, min(end, len(content)), len(content)), False
                return


def _batches(content: bytes, budget: Budget, start: int, mapped: bytes | None) -> Iterator[list[tuple[int, int]]]:
    """Yield the windows, as many at a time as are searched in one go."""
    windows, length = [], 0
    for window in _windows(content, budget, start, mapped):
        windows.append(window)
        length += window[1] - window[0]
        if length > _BATCH_BYTES:
            yield windows
            windows, length = [], 0
    if windows:
        yield windows


def _may_hold_token(content: bytes, windows: list[tuple[int, int]]) -> bool:
    """Return False if no beginning of a format ends in the windows; joined, they take half the time."""
    return _may_have_beginning(
        b"\n".join(
            [content[first if content[first] in _OUTSIDE else max(first - _OVERLAP, 0) : end] for first, end in windows]
        )
    )


def _places(content: bytes, begin: int, end: int) -> list[tuple[int, Beginning]]:
    """Return where the beginnings of formats are, and which they are."""
    known = index()
    found: list[tuple[int, Beginning]] = []
    if not _may_have_beginning(content[max(begin - 2, 0) : end + _FARTHEST]) and begin:
        return found
    ends, starts = known.ends, known.starts
    for separator in _SEPARATOR.finditer(content, begin, end):
        at = separator.start()
        if group := ends.get(content[at - 2 : at + 1]):
            found += [(at + 1 - len(each.text), each) for each in group]
        if group := starts.get(content[at + 1 : at + 4]):
            found += [(at + 1, each) for each in group]
        if content[at] in _ESCAPES:
            for width in _ESCAPE_WIDTHS:
                found += [(at + width, each) for each in starts.get(content[at + width : at + width + 3], ())]
    if not begin:
        found += [(0, each) for each in starts.get(content[:3], ())]
    found += _inside(content, begin, end)
    if not found:
        return found
    there = [(at, each) for at, each in found if at >= 0 and content.startswith(each.text, at)]
    return sorted(there, key=lambda place: place[0])


def _inside(content: bytes, begin: int, end: int) -> list[tuple[int, Beginning]]:
    found = []
    for each in index().inside:
        at = content.find(each.text, begin, end)
        while at >= 0:
            found.append((at, each))
            at = content.find(each.text, at + 1, end)
    return found


def _token(beginning: Beginning, match: re.Match[bytes], *, whole: bool = False) -> tuple[Token, bool]:
    """Return a token and whether it is a sample, given what follows its beginning or, if `whole`, all of it."""
    kind, width = beginning.shape.kind, beginning.width()
    start = match.start() + (beginning.length if whole else 0) - width
    fixed = 0 if beginning.head.startswith("[") else width
    return Token(kind, start, match.end()), _is_sample(kind, match.string[start + fixed : match.end()])


def _windows(content: bytes, budget: Budget, start: int, mapped: bytes | None) -> Iterator[tuple[int, int]]:
    """Yield where to look from a place on: from the word before a run that may be random to the end of the run.

    Where the budget is short: the beginning of each run that begins like a token.
    """
    before_anew = _before_anew()
    for first, last in _parts(content):
        if budget.is_short():
            yield from _starts_of_runs(content, first)
            return
        runs = content[first:last].translate(_RUNS) if mapped is None else mapped
        for begin, end, chance in _judged(content, first, _long_runs(runs, start), budget):
            # what is before a run says most, and its last byte most of that
            last_before = content[begin - 1]
            if chance == _BEHIND_WORD and last_before not in _OF_BEGINNING and begin:
                budget.bytes += end - begin
            elif chance == _BEHIND_DOT and not (
                (
                    last_before in _BEFORE_NEW_RUN
                    and (last_before == _SLASH or content[begin - 3 : begin] in before_anew)
                )
                or begin < _BEFORE_DOT
            ):
                continue
            else:
                yield _before(content, begin), end + 1
            if budget.is_short():
                yield from _starts_of_runs(content, end)
                return


def _long_runs(runs: bytes, start: int) -> Iterator[list[tuple[int, int]]]:
    """Yield from where to where the runs are that are long enough, as many at a time as are judged in one go."""
    find, limit = runs.find, start + _JUDGED_TOGETHER
    at = find(_SHORTEST, start)
    spans: list[tuple[int, int]] = []
    while at >= 0:
        end = find(b" ", at, at + _LONGEST_WINDOW)
        if end < 0:
            end = min(at + _LONGEST_WINDOW, len(runs))
        spans.append((at, end))
        if end > limit:
            yield spans
            spans, limit = [], end + _JUDGED_TOGETHER
        at = find(_SHORTEST, end)
    if spans:
        yield spans


def _judged(
    content: bytes, first: int, together: Iterable[list[tuple[int, int]]], budget: Budget
) -> Iterator[tuple[int, int, int]]:
    """Yield where the runs of a part are that may be part of a token, and where each may be part of one.

    Most runs are names in a program. Those of small letters are part of no token.
    """
    for spans in together:
        words = [content[first + at : first + end] for at, end in spans]
        rests = b" ".join(words).translate(None, _SMALL).split(b" ")
        likely = [(*span, word, rest) for span, word, rest in zip(spans, words, rests, strict=True) if rest]
        if likely:
            chances = _chances({word: rest for _, _, word, rest in likely}, budget)
            for at, end, word, _ in likely:
                yield first + at, first + end, chances[word]


def _before(content: bytes, begin: int) -> int:
    """Return where the word before a run begins, or what is before that word."""
    reach = _BEFORE_IN_PATH if content[begin - 1] in b"+/%" else _BEFORE
    words = content[max(begin - reach, 0) : begin].translate(_JOINED)
    return max(begin - (len(words) - 1 - words.rfind(b" ")) - 1, 0)


def _chances(rests: dict[bytes, bytes], budget: Budget) -> dict[bytes, int]:
    """Return where runs may be part of a token, given with what they have beside small letters, and remember it.

    Of those without a digit few may be part of a token, and those without the beginning of one only if it is before
    them. Joined, the beginnings are looked for in a fifth of the time.
    """
    known = budget.runs
    if len(known) + len(rests) > _MOST_REMEMBERED:
        known.clear()
    if rests.keys() <= known.keys():
        return known
    new = {run: _BEHIND_DOT if _is_name(run, rest) else _BEHIND_WORD for run, rest in rests.items() if run not in known}
    varied = [run for run, chance in new.items() if chance == _BEHIND_WORD]
    if varied and _may_have_beginning_in_word(b" " + b" ".join(varied)):
        new |= {run: _ANYWHERE for run in varied if _may_have_beginning_in_word(b" " + run)}
    short = {run: chance for run, chance in new.items() if len(run) <= _WINDOW}
    known.update(short)
    return known if len(short) == len(new) else known | new


def _is_name(run: bytes, rest: bytes) -> bool:
    """Return whether a run is like a name in a program: letters alone, without a beginning that is made of them."""
    return (
        rest.isalpha()
        and run.find(b"IA") < 0
        and run[:3] not in index().starts
        and (run.isupper() or (run.find(b"_") < 0 and run.find(b"-") < 0))
    )


def _may_have_beginning(text: bytes) -> bool:
    """Return False if no beginning can be in a text, but for what the text begins with."""
    starts = index().starts
    return (
        _may_have_beginning_in_word(text)
        or _has_any(text, starts, _BEHIND_ESCAPE.findall(text))
        or (b"\\" in text and _has_any(text, starts, [*chain.from_iterable(_BEHIND_BACKSLASH.findall(text))]))
    )


def _may_have_beginning_in_word(text: bytes) -> bool:
    """Return the same of a text without an escape: what is at separators is quick to look up."""
    known, (up_to, behind) = index(), _around_separators()
    if _has_any(text, known.ends, up_to.findall(text)) or _has_any(text, known.starts, behind.findall(text)):
        return True
    for inside in _inner_texts():  # noqa: SIM110 - any() takes twice as long
        if text.find(inside) >= 0:
            return True
    return False


def _has_any(text: bytes, beginnings: dict[bytes, tuple[Beginning, ...]], keys: list[bytes]) -> bool:
    """Return whether the whole text of one of the beginnings with these keys is in a text."""
    if beginnings.keys().isdisjoint(keys):
        return False
    return any(each.text in text for key in beginnings.keys() & keys for each in beginnings[key])


@cache
def _inner_texts() -> tuple[bytes, ...]:
    """Return the texts of beginnings that may be anywhere in a run."""
    return tuple(each.text for each in index().inside)


@cache
def _around_separators() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return what finds the three bytes up to a separator, and those behind one, that may be of a beginning."""
    known = index()
    lasts, firsts = (frozenset(key[at] for key in keys) for keys, at in ((known.ends, -1), (known.starts, 0)))
    up_to = re.compile(b"%b(?<=(...))" % _any_of(lasts), re.DOTALL)
    return up_to, re.compile(b"[^A-Za-z0-9](?=(%b..))" % _any_of(firsts), re.DOTALL)


def _starts_of_runs(content: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where the runs from a place on begin that begin as a token does."""
    if at == 0 and content[:3] in index().firsts:
        yield 0, _WINDOW
    for run in _known_starts().finditer(content, max(at - 1, 0)):
        yield run.start(), run.start() + 1 + _WINDOW


@cache
def _known_starts() -> re.Pattern[bytes]:
    """Return what finds a run that begins as a token does, and the byte before it."""
    firsts = sorted(first for first in index().firsts if not first.translate(None, _RUN_BYTES))
    by_first = groupby(firsts, key=lambda first: first[:1])
    starts = [re.escape(first) + b"(?:%b)" % b"|".join(re.escape(key[1:]) for key in keys) for first, keys in by_first]
    likely_bytes = b"".join(_any_of(frozenset(each)) for each in zip(*firsts, strict=True))  # rules out most
    rest = len(_SHORTEST) - INDEXED
    return re.compile(rb"[^A-Za-z0-9_-]%b(?<=%b)[A-Za-z0-9_-]{%d}" % (likely_bytes, b"|".join(starts), rest))


@cache
def _before_anew() -> frozenset[bytes]:
    """Return the three bytes that are before a run that begins anew, beside a slash and anything."""
    return frozenset(text[-3:] for text in dotted())


def _parts(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the text in parts that end between runs, so that it is not in memory twice."""
    begin = 0
    while begin < len(content):
        behind = _BETWEEN_RUNS.search(content, begin + _PART)
        end = behind.end() if behind else len(content)
        yield begin, end
        begin = end


def _broken(content: bytes) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape that may be without a long run."""
    for end, beginnings in _broken_by_end().items():
        patterns = [(len(each.text) - len(end), pattern(each)) for each in beginnings]
        for number, match in _matches(content, end, patterns):
            yield _token(beginnings[number], match, whole=True)


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
    for _ in range(_MANY + len(content) // _VERY_RARE):
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
    """Return False if in a short text there is neither the title of a private key nor, but for `~`, a broken shape."""
    at = content.find(b"K")
    for _ in range(_MANY):
        if at < 0:
            return False
        if content[at : at + 3] in _KEYS:
            return True
        at = content.find(b"K", at + 1)
    return True


@cache
def _broken_by_end() -> dict[bytes, tuple[Beginning, ...]]:
    """Return the beginnings of broken shapes by how their texts end, which several have in common."""
    return {end: tuple(each for each in broken() if each.text.endswith(end)) for end in _ENDS_OF_BROKEN}


def _split(content: bytes, budget: Budget) -> Iterator[tuple[Token, bool]]:
    """Yield what has a shape where escapes are undone and invisible characters are taken out."""
    for begin, end in _neighbourhoods(content):
        part = content[begin:end]
        if not _may_hold_split_token(part):
            continue
        budget.undone += len(part)
        if budget.undone > _MOST_UNDONE:
            yield Token(TOO_MANY, begin, len(content)), False
            return
        undone = _undone(part)
        if found := [*_runs(undone, budget), *_broken(undone)]:
            budget.undone += _COST_OF_PLACES * len(part)
            place = _placing(part)
            for token, sample in found:
                if token.kind == TOO_MANY:
                    yield Token(TOO_MANY, begin, len(content)), sample
                    return
                first, last = place(token.start), place(token.end - 1)
                width = 3 if part[last : last + 3] in _ESCAPED else 1
                if last + width - first > token.end - token.start:
                    yield Token(token.kind, begin + first, begin + last + width), sample


def _neighbourhoods(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text in which something may split a token, with what is around them."""
    size, begin, end = len(content), -1, -1
    for at in _slices_with_split(content):
        if at != end or end - begin >= _MOST_PARTS * _SPLIT_PART:
            if begin >= 0:
                behind = _LONGEST_SPLIT_TOKEN if at == end else _BEHIND_SPLIT
                yield max(begin - _BEFORE_SPLIT, 0), min(end + behind, size)
            begin = at
        end = at + _SPLIT_PART
    if begin >= 0:
        yield max(begin - _BEFORE_SPLIT, 0), min(end + _BEHIND_SPLIT, size)


def _slices_with_split(content: bytes) -> Iterator[int]:
    """Yield where the slices of a text begin in which something may split a token."""
    for block in range(0, len(content), _BLOCK):
        end = min(block + _BLOCK, len(content))
        if content[block : end + _LONGEST_SPLIT].isascii():
            yield from _slices_with_escape(content, block, end)
        else:
            for at in range(block, end, _SPLIT_PART):
                if _has_split(content[max(at - 1, 0) : at + _SPLIT_PART + _LONGEST_SPLIT]):
                    yield at


def _slices_with_escape(content: bytes, begin: int, end: int) -> Iterator[int]:
    """Yield the same of a block in which only an escape may split a token."""
    at, reach = begin, end + _LONGEST_SPLIT - len(b"%2F")
    escape = content.find(b"%", at, reach)
    for _ in range(_MOST_PERCENT):
        if escape < 0:
            return
        if content[escape : escape + 3] in _ESCAPED and content[escape - 1] in _BEFORE_ESCAPE and escape:
            at = max(at, (escape - 3) // _SPLIT_PART * _SPLIT_PART)
            yield at
            at += _SPLIT_PART
            if at >= end:
                return
            escape = at - 1
        escape = content.find(b"%", escape + 1, reach)
    for slice_ in range(max(at, escape // _SPLIT_PART * _SPLIT_PART), end, _SPLIT_PART):
        if _has_escape_among_many(content[max(slice_ - 1, 0) : slice_ + _SPLIT_PART + _LONGEST_SPLIT]):
            yield slice_


def _has_split(part: bytes) -> bool:
    """Return whether an escape or an invisible character is where it may split a token."""
    return _has_escape(part) or (not part.isascii() and _has_invisible(part))


def _has_escape(part: bytes) -> bool:
    """Return whether there is an escape behind what may be in a token or, where `%` is frequent, anywhere."""
    at = part.find(b"%", 1)
    for _ in range(len(part) // _RARE + 1):
        if at < 0:
            return False
        if part[at : at + 3] in _ESCAPED and part[at - 1] in _BEFORE_ESCAPE:
            return True
        at = part.find(b"%", at + 1)
    return _has_escape_among_many(part)


def _has_escape_among_many(part: bytes) -> bool:
    """Return whether there is an escape anywhere; where `%` is frequent, to look at each takes longer."""
    merged = part.translate(_AS_ONE)
    return any(escape.search(merged) for escape in _MERGED)


def _has_invisible(part: bytes) -> bool:
    """Return whether there is an invisible character behind what may be in a token, and before that or another."""
    for first, pairs in _INVISIBLE_BY_FIRST:
        at = part.find(first)
        for _ in range(len(part) // _RARE):
            if at < 0 or part[at : at + 2] in pairs:
                break
            at = part.find(first, at + 1)
        for pair, rest in pairs.items() if at >= 0 else ():
            begin = part.find(pair, at)
            if begin >= 0 and _invisible(pair, rest).search(part, begin):
                return True
    return False


@cache
def _invisible(pair: bytes, rest: bytes) -> re.Pattern[bytes]:
    """Return what finds the invisible characters that begin with two bytes where they may split a token."""
    behind = _any_of(_BESIDE_SPLIT | {_PERCENT} | {pair[0] for pair, _ in _INVISIBLE})
    return re.compile(b"%b(?<=%b%b)%b(?=%b)" % (pair, _any_of(_BESIDE_SPLIT), pair, rest, behind))


def _may_hold_split_token(part: bytes) -> bool:
    """Return whether a word is as long as the shortest token, or a literal there, without what is not ASCII.

    What an escape stands for is never part of a long word.
    """
    bare = part if part.isascii() else part.translate(None, _NOT_ASCII)
    return _SHORTEST in bare.translate(_RUNS) or any(each.text.rstrip(b"=") in bare for each in broken())


@cache
def _every_split() -> re.Pattern[bytes]:
    """Return what finds escapes and invisible characters."""
    return re.compile(b"|".join([*map(b"".join, _INVISIBLE), *_ESCAPED]))


def _undone(part: bytes) -> bytes:
    """Return a part of a text with what escapes stand for, and without invisible characters."""
    if b"%" in part:
        for escape, char in _ESCAPED.items():
            part = part.replace(escape, char)
    return part if part.isascii() else _every_invisible().sub(b"", part)


@cache
def _every_invisible() -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(b"".join, _INVISIBLE)))


def _placing(part: bytes) -> Callable[[int], int]:
    """Return what says where in a part of a text something is, given where it is when that is undone."""
    starts, shifts = [0], [0]
    for found in _every_split().finditer(part):
        first, last = found.span()
        escape = part[first] == _PERCENT  # which stands for one byte
        starts.append(first - shifts[-1] + escape)
        shifts.append(shifts[-1] + last - first - escape)
    return lambda at: at + shifts[bisect_right(starts, at) - 1]


def _any_of(chars: frozenset[int]) -> bytes:
    """Return a pattern for one of some bytes."""
    return b"[%b]" % re.escape(bytes(sorted(chars)))


def _private_keys(content: bytes, budget: Budget) -> Iterator[tuple[Token, bool]]:
    from skillpack.secrets.private_keys import keys

    for key in keys(content):
        if budget.key_bytes > _MOST_KEY_BYTES:
            yield Token(TOO_MANY, key.start, len(content)), False
            return
        budget.key_bytes += len(key.body)
        yield Token(PRIVATE_KEY, key.start, key.end), not key.whole or _is_dull(key.body)


def _is_sample(kind: str, body: bytes) -> bool:
    if kind == JWT:
        return any(part in body for part in _PUBLISHED_JWT)
    if kind.endswith("webhook"):
        body = body.rpartition(b"/")[2]
    judged = body if len(body) < 2 * _MOST_JUDGED else body[:_MOST_JUDGED] + body[-_MOST_JUDGED:]
    return (
        _is_dull(judged)
        or _is_word(kind, body)
        or bool(re.search(_SHORT_WORDS, judged) or re.search(_REPEATED, judged))
        or is_published(body)
    )


def is_published(body: bytes) -> bool:
    """Return whether a credential is one that its issuer publishes, for an emulator or as a sample."""
    return any(part in body for part in _PUBLISHED)


def _is_dull(body: bytes) -> bool:
    return len(set(body)) < _LEAST_DISTINCT or bool(re.search(_WORDS, body.lower()))


def _is_word(kind: str, body: bytes) -> bool:
    """Whether it is made of words rather than drawn at random: ASIAPACIFICECONOMICS, glpat-as-it-stands-in-a-manual.

    One in thirty of AWS's ids has no digit. Those of which no four letters follow each other without a vowel, and
    which have neither of the four letters that are rare in words, are too few to matter.
    """
    end = body[-_VARIED:]
    if sum(bool(re.search(each, end)) for each in _CLASSES) > 1:
        return False
    return kind != AWS or not re.search(rb"[^AEIOUY]{4}|[JQXZ]", body[2:])
