"""What a deployment says of itself."""

import re

import pytest

from tests.unit.test_settings import ENVIRONMENT, read
from wireside.entrypoints.http import build
from wireside.entrypoints.limitations import NOT_OFFERED, limitations

ROUTES = set(build().openapi()["paths"])


def told(**changes: str) -> dict[str, tuple[str, int | None]]:
    """Return texts and values by their ids."""
    said = limitations(read(**changes), ROUTES)
    found = {each["id"]: (each["text"], each.get("value")) for each in said}
    assert len(found) == len(said)
    return found


def test_every_number_is_in_its_text() -> None:
    for name, (text, value) in told().items():
        assert value is None or not value or f"{value:,}" in text, name
        assert text.endswith(".")
        assert re.fullmatch("[a-z_]+", name)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("participants", "MAX_PARTICIPANTS"),
        ("connections_per_user", "CONNECTIONS_PER_USER"),
        ("connects_per_minute", "CONNECTS_PER_MINUTE"),
        ("connection_seconds", "CONNECTION_SECONDS"),
        ("messages_per_minute", "MESSAGES_PER_MINUTE"),
        ("retention_days", "RETENTION_DAYS"),
        ("user_tokens_per_day", "USER_TOKENS_PER_DAY"),
        ("user_cents_per_day", "USER_CENTS_PER_DAY"),
        ("conversation_tokens_per_day", "CONVERSATION_TOKENS_PER_DAY"),
        ("conversation_cents_per_day", "CONVERSATION_CENTS_PER_DAY"),
    ],
)
def test_what_is_set_is_what_is_said(name: str, setting: str) -> None:
    text, value = told(**{f"WIRESIDE_{setting}": "4321"})[name]

    assert value == 4321
    assert "4,321" in text


def test_what_is_set_to_nothing_is_said_to_have_no_limit() -> None:
    text, value = told(WIRESIDE_RETENTION_DAYS="0")["retention_days"]

    assert value == 0
    assert text == "Conversations are kept until somebody deletes them."


def test_region_and_generation_are_the_deployments_own() -> None:
    found = told(AWS_REGION="eu-central-1", WIRESIDE_GENERATION="7")

    assert "eu-central-1" in found["region"][0]
    assert "generation 7" in found["epoch"][0]


def test_what_has_a_route_is_not_said_to_be_missing() -> None:
    known = read()
    missing = {f"no_{name}": path for name, path, _ in NOT_OFFERED}

    for name, path in missing.items():
        assert name in {each["id"] for each in limitations(known, ())}
        assert name not in {each["id"] for each in limitations(known, {path})}
        assert (name in told()) == (path not in ROUTES)


def test_a_demo_is_called_one_and_unknown_prices_are_named() -> None:
    priced = '[{"name":"a","provider":"openai","model":"m","api_key_parameter":"/k/a"}]'

    assert "demo" in told(WIRESIDE_ASSISTANTS='[{"name":"demo","provider":"demo"}]')
    found = told(WIRESIDE_ASSISTANTS=priced)
    assert "demo" not in found
    assert found["unpriced"][0].endswith(": a.")
    assert ENVIRONMENT["AWS_REGION"] == "eu-west-1"
