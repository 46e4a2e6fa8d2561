"""The stub of the API, keeping what it is sent, byte for byte."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from tests.api_stub import Stub

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Recorder:
    """Where the server listens, and every (path, body) it was sent, in order, with its headers."""

    url: str
    received: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def recorder() -> Iterator[Recorder]:
    """Serve until the end of the block."""

    class Recording(Stub):
        def keep(self, sent: bytes) -> None:
            recorded.received.append((self.path, sent))
            recorded.headers.append(dict(self.headers))

    with ThreadingHTTPServer(("127.0.0.1", 0), Recording) as server:
        recorded = Recorder(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield recorded
        finally:
            server.shutdown()
            thread.join()
