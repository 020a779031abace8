"""Which provider speaks for which assistant."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside.adapters.llm.demo import DemoProvider
from wireside.domain.conversation import Assistant
from wireside.ports import Provider
from wireside.settings import SettingsError

PROVIDERS = ("demo",)


@dataclass(frozen=True, slots=True)
class ConfiguredProviders:
    """``ports.Providers`` from the settings."""

    assistants: Sequence[Assistant]

    def __post_init__(self) -> None:
        """Raises: SettingsError for an assistant whose provider does not exist."""
        for each in self.assistants:
            if each.provider not in PROVIDERS:
                message = f"assistant {each.name!r}: there is no provider {each.provider!r}"
                raise SettingsError(message)

    def of(self, assistant: Assistant) -> Provider:
        """Return the assistant's provider."""
        if assistant.provider == "demo":
            return DemoProvider()
        raise LookupError(assistant.provider)
