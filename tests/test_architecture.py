"""The house rules: what docs/development/architecture says, held to the code."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click import Context

import skillpack
from skillpack.cli.run import COMMANDS, group
from skillpack.rules import RULES
from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = sorted((ROOT / "skillpack").rglob("*.py"))
PYTHON_PAGE: Final = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
PRINTS: Final = ("cli/", "__main__.py")
MAX_ROOMS: Final = 24  # packages and files beside them: what a newcomer has to know
MAX_FILES: Final = 12


def module_id(path: Path) -> str:
    return path.relative_to(ROOT / "skillpack").as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_a_module_imports_only_from_layers_below_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_every_package_is_named_in_the_contracts_that_bind_it() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    bound = {one["forbidden_modules"][0]: set(one["source_modules"]) for one in contracts if one["type"] == "forbidden"}
    rooms = {f"skillpack.{room}" for room in rooms_of_the_package()}
    numbers = {f"skillpack.{name}" for name in ("limits", "errors")}
    assert bound["click"] == rooms - {"skillpack.cli"} - numbers
    border = {f"skillpack.{name}" for name in ("api", "bundle", "discover", "payload")}
    assert bound["pydantic"] == bound["click"] - border


def rooms_of_the_package() -> set[str]:
    """Packages and modules directly below skillpack, by their names."""
    tops = {path.relative_to(ROOT / "skillpack").parts[0].removesuffix(".py") for path in MODULES}
    return {top for top in tops if not top.startswith("__")}


def test_the_package_has_few_rooms() -> None:
    assert len(rooms_of_the_package()) <= MAX_ROOMS
    assert len(list((ROOT / "skillpack").glob("*.py"))) <= MAX_FILES


def test_no_modules_import_each_other_in_a_circle_deferred_imports_included() -> None:
    names = {path: module_name(path) for path in MODULES}
    arrows = {name: set(imports(path, set(names.values()))) - {name} for path, name in names.items()}
    assert sum(map(len, arrows.values())) > 100, "imports are read at all"
    assert circles(arrows) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, modules: set[str]) -> Iterator[str]:
    """Yield the modules of ours that a module imports when it runs, now or later."""
    for node in _run_time_nodes(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            package = any(f"{node.module}.{alias.name}" not in modules for alias in node.names)
            yield from inner | ({node.module} & modules if package and node.module != "skillpack" else set())


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _run_time_nodes(child)


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return each set of modules that reach one another."""
    reached = {name: _reached(arrows, name) for name in arrows}
    found = {tuple(sorted({name} | {other for other in reached[name] if name in reached[other]})) for name in arrows}
    return sorted(list(circle) for circle in found if len(circle) > 1)


def _reached(arrows: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_module_has_a_docstring_and_a_name_of_the_domain(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "command line")), "its first line is a sentence"
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "core", "base", "manager", "misc"}


@pytest.mark.parametrize("path", [path for path in MODULES if not module_id(path).startswith(PRINTS)], ids=module_id)
def test_what_lies_below_the_command_line_neither_prints_nor_exits_nor_asks_the_environment(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        if (path.name, name) == ("run_git.py", "os.environ"):
            continue  # it selects which variables git inherits
        assert name not in {"print", "exit", "input", "sys.exit", "os._exit", "os.environ", "os.getenv", "sys.argv"}
        assert name not in {"sys.stdout", "sys.stderr", "sys.stdin", "click"}, name


def test_everything_is_caught_in_one_place_alone() -> None:
    assert [module_id(path) for path in MODULES if any(map(_swallows_all, ast.walk(tree_of(path))))] == [
        "rules/engine.py"
    ]


def _swallows_all(node: ast.AST) -> bool:
    """Whether it catches everything, unless it raises it again."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    everything = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
    return everything and ast.unparse(node.body[-1]) != "raise"


@pytest.mark.parametrize("name", skillpack.__all__)
def test_every_public_name_has_a_docstring_and_a_line_in_the_reference(name: str) -> None:
    assert re.search(rf"^\.\. auto\w+:: skillpack\.{re.escape(name)}$", PYTHON_PAGE, re.MULTILINE)
    value = getattr(skillpack, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert value.__doc__
        assert not value.__doc__.startswith(f"{name}("), "that is what dataclass writes"


def test_the_reference_names_nothing_that_is_not_public() -> None:
    named = re.findall(r"^\.\. auto\w+:: skillpack\.(\w+)$", PYTHON_PAGE, re.MULTILINE)
    assert sorted(named) == sorted(skillpack.__all__)


def test_dir_tells_the_public_names_and_an_unknown_one_is_an_attribute_error() -> None:
    assert set(skillpack.__all__) <= set(dir(skillpack))
    with pytest.raises(AttributeError, match="no attribute 'unpak'"):
        skillpack.unpak  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("id", RULES)
def test_every_rule_has_a_page(id: str) -> None:
    assert (ROOT / "docs" / "reference" / "rules" / f"{id}.md").is_file()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_a_recorded_session(name: str) -> None:
    command = group.get_command(Context(group), name)
    assert command
    assert command.epilog
    assert f"skillpack {name} " in command.epilog
    assert command.help
    session = ROOT / "tests" / "golden" / "sessions" / f"{name}.md"
    assert f"$ skillpack {name}" in session.read_text("utf-8")


def test_telling_the_version_imports_no_package_but_our_own() -> None:
    imported = _imported("main(['--version'])")
    assert not imported & {"click", "yaml", "pydantic", "pathspec", "jsonschema", "deflate", "markdown_it", "pybase64"}
    assert "skillpack.cli" in imported


def test_a_check_imports_neither_pydantic_nor_jsonschema() -> None:
    imported = _imported("main(['check', 'fixtures/skills/hello'])")
    assert not imported & {"pydantic", "jsonschema", "markdown_it", "pybase64", "openai"}
    assert "click" in imported


def _imported(call: str) -> set[str]:
    code = f"import sys; from skillpack.cli import main; {call}; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_no_file_of_the_project_names_a_machine_or_the_host_of_a_registry() -> None:
    listed = subprocess.run(
        [judge("git"), "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
    ]
    places = ["/".join(("", *parts, "")) for parts in (("work", "wt"), ("work", "main"), ("root",), ("opt", "wheels"))]
    pattern = re.compile("|".join(re.escape(text) for text in (*hosts, *places)).encode())
    for name in filter(None, listed):
        if (path := ROOT / name).is_file() and not path.is_symlink():
            assert not pattern.search(path.read_bytes()), name
