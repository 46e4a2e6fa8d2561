"""A server on this machine that keeps what it is sent, byte for byte, and answers as the API would."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Recorder:
    """Where the server listens, and every (path, body) it was sent, in order."""

    url: str
    received: list[tuple[str, bytes]] = field(default_factory=list)


@contextlib.contextmanager
def recorder() -> Iterator[Recorder]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            recorded.received.append((self.path, body))
            answer: dict[str, object] = {"id": "id", "object": "container", "created_at": 0, "status": "running"}
            answer |= {"name": "c", "model": "m", "output": []}
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorded = Recorder(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield recorded
        finally:
            server.shutdown()
            thread.join()
