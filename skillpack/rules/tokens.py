"""Bytes of a text file to the credentials in them, by the shapes their issuers gave them.

A token is an unbroken run of letters, digits, `_` and `-` that begins in its issuer's way. So the text is mapped to
"may be in a token" and "may not", runs of at least twenty are looked up, and only where the first three bytes or
what stands before them are known does a regular expression look at the one place. Every repetition in those has an
upper bound.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Token:
    """What looks like a credential: whose, and the bytes from start to end. Its value is never shown."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: str
    pattern: bytes

    def match(self, content: bytes, at: int) -> re.Match[bytes] | None:
        # compiled when first needed, and kept by re: most runs need none of the thirty
        return re.compile(self.pattern).match(content, at)


def _shape(kind: str, pattern: bytes) -> _Shape:
    return _Shape(kind, pattern + rb"(?![A-Za-z0-9_-])")


_W: Final = rb"[A-Za-z0-9_-]"
_OPENAI: Final = _shape("an OpenAI API key", rb"sk-(?:[a-z]{3,10}-)?%b{20,100}T3BlbkFJ%b{20,100}" % (_W, _W))
_GITHUB: Final = _shape("a GitHub token", rb"gh[a-z]_[A-Za-z0-9]{36,251}")
_GITLAB: Final = _shape("a GitLab token", rb"gl[a-z]{2,4}-%b{20,64}" % _W)
_AWS: Final = _shape("an AWS access key id", rb"A[KS]IA[A-Z2-7]{16}")
_SLACK: Final = _shape("a Slack token", rb"xox[a-z]-[0-9]{8,14}-%b{20,200}" % _W)
_STRIPE: Final = _shape("a Stripe live key", rb"[rs]k_live_[A-Za-z0-9]{20,128}")
_SHOPIFY: Final = _shape("a Shopify token", rb"shp[a-z]{2}_[0-9a-fA-F]{32}")
_JWT: Final = _shape("a JSON Web Token", rb"eyJ%b{10,2000}\.eyJ%b{10,8000}\.%b{20,1500}" % (_W, _W, _W))

