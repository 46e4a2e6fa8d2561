from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.cases import Sound, Trap, build
from benchmarks.peers import TOOLS
from benchmarks.sound import SOUND
from benchmarks.traps import TRAPS
from benchmarks.words import WORDS
from skillpack import check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.id)
def test_each_trap_is_found_by_its_rule(trap: Trap, tmp_path: Path) -> None:
    skill = build(trap, tmp_path)
    assert trap.rule in {finding.rule for finding in check(skill)}


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.id)
def test_a_sound_skill_has_no_error_and_no_warning(sound: Sound, tmp_path: Path) -> None:
    skill = build(sound, tmp_path)
    assert [str(finding) for finding in check(skill) if finding.severity.name != "NOTE"] == []


def test_every_case_has_a_name_of_its_own() -> None:
    ids = [case.id for case in (*TRAPS, *SOUND)]
    assert len(set(ids)) == len(ids)


def test_what_the_peers_say_is_recorded_for_traps_that_exist() -> None:
    assert WORDS.keys() <= {trap.id for trap in TRAPS}
    assert {tool for words in WORDS.values() for tool in words} <= {tool.package for tool in TOOLS}
