"""Files above a skill that belong to another user, and what settings do to the rules on safety."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import skillpack.settings.file
from skillpack import container
from skillpack.api import Builder
from skillpack.cli import main
from skillpack.errors import SettingsError
from skillpack.rules import RULES, explain_refused_level, select
from skillpack.select.defaults import GROUPS, SECRETS
from skillpack.settings import ContainerDefaults, Settings
from skillpack.settings.file import SettingsFinder
from skillpack.settings.ownership import owner_name, trusted_owners
from tests.conftest import MANIFEST
from tests.test_permissions import NOBODY, as_nobody
from tests.test_settings import make_unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.skill.tree import SkillTree
    from tests.conftest import MakeSkill

ROOT: Final = 0
MALLORY: Final = 4001
USER: Final = 4002

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")

SETTINGS: Final = {"skillpack.toml": "gitignore = false\n", "pyproject.toml": "[tool.skillpack]\ngitignore = false\n"}


def give(path: Path, user: int) -> None:
    """Make a file, a link, or a folder with all in it a user's."""
    os.chown(path, user, user, follow_symlinks=False)
    for inner in path.rglob("*") if path.is_dir() and not path.is_symlink() else ():
        os.chown(inner, user, user, follow_symlinks=False)


@needs_root
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("levels_up", [0, 1, 2])
@pytest.mark.parametrize(
    ("skill", "file", "trusted"),
    [
        (ROOT, ROOT, True),
        (ROOT, MALLORY, False),
        (USER, ROOT, True),
        (USER, USER, True),
        (USER, MALLORY, False),
    ],
)
def test_a_settings_file_counts_if_it_belongs_to_the_caller_or_the_owner_of_the_skill(
    tmp_path: Path, *, name: str, levels_up: int, skill: int, file: int, trusted: bool
) -> None:
    root = tmp_path / "a/b/demo"
    root.mkdir(parents=True)
    give(root, skill)
    path = root.parents[levels_up] / name
    path.write_text(SETTINGS[name])
    give(path, file)
    if trusted:
        found = SettingsFinder().above(str(root))
        assert found is not None
        assert found.path == path
        return
    with pytest.raises(SettingsError, match=rf"belongs to uid {file}") as caught:
        SettingsFinder().above(str(root))
    assert caught.value.file == str(path)


@needs_root
@pytest.mark.parametrize(
    ("link", "target", "trusted"), [(ROOT, ROOT, True), (MALLORY, ROOT, False), (ROOT, MALLORY, False)]
)
def test_neither_a_link_to_a_settings_file_nor_its_target_may_belong_to_another_user(
    tmp_path: Path, *, link: int, target: int, trusted: bool
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "lax").write_text(SETTINGS["skillpack.toml"])
    (tmp_path / "skillpack.toml").symlink_to("lax")
    give(tmp_path / "skillpack.toml", link)
    give(tmp_path / "lax", target)
    if trusted:
        assert SettingsFinder().above(str(tmp_path / "demo"))
    else:
        with pytest.raises(SettingsError, match=f"belongs to uid {MALLORY}"):
            SettingsFinder().above(str(tmp_path / "demo"))


@needs_root
def test_nothing_of_a_settings_file_of_another_user_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "skillpack.toml").write_text("= broken")
    give(tmp_path / "skillpack.toml", MALLORY)
    with pytest.raises(SettingsError, match="belongs to"):
        SettingsFinder().above(str(tmp_path / "demo"))


@needs_root
@pytest.mark.parametrize("kind", ["dangling symlink", "FIFO", "folder"])
def test_what_cannot_be_read_has_its_owner_in_the_error_if_another_user_made_it(tmp_path: Path, kind: str) -> None:
    make_unreadable(tmp_path / "skillpack.toml", kind)
    give(tmp_path / "skillpack.toml", MALLORY)
    with pytest.raises(SettingsError, match=f"belongs to uid {MALLORY}"):
        SettingsFinder().above(str(tmp_path / "demo"))


