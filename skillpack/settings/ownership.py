"""Decide whose files above a skill are trusted, as git does before it reads a repository's configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def trusted_owners(skills: Iterable[str | os.PathLike[str]]) -> frozenset[int] | None:
    """Return the ids of the users whose files above skills are trusted: root, the caller, and the skills' own owner.

    In a container with a bind mount the caller is root, while the skill and all files above it belong to a user.
    Skills of several owners add none of them: each could otherwise decide about the skills of the others.

    Args:
        skills: their directories or zips.

    Returns:
        User ids; None on Windows, where Python does not report owners and every file is trusted.
    """
    if not hasattr(os, "geteuid"):
        return None
    owners = {owner for skill in skills for owner in _owners(skill)}
    return frozenset({0, os.geteuid()} | (owners if len(owners) == 1 else set()))


def owner_name(uid: int) -> str:
    """Return `daemon (uid 1)`, or `uid 1234` for an id without a name."""
    try:
        import pwd

        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (ImportError, KeyError):
        return f"uid {uid}"


def _owners(path: str | os.PathLike[str]) -> tuple[int, ...]:
    """Return the id of the user who owns a path; empty if there is no such file."""
    try:
        return (os.stat(path).st_uid,)
    except (OSError, ValueError):
        return ()
