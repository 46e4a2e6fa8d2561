from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click import Context, unstyle

from skillpack import __version__, pack
from skillpack.cli import main
from skillpack.cli.run import COMMANDS, group
from skillpack.output import FORMATS
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.samples import ROOT
from tests.terminal import on_a_terminal

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

CSV_REPORT: Final = str(ROOT / "fixtures" / "skills" / "csv-report")
ENVIRONMENT: Final = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def skillpack(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "skillpack", *arguments],
        env=ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def terminal(*arguments: str, **environment: str) -> str:
    return on_a_terminal(*arguments, environment=ENVIRONMENT | environment)[1].decode()


@pytest.mark.parametrize("arguments", [["--version"], ["-V"], ["--version", "check"], ["-V", "check"]])
def test_the_version_is_printed_with_and_without_click(arguments: list[str]) -> None:
    assert skillpack(*arguments).stdout == f"skillpack {__version__}\n"


def test_without_a_command_help_goes_to_stderr_and_the_call_failed() -> None:
    done = skillpack()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: skillpack ")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_the_command_says_of_itself(name: str) -> None:
    command = group.get_command(Context(group), name)
    assert command
    assert command.name == name
    assert "-h" in command.get_help_option_names(Context(command, parent=Context(group, **group.context_settings)))


def test_help_fits_into_eighty_columns() -> None:
    for block in (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8").split("```text\n")[1:]:
        for line in block.partition("```")[0].splitlines():
            assert len(line) <= 80, line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pakc"], "no such command 'pakc'; did you mean pack?"),
        (["chekc", CSV_REPORT], "no such command 'chekc'; did you mean check?"),
        (["contianer"], "did you mean container?"),
        (["qqq"], "no such command 'qqq'"),
        (["container", "--name", "a", "--allow-domain", "https://api.example.com/v1"], "use api.example.com"),
        (["container", "--name", "a", "--allow-domain", "api.example.com/"], "use api.example.com"),
        (["container", "--name", "a", "--allow-domain", "api.example.com:443"], "use api.example.com"),
        (["container", "--name", "a", "--allow-domain", " api.example.com"], "use api.example.com"),
        (["container", "--name", "a", "--allow-domain", "//user@api.example.com?x"], "use api.example.com"),
        (["container", "--name", "a", "--allow-domain", "https://"], "'https://' is not a domain"),
        (["shell", "--allow-domain", "http://[::1]:80/"], "use [::1]"),
        (["pack"], "missing argument 'SKILL...'"),
        (["pack", CSV_REPORT, CSV_REPORT], "several skills need --output-dir"),
        (["container", CSV_REPORT], "missing option '--name'"),
        (["container", "--name", "a", "--memory", "2g"], "'2g' is not one of '1g', '4g', '16g', '64g'"),
        (["schema"], "missing argument"),
        (["container", "--name", ""], "'--name': empty value (unset"),
        (["container", "--name", "a", "--file-id", ""], "'--file-id': empty value (unset"),
        (["container", "--name", "a", "--allow-domain", ""], "'--allow-domain': empty value (unset"),
        (["pack", CSV_REPORT, "--exclude", ""], "'--exclude': empty pattern (unset"),
        (["pack", CSV_REPORT, "--include", "  "], "'--include': empty pattern (unset"),
    ],
)
def test_wrong_usage_prints_two_lines_and_exits_with_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert lines[1].startswith("try: skillpack ")


