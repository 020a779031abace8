"""The authorizer and ``$connect``: who gets in, with what, from where."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.builders import user
from tests.faults import fault
from tests.unit.test_settings import ENVIRONMENT
from tests.unit.test_tokens import CLAIMS, SECRET, token
from wireside import bootstrap
from wireside.domain.conversation import Role
from wireside.domain.errors import Refused
from wireside.entrypoints.handshake import (
    Unauthorized,
    authorize,
    policy,
    token_of,
)
from wireside.entrypoints.identity import identity_of

ROOT = Path(__file__).resolve().parent.parent.parent
ARN = "arn:aws:execute-api:eu-west-1:123456789012:id/live/$connect"


@dataclass(slots=True)
class ParameterStoreStub:
    """Parameter Store on the loopback interface: what it holds, and what it was asked."""

    value: str = SECRET
    status: int = 200
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture(name="store")
def _store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ParameterStoreStub]:
    """Serve the parameter, and give the functions the environment that points to it."""
    store = ParameterStoreStub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            store.asked.append((headers, body))
            self.send_response(store.status)
            self.end_headers()
            self.wfile.write(json.dumps({"Parameter": {"Value": store.value}}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    changes = {
        "WIRESIDE_JWT_ISSUER": "wireside-local",
        "WIRESIDE_JWKS_URL": "",
        "AWS_ENDPOINT_URL_SSM": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "session",
    }
    for name, value in (ENVIRONMENT | changes).items():
        monkeypatch.setenv(name, value)
    _forget()
    yield store
    _forget()
    server.shutdown()
    thread.join()
    server.server_close()
    bootstrap.event_loop().close()
    bootstrap.event_loop.cache_clear()


def _forget() -> None:
    bootstrap.settings.cache_clear()
    bootstrap.secrets.cache_clear()
    bootstrap.verifier.cache_clear()
    bootstrap.door.cache_clear()


def knock(**headers: str) -> dict[str, Any]:
    """Return what the authorizer answers to a handshake; ``__`` stands for ``-``."""
    named = {name.replace("__", "-"): value for name, value in headers.items()}
    event = {"methodArn": ARN, "headers": named, "requestContext": {"connectionId": "c"}}
    answer: dict[str, Any] = authorize(event, None)
    return answer


def effect(answer: dict[str, Any]) -> str:
    """Return ``Allow`` or ``Deny``."""
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == ARN
    return str(statement["Effect"])


def test_a_bearer_token_gets_in_with_its_identity(store: ParameterStoreStub) -> None:
    answer = knock(Authorization=f"Bearer {token()}")

    assert effect(answer) == "Allow"
    assert json.loads(answer["context"]["identity"]) == {
        "sub": "ana",
        "name": "Ana",
        "roles": ["user"],
        "exp": CLAIMS["exp"],
    }
    assert len(store.asked) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "offered", ["wireside.v1, wireside.auth.{}", "wireside.auth.{},wireside.v1", "wireside.auth.{}"]
)
def test_a_token_among_the_subprotocols_gets_in(offered: str) -> None:
    answer = knock(Sec__WebSocket__Protocol=offered.format(token()))

    assert effect(answer) == "Allow"


@fault(38)
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer garbage"},
        {"Authorization": f"Basic {token()}"},
        {"Authorization": token()},
        {"Sec__WebSocket__Protocol": "wireside.v1"},
        {"Sec__WebSocket__Protocol": "wireside.auth."},
        {"Sec__WebSocket__Protocol": token()},
        {"Cookie": f"token={token()}"},
        {"Authorization": f"Bearer {token(exp=1)}"},
    ],
    ids=range(11),
)
def test_without_a_good_token_nobody_gets_in(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        knock(**headers)


@pytest.mark.usefixtures("store")
def test_a_token_in_the_query_string_is_refused() -> None:
    event = {
        "methodArn": ARN,
        "headers": {},
        "queryStringParameters": {"token": token(), "Authorization": f"Bearer {token()}"},
    }

    with pytest.raises(Unauthorized):
        authorize(event, None)


@fault(40)
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://a.example", "Allow"),
        ("https://b.example", "Allow"),
        ("https://evil.example", "Deny"),
        ("https://a.example.evil.example", "Deny"),
        ("http://a.example", "Deny"),
        ("https://a.example:8443", "Deny"),
        ("null", "Deny"),
        ("", "Deny"),
    ],
)
def test_a_browser_gets_in_from_an_allowed_origin_only(origin: str, expected: str) -> None:
    answer = knock(Authorization=f"Bearer {token()}", Origin=origin)

    assert effect(answer) == expected


@fault(38, 50)
@pytest.mark.usefixtures("store")
def test_the_refusal_of_a_token_leaves_no_trace_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    planted = token(sub="planted#value")

    with pytest.raises(Unauthorized) as caught:
        knock(Authorization=f"Bearer {planted}")

    written = "".join(capsys.readouterr())
    assert planted not in written
    assert "planted" not in written
    assert caught.value.__suppress_context__


def test_the_secret_is_asked_for_once_a_process_and_signed(store: ParameterStoreStub) -> None:
    for _ in range(3):
        knock(Authorization=f"Bearer {token()}")

    ((headers, body),) = store.asked
    assert body == {"Name": "/wireside/jwt-secret", "WithDecryption": True}
    assert headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert headers["x-amz-security-token"] == "session"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")


def test_a_secret_that_cannot_be_read_is_not_the_callers_fault(store: ParameterStoreStub) -> None:
    store.status = 500

    with pytest.raises(Exception, match="secret could not be read"):
        knock(Authorization=f"Bearer {token()}")


def test_names_of_headers_have_no_case() -> None:
    assert token_of({"authorization": "bEARER  abc "}) == "abc"
    with pytest.raises(Refused):
        token_of({"authorization": "Digest abc"})


@pytest.mark.parametrize("name", ["Ünal 😀", "a\nb", '"\\', "ن\u202e"])
def test_the_policy_is_ascii_and_gives_the_same_person_back(name: str) -> None:
    known = user(name, roles=frozenset({Role.USER, Role.ADMIN}))

    made = policy(known, ARN, allowed=True)

    assert json.dumps(made, ensure_ascii=False).isascii()
    assert all(isinstance(value, str) for value in made["context"].values())
    assert "\n" not in made["principalId"]
    assert identity_of({"requestContext": {"authorizer": made["context"]}}) == known


def test_a_connection_waits_for_no_import_that_it_does_not_need() -> None:
    script = "import sys; import app; print(*sys.modules)"
    packages = [ROOT / "functions/authorize", ROOT / "layers/wireside/python"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, packages))}

    loaded = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )

    modules = set(loaded.stdout.decode().split())
    assert "wireside.entrypoints.handshake" in modules
    assert not modules & {"boto3", "botocore.session", "pydantic", "aiohttp", "asyncio", "fastapi"}
