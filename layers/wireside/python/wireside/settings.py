"""Settings: what the template tells the functions. Nothing else reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wireside.assistants import AssistantsError, read_assistants
from wireside.domain.conversation import Assistant
from wireside.domain.quotas import Amount, Quotas
from wireside.domain.usage import NANO

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

ENVIRONMENT_NAMES = (
    "WIRESIDE_TABLE_NAME",
    "WIRESIDE_REPLY_QUEUE_URL",
    "WIRESIDE_DEAD_LETTER_QUEUE_URL",
    "WIRESIDE_WEBSOCKET_ENDPOINT",
    "WIRESIDE_JWT_SECRET_PARAMETER",
    "WIRESIDE_JWT_ISSUER",
    "WIRESIDE_JWT_AUDIENCE",
    "WIRESIDE_JWKS_URL",
    "WIRESIDE_ALLOWED_ORIGINS",
    "WIRESIDE_GENERATION",
    "WIRESIDE_ASSISTANTS",
    "WIRESIDE_MESSAGES_PER_MINUTE",
    "WIRESIDE_MAX_PARTICIPANTS",
    "WIRESIDE_CONNECTIONS_PER_USER",
    "WIRESIDE_CONNECTS_PER_MINUTE",
    "WIRESIDE_CONNECTION_SECONDS",
    "WIRESIDE_TRUSTED_PROXIES",
    "WIRESIDE_FRAMES_PER_TEN_SECONDS",
    "WIRESIDE_FANOUT_FUNCTION",
    "WIRESIDE_FANOUT_LISTENERS",
    "WIRESIDE_RETENTION_DAYS",
    "WIRESIDE_USER_TOKENS_PER_DAY",
    "WIRESIDE_USER_CENTS_PER_DAY",
    "WIRESIDE_CONVERSATION_TOKENS_PER_DAY",
    "WIRESIDE_CONVERSATION_CENTS_PER_DAY",
)
"""What the template must give every function; a test compares the two."""

OPTIONAL = frozenset({"WIRESIDE_JWKS_URL", "WIRESIDE_TRUSTED_PROXIES", "WIRESIDE_FANOUT_FUNCTION"})
"""Of these, the ones that may be empty."""
CENT = NANO // 100
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

MANAGEMENT_ENDPOINT = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"
"""The AWS SDKs' own variable for another address of the connection management API.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""


