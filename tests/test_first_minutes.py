"""What a new user meets in the first minutes: each message names what is wrong, and the next step."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Final

import pytest

import skillpack
from skillpack import PayloadError, Settings
from skillpack.cli import console, main
from skillpack.cli.run import COMMANDS
from skillpack.findings import Severity
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.rules import Packed, weigh
from skillpack.skill.skill import Skill
from skillpack.targets import TARGETS
from skillpack.text import format_size, list_words
from tests.conftest import MANIFEST, make_tree
from tests.terminal import on_a_terminal

NOT_WRITTEN: Final = "; no partial files were written"
_OF_A_SKILL: Final = ("check", "pack", "files", "digest", "size", "unpack", "targets", "zip", "diff skills/hello")
NAMES: Final = ("hello", "pdf-forms", "reports", "tables", "zebra")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of five skills, a body with all of them, a folder that is not a skill, and a dangling symlink."""
    for name in ("GITHUB_ACTIONS", "PRE_COMMIT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        folder = Path("skills", name)
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_bytes(MANIFEST.replace(b"demo", name.encode(), 1))
    body = skillpack.container("c", [skillpack.pack(f"skills/{name}") for name in NAMES])
    Path("body.json").write_text(json.dumps(body), "utf-8")
    Path("hello.zip").write_bytes(skillpack.pack("skills/hello").zip)
    Path("empty").mkdir()
    Path("dangling").symlink_to("nowhere")
    Path("loop").symlink_to("loop")
    Path("nothing.zip").touch()
    Path("cut.toml").write_text("exclude = []\ninclude = [\n", "utf-8")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("help", "; did you mean --help?"),
        ("version", "; did you mean --version?"),
        ("explain", "; did you mean rule?"),
        ("validate", "; did you mean check?"),
        ("LINT", "; did you mean check?"),
        ("verify", "; did you mean check?"),
        ("init", "; did you mean new?"),
        ("create", "; did you mean new?"),
        ("list", "; did you mean files?"),
        ("ls", "; did you mean files?"),
        ("build", "; did you mean pack?"),
        ("bundle", "; did you mean pack?"),
        ("extract", "; did you mean unpack?"),
        ("unzip", "; did you mean unpack?"),
        ("hash", "; did you mean digest?"),
        ("sha256", "; did you mean digest?"),
        ("chekc", "; did you mean check?"),
        ("--quiet check skills/hello", "no such option '--quiet'; options follow the command"),
        ("check --target claude skills", ", all; did you mean claude-ai?"),
        ("check --target azure skills", "; did you mean azure-openai or azure-agents?"),
        ("check --target openia skills", "; did you mean openai?"),
        ("check --target google,openai skills", "; repeat --target for each"),
        (
            "zip skills/hello --target google --target openai -o x.zip",
            "for google, and in a folder for openai: write one",
        ),
        ("pack", "'SKILL...': use . for the current directory, or --all for all skills below it"),
        ("zip -o x.zip", "'SKILL...': use . for the current directory, or --all"),
        ("lock", "'SKILL...': use . for the current directory, or --all"),
        ("pack skills/hello -o empty", "empty is a directory; use --output-dir for a directory"),
        ("zip skills/hello -o empty/", "empty/ is a directory name; use --output-dir for a directory"),
        ("container --name c skills/hello -o empty", "empty is a directory"),
        ("pack body.json", "; or take one: --skill NAME (hello, pdf-forms, reports, ...)"),
        ("container --name c --expires-after 20m", "'20m' is not a whole number of minutes, at least 1"),
        ("container --name c --expires-after 0", "'0' is not a whole number of minutes, at least 1"),
        ("check --jobs 0 skills", "'0' is not a whole number of processes, at least 1"),
        ("check --jobs x skills", "'x' is not a whole number of processes, at least 1"),
        ("check --jobs 9999999999 skills", "'9999999999' is not a whole number of processes"),
        ("new 'out/x\x1b[31m/ok'", r"'out/x\x1b[31m/ok' is a path"),
        ("rule zzzqq", "there is no rule zzzqq; skillpack rule lists all"),
        ("schema", "missing argument 'NAME': choose from container-create, settings"),
        ("environment --body session --name x", "--name is for --body template"),
        ("environment --agent x", "--agent is for --body session"),
        ("environment --size small", "--size is for --body session"),
        ("environment --file f_1:/etc/foo", "the path must start with /workspace/"),
        ("environment --file f_1:foo", "the path must start with /workspace/"),
        ("environment --file f_1:/workspace/../etc/foo", "/files/0: its path must be an absolute one in /workspace"),
        ("lock --check", "skillpack.lock: does not exist; write it with skillpack lock --all"),
        ("lock --update", "skillpack.lock: does not exist; write it with skillpack lock --all"),
        ("lock --check -o 'a b.lock'", "a b.lock: does not exist; write it with skillpack lock --all -o 'a b.lock'"),
        ("new claude-y --target claude-ai", "for 'NAME': the name contains claude"),
        (
            "new y --target claude-ai --description 'Makes <b>bold</b> text. Use for text.'",
            "'--description': the descr",
        ),
        ("new x --description 'has 15 chars...'", "the description has only 15 characters; describe what"),
        ("pack skills", "no skill in skills, but in its folder hello and 4 more; --all takes all 5"),
        ("targets skills", "but in its folder hello and 4 more; skills/* takes all 5"),
        ("diff skills skills/hello", "but in its folder hello and 4 more"),
        ("why skills/hello", "skills/hello is a skill: name a path in it, such as skills/hello/SKILL.md"),
        *(
            (f"why {paths}", f"why takes directories, and {bundle} is a {kind}; use: skillpack files {bundle}")
            for bundle, kind in (("hello.zip", "zip"), ("body.json", "request body"))
            for paths in (f"{bundle} SKILL.md", f"{bundle}/hello/a.txt", f"--root {bundle} a.txt")
        ),
        ("why --root cut.toml a.txt", "cut.toml is not a directory"),
        ("why --root nope a.txt", "nope does not exist"),
        ("check --rev nope skills", "a git repository"),
        ("size body.json", "takes one skill, and body.json has 5; skillpack unpack writes each"),
        *((f"{command} nothing.zip", "error: nothing.zip is empty") for command in _OF_A_SKILL),
        ("shell --local -", "--local needs a directory, and - is stdin"),
        ("new Größe", "use a name such as grosse"),
        ("new 'Résumé Prüfer'", "use a name such as resume-prufer"),
        ("check --config cut.toml skills", "cut.toml:2: is not TOML"),
        *((f"{command} ''", "empty path (unset shell variable?)") for command in _OF_A_SKILL),
        *((f"{command} loop", "loop is a loop of symlinks") for command in _OF_A_SKILL),
        *(
            (f"{command} nowhere", "error: nowhere does not exist")
            for command in ("check", "pack", "files", "digest", "size", "zip", "diff skills/hello", "unpack", "targets")
        ),
        *(
            (f"{command} dangling", "error: dangling is a symlink whose target does not exist")
            for command in ("check", "pack", "files", "digest", "size", "unpack")
        ),
    ],
)
def test_a_wrong_call_is_answered_with_the_next_step(
    call: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(call)) in (1, 2)
    printed = capsys.readouterr().err
    assert message in printed.splitlines()[0]
    assert "Traceback" not in printed


