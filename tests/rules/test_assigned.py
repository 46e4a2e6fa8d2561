"""Literals that are assigned to the name of a credential."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import skillpack
from skillpack.rules import engine, secrets_assigned
from skillpack.secrets.runs import find_runs
from skillpack.skill.tree import SkillTree
from tests.conftest import MANIFEST
from tests.rules.invented import HEX, random_text

if TYPE_CHECKING:
    from collections.abc import Callable


def found(text: str, path: str = "run.py") -> int:
    tree = SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", path: text.encode()}, "demo")
    return sum(finding.rule == "secret-assigned" for finding in skillpack.check(tree))


FORMS = [
    '{name} = "{value}"',
    "{name}: '{value}'",
    "export {name}={value}",
    '"{name}": "{value}",',
    "{name} := `{value}`",
    "const my{name} = '{value}';",
    'headers["{name}"] = "Bearer {value}"',
    "| `{name}` = `{value}` |",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "name", ["API_KEY", "client_secret", "accessToken", "db-password", "AUTH_TOKEN_PROD", "x-api-key"]
)
def test_random_literals_are_found_in_every_form(form: str, name: str) -> None:
    values = [
        random_text(length, alphabet, seed)
        for seed in range(25)
        for length, alphabet in ((24, _WORD), (40, HEX), (64, _WORD))
    ]
    text = "".join(form.format(name=name, value=value) + "\n" for value in values)
    assert sum(found(line) for line in text.splitlines()) >= 0.95 * len(values)


_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_VALUE = random_text(32)
_LETTERS = random_text(20, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.parametrize(
    "text",
    [
        'API_KEY = "your-api-key-goes-here-0123456789"',
        'API_KEY = "abcdefghijklmnopqrstuvwxyz012345"',
        'API_KEY = "a1b2c3d4e5f6a1b2c3d4e5f6example"',
        f'Example: API_KEY = "{_VALUE}"',
        f'# e.g. token = "{_VALUE}"',
        f'❌ API_KEY = "{_VALUE}"',
        f'token = "{uuid.UUID(int=0x1234567890ABCDEF1234567890ABCDEF)}"',
        f'public_key = "{_VALUE}"',
        f'token_mint = "{_VALUE}"',
        f'token_address = "0x{random_text(40, HEX)}"',
        f'keyboard = "{_VALUE}"',
        f"https://example.org/detail?dockey={_VALUE}",
        f'next_page_token = "{_VALUE}"',
        f'name = "{_VALUE}"',
        'key = "getUserById2FromTheDatabase"',
        'model_key = "claude-3-5-sonnet-20241022-v2"',
        "api_key = os.environ.get_the_key_from_vault()",
        "token = settings.services.payment.token1.value2",
        'key = "references/forms/annex-2024-01-31-final.md"',
        f'token = "{_VALUE[:24]}..."',
        f'private_key = "0x{"ab" * 32}"',
        f'"merchantModelKey": "{random_text(24, HEX)}"',
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        'COSMOS_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="',
        'SECRET_KEY = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"',
        "php artisan env:encrypt --key=3UVsEgGVK36XN82KKeyLFMhvosbZN1aF",
    ],
)
def test_samples_and_other_values_are_not_found(text: str) -> None:
    assert found(text) == 0


def test_hexadecimal_private_keys_are_found_and_other_hashes_are_not() -> None:
    value = random_text(64, HEX)
    assert found(f"PRIVATE_KEY=0x{value}\n") == 1
    assert found(f"privateKey: {value}\n") == 1
    assert found(f"key_sha256: {value}\n") == 0
    assert found(f'"api_key": "{value}"\n', "package-lock.json") == 0


def test_what_secret_text_reports_is_not_reported_twice() -> None:
    value = "gh" + "p_" + random_text(36)
    report = skillpack.check(
        SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", "a.py": f'token = "{value}"'.encode()})
    )
    assert [finding.rule for finding in report] == ["secret-text"]


def test_the_value_is_shown_nowhere() -> None:
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST, "a.py": f'token = "{_VALUE}"'.encode()}))
    (finding,) = (finding for finding in report if finding.rule == "secret-assigned")
    assert _VALUE not in repr(finding)
    assert finding.excerpt is None


def _reports(texts: list[str]) -> dict[str, list[str]]:
    files = {f"f{number:03}.py": text.encode() for number, text in enumerate(texts)}
    tree = SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", **files}, "demo")
    messages: dict[str, list[str]] = {path: [] for path in files}
    for finding in skillpack.check(tree):
        if finding.rule == "secret-assigned":
            messages[finding.location.path].append(finding.message)
    return messages


_ASSIGNED = f'api_key = "{_VALUE}"\n'


@pytest.mark.parametrize(
    "filler",
    [
        pytest.param(_ASSIGNED * 12, id="literals"),
        pytest.param(f'api_key = "{"a1" * 16}"\n' * 400, id="samples"),
        pytest.param("a1" * 8 + " key\n" + ("a1" * 8 + " ") * 8_000, id="long words"),
        pytest.param("a1" * 8 + " key\n" + (_LETTERS[:16] + " ") * 8_000, id="words without digits"),
        pytest.param(("key" + "= " * 45 + "a1" * 8 + "\n") * 100, id="signs"),
    ],
)
def test_every_file_after_too_many_words_is_reported_as_not_scanned(filler: str) -> None:
    reports = _reports([filler + _ASSIGNED] * 120)
    unread = [path for path, messages in reports.items() if any("not scanned" in each for each in messages)]
    assert all(reports.values())
    assert unread == sorted(reports)[-len(unread) :]
    assert 0 < len(unread) < 120


def test_a_file_without_the_name_of_a_credential_takes_nothing_of_the_budget() -> None:
    reports = _reports([("a1" * 8 + " ") * 8_000] * 40 + [_ASSIGNED])
    assert [len(messages) for messages in reports.values()] == [0] * 40 + [1]
    assert "not scanned" not in reports["f040.py"][0]


def test_of_many_literals_in_one_file_twenty_are_listed_and_the_rest_is_mentioned() -> None:
    (messages,) = _reports([_ASSIGNED * 30]).values()
    assert len(messages) == 21
    assert "there are more than 20 such places in the file" in messages
    (messages,) = _reports([_ASSIGNED * 20]).values()
    assert len(messages) == 20


@pytest.mark.parametrize("line", [1, 2, 40, 4_000])
def test_the_place_of_each_literal_is_its_line_and_column(line: int) -> None:
    text = "é = 1\n" * (line - 1) + f"é, {_ASSIGNED}{_ASSIGNED}"
    tree = SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", "a.py": text.encode()}, "demo")
    places = [finding.location for finding in skillpack.check(tree) if finding.rule == "secret-assigned"]
    assert [(place.line, place.column) for place in places] == [(line, 15), (line + 1, 12)]


_PART = st.sampled_from([_LETTERS, _LETTERS[:16], _VALUE[:15], _VALUE[:16], "73", "9", "ab"])
_LITERALS = st.builds(
    lambda parts, between: between.join(parts), st.lists(_PART, max_size=4), st.sampled_from("+~=-_.")
)
_LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["api_key", "token", "x", "", "a" * 100 + "token"]),
    st.sampled_from([" = ", "=", ": '", ' => "', ": Bearer ", " "]),
    _LITERALS,
    st.sampled_from(["\n", "'\r\n", '"\n', " ", "= "]),
)


def _every_run(text: bytes, _runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [run.span() for run in re.finditer(rb"[A-Za-z0-9]{16,}", text)]


def test_a_literal_is_found_wherever_in_it_the_digits_are() -> None:
    for value in (f"{_LETTERS}+7391", f"7391+{_LETTERS}", f"{_LETTERS}~ab~7391", f"{_VALUE[:16]}-{_LETTERS}"):
        assert found(f'api_key = "{value}"\n') == 1, value


@given(st.lists(_LINES, max_size=8).map("".join))
@example(f"api_key = {_LETTERS}+7391")
@example(f"api_key = 7391+{_LETTERS}")
@example(f"token: {'abcd' * 25}token= '{_VALUE}'")
def test_runs_that_are_ruled_out_change_nothing(text: str) -> None:
    reports = _reports([text, text * 3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets_assigned, "_find_solid", _every_run)
        assert _reports([text, text * 3]) == reports


@given(st.lists(_LINES, max_size=8).map("".join), st.integers(1, 40))
def test_the_same_is_found_in_a_text_of_many_runs_as_where_they_are_few(text: str, often: int) -> None:
    def reports(runs: Callable[[bytes, bytes], list[tuple[int, int]] | None]) -> dict[str, list[str]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "find_few_runs", runs)
            return _reports([text * often])

    assert reports(lambda _text, _least: None) == reports(find_runs)
