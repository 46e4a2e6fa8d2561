"""Credentials that were never issued, assembled at run time so that scanners of repositories do not find them."""

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
    "openrouter": "sk-" + "or-v1-" + random_text(64, HEX),
    "deepseek": "sk" + "-" + random_text(32, HEX),
    "gitlab deploy": "gl" + "dt-" + random_text(20),
    "gitlab runner": "gl" + "rt-" + random_text(20),
    "gitlab trigger": "gl" + "ptt-" + random_text(40, HEX),
    "gitlab feed": "gl" + "ft-" + random_text(20),
    "gitlab agent": "gl" + "agent-" + random_text(50),
    "gitlab scim": "gl" + "soat-" + random_text(20),
    "gitlab mail": "gl" + "imt-" + random_text(25),
    "gitlab application": "gl" + "oas-" + random_text(64, HEX),
    "gitlab flags": "gl" + "ffct-" + random_text(20),
    "gitlab job": "gl" + "cbt-" + "64_" + random_text(20),
    "gitlab runner old": "GR13" + "48941" + random_text(20),
    "slack refresh": "xo" + "xe-1-" + random_text(146),
    "slack rotated": "xo" + "xp-1-" + random_text(162),
    "slack workflow": "https://hooks.slack"
    f".com/workflows/T{random_text(8, UPPER)}/A{random_text(10, UPPER)}/{random_text(18, _DIGITS)}/{random_text(24)}",
    "slack trigger": "https://hooks.slack"
    f".com/triggers/T{random_text(10, UPPER)}/{random_text(13, _DIGITS)}/{random_text(32, HEX)}",
    "test pypi": "py" + "pi-AgENdGVzdC5weXBpLm9yZw" + random_text(150),
    "google token": "ya" + "29." + random_text(200),
    "google refresh": "1/" + "/0" + random_text(100),
    "microsoft": random_text(52) + "JQ" + "QJ99" + "AKAC" + random_text(26),
    "discord webhook": "https://discord" + f".com/api/webhooks/{random_text(18, _DIGITS)}/{random_text(68)}",
    "telegram": random_text(10, _DIGITS) + ":A" + "A" + random_text(33),
    "square": "sq0" + "atp-" + random_text(22),
    "rubygems": "ruby" + "gems_" + random_text(48, HEX),
    "replicate": "r" + "8_" + random_text(37),
    "nvidia": "nv" + "api-" + random_text(64),
    "pinecone": "pc" + "sk_" + random_text(5) + "_" + random_text(63),
    "langsmith": "lsv" + "2_pt_" + random_text(32, HEX) + "_" + random_text(10, HEX),
    "tavily": "tv" + "ly-dev-" + random_text(32),
    "firecrawl": "f" + "c-" + random_text(32, HEX),
    "elevenlabs": "s" + "k_" + random_text(48, HEX),
    "notion": "nt" + "n_" + random_text(11, _DIGITS) + random_text(35),
    "linear oauth": "lin" + "_oauth_" + random_text(64, HEX),
    "figma": "fi" + "gd_" + random_text(40),
    "postman": "PM" + "AK-" + random_text(24, HEX) + "-" + random_text(34, HEX),
    "bitbucket": "AT" + "BB" + random_text(24) + random_text(8, "0123456789ABCDEF"),
    "digitalocean oauth": "do" + "o_v1_" + random_text(64, HEX),
    "vault": "hv" + "s." + random_text(95),
    "terraform": random_text(14) + ".atlas" + "v1." + random_text(67),
    "pulumi": "pu" + "l-" + random_text(40, HEX),
    "doppler": "dp" + ".pt." + random_text(43),
    "grafana": "gl" + "sa_" + random_text(32) + "_" + random_text(8, HEX),
    "grafana cloud": "gl" + "c_eyJ" + random_text(100),
    "sentry": "sntr" + "yu_" + random_text(64, HEX),
    "sentry organisation": "sntr" + "ys_eyJ" + random_text(100),
    "new relic": "NR" + "AK-" + random_text(27, UPPER),
    "supabase": "sb" + "p_" + random_text(40, HEX),
    "planetscale": "pscale" + "_tkn_" + random_text(43),
    "1password": "op" + "s_eyJ" + random_text(300),
    "brevo": "xkey" + "sib-" + random_text(64, HEX) + "-" + random_text(16),
    "mapbox": "s" + "k.eyJ" + random_text(80) + "." + random_text(22),
}  # fmt: skip
