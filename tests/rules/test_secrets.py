from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
import re
import string
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Settings, Severity, check
from skillpack.api import Builder
from skillpack.findings import Location
from skillpack.output import json as as_json
from skillpack.output import text
from skillpack.output.text import Look
from skillpack.rules.excerpts import Quotable, take_excerpt
from skillpack.rules.text import _HIDDEN
from skillpack.secrets import runs, scan
from skillpack.secrets.budget import Budget
from skillpack.secrets.patterns import SHAPES, broken, index
from skillpack.secrets.runs import LEAST_RUN, SHORTEST, find_few_runs, find_runs, find_runs_in_parts
from skillpack.secrets.scan import _broken_by_literal, is_text, masked, tokens
from skillpack.secrets.splits import has_split
from skillpack.secrets.token import TOO_MANY
from skillpack.targets import TARGETS
from tests.bounds import best_of, processor_time
from tests.conftest import MANIFEST, make_tree
from tests.rules.invented import (
    EMBEDDINGS,
    HEX,
    JWT,
    KEY_BODY,
    RECIPES,
    TOKENS,
    UPPER,
    found,
    invent,
    private_key,
    random_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYWHERE = [
    "{}",
    "key = '{}'",
    "KEY={}\n",
    '{{"k": "{}"}}',
    "https://user:{}@host/",
    "say\\n{}\\n",
    "a\n\nb\t{}\r\n",
    "caf\xe9 {}",
    "`{}`",
]


def rules_of(files: dict[str, bytes], settings: Settings | None = None) -> set[str]:
    report = Builder(settings or Settings()).check(make_tree(files))
    return {found.rule for found in report if found.rule.startswith("secret-")}


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_found_in_any_place(kind: str, where: str) -> None:
    content = where.format(TOKENS[kind]).encode()
    (found,) = tokens(content)
    assert content[found.start : found.end].decode() in TOKENS[kind]  # a webhook without its https://
    assert TOKENS[kind].encode()[-20:] not in masked(content)


def test_every_beginning_without_a_long_run_is_looked_for_by_its_end() -> None:
    by_literal = [each for group in _broken_by_literal().values() for each in group.values()]
    looked_for = [beginning for beginnings, _ in by_literal for beginning in beginnings]
    assert sorted(looked_for) == sorted(broken())


@pytest.mark.parametrize("often", [1, 20, 2_000])
@pytest.mark.parametrize("byte", ["K", "~", "+", "KEY ", "Key ", "Q+", "+A", "whsec "])
def test_a_token_is_found_among_any_number_of_the_bytes_that_find_its_kind(byte: str, often: int) -> None:
    kinds = [kind for kind, token in TOKENS.items() if any(each.text in token.encode() for each in broken())]
    assert len(kinds) > 4
    for kind in kinds:
        content = (f"{byte} " * often + TOKENS[kind] + f" {byte}" * often).encode()
        (found,) = tokens(content)
        assert content[found.start : found.end] == TOKENS[kind].encode()
    (key,) = tokens((f"{byte} " * often + private_key() + f" {byte}" * often).encode())
    assert key.kind == "a private key"


def test_a_run_behind_a_colon_goes_on_only_from_a_beginning_that_has_one() -> None:
    """Digests are passed by: sha256:2cf24dba5fb0a30e."""
    classes = {
        part
        for shape in SHAPES
        for text in (shape.tail, *shape.heads)
        for part in re.findall(r"\\?\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\.|:", re.sub(r"\(\?:", "(", text))
        if re.fullmatch(part, ":")
    }
    assert classes == {":", r"[^\0]"}  # the latter is between Feishu's or Modal's id and its secret
    assert [shape.kind for shape in SHAPES if ":" in re.sub(r"\(\?:", "(", shape.tail)] == ["a DataStax token"]
    digests = b"".join(b"k1:" + hashlib.sha256(bytes([n])).hexdigest().encode() + b"\n" for n in range(9))
    assert runs._judge(digests, 0, find_runs(digests), Budget())[0] == []


@pytest.mark.parametrize("kind", RECIPES)
def test_of_ten_thousand_random_tokens_none_is_missed_or_taken_for_a_sample(kind: str) -> None:
    drawn = random.Random(kind)
    invented = [invent(RECIPES[kind], drawn) for _ in range(10_000 // len(RECIPES) + 1)]
    assert [(token, where) for token in invented for where in EMBEDDINGS if not found(where, token)] == []


@pytest.mark.parametrize("kind", RECIPES)
def test_a_token_is_found_at_either_end_of_a_text_and_behind_much_that_is_none(kind: str) -> None:
    clean = "a-name-with-the-number-12345 " * 1000  # so much that it is worth a regular expression
    for content in (TOKENS[kind], f"{clean}{TOKENS[kind]}", f"{TOKENS[kind]} {clean}"):
        assert TOKENS[kind].encode()[-20:] not in masked(content.encode())


def test_every_beginning_of_every_shape_is_met_by_an_invented_token() -> None:
    known = index()
    groups = (*known.ends.values(), *known.starts.values(), known.inside, broken())
    texts = {each.text for group in groups for each in group if each.text[:2] != b"SK"}
    assert {text for text in texts if not any(text.decode() in token for token in (*TOKENS.values(), JWT))} == set()


def test_every_shape_names_where_it_is_documented() -> None:
    assert [shape for shape in SHAPES if not shape.source] == []


@pytest.mark.parametrize(
    "sample",
    [
        "AccountK" + "ey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "AccountK" + "ey=C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==",
        "sk_te" + "st_4eC39HqLyjWDarjtT1zdp7dc",
        "sk_te" + "st_BQokikJOvBiI2HlWgH4olfQ2",
        "gh" + "u_16C7e42F292c6912E7710c838347Ae178B4a",
        "gh" + "s_16C7e42F292c69C2E7C10c838347Ae178B4a",
        "gh" + "r_1B4a2e77838347a7E420ce178F2E7c6912E169246c34E1ccbF66C46812d16D5B1A9Dc86A1498",
        "xo" + "xb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy",
        "110201543:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        "4839574812:" + "AAFD39kkdpWt3ywyRZergyOLMaJhac60qc",
        (
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        ),
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9."
            "CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0"
        ),
        "sb_sec" + "ret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz",
        "AIza" + "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
        "SWMTKN" + "-1-49nj1cmql0jkz5s954yi3oex3nedyz0fb0xx14ie39trti4wxv-8vxv8rssmk743ojnwacrr2e7c",
        "SWMTKN" + "-1-3pu6hszjas19xyp7ghgosyx9k8atbfcr8p2is99znpy26u2lkl-1awxwuwd3z9j1z3puu7rcgdbx",
        "whs" + "ec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "rzp_te" + "st_1DP5mmOlF5G5ag",
        "access-sand" + "box-de3ce8ef-33f8-452c-a685-8671031fc0f6",
        "AKI" + "Dz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA",
        "hvs" + ".R0670sAqZnKX3yW40NddrPVk",
        "hvb" + ".aYnhlZjetM09MRRc11FSLVk1",
    ],
)
def test_what_an_issuer_publishes_as_a_sample_is_not_reported(sample: str) -> None:
    for where in EVERYWHERE:
        assert list(tokens(where.format(sample).encode())) == []


def test_every_invisible_character_may_split_a_token_and_is_masked_with_it() -> None:
    token = TOKENS["github"]
    for char in (chr(code) for code in range(128, 0x110000) if re.match(_HIDDEN, chr(code))):
        content = f"key: {token[:20]}{char}{token[20:]} end".encode()
        (found,) = tokens(content)
        assert content[found.start : found.end].decode() == f"{token[:20]}{char}{token[20:]}"
        assert masked(content).endswith(b" end")


_PIECES = st.one_of(
    st.text(max_size=4),
    st.text(string.ascii_letters + string.digits + "_-", max_size=40),
    st.sampled_from(sorted(TOKENS.values())),
    st.sampled_from(
        [
            "\u200b",
            "\u00ad",
            "\u034f",
            "\u115f",
            "\u3164",
            "\ufe0f",
            "\ufeff",
            "\U000e0041",
            "\u2014",
            "\u2502",
            "\u4e2d",
        ]
    ),
    st.sampled_from(["%2F", "%3d", "%41", "% ", "=", "Key=", "Q~", "/", ".", " ", "\r\n"]),
)
_TEXTS = st.lists(_PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass"))


@given(_TEXTS, st.sampled_from([LEAST_RUN, SHORTEST]))
def test_every_long_run_is_found(text: bytes, least: bytes) -> None:
    expected = [run.span() for run in re.finditer(rb"[A-Za-z0-9_-]{%d,}" % len(least), text)]
    assert find_runs(text, least) == expected
    assert find_few_runs(text * 40, least) in (find_runs(text * 40, least), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_JUDGED_TOGETHER", 64)
        assert [*itertools.chain.from_iterable(find_runs_in_parts(text, least))] == expected


@pytest.mark.parametrize("size", [1_000, 20_000, 131_000])
def test_runs_are_listed_once_for_all_purposes_where_they_are_few(size: int) -> None:
    run = b"a1" * 8 + b" "
    few = run * (size // 128)
    assert find_few_runs(few + b" " * (size - len(few)), LEAST_RUN) == find_runs(few, LEAST_RUN)
    assert find_few_runs(run * (size // len(run)), LEAST_RUN) is None
    assert find_few_runs(b" " * size, LEAST_RUN) == []


@pytest.mark.parametrize("before", ["", "APP=", '"key":"', "x" * 200])
def test_an_id_without_a_digit_leads_to_the_secret_behind_its_colon(before: str) -> None:
    token = f"cli_yelpwdgqyamiwtyi:{random_text(32)}"
    (found,) = tokens(f"{before} {token}\n".encode())
    assert found.kind == "a Feishu app secret"
    assert found.end - found.start == len(token)


@pytest.mark.parametrize(
    "text",
    [
        "def cli_configurationset(): # md5 5d41402abc4b2a76b9719d911017c592",
        "cli_documentationset testGetUserByNameAndPasswordHash",
        '"cli_authenticateuser": ["5d41402abc4b2a76b9719d911017c592"]',
    ],
)
def test_a_name_before_a_digest_is_no_id(text: str) -> None:
    assert tokens(text.encode()) == []


@pytest.mark.parametrize("before", ["%%2F", "%[1;1m", "[;1m", "%;31m", "n=%rNPEo9p56jxRJFkLXOSC%[1;1m", "%%%3D"])
def test_what_resembles_an_escape_does_not_hide_one_behind_it(before: str) -> None:
    token = "hf_ST0PUdvKjbSdNY4y9SpRd2CH2bP4FxsWq7"
    (found,) = tokens(f"x={before}{token}\n".encode())
    assert found.kind == "a Hugging Face token"


@given(_TEXTS, st.integers(0, 8))
def test_the_same_is_found_in_runs_that_are_known(text: bytes, often: int) -> None:
    text *= often
    assert tokens(text, Budget(), find_runs(text, LEAST_RUN)) == tokens(text)


_BESIDE: Final = rb"A-Za-z0-9_+/=.:~@\-"
_EVERY_INVISIBLE: Final = [chr(code).encode() for code in range(128, 0x110000) if re.match(_HIDDEN, chr(code))]
_MAY_SPLIT: Final = re.compile(
    rb"[%b](?:%b)(?=[%b%%%b])"
    % (_BESIDE, b"|".join(_EVERY_INVISIBLE), _BESIDE, b"".join({char[:1] for char in _EVERY_INVISIBLE}))
)


_VISIBLE: Final = [
    char.encode() for char in "\u00e9\u00ac\u2014\u2019\u2192\u2502\u3044\u4e2d\uff0c\u1100\u1780\ufe30\U0001f680"
]
_BESIDE_CHARS: Final = (b"", b"a", b"_", b" ", b"%", b"\n", "\u4e2d".encode(), "\u200b".encode(), "\u00ad".encode())


def test_characters_may_split_a_token_where_they_are_invisible_and_beside_what_may_be_in_one() -> None:
    for char, before, after in itertools.product(_EVERY_INVISIBLE + _VISIBLE, _BESIDE_CHARS, _BESIDE_CHARS):
        text = b"\xe2\x80\x94 " + before + char + after + b" word"
        assert has_split(text) == bool(_MAY_SPLIT.search(text)), text


@given(_TEXTS)
def test_invisible_characters_may_split_a_token_in_any_text(text: bytes) -> None:
    text = text.replace(b"%", b"?")
    assert has_split(text) == bool(_MAY_SPLIT.search(text))


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_found_as_text_and_as_a_string(kind: str) -> None:
    key = private_key(kind)
    for content in (key, json.dumps({"private_key": key}), key.replace("\n", "\r\n"), f"    {key}"):
        assert [found.kind for found in tokens(content.encode())] == ["a private key"]
        assert KEY_BODY[600:620].encode() not in masked(json.dumps(content).encode())


@pytest.mark.parametrize(
    "sample",
    [
        "AKIAIOSFODNN7" + "EXAMPLE",
        "sk-ant-api03-" + "x" * 95,
        "sk-ant-" + "...",
        "ghp_" + "x" * 36,
        "ghp_" + "0123456789abcdef" * 2 + "0123",
        "ghp_your_token_here_0000000000000000000000",
        "sk-proj-your-key-here-please-replace-it",
        "AIza" + "A" * 35,
        "hf_" + "abcdefghij" * 3 + "klmn",
        "SK" + "0" * 32,
        "xox" + "b-123456789012-1234567890123-abcdefABCDEFabcdefABCDEF",
        "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        "sk-ant-api03-a-sentence-in-kebab-case",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA...\n-----END RSA PRIVATE KEY-----",
        "grep -r 'BEGIN PRIVATE KEY' .",
        "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 30,
        "AccountKey=" + "A" * 86 + "==",
        "akia" + "abcdefghij234567",
        "https://example.com/" + "a1b2c3d4" * 20,
        "glpat-" + "ABC123DEF456GHI789JK",
        "glpat-" + "A1B2C3D4E5F6G7H8I9J0",
        "ghp_" + "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8",
        "sk-" + "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
        "sha256:" + "0f1e2d3c" * 8,
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0." + random_text(43),
    ],
)
def test_a_sample_is_not_reported(sample: str) -> None:
    for where in EVERYWHERE:
        assert list(tokens(where.format(sample).encode())) == []


@given(st.text(max_size=300), st.sampled_from(sorted(TOKENS)), st.text(max_size=300))
def test_a_token_on_a_line_of_its_own_is_found_between_any_texts(before: str, kind: str, after: str) -> None:
    content = f"{before}\n{TOKENS[kind]}\n{after}".encode("utf-8", "surrogatepass")
    assert any(content[found.start : found.end].decode() in TOKENS[kind] for found in tokens(content))


@given(st.binary(max_size=2000))
def test_nothing_is_found_in_noise_and_nothing_breaks(content: bytes) -> None:
    assert list(tokens(content)) == []
    assert masked(content) == content


@pytest.mark.parametrize("kind", TOKENS)
def test_no_output_shows_the_value_or_half_of_it(kind: str) -> None:
    value = TOKENS[kind]
    line = f"description: Use when: {value}"  # also the line that a rule on YAML quotes and offers to fix
    report = check(make_tree({"SKILL.md": f"---\nname: demo\n{line}\n---\n".encode(), "a.txt": f"x {value}".encode()}))
    shown = [
        repr(report),
        text.render(report, Look()),
        as_json.render(report),
        *(f"{found}{found.hint}" for found in report),
    ]
    half = value[len(value) // 2 :][:20]
    assert [half in output for output in shown] == [False] * len(shown)
    places = [(found.location.path, found.location.line) for found in report if found.rule == "secret-text"]
    assert places == [("SKILL.md", 3), ("a.txt", 1)]


@pytest.mark.parametrize("padding", [0, 15, 30, 45])
@pytest.mark.parametrize(
    "lines",
    [
        "description: {} when asked.\nand more of it",
        "description: {}: when asked.",
        "description: [{}, b",
        "description: {} # when asked",
        "description: <{}>",
        "description: '{}' and more",
        "{}: x",
        "{}:x",
        "{}: [a, b]\ndescription: x: y",
        "{}:\n  - key: b\n   c: d",
        "name: {}",
        "license: {}: b",
        "metadata:\n  {}: 1.0",
        "- {}: x: y",
        "{}",
    ],
)
def test_what_a_message_cuts_short_is_masked_before(lines: str, padding: int) -> None:
    value = TOKENS["anthropic"]
    manifest = f"---\n{lines.format('x' * (padding - 1) + ' ' * (padding > 0) + value)}\n---\n"
    report = check(make_tree({"SKILL.md": manifest.encode()}), settings=Settings(targets=list(TARGETS)))
    assert report.findings
    shown = "".join([text.render(report, Look()), as_json.render(report), repr(report)])
    assert value[15:30] not in shown


def test_the_finding_says_kind_length_and_the_beginning_of_the_hash() -> None:
    value = TOKENS["npm"]
    report = check(make_tree({"a.txt": f"one\ntwo {value}\n".encode()}))
    (found,) = (found for found in report if found.rule == "secret-text")
    short = hashlib.sha256(value.encode()).hexdigest()[:8]
    assert found.message == f"this looks like an npm token: 40 characters, SHA-256 {short}..."
    assert (found.location.line, found.location.column, found.excerpt) == (2, 5, None)


def test_a_json_web_token_is_a_warning_of_its_own() -> None:
    report = check(make_tree({"a.txt": f"Bearer {JWT}".encode()}))
    assert [(found.rule, found.severity) for found in report] == [("secret-jwt", Severity.WARNING)]


def test_a_file_with_a_nul_is_no_text() -> None:
    assert rules_of({"a.bin": b"\0" + TOKENS["npm"].encode()}) == set()
    assert rules_of({"a.bin": b" " * 8192 + b"\0" + TOKENS["npm"].encode()}) == {"secret-text"}
    assert is_text(b"")


def test_many_in_one_file_are_cut_short() -> None:
    content = "\n".join("npm" + "_" + random_text(36, seed=seed) for seed in range(100)).encode()
    found = [found for found in check(make_tree({"a.txt": content})) if found.rule == "secret-text"]
    assert len(found) == 21


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".env.local", "a/.ENV.production", "x.p12", "x.PFX", "x.jks", "x.kdbx", "x.ppk", "id_rsa",
        "b/id_ed25519",
        ".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass", ".aws/credentials",
        "a/.ssh/known_hosts", ".gnupg/x",
        ".kube/config", ".docker/config.json", "credentials.json",
        "client_secret_1.json", "service-account.json", "x.tfstate", "x.tfstate.backup",
        ".envrc", "prod.env", "a/PROD.env", ".bash_history", ".zsh_history", ".sh_history", "fish_history",
        ".python_history", ".node_repl_history", ".irb_history", ".psql_history", ".mysql_history", ".sqlite_history",
        ".rediscli_history", "x.jceks", "x.kdb", "x.keytab", "id_ed25519_sk", "id_rsa.bak", "secring.gpg",
        ".password-store/a.gpg", "master.key", "wallet.dat", ".authinfo", ".authinfo.gpg", ".htdigest", ".msmtprc",
        ".fetchmailrc", ".smbcredentials", ".ftpconfig", "sftp-config.json", "sitemanager.xml", "recentservers.xml",
        "rclone.conf", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".snowflake/config.toml", ".snowsql/config",
        ".config/git/credentials", ".config/gh/hosts.yml", "home/.config/glab-cli/config.yml", ".dockercfg",
        ".cargo/credentials", "a/.cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml",
        ".m2/settings-security.xml", ".composer/auth.json", ".azure/accessTokens.json",
        ".config/gcloud/credentials.db", ".oci/config", ".config/doctl/config.yaml", "kubeconfig", "prod.kubeconfig",
        ".boto", ".s3cfg", "serviceAccountKey.json", "app-firebase-adminsdk-1.json",
        "application_default_credentials.json", ".vault-token", ".vault_pass", ".vault_pass.txt", ".terraformrc",
        ".sentryclirc", ".databrickscfg", ".kaggle/kaggle.json", ".huggingface/token", ".cache/huggingface/token",
        ".streamlit/secrets.toml", ".codex/auth.json", ".gemini/oauth_creds.json", ".claude/.credentials.json",
        "cookies.sqlite", "logins.json", "key4.db", "secrets.yaml", "secrets.yml",
    ],
)  # fmt: skip
def test_a_file_that_programs_keep_credentials_in_is_told_by_its_name(path: str) -> None:
    assert rules_of({path: b"x"}) == {"secret-file"}


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", ".env.template", ".env.dist", ".env.local.example", ".env.example.txt", "env",
        "environment.md",
        "id_rsa.pub", "docs/credentials.md", "my-credentials.json.md", "config.json", "aws/config", "x.tf", "p12",
        "cert.pem", "slides.key", "public.key", "secrets.example.yaml", "example.env", "app.sample.env", "envrc",
        "history.md", "gradle/settings.xml", "azure/x", "auth.json", "token", "settings.xml", "hosts.yml",
        "prod.tfvars", "values.local.yaml", "credentials.yml", ".yarnrc.yml", "streamlit/secrets.toml.md",
    ],
)  # fmt: skip
def test_a_name_that_only_sounds_like_it_is_fine(path: str) -> None:
    assert rules_of({path: b"-----BEGIN CERTIFICATE-----\n"}) == set()


@pytest.mark.parametrize("path", ["server.pem", "SERVER.KEY"])
def test_a_key_file_is_told_by_its_content(path: str) -> None:
    assert "secret-file" in rules_of({path: private_key("RSA ").encode()})


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("prod.tfvars", 'region = "eu"\ndb_password = "{}"\n'),
        ("a/values.local.yaml", "db:\n  api_key: {}\n"),
        ("credentials.yml", "client_secret: '{}'\n"),
        (".yarnrc.yml", "npmScopes:\n  a:\n    npmAuthToken: {}\n"),
    ],
)
def test_a_file_that_usually_has_no_credential_is_told_by_its_content(path: str, content: str) -> None:
    assert rules_of({path: content.format(random_text(24)).encode()}) - {"secret-assigned"} == {"secret-file"}
    for value in ("${TOKEN}", "<token>", "", "{{ token }}"):
        assert rules_of({path: content.format(value).encode()}) == set()


@pytest.mark.parametrize(
    ("manifest", "places"),
    [
        ("kind: Secret\ndata:\n  a: {0}\n", [(3, 6)]),
        ("apiVersion: v1\ndata:\n  a: {0}\nkind: Secret\n", [(3, 6)]),
        ('{{"kind": "Secret", "data": {{"a": "{0}"}}}}', [(1, 35)]),
        ("```yaml\n  kind: Secret\n  data:\n    a: {0}\n```\n", [(4, 8)]),
        ("kind: Secret\ndata:\n  a: {0}\n---\nkind: Secret\ndata:\n  b: {0}\n", [(3, 6), (7, 6)]),
        ("kind: Secret\ndata:\n  user: YWRtaW4=\n  a: {0}\n", [(4, 6)]),
        ("kind: ConfigMap\ndata:\n  a: {0}\n", []),
        ("kind: SealedSecret\ndata:\n  a: {0}\n", []),
        ("kind: Secret\n---\nkind: ConfigMap\ndata:\n  a: {0}\n", []),
        ("kind: Secret\ndata:\n  a: '{{{{ .Values.a }}}}'\n  b: cGFzc3dvcmQ=\n", []),
        ("kind: Secret\nmetadata:\n  a: {0}\n", []),
        ("The kind: Secret holds data: in base64.\n", []),
    ],
)
def test_a_secret_of_kubernetes_is_told_by_its_first_value(manifest: str, places: list[tuple[int, int]]) -> None:
    value = base64.b64encode(random_text(24).encode()).decode()
    report = check(make_tree({"a.md": manifest.format(value).encode()}))
    found = [finding.location for finding in report if finding.rule == "secret-manifest"]
    assert [(location.line, location.column) for location in found] == places


def test_what_the_settings_allow_by_path_and_hash_is_fine_until_it_changes() -> None:
    files = {".env": f"KEY={TOKENS['npm']}\n".encode(), "a.txt": f"Bearer {JWT}".encode()}
    allowed = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    assert rules_of(files) == {"secret-file", "secret-text", "secret-jwt"}
    assert rules_of(files, Settings(allow_secrets=allowed)) == set()
    assert rules_of({**files, ".env": files[".env"] + b"#"}, Settings(allow_secrets=allowed)) == {
        "secret-file",
        "secret-text",
    }
    assert "secret-file" in rules_of({"b/.env": files[".env"]}, Settings(allow_secrets=allowed))


HOSTILE = {
    "headers": b"-----BEGIN PRIVATE KEY-----\n" * 40_000,
    "headers of headers": b"-----BEGIN PRIVATE KEY-----\n" + b"Proc-Type: 4\n" * 80_000,
    "dotted": b"eyJ" + b"a" * 17 + (b".eyJ" + b"a" * 17) * 50_000,
    "long and dotted": (b".eyJ" + b"a" * 7990) * 130,
    "openai": (b" sk-" + b"a" * 120) * 8_000,
    "openai in one run": b"sk-" * 350_000,
    "anchors": b"T3BlbkFJ" * 130_000,
    "sendgrid": b"SG." * 350_000,
    "webhooks": b"hooks.slack.com/services/T" * 40_000,
    "key bodies": (b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 16_100) * 60,
    "nulls": b"AccountKey=" * 90_000,
    "runs": (b"a" * 20 + b" ") * 50_000,
    "backslashes": b"\\" * 1_000_000,
    "keys named": b"PRIVATE KEY" * 95_000,
    "key bodies without breaks": (b"-----BEGIN PRIVATE KEY-----" + b"A" * 16_100) * 60,
    "runs with digits": (b"a1" * 10 + b" ") * 50_000,
    "paths": (b"/" + b"a1" * 10) * 50_000,
    "dashes": b"T1t-" * 260_000,
    "samples": (b"AKIAIOSFODNN7" + b"EXAMPLE ") * 50_000,
    "short JSON Web Tokens": b"-eyJ" * 260_000,
    **{
        head.decode(): head * (1_000_000 // len(head)) for head in (b"ghp_", b"eyJ", b"xox", b"AKIA", b"glpat-", b"SK0")
    },
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_mebibyte_of_hostile_text_takes_no_longer_than_its_length(kind: str) -> None:
    content = HOSTILE[kind]
    quarter = best_of(3, lambda: list(tokens(content[: len(content) // 4])))
    assert best_of(2, lambda: list(tokens(content))) < max(10 * quarter, 0.25)


@pytest.mark.parametrize(
    "kind",
    [
        "headers",
        "key bodies",
        "dashes",
        "eyJ",
        "runs with digits",
        "short JSON Web Tokens",
        "paths",
        "zero width",
        "joiners",
        "last line",
    ],
)
def test_a_file_as_large_as_may_be_is_judged_in_time(kind: str) -> None:
    size = 25_000_000
    texts = {"zero width": "word\u200b", "joiners": "\u0915\u200d", "last line": "\n"}
    part = texts[kind].encode() if kind in texts else HOSTILE[kind]
    tree = make_tree({"a.md": part * (size // len(part)) + b"\x1b"})
    with processor_time(3):
        check(tree)


GLUED = [
    "token%3D{}", "_{}_", "\\u0022{}\\u0022", "-u{}:", "{}-prod", "\x1b[31m{}\x1b[0m", "%20{}", "\\x22{}",
    "({})", "'{}'",
    "{}.", "{},", "{};", "<b>{}</b>", "{}%0A", "{}\\n", "Authorization: token {}", "export KEY={} # mine", "\ufeff{}",
]  # fmt: skip


SHORT: Final = ("aws", "hugging face")
"""Issuers whose tokens have so short a prefix that it must not follow a letter."""


@pytest.mark.parametrize("kind", SHORT)
def test_a_token_with_a_short_beginning_is_not_looked_for_behind_a_letter(kind: str) -> None:
    assert list(tokens(f"-u{TOKENS[kind]}:".encode())) == []


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (kind, where)
        for kind in ("github", "openai", "anthropic", "slack", "npm", "stripe", "gitlab", *SHORT)
        for where in GLUED
        if kind not in SHORT or where != "-u{}:"
    ],
)
def test_a_token_is_found_glued_to_its_neighbours(kind: str, where: str) -> None:
    content = where.format(TOKENS[kind]).encode()
    (found,) = tokens(content)
    value = content[found.start : found.end].decode()
    assert value.removesuffix("-prod").removesuffix("_") == TOKENS[kind]


def _key(kind: str = "", columns: int = 64, size: int = 1217) -> str:
    """A private key in DER, by its first bytes; the rest is noise."""
    der = b"\x30\x82" + (size - 4).to_bytes(2, "big") + random.Random(size).randbytes(size - 4)
    body = base64.b64encode(der).decode()
    lines = [body[at : at + columns] for at in range(0, len(body), columns)]
    return "\n".join([f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----", ""])


WRAPPED: Final[dict[str, Callable[[str], str]]] = {
    "comment": lambda key: key.replace("\n", "\n# "),
    "quotation": lambda key: key.replace("\n", "\n> "),
    "slashes": lambda key: key.replace("\n", "\n// "),
    "block comment": lambda key: key.replace("\n", "\n * "),
    "in an address": lambda key: key.replace("\n", "%0A"),
    "in a form": lambda key: key.replace(" ", "+").replace("\n", "%0A"),
    "in an address with spaces": lambda key: key.replace(" ", "%20").replace("\n", "%0d%0a"),
    "in HTML": lambda key: key.replace("\n", "&#10;"),
    "in HTML, hexadecimal": lambda key: key.replace("\n", "&#xA;"),
    "in HTML with breaks": lambda key: key.replace("\n", "<br/>"),
    "in a string": lambda key: key.replace("\n", "\\n"),
    "in a string in a string": lambda key: key.replace("\n", "\\\\n"),
    "in one line": lambda key: key.replace("\n", " "),
    "in strings": lambda key: "".join(f'"{line}\\n",\n' for line in key.split("\n")),
    "added": lambda key: key.replace("\n", "\n+"),
    "echoed": lambda key: "".join(f'echo "{line}" >> key.pem\n' for line in key.split("\n")),
    "indented": lambda key: key.replace("\n", "\n\t\t"),
    "with a comment": lambda key: key.replace("-----\n", "-----\nComment: sample key\n", 1),
    "encrypted": lambda key: key.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,A1\n\n", 1),
    "with returns": lambda key: key.replace("\n", "\r\n"),
    "double spaced": lambda key: key.replace("\n", "\n\n"),
}


@pytest.mark.parametrize("columns", [32, 64, 76])
@pytest.mark.parametrize("wrapping", WRAPPED)
def test_a_private_key_is_found_however_its_lines_are_joined(wrapping: str, columns: int) -> None:
    key = _key("RSA ", columns)
    content = f"text\n{WRAPPED[wrapping](key)}".encode()
    (found,) = tokens(content)
    assert found.kind == "a private key"
    assert key.split("\n")[7].encode() in content[found.start : found.end]
    assert key.split("\n")[7].encode() not in masked(content)


@pytest.mark.parametrize(
    "title",
    [
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", "---- BEGIN PRIVATE KEY ----", "----BEGIN RSA PRIVATE KEY----",
        "-----%20BEGIN%20PRIVATE%20KEY%20-----", "-----+BEGIN+EC+PRIVATE+KEY+-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ],
)  # fmt: skip
def test_a_private_key_is_found_below_each_form_of_its_title(title: str) -> None:
    key = _key()
    content = "\n".join([title, *key.split("\n")[1:]]).encode()
    assert [(found.kind, found.start) for found in tokens(content)] == [("a private key", 0)]
    assert key.split("\n")[3].encode() not in masked(content)


@pytest.mark.parametrize("size", [48, 121, 138, 610, 2350])
def test_a_private_key_of_any_size_is_found(size: int) -> None:
    head = bytes([0x30, size - 2]) if size < 128 else b"\x30\x81" + bytes([size - 3]) if size < 256 else None
    body = base64.b64encode(
        (head or b"\x30\x82" + (size - 4).to_bytes(2, "big")) + random.Random(3).randbytes(size - 4)
    )
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    content = b"-----BEGIN EC PRIVATE KEY-----\n%b\n-----END EC PRIVATE KEY-----" % lines
    assert [found.kind for found in tokens(content)] == ["a private key"]


@pytest.mark.parametrize(
    "stub",
    [
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n" + _key().split("\n")[1] + "\n...\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAA...",
        "-----BEGIN PRIVATE KEY-----\nYOUR_PRIVATE_KEY_HERE\n-----END PRIVATE KEY-----",
        'key.replace("-----BEGIN PRIVATE KEY-----", "").replaceAll(System.lineSeparator(), "")',
        "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + "mQINBF" * 40,
    ],
)
def test_the_beginning_of_a_key_in_a_manual_is_none(stub: str) -> None:
    assert list(tokens(stub.encode())) == []


@pytest.mark.parametrize(
    "word",
    [
        "ASIA" + "PACIFICECONOMICS", "AKIA" + "INTERNATIONALISE", "glpat-" + "as-it-stands-in-a-manual-for-all",
        "sk_live_" + "thisisnotakeybutwords", "AKIA" + "IOSFODNN7EXAMPL", "AKIA" + "1OSFODNN8QWERTYU"[:16],
        "xAKIA" + random_text(16, UPPER), "AKIA" + random_text(20, UPPER), "gh" + "p_" + random_text(30),
        "AIza" + random_text(40),
        "task-" + random_text(32, HEX), "half_" + random_text(34), "npm_" + random_text(20), "glcbt-" + random_text(12),
        "xox" + "e-" + random_text(30), "https://hooks.slack.com/services/" + random_text(50),
        "ya29." + random_text(10),
        "dapi" + random_text(20, HEX), "SK" + random_text(40, HEX), "secret_" + random_text(12),
        "_highs_options.cpython-311-x86_64-linux-gnu.so",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_token_is_none(word: str) -> None:
    assert list(tokens(f"x {word} y".encode())) == []


def test_an_aws_id_without_a_digit_is_one_unless_it_reads_like_words() -> None:
    assert [found.kind for found in tokens(b"AK" + b"IAQWRTZPSDFGHJKLXC")] == ["an AWS access key id"]
    assert list(tokens(b"AS" + b"IAPACIFICECONOMICS")) == []


def test_text_in_utf16_is_searched_too() -> None:
    content = f"one\r\n\u20ac key: {TOKENS['npm']}\r\n".encode("utf-16")
    report = check(make_tree({"a.txt": content}))
    assert [(found.location.line, found.location.column) for found in report if found.rule == "secret-text"] == [(2, 8)]


@pytest.mark.parametrize("part", [1 << 17, 8])
@given(
    st.sampled_from([b"\xff\xfe", b"\xfe\xff"]), st.lists(st.sampled_from(b"\x00\xd8\xdc\x20aA\x01\xff"), max_size=60)
)
def test_utf16_with_errors_is_read_as_python_reads_it(part: int, mark: bytes, rest: list[int]) -> None:
    content = mark + bytes(rest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "PART", part)
        assert scan.searchable(content) == content.decode("utf-16", "replace").encode()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_after_very_many_errors_in_utf16_credentials_are_still_found(encoding: str) -> None:
    mark, error = "\ufeff".encode(encoding), b"\xd8\0" if encoding == "utf-16-be" else b"\0\xd8"
    line = f"\u20ac\n{TOKENS['npm']} \u4e2d ".encode(encoding)
    text = scan.searchable(mark + line + error * 300_000 + line + b"\0") or b""
    assert [token.kind for token in tokens(text)] == ["an npm token"] * 2
    assert text.count(b"\n") == 2


def test_a_credential_in_a_path_is_found_and_shown_nowhere() -> None:
    value = TOKENS["github"]
    report = check(
        make_tree({f"notes/{value}.txt": b"\x1b", f"a/{value}.md": b"a\x1b", f"{value}.pem": _key().encode()})
    )
    assert sum("the path contains" in found.message for found in report) == 3
    shown = [repr(report), text.render(report, Look()), as_json.render(report)]
    assert [value[10:30] in output for output in shown] == [False] * len(shown)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_credential_in_a_quoted_line_is_masked_also_where_it_is_allowed_or_not_searched_for(*, allowed: bool) -> None:
    token = TOKENS["github"]
    page = f"[a](none.md) some-word-{token}\n".encode()
    words = b" ".join(hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(40_000))
    files = (
        {"SKILL.md": MANIFEST + page, "b.md": page} if allowed else {"SKILL.md": MANIFEST, "a.txt": words, "b.md": page}
    )
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items() if allowed}
    report = check(make_tree(files), settings=Settings(allow_secrets=hashes))
    assert "secret-text" not in {finding.rule for finding in report}
    quoted = "".join(line for finding in report if finding.excerpt for line in finding.excerpt.lines)
    assert "none.md" in quoted
    assert token[-20:] not in quoted


def test_too_many_places_are_an_error_and_masked_to_the_end() -> None:
    sample, value = b"AKIAIOSFODNN7" + b"EXAMPLE ", TOKENS["npm"].encode()
    content = sample * 10_001 + value
    report = check(make_tree({"a.txt": content}))
    assert ["too many places in the skill" in found.message for found in report if found.rule == "secret-text"] == [
        True
    ]
    assert value not in masked(content)


def test_the_most_places_are_those_of_the_whole_skill() -> None:
    samples = b"AKIAIOSFODNN7" + b"EXAMPLE "
    files = {f"a{number}.txt": samples * 1000 for number in range(11)}
    report = check(make_tree({**files, "b.txt": b"hello\n" * 1000, "c.txt": TOKENS["npm"].encode()}))
    found = {finding.location.path: finding.message for finding in report if finding.rule == "secret-text"}
    assert sorted(found) == ["a9.txt", "c.txt"]  # a10.txt is checked before a9.txt
    assert all("too many places in the skill" in message for message in found.values())


def test_after_many_long_words_in_a_skill_a_token_is_found_where_a_word_begins() -> None:
    words = b"a1" * 10 + b" "
    files = {f"a{number}.txt": words * 50_000 for number in range(5)}
    token = TOKENS["npm"].encode()
    last = {"x.txt": token, "y.txt": b"key = '" + token + b"'\n", "z.txt": words * 10 + token}
    report = check(make_tree({**files, **last}))
    assert {finding.location.path for finding in report if finding.rule == "secret-text"} == {"x.txt", "y.txt", "z.txt"}


def _split_token(between: str) -> bytes:
    token = "gh" + "p_" + random_text(36)
    return f" {between.join((token[:9], token[9:20], token[20:]))} ".encode()


@pytest.mark.parametrize("size", [0, 16_370, 16_375, 16_380, 16_384, 16_390, 40_000])
@pytest.mark.parametrize("filler", ["x ", "\u00e9 ", "\u4e2d\u6587", "a\u200bb ", "\u0645\u06cc\u200c\u0631", "%2F "])
def test_several_invisible_characters_in_a_row_may_split_a_token_anywhere(size: int, filler: str) -> None:
    token = _split_token("\u200b\u2060\ufeff\u00ad\U000e0041")
    text = filler.encode() * (size // len(filler.encode())) + b"x" * (size % len(filler.encode())) + token
    assert [each.kind for each in tokens(text)] == ["a GitHub token"]


def test_after_very_many_characters_that_may_split_tokens_each_file_is_reported_as_not_scanned() -> None:
    splits = ("x\u200b" + "a1" * 10 + "\n").encode() * 500_000
    budget = Budget()
    kinds = [[each.kind for each in tokens(splits + _split_token("\u200b"), budget)] for _ in range(4)]
    assert kinds == [["a GitHub token"]] * 2 + [[TOO_MANY]] * 2


def _written(words: tuple[str, ...], line: str) -> bytes:
    """Return 2,000 lines, the same in every run, with words drawn at random in each `{}` of a line."""
    drawn = random.Random(7)
    return "".join(line.format(*drawn.choices(words, k=line.count("{}"))) + "\n" for _ in range(2_000)).encode()


def _encoded(words: tuple[str, ...]) -> bytes:
    """Return 2,000 addresses in the query of another, as programs log them."""
    drawn = random.Random(7)
    addresses = (f"https://example.com/{'/'.join(drawn.choices(words, k=3))}?page={at}" for at in range(2_000))
    return "".join(f"GET /login?next={quote(each, safe='')} HTTP/1.1\n" for each in addresses).encode()


_PERSIAN = (
    "\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0646\u0645\u06cc\u200c\u062f\u0627\u0646\u0645",
    "\u0622\u0646\u200c\u0647\u0627", "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627\u06cc",
    "\u062e\u0627\u0646\u0647\u200c\u0627\u06cc", "\u0628\u0632\u0631\u06af\u200c\u062a\u0631\u06cc\u0646",
    "\u0646\u06cc\u0645\u200c\u0641\u0627\u0635\u0644\u0647", "\u0648", "\u0627\u0632", "\u062f\u0631",
    "\u0632\u0628\u0627\u0646", "\u0641\u0627\u0631\u0633\u06cc", "[README](docs/README.fa.md)",
    "`pip install example-package`", "https://example.com/docs/getting-started-in-five-minutes.html",
)  # fmt: skip
_EMOJI = (
    "\U0001f469\u200d\U0001f4bb", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\u2764\ufe0f\u200d\U0001f525", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f9d1\U0001f3fd\u200d\U0001f680",
    "\u2714\ufe0f", "1\ufe0f\u20e3", "\U0001f680",
)  # fmt: skip

HONEST = {
    "persian": _written(_PERSIAN, "{} {} {} {}\u060c {} {} {}."),
    "emoji": _written(_EMOJI, '{} {}Done: {} | "woman_technologist_medium_skin_tone": "{}", # E4.0 [1] ({})'),
    "emoji in words": _written(_EMOJI, "a-name-of-twenty-letters{}released{}v2.0.1{}"),
    "queries": _encoded(
        ("manual", "getting-started", "caf\u00e9 au lait", "\u0632\u0628\u0627\u0646", "C++", "a=b", "2026-11-28")
    ),
    "persian addresses": _encoded(_PERSIAN),
    "encoded addresses": b"https%3A%2F%2Fexample.com%2Fa-page-of-the-manual%2Fof-2026%3Fid%3Dq8Zr2Wv6Tn4Kx9Jp3\n",
    "soft hyphens": "Donau\u00addampf\u00adschiff\u00adfahrts-gesellschafts-kapitaene-2026 ".encode(),
    "joiners": "/a-path-of-some-length-2026/\u0645\u06cc\u200c\u0631\u0648 \u2764\ufe0f a\u200bb ".encode(),
}


@pytest.mark.parametrize("kind", HONEST)
def test_a_file_as_large_as_may_be_of_what_may_split_tokens_is_searched_to_its_end(kind: str) -> None:
    part = HONEST[kind]
    text = part * (25 * (1 << 20) // len(part)) + b"\n" + _split_token("\u200b")
    with processor_time(3):
        assert [each.kind for each in tokens(text)] == ["a GitHub token"]


@pytest.mark.parametrize("size", [0, 100, 8_150, 8_192, 300_000])
@pytest.mark.parametrize("kind", ["google refresh", "telegram", "datastax", "sentry organisation", "feishu"])
def test_a_token_with_escapes_is_found_behind_any_text(kind: str, size: int) -> None:
    token = quote(invent(RECIPES[kind], random.Random(kind)), safe="").encode()
    text = b"100 % of it; " * (size // 13) + b"x" * (size % 13) + b"?token=" + token + b"&b=2"
    assert masked(text).endswith(b"****&b=2")


def test_invisible_characters_that_split_no_word_take_nothing_of_the_budget() -> None:
    budget = Budget()
    text = (
        "https://example.com/a-long-path \u0645\u06cc\u200c\u0631\u0648\u062f \u2764\ufe0f a\u200b \u200bb\n".encode()
    )
    assert list(tokens(text * 100_000, budget)) == []
    assert budget.undone == 0


def test_all_of_an_escape_that_ends_a_token_is_masked() -> None:
    token = "glc_eyJ" + random_text(60) + "=="
    content = f"a={token.replace('=', '%3D')} end".encode()
    assert masked(content) == b"a=" + b"*" * (len(token) + 4) + b" end"


def test_a_token_among_many_invisible_characters_is_found_once() -> None:
    token = "\u200b".join(TOKENS["npm"])
    text = f"{token} {'x' * 3000} " * 40 + "\u00a0\u200b\n" + "a\u200bb " * 200
    found = [(each.start, each.end) for each in tokens(text.encode())]
    assert len(found) == len({*found}) == 40
    assert not [*tokens(("a\u200bb " * 2_000).encode())]


@pytest.mark.parametrize("seed", range(20))
def test_each_excerpt_shows_what_is_shown_of_the_whole_text_with_credentials_masked(seed: int) -> None:
    drawn = random.Random(seed)
    bits = [
        "x y\n" * 1500,
        "\u00e9\u4e2d a\u200bb\n",
        "\n",
        "\r\n",
        "key = '",
        "'\n",
        *TOKENS.values(),
        _key(),
        "a b\n" * 90,
    ]
    content = "".join(drawn.choices(bits, k=60)).encode()
    lines = masked(content).decode().split("\n")
    for number in drawn.sample(range(1, len(lines) + 1), k=min(len(lines), 60)):
        excerpt, _ = take_excerpt(Location("a.md", line=number), lambda _path: Quotable(content))
        assert excerpt is not None
        assert excerpt.lines == (lines[number - 1][:400].rstrip("\r"),)


def test_the_excerpt_of_another_rule_shows_no_credential_that_begins_or_ends_far_away() -> None:
    long = "x " * 5000 + TOKENS["anthropic"] + " \x1b" + " y" * 5000
    key = _key().replace("\n", "\x1b\n")
    for content in (long, key):
        report = check(make_tree({"a.md": content.encode()}))
        control = [found for found in report if found.rule == "text-control"]
        assert control
        assert all(found.excerpt for found in control)
        assert TOKENS["anthropic"][20:60] not in text.render(report, Look())
        assert key[200:220] not in text.render(report, Look())


def test_a_skill_with_a_token_in_its_description_is_not_packed() -> None:
    content = MANIFEST.replace(b"Shows", TOKENS["anthropic"].encode())
    assert not check(make_tree({"SKILL.md": content})).ok


def test_the_invented_tokens_are_as_random_as_real_ones() -> None:
    assert len({random_text(36), random_text(36, HEX), random_text(36, string.digits)}) == 3


def test_no_line_of_a_key_is_quoted_whatever_interrupts_it() -> None:
    lines = private_key("RSA ").splitlines()
    lines[8] = lines[8][:30] + "\u200b" + lines[8][30:]
    report = Builder().check(make_tree({"notes.md": "\n".join(["Text.", *lines, ""]).encode()}))
    assert {"secret-text", "text-invisible"} <= {finding.rule for finding in report}
    told = text.render(report, Look()) + as_json.render(report)
    assert not [line for line in lines[2:-1] if line[:20] in told]
