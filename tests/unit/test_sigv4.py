"""Our signatures, against botocore's."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials

from wireside.adapters.aws.sigv4 import Credentials, Scope, Signer, payload_hash

NOW = datetime(2026, 11, 21, 2, 59, 36, tzinfo=UTC)
EXECUTE_API = Scope("eu-west-1", "execute-api")
HOST = "https://id.execute-api.eu-west-1.amazonaws.com/live"


def ours(
    method: str,
    url: str,
    body: bytes,
    *,
    scope: Scope = EXECUTE_API,
    token: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    """Return our signature."""
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    signer = Signer(scope, lambda: credentials, now=NOW.timestamp)
    headers = signer.headers(method, url, payload_hash(body), extra=extra)
    assert headers["x-amz-date"] == "20261121T025936Z"
    assert headers.get("x-amz-security-token") == token
    return headers["authorization"]


def theirs(
    method: str,
    url: str,
    body: bytes,
    *,
    scope: Scope = EXECUTE_API,
    token: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    """Return botocore's signature of the same request, made at the same time."""
    known = TheirCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    auth = SigV4Auth(known, scope.service, scope.region)
    request = AWSRequest(method, url, headers=dict(extra or {}), data=body)
    request.context["timestamp"] = "20261121T025936Z"
    request.headers["X-Amz-Date"] = "20261121T025936Z"
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    auth._inject_signature_to_request(request, signature)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE==/+"])
@pytest.mark.parametrize(
    "connection_id", ["abc=", "AbC-_09=", "a+b/c==", "a b", "é", "%3D", "a~b.c", "@"]
)
def test_a_post_is_signed_as_botocore_signs_it(connection_id: str, token: str | None) -> None:
    url = f"{HOST}/%40connections/{quote(connection_id, safe='')}"

    assert ours("POST", url, b'{"a":1}', token=token) == theirs(
        "POST", url, b'{"a":1}', token=token
    )


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
@pytest.mark.parametrize("body", [b"", "é😀".encode(), b"x" * 100_000])
@pytest.mark.parametrize("host", [HOST, "http://127.0.0.1:8000/live"])
def test_method_body_and_host_are_part_of_it(method: str, body: bytes, host: str) -> None:
    url = f"{host}/%40connections/abc%3D"

    assert ours(method, url, body) == theirs(method, url, body)


def test_the_call_of_parameter_store_is_signed_as_botocore_signs_it() -> None:
    extra = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonSSM.GetParameter",
    }
    url, scope = "https://ssm.eu-west-1.amazonaws.com/", Scope("eu-west-1", "ssm")
    body = b'{"Name": "/wireside/jwt-secret", "WithDecryption": true}'

    mine = ours("POST", url, body, scope=scope, token="t", extra=extra)

    assert mine == theirs("POST", url, body, scope=scope, token="t", extra=extra)
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target" in mine


def test_another_body_day_key_or_region_is_another_signature() -> None:
    url = f"{HOST}/%40connections/abc%3D"
    made = {
        ours("POST", url, b"a"),
        ours("POST", url, b"b"),
        ours("DELETE", url, b"a"),
        ours("POST", url, b"a", token="t"),
        ours("POST", url, b"a", scope=Scope("eu-west-2", "execute-api")),
    }

    assert len(made) == 5
