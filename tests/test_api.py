"""The public names: their docstrings match their signatures, and their types are public too."""

from __future__ import annotations

import ast
import builtins
import contextlib
import enum
import inspect
import pickle
import re
import subprocess
import sys
import traceback
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

import skillpack
from skillpack.values import Value
from tests.conftest import make_tree
from tests.test_arguments import RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
_INHERITED: Final = re.compile(r"Takes(?: and raises)? what (skillpack\.\w+) does\b")
_ENTRY: Final = re.compile(r"^ {4}(\w+(?:, \w+)*): \S", re.MULTILINE)
_SECTION: Final = re.compile(r"^(Args|Returns|Yields|Raises):\n((?:(?: {4}.*)?\n?)*)", re.MULTILINE)


BY_POSITION: Final = {"Issue": ["rule_id", "location", "message"], "Location": ["path"]}
"""What docs/development/names.md says can be given by position too."""


@dataclass(frozen=True)
class Documented:
    """A public callable, by the name a caller writes, and its docstring."""

    name: str
    value: Any

    @property
    def text(self) -> str:
        return inspect.getdoc(self.value) or ""

    @property
    def parameters(self) -> set[str]:
        return {*inspect.signature(self.value).parameters} - {"self", "cls"}

    def section(self, title: str) -> set[str]:
        """Return the names that a section of the docstring has an entry for."""
        found = [text for name, text in _SECTION.findall(self.text) if name == title]
        return {name for entry in _ENTRY.findall("".join(found)) for name in entry.split(", ")}

    @property
    def named(self) -> set[str]:
        """The parameters that an Args section explains, here or where this docstring sends its reader."""
        sent = (getattr(skillpack, one.removeprefix("skillpack.")) for one in _INHERITED.findall(self.text))
        return self.section("Args").union(*(Documented("", one).section("Args") for one in sent))


def public() -> Iterator[Documented]:
    for name in skillpack.__all__:
        value = getattr(skillpack, name)
        if inspect.isroutine(value):
            yield Documented(name, value)
        elif inspect.isclass(value):
            yield from (Documented(f"{name}.{method.__name__}", method) for method in methods(value))


def methods(of: type) -> Iterator[Any]:
    """Yield the public methods of a class that are our own, those of its ancestors among them; model_ is pydantic's."""
    for name, value in inspect.getmembers(of, inspect.isroutine):
        if not name.startswith(("_", "model_")) and (getattr(value, "__module__", None) or "").startswith("skillpack"):
            yield value


CALLABLES: Final = list(public())
CLASSES: Final = [
    Documented(name, value)
    for name in skillpack.__all__
    if inspect.isclass(value := getattr(skillpack, name)) and not issubclass(value, enum.Enum)
]


def name_of(documented: Documented) -> str:
    return documented.name


@pytest.mark.parametrize("documented", CALLABLES, ids=name_of)
def test_every_argument_is_explained(documented: Documented) -> None:
    assert documented.named >= documented.parameters
    assert documented.section("Args") <= documented.parameters


@pytest.mark.parametrize("documented", CLASSES, ids=name_of)
def test_every_attribute_a_class_is_made_with_is_explained(documented: Documented) -> None:
    if "__init__" not in vars(documented.value) and issubclass(documented.value, Exception):
        return  # made with its message alone
    if typing.is_typeddict(documented.value) or documented.value is skillpack.ContentSource:
        return  # its keys are the API's, or it is not made at all
    in_words = set(re.findall(r"`(\w+)`", documented.text))
    assert documented.named | in_words >= documented.parameters
    assert documented.section("Args") <= documented.parameters


@pytest.mark.parametrize("documented", CALLABLES, ids=name_of)
def test_what_is_returned_is_said(documented: Documented) -> None:
    if inspect.signature(documented.value).return_annotation in {None, "None"}:
        assert not documented.text.startswith("Return")
        return
    first = documented.text.split()[0]
    assert first in {"Return", "Yield"} or re.search(r"^Returns:\n", documented.text, re.MULTILINE)


@pytest.mark.parametrize("documented", [*CALLABLES, *CLASSES], ids=name_of)
def test_every_error_that_is_named_can_be_caught(documented: Documented) -> None:
    for name in documented.section("Raises"):
        error = getattr(skillpack, name, None) or getattr(builtins, name)
        assert issubclass(error, Exception)
        assert name in skillpack.__all__ or error.__module__ == "builtins"


