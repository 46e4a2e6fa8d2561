from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

import skillpack
from skillpack import (
    ArchiveError,
    Builder,
    Finding,
    Location,
    NotASkillError,
    OutputError,
    PayloadError,
    Progress,
    RejectedError,
    Report,
    Settings,
    SettingsError,
    Severity,
    SkillChangedError,
    SkillTree,
    check,
    container,
    iter_container,
    pack,
    read_zip,
    write_container,
    write_zip,
)
from skillpack.cli import main
from tests.conftest import MANIFEST, MakeSkill, make_tree
from tests.recording import recorder

# --- sources ---------------------------------------------------------------------------------------------


def test_a_directory_a_zip_file_its_bytes_and_a_tree_give_the_same_bundle(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    root = make_skill({"scripts/run.sh": "#!/bin/sh\n", "notes.md": "text"})
    bundle = pack(root)
    (tmp_path / "demo.zip").write_bytes(bundle.zip)
    for source in (str(root), bundle.zip, tmp_path / "demo.zip", read_zip(bundle.zip), bundle.skill.tree):
        assert pack(source).zip == bundle.zip
        assert pack(source).inline_skill() == bundle.inline_skill()


def test_name_and_description_are_those_of_the_manifest_in_the_zip(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": '---\nname: demo\ndescription: " kept: as it \\u00e9 is "\n---\n'})
    bundle = pack(root)
    skill = bundle.inline_skill()
    with zipfile.ZipFile(io.BytesIO(bundle.zip)) as archive:
        assert archive.read("demo/SKILL.md") == (root / "SKILL.md").read_bytes()
    assert skill["name"] == "demo"
    assert skill["description"] == " kept: as it é is "
    assert list(skill) == ["description", "name", "source", "type"]
    assert list(skill["source"]) == ["data", "media_type", "type"]


def test_the_top_folder_is_the_name_whatever_the_directory_is_called(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": MANIFEST}, name="other_folder")
    with zipfile.ZipFile(io.BytesIO(pack(root).zip)) as archive:
        assert archive.namelist() == ["demo/SKILL.md"]


@pytest.mark.parametrize("source", ["missing", b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_skill_is_the_callers_error(source: str | bytes, tmp_path: Path) -> None:
    given = tmp_path / source if isinstance(source, str) else source
    for call in (pack, check):
        with pytest.raises((NotASkillError, ArchiveError)):
            call(given)


def test_a_file_that_is_no_zip_is_not_called_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(NotASkillError, match="neither a directory nor a zip"):
        pack(tmp_path / "notes.txt")


def test_a_zip_over_the_limit_is_called_too_large_and_not_broken(tmp_path: Path) -> None:
    with (tmp_path / "big.zip").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(60_000_000)
    with pytest.raises(ArchiveError, match="52,690,944"):
        pack(tmp_path / "big.zip")


def test_an_empty_directory_is_a_finding_and_not_the_callers_error(tmp_path: Path) -> None:
    assert [finding.rule for finding in check(tmp_path).errors] == ["manifest-missing"]
    with pytest.raises(RejectedError):
        pack(tmp_path)


@pytest.mark.parametrize("one", ["skills/demo", Path("demo"), b"PK", {"type": "skill_reference", "skill_id": "s"}])
def test_one_skill_in_place_of_several_is_refused_and_not_taken_apart(one: Any) -> None:
    for call in (lambda: container("c", one), lambda: skillpack.shell_tool(one)):
        with pytest.raises(PayloadError, match="put the one skill in brackets"):
            call()
    with pytest.raises(PayloadError, match="/file_ids: must be an array"):
        container("c", file_ids="file_1")


# --- check and pack agree --------------------------------------------------------------------------------


def test_pack_refuses_with_everything_that_check_says() -> None:
    tree = make_tree({"docs/SKILL.md": b"x", "a\\b": b""})
    with pytest.raises(RejectedError) as caught:
        pack(tree)
    assert caught.value.report == check(tree)
    assert len(caught.value.report.errors) == 2


def test_a_file_that_changes_between_check_and_write_is_not_packed(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.md": "before"})
    tree = Builder().walk(root)
    assert check(tree).ok
    (root / "notes.md").write_text("after!")
    with pytest.raises(SkillChangedError, match=r"notes\.md"):
        write_zip(tree, "demo")


# --- progress --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 4])
def test_progress_only_grows_names_every_file_and_ends_at_the_total(threads: int) -> None:
    tree = make_tree({f"{number:02}.bin": bytes(number * 100_000) for number in range(20)})
    seen: list[Progress] = []
    Builder(watch=seen.append, threads=threads).pack(tree)
    assert [progress.path for progress in seen] == [file.path for file in tree.files]
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert {progress.total for progress in seen} == {tree.size}
    assert seen[-1].done == tree.size


def test_an_error_in_the_watch_reaches_the_caller() -> None:
    class StopError(Exception):
        pass

    def stop(_progress: Progress) -> None:
        raise StopError

    tree = make_tree({f"{number}.bin": bytes(2_000_000) for number in range(8)})
    with pytest.raises(StopError):
        Builder(watch=stop, threads=4).pack(tree)


# --- everything pickles ----------------------------------------------------------------------------------


def again(value: Any) -> list[Any]:
    return [pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)]


def test_values_pickle_and_copy(make_skill: MakeSkill) -> None:
    root = make_skill({"scripts/run.sh": "#!/bin/sh\n", "build/.gitignore": "*"})
    settings = Settings(exclude=["drafts/"], rules={"name-not-directory": "off"})
    builder = Builder(settings, threads=3)
    bundle = builder.pack(root)
    for value in (settings, builder, bundle, bundle.report, bundle.skill, bundle.skill.tree, bundle.skill.tree.files):
        assert again(value) == [value] * 3
    for copied in again(bundle):
        assert copied.inline_skill() == bundle.inline_skill()
    assert [copied.threads for copied in again(builder)] == [3, 3, 3]


def test_a_builder_pickles_without_its_watch() -> None:
    builder = Builder(watch=lambda _: None)
    assert pickle.loads(pickle.dumps(builder)) == builder
    assert pickle.loads(pickle.dumps(builder)).watch is None


@pytest.mark.parametrize(
    "error",
    [
        ArchiveError("cut short", "zip-count", 12),
        ArchiveError("cut short", "zip-count"),
        PayloadError((("/name", "is missing"), ("/skills/0", "must be an object"))),
        RejectedError(
            Report(
                findings=(
                    Finding(
                        rule="rule", severity=Severity.ERROR, skill="demo", location=Location("a"), message="message"
                    ),
                )
            )
        ),
        NotASkillError("no"),
        SkillChangedError("no"),
        OutputError("no"),
        SettingsError("no", key="rules.x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_pickle_and_copy(error: Exception) -> None:
    for copied in again(error):
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        assert copied.__dict__ == error.__dict__


def test_reprs_show_neither_data_nor_content(make_skill: MakeSkill) -> None:
    bundle = pack(make_skill({"notes.md": "sentinel-4711"}))
    assert "sentinel-4711" not in repr(bundle)
    assert "PK" not in repr(bundle)
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "notes.md": b"sentinel-4711"})
    assert "sentinel-4711" not in repr(tree)


# --- writing ---------------------------------------------------------------------------------------------


def test_what_is_written_is_the_compact_json_of_what_is_returned(make_skill: MakeSkill) -> None:
    bundle = pack(make_skill({"ünïcode.md": "text"}))
    file = io.BytesIO()
    bundle.write_inline_skill(file)
    assert file.getvalue() == json.dumps(bundle.inline_skill(), ensure_ascii=False, separators=(",", ":")).encode()


def test_a_container_is_written_as_it_is_returned(make_skill: MakeSkill) -> None:
    bundle = pack(make_skill())
    options: dict[str, Any] = {"memory_limit": "4g", "expires_after": 20, "file_ids": ["file_1"]}
    file = io.BytesIO()
    write_container(file, "c", [bundle], **options)
    body = container("c", [bundle], **options)
    assert file.getvalue() == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert list(body) == ["name", "expires_after", "file_ids", "memory_limit", "skills"]


def test_a_bundle_knows_its_name_and_digests(make_skill: MakeSkill) -> None:
    bundle = pack(make_skill())
    assert (bundle.name, bundle.description) == (bundle.skill.name, bundle.skill.description)
    assert bundle.digest == bundle.skill.tree.digest
    assert bundle.sha256 == hashlib.sha256(bundle.zip).hexdigest()


@pytest.mark.parametrize("size", range(3))
def test_chunks_are_what_is_written_and_know_their_length(size: int, make_skill: MakeSkill) -> None:
    bundle = pack(make_skill({"ünïcode.md": "text" * 1000, "more.md": "x" * size}))
    for chunks, written in (
        (bundle.iter_inline_skill(), bundle.write_inline_skill),
        (
            iter_container("Größe", [bundle], memory_limit="4g"),
            lambda file: write_container(file, "Größe", [bundle], memory_limit="4g"),
        ),
    ):
        file = io.BytesIO()
        written(file)
        assert [b"".join(chunks) for _ in range(2)] == [file.getvalue()] * 2, "they start from the beginning each time"
        assert chunks.length == len(file.getvalue())
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(chunks)


def test_an_http_client_sends_the_chunks_with_their_length(make_skill: MakeSkill) -> None:
    body = iter_container("c", [pack(make_skill())])
    with recorder() as server:
        requests.post(f"{server.url}/requests", data=body, timeout=60)
        length = {"Content-Length": str(body.length)}
        httpx.post(f"{server.url}/httpx", content=body, headers=length)
    assert server.received == [("/requests", b"".join(body)), ("/httpx", b"".join(body))]
    assert [headers["Content-Length"] for headers in server.headers] == [str(body.length)] * 2


# --- finding and fixing ----------------------------------------------------------------------------------


def test_find_skills_returns_each_folder_with_a_manifest(make_skill: MakeSkill, tmp_path: Path) -> None:
    one, two = make_skill(name="b/one"), make_skill(name="a/deep/two")
    make_skill(name="node_modules/other")
    assert skillpack.find_skills(tmp_path) == (two, one)
    assert skillpack.find_skills(str(one)) == (one,)
    (tmp_path / "empty").mkdir()
    assert skillpack.find_skills(tmp_path / "empty") == ()
    with pytest.raises(NotASkillError, match="is not a directory"):
        skillpack.find_skills(one / "SKILL.md")


def test_apply_fixes_writes_what_it_returns(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": "---\nname: demo\ndescription: Use when: asked.\n---\n"})
    (fix,) = skillpack.apply_fixes(root)
    assert (root / "SKILL.md").read_bytes() == fix.after != fix.before
    assert fix.counts == {"yaml-unquoted-colon": 1}
    assert check(root).ok
    assert skillpack.apply_fixes(root) == ()


# --- reports ---------------------------------------------------------------------------------------------


def test_a_report_is_neither_true_nor_false(make_skill: MakeSkill) -> None:
    report = check(make_skill())
    with pytest.raises(TypeError, match=r"use report\.ok, report\.findings or len\(report\)"):
        bool(report)
    assert report.ok
    assert len(report) == 0


def test_a_report_as_a_dict_is_what_the_command_line_prints(
    make_skill: MakeSkill, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_skill({"SKILL.md": "---\nname: a\ndescription: Use when: asked.\n---\n"}).parent)
    report = check("demo")
    assert main(["check", "demo", "--output-format", "json"]) == 1
    assert json.loads(capfd.readouterr().out) == skillpack.to_dict(report)
    assert main(["check", "demo", "--output-format", "sarif"]) == 1
    assert json.loads(capfd.readouterr().out) == skillpack.to_sarif(report)


# --- writing ---------------------------------------------------------------------------------------------


def test_nothing_is_written_of_a_container_that_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with pytest.raises(RejectedError):
        write_container(file, "c", [tmp_path])
    assert file.getvalue() == b""


def test_every_public_name_can_be_had_and_is_listed() -> None:
    for name in skillpack.__all__:
        assert getattr(skillpack, name) is not None
    assert set(skillpack.__all__) <= set(dir(skillpack))
    assert skillpack.__all__ == sorted(skillpack.__all__)
    with pytest.raises(AttributeError, match="no attribute 'packk'"):
        skillpack.packk  # type: ignore[attr-defined]  # noqa: B018 - the access is the test
