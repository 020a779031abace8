"""The assistants' entry among the settings: a JSON list of objects, checked field by field."""

import json
from collections.abc import Mapping
from typing import Any

from wireside.assistants.checks import NAME, AssistantsError
from wireside.assistants.fields import FIELDS, Field
from wireside.assistants.kinds import KINDS
from wireside.domain.context import estimate_tokens
from wireside.domain.conversation import Assistant, Patience, Search
from wireside.domain.dialogue import SEVERAL_NOTE
from wireside.domain.tools import LEAST_TOOL_CONTEXT_TOKENS
from wireside.domain.usage import NANO, Prices

__all__ = [
    "DEFAULT_PROMPT",
    "FIELDS",
    "KINDS",
    "AssistantsError",
    "read_assistants",
]

DEFAULT_PROMPT = "You are a helpful assistant in a conversation of several people. Answer briefly."


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
    search = {each: found[each] for each in Search.__slots__ if each in found}
    tools = found.get("tools", ())
    if tools and context_tokens < LEAST_TOOL_CONTEXT_TOKENS:
        message = f"{where}.tools wants context_tokens of at least {LEAST_TOOL_CONTEXT_TOKENS}"
        raise AssistantsError(message)
    waits = {each: found[each] for each in Patience.__slots__ if each in found}
    return Assistant(
        name=name,
        provider=found["provider"],
        model=found.get("model", name),
        display_name=found.get("display_name", name.capitalize()),
        system_prompt=prompt,
        context_tokens=context_tokens,
        base_url=found.get("base_url", KINDS[found["provider"]].base_url),
        api_key_parameter=found.get("api_key_parameter"),
        region=found.get("region"),
        max_output_tokens=found.get("max_output_tokens"),
        temperature=found.get("temperature"),
        patience=Patience(**waits),
        search=Search(**search),
        tools=tools,
        prices=_prices(where, found),
    )


def _prices(where: str, found: Mapping[str, Any]) -> Prices | None:
    """Return what tokens cost; half of it would make costs that are too low."""
    names = ("input_price_per_million", "output_price_per_million")
    given = [found[each] for each in names if each in found]
    if len(given) == 1:
        (missing,) = (each for each in names if each not in found)
        message = f"{where}.{missing} is missing: there is a price for one direction only"
        raise AssistantsError(message)
    return Prices(*(round(each * NANO) for each in given)) if given else None


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
        elif field.default is None or field.name in KINDS[found["provider"]].needs:
            message = f"{at} is missing"
            raise AssistantsError(message)
    return found


def _value(at: str, field: Field, entry: Mapping[str, object]) -> object:
    try:
        value = field.check(entry[field.name])
    except AssistantsError as error:
        message = f"{at} {error}"
        raise AssistantsError(message) from error
    if not field.is_common:
        # The provider itself is one of the first fields, so it is known to be one by now.
        _understood(at, field, value, str(entry["provider"]))
    return value


def _understood(at: str, field: Field, value: Any, provider: str) -> None:
    if provider not in field.providers:
        message = f"{at} means nothing to the provider {provider}"
        raise AssistantsError(message)
    most = KINDS[provider].most.get(field.name)
    if most is not None and value > most:
        message = f"{at} must be at most {most} for the provider {provider}"
        raise AssistantsError(message)
