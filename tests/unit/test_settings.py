"""Settings: read once, checked whole, and told by name when they are wrong."""

import json
from pathlib import Path

import pytest

from wireside.adapters.llm.anthropic import AnthropicProvider
from wireside.adapters.llm.bedrock import BedrockProvider
from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.llm.dify import DifyProvider
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.nlweb import NlwebProvider
from wireside.adapters.llm.openai import OpenAiProvider
from wireside.adapters.llm.registry import ConfiguredProviders
from wireside.adapters.memory.provider_memory import MemoryProviderMemory
from wireside.adapters.memory.store import MemoryStore
from wireside.assistants import DEFAULT_PROMPT, FIELDS, KINDS
from wireside.domain.conversation import Patience, Search
from wireside.domain.quotas import Amount, Quotas
from wireside.domain.usage import Prices
from wireside.settings import ENVIRONMENT_NAMES, OPTIONAL, Settings, SettingsError

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "WIRESIDE_TABLE_NAME": "table",
    "WIRESIDE_REPLY_QUEUE_URL": "https://sqs.example/queue.fifo",
    "WIRESIDE_DEAD_LETTER_QUEUE_URL": "https://sqs.example/dead.fifo",
    "WIRESIDE_WEBSOCKET_ENDPOINT": "https://id.execute-api.eu-west-1.amazonaws.com/live/",
    "WIRESIDE_JWT_SECRET_PARAMETER": "/wireside/jwt-secret",
    "WIRESIDE_JWT_ISSUER": "issuer",
    "WIRESIDE_JWT_AUDIENCE": "wireside",
    "WIRESIDE_JWKS_URL": "https://id.example/keys",
    "WIRESIDE_ALLOWED_ORIGINS": "https://a.example, https://b.example/,",
    "WIRESIDE_GENERATION": "1",
    "WIRESIDE_ASSISTANTS": '[{"name":"demo","provider":"demo"}]',
    "WIRESIDE_MESSAGES_PER_MINUTE": "600",
    "WIRESIDE_MAX_PARTICIPANTS": "250",
    "WIRESIDE_CONNECTIONS_PER_USER": "10",
    "WIRESIDE_CONNECTS_PER_MINUTE": "0",
    "WIRESIDE_CONNECTION_SECONDS": "7200",
    "WIRESIDE_FRAMES_PER_TEN_SECONDS": "200",
    "WIRESIDE_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32",
    "WIRESIDE_FANOUT_FUNCTION": "fanout",
    "WIRESIDE_FANOUT_LISTENERS": "300",
    "WIRESIDE_RETENTION_DAYS": "90",
    "WIRESIDE_USER_TOKENS_PER_DAY": "0",
    "WIRESIDE_USER_CENTS_PER_DAY": "0",
    "WIRESIDE_CONVERSATION_TOKENS_PER_DAY": "0",
    "WIRESIDE_CONVERSATION_CENTS_PER_DAY": "0",
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
    assert (found.fanout_function, found.fanout_listeners) == ("fanout", 300)
    assert found.lambda_endpoint == "https://lambda.eu-west-1.amazonaws.com"


def test_without_its_name_nobody_is_called_for_a_large_fan_out() -> None:
    assert read(WIRESIDE_FANOUT_FUNCTION=" ").fanout_function is None


def test_the_environment_here_has_every_name() -> None:
    assert set(ENVIRONMENT) == {*ENVIRONMENT_NAMES, "AWS_REGION"}


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT) - OPTIONAL))
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_setting_is_named(name: str, value: str) -> None:
    assert name in wrong(**{name: value})


@pytest.mark.parametrize(
    "name",
    [
        "WIRESIDE_MESSAGES_PER_MINUTE",
        "WIRESIDE_MAX_PARTICIPANTS",
        "WIRESIDE_CONNECTION_SECONDS",
    ],
)
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "²"])
def test_a_count_is_a_whole_number_above_0(name: str, value: str) -> None:
    assert name in wrong(**{name: value})


