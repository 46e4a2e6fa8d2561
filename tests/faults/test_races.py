from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faults import races
from tests.judges import missing

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 12


def exchanged(kind: str, place: Path) -> races.Race:
    """Return a race in which what takes the place is there, and stays."""
    if not races.exchangeable():
        missing("the system has no renameat2")
    (found,) = (found for found in races.EXCHANGES if found.id == kind)
    race = races.Race(found, place)
    races.swap(str(race.one), str(race.other))
    return race


def test_a_race_notices_what_is_written_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    race = exchanged("folder for a link", tmp_path)
    monkeypatch.setitem(races.TRIES, "naive", lambda race: (race.root / "folder/run.sh").write_bytes(b""))
    race.attempt("naive")
    assert race.broken == {"outside writes": 1}


def test_a_race_notices_a_fifo_that_is_opened(tmp_path: Path) -> None:
    race = exchanged("file for a FIFO", tmp_path)
    with race.writer():
        while not race.broken:
            os.close(os.open(race.root / "folder/run.sh", os.O_RDONLY | os.O_NONBLOCK))
    assert set(race.broken) == {"opened FIFOs"}


@pytest.mark.slow
@pytest.mark.parametrize("command", races.TRIES)
@pytest.mark.parametrize("kind", races.EXCHANGES, ids=lambda kind: kind.id)
def test_whatever_is_exchanged_meanwhile_nothing_outside_is_read_or_written(kind: races.Exchange, command: str) -> None:
    if not races.exchangeable():
        missing("the system has no renameat2")
    broken, ended = races.race(kind, command, races.PAUSES[1], TRIES)
    assert ended.total() == TRIES
    assert broken == {}