def test_what_other_programs_call_a_command_is_not_a_command_here() -> None:
    from skillpack.cli import run

    assert not set(run._MEANT) & set(COMMANDS)
    assert {meant.split()[0] for meant in run._MEANT.values()} <= {*COMMANDS, "--help", "--version"}


@pytest.mark.parametrize(
    ("name", "folder"), [("skills/foo", "skills"), ("a b/foo", "a b"), ("./foo/", "."), ("../foo", "..")]
)
def test_a_path_in_place_of_a_new_name_is_answered_with_the_call_that_works(
    name: str, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", name]) == 2
    (call,) = re.findall(r"is a path; use: skillpack (.*)", capsys.readouterr().err)
    assert main(shlex.split(call)) == 0
    assert Path(folder, "foo", "SKILL.md").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "stdin is empty"),
        (b"hello", "stdin is neither a zip nor a JSON body with skills"),
        (b" \n5", "stdin is neither a zip nor a JSON body with skills"),
        (b"\xef\xbb\xbfhello", "stdin is neither a zip nor a JSON body with skills"),
    ],
)
@pytest.mark.parametrize("command", ["check", "pack", "files", "digest", "unpack"])
def test_wrong_stdin_is_not_blamed_on_json(
    command: str, content: bytes, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main([command, "-"]) == 2
    assert f"error: {message}\n" in capsys.readouterr().err


@pytest.mark.parametrize("begin", [b"", b" \n", b"\xef\xbb\xbf"])
def test_json_on_stdin_is_read_after_blanks_and_a_byte_order_mark(
    begin: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(begin + Path("body.json").read_bytes())))
    main(["check", "-"])
    assert "neither" not in capsys.readouterr().err


