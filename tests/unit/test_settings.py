"""Settings: read once, checked whole, and told by name when they are wrong."""

import json

import pytest

from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.llm.registry import ConfiguredProviders
from wireside.settings import DEFAULT_PROMPT, ENVIRONMENT_NAMES, Settings, SettingsError

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "WIRESIDE_TABLE_NAME": "table",
    "WIRESIDE_REPLY_QUEUE_URL": "https://sqs.example/queue.fifo",
    "WIRESIDE_WEBSOCKET_ENDPOINT": "https://id.execute-api.eu-west-1.amazonaws.com/live/",
    "WIRESIDE_JWT_SECRET_PARAMETER": "/wireside/jwt-secret",
    "WIRESIDE_JWT_ISSUER": "issuer",
    "WIRESIDE_JWT_AUDIENCE": "wireside",
    "WIRESIDE_ALLOWED_ORIGINS": "https://a.example, https://b.example/,",
    "WIRESIDE_GENERATION": "1",
    "WIRESIDE_ASSISTANTS": '[{"name":"demo","provider":"demo"}]',
    "WIRESIDE_MESSAGES_PER_MINUTE": "600",
    "WIRESIDE_MAX_PARTICIPANTS": "250",
}


def read(**changes: str) -> Settings:
    """Return the settings of an environment."""
    return Settings.from_environment(ENVIRONMENT | changes)


def wrong(**changes: str) -> str:
    """Return what is said of an unusable environment."""
    with pytest.raises(SettingsError) as caught:
        read(**changes)
    return str(caught.value)


def test_a_whole_environment_is_read() -> None:
    found = read()

    assert found.region == "eu-west-1"
    assert found.management_endpoint == "https://id.execute-api.eu-west-1.amazonaws.com/live"
    assert found.ssm_endpoint == "https://ssm.eu-west-1.amazonaws.com"
    assert found.allowed_origins == {"https://a.example", "https://b.example"}
    assert (found.messages_per_minute, found.max_participants) == (600, 250)


def test_the_environment_here_has_every_name() -> None:
    assert set(ENVIRONMENT) == {*ENVIRONMENT_NAMES, "AWS_REGION"}


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_setting_is_named(name: str, value: str) -> None:
    assert name in wrong(**{name: value})


@pytest.mark.parametrize("name", ["WIRESIDE_MESSAGES_PER_MINUTE", "WIRESIDE_MAX_PARTICIPANTS"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "²"])
def test_a_count_is_a_whole_number_above_0(name: str, value: str) -> None:
    assert name in wrong(**{name: value})


def test_the_sdks_own_variables_point_elsewhere() -> None:
    found = read(
        AWS_ENDPOINT_URL="http://127.0.0.1:1/",
        AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI="http://127.0.0.1:2/live/",
    )
    special = read(AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_ENDPOINT_URL_SSM="http://h:3")

    assert found.ssm_endpoint == "http://127.0.0.1:1"
    assert found.management_endpoint == "http://127.0.0.1:2/live"
    assert special.ssm_endpoint == "http://h:3"


def test_an_assistant_is_filled_up_from_its_name() -> None:
    (only,) = read().assistants

    assert (only.id, only.model, only.display_name) == ("assistant:demo", "demo", "Demo")
    assert (only.system_prompt, only.context_tokens) == (DEFAULT_PROMPT, 8_000)


def test_an_assistant_says_all_of_itself() -> None:
    entry = {
        "name": "a",
        "provider": "demo",
        "model": "m",
        "display_name": "D",
        "system_prompt": "P",
        "context_tokens": 5,
    }

    (only,) = read(WIRESIDE_ASSISTANTS=json.dumps([entry])).assistants

    assert (only.model, only.display_name, only.system_prompt) == ("m", "D", "P")
    assert only.context_tokens == 5


@pytest.mark.parametrize(
    ("entries", "word"),
    [
        ("{", "JSON"),
        ("{}", "list"),
        ("[]", "list"),
        ("[1]", "[0]"),
        ('[{"name":"a"}]', "provider"),
        ('[{"name":"","provider":"demo"}]', "name"),
        ('[{"name":"a#b","provider":"demo"}]', "name"),
        ('[{"name":"a b","provider":"demo"}]', "name"),
        ('[{"name":1,"provider":"demo"}]', "name"),
        ('[{"name":"a","provider":"demo","temprature":1}]', "temprature"),
        ('[{"name":"a","provider":"demo","context_tokens":0}]', "context_tokens"),
        ('[{"name":"a","provider":"demo","context_tokens":true}]', "context_tokens"),
        ('[{"name":"a","provider":"demo","context_tokens":"9"}]', "context_tokens"),
        ('[{"name":"a","provider":"demo"},{"name":"a","provider":"demo"}]', "twice"),
    ],
)
def test_an_assistant_that_cannot_be_is_told_by_its_field(entries: str, word: str) -> None:
    assert word in wrong(WIRESIDE_ASSISTANTS=entries)


def test_every_assistant_has_a_provider() -> None:
    known = read().assistants
    providers = ConfiguredProviders(known)

    assert isinstance(providers.of(known[0]), DemoProvider)
    with pytest.raises(SettingsError, match="gpt"):
        ConfiguredProviders(read(WIRESIDE_ASSISTANTS='[{"name":"a","provider":"gpt"}]').assistants)
