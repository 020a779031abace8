"""The management API, asked by AWS's own client."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from websockets.exceptions import ConnectionClosed

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Toy, ask

UNKNOWN = "AAAAAAAAAAAAAAA="


def refusal(call: object, **arguments: object) -> tuple[int, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)  # type: ignore[operator]
    answer = refused.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@parity(
    "Posts that wait for each other arrive in order.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html",
)
def test_a_post_reaches_the_client_in_order(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        for number in range(20):
            toy.connections.post_to_connection(
                ConnectionId=connection_id, Data=str(number).encode()
            )

        assert [socket.recv(timeout=5) for _ in range(20)] == [str(number) for number in range(20)]


@parity(
    "A post above 128 KB is refused with 413.",
    source="https://docs.aws.amazon.com/cli/latest/reference/apigatewaymanagementapi/post-to-connection.html",
)
def test_a_post_of_128_kb_passes_and_a_larger_one_is_refused(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        post, largest = toy.connections.post_to_connection, b"x" * 128 * 1024
        post(ConnectionId=connection_id, Data=largest)

        assert refusal(post, ConnectionId=connection_id, Data=largest + b"x")[0] == 413
        assert len(socket.recv(timeout=5)) == len(largest)


@parity(
    "GET describes a connection.",
    source="https://docs.aws.amazon.com/cli/latest/reference/apigatewaymanagementapi/get-connection.html",
)
def test_a_connection_is_described(toy: Toy) -> None:
    with toy.socket() as socket:
        context = ask(socket, action="tell")["requestContext"]
        described = toy.connections.get_connection(ConnectionId=context["connectionId"])

    assert round(described["ConnectedAt"].timestamp() * 1000) == context["connectedAt"]
    assert described["LastActiveAt"] >= described["ConnectedAt"]
    assert described["Identity"]["SourceIp"] == context["identity"]["sourceIp"]


@parity(
    "DELETE closes a connection; posts to it get 410.",
    source="https://docs.aws.amazon.com/cli/latest/reference/apigatewaymanagementapi/delete-connection.html",
)
def test_delete_closes_and_the_connection_is_gone(toy: Toy) -> None:
    with toy.socket() as socket:
        connection_id = ask(socket, action="tell")["requestContext"]["connectionId"]
        toy.connections.delete_connection(ConnectionId=connection_id)

        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        post = toy.connections.post_to_connection
        assert refusal(post, ConnectionId=connection_id, Data=b"") == (410, "GoneException")


@parity(
    "An unknown id gets 410, a malformed one 400.",
    source="https://github.com/localstack/localstack/issues/4694",
)
def test_an_unknown_connection_is_gone_and_a_malformed_id_is_bad(toy: Toy) -> None:
    for call, more in (
        (toy.connections.post_to_connection, {"Data": b"x"}),
        (toy.connections.get_connection, {}),
        (toy.connections.delete_connection, {}),
    ):
        assert refusal(call, ConnectionId=UNKNOWN, **more) == (410, "GoneException")
        assert refusal(call, ConnectionId="nonsense", **more) == (400, "BadRequestException")


@parity(
    "A signature by a wrong key is refused with 403.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
)
def test_a_wrong_key_is_refused(toy: Toy) -> None:
    stranger = toy.clients("apigatewaymanagementapi", endpoint=toy.management_url, key="another")

    status, code = refusal(stranger.post_to_connection, ConnectionId=UNKNOWN, Data=b"x")
    assert (status, code) == (403, "InvalidSignatureException")


@parity(
    "A call that is not signed is refused with 403.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
)
def test_an_unsigned_call_is_refused(toy: Toy) -> None:
    request = urllib.request.Request(
        f"{toy.management_url}/@connections/{UNKNOWN}", b"x", method="POST"
    )

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 403
    assert json.loads(refused.value.read()) == {"message": "Missing Authentication Token"}
    refused.value.close()


def signed(toy: Toy, body: bytes) -> AWSPreparedRequest:
    """Return a signed post to nobody."""
    client = toy.connections
    credentials = client._request_signer._credentials
    url = f"{toy.management_url}/%40connections/{UNKNOWN.replace('=', '%3D')}"
    request = AWSRequest("POST", url, data=body)
    SigV4Auth(credentials, "execute-api", client.meta.region_name).add_auth(request)
    prepared: AWSPreparedRequest = request.prepare()
    return prepared


def status_of(request: AWSPreparedRequest) -> int:
    return int(URLLib3Session().send(request).status_code)


@parity(
    "A body that is not the one that was signed is refused with 403.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
)
def test_another_body_than_the_signed_one_is_refused(toy: Toy) -> None:
    request = signed(toy, b"signed")
    assert status_of(request) == 410

    request.body = b"others"
    assert status_of(request) == 403


@parity(
    "A signature that is older than 5 minutes is refused with 403.",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
)
def test_an_old_signature_is_refused(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=6)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: long_ago)

    assert status_of(signed(toy, b"late")) == 403
