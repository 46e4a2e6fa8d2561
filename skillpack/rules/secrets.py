"""Check for files and texts that look like credentials, which must not be sent."""

from __future__ import annotations

import hashlib
import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location
from skillpack.rules.engine import Content, rule
from skillpack.secrets.patterns import JWT
from skillpack.secrets.scan import tokens
from skillpack.secrets.token import TOO_MANY
from skillpack.select.defaults import find_secret_pattern
from skillpack.select.wildmatch import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.rules.effort import Effort
    from skillpack.secrets.token import Token
    from skillpack.skill.skill import Skill

_MANY: Final = 20
_MOST_MANIFESTS: Final = 20_000  # of a skill

# names of files that are usually without a credential, and what is in those with one
_VALUE: Final = rb"(?:\"[^\"$<{\n]{8,200}\"|'[^'$<{\n]{8,200}'|[^\s\"'$<{][^\s\"'<{]{7,200})"
_ASSIGNED: Final = (
    rb"(?im)^[ \t]*[\w.-]{0,60}(?:password|passwd|secret|token|api_?key|access_?key)[\w.-]{0,20}[ \t]*[=:][ \t]*"
)
_JUDGED: Final = (
    ((".pem", ".key"), rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY", "the file contains a private key"),
    ((".tfvars", ".local.yaml", ".local.yml", "/credentials.yml", "/credentials.yaml"), _ASSIGNED + _VALUE,
     "the file assigns a value to a password, a token or a key"),
    (("/.yarnrc.yml",), rb"npmAuth(?:Token|Ident)[ \t]*:[ \t]*" + _VALUE, "the file contains a registry's token"),
)  # fmt: skip

# manifests of Kubernetes: what is between two in YAML or Markdown, the members of one, a value in base64
_BETWEEN_MANIFESTS: Final = rb"(?m)^[ \t]{0,40}(?:---|```|~~~)"
_SECRET_KIND: Final = rb"(?m)^[ \t-]{0,40}kind:[ \t]*[\"']?Secret[\"']?[ \t]*\r?$|\"kind\"[ \t]*:[ \t]*\"Secret\""
_SECRET_DATA: Final = (
    rb"(?m)(?:^(?P<indent>[ \t]{0,40})data:[ \t]*\r?\n(?=(?P=indent)[ \t])|\"data\"\s{0,9}:\s{0,9}\{)"
    rb"(?P<values>[^}\n]{0,9999}(?:\n[ \t]+[^}\n]{0,9999}){0,500})"
)
_SECRET_VALUE: Final = (
    rb"(?m)[\w.-]+[\"']?:\s{0,80}(?:[|>]-?\s{1,80})?[\"']?([A-Za-z0-9+/]{7,}[A-Za-z0-9+/=]={0,2})[\"']?\s*(?:[,}#]|$)"
)
_CAPITAL_S: Final = ord("S")
_SAMPLE_VALUE: Final = (
    rb"(?i)[\w .-]{0,16}(?:example|sample|dummy|placeholder|redacted|change|your|pass|admin|user|secret|value|xxx)"
    rb"[\w .!-]{0,16}"
)


@rule(Content)
def secret_file(file: Content) -> Iterator[Issue]:
    if file.allowed:
        return
    path = file.file.path
    if find_secret_pattern(path):
        yield _make_issue("secret-file", file, Location(path), "programs keep credentials in a file of this name")
        return
    folded = f"/{path.casefold()}"
    for endings, pattern, message in _JUDGED:
        if folded.endswith(endings) and re.search(pattern, file.content):
            yield _make_issue("secret-file", file, Location(path), message)


@rule(Content)
def secret_text(file: Content) -> Iterator[Issue]:
    path = b"" if file.allowed else file.file.path.encode("utf-8", "surrogatepass")
    for token in tokens(path):
        message = f"the path contains what looks like {token.kind}: {_measure(path, token)}"
        yield Issue(
            "secret-text",
            Location(file.file.path),
            message,
            hint="rename it, and revoke the credential if it was ever published",
        )
    yield from _find_places("secret-text", file, [token for token in file.tokens if token.kind != JWT])


@rule(Content)
def secret_jwt(file: Content) -> Iterator[Issue]:
    yield from _find_places("secret-jwt", file, [token for token in file.tokens if token.kind == JWT])


@rule(Content)
def secret_manifest(file: Content) -> Iterator[Issue]:
    text = b"" if file.allowed else file.text or b""
    for offset in islice(_find_secret_values(text, file.bounded(_Manifests), file.effort), _MANY):
        line, column = text.count(b"\n", 0, offset) + 1, offset - text.rfind(b"\n", 0, offset)
        place = Location(file.file.path, line=line, column=column)
        yield _make_issue("secret-manifest", file, place, "a Kubernetes Secret contains a value in base64")


class _Manifests:
    """How many more manifests of a skill are searched; files that cannot have one are not counted."""

    def __init__(self, _skill: Skill) -> None:
        self.left = _MOST_MANIFESTS

    def used(self) -> float:
        """Return how many were searched, as a share of those that may be."""
        return 1 - self.left / _MOST_MANIFESTS


def _find_secret_values(content: bytes, manifests: _Manifests, effort: Effort) -> Iterator[int]:
    """Yield the offset of the first value in base64 of each manifest of a Secret."""
    # a search for one byte takes a tenth of the time, and `re` looks for a rare first byte quicker than `bytes.find`
    if _CAPITAL_S not in content or not re.search(b"Secret", content) or effort.is_spent():
        return
    if content.find(b"kind") < 0 or content.find(b"data") < 0:
        return
    kinds, blocks = re.compile(_SECRET_KIND), re.compile(_SECRET_DATA)
    begin = 0
    for end in chain((found.start() for found in re.finditer(_BETWEEN_MANIFESTS, content)), (len(content),)):
        if not manifests.left:
            return
        manifests.left -= 1
        if kinds.search(content, begin, end):
            found = (
                _find_first_value(content, *block.span("values")) for block in blocks.finditer(content, begin, end)
            )
            yield from islice((place for place in found if place is not None), 1)
        begin = end


def _find_first_value(content: bytes, begin: int, end: int) -> int | None:
    from binascii import a2b_base64

    for value in re.compile(_SECRET_VALUE).finditer(content, begin, end):
        if len(value[1]) % 4 == 0 and not re.fullmatch(_SAMPLE_VALUE, a2b_base64(value[1])):
            return value.start(1)
    return None


def _find_places(id: str, file: Content, found: list[Token]) -> Iterator[Issue]:
    text = file.text or b"" if found else b""
    line, begin, column, at = 1, 0, 1, 0
    for count, token in enumerate(sorted(found, key=lambda token: token.start)):
        if count == _MANY:
            yield _make_issue(
                id, file, Location(file.file.path), f"there are more than {_MANY} such places in the file"
            )
            return
        if breaks := text.count(b"\n", at, token.start):  # counted from the previous one: a line can have 25 MB
            line, begin, column = line + breaks, text.rfind(b"\n", at, token.start) + 1, 1
        column += len(text[max(at, begin) : token.start].decode("utf-8", "replace"))
        at = token.start
        if token.kind == TOO_MANY:
            message = (
                "too many places in the skill look like credentials or samples; the rest of the file was not scanned"
            )
        else:
            message = f"this looks like {token.kind}: {_measure(text, token)}"
        yield _make_issue(id, file, Location(file.file.path, line=line, column=column), message)


def _measure(text: bytes, token: Token) -> str:
    short = hashlib.sha256(text[token.start : token.end]).hexdigest()[:8]
    return f"{token.end - token.start:,} characters, SHA-256 {short}..."


def _make_issue(id: str, file: Content, place: Location, message: str) -> Issue:
    allow = f'to allow it, add "{file.file.path}" = "{file.file.sha256}" under allow-secrets'
    exclude = f"delete it, or add {line_for(file.file.path)} to .skillignore"
    return Issue(id, place, message, hint=f"{exclude}; {allow}", quotable=False)
