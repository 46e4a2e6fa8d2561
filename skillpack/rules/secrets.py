"""Check for files and texts that look like credentials, which must not be sent."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location, escaped
from skillpack.rules.engine import Content, rule
from skillpack.secrets.patterns import JWT
from skillpack.secrets.scan import MOST_PLACES, TOO_MANY, searchable, tokens
from skillpack.select.wildmatch import line_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.secrets.scan import Token

_MANY: Final = 20

# names after case folding: of the file itself, or of the end of its path
_NAME: Final = re.compile(
    r"\.env(?:\..+)?(?<!\.example)(?<!\.sample)(?<!\.template)(?<!\.dist)"
    r"|.+\.(?:p12|pfx|jks|keystore|kdbx|ppk)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|\.(?:npmrc|pypirc|netrc|git-credentials|htpasswd|pgpass)|_netrc"
    r"|credentials\.json|client_secret.*\.json|service-account.*\.json|.+\.tfstate(?:\..+)?",
    re.DOTALL,
)
_PLACE: Final = re.compile(r"(?:.*/)?(?:\.(?:aws|ssh|gnupg|kube)/.*|\.docker/config\.json)", re.DOTALL)
_KEY_FILE: Final = (".pem", ".key")
_KEY_HEADER: Final = rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY"


@rule(Content)
def secret_file(file: Content) -> Iterator[Issue]:
    name = file.file.path.casefold()
    if file.allowed:
        return
    if _NAME.fullmatch(name.rpartition("/")[2]) or _PLACE.fullmatch(name):
        yield _make_issue(
            "secret-file", file, Location(file.file.path), "programs keep credentials in a file of this name"
        )
    elif name.endswith(_KEY_FILE) and re.search(_KEY_HEADER, file.content):
        yield _make_issue("secret-file", file, Location(file.file.path), "the file contains a private key")


@rule(Content)
def secret_text(file: Content) -> Iterator[Issue]:
    path = b"" if file.allowed else file.file.path.encode("utf-8", "surrogatepass")
    for token in tokens(path):
        message = f"the path contains what looks like {token.kind}: {_measure(path, token)}"
        yield Issue(
            "secret-text",
            Location(file.file.path),
            message,
            "rename it, and revoke the credential if it was ever published",
        )
    yield from _find_places("secret-text", file, [token for token in file.tokens if token.kind != JWT])


@rule(Content)
def secret_jwt(file: Content) -> Iterator[Issue]:
    yield from _find_places("secret-jwt", file, [token for token in file.tokens if token.kind == JWT])


def _find_places(id: str, file: Content, found: list[Token]) -> Iterator[Issue]:
    text = searchable(file.content) or b"" if found else b""
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
                f"over {MOST_PLACES:,} places look like credentials or samples; the rest of the file was not scanned"
            )
        else:
            message = f"this looks like {token.kind}: {_measure(text, token)}"
        yield _make_issue(id, file, Location(file.file.path, line, column), message)


def _measure(text: bytes, token: Token) -> str:
    short = hashlib.sha256(text[token.start : token.end]).hexdigest()[:8]
    return f"{token.end - token.start:,} characters, SHA-256 {short}..."


def _make_issue(id: str, file: Content, place: Location, message: str) -> Issue:
    allow = f'to allow it, add "{escaped(file.file.path)}" = "{file.file.sha256}" under allow-secrets'
    exclude = f"delete it, or add {escaped(line_for(file.file.path))} to .skillignore"
    return Issue(id, place, message, f"{exclude}; {allow}", quotable=False)