def test_a_terminal_as_stdin_is_announced(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(b"hello")))
    assert main(["check", "-"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "reading stdin"


def test_a_session_without_an_agent_gets_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["environment", "skills/hello", "--body", "session"]) == 0
    assert "note: a session needs an agent: give --agent ID" in capsys.readouterr().err
    assert main(["environment", "skills/hello", "--body", "session", "--agent", "a"]) == 0
    assert "note: a session" not in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/etc/foo", "foo", "/workspace", "/workspace/", "/workspace/a//b", "/workspace/./a"])
def test_the_library_refuses_files_outside_of_the_workspace(path: str) -> None:
    with pytest.raises(PayloadError, match="an absolute one in /workspace"):
        skillpack.environment([make_tree()], files=[{"type": "file_id", "file_id": "f", "path": path}])


@pytest.mark.parametrize(
    "call", ["check skills", "check --all", "lock --all -o a.lock", "zip --all skills --output-dir zips"]
)
def test_a_symlink_that_cannot_be_resolved_does_not_hide_the_skills_next_to_it(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("skills/loop").symlink_to("loop")
    Path("skills/ping").symlink_to("pong")
    Path("skills/pong").symlink_to("ping")
    assert main(call.split()) == 0
    assert "error" not in capsys.readouterr().err
    assert len(skillpack.find_skills("skills")) == len(NAMES)


def test_the_call_that_fixes_names_no_path_that_could_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("skills/hello/SKILL.md").write_text(
        "---\nname: hello\ndescription: Use when: a user asks.\n---\nText.\n", "utf-8"
    )
    assert main(["check", "skills/hello", "nowhere", "skills/zebra"]) == 2
    call = capsys.readouterr().out.rpartition("fixable with ")[2].strip()
    assert call == "skillpack check --fix skills/hello"
    assert main(shlex.split(call)[1:]) == 0


@pytest.mark.parametrize("call", ["pack skills/hello skills/zebra", "zip skills/hello skills/zebra", "pack body.json"])
def test_of_several_results_each_line_has_the_name(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*call.split(), "--output-dir", "out"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if " file, " in line]
    names = NAMES if "body" in call else ("hello", "zebra")
    assert [line.partition(": 1 file, ")[0] for line in lines] == list(names)


def test_one_result_has_no_name_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "skills/hello", "-o", "out.json"]) == 0
    assert capsys.readouterr().err.startswith("1 file, ")