@pytest.mark.parametrize(
    "name",
    [
        "WIRESIDE_CONNECTIONS_PER_USER",
        "WIRESIDE_CONNECTS_PER_MINUTE",
        "WIRESIDE_FRAMES_PER_TEN_SECONDS",
    ],
)
@pytest.mark.parametrize("value", ["-1", "1.5", "many", "²"])
def test_a_limit_of_connections_is_a_whole_number_and_may_be_0(name: str, value: str) -> None:
    assert name in wrong(**{name: value})
    assert read(**{name: "0"}).connects_per_minute == 0


def test_proxies_are_networks_or_none() -> None:
    assert [str(each) for each in read().trusted_proxies] == ["10.0.0.0/8", "2001:db8::/32"]
    assert read(WIRESIDE_TRUSTED_PROXIES="").trusted_proxies == ()


@pytest.mark.parametrize("value", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example", "10.0.0.0/8 x"])
def test_what_is_no_network_is_told(value: str) -> None:
    assert "WIRESIDE_TRUSTED_PROXIES must be networks" in wrong(WIRESIDE_TRUSTED_PROXIES=value)


@pytest.mark.parametrize("value", ["-1", "1.5", "for ever", "²"])
def test_days_are_a_whole_number(value: str) -> None:
    assert "WIRESIDE_RETENTION_DAYS" in wrong(WIRESIDE_RETENTION_DAYS=value)
    assert read(WIRESIDE_RETENTION_DAYS="0").retention_days == 0


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
    assert (only.system_prompt, only.context_tokens) == (DEFAULT_PROMPT, 16_000)


def test_an_assistant_says_all_of_itself() -> None:
    entry = {
        "name": "a",
        "provider": "demo",
        "model": "m",
        "display_name": "D",
        "system_prompt": "P",
        "context_tokens": 5_000,
    }

    (only,) = read(WIRESIDE_ASSISTANTS=json.dumps([entry])).assistants

    assert (only.model, only.display_name, only.system_prompt) == ("m", "D", "P")
    assert only.context_tokens == 5_000


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
        (
            '[{"name":"a","provider":"gpt"}]',
            "provider must be one of demo, openai, dify, nlweb, anthropic",
        ),
        ('[{"name":"a","provider":"openai","base_url":"http://api.example/v1"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"http://localhost.example"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"https://u:p@api.example"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"https://api.example/?key=x"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"ftp://api.example"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"https://"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"http://[bad/v1"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":"https://a.example:99999"}]', "base_url"),
        ('[{"name":"a","provider":"openai","base_url":["https://a.example"]}]', "base_url"),
        ('[{"name":"a","provider":["openai"]}]', "provider"),
        ('[{"name":"a","provider":"openai","api_key_parameter":"sk-123"}]', "api_key_parameter"),
        ('[{"name":"a","provider":"openai","temperature":2.1}]', "temperature"),
        (
            '[{"name":"a","provider":"anthropic","temperature":1.1}]',
            "temperature must be at most 1",
        ),
        (
            '[{"name":"a","provider":"bedrock","temperature":1.1}]',
            "temperature must be at most 1",
        ),
        ('[{"name":"a","provider":"bedrock","region":"evil.example/"}]', "region"),
        ('[{"name":"a","provider":"openai","temperature":NaN}]', "temperature"),
        ('[{"name":"a","provider":"openai","temperature":true}]', "temperature"),
        ('[{"name":"a","provider":"openai","max_output_tokens":0}]', "max_output_tokens"),
        ('[{"name":"a","provider":"openai","first_byte_seconds":0}]', "first_byte_seconds"),
        ('[{"name":"a","provider":"openai","chunk_seconds":"20"}]', "chunk_seconds"),
        ('[{"name":"a","provider":"openai","answer_seconds":286}]', "answer_seconds"),
        ('[{"name":"a","provider":"openai","tries":11}]', "tries"),
        ('[{"name":"a","provider":"demo","input_price_per_million":1}]', "output_price"),
        (
            '[{"name":"a","provider":"demo","output_price_per_million":1}]',
            "input_price_per_million is missing",
        ),
        ('[{"name":"a","provider":"demo","input_price_per_million":-1}]', "from 0"),
        ('[{"name":"a","provider":"demo","input_price_per_million":10001}]', "10000"),
        ('[{"name":"a","provider":"demo","base_url":"https://api.example"}]', "demo"),
        ('[{"name":"a","provider":"nlweb"}]', "base_url is missing"),
        (
            '[{"name":"a","provider":"nlweb","base_url":"https://a.example","generation":"0.5"}]',
            "generation must be one of query, json",
        ),
        ('[{"name":"a","provider":"nlweb","base_url":"https://a.example","mode":1}]', "mode"),
        ('[{"name":"a","provider":"nlweb","base_url":"https://a.example","site":" "}]', "site"),
        ('[{"name":"a","provider":"nlweb","base_url":"https://a.example","temperature":1}]', "nl"),
        ('[{"name":"a","provider":"openai","site":"all"}]', "site means nothing"),
        ('[{"name":"a","provider":"demo","context_tokens":999}]', "context_tokens"),
        ('[{"name":"a","provider":"demo","system_prompt":"' + "x" * 30_000 + '"}]', "half"),
    ],
)
def test_an_assistant_that_cannot_be_is_told_by_its_field(entries: str, word: str) -> None:
    said = wrong(WIRESIDE_ASSISTANTS=entries)

    assert word in said
    assert said.startswith("WIRESIDE_ASSISTANTS")
    assert "\n" not in said
    assert len(said) < 200


