"""The kinds of providers, as data: where each is by default, and which settings it understands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ADDRESS = frozenset({"base_url", "api_key_parameter"})
WAITS = frozenset({"first_byte_seconds", "chunk_seconds"})
TOOLS = frozenset({"tools"})
SAMPLING = frozenset({"max_output_tokens", "temperature"})
SEARCH = frozenset({"generation", "mode", "site"})


@dataclass(frozen=True, slots=True)
class ProviderKind:
    """One kind. ``fields`` are the settings that it understands beside those of every assistant.

    ``needs`` are those of them without which it cannot be.
    ``base_url`` is where its API is unless an assistant says otherwise; empty: nowhere.
    ``most`` are greatest values where they are lower than those of other kinds.
    """

    fields: frozenset[str] = frozenset()
    base_url: str = ""
    most: Mapping[str, float] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


KINDS: Mapping[str, ProviderKind] = MappingProxyType(
    {
        "demo": ProviderKind(TOOLS),
        "openai": ProviderKind(ADDRESS | WAITS | SAMPLING | TOOLS, "https://api.openai.com/v1"),
        "dify": ProviderKind(ADDRESS | WAITS, "https://api.dify.ai/v1"),
        "nlweb": ProviderKind(ADDRESS | WAITS | SEARCH, needs=frozenset({"base_url"})),
        "anthropic": ProviderKind(
            ADDRESS | WAITS | SAMPLING | TOOLS,
            "https://api.anthropic.com/v1",
            {"temperature": 1},
        ),
        "bedrock": ProviderKind(
            ADDRESS | {"region"} | WAITS | SAMPLING | TOOLS, most={"temperature": 1}
        ),
    }
)
"""Every kind by the name that settings use."""


def kinds_with(field: str) -> frozenset[str]:
    """Return the kinds that understand a setting."""
    return frozenset(name for name, kind in KINDS.items() if field in kind.fields)
