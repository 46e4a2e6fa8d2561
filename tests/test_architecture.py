"""The house rules: what docs/development/architecture says, held to the code."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest
from click import Context

import skillpack
from skillpack.cli.run import COMMANDS, group
from skillpack.rules import RULES
from tests.judges import judge

ROOT: Final = Path(__file__).resolve().parent.parent
MODULES: Final = sorted((ROOT / "skillpack").rglob("*.py"))
PYTHON_PAGE: Final = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
TALKS: Final = ("cli/", "hook.py", "__main__.py")

MAX_MODULE_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 35  # aim for 25; a longer one does not fit on a screen with its docstring


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


def test_every_module_is_named_in_the_contracts_that_bind_it() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    bound = {one["forbidden_modules"][0]: set(one["source_modules"]) for one in contracts if one["type"] == "forbidden"}
    tops = {path.relative_to(ROOT / "skillpack").parts[0].removesuffix(".py") for path in MODULES}
    modules = {f"skillpack.{top}" for top in tops if not top.startswith("__")} - {"skillpack.cli"}
    border = {f"skillpack.{name}" for name in ("payload", "body", "builder", "shortcuts", "targets", "hook")}
    assert bound["click"] == modules
    assert bound["pydantic"] | border == modules


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_module_is_short_and_says_what_it_turns_into_what(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_MODULE_LINES
    docstring = ast.get_docstring(tree_of(path))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "command line")), "its first line is a sentence"
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "core", "base", "manager", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_function_is_short(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", [path for path in MODULES if not module_id(path).startswith(TALKS)], ids=module_id)
def test_what_lies_below_the_command_line_neither_prints_nor_exits_nor_asks_the_environment(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        if (path.name, name) == ("git.py", "os.environ"):
            continue  # it selects which variables git inherits
        assert name not in {"print", "exit", "input", "sys.exit", "os._exit", "os.environ", "os.getenv", "sys.argv"}
        assert name not in {"sys.stdout", "sys.stderr", "sys.stdin", "click"}, name


def test_everything_is_caught_in_one_place_alone() -> None:
    assert [module_id(path) for path in MODULES if any(map(_swallows_all, ast.walk(tree_of(path))))] == [
        "rules/rule.py"
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
        skillpack.unpak  # noqa: B018


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
