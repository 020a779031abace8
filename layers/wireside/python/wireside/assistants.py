"""The assistants' entry among the settings: a JSON list of objects, checked field by field.

``FIELDS`` says everything about each field; the table in the documents is made from it.
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wireside.domain.context import estimate_tokens
from wireside.domain.conversation import Assistant, Patience
from wireside.domain.dialogue import SEVERAL_NOTE

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an assistant may be called: it becomes part of ids and of the table's keys."""
PARAMETER = re.compile(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
DEFAULT_PROMPT = "You are a helpful assistant in a conversation of several people. Answer briefly."
OPENAI_URL = "https://api.openai.com/v1"
LEAST_CONTEXT_TOKENS = 1_000
LONGEST_ANSWER_SECONDS = 285
"""The function's timeout of 300 s less 15 s."""
MOST_TRIES = 10
HOTTEST = 2
MILLION = 1_000_000


class AssistantsError(ValueError):
    """The entry cannot be used. ``str()`` says where and why, in one line, without the entry."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an assistant. ``check`` returns the value to use.

    ``default`` is what documents say of an absent field; ``None``: it must be there.
    """

    name: str
    meaning: str
    default: str | None
    check: Callable[[object], Any]
    providers: frozenset[str] = frozenset({"demo", "openai"})


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        message = "must be a text"
        raise AssistantsError(message)
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        message = "must have 1 to 64 of A-Z a-z 0-9 _ -"
        raise AssistantsError(message)
    return value


def _provider(value: object) -> str:
    if value not in PROVIDERS:
        message = f"must be one of {', '.join(PROVIDERS)}"
        raise AssistantsError(message)
    return str(value)


def _parameter(value: object) -> str:
    if not isinstance(value, str) or not PARAMETER.fullmatch(value):
        message = "must be the name of a parameter, such as /wireside/model-keys/openai"
        raise AssistantsError(message)
    return value


def _whole(least: int, most: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            message = f"must be a whole number from {least} to {most}"
            raise AssistantsError(message)
        return value

    return check


def _number(above: float, most: float) -> Callable[[object], float]:
    def check(value: object) -> float:
        known = float(value) if type(value) in {int, float} else math.nan  # type: ignore[arg-type]
        if not above <= known <= most:
            message = f"must be a number from {above} to {most}"
            raise AssistantsError(message)
        return known

    return check


def _base_url(value: object) -> str:
    """Allow https, and http on this machine only: a key must not travel in the clear."""
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    has_more = parts.username is not None or parts.query or parts.fragment
    if not host or not secure or has_more or not str(value).isprintable():
        message = "must be an https address, or an http one of this machine, and nothing more"
        raise AssistantsError(message)
    return str(value).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


PROVIDERS = ("demo", "openai")
OPENAI = frozenset({"openai"})
_seconds = _number(0.01, LONGEST_ANSWER_SECONDS)

FIELDS: Sequence[Field] = (
    Field(
        "name",
        "What it is called in ids (`assistant:<name>`) and in `model`: A-Z a-z 0-9 _ -, unique.",
        None,
        _name,
    ),
    Field("provider", "Who answers: `demo` or `openai`.", None, _provider),
    Field("model", "The model's name, as its provider knows it.", "its `name`", _text),
    Field("display_name", "What people see.", "its `name`, capitalised", _text),
    Field(
        "system_prompt",
        "What the model is told first; at most half of the budget.",
        "a short one",
        _text,
    ),
    Field(
        "context_tokens",
        "Budget of what the model reads, system prompt included, in estimated tokens; from 1000.",
        "16000",
        _whole(LEAST_CONTEXT_TOKENS, MILLION * 10),
    ),
    Field(
        "base_url",
        "Where the API is; https, or http on this machine.",
        OPENAI_URL,
        _base_url,
        OPENAI,
    ),
    Field(
        "api_key_parameter",
        "Name of the SecureString parameter with the key. Never the key itself.",
        "no key is sent",
        _parameter,
        OPENAI,
    ),
    Field(
        "max_output_tokens",
        "Longest answer the model may give.",
        "the provider's",
        _whole(1, MILLION),
        OPENAI,
    ),
    Field(
        "temperature",
        "How much chance there is in answers, from 0 to 2.",
        "the provider's",
        _number(0, HOTTEST),
        OPENAI,
    ),
    Field(
        "first_byte_seconds",
        "How long the provider may take to begin, in each try.",
        "30",
        _seconds,
        OPENAI,
    ),
    Field(
        "chunk_seconds",
        "How long it may be silent in mid-answer.",
        "20",
        _seconds,
        OPENAI,
    ),
    Field(
        "answer_seconds",
        "How long an answer may take, all tries included; at most 285.",
        str(LONGEST_ANSWER_SECONDS),
        _seconds,
    ),
    Field(
        "tries",
        "How often the provider is asked before the answer fails; at most 10.",
        "3",
        _whole(1, MOST_TRIES),
    ),
)
"""Every field that an assistant may have, in the order in which documents show them."""


def read_assistants(text: str) -> tuple[Assistant, ...]:
    """Return the assistants that the JSON text describes.

    Raises: AssistantsError that names the first field that is wrong.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = " is not JSON"
        raise AssistantsError(message) from error
    if not isinstance(entries, list) or not entries:
        message = " must be a list with at least one assistant"
        raise AssistantsError(message)
    assistants = tuple(_assistant(f"[{index}]", entry) for index, entry in enumerate(entries))
    if len({each.name for each in assistants}) != len(assistants):
        message = " names an assistant twice"
        raise AssistantsError(message)
    return assistants


def _assistant(where: str, entry: object) -> Assistant:
    if not isinstance(entry, dict):
        message = f"{where} must be an object"
        raise AssistantsError(message)
    found = _checked(where, entry)
    name = found["name"]
    prompt = found.get("system_prompt", DEFAULT_PROMPT)
    context_tokens = found.get("context_tokens", 16_000)
    if estimate_tokens(prompt + SEVERAL_NOTE) > context_tokens // 2:
        message = f"{where}.system_prompt takes more than half of context_tokens"
        raise AssistantsError(message)
    waits = {each: found[each] for each in Patience.__slots__ if each in found}
    is_openai = found["provider"] == "openai"
    return Assistant(
        name=name,
        provider=found["provider"],
        model=found.get("model", name),
        display_name=found.get("display_name", name.capitalize()),
        system_prompt=prompt,
        context_tokens=context_tokens,
        base_url=found.get("base_url", OPENAI_URL if is_openai else ""),
        api_key_parameter=found.get("api_key_parameter"),
        max_output_tokens=found.get("max_output_tokens"),
        temperature=found.get("temperature"),
        patience=Patience(**waits),
    )


def _checked(where: str, entry: Mapping[str, object]) -> dict[str, Any]:
    """Return the entry's values, each as its field wants it."""
    known = {each.name: each for each in FIELDS}
    for name in sorted(set(entry) - set(known)):
        shown = name if NAME.fullmatch(name) else "?"
        message = f"{where}.{shown} is not a known field"
        raise AssistantsError(message)
    found: dict[str, Any] = {}
    for field in FIELDS:
        at = f"{where}.{field.name}"
        if field.name in entry:
            found[field.name] = _value(at, field, entry)
        elif field.default is None:
            message = f"{at} is missing"
            raise AssistantsError(message)
    return found


def _value(at: str, field: Field, entry: Mapping[str, object]) -> object:
    try:
        value = field.check(entry[field.name])
    except AssistantsError as error:
        message = f"{at} {error}"
        raise AssistantsError(message) from error
    # The provider itself is one of the first fields, so it is known to be one by now.
    if field.providers == OPENAI and entry.get("provider") != "openai":
        message = f"{at} means nothing to the provider {entry.get('provider')}"
        raise AssistantsError(message)
    return value
