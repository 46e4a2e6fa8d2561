"""Each argument of what is public, given what it cannot be: an exception that names it, and never silence."""

from __future__ import annotations

import enum
import inspect
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, is_typeddict

import pytest
from pydantic import BaseModel

import skillpack
from skillpack import ArchiveError, Builder, NotASkillError, Settings, SkillFile, SkillpackError, SkillTree
from skillpack.skill.tree import Memory, Selection
from tests.conftest import make_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSkill

WRONG: Final[dict[str, Any]] = {
    "none": None,
    "number": 5,
    "bytes": b"x",
    "text": "\ud800",
    "empty list": [],
    "list": [5],
    "fraction": 2.5,
    "truth": True,
    "dict": {5: 5},
    "object": object(),
}
TEXT: Final = {"text"}
NUMBER: Final = {"number"}
NONE: Final = {"none"}
NOTHING: Final = {"none", "empty list"}
TREE: Final = make_tree()
OPTIONS: Final = {"file_ids": {"empty list"}, "memory_limit": NONE, "network_policy": NONE}
TOOL: Final = {**OPTIONS, "allowed_callers": {"empty list"}}
HOSTED: Final = {
    "container_size": NONE,
    "env": NONE,
    "files": {"empty list"},
    "network": NONE,
    "packages": NONE,
    "setup_commands": {"empty list"},
}
BODY: Final = {"name": set[str](), "skills": {"empty list"}, "expires_after": NONE | NUMBER, **OPTIONS}
BODY_OF_A_CALL: Final = {**BODY, "settings": NONE}
RESULTS: Final = {
    "Bundle",
    "Chunks",
    "Container",
    "ContainerExpiry",
    "ContainerNetwork",
    "Decision",
    "Edit",
    "Excerpt",
    "Excluded",
    "Finding",
    "Issue",
    "Fingerprint",
    "Fix",
    "Location",
    "FileSize",
    "FolderSize",
    "LimitUse",
    "ModelText",
    "Progress",
    "Saving",
    "FieldDiff",
    "FileDiff",
    "SkillDiff",
    "SkillSize",
    "Report",
    "Subject",
    "Unread",
    "Verdict",
}
"""Values that skillpack returns: docs/reference/python says that they are not checked when made by hand."""
TYPES: Final = {"ContainerDefaults", "ContentSource", "__version__"}
"""Settings checks the first, SkillFile the second."""

SETTINGS: Final = Path(tempfile.mkdtemp()) / "skillpack.toml"
SETTINGS.touch()

Table = dict[str, tuple["Callable[..., object]", dict[str, Any], dict[str, set[str]]]]


