"""Translate pydantic's errors into JSON pointers and our own messages, which never quote the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from skillpack.limits import MAX_SKILL_ID_CHARS
from skillpack.text import escaped

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def problems(error: ValidationError) -> tuple[tuple[str, str], ...]:
    """Return (JSON pointer, message) of every problem."""
    details = error.errors(include_input=False, include_url=False)
    parents = {detail["loc"][:end] for detail in details for end in range(1, len(detail["loc"]))}
    return tuple(
        (_pointer(detail["loc"]), _words(detail))
        for detail in details
        # an array whose only item is wrong counts as empty to pydantic
        if not (detail["type"] == "too_short" and detail["loc"] in parents)
    )


def without_input(error: ValidationError) -> ValidationError:
    """Return the same error without the input, which pydantic keeps even if its text hides it."""
    lines = [
        InitErrorDetails(
            type=PydanticCustomError(detail["type"], _words(detail), _context(detail)), loc=detail["loc"], input=None
        )
        for detail in error.errors(include_input=False, include_url=False)
    ]
    return ValidationError.from_exception_data(error.title, lines, hide_input=True)


def subject_and_verb(keys: list[str]) -> str:
    """Return the names of keys with the verb that fits their number."""
    return f"{' and '.join(keys)} {'is' if len(keys) == 1 else 'are'}"


def _pointer(location: tuple[int | str, ...]) -> str:
    """Return the JSON pointer of a place, safe to print; an unknown key is input too, and may be long."""
    parts = []
    before: tuple[int | str | None, int | str | None] = (None, None)
    for part in location:
        # below a union pydantic adds the name of the member chosen, which is not a key
        if before[1] != "network_policy" and not (before[0] == "skills" and isinstance(before[1], int)):
            parts.append(_shortened(str(part)).replace("~", "~0").replace("/", "~1"))
        before = (before[1], part)
    return "".join(f"/{part}" for part in parts)


def _shortened(key: str) -> str:
    return escaped(key if len(key) <= MAX_SKILL_ID_CHARS else f"{key[:MAX_SKILL_ID_CHARS]}...")


WORDS: Final = {
    "missing": "is missing",
    "unstated": "{keys} missing",
    "null": "{keys} null",
    "extra_forbidden": "is not a key of this object",
    "string_too_long": "is over {max_length:,} characters",
    "string_too_short": "is empty",
    "too_long": "is longer than {max_length:,}",
    "too_short": "is empty",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "its type must be one of {expected_tags}",
    "union_tag_not_found": "its type is missing",
    "both_domains": "has both allowed and blocked domains",
    "not_restricted": "has domains, so access must be restricted",
    "not_in_workspace": "its path must be an absolute one in /workspace, such as /workspace/data.csv",
    "domain_not_allowed": "a secret's domain is not among the allowed domains",
    "greater_than_equal": "must be {ge:,} or more",
    "string_type": "must be a string",
    "string_sub_type": "must be a string",
    "is_instance_of": "must be a string",
    "string_unicode": "is not Unicode",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer of fewer digits",
    "int_from_float": "must be an integer, without a fraction",
    "finite_number": "must be an integer",
    "tuple_type": "must be an array",
    "iteration_error": "must be an array",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dict_type": "must be an object",
    "frozen_instance": "cannot be changed; model_copy(update=...) makes another",
    "json_invalid": "is not JSON",
    "invalid_key": "is a key that is not a string",
}
"""A message for each error that pydantic or a model can raise."""


def _words(detail: ErrorDetails) -> str:
    """Return the message for one of pydantic's errors; never its own text, which may quote the input."""
    return _template(detail).format_map(detail.get("ctx", {}))


def _template(detail: ErrorDetails) -> str:
    return WORDS.get(detail["type"], "is not what the API takes")


def _context(detail: ErrorDetails) -> dict[str, Any]:
    """Return the values that the words need; the others may be input, such as the tag of an unknown type."""
    return {key: value for key, value in detail.get("ctx", {}).items() if f"{{{key}" in _template(detail)}
