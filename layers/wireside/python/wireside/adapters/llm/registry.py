"""Which provider speaks for which assistant."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.llm.openai import Keys, OpenAiProvider
from wireside.domain.conversation import Assistant
from wireside.ports import Provider


@dataclass(frozen=True, slots=True)
class ConfiguredProviders:
    """``ports.Providers`` from the settings, which know no provider that is not here."""

    assistants: Sequence[Assistant]
    http: HttpClient
    keys: Keys

    def of(self, assistant: Assistant) -> Provider:
        """Return the assistant's provider."""
        match assistant.provider:
            case "demo":
                return DemoProvider()
            case "openai":
                return OpenAiProvider(assistant, self.http, self.keys)
            case unknown:
                raise LookupError(unknown)
