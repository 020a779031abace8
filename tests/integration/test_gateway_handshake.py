"""Who gets in, and what is known of them ever after."""

import json
import re

import pytest

from tests.integration.toys import STAGE, Toy, ask, until


@pytest.mark.parametrize(
    ("who", "status"), [("ana", 101), ("nobody", 401), ("foe", 403), ("broken", 500)]
)
def test_the_authorizer_decides(toy: Toy, who: str, status: int) -> None:
    assert toy.refusal(who=who) == status


@pytest.mark.parametrize(("door", "status"), [("open", 101), ("shut", 429), ("broken", 502)])
def test_connect_refuses_with_its_own_status(toy: Toy, door: str, status: int) -> None:
    assert toy.refusal(door=door) == status


def test_the_authorizers_context_comes_with_every_frame_as_text(toy: Toy) -> None:
    with toy.socket(who="ben") as socket:
        contexts = [ask(socket, action="tell")["requestContext"]["authorizer"] for _ in range(2)]

    for context in contexts:
        assert context["principalId"] == "ben"
        assert context["name"] == "ben"
        assert context["number"] == "7"
        assert context["yes"] == "true"


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


def test_the_subprotocol_is_the_one_that_connect_returns(toy: Toy) -> None:
    with toy.socket(door="protocol", protocols=["toy.v1", "toy.auth.secret"]) as socket:
        assert socket.subprotocol == "toy.v1"


def test_without_a_word_of_connect_there_is_no_subprotocol(toy: Toy) -> None:
    with toy.socket(protocols=["toy.v1"]) as socket:
        assert socket.subprotocol is None


def test_a_post_inside_connect_finds_nobody(toy: Toy) -> None:
    with toy.socket(door="early"):
        found = until(lambda: toy.items("early"))

    assert found[0]["status"] == 410


def test_the_stage_is_a_path_too(toy: Toy) -> None:
    with toy.socket(path=f"/{STAGE}") as socket:
        assert ask(socket, action="tell")["requestContext"]["routeKey"] == "tell"


def test_disconnect_hears_who_left_and_with_which_code(toy: Toy) -> None:
    with toy.socket(who="cleo") as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        socket.close(4001, "enough")

    kept = until(lambda: [each for each in toy.items("bye") if each["sk"] == connection_id])[0]
    assert kept["code"] == 4001
    assert kept["who"] == "cleo"


def test_disconnect_hears_of_a_connection_that_broke(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        socket.socket.shutdown(2)

    kept = until(lambda: [each for each in toy.items("bye") if each["sk"] == connection_id])[0]
    assert kept["code"] == 1006


def test_a_plain_request_for_the_socket_is_told_to_upgrade(toy: Toy) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{toy.running.http_url}/ws", timeout=5)
    assert refused.value.code == 426
    assert "message" in json.loads(refused.value.read())
    refused.value.close()