def test_control_characters_of_a_wrong_argument_are_not_echoed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--output-format", "\x1b[31mred"]) == 2
    assert "\\x1b[31mred" in capsys.readouterr().err
    assert main(["files", "nothing\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_findings_exit_with_one_and_warnings_only_when_strict(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = make_skill({"SKILL.md": "no frontmatter\n"}, name="bad")
    warned = make_skill({"skill.md": b"---\nname: warned\ndescription: Shows a warning.\n---\n"}, name="warned")
    (warned / "SKILL.md").unlink()
    assert main(["check", str(bad)]) == 1
    assert main(["check", str(warned)]) == 0
    assert main(["check", "--strict", str(warned)]) == 1
    assert "warning[manifest-case]" in capsys.readouterr().out


def test_the_report_of_a_rejected_skill_goes_to_stderr(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(make_skill({"SKILL.md": "no frontmatter\n"}))]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error[frontmatter-missing]" in printed.err


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),  # no-color.org: when present and not an empty string
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_a_terminal_gets_colors_unless_they_are_switched_off(
    arguments: list[str], environment: dict[str, str], *, colored: bool
) -> None:
    assert ("\x1b[" in terminal("files", "nowhere", *arguments, **environment)) is colored


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [([], {}, False), ([], {"FORCE_COLOR": "1"}, True), (["--color", "always"], {}, True)],
)
def test_a_pipe_gets_colors_only_on_request(
    arguments: list[str], environment: dict[str, str], *, colored: bool
) -> None:
    assert ("\x1b[" in skillpack("files", "nowhere", *arguments, **environment).stderr) is colored


def test_what_a_terminal_cannot_show_is_not_written_to_it(make_skill: MakeSkill) -> None:
    assert "bytes are not printed to a terminal" in terminal("zip", CSV_REPORT)
    large = make_skill({"noise.bin": os.urandom(60_000)})
    shown = terminal("pack", str(large))
    assert "bytes are not printed to a terminal" in shown
    assert '"data"' not in shown
    assert '"name":"csv-report"' in terminal("pack", CSV_REPORT)


def test_a_reader_that_has_enough_is_no_failure(make_skill: MakeSkill) -> None:
    large = make_skill({"noise.bin": os.urandom(3_000_000)})
    command = f'"{sys.executable}" -m skillpack pack "{large}" --quiet | head -c 20; echo " ${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        [judge("bash"), "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout == '{"description":"Show 0\n'
    assert done.stderr == ""


def test_stdin_is_not_needed_and_stdout_may_be_closed() -> None:
    done = subprocess.run(
        [judge("bash"), "-c", f'"{sys.executable}" -m skillpack pack "{CSV_REPORT}" -q <&- >&-'],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "error: stdout is closed: use -o FILE\n")


OUTPUT_OPTIONS: Final = {
    "unpack x.zip -o out": "no such option '-o'; did you mean -d?",
    "unpack x.zip -oout": "no such option '-o'; did you mean -d?",
    "unpack x.zip --output out": "no such option '--output'; did you mean --directory?",
    "unpack x.zip --output-dir=out": "no such option '--output-dir'; did you mean --directory?",
    "new demo -o out": "no such option '-o'; did you mean -d?",
    "pack demo -d out": "no such option '-d'; did you mean --output-dir?",
    "manifest demo -d out": "no such option '-d'; did you mean -o?",
    "digest demo -o out": "no such option '-o'",
    "unpack x.zip -z": "no such option '-z'",
    "unpack x.zip --colour never": "no such option '--colour'; did you mean --color?",
    "check --al": "no such option '--al'; did you mean --all or --help?",
}


@pytest.mark.parametrize("call", OUTPUT_OPTIONS)
def test_the_output_option_of_another_command_is_answered_with_that_of_the_command(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = call.split()
    assert main(command) == 2
    assert capsys.readouterr().err == f"error: {OUTPUT_OPTIONS[call]}\ntry: skillpack {command[0]} --help\n"


CLOSED: Final = {
    "pack": ": use -o FILE",
    "zip": ": use -o FILE",
    "shell": ": use -o FILE",
    "manifest": ": use -o FILE",
    "attest": ": use -o FILE",
    "lock -o - ": ": use -o FILE",
    f"diff --patch - {ROOT}/fixtures/skills/hello": ": use --patch FILE",
    f"diff {ROOT}/fixtures/skills/hello": "",
    "size": "",
    "digest": "",
    "files": "",
    "check": "",
    "pack --help": "",
    "--version": "",
}


@pytest.mark.parametrize("call", CLOSED)
def test_a_closed_stdout_is_named_with_an_option_only_if_the_command_has_one(call: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [judge("bash"), "-c", f'"{sys.executable}" -m skillpack {call} "{CSV_REPORT}" >&-'],
        env=ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"error: stdout is closed{CLOSED[call]}")


def test_quiet_says_nothing_and_verbose_says_which_line_left_a_path_out(capsys: pytest.CaptureFixture[str]) -> None:
    forms = str(ROOT / "fixtures" / "skills" / "pdf-forms")
    assert main(["pack", forms, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["pack", forms, "--verbose"]) == 0
    assert "build/" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "included"),
    [
        ("--exclude *.md --include y.md", ["SKILL.md", "b/y.md"]),
        ("--include y.md --exclude *.md", ["SKILL.md"]),
        ("--exclude *.md --include y.md --exclude b/y.md", ["SKILL.md"]),
        ("--include x.md --exclude *.md --include y.md", ["SKILL.md", "b/y.md"]),
    ],
)
def test_the_last_of_the_patterns_given_wins(
    options: str, included: list[str], make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = make_skill({"b/x.md": "", "b/y.md": ""})
    assert main(["files", str(skill), *options.split(), "--output-format", "json"]) == 0
    assert [file["path"] for file in json.loads(capsys.readouterr().out)["files"]] == included


def test_json_is_ascii_whatever_the_files_are_called(capsys: pytest.CaptureFixture[str]) -> None:
    glossary = str(ROOT / "fixtures" / "skills" / "localized-glossary")
    for arguments in (["files", glossary, "--output-format", "json"], ["check", glossary, "--output-format", "json"]):
        assert main(arguments) == 0
        out = capsys.readouterr().out
        assert out.isascii()
        assert json.loads(out)["version"] == 1


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    (tmp_path / "skillpack").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m skillpack "$@"\n', "utf-8")
    (tmp_path / "skillpack").chmod(0o755)
    script = (
        "source <(skillpack completion bash) && COMP_WORDS=(skillpack {}) COMP_CWORD={} "
        '&& _skillpack_completion skillpack && printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    for words, at, expected in (("con", 1, "container"), ("pack --compr", 2, "--compression")):
        done = subprocess.run(
            [judge("bash"), "-c", script.format(words, at)],
            env=ENVIRONMENT | {"PATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [expected]


def test_a_body_on_a_terminal_holds_nothing_that_the_terminal_obeys_and_means_the_same(make_skill: MakeSkill) -> None:
    description = "Shows \u202ereversed, hid\u200bden and \u00fcber text."
    skill = make_skill({"SKILL.md": f'---\nname: demo\ndescription: "{description}"\n---\n'.encode()})
    code, shown = on_a_terminal("pack", str(skill), environment=ENVIRONMENT)
    body = shown.decode()[shown.decode().index("{") :].strip()
    assert code == 0
    assert body.isprintable()
    assert "\\u202e" in body
    assert "\u00fcber" in body
    assert json.loads(body)["description"] == pack(skill).skill.description


FIXABLE: Final = {"SKILL.md": b"---\nname: demo\ndescription: Use when: asked for a form\n---\n# Forms\n"}


def test_a_diff_has_the_colors_of_git_on_a_terminal_and_none_in_a_pipe(make_skill: MakeSkill) -> None:
    skill = str(make_skill(FIXABLE))
    lines = terminal("check", "--diff", skill).splitlines()
    assert '\x1b[32m+description: "Use when: asked for a form"\x1b[0m' in lines
    assert "\x1b[31m-description: Use when: asked for a form\x1b[0m" in lines
    assert "\x1b[36m@@ -1,5 +1,5 @@\x1b[0m" in lines
    piped = skillpack("check", "--diff", skill).stdout
    assert "\x1b" not in piped
    assert unstyle("\n".join(lines)).split() == piped.split()


def test_a_diff_that_is_asked_for_without_colors_can_be_applied(make_skill: MakeSkill) -> None:
    skill = make_skill(FIXABLE)
    command = [sys.executable, "-m", "skillpack", "check", "--diff", "."]
    patch = subprocess.run(command, cwd=skill, env=ENVIRONMENT, capture_output=True, check=False).stdout
    subprocess.run([judge("git"), "apply", "-"], cwd=skill, input=patch, check=True)
    assert skillpack("check", str(skill)).returncode == 0


def test_a_tree_shows_in_colors_what_is_a_folder_executable_excluded_or_rejected(make_skill: MakeSkill) -> None:
    skill = make_skill({"scripts/run": b"#!/bin/sh\n", "notes.log": b"", ".skillignore": b"*.log\n"})
    (skill / "out").symlink_to("/")
    shown = terminal("files", "--tree", "--excluded", str(skill))
    assert "\x1b[1mscripts/\x1b[0m" in shown
    assert "\x1b[32mrun " in shown
    assert "\x1b[2mnotes.log " in shown
    assert "\x1b[31m\x1b[1mout " in shown
    assert "\x1b" not in skillpack("files", "--tree", "--excluded", str(skill)).stdout
    assert unstyle(shown).split() == (
        skillpack("files", "--tree", "--excluded", str(skill), TERM="dumb").stdout.split()
        + skillpack("files", "--tree", "--excluded", str(skill)).stderr.split()
    )


@pytest.mark.parametrize("format", FORMATS)
def test_success_is_one_line_in_every_format_which_quiet_removes(format: str) -> None:
    done = skillpack("check", CSV_REPORT, "--output-format", format)
    data = done.stdout if format in ("json", "sarif") else ""
    assert done.stdout.removeprefix(data) + done.stderr == "1 skill checked: no problems found\n"
    assert skillpack("check", CSV_REPORT, "--output-format", format, "-q").stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_lists_its_exit_codes_once(name: str) -> None:
    for _ in range(2):
        command = group.get_command(Context(group), name)
        assert command
        assert command.epilog
        assert command.epilog.count("Exit codes:") == command.epilog.count("Example:") == 1
    (printed,) = re.findall(r"(?s)Exit codes:\n(.*)", skillpack(name, "--help").stdout)
    assert [line.split()[0] for line in printed.splitlines()] in (["0", "1", "2"], ["0", "2"])


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_all_packs_every_skill_below_a_folder_or_nothing(command: str, make_skill: MakeSkill, tmp_path: Path) -> None:
    folder = make_skill({"SKILL.md": MANIFEST.replace(b"demo", b"one")}, name="skills/one").parent
    make_skill({"SKILL.md": MANIFEST.replace(b"demo", b"two")}, name="skills/deep/two")
    suffix = {"pack": ".json", "zip": ".zip"}[command]
    out = tmp_path / "out"
    done = skillpack(command, "--all", str(folder), "--output-dir", str(out))
    assert (done.returncode, sorted(path.name for path in out.iterdir())) == (0, [f"one{suffix}", f"two{suffix}"])
    make_skill({"SKILL.md": b"none\n"}, name="skills/three")
    again = tmp_path / "again"
    assert skillpack(command, "--all", str(folder), "--output-dir", str(again)).returncode == 1
    assert not again.exists()
    assert skillpack(command, "--all", str(folder / "one"), "-o", str(tmp_path / "one")).returncode == 0
    assert "several skills need --output-dir" in skillpack(command, "--all", str(folder)).stderr


@pytest.mark.parametrize("file", ["SKILL.md", "scripts/report.py"])
@pytest.mark.parametrize("command", [["pack"], ["zip"], ["digest"], ["files"], ["container", "--name", "a"], ["shell"]])
def test_a_file_of_a_skill_stands_for_the_skill(
    command: list[str], file: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([*command, CSV_REPORT]) == 0
    whole = capfdbinary.readouterr()
    assert main([*command, f"{CSV_REPORT}/{file}"]) == 0
    assert capfdbinary.readouterr() == whole


def test_a_local_shell_gets_the_directory_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", "--local", f"{CSV_REPORT}/SKILL.md"]) == 0
    (skill,) = json.loads(capsys.readouterr().out)["environment"]["skills"]
    assert Path(skill["path"]).samefile(CSV_REPORT)


@pytest.mark.parametrize("name", ["bundle.zip", "bundle.bin"])
def test_a_zip_in_a_skill_is_a_skill_of_its_own(
    name: str, make_skill: MakeSkill, capfd: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({"a.txt": "x"})
    assert main(["zip", CSV_REPORT, "-o", str(root / name)]) == 0
    capfd.readouterr()
    assert main(["digest", str(root / name), CSV_REPORT]) == 0
    first, second = capfd.readouterr().out.splitlines()
    assert first.split()[0] == second.split()[0]


@pytest.mark.parametrize("command", [["container", "--name", "a"], ["shell"], ["shell", "--local"]])
def test_two_skills_of_one_name_are_reported_with_both_paths(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("one", "two"):
        shutil.copytree(CSV_REPORT, tmp_path / folder / "csv-report")
    paths = [str(tmp_path / folder / "csv-report") for folder in ("one", "two")]
    assert main([*command, *paths]) == 1
    printed = capsys.readouterr().err
    assert all(path in printed for path in paths)


WITHOUT_A_SKILL: Final = {
    "": ": it has no SKILL.md",
    "notes/README.md": ": it has no SKILL.md",
    "notes/skill.txt": ": it has no SKILL.md",
    "skills/notes.txt": ": it has no SKILL.md",  # a folder is not to be renamed
    "skill.txt": ": rename skill.txt to SKILL.md",
    "skills/csv/SKILL.md": ": it has no SKILL.md",
    "skill.txt/README.md": ": it has no SKILL.md",
    "b/SKILL.md": ", but in its folder b",
    "b/c/SKILL.md": ": it has no SKILL.md",
}
ON_A_SKILL: Final = (
    *(["check"], ["pack"], ["zip", "-o", "out.zip"], ["files"], ["digest"], ["size"], ["targets"], ["lock"]),
    *(["manifest"], ["attest"], ["unpack"], ["container", "--name", "c"], ["shell"], ["shell", "--local"]),
)


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (command, file)
        for command in ON_A_SKILL
        for file in WITHOUT_A_SKILL
        if (command, file) != (["check"], "b/SKILL.md")  # a folder of skills, which check takes
    ],
)
def test_a_directory_without_a_skill_ends_each_command_with_the_same_exit_code(
    command: list[str], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "folder" / file
    (path.parent if file else path).mkdir(parents=True)
    if file:
        path.write_bytes(b"text")
    monkeypatch.chdir(tmp_path)
    assert main([*command, "folder"]) == 2
    printed = capsys.readouterr()
    message = WITHOUT_A_SKILL[file]
    hints = {message, message.replace(": it has no SKILL.md", "; --all searches at any depth")}
    assert printed.err.splitlines()[0] in {f"error: no skill in folder{hint}" for hint in hints}
    assert printed.out in ("", "no skills checked\n")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_that_is_not_a_skill_is_reported_as_neither_a_zip_nor_a_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"text")
    (tmp_path / "list.json").write_bytes(b'{"a": 1}')
    for name in ("notes.txt", "list.json"):
        for command in ("check", "pack", "files", "digest"):
            assert main([command, name]) == 2
            assert (
                f"error: {name} is neither a directory, a zip nor a JSON body with skills\n" in capsys.readouterr().err
            )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_that_takes_a_skill_names_everything_that_a_skill_can_be(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    if "--rev" in text and command != "why":  # which takes the paths of files in a skill
        for word in ("director", "zip", "in JSON"):
            assert word in text
        assert ("stdin" in text or "`-`" in text) == (command not in {"manifest", "attest"})


WRONG_KINDS: Final = {
    "check --baseline folder": "'--baseline': folder is a directory",
    "check --config folder": "'--config': folder is a directory",
    "pack demo --config folder": "'--config': folder is a directory",
    "digest --check-file folder": "'--check-file': folder cannot be read: is a directory",
    "digest --check-file absent": "'--check-file': absent cannot be read: no such file or directory",
    "pack demo -o folder": "'-o' / '--output': folder is a directory; use --output-dir for a directory",
    "pack demo --output-dir file": "'--output-dir': file is not a directory",
    "unpack x.zip -d file": "'-d' / '--directory': file is not a directory",
    "new demo -d file": "'-d' / '--directory': file is not a directory",
    "manifest demo --as well-known --artifacts file": "'--artifacts': file is not a directory",
    "size --html folder": "'--html': folder is a directory",
}


@pytest.mark.parametrize("call", WRONG_KINDS)
def test_a_directory_in_place_of_a_file_and_the_reverse_are_refused_in_the_same_words(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    assert main(call.split()) == 2
    first = capsys.readouterr().err.partition("\n")[0]
    assert first == f"error: invalid value for {WRONG_KINDS[call]}"


@pytest.mark.parametrize(
    "call", ["check --config", "check --baseline", "digest --check-file", "pack -o", "pack --output-dir", "size --html"]
)
def test_an_empty_path_for_an_option_is_refused(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*call.split(), ""]) == 2
    assert ": empty path (unset shell variable?)\n" in capsys.readouterr().err


@pytest.mark.parametrize("reference", ["", "@", "@2", "skill_1@"])
@pytest.mark.parametrize("command", [["container", "--name", "c"], ["shell"], ["shell", "--local"], ["environment"]])
def test_a_malformed_reference_is_refused_before_a_skill_is_opened(command: list[str], reference: str) -> None:
    done = skillpack(*command, "no-such-folder", "--skill-ref", reference)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--skill-ref '{reference}' is not ID or ID@VERSION" in done.stderr
    assert "no-such-folder" not in done.stderr