def test_a_docstring_that_says_less_would_be_found() -> None:
    def silent(source: str, threads: int) -> int:
        """Pack.

        Args:
            source: a folder.

        Raises:
            OSError, ValueError: sometimes.
        """
        return len(source) * threads

    def sent(source: str) -> None:
        """Print. Takes and raises what skillpack.local_shell_tool does, and: nothing."""

    found = Documented("silent", silent)
    assert found.parameters - found.named == {"threads"}
    assert found.section("Raises") == {"OSError", "ValueError"}
    assert Documented("sent", sent).named == {"roots", "settings"}


# --- names and types ------------------------------------------------------------------------------------------------


OURS: Final = [
    value
    for name in skillpack.__all__
    if inspect.isclass(value := getattr(skillpack, name)) or inspect.isroutine(value)
]


def test_every_public_name_is_at_home_in_the_package() -> None:
    for value in OURS:
        assert value.__module__ == "skillpack", value
        assert getattr(skillpack, value.__name__) is value


def hints(value: Any) -> Iterator[Any]:
    """Yield the type hints of a function, or of the fields, methods and properties of a class."""
    if not inspect.isclass(value):
        yield from typing.get_type_hints(value).values()
        return
    if not issubclass(value, enum.Enum):
        yield from typing.get_type_hints(value).values()
    for name, member in inspect.getmembers_static(value):
        if name.startswith("_") and name != "__init__":
            continue
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(function) and function.__module__.startswith("skillpack"):
            yield from typing.get_type_hints(function).values()


def classes(hint: Any) -> Iterator[type]:
    """Yield the classes that a type hint names."""
    if isinstance(hint, list | tuple):
        for part in hint:
            yield from classes(part)
    elif arguments := typing.get_args(hint):
        yield from classes(arguments)
    elif isinstance(hint, type):
        yield hint


def test_every_type_that_a_public_signature_or_field_names_is_public() -> None:
    named = {one for value in OURS for hint in hints(value) for one in classes(hint)}
    ours = {one for one in named if one.__module__.partition(".")[0] == "skillpack"}
    assert {skillpack.Report, skillpack.ContainerCreateDict, skillpack.ExpiresAfter, skillpack.Layer} <= ours
    assert ours <= {value for value in OURS if inspect.isclass(value)}


def definition(name: str) -> tuple[ast.Module, ast.ClassDef | ast.FunctionDef]:
    """Return the source of a public class or function, in its module. inspect.getsource looks in `__module__`."""
    home = next(home for home, names in vars(skillpack)["_HOMES"].items() if name in names)
    here = ROOT / "skillpack" / f"{home.replace('.', '/')}.py"
    paths = [here] if here.exists() else sorted(here.with_suffix("").glob("*.py"))
    trees = [ast.parse(path.read_text("utf-8")) for path in paths]
    return next(
        (tree, node)
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
    )


def names_in_annotations(name: str) -> Iterator[str]:
    """Yield the names that the source of a public class or function has in the annotations of what is public in it."""
    _, body = definition(name)
    inner = body.body if isinstance(body, ast.ClassDef) else [body]
    for node in inner:
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
            yield from names_in(node.annotation)
        elif isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name == "__init__"):
            arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            for annotation in (node.returns, *(argument.annotation for argument in arguments)):
                yield from names_in(annotation)


