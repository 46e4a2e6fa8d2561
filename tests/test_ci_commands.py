"""Nothing that skillpack quotes is a command to a CI runner, by the runners' own rules (tests/runners.py)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import (
    ArchiveError,
    PayloadError,
    RejectedError,
    Report,
    SettingsError,
    SkillpackError,
    check,
    pack,
    text,
)
from skillpack.cli import console, main
from skillpack.cli.run import COMMANDS
from skillpack.errors import join_errors
from skillpack.findings import Finding, Location, Severity
from skillpack.output import FORMATS, Look, render
from skillpack.rules import RULES
from skillpack.text import escaped
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.reports import COLON
from tests.runners import Command, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Files = Mapping[str, str]
    Calls = list[list[str]]

PAYLOADS: Final = (
    "::error::x",
    "  ::add-mask::x",
    "\u3000\u2003::stop-commands::x",
    "\x1b[31m::warning file=x::y",
    "\x1b[2K::error::x",
    ":\x1b[0m:set-output name=x::y",
    "#\x1b[m#[error]x",
    "#\x1b[2K#vso[task.debug]x",
    "x\n::set-env name=X::y",
    "x\r::error::y",
    "##[error]x",
    "x ##[stop-commands]y",
    "###[add-mask]x",
    "##vso[task.setvariable variable=x]y",
    "x##vso[task.complete result=Succeeded;]y",
    "::##[error]::##vso[task.debug]x",
)


def front(**fields: str) -> str:
    """Return a manifest whose description is fixed by --fix, with more fields."""
    more = "".join(f"{key}: {value}\n" for key, value in fields.items())
    return f"---\nname: demo\ndescription: Use when: asked.\n{more}---\n# Demo\n"


FIELDS: Final[dict[str, Callable[[str], Files]]] = {
    "name": lambda said: {"SKILL.md": front().replace("demo", json.dumps(said))},
    "description": lambda said: {"SKILL.md": front().replace("Use when: asked.", json.dumps(f"Use. {said}"))},
    "broken description": lambda said: {"SKILL.md": front().replace("Use when: asked.", f"Use when: {said}")},
    "field": lambda said: {"SKILL.md": front(**{json.dumps(said): "x"})},
    "metadata": lambda said: {"SKILL.md": front(metadata=f"{{{json.dumps(said)}: 1}}")},
    "line of frontmatter": lambda said: {"SKILL.md": front(license="MIT").replace("---\n#", f"{said}\n---\n#")},
    "line below the frontmatter": lambda said: {"SKILL.md": front().replace("# Demo", said)},
    "excerpt": lambda said: {"notes.md": f"{said} \u200b\n"},
    "reference": lambda said: {"notes.md": f"[a](<gone/{said}>) [b]({said})\n"},
    "file": lambda said: {said: "x", f"references/{said}": "x", "x:y": "x"},
    "folder": lambda said: {f"{said}.d/notes.md": "x \u200b"},
    "executable": lambda said: {f"scripts/{said}": "#!/usr/bin/env nothing\r\n"},
    "excluded file": lambda said: {f"{said}.log": "x", ".skillignore": "*.log\n"},
    "ignore pattern": lambda said: {".skillignore": f"{said}\nb*\n!{said}\n[{said}\n", "b.txt": "x"},
    "gitignore pattern": lambda said: {".gitignore": f"notes.md\n{said}*\n", said: "x", "notes.md": "x"},
}
"""What a skill quotes, and where."""

LINKED: Final[dict[str, Callable[[str], Files]]] = {
    "link": lambda said: {said: "notes.md"},
    "target": lambda said: {"link": said, "out": f"../{said}", "deep": f"{said}/x"},
}
"""Symbolic links and where they lead."""


def calls(skill: str, inner: str) -> Calls:
    """Return calls of every command that reads a skill, in every format, the ones that write at the end."""
    return [
        *(["check", skill, "--output-format", format] for format in FORMATS),
        ["check", skill, "-v", "--color", "always", "--github-summary", "--output-format", "text"],
        ["check", ".", "--all", "--show-settings"],
        ["check", skill, "--diff"],
        ["files", skill, "-v"],
        ["files", skill, "--tree"],
        ["files", skill, "--excluded"],
        ["files", skill, "--tree", "--excluded"],
        ["files", skill, "--output-format", "json"],
        ["why", "--root", skill, f"{skill}/{inner}", f"{skill}/SKILL.md"],
        ["why", "--root", skill, f"{skill}/{inner}", "--output-format", "json"],
        ["digest", skill, skill, "-v"],
        ["pack", skill, "-v"],
        ["shell", skill],
        ["container", skill, "--name", inner],
        ["zip", skill, "-o", "made.zip"],
        ["check", "made.zip", "--output-format", "text"],
        ["check", skill, "--fix"],
    ]


ARGUMENTS: Final[dict[str, Callable[[str], Calls]]] = {
    "path": lambda said: [[command, said] for command in (*COMMANDS, "unknown")],
    "path of several": lambda said: [["digest", "demo", said], ["check", f"demo/{said}"], ["check", "--all", said]],
    "file of a hook": lambda said: [["check", "--hook", said]],
    "why": lambda said: [["why", f"demo/{said}"], ["why", "demo/x", "--root", said], ["why", f"x/{said}"]],
    "command": lambda said: [[said]],
    "option": lambda said: [[command, f"--{said}"] for command in COMMANDS],
    "settings file": lambda said: [["check", "demo", "--config", said], ["check", "demo", "--config", f"demo/{said}"]],
    "choice": lambda said: [
        ["check", "demo", "--target", said],
        ["container", "demo", "--name", "x", "--memory", said],
    ],
    "pattern": lambda said: [
        [command, "demo", option, said, "-v"]
        for command in ("check", "pack", "files", "digest")
        for option in ("--exclude", "--include")
    ],
    "digest": lambda said: [["digest", "demo", "--check", said]],
    "name of a container": lambda said: [["container", "demo", "--name", said]],
    "reference": lambda said: [
        ["container", "--name", "x", "--skill-ref", said],
        ["shell", "--skill-ref", f"{said}@"],
        ["shell", "--skill-ref", f"a@{said}"],
    ],
    "file id": lambda said: [["container", "demo", "--name", "x", "--file-id", said]],
    "domain": lambda said: [["shell", "demo", "--allow-domain", said]],
    "secret": lambda said: [["shell", "demo", "--allow-domain", "a.example", "--secret", said]],
    "output": lambda said: [
        ["pack", "demo", "-o", f"{said}/x.json"],
        ["pack", "demo", "-o", f"demo/{said}/"],
        ["pack", "demo", "--output-dir", f"demo/SKILL.md/{said}"],
    ],
}
"""What the caller's own words may be, which a script may have from elsewhere."""

