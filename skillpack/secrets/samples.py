"""Distinguish sample credentials of documentation from issued ones."""

from __future__ import annotations

import re
from typing import Final

from skillpack.secrets.patterns import AWS, JWT

# sample tokens of documentation: AKIAIOSFODNN7EXAMPLE, sk-ant-xxxx, ghp_0123456789 and the like
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
    b"09d25e094faa6ca2",  # fastapi.tiangolo.com/tutorial/security/oauth2-jwt
    b"3UVsEgGVK36XN82K",  # laravel.com/docs/configuration
    b"DaGmWKa4JsXZ-HjG",  # Google Maps, in rule sets and tests of secret scanners
    b"49nj1cmql0jkz5s954yi3oex3nedyz0fb0xx14ie39trti4wxv",  # docs.docker.com/engine/swarm/swarm-tutorial
    b"3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl",  # docs.docker.com/reference/cli/docker/swarm
    b"MfKQ9r8GKYqrTwjU",  # docs.svix.com/receiving/verifying-payloads
    b"1DP5mmOlF5G5ag",  # Razorpay's for everybody's tests of its checkout
    b"de3ce8ef-33f8-452c-a685-8671031fc0f6",  # plaid.com/docs/api/items
    b"z8krbsJ5yKBZQpn74WFkmLPx3",  # cloud.tencent.com/document/api: signature
    b"R0670sAqZnKX3yW4", b"aYnhlZjetM09MRRc",  # developer.hashicorp.com/vault/docs/concepts/tokens
)  # fmt: skip
_PUBLISHED_JWT: Final = (
    b"eyJzdWIiOiIxMjM0NTY3ODkw",  # {"sub":"1234567890: jwt.io
    b"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEz",  # {"iss":"joe": RFC 7519
    b"eyJpc3MiOiJzdXBhYmFzZS1kZW1v", b"eyAgCiAgICAicm9sZSI6IC",  # {"iss":"supabase-demo", self-hosted Supabase
)  # fmt: skip


def is_sample(kind: str, body: bytes) -> bool:
    """Return whether a credential of a kind is one that documentation shows, given what follows its beginning."""
    if kind == JWT:
        return any(part in body for part in _PUBLISHED_JWT)
    if kind.endswith("webhook"):
        body = body.rpartition(b"/")[2]
    judged = body if len(body) < 2 * _MOST_JUDGED else body[:_MOST_JUDGED] + body[-_MOST_JUDGED:]
    return (
        is_dull(judged)
        or _is_word(kind, body)
        or bool(re.search(_SHORT_WORDS, judged) or re.search(_REPEATED, judged))
        or _is_count(judged)
        or is_published(body)
    )


def is_published(body: bytes) -> bool:
    """Return whether a credential is one that its issuer publishes, for an emulator or as a sample."""
    return any(part in body for part in _PUBLISHED)


def is_dull(body: bytes) -> bool:
    """Return whether a credential has few different characters, or a word in place of one."""
    return len(set(body)) < _LEAST_DISTINCT or bool(re.search(_WORDS, body.lower()))


def _is_word(kind: str, body: bytes) -> bool:
    """Return whether it is made of words, not drawn at random: ASIAPACIFICECONOMICS, glpat-as-it-stands-in-a-manual.

    One in thirty of AWS's ids has no digit. Those of which no four letters follow each other without a vowel, and
    which have neither of the four letters that are rare in words, are too few to matter.
    """
    end = body[-_VARIED:]
    if sum(bool(re.search(each, end)) for each in _CLASSES) > 1:
        return False
    return kind != AWS or not re.search(rb"[^AEIOUY]{4}|[JQXZ]", body[2:])


def _is_count(body: bytes) -> bool:
    """Return whether its letters follow each other as in the alphabet, and its digits as in counting: ABC123DEF456."""
    return _is_in_order(re.sub(rb"[^a-z]", b"", body.lower())) and _is_in_order(re.sub(rb"[^0-9]", b"", body))


def _is_in_order(chars: bytes) -> bool:
    """Return whether each character is the next one, or the first one again: abcabc, 567890123."""
    after = bytes.maketrans(b"z9", b"`/")  # what is before a and 0
    return all(char in (last + 1, chars[0]) for last, char in zip(chars.translate(after), chars[1:], strict=False))
