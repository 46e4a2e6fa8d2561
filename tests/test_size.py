from __future__ import annotations

import io
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skillpack
from skillpack.bundle.tokens import estimate_tokens
from skillpack.cli import main
from skillpack.cli.console import Console
from skillpack.limits import MAX_BASE64_CHARS, MAX_FILE_BYTES, MAX_ZIP_BYTES
from skillpack.output import Look
from skillpack.output.files import describe_zip
from skillpack.output.json import size_to_dict
from skillpack.output.size import render
from skillpack.targets import zip_limit
from skillpack.text import format_share, width
from tests.bounds import processor_time
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from skillpack.archive.write import CompressionName
    from skillpack.targets import TargetName
    from tests.conftest import MakeSkill

NOISE: Final = random.Random(1).randbytes(300_000)

_contents = st.one_of(
    st.binary(max_size=40), st.builds(lambda part, times: part * times, st.binary(), st.integers(1, 400))
)
_names = st.sampled_from(["a", "b.md", "café.txt", "folder/a", "folder/inner/b", "folder/inner/c", "other/表.md"])


def body_length(bundle: skillpack.Bundle) -> int:
    written = io.BytesIO()
    bundle.write_inline_skill(written)
    return len(written.getvalue())


@settings(max_examples=50, deadline=None)
@given(files=st.dictionaries(_names, _contents), compression=st.sampled_from(["deflate", "smallest", "store"]))
def test_the_parts_add_up_to_the_body_to_the_byte(files: Mapping[str, bytes], compression: CompressionName) -> None:
    tree = make_tree(files)
    size = skillpack.measure(tree, settings=skillpack.Settings(compression=compression))
    zip = skillpack.write_zip(tree, "demo", compression)
    inline = skillpack.Bundle(skill=skillpack.Skill(tree), report=skillpack.Report(), zip=zip)
    assert size.zip_bytes == len(zip)
    assert size.characters == len(inline.inline_skill()["source"]["data"])
    parts = sum(file.characters for file in size.files) + size.archive_characters + size.json_bytes
    assert parts == size.body_bytes == body_length(inline)
    for file in size.files:
        assert abs(file.characters - file.packed * 4 / 3) < 1
    assert 0 < size.archive_characters <= 34
    for folder in size.folders:
        inside = [file for file in size.files if file.path.startswith(folder.path)]
        assert folder.files == len(inside)
        assert folder.characters == sum(file.characters for file in inside)
        assert (folder.size, folder.packed) == (sum(file.size for file in inside), sum(file.packed for file in inside))


@settings(max_examples=50, deadline=None)
@given(files=st.dictionaries(_names, _contents), whole=st.booleans())
def test_the_lines_of_the_table_add_up_too(files: Mapping[str, bytes], *, whole: bool) -> None:
    size = skillpack.measure(make_tree(files))
    lines = list(render(size, Look(), whole=whole))
    rows = lines[3 : next(at for at, line in enumerate(lines) if line.endswith("all of it"))]
    at_top = [row for row in rows if not row[23:].startswith(" ")]
    assert sum(int(row.split()[0].replace(",", "")) for row in at_top) == size.body_bytes