def names_in(annotation: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(annotation) if annotation else ():
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            with contextlib.suppress(SyntaxError):  # the value of a Literal
                yield from names_in(ast.parse(node.value, mode="eval").body)


def names_of_ours(name: str) -> set[str]:
    """Return what the module of a public class or function takes from the package, and defines itself."""
    tree, _ = definition(name)
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("skillpack"):
            found |= {alias.name for alias in node.names}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith("Annotated["):
            found |= {
                ast.unparse(target) for target in node.targets
            }  # Annotated is a type with what a model asks of it
    return found


@pytest.mark.parametrize("name", [value.__name__ for value in OURS])
def test_every_name_of_ours_in_a_public_annotation_is_public_aliases_included(name: str) -> None:
    assert {*names_in_annotations(name)} & names_of_ours(name) <= {*skillpack.__all__}


def test_names_in_annotations_are_found_in_quotes_and_attributes_too() -> None:
    assert {"BytesLike", "Mapping"} <= {*names_in_annotations("SkillTree")}
    assert {"SkillSource", "Report"} <= {*names_in_annotations("check")}
    assert "CompressionName" in names_of_ours("write_zip") & {*names_in_annotations("write_zip")}


def test_the_package_needs_no_import_of_its_own_modules_to_resolve_a_hint() -> None:
    code = (
        "import typing, skillpack\n"
        "for value in (skillpack.container, skillpack.Builder.pack, skillpack.Settings):\n"
        "    assert typing.get_type_hints(value)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_settings_are_a_pydantic_type() -> None:
    adapter = TypeAdapter(skillpack.Settings)
    made = adapter.validate_python(
        {"exclude": ["drafts/"], "rules": {"hard-link": "off"}, "container": {"memory": "4g"}}
    )
    assert made == skillpack.Settings(
        exclude=["drafts/"], rules={"hard-link": "off"}, container=skillpack.ContainerDefaults(memory="4g")
    )
    with pytest.raises(ValidationError):
        adapter.validate_python({"targets": ["claude"]})


def test_nothing_uses_cached_property_whose_lock_all_instances_share() -> None:
    for path in (ROOT / "skillpack").rglob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        assert "cached_property" not in names, path


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (skillpack.SettingsError, ValueError),
        (skillpack.NotASkillError, ValueError),
        (skillpack.ArchiveError, ValueError),
        (skillpack.PayloadError, ValueError),
        (skillpack.SkillChangedError, OSError),
        (skillpack.OutputError, OSError),
    ],
)
def test_errors_are_also_the_built_in_ones_they_resemble(error: type[Exception], base: type[Exception]) -> None:
    assert issubclass(error, base)
    assert issubclass(error, skillpack.SkillpackError)


RETURNED: Final = [
    value for name in sorted(RESULTS) if issubclass(value := getattr(skillpack, name), Value | BaseModel)
]


@pytest.mark.parametrize("result", RETURNED, ids=lambda result: result.__name__)
def test_what_is_returned_is_made_with_keywords_only(result: type) -> None:
    parameters = inspect.signature(result).parameters.values()
    positional = [each.name for each in parameters if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == BY_POSITION.get(result.__name__, [])
    with pytest.raises(TypeError, match="positional"):
        result(*[None] * (len(positional) + 1))


TAKE_SETTINGS: Final = [
    name
    for name in skillpack.__all__
    if inspect.isroutine(value := getattr(skillpack, name)) and "settings" in inspect.signature(value).parameters
]


@pytest.mark.parametrize("name", sorted({*TAKE_SETTINGS} - {"write_tree"}))  # which writes what Builder.pack returns
def test_a_builder_has_each_function_that_takes_settings(name: str) -> None:
    function = inspect.signature(getattr(skillpack, name)).parameters
    method = inspect.signature(getattr(skillpack.Builder, name)).parameters
    assert [*method][1:] == [each for each in function if each != "settings"]


def test_an_environment_of_a_builder_is_that_of_the_function_with_its_settings() -> None:
    settings = skillpack.Settings(exclude=["a.txt"])
    skill, network = make_tree({"a.txt": b"a"}), skillpack.HostedNetworkDict(access="disabled")
    made = skillpack.Builder(settings).environment([skill], network=network)
    assert made == skillpack.environment([skill], network=network, settings=settings)
    assert made["network"] == network


FOR_THE_RULES: Final = {"Skill": {"content", "frontmatter", "intended", "issues", "manifest", "reading", "unread"}}
"""Attributes that a class's docstring says may change."""


@pytest.mark.parametrize("value", [each for each in OURS if inspect.isclass(each)], ids=lambda value: value.__name__)
def test_every_public_attribute_has_a_type_that_users_can_read(value: type) -> None:
    slots = {slot for each in value.__mro__ for slot in vars(each).get("__slots__", ())}
    annotated = {name for each in value.__mro__ for name in inspect.get_annotations(each)}
    untyped = {slot for slot in slots - annotated if not slot.startswith("_")}
    assert untyped == FOR_THE_RULES.get(value.__name__, set())


def test_nothing_that_is_returned_is_a_tuple() -> None:
    assert {"Bundle", "FileSize", "Report", "Verdict"} <= {result.__name__ for result in RETURNED}
    assert RESULTS - {result.__name__ for result in RETURNED} == {"Chunks"}  # an iterator


def test_a_pickle_and_a_traceback_name_the_package(tmp_path: Path) -> None:
    report = skillpack.check(tmp_path)
    assert b"skillpack.findings" not in pickle.dumps(report, 0)
    with pytest.raises(skillpack.RejectedError) as caught:
        report.raise_for_errors()
    assert traceback.format_exception_only(caught.value)[0].startswith("skillpack.RejectedError: ")
