"""Credentials that were never issued, assembled at run time so that scanners of repositories do not find them."""

from __future__ import annotations

import base64
import random
import re
import string
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from skillpack.secrets.scan import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD: Final = string.ascii_letters + string.digits
HEX: Final = "0123456789abcdef"
UPPER: Final = string.ascii_uppercase + "234567"

_ALPHABETS: Final = {
    "A": _WORD,
    "W": _WORD + "_-",
    "U": string.ascii_uppercase + string.digits,
    "L": string.ascii_lowercase + string.digits,
    "B": UPPER,
    "b": string.ascii_lowercase + "234567",
    "H": HEX,
    "X": string.digits + "ABCDEF",
    "D": string.digits,
    "S": _WORD + "+/",
    "G": _WORD + "._-",
    "E": _WORD + "_~.-",
}


def random_text(count: int, alphabet: str = _WORD, seed: int = 7) -> str:
    return "".join(random.Random(f"{seed}{count}{alphabet}").choices(alphabet, k=count))


def invent(recipe: str, random: random.Random) -> str:
    """Return a credential: `<A36>` in a recipe stands for 36 letters and digits drawn at random."""

    def drawn(match: re.Match[str]) -> str:
        if match[1] == "uuid":
            return "-".join("".join(random.choices(HEX, k=count)) for count in (8, 4, 4, 4, 12))
        return "".join(random.choices(_ALPHABETS[match[2]], k=int(match[3])))

    return re.sub(r"<(?:(uuid)|([A-Za-z])(\d+))>", drawn, recipe)