def test_what_was_given_in_place_of_a_parameter_s_name_is_not_repeated() -> None:
    entry = {"name": "a", "provider": "openai", "api_key_parameter": "sk-planted-secret"}

    assert "sk-planted" not in wrong(WIRESIDE_ASSISTANTS=json.dumps([entry]))


def test_an_openai_assistant_says_all_of_itself() -> None:
    entry = {
        "name": "a",
        "provider": "openai",
        "base_url": "http://127.0.0.1:11434/v1/",
        "api_key_parameter": "/wireside/model-keys/a",
        "max_output_tokens": 500,
        "temperature": 0.5,
        "first_byte_seconds": 1,
        "chunk_seconds": 2,
        "answer_seconds": 3,
        "tries": 4,
    }

    (only,) = read(WIRESIDE_ASSISTANTS=json.dumps([entry])).assistants

    assert (only.base_url, only.api_key_parameter) == (
        "http://127.0.0.1:11434/v1",
        "/wireside/model-keys/a",
    )
    assert (only.max_output_tokens, only.temperature) == (500, 0.5)
    assert only.patience == Patience(1, 2, 3, 4)


def test_an_openai_assistant_is_at_openai_unless_it_says_otherwise() -> None:
    (only,) = read(WIRESIDE_ASSISTANTS='[{"name":"a","provider":"openai"}]').assistants

    assert (only.base_url, only.api_key_parameter, only.patience) == (
        KINDS["openai"].base_url,
        None,
        Patience(),
    )


def test_an_nlweb_assistant_says_how_its_server_is_asked() -> None:
    entry = {"name": "a", "provider": "nlweb", "base_url": "https://a.example/"}
    more = {"generation": "json", "mode": "list", "site": "recipes"}

    plain, other = read(
        WIRESIDE_ASSISTANTS=json.dumps([entry, {**entry, "name": "b", **more}])
    ).assistants

    assert (plain.base_url, plain.search) == ("https://a.example", Search())
    assert other.search == Search("json", "list", "recipes")
    said = {each.name: each.default for each in FIELDS}
    assert (said["generation"], said["mode"]) == (Search().generation, Search().mode)


