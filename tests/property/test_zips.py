"""Any tree to its zip and back; any bytes to a tree or to an ArchiveError."""

from __future__ import annotations

import json
import unicodedata
from typing import Final, get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skillpack import ArchiveError, Builder, SkillTree, read_zip, write_zip
from skillpack.archive.records import lay_out, other_formats, upper_bound
from skillpack.archive.write import Compression
from skillpack.payload import wire
from skillpack.targets import Layout
from tests.conftest import MANIFEST
from tests.other_formats import member, tar_content

part = (
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:"), min_size=1, max_size=6)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: text not in (".", "..") and not set(text) & set("/\\:"))
)
path = st.lists(part, min_size=1, max_size=3).map("/".join)
content = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=20).map(lambda data: data * 500),
    st.binary(max_size=5).map(lambda data: b"#!" + data),
    st.integers(0, 300_000).map(bytes),
)
trees = st.dictionaries(path, content, min_size=1, max_size=6).map(SkillTree.from_files)
SMALL: Final = write_zip(
    SkillTree.from_files({"SKILL.md": b"---\nname: demo\n---\n" * 3, "run": b"#!/bin/sh\n"}),
    "demo",
    Compression.DEFLATE,
)


def sound(tree: SkillTree) -> bool:
    names = {file.path for file in tree.files}
    return len(names) == len(tree.files) and not any(
        name[:at] in names for name in names for at, char in enumerate(name) if char == "/"
    )


@settings(max_examples=100, deadline=None)
@given(trees, st.sampled_from(Compression), part, st.integers(1, 4))
def test_a_zip_read_again_is_the_same_tree(tree: SkillTree, compression: Compression, top: str, threads: int) -> None:
    assume(sound(tree))
    made = write_zip(tree, top, compression, threads)
    assert len(made) <= upper_bound(tree, top)
    again = read_zip(made)
    assert again == tree
    assert again.digest == tree.digest
    assert [file.executable for file in again.files] == [file.executable for file in tree.files]
    assert write_zip(again, again.directory, compression) == made


@st.composite
def first_contents(draw: st.DrawFn) -> bytes:
    """Contents of a file `!`, many of which make a zip a tar archive or an ISO 9660 image, in one of the layouts."""
    name = draw(st.sampled_from((b"demo/!", b"!")))
    begin = 30 + len(name)
    content = draw(st.binary(max_size=600))
    kind = draw(st.sampled_from(("tar", "image", "any")))
    if kind == "tar":
        written = draw(
            st.sampled_from((b"%06o\0 ", b"%07o\0", b" %05o \0", b"%08o", b"\0\0%06o", b"%06o89", b"1 %06o"))
        )
        return tar_content(name, content, written, wrong_by=draw(st.sampled_from((0, 0, 0, 1, 256))))
    if kind == "image":
        place = 32769 - begin + draw(st.sampled_from((0, 0, -1, 1)))
        return content.ljust(place, b"\0") + b"CD001"
    return content


@settings(max_examples=200, deadline=None)
@given(first_contents(), st.sampled_from(Compression), st.sampled_from(get_args(Layout)))
def test_what_is_written_is_only_a_zip_and_refused_as_the_check_reports(
    content: bytes, compression: Compression, layout: Layout
) -> None:
    tree = SkillTree.from_files({"!": content, "SKILL.md": MANIFEST})
    plain = {
        top: b"".join(lay_out([member(top + b"!", content), member(top + b"SKILL.md", MANIFEST)]))
        for top in (b"demo/", b"")
    }
    others = [[*other_formats(data)] for data in plain.values()]
    reported = "zip-not-a-zip" in {finding.rule for finding in Builder().check(tree)}
    assert reported == any(others)
    try:
        made = write_zip(tree, "demo", compression, layout=layout)
    except ArchiveError:
        assert reported
        return
    assert not any(other_formats(made))
    if layout == "folder":
        assert read_zip(made) == tree
    if compression is Compression.STORE:
        assert made == plain[b"demo/" if layout == "folder" else b""]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=12), st.just(b""), max_size=4), st.text(max_size=4))
def test_any_names_give_a_zip_or_an_archive_error(contents: dict[str, bytes], top: str) -> None:
    try:
        tree = SkillTree.from_files(contents)
        made = write_zip(tree, top)
    except ArchiveError:
        return
    if contents:
        assert read_zip(made) == tree


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_bytes_changed_anywhere_give_the_same_tree_or_an_archive_error(data: st.DataObject) -> None:
    changed = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        length = data.draw(st.integers(0, 4))
        changed[at : at + length] = data.draw(st.binary(max_size=4))
        assume(changed)
    try:
        tree = read_zip(bytes(changed))
    except ArchiveError:
        return
    assert tree == read_zip(SMALL)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda tail: b"PK\x03\x04" + tail)))
def test_any_bytes_give_a_tree_or_an_archive_error(data: bytes) -> None:
    try:
        read_zip(data)
    except ArchiveError:
        return
    raise AssertionError("random bytes are no canonical zip")


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(st.characters(codec="utf-8"))),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(st.characters(codec="utf-8")), inner)),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_the_pieces_of_any_value_are_its_compact_json(value: object) -> None:
    whole = b"".join(wire.pieces(value))
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json.loads(whole) == value
    assert whole == compact.encode() or "::" in compact or "##" in compact, "only CI commands are escaped"
    assert wire.encoded(value) == value