def table(root: Path) -> Table:
    """Return what is called -> the callable, arguments that are right, and argument -> those of WRONG it may be too."""
    builder = Builder()
    return {
        "read_zip": (skillpack.read_zip, {}, {"data": set()}),
        "write_zip": (
            skillpack.write_zip,
            {"tree": TREE, "name": "demo"},
            {"tree": set(), "name": set(), "compression": set(), "threads": NONE | NUMBER, "layout": set()},
        ),
        "pack": (skillpack.pack, {"source": TREE}, {"source": set(), "settings": NONE}),
        "check": (skillpack.check, {"source": TREE}, {"source": set(), "settings": NONE}),
        "measure": (skillpack.measure, {"source": TREE}, {"source": set(), "settings": NONE}),
        "container": (skillpack.container, {"name": "c"}, BODY_OF_A_CALL),
        "iter_container": (skillpack.iter_container, {"name": "c"}, BODY_OF_A_CALL),
        "write_container": (
            skillpack.write_container,
            {"file": io.BytesIO(), "name": "c"},
            {"file": set(), **BODY_OF_A_CALL},
        ),
        "local_shell_tool": (skillpack.local_shell_tool, {"roots": []}, {"roots": {"empty list"}, "settings": NONE}),
        "find_skills": (skillpack.find_skills, {}, {"folder": set()}),
        "apply_fixes": (skillpack.apply_fixes, {"root": root}, {"root": set(), "settings": NONE}),
        "shell_tool": (skillpack.shell_tool, {"skills": []}, {"skills": {"empty list"}, **TOOL, "settings": NONE}),
        "environment": (skillpack.environment, {"skills": []}, {"skills": {"empty list"}, **HOSTED, "settings": NONE}),
        "diff": (
            skillpack.diff,
            {"before": TREE, "after": TREE},
            {"before": set(), "after": set(), "settings": NONE},
        ),
        "Builder": (Builder, {}, {"settings": set(), "watch": NONE, "threads": NONE | NUMBER}),
        "Builder.tree": (builder.tree, {}, {"source": set()}),
        "Builder.pack": (builder.pack, {}, {"source": set()}),
        "Builder.check": (builder.check, {}, {"source": set()}),
        "Builder.walk": (builder.walk, {"root": root}, {"root": set(), "only": NOTHING}),
        "Builder.why": (builder.why, {"root": root, "paths": ["a"]}, {"root": set(), "paths": {"empty list"}}),
        "Builder.local_skill": (builder.local_skill, {}, {"root": set()}),
        "Builder.local_shell_tool": (builder.local_shell_tool, {}, {"roots": {"empty list"}}),
        "Builder.apply_fixes": (builder.apply_fixes, {}, {"root": set()}),
        "Builder.container": (builder.container, {"name": "c"}, BODY),
        "Builder.iter_container": (builder.iter_container, {"name": "c"}, BODY),
        "Builder.write_container": (
            builder.write_container,
            {"file": io.BytesIO(), "name": "c"},
            {"file": set(), **BODY},
        ),
        "Builder.environment": (builder.environment, {"skills": []}, {"skills": {"empty list"}, **HOSTED}),
        "Builder.shell_tool": (builder.shell_tool, {"skills": []}, {"skills": {"empty list"}, **TOOL}),
        "Builder.diff": (builder.diff, {"before": TREE, "after": TREE}, {"before": set(), "after": set()}),
        "Builder.digest": (builder.digest, {"source": TREE}, {"source": set()}),
        "Settings.find": (Settings.find, {}, {"skill": set()}),
        "Settings.load": (Settings.load, {"file": SETTINGS}, {"file": set(), "skill": NONE}),
        "Settings": (
            Settings,
            {},
            {name: set[str]() for name in ("compression", "rules", "allow_secrets", "container")}
            | {name: {"empty list"} for name in ("exclude", "include", "targets")}
            | {"max_contents": NUMBER}
            | {name: {"truth"} for name in ("gitignore", "default_excludes")},
        ),
        "to_dict": (skillpack.to_dict, {}, {"report": set()}),
        "to_sarif": (skillpack.to_sarif, {}, {"report": set()}),
        "SkillTree": (
            SkillTree,
            {"files": ()},
            {"files": {"empty list"}, "directory": TEXT, "origin": TEXT, "selection": set()},
        ),
        "Selection": (
            Selection,
            {},
            {name: set[str]() for name in inspect.signature(Selection).parameters}
            | {"unreadable": {"truth"}, "in_zip": NONE},
        ),
        "GitRevision": (
            skillpack.GitRevision,
            {"repository": "."},
            {"repository": TEXT, "revision": TEXT, "path": TEXT},
        ),
        "SkillTree.from_files": (SkillTree.from_files, {"contents": {}}, {"contents": set(), "directory": TEXT}),
        "SkillFile": (
            SkillFile,
            {"path": "a", "size": 1, "source": Memory(b"a")},
            {"path": TEXT, "size": NUMBER, "source": set(), "mode_executable": NONE | {"truth"}},
        ),
        "Skill": (skillpack.Skill, {}, {"tree": set()}),
        "Skill.from_tree": (skillpack.Skill.from_tree, {}, {"tree": set()}),
    }


NAMES: Final = [(call, argument) for call, (_, _, right) in table(Path()).items() for argument in right]
MODELS: Final = [
    value
    for name in skillpack.__all__
    if inspect.isclass(value := getattr(skillpack, name)) and issubclass(value, BaseModel) and name not in RESULTS
]


@pytest.mark.parametrize(("call", "argument"), NAMES)
def test_an_argument_of_a_wrong_type_is_refused_by_its_name(call: str, argument: str, make_skill: MakeSkill) -> None:
    function, others, right = table(make_skill())[call]
    for kind in WRONG.keys() - right[argument]:
        with pytest.raises((SkillpackError, TypeError, ValueError)) as caught:
            function(**others | {argument: WRONG[kind]})
        assert not isinstance(caught.value, UnicodeError)
        if not isinstance(caught.value, NotASkillError | ArchiveError):  # which speak of what it is, not of its type
            assert argument in str(caught.value).replace("-", "_"), f"{kind}: {caught.value!r}"


@pytest.mark.parametrize(("call", "argument"), NAMES)
def test_an_argument_of_a_right_type_is_taken(call: str, argument: str, make_skill: MakeSkill) -> None:
    function, others, right = table(make_skill())[call]
    for kind in right[argument]:
        function(**others | {argument: WRONG[kind]})


@pytest.mark.parametrize("call", table(Path()))
def test_every_argument_is_in_the_table(call: str) -> None:
    function, _, right = table(Path())[call]
    assert {*inspect.signature(function).parameters} == {*right}


def test_everything_public_is_in_the_table() -> None:
    held = {name.partition(".")[0] for name in table(Path())} | {model.__name__ for model in MODELS}
    for name in {*skillpack.__all__} - held - RESULTS - TYPES:
        value = getattr(skillpack, name)
        assert not inspect.isclass(value) or is_typeddict(value) or issubclass(value, Exception | enum.Enum), name


@pytest.mark.parametrize("model", MODELS)
def test_a_model_names_the_field_that_has_a_wrong_type(model: type[BaseModel]) -> None:
    for field in model.model_fields:
        for value in (5.5, b"x", "\ud800", True, {5: 5}, [5], object()):
            with pytest.raises(skillpack.PayloadError, match=field):
                model(**{field: value})
        with pytest.raises(skillpack.PayloadError, match=field):
            model.parse({field: object()})  # type: ignore[attr-defined]