SETTINGS: Final[dict[str, Callable[[str], str]]] = {
    "key": lambda said: f"{json.dumps(said)} = 1\n",
    "rule": lambda said: f'[rules]\n{json.dumps(said)} = "off"\n',
    "level": lambda said: f"[rules]\nscript-crlf = {json.dumps(said)}\n",
    "targets": lambda said: f"targets = [{json.dumps(said)}]\n",
    "pattern": lambda said: f"exclude = [{json.dumps(said)}]\ninclude = [{json.dumps(said)}]\n",
    "negation": lambda said: f"exclude = [{json.dumps('!' + said)}]\n",
    "allowed secret": lambda said: f"[allow-secrets]\n{json.dumps(said)} = {json.dumps(said)}\n",
    "override": lambda said: f'[[overrides]]\nskills = [{json.dumps(said)}]\nrules = {{ script-crlf = "off" }}\n',
    "container": lambda said: f"[container]\nname = {json.dumps(said)}\n",
    "not TOML": lambda said: f"exclude = {said}\n",
}


SETTINGS_CALLS: Final = [["check", "--all", "."], ["check", "demo", "--show-settings"], ["container", "demo"]]

NEVER_QUOTED: Final = {"digest", "secret", "file of a hook", "level", "targets", "negation", "not TOML"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "PRE_COMMIT", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    write(Path("demo"), {"SKILL.md": MANIFEST.decode()})
    return tmp_path


@pytest.fixture
def unescaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off what is tested."""
    for pattern in ("_COMMAND", "_COMMAND_IN_JSON"):
        monkeypatch.setattr(text, pattern, "(?P<before>)(?!)")


def write(root: Path, files: Files) -> None:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8", newline="")


def foreign(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> list[Command]:
    """Call skillpack; return the commands on both streams and in the job summary that are not its own annotations."""
    main(arguments)
    out, error = capfd.readouterr()
    assert "Traceback" not in error
    summary = Path(os.environ["GITHUB_STEP_SUMMARY"])
    said = [out, error, summary.read_text("utf-8") if summary.exists() else ""]
    found = [command for stream in said for command in commands(stream)]
    if arguments[:1] == ["check"] and "github" in arguments:
        found = [command for command in found if not is_own(command)]
    return found


def is_own(command: Command) -> bool:
    rule = command.properties.get("title", "").removeprefix("skillpack ")
    return command.runner == "github" and command.name in {"error", "warning", "notice"} and rule in RULES


def skill_with(field: str, payload: str, folder: Path) -> Path:
    """Write a skill that quotes a payload in one field; its own name quotes it too where the field is `root`."""
    root = folder / (payload if field == "root" else "demo")
    write(root, {"SKILL.md": front(), "notes.md": "notes\n"})
    if field in LINKED:
        for name, target in LINKED[field](payload).items():
            (root / name).symlink_to(target)
    elif field in FIELDS:
        write(root, FIELDS[field](payload))
    return root


def everything(payload: str, folder: Path) -> Path:
    """Write a skill that quotes a payload in every field that leaves the others readable, with such settings."""
    root = folder / payload
    write(root, {"SKILL.md": front(metadata=f"{{{json.dumps(payload)}: 1}}").replace("# Demo", payload)})
    for field in ("excerpt", "file", "folder", "executable", "excluded file"):
        write(root, FIELDS[field](payload))
    for name, target in LINKED["target"](payload).items():
        (root / name).symlink_to(target)
    pattern = json.dumps(f"{payload}.md")
    write(folder, {"skillpack.toml": f"exclude = [{pattern}]\n[[overrides]]\nskills = [{pattern}]\nrules = {{}}\n"})
    return root


@pytest.mark.parametrize("payload", PAYLOADS)
def test_each_payload_is_a_command_where_it_is_printed_as_it_is(payload: str) -> None:
    assert commands(payload)
    assert not commands(escaped(payload))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_command_executes_what_a_skill_or_its_settings_quote(
    payload: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    everything(payload, here)
    for arguments in calls(payload, payload):
        assert not foreign(arguments, capfd), arguments


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_hook_executes_what_git_tracks(payload: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    everything(payload, here)
    for arguments in (["init", "-q", "."], ["add", "-A"]):
        subprocess.run([judge("git"), *arguments], check=True)
    for options in ([], ["-v"], ["--diff"], ["--all"]):
        assert not foreign(["check", "--hook", *options, f"{payload}/SKILL.md"], capfd), options


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("field", ["root", *FIELDS, *LINKED])
def test_no_format_holds_a_command_from_a_field(field: str, payload: str, here: Path) -> None:
    report = check(os.path.relpath(skill_with(field, payload, here)))
    for format in FORMATS:
        found = commands(render(report, format))
        assert not [command for command in found if format != "github" or not is_own(command)], format
    assert not commands("\n".join(map(str, report)))
    assert not commands(str(RejectedError(report)))


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if not set(payload) & {"\x1b", "\r"}])
def test_a_body_states_the_same_without_a_command(payload: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(here, {"demo/SKILL.md": front().replace("Use when: asked.", json.dumps(payload))})
    meant = pack("demo")
    for arguments, where in (
        (["pack", "demo"], ()),
        (["shell", "demo"], ("environment", "skills", 0)),
        (["container", "demo", "--name", "x"], ("skills", 0)),
    ):
        assert main([*arguments, "-q"]) == 0
        printed = capfd.readouterr().out
        assert not commands(printed)
        assert reduce(getitem, where, json.loads(printed)) == meant.inline_skill()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("words", ARGUMENTS)
def test_no_command_executes_what_its_caller_says(
    words: str, payload: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for arguments in ARGUMENTS[words](payload):
        assert not foreign(arguments, capfd), arguments


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_no_command_executes_what_settings_say(
    settings: str, payload: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(here, {"skillpack.toml": SETTINGS[settings](payload)})
    for arguments in SETTINGS_CALLS:
        assert not foreign(arguments, capfd), arguments


def test_a_line_that_is_wrapped_to_begin_with_a_command_does_not_execute_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    wrapped = render(Report(findings=(replace(COLON, hint=f"{'word ' * 10}::error::x"),)), "text", Look(60))
    assert commands(wrapped)
    console.write_stdout(wrapped)
    console.write_stderr(wrapped)
    assert not any(map(commands, capfd.readouterr()))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_text_of_a_finding_or_error_is_no_command_wherever_it_quotes(payload: str) -> None:
    finding = Finding(
        rule=payload,
        severity=Severity.ERROR,
        skill=payload,
        location=Location(payload, pointer=payload),
        message=payload,
    )
    errors = [
        SkillpackError(payload),
        SettingsError(payload, payload, 1, payload),
        join_errors([SettingsError(payload), SettingsError(payload)]),
        ArchiveError(payload, payload, file=payload),
        PayloadError(((payload, payload),)),
        RejectedError(Report(findings=(finding,))),
    ]
    assert not commands("\n".join(map(str, [finding, *errors])))


@pytest.mark.usefixtures("unescaped")
@pytest.mark.parametrize("words", [*ARGUMENTS, *SETTINGS])
def test_unescaped_the_words_of_a_caller_would_be_executed_unless_they_are_never_quoted(
    words: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    payload = "##[error]x"
    if words in SETTINGS:
        write(here, {"skillpack.toml": SETTINGS[words](payload)})
    made = SETTINGS_CALLS if words in SETTINGS else ARGUMENTS[words](payload)
    assert any(foreign(arguments, capfd) for arguments in made) == (words not in NEVER_QUOTED)


@pytest.mark.usefixtures("unescaped")
@pytest.mark.parametrize("field", ["root", *FIELDS, *LINKED])
def test_unescaped_each_field_of_a_skill_would_be_executed(
    field: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = skill_with(field, "##[error]x", here)
    assert any(foreign(arguments, capfd) for arguments in calls(root.name, "##[error]x"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_piped_diff_is_executed(payload: str, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    manifest = here / "demo/SKILL.md"
    manifest.parent.mkdir(exist_ok=True)
    manifest.write_bytes(f"---\nname: demo\ndescription: Does: things.\n---\n{payload}\n".encode())
    assert main(["check", "--diff", "demo"]) == 1
    shown = capfd.readouterr().out
    assert "+description:" in shown
    assert not commands(shown)


TEXTS: Final = st.text(st.sampled_from("#:[]vso. \t\r\n\x1b[31m\u3000\u2028\xa0x"), max_size=30)


@given(TEXTS)
def test_no_text_is_a_command_once_it_is_escaped(said: str) -> None:
    shown = text.escape_commands(said)
    assert not commands(shown)
    assert shown.replace("\\x3a", ":").replace("\\x23", "#") == said
    assert text.escape_commands(shown) == shown


@given(TEXTS)
def test_json_means_the_same_once_it_is_escaped(said: str) -> None:
    for indent in (None, 2):
        shown = text.escape_commands_in_json(json.dumps({said: [said]}, indent=indent, ensure_ascii=False))
        assert not commands(shown)
        assert json.loads(shown) == {said: [said]}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_json_states_begins_no_line_with_a_command(payload: str) -> None:
    shown = text.escape_commands_in_json(json.dumps([payload], ensure_ascii=False))
    assert not re.search(r'(^\["|\\[nr])\s*::|##\w*\[', shown)


@pytest.mark.parametrize(
    "harmless",
    ["std::vector", "a ::b", "## [x]", "# [x]", "#[derive]", "C:: x", "error: x::y", "##", "10:30::", "x[##]"],
)
def test_what_no_runner_executes_stays_as_it_is(harmless: str) -> None:
    assert escaped(harmless) == harmless
    assert not commands(harmless)
