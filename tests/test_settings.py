from __future__ import annotations

import json
import os
import random
import re
import socket
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft7Validator

from skillpack.api import Builder
from skillpack.cli import main
from skillpack.errors import SettingsError
from skillpack.rules import HELD, RULES, explain_refused_level, select
from skillpack.settings import ContainerDefaults, Settings, from_table, to_table
from skillpack.settings.file import NEGATION, OWN, SHARED, SettingsFile, SettingsFinder
from skillpack.settings.schema import SCHEMA
from tests import samples
from tests.bounds import best_of, processor_time
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MakeSkill


def read(path: Path, text: str) -> SettingsFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    file = SettingsFile.read(path)
    assert file is not None
    return file


def refusal(path: Path, text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(path, text)
    return caught.value


def shown_settings() -> Iterator[tuple[str, str, str]]:
    """Yield (page and line, file name, text) of every sample in README and docs that is settings of skillpack."""
    for page in samples.pages():
        for block in samples.blocks(page):
            tables = tomllib.loads(block.text) if block.kind == "toml" else {}
            place = f"{page.relative_to(samples.ROOT).as_posix()}:{block.line}"
            if "skillpack" in tables.get("tool", {}):
                yield place, "pyproject.toml", block.text
            elif not tables.keys() & {"tool", "project", "build-system"} and block.kind == "toml":
                yield place, "skillpack.toml", block.text


SHOWN: Final = list(shown_settings())


@pytest.mark.parametrize(("name", "text"), [each[1:] for each in SHOWN], ids=[place for place, *_ in SHOWN])
def test_every_sample_of_settings_in_the_documentation_is_valid(tmp_path: Path, name: str, text: str) -> None:
    select(from_table(read(tmp_path / name, text).table_of(tmp_path)))


def test_the_samples_of_settings_are_found() -> None:
    places = {place.partition(":")[0] for place, *_ in SHOWN}
    assert "docs/reference/settings.md" in places
    assert {f"docs/reference/rules/{id}.md" for id in RULES if id not in HELD} <= places


def test_the_nearest_file_above_the_skill_speaks_for_it(tmp_path: Path) -> None:
    read(tmp_path / "skillpack.toml", 'exclude = ["far"]')
    read(tmp_path / "team" / "pyproject.toml", '[tool.skillpack]\nexclude = ["near"]')
    (tmp_path / "team" / "skills" / "a").mkdir(parents=True)
    (tmp_path / "team" / "skills" / "pyproject.toml").write_text("[tool.ruff]\n", "utf-8")
    file = SettingsFinder().above(str(tmp_path / "team" / "skills" / "a"))
    assert file is not None
    assert from_table(file.table_of(tmp_path / "team" / "skills" / "a")).exclude == ("near",)


def test_skillpack_toml_goes_before_the_pyproject_beside_it(tmp_path: Path) -> None:
    read(tmp_path / "pyproject.toml", "[tool.skillpack]\ngitignore = true")
    read(tmp_path / "skillpack.toml", "gitignore = false")
    file = SettingsFinder().nearest_to(tmp_path)
    assert file is not None
    assert file.path.name == "skillpack.toml"


def test_a_file_above_many_folders_of_skills_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "skillpack.toml").write_text('exclude = ["x"]')
    parsed: list[str] = []
    loads = tomllib.loads

    def count(text: str) -> dict[str, Any]:
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", count)
    finder = SettingsFinder()
    found = [finder.above(str(tmp_path / f"plugin-{number}" / "skills" / "demo")) for number in range(20)]
    assert {file.path for file in found if file} == {tmp_path / "skillpack.toml"}
    assert len(parsed) == 1


@pytest.mark.parametrize("seed", range(30))
def test_each_of_many_folders_has_the_nearest_file_that_no_skill_contains(tmp_path: Path, seed: int) -> None:
    drawn = random.Random(seed)
    folders = [tmp_path]
    for _ in range(12):
        folders.append(drawn.choice(folders) / drawn.choice("abc"))
        folders[-1].mkdir(exist_ok=True)
        for name, content, chance in (
            ("SKILL.md", MANIFEST, 0.2),
            ("skillpack.toml", b"", 0.2),
            ("pyproject.toml", b"[tool.skillpack]\n", 0.2),
            ("pyproject.toml", b"[tool.other]\n", 0.1),
        ):
            if drawn.random() < chance:
                (folders[-1] / name).write_bytes(content)
    finder = SettingsFinder()
    for folder in drawn.choices(folders, k=40):
        above = [folder, *folder.parents]
        skills = [at for at, each in enumerate(above) if (each / "SKILL.md").exists()]
        candidates = [each / name for each in above[skills[-1] + 1 if skills else 0 :] for name in (OWN, SHARED)]
        expected = next((each for each in candidates if each.exists() and SettingsFile.read(each)), None)
        found = finder.nearest_to(folder)
        assert (found and found.path) == expected


