"""`skillpack check --baseline`: findings that a team knows are set aside, and new ones are not."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from skillpack.cli import main
from tests.conftest import MANIFEST

SECRET = "ghp_" + "q8Zr2Wv6Tn4Kx9Jp3Ls7Hd5Fm1Bc0Ya4Ee6G"[:36]
BROKEN = MANIFEST + b"\n[a](gone.md)\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A skill with an error and a warning, below the current directory."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    skill = tmp_path / "skills" / "demo"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_bytes(BROKEN.replace(b"name: demo", b"name: De_mo"))
    return skill


def rules(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the rules of a check with the baseline."""
    main(["check", "skills/demo", "--baseline", "known.json", "--output-format", "json", *arguments])
    return [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_what_was_written_is_set_aside_and_the_check_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "skills/demo"]) == 1
    assert main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline"]) == 0
    assert main(["check", "skills/demo", "--baseline", "known.json", "--strict"]) == 0
    assert capsys.readouterr().out.endswith("1 skill checked: no problems found; 2 in the baseline\n")


def test_a_finding_is_known_on_another_line_and_from_another_directory(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline"])
    manifest = root / "SKILL.md"
    manifest.write_bytes(manifest.read_bytes().replace(b"\n[a]", b"\nMore text.\n\n[a]"))
    capsys.readouterr()
    with contextlib.chdir(root):
        assert main(["check", "--baseline", "../../known.json", "--strict"]) == 0


@pytest.mark.parametrize(
    "added", [b"\n[b](other.md)\n", b"\nSee also [a](gone.md) and [b](gone-too.md).\n"], ids=["line", "target"]
)
def test_a_new_finding_is_reported(added: bytes, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules(capsys, "--write-baseline")
    manifest = root / "SKILL.md"
    manifest.write_bytes(manifest.read_bytes() + added)
    assert rules(capsys) == ["reference-broken"]


def test_a_finding_is_set_aside_as_often_as_it_was_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules(capsys, "--write-baseline")
    file = root.parent.parent / "known.json"
    known = json.loads(file.read_text("utf-8"))
    assert {entry["count"] for entry in known["findings"]} == {1}
    known["findings"] = [{**entry, "count": 0} for entry in known["findings"]]
    file.write_text(json.dumps(known), "utf-8")
    assert rules(capsys) == ["name-malformed", "reference-broken"]


def test_a_finding_on_safety_is_never_set_aside(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "run.sh").write_text(f"TOKEN={SECRET}\n", "utf-8")
    assert rules(capsys, "--write-baseline") == ["secret-text"]
    assert SECRET not in Path("known.json").read_text("utf-8")
    assert main(["check", "skills/demo", "--baseline", "known.json"]) == 1


def test_a_baseline_written_by_hand_sets_no_safety_rule_aside(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "run.sh").write_text(f"TOKEN={SECRET}\n", "utf-8")
    entry = {"rule": "secret-text", "path": "skills/demo/run.sh", "line": "e3b0c44298fc1c14", "count": 9}
    Path("known.json").write_text(json.dumps({"version": 1, "findings": [entry]}), "utf-8")
    assert "secret-text" in rules(capsys)


def test_the_json_counts_what_is_set_aside(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline", "--output-format", "json"])
    assert json.loads(capsys.readouterr().out)["summary"]["in_baseline"] == 2
    main(["check", "skills/demo", "--output-format", "json"])
    assert "in_baseline" not in json.loads(capsys.readouterr().out)["summary"]


def test_pack_has_no_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline"])
    assert main(["pack", "skills/demo"]) == 1
    assert main(["pack", "skills/demo", "--baseline", "known.json"]) == 2
    assert "no such option" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"{}", b"null", b"\xff", b'{"version": 2, "findings": []}', b'{"version": 1, "findings": {}}'),
        *(b'{"version": 1, "findings": [1]}', b'{"version": 1, "findings": [{}]}', b"[" * 100_000),
        b'{"version": 1, "findings": [{"rule": "a", "path": "b", "line": "c", "count": "x"}]}',
        b'{"version": 1, "findings": [{"rule": "a", "path": "b", "line": "c", "count": 1e999}]}',
        b'{"version": 1, "findings": [{"rule": [], "path": "b", "line": "c", "count": 1}]}',
    ],
)
def test_a_file_that_is_not_a_baseline_is_refused(content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("known.json").write_bytes(content)
    assert main(["check", "skills/demo", "--baseline", "known.json"]) == 2
    assert "known.json is not a baseline: write it again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baseline", "none.json"], "none.json cannot be read"),
        (["--write-baseline"], "--write-baseline needs --baseline FILE"),
        (["--write-baseline", "--baseline", "known.json", "--diff"], "--write-baseline needs --baseline FILE"),
    ],
)
def test_wrong_usage_is_an_error(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "skills/demo", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not Path("known.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        *(b"PK\x03\x04", b"---\nname: x\n---\n", b"x", b"[1]", b'{"type":"inline"}', b"\xff", b'{"findings":1}'),
        *(b'{"findings":[],"type":"inline"}', b'{"version":1,"findings":[],"summary":{}}', b"{}"),
    ],
)
def test_a_file_that_is_not_a_baseline_is_not_replaced(content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("known.json").write_bytes(content)
    assert main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline"]) == 2
    assert "error: cannot write known.json: it is not a baseline\n" in capsys.readouterr().err
    assert Path("known.json").read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n", b'{"version": 0, "findings": []}', b'{"version": 1,\n<<<<<<< ours\n "findings": ['),
        *(b'\xef\xbb\xbf{"version": 1, "findings": []}', b'\xef\xbb\xbf{"version": 1,\n "findings": ['),
    ],
)
def test_a_damaged_or_empty_baseline_is_written_again(content: bytes) -> None:
    Path("known.json").write_bytes(content)
    assert main(["check", "skills/demo", "--baseline", "known.json", "--write-baseline"]) == 0
    assert json.loads(Path("known.json").read_bytes())["version"] == 1


@pytest.mark.parametrize("more", [[], ["--fix"]])
def test_a_body_that_is_checked_is_not_replaced_by_its_baseline(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    content = b'{"version": 1, "findings": []}'
    Path("known.json").write_bytes(content)
    call = ["check", "skills/demo", "known.json", "--baseline", "known.json", "--write-baseline", *more]
    assert main(call) == 2
    assert "error: cannot write known.json: the skill is read from it\n" in capsys.readouterr().err
    assert Path("known.json").read_bytes() == content
