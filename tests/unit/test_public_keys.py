"""Tokens that an identity provider signed, against a server of its keys."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.faults import fault
from tests.unit.test_tokens import CLAIMS, part
from tests.unit.test_tokens import token as signed_with_secret
from wireside.adapters.key_set import FRESH_SECONDS, MAX_BYTES, PAUSE_SECONDS, KeySet, usable
from wireside.adapters.public_keys import PublicKeys
from wireside.adapters.tokens import JwtVerifier
from wireside.domain.errors import ErrorCode, Refused, Unavailable

RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
WEAK_RSA = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
CURVE = ec.generate_private_key(ec.SECP256R1())
OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())


def described(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """Return a public key as a JWKS lists it."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": kid, **more}


def token(key: Any = RSA, kid: str | None = "rsa", algorithm: str = "RS256", **claims: Any) -> str:
    """Return a token that this key has signed."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(CLAIMS | claims, key, algorithm=algorithm, headers=headers)


@dataclass(slots=True)
class Provider:
    """An identity provider's JWKS over HTTP."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [described(RSA, "rsa")])
    status: int = 200
    body: bytes | None = None
    asked: int = 0
    url: str = ""
    seconds: float = 0.0
    now: float = 1_000.0

    def set(self) -> KeySet:
        """Return a client of it, with the clock of this provider."""
        return KeySet(self.url, lambda: self.now)

    def verifier(self) -> JwtVerifier:
        """Return the check of its tokens."""
        return JwtVerifier(PublicKeys(self.set()), "wireside-local", "wireside")


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    """Serve it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked += 1
            body = provider.body
            self.send_response(provider.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(json.dumps({"keys": provider.keys}).encode() if body is None else body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}/keys?v=1"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="provider")
def _provider() -> Iterator[Provider]:
    with serving(Provider()) as provider:
        yield provider


def refusal(check: Callable[[], object]) -> ErrorCode:
    """Return how a token is refused."""
    with pytest.raises(Refused) as caught:
        check()
    return caught.value.code


@pytest.mark.parametrize(
    ("key", "kid", "algorithm"), [(RSA, "rsa", "RS256"), (CURVE, "ec", "ES256")]
)
def test_a_token_of_the_provider_is_let_in(
    provider: Provider, key: Any, kid: str, algorithm: str
) -> None:
    provider.keys = [described(RSA, "rsa"), described(CURVE, "ec")]

    assert provider.verifier().verify(token(key, kid, algorithm)).id == "ana"


def test_keys_are_fetched_once_and_kept(provider: Provider) -> None:
    check = provider.verifier()
    for _ in range(5):
        check.verify(token())

    assert provider.asked == 1


def test_a_new_key_is_found_when_a_token_names_it(provider: Provider) -> None:
    check = provider.verifier()
    check.verify(token())
    provider.keys.append(described(CURVE, "new"))
    provider.now += PAUSE_SECONDS

    assert check.verify(token(CURVE, "new", "ES256")).id == "ana"
    assert provider.asked == 2


def test_tokens_with_made_up_keys_do_not_make_us_ask_more_than_once_a_minute(
    provider: Provider,
) -> None:
    check = provider.verifier()
    check.verify(token())
    for number in range(20):
        assert refusal(lambda n=number: check.verify(token(CURVE, f"x{n}", "ES256"))) is (
            ErrorCode.UNAUTHORIZED
        )
    assert provider.asked == 1

    provider.now += PAUSE_SECONDS
    refusal(lambda: check.verify(token(CURVE, "y", "ES256")))
    refusal(lambda: check.verify(token(CURVE, "z", "ES256")))
    assert provider.asked == 2


def test_a_key_that_was_withdrawn_is_good_for_ten_minutes_at_most(provider: Provider) -> None:
    check = provider.verifier()
    check.verify(token())
    provider.keys = [described(CURVE, "new")]
    provider.now += FRESH_SECONDS

    assert refusal(lambda: check.verify(token())) is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 302}, {"body": b"no JSON"}])
def test_known_keys_outlive_a_provider_in_trouble(
    provider: Provider, trouble: dict[str, Any]
) -> None:
    check = provider.verifier()
    check.verify(token())
    for name, value in trouble.items():
        setattr(provider, name, value)
    provider.now += FRESH_SECONDS

    assert check.verify(token()).id == "ana"


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 404},
        {"status": 301},
        {"body": b""},
        {"body": b"[]"},
        {"body": b'{"keys": 7}'},
        {"body": b'{"keys": [' + b" " * MAX_BYTES + b"]}"},
    ],
    ids=str,
)
def test_without_any_key_it_is_not_the_tokens_fault(
    provider: Provider, trouble: dict[str, Any]
) -> None:
    for name, value in trouble.items():
        setattr(provider, name, value)
    check = provider.verifier()

    for _ in range(3):
        with pytest.raises(Unavailable):
            check.verify(token())
    assert provider.asked == 1


def test_a_provider_that_is_not_there_is_unavailable() -> None:
    with serving(Provider()) as provider:
        pass

    with pytest.raises(Unavailable):
        provider.verifier().verify(token())


@pytest.mark.parametrize(
    "listed",
    [
        described(RSA, "rsa", use="enc"),
        described(RSA, "rsa", alg="RS512"),
        described(RSA, "rsa", alg="HS256"),
        described(WEAK_RSA, "rsa"),
        described(OTHER_CURVE, "rsa"),
        described(RSA, "rsa") | {"kid": 7},
        {"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "rsa"},
        {"kty": "RSA", "kid": "rsa", "n": "!", "e": "AQAB"},
        {"kid": "rsa"},
        "rsa",
        None,
    ],
    ids=range(12),
)
def test_keys_that_cannot_check_our_tokens_are_left_out(listed: Any) -> None:
    assert list(usable({"keys": [listed, described(CURVE, "ec")]})) == ["ec"]


def public_pem(key: Any) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def confused() -> str:
    """Return a token that was signed with the public key, as if it were a shared secret."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    return signed_with_secret(CLAIMS, header, secret=public_pem(RSA).decode())


def unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': 'rsa'})}.{part(CLAIMS)}."


@fault(38)
@pytest.mark.parametrize(
    "presented",
    [
        confused(),
        unsigned(),
        signed_with_secret(),
        token(kid=None),
        token(kid="other"),
        token(CURVE, "rsa", "ES256"),
        token(algorithm="RS512"),
        token(algorithm="PS256"),
        token(aud="other"),
        token(iss="other"),
        token(nbf=4_000_000_000 - 1),
        jwt.encode(CLAIMS, RSA, "RS256", headers={"kid": "rsa", "jku": "https://evil.example"}),
        jwt.encode(CLAIMS, RSA, "RS256", headers={"kid": "rsa", "x5u": "https://evil.example"}),
        jwt.encode(CLAIMS, RSA, "RS256", headers={"kid": "rsa", "jwk": described(RSA, "rsa")}),
        jwt.encode(CLAIMS, RSA, "RS256", headers={"kid": "rsa", "crit": ["x"]}),
        "a.b.c",
        f"{base64.urlsafe_b64encode(b'{').decode()}.x.y",
    ],
    ids=range(17),
)
def test_everything_else_is_refused(provider: Provider, presented: str) -> None:
    assert refusal(lambda: provider.verifier().verify(presented)) is ErrorCode.UNAUTHORIZED


@fault(38)
def test_an_expired_token_of_the_provider_is_told_so(provider: Provider) -> None:
    expired = token(exp=int(time.time()) - 1)

    assert refusal(lambda: provider.verifier().verify(expired)) is ErrorCode.TOKEN_EXPIRED


@fault(38)
def test_a_kid_that_is_no_text_is_refused(provider: Provider) -> None:
    header = part({"alg": "RS256", "kid": 7})

    assert refusal(lambda: provider.verifier().verify(f"{header}.{part(CLAIMS)}.x")) is (
        ErrorCode.UNAUTHORIZED
    )
