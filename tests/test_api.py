"""What Python tells of the public names: their docstrings, held to their signatures."""

from __future__ import annotations

import builtins
import enum
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack

if TYPE_CHECKING:
    from collections.abc import Iterator

_INHERITED: Final = re.compile(r"Takes(?: and raises)? what (skillpack\.\w+) does\b")
_ENTRY: Final = re.compile(r"^ {4}(\w+(?:, \w+)*): \S", re.MULTILINE)
_SECTION: Final = re.compile(r"^(Args|Returns|Yields|Raises):\n((?:(?: {4}.*)?\n?)*)", re.MULTILINE)


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
    in_words = set(re.findall(r"`(\w+)`", documented.text))
    assert documented.named | in_words >= documented.parameters
    assert documented.section("Args") <= documented.parameters


@pytest.mark.parametrize("documented", CALLABLES, ids=name_of)
def test_what_is_returned_is_said(documented: Documented) -> None:
    if inspect.signature(documented.value).return_annotation == "None":
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
        """Print. Takes and raises what skillpack.pack does, and: nothing."""

    found = Documented("silent", silent)
    assert found.parameters - found.named == {"threads"}
    assert found.section("Raises") == {"OSError", "ValueError"}
    assert Documented("sent", sent).named == {"source"}