# by the first three bytes of the run; the shapes are their issuers', as documented or as issued in 2026
_BY_HEAD: Final[dict[bytes, tuple[_Shape, ...]]] = {
    b"sk-": (_shape("an Anthropic API key", rb"sk-ant-[a-z]{3,6}[0-9]{2}-%b{80,120}" % _W), _OPENAI),
    **dict.fromkeys((b"ghp", b"gho", b"ghu", b"ghs", b"ghr"), (_GITHUB,)),
    b"git": (_shape("a GitHub token", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),),
    **dict.fromkeys((b"glp", b"gld", b"glr", b"glc", b"gls"), (_GITLAB,)),
    **dict.fromkeys((b"AKI", b"ASI"), (_AWS,)),
    b"AIz": (_shape("a Google API key", rb"AIza%b{35}" % _W),),
    b"GOC": (_shape("a Google OAuth client secret", rb"GOCSPX-%b{28}" % _W),),
    b"xox": (_SLACK,),
    b"xap": (_shape("a Slack token", rb"xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[0-9a-f]{64}"),),
    **dict.fromkeys((b"sk_", b"rk_"), (_STRIPE,)),
    b"whs": (_shape("a webhook signing secret", rb"whsec_[A-Za-z0-9]{32,64}"),),
    b"npm": (_shape("an npm token", rb"npm_[A-Za-z0-9]{36}"),),
    b"pyp": (_shape("a PyPI token", rb"pypi-AgEIcHlwaS5vcmc%b{50,400}" % _W),),
    b"hf_": (_shape("a Hugging Face token", rb"hf_[A-Za-z0-9]{34}"),),
    **dict.fromkeys((b"SK%x" % digit for digit in range(16)), (_shape("a Twilio API key", rb"SK[0-9a-f]{32}"),)),
    b"dop": (_shape("a DigitalOcean token", rb"dop_v1_[0-9a-f]{64}"),),
    b"dap": (_shape("a Databricks token", rb"dapi[0-9a-f]{32}(?:-[0-9])?"),),
    b"shp": (_SHOPIFY,),
    b"gsk": (_shape("a Groq API key", rb"gsk_[A-Za-z0-9]{52}"),),
    b"xai": (_shape("an xAI API key", rb"xai-[A-Za-z0-9]{80}"),),
    b"ppl": (_shape("a Perplexity API key", rb"pplx-[A-Za-z0-9]{48}"),),
    b"dck": (_shape("a Docker Hub token", rb"dckr_pat_%b{27}" % _W),),
    b"ATA": (_shape("an Atlassian token", rb"ATATT3%b{150,250}(?:=[0-9A-F]{8})?" % _W),),
    b"AGE": (_shape("an age secret key", rb"AGE-SECRET-KEY-1[0-9A-Z]{58}"),),
    b"lin": (_shape("a Linear API key", rb"lin_api_[A-Za-z0-9]{40}"),),
    b"eyJ": (_JWT,),
}
# by what stands before a run
_SENDGRID: Final = _shape("a SendGrid API key", rb"SG\.%b{22}\.%b{43}" % (_W, _W))
_WEBHOOK: Final = _shape(
    "a Slack webhook", rb"hooks\.slack\.com/services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{24}"
)
_WEBHOOK_HOST: Final = b"hooks.slack.com"
_WEBHOOK_REACH: Final = 60  # from the host to the last part
# by a literal that is rare in itself
_AZURE: Final = _Shape("an Azure storage key", rb"AccountKey=[A-Za-z0-9+/]{86}==")
_PRIVATE_KEY: Final = _Shape(
    "a private key",
    # a line break may be one, or written as \n in a string; documentation that stops at the header is no key
    rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----[\s\\nr\"'+,|]{1,40}"
    rb"(?:[A-Za-z-]{4,20}: [^\n]{0,80}\n\s{0,20}){0,4}[A-Za-z0-9+/]{40}[A-Za-z0-9+/=\\\s\"',]{0,16000}",
)
_KEY_REACH: Final = 32_768
JWT: Final = _JWT.kind

_SHORTEST: Final = b"a" * 20
_IN_TOKEN: Final = frozenset((string.ascii_letters + string.digits + "_-").encode())
_RUNS: Final = bytes(97 if char in _IN_TOKEN else 32 for char in range(256))
_BACKSLASH: Final = 0x5C
_TEXT_SAMPLE: Final = 8192

# what stands in documentation in a token's place: AKIAIOSFODNN7EXAMPLE, sk-ant-xxxx, ghp_0123456789 and the like
_WORDS: Final = rb"(?i)example|sample|dummy|placeholder|redacted|1234567|abcdef|deadbeef"
_REPEATED: Final = rb"(?i)fake|your|x{4}|(.)\1{5}"
_LEAST_DISTINCT: Final = 8
_WELL_KNOWN_JWT: Final = b"eyJzdWIiOiIxMjM0NTY3ODkw"  # {"sub":"1234567890: the sample of jwt.io


def is_text(content: bytes) -> bool:
    """Whether the first 8 KiB hold no NUL."""
    return b"\0" not in content[:_TEXT_SAMPLE]


def tokens(content: bytes) -> Iterator[Token]:
    """Yield what looks like a credential and not like the sample of one."""
    for shape, found in _matches(content):
        if not _is_sample(shape, found[0]):
            yield Token(shape.kind, found.start(), found.end())


def masked(text: bytes) -> bytes:
    """Return the text with every credential in it as asterisks, each line of the same length."""
    for token in tokens(text):
        end = token.end
        if token.kind == _PRIVATE_KEY.kind:  # whatever interrupts it, the rest of the key is no less secret
            end = max(end, text.find(b"-----END", token.start, token.start + _KEY_REACH))
        text = text[: token.start] + re.sub(rb"[^\r\n]", b"*", text[token.start : end]) + text[end:]
    return text


def _matches(content: bytes) -> Iterator[tuple[_Shape, re.Match[bytes]]]:
    runs = content.translate(_RUNS)
    at = runs.find(_SHORTEST)
    while at >= 0:
        begin = at + 1 if at and content[at - 1] == _BACKSLASH else at  # behind \n and \t as strings have them
        for shape, start in _shapes_at(content, begin):
            if found := shape.match(content, start):
                yield shape, found
                break
        end = runs.find(b" ", at)
        at = runs.find(_SHORTEST, end) if end >= 0 else -1
    yield from _by_literals(content)


def _shapes_at(content: bytes, begin: int) -> Iterator[tuple[_Shape, int]]:
    """Yield the shapes that a run may belong to, and where they would begin: with the run, or a few bytes before."""
    yield from ((shape, begin) for shape in _BY_HEAD.get(content[begin : begin + 3], ()))
    before = content[max(begin - 1, 0) : begin]
    if before == b"." and content[max(begin - 3, 0) : begin] == b"SG.":
        yield _SENDGRID, begin - 3
    if before == b"/" and (start := content.rfind(_WEBHOOK_HOST, max(begin - _WEBHOOK_REACH, 0), begin)) >= 0:
        yield _WEBHOOK, start


def _by_literals(content: bytes) -> Iterator[tuple[_Shape, re.Match[bytes]]]:
    for literal, before, shape in (
        (b"AccountKey=", 0, _AZURE),
        (b"PRIVATE KEY", 32, _PRIVATE_KEY),
    ):
        at = content.find(literal)
        while at >= 0:
            begin = content.find(b"-----BEGIN", max(at - before, 0), at) if before else at
            if begin >= 0 and (found := shape.match(content, begin)):
                yield shape, found
            at = content.find(literal, at + 1)


def _is_sample(shape: _Shape, value: bytes) -> bool:
    if shape is _JWT:
        return _WELL_KNOWN_JWT in value
    body = value.rpartition(b"-----")[2] if shape is _PRIVATE_KEY else value.rpartition(b"/services/")[2]
    if len(set(body)) < _LEAST_DISTINCT or re.search(_WORDS, body):
        return True
    return shape is not _PRIVATE_KEY and bool(re.search(_REPEATED, body))  # real keys repeat A, which stands for zeros
