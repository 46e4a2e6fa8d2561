"""Check for literals that are assigned to names such as api_key: credentials without a known format."""

from __future__ import annotations

import hashlib
import math
import re
from bisect import bisect_left
from collections import Counter
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location
from skillpack.rules.engine import Content, rule
from skillpack.secrets.runs import LEAST_RUN, PART, find_runs_in_parts
from skillpack.secrets.samples import is_published
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.skill.skill import Skill

_MOST_BYTES: Final = 1 << 20
_MOST_PLACES: Final = 20
_MOST_STEPS: Final = 100_000  # of a skill: long words and signs before them; and what takes as long as so many
_RUNS_OF_STEP: Final = 2  # that are listed and ruled out
_STEPS_OF_LITERAL: Final = 20
_STEPS_OF_FINDING: Final = 200
_LINE: Final = 200

# what is assigned, which is rare, is found first, and then what it is assigned to
_SIGN: Final = rb"[:=>]"
_VALUE: Final = (
    rb"[:=>][ \t]{0,8}(?:(?:Bearer|Basic|Token)[ ])?(?:[bru]?[\"'`](?:(?:Bearer|Basic|Token)[ ])?)?"
    rb"([A-Za-z0-9][A-Za-z0-9+/_=.~-]{23,511}+)(?![A-Za-z0-9+/_=.~(\[{$<-])"
)
_NAMES: Final = (b"key", b"token", b"secret", b"passw", b"pwd")
_NAME: Final = rb"(?i)([\w.-]{0,48}(?:key|secret|token|passw(?:or)?d|pwd)[\w-]{0,24})[\"'`\]]{0,2}[ \t]{0,8}[:=]?=?\Z"
_NEAR: Final = 96
_PRIVATE: Final = r"(?i)private_?key[\w-]*\Z"
_PRIVATE_VALUE: Final = r"(?i)(?:0x)?[0-9a-f]{64}"
_OTHER_NAME: Final = (
    r"(?i)public|publish|primary|foreign|keyboard|keyword|(?:mon|hot|doc|joc|don)key|tokeni[sz]er|tokens\b|mint|address"
    r"|contract|hash|checksum|digest|sha\d|integrity|fingerprint|page|cursor|next|sync|cache|sort|partition|object_?key"
    r"|s3_?key|file_?token|(?:doc|folder|wiki|node|app|base|sheet|table|obj)_?token|anon|site_?key|csrf|xsrf"
    r"|(?:key|token|secret)[_-]?(?:id|name|type|path|file|url|arn|ref|env|var|uri)"
    r"|continuation|idempotency|commit|\bi18n|sample|example|fake|dummy|mock|test"
)
_SAMPLE: Final = (
    r"(?i)example|sample|dummy|placeholder|redacted|changeme|change[-_]?me|your|my[-_]|fake|insert|replace|here\b|x{4}"
    r"|(.)\1{4}|\.\.\.|deadbeef|secret|password|token|test|mock|demo|some|super|random|this|long"
)
_SAMPLE_BEFORE: Final = r"(?i)\be\.g\.|\b(?:examples?|sample|for instance|fake|dummy|placeholder|bad|wrong)\b|[❌✗✘]"
_UUID: Final = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OBJECT_ID: Final = r"(?i)[0-9a-f]{24}"  # of MongoDB
_ADDRESS: Final = r"(?i)0x[0-9a-f]{40}|0x[0-9a-f]{64}"
_CODE: Final = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+"
_PATH: Final = r"(?:[\w.-]*[a-z]{3,}[\w.-]*/){1,}[\w.-]*"
_LOCK: Final = r"(?i)(?:lock|\.sum|checksum|integrity|shasum)[^/]*$"
_SOLID: Final = 16
_SOLID_PARTS: Final = bytes(45 if chr(code) in "_-" else 32 if code == 32 else 97 for code in range(256))  # of runs
_NO_DIGIT: Final = bytes(code for code in range(256) if chr(code) not in "0123456789 ")
_BETWEEN: Final = b"+/=.~"  # runs in a literal
_LONGEST: Final = 512
_FEW: Final = 8  # runs; to look for a name before each takes less than to do so in the text
_LEAST_ENTROPY: Final = 3.2
_MANY_DIGITS: Final = 3
_LEAST_CHANGES: Final = 0.33
_LEAST_DISTINCT: Final = 10
_COUNTING: Final = 5


