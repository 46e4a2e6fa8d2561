"""Credentials that nobody issued, put together at run time: scanners of repositories must not find them here."""

from __future__ import annotations

import base64
import random
import string
from typing import Final

_WORD: Final = string.ascii_letters + string.digits


def random_text(count: int, alphabet: str = _WORD, seed: int = 7) -> str:
    return "".join(random.Random(f"{seed}{count}{alphabet}").choices(alphabet, k=count))


HEX: Final = "0123456789abcdef"
UPPER: Final = string.ascii_uppercase + "234567"
KEY_BODY: Final = base64.b64encode(random.Random(5).randbytes(1200)).decode()


def private_key(kind: str = "") -> str:
    lines = "\n".join(KEY_BODY[at : at + 64] for at in range(0, len(KEY_BODY), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----\n"


def _jwt() -> str:
    header, payload = (
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"me"}')
    )
    return f"{header}.{payload}.{random_text(43)}"


JWT: Final = _jwt()

_DIGITS: Final = string.digits

TOKENS: Final = {
    "openai": "sk-proj-" + random_text(74) + "T3Blbk" + "FJ" + random_text(74),
    "openai old": "sk-" + random_text(20) + "T3Blbk" + "FJ" + random_text(20),
    "openai admin": "sk-admin-" + random_text(58) + "T3Blbk" + "FJ" + random_text(58),
    "anthropic": "sk-" + "ant-api03-" + random_text(95),
    "github": "gh" + "p_" + random_text(36),
    "github app": "gh" + "s_" + random_text(36),
    "github fine": "github" + "_pat_" + random_text(22) + "_" + random_text(59),
    "gitlab": "gl" + "pat-" + random_text(20),
    "aws": "AK" + "IA" + random_text(16, UPPER),
    "aws session": "AS" + "IA" + random_text(16, UPPER),
    "google": "AI" + "za" + random_text(35),
    "google oauth": "GOC" + "SPX-" + random_text(28),
    "slack": "xo" + "xb-" + random_text(12, _DIGITS) + "-" + random_text(13, _DIGITS) + "-" + random_text(24),
    "slack app": "xa" + f"pp-1-A{random_text(10, UPPER)}-{random_text(13, _DIGITS)}-{random_text(64, HEX)}",
    "slack webhook": "https://hooks.slack"
    f".com/services/T{random_text(8, UPPER)}/B{random_text(10, UPPER)}/{random_text(24)}",
    "stripe": "sk_" + "live_" + random_text(24),
    "stripe restricted": "rk_" + "live_" + random_text(99),
    "npm": "np" + "m_" + random_text(36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + random_text(150),
    "hugging face": "h" + "f_" + random_text(34),
    "sendgrid": "S" + "G." + random_text(22) + "." + random_text(43),
    "twilio": "S" + "K" + random_text(32, HEX),
    "digitalocean": "do" + "p_v1_" + random_text(64, HEX),
    "databricks": "da" + "pi" + random_text(32, HEX),
    "shopify": "shp" + "at_" + random_text(32, HEX),
    "groq": "gs" + "k_" + random_text(52),
    "xai": "xa" + "i-" + random_text(80),
    "perplexity": "pp" + "lx-" + random_text(48),
    "docker": "dck" + "r_pat_" + random_text(27),
    "atlassian": "ATA" + "TT3" + random_text(180),
    "linear": "lin" + "_api_" + random_text(40),
    "age": "AGE-" + "SECRET-KEY-1" + random_text(58, string.ascii_uppercase + string.digits),
    "azure": "Account" + "Key=" + random_text(86) + "==",
}  # fmt: skip
