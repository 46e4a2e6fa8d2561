"""Programs from outside that say whether we are right."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def judge(program: str) -> str:
    """Return the path of an outside judge; skip the test where it is absent, fail where it must be there."""
    found = shutil.which(program)
    if found is None:
        missing(f"{program} is not installed")
    return found


def missing(reason: str) -> NoReturn:
    """Skip for want of an outside judge, or fail where CI says that all must be there."""
    if os.environ.get("REQUIRE_JUDGES"):
        pytest.fail(reason)
    pytest.skip(reason)