class _Work:
    """How many more steps the search of the texts of a skill may take."""

    def __init__(self, _skill: Skill) -> None:
        self.left = _MOST_STEPS

    def used(self) -> float:
        """Return how many steps it has taken, as a share of those that it may take."""
        return 1 - self.left / _MOST_STEPS


class _Literal(NamedTuple):
    """A literal that looks like a credential; without a name, the text that was not searched."""

    name: str
    start: int
    end: int


@rule(Content)
def secret_assigned(content: Content) -> Iterator[Issue]:
    if content.allowed or len(content.content) > _MOST_BYTES or re.search(_LOCK, content.file.path):
        return
    text = content.text
    runs = content.runs
    if not text or runs == []:
        return
    path = content.file.path
    allow = f'to allow it, add "{path}" = "{content.file.sha256}" under allow-secrets'
    hint = f"read it from the environment, and revoke it if it was published; {allow}"
    known = [(token.start, token.end) for token in content.tokens]
    work = content.bounded(_Work)
    if content.effort.is_spent():
        work.left = 0
    line, at = 1, 0
    for count, (name, start, end) in enumerate(_find(text, runs, known, work)):
        if not name or count == _MOST_PLACES:
            message = (
                "too many words in the skill may be literals; the rest of the file was not scanned for assigned ones"
                if not name
                else f"there are more than {_MOST_PLACES} such places in the file"
            )
            yield Issue("secret-assigned", Location(path), message, hint=allow, quotable=False)
            return
        line += text.count(b"\n", at, start)
        at = start
        column = len(text[text.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")) + 1
        short = hashlib.sha256(text[start:end]).hexdigest()[:8]
        message = f"a literal is assigned to {name}: {end - start:,} characters, SHA-256 {short}..."
        work.left -= _STEPS_OF_FINDING
        yield Issue("secret-assigned", Location(path, line=line, column=column), message, hint=hint, quotable=False)


def _has_name(text: bytes) -> bool:
    """Return whether a part of the name of a credential is in a text."""
    small = text.lower()
    for name in _NAMES:  # noqa: SIM110 - `any` takes longer than the search
        if name in small:
            return True
    return False


def _find(
    text: bytes, runs: list[tuple[int, int]] | None, known: list[tuple[int, int]], work: _Work
) -> Iterator[_Literal]:
    """Yield each literal that looks like a credential and is not in `known`, and what there was too much of."""
    known = sorted(known)
    starts, ends = [start for start, _ in known], [*accumulate((end for _, end in known), max)]
    for match in _find_values(text, runs, work):
        if match is None:
            yield _Literal("", 0, len(text))
            return
        start, end = match.span(1)
        within = bisect_left(starts, end)
        before = text[max(0, match.start() - _NEAR) : match.start()]
        name = re.search(_NAME, before) if _has_name(before) else None
        if name is None or (within and ends[within - 1] > start):
            continue
        work.left -= _STEPS_OF_LITERAL
        line = text[max(text.rfind(b"\n", 0, start), start - _LINE) + 1 : start].decode("utf-8", "replace")
        value, word = match[1].decode("ascii").rstrip("=."), name[1].decode("utf-8", "replace")
        if (
            match[1].endswith(b"..")
            or re.search(_SAMPLE_BEFORE, line)
            or _is_counting(value)
            or len(set(value)) < _LEAST_DISTINCT
        ):
            continue
        private = re.search(_PRIVATE, word) and re.fullmatch(_PRIVATE_VALUE, value)
        if private or (not re.search(_OTHER_NAME, word) and _is_random(value)):
            yield _Literal(word[-48:], start, end)


def _find_values(text: bytes, runs: list[tuple[int, int]] | None, work: _Work) -> Iterator[re.Match[bytes] | None]:
    """Yield what is assigned, wherever as many letters and digits follow each other as a credential has.

    None stands for the rest of the text, where the search would take too long.

    Args:
        text: what is searched.
        runs: those of the text, if they are few.
        work: what the search may take.
    """
    solid = None if runs is None else _find_solid(text, runs)
    if solid == [] or ((solid is None or len(solid) > _FEW) and not _has_name(text)):
        return
    if solid is None and work.left <= 0 and len(text) <= PART:  # which has many runs
        yield None
        return
    pattern, signs = re.compile(_VALUE), re.compile(_SIGN)
    done = reach = 0
    for at, end in _find_solid_in_parts(text, work) if solid is None else solid:
        if work.left <= 0:
            yield None
            return
        if at < reach:
            continue
        work.left -= 1
        near = max(0, at - _NEAR)
        if not _has_name(text[max(0, near - _NEAR) : at]):
            continue
        done = max(done, text.rfind(b"\n", near, at) + 1, near)
        for sign in signs.finditer(text, done, at):
            work.left -= 1
            match = pattern.match(text, sign.start(), min(len(text), end + _LONGEST)) if sign.start() >= done else None
            if match:
                done = match.end()
            if match and match.start(1) <= at < match.end(1):
                yield match
                reach = done = match.end(1)
                break


def _find_solid_in_parts(text: bytes, work: _Work) -> Iterator[tuple[int, int]]:
    """Yield the same as _find_solid of all runs of a text; where the search has taken too long, any of its runs."""
    for runs in find_runs_in_parts(text, LEAST_RUN):
        if work.left <= 0:
            yield runs[0]
            return
        solid = _find_solid(text, runs)
        work.left -= (len(runs) - len(solid)) // _RUNS_OF_STEP
        yield from solid


def _find_solid(text: bytes, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return from where to where as many letters and digits follow each other in runs as a credential has.

    A credential has a digit, so runs without one matter only where others may continue them.
    """
    joined = b" ".join([text[begin:end] for begin, end in runs])
    parts = joined.translate(_SOLID_PARTS)
    if parts.find(LEAST_RUN) < 0:
        return []
    found = []
    digits = joined.translate(None, _NO_DIGIT).split(b" ")
    for (begin, end), part, digit in zip(runs, parts.split(b" "), digits, strict=True):
        if digit or text[begin - 1] in _BETWEEN or text[end : end + 1] in _BETWEEN:
            at = part.find(LEAST_RUN)
            while at >= 0:
                stop = part.find(b"-", at)
                stop = stop if stop >= 0 else len(part)
                found.append((begin + at, begin + stop))
                at = part.find(LEAST_RUN, stop)
    return found


def _is_random(value: str) -> bool:
    """Return True if a value looks drawn at random: mixed, in one piece, and not a sample, an id or an address."""
    if any(re.fullmatch(pattern, value) for pattern in (_UUID, _OBJECT_ID, _ADDRESS, _CODE, _PATH)):
        return False
    if re.search(_SAMPLE, value) or is_published(value.encode()):
        return False
    solid = max(re.split(r"[_./~=+-]", value), key=len)
    kinds = (re.search("[a-z]", value), re.search("[A-Z]", value), re.search("[0-9]", value))
    if len(solid) < _SOLID or not kinds[2] or not (kinds[0] or kinds[1]):
        return False
    if len(re.findall("[0-9]", value)) < _MANY_DIGITS and _changes(value) < _LEAST_CHANGES:  # someCamelCase2
        return False
    return _entropy(value) >= _LEAST_ENTROPY


def _changes(value: str) -> float:
    """Return how often a character is followed by another kind, as a share; not a capital by a small letter."""
    kinds = ["0" if char.isdigit() else "A" if char.isupper() else "a" for char in value]
    return sum(one != two and one + two != "Aa" for one, two in pairwise(kinds)) / (len(value) - 1)


def _entropy(value: str) -> float:
    """Return the bits of information in a character of a value."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())


def _is_counting(value: str) -> bool:
    """Return True if characters count up or down, as in 12345, abcde or fedcb."""
    for step in (1, -1):
        length = 1
        for one, two in pairwise(value):
            length = length + 1 if ord(two) - ord(one) == step else 1
            if length == _COUNTING:
                return True
    return False
