"""Our check of signatures, against AWS's own signer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from multidict import CIMultiDict

from local import sigv4

PATH = "/live/@connections/L0SM9cOFvHcCIhw%3D"


def signed(
    *,
    path: str = PATH,
    body: bytes = b"hello",
    key: str = "local",
    region: str = "us-east-1",
    token: str | None = None,
) -> AWSRequest:
    request = AWSRequest(
        "POST", f"http://localhost:8000{path}", data=body, headers={"Host": "localhost:8000"}
    )
    SigV4Auth(Credentials("local", key, token), "execute-api", region).add_auth(request)
    return request


def check(request: AWSRequest, *, path: str = PATH, body: bytes = b"hello") -> None:
    headers = CIMultiDict(request.headers.items())
    sigv4.verify("POST", path, headers, body)


@pytest.mark.parametrize(
    "path",
    [PATH, "/live/@connections/abc=", "/live/@connections/a-b_c%3D", f"{PATH}?b=2&a=x%20y&c="],
)
@pytest.mark.parametrize("token", [None, "token"])
def test_what_awss_signer_signs_is_accepted(path: str, token: str | None) -> None:
    check(signed(path=path, token=token), path=path)


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ({"key": "another"}, {}),
        ({"region": "eu-west-1"}, {}),
        ({}, {"body": b"changed"}),
        ({}, {"path": PATH.replace("L0", "L1")}),
    ],
)
def test_anything_else_is_not(made: Any, sent: Any) -> None:
    with pytest.raises(sigv4.UnsignedError):
        check(signed(**made), **sent)


def test_an_old_signature_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    request = signed()
    monkeypatch.setattr(sigv4, "SKEW_SECONDS", -1)

    with pytest.raises(sigv4.UnsignedError, match="expired"):
        check(request)


def test_no_signature_is_named_so() -> None:
    with pytest.raises(sigv4.UnsignedError) as refused:
        sigv4.verify("POST", PATH, {}, b"")

    assert refused.value.kind == "MissingAuthenticationTokenException"


def test_a_stamp_of_nonsense_is_refused() -> None:
    request = signed()
    request.headers.replace_header(
        "X-Amz-Date", f"{datetime.now(UTC) + timedelta(1):%Y%m%d}Tnonsense"
    )

    with pytest.raises(sigv4.UnsignedError):
        check(request)