def test_hidden_files_are_counted_in_the_folder_that_they_are_in() -> None:
    files = {f"many/{number:03}.txt": bytes([number % 256]) * (number + 1) for number in range(200)}
    size = skillpack.measure(make_tree(files | {f"{letter}/x": b"" for letter in "abcdefgh"}))
    lines = list(render(size, Look()))
    assert len(lines) < 80
    assert any("more files)" in line for line in lines)
    assert len(list(render(size, Look(), whole=True))) > 200


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "no-such-encoding"])
def test_no_line_is_wider_than_the_terminal_and_bars_fit_its_encoding(columns: int, encoding: str) -> None:
    files = {"folder/" + "long-name" * 20 + ".md": NOISE[:9000], "references/文" * 9 + "/表.txt": b"abc"}
    size = skillpack.measure(make_tree(files))
    lines = list(render(size, Look(columns), encoding))
    assert max(map(width, lines)) <= max(columns, 80)
    bars = "".join(lines).translate({ord(char): None for char in "文表"})
    assert bars.isascii() == (encoding != "utf-8")


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ((), {"characters": MAX_BASE64_CHARS, "zip": MAX_ZIP_BYTES, "files": 500, "file": MAX_FILE_BYTES}),
        (("openai",), {"characters": MAX_BASE64_CHARS, "zip": MAX_ZIP_BYTES, "files": 500, "file": MAX_FILE_BYTES}),
        (
            ("claude-ai", "azure-openai"),
            {"characters": MAX_BASE64_CHARS, "zip": MAX_ZIP_BYTES, "files": 200, "file": MAX_FILE_BYTES},
        ),
        (("google",), {"files": 10_000}),
        (("google", "mcp"), {"files": 512}),
        (("codex",), {}),
    ],
)
def test_the_limits_are_those_of_the_targets(targets: tuple[TargetName, ...], expected: dict[str, int]) -> None:
    size = skillpack.measure(make_tree(), settings=skillpack.Settings(targets=targets))
    assert {use.name: use.limit for use in size.limits} == expected
    lines = list(render(size, Look()))
    assert ("limits" in lines) == bool(expected)
    assert not any(before == after == "" for before, after in pairwise(lines))


def test_bars_are_coloured_by_how_much_of_a_limit_is_used() -> None:
    small = skillpack.measure(make_tree())
    many = skillpack.measure(make_tree({f"{number}": b"" for number in range(450)}))
    over = skillpack.measure(make_tree({f"{number}": b"" for number in range(501)}))
    look = Look(80, Console("always").style)

    def of_files(size: skillpack.SkillSize) -> str:
        return next(line for line in render(size, look) if " of 500 files" in line)

    assert "\x1b[32m" in of_files(small)
    assert "\x1b[33m" in of_files(many)
    assert "\x1b[31m" in of_files(over)
    assert "exceeded" in of_files(over)
    assert "\x1b" not in "".join(render(over, Look(80)))


def test_a_skill_that_is_too_large_to_be_packed_is_measured(make_skill: MakeSkill) -> None:
    skill = make_skill({"small.txt": b"abc"})
    with (skill / "huge.bin").open("wb") as file:
        file.truncate(26 * 1024 * 1024 + 1)
    with pytest.raises(skillpack.RejectedError):
        skillpack.pack(skill)
    size = skillpack.measure(skill)
    huge = next(file for file in size.files if file.path == "huge.bin")
    assert (huge.measured, huge.packed - huge.size) == (False, 30 + 46 + 2 * len("demo/huge.bin"))
    assert next(use for use in size.limits if use.name == "file").share > 1
    assert size.savings[0] == skillpack.Saving(kind="exclude", paths=("huge.bin",), characters=huge.characters)


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"SKILL.md": b"# no frontmatter\n"}, "frontmatter-missing"),
        ({"SKILL.md": b""}, "frontmatter-missing"),
        ({"SKILL.md": MANIFEST.replace(b"name: demo", b"name: ../up")}, "name-malformed"),
    ],
)
def test_a_skill_without_a_usable_name_is_rejected_with_its_findings(files: dict[str, bytes], rule: str) -> None:
    with pytest.raises(skillpack.RejectedError) as caught:
        skillpack.measure(make_tree(files))
    assert rule in {finding.rule for finding in caught.value.report}


