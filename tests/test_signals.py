"""Signals to an exit code and one line, wherever in the program they come."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.samples import ROOT

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

# a shell makes its background jobs ignore signals, which skillpack respects, so the test resets them
_BEGIN: Final = """
import os, signal, sys, threading, time, weakref
from skillpack import cli
from skillpack.api import Builder
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
def send(name):
    os.kill(os.getpid(), getattr(signal, name))
class Dropping:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        send(self.name)
class Dropped:
    pass
real = Builder.tree
def tree(builder, source):
    work()
    time.sleep(20)  # the signal that was dropped must come again
    return real(builder, source)
Builder.tree = tree
"""
_END: Final = "\nsys.exit(cli.main(sys.argv[1:]))\n"


def _interrupted(work: str, make_skill: MakeSkill) -> tuple[int, str, list[str]]:
    """Return the exit code, what stdout got and the lines of stderr of a check during which `work` was called."""
    ended = subprocess.run(
        [sys.executable, "-c", _BEGIN + work + _END, "check", make_skill()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return ended.returncode, ended.stdout, ended.stderr.splitlines()


_FINALIZER: Final = """
def work():
    Dropping({name!r})
"""
_CALLBACK: Final = """
def work():
    dropped = Dropped()
    reference = weakref.ref(dropped, lambda _: send({name!r}))
    del dropped
"""


@pytest.mark.parametrize("work", [_FINALIZER, _CALLBACK], ids=["finalizer", "callback"])
@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 143, "terminated")],
)
def test_a_signal_where_python_drops_exceptions_is_not_lost(
    work: str, name: str, code: int, word: str, make_skill: MakeSkill
) -> None:
    ended, _, said = _interrupted(work.format(name=name), make_skill)
    assert (ended, said) == (code, [word])


def test_another_signal_works_after_one_that_was_dropped(make_skill: MakeSkill) -> None:
    both = "def work():\n    Dropping('SIGINT')\n    send('SIGTERM')\n"
    assert _interrupted(both, make_skill)[0] == 143


@pytest.mark.parametrize(
    "tidying",
    ["    finally:", "    except BaseException:"],
)
def test_a_second_signal_does_not_cut_the_tidying_up_short(tidying: str, make_skill: MakeSkill) -> None:
    work = f"""
def work():
    try:
        send("SIGINT")
{tidying}
        send("SIGINT")
        send("SIGTERM")
        try:
            os.unlink("/nowhere/at/all")
        except OSError:
            send("SIGINT")
        print("tidied")
        raise
"""
    assert _interrupted(work, make_skill) == (130, "tidied\n", ["interrupted"])


def test_a_second_signal_while_threads_are_waited_for_shows_no_traceback(make_skill: MakeSkill) -> None:
    work = """
def late():
    time.sleep(1)
    send("SIGINT")
    time.sleep(0.2)
def work():
    threading.Thread(target=late).start()
    send("SIGINT")
"""
    assert _interrupted(work, make_skill) == (130, "", ["interrupted"])
