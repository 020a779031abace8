"""Which provider speaks for which assistant."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.llm.keys import Keys
from wireside.domain.conversation import Assistant
from wireside.ports import Provider, ProviderMemory

if TYPE_CHECKING:
    from wireside.adapters.http import HttpClient


@dataclass(frozen=True)
class ConfiguredProviders:
    """``ports.Providers`` from the settings, which know no provider that is not here.

    The HTTP client is imported when the first provider needs it: not every function asks models.
    """

    assistants: Sequence[Assistant]
    keys: Keys
    memory: ProviderMemory

    @cached_property
    def http(self) -> "HttpClient":
        """Return the client that all providers share."""
        from wireside.adapters.http import HttpClient

        return HttpClient()

    def of(self, assistant: Assistant) -> Provider:
        """Return the assistant's provider."""
        match assistant.provider:
            case "demo":
                return DemoProvider()
            case "openai":
                from wireside.adapters.llm.openai import OpenAiProvider

                return OpenAiProvider(assistant, self.http, self.keys)
            case "dify":
                from wireside.adapters.llm.dify import DifyProvider

                return DifyProvider(assistant, self.http, self.keys, self.memory)
            case "nlweb":
                from wireside.adapters.llm.nlweb import NlwebProvider

                return NlwebProvider(assistant, self.http, self.keys)
            case "anthropic":
                from wireside.adapters.llm.anthropic import AnthropicProvider

                return AnthropicProvider(assistant, self.http, self.keys)
            case "bedrock":
                from wireside.adapters.llm.bedrock import BedrockProvider

                return BedrockProvider(assistant, self.keys)
            case unknown:
                raise LookupError(unknown)