def test_a_file_that_cannot_be_read_is_a_finding(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = skillpack.Builder().walk(make_skill({"a.txt": b"abc"}))

    def refuse(*_arguments: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("skillpack.sources.directory.read_scanned", refuse)
    with pytest.raises(skillpack.RejectedError):
        skillpack.measure(tree)


@pytest.mark.parametrize(
    ("files", "saving"),
    [
        ({"a.bin": NOISE[:9000], "b.bin": NOISE[:9000]}, ("duplicate", ("a.bin", "b.bin"))),
        ({f"many/{at}.bin": NOISE[at * 1000 : at * 1000 + 1000] for at in range(9)}, ("exclude", ("many/",))),
        ({"words.txt": b"".join(b"%d %d " % (at, at * at % 97) for at in range(9000))}, ("compression", ("smallest",))),
    ],
)
def test_what_would_save_most_is_found(files: dict[str, bytes], saving: tuple[str, tuple[str, ...]]) -> None:
    size = skillpack.measure(make_tree(files))
    assert saving in {(each.kind, each.paths) for each in size.savings}
    amounts = [each.characters for each in size.savings]
    assert amounts == sorted(amounts, reverse=True)
    assert len(amounts) <= 5


def test_what_a_saving_promises_is_what_it_saves() -> None:
    files = {"a.bin": NOISE[:9000], "b.bin": NOISE[:9000], "c.txt": b"".join(b"%d " % at for at in range(20_000))}
    before = skillpack.measure(make_tree(files))
    for saving in before.savings:
        settings = skillpack.Settings()
        left = dict(files)
        if saving.kind == "compression":
            settings = skillpack.Settings(compression="smallest")
        for path in saving.paths[1:] if saving.kind == "duplicate" else saving.paths:
            left.pop(path, None)
        after = skillpack.measure(make_tree(left), settings=settings)
        assert abs(before.body_bytes - after.body_bytes - saving.characters) <= 4


def test_nothing_is_to_be_saved_on_a_skill_of_one_file() -> None:
    assert skillpack.measure(make_tree()).savings == ()


def test_what_a_model_reads_is_listed_by_when_it_reads_it() -> None:
    files = {
        "guide.md": b"one two three\n",
        "references/table.csv": b"a,b\n1,2\n",
        "references/scan.png": b"\x89PNG\xff\xfe",
        "scripts/run.py": b"print()\n",
    }
    size = skillpack.measure(make_tree(files))
    assert [(text.kind, text.path) for text in size.texts] == [
        ("listing", "SKILL.md"),
        ("body", "SKILL.md"),
        ("reference", "guide.md"),
        ("reference", "references/table.csv"),
    ]
    assert size.texts[1].characters == len("# Demo\n")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", (0, 0)),
        ("x", (1, 1)),
        ("The quick brown fox jumps over the lazy dog.", (9, 11)),
        ("1234567890", (4, 4)),
        ("表单填写工具", (4, 8)),
        ("フォームに入力する", (5, 10)),
        ("양식을 작성합니다", (5, 10)),
        ("    indented\n\n\n", (2, 4)),
    ],
)
def test_tokens_are_estimated_by_script(text: str, tokens: tuple[int, int]) -> None:
    least, most = tokens
    assert least <= estimate_tokens(text) <= most


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_every_text_but_the_empty_one_and_spaces_has_tokens(text: str) -> None:
    tokens = estimate_tokens(text)
    assert (tokens > 0) == bool(text)
    assert tokens <= 2 * len(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.0 %"), (0.0001, "<0.1 %"), (0.0005, "0.1 %"), (0.0994, "9.9 %"), (0.0996, "10 %"), (1.03, "103 %")],
)
def test_shares_are_short(share: float, text: str) -> None:
    assert format_share(share) == text


