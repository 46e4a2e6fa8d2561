from __future__ import annotations

import hashlib
import json
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Settings, Severity, check
from skillpack.builder import Builder
from skillpack.output import json as as_json
from skillpack.output import text
from skillpack.output.look import Look
from skillpack.rules.tokens import is_text, masked, tokens
from tests.conftest import MANIFEST, make_tree
from tests.rules.invented import HEX, JWT, KEY_BODY, TOKENS, private_key, random_text

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
def test_a_token_is_found_wherever_it_stands(kind: str, where: str) -> None:
    content = where.format(TOKENS[kind]).encode()
    (found,) = tokens(content)
    assert content[found.start : found.end].decode() in TOKENS[kind]  # a webhook without its https://
    assert TOKENS[kind].encode()[-20:] not in masked(content)


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
    line = f"description: Use when: {value}"  # also the line that a rule on YAML quotes and offers to mend
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
    ],
)  # fmt: skip
def test_a_file_that_programs_keep_credentials_in_is_told_by_its_name(path: str) -> None:
    assert rules_of({path: b"x"}) == {"secret-file"}


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", ".env.template", ".env.dist", ".env.local.example", "env", "environment.md",
        "id_rsa.pub", "docs/credentials.md", "my-credentials.json.md", "config.json", "aws/config", "x.tf", "p12",
        "cert.pem", "slides.key", "public.key",
    ],
)  # fmt: skip
def test_a_name_that_only_sounds_like_it_is_fine(path: str) -> None:
    assert rules_of({path: b"-----BEGIN CERTIFICATE-----\n"}) == set()


@pytest.mark.parametrize("path", ["server.pem", "SERVER.KEY"])
def test_a_key_file_is_told_by_its_content(path: str) -> None:
    assert "secret-file" in rules_of({path: private_key("RSA ").encode()})


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
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_mebibyte_of_hostile_text_takes_no_longer_than_its_length(kind: str) -> None:
    def seconds(content: bytes) -> float:
        begin = time.thread_time()
        list(tokens(content))
        return time.thread_time() - begin

    content = HOSTILE[kind]
    half = min(seconds(content[: len(content) // 4]) for _ in range(3))
    assert seconds(content) < max(10 * half, 0.25)


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
