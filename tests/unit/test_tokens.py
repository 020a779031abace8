"""Tokens: who is let in, and every way in which nobody is."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.faults import fault
from wireside.adapters.tokens import JwtVerifier, SharedSecret
from wireside.domain.conversation import Role
from wireside.domain.errors import ErrorCode, Refused, Unavailable

SECRET = "a secret of more than thirty-two bytes"
NOW = 1_700_000_000
NEVER = 4_000_000_000
CLAIMS: dict[str, Any] = {
    "sub": "ana",
    "name": "Ana",
    "roles": ["user"],
    "iss": "wireside-local",
    "aud": "wireside",
    "exp": NEVER,
}
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}


def part(content: object) -> str:
    """Return one part of a token; text goes in as it is."""
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def token(
    claims: object = None,
    header: object = None,
    *,
    secret: str = SECRET,
    digest: str = "sha256",
    **changes: Any,
) -> str:
    """Return a signed token: good unless told otherwise."""
    said = CLAIMS | changes if claims is None else claims
    signed = f"{part(HEADER if header is None else header)}.{part(said)}"
    signature = hmac.new(secret.encode(), signed.encode(), digest).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def verifier(secret: str = SECRET) -> JwtVerifier:
    """Return the check."""
    return JwtVerifier(SharedSecret(lambda: secret), "wireside-local", "wireside")


def refused(presented: str) -> Refused:
    """Return how a token is refused."""
    with pytest.raises(Refused) as caught:
        verifier().verify(presented)
    return caught.value


def test_a_good_token_tells_who_it_is() -> None:
    found = verifier().verify(token(roles=["operator", "nonsense", 7], sub="ana@example.org"))

    assert (found.id, found.name, found.expires_at) == ("ana@example.org", "Ana", NEVER)
    assert found.roles == {Role.USER, Role.OPERATOR}


@pytest.mark.parametrize("roles", [None, "operator", {"operator": 1}, 7, [["operator"]]])
def test_roles_that_are_no_list_of_names_give_no_more_than_user(roles: object) -> None:
    assert verifier().verify(token(roles=roles)).roles == {Role.USER}


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["Ana"]])
def test_who_has_no_name_is_called_by_their_id(name: object) -> None:
    assert verifier().verify(token(name=name)).name == "ana"


def test_a_name_is_storable_and_short() -> None:
    found = verifier().verify(token(name="x\x00\ud800" + "y" * 200))

    assert found.name == ("x?" + "y" * 98)


def test_an_audience_among_several_is_enough() -> None:
    assert verifier().verify(token(aud=["other", "wireside"])).id == "ana"


def test_a_time_beyond_the_calendar_ends_with_it() -> None:
    assert verifier().verify(token(exp=10**17)).expires_at == 253_402_300_799


@fault(38)
def test_a_signature_of_another_family_or_none_is_refused() -> None:
    unsigned = f"{part({'alg': 'none'})}.{part(CLAIMS)}."
    presented = [
        unsigned,
        unsigned + "x",
        f"{part({'alg': 'None'})}.{part(CLAIMS)}.",
        f"{part(HEADER)}.{part(CLAIMS)}.",
        token(header={"alg": "none"}),
        token(header={"alg": "RS256"}),
        token(header={"alg": "RS256"}, secret="-----BEGIN PUBLIC KEY-----\nMIIB\n-----END"),
        token(header={"alg": "HS512"}, digest="sha512"),
        token(header={"alg": "HS384"}, digest="sha384"),
        token(header={"alg": "hs256"}),
        token(header={"alg": ["HS256"]}),
        token(header={"typ": "JWT"}),
        token(secret="another secret of thirty-two bytes or more"),
        token(secret=""),
        token()[:-4] + "AAAA",
    ]

    codes = [refused(each).code for each in presented]

    assert set(codes) == {ErrorCode.UNAUTHORIZED}


@fault(38)
@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"jku": None},
        {"kid": 7},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_a_token_that_brings_its_own_key_or_terms_is_refused(extra: dict[str, Any]) -> None:
    assert refused(token(header=HEADER | extra)).code is ErrorCode.UNAUTHORIZED


@fault(38, 43)
@pytest.mark.parametrize(
    "change",
    [
        {"iss": "other"},
        {"iss": ["wireside-local"]},
        {"aud": "other"},
        {"aud": []},
        {"aud": {"wireside": 1}},
        {"exp": "soon"},
        {"exp": None},
        {"exp": [NEVER]},
        {"nbf": NEVER - 1},
        {"nbf": "x"},
        {"iat": NEVER - 1},
        {"sub": ""},
        {"sub": 7},
        {"sub": None},
        {"sub": ["ana"]},
        {"sub": "a#b"},
        {"sub": "a\nb"},
        {"sub": "a\x00b"},
        {"sub": "a\x7fb"},
        {"sub": "\ud800"},
        {"sub": "assistant:demo"},
        {"sub": "assistant:"},
        {"sub": "a" * 129},
        {"sub": "é" * 65},
    ],
    ids=repr,
)
def test_a_claim_that_is_not_what_it_should_be_is_refused(change: dict[str, Any]) -> None:
    assert refused(token(**change)).code is ErrorCode.UNAUTHORIZED


@fault(38)
@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_an_expiry_that_is_no_time_is_refused(value: str) -> None:
    claims = json.dumps(CLAIMS).replace(str(NEVER), value)

    assert refused(token(claims)).code is ErrorCode.UNAUTHORIZED


@fault(38)
@pytest.mark.parametrize("missing", ["sub", "exp", "iss", "aud"])
def test_a_missing_claim_is_refused(missing: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != missing}

    assert refused(token(claims)).code is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize("sub", ["a" * 128, "é" * 64, "assistant", "Ana Ünal", "😀"])
def test_a_sub_up_to_128_bytes_is_taken_as_it_is(sub: str) -> None:
    assert verifier().verify(token(sub=sub)).id == sub


@fault(38)
@pytest.mark.parametrize(
    "presented",
    [
        "",
        ".",
        "..",
        "...",
        "garbage",
        "a.b.c",
        "é.é.é",
        "\x00",
        "a" * 10_000,
        f"{part('[]')}.{part(CLAIMS)}.AAAA",
        f"{part('null')}.{part(CLAIMS)}.AAAA",
        f"{part('{')}.{part(CLAIMS)}.AAAA",
        f"{part('[' * 5_000)}.e30.AAAA",
        f"{part('[' * 3_000 + ']' * 3_000)}.e30.AAAA",
        f"{part('1' * 6_000)}.e30.AAAA",
        f"{base64.urlsafe_b64encode(bytes(range(128, 250))).decode()}.e30.AAAA",
        token("[]"),
        token("7"),
        token('"ana"'),
        token(""),
        token("[" * 5_000),
        token(CLAIMS | {"sub": "x" * 9_000}),
    ],
    ids=range(22),
)
def test_garbage_is_refused(presented: str) -> None:
    assert refused(presented).code is ErrorCode.UNAUTHORIZED


@fault(38, 50)
def test_a_refusal_says_nothing_of_the_token() -> None:
    presented = token(sub="planted#value")

    found = refused(presented)

    assert "planted" not in str(found)
    assert found.details is None


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_lets_nobody_in_and_is_our_fault(secret: str) -> None:
    with pytest.raises(Unavailable):
        verifier(secret).verify(token(secret=secret))


def test_a_secret_of_32_bytes_is_enough() -> None:
    secret = hashlib.sha256(b"x").hexdigest()[:32]

    assert verifier(secret).verify(token(secret=secret)).id == "ana"


@fault(38)
@pytest.mark.parametrize("exp", [NOW, 0, -1])
def test_an_expired_token_is_told_so_that_a_fresh_one_is_fetched(exp: int) -> None:
    assert refused(token(exp=exp)).code is ErrorCode.TOKEN_EXPIRED


def test_an_expired_token_of_somebody_else_is_just_no_token() -> None:
    assert refused(token(exp=NOW, secret="another secret of thirty-two bytes")).code is (
        ErrorCode.UNAUTHORIZED
    )
