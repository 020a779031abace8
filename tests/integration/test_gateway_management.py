"""The management API, asked by AWS's own client."""

import http.client
import json

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from local.emulator import CREDENTIALS
from tests.integration.toys import STAGE, Toy, ask

UNKNOWN = "AAAAAAAAAAAAAAA="


def refusal(call: object, **arguments: object) -> tuple[int, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)  # type: ignore[operator]
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_a_post_reaches_the_client_in_order(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        for number in range(20):
            toy.connections.post_to_connection(
                ConnectionId=connection_id, Data=str(number).encode()
            )

        assert [socket.recv(timeout=5) for _ in range(20)] == [str(number) for number in range(20)]


def test_a_post_of_128_kb_passes_and_a_larger_one_is_refused(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        post, largest = toy.connections.post_to_connection, b"x" * 128 * 1024
        post(ConnectionId=connection_id, Data=largest)

        assert refusal(post, ConnectionId=connection_id, Data=largest + b"x")[0] == 413
        assert len(socket.recv(timeout=5)) == len(largest)


def test_a_connection_is_described(toy: Toy) -> None:
    with toy.socket() as socket:
        context = ask(socket, action="tell")["requestContext"]
        described = toy.connections.get_connection(ConnectionId=context["connectionId"])

    assert round(described["ConnectedAt"].timestamp() * 1000) == context["connectedAt"]
    assert described["LastActiveAt"] >= described["ConnectedAt"]
    assert described["Identity"]["SourceIp"] == context["identity"]["sourceIp"]


def test_delete_closes_and_the_connection_is_gone(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        toy.connections.delete_connection(ConnectionId=connection_id)

        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        post = toy.connections.post_to_connection
        assert refusal(post, ConnectionId=connection_id, Data=b"") == (410, "GoneException")


def test_an_unknown_connection_is_gone_and_a_malformed_id_is_bad(toy: Toy) -> None:
    for call, more in (
        (toy.connections.post_to_connection, {"Data": b"x"}),
        (toy.connections.get_connection, {}),
        (toy.connections.delete_connection, {}),
    ):
        assert refusal(call, ConnectionId=UNKNOWN, **more) == (410, "GoneException")
        assert refusal(call, ConnectionId="nonsense", **more) == (400, "BadRequestException")


def test_a_wrong_key_is_refused(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CREDENTIALS, "aws_secret_access_key", "another")
    stranger = toy.running.management(STAGE)

    status, code = refusal(stranger.post_to_connection, ConnectionId=UNKNOWN, Data=b"x")
    assert (status, code) == (403, "InvalidSignatureException")


def test_an_unsigned_call_is_refused(toy: Toy) -> None:
    connection = http.client.HTTPConnection("localhost", toy.running.port)
    connection.request("POST", f"/{STAGE}/@connections/{UNKNOWN}", body=b"x")
    answer = connection.getresponse()

    assert answer.status == 403
    assert json.loads(answer.read()) == {"message": "Missing Authentication Token"}
    connection.close()