@needs_root
def test_the_owner_of_a_zip_may_own_the_settings_above_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "demo.zip", "w") as file:
        file.writestr("demo/SKILL.md", MANIFEST)
    (tmp_path / "skillpack.toml").write_text(SETTINGS["skillpack.toml"])
    give(tmp_path / "skillpack.toml", USER)
    with pytest.raises(SettingsError, match="belongs to"):
        SettingsFinder().above(str(tmp_path / "demo.zip"))
    give(tmp_path / "demo.zip", USER)
    assert SettingsFinder().above(str(tmp_path / "demo.zip"))


@needs_root
def test_a_pyproject_of_another_user_that_says_nothing_of_skillpack_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "a/demo").mkdir(parents=True)
    (tmp_path / "a/pyproject.toml").write_text('[project]\ndependencies = ["skillpack"]\n')
    give(tmp_path / "a/pyproject.toml", MALLORY)
    (tmp_path / "skillpack.toml").write_text(SETTINGS["skillpack.toml"])
    found = SettingsFinder().above(str(tmp_path / "a/demo"))
    assert found is not None
    assert found.path == tmp_path / "skillpack.toml"


@needs_root
def test_the_config_option_trusts_a_file_of_another_user(tmp_path: Path) -> None:
    path = tmp_path / "skillpack.toml"
    path.write_text(SETTINGS["skillpack.toml"])
    give(path, MALLORY)
    assert SettingsFinder(path).above(str(tmp_path / "demo"))


@needs_root
@pytest.mark.parametrize(("owner", "counts"), [(MALLORY, True), (ROOT, False)])
def test_a_manifest_of_another_user_does_not_make_the_settings_beside_it_those_of_a_skill(
    tmp_path: Path, *, owner: int, counts: bool
) -> None:
    (tmp_path / "work/demo").mkdir(parents=True)
    (tmp_path / "work/skillpack.toml").write_text('exclude = ["private/"]\n')
    (tmp_path / "SKILL.md").write_bytes(MANIFEST)
    give(tmp_path / "SKILL.md", owner)
    assert (SettingsFinder().above(str(tmp_path / "work/demo")) is not None) is counts


@needs_root
def test_a_user_trusts_their_own_files_and_those_of_root_alone() -> None:
    def owners() -> list[int]:
        return sorted(trusted_owners(()) or ())

    assert as_nobody(owners) == [ROOT, NOBODY]
    assert owners() == [ROOT]


@needs_root
def test_skills_of_several_owners_let_none_of_them_decide_for_the_others(tmp_path: Path) -> None:
    skills = [tmp_path / name for name in ("a", "b", "c")]
    for skill, user in zip(skills, (USER, USER, MALLORY), strict=True):
        skill.mkdir()
        give(skill, user)
    assert trusted_owners(skills[:2]) == frozenset({ROOT, USER})
    assert trusted_owners(skills) == frozenset({ROOT})
    assert trusted_owners([tmp_path / "gone", "\0"]) == frozenset({ROOT})


def test_an_owner_is_named_where_the_system_knows_a_name() -> None:
    assert owner_name(0) == "root (uid 0)"
    assert owner_name(MALLORY) == f"uid {MALLORY}"


COMMANDS: Final = {
    "check": ["check", "demo"],
    "check --all": ["check", "--all"],
    "check --fix": ["check", "--fix", "demo"],
    "check --show-settings": ["check", "--show-settings", "demo"],
    "pack": ["pack", "demo", "-o", "out"],
    "zip": ["zip", "demo", "-o", "out"],
    "files": ["files", "demo"],
    "digest": ["digest", "demo"],
    "size": ["size", "demo"],
    "manifest": ["manifest", "demo"],
    "lock": ["lock", "demo", "-o", "out"],
    "attest": ["attest", "demo"],
    "why": ["why", "demo/SKILL.md"],
    "container": ["container", "--name", "x", "demo", "-o", "out"],
    "shell": ["shell", "demo", "-o", "out"],
    "shell --local": ["shell", "--local", "demo", "-o", "out"],
}


