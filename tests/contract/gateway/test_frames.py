"""What becomes of the frames that a client sends."""

import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Toy, ask, hear, until

KILOBYTE = 1024


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=15)
    assert socket.close_code is not None
    return socket.close_code


@parity(
    "A field of the body selects the route; what selects none goes to `$default`.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html",
)
@pytest.mark.parametrize(
    ("sent", "route"),
    [
        ('{"action":"tell"}', "tell"),
        ('{"action":"other"}', "$default"),
        ('{"action":"$connect"}', "$default"),
        ('{"action":7}', "$default"),
        ("[]", "$default"),
        ("not JSON", "$default"),
        ("", "$default"),
    ],
)
def test_the_body_selects_the_route(toy: Toy, sent: str, route: str) -> None:
    with toy.socket() as socket:
        socket.send(sent)
        event = hear(socket)

    assert event["requestContext"]["routeKey"] == route
    assert event["body"] == sent
    assert event["isBase64Encoded"] is False


@parity(
    "A frame above 32 KB closes the connection with 1009.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
)
def test_a_frame_of_32_kb_passes_and_a_larger_one_closes_with_1009(toy: Toy) -> None:
    with toy.socket() as socket:
        socket.send("x" * 32 * KILOBYTE)
        assert len(hear(socket)["body"]) == 32 * KILOBYTE

        socket.send("x" * (32 * KILOBYTE + 1))
        assert close_code(socket) == 1009


@parity(
    "A message of several frames above 128 KB closes the connection with 1009.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
)
def test_a_message_of_many_frames_passes_up_to_128_kb(toy: Toy) -> None:
    with toy.socket() as socket:
        socket.send(["x" * 25 * KILOBYTE] * 5)
        assert len(hear(socket)["body"]) == 125 * KILOBYTE

        with suppress(ConnectionClosed):
            socket.send(["x" * 30 * KILOBYTE] * 5)
        assert close_code(socket) == 1009


@parity(
    "Text that is not UTF-8 closes the connection with 1007.",
    source="https://www.rfc-editor.org/rfc/rfc6455#section-8.1",
)
def test_text_that_is_not_utf_8_closes_with_1007(toy: Toy) -> None:
    with toy.socket() as socket:
        socket.send(b"\xff\xfe", text=True)
        assert close_code(socket) == 1007


@parity(
    "Frames of one connection are handled concurrently; no order is promised.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
)
def test_frames_of_one_connection_are_handled_beside_each_other(toy: Toy) -> None:
    with toy.socket() as socket:
        socket.send(json.dumps({"do": "sleep", "seconds": 2}))
        first = ask(socket, action="tell")
        second = hear(socket)

    assert first["requestContext"]["routeKey"] == "tell"
    assert second == {"slept": 2}


@parity(
    "What the function of a one-way route returns is dropped.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html",
)
def test_what_a_one_way_route_answers_is_not_heard(toy: Toy) -> None:
    with toy.socket() as socket:
        heard = [ask(socket, action="tell", number=number) for number in range(3)]

    assert [json.loads(each["body"])["number"] for each in heard] == [0, 1, 2]


@parity(
    'A failed integration is told as `{"message": "Internal server error", "connectionId", "requestId"}`; the connection lives.',
    source="https://repost.aws/knowledge-center/api-gateway-websocket-error",
)
@pytest.mark.parametrize("do", ["fail", "exit"])
def test_a_failure_is_told_without_a_reason_and_the_next_frame_is_handled(
    toy: Toy, do: str
) -> None:
    with toy.socket() as socket:
        failure = ask(socket, do=do)
        event = ask(socket, action="tell")

    assert failure["message"] == "Internal server error"
    assert failure["connectionId"] == event["requestContext"]["connectionId"]
    assert set(failure) == {"message", "connectionId", "requestId"}


@parity(
    "A function that runs longer than its timeout is ended.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
)
def test_a_function_ends_at_its_timeout(toy: Toy) -> None:
    with toy.socket() as socket:
        failure = ask(socket, do="sleep", seconds=60)

        assert failure["message"] == "Internal server error"
        assert ask(socket, action="tell")["isBase64Encoded"] is False


@parity(
    "A function has the declared environment, Lambda's own variables, and the declared memory size.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
)
def test_a_function_has_the_templates_environment_and_no_other(toy: Toy) -> None:
    with toy.socket() as socket:
        environment = ask(socket, do="environment")

    assert environment["TABLE"] == toy.names("Table")
    assert environment["JOBS"].endswith(f"/{toy.names('Jobs')}")
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert str(environment["memory"]) == "256"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == toy.names("Echo")
    assert "OPENAI_API_KEY" not in environment
    assert not [name for name in environment if "pytest" in name.lower()]


@parity(
    "Posts to a client that does not read are refused with 429.",
    source="https://docs.aws.amazon.com/cli/latest/reference/apigatewaymanagementapi/post-to-connection.html",
)
def test_a_slow_clients_posts_are_refused_when_its_buffer_is_full(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        posts, data = toy.connections, b"x" * 100 * KILOBYTE
        refused = posts.exceptions.LimitExceededException

        # Nobody reads: the client's queue fills up, the kernel's buffers, then the gateway's.
        with pytest.raises(refused):
            for _ in range(400):
                posts.post_to_connection(ConnectionId=connection_id, Data=data)
        socket.socket.shutdown(2)


@parity(
    "An integration ends after 29 s (`LOCAL_INTEGRATION_SECONDS`); the function goes on.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
)
def test_an_integration_ends_at_its_limit_but_the_function_goes_on(compressed: Toy) -> None:
    with compressed.socket() as socket:
        failure = ask(socket, do="sleep", seconds=2)
        late = hear(socket)

    assert failure["message"] == "Internal server error"
    assert late == {"slept": 2}


@parity(
    "A connection without frames for 10 minutes is closed (`LOCAL_IDLE_SECONDS`).",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
)
def test_an_idle_connection_is_closed(compressed: Toy) -> None:
    with compressed.socket() as socket:
        assert close_code(socket) == 1001


@parity(
    "A connection is closed after 2 hours (`LOCAL_LIFETIME_SECONDS`).",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html",
)
def test_a_busy_connection_is_closed_at_the_end_of_its_life(compressed: Toy) -> None:
    with compressed.socket() as socket:
        with pytest.raises(ConnectionClosed):
            until(lambda: ask(socket, action="tell"), lambda _: False)

        assert socket.close_code == 1001


@parity(
    "`$disconnect` is best effort (`LOCAL_LOSE_DISCONNECTS`).",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html",
)
def test_disconnect_can_be_lost(compressed: Toy) -> None:
    with compressed.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
    gone = compressed.connections.exceptions.GoneException

    def is_gone() -> bool:
        try:
            compressed.connections.get_connection(ConnectionId=connection_id)
        except gone:
            return True
        return False

    until(is_gone)
    assert compressed.items("bye") == []