class SettingsError(ValueError):
    """A setting is missing or unusable. ``str()`` is one line that names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, validated. Endpoints are URLs without a slash at the end.

    ``fanout_function`` is whom to call where more listen than ``fanout_listeners``; ``None`` for
    that function itself, which calls nobody.
    """

    region: str
    table_name: str
    reply_queue_url: str
    dead_letter_queue_url: str
    management_endpoint: str
    ssm_endpoint: str
    dynamodb_endpoint: str
    lambda_endpoint: str
    jwt_secret_parameter: str
    jwt_issuer: str
    jwt_audience: str
    jwks_url: str | None
    allowed_origins: frozenset[str]
    generation: str
    assistants: tuple[Assistant, ...]
    messages_per_minute: int
    max_participants: int
    connections_per_user: int
    connects_per_minute: int
    connection_seconds: int
    frames_per_ten_seconds: int
    trusted_proxies: "tuple[IPv4Network | IPv6Network, ...]"
    fanout_function: str | None
    fanout_listeners: int
    retention_days: int
    quotas: Quotas

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises: SettingsError when one is missing or unusable.
        """
        required = (name for name in ENVIRONMENT_NAMES if name not in OPTIONAL)
        value = {name: _required(environ, name) for name in required}
        region = _required(environ, "AWS_REGION")
        return cls(
            region=region,
            table_name=value["WIRESIDE_TABLE_NAME"],
            reply_queue_url=value["WIRESIDE_REPLY_QUEUE_URL"],
            dead_letter_queue_url=value["WIRESIDE_DEAD_LETTER_QUEUE_URL"],
            management_endpoint=(
                environ.get(MANAGEMENT_ENDPOINT) or value["WIRESIDE_WEBSOCKET_ENDPOINT"]
            ).rstrip("/"),
            ssm_endpoint=_endpoint(environ, "ssm", region),
            dynamodb_endpoint=_endpoint(environ, "dynamodb", region),
            lambda_endpoint=_endpoint(environ, "lambda", region),
            jwt_secret_parameter=value["WIRESIDE_JWT_SECRET_PARAMETER"],
            jwt_issuer=value["WIRESIDE_JWT_ISSUER"],
            jwt_audience=value["WIRESIDE_JWT_AUDIENCE"],
            jwks_url=_jwks_url(environ),
            allowed_origins=_origins(value["WIRESIDE_ALLOWED_ORIGINS"]),
            generation=value["WIRESIDE_GENERATION"],
            assistants=_assistants(value["WIRESIDE_ASSISTANTS"]),
            messages_per_minute=_positive(value, "WIRESIDE_MESSAGES_PER_MINUTE"),
            max_participants=_positive(value, "WIRESIDE_MAX_PARTICIPANTS"),
            connections_per_user=_count(value, "WIRESIDE_CONNECTIONS_PER_USER"),
            connects_per_minute=_count(value, "WIRESIDE_CONNECTS_PER_MINUTE"),
            connection_seconds=_positive(value, "WIRESIDE_CONNECTION_SECONDS"),
            frames_per_ten_seconds=_count(value, "WIRESIDE_FRAMES_PER_TEN_SECONDS"),
            trusted_proxies=_networks(environ),
            fanout_function=environ.get("WIRESIDE_FANOUT_FUNCTION", "").strip() or None,
            fanout_listeners=_positive(value, "WIRESIDE_FANOUT_LISTENERS"),
            retention_days=_count(value, "WIRESIDE_RETENTION_DAYS"),
            quotas=Quotas(_daily(value, "USER"), _daily(value, "CONVERSATION")),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        message = f"{name} is not set"
        raise SettingsError(message)
    return value


def _jwks_url(environ: Mapping[str, str]) -> str | None:
    """Return where the keys are that sign tokens; ``None``: a shared secret signs them."""
    name = "WIRESIDE_JWKS_URL"
    url = environ.get(name, "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or parts.username is not None:
        message = f"{name} must be an https URL without a user"
        raise SettingsError(message)
    return url


def _positive(value: Mapping[str, str], name: str) -> int:
    if _count(value, name) < 1:
        message = f"{name} must be a whole number above 0"
        raise SettingsError(message)
    return int(value[name])


def _count(value: Mapping[str, str], name: str) -> int:
    if not value[name].isdecimal():
        message = f"{name} must be a whole number"
        raise SettingsError(message)
    return int(value[name])


def _daily(value: Mapping[str, str], whose: str) -> Amount:
    cents = _count(value, f"WIRESIDE_{whose}_CENTS_PER_DAY")
    return Amount(_count(value, f"WIRESIDE_{whose}_TOKENS_PER_DAY"), cents * CENT)


def _networks(environ: Mapping[str, str]) -> "tuple[IPv4Network | IPv6Network, ...]":
    """Return the proxies whose word is taken for where connections come from."""
    name = "WIRESIDE_TRUSTED_PROXIES"
    given = [each.strip() for each in environ.get(name, "").split(",") if each.strip()]
    if not given:
        return ()
    # Only `connect` has a use for it, and only behind a proxy.
    from ipaddress import ip_network

    try:
        return tuple(ip_network(each) for each in given)
    except ValueError as error:
        message = f"{name} must be networks such as 10.0.0.0/8, parted by commas"
        raise SettingsError(message) from error


def _origins(text: str) -> frozenset[str]:
    return frozenset(each.strip().rstrip("/") for each in text.split(",") if each.strip())


def _endpoint(environ: Mapping[str, str], service: str, region: str) -> str:
    """Return a service's URL, as the AWS SDKs find it: another one by its variable or by all's."""
    names = (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL")
    given = next((environ[name] for name in names if environ.get(name)), None)
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return (given or f"https://{service}.{region}.{domain}").rstrip("/")


def _assistants(text: str) -> tuple[Assistant, ...]:
    try:
        return read_assistants(text)
    except AssistantsError as error:
        message = f"WIRESIDE_ASSISTANTS{error}"
        raise SettingsError(message) from error