def test_a_file_inside_a_skill_never_counts(make_skill: MakeSkill, tmp_path: Path) -> None:
    outer = make_skill({"skillpack.toml": '[rules]\ntoo-many-files = "off"', "sub/SKILL.md": "x", "sub/a/b": "x"})
    finder = SettingsFinder()
    assert finder.above(str(outer)) is None
    assert finder.above(str(outer / "sub")) is None, "it lies in the skill around it"
    assert finder.nearest_to(outer / "sub" / "a") is None
    read(tmp_path / "skillpack.toml", "gitignore = false")
    assert SettingsFinder().above(str(outer / "sub")) is not None


def test_dots_in_a_path_do_not_hide_that_a_file_lies_in_the_skill(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_skill({"skillpack.toml": "gitignore = false", "docs/a.md": ""})
    monkeypatch.chdir(root / "docs")
    assert SettingsFinder().above("..") is None


def test_every_setting_of_a_file_arrives(tmp_path: Path) -> None:
    text = f"""
        targets = ["agentskills"]
        exclude = ["drafts/"]
        include = [".env.example"]
        gitignore = false
        default-excludes = false
        compression = "store"
        [rules]
        hard-link = "off"
        [allow-secrets]
        "assets/ca.pem" = "{"0a" * 32}"
        [container]
        name = "forms"
        memory = "4g"
        expires-after = 20
        allow-domains = ["api.buildkite.com"]
    """
    assert from_table(read(tmp_path / "skillpack.toml", text).table_of(tmp_path / "a")) == Settings(
        exclude=["drafts/"],
        include=[".env.example"],
        gitignore=False,
        default_excludes=False,
        compression="store",
        rules={"hard-link": "off"},
        targets=("agentskills",),
        allow_secrets={"assets/ca.pem": "0a" * 32},
        container=ContainerDefaults(name="forms", memory="4g", expires_after=20, allow_domains=("api.buildkite.com",)),
    )


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("skills/old-*", "skills/old-a", "skills/a"),
        ("skills/*", "skills/a", "skills/a/b"),
        ("skills/**", "skills/a/b", "other/a"),
        ("**/old", "a/b/old", "a/b/older"),
        ("./skills/a/", "skills/a", "skills/b"),
        ("old", "old", "skills/old"),
    ],
)
def test_overrides_set_levels_for_the_skills_they_name(tmp_path: Path, pattern: str, matching: str, other: str) -> None:
    text = f'[rules]\nhard-link = "warning"\n[[overrides]]\nskills = ["{pattern}"]\nrules = {{ hard-link = "off" }}\n'
    file = read(tmp_path / "skillpack.toml", text)
    assert from_table(file.table_of(tmp_path / matching)).rules == {"hard-link": "off"}
    assert from_table(file.table_of(tmp_path / other)).rules == {"hard-link": "warning"}


