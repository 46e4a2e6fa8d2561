"""Find the credentials in runs: unbroken texts of letters, digits, `_` and `-`.

The text is mapped to "may be in a token" and "may not", runs of at least twenty are looked up, and only there the
beginnings that issuers gave their tokens are looked for, and the whole where there is one.

In what runs often, `bytes.find` replaces `in`, which first tries to read its left side as a number.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain, groupby
from typing import TYPE_CHECKING, Final

from skillpack.secrets.patterns import INDEXED, dotted, index
from skillpack.secrets.token import TOO_MANY, Token, make_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.secrets.budget import Budget
    from skillpack.secrets.patterns import Beginning

    _Judged = tuple[int, list[tuple[int, int]], int]
    """Up to where runs were judged, from where to where those are that may be part of a token; the bytes of others."""

_BATCH_BYTES: Final = 512
SHORTEST: Final = b"a" * 20
LEAST_RUN: Final = b"a" * 16  # of what is searched for in runs beside tokens
PART: Final = 1 << 17  # bytes that are mapped in one go, into memory that is soon used again
_COPIED: Final = 2 * PART
_WINDOW: Final = 64
_MOST_REMEMBERED: Final = 4096  # runs, of at most _WINDOW bytes
_FEW: Final = 16
_RARE: Final = 128  # in so many bytes on average
_LISTED_TOGETHER: Final = 1 << 10  # bytes of a text whose runs are listed before they are counted
_JUDGED_TOGETHER: Final = 1 << 16  # bytes of a text whose runs are judged in one go
_LONGEST_WINDOW: Final = 65_536
_BEFORE: Final = (
    80  # what may be before a run and part of the token: the name in dp.st.name., of ghs_ a part with a dot
)
_BEFORE_IN_PATH: Final = 400  # hooks.slack.com/workflows/T.../A.../..., and base64 without a long run
_BEFORE_DOT: Final = 3  # bytes of the end of a beginning with a dot or the like
_OVERLAP: Final = 40  # bytes of the longest text of a beginning: it may go on behind the end of a window
IN_TOKEN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_BEHIND_DOT, _BEHIND_WORD, _ANYWHERE = range(3)  # where a run may be part of a token
_SEPARATOR: Final = rb"[^A-Za-z0-9]"
_BETWEEN_RUNS: Final = rb"[^A-Za-z0-9_-]"
# the three bytes behind what may be an escape: %3D or a colour of a terminal; \n, \x22, \u0022
_BEHIND_ESCAPE: Final = rb"(?s)[%\[;](?=(?:(?<=%)..|[0-9]{1,2}m)(...))"
_BEHIND_BACKSLASH: Final = rb"(?s)\\(?=.(...))(?=...(...)|)(?=.{5}(...)|)"
_ESCAPES: Final = b"%\\[;"
_ESCAPE_WIDTHS: Final = (2, 3, 4, 6)
_FARTHEST: Final = max(_ESCAPE_WIDTHS) + INDEXED  # bytes behind a separator that matter
_COLON: Final = ord(":")
_SLASH: Final = ord("/")
_RUN_BYTES: Final = bytes(sorted(IN_TOKEN))
RUNS: Final = bytes(97 if char in IN_TOKEN else 32 for char in range(256))
_JOINED: Final = bytes(97 if char in IN_TOKEN or char in b"+/.:~%$" else 32 for char in range(256))
_OUTSIDE: Final = frozenset(char for char in range(256) if _JOINED[char] == 32)
_BEFORE_NEW_RUN: Final = frozenset(b"/.:~")  # the last byte before a run that starts a new word
_OF_BEGINNING: Final = frozenset(range(256)) - _OUTSIDE | frozenset(_ESCAPES)  # before a run that goes on from it
_SMALL: Final = b"abcdefghijklmnopqrstuvwxyz_-"
_FEISHU_ID: Final = b"cli_"
_BEFORE_SECRET: Final = len("cli_0123456789abcdef:")  # of Feishu; an id without a digit is no run that is looked at


def find_runs(text: bytes, least: bytes = SHORTEST) -> list[tuple[int, int]]:
    """Return from where to where the runs of a text are that are at least as long as another text."""
    mapped = _map(text)
    at = mapped.find(least)
    return _long_runs(mapped, at, least, len(mapped))[0] if at >= 0 else []


def find_few_runs(text: bytes, least: bytes) -> list[tuple[int, int]] | None:
    """Return the same, or None if so many are in the text that to list them for several purposes takes long."""
    mapped = _map(text)
    at = mapped.find(least)
    spans: list[tuple[int, int]] = []
    while at >= 0:
        more, at = _long_runs(mapped, at, least, at + _LISTED_TOGETHER)
        spans += more
        if len(spans) > _FEW + len(text) // _RARE:
            return None
    return spans


def find_runs_in_parts(text: bytes, least: bytes) -> Iterator[list[tuple[int, int]]]:
    """Yield the same runs as find_runs, as many at a time as are judged in one go."""
    mapped = _map(text)
    at = mapped.find(least)
    while at >= 0:
        spans, at = _long_runs(mapped, at, least, at + _JUDGED_TOGETHER)
        yield spans


def find_in_runs(
    content: bytes, budget: Budget, runs: list[tuple[int, int]] | None = None
) -> Iterable[tuple[Token, bool]]:
    """Return what has a shape: anywhere in the runs, or after so much that it takes time, where one begins.

    Args:
        content: the text.
        budget: of the skill.
        runs: those of the text that are as long as the shortest token, where they are known.
    """
    if budget.is_short():
        return _search(content, budget, ())
    if runs is None:
        return _search(content, budget, _judged_in_parts(content, budget))
    judged, others = _judge(content, 0, runs, budget)
    if judged:
        return _search(content, budget, ((len(content), judged, others),))
    budget.bytes += others
    return ()


def _search(content: bytes, budget: Budget, judged: Iterable[_Judged]) -> Iterator[tuple[Token, bool]]:
    """Yield the same, given the runs that may be part of a token."""
    done = 0
    for windows in _batches(content, budget, judged):
        hopeless = windows[0][0] and not _may_hold_token(content, windows)
        for first, end in windows:
            begin = max(first, done)
            budget.bytes += max(0, end - begin)
            for at, beginning in () if hopeless else _places(content, begin, end):
                match, slow = beginning.match(content, at)
                if match and at >= done:
                    yield make_token(beginning, match)
                    done = match.end()
                budget.misses += slow
                budget.beginnings += 1
            done = max(done, end - _OVERLAP)
            if budget.is_spent():
                yield Token(TOO_MANY, min(end, len(content)), len(content)), False
                return


def _batches(content: bytes, budget: Budget, judged: Iterable[_Judged]) -> Iterator[list[tuple[int, int]]]:
    """Yield the windows, as many at a time as are searched in one go."""
    windows, length = [], 0
    for window in _windows(content, budget, judged):
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
    for separator in re.compile(_SEPARATOR).finditer(content, begin, end):
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


def _windows(content: bytes, budget: Budget, judged: Iterable[_Judged]) -> Iterator[tuple[int, int]]:
    """Yield where to look: from the word before a run that may be random to the end of the run.

    Where the budget is short: the beginning of each run that begins like a token.
    """
    if budget.is_short():
        yield from _starts_of_runs(content, 0)
        return
    for done, runs, others in judged:
        for begin, end in runs:
            yield _before(content, begin), end + 1
            if budget.is_short():
                yield from _starts_of_runs(content, end)
                return
        budget.bytes += others
        if budget.is_short():
            yield from _starts_of_runs(content, done)
            return


def _judged_in_parts(content: bytes, budget: Budget) -> Iterator[_Judged]:
    """Yield which runs of a text of any length may be part of a token, as many as are judged in one go."""
    view = memoryview(content)
    for first, last in _parts(content):
        # a part of one run may be the whole content, which is not to be in memory three times
        mapped = _map(view[first:last]) if last - first <= _COPIED else content[first:last].translate(RUNS)
        at = mapped.find(SHORTEST)
        while at >= 0:
            spans, at = _long_runs(mapped, at, SHORTEST, at + _JUDGED_TOGETHER)
            yield first + spans[-1][1], *_judge(content, first, spans, budget)


def _map(text: bytes | memoryview) -> bytearray:
    """Return a text with what may be in a token as `a`; bytes would be compared while they are mapped."""
    return bytearray(text).translate(RUNS)


def _long_runs(mapped: bytes | bytearray, at: int, least: bytes, limit: int) -> tuple[list[tuple[int, int]], int]:
    """Return from where to where runs are that begin from one on and up to a limit, and where the next one begins."""
    find = mapped.find
    spans: list[tuple[int, int]] = []
    while 0 <= at < limit:
        end = find(b" ", at, at + _LONGEST_WINDOW)
        if end < 0:
            end = min(at + _LONGEST_WINDOW, len(mapped))
        spans.append((at, end))
        at = find(least, end)
    return spans, at


def _judge(
    content: bytes, first: int, spans: list[tuple[int, int]], budget: Budget
) -> tuple[list[tuple[int, int]], int]:
    """Return where the runs of a part are that may be part of a token, and how many bytes others like these have.

    Most runs are names in a program. Those of small letters are part of no token, and for others what is before them
    decides most, and its last byte most of that.
    """
    words = [content[first + at : first + end] for at, end in spans]
    beside = b" ".join(words).translate(None, _SMALL)
    if len(beside) < len(words):  # only the spaces
        return [], 0
    likely = [each for each in zip(spans, words, beside.split(b" "), strict=True) if each[2]]
    chances = _chances({word: rest for _, word, rest in likely}, budget)
    found, others = [], 0
    for (at, end), word, _ in likely:
        begin, chance = first + at, chances[word]
        last_before = content[begin - 1]
        if (
            chance == _BEHIND_WORD
            and begin
            and (
                last_before not in _OF_BEGINNING
                or (last_before == _COLON and not _is_behind_colon_of_beginning(content, begin))
            )
        ):
            others += end - at
        elif (
            chance != _BEHIND_DOT
            or (
                last_before in _BEFORE_NEW_RUN
                and (last_before == _SLASH or content[begin - 3 : begin] in _before_anew())
            )
            or begin < _BEFORE_DOT
        ):
            found.append((begin, first + end))
    return found, others


def _is_behind_colon_of_beginning(content: bytes, begin: int) -> bool:
    """Return whether the beginning of a format goes up to a run or on in it; few have a colon, which digests have."""
    return (
        content[begin - 3 : begin] in _before_anew()
        or content.startswith(_from_colon(), begin - 1)
        or content.startswith(_FEISHU_ID, max(begin - _BEFORE_SECRET, 0))
    )


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
        or _has_any(text, starts, re.findall(_BEHIND_ESCAPE, text))
        or (b"\\" in text and _has_any(text, starts, [*chain.from_iterable(re.findall(_BEHIND_BACKSLASH, text))]))
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
def _from_colon() -> tuple[bytes, ...]:
    """Return those of them that begin with a colon."""
    return tuple(text for text in _inner_texts() if text.startswith(b":"))


@cache
def _around_separators() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return what finds the three bytes up to a separator, and those behind one, that may be of a beginning."""
    known = index()
    lasts, firsts = (frozenset(key[at] for key in keys) for keys, at in ((known.ends, -1), (known.starts, 0)))
    up_to = re.compile(b"%b(?<=(...))" % any_of(lasts), re.DOTALL)
    return up_to, re.compile(b"[^A-Za-z0-9](?=(%b..))" % any_of(firsts), re.DOTALL)