# as issuers describe their credentials, not as the table of shapes has them: one is held against the other
RECIPES: Final = {
    "openai": "sk-proj-<W74>T3BlbkFJ<W74>",
    "openai old": "sk-<A20>T3BlbkFJ<A20>",
    "openai admin": "sk-admin-<W58>T3BlbkFJ<W58>",
    "openai service": "sk-svcacct-<W74>T3BlbkFJ<W74>",
    "anthropic": "sk-ant-api03-<W93>AA",
    "anthropic admin": "sk-ant-admin01-<W93>AA",
    "openrouter": "sk-or-v1-<H64>",
    "deepseek": "sk-<H32>",
    "moonshot": "sk-<A48>",
    "stability": "sk-<A48>",
    "one api": "sk-<A51>",
    "litellm": "sk-<A40>",
    "minimax": "sk-api-<W119>",
    "langfuse": "sk-lf-<uuid>",
    "hugging face": "hf_<A34>",
    "hugging face organisation": "api_org_<A34>",
    "groq": "gsk_<A52>",
    "cerebras": "csk-<L48>",
    "xai": "xai-<A80>",
    "perplexity": "pplx-<A48>",
    "replicate": "r8_<A37>",
    "together": "tgp_v1_<W43>",
    "nvidia": "nvapi-<W64>",
    "voyage": "pa-<W43>",
    "pinecone": "pcsk_<A5>_<A63>",
    "langsmith": "lsv2_pt_<H32>_<H10>",
    "langsmith service": "lsv2_sk_<H32>_<H10>",
    "llama cloud": "llx-<A48>",
    "tavily": "tvly-dev-<A32>",
    "firecrawl": "fc-<H32>",
    "elevenlabs": "sk_<H48>",
    "weights and biases": "wandb_v1_<A77>",
    "runpod": "rpa_<U40><A6>",
    "apify": "apify_api_<A36>",
    "github": "ghp_<A36>",
    "github oauth": "gho_<A36>",
    "github user": "ghu_<A36>",
    "github app": "ghs_<A36>",
    "github app new": "ghs_<D7>_eyJ<A33>.eyJ<W120>.<W342>",
    "github app of any form": "ghs_<G99><A1>",
    "github refresh": "ghr_<A76>",
    "github fine": "github_pat_<A22>_<A59>",
    "gitlab": "glpat-<W20>",
    "gitlab routable": "glpat-<W27>.<L2>.<L9>",
    "gitlab deploy": "gldt-<W20>",
    "gitlab runner": "glrt-<W20>",
    "gitlab runner routable": "glrtr-<W20>",
    "gitlab trigger": "glptt-<H40>",
    "gitlab feed": "glft-<W20>",
    "gitlab agent": "glagent-<W50>",
    "gitlab scim": "glsoat-<W20>",
    "gitlab mail": "glimt-<W25>",
    "gitlab application": "gloas-<W64>",
    "gitlab flags": "glffct-<W20>",
    "gitlab workspace": "glwt-<W20>",
    "gitlab job": "glcbt-64_<W20>",
    "gitlab runner old": "GR1348941<W20>",
    "npm": "npm_<A36>",
    "pypi": "pypi-AgEIcHlwaS5vcmc<W150>",
    "test pypi": "pypi-AgENdGVzdC5weXBpLm9yZw<W150>",
    "rubygems": "rubygems_<H48>",
    "cargo": "cio<A32>",
    "nuget": "oy2<L43>",
    "clojars": "CLOJARS_<L60>",
    "artifactory": "AKCp<A69>",
    "artifactory reference": "cmVmdGtu<A56>",
    "docker": "dckr_pat_<W27>",
    "docker organisation": "dckr_oat_<W32>",
    "docker swarm": "SWMTKN-1-<L50>-<L25>",
    "sourcegraph": "sgp_<H16>_<H40>",
    "sourcegraph old": "sgp_<H40>",
    "segment": "sgp_<A64>",
    "sonarqube": "squ_<H40>",
    "sonarqube project": "sqp_<H40>",
    "sonarqube global": "sqa_<H40>",
    "aws": "AKIA<B16>",
    "aws session": "ASIA<B16>",
    "bedrock": "ABSKQmVkcm9ja0FQSUtleS<S114>",
    "bedrock short": "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t<S600>",
    "microsoft": "<A52>JQQJ99AKAC<A26>",
    "azure": "AccountKey=<S86>==",
    "azure shared": "SharedAccessKey=<S43>=",
    "azure client": "<A3>8Q~<E31><A3>",
    "google": "AIza<W35>",
    "gemini": "AQ.Ab8RN6<W44>",
    "google oauth": "GOCSPX-<W28>",
    "google token": "ya29.<W200>",
    "google refresh": "1//0<W100>",
    "alibaba": "LTAI<A20>",
    "yandex": "AQVN<W36>",
    "digitalocean": "dop_v1_<H64>",
    "digitalocean oauth": "doo_v1_<H64>",
    "digitalocean refresh": "dor_v1_<H64>",
    "cloudflare user": "cfut_<A40><H8>",
    "cloudflare account": "cfat_<A40><H8>",
    "cloudflare global": "cfk_<A40><H8>",
    "cloudflare origin": "v1.0-<H24>-<H146>",
    "fly": "fm2_<S700>",
    "fly old": "fo1_<W43>",
    "heroku": "HRKU-AA<W58>",
    "heroku old": "HRKU-<uuid>",
    "netlify": "nfp_<A40>",
    "render": "rnd_<A28>",
    "voyage old": "al-<W43>",
    "vercel": "vcp_<W56>",
    "vercel gateway": "vck_<W56>",
    "vercel app": "vca_<W56>",
    "vercel refresh": "vcr_<W56>",
    "vercel integration": "vci_<W56>",
    "deno": "ddp_<A36>",
    "upcloud": "ucat_<A26>",
    "scalingo": "tk-us-<W48>",
    "openshift": "sha256~<W43>",
    "tailscale": "tskey-auth-<A17>-<A32>",
    "tailscale api": "tskey-api-<A17>-<A32>",
    "supabase": "sbp_<H40>",
    "supabase project": "sb_secret_<W31>",
    "planetscale": "pscale_tkn_<W43>",
    "planetscale password": "pscale_pw_<W43>",
    "planetscale oauth": "pscale_oauth_<W43>",
    "neon": "napi_<A64>",
    "mongodb atlas": "mdb_sa_sk_<W40>",
    "cockroach": "CCDB1_<A22>_<A40>",
    "clickhouse": "4b1d<A38>",
    "datastax": "AstraCS:<A24>:<H64>",
    "elastic": "essu_<W80>",
    "databricks": "dapi<H32>",
    "vault": "hvs.<W95>",
    "vault root": "hvs.<A24>",
    "vault batch": "hvb.<W140>",
    "vault recovery": "hvr.<W90>",
    "terraform": "<A14>.atlasv1.<W67>",
    "pulumi": "pul-<H40>",
    "doppler": "dp.pt.<A43>",
    "doppler cli": "dp.ct.<A43>",
    "doppler service": "dp.st.dev.<A43>",
    "doppler account": "dp.sa.<A43>",
    "doppler scim": "dp.scim.<A43>",
    "doppler audit": "dp.audit.<A43>",
    "infracost": "ico-<A32>",
    "prefect": "pnu_<A36>",
    "prefect service": "pnb_<A36>",
    "harness": "pat.<W22>.<H24>.<A20>",
    "harness service": "sat.<W22>.<H24>.<A20>",
    "buildkite": "bkua_<H40>",
    "buildkite agent": "bkaa_<W75>",
    "buildkite cluster": "bkct_<W73>",
    "circleci": "CCIPAT_<A22>_<H40>",
    "circleci project": "CCIPRJ_<A22>_<H40>",
    "octopus": "API-<U26>",
    "launchdarkly": "sdk-<uuid>",
    "launchdarkly api": "api-<uuid>",
    "devcycle": "dvc_server_<A32>",
    "unkey": "unkey_<A24>",
    "zuplo": "zpka_<L32>_<H8>",
    "rootly": "rootly_<H64>",
    "grafana": "glsa_<A32>_<H8>",
    "grafana cloud": "glc_eyJ<A100>",
    "grafana old": "eyJrIjoi<A88>",
    "sentry": "sntryu_<H64>",
    "sentry organisation": "sntrys_eyJ<A100>=_<S43>",
    "new relic": "NRAK-<U27>",
    "new relic insert": "NRII-<W32>",
    "new relic license": "<H36>NRAL",
    "dynatrace": "dt0c01.<U24>.<U64>",
    "dynatrace oauth": "dt0s02.<U8>.<U64>",
    "posthog": "phx_<A43>",
    "slack": "xoxb-<D12>-<D13>-<A24>",
    "slack user": "xoxp-<D12>-<D12>-<D13>-<H32>",
    "slack client": "xoxc-<D12>-<D12>-<D13>-<H64>",
    "slack app": "xapp-1-A<B10>-<D13>-<H64>",
    "slack workflow token": "xwfp-<D12>-<A32>",
    "slack refresh": "xoxe-1-<A146>",
    "slack rotated": "xoxe.xoxp-1-<A162>",
    "slack cookie": "xoxd-<S160>==",
    "slack webhook": "https://hooks.slack.com/services/T<B8>/B<B10>/<A24>",
    "slack workflow": "https://hooks.slack.com/workflows/T<B8>/A<B10>/<D18>/<A24>",
    "slack trigger": "https://hooks.slack.com/triggers/T<B10>/<D13>/<H32>",
    "discord webhook": "https://discord.com/api/webhooks/<D18>/<W68>",
    "discord webhook old": "https://discordapp.com/api/webhooks/<D18>/<W68>",
    "teams webhook": "https://contoso.webhook.office.com/webhookb2/<uuid>@<uuid>/IncomingWebhook/<H32>/<uuid>",
    "telegram": "<D10>:AA<W33>",
    "feishu": "cli_<L16>:<A32>",
    "twilio": "SK<H32>",
    "sendgrid": "SG.<W22>.<W43>",
    "brevo": "xkeysib-<H64>-<A16>",
    "brevo smtp": "xsmtpsib-<H64>-<A16>",
    "mailgun": "key-<H32>",
    "mailersend": "mlsn.<H64>",
    "resend": "re_<A8>_<A24>",
    "onesignal": "os_v2_app_<b103>",
    "hubspot": "pat-na1-<uuid>",
    "stripe": "sk_live_<A24>",
    "stripe new": "sk_live_51<A97>",
    "stripe restricted": "rk_live_<A99>",
    "stripe test": "sk_test_<A24>",
    "stripe test restricted": "rk_test_<A99>",
    "stripe webhook": "whsec_<A32>",
    "square": "sq0atp-<W22>",
    "square secret": "sq0csp-<W43>",
    "square new": "EAAA<W60>",
    "razorpay": "rzp_live_<A14>",
    "razorpay test": "rzp_test_<A14>",
    "plaid": "access-sandbox-<uuid>",
    "plaid live": "access-production-<uuid>",
    "paddle": "pdl_live_apikey_<L26>_<A22>_<A3>",
    "polar": "polar_oat_<W43>",
    "flutterwave": "FLWSECK-<H32>-X",
    "flutterwave test": "FLWSECK_TEST-<H32>-X",
    "easypost": "EZAK<A54>",
    "easypost test": "EZTK<A54>",
    "duffel": "duffel_live_<W43>",
    "duffel test": "duffel_test_<W43>",
    "shippo": "shippo_live_<H40>",
    "shippo test": "shippo_test_<H40>",
    "ramp": "ramp_sec_<A48>",
    "shopify": "shpat_<H32>",
    "shopify custom": "shpca_<H32>",
    "shopify private": "shppa_<H32>",
    "shopify shared": "shpss_<H32>",
    "notion": "ntn_<D11><A35>",
    "notion old": "secret_<A43>",
    "airtable": "pat<A14>.<H64>",
    "linear": "lin_api_<A40>",
    "linear oauth": "lin_oauth_<H64>",
    "figma": "figd_<W40>",
    "frameio": "fio-u-<W64>",
    "postman": "PMAK-<H24>-<H34>",
    "readme": "rdme_<L70>",
    "atlassian": "ATATT3<W180>=<X8>",
    "atlassian organisation": "ATCTT3<W180>=<X8>",
    "bitbucket": "ATBB<A24><X8>",
    "contentful": "CFPAT-<W43>",
    "dropbox": "sl.u.<W1300>",
    "dropbox old": "sl.<W136>",
    "typeform": "tfp_<W44>",
    "facebook": "EAA<A180>",
    "adobe": "p8e-<L32>",
    "maxmind": "<A6>_<A29>_mmk",
    "mapbox": "sk.eyJ<A80>.<W22>",
    "1password": "ops_eyJ<A300>",
    "1password key": "A3-<U6>-<U6>-<U5>-<U5>-<U5>-<U5>",
    "age": "AGE-SECRET-KEY-1<U58>",
    "plaid old": "access-development-<uuid>",
    "buildkite job": "bkaj_<W333>",
    "buildkite registration": "bkar_<W73>",
    "buildkite packages": "bkpat_<W54>",
    "buildkite stack": "bkps_<W64>",
    "buildkite pipeline": "bkpt_<W199>",
    "deno old": "ddw_<A36>",
    "dynatrace s01": "dt0s01.<U8>.<U64>",
    "dynatrace s03": "dt0s03.<U8>.<U64>",
    "dynatrace s06": "dt0s06.<U8>.<U64>",
    "dynatrace s08": "dt0s08.<U8>.<U64>",
    "dynatrace s16": "dt0s16.<U8>.<U64>",
    "netlify b": "nfb_<A40>",
    "netlify c": "nfc_<A40>",
    "netlify o": "nfo_<A40>",
    "netlify u": "nfu_<A40>",
    "onesignal organisation": "os_v2_org_<b103>",
    "paddle sandbox": "pdl_sdbx_apikey_<L26>_<A22>_<A3>",
    "posthog a": "pha_<A43>",
    "posthog r": "phr_<A43>",
    "posthog s": "phs_<A43>",
    "polar access": "polar_at_<W43>",
    "polar personal": "polar_pat_<W43>",
    "slack a": "xoxa-<D12>-<D12>-<A24>",
    "slack o": "xoxo-<D12>-<D12>-<A24>",
    "slack r": "xoxr-<D12>-<D12>-<A24>",
    "slack s": "xoxs-<D12>-<D12>-<A24>",
}  # fmt: skip

