"""pack, zip, container, shell and digest as a person calls them: where results go, and when nothing does."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from skillpack.cli import main
from skillpack.targets import TARGETS
from tests.conftest import make_tree
from tests.faults.injected import injectable
from tests.judges import judge, missing

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

ROOT: Final = Path(__file__).parent.parent
REQUEST: Final = ROOT / "fixtures" / "payloads" / "reference-create-request.json"


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command: list[str | Path] = [sys.executable, "-m", "skillpack", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, check=False, cwd=cwd, env=environment)


def test_the_line_of_the_documentation_gives_the_example_request_of_the_reference() -> None:
    line = [
        *("container", "--name", "My Container", "--memory", "4g"),
        *("--skill-ref", "skill_4db6f1a2c9e73508b41f9da06e2c7b5f", "--skill-ref", "openai-spreadsheets@latest"),
        *("--allow-domain", "api.buildkite.com"),
    ]
    assert json.loads(run(*line).stdout) == json.loads(REQUEST.read_text("utf-8"))


@pytest.mark.parametrize("reference", ["", "@", "skill_1@", "@latest"])
def test_a_reference_without_an_id_or_a_version_behind_the_at_is_a_wrong_call(reference: str) -> None:
    done = run("container", "--name", "c", "--skill-ref", reference)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is not ID or ID@VERSION" in done.stderr


def test_an_odd_version_is_sent_as_it_is_with_a_warning() -> None:
    done = run("container", "--name", "c", "--skill-ref", "skill_1@v2@beta")
    assert json.loads(done.stdout)["skills"] == [
        {"skill_id": "skill_1", "type": "skill_reference", "version": "v2@beta"}
    ]
    assert b"reference-version" in done.stderr


def test_pack_and_zip_print_what_the_library_returns(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.md": "text"})
    bundle = skillpack.pack(root)
    assert json.loads(run("pack", root).stdout) == bundle.inline_skill()
    assert run("zip", root).stdout == bundle.zip
    assert json.loads(run("shell", root).stdout) == skillpack.shell_tool([bundle])


def test_a_local_shell_names_the_folder_as_it_was_given(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill()
    (tool,) = [json.loads(run("shell", "--local", "demo", cwd=tmp_path).stdout)]
    assert tool["environment"]["type"] == "local"
    assert [skill["path"] for skill in tool["environment"]["skills"]] == ["demo"]


def test_a_local_shell_is_told_all_that_there_is_to_say_of_its_skills(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"a.md": "[a](gone.md)\n"}, name="warned")
    make_skill({"SKILL.md": "no frontmatter\n"}, name="bad")
    make_skill()
    done = run("shell", "--local", "warned", "demo", cwd=tmp_path)
    assert [skill["path"] for skill in json.loads(done.stdout)["environment"]["skills"]] == ["warned", "demo"]
    assert b"warning[reference-broken]" in done.stderr
    done = run("shell", "--local", "demo", "warned", "bad", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[frontmatter-missing]" in done.stderr
    assert b"3 skills checked: 1 error, 1 warning" in done.stderr


def test_a_local_shell_takes_no_two_skills_of_one_name(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill()
    done = run("shell", "--local", "demo", "demo", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[skill-repeated]: demo is given 2 times\n" in done.stderr


def test_a_local_path_that_no_json_can_hold_is_told_in_a_line(make_skill: MakeSkill, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"odd\xff")
    try:
        make_skill().rename(odd)
    except OSError:
        pytest.skip("this file system takes Unicode names alone")
    done = run("shell", "--local", odd)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"/environment/skills/0/path: is not Unicode" in done.stderr


@pytest.mark.parametrize(("command", "suffix"), [("pack", "json"), ("zip", "zip")])
def test_several_skills_give_one_file_each_in_a_folder_that_is_made(
    command: str, suffix: str, make_skill: MakeSkill, tmp_path: Path
) -> None:
    roots = [make_skill(name=name) for name in ("one", "two")]
    done = run(command, *roots, "--output-dir", tmp_path / "new" / "folder")
    assert (done.returncode, done.stdout) == (0, b"")
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [f"one.{suffix}", f"two.{suffix}"]
    for root in roots:
        single = run(command, root).stdout
        assert (tmp_path / "new" / "folder" / f"{root.name}.{suffix}").read_bytes() == single


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_one_bad_skill_among_several_leaves_everything_as_it_was(
    command: str, make_skill: MakeSkill, tmp_path: Path
) -> None:
    good = make_skill(name="good")
    bad = make_skill({"SKILL.md": "---\nname: bad\n---\n"}, name="bad")
    worse = make_skill({"docs/SKILL.md": ""}, name="worse")
    done = run(command, good, bad, worse, "--output-dir", tmp_path / "new")
    assert (done.returncode, done.stdout) == (1, b"")
    assert not (tmp_path / "new").exists()
    assert b"description-missing" in done.stderr
    assert b"manifest-duplicate" in done.stderr


def test_two_skills_of_one_name_are_refused_before_one_overwrites_the_other(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    one, other = make_skill(name="same"), make_skill(name="other")
    (other / "SKILL.md").write_bytes((one / "SKILL.md").read_bytes())
    done = run("pack", one, other, "--output-dir", tmp_path / "new")
    assert done.returncode == 1
    assert b"skill-repeated" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "arguments",
    [["demo", "demo"], ["demo", "-o", "x", "--output-dir", "y"], [], ["demo", "--output-dir", "demo/SKILL.md"]],
)
def test_a_call_that_leaves_open_where_results_go_is_a_wrong_call(
    arguments: list[str], make_skill: MakeSkill, tmp_path: Path
) -> None:
    make_skill()
    done = run("pack", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_folder_that_cannot_be_made_is_told_in_a_line(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill()
    (tmp_path / "file").write_text("")
    done = run("pack", root, "--output-dir", tmp_path / "file" / "below")
    assert done.returncode == 2
    assert b"cannot create" in done.stderr
    assert b"Traceback" not in done.stderr


def count_opens(folder: Path, skills: list[str], *arguments: str) -> Counter[str]:
    """Return how often skillpack opens each file of skills in a folder."""
    if not injectable():
        missing("strace is not installed, or may not trace here")
    traced = [
        judge("strace"),
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",  # with the path of each descriptor
        "-e",
        "trace=open,openat",
        "-o",
        "trace",
        sys.executable,
        "-m",
        "skillpack",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*traced, *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    calls = whole_calls((folder / "trace").read_text().splitlines())
    opened = [found[1] for call in calls if "O_PATH" not in call and (found := re.search(r"= \d+<([^>]*)>$", call))]
    roots = tuple(str(folder / skill) for skill in skills)
    return Counter(path for path in opened if path.startswith(roots) and Path(path).is_file())


def whole_calls(trace: list[str]) -> Iterator[str]:
    """Yield each call on one line, also those during which strace shows a call of another thread."""
    unfinished: dict[str, str] = {}
    for line in trace:
        process, _, call = line.partition(" ")
        if call.endswith("<unfinished ...>"):
            unfinished[process] = call
        else:
            yield f"{unfinished.pop(process, '')}{call}"


MOST_OPENS: Final = (
    3  # SKILL.md for its frontmatter; each file to check it, and if compression was not done by then, to pack
)


def without_large(opens: Counter[str]) -> Counter[str]:
    """Leave out the files of which a thread decides by the time it takes whether they are read once or twice."""
    return Counter({path: count for path, count in opens.items() if "large" not in path})


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_several_skills_are_opened_as_often_as_each_alone(command: str, make_skill: MakeSkill, tmp_path: Path) -> None:
    words = "\n".join(map(str, range(100_000)))
    files: dict[str, bytes | str] = {
        "notes.md": "text",
        "large.txt": words,
        "larger.txt": words * 2,
        "random.bin": os.urandom(600_000),
    }
    for name in ("one", "two"):
        make_skill({"references/more.md": "text", ".gitignore": "*.log", **files}, name=name)
    alone = Counter[str]()
    for name in ("one", "two"):
        (tmp_path / "alone").mkdir(exist_ok=True)
        alone += count_opens(tmp_path, [name], command, name, "-o", f"alone/{name}")
    for _ in ("new", "replaced"):
        together = count_opens(tmp_path, ["one", "two"], command, "one", "two", "--output-dir", "out")
        assert without_large(together) == without_large(alone)
        assert together.keys() == alone.keys()
        assert max(together.values()) <= max(alone.values()) <= MOST_OPENS
    assert {Path(path).name for path in alone} >= {"SKILL.md", "more.md", ".gitignore", *files}
    for name in ("one", "two"):
        suffix = {"pack": "json", "zip": "zip"}[command]
        assert (tmp_path / "out" / f"{name}.{suffix}").read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_of_several_skills_with_one_zip_that_is_too_large_none_is_written(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, size in (("one", 10), ("two", 30_000), ("three", 10)):
        make_skill({"noise.bin": os.urandom(size)}, name=name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(TARGETS, "openai", TARGETS["openai"]._replace(max_zip_bytes=20_000))
    assert main(["zip", "one", "two", "three", "--output-dir", "out"]) == 1
    assert "error[zip-too-large]" in capsys.readouterr().err
    assert not Path("out").exists()


# --- digest ------------------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_directory_and_of_its_zip(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"notes.md": "text"})
    bundle = skillpack.pack(root)
    (tmp_path / "demo.zip").write_bytes(bundle.zip)
    expected = f"{bundle.skill.tree.digest}\n".encode()
    assert run("digest", root).stdout == run("digest", tmp_path / "demo.zip").stdout == expected
    two = run("digest", root, tmp_path / "demo.zip", cwd=tmp_path).stdout.decode().splitlines()
    assert [line.split("  ")[0] for line in two] == [bundle.skill.tree.digest] * 2


def test_a_digest_is_checked(make_skill: MakeSkill) -> None:
    root = make_skill()
    digest = skillpack.Builder().walk(root).digest
    assert run("digest", root, "--check", digest).returncode == 0
    (root / "new.md").write_text("text")
    done = run("digest", root, "--check", digest)
    assert done.returncode == 1
    assert b"differs from skillpack1:" in done.stderr
    assert run("digest", root, root, "--check", digest).returncode == 2


@pytest.mark.parametrize(
    ("compression", "how"), [("deflate", "libdeflate level 6"), ("smallest", "libdeflate level 12"), ("store", "store")]
)
def test_verbose_says_what_the_bytes_of_the_zip_depend_on(compression: str, how: str, make_skill: MakeSkill) -> None:
    root = make_skill()
    done = run("digest", "-v", "--compression", compression, root)
    made = run("zip", "--compression", compression, root).stdout
    assert hashlib.sha256(made).hexdigest() in done.stderr.decode()
    assert f"{len(made):,} bytes; format 1, " in done.stderr.decode()
    assert how in done.stderr.decode()
    assert done.stdout == run("digest", root).stdout


def test_what_can_never_be_packed_has_no_digest(make_skill: MakeSkill) -> None:
    root = make_skill()
    (root / "out").symlink_to("/etc/hostname")
    done = run("digest", root)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"link-" in done.stderr


# --- where an output may lie in a skill ---------------------------------------------------------------------------

CANONICAL: Final = skillpack.write_zip(make_tree(), "other")


def stored_zip(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, "text")
    return made.getvalue()


# each a file that skillpack did not write, and that looks more or less as if
FOREIGN: Final[dict[str, bytes]] = {
    "empty": b"",
    "script": b"#!/usr/bin/env python3\n",
    "zip of another program": stored_zip("notes.md"),
    "zip with a tail": CANONICAL + b"\n",
    "zip cut short": CANONICAL[:-1],
    "beginning of a zip": b"PK\x03\x04",
    "JSON": b'{"a":1}',
    "JSON that begins as ours": b'{"name":"demo","version":"1.0.0","main":"index.js"}',
    "JSON of our shape in another form": b'{"name": "demo"}',
    "JSON of our shape with a line break": b'{"name":"demo"}\n',
    "JSON twice": b'{"name":"demo"}{"name":"demo"}',
    "JSON with a key twice": b'{"name":"a","name":"demo"}',
    "inline skill with another key": b'{"description":"d","name":"n","source":1,"type":"inline"}',
    "shell tool without environment": b'{"type":"shell"}',
    "shell tool with another environment": b'{"type":"shell","environment":{"type":"remote"}}',
    "local shell without skills": b'{"type":"shell","environment":{"type":"local","skills":1}}',
    "local shell with other skills": b'{"type":"shell","environment":{"type":"local","skills":[{"path":"x"}]}}',
    "half a surrogate pair": b'{"name":"\\ud800"}',
    "nested too deep": b'{"name":' + b"[" * 100_000,
    "not UTF-8": b'{"name":"\xff"}',
}
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "pack": ("pack",),
    "zip": ("zip",),
    "zip without a folder": ("zip", "--target", "google"),
    "stored zip without a folder": ("zip", "--target", "google", "--compression", "store"),
    "container": ("container", "--name", "c", "--memory", "4g", "--allow-domain", "a.example", "--skill-ref", "s@1"),
    "shell": ("shell", "--memory", "4g", "--allow-domain", "a.example", "--skill-ref", "s@1"),
    "shell for one caller": ("shell", "--allowed-caller", "direct"),
    "shell for agents-js": ("shell", "--shape", "agents-js", "--memory", "4g", "--allow-domain", "a.example"),
    "shell for the AI SDK": ("shell", "--shape", "ai-sdk", "--memory", "4g", "--skill-ref", "s@1"),
    "local shell": ("shell", "--local"),
    "environment": ("environment", "--allow-domain", "a.example", "--package", "npm:left-pad"),
    "template": ("environment", "--body", "template", "--name", "t"),
    "session": ("environment", "--body", "session", "--agent", "a", "--size", "small"),
}
DESCRIPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "manifest": ("manifest", "{}", "-o"),
    "attest": ("attest", "{}", "-o"),
    "diff": ("diff", "{}", "other", "--patch"),
    "diff with the skill as the newer": ("diff", "other", "{}", "--patch"),
}
"""Calls that describe a skill, each to be followed by an output."""


def listing(folder: Path) -> dict[str, bytes | str]:
    """Return all that a folder holds, without following links."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


