from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.errors import ArchiveError
from skillpack.findings import has_crashed
from skillpack.frontmatter import Text, quote, read_frontmatter, read_intended
from skillpack.frontmatter.nodes import TEXT, resolve_types
from skillpack.output import FORMATS, Look, render
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree
from tests.bounds import best_of, expect_at_most
from tests.conftest import MANIFEST
from tests.oddities import MALFORMED, STRINGS
from tests.oracles.yaml_readers import READERS

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Report

BOUND: Final = 0.05
BUILDER: Final = Builder(Settings(targets=("agentskills",)))


@pytest.fixture(params=["C", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def judged(files: dict[str, bytes]) -> Report:
    """Judge a skill and say so in every format; no rule may crash, and it may not take long."""
    tree = SkillTree.from_files(files, "demo")
    report = BUILDER.check(tree)
    expect_at_most(best_of(5, lambda: BUILDER.check(tree)), BOUND)
    assert not has_crashed(report)
    for format in FORMATS:
        said = render(report, format, Look())
        assert said.replace("\n", "").isprintable() or format in {"json", "sarif"}
        said.encode()
    return report


def test_there_are_enough_of_them() -> None:
    assert len(STRINGS) >= 300
    assert len(MALFORMED) >= 150


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("key", ["name", "description"])
def test_no_string_as_a_field_makes_a_rule_crash(key: str) -> None:
    for string in STRINGS:
        front = {"name": "name: demo", "description": "description: Shows."} | {key: f"{key}: {string}"}
        content = "---\n{name}\n{description}\n---\n".format(**front).encode("utf-8", "surrogatepass")
        judged({"SKILL.md": content})


@pytest.mark.usefixtures("loader")
def test_no_broken_frontmatter_makes_a_rule_crash() -> None:
    for content in MALFORMED:
        report = judged({"SKILL.md": content.encode("utf-8", "surrogatepass")})
        assert report.errors, content


def test_no_name_of_a_file_makes_a_rule_crash() -> None:
    judged_names = 0
    for string in STRINGS:
        files = {"SKILL.md": MANIFEST, f"assets/{string}": b"x", string or "x": b"y"}
        try:
            SkillTree.from_files(files)
        except ArchiveError:
            continue
        judged(files)
        judged_names += 1
    assert judged_names > 300


def test_no_name_of_a_file_on_disk_makes_the_walk_crash(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_bytes(MANIFEST)
    written = 0
    for number, string in enumerate(STRINGS):
        try:
            (root / string.replace("/", f"-{number}-")).write_bytes(b"x")
            written += 1
        except (OSError, ValueError):  # a NUL, a lone surrogate, too long
            continue
    assert written > 300
    report = BUILDER.check(root)
    assert not has_crashed(report)
    for format in FORMATS:
        render(report, format, Look()).encode()


@pytest.mark.usefixtures("loader")
def test_a_string_in_quotes_is_read_as_that_string() -> None:
    for string in STRINGS:
        content = f"---\nname: demo\ndescription: {quote(string)}\n---\n".encode("utf-8", "surrogatepass")
        read, issues = read_frontmatter(content)
        if read:
            assert read.description == string
        else:
            assert [each.rule_id for each in issues] == ["frontmatter-encoding"]


@pytest.mark.parametrize("reader", READERS)
def test_what_we_read_every_other_reader_reads_alike(reader: str) -> None:
    contents = [f"---\nname: demo\ndescription: {string}\nx: {string}\n---\n" for string in STRINGS]
    found = (read_frontmatter(content.encode("utf-8", "surrogatepass"))[0] for content in (*contents, *MALFORMED))
    ours = {read.text: read for read in found if read and read.fields.entries}
    sound = list(ours)
    assert len(sound) > 200
    for front, theirs in zip(sound, READERS[reader](sound), strict=True):
        texts = {each.key.value: each.value for each in ours[front].fields.entries if isinstance(each.value, Text)}
        if any(each.style == "plain" and resolve_types(each.value) != (TEXT, TEXT) for each in texts.values()):
            continue  # which is what yaml-ambiguous-scalar says
        assert theirs is not None, front
        assert {key: theirs[key] for key in texts} == {key: each.value for key, each in texts.items()}


DOCUMENTS: Final = st.fixed_dictionaries(
    {"name": st.text(max_size=70), "description": st.text(max_size=200)},
    optional={"license": st.text(), "metadata": st.dictionaries(st.text(max_size=9), st.text(), max_size=3)},
)


@given(DOCUMENTS, st.booleans(), st.sampled_from([20, 80, 1000]))
@bounds(max_examples=150, deadline=None)
def test_what_pyyaml_writes_we_read_as_it_was(document: dict[str, object], unicode: object, width: int) -> None:
    front = yaml.safe_dump(document, allow_unicode=bool(unicode), width=width)
    read, issues = read_frontmatter(f"---\n{front}---\n".encode())
    if read is None:  # a key of more than 128 characters begins with `? `, and U+0085 is written as it is
        assert {each.rule_id for each in issues} <= {"frontmatter-encoding", "yaml-alias"}, front
        return
    assert (read.name or "", read.description or "") == (document["name"], document["description"])


@given(st.binary(max_size=80) | st.text(st.sampled_from("a: -\n'\"[]{}|>#&*!%@\t\\"), max_size=60).map(str.encode))
@bounds(max_examples=300, deadline=None)
def test_no_bytes_make_the_reader_raise(front: bytes) -> None:
    for content in (front, b"---\n" + front + b"\n---\n"):
        read, issues = read_frontmatter(content)
        assert (read is None) == bool(issues)
        read_intended(content)
        for each in issues:
            assert (each.location.line or 0) >= 1
            assert all(0 <= edit.start <= edit.end <= len(content) for edit in each.edits)