def test_of_two_overrides_the_last_wins(tmp_path: Path) -> None:
    both = "".join(
        f'[[overrides]]\nskills = ["*"]\nrules = {{ hard-link = "{level}" }}\n' for level in ("off", "error")
    )
    assert from_table(read(tmp_path / "skillpack.toml", both).table_of(tmp_path / "a")).rules == {"hard-link": "error"}


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ('exclud = ["a"]', 1, "exclud", "is not known; did you mean exclude?"),
        ("zzz = 1", 1, "zzz", "is not known"),
        ('\nexclude = "a"', 2, "exclude", "must be an array, not a string"),
        ("exclude = [1]", 1, "exclude[0]", "must be a string, not a number"),
        ('exclude = ["a", "!b"]', 1, "exclude[1]", NEGATION),
        ('include = ["!b"]', 1, "include[0]", NEGATION),
        ('gitignore = "no"', 1, "gitignore", "must be true or false, not a string"),
        ("gitignore = 1", 1, "gitignore", "must be true or false, not a number"),
        ("targets = 1979-05-27", 1, "targets", "must be an array, not a date or time"),
        ('compression = "zip"', 1, "compression", "must be deflate, smallest or store"),
        ('# a\n[rules]\n"x" = "fatal"', 3, "rules.x", "must be error, warning, note or off"),
        ("rules = 2.5", 1, "rules", "must be a table, not a float"),
        ("max-contents = 1.5", 1, "max-contents", "must be a whole number, not a float"),
        ("max-contents = 1e3", 1, "max-contents", "must be a whole number, not a float"),
        ("max-contents = nan", 1, "max-contents", "must be a whole number, not a float"),
        ("\n[[rules]]", 2, "rules", "must be a table, not an array"),
        ("\n[[container]]\n[[container]]", 2, "container", "must be a table, not an array"),
        ("\n[overrides]", 2, "overrides", "must be an array, not a table"),
        ("\n[exclude.a]", 2, "exclude", "must be an array, not a table"),
        ("exclude.a = 1", 1, "exclude", "must be an array, not a table"),
        ("\n[[rules.x]]", 2, "rules.x", "must be error, warning, note or off"),
        ("[container]\nexpires-after = true", 2, "container.expires-after", "must be a whole number, not a boolean"),
        ("[container]\nexpires-after = 0", 2, "container.expires-after", "must be at least 1"),
        ('[container]\nmemory = "2g"', 2, "container.memory", "must be 1g, 4g, 16g or 64g"),
        ('[container]\nmemori = "1g"', 2, "container.memori", "is not known; did you mean memory?"),
        ('[allow-secrets]\na = "abc"', 2, "allow-secrets.a", "must be a SHA-256: 64 lowercase hexadecimal digits"),
        ('[[overrides]]\nskills = ["a"]', 1, "overrides[0]", "lacks the key rules"),
        (
            '[[overrides]]\nskills=[]\nrules={}\n[[overrides]]\nskills=[]\nrules={}\nlevel="off"',
            7,
            "overrides[1].level",
            "is not known",
        ),
        ("a = = 1", 1, None, "is not TOML: invalid value (column 5)"),
        ("a = " + "[" * 5000, None, None, "is nested too deeply"),
    ],
)
def test_what_makes_no_sense_is_told_with_file_line_and_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    text: str,
    line: int | None,
    key: str | None,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refusal(tmp_path / "skillpack.toml", text)
    assert (error.file, error.line, error.key, error.message) == ("skillpack.toml", line, key, message)
    in_pyproject = re.sub(r"(?m)^(\[\[?)", r"\1tool.skillpack.", text)
    if key and "[" not in text:
        error = refusal(tmp_path / "pyproject.toml", f"[project]\n[tool.skillpack]\n{in_pyproject}")
        assert (error.file, error.line, error.key) == ("pyproject.toml", (line or 0) + 2, f"tool.skillpack.{key}")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[tool]\nskillpack = 3", 2, "tool.skillpack: must be a table, not a number"),
        ("\ntool.skillpack = 3", 2, "tool.skillpack: must be a table, not a number"),
        ("\n[[tool.skillpack]]", 2, "tool.skillpack: must be a table, not an array"),
        ("\ntool = {skillpack = {x = 1}}", 2, "tool.skillpack.x: is not known"),
    ],
)
def test_the_table_of_a_pyproject_must_be_one(tmp_path: Path, text: str, line: int, message: str) -> None:
    assert str(refusal(tmp_path / SHARED, text)).endswith(f"{SHARED}:{line}: {message}")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = ", 1, "invalid value (end of file)"),
        ("x = \n", 1, "invalid value (column 5)"),
        ("a = 1\na = 2\n", 2, "cannot overwrite a value (column 6)"),
        ("a = [1\n\n", 1, "unclosed array (end of file)"),
        ("\n<<<<<<< HEAD\n", 2, "invalid statement (column 1)"),
        ("[a]\n[a]", 2, "cannot declare a twice (column 3)"),
        ("[a.b-c]\n[a.b-c]", 2, "cannot declare a.b-c twice (column 7)"),
        ('["a b".c]\n["a b".c]', 2, 'cannot declare "a b".c twice (column 9)'),
        ('a = {"it\'s" = 1, "it\'s" = 2}', 1, 'duplicate inline table key "it\'s" (column 28)'),
        ('x = "\x1b"', 1, r"illegal character '\x1b' (column 6)"),
        ('[x]\n["\u202ea"]\n["\u202ea"]', 3, r'cannot declare "\u202ea" twice (column 6)'),
        ('["(at line 9, column 9)"]\n' * 2, 2, 'cannot declare "(at line 9, column 9)" twice (column 25)'),
    ],
)
def test_what_is_not_toml_has_the_reason_and_the_column_in_one_line(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    error = refusal(tmp_path / OWN, text)
    assert (error.line, error.message) == (line, f"is not TOML: {reason}")


def test_the_reason_why_a_file_is_not_toml_is_cut_where_it_repeats_a_long_key(tmp_path: Path) -> None:
    secret = "k" * 300
    message = refusal(tmp_path / OWN, f"[{secret}]\n" * 2).message
    assert message == f"is not TOML: cannot declare {'k' * 59}… twice (column 302)"


def test_a_pyproject_that_only_mentions_us_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\ndependencies = ["skillpack"]\n', "utf-8")
    assert SettingsFile.read(path) is None
    with pytest.raises(SettingsError, match=r"has no table \[tool\.skillpack\]"):
        SettingsFinder(path).nearest_to(tmp_path)


def test_a_broken_pyproject_that_does_not_mention_us_is_not_our_business(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("= broken", "utf-8")
    assert SettingsFile.read(path) is None


@pytest.mark.parametrize("content", [b"\xff", b"#" * (64 << 10) + b"#", None])
def test_a_file_that_cannot_be_read_is_said_to_be(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "skillpack.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"not UTF-8|larger than 65,536 bytes|cannot be read"):
        SettingsFile.read(path)


def make_unreadable(path: Path, kind: str) -> None:
    match kind:
        case "dangling symlink":
            path.symlink_to("gone.toml")
        case "symlink loop":
            path.symlink_to(path.name)
        case "symlink to a folder":
            path.symlink_to(".")
        case "FIFO":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(os.path.relpath(path))  # an address has no room for a long path
        case "folder":
            path.mkdir()


UNREADABLE: Final = {
    "dangling symlink": "cannot be read: it is a symlink to a file that does not exist",
    "symlink loop": "cannot be read: too many levels of symbolic links",
    "symlink to a folder": "is not a regular file",
    "FIFO": "is not a regular file",
    "socket": "is not a regular file",
    "folder": "is not a regular file",
}


@pytest.mark.parametrize("name", [OWN, SHARED])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_settings_file_that_cannot_be_read_is_an_error_not_the_defaults(
    tmp_path: Path,
    make_skill: MakeSkill,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    name: str,
    kind: str,
) -> None:
    root = make_skill(name="skills/demo")
    root.joinpath("SKILL.md").write_bytes(MANIFEST)
    monkeypatch.chdir(tmp_path)
    make_unreadable(tmp_path / name, kind)
    assert main(["check", "skills/demo"]) == 2
    assert capsys.readouterr().err == f"error: {name}: {UNREADABLE[kind]}\n"
    with pytest.raises(SettingsError) as caught:
        Settings.find(root)
    assert (caught.value.file, caught.value.message) == (name, UNREADABLE[kind])
    read(tmp_path / "skills" / OWN, "")
    assert main(["check", "skills/demo"]) == 0, "a nearer file counts"


def test_what_is_named_like_a_settings_file_in_a_skill_is_not_read(make_skill: MakeSkill) -> None:
    root = make_skill()
    make_unreadable(root / OWN, "dangling symlink")
    assert Settings.find(root) == Settings()


def test_control_characters_of_a_key_are_escaped_and_a_long_key_is_cut(tmp_path: Path) -> None:
    error = refusal(tmp_path / "skillpack.toml", f'"\\u001b[2J{"a" * 500}" = 1')
    assert "\x1b" not in str(error)
    assert error.key is not None
    assert len(error.key) < 120


def test_the_config_named_counts_even_inside_a_skill(make_skill: MakeSkill) -> None:
    root = make_skill({"strict.toml": 'targets = ["agentskills"]'})
    file = SettingsFinder(root / "strict.toml").above(str(root))
    assert file is not None
    assert from_table(file.table_of(root)).targets == ("agentskills",)


@pytest.mark.parametrize(
    "given",
    [
        {"exclude": "drafts/"},
        {"include": [1]},
        {"rules": {"hard-link": "fatal"}},
        {"compression": "zip"},
        {"targets": ["claude"]},
        {"gitignore": "no"},
        {"allow_secrets": {"a": "b"}},
    ],
)
def test_settings_of_a_program_are_held_to_the_same_schema(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="must be"):
        Settings(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": 1}, "container.name: must be a string, not a number"),
        ({"memory": "2g"}, "container.memory: must be 1g, 4g, 16g or 64g"),
        ({"memory": ""}, "container.memory: must be 1g, 4g, 16g or 64g"),
        ({"expires_after": 0}, "container.expires-after: must be at least 1"),
        ({"expires_after": 1.5}, "container.expires-after: must be a whole number, not a float"),
        ({"allow_domains": "a.com"}, "container.allow-domains: must be an array, not a string"),
        ({"allow_domains": (1,)}, "container.allow-domains[0]: must be a string, not a number"),
        ({"allow_domains": None}, "container.allow-domains: must be an array, not None"),
    ],
)
def test_defaults_of_a_container_are_refused_when_they_are_made(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ContainerDefaults(**given)
    assert str(caught.value).startswith(message)


def test_settings_copy_what_they_are_given() -> None:
    domains: Any = ["a.com"]
    assert ContainerDefaults(allow_domains=domains).allow_domains == ("a.com",)
    patterns = ["a"]
    settings = Settings(exclude=patterns)
    patterns.append("b")
    assert settings.exclude == ("a",)
    assert hash(settings) == hash(Settings(exclude=("a",)))


@pytest.mark.parametrize("id", sorted(HELD))
def test_what_could_not_be_packed_soundly_stays_an_error(id: str) -> None:
    for level in ("off", "note", "warning"):
        with pytest.raises(SettingsError, match="always an error"):
            select(Settings(rules={id: level}))
    assert select(Settings(rules={id: "error"})) == {id: "error"}


def test_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match=r"rules\.hard-lnk: there is no such rule; did you mean hard-link\?"):
        Builder(Settings(rules={"hard-lnk": "off"})).check(make_tree())


def test_the_target_agentskills_raises_levels_where_the_settings_say_nothing() -> None:
    assert select(Settings(targets=("agentskills",)))["name-not-directory"] == "error"
    strict = Settings(targets=("agentskills",), rules={"name-not-directory": "note"})
    assert select(strict)["name-not-directory"] == "note", "the settings have the last word"
    assert select(Settings()) == {}


def test_no_rule_that_is_off_lets_an_unsound_skill_through() -> None:
    everything: dict[str, Any] = {id: "off" for id in RULES if not explain_refused_level(id, "off")}
    for broken in (
        {"SKILL.md": b"no frontmatter"},
        {"SKILL.md": b"---\nname: Demo/x\ndescription: y\n---\n"},
        {"a:b": b""},
    ):
        assert not Builder(Settings(rules=everything)).check(make_tree(broken)).ok


def test_the_schema_for_editors_is_the_one_we_hold_settings_to() -> None:
    text = files("skillpack").joinpath("schemas", "settings.schema.json").read_text("utf-8")
    assert text == json.dumps(SCHEMA, indent=2) + "\n", "write it anew: json.dumps(SCHEMA, indent=2)"
    Draft7Validator.check_schema(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "exclud = 1",
        "exclude = [1]",
        "gitignore = 1",
        '[rules]\na = "off"',
        '[rules]\na = "of"',
        "[container]\nexpires-after = 0",
        "[container]\nexpires-after = 20",
        "[container]\nexpires-after = true",
        '[container]\nmemory = "2g"',
        '[allow-secrets]\na = "0"',
        '[[overrides]]\nskills = ["a"]',
        '[[overrides]]\nskills = ["a"]\nrules = { a = "off" }',
        "rules = 1",
        'targets = ["agentskills"]',
    ],
)
def test_jsonschema_agrees_on_what_makes_sense(tmp_path: Path, text: str) -> None:
    (tmp_path / "skillpack.toml").write_text(text, "utf-8")
    try:
        SettingsFile.read(tmp_path / "skillpack.toml")
    except SettingsError:
        ours = False
    else:
        ours = True
    assert Draft7Validator(SCHEMA).is_valid(tomllib.loads(text)) is ours


def test_settings_go_to_a_table_and_back() -> None:
    settings = Settings(exclude=["a"], rules={"hard-link": "off"}, container=ContainerDefaults(memory="1g"))
    assert from_table(to_table(settings)) == settings
    assert from_table(to_table(Settings())) == Settings()


CONTAINER: Final = """
[container]
name = "forms"
memory = "4g"
expires-after = 20
allow-domains = ["api.buildkite.com"]
"""


def body(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> dict[str, Any]:
    assert main(["container", *arguments]) == 0
    made = json.loads(capfdbinary.readouterr().out)
    assert isinstance(made, dict)
    return made


def test_a_container_takes_what_is_not_given_from_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    read(tmp_path / "skillpack.toml", CONTAINER)
    monkeypatch.chdir(tmp_path)
    assert body(capfdbinary) == {
        "name": "forms",
        "expires_after": {"anchor": "last_active_at", "minutes": 20},
        "memory_limit": "4g",
        "network_policy": {"type": "allowlist", "allowed_domains": ["api.buildkite.com"]},
    }
    given = body(capfdbinary, "--name", "other", "--memory", "1g", "--expires-after", "5", "--no-network")
    assert given == {
        "name": "other",
        "expires_after": {"anchor": "last_active_at", "minutes": 5},
        "memory_limit": "1g",
        "network_policy": {"type": "disabled"},
    }


def test_a_container_without_any_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["container"]) == 2
    assert "'--name'" in capfd.readouterr().err


def test_each_skill_is_judged_under_its_own_file(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for folder, level in (("one", "error"), ("two", "off")):
        make_skill({"other.md": "[a](gone.md)"}, name=f"{folder}/demo").joinpath("SKILL.md").write_bytes(MANIFEST)
        read(tmp_path / folder / "skillpack.toml", f'[rules]\nreference-broken = "{level}"')
    monkeypatch.chdir(tmp_path)
    assert main(["check", "one", "two", "--output-format", "concise"]) == 1
    said = capfd.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in said] == ["note[name-not-unique]:", "one/demo/other.md:1:5:", "2"]


def test_options_go_before_the_file_and_patterns_come_after_its_own(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    read(tmp_path / "skillpack.toml", 'exclude = ["a"]\ntargets = ["agentskills"]\ncompression = "store"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["check", "demo", "--show-settings", "--exclude", "b", "--target", "openai"]) == 0
    said = {tuple(part.strip() for part in line.split("  # ")) for line in capfd.readouterr().out.splitlines()}
    assert {
        ('exclude = ["a", "b"]', "skillpack.toml:1, option"),
        ('targets = ["openai"]', "option"),
        ('compression = "store"', "skillpack.toml:3"),
        ("gitignore = true", "default"),
    } <= said


def test_the_config_option_names_the_file(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    read(tmp_path / "skillpack.toml", "gitignore = false")
    (tmp_path / "other.toml").write_text("gitignor = true", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "demo", "--config", "other.toml"]) == 2
    assert capfd.readouterr().err == "error: other.toml:1: gitignor: is not known; did you mean gitignore?\n"
    assert main(["check", "demo", "--config", "gone.toml"]) == 2


def test_every_fault_of_a_file_is_told_at_once_with_its_line(
    tmp_path: Path, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    (tmp_path / "skillpack.toml").write_text('gitignore = 1\nincldue = []\n[rules]\na = "of"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "demo"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" must")[0].partition(" is not")[0] for line in said] == [
        "error: skillpack.toml:1: gitignore:",
        "error: skillpack.toml:2: incldue:",
        "error: skillpack.toml:4: rules.a:",
    ]
    assert str(refusal(tmp_path / "skillpack.toml", "a = 1\nb = 2\n")).count("is not known") == 2


def test_every_rule_that_there_is_not_is_told_at_once(
    tmp_path: Path, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    (tmp_path / "skillpack.toml").write_text('[rules]\nhard-lnk = "off"\nlink-escaps = "off"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "demo"]) == 2
    assert capsys.readouterr().err.count("there is no such rule; did you mean ") == 2


def test_a_byte_order_mark_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "skillpack.toml", "\ufeffgitignore = true\n")
    assert (error.message, error.line) == ("starts with a byte order mark, which TOML does not allow", 1)


def test_a_pattern_of_many_stars_takes_no_longer_than_one_of_few(tmp_path: Path) -> None:
    stars = "**/" * 40
    file = read(
        tmp_path / "skillpack.toml",
        f'[[overrides]]\nskills = ["{stars}x", "{"**/a/" * 20}x"]\nrules = {{ hard-link = "off" }}\n',
    )
    with processor_time(1):
        assert from_table(file.table_of(tmp_path / ("a/" * 60))).rules == {}
        assert from_table(file.table_of(tmp_path / ("a/" * 60) / "x")).rules == {"hard-link": "off"}


def test_settings_shown_are_toml_that_says_the_same(
    tmp_path: Path, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    odd = ["\U0001f600", "é", 'a"b\\c', "\x7f", "\u202e", "\U000e0041"]
    (tmp_path / "skillpack.toml").write_text(
        f"exclude = {json.dumps(odd[:2], ensure_ascii=False)}\n[allow-secrets]\n\"\U0001f600.pem\" = '{'a' * 64}'\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    given = [part for pattern in odd[2:] for part in ("--exclude", pattern)]
    assert main(["check", "demo", "--show-settings", *given]) == 0
    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    table = tomllib.loads(shown)
    assert table["exclude"] == odd
    assert table["allow-secrets"] == {"\U0001f600.pem": "a" * 64}


def idle_overrides(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["check", *arguments])
    return [line for line in capsys.readouterr().err.splitlines() if "matches no skill" in line]


def test_an_override_that_matches_no_skill_is_told_where_all_skills_were_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_skill(name="demo")
    make_skill(name="other")
    overrides = "".join(
        f'[[overrides]]\nskills = {json.dumps(patterns)}\nrules = {{ hard-link = "off" }}\n'
        for patterns in (["dem*", "./other/"], ["old-*", "**/demo", "bundle.zip"])
    )
    read(tmp_path / "skillpack.toml", overrides)
    tmp_path.joinpath("bundle.zip").touch()
    told = "warning: skillpack.toml:5: overrides[1].skills: old-* matches no skill"
    assert idle_overrides(capsys, "--all") == [told]
    assert idle_overrides(capsys, "--all", str(tmp_path)) == [told]
    assert idle_overrides(capsys, "--all", "-q") == []
    assert idle_overrides(capsys, "--all", "demo") == []
    assert idle_overrides(capsys, "demo") == []
    assert idle_overrides(capsys) == []


def test_only_50_errors_of_a_settings_file_are_listed(tmp_path: Path) -> None:
    error = read_not(tmp_path / "skillpack.toml", "".join(f"key{number} = 1\n" for number in range(2_000)))
    assert len(error.more) == 50
    assert "has more than 50 errors" in str(error.more[-1])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n" + ".".join("a" * 60) + " = 1", 2),
        ("[" + ".".join("a" * 60) + "]", 1),
        (" . ".join(['"a b"'] * 60) + " = 1", 1),
        ("target = " + "1" * 5_000, 1),
        ("[container]\nexpires-after = -" + "9" * 5_000, 2),
    ],
)
def test_what_toml_takes_long_to_parse_is_an_error_on_its_line(tmp_path: Path, text: str, line: int) -> None:
    found = read_not(tmp_path / "skillpack.toml", text)
    assert f"skillpack.toml:{line}: has a key of over 32 parts, or over 1,000 digits" in str(found)
    found = read_not(
        tmp_path / "pyproject.toml", f"[tool.skillpack.rules]\n{text}".replace("\n[", "\n[tool.skillpack.")
    )
    assert f"pyproject.toml:{line + 1}: has a key" in str(found)


def test_lines_of_other_tools_are_not_parsed_if_that_takes_long(tmp_path: Path) -> None:
    deep, number = ".".join("a" * 60_000), "1" * 5_000
    text = f"[tool.other]\n{deep} = 1\nb = {number}\n[tool.skillpack]\nexclude = [1]\n[tool.more]\nc = {number}\n"
    with processor_time(1):
        found = read_not(tmp_path / "pyproject.toml", text)
    assert str(found).endswith("pyproject.toml:5: tool.skillpack.exclude[0]: must be a string, not a number")


def test_four_times_the_unknown_keys_take_at_most_four_times_as_long(tmp_path: Path) -> None:
    def refuse(count: int) -> None:
        read_not(tmp_path / "skillpack.toml", "".join(f"[k{number}]\n" for number in range(count)))

    few = best_of(3, lambda: refuse(1_500))
    assert best_of(3, lambda: refuse(6_000)) < 6 * few + 0.05


def read_not(path: Path, text: str) -> SettingsError:
    """Return the error of a settings file with this text."""
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return caught.value