Call = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Call:
    """Return what runs a command in `tmp_path`, in this process, and returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, bytes, str]:
        code = main(list(arguments))
        captured = capfdbinary.readouterr()
        return code, captured.out, captured.err.decode()

    return called


@pytest.fixture
def rejected(call: Call) -> Callable[..., None]:
    """Return what runs a command that must be refused, and must change nothing."""

    def rejected(*arguments: str) -> None:
        before = listing(Path())
        code, out, err = call(*arguments)
        assert (code, out) == (2, b""), err
        assert "it is in the skill" in err
        assert listing(Path()) == before

    return rejected


@pytest.mark.parametrize("command", WAYS)
@pytest.mark.parametrize("output", ["SKILL.md", "scripts/run.py", ".gitignore", "left-out.md", "build/a.json"])
def test_an_output_does_not_replace_a_file_of_the_skill(
    output: str, command: str, make_skill: MakeSkill, rejected: Callable[..., None]
) -> None:
    files = {"scripts/run.py": "#!/bin/sh\n", ".gitignore": "left-*\n", "left-out.md": "text", "build/a.json": "[]"}
    make_skill(files)
    rejected(*WAYS[command], "demo", "-o", f"demo/{output}")


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_only_looks_like_a_result_is_not_replaced(
    kind: str, make_skill: MakeSkill, rejected: Callable[..., None]
) -> None:
    make_skill({"out": FOREIGN[kind]})
    rejected("pack", "demo", "-o", "demo/out")


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_a_file_for_each_of_several_skills_does_not_replace_one_of_theirs(
    command: str, make_skill: MakeSkill, rejected: Callable[..., None]
) -> None:
    suffix = {"pack": "json", "zip": "zip"}[command]
    make_skill({f"out/two.{suffix}": "mine"}, name="one")
    make_skill(name="two")
    rejected(command, "one", "two", "--output-dir", "one/out")
    rejected(command, "two", "one", "--output-dir", "one/out")


# outputs that lead to a file of the skill by another name than its own, or to what is no file
OTHER_NAMES: Final[dict[str, str]] = {
    "through a link to the skill": "skill/a.md",
    "through a link to a folder in it": "sub/b.md",
    "with dots": "demo/sub/../a.md",
    "a hard link outside": "hard",
    "a link in the skill to nowhere": "demo/nowhere",
    "a link in the skill to a file of it": "demo/inner",
    "a link in the skill to a file outside": "demo/outer",
    "a FIFO in the skill": "demo/pipe",
}


@pytest.mark.parametrize("way", OTHER_NAMES)
def test_a_file_of_the_skill_is_known_by_any_name(
    way: str, make_skill: MakeSkill, rejected: Callable[..., None]
) -> None:
    root = make_skill({"a.md": "a", "sub/b.md": "b"})
    Path("skill").symlink_to("demo")
    Path("sub").symlink_to("demo/sub")
    Path("hard").hardlink_to("demo/a.md")
    (root / "nowhere").symlink_to("gone.md")
    (root / "inner").symlink_to("a.md")
    (root / "outer").symlink_to("../sub/b.md")
    os.mkfifo(root / "pipe")
    rejected("pack", "demo", "-o", OTHER_NAMES[way])


@pytest.mark.parametrize("place", ["skill", "demo/sub/.."])
def test_a_skill_is_known_by_any_name(place: str, make_skill: MakeSkill, rejected: Callable[..., None]) -> None:
    make_skill({"a.md": "a", "sub/b.md": "b"})
    Path("skill").symlink_to("demo")
    rejected("zip", place, "-o", "demo/a.md")


def test_a_link_outside_the_skill_that_leads_into_it_is_replaced_not_followed(
    make_skill: MakeSkill, call: Call
) -> None:
    root = make_skill({"a.md": "a"})
    Path("link").symlink_to("demo/a.md")
    assert call("zip", "demo", "-o", "link")[0] == 0
    assert Path("link").read_bytes() == skillpack.pack(root).zip
    assert (root / "a.md").read_text() == "a"


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_an_old_result_in_the_skill_is_replaced(first: str, second: str, make_skill: MakeSkill, call: Call) -> None:
    make_skill({"a.md": "a"})
    calls = [[*WAYS[way], "demo"] for way in (first, second)]
    expected = call(*calls[1])[1]
    for arguments in calls:
        code, _, err = call(*arguments, "-o", "demo/result")
        assert code == 0, err
    assert Path("demo/result").read_bytes() == expected


def test_a_page_in_the_skill_is_replaced_and_not_measured(make_skill: MakeSkill, call: Call) -> None:
    make_skill({"a.md": "a"})
    for _ in range(2):
        code, _, err = call("size", "demo", "--html", "demo/page.html")
        assert code == 0, err
        assert "other calls pack it: add /page.html to .skillignore" in err
    assert call("size", "demo", "--html", "elsewhere.html", "--exclude", "page.html")[0] == 0
    assert Path("demo/page.html").read_bytes() == Path("elsewhere.html").read_bytes()


@pytest.mark.parametrize("command", DESCRIPTIONS)
@pytest.mark.parametrize("output", ["SKILL.md", "new.json"])
def test_what_describes_a_skill_is_not_written_into_it(
    output: str, command: str, make_skill: MakeSkill, rejected: Callable[..., None]
) -> None:
    make_skill()
    make_skill({"a.md": "a"}, name="other")
    rejected(*(part.format("demo") for part in DESCRIPTIONS[command]), f"demo/{output}")


@pytest.mark.parametrize("command", DESCRIPTIONS)
def test_what_describes_a_skill_may_be_written_where_the_skill_ignores_it(
    command: str, make_skill: MakeSkill, call: Call
) -> None:
    make_skill({".skillignore": "/new.json\n"})
    make_skill({"a.md": "a"}, name="other")
    for _ in range(2):
        assert call(*(part.format("demo") for part in DESCRIPTIONS[command]), "demo/new.json")[0] in (0, 1)
    assert Path("demo/new.json").stat().st_size


@pytest.mark.parametrize("command", [*DESCRIPTIONS, "size"])
def test_what_describes_a_zip_does_not_replace_it(command: str, make_skill: MakeSkill, call: Call) -> None:
    make_skill()
    make_skill({"a.md": "a"}, name="other")
    assert call("zip", "demo", "-o", "demo.zip")[0] == 0
    before = Path("demo.zip").read_bytes()
    description = DESCRIPTIONS.get(command, ("size", "{}", "--html"))
    code, _, err = call(*(part.format("demo.zip") for part in description), "demo.zip")
    assert (code, err) == (2, "error: cannot write demo.zip: the skill is read from it\n")
    assert Path("demo.zip").read_bytes() == before


SEVERAL: Final = {
    "pack": ("pack", "--output-dir", "out"),
    "zip": ("zip", "--output-dir", "out"),
    "container": ("container", "--name", "c"),
    "shell": ("shell",),
    "local shell": ("shell", "--local"),
    "environment": ("environment",),
    "digest": ("digest",),
    "manifest": ("manifest",),
    "lock": ("lock",),
    "check": ("check",),
    "diff": ("diff",),
}
"""Calls for several skills, each to be followed by these."""


@pytest.mark.parametrize("command", SEVERAL)
def test_the_errors_of_each_of_several_skills_are_listed(command: str, make_skill: MakeSkill, call: Call) -> None:
    for name in ("one", "two"):
        (make_skill(name=name) / "link").symlink_to("/nowhere")
    code, out, err = call(*SEVERAL[command], "one", "two")
    assert code == (2 if command == "diff" else 1)
    listed = out.decode() if command == "check" else err
    assert [name for name in ("one", "two") if f"{name}/link: error[" in listed] == ["one", "two"]


@pytest.mark.parametrize("command", ["pack", "zip", "container", "digest"])
def test_the_call_that_fixes_what_is_fixable_names_the_skills_on_disk(
    command: str, make_skill: MakeSkill, call: Call
) -> None:
    make_skill(name="sound")
    for name in ("one", "a b"):
        make_skill({"SKILL.md": f"---\nname: {name}\ndescription: Use when: the user asks.\n---\n"}, name=name)
    (Path("one") / "link").symlink_to("/nowhere")
    _, _, err = call(*SEVERAL[command], "sound", "one", "a b")
    named = "one" if command == "digest" else "'a b' one"
    assert err.endswith(f"fixable with skillpack check --fix {named}\n")


def test_the_errors_of_each_locked_skill_are_listed(make_skill: MakeSkill, call: Call) -> None:
    skills = {name: make_skill(name=name) for name in ("one", "two")}
    assert call("lock", *skills)[0] == 0
    for skill in skills.values():
        (skill / "link").symlink_to("/nowhere")
    code, _, err = call("lock", "--check")
    assert code == 2
    assert [name for name in skills if f"{name}/link: error[" in err] == ["one", "two"]


def test_old_results_of_several_skills_are_replaced(make_skill: MakeSkill, call: Call) -> None:
    make_skill(name="one")
    make_skill(name="two")
    for _ in range(2):
        assert call("pack", "one", "two", "--output-dir", "one")[0] == 0
    assert sorted(path.name for path in Path("one").iterdir()) == ["SKILL.md", "one.json", "two.json"]


@pytest.mark.parametrize("place", [("-o", "new/"), ("-o", ""), ("--output-dir", "")])
def test_a_place_that_names_no_file_is_a_wrong_call(
    place: tuple[str, str], make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_skill()
    monkeypatch.chdir(tmp_path)
    done = run("pack", "demo", *place)
    assert (done.returncode, done.stdout) == (2, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.parametrize(
    "command", [["pack"], ["zip"], ["container", "--name", "c"], ["shell"], ["shell", "--local"], ["environment"]]
)
def test_a_result_in_the_skill_is_noted_unless_it_is_ignored(
    command: list[str], make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({"a.txt": b"x"})
    assert main([*command, str(root), "-o", str(root / "out.bin")]) == 0
    assert "out.bin is in the skill, and other calls pack it: add /out.bin to .skillignore" in capsys.readouterr().err
    (root / ".skillignore").write_text("/out.bin\n", "utf-8")
    assert main([*command, str(root), "-o", str(root / "out.bin")]) == 0
    assert main([*command, str(root), "-o", str(tmp_path / "out.bin")]) == 0
    assert "is in the skill" not in capsys.readouterr().err