def test_json_has_every_part_and_is_ascii(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    skill = make_skill({"表.md": "x" * 300})
    assert main(["size", str(skill), "--output-format", "json"]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    found = json.loads(printed)
    assert found == json.loads(json.dumps(size_to_dict(skillpack.measure(skill))))
    parts = [file["characters"] for file in found["files"]] + list(found["overhead"].values())
    assert sum(parts) == found["body"]


def test_the_terminal_gets_no_control_characters_of_names(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = make_skill({"a\u202e/b\u200b.md": "x" * 3000, "##[error]x.md": "y" * 99})
    assert main(["size", str(skill)]) == 0
    printed = capsys.readouterr().out
    assert not set(printed) & set("\u202e\u200b")
    assert "a\\u202e/" in printed
    assert "##[error]" not in printed


def test_a_body_with_several_skills_is_a_wrong_call(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = tmp_path / "body.json"
    skills = [str(make_skill()), str(make_skill(name="other"))]
    assert main(["container", "--name", "x", *skills, "-o", str(body)]) == 0
    assert main(["size", str(body)]) == 2
    assert "takes one skill, and" in capsys.readouterr().err


@pytest.mark.parametrize("door", ["zip", "body", "folder"])
def test_a_skill_costs_the_same_through_every_door(make_skill: MakeSkill, tmp_path: Path, door: str) -> None:
    skill = make_skill({"references/a.md": "text " * 99})
    source = {"folder": skill, "zip": tmp_path / "demo.zip", "body": tmp_path / "demo.json"}
    assert main(["zip", str(skill), "-o", str(source["zip"])]) == 0
    assert main(["pack", str(skill), "-o", str(source["body"])]) == 0
    inline = json.loads(source["body"].read_bytes())
    size = skillpack.measure(inline if door == "body" else source[door])
    assert size.files == skillpack.measure(skill).files
    assert size.body_bytes == source["body"].stat().st_size


@pytest.mark.parametrize("command", ["pack", "zip", "container"])
def test_the_summary_states_the_size_of_the_result_and_its_share_of_the_limit(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    skill = make_skill({"noise.bin": NOISE})
    bundle = skillpack.pack(skill)
    name = ["--name", "x"] if command == "container" else []
    expected = "zip of 300 kB, 0.6 % of the limit" if command == "zip" else "400 kB of base64, 0.6 % of the limit"
    assert 300_000 < len(bundle.zip) < 301_500
    several = [str(make_skill(name="other")), *([] if command == "container" else ["--output-dir", str(tmp_path)])]
    for rest in (["-o", str(tmp_path / "out")], [*several, *(["-o", str(tmp_path / "out")] if name else [])]):
        assert main([command, str(skill), *name, *rest]) == 0
        assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("targets", "share"),
    [
        ("openai", "0.6 % of the limit"),
        ("codex openai", "0.6 % of the limit"),
        ("codex", ""),
        ("google", ""),
        ("anthropic-api mcp", ""),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_the_summary_of_a_zip_without_a_limit_has_no_share_of_one(
    make_skill: MakeSkill,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    targets: str,
    share: str,
    several: bool,
) -> None:
    skill = str(make_skill({"noise.bin": NOISE}))
    options = [part for target in targets.split() for part in ("--target", target)]
    more = [str(make_skill(name="other")), "--output-dir", str(tmp_path)] if several else ["-o", str(tmp_path / "x")]
    assert main(["zip", skill, *options, *more]) == 0
    line = next(line for line in capsys.readouterr().err.splitlines() if "zip of 300 kB" in line)
    assert line.partition("zip of 300 kB")[2] == (share and f", {share}")


def test_the_share_of_the_limit_is_whole_at_the_last_size_that_the_rule_accepts() -> None:
    assert describe_zip(MAX_ZIP_BYTES, zip_limit(("openai",))) == "zip of 52.7 MB, 100 % of the limit"
    assert describe_zip(MAX_ZIP_BYTES + 1, zip_limit(("google",))) == "zip of 52.7 MB"


@pytest.mark.parametrize(
    "run", [" ", "\u3000", "\r", "\n", "a", "\u00e9", "\u8868", "!", "1", "\x0b\x0c", " \n", "\u2028"]
)
def test_a_long_run_of_one_character_costs_no_more_than_its_length(run: str) -> None:
    with processor_time(1.5):
        estimate_tokens(run * 200_000)


def test_punctuation_between_ideographs_does_not_hide_them() -> None:
    parts = ["\u8868\u5355\u586b\u5199", "\u5de5\u5177\u4f7f\u7528"]
    alone = sum(map(estimate_tokens, parts))
    assert alone <= estimate_tokens("\u3002".join(parts)) <= alone + 2


@pytest.mark.parametrize("count", range(20, 32))
def test_one_more_file_is_named_and_not_counted(
    count: int, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = make_skill({f"references/{at:02}.md": "text " * (at + 100) for at in range(count)})
    assert main(["size", str(skill)]) == 0
    assert "(1 more file)" not in capsys.readouterr().out
