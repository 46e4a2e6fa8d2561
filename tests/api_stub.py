"""The API as far as a sample needs it: a server on this machine that answers what it would answer to a sound body."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stub(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"]))
        self.keep(sent)
        body = json.loads(sent)
        shared = {"id": "cntr_1", "object": "container", "created_at": 0, "status": "running"}
        answer = shared | {"name": body.get("name", "")}
        if self.path.endswith("/responses"):
            answer = {"id": "resp_1", "object": "response", "created_at": 0, "model": body["model"], "output": []}
        content = f"{json.dumps(answer, indent=2)}\n".encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def keep(self, sent: bytes) -> None:
        """Take note of a body; a sample needs none."""

    def log_message(self, *_arguments: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve and give the base URL for the official client."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