@needs_root
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_ends_with_2_at_the_settings_of_another_user_and_writes_nothing(
    command: str,
    make_skill: MakeSkill,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_skill()
    path = tmp_path / "skillpack.toml"
    path.write_text('[rules]\nsecret-file = "off"\n')
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    give(path, MALLORY)
    assert main(COMMANDS[command]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"error: skillpack.toml: belongs to uid {MALLORY}, not to you, root or the skill's owner; --config trusts it\n"
    )
    assert sorted(tmp_path.rglob("*")) == before
    assert main([*COMMANDS[command], "--config", "skillpack.toml"]) == 0


@needs_root
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_works_as_root_on_the_files_of_one_user(
    command: str, make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_skill()
    make_skill(name="other")
    (tmp_path / "skillpack.toml").write_text('[container]\nmemory = "1g"\n')
    give(tmp_path, USER)
    monkeypatch.chdir(tmp_path)
    assert main(COMMANDS[command]) == 0
    if command in ("shell", "container"):
        assert main([*COMMANDS[command], "other"]) == 0


PATTERNS: Final = ("*.log", "!*.log", "!keep.log", "logs/", "!logs/", "logs/*", "!logs/a.log", "*", "!*/", "\\!a", "!")
CONTENTS: Final = st.lists(st.sampled_from(PATTERNS), max_size=4).map("\n".join)
PLACES: Final = (".gitignore", "team/.gitignore", "team/demo/.gitignore")


@needs_root
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.fixed_dictionaries(dict.fromkeys(PLACES, CONTENTS)),
    foreign=st.sets(st.sampled_from(PLACES[:2]), min_size=1),
    mark=st.booleans(),
)
def test_an_ignore_file_of_another_user_can_only_exclude(
    tmp_path: Path, *, contents: dict[str, str], foreign: set[str], mark: bool
) -> None:
    root = tmp_path / "team/demo"
    (tmp_path / ".git").mkdir(exist_ok=True)
    for path in ("SKILL.md", "keep.log", "logs/a.log", "logs/b.txt", "!a"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(MANIFEST)
    for place, content in contents.items():
        (tmp_path / place).write_bytes((b"\xef\xbb\xbf" if mark else b"") + content.encode())
        give(tmp_path / place, ROOT)

    def packed() -> set[str]:
        return {file.path for file in Builder().walk(root).files}

    trusting = packed()
    for place in foreign:
        give(tmp_path / place, MALLORY)
    tree = Builder().walk(root)
    notes = {
        issue.location.path: issue.message for issue in tree.selection.notes if issue.rule_id == "settings-not-yours"
    }
    assert notes == {
        f"{'../' * (2 - place.count('/'))}.gitignore": f"the file belongs to uid {MALLORY}: it excludes, but its "
        "negations have no effect"
        for place in foreign
    }
    restricted = {file.path for file in tree.files}
    assert restricted <= trusting, "nothing is packed that would not be packed without the check"
    for place in foreign:
        (tmp_path / place).unlink()
    assert restricted <= packed(), "it includes nothing"


@needs_root
def test_a_negation_of_another_user_has_no_effect_and_other_lines_keep_their_numbers(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    for name in ("SKILL.md", "a.log", "b.tmp"):
        (root / name).write_bytes(MANIFEST)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*.log\n!a.log\n*.tmp\n")
    assert [file.path for file in Builder().walk(root).files] == ["SKILL.md", "a.log"], "the same file of one's own"
    give(tmp_path / ".gitignore", MALLORY)
    excluded = {entry.path: entry.decision.line for entry in Builder().walk(root).selection.excluded}
    assert excluded == {"a.log": 1, "b.tmp": 3}
    [verdict] = Builder().why(root, ["a.log"])
    assert not verdict.included
    finding = next(one for one in Builder().check(root) if one.rule == "settings-not-yours")
    assert finding.location.path == "../.gitignore"
    give(root, MALLORY)
    assert not [one for one in Builder().check(root) if one.rule == "settings-not-yours"], "the owner of the skill"


@needs_root
@pytest.mark.parametrize("place", ["sub/demo", "sub"])
def test_a_repository_of_another_user_hides_no_rule_above_it(tmp_path: Path, place: str) -> None:
    root = tmp_path / "sub/demo"
    root.mkdir(parents=True)
    for name in ("SKILL.md", "private.txt"):
        (root / name).write_bytes(MANIFEST)
    for repository in (tmp_path, tmp_path / place):
        subprocess.run(["git", "init", "-q", repository], check=True)
    (tmp_path / ".gitignore").write_text("private.txt\n")
    assert len(Builder().walk(root).files) == 2, "a repository of one's own ends the search"
    give(tmp_path / place / ".git", MALLORY)
    tree = Builder().walk(root)
    assert [file.path for file in tree.files] == ["SKILL.md"]
    [note] = [issue for issue in tree.selection.notes if issue.rule_id == "settings-not-yours"]
    assert note.message == f"the repository belongs to uid {MALLORY}: it hides no rule above it"
    assert note.hint == "change its owner if it is yours, or delete it"


def test_a_settings_file_whose_reading_would_wait_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "skillpack.toml"
    path.write_bytes(b"")

    def opened(path: Path, *_: object, **__: object) -> nullcontext[SimpleNamespace]:
        return nullcontext(SimpleNamespace(read=lambda _: None, fileno=partial(os.open, path, os.O_RDONLY)))

    monkeypatch.setattr(skillpack.settings.file, "open", opened, raising=False)
    with pytest.raises(SettingsError, match="cannot be read"):
        SettingsFinder(path).nearest_to(tmp_path)


SAFETY: Final = sorted(
    id for id, rule in RULES.items() if "safety" in rule.required_by and not explain_refused_level(id, "off")
)
LOWER: Final = [
    (id, level)
    for id in SAFETY
    for level, rank in (("off", 0), ("note", 1), ("warning", 2))
    if rank < RULES[id].severity
]


@pytest.mark.parametrize(("id", "level"), LOWER)
def test_every_safety_rule_that_a_settings_file_lowers_is_named(
    *,
    id: str,
    level: str,
    make_skill: MakeSkill,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_skill()
    (tmp_path / "skillpack.toml").write_text(f'[[overrides]]\nskills = ["demo"]\nrules = {{ {id} = "{level}" }}\n')
    monkeypatch.chdir(tmp_path)
    said = f"demo: note[safety-rule-lowered]: the settings set {id}, a rule on safety, to {level}"
    assert main(["check", "demo", "--output-format", "concise"]) == 0
    assert capsys.readouterr().out == f"{said}\n1 skill checked: 1 note\n"
    assert main(["pack", "demo", "-o", "out"]) == 0
    words = " ".join(capsys.readouterr().err.split())
    assert "note[safety-rule-lowered]" in words
    assert f"the settings set {id}, a rule on safety, to {level}" in words


def test_a_safety_rule_that_is_raised_or_stays_as_it_is_is_not_named(tmp_path: Path, make_skill: MakeSkill) -> None:
    same = {id: str(RULES[id].severity) for id in SAFETY}
    raised = dict.fromkeys(SAFETY, "error")
    for rules in (same, raised):
        found = Builder(Settings(rules=rules)).check(make_skill())  # type: ignore[arg-type]
        assert not [one for one in found if one.rule == "safety-rule-lowered"]


@pytest.mark.parametrize("id", ["safety-rule-lowered", "settings-not-yours"])
def test_what_reports_lowered_rules_cannot_be_switched_off(id: str) -> None:
    with pytest.raises(SettingsError, match="cannot be switched off"):
        select(Settings(rules={id: "off"}))
    assert select(Settings(rules={id: "error"})) == {id: "error"}


SECRET_NAMES: Final = sorted(
    {
        pattern.removeprefix("**/").replace("*", "x")
        for group in GROUPS
        if group.name == SECRETS
        for pattern in group.patterns
    }
)
INCLUDED_BY: Final = {
    "the settings": ("include {}", Settings(include=["{}"]), None),
    "a wildcard": ("include *", Settings(include=["*"]), None),
    "no built-in patterns": ("default-excludes = false", Settings(default_excludes=False), None),
    ".skillignore": (".skillignore:1 (!{})", Settings(), "!{}\n"),
}


def lowered(tree: SkillTree) -> set[tuple[str, str]]:
    """Return the paths of safety-rule-lowered, each with what includes it."""
    found = [issue for issue in tree.selection.notes if issue.rule_id == "safety-rule-lowered"]
    return {(issue.location.path, issue.message.partition(" includes this name")[0]) for issue in found}


@pytest.mark.parametrize("way", INCLUDED_BY)
@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("folder", ["", "a/"])
def test_whatever_includes_a_secret_name_is_named(make_skill: MakeSkill, folder: str, name: str, way: str) -> None:
    words, chosen, lines = INCLUDED_BY[way]
    path = f"{folder}{name}"
    files = {f"{path}file" if name.endswith("/") else path: "x"}
    ignoring = {}
    if lines:
        parent = f"{folder}{name}".rstrip("/").rpartition("/")[0] if "/" in name.rstrip("/") else ""  # may be excluded
        ignoring[".skillignore"] = lines.format(f"/{path}") + (f"!/{parent}/\n" if parent else "")
    skill = make_skill({**files, **ignoring})
    include = [pattern.format(f"/{path}") for pattern in chosen.include]
    tree = Builder(Settings(include=include, default_excludes=chosen.default_excludes)).walk(skill)
    assert {file.path for file in tree.files} >= set(files)
    assert lowered(tree) == {(path.rstrip("/"), words.format(f"/{path}"))}


@pytest.mark.parametrize("include", [".ssh/config", "/a/.ssh/deep/", "a/.ssh/deep/key"])
def test_an_include_of_something_in_a_secret_folder_is_named(make_skill: MakeSkill, include: str) -> None:
    skill = make_skill({".ssh/config": "x", "a/.ssh/deep/key": "x", ".gitignore": "/a/\n"})
    tree = Builder(Settings(include=[include])).walk(skill)
    assert lowered(tree) == {(include.strip("/"), f"include {include}")}


def test_a_secret_name_that_is_not_packed_is_not_named(make_skill: MakeSkill) -> None:
    skill = make_skill({".env": "x", ".ssh/key": "x", ".env.example": "x", "notes.txt": "x"})
    for chosen in (
        Settings(),
        Settings(include=["*.txt", ".env.example"]),
        Settings(include=[".ssh/"], exclude=[".env"]),
        Settings(default_excludes=False, exclude=[".env", "key"]),
    ):
        tree = Builder(chosen).walk(skill, ["SKILL.md", "notes.txt"])
        assert not lowered(tree), chosen


DOMAINS: Final = '[container]\nname = "forms"\nallow-domains = ["api.buildkite.com", "\\u202e.example"]\n'


def test_a_container_reports_which_domains_came_from_which_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "skillpack.toml").write_text(DOMAINS)
    monkeypatch.chdir(tmp_path)
    said = "note: skillpack.toml:3: allowed domains: api.buildkite.com, \\u202e.example\n"
    assert main(["container"]) == 0
    assert capsys.readouterr().err == said
    (tmp_path / "skillpack.toml").rename(tmp_path / "other.toml")
    assert main(["container", "--config", "other.toml"]) == 0
    assert capsys.readouterr().err == said.replace("skillpack.toml", "other.toml")
    for options in (["--allow-domain", "api.buildkite.com"], ["--no-network"]):
        assert main(["container", "--config", "other.toml", *options]) == 0
        assert capsys.readouterr().err == ""


def test_the_library_takes_domains_only_from_settings_that_it_is_given_and_shell_none(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill()
    (tmp_path / "skillpack.toml").write_text(DOMAINS)
    monkeypatch.chdir(tmp_path)
    defaults = Settings(container=ContainerDefaults(allow_domains=("api.buildkite.com",)))
    assert "network_policy" not in container("forms", ["demo"])
    assert Builder(defaults).container("forms", ["demo"])["network_policy"] == {
        "type": "allowlist",
        "allowed_domains": ["api.buildkite.com"],
    }
    assert "network_policy" not in Builder(defaults).shell_tool(["demo"])["environment"]  # type: ignore[operator]
    assert main(["shell", "demo"]) == 0
    made = capsys.readouterr()
    assert "network_policy" not in json.loads(made.out)["environment"]
    assert "allowed domains" not in made.err