def _starts_of_runs(content: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where the runs from a place on begin that begin as a token does, with the byte before each."""
    firsts = index().firsts
    if at == 0 and content[:INDEXED] in firsts:
        yield 0, _WINDOW
    for begin_of_part, end in _parts(content, at):
        first = max(begin_of_part - 1, 0)
        runs = find_few_runs(content[first:end], SHORTEST) if end - first <= _COPIED else None
        if runs is None:
            begins = (found.start() + 1 for found in _known_starts().finditer(content, first, end))
        else:
            places = (first + begin for begin, _ in runs if begin)
            begins = (place for place in places if content[place : place + INDEXED] in firsts)
        for begin in begins:
            yield begin - 1, begin + _WINDOW


@cache
def _known_starts() -> re.Pattern[bytes]:
    """Return what finds a run that begins as a token does, and the byte before it."""
    firsts = sorted(first for first in index().firsts if not first.translate(None, _RUN_BYTES))
    by_first = groupby(firsts, key=lambda first: first[:1])
    starts = [re.escape(first) + b"(?:%b)" % b"|".join(re.escape(key[1:]) for key in keys) for first, keys in by_first]
    likely_bytes = b"".join(any_of(frozenset(each)) for each in zip(*firsts, strict=True))  # rules out most
    rest = len(SHORTEST) - INDEXED
    return re.compile(rb"[^A-Za-z0-9_-]%b(?<=%b)[A-Za-z0-9_-]{%d}" % (likely_bytes, b"|".join(starts), rest))


@cache
def _before_anew() -> frozenset[bytes]:
    """Return the three bytes that are before a run that begins anew, beside a slash and anything."""
    return frozenset(text[-3:] for text in dotted())


def _parts(content: bytes, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the text from a place on in parts that end between runs, so that it is not in memory twice."""
    while begin < len(content):
        behind = re.compile(_BETWEEN_RUNS).search(content, begin + PART)
        end = behind.end() if behind else len(content)
        yield begin, end
        begin = end


def any_of(chars: frozenset[int]) -> bytes:
    """Return a pattern for one of some bytes."""
    return b"[%b]" % re.escape(bytes(sorted(chars)))
