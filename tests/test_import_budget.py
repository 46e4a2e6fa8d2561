"""What a call imports is most of its run time, and the hook's."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.cli import main

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

ROOT: Final = Path(__file__).parents[1]
THIRD_PARTY: Final = ("click", "deflate", "jsonschema", "markdown_it", "pathspec", "pybase64", "pydantic", "yaml")

_SHOWN: Final = """
import sys
there = set(sys.modules)  # an installation may load more at its start than Python alone
from skillpack.cli import main
code = main(sys.argv[1:])
print("imported", *sorted(sys.modules.keys() - there))
sys.exit(code)
"""


def modules(*arguments: str, cwd: Path, code: int = 0) -> set[str]:
    """Run a command, which ends with a code, and return the names of the modules it has imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _SHOWN, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    first, *names = done.stdout.splitlines()[-1].split()
    assert first == "imported"
    return set(names)


def imported(*arguments: str, cwd: Path) -> set[str]:
    """Run a command and return the names of the top-level modules it has imported."""
    return {name.partition(".")[0] for name in modules(*arguments, cwd=cwd)}


_COUNTED: Final = """
import gc, sys
from skillpack.cli import main
searched = []
gc.callbacks.append(lambda phase, info: searched.append(phase))
gc.collect()
sys.argv[0] = "skillpack"
code = main()
assert searched == ["start", "stop"], searched
sys.exit(code)
"""


def test_checking_a_small_skill_ends_before_cycles_are_searched_for(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill()
    command = [sys.executable, "-c", _COUNTED, "check", "demo"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_call_from_python_leaves_its_search_for_cycles_as_it_was(make_skill: MakeSkill) -> None:
    before = gc.get_threshold()
    assert main(["check", str(make_skill())]) == 0
    assert gc.get_threshold() == before


def test_the_version_needs_nothing_from_outside(tmp_path: Path) -> None:
    names = imported("--version", cwd=tmp_path)
    assert names.isdisjoint(THIRD_PARTY)
    assert names.isdisjoint(("typing", "dataclasses", "contextlib", "re", "json"))


def test_checking_a_small_skill_loads_only_what_it_needs(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill()
    names = imported("check", "demo", cwd=tmp_path)
    assert names & set(THIRD_PARTY) == {"click"}
    assert names & {"concurrent", "logging", "shutil", "subprocess", "tempfile", "tomllib", "difflib"} == set()
    assert names & {"base64", "dataclasses", "json", "string", "textwrap"} == set()


def test_checking_a_sound_skill_loads_nothing_that_makes_bodies_or_explains_what_is_broken(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    make_skill()
    unused = {
        *("skillpack.bundle.request", "skillpack.bundle.bundle", "skillpack.payload", "skillpack.select.explain"),
        *("skillpack.archive.read_canonical", "skillpack.frontmatter.diagnose_yaml", "skillpack.output.excerpt"),
        *("skillpack.cli.deliver", "skillpack.cli.container_options"),
        *(
            "skillpack.archive.write",
            "skillpack.bundle.packing",
            "skillpack.sources.request_body",
            "skillpack.sources.zip",
        ),
    }
    assert modules("check", "demo", cwd=tmp_path) & unused == set()
    make_skill({"SKILL.md": "---\nname: demo\ndescription: Use when: asked.\n---\n"})
    loaded = modules("check", "demo", cwd=tmp_path, code=1)
    assert loaded >= {"skillpack.frontmatter.diagnose_yaml", "skillpack.output.excerpt"}


def test_packing_a_small_skill_loads_nothing_that_reads_zips_or_shares_work(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    make_skill()
    unused = {
        *("skillpack.archive.read_canonical", "skillpack.archive.central_directory", "skillpack.archive.sharing"),
        *("skillpack.payload.models", "skillpack.bundle.request"),
        *("concurrent", "ctypes", "logging", "pydantic", "shutil", "tempfile"),
    }
    assert modules("pack", "demo", "-o", "body.json", cwd=tmp_path) & unused == set()


def test_wildcards_that_may_match_load_pathspec_and_references_markdown(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({".gitignore": "dist/\n*.log\nx*y\n"})
    assert imported("check", "demo", cwd=tmp_path) & set(THIRD_PARTY) == {"click"}
    make_skill({".gitignore": "SK*.md\n"})
    assert imported("check", "demo", cwd=tmp_path) & set(THIRD_PARTY) == {"click", "pathspec"}
    make_skill({"a.md": "[b](gone.md)\n"}, name="other")
    assert imported("check", "other", cwd=tmp_path) & set(THIRD_PARTY) == {"click", "markdown_it"}


def test_a_frontmatter_of_more_than_simple_texts_loads_yaml(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"SKILL.md": "---\nname: demo\ndescription: Use when asked.\nmetadata: {a: b}\n---\n"})
    assert imported("check", "demo", cwd=tmp_path) & set(THIRD_PARTY) == {"click", "yaml"}


@pytest.mark.parametrize("command", ["check", "files", "digest"])
def test_no_command_that_only_reads_loads_pydantic(make_skill: MakeSkill, tmp_path: Path, command: str) -> None:
    make_skill()
    assert imported(command, "demo", cwd=tmp_path).isdisjoint(("jsonschema", "pydantic", "pybase64"))