TOKENS: Final = {kind: invent(recipe, random.Random(kind)) for kind, recipe in RECIPES.items()}

EMBEDDINGS: Final[dict[str, Callable[[str], str]]] = {
    "line": lambda token: f"text\n{token}\ntext\n",
    "string": lambda token: f"key = '{token}'\n",
    "JSON": lambda token: f'{{"url": "x", "key":"{token}", "n": 1}}',
    "YAML": lambda token: f"auth:\n  token: {token}\n",
    "query": lambda token: f"https://api.example.com/v1?a=1&token={quote(token, safe='')}&b=2",
    "export": lambda token: f"export API_KEY={token} # mine\n",
    "Markdown": lambda token: f"Use `{token}` for it.\n",
    "italics": lambda token: f"Use _{token}_ for it.\n",
    "comment": lambda token: f"text\n<!--{token}-->\ntext\n",
    "invisible": lambda token: f"key: {token[: len(token) // 2]}\u200b{token[len(token) // 2 :]}\n",
}


def found(embedding: str, token: str) -> bool:
    """Return whether the last part of a token lies within what is found where it is embedded."""
    content = EMBEDDINGS[embedding](token).encode()
    last = (quote(token, safe="") if embedding == "query" else token)[-8:].encode()
    return any(last in content[each.start : each.end + 6] for each in tokens(content))


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
