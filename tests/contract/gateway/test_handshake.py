"""Who gets in, and what is known of them ever after."""

import json
import re
import urllib.error
import urllib.request

import pytest

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import STAGE, Toy, ask, until


@parity(
    "The authorizer lets in, or refuses: 401 for `Unauthorized`, 403 for a Deny, 500 where it fails.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html",
)
@pytest.mark.parametrize(
    ("who", "status"),
    [("ana", 101), ("nobody", 401), ("foe", 403), ("broken", 500), ("senseless", 500)],
)
def test_the_authorizer_decides(toy: Toy, who: str, status: int) -> None:
    assert toy.refusal(who=who) == status


@parity(
    "`$connect` refuses with its own status; 502 where it fails.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html",
)
@pytest.mark.parametrize(("door", "status"), [("open", 101), ("shut", 429), ("broken", 502)])
def test_connect_refuses_with_its_own_status(toy: Toy, door: str, status: int) -> None:
    assert toy.refusal(door=door) == status


@parity(
    "The authorizer's context comes with every frame, its values as text.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html",
)
def test_the_authorizers_context_comes_with_every_frame_as_text(toy: Toy) -> None:
    with toy.socket(who="ben") as socket:
        contexts = [ask(socket, action="tell")["requestContext"]["authorizer"] for _ in range(2)]

    for context in contexts:
        assert context["principalId"] == "ben"
        assert context["name"] == "ben"
        assert context["number"] == "7"
        assert context["yes"] == "true"


@parity(
    "`connectionId`, `connectedAt`, `identity`, `apiId`, `stage` stay; `messageId`, `requestId`, `extendedRequestId` are new for each message.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html",
)
def test_a_connections_own_fields_stay_and_those_of_a_message_change(toy: Toy) -> None:
    with toy.socket() as socket:
        first, second = (ask(socket, action="tell")["requestContext"] for _ in range(2))

    stable = ("connectionId", "connectedAt", "identity", "apiId", "stage", "domainName")
    assert {name: first[name] for name in stable} == {name: second[name] for name in stable}
    for name in ("messageId", "requestId", "extendedRequestId"):
        assert first[name] != second[name]
    assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", first["connectionId"])
    assert first["identity"]["sourceIp"] in {"127.0.0.1", "::1"}
    assert first["eventType"] == "MESSAGE"
    assert first["messageDirection"] == "IN"
    assert first["stage"] == STAGE
    assert first["connectedAt"] <= first["requestTimeEpoch"] <= second["requestTimeEpoch"]


@parity(
    "The subprotocol is the one that `$connect` returns.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html",
)
def test_the_subprotocol_is_the_one_that_connect_returns(toy: Toy) -> None:
    with toy.socket(door="protocol", protocols=["toy.v1", "toy.auth.secret"]) as socket:
        assert socket.subprotocol == "toy.v1"


@parity(
    "Without it there is none.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html",
)
def test_without_a_word_of_connect_there_is_no_subprotocol(toy: Toy) -> None:
    with toy.socket(protocols=["toy.v1"]) as socket:
        assert socket.subprotocol is None


@parity(
    "A post inside `$connect` gets 410.",
    source="https://repost.aws/knowledge-center/410-gone-api-gateway",
)
def test_a_post_inside_connect_finds_nobody(toy: Toy) -> None:
    with toy.socket(door="early"):
        found = until(lambda: toy.items("early"))

    assert found[0]["status"] == 410


@parity(
    "The stage is the path of the WebSocket.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html",
)
def test_the_stage_is_a_path_too(toy: Toy) -> None:
    with toy.socket(url=toy.stage_url) as socket:
        assert ask(socket, action="tell")["requestContext"]["routeKey"] == "tell"


@parity(
    "`$disconnect` has the close code and the authorizer's context.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html",
)
def test_disconnect_hears_who_left_and_with_which_code(toy: Toy) -> None:
    with toy.socket(who="cleo") as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        socket.close(4001, "enough")

    kept = until(lambda: [each for each in toy.items("bye") if each["sk"] == connection_id])[0]
    assert kept["code"] == 4001
    assert kept["who"] == "cleo"


@parity(
    "`$disconnect` comes for a connection that broke, with 1006.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html",
)
def test_disconnect_hears_of_a_connection_that_broke(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        socket.socket.shutdown(2)

    kept = until(lambda: [each for each in toy.items("bye") if each["sk"] == connection_id])[0]
    assert kept["code"] == 1006


@parity(
    "A request without an upgrade is refused.",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22",
)
def test_a_plain_request_for_the_socket_is_told_to_upgrade(toy: Toy) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(toy.websocket_url.replace("ws", "http", 1), timeout=5)
    assert refused.value.code == 426
    assert "message" in json.loads(refused.value.read())
    refused.value.close()
