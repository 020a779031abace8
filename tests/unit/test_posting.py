"""The HTTP client of fan-out, against servers that behave and servers that do not."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wireside.adapters.aws.posting import MAX_CONNECTIONS, PostingClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEADERS = {"host": "localhost"}

type Story = Callable[[PostingClient], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """Answers each request with the next of these pieces, the last one for ever."""

    answers: list[Sequence[bytes]] = field(default_factory=lambda: [[OK]])
    closes: bool = False
    connections: int = 0
    heard: list[bytes] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                self.heard.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                for piece in answer:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()


def tell(server: Server, story: Story, *, tls: ssl.SSLContext | None = None) -> None:
    """Carry out a story of a client and a server."""

    async def whole() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
        port = listening.sockets[0].getsockname()[1]
        client = PostingClient(f"{'https' if tls else 'http'}://127.0.0.1:{port}")
        try:
            async with asyncio.timeout(10):
                await story(client)
        finally:
            client.close()
            listening.close()

    asyncio.run(whole())


async def post(client: PostingClient, body: bytes = b"{}") -> int:
    """Post to somewhere."""
    return await client.request("POST", "/there", HEADERS, body)


def test_one_connection_serves_one_request_after_the_other() -> None:
    server = Server()

    async def story(client: PostingClient) -> None:
        assert [await post(client) for _ in range(3)] == [200, 200, 200]

    tell(server, story)

    assert server.connections == 1
    assert server.heard[0] == (
        b"POST /there HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([OK[index : index + 1] for index in range(len(OK))], 200),
        ([b"HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n"], 410),
        ([b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{", b"}"], 403),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204),
        ([b"HTTP/1.1 102 Processing\r\n\r\n", OK], 200),
    ],
)
def test_an_answer_is_read_however_it_comes(pieces: Sequence[bytes], status: int) -> None:
    server = Server([pieces])

    async def story(client: PostingClient) -> None:
        assert [await post(client), await post(client)] == [status, status]

    tell(server, story)

    assert server.connections == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_connection_that_the_server_closes_is_not_used_again(told: bool) -> None:
    told_so = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    server = Server([[told_so if told else OK]], closes=True)

    async def story(client: PostingClient) -> None:
        assert await post(client) == 200
        while client._idle and client._idle[0].is_open:
            await asyncio.sleep(0)
        assert await post(client) == 200

    tell(server, story)

    assert server.connections == 2


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    server = Server()

    async def story(client: PostingClient) -> None:
        await post(client)
        client._idle[0].used_at -= 60
        await post(client)

    tell(server, story)

    assert server.connections == 2


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_an_answer_that_is_none_is_an_error_of_the_connection(said: bytes) -> None:
    server = Server([[said]], closes=True)

    async def story(client: PostingClient) -> None:
        with pytest.raises(ConnectionError):
            await post(client)
        assert client._idle == []

    tell(server, story)


def test_who_stops_waiting_closes_the_connection_so_that_no_answer_goes_astray() -> None:
    server = Server([[b""], [OK]])

    async def story(client: PostingClient) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await post(client)
        await server.hung_up.wait()
        assert await post(client) == 200

    tell(server, story)

    assert server.connections == 2


def test_no_more_connections_are_made_than_allowed() -> None:
    server = Server()

    async def story(client: PostingClient) -> None:
        bodies = [str(number).encode() for number in range(3 * MAX_CONNECTIONS)]
        assert set(await asyncio.gather(*(post(client, body) for body in bodies))) == {200}

    tell(server, story)

    assert server.connections <= MAX_CONNECTIONS
    assert len(server.heard) == 3 * MAX_CONNECTIONS


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server = Server()

    async def story(client: PostingClient) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await post(client)

    tell(server, story, tls=self_signed(tmp_path))

    assert server.heard == []


def self_signed(directory: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = directory / "both.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
