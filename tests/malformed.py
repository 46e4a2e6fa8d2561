"""Malformed bodies: JSON that is not JSON, and base64 that is not canonical, each with the rule that reports it.

Each holds a secret and base64, which no message may show.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET: Final = "s3ntinel-Zq7vLw2Kx9"
DATA: Final = base64.b64encode(b"PK\x03\x04" + b"Zq7vLw2Kx9-the-zip!").decode()
SHOWN: Final = (SECRET, "Zq7v", DATA[:8], DATA[6:16])
"""What no message may hold: the secret, and pieces of the base64."""

assert DATA.endswith("=")
assert not DATA.endswith("==")


def inline(data: str = DATA, **changes: Any) -> dict[str, Any]:
    """Return an inline skill."""
    source = {"data": data, "media_type": "application/zip", "type": "base64"}
    return {"description": "What it does.", "name": "demo", "source": source, "type": "inline", **changes}


def container(*skills: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the body of POST /containers, with a secret."""
    secret = {"domain": "a.example", "name": "TOKEN", "value": SECRET}
    policy = {"type": "allowlist", "allowed_domains": ["a.example"], "domain_secrets": [secret]}
    return {"name": "c", "network_policy": policy, "skills": list(skills) or [inline()], **changes}


def text(body: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


GOOD: Final = text(container())
_WORDS: Final = (
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "None",
        "True",
        "False",
        "undefined",
        "nan",
        "-inf",
        "nil",
        "yes",
        "truee",
        "tru",
    ),
    *("01", "-01", "+1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "0x1", "1_000", "--1", "-", "1e999", "-1e999", "1-1"),
    *("'c'", "`c`", "c", "//c", "/*c*/1", "#c", "\\", "=", "(1)", "1;", "", "\x00", "\x0b1", "\u00a01", "\ufeff1"),
    "9" * 1001,
)
_STRINGS: Final = (
    *(bytes((number,)) for number in range(32)),
    *(b"\\x41", b"\\u12", b"\\u", b"\\uZZZZ", b"\\'", b"\\0", b"\\U00000041", b"\\a", b"\\ ", b"\\\n"),
)
_NOT_UTF8: Final = (
    *(b"\xff", b"\xc0\xaf", b"\xe2\x82", b"\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"caf\xe9"),
    *(b"\\ud800", b"\\udfff", b"\\udc00\\ud800", b"\\ud800\\u0041", b"\\ud83d\\ud83d\\ude00"),
)


def json_cases() -> Iterator[tuple[str, bytes]]:
    """Yield (rule, body) for JSON that is refused."""
    for end in range(len(GOOD)):
        yield "json-invalid", GOOD[:end]
    for word in _WORDS:
        yield "json-invalid", GOOD.replace(b'"c"', word.encode(), 1)
        yield "json-invalid", GOOD.replace(b'["a.example"]', b"[" + word.encode() + b",1]", 1)
    for string in _STRINGS:
        yield "json-invalid", GOOD.replace(b'"c"', b'"c' + string + b'"', 1)
        yield "json-invalid", GOOD.replace(b'"name"', b'"na' + string + b'me"', 1)
        yield "json-invalid", GOOD.replace(b'"data":"', b'"data":"' + string, 1)
    for string in _NOT_UTF8:
        yield "json-encoding", GOOD.replace(b'"c"', b'"c' + string + b'"', 1)
        yield "json-encoding", GOOD.replace(b'"TOKEN"', b'"' + string + b'"', 1)
        yield "json-encoding", GOOD.replace(b'"name"', b'"' + string + b'"', 1)
    yield from _document_cases()


def _document_cases() -> Iterator[tuple[str, bytes]]:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"):
        yield "json-encoding", GOOD.decode().encode(encoding)
    for key in (b'"name":', b'"type":', b'"data":', b'"value":', b'"skills":', b'"\\u006eame":'):
        yield "json-duplicate-key", GOOD.replace(json.dumps(json.loads(key[:-1])).encode() + b":", key + b"0," + key, 1)
        yield "json-duplicate-key", b'{"name":1,' + key + b"1," + key + b"2," + GOOD[1:]
    for end in (b"x", b"{}", b"]", b"}", b",", b"\0", b"null", b'"', b"\xff", b"\n\n" + GOOD):
        yield "json-invalid", GOOD + end
    for old, new in (
        (b",", b""),
        (b",", b",,"),
        (b":", b""),
        (b":", b"::"),
        (b":", b"="),
        (b"}", b",}"),
        (b"]", b",]"),
    ):
        for place in range(GOOD.count(old)):
            pieces = GOOD.split(old)
            yield "json-invalid", old.join(pieces[: place + 1]) + new + old.join(pieces[place + 1 :])
    for opening in (b"[", b'{"a":', b'[{"b":', b'{"skills":['):
        yield "json-depth", opening * 65
    yield "json-depth", b"[" + b"0," * 50_000 + b"0]"


def base64_cases() -> Iterator[tuple[str, bytes]]:
    """Yield (rule, body) for data that is not canonical base64."""
    for number in range(256):
        char = chr(number)
        if char.isascii() and (char.isalnum() or char in "+/"):
            continue
        rule = "base64-not-canonical" if char in " \t\r\n-_" else "base64-invalid"
        for at in (0, 7, len(DATA) - 1):
            yield rule, text(container(inline(DATA[:at] + char + DATA[at:])))
    for wrapped in (DATA + "\n", "\n" + DATA, "\r\n".join((DATA[:12], DATA[12:])), " ".join(DATA)):
        yield "base64-not-canonical", text(container(inline(wrapped)))
    for end in range(len(DATA)):
        rule = "base64-not-canonical" if end % 4 in (2, 3) else "base64-invalid"
        if end % 4 or not end:
            yield rule, text(container(inline(DATA[:end])))
    for padded in (
        DATA + "=",
        DATA + "==",
        DATA[:-1] + "==",
        "=" + DATA,
        "=",
        "==",
        "====",
        "A=",
        "A===",
        "AA=A",
        DATA + DATA,
    ):
        yield "base64-invalid", text(container(inline(padded)))
    for last in "BCDEFGHIJKLMNOPRSTUVWXYZ":  # AA== and AQ== are canonical
        yield "base64-not-canonical", text(inline(f"UEsDB{last}=="))
    for prefix in ("data:application/zip;base64,", "data:;base64,", "DATA:,", "base64:", "b'"):
        yield "base64-invalid", text(inline(prefix + DATA))
