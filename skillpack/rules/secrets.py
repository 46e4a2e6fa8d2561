"""Rules on what must not leave the machine: files and texts that look like credentials."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.defaults import secret
from skillpack.findings import Location, Severity, escaped
from skillpack.rules.rule import Remark, rule
from skillpack.rules.shapes import JWT
from skillpack.rules.tokens import MOST_PLACES, TOO_MANY, searchable, tokens
from skillpack.rules.values import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.rules.tokens import Token

_MANY: Final = 20

# names of files that are usually without a credential, and what is in those with one
_VALUE: Final = rb"(?:\"[^\"$<{\n]{8,200}\"|'[^'$<{\n]{8,200}'|[^\s\"'$<{][^\s\"'<{]{7,200})"
_ASSIGNED: Final = (
    rb"(?im)^[ \t]*[\w.-]{0,60}(?:password|passwd|secret|token|api_?key|access_?key)[\w.-]{0,20}[ \t]*[=:][ \t]*"
)
_JUDGED: Final = (
    ((".pem", ".key"), rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY", "the file holds a private key"),
    ((".tfvars", ".local.yaml", ".local.yml", "/credentials.yml", "/credentials.yaml"), _ASSIGNED + _VALUE,
     "the file gives a value to a password, a token or a key"),
    (("/.yarnrc.yml",), rb"npmAuth(?:Token|Ident)[ \t]*:[ \t]*" + _VALUE, "the file holds a registry's token"),
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
_SAMPLE_VALUE: Final = (
    rb"(?i)[\w .-]{0,16}(?:example|sample|dummy|placeholder|redacted|change|your|pass|admin|user|secret|value|xxx)"
    rb"[\w .!-]{0,16}"
)


@rule(Content, Severity.ERROR, "safety", hint="leave the file out with --exclude or a .skillignore")
def secret_file(file: Content) -> Iterator[Remark]:
    """A file is one that programs keep credentials in, by its name or by its name and content.

    All files that are excluded by default as secrets are reported where somebody included them. Names such as
    `.env.example` are fine. Judged by their content are `.pem` and `.key`, which may hold a private key; `.tfvars`,
    `.local.yaml`, `.local.yml`, `credentials.yml` and `credentials.yaml`, which may give a value to a password, a
    token or a key; and `.yarnrc.yml`, which may hold a registry's token.

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
    if file.allowed:
        return
    place, name = Location(file.file.path), f"/{file.file.path.casefold()}"
    if secret(file.file.path):
        yield _remark(file, place, "programs keep credentials in a file of this name")
        return
    for endings, pattern, message in _JUDGED:
        if name.endswith(endings) and re.search(pattern, file.content):
            yield _remark(file, place, message)