def test_quotas_are_tokens_and_cents_of_a_day() -> None:
    known = read(WIRESIDE_USER_TOKENS_PER_DAY="1000", WIRESIDE_CONVERSATION_CENTS_PER_DAY="5")

    assert known.quotas == Quotas(Amount(tokens=1_000), Amount(nano_dollars=50_000_000))
    assert known.quotas.are_set
    assert not read().quotas.are_set
    assert "WIRESIDE_USER_CENTS_PER_DAY" in wrong(WIRESIDE_USER_CENTS_PER_DAY="1.5")


def test_prices_are_whole_nano_dollars() -> None:
    entries = [
        {
            "name": "a",
            "provider": "demo",
            "input_price_per_million": 0.0375,
            "output_price_per_million": 0,
        },
        {"name": "b", "provider": "demo"},
    ]

    known = read(WIRESIDE_ASSISTANTS=json.dumps(entries)).assistants

    assert [each.prices for each in known] == [Prices(37_500_000, 0), None]


def test_the_hottest_temperature_of_a_kind_is_allowed() -> None:
    entries = [
        {"name": "a", "provider": "openai", "temperature": 2},
        {"name": "b", "provider": "anthropic", "temperature": 1},
    ]

    known = read(WIRESIDE_ASSISTANTS=json.dumps(entries)).assistants

    assert [each.temperature for each in known] == [2, 1]


def test_the_documented_defaults_are_the_real_ones() -> None:
    (only,) = read(WIRESIDE_ASSISTANTS='[{"name":"a","provider":"openai"}]').assistants
    said = {each.name: each.default for each in FIELDS}

    assert said["context_tokens"] == str(only.context_tokens)
    for name in ("first_byte_seconds", "chunk_seconds", "answer_seconds", "tries"):
        assert said[name] == str(getattr(only.patience, name))


def test_every_provider_has_an_adapter() -> None:
    entries = [
        {"name": name, "provider": name}
        | ({"base_url": "https://a.example"} if "base_url" in kind.needs else {})
        for name, kind in KINDS.items()
    ]
    known = read(WIRESIDE_ASSISTANTS=json.dumps(entries)).assistants
    providers = ConfiguredProviders(known, Keys(str, print), MemoryProviderMemory(MemoryStore()))

    found = [providers.of(each) for each in known]

    assert [type(each) for each in found] == [
        DemoProvider,
        OpenAiProvider,
        DifyProvider,
        NlwebProvider,
        AnthropicProvider,
        BedrockProvider,
    ]


def test_the_documents_example_is_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "assistants.md").read_text("utf-8")
    example = page.split("```json\n", 1)[1].split("```", 1)[0]
    line = page.split("Assistants='", 1)[1].split("'", 1)[0]

    assert [each.name for each in read(WIRESIDE_ASSISTANTS=example).assistants] == [
        "helper",
        "demo",
    ]
    assert [each.name for each in read(WIRESIDE_ASSISTANTS=line).assistants] == ["helper"]


def test_the_documents_recipes_are_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "assistants.md").read_text("utf-8")
    recipes = [each.split("```", 1)[0] for each in page.split("```json\n")[1:]]

    found = [read(WIRESIDE_ASSISTANTS=each).assistants for each in recipes]

    assert {each.provider for some in found for each in some} >= {"openai", "demo", "anthropic"}


def test_without_a_jwks_a_shared_secret_signs() -> None:
    assert read(WIRESIDE_JWKS_URL="").jwks_url is None
    assert read().jwks_url == "https://id.example/keys"
    assert read(WIRESIDE_JWKS_URL="http://localhost:1/keys").jwks_url == "http://localhost:1/keys"


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example/keys",
        "ftp://id.example",
        "https://",
        "https://user:pass@id.example/",
        "x",
    ],
)
def test_keys_come_over_https_only(url: str) -> None:
    assert wrong(WIRESIDE_JWKS_URL=url) == ("WIRESIDE_JWKS_URL must be an https URL without a user")
