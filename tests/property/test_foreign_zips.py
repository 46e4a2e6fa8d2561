"""Any bytes are read or refused, with every issue in its place."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from skillpack.archive.read_foreign import ACCEPTED, read_foreign
from skillpack.rules import RULES
from tests.zip_drafts import Draft
from tests.zip_mutants import FILES, mutant

_CONTENTS = {f"demo/{path}".encode(): content for path, content in FILES.items()}
_BASES = [Draft.of(_CONTENTS).build(), Draft.of({b"demo/": b"", **_CONTENTS}, compress=True).build()]


def check(data: bytes) -> None:
    reading = read_foreign(data)
    assert reading.ok == (not any(issue.rule_id not in ACCEPTED for issue in reading.issues))
    assert bool(reading.entries) == reading.ok
    offsets = [issue.location.offset for issue in reading.issues]
    assert all(offset is not None and 0 <= offset <= len(data) for offset in offsets)
    assert offsets == sorted(offsets, key=lambda offset: offset or 0)
    assert all(issue.rule_id in RULES and issue.message.isprintable() for issue in reading.issues)
    assert all(len(entry.content) == entry.size for entry in reading.entries)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 62))
def test_a_changed_zip_is_read_or_refused(seed: int) -> None:
    check(mutant(_BASES, random.Random(seed)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_are_refused(body: bytes, tail: bytes) -> None:
    for data in (body, b"PK\3\4" + body, body + b"PK\5\6" + tail, body + b"PK\5\6" + bytes(18)):
        check(data)