@rule(Content, Severity.ERROR, "safety", hint="take it out of the file, and revoke it if it ever left the machine")
def secret_text(file: Content) -> Iterator[Remark]:
    """A text, or the path of a file, holds a credential, by the shape its issuer gave it.

    Looked for are keys and tokens of OpenAI, Anthropic, OpenRouter, DeepSeek, Moonshot, MiniMax, LiteLLM, Langfuse,
    Groq, Cerebras, xAI, Perplexity, Together, Hugging Face, Replicate, NVIDIA, Voyage AI, Pinecone, LangSmith,
    LlamaCloud, Tavily, Firecrawl, ElevenLabs, Weights & Biases, RunPod, Apify; GitHub, GitLab, npm, PyPI, RubyGems,
    Cargo, NuGet, Clojars, Artifactory, Docker, Sourcegraph, Segment, SonarQube; AWS with Bedrock, Azure, Google with
    Gemini, Alibaba Cloud, Yandex Cloud, DigitalOcean, Cloudflare, Fly.io, Heroku, Netlify, Render, Vercel, Deno
    Deploy, UpCloud, Scalingo, OpenShift, Tailscale; Supabase, PlanetScale, Neon, MongoDB Atlas, CockroachDB,
    ClickHouse, DataStax, Elastic, Databricks; Vault, Terraform, Pulumi, Doppler, Infracost, Prefect, Harness,
    Buildkite, CircleCI, Octopus Deploy, LaunchDarkly, DevCycle, Unkey, Zuplo, Rootly; Grafana, Sentry, New Relic,
    Dynatrace, PostHog; Slack, webhooks of Discord and Teams, Telegram, Feishu, Twilio, SendGrid, Brevo, Mailgun,
    MailerSend, Resend, OneSignal, HubSpot; Stripe, Square, Razorpay, Plaid, Paddle, Polar, Flutterwave, EasyPost,
    Duffel, Shippo, Ramp; Shopify, Notion, Airtable, Linear, Figma, Frame.io, Postman, ReadMe, Atlassian, Contentful,
    Dropbox, Typeform, Facebook, Adobe, MaxMind, Mapbox; 1Password, age; and private keys, also where `# `, `> ` or
    the like stands before their lines. A token is also found where `/`, `:`, `+`, `=` and `@` in it are
    percent-encoded, or where invisible characters split it. Searched are paths and files without a NUL in the first
    8 KiB, and those in UTF-16 with a byte order mark.

    Samples are not reported: EXAMPLE, xxxx, a character six times in a row, the first line of a key and the like,
    nor what issuers publish as samples, such as the key of Azurite. Nor are plain words: an AWS id without a digit
    that reads like words is taken for some. A file with
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

    No more than a warning: many have expired or are samples, and nobody can tell without the issuer. The samples of
    jwt.io, of RFC 7519 and of self-hosted Supabase are not reported.

    Why it matters: whoever holds such a token is its owner as long as it is valid (RFC 7519, section 11.1); it often
    gets into a skill with a copied request.

    Before:
        curl -H "Authorization: Bearer eyJ..."
    After:
        curl -H "Authorization: Bearer $TOKEN"
    """
    yield from _places(file, [token for token in file.tokens if token.kind == JWT])


@rule(Content, Severity.WARNING, "safety", hint="take the values out, unless they are samples")
def secret_manifest(file: Content) -> Iterator[Remark]:
    """A Kubernetes manifest of `kind: Secret` holds values in base64 under `data`.

    No more than a warning: the values of a sample look alike. Reported is the first value of each document, in YAML
    or JSON. Values of less than eight characters, and those that read like a sample when they are decoded, are fine.

    Why it matters: base64 hides nothing. The Kubernetes documentation says that sharing such a manifest, or checking
    it in to a source repository, means that the secret is available to everyone who can read it
    (kubernetes.io/docs/concepts/configuration/secret).

    Before:
        kind: Secret
        data:
          password: c3VwZXI...
    After:
        kind: Secret
        data:
          password: ${PASSWORD}
    """
    text = b"" if file.allowed else searchable(file.content) or b""
    for place in islice(_secret_values(text), _MANY):
        line, column = text.count(b"\n", 0, place) + 1, place - text.rfind(b"\n", 0, place)
        yield _remark(file, Location(file.file.path, line, column), "a Secret of Kubernetes holds a value in base64")


def _secret_values(content: bytes) -> Iterator[int]:
    """Yield where the first value in base64 is of each manifest of a Secret."""
    if b"Secret" not in content or b"data" not in content:
        return
    kinds, blocks = re.compile(_SECRET_KIND), re.compile(_SECRET_DATA)
    begin = 0
    for end in (*(found.start() for found in re.finditer(_BETWEEN_MANIFESTS, content)), len(content)):
        if kinds.search(content, begin, end):
            found = (_first_value(content, *block.span("values")) for block in blocks.finditer(content, begin, end))
            yield from islice((place for place in found if place is not None), 1)
        begin = end


def _first_value(content: bytes, begin: int, end: int) -> int | None:
    for value in re.compile(_SECRET_VALUE).finditer(content, begin, end):
        if len(value[1]) % 4 == 0 and not re.fullmatch(_SAMPLE_VALUE, base64.b64decode(value[1])):
            return value.start(1)
    return None


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
