"""A loopback stand-in for the connection management API.

It answers 200 to whatever comes, 410 for a connection ``gone``, and tells under ``/count`` how many
posts that were. It runs as
a process of its own, so that its time is not counted as the caller's.
"""

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

COUNT = b"GET /count "
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
GONE_ID = b"/gone "
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"


class Answering(asyncio.Protocol):
    """Reads requests with a body of known length; answers each after ``delay_seconds``."""

    delay_seconds = 0.0
    posts = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where the answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._heard += data
        while END_OF_HEAD in self._heard:
            head, rest = self._heard.split(END_OF_HEAD, 1)
            length = _length(head)
            if len(rest) < length:
                return
            self._heard = rest[length:]
            answer, delay_seconds = self._answer(head)
            asyncio.get_running_loop().call_later(delay_seconds, self._transport.write, answer)

    def _answer(self, head: bytes) -> tuple[bytes, float]:
        if head.startswith(COUNT):
            count = str(Answering.posts).encode()
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(count), count), 0
        Answering.posts += 1
        return GONE if GONE_ID in head else OK, self.delay_seconds


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return int(line.removeprefix(LENGTH))
    return 0


async def _serve(delay_ms: float) -> None:
    Answering.delay_seconds = delay_ms / 1_000
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def stub(delay_ms: float = 0) -> Iterator[str]:
    """Have one inside a block; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.stub", str(delay_ms)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def posts_at(address: str) -> int:
    """Return how many posts the one at this address has had."""
    with urllib.request.urlopen(f"{address}/count") as answer:  # noqa: S310 - our own
        return int(answer.read())


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
