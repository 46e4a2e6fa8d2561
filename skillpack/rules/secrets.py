"""Rules on what must not leave the machine: files and texts that look like credentials."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from skillpack.findings import Location, Severity, escaped
from skillpack.rules.engine import Content, Remark, rule
from skillpack.secrets.patterns import JWT
from skillpack.secrets.scan import MOST_PLACES, TOO_MANY, searchable, tokens

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
    """A text, or the path of a file, holds a credential, by the shape its issuer gave it.

    Looked for are keys and tokens of OpenAI, Anthropic, OpenRouter, DeepSeek, Groq, xAI, Perplexity, Hugging Face,
    Replicate, NVIDIA, Pinecone, LangSmith, Tavily, Firecrawl, ElevenLabs; GitHub, GitLab, npm, PyPI, RubyGems, Docker
    Hub, Atlassian, Linear, Notion, Figma, Postman; AWS, Azure, Google, DigitalOcean, Databricks, Vault, Terraform,
    Pulumi, Doppler, Grafana, Sentry, New Relic, Supabase, PlanetScale, 1Password, age; Slack, Discord's webhooks,
    Telegram, Twilio, SendGrid, Brevo, Mapbox; Stripe, Shopify and Square; and private keys, also where `# `, `> ` or
    the like stands before their lines. Searched are paths and files without a NUL in the first 8 KiB, and those in
    UTF-16 with a byte order mark.

    Samples are not reported: EXAMPLE, xxxx, a character six times in a row, the first line of a key and the like.
    Nor are plain words: an AWS id without a digit and with more than four vowels is taken for one. A file with
    more than 10,000 places that look like credentials, samples of them included, is not searched to its end, which
    is an error too.

    The finding names the line, the length and the beginning of the SHA-256, never the value. What may be sent all
    the same is allowed by path and SHA-256 of the file, as on the page of secret-file.

    Why it matters: everything in a bundle reaches a third party and a model that can repeat it. Tokens with a fixed
    shape are found by strangers' scanners within minutes of being published.

    Before:
        API_KEY = "sk-ant-..."            (the real one)
    After:
        API_KEY = os.environ["ANTHROPIC_API_KEY"]
    """
    path = b"" if file.allowed else file.file.path.encode("utf-8", "surrogatepass")
    for token in tokens(path):
        message = f"the path holds what looks like {token.kind}: {_measured(path, token)}"
        yield Remark(
            Location(file.file.path), message, "rename it, and revoke the credential if it ever left the machine"
        )
    yield from _places(file, [token for token in file.tokens if token.kind != JWT])


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
    yield from _places(file, [token for token in file.tokens if token.kind == JWT])


def _places(file: Content, found: list[Token]) -> Iterator[Remark]:
    text = searchable(file.content) or b"" if found else b""
    line, begin, column, at = 1, 0, 1, 0
    for count, token in enumerate(sorted(found, key=lambda token: token.start)):
        if count == _MANY:
            yield _remark(file, Location(file.file.path), f"there are more than {_MANY} such places in the file")
            return
        if breaks := text.count(b"\n", at, token.start):  # counted on from the last one: a line can have 25 MB
            line, begin, column = line + breaks, text.rfind(b"\n", at, token.start) + 1, 1
        column += len(text[max(at, begin) : token.start].decode("utf-8", "replace"))
        at = token.start
        if token.kind == TOO_MANY:
            message = f"more than {MOST_PLACES:,} places look like credentials or samples; from here on nobody looked"
        else:
            message = f"this looks like {token.kind}: {_measured(text, token)}"
        yield _remark(file, Location(file.file.path, line, column), message)


def _measured(text: bytes, token: Token) -> str:
    short = hashlib.sha256(text[token.start : token.end]).hexdigest()[:8]
    return f"{token.end - token.start:,} characters, SHA-256 {short}..."


def _remark(file: Content, place: Location, message: str) -> Remark:
    allow = f'if it may be sent: "{escaped(file.file.path)}" = "{file.file.sha256}" under allow-secrets'
    return Remark(place, message, f"take it out, or leave the file out; {allow}", quotable=False)
