"""Rules on what must not leave the machine: files and texts that look like credentials."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from skillpack.findings import Location, Severity, escaped
from skillpack.rules.rule import Remark, rule
from skillpack.rules.tokens import JWT
from skillpack.rules.values import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.rules.tokens import Token

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
_KEY_HEADER: Final = re.compile(rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY")


@rule(Content, Severity.ERROR, "safety", hint="leave the file out with --exclude or a .skillignore")
def secret_file(file: Content) -> Iterator[Remark]:
    """A file is one that programs keep credentials in, by its name; or it is a .pem or .key with a private key.

    Most of these names are left out by default; this speaks where somebody kept them. Names such as
    `.env.example` are fine.

    A file that may be sent all the same is allowed by its path and SHA-256 in the settings, so that it is asked
    again when it changes:

        [tool.skillpack.allow-secrets]
        "tests/server.pem" = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    Why it matters: a bundle goes to a third party, and a skill was published with a live key in it. Of nine packers
    that were tried, eight packed `.env` and nine a private key.

    Before:
        .env
    After:
        .env.example
    """
    name = file.file.path.casefold()
    if file.allowed:
        return
    if _NAME.fullmatch(name.rpartition("/")[2]) or _PLACE.fullmatch(name):
        yield _remark(file, Location(file.file.path), "programs keep credentials in a file of this name")
    elif name.endswith(_KEY_FILE) and _KEY_HEADER.search(file.content):
        yield _remark(file, Location(file.file.path), "the file holds a private key")


@rule(Content, Severity.ERROR, "safety", hint="take it out of the file, and revoke it if it ever left the machine")
def secret_text(file: Content) -> Iterator[Remark]:
    """A text holds a credential, by the shape its issuer gave it.

    Looked for are keys and tokens of OpenAI, Anthropic, GitHub, GitLab, AWS, Azure storage, Google, Slack, Stripe,
    npm, PyPI, Hugging Face, SendGrid, Twilio, DigitalOcean, Databricks, Shopify, Groq, xAI, Perplexity, Docker Hub,
    Atlassian, Linear and age, and private keys, in files without a NUL in the first 8 KiB. Samples are not reported:
    EXAMPLE, xxxx, a character six times in a row, and the like.

    The finding names the line, the length and the beginning of the SHA-256, never the value. What may be sent all
    the same is allowed by path and SHA-256 of the file, as on the page of secret-file.

    Why it matters: everything in a bundle reaches a third party and a model that can repeat it. Tokens with a fixed
    shape are found by strangers' scanners within minutes of being published.

    Before:
        API_KEY = "sk-ant-..."            (the real one)
    After:
        API_KEY = os.environ["ANTHROPIC_API_KEY"]
    """
    yield from _places(file, (token for token in file.tokens if token.kind != JWT))


@rule(Content, Severity.WARNING, "safety", hint="take it out, unless it has expired or is a sample")
def secret_jwt(file: Content) -> Iterator[Remark]:
    """A text holds a JSON Web Token.

    No more than a warning: many have expired or are samples, and nobody can tell without the issuer. The sample of
    jwt.io is not reported.

    Why it matters: whoever holds such a token is its owner as long as it is valid (RFC 7519, section 11.1); it often
    gets into a skill with a copied request.

    Before:
        curl -H "Authorization: Bearer eyJ..."
    After:
        curl -H "Authorization: Bearer $TOKEN"
    """
    yield from _places(file, (token for token in file.tokens if token.kind == JWT))


def _places(file: Content, found: Iterator[Token]) -> Iterator[Remark]:
    for count, token in enumerate(sorted(found, key=lambda token: token.start)):
        if count == _MANY:
            yield _remark(file, Location(file.file.path), f"there are more than {_MANY} such places in the file")
            return
        line = file.content.count(b"\n", 0, token.start) + 1
        begin = file.content.rfind(b"\n", 0, token.start) + 1
        column = len(file.content[begin : token.start].decode("utf-8", "replace")) + 1
        length = token.end - token.start
        short = hashlib.sha256(file.content[token.start : token.end]).hexdigest()[:8]
        message = f"this looks like {token.kind}: {length:,} characters, SHA-256 {short}..."
        yield _remark(file, Location(file.file.path, line, column), message)


def _remark(file: Content, place: Location, message: str) -> Remark:
    allow = f'if it may be sent: "{escaped(file.file.path)}" = "{file.file.sha256}" under allow-secrets'
    return Remark(place, message, f"take it out, or leave the file out; {allow}", quotable=False)
