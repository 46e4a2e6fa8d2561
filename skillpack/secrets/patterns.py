"""List the formats of credentials, and compile the patterns that find where one may begin.

Each row names a page of the issuer, or the rule set of a secret scanner that knows the shape. Every repetition is
bounded. What follows a token may be anything that could not continue it. What is before it matters only where the
beginning is short or a word.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

JWT: Final = "a JSON Web Token"
AWS: Final = "an AWS access key id"

INDEXED: Final = 3
"""How many bytes of the texts of beginnings are indexed."""

KEY_REACH: Final = 32_768
"""The maximum length of a private key in bytes, from its first line to its last."""

_W: Final = "[A-Za-z0-9_-]"
_A: Final = "[A-Za-z0-9]"
_L: Final = "[a-z0-9]"
_HEX: Final = "[0-9a-f]"
_BASE64: Final = "[A-Za-z0-9+/]"
_UUID: Final = f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_END: Final = "(?![A-Za-z0-9])"
# `_`, `__` and `-->` end what Markdown and HTML put around a token, unless it goes on after them
_END_W: Final = "(?![A-Za-z0-9]|_{1,2}(?:[A-Za-z0-9]|-(?!->))|___|-(?!->))"
# no letter or digit before, unless it is the end of an escape: %3D, \n, \x22, \u0022, a colour of a terminal
_APART: Final = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[a-z])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})"
    r"|(?<=[\[;][0-9]m)|(?<=[\[;][0-9]{2}m))"
)
# nor `_` or `-` but those which begin what Markdown and HTML put around a token
_ALONE: Final = f"{_APART}(?:(?<![_-])|(?<=_)(?<!{_W}_)|(?<=__)(?<!{_W}__)|(?<=<!--))"

# rule sets of secret scanners, where they are the source
_GITLEAKS: Final = "gitleaks"
_BETTERLEAKS: Final = "betterleaks"
_KINGFISHER: Final = "kingfisher"

_ITEM: Final = r"(\\.|\[[^]]*\]|.)(?:\{(\d+)\})?"  # of a beginning: one byte, or some of a class
_FIRST: Final = r"(\[[^]]*\])\{(\d+)(\}(?:\\\.|[_-]))?"
_LETTERS: Final = r"[A-Za-z0-9]+(?![A-Za-z0-9?*+{])"
_DIGITS: Final = "0123456789abcdef"


class Shape(NamedTuple):
    """How the credentials of one kind begin, which is quick to look for, and how they go on.

    `source` is where the shape is documented. `apart` is what must be true of the place before a beginning that is
    short or like a word. The texts of a `broken` shape are searched for everywhere: it may be without a long run of
    `_W`.
    """

    kind: str
    heads: tuple[str, ...]
    tail: str
    source: str
    apart: str = ""
    broken: bool = False


SHAPES: Final = (
    # models and what serves them
    Shape("an Anthropic API key", ("sk-ant-",), f"[a-z]{{3,6}}[0-9]{{2}}-{_W}{{80,120}}", _GITLEAKS),
    # T3BlbkFJ is "OpenAI" in base64
    Shape("an OpenAI API key", ("sk-",), f"(?:{_A}{{20}}|[A-Za-z]{{3,10}}-{_W}{{20,100}})T3BlbkFJ{_W}{{20,100}}",
          _GITLEAKS),
    Shape("an OpenRouter API key", ("sk-or-v1-",), f"{_HEX}{{64}}{_END}", _BETTERLEAKS),
    # DeepSeek's and DashScope's
    Shape("an API key", ("sk-",), f"{_HEX}{{32}}{_END_W}", _BETTERLEAKS, apart=_APART),
    # LiteLLM's, One API's, Moonshot's, Stability's
    Shape("an API key", ("sk-",), f"{_A}{{40,51}}{_END_W}", _BETTERLEAKS, apart=_APART),
    Shape("a MiniMax API key", ("sk-api-",), f"{_W}{{119}}{_END_W}", _BETTERLEAKS),
    Shape("a Langfuse secret key", ("sk-lf-",), f"{_UUID}{_END}", _BETTERLEAKS),
    Shape("a Hugging Face token", ("hf_",), f"{_A}{{34}}{_END}", "huggingface.co/docs/hub/security-tokens",
          apart=_APART),
    Shape("a Hugging Face token", ("api_org_",), f"{_A}{{34}}{_END}", _GITLEAKS),
    Shape("a Groq API key", ("gsk_",), f"{_A}{{52}}{_END}", _BETTERLEAKS),
    Shape("a Cerebras API key", ("csk-",), f"{_L}{{48}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("an xAI API key", ("xai-",), f"{_A}{{80}}{_END}", _BETTERLEAKS),
    Shape("a Perplexity API key", ("pplx-",), f"{_A}{{48}}{_END}", _GITLEAKS),
    Shape("a Replicate token", ("r8_",), f"{_A}{{37}}{_END}", "replicate.com/docs/reference/http#authentication",
          apart=_APART),
    Shape("a Together API key", ("tgp_v1_",), f"{_W}{{43}}{_END_W}", _BETTERLEAKS),
    Shape("an NVIDIA API key", ("nvapi-",), f"{_W}{{60,70}}", _BETTERLEAKS),
    Shape("a Voyage AI API key", ("pa-", "al-"), f"{_W}{{43}}{_END_W}", _BETTERLEAKS, apart=_ALONE),
    Shape("a Pinecone API key", ("pcsk_",), f"{_A}{{5,6}}_{_A}{{60,70}}", _BETTERLEAKS),
    Shape("a LangSmith API key", ("lsv2_pt_", "lsv2_sk_"), f"{_HEX}{{32}}_{_HEX}{{10}}{_END}", _BETTERLEAKS),
    Shape("a LlamaCloud API key", ("llx-",), f"{_A}{{44,52}}{_END}", _BETTERLEAKS),
    Shape("a Tavily API key", ("tvly-",), f"(?:dev-|prod-)?{_A}{{32}}{_END}", _KINGFISHER),
    Shape("a Firecrawl API key", ("fc-",), f"{_HEX}{{32}}{_END_W}", _KINGFISHER, apart=_APART),
    Shape("an ElevenLabs API key", ("sk_",), f"{_HEX}{{48}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("a Weights & Biases API key", ("wandb_v1_",), f"[A-Za-z0-9_]{{77}}{_END_W}", _BETTERLEAKS),
    Shape("a RunPod API key", ("rpa_",), f"[A-Z0-9]{{40}}{_A}{{6}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("an Apify token", ("apify_api_",), f"{_A}{{34,38}}{_END}", _BETTERLEAKS),
    Shape("a Helicone API key", ("sk-helicone-",), f"(?:[a-z]{{2}}-)?(?:{_L}{{7}}-){{3}}{_L}{{7}}{_END_W}",
          "github.com/Helicone/helicone"),
    Shape("a Jina API key", ("jina_",), f"{_A}{{60}}{_END}", _KINGFISHER, apart=_APART),
    Shape("an E2B API key", ("e2b_",), f"{_HEX}{{40}}{_END}", _KINGFISHER, apart=_APART),
    Shape("a Daytona API key", ("dtn_",), f"{_HEX}{{64}}{_END}", "github.com/daytonaio/daytona", apart=_APART),
    # the id, and within 80 bytes the secret
    Shape("a Modal token", ("ak-",), f"{_A}{{22}}{_END}[^\\0]{{1,80}}?(?<!{_W})as-{_A}{{22}}{_END_W}", _KINGFISHER,
          apart=_APART),
    # repositories and registries
    # apart, as it may have words: _highs_options.cpython-311-x86_64-linux-gnu.so
    Shape("a GitHub token", ("ghs_",), f"[A-Za-z0-9._-]{{35,1500}}{_W}",
          "github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header", apart=_APART),
    Shape("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), f"{_A}{{36,255}}",
          "github.blog/2021-04-05-behind-githubs-new-authentication-token-formats"),
    Shape("a GitHub token", ("github_pat_",), f"{_A}{{22}}_{_A}{{59}}{_END}", _GITLEAKS),
    Shape("a GitLab token", ("glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glft-"),
          f"{_W}{{20,300}}(?:\\.[0-9a-z]{{2}}\\.?[0-9a-z]{{7,9}})?", "docs.gitlab.com/security/tokens#token-prefixes"),
    Shape("a GitLab token", ("glimt-", "glsoat-", "gloas-", "glagent-", "glffct-", "glwt-"), f"{_W}{{20,300}}",
          "docs.gitlab.com/security/tokens#token-prefixes"),
    Shape("a GitLab token", ("glcbt-",), f"{_A}{{1,5}}_{_W}{{20,64}}",
          "docs.gitlab.com/security/tokens#token-prefixes"),
    Shape("a GitLab token", ("GR",), f"1348941{_W}{{20}}", "docs.gitlab.com/security/tokens#token-prefixes",
          apart=_APART),
    Shape("an npm token", ("npm_",), f"{_A}{{36}}{_END}",
          "github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format"),
    # a macaroon, whose beginning names the site
    Shape("a PyPI token", ("pypi-",), f"AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw){_W}{{50,1000}}", _GITLEAKS),
    Shape("a RubyGems token", ("rubygems_",), f"{_HEX}{{48}}{_END}", _GITLEAKS),
    Shape("a Cargo registry token", ("cio",), f"{_A}{{32}}{_END}", _KINGFISHER, apart=_ALONE),
    Shape("a NuGet API key", ("oy2",), f"{_L}{{43}}{_END}", _KINGFISHER, apart=_APART),
    Shape("a Clojars token", ("CLOJARS_",), f"{_L}{{60}}{_END}", _GITLEAKS),
    Shape("an Artifactory API key", ("AKCp",), f"{_A}{{68,70}}{_END}", _GITLEAKS, apart=_APART),
    # the base64 of reftkn and a colon
    Shape("an Artifactory reference token", ("cmVmdGtu",), f"{_A}{{56}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Docker Hub token", ("dckr_pat_", "dckr_oat_"), f"{_W}{{27,40}}", _BETTERLEAKS),
    Shape("a Docker Swarm join token", ("SWMTKN-1-",), f"{_L}{{50}}-{_L}{{25}}{_END}", _BETTERLEAKS),
    Shape("a Sourcegraph token", ("sgp_",), f"(?:(?:{_HEX}{{16}}|local)_)?{_HEX}{{40}}{_END}", _GITLEAKS),
    Shape("a Segment token", ("sgp_",), f"{_A}{{64}}{_END}", _BETTERLEAKS),
    Shape("a SonarQube token", ("squ_", "sqp_", "sqa_"), f"{_HEX}{{40}}{_END}", _GITLEAKS),
    # clouds
    Shape(AWS, ("AK", "AS"), f"IA[A-Z2-7]{{16}}{_END}",
          "docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids", apart=_APART),
    # ABSK and "BedrockAPIKey-" in base64
    Shape("an AWS Bedrock API key", ("ABSK",), f"QmVkcm9ja0FQSUtleS{_BASE64}{{80,260}}={{0,2}}", _GITLEAKS,
          apart=_APART),
    # "bedrock.amazonaws.com" in base64
    Shape("an AWS Bedrock API key", ("bedrock-api-key-",), f"YmVkcm9jay5hbWF6b25hd3MuY29t{_BASE64}{{20,4000}}={{0,2}}",
          _GITLEAKS),
    Shape("a Microsoft Azure key", (f"{_A}{{52}}JQQJ",), f"9[9DH]{_A}[A-L]{_A}{{24}}",
          "microsoft.github.io: common annotated security keys"),
    Shape("an Azure AI Search key", (f"{_A}{{42}}AzSe",), f"[A-D]{_A}{{5}}{_END}",
          "github.com/microsoft/security-utilities"),
    Shape("an Azure Functions key", (f"{_W}{{44}}AzFu",), f"{_W}{{5}}[AQgw](?:=|%3[Dd]){{2}}",
          "github.com/microsoft/security-utilities"),
    Shape("an Azure storage key", ("AccountKey=",), f"{_BASE64}{{86}}(?:=|%3[Dd]){{2}}", _BETTERLEAKS, broken=True),
    Shape("an Azure shared access key", ("SharedAccessKey=",), f"{_BASE64}{{43}}(?:=|%3[Dd])", _BETTERLEAKS,
          broken=True),
    Shape("an Azure container registry key", (f"{_BASE64}{{42}}\\+ACR",), f"[A-D]{{1}}{_BASE64}{{5}}{_END}",
          "github.com/microsoft/security-utilities", broken=True),
    Shape("an Azure client secret", ("[A-Za-z0-9_~.]{3}[0-9]Q~",), f"[A-Za-z0-9_~.-]{{30,33}}{_W}", _GITLEAKS,
          broken=True),
    Shape("a Google API key", ("AI",), f"za{_W}{{35}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Gemini API key", (r"AQ\.",), f"{_W}{{48,60}}{_END_W}", "ai.google.dev/gemini-api/docs/api-key",
          apart=_APART),
    Shape("a Google OAuth client secret", ("GOCSPX-",), f"{_W}{{28}}", _KINGFISHER),
    Shape("a Google OAuth token", (r"ya29\.",), f"{_W}{{40,1000}}", "cloud.google.com/docs/authentication/token-types",
          apart=_APART),
    Shape("a Google OAuth refresh token", ("1//",), f"0{_W}{{60,200}}",
          "cloud.google.com/docs/authentication/token-types", apart=_APART),
    Shape("an Alibaba Cloud access key id", ("LTAI",), f"{_A}{{17,21}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Tencent Cloud secret id", ("AKID",), f"{_A}{{32}}{_END}",
          "cloud.tencent.com/document/api: signature", apart=_APART),
    Shape("a Yandex Cloud API key", ("AQVN",), f"{_W}{{35,38}}{_END_W}", _GITLEAKS, apart=_APART),
    Shape("a Yandex Cloud IAM token", (r"t1\.",), f"{_W}{{20,1000}}={{0,2}}\\.{_W}{{86}}={{0,2}}",
          "yandex.cloud/docs/iam/concepts/authorization/iam-token", apart=_APART),
    Shape("a DigitalOcean token", ("dop_v1_", "doo_v1_", "dor_v1_"), f"{_HEX}{{64}}{_END}",
          "docs.digitalocean.com/reference/api"),
    Shape("a Cloudflare token", ("cfut_", "cfat_", "cfk_"), f"{_A}{{40}}{_HEX}{{8}}{_END}", _BETTERLEAKS),
    Shape("a Cloudflare Origin CA key", (r"v1\.0-",), f"{_HEX}{{24}}-{_HEX}{{146}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Fly.io token", ("fm2_",), f"{_BASE64}{{100,4000}}={{0,3}}", _GITLEAKS),
    Shape("a Fly.io token", ("fo1_",), f"{_W}{{43}}{_END_W}", _GITLEAKS, apart=_APART),
    Shape("a Heroku API key", ("HRKU-",), f"(?:AA{_W}{{58}}|{_UUID}){_END_W}", _GITLEAKS),
    Shape("a Netlify token", ("nfp_", "nfc_", "nfo_", "nfu_", "nfb_"), f"{_A}{{36,48}}{_END}", _KINGFISHER,
          apart=_APART),
    Shape("a Render API key", ("rnd_",), f"{_A}{{28,32}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("a Vercel token", ("vcp_", "vci_", "vca_", "vcr_", "vck_"), f"{_W}{{56}}{_END_W}", _BETTERLEAKS,
          apart=_APART),
    # the id of the store, and the secret
    Shape("a Vercel Blob token", ("vercel_blob_rw_",), f"{_A}{{10,32}}_{_A}{{20,64}}{_END}",
          "public code; vercel.com/docs/vercel-blob/using-blob-sdk names the kind"),
    Shape("a Deno Deploy token", ("ddp_", "ddw_"), f"{_A}{{36}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("an UpCloud token", ("ucat_",), f"{_A}{{24,32}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("a Scalingo token", ("tk-us-",), f"{_W}{{48}}{_END_W}", _GITLEAKS, apart=_APART),
    Shape("an OpenShift token", ("sha256~",), f"{_W}{{43}}{_END_W}", _GITLEAKS),
    Shape("a Tailscale key", ("tskey-",), f"(?:[a-z]{{3,8}}-)?{_A}{{6,24}}-{_A}{{20,50}}{_END}",
          "tailscale.com/kb/1085/auth-keys"),
    # databases
    Shape("a Supabase token", ("sbp_",), f"{_HEX}{{40}}{_END}", _BETTERLEAKS),
    Shape("a Supabase token", ("sbp_oauth_",), f"{_HEX}{{40}}{_END}", "github.com/supabase/cli"),
    Shape("a Supabase token", ("sb_secret_",), f"{_W}{{31,41}}", _BETTERLEAKS),
    Shape("a PlanetScale token", ("pscale_tkn_", "pscale_pw_", "pscale_oauth_"), f"{_W}{{32,64}}",
          "planetscale.com/docs/api/reference/service-tokens"),
    Shape("a Neon API key", ("napi_",), f"{_A}{{64}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("a MongoDB Atlas secret", ("mdb_sa_sk_",), f"{_W}{{40}}{_END_W}", _BETTERLEAKS),
    Shape("a CockroachDB Cloud API key", ("CCDB1_",), f"{_A}{{22}}_{_A}{{40}}{_END}", _BETTERLEAKS),
    Shape("a ClickHouse Cloud secret", ("4b1d",), f"{_A}{{38}}{_END}", _GITLEAKS, apart=_ALONE),
    Shape("a DataStax token", ("AstraCS:",), f"{_A}{{24}}:{_HEX}{{64}}{_END}", _BETTERLEAKS),
    Shape("an Elastic Cloud API key", ("essu_",), f"{_W}{{60,200}}", _BETTERLEAKS),
    Shape("a Databricks token", ("dap",), f"i{_HEX}{{32}}(?:-[0-9])?{_END}", _GITLEAKS, apart=_APART),
    Shape("a Databricks OAuth secret", ("dose",), f"{_HEX}{{32}}{_END}", _KINGFISHER, apart=_APART),
    Shape("an Aiven database password", ("AVNS_",), f"{_W}{{19}}{_END_W}",
          "connection strings of aivencloud.com and ondigitalocean.com in public code", apart=_APART),
    # infrastructure
    Shape("a Vault token", (r"hvs\.", r"hvb\.", r"hvr\."), f"{_W}{{24,300}}",
          "developer.hashicorp.com/vault/docs/concepts/tokens"),
    Shape("a Terraform token", (f"{_A}{{14}}\\.atlasv1\\.",), f"{_W}{{60,70}}", _GITLEAKS),
    Shape("a Pulumi token", ("pul-",), f"{_HEX}{{40}}{_END_W}",
          "www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens", apart=_APART),
    Shape("a Doppler token", (r"dp\.pt\.", r"dp\.ct\.", r"dp\.sa\.", r"dp\.scim\.", r"dp\.audit\."),
          f"{_A}{{40,44}}{_END}", "docs.doppler.com/docs/service-tokens", apart=_APART),
    Shape("a Doppler token", (r"dp\.st\.",), f"(?:[a-z0-9_-]{{2,35}}\\.)?{_A}{{40,44}}{_END}",
          "docs.doppler.com/docs/service-tokens", apart=_APART),
    Shape("an Infracost API key", ("ico-",), f"{_A}{{32}}{_END_W}", _GITLEAKS, apart=_APART),
    Shape("a Prefect API key", ("pnu_", "pnb_"), f"{_A}{{36}}{_END}", _GITLEAKS),
    Shape("a Harness API key", (r"pat\.", r"sat\."), f"{_W}{{22}}\\.{_HEX}{{24}}\\.{_A}{{20}}{_END}", _GITLEAKS,
          apart=_APART),
    Shape("a Buildkite token", ("bkua_",), f"{_L}{{40,53}}{_END}", _BETTERLEAKS),
    Shape("a Buildkite token", ("bkaa_", "bkaj_", "bkar_", "bkct_", "bkpt_", "bkpat_", "bkps_"), f"{_W}{{54,333}}",
          _BETTERLEAKS),
    Shape("a CircleCI token", ("CCIPAT_", "CCIPRJ_"), f"{_A}{{22}}_{_HEX}{{40}}{_END}", _BETTERLEAKS),
    Shape("an Octopus Deploy API key", ("API-",), f"[A-Z0-9]{{26}}{_END}", _GITLEAKS, apart=_ALONE),
    Shape("a LaunchDarkly key", ("sdk-", "api-"), f"{_UUID}{_END}", "launchdarkly.com/docs/api", apart=_APART),
    Shape("a DevCycle server key", ("dvc_server_",), f"{_A}{{16,64}}(?:_{_A}{{4,64}})?{_END}", _BETTERLEAKS),
    Shape("an Unkey root key", ("unkey_",), f"{_A}{{20,32}}{_END}", _BETTERLEAKS),
    Shape("a Zuplo API key", ("zpka_",), f"{_L}{{32}}_{_HEX}{{8}}{_END}", _BETTERLEAKS),
    Shape("a Rootly API key", ("rootly_",), f"{_HEX}{{64}}{_END}", _BETTERLEAKS),
    Shape("a Trigger.dev key", ("tr_dev_", "tr_stg_", "tr_prod_", "tr_pat_"), f"{_A}{{20}}{_END}", _KINGFISHER,
          apart=_ALONE),
    Shape("an Inngest signing key", ("signkey-",), f"[a-z0-9_-]{{1,40}}-{_HEX}{{64}}{_END}", _KINGFISHER,
          apart=_APART),
    # an identifier, the claims and the signature
    Shape("a Snyk token", (r"snyk_uat\.", r"snyk_sat\."), f"{_L}{{8}}\\.{_W}{{10,1000}}\\.{_W}{{10,1000}}",
          "github.com/snyk/go-application-framework", apart=_APART),
    # what watches
    Shape("a Grafana token", ("glsa_",), f"{_A}{{32}}_[0-9a-fA-F]{{8}}{_END}",
          "grafana.com/docs/grafana/latest/administration/service-accounts"),
    Shape("a Grafana token", ("glc_",), f"eyJ{_BASE64}{{50,400}}={{0,2}}", _GITLEAKS),
    # a JSON object with the member k, in base64
    Shape("a Grafana token", ("eyJrIjoi",), f"{_BASE64}{{60,400}}={{0,2}}(?!\\.)", _GITLEAKS, apart=_APART),
    Shape("a Sentry token", ("sntryu_",), f"{_HEX}{{64}}{_END}", "docs.sentry.io/account/auth-tokens"),
    Shape("a Sentry token", ("sntrys_",), f"eyJ{_BASE64}{{50,1000}}={{0,2}}(?:_{_BASE64}{{43}})?",
          "docs.sentry.io/account/auth-tokens"),
    Shape("a New Relic key", ("NRAK-",), f"[A-Z0-9]{{27}}{_END}", _GITLEAKS),
    Shape("a New Relic key", ("NRII-",), f"{_W}{{32}}{_END_W}", _GITLEAKS),
    Shape("a New Relic key", ("[0-9a-fux]{36}NRAL",), _END,
          "docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys"),
    Shape("a Dynatrace token", tuple(rf"dt0{kind}\." for kind in ("c01", "s01", "s02", "s03", "s06", "s08", "s16")),
          f"[A-Z0-9]{{8,24}}\\.[A-Z0-9]{{64}}{_END}",
          "docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients"),
    Shape("a PostHog key", ("phx_", "phs_", "pha_", "phr_"), f"{_W}{{40,52}}{_END_W}", _BETTERLEAKS, apart=_APART),
    Shape("a Honeycomb ingest key", ("hcaik_",), f"{_L}{{58}}{_END}",
          "public code; docs.honeycomb.io/configure/environments/manage-api-keys names the kind", apart=_APART),
    Shape("an Axiom token", ("xaat-", "xapt-"), f"{_UUID}{_END}",
          "public code; axiom.co/docs/reference/tokens names the kind", apart=_APART),
    Shape("a Logfire token", ("pylf_v1_",), f"[a-z]{{2,12}}_(?:{_UUID}_)?{_A}{{40,64}}{_END}",
          "github.com/pydantic/logfire"),
    # messages
    Shape("a Slack token", tuple(f"xox{letter}-" for letter in "abcoprs"), f"[0-9]{{8,14}}-{_W}{{16,200}}",
          "docs.slack.dev/authentication/tokens"),
    Shape("a Slack token", ("xwfp-",), f"[0-9]{{8,14}}-{_W}{{16,200}}", "docs.slack.dev/authentication/tokens"),
    Shape("a Slack token", ("xoxe-", "xoxb-", "xoxp-"), f"[0-9]-{_A}{{100,300}}",
          "docs.slack.dev/authentication/using-token-rotation"),
    Shape("a Slack token", ("xapp-",), "[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[0-9a-f]{64}",
          "docs.slack.dev/authentication/tokens"),
    Shape("a Slack session cookie", ("xoxd-",), "(?:[A-Za-z0-9+/_-]|%2[BbFf]){100,400}(?:=|%3[Dd]){0,2}",
          _BETTERLEAKS),
    Shape("a Slack webhook", (r"hooks\.slack\.com/",),
          f"(?:services|workflows|triggers)(?:/[A-Z0-9]{{8,16}}){{2}}/(?:[0-9]{{10,20}}/)?{_A}{{24,40}}",
          "docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"),
    Shape("a Discord webhook", (r"discord\.com/api/webhooks/", r"discordapp\.com/api/webhooks/"),
          f"[0-9]{{17,20}}/{_W}{{60,80}}", "discord.com/developers/docs/resources/webhook"),
    Shape("a Teams webhook", (r"webhook\.office\.com/webhookb2/",),
          f"{_UUID}@{_UUID}/IncomingWebhook/{_HEX}{{32}}/{_UUID}", _GITLEAKS),
    Shape("a Telegram bot token", ("[0-9]{8}:AA",), f"{_W}{{33}}{_END_W}",
          "core.telegram.org/bots/api#authorizing-your-bot"),
    # an app's id, and within 120 bytes its secret
    Shape("a Feishu app secret", ("cli_",), f"{_A}{{16}}{_END}[^\\0]{{1,120}}?(?<!{_W}){_A}{{32}}{_END_W}",
          "open.feishu.cn/document/server-docs/api-call-guide/calling-process/get-access-token", apart=_APART),
    Shape("a Twilio API key", ("SK",), f"{_HEX}{{32}}{_END}", "www.twilio.com/docs/iam/api-keys", apart=_APART),
    Shape("a SendGrid API key", (r"SG\.",), f"{_W}{{22}}\\.{_W}{{43}}{_END_W}", _GITLEAKS),
    Shape("a Brevo API key", ("xkeysib-", "xsmtpsib-"), f"{_HEX}{{64}}-{_A}{{16}}{_END}", _GITLEAKS),
    Shape("a Mailgun API key", ("key-",), f"{_HEX}{{32}}{_END_W}", _GITLEAKS, apart=_ALONE),
    Shape("a MailerSend token", (r"mlsn\.",), f"{_HEX}{{64}}{_END}", _BETTERLEAKS),
    Shape("a Resend API key", ("re_",), f"{_A}{{8}}_{_A}{{24}}{_END}", _BETTERLEAKS, apart=_APART),
    Shape("a OneSignal API key", ("os_v2_app_", "os_v2_org_"), f"[a-z2-7]{{103}}{_END}", _BETTERLEAKS),
    Shape("a HubSpot token", ("pat-",), f"[a-z]{{2}}[0-9]-{_UUID}{_END}", "developers.hubspot.com: private apps",
          apart=_APART),
    Shape("a Telnyx API key", ("KEY0",), f"[0-9A-F]{{31}}_{_A}{{22}}{_END}", _KINGFISHER, apart=_APART),
    Shape("a Cal.com API key", ("cal_live_",), f"{_A}{{32}}{_END}", _KINGFISHER),
    # money
    Shape("a Stripe live key", ("sk_live_", "rk_live_"), f"{_A}{{20,128}}", "docs.stripe.com/keys"),
    Shape("a Stripe test key", ("sk_test_", "rk_test_"), f"{_A}{{20,128}}", "docs.stripe.com/keys"),
    Shape("a Stripe organization key", ("sk_org_live_", "sk_org_test_"), f"{_A}{{20,128}}",
          "docs.stripe.com/keys/organization-api-keys"),
    # Stripe's, and in base64 those of Standard Webhooks: 24 to 64 bytes
    Shape("a webhook signing secret", ("whsec_",), f"{_BASE64}{{32,86}}={{0,2}}",
          "github.com/standard-webhooks/standard-webhooks", broken=True),
    Shape("a Square token", ("sq0atp-", "sq0csp-"), f"{_W}{{22,43}}", _GITLEAKS),
    Shape("a Square token", ("EAAA",), f"{_W}{{60}}{_END_W}", _GITLEAKS, apart=_APART + "(?<![+/])"),
    Shape("a Braintree access token", (r"access_token\$production\$", r"access_token\$sandbox\$"),
          f"{_L}{{16}}\\${_HEX}{{32}}{_END}", _KINGFISHER),
    Shape("a Razorpay key", ("rzp_live_", "rzp_test_"), f"{_A}{{14}}{_END}", "razorpay.com/docs/payments/api"),
    Shape("a Plaid access token", ("access-sandbox-", "access-development-", "access-production-"), f"{_UUID}{_END}",
          "plaid.com/docs/api/items"),
    Shape("a Paddle API key", ("pdl_live_apikey_", "pdl_sdbx_apikey_"), f"{_L}{{26}}_{_A}{{22}}_{_A}{{3}}{_END}",
          "developer.paddle.com/api-reference/about/authentication"),
    Shape("a Polar token", ("polar_oat_", "polar_pat_", "polar_at_"), f"{_W}{{20,100}}", _BETTERLEAKS),
    Shape("a Flutterwave secret key", ("FLWSECK-", "FLWSECK_TEST-"), f"{_L}{{32}}-X{_END}", _GITLEAKS),
    Shape("an EasyPost API key", ("EZAK", "EZTK"), f"{_A}{{54}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Duffel token", ("duffel_live_", "duffel_test_"), f"{_W}{{43}}{_END_W}", _GITLEAKS),
    Shape("a Shippo token", ("shippo_live_", "shippo_test_"), f"{_HEX}{{40}}{_END}", _GITLEAKS),
    Shape("a Ramp client secret", ("ramp_sec_",), f"{_A}{{48}}{_END}", _BETTERLEAKS),
    # shops, files, notes and plans
    Shape("a Shopify token", ("shpat_", "shpca_", "shppa_", "shpss_"), f"[0-9a-fA-F]{{32}}{_END}",
          "shopify.dev/docs/apps/build/authentication-authorization"),
    Shape("a Shopify token", ("shptka_",), f"[0-9a-f]{{32}}{_END}",
          "public code; shopify.dev/docs/storefronts/themes/tools/theme-access names the kind"),
    Shape("a Notion token", ("ntn_",), f"[0-9]{{11}}{_A}{{35}}{_END}", "developers.notion.com"),
    Shape("a Notion token", ("secret_",), f"{_A}{{43}}{_END}", "developers.notion.com", apart=_APART),
    Shape("an Airtable token", ("pat",), f"{_A}{{14}}\\.{_HEX}{{64}}{_END}", _GITLEAKS, apart=_APART),
    Shape("a Linear token", ("lin_api_",), f"{_A}{{40}}{_END}", _GITLEAKS),
    Shape("a Linear token", ("lin_oauth_",), f"{_HEX}{{64}}{_END}", _GITLEAKS),
    Shape("a Figma token", ("figd_",), f"{_W}{{40}}", _BETTERLEAKS),
    Shape("a Frame.io token", ("fio-u-",), f"{_W}{{64}}{_END_W}", _GITLEAKS),
    Shape("a Postman API key", ("PMAK-",), f"{_HEX}{{24}}-{_HEX}{{34}}{_END}", _GITLEAKS),
    Shape("a ReadMe API key", ("rdme_",), f"{_L}{{70}}{_END}", _GITLEAKS),
    Shape("an Atlassian token", ("ATAT", "ATCT"), f"T3{_W}{{150,250}}(?:=[0-9A-F]{{8}})?",
          "support.atlassian.com/security-and-access-policies: API tokens with a checksum", apart=_APART),
    Shape("an Atlassian token", ("ATB",), f"B{_A}{{24}}[0-9A-F]{{8}}{_END}", _KINGFISHER, apart=_APART),
    # the id of the token and a colon in base64, and the secret
    Shape("a Bitbucket token", ("BBDC-",), f"[MNO][A-Za-z0-9]{{15}}O{_BASE64}{{27}}{_END}", _KINGFISHER),
    Shape("a Trello token", ("ATTA",), f"{_HEX}{{64}}[0-9A-F]{{8}}{_END}",
          "public code; developer.atlassian.com/cloud/trello names the kind", apart=_APART),
    Shape("a ClickUp token", ("pk_",), f"[0-9]{{7,9}}_[0-9A-Z]{{32}}{_END}", _KINGFISHER, apart=_APART),
    Shape("a Contentful token", ("CFPAT-",), f"{_W}{{43}}{_END_W}",
          "www.contentful.com/developers/docs/references/authentication"),
    Shape("a Dropbox token", (r"sl\.",), f"(?:u\\.)?{_W}{{130,2000}}", _GITLEAKS, apart=_APART),
    Shape("a Typeform token", ("tfp_",), f"{_W}{{44,60}}{_END_W}", _GITLEAKS, apart=_APART),
    # a page's, a user's or a system user's; only letters and digits
    Shape("a Facebook access token", ("EAA",), f"{_A}{{100,400}}{_END_W}", _GITLEAKS, apart=_APART + "(?<![+/])"),
    Shape("an Adobe client secret", ("p8e-",), f"{_A}{{32}}{_END_W}", _GITLEAKS, apart=_APART),
    Shape("a MaxMind license key", (f"{_A}{{6}}_{_A}{{29}}_mmk",), _END, _GITLEAKS),
    Shape("a Mapbox secret token", (r"sk\.",), f"eyJ{_W}{{40,400}}\\.{_W}{{20,30}}",
          "docs.mapbox.com/help/glossary/access-token", apart=_APART),
    # keys to other secrets
    Shape("a 1Password token", ("ops_",), f"eyJ{_BASE64}{{13,4000}}={{0,3}}", _GITLEAKS),
    Shape("a 1Password secret key", ("A3-",),
          f"[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})(?:-[A-Z0-9]{{5}}){{3}}{_END_W}", _GITLEAKS,
          apart=_APART),
    Shape("an age secret key", ("AGE-SECRET-KEY-",), f"1[0-9A-Z]{{58}}{_END}", _GITLEAKS),
    Shape(JWT, ("eyJ",), f"{_W}{{10,2000}}\\.eyJ{_W}{{10,8000}}\\.{_W}{{20,1500}}", "RFC 7519",
          apart=_ALONE),
)  # fmt: skip


class Beginning(NamedTuple):
    """One beginning of a shape: the text that it ends with, and how far behind the start of that text it ends."""

    shape: Shape
    head: str
    text: bytes
    length: int

    def match(self, content: bytes, at: int) -> tuple[re.Match[bytes] | None, bool]:
        """Return what is found where the text is at a place, and whether it took more than a look to say.

        Args:
            content: where the text was found.
            at: where the text begins.
        """
        start, whole = _compiled(self.head, self.shape)
        place = at + self.length
        return (whole.match(content, place), True) if start.match(content, place) else (None, False)

    def width(self) -> int:
        """Return how many bytes the whole beginning has."""
        return sum(int(count or 1) for _, count in re.findall(_ITEM, self.head))


class Index(NamedTuple):
    """The beginnings that are looked for in runs, by where in the run their text may be.

    `starts` are those whose text stands apart, by its first three bytes; `ends` are those whose text ends with neither
    a letter nor a digit, by its last three; `inside` are the others. `firsts` are the first three bytes of
    each text.
    """

    ends: dict[bytes, tuple[Beginning, ...]]
    starts: dict[bytes, tuple[Beginning, ...]]
    inside: tuple[Beginning, ...]
    firsts: frozenset[bytes]


@cache
def index() -> Index:
    """Return the beginnings of all shapes but the broken ones."""
    ends: dict[bytes, tuple[Beginning, ...]] = {}
    starts: dict[bytes, tuple[Beginning, ...]] = {}
    inside: tuple[Beginning, ...] = ()
    for shape in SHAPES:
        for each in _beginnings(shape) if not shape.broken else ():
            if shape.apart:
                key = each.text[:INDEXED]
                starts[key] = (*starts.get(key, ()), each)
            elif not each.text[-1:].isalnum():
                key = each.text[-INDEXED:]
                ends[key] = (*ends.get(key, ()), each)
            else:
                inside += (each,)
    every = (each for group in (*ends.values(), *starts.values(), inside) for each in group)
    return Index(ends, starts, inside, frozenset(each.text[:INDEXED] for each in every))


@cache
def broken() -> tuple[Beginning, ...]:
    """Return the beginnings of broken shapes."""
    return tuple(each for shape in SHAPES if shape.broken for each in _beginnings(shape))


@cache
def dotted() -> tuple[bytes, ...]:
    """Return the texts of beginnings after which a run of `_W` begins anew."""
    every = (each.text for by in (index().ends, index().starts) for group in by.values() for each in group)
    return tuple(sorted({text for text in every if not re.search(rb"[\w-]\Z", text)}))


@cache
def pattern(beginning: Beginning) -> re.Pattern[bytes]:
    """Return what finds everything of a shape from the text of its beginning on."""
    literal, head = re.escape(beginning.text[: beginning.length]), beginning.head
    nearest = f"(?<={head[head.rindex('[') :]})" if "[" in head[1:] else ""  # rules out most, at half the cost
    start = "" if nearest else _start(beginning.shape.tail)
    return re.compile(literal + f"{nearest}{start}(?<={head}){beginning.shape.tail}".encode())


@cache
def _compiled(head: str, shape: Shape) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return what is quick to ask of the place behind a beginning, and what asks for everything that follows."""
    before = f"(?<={shape.apart}{head})"
    return re.compile(f"{before}{_start(shape.tail)}".encode()), re.compile(shape.tail.encode())


def _beginnings(shape: Shape) -> Iterator[Beginning]:
    for head in shape.heads:
        literal = re.split(r"[]}]", head)[-1].replace("\\", "")
        for text in _texts(literal, shape.tail):
            yield Beginning(shape, head, text.encode(), len(literal))


def _texts(literal: str, tail: str) -> tuple[str, ...]:
    """Return what every beginning ends with; after two letters alone, with each digit that may follow."""
    if not literal[-1].isalnum():
        return (literal,)
    if letters := re.match(_LETTERS, tail):
        return (literal + letters[0],)
    return (literal,) if len(literal) > 2 else tuple(literal + digit for digit in _DIGITS)


def _start(tail: str) -> str:
    """Return what must follow a beginning in any case: letters that are always the same, or some of a class."""
    if found := re.match(_LETTERS, tail):
        return f"(?={found[0]})"
    first = re.match(_FIRST, tail)
    if not first:
        return ""
    return f"(?={first[0]})" if first[3] else f"(?={first[1]}{{{min(int(first[2]), 16)}}})"
