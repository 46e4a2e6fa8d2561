"""The shapes that issuers gave their credentials, as regular expressions over bytes, one group for each.

Where an issuer documents a shape, its page is named; the others are as GitHub's and GitLab's secret scanning and
gitleaks know them, or as they were issued in 2026. Every repetition is bounded. What follows a token may be anything
that could not continue it. What stands before it matters only where the beginning is short or a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

JWT: Final = "a JSON Web Token"
AWS: Final = "an AWS access key id"

KEY_REACH: Final = 32_768
"""Bytes: no private key in use is longer, from its first line to its last."""

_W: Final = "[A-Za-z0-9_-]"
_A: Final = "[A-Za-z0-9]"
_HEX: Final = "[0-9a-f]"
_END: Final = "(?![A-Za-z0-9])"
# no letter or digit before, unless it is the end of an escape: %3D, \n, \x22, \u0022, a colour of a terminal
_APART: Final = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[a-z])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=[\[;][0-9]m)|(?<=[\[;][0-9]{2}m))"
)


_ITEM: Final = r"(\\.|\[[^]]*\]|.)(?:\{(\d+)\})?"  # of a beginning: one byte, or some of a class
_FIRST: Final = r"(\[[^]]*\])\{(\d+)"
_LETTERS: Final = r"[A-Za-z0-9]+(?![A-Za-z0-9?*+{])"
_SOLID: Final = 16


@dataclass(frozen=True, slots=True)
class Shape:
    """How the credentials of one kind begin, which is quick to look for, and how they go on.

    `apart` is what must be true of the place before a beginning that is short or like a word.
    """

    kind: str
    heads: tuple[str, ...]
    tail: str
    apart: str = ""


_SHAPES: Final = (
    Shape("an Anthropic API key", ("sk-ant-",), f"[a-z]{{3,6}}[0-9]{{2}}-{_W}{{80,120}}"),
    # T3BlbkFJ is "OpenAI" in base64
    Shape("an OpenAI API key", ("sk-",), f"(?:{_A}{{20}}|[A-Za-z]{{3,10}}-{_W}{{20,100}})T3BlbkFJ{_W}{{20,100}}"),
    Shape("an OpenRouter API key", ("sk-or-v1-",), f"{_HEX}{{64}}{_END}"),
    # DeepSeek's and DashScope's
    Shape("an API key", ("sk-",), f"{_HEX}{{32}}(?!{_W})", apart=_APART),
    # github.blog/2021-04-05-behind-githubs-new-authentication-token-formats
    Shape("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), f"{_A}{{36,255}}"),
    Shape("a GitHub token", ("github_pat_",), f"{_A}{{22}}_{_A}{{59}}{_END}"),
    # docs.gitlab.com/security/tokens#token-prefixes
    Shape("a GitLab token", ("glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glft-"), f"{_W}{{20,300}}"),
    Shape("a GitLab token", ("glimt-", "glsoat-", "gloas-", "glagent-", "glffct-", "glwt-"), f"{_W}{{20,300}}"),
    Shape("a GitLab token", ("glcbt-",), f"{_A}{{1,5}}_{_W}{{20,64}}"),
    Shape("a GitLab token", ("GR",), f"1348941{_W}{{20}}"),
    # docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids; base32
    Shape(AWS, ("AK", "AS"), f"IA[A-Z2-7]{{16}}{_END}", apart=_APART),
    # microsoft.github.io: common annotated security keys
    Shape("a Microsoft Azure key", (f"{_A}{{52}}JQQJ",), f"9[9DH]{_A}[A-L]{_A}{{24}}"),
    Shape("a Google API key", ("AI",), f"za{_W}{{35}}{_END}", apart=_APART),
    Shape("a Google OAuth client secret", ("GOCSPX-",), f"{_W}{{28}}"),
    # cloud.google.com/docs/authentication/token-types
    Shape("a Google OAuth token", (r"ya29\.",), f"{_W}{{40,1000}}", apart=_APART),
    Shape("a Google OAuth refresh token", ("1//",), f"0{_W}{{60,200}}", apart=_APART),
    # docs.slack.dev/authentication/tokens, docs.slack.dev/authentication/using-token-rotation
    Shape("a Slack token", tuple(f"xox{letter}-" for letter in "abcoprs"), f"[0-9]{{8,14}}-{_W}{{16,200}}"),
    Shape("a Slack token", ("xwfp-",), f"[0-9]{{8,14}}-{_W}{{16,200}}"),
    Shape("a Slack token", ("xoxe-", "xoxb-", "xoxp-"), f"[0-9]-{_A}{{100,300}}"),
    Shape("a Slack token", ("xapp-",), "[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[0-9a-f]{64}"),
    Shape("a Slack webhook", (r"hooks\.slack\.com/",),
          f"(?:services|workflows|triggers)(?:/[A-Z0-9]{{8,16}}){{2}}/(?:[0-9]{{10,20}}/)?{_A}{{24,40}}"),
    Shape("a Discord webhook", (r"discord\.com/api/webhooks/", r"discordapp\.com/api/webhooks/"),
          f"[0-9]{{17,20}}/{_W}{{60,80}}"),
    # core.telegram.org/bots/api#authorizing-your-bot
    Shape("a Telegram bot token", ("[0-9]{8}:",), f"AA{_W}{{33}}(?!{_W})"),
    # docs.stripe.com/keys
    Shape("a Stripe live key", ("sk_live_", "rk_live_"), f"{_A}{{20,128}}"),
    Shape("a webhook signing secret", ("whsec_",), f"{_A}{{32,64}}"),
    # shopify.dev/docs/apps/build/authentication-authorization
    Shape("a Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), f"[0-9a-fA-F]{{32}}{_END}"),
    Shape("a Square token", ("sq0atp-", "sq0csp-"), f"{_W}{{22,43}}"),
    # github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format
    Shape("an npm token", ("npm_",), f"{_A}{{36}}{_END}"),
    # a macaroon, whose beginning names the site
    Shape("a PyPI token", ("pypi-",), f"AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw){_W}{{50,1000}}"),
    Shape("a RubyGems token", ("rubygems_",), f"{_HEX}{{48}}{_END}"),
    # hub.docker.com, "personal access tokens"
    Shape("a Docker Hub token", ("dckr_pat_", "dckr_oat_"), f"{_W}{{27,40}}"),
    # huggingface.co/docs/hub/security-tokens
    Shape("a Hugging Face token", ("hf_",), f"{_A}{{34}}{_END}", apart=_APART),
    Shape("a Hugging Face token", ("api_org_",), f"{_A}{{34}}{_END}"),
    Shape("a Groq API key", ("gsk_",), f"{_A}{{52}}{_END}"),
    Shape("an xAI API key", ("xai-",), f"{_A}{{80}}{_END}"),
    Shape("a Perplexity API key", ("pplx-",), f"{_A}{{48}}{_END}"),
    # replicate.com/docs/reference/http#authentication
    Shape("a Replicate token", ("r8_",), f"{_A}{{37}}{_END}", apart=_APART),
    Shape("an NVIDIA API key", ("nvapi-",), f"{_W}{{60,70}}"),
    Shape("a Pinecone API key", ("pcsk_",), f"{_A}{{5,6}}_{_A}{{60,70}}"),
    Shape("a LangSmith API key", ("lsv2_pt_", "lsv2_sk_"), f"{_HEX}{{32}}_{_HEX}{{10}}{_END}"),
    Shape("a Tavily API key", ("tvly-",), f"(?:dev-|prod-)?{_A}{{32}}{_END}"),
    Shape("a Firecrawl API key", ("fc-",), f"{_HEX}{{32}}(?!{_W})", apart=_APART),
    Shape("an ElevenLabs API key", ("sk_",), f"{_HEX}{{48}}{_END}", apart=_APART),
    # developers.notion.com, "the token's prefix changes from secret_ to ntn_"
    Shape("a Notion token", ("ntn_",), f"[0-9]{{11}}{_A}{{35}}{_END}"),
    Shape("a Notion token", ("secret_",), f"{_A}{{43}}{_END}", apart=_APART),
    Shape("a Linear token", ("lin_api_",), f"{_A}{{40}}{_END}"),
    Shape("a Linear token", ("lin_oauth_",), f"{_HEX}{{64}}{_END}"),
    Shape("a Figma token", ("figd_",), f"{_W}{{40}}"),
    Shape("a Postman API key", ("PMAK-",), f"{_HEX}{{24}}-{_HEX}{{34}}{_END}"),
    # support.atlassian.com/security-and-access-policies: API tokens with a checksum
    Shape("an Atlassian token", ("ATAT", "ATCT"), f"T3{_W}{{150,250}}(?:=[0-9A-F]{{8}})?"),
    Shape("an Atlassian token", ("ATB",), f"B{_A}{{24}}[0-9A-F]{{8}}{_END}", apart=_APART),
    # docs.digitalocean.com/reference/api
    Shape("a DigitalOcean token", ("dop_v1_", "doo_v1_", "dor_v1_"), f"{_HEX}{{64}}{_END}"),
    Shape("a Databricks token", ("dap",), f"i{_HEX}{{32}}(?:-[0-9])?{_END}", apart=_APART),
    # developer.hashicorp.com/vault/docs/concepts/tokens
    Shape("a Vault token", (r"hvs\.", r"hvb\.", r"hvr\."), f"{_W}{{90,300}}"),
    Shape("a Terraform token", (f"{_A}{{14}}\\.atlasv1\\.",), f"{_W}{{60,70}}"),
    # www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens
    Shape("a Pulumi token", ("pul-",), f"{_HEX}{{40}}(?!{_W})", apart=_APART),
    # docs.doppler.com/docs/service-tokens
    Shape("a Doppler token", (r"dp\.pt\.", r"dp\.ct\.", r"dp\.sa\.", r"dp\.scim\.", r"dp\.audit\."),
          f"{_A}{{40,44}}{_END}", apart=_APART),
    Shape("a Doppler token", (r"dp\.st\.",), f"(?:[a-z0-9_-]{{2,35}}\\.)?{_A}{{40,44}}{_END}", apart=_APART),
    # grafana.com/docs/grafana/latest/administration/service-accounts
    Shape("a Grafana token", ("glsa_",), f"{_A}{{32}}_[0-9a-fA-F]{{8}}{_END}"),
    Shape("a Grafana token", ("glc_",), f"eyJ{_A}{{50,400}}"),
    # docs.sentry.io/account/auth-tokens
    Shape("a Sentry token", ("sntryu_",), f"{_HEX}{{64}}{_END}"),
    Shape("a Sentry token", ("sntrys_",), f"eyJ{_A}{{50,1000}}"),
    Shape("a New Relic key", ("NRAK-",), f"[A-Z0-9]{{27}}{_END}"),
    Shape("a Supabase token", ("sbp_",), f"{_HEX}{{40}}{_END}"),
    Shape("a Supabase token", ("sb_secret_",), f"{_W}{{31,41}}"),
    # planetscale.com/docs/api/reference/service-tokens
    Shape("a PlanetScale token", ("pscale_tkn_", "pscale_pw_", "pscale_oauth_"), f"{_W}{{32,64}}"),
    Shape("a 1Password token", ("ops_",), f"eyJ{_A}{{13,4000}}"),
    Shape("an age secret key", ("AGE-SECRET-KEY-",), f"1[0-9A-Z]{{58}}{_END}"),
    # www.twilio.com/docs/iam/api-keys
    Shape("a Twilio API key", ("SK",), f"{_HEX}{{32}}{_END}", apart=_APART),
    Shape("a SendGrid API key", (r"SG\.",), f"{_W}{{22}}\\.{_W}{{43}}(?!{_W})"),
    Shape("a Brevo API key", ("xkeysib-",), f"{_HEX}{{64}}-{_A}{{16}}{_END}"),
    # docs.mapbox.com/help/glossary/access-token
    Shape("a Mapbox secret token", (r"sk\.",), f"eyJ{_W}{{40,400}}\\.{_W}{{20,30}}", apart=_APART),
    # RFC 7519
    Shape(JWT, ("eyJ",), f"{_W}{{10,2000}}\\.eyJ{_W}{{10,8000}}\\.{_W}{{20,1500}}", apart=_APART + "(?<![_-])"),
)  # fmt: skip


@cache
def literals() -> re.Pattern[bytes]:
    """Return what finds a text that is in every beginning: compiled in a third of the time that `heads` takes."""
    found = {text for head, shape in _beginnings() for text in _texts(head, shape.tail)}
    groups = groupby(sorted(found), key=lambda text: text[0])
    branches = (f"{first}(?:{'|'.join(re.escape(text[1:]) for text in group)})" for first, group in groups)
    return re.compile("|".join(branches).encode())


@cache
def heads() -> re.Pattern[bytes]:
    """Return what finds the last byte of every beginning that may be one."""
    return _any((head, _start(shape.tail), shape) for head, shape in _beginnings())


@cache
def shapes() -> re.Pattern[bytes]:
    """Return what finds everything that has a shape, from the last byte of its beginning on; `found` names it."""
    return _any((head, f"{_apart(head, shape)}{shape.tail}()", shape) for head, shape in _beginnings())


def found(match: re.Match[bytes]) -> tuple[str, int]:
    """Return whose credential was found, and where it begins."""
    head, shape = _beginnings()[(match.lastindex or 1) - 1]
    width = sum(int(count or 1) for _, count in re.findall(_ITEM, head))
    return shape.kind, match.start() + 1 - width


@cache
def starts() -> frozenset[bytes]:
    """Return the first three bytes of every beginning that is made of letters, digits, `_` and `-` alone."""
    texts = (text for head, shape in _beginnings() for text in _texts(head, shape.tail))
    return frozenset(text[:3].encode() for text in texts if re.match(r"[\w-]{3}", text))


@cache
def _beginnings() -> tuple[tuple[str, Shape], ...]:
    pairs = ((head, shape) for shape in _SHAPES for head in shape.heads)
    return tuple(sorted(pairs, key=lambda pair: (_last(pair[0])[0], not _solid(pair[1]), _last(pair[0])[1])))


def _texts(head: str, tail: str) -> tuple[str, ...]:
    """Return what every beginning ends with; behind two letters alone, with each digit that may follow."""
    literal = re.split(r"[]}]", head)[-1].replace("\\", "")
    if letters := re.match(_LETTERS, tail):
        return (literal + letters[0],)
    return (literal,) if len(literal) > 2 else tuple(literal + digit for digit in "0123456789abcdef")


def _last(head: str) -> tuple[str, str]:
    """Return the last byte of a beginning, and what stands before it."""
    *_, before, last = (item[1] for item in re.finditer(_ITEM, head))
    return last, before


def _solid(shape: Shape) -> bool:
    """Whether at least sixteen letters and digits follow the beginning without `_` and `-` between them."""
    first = re.match(_FIRST, shape.tail)
    return bool(first and "_" not in first[1] and int(first[2]) >= _SOLID)


def _start(tail: str) -> str:
    """Return what must follow a beginning in any case: letters that are always the same, or some of a class."""
    if found := re.match(_LETTERS, tail):
        return f"(?={found[0]})"
    first = re.match(_FIRST, tail)
    return f"(?={first[1]}{{{min(int(first[2]), 8)}}})" if first else ""


def _apart(head: str, shape: Shape) -> str:
    return f"(?<={shape.apart}{head})" if shape.apart else ""


def _any(patterns: Iterable[tuple[str, str, Shape]]) -> re.Pattern[bytes]:
    """Join patterns, given as what begins and what follows, so that the last byte of the former is what is searched.

    Asking for one more thing costs a tenth of a microsecond, which is much for 25 MB. So first comes what most
    places fail: whether a long enough word follows, whether two letters or digits and the right one stand before.
    """
    branches = []
    for last, by_last in groupby(patterns, key=lambda each: _last(each[0])[0]):
        kinds = []
        for solid, by_kind in groupby(by_last, key=lambda each: _solid(each[2])):
            inner, befores = [], []
            for before, group in groupby(by_kind, key=lambda each: _last(each[0])[1]):
                wholes = "|".join(f"(?<={head}){tail}" for head, tail, _ in group)
                inner.append(f"(?<={before}{last})(?:{wholes})")
                befores.append(before.strip("[]"))
            guard = f"(?={_A}{{{_SOLID}}})" if solid else f"(?<=[{''.join(befores)}]{last})"
            kinds.append(f"{guard}(?:{'|'.join(inner)})")
        branches.append(f"{last}(?:{'|'.join(kinds)})")
    return re.compile("|".join(branches).encode())
