"""What the local run does in ways of its own."""

import base64
import http.client
import json

from local.harness import Running
from tests.contract.gateway.toys import ask, hear, local_toy

FRIEND = {"Origin": "https://friend.example"}


def test_a_binary_frame_arrives_in_base64(toy_run: Running) -> None:
    with local_toy(toy_run).socket() as socket:
        socket.send(b"\x00\xff")
        event = hear(socket)

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_signing_in_is_for_the_page_alone(toy_run: Running) -> None:
    body = json.dumps({"sub": "ana", "name": "Ana"})
    own = {"Origin": toy_run.http_url}

    status, token = sign_in(toy_run, body, own)

    assert (status, set(token)) == (200, {"token", "expires_at"})
    assert sign_in(toy_run, body, FRIEND)[0] == 403
    assert sign_in(toy_run, "[]", own)[0] == 400


def sign_in(running: Running, body: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("localhost", running.port)
    connection.request("POST", "/local/token", body=body, headers=headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said


def test_a_function_that_was_ended_is_named_on_the_console(toy_run: Running) -> None:
    with local_toy(toy_run).socket() as socket:
        ask(socket, do="sleep", seconds=60)

    assert "Echo: ended: longer than its 3 s" in toy_run.log
