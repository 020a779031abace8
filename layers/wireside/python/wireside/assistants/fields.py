"""Every field that an assistant may have. The table in the documents is made from this."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wireside.assistants.checks import (
    base_url,
    name,
    number,
    one_of,
    parameter,
    provider,
    region,
    text,
    tools,
    whole,
)
from wireside.assistants.kinds import KINDS, kinds_with

LEAST_CONTEXT_TOKENS = 1_000
LONGEST_ANSWER_SECONDS = 285
"""The function's timeout of 300 s less 15 s."""
MOST_TRIES = 10
HOTTEST = 2
MILLION = 1_000_000
DEAREST = 10_000
"""Dollars for a million tokens: whoever says more has mistaken the unit."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an assistant. ``check`` returns the value to use.

    ``default`` is what documents say of an absent field; ``None``: it must be there. ``is_common``:
    every kind of provider understands it.
    """

    name: str
    meaning: str
    default: str | None
    check: Callable[[object], Any]
    is_common: bool = True

    @property
    def providers(self) -> frozenset[str]:
        """The kinds of providers that understand it."""
        return frozenset(KINDS) if self.is_common else kinds_with(self.name)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _lower(field: str) -> str:
    """Return which kinds take less than others."""
    kinds = {name: kind.most[field] for name, kind in KINDS.items() if field in kind.most}
    return "".join(f"; with `{name}` to {most:g}" for name, most in kinds.items())


def _needed() -> str:
    """Return which kinds have no address of their own."""
    kinds = [name for name, kind in KINDS.items() if "base_url" in kind.needs]
    return f"; required with {_named(kinds)}" if kinds else ""


_seconds = number(0.01, LONGEST_ANSWER_SECONDS)

FIELDS: Sequence[Field] = (
    Field(
        "name",
        "What it is called in ids (`assistant:<name>`) and in `model`: A-Z a-z 0-9 _ -, unique.",
        None,
        name,
    ),
    Field("provider", f"Who answers: {_named(KINDS)}.", None, provider),
    Field("model", "The model's name, as its provider knows it.", "its `name`", text),
    Field("display_name", "What people see.", "its `name`, capitalised", text),
    Field(
        "system_prompt",
        "What the model is told first; at most half of the budget.",
        "a short one",
        text,
    ),
    Field(
        "context_tokens",
        "Budget of what the model reads, system prompt included, in estimated tokens; from 1000.",
        "16000",
        whole(LEAST_CONTEXT_TOKENS, MILLION * 10),
    ),
    Field(
        "base_url",
        "Where the API is; https, or http on this machine.",
        f"its provider's own address{_needed()}",
        base_url,
        is_common=False,
    ),
    Field(
        "api_key_parameter",
        "Name of the SecureString parameter with the key. Never the key itself.",
        "no key is sent; with `bedrock` the function's role signs",
        parameter,
        is_common=False,
    ),
    Field(
        "region",
        "Where its models are, such as `eu-central-1`.",
        "the function's own",
        region,
        is_common=False,
    ),
    Field(
        "max_output_tokens",
        "Longest answer the model may give.",
        "the provider's; 4096 with `anthropic`",
        whole(1, MILLION),
        is_common=False,
    ),
    Field(
        "temperature",
        f"How much chance there is in answers, from 0 to 2{_lower('temperature')}.",
        "the provider's",
        number(0, HOTTEST),
        is_common=False,
    ),
    Field(
        "generation",
        "Which generation of NLWeb's protocol the server speaks: `query` parameters, or `json`.",
        "query",
        one_of("query", "json"),
        is_common=False,
    ),
    Field(
        "mode",
        "What NLWeb is to do: `list` results, `summarize` them too, or `generate` an answer.",
        "summarize",
        one_of("list", "summarize", "generate"),
        is_common=False,
    ),
    Field(
        "site",
        "The site, or part of the data, in which NLWeb searches.",
        "all that the server has",
        text,
        is_common=False,
    ),
    Field(
        "tools",
        "What it may call: `search_conversation`, `current_time`, your own as `module:function`.",
        "none",
        tools,
        is_common=False,
    ),
    Field(
        "input_price_per_million",
        "US dollars for a million tokens that the model reads; with `output_price_per_million`.",
        "no cost is known",
        number(0, DEAREST),
    ),
    Field(
        "output_price_per_million",
        "US dollars for a million tokens that it says.",
        "no cost is known",
        number(0, DEAREST),
    ),
    Field(
        "first_byte_seconds",
        "How long the provider may take to begin, in each try.",
        "30",
        _seconds,
        is_common=False,
    ),
    Field(
        "chunk_seconds",
        "How long it may be silent in mid-answer.",
        "20",
        _seconds,
        is_common=False,
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
        whole(1, MOST_TRIES),
    ),
)
"""Every field that an assistant may have, in the order in which documents show them."""