@pytest.mark.parametrize("command", ["check", "digest"])
def test_of_several_skills_each_line_of_verbose_has_the_path(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("skills/hello/.DS_Store").touch()
    assert main([command, "-v", "skills/hello", "skills/zebra"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "file" in line or "excluded" in line]
    assert [line.partition(": ")[0] for line in lines] == ["skills/hello", "skills/hello", "skills/zebra"]
    assert main([command, "-v", "skills/zebra"]) == 0
    assert "\n1 file, " in "\n" + capsys.readouterr().err


@pytest.mark.parametrize("call", ["check -v", "files"])
def test_each_line_about_a_skill_of_a_body_names_it(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*call.split(), "body.json"]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "file, " in line]
    assert [line.partition(": ")[0] for line in lines] == [f"body.json#/skills/{at}" for at in range(len(NAMES))]


_REFERENCES: Final = [{"type": "skill_reference", "skill_id": f"skill_{number}"} for number in range(2)]


_EXITS: Final = {
    "check": {0: "skills", 1: "bad", 2: "nowhere"},
    "check --diff": {0: "skills", 1: "bad", 2: "nowhere"},
    "check --strict": {0: "skills", 1: "brief", 2: "nowhere"},
    **{
        command: {0: "skills/hello", 1: "bad", 2: "nowhere"}
        for command in ("pack", "shell", "container --name c", "zip -o a.zip")
    },
    **{
        command: {0: "skills/hello", 1: "bad", 2: "nowhere"}
        for command in ("environment", "manifest", "attest", "size")
    },
    "unpack -d unpacked": {0: "skills/hello", 1: "bad", 2: "nowhere"},
    "files": {0: "bad", 1: "bad.json", 2: "nowhere"},
    "targets": {0: "bad", 1: "bad.json", 2: "nowhere"},
    "digest": {0: "bad", 1: "linked", 2: "nowhere"},
    f"digest --check skillpack1:{'0' * 64}": {1: "bad", 2: "nowhere"},
    "lock -o a.lock": {0: "bad", 1: "linked", 2: "nowhere"},
    "diff skills/hello": {0: "skills/hello", 1: "bad", 2: "linked"},
    "why": {0: "bad/SKILL.md", 2: "nowhere"},
    "new": {0: "fresh", 2: "skills/hello"},
    "rule": {0: "yaml-tag", 2: "nowhere"},
    "schema": {0: "settings", 2: "nowhere"},
    "completion": {0: "bash", 2: "nowhere"},
}


@pytest.mark.parametrize(("call", "code"), [(call, code) for call, codes in _EXITS.items() for code in codes])
def test_each_exit_code_is_the_documented_one(call: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    for name, description in (("bad", "Use when: a user asks."), ("brief", "Short one."), ("linked", "Makes tables.")):
        Path(name).mkdir()
        Path(name, "SKILL.md").write_text(f"---\nname: {name}\ndescription: {description}\n---\nText.\n", "utf-8")
    Path("linked/outside").symlink_to("/")
    Path("bad.json").write_text('{"name": "c", "memory_limit": "9g"}', "utf-8")
    assert main([*call.split(), _EXITS[call][code]]) == code
    capsys.readouterr()
    assert code in _documented(call, capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_documented_exit_code_has_a_call(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    called = {code for call, codes in _EXITS.items() if f"{call} ".startswith(f"{command} ") for code in codes}
    assert _documented(command, capsys) == called


def _documented(call: str, capsys: pytest.CaptureFixture[str]) -> set[int]:
    """Return the exit codes that the help of a command lists."""
    assert main([*call.split(maxsplit=1)[:1], "--help"]) == 0
    return set(map(int, re.findall(r"(?m)^ +(\d)  ", capsys.readouterr().out.partition("Exit codes:\n")[2])))


def test_targets_goes_on_after_a_body_with_errors(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text('{"name": "c", "memory_limit": "9g"}', "utf-8")
    assert main(["targets", "bad.json", "skills/hello", "--target", "openai"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "skills/hello\n  openai         fits\n"
    assert "error[payload-schema]" in printed.err


@pytest.mark.parametrize("format", ["text", "concise"])
def test_a_quiet_strict_check_prints_the_warnings_that_fail_it(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("skills/hello/SKILL.md").write_text("---\nname: hello\ndescription: Short one.\n---\nText.\n", "utf-8")
    call = ["check", "skills/hello", "-q", "--output-format", format]
    assert main(call) == 0
    assert capsys.readouterr().out == ""
    assert main([*call, "--strict"]) == 1
    printed = capsys.readouterr().out
    assert "warning[description-placeholder]" in printed
    assert "1 skill checked" not in printed


@pytest.mark.parametrize("format", ["text", "concise", "github"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_quiet_check_counts_what_its_level_hides_only_if_that_fails_it(
    format: str, *, strict: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = Path("skills/hello/SKILL.md")
    skill.write_text("---\nname: hello\ndescription: Short one.\n---\nText.\n", "utf-8")
    call = ["check", "skills/hello", "-q", "--level", "error", "--output-format", format, *["--strict"] * strict]
    said = "1 skill checked: no findings of this level; 1 finding of lower levels not listed\n"
    assert main(call) == strict
    assert capsys.readouterr().out == said * strict
    skill.write_text("---\nname: Hello\ndescription: Short one.\n---\nText.\n", "utf-8")
    assert main(call) == 1
    printed = capsys.readouterr().out
    assert "name-malformed" in printed
    assert "not listed" not in printed


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_beside_a_report_for_programs_the_summary_counts_what_the_level_hides(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("skills/hello/SKILL.md").write_text("---\nname: hello\ndescription: Short one.\n---\nText.\n", "utf-8")
    assert main(["check", "skills/hello", "--level", "error", "--output-format", format]) == 0
    said = "1 skill checked: no findings of this level; 1 finding of lower levels not listed\n"
    assert capsys.readouterr().err == said


def test_the_library_names_what_is_wrong_with_a_path() -> None:
    for function, path, message in (
        (skillpack.find_skills, "nowhere", "nowhere does not exist"),
        (skillpack.find_skills, "body.json", "body.json is not a directory"),
        (skillpack.apply_fixes, "body.json", "body.json is not a directory"),
        (skillpack.apply_fixes, "loop", "loop is a loop of symlinks"),
    ):
        with pytest.raises(skillpack.NotASkillError, match=f"^{message}$"):
            function(path)


@pytest.mark.parametrize("options", [[], ["--fix"], ["--output-format", "json"], ["--jobs", "2"]])
@pytest.mark.parametrize(
    ("body", "skills", "note"),
    [
        ({"skills": _REFERENCES}, 0, "2 skill references and no inline skill; a reference has no files to check here"),
        ({"skills": _REFERENCES[:1]}, 0, "1 skill reference and no inline skill; a reference has no files to check"),
        (
            {"skills": [*skillpack.container("c", [make_tree()])["skills"], _REFERENCES[0]]},
            1,
            "1 skill reference; a reference has",
        ),
        ({"memory_limit": "4g"}, 0, "no inline skill"),
    ],
    ids=["references", "reference", "mixed", "none"],
)
def test_a_check_of_a_body_states_what_of_it_has_nothing_to_check(
    body: dict[str, object], skills: int, note: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("refs.json").write_text(json.dumps({"name": "c"} | body), "utf-8")
    assert main(["check", "refs.json", *options]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("note: ") == 1
    assert f"note: refs.json has {note}" in printed.err
    if "json" in options:
        assert len(json.loads(printed.out)["skills"]) == skills
    else:
        assert printed.out == f"{'1 skill checked: ' if skills else ''}no problems found\n"
    assert main(["check", "refs.json", "--quiet", *options]) == 0
    assert capsys.readouterr().err == ""


def test_a_local_skill_of_a_body_is_named_as_one_to_check_in_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shell", "--local", "skills/hello", "-o", "tool.json"]) == 0
    capsys.readouterr()
    assert main(["check", "tool.json"]) == 0
    note = "note: tool.json has 1 local skill and no inline skill; a local skill is checked in its folder\n"
    assert capsys.readouterr().err == note


def test_a_body_with_errors_counts_as_no_skill_and_gets_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.json").write_text('{"name": "c", "memory_limit": "9g"}', "utf-8")
    assert main(["check", "bad.json"]) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith("\n\n1 error\n")
    assert printed.err == ""


def test_a_page_that_was_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size", "skills/hello", "--html", "size.html"]) == 0
    assert capsys.readouterr().err == "wrote size.html\n"
    assert main(["size", "skills/hello", "--html", "size.html", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_skill_that_is_given_twice_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["container", "--name", "c", "skills/hello", "skills/hello"]) == 1
    printed = capsys.readouterr().err
    assert "error[skill-repeated]: skills/hello is given 2 times\n" in printed
    assert "2 skills of this request" not in printed


@pytest.mark.parametrize("function", [skillpack.pack, skillpack.check])
def test_the_library_takes_a_skill_by_its_manifest(function: object) -> None:
    assert callable(function)
    Path("skills/hello/skillpack.toml").write_text("not TOML", "utf-8")  # one in a skill never counts
    by_folder, by_manifest = function("skills/hello"), function("skills/hello/SKILL.md")
    assert by_folder == by_manifest
    Path("skillpack.toml").write_text('targets = ["nope"]', "utf-8")
    with pytest.raises(skillpack.SettingsError):
        function("skills/hello/SKILL.md")


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["-h"], ["--version"], ["--version", "check"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_help_that_cannot_be_written_is_reported_as_any_output(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(arguments) == 2
        monkeypatch.undo()
        console.discard(full)
    assert capsys.readouterr().err == "error: cannot write to stdout: no space left on device\n"


def test_a_new_skill_that_cannot_be_written_is_named_and_not_its_temporary_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from skillpack import atomic
    from skillpack.errors import OutputError

    def full(path: Path, _pieces: object) -> bool:
        raise OutputError(f"cannot write {path}: no space left on device") from OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "replace", full)
    assert main(["new", "fresh"]) == 2
    assert capsys.readouterr().err == "error: cannot create fresh: no space left on device\n"
    assert not [path for path in Path().iterdir() if "tmp" in path.name]


def test_a_wrong_target_in_the_settings_is_an_item_of_an_array_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("skillpack.toml").write_text('targets = ["openai", "gogle"]', "utf-8")
    assert main(["check", "skills"]) == 2
    printed = capsys.readouterr().err
    assert "skillpack.toml:1: targets[1]: must be openai," in printed
    assert printed.rstrip().endswith("; did you mean google?")


@pytest.mark.parametrize(
    ("call", "suffix"),
    [
        ("check skills", ""),
        ("check --output-format json", ""),
        ("files skills/hello", ""),
        ("check --fix", NOT_WRITTEN),
        ("pack skills/hello -o x", NOT_WRITTEN),
        ("pack skills/hello -ox", NOT_WRITTEN),
        ("pack skills/hello --output=x", NOT_WRITTEN),
        ("zip --all --output-dir x", NOT_WRITTEN),
        ("unpack x.zip", NOT_WRITTEN),
        ("lock --all", NOT_WRITTEN),
        ("new x", NOT_WRITTEN),
    ],
)
def test_an_interrupted_call_mentions_files_only_if_it_writes_some(
    call: str, suffix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("skillpack.cli.run._invoke", interrupt)
    assert main(call.split()) == 130
    assert capsys.readouterr().err == f"interrupted{suffix}\n"


# --- targets -------------------------------------------------------------------------------------------------------


def test_every_warning_that_the_matrix_counts_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    large = {"SKILL.md": MANIFEST, **{f"{number}.bin": bytes(9_000_000) for number in range(2)}}
    for path, content in large.items():
        Path("demo").mkdir(exist_ok=True)
        Path("demo", path).write_bytes(content)
    assert main(["targets", "demo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("  mcp            fits, 1 warning")
    assert lines[at + 1].strip().startswith("warning: the skill has 18,0")
    assert not [line for line in lines if ".: " in line]


def test_a_tag_that_several_targets_refuse_is_one_finding_at_the_tag() -> None:
    text = MANIFEST.replace(b"Shows how", b"Shows <b>how</b>")
    report = skillpack.check({"SKILL.md": text}, settings=Settings(targets=tuple(TARGETS)))
    (finding,) = [each for each in report if each.rule == "target-text"]
    refusing = [name for name, target in TARGETS.items() if target.refuses_xml]
    assert finding.message.endswith(f"<b>, an XML tag, which {list_words(refusing)} refuse")
    line = text.decode().splitlines()[(finding.location.line or 0) - 1]
    begin, end = (finding.location.column or 0) - 1, (finding.location.end_column or 0) - 1
    assert line[begin:end] == "<b>"


def test_a_word_that_several_targets_reserve_is_one_finding() -> None:
    text = MANIFEST.replace(b"name: demo", b"name: claude-demo")
    report = skillpack.check({"SKILL.md": text}, settings=Settings(targets=("claude-ai", "openai", "anthropic-api")))
    (finding,) = [each for each in report if each.rule == "target-text"]
    assert finding.message == "the name contains claude, a reserved word of claude-ai and anthropic-api"
    assert finding.hint == "write it without that word"


@pytest.mark.parametrize("targets", [("openai",), ("agentskills",), ("openai", "agentskills")])
def test_a_field_that_a_target_refuses_is_not_to_be_kept(targets: tuple[skillpack.TargetName, ...]) -> None:
    text = MANIFEST.replace(b"---\n# Demo", b"colour: red\n---\n# Demo")
    (finding,) = [
        each
        for each in skillpack.check({"SKILL.md": text}, settings=Settings(targets=targets))
        if each.rule == "field-unknown"
    ]
    assert ("or keep it" in str(finding.hint)) == (finding.severity < Severity.ERROR)
    assert (finding.severity is Severity.ERROR) == ("agentskills" in targets)


# --- sizes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1600, "1.60 kB"),
        (2410, "2.41 kB"),
        (3085, "3.09 kB"),
        (9_994, "9.99 kB"),
        (9_995, "10.0 kB"),
        (48_000, "48.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (36_000_000, "36.0 MB"),
        (119_000_874, "119 MB"),
        (4_294_967_295, "4,295 MB"),
    ],
)
def test_a_size_has_three_digits(number: int, shown: str) -> None:
    assert format_size(number) == shown


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ([60], "/f0"),
        ([8, 7, 6], "/f0"),
        ([8, 7, 6, 5], "/f0 and /f1"),
        ([3, 3, 3, 3, 3, 3, 3, 3], "/f0, /f1 and /f2"),
        ([2] * 5, "/f0, /f1, /f2 and 1 more"),
    ],
)
def test_the_hint_names_as_many_files_as_save_enough(sizes: list[int], named: str) -> None:
    over = {"/f0": 8, "/f0 and /f1": 15, "/f0, /f1 and /f2": 9, "/f0, /f1, /f2 and 1 more": 8}[named]
    footprints = tuple((f"f{at}", size) for at, size in enumerate(sizes))
    packed = Packed(Skill.from_tree(make_tree()), MAX_ZIP_BYTES + over, footprints)
    (finding,) = weigh(packed, Settings())
    assert str(finding.hint).startswith(f"add {named} to .skillignore, or shrink some; ")


# --- width -----------------------------------------------------------------------------------------------------------


def columns(width: int, *arguments: str) -> list[str]:
    environment = {**os.environ, "COLUMNS": str(width), "NO_COLOR": "1", "TERM": "xterm"}
    _, shown = on_a_terminal(*arguments, environment=environment)
    text = shown.decode().replace("\r\n", "\n")
    return [line.rpartition("\r")[2] for line in text.split("\n")]  # a progress line is overwritten


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "call", ["targets", "targets demo", "rule", "why demo/.DS_Store demo/a", "size demo", "pack demo -o x"]
)
def test_lists_fit_into_the_terminal(call: str, width: int) -> None:
    Path("demo/references").mkdir(parents=True)
    fields = b"".join(b"field-number-%d: text\n" % at for at in range(4))
    Path("demo/SKILL.md").write_bytes(MANIFEST.replace(b"---\n# Demo", fields + b"---\n# Demo"))
    for at in range(6):
        Path(f"demo/{at}.local.md").write_bytes(b"text")
        Path(f"demo/.env.{at}").write_bytes(b"text")
    lines = columns(width, *call.split())
    assert lines
    assert not [line for line in lines if len(line) > width]


def test_the_sentences_of_size_are_never_cut() -> None:
    text = " ".join(" ".join(columns(60, "size", "skills/hello")).split())
    for sentence in (
        "in every request: name and description",
        "when the skill is used: its SKILL.md",
        "(JSON, name, description)",
        "of 70,254,592 characters of base64",
    ):
        assert sentence in text


def test_why_names_a_call_that_lists_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-z.zip").write_bytes(skillpack.pack({"SKILL.md": MANIFEST}).zip)
    Path("PK.txt").write_text("PKhello")
    assert main(["why", "--", "-z.zip"]) == 2
    assert main(shlex.split(capsys.readouterr().err.partition("use: skillpack ")[2])) == 0
    assert main(["why", "PK.txt"]) == 2
    assert "PK.txt is not in a skill" in capsys.readouterr().err
