from __future__ import annotations

import base64
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Builder, RejectedError, Report, Settings, SkillChangedError, pack
from skillpack.bundle.bundle import inline_skill
from skillpack.payload import wire
from skillpack.targets import TARGETS
from tests.conftest import make_tree, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSkill

MEBIBYTE = 1 << 20


def _peak(make: Callable[[], object]) -> int:
    """The most memory that was held while the JSON of what is made was written to nowhere."""
    tracemalloc.start()
    for _ in wire.pieces(make()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _nothing(_report: Report) -> None: ...


@given(st.lists(st.binary(max_size=7)))
def test_pieces_of_any_length_give_the_base64_of_the_whole(parts: list[bytes]) -> None:
    made = b"".join(wire.pieces(wire.Flow(lambda: iter(parts))))
    assert made == b'"' + base64.b64encode(b"".join(parts)) + b'"'


def test_a_stream_writes_what_a_bundle_does(make_skill: MakeSkill) -> None:
    skill = make_skill({f"references/{number}.txt": f"page {number}\n" * number for number in range(60)})
    streamed = stream(skill, _nothing)
    assert b"".join(wire.pieces(inline_skill(streamed))) == b"".join(wire.pieces(inline_skill(pack(skill))))
    assert json.loads(b"".join(wire.pieces(inline_skill(streamed)))) == wire.encoded(inline_skill(streamed))


def test_a_stream_never_holds_the_whole_zip(make_skill: MakeSkill) -> None:
    skill = make_skill({f"{number}.bin": bytes([number]) * MEBIBYTE for number in range(30)})
    builder = Builder(Settings(compression="store"), threads=1)

    def streamed() -> object:
        return inline_skill(stream(skill, _nothing, builder.settings, threads=1))

    def bundled() -> object:
        return inline_skill(builder.pack(skill))

    held = {make.__name__: _peak(make) for make in (streamed, bundled)}
    assert held["streamed"] < 10 * MEBIBYTE
    assert held["bundled"] > 30 * MEBIBYTE


def test_a_stream_that_grows_past_the_limit_is_rejected_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "openai", TARGETS["openai"]._replace(max_zip_bytes=1000))
    tree = make_tree({"a.bin": bytes(range(256)) * 8})
    pieces = wire.pieces(inline_skill(stream(tree, _nothing, Settings(compression="store"))))
    with pytest.raises(RejectedError) as caught:
        list(pieces)
    assert [finding.rule for finding in caught.value.report.errors] == ["zip-too-large"]


def test_what_the_zip_weighs_is_told_once_it_is_written(make_skill: MakeSkill) -> None:
    told: list[Report] = []
    streamed = stream(make_skill(), told.append)
    assert told == []
    list(wire.pieces(inline_skill(streamed)))
    assert len(told) == 1


def test_a_file_that_cannot_be_read_again_is_no_failure_of_the_output(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    skill = make_skill({"a.txt": "text\n"})
    streamed = stream(skill, _nothing)

    def fail(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("skillpack.sources.directory.DiskFile.read", fail)
    with pytest.raises(SkillChangedError, match="permission denied"):
        list(wire.pieces(inline_skill(streamed)))
