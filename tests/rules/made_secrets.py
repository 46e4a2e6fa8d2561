"""Skills with credentials: made at run time, so that none is in the repository."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from tests.conftest import make_tree
from tests.rules.invented import HEX, JWT, TOKENS, private_key, random_text
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _said(kind: str, value: str) -> str:
    short = hashlib.sha256(value.encode()).hexdigest()[:8]
    return f"this looks like {kind}: {len(value):,} characters, SHA-256 {short}..."


@made
def secret_file(tmp_path: Path) -> Case:
    bad = make_tree({".env": b"A=1\n", "server.pem": private_key("RSA ").encode()})
    said = (
        "demo/.env: error[secret-file]: programs keep credentials in a file of this name\n"
        "demo/server.pem: error[secret-file]: the file contains a private key"
    )
    return Case(bad, make_tree({".env.example": b"A=\n", "ca.pem": b"-----BEGIN CERTIFICATE-----\n"}), said)


@made
def secret_text(tmp_path: Path) -> Case:
    value = TOKENS["anthropic"]
    said = f"demo/run.py:1:12: error[secret-text]: {_said('an Anthropic API key', value)}"
    bad, good = f'API_KEY = "{value}"\n', 'API_KEY = os.environ["ANTHROPIC_API_KEY"]\n'
    return Case(make_tree({"run.py": bad.encode()}), make_tree({"run.py": good.encode()}), said)


@made
def secret_jwt(tmp_path: Path) -> Case:
    said = f"demo/notes.md:1:8: warning[secret-jwt]: {_said('a JSON Web Token', JWT)}"
    return Case(make_tree({"notes.md": f"Bearer {JWT}\n".encode()}), make_tree({"notes.md": b"Bearer $TOKEN\n"}), said)


@made
def secret_manifest(tmp_path: Path) -> Case:
    value = base64.b64encode(random_text(24).encode()).decode()
    manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {}\n"
    said = "demo/db.yaml:6:13: warning[secret-manifest]: a Kubernetes Secret contains a value in base64"
    bad, good = manifest.format(value), manifest.format("${PASSWORD}")
    return Case(make_tree({"db.yaml": bad.encode()}), make_tree({"db.yaml": good.encode()}), said)


@made
def secret_assigned(tmp_path: Path) -> Case:
    value, key = random_text(32), random_text(64, HEX)
    texts = [f'API_KEY = "{value}"\n', f"private_key: 0x{key}\n"]
    short = [hashlib.sha256(each.encode()).hexdigest()[:8] for each in (value, f"0x{key}")]
    said = (
        f"demo/a.py:1:12: warning[secret-assigned]: a literal is assigned to API_KEY: 32 characters,"
        f" SHA-256 {short[0]}...\n"
        f"demo/b.yaml:1:14: warning[secret-assigned]: a literal is assigned to private_key: 66 characters,"
        f" SHA-256 {short[1]}..."
    )
    bad = make_tree({"a.py": texts[0].encode(), "b.yaml": texts[1].encode()})
    return Case(bad, make_tree({"a.py": b'API_KEY = os.environ["FORMS_API_KEY"]\n'}), said)
