"""Define the exit codes, and what they mean for each command."""

from typing import Final

SUCCEEDED: Final = 0
FINDINGS: Final = 1
FAILED: Final = 2
INTERRUPTED: Final = 130
TERMINATED: Final = 143

_MEANINGS: Final = {
    "check": ("no errors", "errors, or with --strict warnings, or with --diff anything to fix"),
    "digest": ("printed", "the digest differs from --check, or a skill has none"),
    "diff": ("nothing differs", "something differs"),
    "lock": (
        "written, or the skills match the lock",
        "a skill differs from the lock, or has no digest; nothing is written",
    ),
    "new": ("created",),
    "files": ("printed", "errors in a zip or a request body"),
    "size": ("printed", "the skill cannot be measured"),
    "targets": ("printed, whether a skill fits or not", "errors in a request body"),
    "why": ("printed, whatever the answer",),
    **dict.fromkeys(("rule", "schema", "completion"), ("printed",)),
}
_OTHER_MEANINGS: Final = ("written", "errors in a skill; nothing is written")
_FAILURE: Final = "failure: wrong usage, skill not found, output not written"
_NO_SKILL: Final = frozenset({"new", "rule", "schema", "completion"})
"""Commands that read no skill."""


def describe_exit_codes(command: str) -> str:
    """Return the exit codes of a command as lines that click does not wrap."""
    failure = _FAILURE.replace("skill not found, ", "") if command in _NO_SKILL else _FAILURE
    codes = dict(enumerate(_MEANINGS.get(command, _OTHER_MEANINGS))) | {FAILED: failure}
    return "\n\n\b\nExit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in codes.items())
